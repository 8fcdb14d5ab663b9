"""Who may see and do what about a visit, and what a screen is shown of it. Near screens read a projection in which duress leaves no trace."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from server.core.access import VISIT_BY_KEY, Viewer, rights
from server.core.directory import Directory
from server.core.model import Alarm, State
from server.core.nameless import is_nameless, visit_without_names
from server.core.signals import Position
from server.core.visit.draft import leads
from server.core.visit.model import ENDED, Visit, VisitState, as_near
from server.core.visit.report import may_begin
from server.core.visit.table import allowed

OWN = frozenset({"replan", "carry", "start", "check_in", "extend", "no_coverage", "end", "seems_home", "cancel", "debrief"})
CONTACTS = frozenset({"accept_contact", "hand_over", "contact_says"})
LEADS = frozenset({"approve", "recall", "hand_over", "contact_says", "cancel"})


def may_see_visit(viewer: Viewer, visit: Visit, directory: Directory) -> bool:
    """Those who are on it, who watches it, and in the office those who lead or have the desk; what a board shows is `on_board`."""
    if viewer.by_key:
        return viewer.person_id in visit.people
    if viewer.person_id in visit.people or viewer.person_id == visit.contact_id or viewer.person_id in leads(visit, directory):
        return True
    return "desk" in rights(viewer.person_id, visit.office_id, directory)


def on_board(viewer: Viewer, visit: Visit, directory: Directory) -> bool:
    """Colleagues see on the office's board who is out, until when, and who watches: not where, nor how risky it is."""
    return not viewer.by_key and bool(rights(viewer.person_id, visit.office_id, directory)) and visit.state is not VisitState.CANCELLED


def is_near_visit(viewer: Viewer, visit: Visit, directory: Directory) -> bool:
    """Their own screens, and screens that others may be looking at."""
    return viewer.person_id in visit.people or (viewer.surface in ("desk", "wallboard") and bool(rights(viewer.person_id, visit.office_id, directory)))


def may_act_on_visit(viewer: Viewer, action: str, visit: Visit, directory: Directory) -> bool:
    """Whether this person's buttons may include the action; the table then says whether it is possible now."""
    if viewer.surface == "wallboard" or not may_see_visit(viewer, visit, directory):
        return False
    if action not in allowed(visit, is_near_visit(viewer, visit, directory)):
        return False
    if viewer.by_key:
        return action in VISIT_BY_KEY
    if viewer.person_id in visit.people:
        return action in OWN or action == "hand_over"
    if viewer.person_id == visit.contact_id and action in CONTACTS:
        return action != "accept_contact" or not visit.contact_accepted
    return action in LEADS and viewer.person_id in leads(visit, directory)


def shown(visit: Visit, viewer: Viewer, directory: Directory, position: Position | None = None, alarms: tuple[Alarm, ...] = ()) -> dict[str, object]:
    """The view of one visit for one viewer. Dates stay datetimes; the wire writes them.

    `position` is left out unless an alarm of this visit, neither a drill nor still asking, has opened it. `alarms`: those about it.
    """
    near = is_near_visit(viewer, visit, directory)
    if near:
        visit = as_near(visit)
    told = may_see_visit(viewer, visit, directory) and viewer.surface != "wallboard"  # a wall is a board for everybody who walks by
    over = visit.state is VisitState.HOME
    view: dict[str, object] = {
        "id": visit.id,
        "version": visit.version,
        "office_id": visit.office_id,
        "state": visit.state,
        "type": visit.type_id,
        "people": [_name(one, directory) for one in visit.people],
        "contact": _name(visit.contact_id, directory) if visit.contact_id else None,
        "contact_accepted": visit.contact_accepted,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "started_at": visit.started_at,
        "deadline_at": None if over else visit.deadline_at,
        "why": None if over else visit.why,
        "heard_at": visit.heard.at if visit.heard else None,
        "late": visit.state in (VisitState.GRACE, VisitState.OVERDUE),
        "mine": viewer.person_id in visit.people,
    }
    if not told:
        return visit_without_names(view) if is_nameless(viewer, directory) else view
    view |= {
        # nobody rings somebody who is forced to answer, nor their own number
        "phones": {} if near or visit.duress else {p.id: p.phone for one in visit.people if (p := directory.people.get(one)) is not None and p.phone},
        "where": visit.where,
        "risk": visit.risk,
        "required": sorted(visit.required),
        "missing": sorted(visit.required & {"two_employees"}) if len(visit.people) < 2 else [],
        "approval": visit.approval and {"yes": visit.approval.yes, "by": _name(visit.approval.by, directory), "reason": visit.approval.reason,
                                        "waived": sorted(visit.approval.waived)},
        "device_id": visit.device_id,
        "alarm": None if near else visit.alarm,
        "rung": None if near else visit.rung,
        "times": visit.times,
        "extended_s": visit.extended_s,
        "home": _home(visit),
        "debriefed": visit.debriefed,
        "may_report": may_begin(visit, viewer.person_id),
        "seems_home": visit.seems_home and near,
        "office_at": _office_at(visit, directory) if viewer.person_id in visit.people else None,
        "duress": visit.duress,
        "alarms": [] if near else [alarm.id for alarm in alarms if alarm.open],
        "position": position if position and not near and unsealed(alarms) else None,
        "can": sorted(name for name in allowed(visit, near) if may_act_on_visit(viewer, name, visit, directory)),
    }  # fmt: skip
    return view


