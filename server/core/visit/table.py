"""The visit's life as one table: what may happen in which state. `plan_visit` makes one, `take_visit` is the only way on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from server.core.alarm import Refused
from server.core.directory import DeviceKind, Directory
from server.core.log import Said
from server.core.orders import Order, Say
from server.core.signals import Signal
from server.core.visit import events as e
from server.core.visit import before, rules
from server.core.visit.checklist import Assessment, assess
from server.core.visit.draft import CallOff, Draft, due_of, leaders
from server.core.visit.model import Visit, VisitState, Where, is_away
from server.core.visit.settings import MINUTE_S, Times
from server.core.values import frozen, replace

Rule = Callable[[Draft, e.Event], str | None]

NOT_OUT = "not_out"  # start it first
ALREADY_OUT = "already_out"
OVERDUE = "alarm_running"  # end the alarm, and say where the person is
ENDED = "ended"

TABLE: dict[type, tuple[Rule | str, ...]] = {
    # event          PLANNED               OUT                   GRACE                 OVERDUE               HOME           CANCELLED
    e.Deadline:      (before.not_started,   rules.out_time,       rules.grace_time,     rules.overdue_time,   ENDED,         ENDED),
    e.Replan:        ("",                  ALREADY_OUT,          ALREADY_OUT,          OVERDUE,              ENDED,         ENDED),
    e.Approve:       (before.approve,       ALREADY_OUT,          ALREADY_OUT,          OVERDUE,              ENDED,         ENDED),
    e.AcceptContact: (before.accept_contact, before.accept_contact, before.accept_contact, OVERDUE,             ENDED,         ENDED),
    e.HandOver:      (before.hand_over,     before.hand_over,      before.hand_over,      OVERDUE,              ENDED,         ENDED),
    e.Carry:         (before.carry,         before.carry,          before.carry,          before.carry,          ENDED,         ENDED),
    e.Start:         (before.start,         ALREADY_OUT,          ALREADY_OUT,          OVERDUE,              ENDED,         ENDED),
    e.CheckIn:       (NOT_OUT,             rules.check_in,       rules.check_in,       rules.heard_overdue,  ENDED,         ENDED),
    e.Extend:        (NOT_OUT,             rules.extend,         rules.extend,         rules.heard_overdue,  ENDED,         ENDED),
    e.NoCoverage:    (NOT_OUT,             rules.no_coverage,    rules.no_coverage,    rules.heard_overdue,  ENDED,         ENDED),
    e.End:           (NOT_OUT,             rules.end,            rules.end,            rules.heard_overdue,  ENDED,         ENDED),
    e.ContactSays:   (NOT_OUT,             rules.contact_says,   rules.contact_says,   OVERDUE,              ENDED,         ENDED),
    e.Recall:        (NOT_OUT,             rules.recall,         rules.recall,         OVERDUE,              ENDED,         ENDED),
    e.SeemsHome:     (NOT_OUT,             rules.seems_home,     rules.seems_home,     OVERDUE,              ENDED,         ENDED),
    e.AlarmIs:       (NOT_OUT,             rules.alarm_is,       rules.alarm_is,       OVERDUE,              ENDED,         ENDED),
    e.Cancel:        (before.cancel,        ALREADY_OUT,          ALREADY_OUT,          OVERDUE,              ENDED,         ENDED),
    e.Debrief:       (NOT_OUT,             "not_home",           "not_home",           rules.debrief,        rules.debrief, ENDED),
    e.Settle:        (NOT_OUT,             "not_overdue",        "not_overdue",        rules.settle,         ENDED,         ENDED),
}  # fmt: skip
"""A rule, or the reason why the event is refused in that state. Columns in the order of `VisitState`. (`Replan` is `plan_visit` again.)"""

COLUMN = {state: index for index, state in enumerate(VisitState)}

LONGEST_AHEAD = timedelta(days=60)
TEXT_MAX = 300
MOST_PEOPLE = 4
SHORTEST_INTERVAL_S = 5 * MINUTE_S
STALE_START_S = 15 * MINUTE_S
"""A start this long ago is the time that it took to fill in the plan; an older one is a mistake."""


@frozen
class VisitStep:
    """A decision: the visit after it, what it orders, what it says has happened, the signals that it raises through the one door, and
    whether it calls off the alarm that runs."""

    visit: Visit
    orders: tuple[Order, ...]
    said: tuple[Said, ...]
    signals: tuple[Signal, ...] = ()
    call_off: CallOff | None = None


def take_visit(visit: Visit, event: e.Event, now: datetime, directory: Directory, others: Iterable[Visit] = ()) -> VisitStep | Refused:
    """One step: the visit after the event, or a refusal. Never raises for what people do. `others`: open visits of the same people."""
    if isinstance(event, e.Replan) and visit.state is VisitState.PLANNED:
        return _replan(visit, event, now, directory, others)
    if isinstance(event, e.Start) and any(is_away(other) and set(other.people) & set(visit.people) for other in others if other.id != visit.id):
        return Refused("out_elsewhere")
    rule = TABLE[type(event)][COLUMN[visit.state]]
    if visit.feigned is not None and getattr(event, "by", None) in visit.people:
        believed = TABLE[type(event)][COLUMN[visit.feigned]]  # to those near it is what it seems, refusals and all
        rule = believed if isinstance(believed, str) else rule
    if isinstance(rule, str):
        return Refused(rule)
    draft = Draft(visit, now, directory)
    if refusal := rule(draft, event):
        return Refused(refusal)
    if visit.believed is not None and draft.visit.believed is not None and getattr(event, "by", None) not in visit.people:
        draft.change(unseen=visit.unseen + 1)  # to those near it nothing has happened
    return _finish(draft)


def plan_visit(visit_id: str, plan: e.Plan, by: str, others: Iterable[Visit], now: datetime, directory: Directory) -> VisitStep | Refused:
    """A new visit, or why it cannot be: the plan's times, people and answers are checked here and nowhere else."""
    found = _checked(visit_id, plan, others, now, directory)
    if isinstance(found, Refused):
        return found
    assessment, times = found
    visit = Visit(
        visit_id, 0, plan.office_id, VisitState.PLANNED, plan.type_id, plan.people, plan.where, plan.starts_at, plan.ends_at, assessment.risk, times,
        assessment.required, assessment.flags, plan.contact_id, plan.contact_id == by, device_id=plan.device_id,
    )  # fmt: skip
    draft = Draft(visit, now, directory)
    draft.say("planned", by, risk=visit.risk, score=assessment.score)
    _ask_around(draft, by)
    return _finish(draft)


