"""Everyone who presses is one who cries for help, also where the press joins an alarm that is open: what that gives, and what it takes away."""

from __future__ import annotations

import pytest

from server.core import access, projection
from server.core import events as e
from server.core.access import Viewer
from server.core.directory import Directory, Plan
from server.core.model import Alarm, Level, Stage, State
from server.core.orders import Say, overtaken
from server.core.reserves import from_elsewhere
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import (
    DESK,
    DEVICES,
    LILLEVIK_PLAN,
    PEOPLE,
    PHONE,
    WORLD,
    after,
    at,
    coming,
    nothing_else_was_sent,
    opened,
    order_to,
    planned,
    pressed,
    refusal,
    resolve,
    said,
    sent,
    step,
    tells,
    wait_until,
    world,
)

KNAPP = {"by": None, "device_id": "knapp"}
AT_THE_COUNTER = {"by": "kari", "zone_id": "mottak"}
KARIS_DESK = Viewer("kari", "desk", "mottak")
PRESSES = {"by name": {"by": "nora"}, "with the alarm that she carries": {"by": None, "device_id": "noras"}}
CARRIED = world(devices=[replace(one, id="noras", holder_id="nora") if one.id == "karis" else one for one in DEVICES])


@pytest.mark.parametrize("press", PRESSES.values(), ids=PRESSES)
def test_whoever_presses_after_another_neither_answers_confirms_nor_ends_it(press: dict[str, str | None]) -> None:
    alarm = after(opened(here=CARRIED), (2, pressed(here=CARRIED, **press)), here=CARRIED)  # type: ignore[arg-type]
    assert (alarm.raiser_id, alarm.also_raised, alarm.raisers) == ("kari", ("nora",), ("kari", "nora"))
    for event in (coming("nora"), e.Arrive("nora"), e.Confirm("nora", "seen", 2), resolve("nora", 2), resolve("kari", 2)):
        assert refusal(alarm, event, 3, CARRIED) == "own_alarm"
    for viewer in (PHONE["nora"], DESK):
        assert not access.actions(viewer, alarm, CARRIED) & {"acknowledge", "decline", "arrive", "shelter", "confirm", "resolve"}
    again = after(alarm, (4, pressed(here=CARRIED, **press)), here=CARRIED)  # type: ignore[arg-type]
    assert again.also_raised == ("nora",), "each once"


def test_who_presses_the_fixed_button_and_then_by_name_cannot_end_it_from_the_own_desk() -> None:
    alarm = after(opened(**KNAPP), (2, pressed(**AT_THE_COUNTER)))
    assert alarm.raiser_id is None and alarm.raisers == ("kari",)
    assert not access.actions(KARIS_DESK, alarm, WORLD) & {"confirm", "resolve"}
    assert access.may_act(KARIS_DESK, "call_off", alarm, WORLD) and access.may_act(PHONE["ola"], "resolve", alarm, WORLD)


def test_whoever_presses_after_others_have_it_sees_the_truth_to_the_end() -> None:
    """Ada has neither been told nor any right to see what others raise."""
    alarm = after(opened(), (2, coming("ola")))
    assert not access.may_see(PHONE["ada"], alarm, WORLD)
    alarm = after(alarm, (3, pressed(by="ada")))
    ended = after(alarm, (9, resolve("ola", 2)))
    for one in (alarm, ended):
        assert access.may_see(PHONE["ada"], one, WORLD) and access.is_near(PHONE["ada"], one, WORLD)
        assert projection.personal(one, PHONE["ada"], True, WORLD)["is_presser"]
    assert "call_off" in access.actions(PHONE["ada"], alarm, WORLD) and access.may_see(replace(PHONE["ada"], by_key=True), alarm, WORLD)


def test_nobody_is_told_of_the_own_press_nor_rung_on_for_it() -> None:
    alarm = opened(**KNAPP)
    assert "kari" in alarm.alarm.told and not overtaken(order_to(alarm, "kari"), alarm.alarm)
    joined = step(alarm, pressed(**AT_THE_COUNTER), 2)
    assert overtaken(order_to(alarm, "kari"), joined.alarm), "what was on its way stops"
    assert not overtaken(order_to(alarm, "ola"), joined.alarm)
    _, decided = wait_until(joined, 600)
    assert "kari" not in sent([joined, *decided])
    clear = step(joined, resolve("ola", 2), 9)
    assert order_to(clear, "kari", Say.ALL_CLEAR).quiet, "she was told before: she hears of the end, without a sound"


@pytest.mark.parametrize("duress", [False, True])
def test_whoever_pressed_too_may_withdraw_her_own_press_and_the_other_stands(duress: bool) -> None:
    alarm = after(opened(), (2, coming("ola")), (3, pressed(by="nora")))
    decision = step(alarm, e.CallOff("nora", 2, duress=duress), 10)
    assert decision.alarm.called_off is None and decision.alarm.duress is duress
    assert said(decision)[0] == "withdrawn"
    if duress:
        assert decision.alarm.level is Level.EMERGENCY
        nothing_else_was_sent(decision, changed=["liv", "ola", "siri"])
    else:
        nothing_else_was_sent(decision)


