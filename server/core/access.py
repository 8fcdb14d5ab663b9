"""Who may do and see what. Rights are per office and role, and everything passes through these few functions."""

from __future__ import annotations


from server.core import alarm as table
from server.core.directory import Directory
from server.core.model import ACTIVE, Alarm, State
from server.core.near import sits_near
from server.core.reserves import from_elsewhere, only_raisers
from server.core.values import frozen

BY_PHONE = frozenset({"acknowledge", "decline", "note"})
"""What a contact outside may do, who has no screen."""

COORDINATING = frozenset({"office_lead", "administrator"})
SAFETY = "safety_representative"
ENDING = frozenset({"confirm", "resolve"})
ANSWERING = frozenset({"acknowledge", "decline", "arrive", "shelter"})

BY_KEY = ANSWERING | {"note", "tick", "swap_role", "change_situation", "mark", "more_help", "call_off", "this_is_real"}
"""What a phone may do by its own key, when nobody is signed in: answer, and do what the card says. An alarm is ended by somebody who is signed in."""

VISIT_BY_KEY = frozenset({"check_in", "extend", "no_coverage", "end"})
"""And about an own visit that is running."""


@frozen
class Viewer:
    """A person at a screen. `surface`: phone, desk or wallboard; `zone_id`: where a desk or wallboard stands. `by_key`: not signed in, but known by the
    phone's own key: whoever holds the phone may be somebody else."""

    person_id: str
    surface: str = "phone"
    zone_id: str | None = None
    by_key: bool = False


def rights(person_id: str, office_id: str, directory: Directory) -> frozenset[str]:
    person = directory.people.get(person_id)
    return person.access if person is not None and office_id in person.offices else frozenset()


def rights_in(alarm: Alarm, person_id: str, directory: Directory) -> frozenset[str]:
    """The rights in any of the offices where the alarm may be."""
    person = directory.people.get(person_id)
    return person.access if person is not None and any(office_id in person.offices for office_id in alarm.office_ids) else frozenset()


def may_see_office(viewer: Viewer, office_id: str, directory: Directory) -> bool:
    return not viewer.by_key and bool(rights(viewer.person_id, office_id, directory))


def may_manage_phones(viewer: Viewer, person_id: str, directory: Directory) -> bool:
    """One's own; and those of everybody in an office that one leads: a phone that is lost in the evening is not to wait for its owner."""
    if viewer.by_key:
        return False
    if viewer.person_id == person_id:
        return True
    person = directory.people.get(person_id)
    return any(rights(viewer.person_id, office_id, directory) & COORDINATING for office_id in (person.offices if person else ()))


def may_invite(viewer: Viewer, person_id: str, directory: Directory) -> bool:
    """Others, of whose offices one leads every one: whoever makes the code could come in as them. So those who lead are invited by an administrator."""
    person = directory.people.get(person_id)
    if viewer.by_key or viewer.surface == "wallboard" or person is None or viewer.person_id == person_id:
        return False
    needed = frozenset({"administrator"}) if person.access & COORDINATING else COORDINATING
    return bool(person.offices) and all(rights(viewer.person_id, office_id, directory) & needed for office_id in person.offices)


def may_see(viewer: Viewer, alarm: Alarm, directory: Directory) -> bool:
    """Those who were told, those who pressed, those who answered, and in the office: the desk and those who lead, drill or administer.

    What a duress signal opened is invisible on every near surface, and to its own presser.
    """
    if alarm.hidden and is_near(viewer, alarm, directory):
        return False
    if alarm.raised_by(viewer.person_id):
        return True
    if alarm.drill is not None and viewer.person_id in alarm.drill.left_out:
        return False  # also who had been told before
    if viewer.person_id in alarm.told:
        return True
    if viewer.by_key:
        return has_answered(viewer.person_id, alarm)
    if alarm.drill is not None and viewer.person_id in alarm.drill.observers:
        return True
    own = rights_in(alarm, viewer.person_id, directory)
    return bool(own & (COORDINATING | {"desk", "drill_coordinator"})) or has_answered(viewer.person_id, alarm)


