"""Those who come: promises, roles, questions, and how an alarm comes down again."""

from __future__ import annotations


import pytest

from server.core import events as e
from server.core.alarm import due
from server.core.directory import Duty
from server.core.escalation import cover
from server.core.model import Ask, Level, Outcome, Stage, State
from server.core.orders import Say
from server.core.helpers import role_for
from server.core.signals import Kind
from tests.core.world import (
    OFFICE,
    WORLD,
    after,
    at,
    coming,
    full_cover,
    nothing_else_was_sent,
    off_duty,
    opened,
    order_to,
    pressed,
    refusal,
    resolve,
    said,
    sent,
    step,
    wait_until,
    world,
)

KNAPP = {"by": None, "device_id": "knapp"}


def stage(alarm, name: str) -> Stage:
    return (getattr(alarm, "alarm", alarm)).assignment(name).stage


# ---------------------------------------------------------------- promises


def test_one_who_is_coming_has_a_promise_of_180_seconds_in_the_house() -> None:
    decision = step(opened(**KNAPP), coming("ola"), 5)
    ola = decision.alarm.assignment("ola")
    assert (ola.stage, ola.lapse_at, decision.alarm.state) == (Stage.COMING, at(185), State.ACKNOWLEDGED)
    nothing_else_was_sent(decision, coming=["device:knapp"])


@pytest.mark.parametrize(
    ("eta_s", "lapses_at", "arrives_at"),
    [(None, 900, None), (600, 600, 600), (2700, 2700, 2700), (7200, 2700, 7200), (10**18, 2700, 86_400), (0, 900, None), (-5, 900, None)],
)
def test_off_site_the_promise_holds_until_the_stated_arrival_at_most_45_minutes(eta_s, lapses_at, arrives_at) -> None:
    here = world(duty=off_duty(also={("ola", OFFICE): Duty.ON_DUTY}))
    ola = step(opened(here=here), coming("ola", eta_s=eta_s), 0, here).alarm.assignment("ola")
    assert ola.lapse_at == at(lapses_at)
    assert ola.eta_at == (at(arrives_at) if arrives_at else None), "the screen shows what was said"


def test_a_promise_that_lapses_is_gone_and_can_be_given_anew() -> None:
    alarm, decided = wait_until(after(opened(), (5, coming("ola"))), 185)
    assert stage(alarm, "ola") is Stage.LAPSED and alarm.state is State.RAISED
    assert "lapsed" in said(decided[-1])
    assert stage(step(alarm, coming("ola"), 190), "ola") is Stage.COMING


@pytest.mark.parametrize("sign", [e.AddNote("ola", "nede"), e.Tick("ola", "responder", "look"), e.SetMark("ola", "public_safe"), coming("ola")])
def test_any_sign_of_life_renews_the_promise(sign: e.Event) -> None:
    assert step(after(opened(), (5, coming("ola"))), sign, 100).alarm.assignment("ola").lapse_at == at(280)


def test_a_sign_of_life_does_not_shorten_a_stated_arrival() -> None:
    here = world(duty=off_duty(also={("ola", OFFICE): Duty.ON_DUTY}))
    alarm = after(opened(here=here), coming("ola", eta_s=2700), (60, e.AddNote("ola", "i bilen")), here=here)
    assert alarm.assignment("ola").lapse_at == at(2700)


def test_one_who_is_there_is_asked_after_ten_minutes_and_has_a_minute_to_answer() -> None:
    alarm = full_cover(opened(), seconds=5)
    alarm = after(alarm, *((10, e.Arrive(name)) for name in ("ola", "siri", "liv", "jon", "ada")))
    assert alarm.state is State.ON_SCENE and due(alarm) == at(610)
    alarm, (asked,) = wait_until(alarm, 610)
    assert alarm.assignment("ola").ask is Ask.STILL_THERE and alarm.assignment("ola").lapse_at == at(670)
    assert order_to(asked, "ola", Say.ASK).reason == "still_there"
    nothing_else_was_sent(asked, ask=["ada", "jon", "liv", "ola", "siri"])
    answered = after(alarm, *((640, e.Arrive(name)) for name in ("siri", "liv", "jon", "ada")))
    answered, (lapse,) = wait_until(answered, 670)
    assert stage(answered, "ola") is Stage.LAPSED and answered.state is State.ON_SCENE
    silent, (lapse,) = wait_until(alarm, 670)
    assert silent.state is State.RAISED


