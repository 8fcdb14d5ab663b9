"""What a press would come to, found out by making it: the real doors and the real core over a store in memory, with a clock that is pushed.

Nothing leaves the machine and nothing is kept. No rule is told a second time here: intake, ticker and outbox do what they do on a server.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.core import events as e
from server.core.access import Viewer
from server.core.alarm import Step, take
from server.core.directory import Device, DeviceKind, Directory, Duty, Selector
from server.core.model import Alarm, State
from server.core.escalation import covered, cover
from server.core.orders import Order, Result, Say, Status
from server.core.readiness import places_of, roles_of, seat
from server.core.signals import Kind, Signal
from server.core.values import replace
from server.flow import actions, delivery, ticker
from server.flow.context import Context
from server.flow.intake import intake
from server.senders.contract import Needs, Outcome, Sender, Subject
from server.senders.demo import CHANNELS, DemoSender
from server.store.memory import MemoryStore

LONGEST = timedelta(hours=3)
"""More than the longest promise holds (45 min) and every step after it: what has not come round by then never would."""
MOST_EVENTS = 20_000
PRESSED = (DeviceKind.BUTTON, DeviceKind.PORTABLE)
WHAT_IF = "what-if"
"""The button that there is not: for a situation that no device of the office starts."""


class PlanError(Exception):
    """What was asked cannot be tried. `key` and `values` are a phrase of `words`; `known` what there is instead."""

    def __init__(self, key: str, asked: str, known: Collection[str] = ()) -> None:
        super().__init__(f"{key}: {asked}")
        self.key, self.asked, self.known = key, asked, tuple(known)


@dataclass(frozen=True, slots=True)
class Press:
    """A press to be tried: by a device, by a person in the app, or by nobody in particular. `kind`: None means what is usual there.
    `answers`: (person id or contact key, seconds after the press) who says *I am coming*. `shown`: every phone says at once that it has shown
    what was pushed to it; else none ever does."""

    at: datetime
    office_id: str
    device_id: str | None = None
    zone_id: str | None = None
    situation: str | None = None
    by: str | None = None
    kind: Kind | None = None
    answers: tuple[tuple[str, float], ...] = ()
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the alarm's own log, `at_s` seconds after the press."""

    at_s: float
    what: str
    by: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Helper:
    """What one answer does: the role that is given, and what the cover still lacks after it. `holds_s`: how long the promise holds."""

    person_id: str
    role: str | None
    stage: str
    holds_s: float
    lacks: tuple[tuple[str, int], ...]
    enough: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. `steps`: those of the plan as they were frozen in; `orders` in the order in which they were made, with what was
    tried of each; `words`: (channel, language) → what is said by it; `helpers`: those told first, if they answer one after the other;
    `empty`: roles that nobody fills even when all answer who can be reached; `repeats_s`: how often the last step comes from then on."""

    press: Press
    directory: Directory
    opened: Alarm
    alarm: Alarm
    log: tuple[Happened, ...]
    orders: tuple[Order, ...]
    words: Mapping[tuple[str, str], str]
    helpers: tuple[Helper, ...]
    empty: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    repeats_s: int | None


def on_duty(directory: Directory, present: Collection[str], others: Collection[str]) -> Directory:
    """The same with exactly these on duty: `present` in the home office, `others` on duty elsewhere. Raises PlanError for somebody unknown."""
    duty: dict[tuple[str, str], Duty] = {}
    for person_id in (*others, *present):
        person = directory.people.get(person_id)
        if person is None:
            raise PlanError("no_person", person_id, directory.people)
        for office_id in person.offices:
            home = person_id in present and office_id == person.offices[0]
            duty[person_id, office_id] = Duty.PRESENT if home else Duty.ON_DUTY
    return replace(directory, duty=duty)


def try_press(press: Press, directory: Directory, channels: Collection[str], pushable: Collection[str] | None = None) -> Trial:
    """Makes the press and lets time pass until the last step has come round. `channels` that the deployment has; `pushable`: people who have
    signed a phone up, None: everyone is thought to have. Raises PlanError."""
    signal, directory = _signal(press, replace(directory, channels=frozenset(channels)))
    for who, _ in press.answers:
        if who not in directory.people and who not in directory.contacts:
            raise PlanError("no_person", who, (*directory.staff.get(press.office_id, ()), *directory.contacts))
    return _House(press, directory, channels, pushable).run(signal)


# ---------------------------------------------------------------- what is pressed


def _signal(press: Press, directory: Directory) -> tuple[Signal, Directory]:
    """The signal that such a press is, and the directory with the button that there is not, where one is needed."""
    if press.office_id not in directory.offices:
        raise PlanError("no_office", press.office_id, directory.offices)
    zones = [zone_id for office_id, zone_id in directory.zones if office_id == press.office_id]
    if press.zone_id is not None and press.zone_id not in zones:
        raise PlanError("no_zone", press.zone_id, zones)
    if press.by is not None and press.by not in directory.people:
        raise PlanError("no_person", press.by, directory.staff[press.office_id])
    kind = press.kind or (Kind.MISSED_CHECKIN if press.situation == "missed_checkin" else Kind.PANIC)
    device_id = press.device_id
    if device_id is not None and device_id not in buttons(directory, press.office_id):
        raise PlanError("no_device", device_id, buttons(directory, press.office_id))
    if press.situation is not None:
        if press.situation not in directory.content.situations:
            raise PlanError("no_situation", press.situation, directory.content.situations)
        device_id, directory = WHAT_IF, _with_button(press, directory)
    zone_id = press.zone_id if device_id is None else None
    return Signal("signal", kind, press.office_id, press.at, device_id, press.by, zone_id, press.at), directory


def buttons(directory: Directory, office_id: str | None = None) -> list[str]:
    """What can be pressed, in one office or in all."""
    return [one.id for one in directory.devices.values() if one.kind in PRESSED and office_id in (None, one.office_id)]


def _with_button(press: Press, directory: Directory) -> Directory:
    """A button that starts this situation: the one that was named, else one that hangs in the zone, else one that is carried."""
    real = directory.devices.get(press.device_id or "")
    kind = real.kind if real else DeviceKind.BUTTON if press.zone_id else DeviceKind.PORTABLE
    holder = real.holder_id if real else press.by
    button = Device(WHAT_IF, press.office_id, "", kind, press.zone_id or (real.zone_id if real else None), holder, press.situation or "")
    return replace(directory, devices={**directory.devices, WHAT_IF: button})


# ---------------------------------------------------------------- the house in which it happens


class _Words:
    """Takes the outbox's place: keeps the first message of each channel and language."""

    def __init__(self) -> None:
        self.said: dict[tuple[str, str], str] = {}

    def add(self, **said: object) -> None:
        self.said.setdefault((str(said["channel"]), str(said["language"])), str(said["text"]))


