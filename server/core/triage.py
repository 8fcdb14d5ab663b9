"""Which alarm a signal belongs to: join an open one, open its own, or be noted. Never suppresses by time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from server.core.directory import Device, DeviceKind, Directory, Person, Plan, Step
from server.core.escalation import EVERYONE, freeze
from server.core.limits import Limits
from server.core.model import Alarm, Drill, Place
from server.core.signals import ABSURD_S, PRESSES, QUIET, Doubt, Kind, Signal, waited
from server.core.visit.model import Visit
from server.core.values import frozen, replace

@frozen
class Origin:
    """Where a signal comes from, as far as we know: whose press it is and in which office and zone it counts.

    `also_in`: the person's other offices, where nothing says in which of them he is.
    """

    signal: Signal
    office_id: str
    zone_id: str | None
    raiser_id: str | None
    presser: str
    situation: str
    also_in: tuple[str, ...] = ()
    visit: Visit | None = None
    """The visit that the person, or the alarm carried along, is out on."""


@frozen
class Open:
    """The signal opens its own alarm."""


@frozen
class Join:
    alarm: Alarm


@frozen
class Note:
    """The signal is kept but raises nothing. `reason`: quiet, retained, test, nothing_to_call_off."""

    reason: str


def origin_of(signal: Signal, directory: Directory, visit: Visit | None = None) -> Origin:
    """The place is the zone of the device or the desk, else the `visit` that is running, else the office that the person is checked in
    to, else all offices of the person. The device's owner is whoever took it along, else its holder now.

    A press of an unknown device counts at its gateway's office and is marked as such.
    """
    device = directory.devices.get(signal.device_id or "")
    if visit is not None and visit.office_id in directory.offices and not _at_desk(signal, device, directory):
        return _on_visit(signal, visit, directory)
    if device is not None:
        return _of_device(signal, device, directory)
    if signal.device_id is not None:
        doubtful = replace(signal, verified=False, doubt=signal.doubt or Doubt.UNKNOWN_DEVICE)
        office_id = _office(signal.office_id, directory)
        return Origin(doubtful, office_id, signal.zone_id, None, f"device:{signal.device_id}", _known("desk_alarm", directory))
    person = directory.people.get(signal.person_id or "")
    if person is None:
        office_id = _office(signal.office_id, directory)
        return Origin(signal, office_id, signal.zone_id, None, f"signal:{signal.id}", _known("desk_alarm", directory))
    at_desk = signal.office_id in person.offices and _at_desk(signal, None, directory)
    if at_desk:
        place = Whereabouts(signal.office_id, signal.zone_id)
    else:
        place = whereabouts(person, signal.office_id, directory)
    situation = "desk_alarm" if at_desk or place.inside else "portable_alarm_outside"
    if signal.kind is Kind.MISSED_CHECKIN:
        situation = "missed_checkin"
    return Origin(signal, place.office_id, place.zone_id, person.id, person.id, _known(situation, directory), place.also_in)


def _at_desk(signal: Signal, device: Device | None, directory: Directory) -> bool:
    """Whether the signal itself says where it was pressed: a fixed device, or a screen in a zone."""
    if device is not None:
        return device.kind is not DeviceKind.PORTABLE
    return directory.zone(signal.office_id, signal.zone_id) is not None


def _on_visit(signal: Signal, visit: Visit, directory: Directory) -> Origin:
    person_id = signal.person_id if signal.person_id in directory.people else visit.worker_id
    situation = "missed_checkin" if signal.kind is Kind.MISSED_CHECKIN else "portable_alarm_outside"
    return Origin(signal, visit.office_id, None, person_id, person_id, _known(situation, directory), (), visit)


def _of_device(signal: Signal, device: Device, directory: Directory) -> Origin:
    """A fixed device is where it hangs; a portable one is where its holder is."""
    holder = device.holder_id if device.holder_id in directory.people else None
    raiser_id = signal.person_id if signal.person_id in directory.people else holder
    zone_id = signal.zone_id or device.zone_id
    place = Whereabouts(device.office_id, zone_id)
    if zone_id is None and raiser_id is not None:
        place = whereabouts(directory.people[raiser_id], device.office_id, directory)
        lent = () if place.inside or device.office_id in (place.office_id, *place.also_in) else (device.office_id,)
        # whoever carries an alarm is not at his desk because he is in the house
        place = replace(place, zone_id=None, also_in=(*place.also_in, *lent))
    presser = raiser_id or f"device:{device.id}"
    return Origin(signal, place.office_id, place.zone_id, raiser_id, presser, _known(device.situation, directory), place.also_in)


@frozen
class Whereabouts:
    office_id: str
    zone_id: str | None
    also_in: tuple[str, ...] = ()
    inside: bool = False


def whereabouts(person: Person, said_office_id: str, directory: Directory) -> Whereabouts:
    """Where somebody without a fixed device is: the office checked in to (and his own zone, in his home office), else all of his
    offices, the one that the signal names first."""
    for office_id in person.offices:
        if directory.present(person.id, office_id):
            return Whereabouts(office_id, person.zone_id if office_id == person.offices[0] else None, (), True)
    first = said_office_id if said_office_id in person.offices else person.offices[0]
    return Whereabouts(first, None, tuple(office_id for office_id in person.offices if office_id != first))


def _office(office_id: str, directory: Directory) -> str:
    """The gateway's office; a signal that names none that exists goes to the first office, rather than nowhere."""
    return office_id if office_id in directory.offices else next(iter(directory.offices))