def _replan(visit: Visit, event: e.Replan, now: datetime, directory: Directory, others: Iterable[Visit]) -> VisitStep | Refused:
    """What the leader had approved was another visit: he is asked again."""
    if event.by not in visit.people:
        return Refused("not_yours")
    plan = event.plan
    found = _checked(visit.id, plan, others, now, directory)
    if isinstance(found, Refused):
        return found
    assessment, times = found
    draft = Draft(visit, now, directory)
    same_contact = plan.contact_id == visit.contact_id
    draft.change(
        type_id=plan.type_id, people=plan.people, where=plan.where, starts_at=plan.starts_at, ends_at=plan.ends_at, risk=assessment.risk, times=times,
        required=assessment.required, flags=assessment.flags, contact_id=plan.contact_id, contact_accepted=visit.contact_accepted and same_contact,
        device_id=plan.device_id, approval=None, noticed=0,
    )  # fmt: skip
    draft.say("replanned", event.by, risk=assessment.risk, score=assessment.score)
    _ask_around(draft, event.by)
    return _finish(draft)


def _ask_around(draft: Draft, by: str) -> None:
    visit = draft.visit
    if visit.contact_id and not visit.contact_accepted:
        draft.tell([visit.contact_id], Say.VISIT_ASKED)
    if "leader_decides" in visit.required:
        draft.tell((one for one in leaders(visit, draft.directory) if one != by), Say.VISIT_APPROVE)
    draft.tell((one for one in visit.people if one != by), Say.VISIT_PLANNED)


