"""Who and what there is: offices, zones, devices, people, contacts, plans, and who is on duty at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from server.core.cards import Content
from server.core.limits import DEFAULT, Limits
from server.core.signals import Kind
from server.core.values import frozen, replace
from server.core.visit.settings import DEFAULT as VISIT_DEFAULT
from server.core.visit.settings import VisitSettings


class Duty(StrEnum):
    """Off is truly off. On duty can be alerted, anywhere. Present is in the house, and on duty."""

    OFF = "off"
    ON_DUTY = "on_duty"
    PRESENT = "present"


class DeviceKind(StrEnum):
    BUTTON = "button"
    PORTABLE = "portable"
    LAMP = "lamp"
    SOUNDER = "sounder"
    HUB = "hub"  # hears bought devices; nobody presses it


class ContactKind(StrEnum):
    GUARD = "guard"
    ON_CALL = "on_call"
    ALARM_CENTRE = "alarm_centre"
    CHAT_ROOM = "chat_room"


@frozen
class Drawing:
    """A floor of an office: `svg` of shapes and words only, with an area `zone-<id>` for each of `zones`."""

    floor: str
    svg: str
    zones: tuple[str, ...]


@frozen
class Office:
    id: str
    name: str
    address: str
    phone: str = ""
    size: int = 0
    neighbours: tuple[str, ...] = ()
    placeholders: Mapping[str, str] = field(default_factory=dict)
    visits: VisitSettings = VISIT_DEFAULT
    position: tuple[float, float] | None = None
    """Where the house is on a map: degrees north and east."""
    sms_test: bool = True
    """Whether each number is proven weekly by a visible SMS, where the provider reports what became of it."""
    drawings: tuple[Drawing, ...] = ()


@frozen
class Zone:
    """A part of an office in the words people use. `public`: open to visitors. `joins_presses`: presses here are one event."""

    id: str
    office_id: str
    name: str
    floor: str = ""
    detail: str = ""
    public: bool = False
    joins_presses: bool = False


LIT = frozenset({DeviceKind.LAMP, DeviceKind.SOUNDER})
"""Kinds that are told of an alarm so that people see or hear it."""


@frozen
class Bought:
    """How a gateway hears and tells a device of another maker: what docs/dialects.md calls its dialect, and where it is in it.

    `gestures`: what its words mean where that is not *a press*. `shared`: of a hub that other things than Varde's hang on, too.
    """

    dialect: str
    address: str
    hub_id: str | None = None
    model: str = ""
    gestures: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    shared: bool = False


@frozen
class Device:
    """`situation`: the set of cards that a press here starts. `holder_id`: who carries it now. `bought`: not of Varde's own kind."""

    id: str
    office_id: str
    name: str
    kind: DeviceKind
    zone_id: str | None = None
    holder_id: str | None = None
    situation: str = "desk_alarm"
    heartbeat_s: int = 60
    bought: Bought | None = None

    @property
    def hears(self) -> bool:
        """Whether it can be told anything. A bought button has no light for it, or none that can be told."""
        return self.kind in LIT or (self.bought is None and self.kind is not DeviceKind.HUB)


@frozen
class Custody:
    """Somebody has taken a portable alarm from the shelf: its owner from then until it is handed back."""

    device_id: str
    person_id: str
    since: datetime


@frozen
class Person:
    """`offices`: home office first. `roles`: the cards this person may take. `access`: rights, the same in each office served.
    `surface`: the screen that he signs in at: phone, desk or wallboard. `wall_names`: of a wallboard that only staff see."""

    id: str
    name: str
    offices: tuple[str, ...]
    roles: frozenset[str] = frozenset()
    access: frozenset[str] = frozenset({"worker"})
    language: str = "nb"
    phone: str = ""
    zone_id: str | None = None
    surface: str = "phone"
    email: str = ""
    wall_names: bool = False


@frozen
class Contact:
    """Somebody outside: a guard, an on-call phone, an alarm centre; or a chat room. `drills`: has agreed to exercise messages. `chat` and
    `webhook` name a room and a receiver that the deployment has set up."""

    id: str
    office_id: str
    name: str
    phone: str
    kind: ContactKind
    drills: bool = False
    language: str = "nb"
    email: str = ""
    chat: str = ""
    webhook: str = ""

    @property
    def key(self) -> str:
        return f"@{self.office_id}/{self.id}"

    def channels(self) -> tuple[str, ...]:
        """The channels that this contact can be told by, the surest first."""
        has = (("webhook", self.webhook), ("sms", self.phone), ("voice", self.phone), ("email", self.email), ("chat", self.chat))
        return tuple(channel for channel, address in has if address)


