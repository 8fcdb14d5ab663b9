"""Alarms, signals and orders with as little in them as the store's tests need. Kari presses, Ola and Liv respond; Per is from another office."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from server.core.directory import Selector, Step
from server.core.log import Entry, Said, chain
from server.core.model import Alarm, Ending, Joined, Level, Outcome, Place, Running, State
from server.core.orders import Order, Say
from server.core.signals import Kind, Signal
from server.core.values import replace
from server.store.contract import ActionKept, Change, SignalKept, Store

T0 = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
OFFICE, NEIGHBOUR = "fjordvik", "lillevik"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def alarm(
    name: str = "a-1", opened_s: float = 0, due_s: float | None = 30, office: str = OFFICE, presser: str = "kari", zone: str | None = None
) -> Alarm:
    opened = at(opened_s)
    steps = (Step((Selector("role", "responder"),), ("screen", "push", "sms"), 30),)
    due = None if due_s is None else at(due_s)
    return Alarm(
        name, 1, office, State.RAISED, Kind.PANIC, Level.EMERGENCY, "desk_alarm", presser, Place("Fjordvik", "Gata 1", zone), opened,
        (Joined(f"s-{name}", Kind.PANIC, opened, None, "button-1", presser, None),), 1, Running("plan", "liv", steps, 0, opened, due),
        raiser_id=presser, told=("ola", "liv"),
    )  # fmt: skip


def later(before: Alarm, **changes: object) -> Alarm:
    return replace(before, version=before.version + 1, **changes)  # type: ignore[arg-type]


def ended(before: Alarm, ended_s: float) -> Alarm:
    return later(before, state=State.RESOLVED, ending=Ending(Outcome.HANDLED, at(ended_s), "ola"))


def signal(name: str = "s-1") -> SignalKept:
    return SignalKept(Signal(name, Kind.PANIC, OFFICE, T0, "button-1", "kari"), "digest", "opened", "a-1", at(0.25))


def action(name: str = "x-1", alarm_id: str = "a-1") -> ActionKept:
    return ActionKept(name, "ola", alarm_id, "digest", at(3.000001), "too_old")


def entries(alarm_id: str = "a-1", after: Sequence[Entry] = (), words: Iterable[str] = ("opened",)) -> list[Entry]:
    said = [Said(word, "kari", {"who": "Åse"}) for word in words]
    return chain(alarm_id, len(after), after[-1].hash if after else "", said, T0, ("salt",) * len(said))


def order(
    who: str = "ola", alarm_id: str = "a-1", step: int = 1, next_s: float | None = 10, made_s: float = 0, say: Say = Say.ALARM, office: str = OFFICE
) -> Order:  # fmt: skip
    """`who`: a person, `@office/contact`, or `device:<id>`."""
    ladder = ("device",) if who.startswith("device:") else ("push", "sms", "voice")
    next_at = None if next_s is None else at(next_s)
    return Order(f"{alarm_id}/{step}/{say.value}/{who}", alarm_id, office, who, say, ladder, False, step, at(made_s), next_at)


def opening(one: Alarm, *orders: Order, streams: Iterable[str] | None = None) -> Change:
    """A whole new alarm, as a door would save it."""
    kept = replace(signal(f"s-{one.id}"), alarm_id=one.id)
    offices = [one.office_id] if streams is None else list(streams)
    return Change(one.opened_at, [(0, one)], [kept], entries(one.id), orders, (), [(office, one.id) for office in offices])


def put(store: Store, *orders: Order, alarm_id: str = "a-1") -> None:
    """An open alarm with these orders."""
    store.commit(opening(alarm(alarm_id), *orders))


def status(store: Store, who: str = "ola", alarm_id: str = "a-1") -> str:
    return next(one.status.value for one in store.orders(alarm_id) if one.recipient == who)


def together(*works: Callable[[], None]) -> None:
    """Runs these at once; a failure in one is a failure of the test."""
    wrong: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    assert wrong == []
