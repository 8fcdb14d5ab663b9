"""Where a press is: the device's or the desk's zone, else the office that one is checked in to, else all of one's offices."""

from __future__ import annotations


import pytest

from server.core import access, orders
from server.core.access import Viewer
from server.core.directory import Directory, Duty, Person, Plan
from server.core.triage import origin_of, place_of
from server.flow.context import streams_of
from tests.core.world import (
    NEIGHBOUR,
    OFFICE,
    PEOPLE,
    PHONE,
    PRESENT,
    coming,
    nothing_else_was_sent,
    opened,
    resolve,
    sent,
    signal,
    step,
    tells,
    wait_until,
    world,
)
from server.core.model import State
from server.core.orders import Say
from server.core.values import replace

BOTH = (OFFICE, NEIGHBOUR)


def serving(*offices: str, duty: dict[str, Duty] | None = None, plans: tuple[Plan, ...] | None = None, **of: object) -> Directory:
    """Ada serves these offices, and is checked in where `duty` says."""
    people: list[Person] = [replace(one, offices=offices, **of) if one.id == "ada" else one for one in PEOPLE]  # type: ignore[arg-type]
    everyone = {key: value for key, value in PRESENT.items() if key[0] != "ada"}
    return world(plans or TWO_PLANS, duty=everyone | {("ada", office): value for office, value in (duty or {}).items()}, people=people)


TWO_PLANS = (
    Plan("plan", OFFICE, "liv", (tells("role:caller_112", wait_s=40), tells("person:liv", wait_s=50), tells("on_duty", "contact:vekter"))),
    Plan("lillevik", NEIGHBOUR, "nils", (tells("role:remote_responder", wait_s=30), tells("on_duty", channels=("screen", "voice")))),
)

#        who presses what                                where she is                        office     zone        also in
PLACES = [
    ("a fixed device", {"by": None, "device_id": "knapp"}, serving(OFFICE), (OFFICE, "mottak", ())),
    ("a fixed device, whoever presses", {"by": "ada", "device_id": "knapp"}, serving(*BOTH, duty={NEIGHBOUR: Duty.PRESENT}), (OFFICE, "mottak", ())),
    ("the zone that the signal names before the device's", {"by": None, "device_id": "knapp", "zone_id": "kontor"}, serving(OFFICE), (OFFICE, "kontor", ())),
    ("a desk's own zone, checked in or not", {"by": "ada", "zone_id": "mottak"}, serving(*BOTH), (OFFICE, "mottak", ())),
    ("a desk in the other office", {"by": "ada", "zone_id": "mottak", "office_id": NEIGHBOUR}, serving(*BOTH), (NEIGHBOUR, "mottak", ())),
    ("a zone of an office that one does not serve is none", {"by": "ada", "zone_id": "mottak", "office_id": NEIGHBOUR}, serving(OFFICE), (OFFICE, None, ())),
    ("checked in at home: one's own zone", {"by": "ada"}, serving(*BOTH, duty={OFFICE: Duty.PRESENT}), (OFFICE, "landskap", ())),
    ("checked in elsewhere", {"by": "ada"}, serving(*BOTH, duty={NEIGHBOUR: Duty.PRESENT}), (NEIGHBOUR, None, ())),
    ("on duty is not checked in", {"by": "ada"}, serving(*BOTH, duty=dict.fromkeys(BOTH, Duty.ON_DUTY)), (OFFICE, None, (NEIGHBOUR,))),
    ("off duty", {"by": "ada"}, serving(*BOTH), (OFFICE, None, (NEIGHBOUR,))),
    ("one office only", {"by": "ada"}, serving(OFFICE), (OFFICE, None, ())),
    ("the office that the app names comes first", {"by": "ada", "office_id": NEIGHBOUR}, serving(*BOTH), (NEIGHBOUR, None, (OFFICE,))),
    ("a portable alarm: where its holder is checked in", {"by": None, "device_id": "adas"}, serving(*BOTH, duty={NEIGHBOUR: Duty.PRESENT}),
     (NEIGHBOUR, None, ())),
    ("a portable alarm is no desk", {"by": None, "device_id": "adas"}, serving(*BOTH, duty={OFFICE: Duty.PRESENT}), (OFFICE, None, ())),
    ("a portable alarm whose holder is checked in nowhere", {"by": None, "device_id": "adas"}, serving(*BOTH), (OFFICE, None, (NEIGHBOUR,))),
    ("a portable alarm that was lent", {"by": None, "device_id": "adas"}, serving(NEIGHBOUR), (NEIGHBOUR, None, (OFFICE,))),
]  # fmt: skip


