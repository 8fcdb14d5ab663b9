"""Who sits beside the presser, what is kept from them, and who may therefore still confirm and end."""

from __future__ import annotations

from server.core.directory import Directory
from server.core.model import Alarm


def sits_near(alarm: Alarm, person_id: str, directory: Directory) -> bool:
    """Whether what reaches this person may be seen or heard by whoever threatens: one who pressed, or whose own place is the pressed zone."""
    return alarm.raised_by(person_id) or directory.sits_in(person_id, alarm.office_id, alarm.place.zone_id)


def in_house(alarm: Alarm, person_id: str, directory: Directory) -> bool:
    """Whether this person is checked in where the alarm is, or may be."""
    return any(directory.present(person_id, office_id) for office_id in alarm.office_ids)


def guarded(alarm: Alarm) -> bool:
    """Whether those beside the presser are told nothing and may do nothing: it was opened under duress, or it has been called off."""
    return alarm.hidden or alarm.quiet_since is not None


def kept_from(alarm: Alarm, person_id: str, directory: Directory) -> bool:
    """Whether a step must leave this person out. Beside the presser nobody hears of an alarm opened under duress; and once it is
    called off nobody hears more until the end or a new press, since under duress the steps go otherwise."""
    return guarded(alarm) and sits_near(alarm, person_id, directory)


def fenced_off(alarm: Alarm, person_id: str, directory: Directory) -> bool:
    """Whether a planned drill's fence keeps this person from it."""
    person = directory.people.get(person_id)
    return alarm.drill is not None and person is not None and not alarm.drill.lets_in(person.id, person.offices)


def could_end(alarm: Alarm, person_id: str, directory: Directory) -> bool:
    """Whether this person, once told, may confirm and end it: one of us, none of those who pressed, and while it is guarded not beside him,
    neither by where he sits nor by the screen that he has. A contact outside has no screen; a wall signs nothing."""
    person = directory.people.get(person_id)
    if person is None or alarm.raised_by(person_id) or person.surface == "wallboard" or fenced_off(alarm, person_id, directory):
        return False
    if not guarded(alarm):
        return True
    return not sits_near(alarm, person_id, directory) and (person.surface != "desk" or set(alarm.office_ids).isdisjoint(person.offices))
