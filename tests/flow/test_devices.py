"""What a gateway hands in is kept, however odd it is; what its devices are told goes to the gateway of their own office."""

from __future__ import annotations

import json

from server.core.local_table import signature as sign
from server.core.signals import Kind, Signal
from server.core.values import replace
from server.flow import devices
from server.flow.actions import arm, set_duty
from tests.core.world import OFFICE, T0

PRESS = Signal("b-1-1", Kind.PANIC, "nav-fjordvik", T0, device_id="b")


def test_a_press_with_an_absurd_battery_is_a_press() -> None:
    assert devices.within(replace(PRESS, battery=2**70), ("nav-fjordvik",)) == PRESS


def test_an_id_that_no_database_takes_is_kept_as_one_that_it_does_and_stays_told_from_others() -> None:
    one, other = (devices.within(replace(PRESS, id=text), ("nav-fjordvik",)).id for text in ("a\0b", "a\1b"))
    assert one.isprintable() and other.isprintable() and one != other
    assert len(devices.within(replace(PRESS, id="x" * 10_000), ()).id) < 300


def test_a_gateway_speaks_for_its_own_offices_only() -> None:
    assert devices.within(replace(PRESS, office_id="elsewhere"), ("nav-fjordvik",)).office_id == "nav-fjordvik"


def test_what_is_ordinary_is_left_as_it_is() -> None:
    assert devices.within(PRESS, ("nav-fjordvik",)) == PRESS


def test_a_gateways_table_is_signed_for_it_and_answers_its_question(house) -> None:
    text, signature = devices.local_table(house.context, (OFFICE,), "token", "abc123")
    told = json.loads(text)
    assert (told["nonce"], told["armed"], signature) == ("abc123", {}, sign("token", text))
    arm(house.context, "knapp", "drill", "liv")
    told = json.loads(devices.local_table(house.context, (OFFICE,), "token", "abc124")[0])
    assert told["armed"] == {"knapp": ["drill", 120.0]} and "liv" not in json.dumps(told)


def test_what_a_gateway_may_light_is_made_again_only_when_the_directory_is_another(house) -> None:
    def rows(*offices: str) -> dict:
        return json.loads(devices.local_table(house.context, offices, "token", "abc")[0])["devices"]

    first, made = rows(OFFICE), house.context.tables[frozenset({OFFICE})]
    assert rows(OFFICE) == first and house.context.tables[frozenset({OFFICE})] is made
    other = replace(house.directory.devices["knapp"], zone_id=None)
    house.edit(devices={**house.directory.devices, "knapp": other})
    assert rows(OFFICE)["knapp"]["place"] == "" != first["knapp"]["place"]
    assert rows("elsewhere") == {} and rows(OFFICE) != first, "each gateway has its own"


def test_whoever_arms_a_device_or_comes_on_duty_rings_for_the_gateways_lists(house) -> None:
    rung: list[str] = []
    house.context.bell.listen(rung.extend)
    arm(house.context, "knapp", "test", "liv")
    set_duty(house.context, "eva", OFFICE, "present")
    assert rung.count("gateway_lists") == 2
