"""The doors between drills and what is real: a drill that becomes real, duress in a drill, and real alarms that end drills beside them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from server.core import drills
from server.core.alarm import Refused, Step
from server.core.directory import Directory
from server.core.model import Alarm
from server.core.signals import Kind, Signal
from server.flow.context import Context, ring, streams_of, written
from server.flow.intake import with_signals
from server.store.contract import ActionKept, Change, Conflict, SignalKept

journal = logging.getLogger("varde.drills")


def this_is_real(context: Context, drill: Alarm, by: str, now: datetime, done: ActionKept) -> Alarm | Refused:
    """The real alarm in the drill's place and the drill's end, in one commit; gives the drill after it. Raises Conflict."""
    directory = context.directory()
    steps = drills.make_real(drill, by, context.new_id("a"), now, directory)
    if isinstance(steps, Refused):
        return steps
    real, over = steps
    change = _together(context, [(None, real), (drill, over)], now, directory)
    signal = drills.real_signal(drill, now)
    kept = SignalKept(signal, signal.digest(), "opened", real.alarm.id, now)
    _commit(context, Change(now, change.alarms, [kept], change.entries, change.orders, [done], change.streams))
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
    """Ends every drill that a real alarm touches; gives how many drills go on. Looked for after each commit rather than in the press's own, so that
    a press never waits for a drill; and it needs no memory, so that a crash in between loses nothing."""
    running = context.store.open_drills()
    if not running:
        return 0
    now, directory = context.now(), context.directory()
    offices = {office_id for drill in running for office_id in drill.office_ids}
    offices |= {office.id for office in directory.offices.values() if not offices.isdisjoint(office.neighbours)}
    reals = [alarm for alarm in context.store.alarms_of(offices, now) if alarm.open and alarm.drill is None]
    return sum(not _end(context, drill, reals, now, directory) for drill in running)


def _end(context: Context, drill: Alarm, reals: Iterable[Alarm], now: datetime, directory: Directory) -> bool:
    for real in reals:
        steps = drills.overtake(real, drill, now, directory)
        if steps is None:
            continue
        change = _together(context, [(real, steps[0]), (drill, steps[1])], now, directory)
        try:
            _commit(context, change)
        except Conflict:
            return False  # somebody was faster: looked at again at once, since his commit rings the bell
        journal.info("drill_ended", extra={"alarm": drill.id, "real": real.id})
        return True
    return False


def _together(context: Context, steps: Iterable[tuple[Alarm | None, Step]], now: datetime, directory: Directory) -> Change:
    alarms, entries, placed, streams = [], [], [], []
    for before, step in steps:
        after, links = written(context, before, step, now)
        alarms.append((before.version if before else 0, after))
        entries += links
        placed += step.orders
        streams += streams_of(after, directory)
    return Change(now, alarms, (), entries, placed, (), streams)


def _commit(context: Context, change: Change) -> None:
    context.store.commit(change)
    ring(context, change)
