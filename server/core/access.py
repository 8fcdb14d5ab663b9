"""Who may do and see what. Rights are per office and role, and everything passes through these few functions."""

from __future__ import annotations


from server.core import alarm as table
from server.core.directory import Directory
from server.core.model import ACTIVE, Alarm, State
from server.core.near import sits_near
from server.core.reserves import from_elsewhere
from server.core.values import frozen

BY_PHONE = frozenset({"acknowledge", "decline", "note"})
"""What a contact outside may do, who has no screen."""

COORDINATING = frozenset({"office_lead", "administrator"})
ENDING = frozenset({"confirm", "resolve"})
ANSWERING = frozenset({"acknowledge", "decline", "arrive", "shelter"})


@frozen
class Viewer:
    """A person at a screen. `surface`: phone, desk or wallboard; `zone_id`: where a desk or wallboard stands."""

    person_id: str
    surface: str = "phone"
    zone_id: str | None = None


def rights(person_id: str, office_id: str, directory: Directory) -> frozenset[str]:
    person = directory.people.get(person_id)
    return person.access if person is not None and office_id in person.offices else frozenset()


def rights_in(alarm: Alarm, person_id: str, directory: Directory) -> frozenset[str]:
    """The rights in any of the offices where the alarm may be."""
    person = directory.people.get(person_id)
    return person.access if person is not None and any(office_id in person.offices for office_id in alarm.office_ids) else frozenset()


def may_see_office(viewer: Viewer, office_id: str, directory: Directory) -> bool:
    return bool(rights(viewer.person_id, office_id, directory))


def may_see(viewer: Viewer, alarm: Alarm, directory: Directory) -> bool:
    """Those who were told, the presser, those who answered, and in the office: the desk and those who lead, drill or administer.

    What a duress signal opened is invisible on every near surface, and to its own presser.
    """
    if alarm.hidden and is_near(viewer, alarm, directory):
        return False
    if viewer.person_id in alarm.told or viewer.person_id == alarm.raiser_id:
        return True
    own = rights_in(alarm, viewer.person_id, directory)
    return bool(own & (COORDINATING | {"desk", "drill_coordinator"})) or has_answered(viewer.person_id, alarm)


def has_answered(person_id: str, alarm: Alarm) -> bool:
    """Ticking a step of a card is no answer, and gives no rights."""
    held = alarm.assignment(person_id)
    return held is not None and held.answered


def is_near(viewer: Viewer, alarm: Alarm, directory: Directory) -> bool:
    """The presser's own screens, desks and wallboards of the office, and people who sit in the pressed zone."""
    if viewer.person_id == alarm.raiser_id:
        return True
    own = rights_in(alarm, viewer.person_id, directory)
    if viewer.surface in ("desk", "wallboard") and own:
        return True
    zone_id = alarm.place.zone_id
    return sits_near(alarm, viewer.person_id, directory) or bool(zone_id and own and viewer.zone_id == zone_id)


def may_act(viewer: Viewer, action: str, alarm: Alarm, directory: Directory) -> bool:
    return action in actions(viewer, alarm, directory)


def actions(viewer: Viewer, alarm: Alarm, directory: Directory) -> frozenset[str]:
    """What this person's buttons may be: the rights, of what the table has a rule for in this state."""
    if viewer.surface == "wallboard" or not may_see(viewer, alarm, directory):
        return frozenset()  # a wall shows; nobody signs for what is tapped on it
    if viewer.person_id.startswith("@"):
        return BY_PHONE & table.allowed(alarm)  # a guard who was told: he answers, and no more
    real = {"this_is_real"} if alarm.drill is not None else set()  # everyone who sees a drill may say so, also the one who pressed
    is_raiser = viewer.person_id == alarm.raiser_id
    own = rights_in(alarm, viewer.person_id, directory)
    concerned = viewer.person_id in alarm.told or has_answered(viewer.person_id, alarm) or bool(own & COORDINATING)
    ending = ENDING if concerned and not is_raiser else frozenset()
    if alarm.quiet_since is not None and is_near(viewer, alarm, directory):
        if alarm.feigned is not None:
            return frozenset()
        # near a called-off alarm nothing is done that duress would show; but where all the world sits there, one of them must end it
        return table.allowed(alarm) & ({"note", *real} if from_elsewhere(alarm, directory) else {"note", *real, *ending})
    held = alarm.assignment(viewer.person_id)
    may = {"note", "tick", "change_situation", "mark", "more_help"}
    if is_raiser or (at_desk(viewer, alarm, directory) and alarm.state is not State.PENDING):
        may.add("call_off")
    if held is not None and held.stage in ACTIVE:
        may.add("swap_role")
    if not is_raiser and (concerned or "responder" in own):
        may |= ANSWERING
    return table.allowed(alarm) & (may | ending | real)


def at_desk(viewer: Viewer, alarm: Alarm, directory: Directory) -> bool:
    return viewer.surface == "desk" and "desk" in rights_in(alarm, viewer.person_id, directory)


def may_arm(viewer: Viewer, office_id: str, directory: Directory, purpose: str = "test") -> bool:
    """A test tells nobody; a drill alarms the house, and is for those who lead or plan drills."""
    if purpose == "drill":
        return bool(rights(viewer.person_id, office_id, directory) & (COORDINATING | {"drill_coordinator"}))
    return bool(rights(viewer.person_id, office_id, directory) & (COORDINATING | {"desk", "drill_coordinator"}))
