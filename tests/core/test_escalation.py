"""Steps, cover and lapses: who is told next, and when nobody need be."""

from __future__ import annotations


import pytest

from server.core import events as e
from server.core.alarm import due
from server.core.cards import cover_lines, next_role
from server.core.directory import Directory, Duty, Plan
from server.core.escalation import cover, covered
from server.core.model import Alarm, Level, Stage, State
from server.core.orders import Say
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import (
    DRILL,
    LILLEVIK_PLAN,
    NEIGHBOUR,
    OFFICE,
    PEOPLE,
    PLAN,
    STEPS,
    WORLD,
    after,
    at,
    coming,
    data,
    full_cover,
    nothing_else_was_sent,
    off_duty,
    opened,
    order_to,
    planned,
    pressed,
    refusal,
    sent,
    signal,
    step,
    tells,
    wait_until,
    world,
)

LAMPS = ["device:lampe-landskap", "device:sirene-landskap"]
FIRST, SECOND = ["liv", "ola", "siri"], ["ada", "jon", "liv", "nora"]
EVERYONE = ["@fjordvik/vakttelefon", "ada", "jon", "liv", "nils", "nora", "ola", "siri", "tor"]

# ---------------------------------------------------------------- steps


def test_a_press_tells_the_first_step_at_once() -> None:
    decision = opened()
    assert decision.alarm.told == ("ola", "siri", "liv")
    assert due(decision.alarm) == at(30)
    nothing_else_was_sent(decision, alarm=[*FIRST, *LAMPS])


def test_a_step_that_nobody_answers_is_followed_by_the_next_when_its_wait_is_over() -> None:
    alarm, decided = wait_until(opened(), 29.9)
    assert not decided
    alarm, (second,) = wait_until(alarm, 30)
    assert due(second.alarm) == at(70)
    nothing_else_was_sent(second, alarm=SECOND)
    alarm, (third,) = wait_until(alarm, 70)
    assert due(third.alarm) == at(120)
    nothing_else_was_sent(third, alarm=EVERYONE)


def test_the_last_step_repeats_for_ever() -> None:
    alarm, decided = wait_until(opened(), 3600)
    rounds = [decision for decision in decided if decision.alarm.plan.last]
    assert [decision.alarm.plan.rounds for decision in rounds] == list(range(len(rounds))) and len(rounds) == 71
    assert all(sent(decision) == EVERYONE for decision in rounds)
    assert due(alarm) == at(3620), "and nothing else was sent"


def test_the_last_step_repeats_never_sooner_than_30_seconds() -> None:
    here = planned(tells("role:responder", wait_s=5))
    alarm = opened(here=here).alarm
    assert due(alarm) == at(30)
    again = step(alarm, pressed(), 10, here)
    nothing_else_was_sent(again)
    assert due(again.alarm) == at(30)
    alarm, (second,) = wait_until(again, 30, here)
    nothing_else_was_sent(second, alarm=["ola", "siri"])


def test_a_press_within_the_30_seconds_of_a_long_last_step_brings_its_repetition_forward_to_30_seconds() -> None:
    here = planned(tells("role:responder", wait_s=300))
    again = step(opened(here=here), pressed(), 10, here)
    assert due(again.alarm) == at(30)
    nothing_else_was_sent(again)


def test_steps_go_on_widening_until_cover_is_reached_also_when_somebody_is_coming() -> None:
    alarm = after(opened(), (5, coming("ola", role="responder")))
    assert alarm.state is State.ACKNOWLEDGED
    alarm, (second,) = wait_until(alarm, 30)
    nothing_else_was_sent(second, alarm=SECOND)
    assert second.alarm.state is State.ACKNOWLEDGED


def test_when_cover_is_reached_no_more_are_told() -> None:
    alarm = full_cover(opened(), seconds=5)
    assert covered(alarm, cover(alarm, WORLD))
    assert alarm.plan.due_at is None
    alarm, decided = wait_until(alarm, 184)
    assert due(alarm) == at(185), "the promises still lapse"
    assert not decided, "and nothing else was sent"


