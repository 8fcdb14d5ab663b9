"""Before a visit: the contact person and the leader agree, an alarm is taken along, it starts, or it is given up aloud."""

from __future__ import annotations

from datetime import timedelta

from server.core.directory import DeviceKind
from server.core.orders import Say
from server.core.visit import events as e
from server.core.visit.draft import LOUD, Draft, following, hear, leaders, leads, set_deadline, watchers
from server.core.visit.model import AlarmState, Approval, Rung, VisitState
from server.core.visit.settings import Risk

Refusal = str | None

NEEDS = {"portable_alarm": "needs_device", "two_employees": "needs_companion", "contact_person": "needs_contact"}


def approve(draft: Draft, event: e.Approve) -> Refusal:
    """The leader decides, and may do without a measure, with a reason. Nobody approves a visit of his own."""
    visit = draft.visit
    if event.by in visit.people:
        return "own_visit"
    if (event.waived or not event.yes) and not event.reason.strip():
        return "give_a_reason"
    if visit.risk is Risk.STOP and "two_employees" in event.waived:
        return "never_alone"
    draft.change(approval=Approval(event.by, draft.now, event.yes, event.reason.strip(), event.waived & visit.required))
    draft.say("approved" if event.yes else "not_approved", event.by, reason=event.reason.strip(), waived=sorted(event.waived & visit.required))
    draft.tell(visit.people, Say.VISIT_DECIDED, reason="yes" if event.yes else "no")
    return None


def accept_contact(draft: Draft, event: e.AcceptContact) -> Refusal:
    """Only who was asked answers. A no while somebody is out goes to the leaders: nobody is left without."""
    visit = draft.visit
    if event.by != visit.contact_id:
        return "not_asked"
    draft.change(contact_accepted=event.yes)
    draft.say("contact_accepted" if event.yes else "contact_declined", event.by)
    if not event.yes:
        draft.tell([*visit.people, *(leaders(visit, draft.directory) if visit.state is not VisitState.PLANNED else ())], Say.VISIT_CONTACT_SAID_NO)
    return None


def hand_over(draft: Draft, event: e.HandOver) -> Refusal:
    """Until the new one has accepted, the leaders watch too."""
    visit = draft.visit
    if event.to in visit.people or event.to not in draft.directory.people:
        return "cannot_be_contact"
    if event.to == visit.contact_id:
        return "already_contact"
    draft.change(contact_id=event.to, contact_accepted=event.to == event.by)
    draft.say("handed_over", event.by, to=event.to)
    if event.to != event.by:
        draft.tell([event.to], Say.VISIT_ASKED)
    if visit.state is VisitState.GRACE and visit.rung in (Rung.CONTACT, Rung.LEADER):
        draft.tell([event.to], Say.VISIT_CALL, LOUD)
    return None


def carry(draft: Draft, event: e.Carry) -> Refusal:
    device = draft.directory.devices.get(event.device_id or "")
    if event.by not in draft.visit.people:
        return "not_yours"
    if event.device_id is not None and (device is None or device.kind is not DeviceKind.PORTABLE):
        return "no_such_device"
    if device is not None and device.holder_id is not None and device.holder_id not in draft.visit.people:
        return "device_taken"
    draft.change(device_id=event.device_id, alarm=AlarmState.WELL)
    draft.say("carries" if event.device_id else "carries_nothing", event.by, device=event.device_id)
    return None


def start(draft: Draft, event: e.Start) -> Refusal:
    """Watched from now on. Refused while a measure that the level asks for is missing and the leader has not done without it."""
    visit = draft.visit
    if event.by not in visit.people:
        return "not_yours"
    if refusal := missing(draft):
        return refusal
    if visit.ends_at <= draft.now:
        return "is_over"
    draft.change(started_at=draft.now)
    hear(draft, event.by, draft.now, "start")
    draft.say("started", event.by)
    set_deadline(draft, *following(draft, draft.now))
    draft.tell(watchers(visit, draft.directory), Say.VISIT_STARTED)
    if "leader_notified" in visit.required:
        draft.tell(leaders(visit, draft.directory), Say.VISIT_STARTED)
    return None


def missing(draft: Draft) -> str | None:
    """The first thing that stands in the way of starting."""
    visit = draft.visit
    if "leader_decides" in visit.required and visit.approval is None:
        return "needs_leader"
    if visit.approval is not None and not visit.approval.yes:
        return "leader_said_no"
    have = {"portable_alarm": visit.device_id is not None, "two_employees": len(visit.people) > 1, "contact_person": visit.contact_id is not None}
    waived = visit.approval.waived if visit.approval else frozenset()
    return next((NEEDS[name] for name, has in have.items() if name in visit.required - waived and not has), None)


def cancel(draft: Draft, event: e.Cancel) -> Refusal:
    visit = draft.visit
    if event.by not in visit.people and event.by not in leads(visit, draft.directory):
        return "not_yours"
    draft.change(state=VisitState.CANCELLED)
    draft.say("cancelled", event.by)
    draft.tell((one for one in (*visit.people, visit.contact_id) if one and one != event.by), Say.VISIT_CANCELLED)
    return None


def not_started(draft: Draft, event: e.Deadline) -> Refusal:
    """Somebody may have gone without pressing start: first the worker is asked, then the contact person; at the end it is given up, said aloud."""
    del event
    visit, now = draft.visit, draft.now
    if now >= visit.ends_at:
        draft.change(state=VisitState.CANCELLED)
        draft.say("never_started")
        draft.tell([*visit.people, *watchers(visit, draft.directory)], Say.VISIT_CANCELLED, reason="never_started")
        return None
    settings = draft.settings
    if visit.noticed == 0 and now >= visit.starts_at + timedelta(seconds=settings.late_start_s):
        draft.change(noticed=1)
        draft.say("not_started")
        draft.tell(visit.people, Say.VISIT_NOT_STARTED)
    if draft.visit.noticed == 1 and now >= visit.starts_at + timedelta(seconds=settings.not_started_s):
        draft.change(noticed=2)
        draft.tell(watchers(visit, draft.directory), Say.VISIT_NOT_STARTED)
    return None
