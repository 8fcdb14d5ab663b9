"""A drill over two hundred offices ends in a few commits, whoever ends it; and a real alarm ends it first where it touches it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from server.core.directory import Duty, Office, Person, directory
from server.core.drill.exercise import Exercise
from server.core.drill.model import PlannedDrill, Press, Why
from server.core.model import Alarm, Outcome
from server.core.orders import Say
from server.core.signals import Kind
from server.core.values import replace
from server.flow import drills
from server.store.contract import Change
from tests.flow.house import House
from tests.flow.people import CONTENT, plan
from tests.flow.test_planned_drills import TEXT, done, now, pass_time, planned

MANY = 200
OFFICES = tuple(f"o{n}" for n in range(MANY))
HERE, BESIDE = "o7", "o8"
EXERCISE = Exercise("all", TEXT, TEXT, "game", "desk_alarm", 30, "unannounced", ("responder",))
CPU_S = 8.0
"""What a second on a machine of its own may be on one that the whole suite runs on, in CPU time: the bound that counts is the number of commits."""


@pytest.fixture
def many(house: House) -> House:
    """Each office has one who responds and one who leads it; Liv leads all."""
    people = [Person("liv", "Liv", OFFICES, frozenset({"coordinator"}), frozenset({"worker", "office_lead"}))]
    people += [Person(f"{office}-ola", f"Ola {office}", (office,), frozenset({"responder"}), frozenset({"worker", "responder"})) for office in OFFICES]
    neighbours = {HERE: (BESIDE,)}
    house.directory = directory(
        offices=tuple(Office(one, f"Nav {one}", "Gata 1", size=8, neighbours=neighbours.get(one, ())) for one in OFFICES), zones=(), devices=(), people=people,
        contacts=(), plans=tuple(plan(one, "liv") for one in OFFICES), content=CONTENT, duty={(one.id, one.offices[0]): Duty.PRESENT for one in people},
    )  # fmt: skip
    return house


@pytest.fixture
def commits(many: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Change]]:
    """Every change from here on."""
    saved: list[Change] = []
    commit = many.store.commit
    monkeypatch.setattr(many.store, "commit", lambda change: (commit(change), saved.append(change))[0])
    yield saved


def running_everywhere(house: House) -> PlannedDrill:
    presses = tuple(Press(f"p{n}", office) for n, office in enumerate(OFFICES))
    drill = planned(house, offices=OFFICES, exercise=EXERCISE, presses=presses, notice="unannounced", cast=(), observers=())
    done(house, "liv", drill, "start", accept=["nobody_on_duty"])
    pass_time(house)
    assert len(alarms_of(house, drill)) == MANY
    return now(house, drill)


def alarms_of(house: House, drill: PlannedDrill) -> list[Alarm]:
    return house.store.alarms_of_drill(drill.id)


def test_stopped_it_ends_everywhere_in_a_few_commits_with_the_all_clear(many: House, commits: list[Change]) -> None:
    drill = running_everywhere(many)
    done(many, "o3-ola", drill, "stop")
    commits.clear()
    began = time.process_time()
    assert drills.end_beside_real(many.context) == 0
    assert time.process_time() - began < CPU_S
    assert len(commits) == MANY // drills.TOGETHER and max(len(one.alarms) for one in commits) == drills.TOGETHER
    ended = alarms_of(many, drill)
    assert {alarm.ending.outcome for alarm in ended if alarm.ending} == {Outcome.DRILL_DONE} and not any(alarm.open for alarm in ended)
    told = {order.recipient for one in commits for order in one.orders if order.say is Say.ALL_CLEAR}
    assert {f"{office}-ola" for office in OFFICES} <= told and all(order.drill for one in commits for order in one.orders)


def test_somebody_who_is_faster_with_one_of_them_keeps_no_other_waiting(many: House, monkeypatch: pytest.MonkeyPatch) -> None:
    drill = running_everywhere(many)
    done(many, "liv", drill, "stop")
    stale = many.store.open_drills()
    many.act("o3-ola", next(one for one in stale if one.office_id == "o3"), "acknowledge")
    monkeypatch.setattr(many.store, "open_drills", lambda: stale)
    drills.end_beside_real(many.context)
    assert [one.office_id for one in alarms_of(many, drill) if one.open] == ["o3"], "the one that has moved is looked at again"
    monkeypatch.undo()
    assert drills.end_beside_real(many.context) == 0 and not any(one.open for one in alarms_of(many, drill))


def test_a_real_alarm_ends_it_first_where_it_touches_it_and_tells_those_who_were_told_there(many: House, commits: list[Change]) -> None:
    drill = running_everywhere(many)
    many.clock.push(1)
    [receipt] = many.take_in(many.signal(None, Kind.PANIC, id="real-1", office_id=HERE, person_id=f"{HERE}-ola"))
    commits.clear()
    began = time.process_time()
    drills.end_beside_real(many.context)
    assert time.process_time() - began < CPU_S
    assert len(commits) <= 3 + MANY // drills.TOGETHER
    first = [drill_ for _, drill_ in commits[0].drills]
    assert [(one.id, one.stopping.why) for one in first if one.stopping] == [(drill.id, Why.REAL)], "it is over for all in the first commit"
    touched = [alarm.office_id for one in commits[:3] for _, alarm in one.alarms if alarm.drill is not None]
    assert touched == [HERE, BESIDE], "those beside the real one end before the rest of the country"
    real = many.store.alarms([str(receipt.alarm_id)])[str(receipt.alarm_id)]
    assert f"{BESIDE}-ola" in real.told, "the neighbour's were told of the drill: now they know that this one is real"
    assert not any(alarm.open for alarm in alarms_of(many, drill))
    assert replace(real).drill is None and real.open