@frozen
class Selector:
    """Whom a step names: by `role`, `person`, `contact`, everyone `on_duty`, or the `neighbours`; of the alarm's office, or of `office_id`."""

    by: str
    value: str = ""
    office_id: str = ""

    @property
    def outside(self) -> bool:
        return self.by in ("neighbours", "contact")


@frozen
class Step:
    tell: tuple[Selector, ...]
    channels: tuple[str, ...] = ("screen",)
    wait_s: int = 30


@frozen
class Plan:
    """Whom to tell, in which order. Empty `kinds`, `zones` or `situations` mean any; the most specific plan that fits wins."""

    id: str
    office_id: str
    owner_id: str
    steps: tuple[Step, ...]
    kinds: frozenset[Kind] = frozenset()
    zones: frozenset[str] = frozenset()
    situations: frozenset[str] = frozenset()

    def fits(self, office_id: str, kind: Kind, zone_id: str | None, situation: str) -> bool:
        return (
            self.office_id == office_id
            and (not self.kinds or kind in self.kinds)
            and (not self.zones or zone_id in self.zones)
            and (not self.situations or situation in self.situations)
        )

    @property
    def specificity(self) -> int:
        return 4 * bool(self.zones) + 2 * bool(self.situations) + bool(self.kinds)


@frozen
class Directory:
    """Everything that the core may ask about people and offices at one moment. Frozen: a change makes a new one."""

    offices: Mapping[str, Office]
    zones: Mapping[tuple[str, str], Zone]
    devices: Mapping[str, Device]
    people: Mapping[str, Person]
    contacts: Mapping[str, Contact]
    plans: tuple[Plan, ...]
    content: Content
    duty: Mapping[tuple[str, str], Duty]
    """(person id, office id) → duty. Missing means off."""
    staff: Mapping[str, tuple[str, ...]]
    """Office id → ids of those who serve it, in the order of the configuration."""
    outputs: Mapping[str, tuple[Device, ...]] = field(default_factory=dict)
    """Office id → its lamps and sounders. An index: looking through all devices at each press would cost more than the press."""
    limits: Limits = DEFAULT
    away: frozenset[str] = frozenset()
    """People who are out on a visit: they are not in the house, and must not be rung beside whoever they sit with."""
    custody: Mapping[str, Custody] = field(default_factory=dict)
    """Portable alarm → who has taken it from the shelf. Their devices have them as `holder_id`: see `lent`."""
    dialects: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Dialects that are data, compiled for the gateways: nothing here looks into them."""
    channels: frozenset[str] | None = None
    """Channels that this deployment can send by, beside the screen; None means all. Orders are not made for others."""
    reported: frozenset[str] = frozenset()
    """Those among them whose provider reports when a message is on the phone."""

    def usable(self, channels: Iterable[str]) -> tuple[str, ...]:
        """Those of the channels that this deployment can send by."""
        return tuple(one for one in channels if self.channels is None or one in self.channels)

    def proves_numbers(self, office_id: str) -> bool:
        """Whether those on duty there get a weekly test SMS. One that nobody reports would prove nothing, however often it were sent."""
        return self.offices[office_id].sms_test and "sms" in self.reported

    def on_duty(self, person_id: str, office_id: str) -> bool:
        return self.duty.get((person_id, office_id), Duty.OFF) is not Duty.OFF and person_id not in self.away

    def present(self, person_id: str, office_id: str) -> bool:
        return self.duty.get((person_id, office_id)) is Duty.PRESENT and person_id not in self.away

    def present_somewhere(self, person_id: str) -> bool:
        """In one of the houses that this person serves, and so perhaps before a screen."""
        person = self.people.get(person_id)
        if person is None or person_id in self.away:
            return False
        for office_id in person.offices:
            if self.duty.get((person_id, office_id)) is Duty.PRESENT:
                return True
        return False

    def on_duty_in(self, office_id: str) -> list[Person]:
        duty, people, away = self.duty, self.people, self.away  # written out: a country's offices are asked at once
        staff = self.staff.get(office_id, ())
        return [people[one] for one in staff if duty.get((one, office_id), Duty.OFF) is not Duty.OFF and one not in away]

    def present_count(self, office_id: str, presser_id: str | None) -> int:
        """How many are in the house, the person who pressed counted in whether checked in or not."""
        duty, away = self.duty, self.away
        others = [duty.get((one, office_id)) for one in self.staff.get(office_id, ()) if one != presser_id and one not in away]
        return others.count(Duty.PRESENT) + (presser_id is not None)

    def fewer_present_than(self, number: int, office_id: str, presser_id: str | None) -> bool:
        """As `present_count`, but looks no further than it must: it is asked at each press."""
        duty, away = self.duty, self.away
        wanted = number - (presser_id is not None)
        for one in self.staff.get(office_id, ()) if wanted > 0 else ():
            if duty.get((one, office_id)) is Duty.PRESENT and one != presser_id and one not in away:
                wanted -= 1
                if wanted <= 0:
                    return False
        return wanted > 0

    def sits_in(self, person_id: str, office_id: str, zone_id: str | None) -> bool:
        """Whether somebody's own place is in this zone. Zones are named per office: another office's reception is not this one."""
        if not zone_id:
            return False
        person = self.people.get(person_id)
        return person is not None and person.zone_id == zone_id and person.offices[0] == office_id

    def on_duty_somewhere(self, person_id: str) -> bool:
        person = self.people.get(person_id)
        return person is not None and any(self.on_duty(person_id, office_id) for office_id in person.offices)

    def zone(self, office_id: str, zone_id: str | None) -> Zone | None:
        return self.zones.get((office_id, zone_id)) if zone_id else None

    def visitors_at(self, office_ids: Iterable[str], zone_id: str | None) -> bool | None:
        """Whether visitors come into the room of a desk or wall. None where nobody has said which room that is: then it is taken for open."""
        return next((zone.public for office_id in office_ids if (zone := self.zone(office_id, zone_id)) is not None), None)

    def plan_for(self, office_id: str, kind: Kind, zone_id: str | None, situation: str) -> Plan:
        """The most specific plan of the office; else any plan of it, so that no press is ever without one.

        Raises LookupError where the office has no plan at all: the configuration check refuses such an office.
        """
        own = [plan for plan in self.plans if plan.office_id == office_id]
        fitting = [plan for plan in own if plan.fits(office_id, kind, zone_id, situation)]
        if not own:
            raise LookupError(f"office {office_id} has no plan: add one under 'plans' in its file")
        return max(fitting or own, key=lambda plan: plan.specificity)

    def administrators(self, office_id: str) -> Iterator[Person]:
        for person_id in self.staff.get(office_id, ()):
            if self.people[person_id].access & {"administrator", "office_lead"}:
                yield self.people[person_id]


def directory(
    offices: Iterable[Office],
    zones: Iterable[Zone] = (),
    devices: Iterable[Device] = (),
    people: Iterable[Person] = (),
    contacts: Iterable[Contact] = (),
    plans: Iterable[Plan] = (),
    content: Content = Content(),
    duty: Mapping[tuple[str, str], Duty] | None = None,
    limits: Limits = DEFAULT,
    dialects: Mapping[str, Mapping[str, object]] | None = None,
) -> Directory:
    """Builds a Directory from plain lists, with its indexes."""
    people = list(people)
    offices = list(offices)
    devices = list(devices)
    outputs: dict[str, tuple[Device, ...]] = {}
    for device in devices:
        if device.kind in LIT:
            outputs[device.office_id] = (*outputs.get(device.office_id, ()), device)
    staff = {office.id: tuple(p.id for p in people if office.id in p.offices) for office in offices}
    return Directory(
        offices={office.id: office for office in offices},
        zones={(zone.office_id, zone.id): zone for zone in zones},
        devices={device.id: device for device in devices},
        people={person.id: person for person in people},
        contacts={contact.key: contact for contact in contacts},
        plans=tuple(plans),
        content=content,
        duty=dict(duty or {}),
        staff=staff,
        outputs=outputs,
        limits=limits,
        dialects=dict(dialects or {}),
    )


def lent(devices: Mapping[str, Device], custody: Mapping[str, Custody]) -> Mapping[str, Device]:
    """The devices with those who have taken one from the shelf as their holders. An owner in the configuration stays the owner."""
    taken = {one.device_id: one.person_id for one in custody.values()}
    changed = {name: replace(d, holder_id=taken[name]) for name in taken if (d := devices.get(name)) is not None and d.holder_id is None}
    return {**devices, **changed} if changed else devices