@pytest.mark.parametrize(("press", "here", "expected"), [case[1:] for case in PLACES], ids=[case[0] for case in PLACES])
def test_the_place_of_a_press(press: dict[str, object], here: Directory, expected: tuple[str, str | None, tuple[str, ...]]) -> None:
    origin = origin_of(signal(**press), here)  # type: ignore[arg-type]
    assert (origin.office_id, origin.zone_id, origin.also_in) == expected
    place = place_of(origin, here)
    assert place.also_in == expected[2]
    names = [here.offices[one].name for one in (expected[0], *expected[2])]
    assert place.office == " / ".join(names) and all(here.offices[one].address in place.address for one in (expected[0], *expected[2]))


def test_where_it_may_be_in_two_offices_both_plans_run_side_by_side() -> None:
    here = serving(*BOTH)
    decision = opened(by="ada", here=here)
    nothing_else_was_sent(decision, alarm=[*(one for one in sent(decision) if one.startswith("device:")), "jon", "nils"])
    assert decision.alarm.plan.steps[0].wait_s == 30, "the shorter wait"
    _, decided = wait_until(decision, 31, here)
    assert {"liv", "per"} <= {one for each in decided for one in sent(each, Say.ALARM)}, "everyone on duty there, and the leader here"
    alarm, decided = wait_until(decision, 90, here)
    assert {"@fjordvik/vekter", "per", "kari"} <= set(alarm.told) and alarm.plan.last
    assert "@lillevik/vekter" not in alarm.told


def test_the_lights_of_both_houses_are_lit_by_their_own_gateways() -> None:
    here = serving(*BOTH)
    decision = opened(by="ada", here=here, situation="evacuation")
    lit = {one.recipient: one.office_id for one in decision.orders if one.recipient.startswith("device:lampe")}
    assert lit == {"device:lampe-mottak": OFFICE, "device:lampe-landskap": OFFICE, "device:lampe-lillevik": NEIGHBOUR}
    silent = orders.outputs(decision.alarm, here, silent=True, sheltering=False)
    assert {one.id for one in silent} == {"lampe-landskap", "sirene-landskap"}, "never in a room that is open to visitors"


def test_those_who_lead_in_either_office_see_it_and_may_end_it_and_both_houses_screens_look() -> None:
    here = serving(*BOTH)
    alarm = opened(by="ada", here=here).alarm
    people = [replace(one, access=frozenset({"worker", "office_lead"})) if one.id == "per" else one for one in here.people.values()]
    leads_there = world(TWO_PLANS, people=people)
    for viewer in (PHONE["liv"], PHONE["per"]):
        assert access.may_see(viewer, alarm, leads_there) and access.may_act(viewer, "resolve", alarm, leads_there)
    assert not access.may_see(PHONE["per"], opened(by="kari", here=here).alarm, leads_there)
    assert access.is_near(Viewer("per", "wallboard"), alarm, leads_there)
    assert {office for office, _ in streams_of(alarm, here)} == set(BOTH)


def test_a_colleague_in_either_house_is_given_a_role_of_the_house_and_its_time() -> None:
    here = serving(*BOTH)
    alarm = opened(by="ada", here=here, situation="desk_alarm").alarm
    coming_there = step(alarm, coming("per"), 5, here)
    held = coming_there.alarm.assignment("per")
    assert held is not None and held.role == "responder"
    assert held.lapse_at is not None and (held.lapse_at - held.since).total_seconds() == here.limits.lapse_in_house_s
    assert step(coming_there, resolve("per"), 9, here).alarm.state is State.RESOLVED


def test_an_office_plan_without_steps_still_tells_the_other_house() -> None:
    here = serving(*BOTH, plans=(Plan("plan", OFFICE, "liv", ()), TWO_PLANS[1]))
    assert {"nils", "ola", "kari"} <= set(opened(by="ada", here=here).alarm.told)