def test_an_acknowledgement_over_60_seconds_old_becomes_a_question() -> None:
    fresh = step(opened(), coming("ola", age_s=60), 90)
    assert stage(fresh, "ola") is Stage.COMING
    late = step(opened(**KNAPP), coming("ola", age_s=60.5), 90)
    assert (stage(late, "ola"), late.alarm.assignment("ola").ask, late.alarm.state) == (Stage.ASKED, Ask.LATE_ACK, State.RAISED)
    assert said(late) == ["late_acknowledgement"]
    nothing_else_was_sent(late)
    assert stage(step(late, coming("ola"), 95), "ola") is Stage.COMING


def test_an_old_acknowledgement_neither_renews_a_promise_nor_takes_one_back() -> None:
    alarm = after(opened(), (5, coming("ola")))
    late = step(alarm, coming("ola", age_s=120), 100)
    assert late.alarm.assignment("ola") == alarm.assignment("ola")
    assert said(late) == ["late_acknowledgement"]


def test_an_arrival_that_is_late_in_arriving_holds_only_for_the_rest_of_its_ten_minutes() -> None:
    alarm = step(opened(), e.Arrive("ola", age_s=240), 300).alarm
    assert alarm.assignment("ola").lapse_at == at(300 + 360)
    alarm = after(opened(), (10, e.Arrive("ola", age_s=10**9)), (10, e.Deadline()))
    assert alarm.assignment("ola").ask is Ask.STILL_THERE, "so old a word is a question"


# ---------------------------------------------------------------- roles


def test_each_is_given_the_next_role_that_cover_lacks_and_that_fits() -> None:
    alarm = opened().alarm
    given = {}
    for name in ("ola", "siri", "liv", "jon", "ada", "tor"):
        alarm = step(alarm, coming(name), 1).alarm
        given[name] = alarm.assignment(name).role
    assert given == {"ola": "coordinator", "siri": "responder", "liv": "leader", "jon": "caller_112", "ada": "public_guide", "tor": "logger"}
    assert [line.role for line in cover(alarm, WORLD) if not line.filled] == ["responder"]


def test_nobody_is_given_a_role_that_does_not_fit_him() -> None:
    alarm = after(opened(), coming("tor"))
    assert role_for(alarm, "tor", cover(alarm, WORLD), WORLD) == "logger"
    came = after(full_cover(opened()), coming("tor"))
    assert role_for(came, "nora", cover(came, WORLD), WORLD) is None, "no card that fits: comes without one, and may swap"


def test_one_from_another_office_is_never_made_one_of_the_pair() -> None:
    alarm = opened().alarm
    assert role_for(alarm, "nils", cover(alarm, WORLD), WORLD) == "caller_112"
    for name, role in (("jon", "caller_112"), ("tor", "logger"), ("per", "remote_responder")):
        alarm = after(alarm, coming(name, role=role))
    assert role_for(alarm, "nils", cover(alarm, WORLD), WORLD) == "remote_responder"


def test_one_may_swap_to_a_role_that_is_free_and_has_a_card() -> None:
    alarm = after(opened(), coming("ola", role="responder"), coming("liv", role="coordinator"))
    decision = step(alarm, e.SwapRole("ola", "caller_112"), 2)
    assert decision.alarm.assignment("ola").role == "caller_112"
    assert refusal(alarm, e.SwapRole("ola", "coordinator")) == "role_taken"
    assert refusal(alarm, e.SwapRole("ola", "alarm_raiser")) == "no_card", "the presser's own card is nobody else's"
    assert refusal(alarm, e.SwapRole("ola", "💥")) == "no_card"
    assert refusal(alarm, e.SwapRole("siri", "responder")) == "not_assigned"
    nothing_else_was_sent(decision)