def test_responders_count_only_in_pairs() -> None:
    need = (("responder", 2),)
    have = [cover_lines(need, ["responder"] * count, {})[0].have for count in range(5)]
    assert have == [0, 0, 2, 2, 4]
    assert cover_lines((("responder", 1),), ["responder"], {})[0].filled, "where a card asks for one, nobody is sent anywhere"


def test_one_who_holds_a_role_also_fills_those_that_a_small_office_merges_into_it() -> None:
    (line,) = cover_lines((("public_guide", 1),), ["coordinator"], {"coordinator": ("public_guide",)})
    assert line.filled
    assert next_role([line], ["coordinator"], frozenset({"public_guide"}), ["public_guide"]) == "public_guide", "then a card that nobody holds"


def test_the_last_promise_that_lapses_raises_the_alarm_again_and_starts_the_next_step_at_once() -> None:
    here = planned(tells("role:responder", wait_s=600), tells("person:liv"), tells("on_duty"))
    alarm, (lapse,) = wait_until(after(opened(here=here), (5, coming("ola")), here=here), 185, here)
    assert (lapse.alarm.state, lapse.alarm.plan.number) == (State.RAISED, 1)
    assert lapse.alarm.assignment("ola").stage is Stage.LAPSED
    nothing_else_was_sent(lapse, alarm=["liv"], coming=[])


def test_the_last_who_takes_his_promise_back_starts_the_next_step_at_once() -> None:
    decision = step(after(opened(), (5, coming("ola"))), e.Decline("ola"), 10)
    assert (decision.alarm.state, decision.alarm.plan.number) == (State.RAISED, 1)
    nothing_else_was_sent(decision, alarm=SECOND)


def test_a_role_that_falls_vacant_is_offered_again_at_once_also_when_others_are_coming() -> None:
    alarm = after(opened(), (5, coming("liv", role="coordinator")), (6, coming("ola", role="responder")), (7, coming("siri", role="responder")))
    decision = step(alarm, e.Decline("liv"), 10)
    assert decision.alarm.state is State.ACKNOWLEDGED
    nothing_else_was_sent(decision, alarm=["ada", "jon", "nora"])


def test_a_role_that_falls_vacant_after_cover_was_reached_is_offered_again_at_once() -> None:
    decision = step(full_cover(opened(), seconds=5), e.Decline("jon"), 10)
    assert due(decision.alarm) == at(50)
    assert sent(decision) == ["nora"], "those who come are not asked again, and nothing else was sent"


def test_one_of_a_pair_who_stops_leaves_the_role_vacant() -> None:
    decision = step(full_cover(opened(), seconds=5), e.Decline("siri"), 10)
    assert {line.role: line.have for line in cover(decision.alarm, WORLD)}["responder"] == 0
    assert sent(decision) == ["nora"], "and nothing else was sent"


def test_one_who_was_not_needed_may_stop_without_anyone_being_told() -> None:
    alarm = after(full_cover(opened(), seconds=5), (6, coming("tor", role="logger")))
    nothing_else_was_sent(step(alarm, e.Decline("tor"), 10))


def test_a_step_whose_people_cannot_be_reached_is_followed_by_the_next_at_once() -> None:
    alarm = opened().alarm
    decision = step(alarm, e.Unreached(alarm.plan.started_at), 12)
    assert decision.alarm.plan.number == 1 and due(decision.alarm) == at(52)
    nothing_else_was_sent(decision, alarm=SECOND)
    assert refusal(decision, e.Unreached(alarm.plan.started_at), 13) == "overtaken"
    assert refusal(full_cover(opened()), e.Unreached(at(0))) == "covered"


def test_a_step_that_has_nobody_to_tell_is_not_waited_for() -> None:
    here = planned(tells("role:responder", wait_s=60), tells("role:responder", wait_s=60), tells("role:caller_112", wait_s=60), tells("on_duty"))
    alarm = after(opened(here=here), (1, coming("ola", role="responder")), (2, coming("siri", role="responder")), here=here)
    alarm, (decision,) = wait_until(alarm, 60, here)
    assert decision.alarm.plan.number == 2
    nothing_else_was_sent(decision, alarm=["jon"])


