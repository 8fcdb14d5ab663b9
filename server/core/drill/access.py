"""Who may see and do what about a planned drill, and what a screen is shown of it. Those who are to be surprised see nothing; those left out never do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from server.core.access import COORDINATING, SAFETY, Viewer, is_safety_representative, rights
from server.core.directory import Directory
from server.core.drill.draft import answers_for, approvers, is_over, players, representatives, runs_until, takes_part
from server.core.drill.exercise import UNANNOUNCED, Exercise
from server.core.drill.model import Approval, Consulted, DrillState, Finding, PlannedDrill, Press
from server.core.drill.table import allowed
from server.core.local_time import day_of

PLANNING = COORDINATING | {"drill_coordinator"}

COORDINATES = frozenset({
    "replan", "go_without", "consult", "leave_out", "announce", "start", "give", "stop", "cancel", "attend", "add_finding", "close_finding", "report",
})  # fmt: skip
ASKED = frozenset({"yes_no", "text", "scale_1_5"})
TAKES_PART = frozenset({"leave_out"})


def may_plan(viewer: Viewer, offices: Iterable[str], directory: Directory) -> bool:
    """For those who lead or coordinate drills in every one of the offices."""
    return viewer.surface != "wallboard" and all(rights(viewer.person_id, one, directory) & PLANNING for one in offices)


def coordinates(person_id: str, drill: PlannedDrill, directory: Directory) -> bool:
    """Whoever plans or leads it, and those who lead or coordinate drills in the office whose it is."""
    if person_id in (drill.leader_id, drill.planned_by):
        return True
    return bool(rights(person_id, drill.office_id, directory) & PLANNING)


def knows_all(person_id: str, drill: PlannedDrill, directory: Directory) -> bool:
    """Who sees it before anybody else: its coordinators, those of its other offices, and the safety representatives."""
    return coordinates(person_id, drill, directory) or any(rights(person_id, one, directory) & (PLANNING | {SAFETY}) for one in drill.offices)


def may_see_drill(viewer: Viewer, drill: PlannedDrill, directory: Directory) -> bool:
    person = directory.people.get(viewer.person_id)
    if person is None:
        return False
    if knows_all(person.id, drill, directory):
        return True
    if any(finding.owner_id == person.id for finding in drill.findings):
        return True
    if person.id in drill.observers:
        return drill.state is not DrillState.PLANNED
    if not takes_part(drill, person):
        return False
    if drill.running or is_over(drill):
        return True
    return drill.state is DrillState.ANNOUNCED and drill.notice != UNANNOUNCED


def actions(viewer: Viewer, drill: PlannedDrill, directory: Directory) -> frozenset[str]:
    """What this person's buttons may be: the rights, of what the table has a rule for in this state."""
    if viewer.surface == "wallboard" or not may_see_drill(viewer, drill, directory):
        return frozenset()
    may: set[str] = {"stop"}  # whoever sees that it runs may say so, also who only watches over it
    person = directory.people[viewer.person_id]
    if coordinates(person.id, drill, directory):
        may |= COORDINATES
    able = allowed(drill)
    if "approve" in able and answers_for(drill, person.id, directory):
        may |= {"approve"}
    own = drill.answers.get(drill.office_id)
    if drill.approved or own is None or not own.yes:
        may -= {"go_without"}  # there is none to go without, or it cannot be held at all
    if any(is_safety_representative(person.id, one, directory) for one in drill.offices):
        may |= {"consult"}
    if takes_part(drill, person) or person.id in drill.observers:
        may |= TAKES_PART
    if any(finding.owner_id == person.id and finding.closed_at is None for finding in drill.findings):
        may |= {"close_finding"}
    return able & may


def sees_names(person_id: str, drill: PlannedDrill, directory: Directory) -> bool:
    """Who was told, and who sits it out. For others who know of it, the safety representatives among them, people are counted: in a small office a list
    of who is in it names whoever asked in confidence not to be."""
    return coordinates(person_id, drill, directory)


# ---------------------------------------------------------------- what a screen is shown


def shown(drill: PlannedDrill, viewer: Viewer, now: datetime, directory: Directory, holding: Iterable[tuple[str, str]] = ()) -> dict[str, object]:
    """The view of one drill for one viewer. Dates stay datetimes; the wire writes them. `holding`: (role, person) in its alarms now."""
    all_of_it = knows_all(viewer.person_id, drill, directory)
    own = [inject for inject in drill.exercise.injects if drill.was_given(inject.id) and viewer.person_id in players(drill, inject.to, holding, directory)]
    to_the_hour = all_of_it or drill.notice != "window" or drill.state is not DrillState.ANNOUNCED
    view: dict[str, object] = {
        "id": drill.id,
        "version": drill.version,
        "office_id": drill.office_id,
        "state": drill.state,
        "name": drill.name,
        "title": drill.exercise.title,
        "goal": drill.exercise.goal,
        "form": drill.exercise.form,
        "notice": drill.notice,
        "offices": list(drill.offices),
        "leader": _leader(drill, directory),
        "week": "{}-W{:02}".format(*day_of(drill.starts_at).isocalendar()[:2]),
        "starts_at": drill.starts_at if to_the_hour else None,
        "ends_at": drill.ends_at if to_the_hour else None,
        "zero_at": drill.zero_at,
        "runs_until": runs_until(drill) if drill.running else None,
        "stopping": _stopping(drill, directory),
        "takes_part": viewer.person_id in directory.people and takes_part(drill, directory.people[viewer.person_id]),
        "observes": viewer.person_id in drill.observers,
        "my_roles": sorted({role for role, person in (*drill.cast, *holding) if person == viewer.person_id}),
        "my_injects": [{"id": one.id, "channel": one.channel, "to": one.to, "text": one.text, "at": drill.was_given(one.id).at} for one in own],  # type: ignore[union-attr]
        "my_findings": [_finding(one, directory) for one in drill.findings if one.owner_id == viewer.person_id],
        "questions": _questions(drill.exercise, directory) if is_over(drill) else [],
        "can": sorted(actions(viewer, drill, directory)),
    }  # fmt: skip
    return view | _whole(drill, viewer, directory) if all_of_it else view