def test_a_role_asked_for_by_name_is_given_if_it_is_free() -> None:
    alarm = after(opened(), coming("liv", role="coordinator"))
    assert step(alarm, coming("ola", role="logger")).alarm.assignment("ola").role == "logger"
    assert step(alarm, coming("liv", role="coordinator"), 50).alarm.assignment("liv").role == "coordinator", "he has it himself"
    crowd = after(alarm, coming("ola", role="responder"), coming("siri", role="responder"))
    assert step(crowd, coming("eva", role="responder")).alarm.assignment("eva").role == "responder", "a third goes along"


def test_two_who_were_offered_the_same_role_and_tap_at_once_are_both_coming_each_with_a_role_of_their_own() -> None:
    first = after(opened(), coming("liv", role="coordinator"))
    next_one = role_for(first, "eva", cover(first, WORLD), WORLD)
    both = after(first, coming("eva", role="coordinator"))
    second = both.assignment("eva")
    assert both.assignment("liv").role == "coordinator"
    assert second.stage is Stage.COMING and second.role == next_one not in (None, "coordinator")
    again = after(both, coming("eva", role="coordinator", eta_s=60))
    assert again.assignment("eva").role == second.role, "who has a role keeps it where another has the wanted one"


def test_the_state_is_the_sum_of_what_people_say() -> None:
    alarm = after(opened(), coming("ola"), coming("siri"))
    there = after(alarm, e.Arrive("ola"))
    assert there.state is State.ON_SCENE
    assert after(there, e.Decline("ola")).state is State.ACKNOWLEDGED
    assert after(there, e.Decline("ola"), e.Shelter("siri")).state is State.RAISED


# ---------------------------------------------------------------- what the presser's button is told


def test_the_button_hears_who_is_coming_who_is_there_and_that_nobody_is() -> None:
    told = []
    alarm = opened(**KNAPP).alarm
    for event in (coming("ola"), coming("siri"), e.Arrive("ola"), e.Decline("ola"), e.Decline("siri"), e.AddNote("jon", "?")):
        decision = step(alarm, event, 1)
        told += [(str(order.say), order.count) for order in decision.orders if order.recipient == "device:knapp"]
        alarm = decision.alarm
    assert told == [("coming", 1), ("coming", 2), ("there", 1), ("coming", 1), ("received", 0)], "never a tick for hope"


def test_a_second_device_of_the_same_presser_learns_how_it_stands() -> None:
    alarm = after(opened(by=None, device_id="karis"), coming("ola"))
    decision = step(alarm, pressed(device_id="knapp"), 5)
    assert sent(decision, Say.COMING) == ["device:knapp"], "and nothing else was sent: the first one knows"


@pytest.mark.parametrize("situation", ["portable_alarm_outside", "life_threatening_violence", "small_office_alarm", "bomb_threat"])
def test_where_nobody_is_sent_the_person_never_sees_coming_but_that_the_police_know(situation: str) -> None:
    alarm = opened(by=None, device_id="adas", situation=situation).alarm
    taken = step(alarm, coming("liv"), 5)
    assert stage(taken, "liv") is Stage.TAKEN
    nothing_else_was_sent(taken)
    called = step(taken, e.SetMark("liv", "police_called"), 9)
    nothing_else_was_sent(called, police=["device:adas"])
    arrived = step(called, e.Arrive("liv"), 20)
    assert not {Say.COMING, Say.THERE} & {order.say for order in arrived.orders}
    nothing_else_was_sent(arrived)


# ---------------------------------------------------------------- weapon


def test_a_weapon_turns_everyone_back_and_changes_the_cards_at_once() -> None:
    alarm = after(full_cover(opened(**KNAPP), seconds=5), (8, e.Arrive("siri")))
    decision = step(alarm, e.ChangeSituation("siri", "weapon"), 10)
    now = decision.alarm
    assert (now.situation, now.level, now.plan.steps) == ("life_threatening_violence", Level.EMERGENCY, alarm.plan.steps)
    for name in ("ola", "siri", "ada"):
        assert (stage(now, name), now.assignment(name).ask) == (Stage.ASKED, Ask.TURN_BACK)
    assert [stage(now, name) for name in ("liv", "jon")] == [Stage.TAKEN, Stage.TAKEN], "coordinator and 112 have it from where they are"
    assert sent(decision, Say.CHANGED) == ["ada", "jon", "kari", "liv", "ola"], "everyone but the one who tapped"
    assert not sent(decision, Say.COMING), "the button is never told that they come"