# ---------------------------------------------------------------- whom a step means


def test_a_role_that_means_nobody_goes_to_the_plans_owner_with_the_reason() -> None:
    here = planned(tells("role:police_guide", "role:responder"), tells("on_duty"))
    decision = opened(here=here)
    assert order_to(decision, "liv").reason == "nobody_for_role:police_guide"
    assert data(decision, "nobody_for_role") == {"selector": "role", "value": "police_guide"}
    nothing_else_was_sent(decision, alarm=["ola", "siri", "liv", *LAMPS])


def test_where_the_owner_presses_the_administrators_hear_of_the_empty_role() -> None:
    here = planned(tells("role:police_guide"), tells("on_duty"))
    decision = opened(by="liv", here=here)
    nothing_else_was_sent(decision, alarm=["tor", *LAMPS])


def test_off_duty_is_truly_off_also_for_the_plans_owner() -> None:
    here = planned(tells("role:responder", "role:police_guide", "person:eva"), tells("on_duty"), duty=off_duty("siri", "liv"))
    decision = opened(here=here)
    assert sent(decision, Say.ALARM) == [*LAMPS, "ola", "tor"]
    _, decided = wait_until(decision, 3600, here)
    assert not {"siri", "liv", "eva"} & set(sent(decided)), "and nothing else was sent"


def test_a_last_step_that_would_tell_nobody_in_the_world_tells_the_owner_off_duty_or_not() -> None:
    here = planned(tells("role:responder"), tells("on_duty"), duty={})
    decision = opened(here=here)
    assert order_to(decision, "liv").reason == "nobody_for_role:on_duty"
    assert {"liv"} <= set(sent(decision, Say.ALARM)) <= {"liv", "tor", *LAMPS}, "and nothing else was sent"


HIDING = ("ola", "siri", "jon", "liv", "nora", "ada", "tor")


def all_in_shelter(**other: object) -> tuple[Alarm, Directory]:
    here = planned(tells("role:responder"), tells("on_duty"), **other)  # type: ignore[arg-type]
    return after(opened(here=here), *((5.0, e.Shelter(one)) for one in HIDING), here=here), here


def test_where_everybody_whom_the_last_step_means_hides_people_elsewhere_are_asked_until_they_answer() -> None:
    alarm, here = all_in_shelter()
    alarm, decided = wait_until(alarm, 400, here)
    assert len(decided) >= 6 and all(sent(one, Say.ALARM) == ["nils"] for one in decided), "and nothing else was sent"
    assert data(decided[0], "more_asked") == {"told": 1} and order_to(decided[0], "nils").reason == "more_asked"
    alarm = step(alarm, e.Decline("nils"), 401, here).alarm
    _, decided = wait_until(alarm, 700, here)
    assert len(decided) >= 4 and all(sent(one, Say.ALARM) == ["nils"] for one in decided), "who could not is asked again"


def test_where_everybody_hides_and_no_neighbour_is_on_duty_whoever_leads_or_helps_is_asked_off_duty_or_not() -> None:
    alarm, here = all_in_shelter(duty=off_duty("nils", "per"))
    _, decided = wait_until(alarm, 200, here)
    assert decided and all(sent(one, Say.ALARM) == ["eva"] for one in decided), "nobody leads who does not hide: anyone else"
    leads = [replace(one, access=one.access | {"office_lead"}) if one.id == "eva" else one for one in PEOPLE]
    alarm, here = all_in_shelter(duty=off_duty("nils", "per"), people=leads)
    _, decided = wait_until(alarm, 200, here)
    assert decided and all(sent(one, Say.ALARM) == ["eva"] for one in decided)


def test_where_all_the_world_hides_it_is_told_without_a_sound() -> None:
    alarm, here = all_in_shelter(people=[one for one in PEOPLE if one.id not in ("nils", "per", "eva")])
    _, decided = wait_until(alarm, 200, here)
    assert decided and all(sent(one, Say.ALARM) == sorted(HIDING) for one in decided)
    assert all(order.quiet and set(order.ladder) <= {"push"} for one in decided for order in one.orders)


