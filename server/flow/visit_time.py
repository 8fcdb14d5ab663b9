"""The deadlines of visits: delivered when due, put right when a clock stood wrong; and what must be forgotten is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from server.core import log
from server.core.signals import Kind, Signal
from server.core.values import replace
from server.core.visit import events as e
from server.core.visit.model import Visit, VisitState, Where
from server.core.visit.table import VisitStep, take_visit
from server.flow.context import Context
from server.flow.intake import intake
from server.flow.visits import commit_steps
from server.store.contract import Change, Conflict

BATCH = 200
TOGETHER_TRIES = 3
CLOCKS_APART_S = 5
"""Servers' clocks differ a little; more is a clock that stood wrong."""
PUT_RIGHT_MOST = 20_000
"""Visits that are put right in one go, so that what is due is not kept waiting for more than seconds."""

RESCUE_S = 60
"""A visit that cannot be decided is raised as an alarm, and looked at again after this."""

journal = logging.getLogger("varde.visits")


def tick_visits(context: Context) -> int:
    """Delivers every deadline of a visit that is due, at most BATCH; gives how many moved. One bad visit delays nobody."""
    ids = [visit_id for _, visit_id in context.store.visit_deadlines(context.now(), BATCH)]
    if not ids:
        return 0
    return _batch(context, ids)


def _batch(context: Context, ids: Sequence[str], anyway: bool = False) -> int:
    """All together, for a commit each would cost the last of them seconds; each by itself where one of them is bad."""
    for _ in range(TOGETHER_TRIES):
        try:
            return _together(context, ids, anyway)
        except Conflict:  # a tap was faster with one of them
            continue
        except Exception:
            break
    return sum(_alone(context, visit_id, anyway) for visit_id in ids)


def put_right(context: Context) -> int:
    """Looks at visits that were decided at a time which has not come yet: the clock stood ahead then, and has been put back. What follows from
    it is decided anew; gives how many. At most PUT_RIGHT_MOST."""
    done = 0
    for _ in range(PUT_RIGHT_MOST // BATCH):
        ids = context.store.misplaced_visits(context.now() + timedelta(seconds=CLOCKS_APART_S), BATCH)
        moved = _batch(context, ids, anyway=True) if ids else 0
        done += moved
        if not moved:
            break
    return done


def _together(context: Context, ids: Sequence[str], anyway: bool = False) -> int:
    now, directory = context.now(), context.directory()
    steps: list[tuple[Visit | None, VisitStep]] = []
    for visit in context.store.visits(ids).values():
        if visit.due_at is None or (visit.due_at > now and not anyway):
            continue  # another server, or a tap, was faster
        alarm_open = visit.state is VisitState.OVERDUE and _alarm_open(context, visit)
        step = take_visit(visit, e.Deadline(alarm_open), now, directory)
        if isinstance(step, VisitStep):
            steps.append((visit, step))
    if steps:
        commit_steps(context, steps, (), now)
        done = context.now()
        for visit, _ in steps:
            if visit is not None and visit.due_at is not None and not anyway:
                context.measures.deadline((done - visit.due_at).total_seconds(), False)
    return len(steps)


def _alarm_open(context: Context, visit: Visit) -> bool:
    kept = context.store.signals([visit.raised_id or ""]).get(visit.raised_id or "")
    alarm = context.store.alarms([kept.alarm_id]).get(kept.alarm_id) if kept and kept.alarm_id else None
    return alarm is not None and alarm.open


def _alone(context: Context, visit_id: str, anyway: bool = False) -> int:
    try:
        return _together(context, [visit_id], anyway)
    except Conflict:
        return 0
    except Exception:
        journal.exception("visit_failed", extra={"visit": visit_id})
    try:
        _rescue(context, visit_id)
        return 1
    except Exception:  # the store is down, or somebody was faster: it stays due, and the others are not kept waiting
        journal.exception("rescue_failed", extra={"visit": visit_id})
        return 0


def _rescue(context: Context, visit_id: str) -> None:
    """A visit that cannot be decided is an alarm: somebody is out, and nobody watches."""
    now = context.now()
    visit = context.store.visits([visit_id])[visit_id]
    if visit.due_at is None or visit.due_at > now:
        return
    if visit.started_at is not None:
        signal = Signal(visit.signal_id, Kind.MISSED_CHECKIN, visit.office_id, now, person_id=visit.people[0] if visit.people else None, detail="rescued")
        [receipt] = intake(context, [signal])
        if receipt.retry:
            raise RuntimeError("not raised")
    unseen = visit.unseen + (visit.believed is not None)
    after = replace(
        visit, version=visit.version + 1, unseen=unseen, due_at=now + timedelta(seconds=RESCUE_S), raised_id=visit.signal_id, alarmed=True, missed=True
    )
    context.store.commit(Change(now, visits=[(visit.version, after)]))


def forget(context: Context) -> int:
    """Deletes place and position of visits that ended a day ago without an alarm; gives how many. The log tells that it was done.

    A place that only a hidden alarm keeps is no longer shown to those near the visit, from the same moment on. Where somebody was is kept for
    nobody once the visit has been over for so long.
    """
    done = 0
    now, directory = context.now(), context.directory()
    shortest = min((office.visits.keep_s for office in directory.offices.values()), default=24 * 3600)
    before = now - timedelta(seconds=shortest)
    for visit in context.store.forgettable(before):
        where = visit.where if visit.alarmed else Where("")
        blank = VisitStep(replace(visit, version=visit.version + 1, where=where, forgotten=True), (), (log.Said("forgotten"),))
        try:
            commit_steps(context, [(visit, blank)], (), now)
            done += 1
        except Conflict:
            continue
    context.store.drop_positions(before)
    return done