def test_a_weapon_puts_out_the_sounders_that_may_no_longer_speak() -> None:
    alarm = opened(situation="evacuation").alarm
    assert set(alarm.lit_ids) == {"lampe-mottak", "lampe-landskap", "sirene-landskap"}
    decision = step(alarm, e.ChangeSituation("siri", "weapon"), 5)
    assert sent(decision, Say.ENDED) == ["device:lampe-mottak", "device:sirene-landskap"]
    assert decision.alarm.lit_ids == ("lampe-landskap",)


def test_a_switch_is_refused_where_it_is_not_offered() -> None:
    alarm = opened().alarm
    assert refusal(alarm, e.ChangeSituation("ola", "💥")) == "not_offered"
    assert refusal(after(alarm, e.ChangeSituation("ola", "weapon")), e.ChangeSituation("ola", "weapon")) == "not_offered"


# ---------------------------------------------------------------- what is written down


def test_ticking_sets_a_time_stamp_that_everyone_sees_and_nothing_more() -> None:
    decision = step(opened(), e.Tick("jon", "caller_112", "call"), 9)
    mark = decision.alarm.mark("police_called")
    assert (mark.at, mark.by) == (at(9), "jon")
    assert decision.alarm.state is State.RAISED
    nothing_else_was_sent(decision)


def test_ticking_never_ends_an_alarm_or_confirms_safety() -> None:
    for name, situation in WORLD.content.situations.items():
        alarm = opened(situation=name).alarm
        for card in situation.cards.values():
            for one in card.steps:
                alarm = step(alarm, e.Tick("jon", card.role, one.id), 1).alarm
        assert alarm.state is State.RAISED and alarm.confirmed is None
        assert alarm.mark("safe_confirmed") is None
    assert refusal(opened(), e.Tick("jon", "responder", "💥")) == refusal(opened(), e.Tick("jon", "💥", "ack")) == "no_such_step"


def test_a_tick_by_one_who_has_not_answered_is_no_answer() -> None:
    alarm = after(opened(), e.Tick("siri", "responder", "look"))
    assert not alarm.assignment("siri").answered and alarm.state is State.RAISED
    assert alarm.assignment("siri").ticks == ("responder/look",)
    assert "siri" in sent(wait_until(alarm, 70)[1]), "told again with the others"
    assert after(alarm, e.Tick("siri", "responder", "look", on=False)).assignment("siri").ticks == ()


def test_the_first_time_of_a_mark_counts_but_a_clock_time_may_be_set_anew() -> None:
    alarm = after(opened(), (5, e.SetMark("jon", "police_called")), (9, e.SetMark("liv", "police_called")))
    assert (alarm.mark("police_called").at, alarm.mark("police_called").by) == (at(5), "jon")
    alarm = after(alarm, (10, e.SetMark("jon", "police_expected", "10:15")), (20, e.SetMark("jon", "police_expected", "10:20")))
    assert alarm.mark("police_expected").value == "10:20"
    for made_by_a_button in ("safe_confirmed", "💥"):
        assert refusal(alarm, e.SetMark("jon", made_by_a_button)) == "no_such_mark"


def test_112_makes_a_calm_call_an_emergency() -> None:
    assert after(opened(Kind.ASSIST), e.SetMark("jon", "police_called")).level is Level.EMERGENCY


def test_notes_are_cut_to_what_a_hurried_person_writes_and_limited_in_number() -> None:
    alarm = after(opened(), e.AddNote("ola", "x" * 10_000))
    assert len(alarm.notes[0].text) == 500
    for _ in range(499):
        alarm = step(alarm, e.AddNote("ola", "?"), 1).alarm
    assert refusal(alarm, e.AddNote("ola", "en til")) == "too_many_notes"
    assert len(alarm.notes) == WORLD.limits.notes_shown


# ---------------------------------------------------------------- coming down


