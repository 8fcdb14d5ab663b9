"""A hundred people out at once: the server is away, comes back, its clock jumps; nobody is forgotten, and nothing is said for a deadline that has moved."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from server.core.directory import Duty, Person
from server.core.visit.model import VisitState
from server.flow import visit_time, visits
from server.store.contract import Change, Store
from server.core.values import replace
from tests.flow.people import OFFICE
from tests.flow.test_visits import Out, V

MANY = 100


@pytest.fixture
def house(any_store: Store) -> Out:
    house = Out(any_store)
    people = {f"w{n}": Person(f"w{n}", f"W {n}", (OFFICE,)) for n in range(MANY)}
    duty = {(name, OFFICE): Duty.PRESENT for name in people}
    house.directory = replace(house.directory, people={**house.directory.people, **people}, duty={**house.directory.duty, **duty})
    house.out()
    first = house.visit
    house.store.commit(Change(house.clock.now, visits=[(0, replace(first, id=f"v-{n}", version=1, people=(f"w{n}",), device_id=None)) for n in range(MANY)]))
    house.tap("kari", "end")
    return house


def everyone(house: Out) -> Counter[VisitState]:
    found = house.store.visits([f"v-{n}" for n in range(MANY)])
    return Counter(visit.state for visit in found.values())


def run(house: Out, minutes: float, step_s: float = 60) -> None:
    for _ in range(int(minutes * 60 / step_s)):
        house.clock.push(step_s)
        visit_time.put_right(house.context)
        while visit_time.tick_visits(house.context):
            pass


def said(house: Out, what: str) -> Counter[str]:
    return Counter(order.recipient for n in range(MANY) for order in house.store.orders(f"v-{n}") if order.say == f"visit_{what}")


def test_each_is_reminded_twice_of_each_deadline_and_then_missed(house: Out) -> None:
    run(house, 29)
    assert set(said(house, "notice").values()) == {2} and len(said(house, "notice")) == MANY
    run(house, 17)
    assert everyone(house) == {VisitState.OVERDUE: MANY}
    assert len([a for a in house.alarms() if a.visit_id != V]) == MANY


def test_a_server_that_was_away_for_hours_asks_first_and_forgets_nobody(house: Out) -> None:
    house.clock.push(5 * 3600)
    restarted = Out(house.store, clock=house.clock, name="b")
    restarted.directory = house.directory
    while visit_time.tick_visits(restarted.context):
        pass
    assert everyone(house) == {VisitState.GRACE: MANY} and not house.alarms()
    assert len(said(house, "late")) == MANY
    run(restarted, 3)
    assert everyone(house) == {VisitState.OVERDUE: MANY}


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_jumps_and_is_put_right_leaves_everybody_watched(house: Out, hours: int) -> None:
    run(house, 5)
    house.clock.now += timedelta(hours=hours)
    run(house, 1)
    house.clock.now -= timedelta(hours=hours)
    run(house, 60)
    assert everyone(house) == {VisitState.OVERDUE: MANY}


def test_a_deadline_that_has_moved_is_not_reminded_of(house: Out) -> None:
    run(house, 19)
    for n in range(0, MANY, 50):
        tapped = visits.act(house.context, visits.Viewer(f"w{n}"), f"v-{n}", "check_in", {}, f"tap-many-{n}")
        assert tapped.reason is None
    run(house, 2)
    notices = said(house, "notice")
    assert len(notices) == MANY - MANY // 50 and "w0" not in notices
