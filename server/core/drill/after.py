"""What each event does to a drill that is over. One function each, named in `table.py`; a returned string is a refusal."""

from __future__ import annotations

from server.core.drill import events as e
from server.core.drill.draft import NAGS, Draft, asked, coordinators, findings_due
from server.core.drill.model import Consulted, DrillState, Finding
from server.core.drill.seal import SEALED
from server.core.local_time import day_of
from server.core.orders import Say
from server.core.values import replace

Refusal = str | None

TEXT_MAX = 2000
FINDINGS_MAX = 100


def settle(draft: Draft, event: e.Deadline) -> Refusal:
    """First what was sent in it is sealed, in as many goes as it takes, and everyone who was in it is asked for two minutes; then, week by week, the
    coordinator for the report. In the end it is closed without one."""
    drill = draft.drill
    for alarm_id, seal in event.seals:
        draft.say(SEALED, None, alarm=alarm_id, **seal)
    if event.more:
        return None
    draft.change(reminded=drill.reminded + 1)
    if not drill.reminded:
        told = draft.tell(event.told, Say.DRILL_EVALUATE, ("push",))
        draft.say("evaluation_asked", None, told=told)
    elif drill.reminded > NAGS:
        draft.change(state=DrillState.REPORTED, reported_at=draft.now)
        draft.say("closed_without_report", None)
    else:
        draft.tell(coordinators(drill), Say.DRILL_REPORT)
        draft.say("reminded", None)
    return None


def attend(draft: Draft, event: e.Attend) -> Refusal:
    if any(one not in draft.directory.people for one in event.people):
        return "unknown_person"
    draft.change(attended=tuple(dict.fromkeys(one for one in event.people if one not in draft.drill.left_out)))
    draft.say("attended", event.by, count=len(draft.drill.attended))
    return None


def add_finding(draft: Draft, event: e.AddFinding) -> Refusal:
    drill, text = draft.drill, event.text.strip()
    if not text or len(text) > TEXT_MAX:
        return "text"
    if event.owner_id not in draft.directory.people:
        return "unknown_person"
    if event.due_on < day_of(draft.now):
        return "in_the_past"
    if len(drill.findings) >= FINDINGS_MAX:
        return "too_many"
    finding = Finding(f"f{len(drill.findings) + 1}", text, event.owner_id, event.due_on, event.by, draft.now)
    draft.change(findings=(*drill.findings, finding))
    draft.say("finding", event.by, finding=finding.id)
    draft.tell([event.owner_id] if event.owner_id != event.by else [], Say.DRILL_FINDING)
    return None


def close_finding(draft: Draft, event: e.CloseFinding) -> Refusal:
    found = next((one for one in draft.drill.findings if one.id == event.finding_id), None)
    if found is None:
        return "no_such_finding"
    if found.closed_at is not None:
        return "closed"
    _put(draft, replace(found, closed_at=draft.now, closed_by=event.by, outcome=event.outcome.strip()[:TEXT_MAX]))
    draft.say("finding_closed", event.by, finding=found.id)
    return None


def remark(draft: Draft, event: e.Consult) -> Refusal:
    """What the safety representative says of how it went."""
    who = asked(draft.drill, event.who, event.by, draft.directory)
    if who is None:
        return "safety_representative"
    draft.change(remark=Consulted(who, draft.now, event.by, event.remark))
    draft.say("remark", event.by)
    return None


def report(draft: Draft, event: e.Report) -> Refusal:
    draft.change(state=DrillState.REPORTED, summary=event.summary.strip()[:TEXT_MAX], reported_by=event.by, reported_at=draft.now, reminded=0)
    draft.say("reported", event.by)
    return None


def nag_owners(draft: Draft, _: e.Deadline) -> Refusal:
    """The day has come for a finding: its owner hears of it, then once a week until it is closed."""
    due = {finding_id for at, finding_id in findings_due(draft.drill) if at <= draft.now}
    for finding in draft.drill.findings:
        if finding.id in due:
            draft.tell([finding.owner_id], Say.DRILL_FINDING_DUE, count=max((day_of(draft.now) - finding.due_on).days, 0))
            _put(draft, replace(finding, nagged=finding.nagged + 1))
    draft.say("reminded", None, findings=len(due))
    return None


def _put(draft: Draft, finding: Finding) -> None:
    draft.change(findings=tuple(finding if one.id == finding.id else one for one in draft.drill.findings))
