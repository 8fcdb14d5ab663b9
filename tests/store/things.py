"""What the tests of the stores save: an alarm of the usual world with everything that a decision brings along, and orders in few words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from server.core.log import Entry, Said, chain
from server.core.model import Alarm, Ending, Outcome, State
from server.core.orders import Order, Say, Status
from server.store.contract import ActionKept, Change, SignalKept, Store
from tests.core.world import NEIGHBOUR, OFFICE, T0, at, opened, signal

FAR = at(10_000)
EVERY_PART = ("alarms", "signals", "log", "orders", "actions", "heads", "looks", "armed", "deadlines")


def alarm(
    id: str = "a-1", presser: str = "kari", office: str = OFFICE, zone: str | None = "mottak", opened_at: datetime = T0,
    due_at: datetime | None = FAR, version: int = 1,
) -> Alarm:
    """An open alarm at its first version; `due_at` is its only deadline."""
    made = opened().alarm
    return replace(
        made, id=id, version=version, presser=presser, office_id=office, place=replace(made.place, zone_id=zone), opened_at=opened_at,
        plan=replace(made.plan, due_at=due_at), grace_until=None, assignments=(), called_off=None,
    )


def ended(before: Alarm, seconds: float = 60) -> Alarm:
    return replace(before, version=before.version + 1, state=State.RESOLVED, ending=Ending(Outcome.HANDLED, at(seconds), "ola"))


def cancelled(before: Alarm) -> Alarm:
    """Called off while the person was still asked: it has no ending."""
    return replace(before, version=before.version + 1, state=State.CANCELLED, ending=None)


def order(
    recipient: str = "ola", of: str = "a-1", step: int = 1, say: Say = Say.ALARM, due: float | None = 0, made: float = 0, office: str = OFFICE,
    status: Status = Status.WAITING, **other: object,
) -> Order:
    ladder = ("device",) if recipient.startswith("device:") else ("push", "sms")
    next_at = None if due is None or status is not Status.WAITING else at(due)
    return Order(
        f"{of}/{step}/{say}/{recipient}", of, office, recipient, say, ladder, False, step, at(made), next_at, status=status, **other
    )  # type: ignore[arg-type]


def kept(id: str, alarm_id: str = "a-1") -> SignalKept:
    one = signal(id=id)
    return SignalKept(one, one.digest(), "opened", alarm_id, T0)


def entries(alarm_id: str, *words: str, count: int = 0, head: str = "") -> list[Entry]:
    return chain(alarm_id, count, head, [Said(word, "kari", {"ord": "blåbær"}) for word in words], T0, [f"salt-{word}" for word in words])


def action(id: str, alarm_id: str = "a-1", reason: str | None = None) -> ActionKept:
    return ActionKept(id, "ola", alarm_id, f"digest-{id}", at(5), reason)


def opening(made: Alarm, orders: Iterable[Order] = (), offices: Iterable[str] = (OFFICE,), when: datetime = T0) -> Change:
    """Opens that alarm, with one of everything."""
    return Change(
        when, [(0, made)], [kept(f"s/{made.id}", made.id)], entries(made.id, "opened", "told"), list(orders),
        [action(f"act/{made.id}", made.id)], [(office, made.id) for office in offices],
    )


def saved(store: Store, *orders: Order) -> None:
    """Keeps these orders."""
    store.commit(Change(T0, orders=orders))


def of(store: Store, id: str) -> Order:
    """The order with this id, as it is now."""
    (found,) = [one for one in store.orders(id.split("/")[0]) if one.id == id]
    return found


def whole(store: Store, alarm_ids: Iterable[str] = ("a-1", "a-2", "a-3")) -> dict[str, object]:
    """Everything that a commit can change, as it stands."""
    ids = list(alarm_ids)
    offices = (OFFICE, NEIGHBOUR)
    found = (
        store.alarms(ids),
        store.signals([f"s/{one}" for one in ids]),
        {one: store.log(one) for one in ids},
        {one: store.orders(one) for one in ids},
        store.actions([f"act/{one}" for one in ids]),
        store.heads(offices),
        {office: store.look(office, 0) for office in offices},
        store.armed(["knapp", "karis", "adas"], T0),
        store.deadlines(),
    )
    return dict(zip(EVERY_PART, found))
