"""Whom Varde turns to when those whom the plan names are nobody, or cannot end what they were told of."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from server.core.directory import Directory, Person
from server.core.model import Alarm, Level, Stage
from server.core.near import could_end, fenced_off, kept_from


def owners(alarm: Alarm, directory: Directory, nobody_else: bool = False) -> list[str]:
    """Who must know when a role has nobody: the plan's owner; else the office's leads and administrators; else the neighbours' leads;
    else the administrators of the deployment. Never one who pressed.

    Off duty is truly off, but for the one case that a last step would otherwise tell nobody in the world (`nobody_else`).
    """
    own, neighbours = _leads_of(alarm.office_ids, directory), _leads_of(_neighbours(alarm, directory), directory)
    owner = [directory.people[alarm.plan.owner_id]] if alarm.plan.owner_id in directory.people else []

    def may_hear(person: Person) -> bool:
        return not alarm.raised_by(person.id) and not kept_from(alarm, person.id, directory) and not fenced_off(alarm, person.id, directory)

    groups = [[*owner, *own], neighbours, _administrators(directory)]
    return _awake([owner, *groups], may_hear, directory) or (_any(groups, may_hear) if nobody_else else [])


def from_elsewhere(alarm: Alarm, directory: Directory, answered: Container[str] = ()) -> list[str]:
    """Who is asked to confirm and end when nobody who was told may: the plan's owner, the office's leads, and the neighbours' responders
    and leads, all at once; else the administrators of the deployment; then the same off duty; then anyone else, the office's own people
    first. Never one of those who have `answered`. Empty only where the whole deployment is those who pressed, those beside them and these.
    """
    own = [directory.people[one] for office_id in alarm.office_ids for one in directory.staff.get(office_id, ())]
    able = _able(alarm, directory, answered)
    asked, others = _asked(alarm, directory), [own, _leads_of(directory.offices, directory), directory.people.values()]
    return _awake(asked, able, directory) or _any(asked, able) or _awake(others, able, directory) or _any(others, able)


def beyond(alarm: Alarm, directory: Directory, answered: Container[str]) -> list[str]:
    """Whom the last step turns to when nobody whom it means is left to answer, and more are needed: those from elsewhere who are on duty;
    where none of them is new, also those who said *cannot*; else the same off duty. Where nobody has it, whoever there is; and if all the
    world hides, those who hide, who are told without a sound.
    """
    asked, able = _asked(alarm, directory), _able(alarm, directory, answered)
    awake = _awake(asked, able, directory)
    if any(one not in alarm.told for one in awake):
        return awake
    again = [*awake, *_who_said(Stage.CANNOT, alarm, directory)]
    if any(could_end(alarm, one, directory) for one in again):
        return again
    if alarm.drill is not None and any(could_end(alarm, one, directory) for one in alarm.told):
        return again  # nobody is woken for an exercise
    if alarm.active():
        return [*again, *_any(asked, able)] if alarm.level is Level.EMERGENCY else again
    return [*again, *(from_elsewhere(alarm, directory, answered) or _who_said(Stage.SHELTERED, alarm, directory))]


def only_raisers(alarm: Alarm, directory: Directory) -> bool:
    """Whether all the world has pressed, or may not end it either: then one of several who pressed may end it for the others, or nobody ever could."""
    return len(alarm.raisers) > 1 and not from_elsewhere(alarm, directory)


def _asked(alarm: Alarm, directory: Directory) -> list[list[Person]]:
    """Those from elsewhere whom one asks first, and those after them."""
    neighbours = _neighbours(alarm, directory)
    first = [
        *(directory.people[one] for one in (alarm.plan.owner_id,) if one in directory.people),
        *_leads_of(alarm.office_ids, directory),
        *(person for one in neighbours for person in directory.on_duty_in(one) if "responder" in person.access),
        *_leads_of(neighbours, directory),
    ]
    return [first, _administrators(directory)]


def _able(alarm: Alarm, directory: Directory, answered: Container[str]) -> Callable[[Person], bool]:
    return lambda person: person.id not in answered and could_end(alarm, person.id, directory)


def _who_said(stage: Stage, alarm: Alarm, directory: Directory) -> list[str]:
    """Those who stand at this stage and may hear of it again: contacts, and our own who are still on duty."""
    said = [a.person_id for a in alarm.assignments if a.stage is stage and not alarm.raised_by(a.person_id)]
    return [
        one for one in said
        if one in directory.contacts or directory.on_duty_somewhere(one) and not kept_from(alarm, one, directory) and not fenced_off(alarm, one, directory)
    ]  # fmt: skip


def _awake(groups: Iterable[Iterable[Person]], fits: Callable[[Person], bool], directory: Directory) -> list[str]:
    """Those who fit and are on duty, of the first group that has any."""
    return _any(groups, lambda person: fits(person) and directory.on_duty_somewhere(person.id))


def _any(groups: Iterable[Iterable[Person]], fits: Callable[[Person], bool]) -> list[str]:
    """Those who fit, of the first group that has any; each once."""
    return next((found for group in groups if (found := list(dict.fromkeys(one.id for one in group if fits(one))))), [])


def _neighbours(alarm: Alarm, directory: Directory) -> list[str]:
    return [one for office_id in alarm.office_ids if office_id in directory.offices for one in directory.offices[office_id].neighbours]


def _leads_of(offices: Iterable[str], directory: Directory) -> list[Person]:
    return [person for office_id in offices for person in directory.administrators(office_id)]


def _administrators(directory: Directory) -> list[Person]:
    """Of the whole deployment."""
    return [person for person in directory.people.values() if "administrator" in person.access]
