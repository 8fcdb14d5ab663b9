"""What a gateway hands in is kept, however odd it is; what its devices are told goes to the gateway of their own office."""

from __future__ import annotations

from dataclasses import replace

from server.core.signals import Kind, Signal
from server.flow import devices
from tests.core.world import T0

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