def test_one_helper_alone_whom_nobody_else_joins_gets_more_from_elsewhere_and_then_from_those_who_could_not() -> None:
    here = planned(tells("role:responder"), tells("on_duty"))
    others = ("siri", "jon", "liv", "nora", "ada", "tor")
    alarm = after(opened(here=here), (5, coming("ola")), *((6.0, e.Decline(one)) for one in others), here=here)
    _, decided = wait_until(alarm, 170, here)
    rounds = [sent(one, Say.ALARM) for one in decided if one.alarm.plan.last]
    assert rounds[0] == ["nils"] and len(rounds) >= 3
    assert all(one == sorted(("nils", *others)) for one in rounds[1:]), "and nothing else was sent"


def test_those_who_have_all_said_cannot_are_not_the_only_ones_asked_again() -> None:
    here = planned(tells("role:responder"), tells("on_duty"))
    alarm = after(opened(here=here), *((6.0, e.Decline(one)) for one in HIDING), here=here)
    _, decided = wait_until(alarm, 60, here)
    assert "nils" in sent(decided, Say.ALARM)


def test_nobody_off_duty_is_woken_for_an_exercise_or_to_come_calmly_where_somebody_has_it() -> None:
    here = planned(tells("role:responder"), tells("on_duty"), duty=off_duty("nils", "per", "liv", "tor"))
    hide = [(6.0, e.Shelter(one)) for one in ("jon", "nora", "ada", "siri")]
    drill = after(opened(here=here, drill=DRILL), (5, coming("ola")), *hide, here=here)
    calm = after(opened(Kind.ASSIST, here=here), (5, coming("ola")), *hide, here=here)
    real = after(opened(here=here), (5, coming("ola")), *hide, here=here)
    for alarm in (drill, calm):
        assert not sent(wait_until(alarm, 170, here)[1], Say.ALARM), "and nothing else was sent"
    assert {"liv", "tor"} <= set(sent(wait_until(real, 170, here)[1], Say.ALARM)), "one goes in alone, and nobody on duty is left"


def test_a_last_step_with_a_guard_who_is_told_each_round_turns_to_others_all_the_same() -> None:
    here = planned(tells("role:responder"), tells("on_duty", "contact:vekter"))
    alarm = after(opened(here=here), *((5.0, e.Shelter(one)) for one in HIDING), here=here)
    _, decided = wait_until(alarm, 100, here)
    assert decided and all(sent(one, Say.ALARM) == ["@fjordvik/vekter", "nils"] for one in decided)


def test_people_are_resolved_when_a_step_starts() -> None:
    at_lunch = world(duty=off_duty("jon"))
    back = world(duty=off_duty("nora"))
    decision = step(opened(here=at_lunch), e.Deadline(), 30, back)
    nothing_else_was_sent(decision, alarm=["ada", "jon", "liv"])


def test_the_plan_is_frozen_when_the_alarm_opens() -> None:
    edited = world((Plan("plan", OFFICE, "tor", (tells("person:tor", wait_s=999),)), LILLEVIK_PLAN))
    alarm = opened().alarm
    decision = step(alarm, e.Deadline(), 30, edited)
    assert decision.alarm.plan.steps == STEPS and decision.alarm.plan.owner_id == "liv"
    nothing_else_was_sent(decision, alarm=SECOND)


def test_the_presser_is_never_among_those_who_are_told() -> None:
    alarm, decided = wait_until(opened(by="ola"), 600)
    assert "ola" not in {*alarm.told, *sent(decided)}


def test_one_person_may_serve_several_offices() -> None:
    serves_both = [replace(p, offices=(NEIGHBOUR, OFFICE), roles=frozenset({"responder"})) if p.id == "nils" else p for p in WORLD.people.values()]
    here = planned(tells("role:responder"), people=serves_both, duty=off_duty(also={("nils", OFFICE): Duty.ON_DUTY}))
    nothing_else_was_sent(opened(here=here), alarm=["nils", "ola", "siri", *LAMPS])