@pytest.mark.parametrize("event", [coming("kari"), e.Arrive("kari"), e.Confirm("kari", "seen", 1), resolve("kari")])
def test_a_raiser_never_acknowledges_confirms_or_resolves_his_own(event: e.Event) -> None:
    assert refusal(opened(), event) == "own_alarm"
    assert refusal(after(opened(), coming("ola")), event) == "own_alarm"


@pytest.mark.parametrize("end", [resolve("ola", seen=1), e.CallOff("kari", 1), e.Confirm("ola", "seen", 1), e.CallOff("nora", 1, at_desk=True)])
def test_an_end_never_overtakes_a_press(end: e.Event) -> None:
    alarm = after(opened(), (5, coming("ola")))
    step(alarm, end, 6)
    assert refusal(after(alarm, (6, pressed())), end, 7) == "newer_signal"
    assert refusal(after(opened(Kind.FALL), (6, pressed(Kind.FALL))), e.CallOff("kari", 1), 7) == "newer_signal"


@pytest.mark.parametrize("end", [lambda age_s: e.Resolve("ola", Outcome.FALSE_ALARM, 1, age_s=age_s), lambda age_s: e.Confirm("ola", "seen", 1, age_s)])
def test_an_end_that_was_tapped_before_the_situation_became_another_one_does_not_count(end) -> None:
    alarm = after(opened(), (5, coming("ola")))
    weapon = after(alarm, (60, e.ChangeSituation("siri", "weapon")))
    assert refusal(weapon, end(1800), 1850) == "newer_situation"
    assert refusal(weapon, end(1.5), 61) == "newer_situation"
    step(weapon, end(0.5), 61)
    step(alarm, end(1800), 1860)
    step(weapon, end(0.5), 50)  # the clock has been put right, and the change lies in the future: nobody is kept from ending it until then


def test_a_stronger_press_that_brings_its_own_situation_changes_it_for_an_old_end_too() -> None:
    alarm = after(opened(Kind.MISSED_CHECKIN), (5, coming("ola")))
    stronger = after(alarm, (60, pressed()))
    assert stronger.situation != alarm.situation and stronger.situation_at == at(60)


@pytest.mark.parametrize("event", [e.Decline, e.Shelter])
def test_an_old_no_takes_back_no_promise_that_was_made_after_it(event) -> None:
    alarm = after(opened(), (100, coming("ola")))
    assert refusal(alarm, event("ola", age_s=920), 950) == "answered_since"
    assert stage(step(alarm, event("ola", age_s=60), 101), "ola") is not Stage.COMING, "what became a promise may have waited for a minute too"
    assert stage(step(alarm, event("ola"), 101), "ola") is not Stage.COMING
    assert stage(step(opened(), event("ola", age_s=900), 950), "ola") is not Stage.COMING, "nothing was promised"


def test_of_two_old_taps_on_one_phone_the_later_one_counts() -> None:
    alarm = after(opened(), (600, e.Arrive("ola", age_s=300)))
    assert stage(step(alarm, e.Decline("ola", age_s=200), 601), "ola") is Stage.CANNOT
    there = after(opened(), (600, e.Arrive("ola")))
    assert refusal(there, e.Decline("ola", age_s=200), 601) == "answered_since"


def test_an_end_tells_exactly_those_who_were_told_and_nobody_after() -> None:
    alarm = after(full_cover(opened(**KNAPP), seconds=5), (10, e.MoreHelp("ola")))
    decision = step(alarm, resolve("ola"), 60)
    assert decision.alarm.state is State.RESOLVED and due(decision.alarm) is None
    assert decision.alarm.ending.outcome is Outcome.HANDLED
    nothing_else_was_sent(
        decision, all_clear=alarm.told, ended=["device:knapp", "device:lampe-landskap", "device:sirene-landskap"]
    )  # fmt: skip


def test_calling_off_is_a_flag_and_everyone_told_carries_on() -> None:
    decision = step(opened(**KNAPP), e.CallOff("nora", 1, at_desk=True), 10)
    alarm = decision.alarm
    assert (alarm.state, alarm.called_off.by, alarm.called_off.confirm_by) == (State.RAISED, "nora", at(70))
    nothing_else_was_sent(decision, may_be_over=["kari", "liv", "ola", "siri"], called_off=["device:knapp"])
    alarm, (second,) = wait_until(alarm, 30)
    assert second.alarm.plan.number == 1, "steps run on"
    alarm = after(alarm, (40, coming("ola")))
    alarm, decided = wait_until(alarm, 220)
    assert "lapsed" in said(decided), "and so do lapses"


