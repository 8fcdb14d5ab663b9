"""What a drill measured: from the log of its alarms and what became of their orders, never from memory. Board and report read the same numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from server.core.drill.exercise import Target
from server.core.drill.model import PlannedDrill
from server.core.log import Entry
from server.core.model import Alarm
from server.core.orders import Order, Say, Status, Try
from server.core.values import frozen

REACHED = frozenset({"delivered", "reached", "seen", "answered"})
"""Words of a try that prove that somebody has it."""
SEEN = frozenset({"seen", "answered"})

ANSWERS = {"acknowledged": "coming", "late_acknowledgement": "coming", "arrived": "there", "sheltered": "sheltered", "declined": "cannot"}
"""Words of the log → what one helper has said."""


@frozen
class Channel:
    """One channel of one person: when it was tried first, and when it proved that it had reached."""

    channel: str
    tried_at: datetime | None
    reached_at: datetime | None
    failed: bool


@frozen
class Reach:
    """How one recipient of one alarm was reached, and what he said. `recipient`: a person id, or a contact as `@office/contact`."""

    alarm_id: str
    recipient: str
    told_at: datetime
    channels: tuple[Channel, ...]
    reached_at: datetime | None
    seen_at: datetime | None
    coming_at: datetime | None = None
    there_at: datetime | None = None
    cannot_at: datetime | None = None
    role: str | None = None

    @property
    def status(self) -> str:
        """told, reached, seen, failed, and what he said after it: coming, there, cannot."""
        said = (("there", self.there_at), ("coming", self.coming_at), ("cannot", self.cannot_at), ("seen", self.seen_at), ("reached", self.reached_at))
        for word, at in said:
            if at is not None:
                return word
        return "failed" if self.channels and all(one.failed for one in self.channels) else "told"


@frozen
class WouldHave:
    """Somebody outside who would have been told: a contact by these channels, or so many people of these offices."""

    alarm_id: str
    at: datetime
    contact: str | None = None
    channels: tuple[str, ...] = ()
    people: int = 0
    offices: tuple[str, ...] = ()


@frozen
class Measured:
    """One alarm of the drill. `marks`: mark → when it was first set. `steps`: when each step of the plan began. `moments`: metric → when.
    `devices`: light or sounder that was to show it → whether it has taken it."""

    alarm: Alarm
    reaches: tuple[Reach, ...]
    marks: Mapping[str, datetime]
    steps: tuple[datetime, ...]
    moments: Mapping[str, datetime]
    would_have: tuple[WouldHave, ...]
    devices: Mapping[str, bool] = {}

    @property
    def our_own(self) -> list[Reach]:
        return [one for one in self.reaches if not one.recipient.startswith("@")]


@frozen
class Against:
    """A target against what was measured. `seconds` is None where it was not reached; `word`: met, missed, waiting (there is still time),
    unknown (nothing started it)."""

    target: Target
    alarm_id: str | None
    seconds: float | None
    word: str


def measure(alarm: Alarm, entries: Sequence[Entry], orders: Sequence[Order]) -> Measured:
    """One alarm, from its log and its orders. Whoever was left out in the middle of it was never in it."""
    out = alarm.drill.left_out if alarm.drill is not None else ()
    orders = [order for order in orders if order.recipient not in out]
    told = [order for order in orders if order.say is Say.ALARM and not order.recipient.startswith("device:")]
    said = _said(entries)
    by_recipient: dict[str, list[Order]] = {}
    for order in sorted(told, key=lambda one: one.made_at):
        by_recipient.setdefault(order.recipient, []).append(order)
    reaches = tuple(_reach(alarm.id, recipient, some, said.get(recipient, {})) for recipient, some in by_recipient.items())
    marks = _marks(alarm, entries)
    steps = tuple(one.at for one in entries if one.what == "step_started")
    moments = _moments(alarm, entries, reaches, steps) | _switched(entries, orders)
    return Measured(alarm, reaches, marks, steps, moments, tuple(_would_have(alarm.id, entries)), _devices(orders))


def _devices(orders: Iterable[Order]) -> dict[str, bool]:
    """What was overtaken before it could be told counts neither way."""
    told = [one for one in orders if one.say is Say.ALARM and one.recipient.startswith("device:") and one.status is not Status.VOID]
    taken = {one.recipient for one in told if one.status is Status.DONE}
    return {one.recipient.removeprefix("device:"): one.recipient in taken for one in told}


def _said(entries: Iterable[Entry]) -> dict[str, dict[str, object]]:
    """Person → what he said first and when, and the role that he was given."""
    found: dict[str, dict[str, object]] = {}
    for entry in entries:
        word = ANSWERS.get(entry.what)
        if word is None or entry.by is None:
            continue
        own = found.setdefault(entry.by, {})
        own.setdefault(word, entry.at)
        if role := _data(entry).get("role"):
            own["role"] = role
    return found


def _reach(alarm_id: str, recipient: str, orders: Sequence[Order], said: Mapping[str, object]) -> Reach:
    tries = sorted((one for order in orders for one in order.tries), key=lambda one: one.at)
    names = dict.fromkeys(("screen", *(one.channel for one in tries))) if not recipient.startswith("@") else dict.fromkeys(one.channel for one in tries)
    channels = tuple(_channel(name, [one for one in tries if one.channel == name], orders) for name in names)
    reached = min((one.at for one in tries if one.word in REACHED), default=None)
    seen = min((one.at for one in tries if one.word in SEEN), default=None)
    answered = [at for word, at in said.items() if word != "role" and isinstance(at, datetime)]
    return Reach(
        alarm_id, recipient, orders[0].made_at, channels, min((at for at in (reached, *answered) if at is not None), default=None),
        min((at for at in (seen, *answered) if at is not None), default=None), *(said.get(word) for word in ("coming", "there", "cannot")),  # type: ignore[arg-type]
        role=said.get("role"),  # type: ignore[arg-type]
    )  # fmt: skip


def _channel(name: str, tries: Sequence[Try], orders: Sequence[Order]) -> Channel:
    tried = [one for one in tries if one.word not in REACHED]
    reached = [one.at for one in tries if one.word in REACHED]
    first = orders[0].made_at if name == "screen" else min((one.at for one in tried), default=None)
    lost = bool(tried) and not reached and all(one.word in ("permanent", "not_delivered", "no_address") for one in tried)
    return Channel(name, first, min(reached, default=None), lost)


def _marks(alarm: Alarm, entries: Iterable[Entry]) -> dict[str, datetime]:
    """Each mark by when it was first set: the log tells it with what was done, the alarm with what was ticked."""
    found: dict[str, datetime] = {}
    for entry in entries:
        if mark := _data(entry).get("mark"):
            found.setdefault(str(mark), entry.at)
    for one in alarm.marks:
        found.setdefault(one.mark, one.at)
    return found


def _moments(alarm: Alarm, entries: Sequence[Entry], reaches: Sequence[Reach], steps: Sequence[datetime]) -> dict[str, datetime]:
    """The catalogue's metrics, where they have come about. A press is received when its alarm is saved: that is what received means."""
    moments = {"signal_received": alarm.opened_at}
    own = [one for one in reaches if not one.recipient.startswith("@")]
    reached = [one.reached_at for one in own if one.reached_at is not None]
    if reached:
        moments["first_delivery"] = min(reached)
    if own and len(reached) == len(own):
        moments["all_delivered"] = max(reached)
    for n, name in ((1, "escalated_once"), (2, "escalated_twice")):
        if len(steps) > n:
            moments[name] = steps[n]
    if resolved := [entry.at for entry in entries if entry.what == "resolved"]:  # by somebody in it, not because the drill was stopped
        moments["ended"] = resolved[0]
    if alarm.drill is not None:
        moments["second_alarm_open"] = alarm.opened_at
    return moments


