"""An alarm whose deadlines were set while the clock stood ahead, seen when it has been put back: no deadline lies further away than any may."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.core.directory import Directory
from server.core.escalation import step_wait_s
from server.core.model import Alarm, Assignment, Running, Stage
from server.core.near import in_house
from server.core.values import replace


def put_right(alarm: Alarm, now: datetime, directory: Directory) -> Alarm | None:
    """The same alarm with every deadline no further from `now` than if what set it had happened now, and nothing begun in the future; None
    where all is as it may be. It moves nobody and tells nobody: what is due by then is delivered as any deadline is."""
    limits, called_off = directory.limits, alarm.called_off
    fixed = replace(
        alarm,
        opened_at=min(alarm.opened_at, now),
        grace_until=_soonest(alarm.grace_until, now, limits.pending_grace_s),
        plan=_plan(alarm.plan, now, directory),
        called_off=called_off and replace(called_off, confirm_by=_soonest(called_off.confirm_by, now, limits.confirm_s)),
        assignments=tuple(_assignment(one, alarm, now, directory) for one in alarm.assignments),
    )
    return None if fixed == alarm or not alarm.open else replace(fixed, version=alarm.version + 1)


def longest_s(directory: Directory) -> float:
    """An alarm that is not due within this may have a deadline that is misplaced: most have a step that runs."""
    return float(directory.limits.repeat_min_s)


def _plan(plan: Running, now: datetime, directory: Directory) -> Running:
    begun = min(plan.started_at, now)
    wait_s = max(step_wait_s(plan, plan.number, directory) if plan.number >= 0 else 0, directory.limits.repeat_min_s)
    return replace(plan, started_at=begun, due_at=_soonest(plan.due_at, now, wait_s))


def _assignment(one: Assignment, alarm: Alarm, now: datetime, directory: Directory) -> Assignment:
    """A promise given in the future was given now: it and the arrival that it names come sooner by as much."""
    limits, ahead = directory.limits, max(timedelta(), one.since - now)
    if one.ask is not None:
        most_s = limits.on_scene_answer_s
    elif one.stage is Stage.THERE:
        most_s = limits.on_scene_ask_s
    elif one.stage is Stage.TAKEN or in_house(alarm, one.person_id, directory):
        most_s = max(limits.lapse_in_house_s, limits.lapse_off_site_max_s if one.eta_at else 0)
    else:
        most_s = limits.lapse_off_site_max_s if one.eta_at else limits.lapse_off_site_s
    lapse_at = one.lapse_at and _soonest(one.lapse_at - ahead, now, most_s)
    return replace(one, since=one.since - ahead, lapse_at=lapse_at, eta_at=one.eta_at and one.eta_at - ahead)


def _soonest(at: datetime | None, now: datetime, seconds: float) -> datetime | None:
    return None if at is None else min(at, now + timedelta(seconds=seconds))