class _Push:
    """Takes the push services' place: every push is taken."""

    channel = "push"

    def __init__(self, pushable: Collection[str] | None) -> None:
        self._pushable = pushable

    def send(self, order: Order, about: Subject) -> Outcome:
        del about
        has = not order.recipient.startswith("@") and (self._pushable is None or order.recipient in self._pushable)
        return Outcome(Result.ACCEPTED if has else Result.NO_ADDRESS)

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        return frozenset(one for one in recipients if self._pushable is None or one in self._pushable)

    def probe(self) -> Outcome | None:
        return None


class _House:
    def __init__(self, press: Press, directory: Directory, channels: Collection[str], pushable: Collection[str] | None) -> None:
        self._press, self._directory, self._now = press, directory, press.at
        self._store, self._words, count = MemoryStore(), _Words(), itertools.count(1)
        self._context = Context(self._store, lambda: directory, lambda: self._now, lambda prefix: f"{prefix}-{next(count):03}", lambda: "")
        needs = Needs(lambda: directory, lambda order, purpose: "", lambda name: "", lambda: self._now)
        self._senders: dict[str, Sender] = {channel: DemoSender(channel, needs, self._words) for channel in CHANNELS if channel in channels}
        if "push" in channels:
            self._senders["push"] = _Push(pushable)
        self._pending = sorted(press.answers, key=lambda one: one[1])
        self._refused: list[tuple[str, str]] = []

    def run(self, signal: Signal) -> Trial:
        [receipt] = intake(self._context, [signal])
        if receipt.alarm_id is None:
            raise PlanError("raises_nothing", signal.kind)
        alarm_id = receipt.alarm_id
        opened = self._alarm(alarm_id)
        raised: Alarm | None = opened if opened.state is State.RAISED else None
        for _ in range(MOST_EVENTS):
            alarm = self._alarm(alarm_id)
            if raised is None and alarm.state is not State.PENDING:
                raised = alarm
            if alarm.plan.rounds or not alarm.open:
                break
            self._carry_out(alarm_id)
            if not self._let_time_pass(alarm_id):
                break
        return self._trial(opened, raised, alarm_id)

    def _alarm(self, alarm_id: str) -> Alarm:
        return self._store.alarms([alarm_id])[alarm_id]

    def _carry_out(self, alarm_id: str) -> None:
        while delivery.deliver(self._context, self._senders, "trial"):
            if self._press.shown:
                pushed = [one for one in self._store.orders(alarm_id) if ("push", Result.ACCEPTED) in ((tried.channel, tried.word) for tried in one.tries)]
                self._store.receipts((), (), [(one.recipient, alarm_id, one.made_at) for one in pushed])

    def _let_time_pass(self, alarm_id: str) -> bool:
        """To the next moment at which anything is due, and through it. False when there is none within LONGEST."""
        times = [at for at, _ in self._store.deadlines(limit=1)]
        times += [at for at in (self._store.next_order_at(),) if at is not None]
        times += [self._press.at + timedelta(seconds=after_s) for _, after_s in self._pending[:1]]
        soonest = min(times, default=None)
        if soonest is None or soonest > self._press.at + LONGEST:
            return False
        self._now = max(self._now, soonest)
        while self._pending and self._press.at + timedelta(seconds=self._pending[0][1]) <= self._now:
            who, _ = self._pending.pop(0)
            fields = {"age_s": 0.0, **({"via": "sms"} if who.startswith("@") else {})}
            answer = actions.act(self._context, Viewer(who), alarm_id, "acknowledge", fields, self._context.new_id("t"))
            if answer.reason is not None:
                self._refused.append((who, answer.reason))
        ticker.tick(self._context)
        return True

    def _trial(self, opened: Alarm, raised: Alarm | None, alarm_id: str) -> Trial:
        alarm, directory = self._alarm(alarm_id), self._directory
        log = tuple(Happened((one.at - self._press.at).total_seconds(), one.what, one.by, json.loads(one.data)) for one in self._store.log(alarm_id))
        orders = sorted(self._store.orders(alarm_id), key=lambda one: one.made_at)
        last = alarm.plan.steps[-1]
        return Trial(
            self._press, directory, opened, alarm, log, tuple(orders), self._words.said, tuple(_helpers(raised or alarm, directory)),
            _empty(alarm, orders, directory), tuple(self._refused),
            max(last.wait_s, directory.limits.repeat_min_s) if alarm.plan.rounds else None,
        )  # fmt: skip