def may_read_log(viewer: Viewer, alarm: Alarm, directory: Directory) -> bool:
    """Whoever may see the alarm, but no wall: a log is a list of who did what."""
    return viewer.surface != "wallboard" and may_see(viewer, alarm, directory)


def may_help_in(viewer: Viewer, office_id: str, directory: Directory) -> bool:
    """Those who serve the office, and its neighbours, who may have to act there: they have its cards and its floors at hand."""
    person, office = directory.people.get(viewer.person_id), directory.offices.get(office_id)
    if person is None or office is None:
        return False
    own = set(person.offices)
    return bool(own & {office_id, *office.neighbours}) or any(office_id in directory.offices[one].neighbours for one in own if one in directory.offices)


def has_answered(person_id: str, alarm: Alarm) -> bool:
    """Ticking a step of a card is no answer, and gives no rights."""
    held = alarm.assignment(person_id)
    return held is not None and held.answered


def is_near(viewer: Viewer, alarm: Alarm, directory: Directory) -> bool:
    """The screens of those who pressed, desks and wallboards of the office, and people who sit in the pressed zone."""
    if alarm.raised_by(viewer.person_id):
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
    may = _by_rights(viewer, alarm, directory)
    return may & BY_KEY if viewer.by_key else may


def _by_rights(viewer: Viewer, alarm: Alarm, directory: Directory) -> frozenset[str]:
    if viewer.surface == "wallboard" or not may_see(viewer, alarm, directory):
        return frozenset()  # a wall shows; nobody signs for what is tapped on it
    if viewer.person_id.startswith("@"):
        return BY_PHONE & table.allowed(alarm)  # a guard who was told: he answers, and no more
    real = {"this_is_real"} if alarm.drill is not None else set()  # everyone who sees a drill may say so, also the one who pressed
    if alarm.drill is not None and viewer.person_id in alarm.drill.observers:
        return table.allowed(alarm) & {"note", *real}  # whoever watches a drill does not answer in it
    is_raiser = alarm.raised_by(viewer.person_id)
    own = rights_in(alarm, viewer.person_id, directory)
    concerned = viewer.person_id in alarm.told or has_answered(viewer.person_id, alarm) or bool(own & COORDINATING)
    armed_it = alarm.drill is not None and alarm.drill.armed_by == viewer.person_id  # he is reminded to end it
    ending = ENDING if (only_raisers(alarm, directory) if is_raiser else concerned or armed_it) else frozenset()
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
    if (concerned or "responder" in own) if not is_raiser else held in alarm.active():  # a helper who asks for help as well goes on helping
        may |= ANSWERING
    return table.allowed(alarm) & (may | ending | real)


def at_desk(viewer: Viewer, alarm: Alarm, directory: Directory) -> bool:
    """A desk calls off without a PIN; one where nobody is signed in does not."""
    return not viewer.by_key and viewer.surface == "desk" and "desk" in rights_in(alarm, viewer.person_id, directory)


def may_arm(viewer: Viewer, office_id: str, directory: Directory, purpose: str = "test") -> bool:
    """A test tells nobody; a drill alarms the house, and is for those who lead or plan drills."""
    if viewer.by_key:
        return False
    if purpose == "drill":
        return bool(rights(viewer.person_id, office_id, directory) & (COORDINATING | {"drill_coordinator"}))
    return bool(rights(viewer.person_id, office_id, directory) & (COORDINATING | {"desk", "drill_coordinator"}))


def is_safety_representative(person_id: str, office_id: str, directory: Directory) -> bool:
    return SAFETY in rights(person_id, office_id, directory)


def may_count_visits(viewer: Viewer, office_id: str, directory: Directory) -> bool:
    """How an office's visits end, without names: for those who lead it and for its safety representatives."""
    return viewer.surface != "wallboard" and bool(rights(viewer.person_id, office_id, directory) & (COORDINATING | {SAFETY}))


def may_lead(viewer: Viewer, office_id: str, directory: Directory) -> bool:
    """Who sees how ready an office is, by name, and how it has been."""
    return viewer.surface != "wallboard" and bool(rights(viewer.person_id, office_id, directory) & COORDINATING)
