"""The office that the tests of the doors are about. Everybody has a fixed meaning.

Kari sits at the counter and presses. Ola and Nina respond. Liv leads and owns the plan. Erik sits at the counter too, with the desk
screen. Sara works in the neighbour office, which Nils leads. Per is from another office, which Odd leads, and must see nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.core.cards import Card, CardStep, Content, Mark, QuickSwitch, Situation, Staffing
from server.core.directory import (
    Contact,
    ContactKind,
    Device,
    DeviceKind,
    Directory,
    Duty,
    Office,
    Person,
    Plan,
    Selector,
    Step,
    Zone,
    directory,
)
from server.core.values import replace

OFFICE, NEIGHBOUR, ELSEWHERE = "fjordvik", "lillevik", "fjellby"
PIN, DURESS_PIN = "2468", "2469"

PAIR = (("responder", 2), ("coordinator", 1))
ROLES = ("responder", "coordinator", "caller_112", "logger", "remote_responder", "leader", "alarm_raiser")


def card(role: str) -> Card:
    return Card(role, (CardStep("ack", {"nb": "Svar"}), CardStep("ring_112", {"nb": "Ring 112"}, mark="police_called")))


def situation(name: str, go_to_scene: str = "pair", silent: bool = False, level: str = "emergency") -> Situation:
    roles = (*ROLES, "all_staff") if go_to_scene == "sheltered" else ROLES
    cover = PAIR if go_to_scene == "pair" else (("caller_112", 1), ("leader", 1))
    return Situation(name, level, silent, go_to_scene, "after_112", cover, {role: card(role) for role in roles})


CONTENT = Content(
    situations={
        one.id: one
        for one in (
            situation("desk_alarm"),
            situation("portable_alarm_outside"),
            situation("missed_checkin", level="assist"),
            situation("armed_threat", "sheltered", silent=True),
        )
    },
    marks={
        "acknowledged": Mark("acknowledged", {"nb": "Svart"}, set_by=("acknowledge",)),
        "on_scene": Mark("on_scene", {"nb": "Framme"}, set_by=("arrive",)),
        "safe_confirmed": Mark("safe_confirmed", {"nb": "Trygg"}, set_by=("confirm",)),
        "police_called": Mark("police_called", {"nb": "112 er ringt"}),
        "police_expected": Mark("police_expected", {"nb": "Politiet kommer"}, asks_time=True),
    },
    staffing=(Staffing(None, {}, 3, {}),),
    switches={"weapon": QuickSwitch("weapon", "armed_threat", frozenset({"desk_alarm"}))},
)


def person(name: str, *roles: str, access: str = "worker", zone: str | None = None, office: str = OFFICE, phone: str = "+47 1") -> Person:
    return Person(name, name.capitalize(), (office,), frozenset(roles), frozenset(access.split()), phone=phone, zone_id=zone)


PEOPLE = (
    person("kari", "responder", zone="mottak"),
    person("ola", "responder", access="worker responder", zone="kontor"),
    person("nina", "responder", "caller_112", access="worker responder", zone="kontor"),
    person("liv", "coordinator", "leader", access="worker office_lead", zone="leder"),
    person("erik", "logger", access="worker desk", zone="mottak"),
    person("tor", access="worker administrator", zone="leder"),
    person("sara", "remote_responder", access="worker responder", office=NEIGHBOUR),
    person("nils", access="worker office_lead", office=NEIGHBOUR),
    person("per", "responder", access="worker responder administrator", office=ELSEWHERE),
    person("odd", access="worker office_lead", office=ELSEWHERE),
)

HOME = {one.id: one.offices[0] for one in PEOPLE}
PRESENT = {(one.id, one.offices[0]): Duty.PRESENT for one in PEOPLE}

ZONES = (
    Zone("mottak", OFFICE, "Mottak", "1. etasje", public=True, joins_presses=True),
    Zone("kontor", OFFICE, "Kontor", "2. etasje"),
    Zone("leder", OFFICE, "Lederkontor", "2. etasje"),
)

DEVICES = (
    Device("knapp", OFFICE, "Skrankeknapp", DeviceKind.BUTTON, "mottak"),
    Device("karis", OFFICE, "Karis alarm", DeviceKind.PORTABLE, "mottak", "kari"),
    Device("eriks", OFFICE, "Eriks alarm", DeviceKind.PORTABLE, "kontor", "erik"),
    Device("lampe-mottak", OFFICE, "Lampe mottak", DeviceKind.LAMP, "mottak"),
    Device("lampe-kontor", OFFICE, "Lampe kontor", DeviceKind.LAMP, "kontor"),
    Device("pers", ELSEWHERE, "Pers alarm", DeviceKind.PORTABLE, None, "per"),
)

CONTACTS = (
    Contact("vekter", OFFICE, "Vekter", "+47 2", ContactKind.GUARD, drills=False),
    *(
        Contact("sentral", office, "Alarmsentral", "+47 3", ContactKind.ALARM_CENTRE, drills=True)
        for office in (OFFICE, NEIGHBOUR, ELSEWHERE)
    ),
)

ALL_CHANNELS = ("screen", "push", "sms", "voice")

STEPS = (
    Step((Selector("role", "responder"), Selector("role", "coordinator")), ALL_CHANNELS, 30),
    Step((Selector("on_duty"), Selector("neighbours")), ALL_CHANNELS, 30),
    Step((Selector("person", "liv"), Selector("contact", "vekter"), Selector("contact", "sentral")), ALL_CHANNELS, 45),
)

APART = (*STEPS[:2], Step((Selector("person", "odd"), Selector("contact", "sentral")), ALL_CHANNELS, 45))
"""The other office's: it names nobody of ours."""


def plan(office: str = OFFICE, owner: str = "liv", steps: Sequence[Step] = STEPS) -> Plan:
    return Plan(f"plan-{office}", office, owner, tuple(steps))


def the_directory(steps: Sequence[Step] = STEPS, **changes: object) -> Directory:
    """The office as all tests begin; `steps` of the plan, and any field of the Directory, may be others."""
    built = directory(
        offices=(
            Office(OFFICE, "Nav Fjordvik", "Havnegata 4", size=8, neighbours=(NEIGHBOUR,)),
            Office(NEIGHBOUR, "Nav Lillevik", "Torget 1", size=3),
            Office(ELSEWHERE, "Nav Fjellby", "Storgata 9", size=3),
        ),
        zones=ZONES,
        devices=DEVICES,
        people=PEOPLE,
        contacts=CONTACTS,
        plans=(plan(steps=steps), plan(NEIGHBOUR, "nils"), plan(ELSEWHERE, "odd", APART)),
        content=CONTENT,
        duty=PRESENT,
    )
    return replace(built, **changes)  # type: ignore[arg-type]
