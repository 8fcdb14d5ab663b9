"""The clock that several servers share: the database's, whatever their own say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.flow.clock import SharedClock
from server.store.contract import StoreDown

T0 = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class Machine:
    """A machine's steady time, and a database some way off: an answer takes `there_s` and `back_s`."""

    def __init__(self) -> None:
        self.steady_s = 1000.0
        self.ahead_s = 0.0
        self.there_s, self.back_s = 0.001, 0.001
        self.down = False

    @property
    def true(self) -> datetime:
        return T0 + timedelta(seconds=self.steady_s + self.ahead_s)

    def ask(self) -> datetime:
        if self.down:
            raise StoreDown
        self.steady_s += self.there_s
        at = self.true
        self.steady_s += self.back_s
        return at


@pytest.fixture
def machine() -> Machine:
    return Machine()


def apart_s(clock: SharedClock, machine: Machine) -> float:
    return abs((clock() - machine.true).total_seconds())


def test_the_time_is_the_databases_and_goes_on_between_two_looks(machine: Machine) -> None:
    clock = SharedClock(machine.ask, lambda: machine.steady_s)
    for _ in range(5):
        assert apart_s(clock, machine) <= 0.001
        machine.steady_s += 100


def test_a_slow_answer_is_not_taken_for_a_clock_that_went_astray(machine: Machine) -> None:
    clock = SharedClock(machine.ask, lambda: machine.steady_s)
    machine.there_s, machine.back_s = 0.0, 3.0
    clock.look()
    assert apart_s(clock, machine) <= 0.001
    machine.there_s, machine.back_s = 3.0, 0.0
    clock.look()
    assert apart_s(clock, machine) <= 0.001


@pytest.mark.parametrize("by_s", [-300, -0.05, 0.05, 300])
def test_a_clock_that_is_set_is_followed(machine: Machine, by_s: float) -> None:
    clock = SharedClock(machine.ask, lambda: machine.steady_s)
    machine.ahead_s += by_s
    clock.look()
    assert apart_s(clock, machine) <= 0.001


def test_while_the_database_is_away_the_time_goes_on(machine: Machine) -> None:
    clock = SharedClock(machine.ask, lambda: machine.steady_s)
    machine.down = True
    machine.steady_s += 3600
    with pytest.raises(StoreDown):
        clock.look()
    assert apart_s(clock, machine) <= 0.001


def test_a_server_that_has_never_been_told_the_time_does_not_guess_it(machine: Machine) -> None:
    machine.down = True
    with pytest.raises(StoreDown):
        SharedClock(machine.ask, lambda: machine.steady_s)