def _switched(entries: Sequence[Entry], orders: Iterable[Order]) -> dict[str, datetime]:
    """When somebody tapped a switch like *weapon*, and when everyone who was to turn back had it."""
    switches = [(entry.at, _data(entry).get("switch")) for entry in entries if entry.what == "situation_changed"]
    if not switches:
        return {}
    at, switch = switches[0]
    told = [order for order in orders if order.say is Say.CHANGED and order.reason == switch and not order.recipient.startswith(("@", "device:"))]
    reached = [min((one.at for one in order.tries if one.word in REACHED), default=None) for order in told]
    every = [one for one in reached if one is not None]
    return {"switched": at, **({"switch_delivered": max(every)} if told and len(every) == len(told) else {})}


def _would_have(alarm_id: str, entries: Iterable[Entry]) -> Iterable[WouldHave]:
    for entry in entries:
        if entry.what == "would_have":
            data = _data(entry)
            yield WouldHave(
                alarm_id, entry.at, data.get("contact"), tuple(data.get("channels", ())), int(data.get("people", 0)), tuple(data.get("offices", ()))
            )


def against(drill: PlannedDrill, measured: Sequence[Measured], now: datetime) -> list[Against]:
    """Every target of the exercise, for each alarm that it is counted from."""
    found: list[Against] = []
    for target in drill.exercise.targets:
        chosen = measured[1:2] if target.start == "second_alarm" else measured if target.start in ("alarm", "deadline") else measured[:1]
        if target.start == "disconnect":
            found.append(_of_outage(drill, target))  # of the drill, not of an alarm: the point is that nobody need press to see it
            continue
        for one in chosen:
            found.append(_one(drill, target, one, now))
        if not chosen:
            found.append(Against(target, None, None, "unknown"))
    return found


def _one(drill: PlannedDrill, target: Target, one: Measured, now: datetime) -> Against:
    start = _start(target, one)
    if start is None:
        return Against(target, one.alarm.id, None, "unknown")
    at = one.marks.get(target.mark) if target.mark else one.moments.get(target.metric or "")
    if at is not None and at >= start:
        seconds = (at - start).total_seconds()
        return Against(target, one.alarm.id, seconds, "met" if seconds <= target.within_s else "missed")
    over = not one.alarm.open or not drill.running
    late = (now - start).total_seconds() > target.within_s
    return Against(target, one.alarm.id, None, "missed" if over or late else "waiting")


def _start(target: Target, one: Measured) -> datetime | None:
    if target.start in ("alarm", "second_alarm", "deadline"):
        return one.alarm.opened_at
    return one.moments.get("switched") if target.start == "switch" else None


def _of_outage(drill: PlannedDrill, target: Target) -> Against:
    """From when the gateway was last heard until the desks were told that it is gone. Without either nothing was taken away, or it was never shown:
    which of the two the log cannot tell, so it is unknown."""
    if target.metric != "outage_shown" or drill.outage is None:
        return Against(target, None, None, "waiting" if drill.running else "unknown")
    seconds = (drill.outage.shown_at - drill.outage.heard_at).total_seconds()
    return Against(target, None, seconds, "met" if seconds <= target.within_s else "missed")


def _data(entry: Entry) -> dict[str, Any]:
    return json.loads(entry.data) if entry.data else {}
