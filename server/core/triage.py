"""Which alarm a signal belongs to: join an open one, open its own, or be noted. Never suppresses by time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.directory import Directory, Plan
from server.core.model import Alarm, Drill, Place
from server.core.signals import QUIET, Doubt, Kind, Signal


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a signal comes from, as far as we know: whose press it is and in which office and zone it counts."""

    signal: Signal
    office_id: str
    zone_id: str | None
    raiser_id: str | None
    presser: str
    situation: str


@dataclass(frozen=True, slots=True)
class Open:
    """The signal opens its own alarm."""


@dataclass(frozen=True, slots=True)
class Join:
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Note:
    """The signal is kept but raises nothing. `reason`: quiet, retained, test, nothing_to_call_off."""

    reason: str


def origin_of(signal: Signal, directory: Directory) -> Origin:
    """The device's zone, else where the person is checked in, else the person's home office; the device's owner is its holder now.

    A press of an unknown device counts at its gateway's office and is marked as such.
    """
    device = directory.devices.get(signal.device_id or "")
    if device is not None:
        holder = device.holder_id if device.holder_id in directory.people else None
        raiser_id = signal.person_id if signal.person_id in directory.people else holder
        presser = raiser_id or f"device:{device.id}"
        return Origin(signal, device.office_id, signal.zone_id or device.zone_id, raiser_id, presser, _known(device.situation, directory))
    if signal.device_id is not None:
        doubtful = replace(signal, verified=False, doubt=signal.doubt or Doubt.UNKNOWN_DEVICE)
        office_id = _office(signal.office_id, directory)
        return Origin(doubtful, office_id, signal.zone_id, None, f"device:{signal.device_id}", _known("desk_alarm", directory))
    person = directory.people.get(signal.person_id or "")
    if person is None:
        office_id = _office(signal.office_id, directory)
        return Origin(signal, office_id, signal.zone_id, None, f"signal:{signal.id}", _known("desk_alarm", directory))
    inside = next((office for office in person.offices if directory.present(person.id, office)), None)
    office_id = inside or (signal.office_id if signal.office_id in person.offices else person.offices[0])
    situation = "desk_alarm" if inside else "portable_alarm_outside"
    if signal.kind is Kind.MISSED_CHECKIN:
        situation = "missed_checkin"
    zone_id = signal.zone_id or (person.zone_id if inside == person.offices[0] else None)
    return Origin(signal, office_id, zone_id, person.id, person.id, _known(situation, directory))


def _office(office_id: str, directory: Directory) -> str:
    """The gateway's office; a signal that names none that exists goes to the first office, rather than nowhere."""
    return office_id if office_id in directory.offices else next(iter(directory.offices))


def _known(situation: str, directory: Directory) -> str:
    situations = directory.content.situations
    return situation if situation in situations else next(iter(situations), situation)


def triage(origin: Origin, open_alarms: Iterable[Alarm], directory: Directory, armed: bool, drill: Drill | None = None) -> Open | Join | Note:
    """Joins an open alarm of the same person, or of the same zone where the zone says so, with the same drill mark; else opens.

    What near surfaces cannot see (opened under duress, or feigned to be cancelled) is joined by duress signals only: an open press
    must be seen to arrive, and a duress signal must leave no trace in what they see. Duress is real, also in a drill.

    Only a retained message never raises (an identical id is caught before). A gesture that means *test* is a press unless the device
    was armed by name; an armed device's first press is a test.
    """
    signal = origin.signal
    if signal.kind in QUIET:
        return Note("quiet")
    if signal.retained:
        return Note("retained")
    if armed and signal.kind is not Kind.DURESS and signal.verified:
        return Note("test")
    duress = signal.kind is Kind.DURESS
    mark = None if duress else drill
    same_mark = [a for a in open_alarms if a.open and a.drill == mark and duress is (a.hidden or a.feigned is not None)]
    for alarm in same_mark:
        if alarm.presser == origin.presser or (origin.raiser_id and alarm.raiser_id == origin.raiser_id):
            return Join(alarm)
    if signal.kind is Kind.CALL_OFF:
        return Note("nothing_to_call_off")
    zone = directory.zone(origin.office_id, origin.zone_id)
    if zone is not None and zone.joins_presses and not duress:
        for alarm in same_mark:
            if alarm.office_id == origin.office_id and alarm.place.zone_id == zone.id:
                return Join(alarm)
    return Open()


def as_press(signal: Signal) -> Signal:
    """A test gesture of a device that was not armed is a press: no gesture of an alarm device means test by itself."""
    return replace(signal, kind=Kind.PANIC, detail="test gesture, not armed") if signal.kind is Kind.TEST else signal


def place_of(origin: Origin, directory: Directory) -> Place:
    office = directory.offices[origin.office_id]
    zone = directory.zone(origin.office_id, origin.zone_id)
    if zone is None:
        return Place(office.name, office.address)
    return Place(office.name, office.address, zone.id, zone.name, zone.floor, zone.detail, zone.public)


def plan_of(origin: Origin, directory: Directory) -> tuple[Plan, str]:
    """The plan and the situation: a thinly staffed office uses its small-office situation."""
    office = directory.offices[origin.office_id]
    staffing = directory.content.staffing_of(office.size)
    situation = origin.situation
    if directory.present_count(origin.office_id, origin.raiser_id) < staffing.off_site_when_present_below:
        situation = staffing.use_instead.get(situation, situation)
    return directory.plan_for(origin.office_id, origin.signal.kind, origin.zone_id, situation), situation


def late_s(pressed_at: datetime | None, heard_at: datetime) -> float:
    """Seconds between the press by the device's own clock and when it was heard; 0 where that is unknown or absurd."""
    seconds = (heard_at - pressed_at).total_seconds() if pressed_at else 0.0
    return seconds if 0 < seconds < 7 * 86_400 else 0.0
