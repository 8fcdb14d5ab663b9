"""A drill and a real alarm: which drills a real alarm ends, and how a drill becomes real. A drill's mark is never taken off an alarm."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from server.core import events as e
from server.core.alarm import Refused, Step, open_alarm, take
from server.core.directory import Directory
from server.core.limits import Limits
from server.core.model import Alarm, State
from server.core.near import guarded
from server.core.signals import Signal
from server.core.triage import Origin, plan_of


def real_signal(drill: Alarm, now: datetime) -> Signal:
    """The cry that a drill turns out to be: the same each time it is said, so that two people who say it at once raise one alarm."""
    first = drill.signals[0]
    return Signal(
        f"{drill.id}:real", drill.kind, drill.office_id, now, person_id=drill.raiser_id, zone_id=drill.place.zone_id,
        pressed_at=first.pressed_at, detail="this is real",
    )  # fmt: skip


def make_real(drill: Alarm, by: str, alarm_id: str, now: datetime, directory: Directory) -> tuple[Step, Step] | Refused:
    """*This is real*, said by somebody who sees the drill: the real alarm in its place, told to all who were told of the drill, and the
    drill ended. The place and what has been seen there (*weapon*) stay; promises made in an exercise do not."""
    if drill.drill is None or not drill.open:
        return Refused("not_a_drill" if drill.drill is None else "ended")
    signal = real_signal(drill, now)
    origin = Origin(signal, drill.office_id, drill.place.zone_id, drill.raiser_id, drill.presser, drill.situation, drill.place.also_in)
    plan, situation = plan_of(origin, directory)
    real = open_alarm(alarm_id, signal, drill.presser, drill.raiser_id, drill.place, situation, plan, now, directory, out_of=drill, said_by=by)
    over = take(drill, e.BecameReal(by, alarm_id, frozenset((*real.alarm.device_ids, *real.alarm.lit_ids))), now, directory)
    assert isinstance(over, Step), "an open drill gives way"
    return real, over


def overtake(real: Alarm, drill: Alarm, now: datetime, directory: Directory) -> tuple[Step, Step] | None:
    """A real alarm beside a drill that it touches: the drill ends, and the real one tells everyone told there. Where it only concerns somebody who serves
    there, the drill is over and nobody else need come. None where it does neither."""
    if not touches(real, drill, directory):
        return None
    there = not touched(real, directory).isdisjoint(drill.office_ids)
    after = take(real, e.EndsDrill(drill.id, (*drill.told, *drill.raisers) if there else ()), now, directory)
    became = e.BecameReal(None, real.id, frozenset((*real.device_ids, *real.lit_ids)))
    over = take(drill, became if there else e.DrillOver(), now, directory)
    return (after, over) if isinstance(after, Step) and isinstance(over, Step) else None


def touches(real: Alarm, drill: Alarm, directory: Directory) -> bool:
    """Whether the real alarm puts an end to this alarm of a drill. An alarm that those near its presser cannot see (duress) ends nothing: they would see
    the end. Neither does a fall about which the person is still being asked. (A planned drill ends whole: its other alarms are then over.)"""
    if drill.drill is None or not drill.open or not plainly_real(real):
        return False
    offices = touched(real, directory) if drill.drill.planned else concerned(real, directory)
    return not offices.isdisjoint(drill.office_ids)


def ends_itself_at(drill: Alarm, limits: Limits) -> datetime | None:
    """When a drill that one armed button began ends itself, for nobody has planned an end for it; None for any other alarm."""
    return drill.opened_at + timedelta(seconds=limits.armed_drill_s) if drill.drill is not None and not drill.drill.planned else None


def has_run_out(drill: Alarm, now: datetime, limits: Limits) -> bool:
    """Whether a drill that one armed button began has run for as long as it may."""
    ends_at = ends_itself_at(drill, limits)
    return ends_at is not None and now >= ends_at


def still_on(drill: Alarm, now: datetime, limits: Limits) -> e.StillOn | None:
    """The reminder that such a drill is still on, where one is due that has not been given. Of several whose moments have passed it is the last, and
    none comes once its end has."""
    ends_at = ends_itself_at(drill, limits)
    if drill.drill is None or ends_at is None or now >= ends_at:
        return None
    passed = sum(now - drill.opened_at >= part * timedelta(seconds=limits.armed_drill_s) for part in limits.armed_drill_reminders)
    return e.StillOn(passed, ceil((ends_at - now) / timedelta(minutes=1))) if passed > drill.drill.reminded else None


def plainly_real(alarm: Alarm) -> bool:
    """Whether it ends drills: `openly_real`, and nobody is still being asked whether it is one."""
    return openly_real(alarm) and alarm.state is not State.PENDING


def openly_real(alarm: Alarm) -> bool:
    """Whether an alarm is open, real, and nothing that those near its presser must not learn of: beside it no drill begins, and no press is a test."""
    return alarm.drill is None and alarm.open and not alarm.hidden and alarm.feigned is None


def touched(real: Alarm, directory: Directory) -> frozenset[str]:
    """The offices that a plan touches: where the alarm is or may be, and the neighbours whom a step names."""
    offices = set(real.office_ids)
    for selector in (selector for step in real.plan.steps for selector in step.tell if selector.by == "neighbours"):
        office = directory.offices.get(selector.office_id or real.office_id)
        offices.update(office.neighbours if office else ())
    return frozenset(offices)


def concerned(real: Alarm, directory: Directory) -> frozenset[str]:
    """The offices in which no drill may go on beside it: those that it touches, and all that somebody serves whom a step names or who has been told, since
    nobody may be called to both. Once it has been called off, whom it tells depends on duress: then those who have been told are not asked."""
    named = [selector.value for step in real.plan.steps for selector in step.tell if selector.by == "person"]
    people = [directory.people[one] for one in (*named, *(() if guarded(real) else real.told)) if one in directory.people]
    return touched(real, directory).union(*(person.offices for person in people))


def reaching(office_ids: Iterable[str], directory: Directory) -> frozenset[str]:
    """The offices whose alarms may concern one of these, for looking alarms up by office: these; those that have one for a neighbour, or a plan that
    names somebody who serves one; and the home offices of all who do, for there an alarm is found once it has told them. (Whom only a plan names that has
    been edited since the alarm opened is found then too.)"""
    offices = frozenset(office_ids)
    people = {person_id for office_id in offices for person_id in directory.staff.get(office_id, ())}
    beside = {office.id for office in directory.offices.values() if not offices.isdisjoint(office.neighbours)}
    naming = {
        plan.office_id for plan in directory.plans for step in plan.steps for selector in step.tell if selector.by == "person" and selector.value in people
    }
    return offices | beside | naming | {directory.people[one].offices[0] for one in people}
