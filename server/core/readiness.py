"""What a press would find: whom the plan would tell, who of them can be reached, and which roles would stay empty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from server.core.alarm import open_alarm
from server.core.directory import DeviceKind, Directory
from server.core.escalation import cover, resolve, situation_of, size_of
from server.core.model import Alarm
from server.core.helpers import OUTSIDE_ROLES
from server.core.signals import Kind, Signal
from server.core.triage import Origin, place_of, plan_of
from server.core.values import replace


@dataclass(frozen=True, slots=True)
class Gap:
    """A role that `situations` need and that too few could fill."""

    role: str
    need: int
    have: int
    situations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    """`state`: ready (every role could be filled by people who are surely reached), unsure (only if those also answer of whom it is not
    proven), gaps (not even then), nobody (nobody at all can be reached). `gaps` names what is missing: for unsure, what hangs on them.

    `reached` are those told who can be reached, and `sure` those of them of whom it is proven.
    """

    state: str
    reached: frozenset[str]
    sure: frozenset[str]
    gaps: tuple[Gap, ...]


def readiness(office_id: str, reach: Mapping[str, bool], directory: Directory, now: datetime) -> Readiness:
    """How ready an office is for any press in it at this moment. `reach`: whoever can be reached now, and whether that is proven; people
    who must not count, such as the one who presses, are left out of it."""
    alarms = list(_one_of_each(hypothetical(office_id, *press, directory, now) for press in presses(office_id, directory)))
    told = {one for alarm in alarms for one in recipients(alarm, directory)}
    reached = frozenset(one for one in reach if one in told)
    sure = frozenset(one for one in reached if reach[one])
    missing, lacking = _gaps(alarms, reached, directory), _gaps(alarms, sure, directory)
    state = "nobody" if not reached else "gaps" if missing else "unsure" if lacking else "ready"
    return Readiness(state, reached, sure, missing or lacking)


def presses(office_id: str, directory: Directory) -> list[tuple[str | None, str, Kind]]:
    """Every sort of press that there may be in a house: (zone, situation, kind) of its devices, and of the app's own button."""
    found = {
        (device.zone_id, device.situation, Kind.PANIC)
        for device in directory.devices.values()
        if device.office_id == office_id and device.kind in (DeviceKind.BUTTON, DeviceKind.PORTABLE)
    }
    known = directory.content.situations
    return sorted((press for press in found | {(None, "desk_alarm", Kind.PANIC)} if press[1] in known), key=str)


def hypothetical(office_id: str, zone_id: str | None, situation: str, kind: Kind, directory: Directory, now: datetime) -> Alarm:
    """The alarm that such a press would open, by nobody in particular."""
    signal = Signal("what-if", kind, office_id, now)
    origin = Origin(signal, office_id, zone_id, None, "signal:what-if", situation)
    plan, situation = plan_of(origin, directory)
    return open_alarm("what-if", signal, origin.presser, None, place_of(origin, directory), situation, plan, now, directory).alarm


def _one_of_each(alarms: Iterable[Alarm]) -> Iterator[Alarm]:
    seen: set[tuple[str, str]] = set()
    for alarm in alarms:
        if (alarm.plan.plan_id, alarm.situation) not in seen:
            seen.add((alarm.plan.plan_id, alarm.situation))
            yield alarm


def recipients(alarm: Alarm, directory: Directory) -> list[str]:
    """Everyone whom any step means, in the order in which they are told."""
    steps = alarm.plan.steps
    return list(dict.fromkeys(one for step in steps for selector in step.tell for one in resolve(selector, alarm, directory)))


def _gaps(alarms: Iterable[Alarm], reached: frozenset[str], directory: Directory) -> tuple[Gap, ...]:
    found: dict[str, Gap] = {}
    for alarm in alarms:
        roles = {one: fits for one, fits in roles_of(alarm, directory).items() if one in reached}
        places, fills = places_of(alarm, directory)
        empty, _ = seat(places, roles, fills)
        for role in dict.fromkeys(empty):
            gap = Gap(role, places.count(role), places.count(role) - empty.count(role), (alarm.situation,))
            known = found.setdefault(role, gap)
            if known is not gap:
                worst = max(known, gap, key=lambda one: one.need - one.have)
                found[role] = replace(worst, situations=tuple(dict.fromkeys((*known.situations, *gap.situations))))
    return tuple(found.values())


def roles_of(alarm: Alarm, directory: Directory) -> dict[str, frozenset[str]]:
    """What each of those told may take: roles that have a card here. Somebody from another office has what can be done from there."""
    told = (directory.people[one] for one in recipients(alarm, directory) if one in directory.people)
    cards = frozenset(situation_of(alarm, directory).cards)
    return {person.id: cards & (person.roles if alarm.office_id in person.offices else OUTSIDE_ROLES) for person in told}


def places_of(alarm: Alarm, directory: Directory) -> tuple[list[str], Mapping[str, set[str]]]:
    """The cover as one place for each head, and role → the roles whose holders fill it as well. A role that the holder of another needed
    one fills asks for nobody of its own."""
    fills: dict[str, set[str]] = {}
    for holder, taken in directory.content.staffing_of(size_of(alarm.office_id, directory)).merge.items():
        for role in taken:
            fills.setdefault(role, set()).add(holder)
    lines = cover(alarm, directory)
    needed = {line.role for line in lines}
    return [line.role for line in lines if not fills.get(line.role, set()) & needed for _ in range(line.need)], fills


def seat(places: list[str], roles: Mapping[str, frozenset[str]], fills: Mapping[str, set[str]]) -> tuple[list[str], set[str]]:
    """People placed as well as they can be, each in one place: the places that stay empty, and who sits."""
    sits: dict[str, int] = {}

    def take(place: int, asked: set[str]) -> bool:
        fitting = {places[place], *fills.get(places[place], ())}
        for person_id, own in roles.items():
            if person_id not in asked and fitting & own:
                asked.add(person_id)
                if person_id not in sits or take(sits[person_id], asked):
                    sits[person_id] = place
                    return True
        return False

    return [role for place, role in enumerate(places) if not take(place, set())], set(sits)
