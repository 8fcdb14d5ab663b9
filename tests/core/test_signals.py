"""A signal's fingerprint: copies of one press are one, other content is another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.signals import Kind, Signal, boot_and_number
from server.core.values import replace
from tests.core.world import T0

FROM_APP = Signal("amina:0192", Kind.PANIC, "nav-fjordvik", T0, person_id="amina", pressed_at=T0, detail="app")
FROM_BUTTON = Signal("b-1-1", Kind.PANIC, "nav-fjordvik", T0, device_id="b", pressed_at=T0)


def test_an_app_that_tries_again_later_has_not_pressed_again() -> None:
    again = replace(FROM_APP, heard_at=T0 + timedelta(seconds=9), pressed_at=T0 - timedelta(seconds=1))
    assert again.digest() == FROM_APP.digest()


def test_when_a_copy_is_heard_makes_no_other_press_of_it() -> None:
    assert replace(FROM_BUTTON, heard_at=T0 + timedelta(minutes=5)).digest() == FROM_BUTTON.digest()


def test_the_same_id_with_another_kind_or_time_of_press_is_another_press() -> None:
    assert replace(FROM_BUTTON, kind=Kind.ASSIST).digest() != FROM_BUTTON.digest()
    assert replace(FROM_BUTTON, pressed_at=T0 + timedelta(seconds=1)).digest() != FROM_BUTTON.digest()


@pytest.mark.parametrize(
    ("signal_id", "found"),
    [("karis-7-3", (7, 3)), ("karis-10-2", (10, 2)), ("karis-7-3-retained", None), ("karis-unsigned-0a1b", None), ("0192", None), ("", None)],
)
def test_only_what_a_device_of_our_own_has_signed_and_numbered_has_an_order(signal_id: str, found: tuple[int, int] | None) -> None:
    assert boot_and_number(signal_id, "karis") == found
