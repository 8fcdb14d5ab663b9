"""Garbage is looked for when no alarm is on its way; where alarms never cease, now and then all the same."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from server.flow.precedence import Precedence
from server.flow.garbage import QUIET_S, WAITS_S, Garbage


class Circle:
    def __init__(self) -> None:
        self.itself = self


def left_behind() -> weakref.ref[Circle]:
    return weakref.ref(Circle())


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    was = gc.get_threshold()
    yield
    gc.set_threshold(*was)
    gc.enable()


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0
        self.precedence = Precedence(lambda: self.now_s)
        self.garbage = Garbage(self.precedence, lambda: self.now_s)
        gc.collect()  # what the tests before have left
        gc.set_threshold(50, 10, 10)


def many() -> list[Circle]:
    """More than the threshold."""
    return [Circle() for _ in range(200)]


def test_python_does_not_look_by_itself() -> None:
    Clock()
    lost, _ = left_behind(), many()
    assert lost() is not None


def test_it_is_looked_for_where_no_press_has_come() -> None:
    clock = Clock()
    lost, _ = left_behind(), many()
    assert clock.garbage.look() and lost() is None
    assert not gc.isenabled()


def test_not_while_an_alarm_is_on_its_way() -> None:
    clock = Clock()
    lost, _ = left_behind(), many()
    clock.precedence.press()
    assert not clock.garbage.look() and lost() is not None
    clock.now_s += QUIET_S
    assert clock.garbage.look() and lost() is None


def test_presses_without_end_do_not_fill_the_memory() -> None:
    clock = Clock()
    looked = 0
    for _ in range(int(3 * WAITS_S)):
        clock.now_s += 1
        clock.precedence.press()
        looked += clock.garbage.look()
    assert looked == 3
