"""Silence is an event too: delivers each alarm's deadline when it is due. The database's index of deadlines is the only list there is,
so restart needs no repair and any number of servers may run."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from server.core import clock_right
from server.core import events as e
from server.core import orders
from server.core.alarm import Step, due, take
from server.core.clock_right import longest_s
from server.core.directory import Directory
from server.core.escalation import resolve, situation_of
from server.core.log import Said
from server.core.model import Alarm, Stage
from server.core.near import fenced_off, in_house, kept_from
from server.core.orders import Order, Say
from server.core.reserves import from_elsewhere, owners
from server.core.values import replace
from server.flow.context import Context, ring, streams_of, written
from server.flow.drills import end_beside_real
from server.flow.looking import Looking
from server.flow.planned_drills import tick_drills
from server.flow.visit_time import put_right as put_visits_right
from server.flow.visit_time import tick_visits
from server.store.contract import Change, Conflict

BATCH = 50
"""In one commit: a press that comes meanwhile waits for no more than these."""
STUCK_MOST = 10 * BATCH
"""So many that cannot be moved are passed by in one look. More of them are a database that takes nothing."""
SWEEP_S = 1.0
"""Looks at least this often, whatever the bell says and however the clock jumps."""

YIELD_S = 0.02
LATE_S = 0.05
"""Presses go first only until a deadline is this late."""

PUT_RIGHT_S = 10.0
"""How often it looks for what was set by a clock that stood wrong."""

ORDER_LONGEST_S = 120
"""No rung of a ladder is further away, and no lease holds longer."""

journal = logging.getLogger("varde.ticker")


def tick(context: Context) -> int:
    """Delivers deadlines that are due, BATCH at a time; gives how many alarms moved. One bad alarm delays nobody; and where most of a batch can neither be
    decided nor rescued, which stay due and therefore first, those behind them are looked at as well."""
    now, moved, stuck = context.now(), 0, 0
    while stuck < STUCK_MOST:
        ids = [alarm_id for _, alarm_id in context.store.deadlines(now, stuck + BATCH)][stuck:]
        ours = _deliver(context, ids) if ids else 0
        moved, stuck = moved + ours, stuck + len(ids) - ours
        if len(ids) < BATCH or ours > BATCH // 2:
            break
    return moved


def _deliver(context: Context, ids: Sequence[str]) -> int:
    try:
        return _together(context, ids)
    except Exception:  # somebody was faster, or one of them is bad: each by itself then
        return sum(_alone(context, alarm_id) for alarm_id in ids)


def _together(context: Context, ids: Sequence[str]) -> int:
    now, directory = context.now(), context.directory()
    alarms, entries, placed, streams, dues = [], [], [], [], []
    for alarm in context.store.alarms(ids).values():
        due_at = due(alarm)
        if due_at is None or due_at > now:
            continue  # another server, or a tap, was faster
        step = take(alarm, e.Deadline(), now, directory)
        if not isinstance(step, Step):
            continue
        after, links = written(context, alarm, step, now)
        alarms.append((alarm.version, after))
        dues.append((due_at, after.drill is not None))
        entries += links
        placed += step.orders
        streams += streams_of(after, directory)
    if alarms:
        change = Change(now, alarms, (), entries, placed, (), streams)
        context.store.commit(change)
        ring(context, change)
        done = context.now()
        for due_at, drill in dues:
            context.measures.deadline((done - due_at).total_seconds(), drill)
    return len(alarms)


def _alone(context: Context, alarm_id: str) -> int:
    try:
        return _together(context, [alarm_id])
    except Conflict:
        return 0  # another server has it, or a person was faster: it is looked at again
    except Exception:
        journal.exception("alarm_failed", extra={"alarm": alarm_id})
    try:
        _rescue(context, alarm_id)
        return 1
    except Exception:  # the store is down, or somebody was faster: it stays due, and the others are not kept waiting
        journal.exception("rescue_failed", extra={"alarm": alarm_id})
        return 0


def _rescue(context: Context, alarm_id: str) -> None:
    """An alarm that cannot be decided must still be heard: tell the last step's people, and look again in a while."""
    now, directory = context.now(), context.directory()
    alarm = context.store.alarms([alarm_id])[alarm_id]
    due_at = due(alarm)
    if due_at is None or due_at > now:
        return  # another server has rescued it, or a tap has moved it
    again = now + timedelta(seconds=directory.limits.repeat_min_s)
    version = alarm.version + 1
    placed = tuple(_call(alarm, recipient, version, now, directory) for recipient in last_people(alarm, context))
    called_off = alarm.called_off
    quiet = replace(
        alarm,
        version=version,
        told=tuple(dict.fromkeys((*alarm.told, *(order.recipient for order in placed)))),
        grace_until=again if alarm.grace_until else None,
        plan=replace(alarm.plan, due_at=None if alarm.grace_until else again),
        called_off=replace(called_off, confirm_by=again) if called_off and called_off.confirm_by else called_off,
        assignments=tuple(replace(a, lapse_at=again) if a.lapse_at and a.lapse_at <= now else a for a in alarm.assignments),
    )
    after, entries = written(context, alarm, Step(quiet, placed, (Said("rescued"),)), now)
    change = Change(now, [(alarm.version, after)], (), entries, placed, (), streams_of(after, directory))
    context.store.commit(change)
    ring(context, change)


