"""What ends a drill because something is real: the drill gives way, and the real alarm tells everyone who had been told of it. And what ends one, or
reminds of it, because it is only a drill."""

from __future__ import annotations

from server.core import events as e
from server.core.escalation import Draft, tell, tell_devices, tell_everyone_told
from server.core.model import Ending, Outcome, State
from server.core.near import kept_from
from server.core.orders import WRITTEN, Say
from server.core.values import replace

WAS_DRILL = "was_drill"
"""The reason of an order to somebody who has been told of a drill: this one is real."""


def became_real(draft: Draft, event: e.BecameReal) -> str | None:
    """Ends the drill without an all-clear: nobody may stand down. Its devices go dark, but for those that already speak of the real one."""
    alarm = draft.alarm
    if alarm.drill is None:
        return "not_a_drill"
    draft.change(
        state=State.RESOLVED, grace_until=None, ending=Ending(Outcome.BECAME_REAL, draft.now, event.by, became=event.alarm_id)
    )
    draft.say("became_real", event.by, alarm=event.alarm_id)
    tell_devices(draft, Say.ENDED, [one for one in dict.fromkeys((*alarm.device_ids, *alarm.lit_ids)) if one not in event.keeps])
    return None


def over(draft: Draft, event: e.DrillOver) -> str | None:
    """The drill has been stopped, or is over: everyone told in it may stand down. Of one that a button began, whoever armed it hears it too."""
    alarm = draft.alarm
    if alarm.drill is None:
        return "not_a_drill"
    draft.change(state=State.RESOLVED, grace_until=None, ending=Ending(Outcome.DRILL_DONE, draft.now, event.by))
    draft.say("drill_over", event.by)
    tell_everyone_told(draft, Say.ALL_CLEAR, also=_armed_by(draft))
    tell_devices(draft, Say.ENDED, dict.fromkeys((*alarm.device_ids, *alarm.lit_ids)))
    return None


def still_on(draft: Draft, event: e.StillOn) -> str | None:
    """Nobody has planned an end for it, so whoever armed the button is reminded while there is still time to end it. Each reminder once, whichever
    server is first."""
    mark = draft.alarm.drill
    if mark is None or mark.planned:
        return "not_a_drill" if mark is None else "planned"
    if event.reminder <= mark.reminded:
        return "known"
    if not tell(draft, dict.fromkeys(_armed_by(draft)), Say.STILL_ON, WRITTEN, event.minutes):
        return "nobody_to_tell"
    draft.change(drill=replace(mark, reminded=event.reminder))
    draft.say("still_on", minutes=event.minutes)
    return None


def _armed_by(draft: Draft) -> tuple[str, ...]:
    """Whoever armed the button that began it, unless he has left since."""
    mark = draft.alarm.drill
    return (mark.armed_by,) if mark is not None and mark.armed_by in draft.directory.people else ()


def leave_out(draft: Draft, event: e.LeavesOut) -> str | None:
    """From now on they are told nothing of it, and what they had promised is theirs no more: somebody else is asked. In confidence: the log does not say
    so. Whoever pressed is in it."""
    alarm = draft.alarm
    if alarm.drill is None:
        return "not_a_drill"
    left_out = tuple(one for one in event.left_out if one != alarm.raiser_id)
    if left_out == alarm.drill.left_out:
        return "known"
    draft.change(drill=replace(alarm.drill, left_out=left_out), assignments=tuple(one for one in alarm.assignments if one.person_id not in left_out))
    return None


def ends_drill(draft: Draft, event: e.EndsDrill) -> str | None:
    """Everyone told of the drill is told that this is real, whatever step the plan is at; never somebody beside the presser of a real
    alarm that has been called off, who hears nothing more."""
    alarm, directory = draft.alarm, draft.directory
    if alarm.drill is not None:
        return "a_drill"
    if event.drill_id in alarm.ended_drills:
        return "known"
    for order in [order for order in draft.orders.values() if order.say is Say.ALARM and order.recipient in event.told]:
        draft.order(replace(order, reason=order.reason or WAS_DRILL))  # told in this very decision, by the plan
    known = {*alarm.raisers, *alarm.told}
    hear = [
        one for one in dict.fromkeys(event.told)
        if one not in known and (one in directory.people or one in directory.contacts) and not kept_from(alarm, one, directory)
    ]  # fmt: skip
    channels = tuple(dict.fromkeys(channel for step in alarm.plan.steps for channel in step.channels))
    draft.change(ended_drills=(*alarm.ended_drills, event.drill_id))
    told = tell(draft, dict.fromkeys(hear, WAS_DRILL), Say.ALARM, channels)
    draft.say("ended_drill", alarm=event.drill_id, told=told)
    return None
