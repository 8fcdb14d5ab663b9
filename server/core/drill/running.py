"""What each event does to a drill that runs. One function each, named in `table.py`; a returned string is a refusal."""

from __future__ import annotations

from datetime import timedelta

from server.core.drill import events as e
from server.core.drill.before import COUNTDOWN_MAX_S
from server.core.drill.draft import (
    ENDS_ITSELF_S,
    OUTAGE_BEFORE,
    OVERRUN_S,
    Draft,
    coordinators,
    everyone,
    give,
    item,
    runs_until,
    waiting,
    waits_for_outage,
)
from server.core.drill.model import DrillState, Outage, Stopping, Why
from server.core.orders import Say

Refusal = str | None


def pass_time(draft: Draft, event: e.Deadline) -> Refusal:
    """Gives what the clock has come to. Past its end it reminds its coordinator, and then ends itself."""
    if draft.drill.zero_at is not None and draft.drill.zero_at > draft.now + timedelta(seconds=COUNTDOWN_MAX_S):
        draft.change(zero_at=draft.now)  # it was started by a clock that stood ahead
        draft.say("clock_put_right", None)
    ends_at = runs_until(draft.drill)
    if draft.now >= ends_at + timedelta(seconds=ENDS_ITSELF_S):
        _stop(draft, None, Why.OVERRUN)
        return None
    _see_outage(draft, event)
    for at, one in waiting(draft.drill):
        if at <= draft.now:
            give(draft, one, None, event.holding)
    if draft.drill.reminded < len(OVERRUN_S) and draft.now >= ends_at + timedelta(seconds=OVERRUN_S[draft.drill.reminded]):
        draft.change(reminded=draft.drill.reminded + 1)
        draft.tell(coordinators(draft.drill), Say.DRILL_OVERRUN)
        draft.say("overrun", None)
    return None


def _see_outage(draft: Draft, event: e.Deadline) -> None:
    """The first gateway that has gone silent since shortly before the start is the one that was taken away."""
    zero_at = draft.drill.zero_at
    if zero_at is None or not waits_for_outage(draft.drill):
        return
    found = sorted((heard_at, office_id) for office_id, heard_at in event.silent if office_id in draft.drill.offices and heard_at >= zero_at - OUTAGE_BEFORE)
    if found:
        heard_at, office_id = found[0]
        draft.change(outage=Outage(office_id, heard_at, draft.now))
        draft.say("outage_shown", None, office=office_id, heard_at=heard_at.isoformat())


def give_by_hand(draft: Draft, event: e.Give) -> Refusal:
    drill = draft.drill
    found = item(drill, event.item_id)
    if found is None:
        return "no_such_item"
    if drill.was_given(event.item_id):
        return "given"
    if drill.zero_at is None or draft.now < drill.zero_at:
        return "countdown"
    give(draft, found, event.by, event.holding)
    return None


def stop(draft: Draft, event: e.Stop) -> Refusal:
    """By its leader when it is done, or by anyone at all: nobody need say why."""
    _stop(draft, event.by, event.why)
    return None


def overtaken(draft: Draft, event: e.Overtaken) -> Refusal:
    _stop(draft, event.by, Why.REAL, event.alarm_id)
    return None


def fail(draft: Draft, _: e.Fail) -> Refusal:
    _stop(draft, None, Why.FAILED)
    return None


def _stop(draft: Draft, by: str | None, why: Why, became: str | None = None) -> None:
    drill = draft.drill
    draft.change(state=DrillState.STOPPED, stopping=Stopping(draft.now, by, why, became), reminded=0)
    draft.say("stopped", by, why=why, alarm=became)
    # those told of its alarms hear the all-clear, or of the real alarm, from those alarms; these know of the drill itself
    playing = [person for _, person in drill.cast]
    heard = everyone(drill, draft.directory) if drill.exercise.form == "discussion" else playing
    draft.tell((one for one in (*heard, *drill.observers, *coordinators(drill)) if one != by), Say.DRILL_STOPPED, reason=why.value)
