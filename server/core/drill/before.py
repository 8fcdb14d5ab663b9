"""What each event does to a drill before it begins. One function each, named in `table.py`; a returned string is a refusal."""

from __future__ import annotations

from datetime import timedelta

from server.core.drill import events as e
from server.core.directory import Directory
from server.core.drill.draft import BEFORE_S, DAY_S, Draft, answers_for, asked, coordinators, everyone, leaving_out, playing, reminders_passed, to_be_asked
from server.core.drill.exercise import UNANNOUNCED
from server.core.drill.model import Approval, Consulted, DrillState, PlannedDrill
from server.core.orders import Say
from server.core.values import replace

Refusal = str | None

EARLY_S = 3600
"""How long before the time that people were told it may begin."""
COUNTDOWN_MAX_S = 10 * 60


def approve(draft: Draft, event: e.Approve) -> Refusal:
    """Each office's lead answers for it, and whoever leads several for all of them. Its coordinators hear a no at once, and the yes that was the last."""
    own = answers_for(draft.drill, event.by, draft.directory)
    if not own:
        return "not_allowed"
    others = [replace(one, offices=tuple(office for office in one.offices if office not in own)) for one in draft.drill.approvals]
    draft.change(approvals=(*(one for one in others if one.offices), Approval(event.by, draft.now, event.yes, event.reason, own)))
    draft.say("approved" if event.yes else "not_approved", event.by, text=event.reason, offices=len(own))
    if not event.yes or draft.drill.approved:
        draft.tell((one for one in coordinators(draft.drill) if one != event.by), Say.DRILL_DECIDED, reason="yes" if event.yes else "no")
    return None


def go_without(draft: Draft, event: e.GoWithout) -> Refusal:
    """Held without the offices that have not said yes: one of many must not keep the others from it. Whoever serves only those is in it no more, and hears
    so where he knew of it."""
    drill, directory = draft.drill, draft.directory
    answers = drill.answers
    offices = tuple(one for one in drill.offices if one in answers and answers[one].yes)
    if drill.office_id not in offices:
        return "not_approved"
    if offices == drill.offices:
        return "all_approved"
    gone = set(drill.offices) - set(offices)
    out = {one for office_id in gone for one in directory.staff.get(office_id, ()) if set(offices).isdisjoint(directory.people[one].offices)}
    presses = tuple(one for one in drill.presses if one.office_id in offices)
    participants = tuple(one for one in drill.participants if one not in out)
    if len(presses) < len(drill.presses) and not presses or len(participants) < len(drill.participants) and not participants:
        return "nothing_left"
    if drill.leader_id in out:
        return "leader_elsewhere"
    knew = heard_of(drill, directory) if drill.state is DrillState.ANNOUNCED else []
    draft.tell((one for one in knew if one in out and one not in drill.observers), Say.DRILL_CANCELLED)
    approvals = [replace(one, offices=tuple(office for office in one.offices if office in offices)) for one in drill.approvals]
    draft.change(
        offices=offices, presses=presses, participants=participants, cast=tuple(one for one in drill.cast if one[1] not in out),
        approvals=tuple(one for one in approvals if one.offices),
    )  # fmt: skip
    draft.say("went_without", event.by, offices=sorted(gone))
    return None


def consult(draft: Draft, event: e.Consult) -> Refusal:
    who = asked(draft.drill, event.who, event.by, draft.directory)
    if who is None:
        return "safety_representative"
    draft.change(consulted=Consulted(who, draft.now, event.by, event.remark))
    draft.say("consulted", event.by)
    return None


def leave_out(draft: Draft, event: e.LeaveOut) -> Refusal:
    """In confidence: the log does not say who."""
    drill = draft.drill
    if event.person_id not in draft.directory.people:
        return "unknown_person"
    if event.person_id in playing(drill) and event.on:
        return "has_a_part"
    others = tuple(one for one in drill.left_out if one != event.person_id)
    draft.change(left_out=(*others, event.person_id) if event.on else others)
    draft.say("left_out_changed", None)
    return None


def announce(draft: Draft, event: e.Announce) -> Refusal:
    drill = draft.drill
    if refusal := _not_ready(draft):
        return refusal
    draft.change(state=DrillState.ANNOUNCED, announced_at=draft.now)
    told = draft.tell(heard_of(drill, draft.directory), Say.DRILL_ANNOUNCED)
    draft.say("announced", event.by, told=told)
    return None


def heard_of(drill: PlannedDrill, directory: Directory) -> list[str]:
    """Who knows of it once it has been announced."""
    return [*(() if drill.notice == UNANNOUNCED else everyone(drill, directory)), *drill.observers]


def _not_ready(draft: Draft) -> str | None:
    drill = draft.drill
    if not drill.approved:
        return "not_approved"
    return "not_consulted" if drill.consulted is None else None


def start(draft: Draft, event: e.Start) -> Refusal:
    """Begins now, or after a countdown. Never beside a real alarm or another drill; the rest of what clashes must have been seen."""
    drill, now = draft.drill, draft.now
    if refusal := _not_ready(draft):
        return refusal
    if drill.notice != UNANNOUNCED and drill.state is DrillState.PLANNED:
        return "not_announced"
    if now < drill.starts_at - timedelta(seconds=EARLY_S):
        return "too_early"
    if not 0 <= event.in_s <= COUNTDOWN_MAX_S:
        return "countdown"
    for clash in event.clashes:
        if clash.blocks or clash.kind not in event.accept:
            return clash.kind
    left_out, part = leaving_out(drill, event.left_out, draft.directory).left_out, playing(drill)
    draft.change(
        state=DrillState.RUNNING, zero_at=now + timedelta(seconds=event.in_s), reminded=0, left_out=tuple(one for one in left_out if one not in part)
    )  # fmt: skip
    draft.say("started", event.by, in_s=event.in_s, accepted=sorted(clash.kind for clash in event.clashes))
    draft.tell(drill.observers, Say.DRILL_STARTS)
    return None


def cancel(draft: Draft, event: e.Cancel) -> Refusal:
    _call_off(draft, event.by)
    return None


def _call_off(draft: Draft, by: str | None) -> None:
    drill = draft.drill
    knew = heard_of(drill, draft.directory) if drill.state is DrillState.ANNOUNCED else []
    draft.change(state=DrillState.CANCELLED)
    draft.say("cancelled", by)
    draft.tell([one for one in (*knew, *coordinators(drill)) if one != by], Say.DRILL_CANCELLED)


def remind(draft: Draft, _: e.Deadline) -> Refusal:
    """Its people hear of it a week, a day and ten minutes ahead; the coordinator when it has not begun. A day late it is off."""
    drill = draft.drill
    if draft.now >= drill.starts_at + timedelta(seconds=DAY_S):
        _call_off(draft, None)
        return None
    number = max(drill.reminded, reminders_passed(drill.starts_at, draft.now) - 1)  # of those missed, only the newest still means something
    before_s = BEFORE_S[number]
    draft.change(reminded=number + 1)
    if before_s > 0:
        draft.tell(coordinators(drill), Say.DRILL_NOT_STARTED)
        draft.say("reminded", None, before_s=before_s)
        return None
    draft.tell(to_be_asked(drill, draft.directory), Say.DRILL_APPROVE)
    in_time = drill.state is DrillState.ANNOUNCED and drill.notice != "window" and before_s > BEFORE_S[0]
    draft.tell([*(heard_of(drill, draft.directory) if in_time else ()), *coordinators(drill)], Say.DRILL_SOON, count=-before_s)
    draft.say("reminded", None, before_s=before_s)
    return None
