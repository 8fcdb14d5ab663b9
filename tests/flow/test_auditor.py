"""What the auditor finds: each kind of wrong, and nothing where all is well."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.directory import Contact, ContactKind, Selector, Step
from server.core.values import replace
from server.flow.auditor import audit
from server.store.contract import Change, GatewayState
from tests.flow.house import House
from tests.flow.people import ELSEWHERE, NEIGHBOUR, OFFICE, STEPS, the_directory


ALL = (OFFICE, NEIGHBOUR, ELSEWHERE)


def found(house: House) -> set[str]:
    return {finding.what for finding in audit(house.context)}


def test_nothing_is_found_where_all_is_well(house: House) -> None:
    house.press()
    house.deliver()
    house.store.set_gateway(GatewayState("g-1", house.clock.now))
    assert found(house) == set()


def test_an_open_alarm_without_a_deadline_is_found(house: House) -> None:
    alarm = house.press()
    broken = replace(alarm, version=alarm.version + 1, plan=replace(alarm.plan, due_at=None))
    house.store.commit(Change(house.clock.now, [(alarm.version, broken)]))
    assert "open_without_deadline" in found(house)


def test_a_deadline_that_nobody_delivers_is_found_after_five_seconds(house: House) -> None:
    house.press()
    house.clock.push(35)
    assert "overdue" not in found(house)
    house.clock.push(1)
    assert "overdue" in found(house)
    house.tick()
    assert "overdue" not in found(house)


def test_an_order_that_nobody_carries_out_is_found(house: House) -> None:
    house.press()
    house.clock.push(46)
    assert "stale_orders" in found(house)


def test_an_order_for_a_device_that_no_gateway_fetches_is_found(house: House) -> None:
    house.press()
    house.deliver()
    house.clock.push(46)
    house.tick()
    for _ in range(3):
        house.deliver()
    assert "stale_orders" in found(house)


def test_an_empty_last_step_is_found(house: House) -> None:
    house.edit(plans=the_directory(steps=(STEPS[0], Step(()))).plans)
    assert "empty_last_step" in found(house)


@pytest.mark.parametrize(
    "meant",
    [
        Selector("role", "nobody_has_it"), Selector("person", "ghost"), Selector("contact", "deleted"), Selector("contact", "no-number"),
        Selector("neighbours"), Selector("on_duty", office_id="gone"), Selector("person", "vegg"), Selector("nonsense"),
    ],
    ids=str,
)  # fmt: skip
def test_a_last_step_that_means_nobody_even_with_everybody_on_duty_is_found(house: House, meant: Selector) -> None:
    here = the_directory(steps=(STEPS[0], Step((meant,))))
    wall = replace(here.people["tor"], id="vegg", surface="wallboard")
    silent = Contact("no-number", OFFICE, "Uten nummer", "", ContactKind.GUARD)
    alone = replace(here.offices[OFFICE], neighbours=(ELSEWHERE,))
    deaf = {one: replace(person, access=person.access - {"responder"}) if one in ("per", "odd") else person for one, person in here.people.items()}
    plans = [one for one in here.plans if one.office_id == OFFICE]
    house.edit(plans=tuple(plans), people=deaf | {"vegg": wall}, offices=here.offices | {OFFICE: alone}, contacts=here.contacts | {silent.key: silent})
    [finding] = audit(house.context)
    assert (finding.what, finding.detail) == ("empty_last_step", "plan-fjordvik")


@pytest.mark.parametrize(
    "meant", [Selector("role", "responder"), Selector("person", "liv"), Selector("contact", "vekter"), Selector("neighbours"), Selector("on_duty")], ids=str
)
def test_a_house_that_is_closed_for_the_night_is_no_finding(house: House, meant: Selector) -> None:
    house.edit(plans=the_directory(steps=(STEPS[0], Step((meant,)))).plans[:1], duty={})
    assert audit(house.context) == []


def test_a_silent_gateway_is_found(house: House) -> None:
    house.store.set_gateway(GatewayState("g-1", house.clock.now - timedelta(seconds=41)))
    house.store.set_gateway(GatewayState("g-2", house.clock.now))
    [finding] = audit(house.context)
    assert (finding.what, finding.count, finding.detail) == ("silent_gateway", 1, "g-1")


def test_a_gateway_that_has_never_been_heard_is_silent_and_one_that_was_taken_away_is_not_missed(house: House) -> None:
    house.store.set_gateway(GatewayState("old", house.clock.now - timedelta(days=3)))
    [finding] = audit(house.context, {"new": ALL})
    assert (finding.what, finding.detail) == ("silent_gateway", "new")
    house.store.set_gateway(GatewayState("new", house.clock.now))
    assert audit(house.context, {"new": ALL}) == []


def test_a_gateway_without_its_broker_is_found(house: House) -> None:
    house.store.set_gateway(GatewayState("g-1", house.clock.now, broker="down"))
    [finding] = audit(house.context)
    assert (finding.what, finding.count, finding.detail) == ("broker_down", 1, "g-1")


def test_a_gateway_whose_disk_takes_nothing_is_found_while_it_is_heard(house: House) -> None:
    house.store.set_gateway(GatewayState("g-1", house.clock.now, spool="broken"))
    house.store.set_gateway(GatewayState("g-2", house.clock.now))
    [finding] = audit(house.context)
    assert (finding.what, finding.count, finding.detail) == ("spool_broken", 1, "g-1")
    house.store.set_gateway(GatewayState("g-1", house.clock.now - timedelta(seconds=41), spool="broken"))
    assert [one.what for one in audit(house.context)] == ["silent_gateway"]


def test_an_office_whose_buttons_nobody_is_to_hear_is_found(house: House) -> None:
    offices = {device.office_id for device in house.directory.devices.values()}
    assert OFFICE in offices
    found_ = {finding.what: finding.detail for finding in audit(house.context, {})}
    assert found_ == {"no_gateway": ",".join(sorted(offices))}
