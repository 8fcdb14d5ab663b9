"""The doors between drills and what is real: a drill that becomes real, duress in a drill, and real alarms that end drills beside them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from server.core import drills
from server.core import events as e
from server.core.alarm import Refused, Step, take
from server.core.directory import Directory
from server.core.drill import events as planned_events
from server.core.drill.model import PlannedDrill
from server.core.drill.table import DrillStep, take_drill
from server.core.model import Alarm
from server.core.signals import Kind, Signal
from server.core.values import replace
from server.flow import planned_drills
from server.flow.context import Context, ring, together
from server.flow.intake import with_signals
from server.store.contract import ActionKept, Change, Conflict, SignalKept

TOGETHER = 25
"""Alarms that are ended in one commit. A press that comes meanwhile waits for one commit at most."""

journal = logging.getLogger("varde.drills")


def this_is_real(context: Context, drill: Alarm, by: str, now: datetime, done: ActionKept) -> Alarm | Refused:
    """The real alarm in the drill's place and the drill's end, in one commit; gives the drill after it. A planned drill ends whole. Raises Conflict."""
    directory = context.directory()
    steps = drills.make_real(drill, by, context.new_id("a"), now, directory)
    if isinstance(steps, Refused):
        return steps
    real, over = steps
    change = together(context, [(None, real), (drill, over)], now, directory)
    signal = drills.real_signal(drill, now)
    kept = SignalKept(signal, signal.digest(), "opened", real.alarm.id, now)
    change = replace(change, signals=[kept], actions=[done])
    planned = _planned(context, drill)
    step = take_drill(planned, planned_events.Overtaken(real.alarm.id, by), now, directory) if planned is not None else None
    if isinstance(step, DrillStep):
        planned_drills.commit(context, planned, step, now, more=change)
    else:
        _commit(context, change)
    return change.alarms[-1][1]


def with_duress(context: Context, change: Change, drill: Alarm, by: str) -> Change:
    """The same change, and the real duress signal of somebody who has given the PIN for being forced in the middle of a drill. The
    drill itself goes on as if the ordinary PIN had been given."""
    signal = Signal(
        f"{drill.id}:duress:{by}", Kind.DURESS, drill.office_id, change.at, person_id=by, zone_id=drill.place.zone_id, detail="pin in a drill"
    )
    return with_signals(context, change, [signal])


def cry_duress(context: Context, drill: Alarm, by: str, now: datetime) -> None:
    """Only the duress signal, where the call-off itself was refused. Raises Conflict."""
    change = with_duress(context, Change(now), drill, by)
    if change.signals:
        _commit(context, change)


def end_beside_real(context: Context) -> int:
    """Ends every drill that a real alarm touches, and every alarm of a drill that is over or has run for too long, and reminds whoever armed one that goes on
    for long; gives how many drills go on.
    Looked for after each commit rather than in the press's own, so that a press never waits for a drill; and it needs no memory, so that a crash in
    between loses nothing."""
    running, planned = context.store.open_drills(), context.store.running_drills()
    if not running and not planned:
        return 0
    now, directory = context.now(), context.directory()
    offices = {office_id for drill in running for office_id in drill.office_ids} | {office_id for drill in planned for office_id in drill.offices}
    reals = {alarm.id: alarm for alarm in context.store.open_reals(drills.reaching(offices, directory))}
    going_on = sum(not _overtake(context, drill, reals, now, directory) for drill in planned)
    left = [drill for drill in running if not _give_way(context, drill, reals, now, directory)]
    _remind(context, left, now, directory)
    return going_on + len(left) - _end_those_over(context, left, now, directory)


Reals = dict[str, Alarm]
"""The real alarms around the drills, by id, each as it is after what has been decided about it here."""


def _give_way(context: Context, drill: Alarm, reals: Reals, now: datetime, directory: Directory) -> bool:
    """An alarm of a drill that a real one touches ends, and whoever was told of it is told that this is real, in one commit."""
    for real in reals.values():
        steps = drills.overtake(real, drill, now, directory)
        if steps is not None:
            return _saved(context, together(context, [(real, steps[0]), (drill, steps[1])], now, directory), {drill.id: real.id}, reals)
    return False


def _remind(context: Context, alarms: Sequence[Alarm], now: datetime, directory: Directory) -> None:
    """Whoever armed the button of a drill hears that it is still on. It is saved with the alarm: of several servers one is first, and a restart forgets
    nothing."""
    for alarm in alarms:
        due = drills.still_on(alarm, now, directory.limits)
        step = take(alarm, due, now, directory) if due is not None else None
        if isinstance(step, Step):
            _saved(context, together(context, [(alarm, step)], now, directory), {}, {})


def _end_those_over(context: Context, alarms: Sequence[Alarm], now: datetime, directory: Directory) -> int:
    """The alarms of planned drills that no longer run, and of armed buttons' drills that have run for too long; many in one commit: a drill may have
    been in hundreds of offices."""
    marks = {alarm.id: alarm.drill.id for alarm in alarms if alarm.drill is not None and alarm.drill.planned}
    known = context.store.drills(set(marks.values()))
    steps: list[tuple[Alarm | None, Step]] = []
    for alarm in alarms:
        planned = known.get(marks.get(alarm.id, ""))
        goes_on = planned is not None and planned.running if alarm.id in marks else not drills.has_run_out(alarm, now, directory.limits)
        if goes_on:
            continue
        over = take(alarm, e.DrillOver(planned.stopping.by if planned and planned.stopping else None), now, directory)
        if isinstance(over, Step):
            steps.append((alarm, over))
    return sum(_end_together(context, steps[start : start + TOGETHER], now, directory) for start in range(0, len(steps), TOGETHER))


def _end_together(context: Context, steps: Sequence[tuple[Alarm | None, Step]], now: datetime, directory: Directory) -> int:
    """Gives how many have ended. Where somebody was faster with one of them, each by itself: the others do not wait for it."""
    ids = {step.alarm.id: None for _, step in steps}
    if _saved(context, together(context, steps, now, directory), ids, {}):
        return len(steps)
    return sum(_saved(context, together(context, [one], now, directory), {one[1].alarm.id: None}, {}) for one in steps) if len(steps) > 1 else 0


def _overtake(context: Context, planned: PlannedDrill, reals: Reals, now: datetime, directory: Directory) -> bool:
    """Ends a planned drill whole. Everyone who was told in it, where the real alarm touches it, is told that this is real, also where its own
    alarm there has ended already."""
    alarms: Sequence[Alarm] | None = None
    for real in reals.values():
        if not drills.plainly_real(real) or drills.concerned(real, directory).isdisjoint(planned.offices):
            continue
        step = take_drill(planned, planned_events.Overtaken(real.id), now, directory)
        if not isinstance(step, DrillStep):
            return False
        alarms = context.store.alarms_of_drill(planned.id) if alarms is None else alarms
        touched = drills.touched(real, directory)
        there = [alarm for alarm in alarms if not touched.isdisjoint(alarm.office_ids)]
        told = tuple(dict.fromkeys(one for alarm in there for one in (*alarm.told, *alarm.raisers)))
        hear = take(real, e.EndsDrill(planned.id, told), now, directory)
        change = together(context, [(real, hear)], now, directory) if isinstance(hear, Step) else Change(now)
        try:
            planned_drills.commit(context, planned, step, now, more=change)
        except Conflict:
            return False
        reals.update((alarm.id, alarm) for _, alarm in change.alarms)
        journal.info("planned_drill_ended", extra={"drill": planned.id, "real": real.id})
        return True
    return False


def _planned(context: Context, alarm: Alarm) -> PlannedDrill | None:
    """The planned drill that this alarm is part of."""
    mark = alarm.drill
    return context.store.drills([mark.id]).get(mark.id) if mark is not None and mark.planned else None


def _saved(context: Context, change: Change, ended: Mapping[str, str | None], reals: Reals) -> bool:
    """`ended`: drill's alarm → the real alarm that it gave way to."""
    try:
        _commit(context, change)
    except Conflict:
        return False  # somebody was faster: looked at again at once, since his commit rings the bell
    reals.update((alarm.id, alarm) for _, alarm in change.alarms if alarm.id in reals)
    for drill_id, real_id in ended.items():
        journal.info("drill_ended", extra={"alarm": drill_id, "real": real_id})
    return True


def _commit(context: Context, change: Change) -> None:
    context.store.commit(change)
    ring(context, change)
