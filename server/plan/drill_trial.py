"""A drill's dry run: who would get what, by which channel, and when. The real doors over a store in memory, with a clock that is pushed; nothing
leaves the machine and nothing is kept."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from server.core.directory import Directory
from server.core.drill.draft import items, players
from server.core.drill.exercise import Inject
from server.core.drill.marks import mark_of, signal_of
from server.core.drill.model import PlannedDrill, Press
from server.core.orders import Order, Result, Say
from server.core.projection import name_of
from server.core.values import replace
from server.flow import delivery, ticker
from server.flow.context import Context, ring
from server.flow.intake import with_signals
from server.senders.contract import Outcome, Subject
from server.store.contract import Change
from server.store.memory import MemoryStore

PRESSES_MOST = 20
"""Alarms that are tried. A drill over hundreds of offices is tried in the first of them."""
LONGEST = timedelta(minutes=10)
"""After the last press: every step of a plan has come round by then."""
NAMED_MOST = 60
EVENTS_MOST = 5_000


class _Silent:
    """Takes a channel's place: everything is taken, and nobody answers."""

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def send(self, order: Order, about: Subject) -> Outcome:
        del about
        return Outcome(Result.PERMANENT if self.channel == "push" and order.recipient.startswith("@") else Result.ACCEPTED)

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        return frozenset(recipients)

    def probe(self) -> Outcome | None:
        return None


def dry_run(drill: PlannedDrill, directory: Directory, left_out: Iterable[str], now: datetime, names: bool = True) -> dict[str, object]:
    """As if it were started now, by those who are on duty now, and nobody answered. Seconds count from the start. Without `names` those who would
    get the same are counted together."""
    out = tuple(dict.fromkeys((*drill.left_out, *left_out)))
    drill = replace(drill, left_out=out, zero_at=now)
    presses = sorted((one for one in drill.presses), key=lambda one: (one.at_s is None, one.at_s or 0))[:PRESSES_MOST]
    store, count = MemoryStore(), itertools.count(1)
    clock = _Clock(now)
    context = Context(store, lambda: directory, clock, lambda prefix: f"{prefix}-{next(count):04}", lambda: "")
    channels = ("push", "sms", "voice", "email", "chat", "webhook")
    senders = {name: _Silent(name) for name in directory.usable(channels)}
    for press in presses:
        at = now + timedelta(seconds=press.at_s or 0)
        _let_time_pass(context, senders, clock, at)
        clock.now = max(clock.now, at)
        _press(context, drill, press)
    _let_time_pass(context, senders, clock, clock() + LONGEST)
    told = [row for alarm_id in store.alarm_ids() for row in _told(store.orders(alarm_id), now, directory)]
    return {
        "at": now, "presses": len(drill.presses), "tried": len(presses),
        "told": told if names else _counted(told),
        "would_have": [row for alarm_id in store.alarm_ids() for row in _would_have(store, alarm_id, now, directory)],
        "injects": [_inject(one, drill, directory, names) for one in items(drill) if isinstance(one, Inject)],
    }  # fmt: skip


class _Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def _press(context: Context, drill: PlannedDrill, press: Press) -> None:
    signal = signal_of(drill, press, context.now())
    mark = mark_of(drill, press.office_id, context.directory())
    change = with_signals(context, Change(context.now()), [signal], marks={signal.id: mark})
    context.store.commit(change)
    ring(context, change)


def _let_time_pass(context: Context, senders: dict[str, _Silent], clock: _Clock, until: datetime) -> None:
    """Through everything that is due before then, until each alarm's last step has come round."""
    for _ in range(EVENTS_MOST):
        while delivery.deliver(context, senders, "trial"):
            pass
        times = [at for at, _ in context.store.deadlines(limit=1)]
        times += [at for at in (context.store.next_order_at(),) if at is not None]
        alarms = context.store.alarms(context.store.alarm_ids()).values()
        soonest = min(times, default=None)
        if soonest is None or soonest > until or (alarms and all(one.plan.rounds for one in alarms)):
            break
        clock.now = max(clock.now, soonest)
        ticker.tick(context)


def _told(orders: Iterable[Order], start: datetime, directory: Directory) -> list[dict[str, object]]:
    """One row for each order, with when each channel would be tried if nobody answered. The screen has it at once."""
    rows = []
    for order in sorted(orders, key=lambda one: (one.made_at, one.id)):
        if order.say is not Say.ALARM or order.recipient.startswith("device:"):
            continue
        tried = [{"channel": one.channel, "at_s": (one.at - start).total_seconds()} for one in order.tries]
        screen = [] if order.recipient.startswith("@") else [{"channel": "screen", "at_s": (order.made_at - start).total_seconds()}]
        rows.append({
            "office_id": order.office_id, "person_id": order.recipient, "name": name_of(order.recipient, directory),
            "at_s": (order.made_at - start).total_seconds(), "contact": order.recipient.startswith("@"), "quiet": order.quiet, "people": 1,
            "channels": [*screen, *({str((one["channel"], one["at_s"])): one for one in tried}.values())],
        })  # fmt: skip
    return rows


def _counted(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """The same rows without names: people who would get the same at the same time are one. Contacts outside keep theirs."""
    found: dict[str, dict[str, object]] = {}
    for row in rows:
        row = row if row["contact"] else {**row, "person_id": None, "name": None}
        same = found.setdefault(str(row), {**row, "people": 0})
        same["people"] += 1  # type: ignore[operator]
    return list(found.values())


def _would_have(store: MemoryStore, alarm_id: str, start: datetime, directory: Directory) -> list[dict[str, object]]:
    alarm = store.alarms([alarm_id])[alarm_id]
    rows = []
    for entry in store.log(alarm_id):
        if entry.what != "would_have":
            continue
        data = json.loads(entry.data)
        contact = data.get("contact")
        rows.append({
            "office_id": alarm.office_id, "at_s": (entry.at - start).total_seconds(), "contact": contact,
            "name": name_of(contact, directory) if contact else None, "channels": data.get("channels", []), "people": data.get("people", 0),
            "offices": data.get("offices", []),
        })  # fmt: skip
    return rows


def _inject(one: Inject, drill: PlannedDrill, directory: Directory, names: bool) -> dict[str, object]:
    heard = players(drill, one.to, (), directory)
    named = [name_of(who, directory) for who in heard[:NAMED_MOST]] if names else []
    return {"id": one.id, "at_s": one.at_s, "channel": one.channel, "to": one.to, "people": named, "count": len(heard)}
