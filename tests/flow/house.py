"""A house with real doors: a store, a clock that is pushed, senders that write down what they sent, and short words for what people do."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from server.core.access import Viewer
from server.core.alarm import open_alarm
from server.core.directory import Directory
from server.core.model import Alarm, Drill
from server.core.orders import Order, Result, Say
from server.core.signals import Kind, Signal
from server.core.triage import origin_of, place_of, plan_of
from server.core.values import replace
from server.flow import actions, delivery, pins, ticker
from server.flow.actions import Answer
from server.flow.context import Context, streams_of, written
from server.flow.intake import Receipt, intake
from server.senders.contract import Outcome
from server.store.contract import Change, Store
from tests.flow.people import DURESS_PIN, OFFICE, PIN, the_directory

T0 = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
DRILL = Drill("d-1", "Høstøvelsen")


class Clock:
    """Stands still until it is pushed."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now

    def push(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class RecordingSender:
    """Writes down every order that it was given; answers as it was told to."""

    def __init__(self, channel: str, sent: list[tuple[str, Order]], result: Result = Result.ACCEPTED) -> None:
        self.channel, self._sent, self.result = channel, sent, result
        self.before: Callable[[Order, Alarm], None] | None = None

    def send(self, order: Order, alarm: Alarm) -> Outcome:
        if self.before:
            self.before(order, alarm)
        self._sent.append((self.channel, order))
        return Outcome(self.result)


class House:
    """One server. `store` may be shared with another house: then they are two servers of one office."""

    def __init__(self, store: Store, clock: Clock | None = None, name: str = "a", directory: Directory | None = None) -> None:
        self.clock = clock or Clock()
        self.directory = directory or the_directory()
        counter, salts = itertools.count(1), itertools.count(1)
        self.context = Context(
            store, lambda: self.directory, self.clock, lambda prefix: f"{prefix}-{name}{next(counter)}", lambda: f"salt{next(salts)}"
        )
        self.store, self.name = store, name
        self.sent: list[tuple[str, Order]] = []
        self.senders = {channel: RecordingSender(channel, self.sent) for channel in ("push", "sms", "voice")}
        self.rung: list[str] = []
        self.context.bell.listen(self.rung.extend)
        self._actions, self._presses = itertools.count(1), itertools.count(1)
        self._lock = threading.Lock()

    # ---- what devices do

    def signal(self, device: str | None = "karis", kind: Kind = Kind.PANIC, **fields: object) -> Signal:
        fields.setdefault("id", f"{device}-1-{next(self._presses)}")
        fields.setdefault("office_id", OFFICE)
        fields.setdefault("heard_at", self.clock.now)
        return Signal(kind=kind, device_id=device, **fields)  # type: ignore[arg-type]

    def take_in(self, *signals: Signal) -> list[Receipt]:
        return intake(self.context, signals)

    def press(self, device: str | None = "karis", kind: Kind = Kind.PANIC, **fields: object) -> Alarm:
        """A press that opens or joins: gives the alarm."""
        [receipt] = self.take_in(self.signal(device, kind, **fields))
        assert receipt.alarm_id, receipt
        return self.alarm(receipt.alarm_id)

    def drill(self, device: str = "karis", drill: Drill = DRILL) -> Alarm:
        """A drill alarm, opened beside the intake door: that door makes no drills yet."""
        signal, now = self.signal(device), self.clock.now
        origin = origin_of(signal, self.directory)
        chosen, situation = plan_of(origin, self.directory)
        step = open_alarm(
            self.context.new_id("a"), signal, origin.presser, origin.raiser_id, place_of(origin, self.directory), situation, chosen, now,
            self.directory, drill,
        )  # fmt: skip
        alarm, entries = written(self.context, None, step, now)
        self.store.commit(Change(now, [(0, alarm)], (), entries, step.orders, (), streams_of(alarm, self.directory)))
        return alarm

    # ---- what people do

    def act(self, who: str, alarm: Alarm | str, action: str, id: str | None = None, surface: str = "phone", **fields: object) -> Answer:
        alarm_id = alarm if isinstance(alarm, str) else alarm.id
        with self._lock:
            action_id = id or f"action-{next(self._actions)}"
        return actions.act(
            self.context, Viewer(who, surface, "mottak" if surface != "phone" else None), alarm_id, action, fields, action_id
        )

    def end(self, alarm: Alarm, who: str = "ola") -> Answer:
        return self.act(who, alarm, "resolve", outcome="handled", seen_signal=self.alarm(alarm.id).signals_count)

    def give_pins(self, who: str = "kari") -> None:
        pins.keep(self.context, who, PIN, DURESS_PIN)

    def got(self, alarm: Alarm, *people: str) -> None:
        """The screens of these people have drawn it."""
        self.store.receipts([(who, alarm.id, self.clock.now) for who in people], [])

    # ---- what time does

    def tick(self, seconds: float = 0) -> int:
        self.clock.push(seconds)
        return ticker.tick(self.context)

    def deliver(self, seconds: float = 0) -> list[tuple[str, str, str]]:
        """Empties the outbox as far as it is due now; gives (channel, recipient, say) of what was sent."""
        self.clock.push(seconds)
        start = len(self.sent)
        for _ in range(20):  # more rungs than any ladder has
            if not delivery.deliver(self.context, self.senders, f"server-{self.name}"):
                break
        return [(channel, order.recipient, str(order.say)) for channel, order in self.sent[start:]]

    # ---- what has become of it

    def alarm(self, alarm_id: str) -> Alarm:
        return self.store.alarms([alarm_id])[alarm_id]

    def again(self, alarm: Alarm) -> Alarm:
        return self.alarm(alarm.id)

    def words(self, alarm: Alarm) -> list[str]:
        return [entry.what for entry in self.store.log(alarm.id)]

    def orders(self, alarm: Alarm, say: Say | None = None, recipient: str | None = None) -> list[Order]:
        return [o for o in self.store.orders(alarm.id) if (say is None or o.say is say) and recipient in (None, o.recipient)]

    def people_ordered(self, alarm: Alarm, say: Say = Say.ALARM) -> set[str]:
        return {o.recipient for o in self.orders(alarm, say) if not o.recipient.startswith("device:")}

    def only_alarm(self) -> Alarm:
        [alarm_id] = self.store.alarm_ids()
        return self.alarm(alarm_id)

    def edit(self, **changes: object) -> None:
        self.directory = replace(self.directory, **changes)  # type: ignore[arg-type]


def nothing_more(house: House) -> None:
    """The last line of every test of sending: and nothing else was sent."""
    assert house.deliver() == []


def sent_to(sent: Sequence[tuple[str, str, str]], channel: str) -> set[str]:
    return {recipient for used, recipient, _ in sent if used == channel}