def _checked(visit_id: str, plan: e.Plan, others: Iterable[Visit], now: datetime, directory: Directory) -> tuple[Assessment, Times] | Refused:
    office, checklist = directory.offices.get(plan.office_id), directory.content.checklist
    kind = checklist.types.get(plan.type_id)
    if office is None or kind is None:
        return Refused("unknown_office" if office is None else "unknown_type")
    if reason := _people_wrong(plan, directory) or _where_wrong(plan.where):
        return Refused(reason)
    answers = dict(plan.answers)
    assessment = assess(checklist, plan.type_id, answers)
    if "risk_assessment" in assessment.required and assessment.unanswered:
        return Refused("unanswered")
    shorter = "shorter_interval" in assessment.measures
    times = office.visits.times(assessment.risk, plan.type_id, kind.interval_min * MINUTE_S, kind.longest_min * MINUTE_S, shorter)
    if plan.interval_s is not None:
        if plan.interval_s < SHORTEST_INTERVAL_S or plan.interval_s > times.interval_s:
            return Refused("interval")
        times = replace(times, interval_s=plan.interval_s)
    if reason := _times_wrong(plan, times, now):
        return Refused(reason)
    for other in others:
        if other.id != visit_id and other.open and other.feigned is None and set(other.people) & set(plan.people) and _overlap(plan, other, now):
            return Refused("overlaps")
    return assessment, times


def _overlap(plan: e.Plan, other: Visit, now: datetime) -> bool:
    """Somebody who is out is out until home, however late."""
    is_out = other.state is not VisitState.PLANNED
    return (plan.starts_at < other.ends_at or (is_out and plan.starts_at <= now)) and other.starts_at < plan.ends_at


def _people_wrong(plan: e.Plan, directory: Directory) -> str | None:
    if not plan.people or len(plan.people) > MOST_PEOPLE or len(set(plan.people)) != len(plan.people):
        return "people"
    if any(one not in directory.people for one in plan.people) or plan.office_id not in directory.people[plan.people[0]].offices:
        return "unknown_person"
    if plan.contact_id is not None and (plan.contact_id in plan.people or plan.contact_id not in directory.people):
        return "cannot_be_contact"
    device = directory.devices.get(plan.device_id or "")
    if plan.device_id is not None and (device is None or device.kind is not DeviceKind.PORTABLE):
        return "no_such_device"
    return "device_taken" if device is not None and device.holder_id not in (None, *plan.people) else None


def _where_wrong(where: Where) -> str | None:
    if not where.address.strip():
        return "no_place"
    return "too_long_text" if max(map(len, (where.address, where.detail, where.transport, where.exit_reason))) > TEXT_MAX else None


def _times_wrong(plan: e.Plan, times: Times, now: datetime) -> str | None:
    if plan.ends_at <= plan.starts_at:
        return "ends_before_it_starts"
    if plan.ends_at <= now or plan.starts_at < now - timedelta(seconds=STALE_START_S):
        return "in_the_past"
    if plan.starts_at > now + LONGEST_AHEAD:
        return "too_far_ahead"
    return "too_long" if plan.ends_at - plan.starts_at > timedelta(seconds=times.longest_s) else None


def _finish(draft: Draft) -> VisitStep:
    visit = draft.visit
    due_at = due_of(visit, draft.now, draft.settings)
    draft.change(version=visit.version + 1, due_at=due_at)
    assert (due_at is not None) == visit.open, "open implies a deadline, ended implies none"
    return VisitStep(draft.visit, tuple(draft.orders.values()), tuple(draft.said), tuple(draft.signals), draft.call_off)


ACTIONS: dict[str, type] = {
    "replan": e.Replan, "approve": e.Approve, "accept_contact": e.AcceptContact, "hand_over": e.HandOver, "carry": e.Carry, "start": e.Start,
    "check_in": e.CheckIn, "extend": e.Extend, "no_coverage": e.NoCoverage, "end": e.End, "contact_says": e.ContactSays, "recall": e.Recall,
    "seems_home": e.SeemsHome, "cancel": e.Cancel, "debrief": e.Debrief,
}  # fmt: skip
"""What people can do, by the names that the wire uses. (`Settle` comes with the end of the alarm.)"""


def allowed(visit: Visit, near: bool) -> frozenset[str]:
    """The actions that the table has a rule for, as this side sees the state."""
    state = visit.feigned if near and visit.feigned is not None else visit.state
    found = {name for name, event in ACTIONS.items() if not isinstance(TABLE[event][COLUMN[state]], str)}
    return frozenset(found | ({"replan"} if state is VisitState.PLANNED else set()))