def _whole(drill: PlannedDrill, viewer: Viewer, directory: Directory) -> dict[str, object]:
    """What only coordinators, leads and safety representatives see."""
    names = sees_names(viewer.person_id, drill, directory)
    return {
        "exercise": drill.exercise,
        "presses": [_press(one, drill, directory) for one in drill.presses],
        "injects": [
            {"id": one.id, "at_s": one.at_s, "channel": one.channel, "to": one.to, "text": one.text, "zone": one.zone, "given": _given(drill, one.id)}
            for one in drill.exercise.injects
        ],
        "participants": [_name(one, directory) for one in drill.participants],
        "observers": [_name(one, directory) for one in drill.observers],
        "cast": [{"role": role, **_name(person, directory)} for role, person in drill.cast],
        "left_out": [_name(one, directory) for one in drill.left_out] if names else None,
        "left_out_count": len(drill.left_out) if names else None,
        "approvals": _approvals(drill, viewer.person_id, directory),
        "representatives": [_name(one, directory) for one in representatives(drill, directory)],
        "consulted": _consulted(drill.consulted, directory),
        "planned_by": _name(drill.planned_by, directory),
        "announced_at": drill.announced_at,
        "attended": [_name(one, directory) for one in drill.attended] if names else None,
        "findings": [_finding(one, directory) for one in drill.findings],
        "summary": drill.summary,
        "remark": _consulted(drill.remark, directory),
        "reported": {"at": drill.reported_at, "by": _name(drill.reported_by, directory) if drill.reported_by else None} if drill.reported_at else None,
        "programme_id": drill.programme_id,
    }  # fmt: skip


def _leader(drill: PlannedDrill, directory: Directory) -> dict[str, object]:
    person, office = directory.people.get(drill.leader_id), directory.offices.get(drill.office_id)
    return {**_name(drill.leader_id, directory), "phone": (person.phone if person else "") or (office.phone if office else "")}


def _press(press: Press, drill: PlannedDrill, directory: Directory) -> dict[str, object]:
    zone = directory.zone(press.office_id, press.zone_id)
    device = directory.devices.get(press.device_id or "")
    return {
        "id": press.id, "office_id": press.office_id, "kind": press.kind, "zone_id": press.zone_id, "zone": zone.name if zone else None,
        "device_id": press.device_id, "device": device.name if device else None,
        "person": _name(press.person_id, directory) if press.person_id else None, "at_s": press.at_s, "given": _given(drill, press.id),
    }  # fmt: skip


def _given(drill: PlannedDrill, item_id: str) -> dict[str, object] | None:
    given = drill.was_given(item_id)
    return {"at": given.at, "by_hand": given.by is not None} if given else None


def _stopping(drill: PlannedDrill, directory: Directory) -> dict[str, object] | None:
    if drill.stopping is None:
        return None
    stop = drill.stopping
    return {"at": stop.at, "why": stop.why, "by": _name(stop.by, directory) if stop.by else None, "alarm_id": stop.became}


def _approvals(drill: PlannedDrill, person_id: str, directory: Directory) -> list[dict[str, object]]:
    """What has been answered for each office, and, before it begins, who is to answer where nobody has."""
    answers = drill.answers
    return [_approval(one, answers.get(one), drill, person_id, directory) for one in drill.offices]


def _approval(office_id: str, answer: Approval | None, drill: PlannedDrill, person_id: str, directory: Directory) -> dict[str, object]:
    asked = approvers(drill, office_id, directory) if "approve" in allowed(drill) else []
    said = {"yes": answer.yes, "at": answer.at, "by": _name(answer.by, directory), "reason": answer.reason} if answer else None
    office = directory.offices.get(office_id)
    return {
        "office_id": office_id, "office": office.name if office else office_id, "answer": said, "mine": person_id in asked,
        "asked": [] if answer else [_name(one, directory) for one in asked],
    }  # fmt: skip


def _consulted(said: Consulted | None, directory: Directory) -> dict[str, object] | None:
    return {"who": _name(said.who, directory), "at": said.at, "by": _name(said.by, directory), "remark": said.remark} if said else None


def _finding(one: Finding, directory: Directory) -> dict[str, object]:
    return {
        "id": one.id, "text": one.text, "owner": _name(one.owner_id, directory), "due_on": one.due_on, "at": one.at, "closed_at": one.closed_at,
        "outcome": one.outcome,
    }  # fmt: skip


def _questions(exercise: Exercise, directory: Directory) -> list[dict[str, object]]:
    """Those that one person can answer in two minutes. What is measured is in the report; what is to change, by whom and when, is a finding."""
    asked = {one.id: one for one in (*exercise.questions, *directory.content.catalogue.questions) if one.answer in ASKED}
    return [{"id": one.id, "answer": one.answer, "text": one.text} for one in asked.values()]


def _name(person_id: str, directory: Directory) -> dict[str, str]:
    person = directory.people.get(person_id)
    return {"id": person_id, "name": person.name if person else person_id}