def test_only_those_neighbours_are_told_who_respond() -> None:
    here = planned(tells("neighbours"))
    nothing_else_was_sent(opened(here=here), alarm=["nils", *LAMPS])


# ---------------------------------------------------------------- thin offices


@pytest.mark.parametrize(("present", "thin"), [(("kari", "ola", "siri"), True), (("kari", "ola", "siri", "jon"), False), (("ola", "siri"), True)])
def test_with_fewer_than_four_present_the_presser_included_a_small_office_goes_outside_in_step_1(present: tuple[str, ...], thin: bool) -> None:
    duty = {(name, OFFICE): Duty.PRESENT for name in present} | {("nils", NEIGHBOUR): Duty.PRESENT, ("liv", OFFICE): Duty.ON_DUTY}
    here = world(duty=duty, size=10)
    decision = opened(by=None, device_id="karis", here=here)
    outside = {"nils", "@fjordvik/vakttelefon"} & set(sent(decision))
    assert outside == ({"nils", "@fjordvik/vakttelefon"} if thin else set())
    assert decision.alarm.situation == ("small_office_alarm" if thin else "desk_alarm")


def test_the_neighbour_of_a_thin_office_takes_112_and_the_log() -> None:
    here = world(duty=off_duty("jon", "nora", "ada", "tor", "siri", "liv"), size=10)
    alarm = after(opened(here=here), (5, coming("nils")), here=here)
    assert alarm.assignment("nils").role == "remote_responder"
    assert alarm.assignment("nils").stage is Stage.TAKEN
    assert "remote_responder" in {line.role for line in cover(alarm, here) if line.filled}


# ---------------------------------------------------------------- presses and more help


def test_a_press_while_nobody_has_it_starts_the_next_step_now() -> None:
    decision = step(opened(), pressed(), 4)
    assert decision.alarm.signals_count == 2 and due(decision.alarm) == at(44)
    nothing_else_was_sent(decision, alarm=SECOND)


def test_a_press_while_others_have_it_is_noted_and_seen_but_starts_nothing() -> None:
    decision = step(after(opened(), (2, coming("ola"))), pressed(), 4)
    assert decision.alarm.signals_count == 2 and decision.alarm.plan.number == 0
    nothing_else_was_sent(decision)


@pytest.mark.parametrize("press", [pressed(by="ola"), e.Pressed(signal(by=None, device_id="olas"), PLAN, "desk_alarm")])
def test_a_press_by_one_who_has_it_starts_the_next_step_now(press: e.Pressed) -> None:
    olas = replace(WORLD.devices["karis"], id="olas", holder_id="ola")
    here = world(devices=(*WORLD.devices.values(), olas))
    decision = step(after(opened(here=here), (2, coming("ola")), here=here), press, 4, here)
    assert decision.alarm.plan.number == 1
    nothing_else_was_sent(decision, alarm=SECOND, coming=["device:olas"] if press.signal.device_id else [])


def test_more_help_starts_the_next_step_now_and_is_refused_when_there_is_nobody_more() -> None:
    alarm = after(opened(), (2, coming("ola")))
    decision = step(alarm, e.MoreHelp("ola"), 4)
    nothing_else_was_sent(decision, alarm=SECOND)
    last = step(decision, e.MoreHelp("ola"), 5)
    assert sent(last) == ["@fjordvik/vakttelefon", "ada", "jon", "liv", "nils", "nora", "siri", "tor"]
    assert refusal(last, e.MoreHelp("ola"), 6) == "nobody_more", "and nothing else was sent"


def test_more_help_is_given_also_when_cover_is_reached() -> None:
    decision = step(full_cover(opened()), e.MoreHelp("ola"), 5)
    nothing_else_was_sent(decision, alarm=["nora"])


# ---------------------------------------------------------------- stronger signals

CALM = Plan("calm", OFFICE, "liv", (tells("role:responder", wait_s=60), tells("on_duty", wait_s=60)), frozenset({Kind.ASSIST}))


@pytest.fixture
def two_plans():
    return world((PLAN, CALM, LILLEVIK_PLAN))


