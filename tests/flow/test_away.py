"""Whoever is out on a visit is not in the house: he is not counted there, not told by its steps, and not rung beside whoever he sits with."""

from __future__ import annotations

from server.core.access import Viewer
from server.core.orders import Say
from server.core.values import replace
from server.flow import devices
from server.store.memory import MemoryStore
from tests.flow.house import House
from tests.flow.people import CONTENT, OFFICE, PEOPLE

OUT = frozenset({"ola", "nina"})


def test_people_out_on_a_visit_are_neither_counted_nor_told_and_their_empty_role_is_said(house: House) -> None:
    house.edit(away=OUT)
    alarm = house.press("karis")
    assert set(alarm.told) == {"liv"} and "nobody_for_role" in house.words(alarm)
    assert [order.reason for order in house.orders(alarm, Say.ALARM, "liv")] == ["nobody_for_role:responder"]
    while not house.again(alarm).plan.last:
        house.tick(30)
    sent = [*house.deliver(), *house.deliver(11), *house.deliver(11)]
    assert sent and not OUT & {who for _, who, _ in sent}, "and nothing else was sent"


def test_a_house_that_is_thin_because_people_are_out_goes_outside_in_the_first_step(house: House) -> None:
    thin = replace(CONTENT, staffing=tuple(replace(one, off_site_when_present_below=5) for one in CONTENT.staffing))
    house.edit(content=thin)
    assert house.directory.present_count(OFFICE, "kari") == 6
    house.edit(away=OUT)
    assert house.directory.present_count(OFFICE, "kari") == 4
    alarm = house.press("karis")
    assert {"sara", "@fjordvik/vekter"} <= set(alarm.told)


def test_few_in_the_house_is_what_is_counted_in_it(house: House) -> None:
    for away in (frozenset(), OUT, OUT | {"liv", "kari", "erik"}):
        house.edit(away=away)
        for presser in (None, "kari", "somebody else"):
            present = house.directory.present_count(OFFICE, presser)
            assert [n for n in range(12) if house.directory.fewer_present_than(n, OFFICE, presser)] == list(range(present + 1, 12))
    assert house.directory.fewer_present_than(1, "nowhere", None) and not house.directory.fewer_present_than(0, "nowhere", None)


def test_who_is_out_is_not_among_those_who_could_come() -> None:
    house = House(MemoryStore())
    house.edit(channels=frozenset({"push", "sms"}))
    everyone = [one.id for one in PEOPLE]
    before = devices.office_now(house.context, Viewer("erik", "desk", "mottak"), OFFICE, everyone)
    house.edit(away=OUT)
    after = devices.office_now(house.context, Viewer("erik", "desk", "mottak"), OFFICE, everyone)
    assert {one["person_id"] for one in before["reachable"]} - {one["person_id"] for one in after["reachable"]} == OUT
    assert before["readiness"]["state"] == "ready" and after["readiness"]["state"] == "gaps"
    assert not any(house.directory.present_somewhere(one) for one in OUT)


def test_a_helper_who_goes_out_on_a_visit_hears_the_rest_without_a_sound(house: House) -> None:
    alarm = house.press("karis")
    house.deliver()
    house.act("ola", alarm, "acknowledge")
    house.edit(away=frozenset({"ola"}))
    house.end(alarm, "nina")
    [clear] = house.orders(alarm, Say.ALL_CLEAR, "ola")
    assert clear.quiet and set(clear.ladder) <= {"push"}