def for_helpers(visit: Visit, position: Position | None, alarm: Alarm, directory: Directory) -> dict[str, object]:
    """What those who help are shown of the visit with its alarm: who is along, when they were last heard of, how they travel, where last."""
    return {
        "id": visit.id,
        "people": [_name(one, directory) for one in visit.people],
        "contact": _name(visit.contact_id, directory) if visit.contact_id else None,
        "deadline_at": visit.deadline_at,
        "ends_at": visit.ends_at,
        "heard_at": visit.heard.at if visit.heard else None,
        "transport": visit.where.transport,
        "position": position if position and unsealed((alarm,)) else None,
        "settle": visit.state is VisitState.OVERDUE,
    }


def unsealed(alarms: tuple[Alarm, ...]) -> bool:
    """Whether where they are may be shown: an alarm about them is open, real, and people have been told."""
    return any(alarm.open and alarm.drill is None and alarm.state is not State.PENDING for alarm in alarms)


def in_order(views: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """As one person is shown them: his own first, then by when they are due; what has ended last."""
    far = timedelta(days=36500)

    def when(view: dict[str, object]) -> object:
        return view["deadline_at"] or view["starts_at"] + (far if view["state"] in ENDED else timedelta())  # type: ignore[operator]

    return sorted(views, key=lambda view: (not view["mine"], when(view), view["id"]))  # type: ignore[return-value, arg-type]


def as_seen_by(viewer: Viewer, visits: Iterable[Visit], directory: Directory) -> list[Visit]:
    return [as_near(visit) if is_near_visit(viewer, visit, directory) else visit for visit in visits]


def on_near_board(visit: Visit, ended_since: datetime) -> bool:
    """Whether it stands on a board near it: one that has ended for them leaves it as any other does."""
    return visit.believed is None or visit.believed.at >= ended_since


def _home(visit: Visit) -> dict[str, object] | None:
    """A check-out under duress is believed near them (`as_near`), and nowhere else."""
    if visit.home is None or visit.feigned is not None:
        return None
    return {"at": visit.home.at, "how": visit.home.how, "late": visit.home.late}


def _office_at(visit: Visit, directory: Directory) -> dict[str, float] | None:
    """The phone itself finds out whether it is back there: the server looks at no position before there is an alarm."""
    office = directory.offices.get(visit.office_id)
    return {"lat": office.position[0], "lon": office.position[1]} if office and office.position else None


def _name(person_id: str, directory: Directory) -> dict[str, str]:
    person = directory.people.get(person_id)
    return {"id": person_id, "name": person.name if person else person_id}


def late_s(visit: Visit, now: datetime) -> float:
    """Seconds since the missed deadline; 0 while nothing is late."""
    return max(0.0, (now - visit.deadline_at).total_seconds()) if visit.deadline_at else 0.0