def test_a_call_off_that_nobody_confirms_within_60_seconds_starts_the_next_step() -> None:
    alarm = after(full_cover(opened(), seconds=5), (10, e.CallOff("kari", 1)))
    assert alarm.plan.due_at is None
    alarm, (decision,) = wait_until(alarm, 70)
    assert said(decision)[0] == "call_off_unconfirmed" and alarm.called_off is not None
    nothing_else_was_sent(decision, alarm=["@fjordvik/vakttelefon", "nils", "tor"])


def test_calling_off_again_does_not_put_off_the_next_step() -> None:
    alarm = after(opened(), (10, e.CallOff("kari", 1)))
    again = step(alarm, e.CallOff("nora", 1, at_desk=True), 60)
    assert again.alarm.called_off == alarm.called_off
    nothing_else_was_sent(again)


def test_a_new_press_clears_a_call_off() -> None:
    alarm = after(opened(**KNAPP), (5, coming("ola")), (10, e.CallOff("nora", 1, at_desk=True)))
    decision = step(alarm, pressed(**KNAPP), 20)
    assert decision.alarm.called_off is None and decision.alarm.quiet_since is None
    assert "call_off_cleared" in said(decision)
    nothing_else_was_sent(decision, coming=["device:knapp"])


def test_only_the_presser_and_the_desk_call_off() -> None:
    for name in ("ola", "liv", "per", "ghost"):
        assert refusal(opened(), e.CallOff(name, 1)) == "not_yours"
    assert refusal(opened(Kind.FALL), e.CallOff("nora", 1, at_desk=True)) == "not_yours", "a fall that is being asked about is the person's own"


def test_a_call_off_withdraws_only_ones_own_press() -> None:
    alarm = after(opened(), (3, pressed(by="nora")))
    decision = step(alarm, e.CallOff("kari", 2), 10)
    assert decision.alarm.called_off is None, "nora's press stands"
    assert said(decision) == ["withdrawn"]
    nothing_else_was_sent(decision)
    own = step(after(opened(), (3, pressed()), (4, pressed(by=None, device_id="karis"))), e.CallOff("kari", 3), 10)
    assert own.alarm.called_off is not None, "all of these were hers"


def test_another_person_confirms_and_then_has_the_alarm() -> None:
    alarm = after(opened(), (10, e.CallOff("kari", 1)))
    decision = step(alarm, e.Confirm("ola", "seen", 1), 20)
    now = decision.alarm
    assert (now.state, stage(now, "ola"), now.confirmed.by, now.confirmed.how) == (State.ON_SCENE, Stage.THERE, "ola", "seen")
    assert now.mark("safe_confirmed").by == "ola" and now.plan.due_at is None
    assert wait_until(now, 600)[1] == [], "no next step after 60 s"
    nothing_else_was_sent(decision)
    heard = step(alarm, e.Confirm("ola", "heard", 1), 20).alarm
    assert (heard.state, stage(heard, "ola")) == (State.ACKNOWLEDGED, Stage.TAKEN)


def test_a_fall_that_is_called_off_with_pin_is_cancelled_and_the_plans_owner_is_told() -> None:
    decision = step(opened(Kind.FALL, by=None, device_id="karis"), e.CallOff("kari", 1), 20)
    assert decision.alarm.state is State.CANCELLED and due(decision.alarm) is None
    nothing_else_was_sent(decision, cancelled=["liv"], ended=["device:karis"])


def test_one_who_shelters_is_told_no_more_by_the_steps() -> None:
    alarm = after(opened(), (5, e.Shelter("siri")), (6, e.Decline("ola")))
    alarm, decided = wait_until(alarm, 130)
    assert "siri" not in sent(decided)
    assert "ola" in sent(decided[-1]), "who could not is asked again when nobody has it"