@pytest.mark.parametrize("duress", [False, True])
def test_of_two_who_fell_one_who_is_well_does_not_call_off_the_other(duress: bool) -> None:
    alarm = after(opened(Kind.FALL), (5, pressed(Kind.FALL, by="nora")))
    assert alarm.state is State.PENDING
    decision = step(alarm, e.CallOff("nora", 2, duress=duress), 10)
    assert decision.alarm.state is State.RAISED and decision.alarm.feigned is None and decision.alarm.duress is duress
    normal = step(alarm, e.CallOff("nora", 2), 10)
    for viewer in (PHONE["kari"], PHONE["nora"], DESK):
        shown = [projection.shared(one.alarm, True, WORLD) | projection.personal(one.alarm, viewer, True, WORLD) for one in (normal, decision)]
        assert shown[0] == shown[1]
    assert "ola" in sent(decision, Say.ALARM)
    alone = step(opened(Kind.FALL), e.CallOff("kari", 1), 10)
    assert alone.alarm.state is State.CANCELLED


# ---------------------------------------------------------------- a helper who cries too


def helper_presses(here: Directory = WORLD, **other: object) -> Alarm:
    return after(opened(here=here), (2, coming("ola")), (20, pressed(by="ola", here=here, **other)), here=here)


def test_a_helper_who_presses_goes_on_helping_and_no_longer_ends_it() -> None:
    alarm = helper_presses()
    assert alarm.assignment("ola").stage is Stage.COMING and alarm.plan.number == 1, "more are asked at once"
    there = after(alarm, (25, e.Arrive("ola")))
    assert there.state is State.ON_SCENE and access.may_act(PHONE["ola"], "arrive", alarm, WORLD)
    assert projection.personal(there, PHONE["ola"], True, WORLD)["stage"] == "there"
    assert not access.actions(PHONE["ola"], there, WORLD) & {"confirm", "resolve"}
    assert refusal(there, resolve("ola", 2), 30) == refusal(there, e.Confirm("ola", "seen", 2), 30) == "own_alarm"
    gone = after(there, (40, e.Decline("ola")))
    assert refusal(gone, coming("ola"), 50) == "own_alarm", "who has left cries only"


def test_steps_go_on_while_only_those_who_cry_too_are_coming() -> None:
    here = planned(tells("role:responder"), tells("role:caller_112"))
    alarm = after(opened(Kind.ASSIST, here=here), (2, coming("ola")), (3, coming("siri")), here=here)
    assert alarm.plan.due_at is None, "two are enough to come calmly"
    for one in ("ola", "siri"):
        alarm = after(alarm, (40, pressed(Kind.ASSIST, by=one, here=here)), here=here)
    assert alarm.plan.due_at is not None


# ---------------------------------------------------------------- somebody can always end it


def test_where_all_who_were_told_press_too_people_from_elsewhere_are_asked_at_once() -> None:
    here = planned(tells("person:ola", "person:siri"))
    alarm = after(opened(here=here), (2, pressed(by="ola", here=here)), here=here)
    decision = step(alarm, pressed(by="siri", here=here), 3, here)
    assert sent(decision, Say.ALARM) == ["liv", "nils", "tor"]
    assert all(access.may_act(PHONE[one], "resolve", decision.alarm, here) for one in ("liv", "nils", "tor"))


def test_where_all_the_world_has_pressed_one_may_end_it_for_the_others_and_never_one_alone() -> None:
    two = [one for one in PEOPLE if one.id in ("kari", "ola")]
    here = world((Plan("plan", "fjordvik", "ola", (tells("on_duty"),)), LILLEVIK_PLAN), people=two)
    alone = opened(here=here).alarm
    assert refusal(alone, resolve("kari"), 5, here) == "own_alarm"
    both = after(alone, (2, pressed(by="ola", here=here)), here=here)
    assert from_elsewhere(both, here) == []
    assert access.may_act(PHONE["ola"], "resolve", both, here) and access.may_act(PHONE["kari"], "resolve", both, here)
    assert step(both, resolve("ola", 2), 9, here).alarm.state is State.RESOLVED
    assert step(both, e.CallOff("kari", 2), 9, here).alarm.called_off is None, "the other's press stands"
    third = replace(here, people={**here.people, "siri": WORLD.people["siri"]}, staff={**here.staff, "fjordvik": ("kari", "ola", "siri")})
    assert refusal(both, resolve("ola", 2), 9, third) == "own_alarm", "somebody is left who can, on duty or not"
    _, decided = wait_until(both, 100, third)
    assert "siri" in sent(decided, Say.ALARM)


def test_a_drill_that_becomes_real_is_the_cry_of_all_who_pressed_in_it() -> None:
    from server.core.drills import make_real
    from tests.core.world import DRILL

    drill = after(opened(drill=DRILL), (2, pressed(by="nora")))
    real, _ = make_real(drill, "ola", "a-2", at(9), WORLD)  # type: ignore[misc]
    assert real.alarm.raisers == ("kari", "nora") and "nora" not in sent(real)
