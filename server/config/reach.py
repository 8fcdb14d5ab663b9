"""Whom presses would reach if everybody were on duty, asked of the core itself: what a plan can never do is found when it is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from server.core.directory import Directory, Duty
from server.core.model import Alarm
from server.core.readiness import hypothetical, places_of, presses, recipients, roles_of, seat
from server.core.reserves import owners
from server.core.signals import Kind
from server.core.values import replace

SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing here depends on when."""
NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a plan. `key`: the part of it that is meant, if one is. `refuses`: Varde must not start with it."""

    plan_id: str
    what: str
    refuses: bool
    key: str = ""


def findings(directory: Directory, walls: Collection[str] = ()) -> Iterator[Finding]:
    """What no plan may be like, and what is worth knowing. `walls`: wallboards, which are nobody."""
    full = _everybody(directory, walls)
    for office_id in full.offices:
        alarms = list(_alarms(office_id, full))
        seen: set[str] = set()
        for alarm in alarms:
            if alarm.plan.plan_id not in seen:
                yield from _owner_alone(alarm, full)
            seen.add(alarm.plan.plan_id)
        yield from _same_room(alarms, full)
        yield from _cover(alarms, full)


def _everybody(directory: Directory, walls: Collection[str]) -> Directory:
    """The same with everybody on duty, each present in the home office."""
    duty = {
        (person.id, office_id): Duty.PRESENT if office_id == person.offices[0] else Duty.ON_DUTY
        for person in directory.people.values()
        if person.id not in walls
        for office_id in person.offices
    }
    return replace(directory, duty=duty)


def _alarms(office_id: str, directory: Directory) -> Iterator[Alarm]:
    """An alarm for each sort of press that there may be: devices where they hang, the app in every zone, and those who are away."""
    zones = [None, *(zone_id for office, zone_id in directory.zones if office == office_id)]
    found = {*presses(office_id, directory), *((zone_id, "desk_alarm", kind) for zone_id in zones for kind in (Kind.PANIC, Kind.ASSIST))}
    found |= {(None, "portable_alarm_outside", Kind.PANIC), (None, "missed_checkin", Kind.MISSED_CHECKIN)}
    for zone_id, situation, kind in sorted(found, key=str):
        if situation in directory.content.situations:
            yield hypothetical(office_id, zone_id, situation, kind, directory, SOME_TIME)


# ---------------------------------------------------------------- what can be wrong


def _owner_alone(alarm: Alarm, directory: Directory) -> Iterator[Finding]:
    """Whoever owns the plan may be the one who presses: then another lead must hear that a role has nobody."""
    owner_id = alarm.plan.owner_id
    if not owners(replace(alarm, raiser_id=owner_id), directory, nobody_else=True):
        what = (
            f"'{owner_id}' is the only one here who leads: when that person presses, nobody is told that a role is empty. "
            "Give one more the access office_lead or administrator (it may be somebody of another office, with also_in)."
        )
        yield Finding(alarm.plan.plan_id, what, refuses=True, key="owner")


def _same_room(alarms: Iterable[Alarm], directory: Directory) -> Iterator[Finding]:
    """Under duress nobody who sits in the pressed zone is told: somebody must sit elsewhere."""
    rooms: dict[str, dict[str, None]] = {}
    for alarm in alarms:
        zone_id, told = alarm.place.zone_id, recipients(alarm, directory)
        if zone_id and told and all(directory.sits_in(one, alarm.office_id, zone_id) for one in told):
            rooms.setdefault(alarm.plan.plan_id, {})[alarm.place.zone] = None
    for plan_id, zones in rooms.items():
        what = (
            f"everyone whom '{plan_id}' tells sits in {_some(zones)}, where it may be pressed: under duress nobody there may be told, so nobody "
            "would be. Tell somebody who sits elsewhere too, the neighbours or a contact."
        )
        yield Finding(plan_id, what, refuses=True)


def _cover(alarms: Iterable[Alarm], directory: Directory) -> Iterator[Finding]:
    """Enough help must at least be possible: with everybody on duty, each in one role."""
    done: set[tuple[str, str, str]] = set()
    for alarm in alarms:
        plan_id = alarm.plan.plan_id
        if (plan_id, alarm.situation, alarm.kind) in done:
            continue
        done.add((plan_id, alarm.situation, alarm.kind))
        roles = roles_of(alarm, directory)
        places, fills = places_of(alarm, directory)
        empty, seated = seat(places, roles, fills)
        if empty:
            what = (
                f"{_event(alarm)} needs {_counted(places)}, but even with everybody on duty those whom '{plan_id}' tells leave "
                f"{_counted(empty)} empty. Give more people the role, or tell more people in a step."
            )
            # a visit that is not back is only for offices that go on visits: they are told, the others let be
            yield Finding(plan_id, what, refuses=alarm.kind is not Kind.MISSED_CHECKIN)
            continue
        lacking: dict[str, list[str]] = {}
        for person_id in sorted(seated):
            without, _ = seat(places, {other: fits for other, fits in roles.items() if other != person_id}, fills)
            for role in without:
                lacking.setdefault(role, []).append(person_id)
        for role, pressers in lacking.items():
            what = f"when {_some(pressers)} presses ({_event(alarm)}), nobody is left for '{role}', even with everybody on duty: give one more the role."
            yield Finding(plan_id, what, refuses=False)


def _event(alarm: Alarm) -> str:
    return f"assistance in '{alarm.situation}'" if alarm.kind is Kind.ASSIST else f"'{alarm.situation}'"


def _some(names: Iterable[str]) -> str:
    names = [f"'{name}'" for name in names]
    return ", ".join(names[:NAMED_MAX]) + (f" or {len(names) - NAMED_MAX} others" if len(names) > NAMED_MAX else "")


def _counted(places: Iterable[str]) -> str:
    places = list(places)
    return ", ".join(f"{places.count(role)} {role}" for role in dict.fromkeys(places))