def test_a_stronger_signal_brings_its_own_plan_and_starts_its_step_1_now_whoever_holds_the_weaker_one(two_plans) -> None:
    calm = opened(Kind.ASSIST, here=two_plans)
    assert (calm.alarm.level, calm.alarm.plan.plan_id) == (Level.ASSIST, "calm")
    alarm = after(calm, (5, coming("ola")), (6, coming("siri")), here=two_plans)
    assert covered(alarm, cover(alarm, two_plans)), "come calmly: two who go together are enough"
    decision = step(alarm, pressed(here=two_plans), 20, two_plans)
    after_it = decision.alarm
    assert (after_it.level, after_it.kind, after_it.plan.plan_id, after_it.plan.number) == (Level.EMERGENCY, Kind.PANIC, "plan", 0)
    assert due(after_it) == at(50)
    nothing_else_was_sent(decision, alarm=["liv"], changed=["ola", "siri"])


def test_those_who_could_not_come_calmly_are_told_that_it_has_become_an_emergency(two_plans) -> None:
    alarm = after(opened(Kind.ASSIST, here=two_plans), (5, coming("ola")), (6, e.Decline("siri")), here=two_plans)
    decision = step(alarm, pressed(here=two_plans), 40, two_plans)
    assert order_to(decision, "siri", Say.CHANGED).reason == "stronger"
    nothing_else_was_sent(decision, alarm=["liv"], changed=["ola", "siri"])


def test_a_weaker_signal_changes_no_plan(two_plans) -> None:
    decision = step(after(opened(here=two_plans), (2, coming("ola")), here=two_plans), pressed(Kind.ASSIST, here=two_plans), 4, two_plans)
    assert (decision.alarm.plan.plan_id, decision.alarm.level) == ("plan", Level.EMERGENCY)
    nothing_else_was_sent(decision)


def test_a_panic_on_a_missed_check_in_is_an_emergency_with_its_own_cards() -> None:
    late = opened(Kind.MISSED_CHECKIN, by="ada")
    assert (late.alarm.level, late.alarm.situation) == (Level.ASSIST, "missed_checkin")
    decision = step(late, pressed(by=None, device_id="adas"), 10)
    assert (decision.alarm.level, decision.alarm.situation) == (Level.EMERGENCY, "portable_alarm_outside")


def test_a_stronger_signal_does_not_undo_that_somebody_saw_a_weapon(two_plans) -> None:
    alarm = after(opened(Kind.ASSIST, here=two_plans), (5, e.ChangeSituation("ola", "weapon")), here=two_plans)
    decision = step(alarm, pressed(here=two_plans), 20, two_plans)
    assert decision.alarm.situation == "life_threatening_violence", "nobody may be sent in again"


def test_a_press_on_a_fall_that_is_still_being_asked_about_raises_with_the_plan_of_the_press(two_plans) -> None:
    faller = Plan("fall", OFFICE, "liv", (tells("person:liv"),), frozenset({Kind.FALL}))
    here = world((PLAN, faller, LILLEVIK_PLAN))
    fall = opened(Kind.FALL, here=here)
    nothing_else_was_sent(fall, ask=["kari"])
    decision = step(fall, pressed(here=here), 5, here)
    assert (decision.alarm.state, decision.alarm.plan.plan_id) == (State.RAISED, "plan")
    nothing_else_was_sent(decision, alarm=[*FIRST, *LAMPS])


def test_a_fall_asks_the_person_first_and_silence_raises_it() -> None:
    alarm, decided = wait_until(opened(Kind.FALL), 59.9)
    assert alarm.state is State.PENDING and not decided and alarm.told == ()
    alarm, (raised,) = wait_until(alarm, 60)
    assert raised.alarm.state is State.RAISED
    nothing_else_was_sent(raised, alarm=[*FIRST, *LAMPS])


def test_come_calmly_from_where_nobody_is_sent_needs_the_cover_of_its_cards() -> None:
    alarm = opened(Kind.ASSIST, by="ada", situation="portable_alarm_outside").alarm
    assert {line.role for line in cover(alarm, WORLD)} == {"contact_person", "caller_112", "leader"}
