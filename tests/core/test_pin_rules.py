"""Promises about PINs that are chosen: what anybody would guess is refused, and two that a slip takes for each other."""

from __future__ import annotations

import pytest

from server.core.pin_rules import refused


@pytest.mark.parametrize("pin", ["0000", "7777777", "1234", "01234567", "9876", "4321", "1212", "123123", "48484848", "1978", "2024", "2580", "0852"])
def test_what_anybody_would_try_first_is_refused_as_either_pin(pin: str) -> None:
    assert refused(pin, "7391") == "weak_pin"
    assert refused("7391", pin) == "weak_duress_pin"


@pytest.mark.parametrize("pin", ["7391", "0417", "2468", "1346", "19784", "2581", "1221", "12132", "90123"])
def test_others_may_be_used_also_beside_each_other(pin: str) -> None:
    assert refused(pin, "5062") is None and refused("5062", pin) is None


@pytest.mark.parametrize("other", ["7392", "0391", "3791", "7319", "73915", "739", "77391"])
def test_two_that_one_slip_takes_for_each_other_are_refused(other: str) -> None:
    assert refused("7391", other) == refused(other, "7391") == "like_pin"


def test_the_same_twice_is_refused_before_all_else() -> None:
    assert refused("1111", "1111") == "same_pin"