def _call(alarm: Alarm, recipient: str, version: int, now: datetime, directory: Directory) -> Order:
    channels = ("push", "sms", "voice")
    if recipient.startswith("@"):
        return orders.to_contact(alarm, directory.contacts[recipient], Say.ALARM, version, channels, now)
    sheltered = any(a.person_id == recipient and a.stage is Stage.SHELTERED for a in alarm.assignments)
    hiding = situation_of(alarm, directory).go_to_scene == "sheltered" and in_house(alarm, recipient, directory)
    return orders.to_person(alarm, recipient, Say.ALARM, version, channels, now, now, sheltered or hiding, "look_yourself")


def last_people(alarm: Alarm, context: Context) -> list[str]:
    """Whom the last step means now, else everyone told, else the owner of the plan, else anyone who could end it. In a drill nobody
    outside who has not agreed."""
    directory = context.directory()
    found = [r for selector in alarm.plan.steps[-1].tell for r in resolve(selector, alarm, directory)] if alarm.plan.steps else []
    fenced = {key for key, contact in directory.contacts.items() if alarm.drill and not contact.drills}
    known = {*directory.people, *directory.contacts} - fenced - {*alarm.raisers}
    for choice in (found, alarm.told, owners(alarm, directory, nobody_else=True), from_elsewhere(alarm, directory)):
        if people := [one for one in dict.fromkeys(choice) if one in known and not kept_from(alarm, one, directory) and not fenced_off(alarm, one, directory)]:
            return people
    return []


def put_right(context: Context) -> int:
    """Looks at alarms and orders that are not due for longer than most: the clock may have stood ahead when that was decided. Gives how many
    alarms it had to put right."""
    now, directory = context.now(), context.directory()
    if context.store.free_misplaced(now, now + timedelta(seconds=ORDER_LONGEST_S)):
        context.bell.ring("orders", "device_orders")
    far = now + timedelta(seconds=longest_s(directory))
    ids = [alarm_id for at, alarm_id in context.store.deadlines() if at > far]
    return sum(_put_right(context, alarm, now, directory) for alarm in context.store.alarms(ids).values()) if ids else 0


def _put_right(context: Context, alarm: Alarm, now: datetime, directory: Directory) -> bool:
    fixed = clock_right.put_right(alarm, now, directory)
    if fixed is None:
        return False
    change = Change(now, [(alarm.version, fixed)], (), (), (), (), streams_of(fixed, directory))
    try:
        context.store.commit(change)
    except Conflict:
        return False  # somebody was faster: it is looked at again
    ring(context, change)
    journal.warning("deadline_put_right", extra={"alarm": alarm.id})
    return True


class Ticker:
    """The thread that ticks: wakes at the next deadline, when the bell rings, and every second."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._looked_s = self._put_right_s = time.monotonic()
        self._drills = 0
        # Readers of what has woken it wait for the same interpreter.
        self._thread = Looking("ticker", self._look, context.bell, self._wakes, context.precedence.give_way)
        self.start, self.stop = self._thread.start, self._thread.stop

    @property
    def alive(self) -> bool:
        return self._thread.alive

    @property
    def not_looked_s(self) -> float:
        """How long it has not been able to look for what is due. Hardly more than SWEEP_S while all is well."""
        return time.monotonic() - self._looked_s

    def _wakes(self, topics: frozenset[str]) -> bool:
        """While a drill runs, every change of an alarm is looked at: it may be a real one beside it."""
        return "deadline" in topics or bool(self._drills) and any(topic.startswith("stream:") for topic in topics)

    def _wait_s(self) -> float:
        store = self._context.store
        soonest = [at for at, _ in (*store.deadlines(limit=1), *store.visit_deadlines(limit=1), *store.drill_deadlines(limit=1))]
        self._looked_s = time.monotonic()
        return (min(soonest) - self._context.now()).total_seconds() if soonest else SWEEP_S

    def _look(self) -> float:
        if time.monotonic() - self._put_right_s > PUT_RIGHT_S:
            self._put_right_s = time.monotonic()
            put_right(self._context)
            put_visits_right(self._context)
        while (wait_s := self._wait_s()) <= 0:
            self._context.precedence.give_way(LATE_S + wait_s)
            moved = tick(self._context) + tick_visits(self._context) + tick_drills(self._context)
            if not moved:
                wait_s = YIELD_S  # what is due is held by somebody else: look again, but not at once
                break
            if moved < BATCH:
                self._context.precedence.rest()
        self._drills = end_beside_real(self._context)
        return min(max(wait_s, 0.001), SWEEP_S)