def _helpers(alarm: Alarm, directory: Directory) -> list[Helper]:
    """What the answers of those told first do, one after the other, until they are enough."""
    found: list[Helper] = []
    now = alarm.plan.started_at
    for person_id in alarm.told:
        step = take(alarm, e.Acknowledge(person_id), now, directory)
        if not isinstance(step, Step):
            continue
        alarm = step.alarm
        held = alarm.assignment(person_id)
        assert held is not None and held.lapse_at is not None
        lines = cover(alarm, directory)
        lacks = tuple((line.role, line.need - line.have) for line in lines if not line.filled)
        enough = alarm.plan.due_at is None and covered(alarm, lines)
        found.append(Helper(person_id, held.role, held.stage.value, (held.lapse_at - now).total_seconds(), lacks, enough))
        if enough:
            break
    return found


def _empty(alarm: Alarm, orders: Collection[Order], directory: Directory) -> tuple[str, ...]:
    """The places that stay empty when everyone answers of whom something was taken, or who may have a screen in the house."""
    reached = {order.recipient for order in orders if order.say is Say.ALARM and took(order)}
    reached |= {one for one in alarm.told if directory.present_somewhere(one)}
    places, fills = places_of(alarm, directory)
    return tuple(seat(places, {one: fits for one, fits in roles_of(alarm, directory).items() if one in reached}, fills)[0])


def took(order: Order) -> bool:
    """Whether any channel has taken it."""
    return order.status in (Status.REACHED, Status.SEEN, Status.DONE) or any(one.word in (Result.ACCEPTED, Result.DELIVERED) for one in order.tries)


def selectors(alarm: Alarm, number: int) -> tuple[Selector, ...]:
    """Whom a step of the alarm names; `number` from 1."""
    return alarm.plan.steps[number - 1].tell