def _known(situation: str, directory: Directory) -> str:
    situations = directory.content.situations
    return situation if situation in situations else next(iter(situations), situation)


def triage(origin: Origin, open_alarms: Iterable[Alarm], directory: Directory, test: bool, drill: Drill | None = None) -> Open | Join | Note:
    """Joins an open alarm of the same person, or of the same zone where the zone says so, with the same drill mark; else opens.

    What near surfaces cannot see (opened under duress, or feigned to be cancelled) is joined by duress signals only: an open press
    must be seen to arrive, and a duress signal must leave no trace in what they see. Duress is real, also in a drill.

    Only a retained message never raises (an identical id is caught before). `test`: it is the press for which the device was armed by name
    (`meant_by_arming`), and no real alarm is open beside it. A gesture that means *test* is a press else.
    """
    signal = origin.signal
    if signal.kind in QUIET:
        return Note("quiet")
    if signal.retained:
        return Note("retained")
    if test:
        return Note("test")
    duress = signal.kind is Kind.DURESS
    mark = None if duress or drill is None else drill.id
    same_mark = [a for a in open_alarms if a.open and (a.drill.id if a.drill else None) == mark and duress is (a.hidden or a.feigned is not None)]
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


def meant_by_arming(signal: Signal, now: datetime, armed_until: datetime, limits: Limits) -> bool:
    """Whether a signal of a device that is armed until then may be what it was armed for: a press that nobody can have forged. What was kept back by a cut
    line and heard before anybody armed the device is a cry: reckoned by how long its sender had it, since two clocks may be apart."""
    if signal.kind not in PRESSES or not signal.verified:
        return False
    kept = waited(signal)
    return not kept or now - kept >= armed_until - timedelta(seconds=limits.armed_s)


def as_press(signal: Signal) -> Signal:
    """A test gesture of a device that was not armed is a press: no gesture of an alarm device means test by itself."""
    return replace(signal, kind=Kind.PANIC, detail="test gesture, not armed") if signal.kind is Kind.TEST else signal


def place_of(origin: Origin, directory: Directory) -> Place:
    office = directory.offices[origin.office_id]
    if origin.visit is not None:
        where = origin.visit.where
        return Place(office.name, where.address or office.address, detail=where.detail)
    zone = directory.zone(origin.office_id, origin.zone_id)
    if zone is None:
        offices = [office, *(directory.offices[one] for one in origin.also_in)]
        return Place(" / ".join(o.name for o in offices), " / ".join(o.address for o in offices), also_in=origin.also_in)
    return Place(office.name, office.address, zone.id, zone.name, zone.floor, zone.detail, zone.public)


def plan_of(origin: Origin, directory: Directory) -> tuple[Plan, str]:
    """The plan and the situation: a thinly staffed office uses its small-office situation. Where it may be in several offices, the
    first one's plan, whose steps also tell those whom the others' plans would tell at the same time."""
    situation = situation_at(origin, directory)
    plan = directory.plan_for(origin.office_id, origin.signal.kind, origin.zone_id, situation)
    for office_id in origin.also_in:
        other = directory.plan_for(office_id, origin.signal.kind, None, situation)
        plan = replace(plan, steps=beside(plan.steps or (EVERYONE,), [_there(step, office_id) for step in freeze(other, directory, origin.raiser_id)]))
    return plan, situation


def situation_at(origin: Origin, directory: Directory) -> str:
    """The situation of the press; where few are in the house, what the office's size puts in its place."""
    staffing = directory.content.staffing_of(directory.offices[origin.office_id].size)
    if directory.fewer_present_than(staffing.off_site_when_present_below, origin.office_id, origin.raiser_id):
        return staffing.use_instead.get(origin.situation, origin.situation)
    return origin.situation


def beside(steps: Sequence[Step], others: Sequence[Step]) -> tuple[Step, ...]:
    """Two plans as one: their steps start together, and the shorter one's last goes on beside the rest of the other."""
    both = [(steps[min(n, len(steps) - 1)], others[min(n, len(others) - 1)]) for n in range(max(len(steps), len(others)))]
    return tuple(
        Step(
            tuple(dict.fromkeys((*one.tell, *other.tell))), tuple(dict.fromkeys((*one.channels, *other.channels))), min(one.wait_s, other.wait_s)
        )
        for one, other in both
    )


def _there(step: Step, office_id: str) -> Step:
    """The same step, told from another office: what it names is meant in its own."""
    return replace(step, tell=tuple(replace(selector, office_id=office_id) for selector in step.tell))


def late_s(pressed_at: datetime | None, heard_at: datetime) -> float:
    """Seconds between the press by the device's own clock and when it was heard; 0 where that is unknown or absurd."""
    seconds = (heard_at - pressed_at).total_seconds() if pressed_at else 0.0
    return seconds if 0 < seconds < ABSURD_S else 0.0
