"""A drill and what is real: *this is real* makes a real alarm of it, and a real alarm ends the drills that it touches."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server.core import access, projection
from server.core import events as e
from server.core.alarm import Refused, due, take
from server.core.alarm import Step as Decision
from server.core.directory import Directory, Plan
from server.core.drills import concerned, make_real, overtake, reaching, touched, touches
from server.core.model import Alarm, Level, Outcome, Stage, State
from server.core.orders import Say, overtaken
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import (
    DESK,
    DRILL,
    LILLEVIK_PLAN,
    NEIGHBOUR,
    OFFICE,
    PHONE,
    PLAN,
    WALL,
    WORLD,
    after,
    at,
    coming,
    data,
    nothing_else_was_sent,
    opened,
    order_to,
    resolve,
    sent,
    step,
    tells,
    wait_until,
    world,
)


def drill(*events: e.Event | tuple[float, e.Event], kind: Kind = Kind.PANIC, here: Directory = WORLD, **other: object) -> Alarm:
    return after(opened(kind, drill=DRILL, here=here, **other), *events, here=here)


def made_real(alarm: Alarm, by: str = "siri", seconds: float = 20, here: Directory = WORLD) -> tuple[Decision, Decision]:
    steps = make_real(alarm, by, "a-2", at(seconds), here)
    assert not isinstance(steps, Refused), steps
    return steps


def test_the_log_itself_says_from_its_first_link_that_it_was_an_exercise() -> None:
    assert data(opened(drill=DRILL), "opened")["drill"] == DRILL.id
    assert data(opened(), "opened")["drill"] is None
    assert data(made_real(drill())[0], "opened")["drill"] is None


# ---------------------------------------------------------------- this is real


def test_the_real_alarm_takes_the_drills_place_and_everyone_told_there_hears_that_it_is_real() -> None:
    alarm, _ = wait_until(drill(device_id="karis"), 31)
    told = set(alarm.told)
    assert "jon" in told, "the second step's people too"
    real, over = made_real(alarm, seconds=40)
    assert (real.alarm.drill, real.alarm.state, real.alarm.id) == (None, State.RAISED, "a-2")
    assert (real.alarm.place, real.alarm.raiser_id, real.alarm.presser) == (alarm.place, "kari", "kari")
    assert real.alarm.ended_drills == ("a-1",)
    people = sent(real, Say.ALARM)
    assert told | {"siri"} <= set(people) and len(people) == len(set(people))
    assert all(order_to(real, one).reason == "was_drill" for one in told)
    assert not any(order.drill for order in real.orders), "no drill words about what is real"
    assert (over.alarm.state, over.alarm.ending.outcome, over.alarm.ending.by, over.alarm.ending.became) == (
        State.RESOLVED, Outcome.BECAME_REAL, "siri", "a-2",
    )  # fmt: skip
    nothing_else_was_sent(over)
    assert due(real.alarm) is not None and due(over.alarm) is None


def test_nobody_is_told_to_stand_down_and_what_the_drill_still_had_to_say_is_void() -> None:
    began = opened(drill=DRILL)
    real, over = made_real(began.alarm)
    assert Say.ALL_CLEAR not in {order.say for order in (*real.orders, *over.orders)}
    assert all(overtaken(order, over.alarm) for order in began.orders)
    assert not any(overtaken(order, real.alarm) for order in real.orders)


def test_what_was_seen_there_stays_and_what_was_promised_in_an_exercise_does_not() -> None:
    alarm = drill((5, coming("ola")), (6, e.SetMark("jon", "police_called")), (7, e.ChangeSituation("siri", "weapon")))
    assert alarm.situation == "life_threatening_violence"
    real, _ = made_real(alarm)
    assert (real.alarm.situation, real.alarm.level) == ("life_threatening_violence", Level.EMERGENCY)
    assert real.alarm.assignments == () and real.alarm.marks == (), "112 was rung in play, if at all: it says *not called*"


def test_the_lamps_stay_lit_and_the_buttons_light_speaks_of_the_real_one() -> None:
    alarm = drill(device_id="karis")
    assert alarm.lit_ids
    real, over = made_real(alarm)
    assert {f"device:{one}" for one in (*alarm.lit_ids, "karis")} == {o.recipient for o in real.orders if o.recipient.startswith("device:")}
    assert {order.say for order in real.orders if order.recipient.startswith("device:")} == {Say.ALARM}
    assert over.orders == (), "nothing goes dark in between"
    answered = step(real, coming("ola"), 30)
    assert order_to(answered, "device:karis", Say.COMING).count == 1


def test_what_the_real_one_may_not_light_goes_dark() -> None:
    loud = opened(drill=DRILL, situation="evacuation").alarm
    assert "lampe-mottak" in loud.lit_ids
    over = step(loud, e.BecameReal(None, "a-2", frozenset({"lampe-landskap"})), 5)
    nothing_else_was_sent(over, ended=["device:lampe-mottak", "device:sirene-landskap"])


def test_come_calmly_that_is_real_stays_calm_and_an_emergency_an_emergency() -> None:
    assert made_real(drill(kind=Kind.ASSIST))[0].alarm.level is Level.ASSIST
    raised = drill((5, e.SetMark("jon", "police_called")), kind=Kind.ASSIST)
    assert made_real(raised)[0].alarm.level is Level.EMERGENCY


def test_a_fall_in_a_drill_that_is_said_to_be_real_asks_nobody_first() -> None:
    asking = opened(Kind.FALL, drill=DRILL).alarm
    assert asking.state is State.PENDING
    real, over = made_real(asking)
    assert (real.alarm.state, over.alarm.state) == (State.RAISED, State.RESOLVED)
    assert {"ola", "siri"} <= set(real.alarm.told)


def test_outside_contacts_who_were_told_of_the_drill_and_those_who_were_not_hear_of_the_real_one() -> None:
    alarm, _ = wait_until(drill(), 71)
    assert "@fjordvik/vakttelefon" in alarm.told
    here = world((replace(PLAN, steps=(*PLAN.steps[:2], tells("on_duty", "contact:vekter"))), LILLEVIK_PLAN))
    real, _ = made_real(alarm, here=here)
    assert "@fjordvik/vakttelefon" in sent(real, Say.ALARM), "whoever had agreed to exercise messages must know that it is none"
    alarm, _ = wait_until(real, 200, here)
    assert "@fjordvik/vekter" in alarm.told, "and the fence is gone"


def test_whoever_says_it_is_told_also_when_the_drill_never_reached_him_and_the_presser_never() -> None:
    real, _ = made_real(drill(), by="nora")
    assert "nora" in real.alarm.told
    real, over = made_real(drill(), by="kari")
    assert "kari" not in real.alarm.told and over.alarm.ending.by == "kari"
    assert not access.may_act(PHONE["kari"], "resolve", real.alarm, WORLD)


def test_everyone_who_sees_a_drill_may_say_it_but_a_wall_and_nobody_of_a_real_alarm() -> None:
    alarm = drill()
    assert {name for name, viewer in PHONE.items() if access.may_act(viewer, "this_is_real", alarm, WORLD)} == {
        name for name, viewer in PHONE.items() if access.may_see(viewer, alarm, WORLD)
    }
    assert access.may_act(DESK, "this_is_real", alarm, WORLD) and not access.may_act(WALL, "this_is_real", alarm, WORLD)
    assert access.may_act(PHONE["kari"], "this_is_real", step(alarm, e.CallOff("kari", 1), 5).alarm, WORLD), "also when it has been called off"
    real = opened().alarm
    assert not any(access.may_act(viewer, "this_is_real", real, WORLD) for viewer in (*PHONE.values(), DESK))
    assert take(real, e.BecameReal("ola", "a-2"), at(5), WORLD) == Refused("not_a_drill")


def test_a_drill_that_is_over_becomes_nothing() -> None:
    assert make_real(drill(resolve()), "ola", "a-2", at(9), WORLD) == Refused("ended")
    assert make_real(opened().alarm, "ola", "a-2", at(9), WORLD) == Refused("not_a_drill")


def test_the_screens_of_both_say_what_has_become_of_them() -> None:
    real, over = made_real(drill())
    for near in (True, False):
        assert projection.shared(over.alarm, near, WORLD)["outcome"] == {"outcome": "became_real", "at": at(20), "by": "Siri", "alarm_id": "a-2"}
        assert projection.shared(real.alarm, near, WORLD)["ended_drill"] is True
        assert projection.shared(opened().alarm, near, WORLD)["ended_drill"] is False
    assert data(over, "became_real") == {"alarm": "a-2"} and data(real, "ended_drill")["alarm"] == "a-1"


# ---------------------------------------------------------------- how it ended


@pytest.mark.parametrize("outcome", [Outcome.DRILL_DONE, Outcome.BECAME_REAL])
def test_a_real_alarm_is_never_ended_as_an_exercise_and_goes_on(outcome: Outcome) -> None:
    assert take(opened().alarm, resolve(outcome=outcome), at(20), WORLD) == Refused("not_a_drill")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_drill_is_ended_whatever_is_said_and_counts_as_one(outcome: Outcome) -> None:
    over = step(drill(), resolve(outcome=outcome), 20)
    assert (over.alarm.state, over.alarm.ending.outcome, over.alarm.ending.by) == (State.RESOLVED, Outcome.DRILL_DONE, "ola")
    assert data(over, "resolved")["outcome"] == "drill_done"


# ---------------------------------------------------------------- a real alarm beside a drill

NEAR_BY = Plan("plan", OFFICE, "liv", (tells("role:responder"),))
"""A plan that names no neighbour."""
ALONE = world((NEAR_BY, LILLEVIK_PLAN))
NAMING = world((replace(NEAR_BY, steps=(*NEAR_BY.steps, tells("person:per"))), LILLEVIK_PLAN))
"""A plan that names a person of the neighbour office, in a step that has not begun."""
ELSEWHERE = opened(by="per", office_id=NEIGHBOUR, drill=DRILL).alarm

TOUCHES: list[tuple[str, Callable[[], Alarm], Alarm, Directory, bool]] = [
    ("in the same office", lambda: opened(by="ada").alarm, drill(), WORLD, True),
    ("at the neighbour whom a step names", lambda: opened().alarm, ELSEWHERE, WORLD, True),
    ("at the neighbour whom no step names", lambda: opened(here=ALONE).alarm, ELSEWHERE, ALONE, False),
    ("where somebody serves whom a step names", lambda: opened(here=NAMING).alarm, ELSEWHERE, NAMING, True),
    ("where somebody serves who has been told of it", lambda: replace(opened(here=ALONE).alarm, told=("per",)), ELSEWHERE, ALONE, True),
    (
        "nor where somebody was told after a call-off, as duress might have it",
        lambda: replace(after(opened(here=ALONE), e.CallOff("kari", 1), here=ALONE), told=("per",)), ELSEWHERE, ALONE, False,
    ),
    ("from an office whose plan stays at home", lambda: opened(by="per", office_id=NEIGHBOUR).alarm, drill(), WORLD, False),
    ("not one that those near its presser cannot see", lambda: opened(Kind.DURESS).alarm, drill(), WORLD, False),
    ("nor one that they believe is cancelled", lambda: after(opened(Kind.FALL), e.CallOff("kari", 1, duress=True)), drill(), WORLD, False),
    ("nor a fall while the person is still asked", lambda: opened(Kind.FALL).alarm, drill(), WORLD, False),
    ("but once it is raised", lambda: wait_until(opened(Kind.FALL), 61)[0], drill(), WORLD, True),
    ("nor one that has ended", lambda: after(opened(), resolve()), drill(), WORLD, False),
    ("nor another drill", lambda: opened(drill=replace(DRILL, id="d-2")).alarm, drill(), WORLD, False),
    ("nor a drill that has ended", lambda: opened().alarm, drill(resolve()), WORLD, False),
    ("nor a real alarm", lambda: opened().alarm, opened(by="ada").alarm, WORLD, False),
]


@pytest.mark.parametrize(("real", "other", "here", "expected"), [case[1:] for case in TOUCHES], ids=[case[0] for case in TOUCHES])
def test_a_real_alarm_ends_a_drill(real: Callable[[], Alarm], other: Alarm, here: Directory, expected: bool) -> None:
    alarm = real()
    assert touches(alarm, other, here) is expected
    assert (overtake(replace(alarm, id="a-2"), other, at(70), here) is not None) is expected


def test_everyone_told_of_the_drill_hears_that_a_real_alarm_has_opened() -> None:
    exercise, _ = wait_until(drill(by="ada"), 31)
    alarm = replace(opened(by="kari").alarm, id="a-2")
    only_there = {*exercise.told, "ada"} - {*alarm.told, "kari"}
    assert len(only_there) > 1, "people whom the real alarm's first step does not name; and whoever pressed in the drill"
    steps = overtake(alarm, exercise, at(40), WORLD)
    assert steps is not None
    real, over = steps
    nothing_else_was_sent(real, alarm=sorted(only_there))
    assert all(order_to(real, one).reason == "was_drill" and not order_to(real, one).drill for one in only_there)
    assert real.alarm.ended_drills == ("a-1",) and set(exercise.told) - {"kari"} <= set(real.alarm.told)
    assert over.alarm.ending.by is None and over.alarm.ending.became == "a-2", "nobody said it: it gave way"
    assert take(real.alarm, e.EndsDrill("a-1", exercise.told), at(41), WORLD) == Refused("known")


def test_the_answers_to_the_real_alarm_stand_when_it_ends_a_drill() -> None:
    alarm = replace(after(opened(by="kari"), coming("ola")), id="a-2")
    steps = overtake(alarm, drill(by="ada"), at(40), WORLD)
    assert steps is not None and steps[0].alarm.assignment("ola").stage is Stage.COMING
    assert steps[0].alarm.state is State.ACKNOWLEDGED and "ola" not in sent(steps[0])


@pytest.mark.parametrize("duress", [False, True])
def test_beside_a_real_alarm_that_was_called_off_nobody_hears_what_duress_might_bring(duress: bool) -> None:
    alarm = replace(after(opened(by="kari"), e.CallOff("kari", 1, duress=duress)), id="a-2")
    exercise = replace(drill(by="ada"), told=("nora", "jon"))
    steps = overtake(alarm, exercise, at(40), WORLD)
    assert steps is not None
    assert "nora" not in sent(steps[0]) and "jon" in steps[0].alarm.told


def test_the_offices_that_a_plan_touches() -> None:
    assert touched(opened().alarm, WORLD) == {OFFICE, NEIGHBOUR}
    assert touched(opened(here=ALONE).alarm, ALONE) == {OFFICE}
    assert touched(opened(here=NAMING).alarm, NAMING) == {OFFICE}
    assert concerned(opened(here=NAMING).alarm, NAMING) == {OFFICE, NEIGHBOUR} == concerned(replace(opened(here=ALONE).alarm, told=("per",)), ALONE)
    assert touched(replace(opened(here=ALONE).alarm, place=replace(opened().alarm.place, also_in=("x",))), ALONE) == {OFFICE, "x"}


def test_the_offices_where_alarms_are_looked_for_that_may_touch_a_drill() -> None:
    assert reaching([NEIGHBOUR], WORLD) == {OFFICE, NEIGHBOUR} == reaching([NEIGHBOUR], NAMING)
    apart = replace(NAMING, offices={one.id: replace(one, neighbours=()) for one in NAMING.offices.values()})
    assert reaching([NEIGHBOUR], apart) == {OFFICE, NEIGHBOUR}, "its plan names somebody who serves the other"
    assert reaching([OFFICE], apart) == {OFFICE}
    ada = replace(apart.people["ada"], offices=(NEIGHBOUR, OFFICE))
    assert reaching([OFFICE], replace(apart, people={**apart.people, "ada": ada})) == {OFFICE, NEIGHBOUR}, "there it is found once it has told her"
