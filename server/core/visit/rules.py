"""What each event does to somebody who is out (before: `before.py`). One function each, named in `table.py`; a returned string is a refusal."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.core.orders import Say
from server.core.values import replace
from server.core.visit import events as e
from server.core.visit.draft import (
    GENTLE,
    LOUD,
    CallOff,
    Draft,
    ago,
    following,
    hear,
    leaders,
    raise_duress,
    raise_missed,
    rungs_left,
    set_deadline,
    watchers,
)
from server.core.visit.model import AlarmState, Home, Rung, Visit, VisitState, Why

Refusal = str | None

SHORTEST_S = 60
LONGEST_SETTLED_S = 4 * 3600
"""The longest new deadline when a missed check-in is settled: longer is a new visit."""
RECALL_S = 15 * 60
"""Somebody who has been called home is missed after this."""


# ---------------------------------------------------------------- out


def check_in(draft: Draft, event: e.CheckIn) -> Refusal:
    """All is well, as of when it was tapped. Never refused to those who are out."""
    return _heard(draft, event.by, event.age_s, event.duress, "check_in")


def extend(draft: Draft, event: e.Extend) -> Refusal:
    """Longer, up to a total by level."""
    visit = draft.visit
    if event.by not in visit.people:
        return "not_yours"
    if event.seconds < SHORTEST_S:
        return "too_short"
    if visit.extended_s + event.seconds > visit.times.extend_max_s:
        return "extended_enough"
    ends_at = max(visit.ends_at, ago(draft.now, event.age_s)) + timedelta(seconds=event.seconds)
    draft.change(ends_at=ends_at, extended_s=visit.extended_s + event.seconds)
    draft.say("extended", event.by, seconds=event.seconds)
    return _heard(draft, event.by, event.age_s, event.duress, "extend")


def no_coverage(draft: Draft, event: e.NoCoverage) -> Refusal:
    """A check-in with its own deadline: nothing is expected before it."""
    visit, at = draft.visit, ago(draft.now, event.age_s)
    if event.by not in visit.people:
        return "not_yours"
    if event.until <= draft.now:
        return "in_the_past"
    if event.until > at + timedelta(seconds=visit.times.uncovered_max_s):
        return "too_long"
    beyond_s = max(0, int((event.until - visit.ends_at).total_seconds()))
    if visit.extended_s + beyond_s > visit.times.extend_max_s:
        return "extended_enough"
    draft.change(ends_at=max(visit.ends_at, event.until), extended_s=visit.extended_s + beyond_s)
    hear(draft, event.by, at, "no_coverage")
    _back(draft)
    set_deadline(draft, event.until, Why.NO_COVERAGE)
    if event.duress:
        raise_duress(draft, event.by)
    return None


def _heard(draft: Draft, by: str, age_s: float, duress: bool, how: str) -> Refusal:
    """A proof of life moves the deadline on from when it was given. A tap so old that its deadline is past too leaves the chase running."""
    visit, at = draft.visit, ago(draft.now, age_s)
    if by not in visit.people:
        return "not_yours"
    hear(draft, by, at, how)
    draft.say(how, by) if how == "check_in" else None
    deadline_at, why = following(draft, at)
    if visit.why is Why.NO_COVERAGE and visit.state is VisitState.OUT and visit.deadline_at and visit.deadline_at > deadline_at:
        deadline_at, why = visit.deadline_at, Why.NO_COVERAGE
    if deadline_at > draft.now and (visit.deadline_at is None or visit.state is VisitState.GRACE or deadline_at != visit.deadline_at):
        _back(draft)
        set_deadline(draft, deadline_at, why)
    if duress:
        raise_duress(draft, by)
    return None


def _back(draft: Draft) -> None:
    """Whoever has been asked to look for somebody learns that it is over."""
    visit = draft.visit
    if visit.state is VisitState.GRACE and visit.rung in (Rung.CONTACT, Rung.LEADER):
        asked = [*watchers(visit, draft.directory), *(leaders(visit, draft.directory) if visit.rung is Rung.LEADER else ())]
        draft.tell(asked, Say.VISIT_HEARD)


def end(draft: Draft, event: e.End) -> Refusal:
    """Home. Under duress it says so too, here, and is an alarm elsewhere. One of two may go home while the other stays watched."""
    visit = draft.visit
    if event.by not in visit.people:
        return "not_yours"
    if not event.everyone and len(visit.people) > 1:
        draft.change(people=tuple(one for one in visit.people if one != event.by))
        draft.say("one_home", event.by)
        if event.duress:
            raise_duress(draft, event.by)
        return None
    if event.duress:
        # near surfaces believe it; inside it is watched until somebody has settled it
        draft.say("home", event.by, how="self")
        believed = Home(ago(draft.now, event.age_s), event.by, "self", _sought(visit))
        draft.change(feigned=VisitState.HOME, home=believed, believed=believed)
        raise_duress(draft, event.by)
        draft.change(state=VisitState.OVERDUE, rung=None)
        return None
    _go_home(draft, event.by, "self", ago(draft.now, event.age_s))
    return None


def _go_home(draft: Draft, by: str, how: str, at: datetime) -> None:
    visit = draft.visit
    _back(draft)
    draft.change(state=VisitState.HOME, home=Home(at, by, how, _sought(visit)), deadline_at=None, rung=None, feigned=None)
    draft.say("home", by, how=how)
    draft.tell((one for one in watchers(visit, draft.directory) if one != by), Say.VISIT_HOME)


def _sought(visit: Visit) -> bool:
    """Whether anybody but the worker has been asked. A check-out within the first minutes has disturbed nobody."""
    return visit.state is VisitState.OVERDUE or visit.rung in (Rung.CONTACT, Rung.LEADER)


def contact_says(draft: Draft, event: e.ContactSays) -> Refusal:
    """The contact person, or a leader, has called. Not reached: the next rung now."""
    visit = draft.visit
    if event.by in visit.people:
        return "own_visit"
    if not event.reached:
        draft.say("not_reached", event.by)
        if visit.state is VisitState.GRACE:
            climb(draft, 1)
        return None
    if event.home:
        _go_home(draft, event.by, "contact", draft.now)
        return None
    if not SHORTEST_S <= event.seconds <= LONGEST_SETTLED_S:
        return "give_a_deadline"
    hear(draft, event.by, draft.now, "contact")
    draft.say("reached", event.by)
    _new_deadline(draft, event.seconds)
    return None


def _new_deadline(draft: Draft, seconds: int) -> None:
    deadline_at = draft.now + timedelta(seconds=seconds)
    draft.change(ends_at=max(draft.visit.ends_at, deadline_at))
    set_deadline(draft, deadline_at, Why.INTERVAL if deadline_at < draft.visit.ends_at else Why.END)


def recall(draft: Draft, event: e.Recall) -> Refusal:
    """Come home. It vibrates and speaks of nothing; whoever does not answer is missed soon."""
    visit = draft.visit
    if event.by in visit.people:
        return "own_visit"
    draft.say("recalled", event.by)
    draft.tell(visit.people, Say.VISIT_RECALL)
    soon = draft.now + timedelta(seconds=RECALL_S)
    if visit.state is VisitState.OUT and (visit.deadline_at is None or soon < visit.deadline_at):
        set_deadline(draft, soon, Why.RECALLED)
    return None


def seems_home(draft: Draft, event: e.SeemsHome) -> Refusal:
    """A guess by the phone: it asks, and changes nothing else."""
    if event.by not in draft.visit.people:
        return "not_yours"
    if not draft.visit.seems_home:
        draft.change(seems_home=True)
        draft.say("seems_home", event.by)
    return None


def is_news(visit: Visit, alarm: AlarmState) -> bool:
    """Whether those who watch are to be told that the alarm is so. Where no coverage has been announced, one that is not heard is expected."""
    expected = alarm is AlarmState.LOST and visit.why is Why.NO_COVERAGE and visit.state is VisitState.OUT
    return alarm is not visit.alarm and not expected


def alarm_is(draft: Draft, event: e.AlarmIs) -> Refusal:
    """Whoever watches learns at once that the alarm is lost or has been opened, and when it is well again (`is_news`)."""
    visit = draft.visit
    draft.change(alarm=event.how)
    word, say, channels = {
        AlarmState.LOST: ("alarm_lost", Say.VISIT_ALARM_LOST, LOUD),
        AlarmState.OPENED: ("alarm_opened", Say.VISIT_ALARM_OPENED, LOUD),
        AlarmState.WELL: ("alarm_back", Say.VISIT_ALARM_BACK, GENTLE),
    }[event.how]
    draft.say(word, device=visit.device_id)
    draft.tell(watchers(visit, draft.directory), say, channels)
    return None


# ---------------------------------------------------------------- time


def out_time(draft: Draft, event: e.Deadline) -> Refusal:
    """Notices ahead of the deadline; then the chase begins."""
    del event
    _put_clock_right(draft)
    visit, now = draft.visit, draft.now
    assert visit.deadline_at is not None
    if now >= visit.deadline_at:
        draft.change(state=VisitState.GRACE, grace_since=now, rung=None)
        draft.say("missed", number=visit.number)
        climb(draft)
        return None
    due = [before for before in visit.times.notices_s[visit.noticed :] if now >= visit.deadline_at - timedelta(seconds=before)]
    if due:
        left_min = max(1, round((visit.deadline_at - now).total_seconds() / 60))
        draft.change(noticed=visit.noticed + len(due))
        draft.say("notice", minutes=left_min)
        draft.tell(visit.people, Say.VISIT_NOTICE, count=left_min)
    return None


def grace_time(draft: Draft, event: e.Deadline) -> Refusal:
    del event
    if draft.visit.grace_since is not None and draft.visit.grace_since > draft.now:
        draft.change(grace_since=draft.now)  # noticed while the clock stood ahead: the alarm must not wait for that hour
    climb(draft)
    return None


def _put_clock_right(draft: Draft) -> None:
    """Somebody heard of in the future was heard of by a clock that stood ahead: the deadline that followed is too far away."""
    visit, now = draft.visit, draft.now
    if visit.heard is None or visit.heard.at <= now:
        return
    draft.change(heard=replace(visit.heard, at=now))
    deadline_at, why = following(draft, now)
    if visit.why is Why.NO_COVERAGE:
        deadline_at, why = now + timedelta(seconds=visit.times.uncovered_max_s), Why.NO_COVERAGE
    if visit.deadline_at is None or deadline_at < visit.deadline_at:
        set_deadline(draft, deadline_at, why)


def climb(draft: Draft, at_once: int = 0) -> None:
    """The rungs of the chase that are due, and `at_once` more; a rung with nobody on it is not waited for."""
    while draft.visit.state is VisitState.GRACE:
        rung, at = rungs_left(draft.visit, draft.settings)[0]
        if at > draft.now:
            if at_once <= 0:
                return
            at_once -= 1
        if rung is None:
            raise_missed(draft)
        elif not _ask(draft, rung):
            at_once += 1


def _ask(draft: Draft, rung: Rung) -> int:
    visit = draft.visit
    late_min = max(0, int((draft.now - visit.deadline_at).total_seconds() // 60)) if visit.deadline_at else 0
    draft.change(rung=rung)
    match rung:
        case Rung.WORKER:
            told = draft.tell(visit.people, Say.VISIT_LATE, count=late_min)
        case Rung.CONTACT:
            told = draft.tell(watchers(visit, draft.directory), Say.VISIT_CALL, LOUD, late_min)
        case Rung.LEADER:
            told = draft.tell([*watchers(visit, draft.directory), *leaders(visit, draft.directory)], Say.VISIT_LEADER, LOUD, late_min)
    draft.say("asked", rung=rung, told=told)
    return told


def overdue_time(draft: Draft, event: e.Deadline) -> Refusal:
    """Second net: while nobody has settled it, its alarm must be open. If it is not, it is raised again under a new number."""
    if not event.alarm_open:
        draft.change(number=draft.visit.number + 1)
        raise_missed(draft)
    return None


# ---------------------------------------------------------------- overdue and after


def heard_overdue(draft: Draft, event: e.CheckIn | e.Extend | e.NoCoverage | e.End) -> Refusal:
    """The worker is heard of while the alarm runs: that calls it off at most; another person must have seen them before it ends."""
    visit = draft.visit
    if event.by not in visit.people:
        return "not_yours"
    hear(draft, event.by, ago(draft.now, event.age_s), "check_in")
    draft.say("heard_while_overdue", event.by)
    draft.call_off = CallOff(event.by, event.duress)
    return None


def settle(draft: Draft, event: e.Settle) -> Refusal:
    """Whoever ends the alarm says where the person is now."""
    visit = draft.visit
    if event.by in visit.people:
        return "own_visit"
    if event.home:
        _go_home(draft, event.by, "alarm", draft.now)
        return None
    if not SHORTEST_S <= event.seconds <= LONGEST_SETTLED_S:
        return "give_a_deadline"
    hear(draft, event.by, draft.now, "contact")
    draft.change(feigned=None, home=None, believed=None, duress=False)
    draft.say("settled", event.by, seconds=event.seconds)
    _new_deadline(draft, event.seconds)
    return None


def debrief(draft: Draft, event: e.Debrief) -> Refusal:
    """How it went, in one tap."""
    visit = draft.visit
    if event.by not in visit.people:
        return "not_yours"
    if visit.state is not VisitState.HOME and visit.feigned is None:
        return "not_home"
    draft.change(debriefed=event.how)
    draft.say("debriefed", event.by, how=event.how)
    return None
