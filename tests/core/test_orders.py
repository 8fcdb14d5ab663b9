"""Orders: what is carried out in the world, and what must never be."""

from __future__ import annotations


import pytest

from server.core import events as e
from server.core import orders
from server.core.directory import Bought, Device, DeviceKind, Directory, Duty
from server.core.model import State
from server.core.orders import AFTER_THE_END, Fenced, Receipt, Result, Say, Status, after_receipt, after_try, overtaken
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import (
    DEVICES,
    DRILL,
    OFFICE,
    T0,
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
    resolve,
    sent,
    step,
    tells,
    wait_until,
    world,
)

GUARD, ON_CALL = WORLD.contacts["@fjordvik/vekter"], WORLD.contacts["@fjordvik/vakttelefon"]

# ---------------------------------------------------------------- the drill fence


def test_an_order_cannot_be_built_from_a_drill_alarm_without_the_mark() -> None:
    for drill in (None, DRILL):
        alarm = opened(drill=drill).alarm
        built = [
            orders.to_person(alarm, "ola", Say.ALARM, 1, ("push",), T0, T0),
            orders.to_device(alarm, "knapp", Say.COMING, 1, T0),
            orders.to_contact(alarm, ON_CALL, Say.ALARM, 1, ("sms",), T0),
        ]
        assert {order.drill for order in built} == {drill is not None}


def test_everything_that_a_drill_sends_until_its_end_has_the_mark() -> None:
    alarm, decided = wait_until(opened(drill=DRILL, by=None, device_id="karis"), 300)
    for event in (coming("ola"), e.ChangeSituation("ola", "weapon"), e.CallOff("nora", 1, at_desk=True), pressed(), e.MoreHelp("ola"), resolve("ola", 2)):
        decided.append(step(alarm, event, 400))
        alarm = decided[-1].alarm
    built = [order for decision in decided for order in decision.orders]
    assert built and all(order.drill for order in built)


def test_a_drill_goes_to_no_contact_that_has_not_agreed_to_it() -> None:
    drill = opened(drill=DRILL).alarm
    with pytest.raises(Fenced):
        orders.to_contact(drill, GUARD, Say.ALARM, 1, ("sms",), T0)
    here = planned(tells("role:caller_112", "contact:vekter", "contact:vakttelefon"))
    real, exercise = opened(here=here), opened(here=here, drill=DRILL)
    assert {"@fjordvik/vekter", "@fjordvik/vakttelefon"} <= set(sent(real))
    assert data(exercise, "would_have") == {"contact": "@fjordvik/vekter", "channels": ["sms"]}
    assert "@fjordvik/vekter" not in exercise.alarm.told, "so no all-clear either"
    nothing_else_was_sent(exercise, alarm=["jon", "@fjordvik/vakttelefon", "device:lampe-landskap", "device:sirene-landskap"])


def test_drill_orders_are_void_once_it_is_real_and_the_reverse() -> None:
    real, drill = opened(), opened(drill=DRILL)
    assert overtaken(drill.orders[0], real.alarm) and overtaken(real.orders[0], drill.alarm)
    assert not overtaken(real.orders[0], real.alarm) and not overtaken(drill.orders[0], drill.alarm)


# ---------------------------------------------------------------- silence


@pytest.mark.parametrize("situation", sorted(WORLD.content.situations))
def test_a_silent_situation_makes_no_sound_or_light_where_visitors_are_or_where_it_was_pressed(situation: str) -> None:
    cards = WORLD.content.situations[situation]
    lit = {name.removeprefix("device:") for name in sent(opened(situation=situation)) if name.startswith("device:")}
    elsewhere = {name.removeprefix("device:") for name in sent(opened(by="ola", situation=situation)) if name.startswith("device:")}
    if cards.silent:
        assert not lit & {"lampe-mottak"} and not elsewhere & {"lampe-mottak", "lampe-landskap", "sirene-landskap"}
    else:
        assert "lampe-mottak" in lit
    assert ("sirene-landskap" in lit) is (cards.go_to_scene != "sheltered"), "no sounder where people may be hiding"
    assert "lampe-lillevik" not in lit, "and nothing else was sent"


def test_those_who_may_be_inside_are_told_without_tone_or_call() -> None:
    here = planned(tells("on_duty", channels=("screen", "push", "sms", "voice")), duty=off_duty(also={("eva", OFFICE): Duty.ON_DUTY}))
    decision = opened(here=here, situation="life_threatening_violence")
    assert (order_to(decision, "ola").quiet, order_to(decision, "ola").ladder) == (True, ("push",))
    assert (order_to(decision, "eva").quiet, order_to(decision, "eva").ladder) == (False, ("push", "sms", "voice")), "she is not in the house"


def test_one_who_shelters_is_told_without_tone_or_call() -> None:
    alarm = after(opened(), e.Shelter("siri"), coming("ola"))
    for decision in (step(alarm, e.ChangeSituation("ola", "weapon"), 5), step(alarm, resolve("ola"), 5)):
        quiet = [order for order in decision.orders if order.recipient == "siri"]
        assert quiet and all(order.quiet and not {"sms", "voice"} & set(order.ladder) for order in quiet)


def test_a_phone_beside_the_presser_makes_no_tone_in_a_silent_situation() -> None:
    alarm, (second,) = wait_until(opened(), 30)
    assert order_to(second, "nora").quiet and not order_to(second, "jon").quiet
    assert not order_to(wait_until(opened(situation="evacuation"), 30)[1][0], "nora").quiet


# ---------------------------------------------------------------- ladders


def test_there_is_one_order_per_person_with_the_whole_ladder_and_the_screen_first() -> None:
    decision = opened()
    ola = order_to(decision, "ola")
    assert (ola.ladder, ola.rung, ola.next_at) == (("push", "sms"), 0, T0)
    here = planned(tells("role:responder", channels=("screen", "sms")))
    assert (order_to(opened(here=here), "ola").next_at - T0).total_seconds() == 10, "a screen is given its time before an SMS"


def test_a_contact_is_told_by_what_an_outside_number_can_take() -> None:
    here = planned(tells("contact:vekter", "role:responder", channels=("screen", "push")))
    assert order_to(opened(here=here), "@fjordvik/vekter").ladder == ("sms", "voice"), "none of the step's channels fits: then all it has"


def test_a_contact_that_the_office_deletes_does_not_stop_the_end() -> None:
    alarm, _ = wait_until(opened(), 70)
    assert "@fjordvik/vakttelefon" in alarm.told
    decision = step(alarm, resolve(), 80, world(contacts=()))
    assert decision.alarm.state is State.RESOLVED
    assert sent(decision, Say.ALL_CLEAR) == sorted(set(alarm.told) - {"@fjordvik/vakttelefon"})
    assert data(decision, "nobody_for_role")["reason"] == "deleted", "and nothing else was sent"


def test_whoever_is_not_in_a_house_has_no_screen_to_wait_for() -> None:
    here = planned(tells("on_duty", channels=("screen", "sms")), duty=off_duty(also={("eva", OFFICE): Duty.ON_DUTY}))
    assert (order_to(opened(here=here), "eva").next_at - T0).total_seconds() == 0
    assert (order_to(opened(here=here), "ola").next_at - T0).total_seconds() == 10


def test_where_a_rung_has_no_address_the_next_follows_at_once_but_not_before_a_screen_has_had_its_time() -> None:
    ladder_s = WORLD.limits.ladder_s
    ola = replace(order_to(opened(), "ola"), ladder=("push", "sms", "voice"))
    outside, inside = (after_try(ola, Result.NO_ADDRESS, T0, ladder_s, has_screen=screen) for screen in (False, True))
    assert (outside.rung, outside.next_at) == (1, T0)
    assert (inside.rung, inside.next_at) == (1, at(10))
    at_last = after_try(after_try(inside, Result.NO_ADDRESS, at(10), ladder_s), Result.NO_ADDRESS, at(10), ladder_s)
    assert (at_last.status, at_last.next_at) == (Status.FAILED, None)


# ---------------------------------------------------------------- what comes back


def test_a_message_on_the_phone_of_one_of_our_own_stops_the_ladder() -> None:
    reached = after_receipt(order_to(opened(), "ola"), Receipt.DELIVERED, "sms", at(5))
    assert reached and (reached.status, reached.channel, reached.next_at) == (Status.REACHED, "sms", None)
    assert after_receipt(reached, Receipt.DELIVERED, "sms", at(6)) is None, "the same again is no news"


def test_outside_the_house_a_delivered_sms_is_no_answer_and_the_call_follows() -> None:
    guard = orders.to_contact(opened().alarm, GUARD, Say.ALARM, 1, ("sms", "voice"), T0)
    sent_ = after_try(guard, Result.ACCEPTED, T0, WORLD.limits.ladder_s)
    noted = after_receipt(sent_, Receipt.DELIVERED, "sms", at(3))
    assert noted and (noted.status, noted.next_at) == (Status.WAITING, at(10)) and noted.tries
    rung = after_try(noted, Result.ACCEPTED, at(10), WORLD.limits.ladder_s)
    answered = after_receipt(rung, Receipt.ANSWERED, "voice", at(12))
    assert answered and (answered.status, answered.channel, answered.next_at) == (Status.SEEN, "voice", None)


def test_a_contact_with_one_way_to_be_told_is_reached_when_that_has_arrived() -> None:
    guard = orders.to_contact(opened().alarm, GUARD, Say.ALARM, 1, ("sms",), T0)
    reached = after_receipt(after_try(guard, Result.ACCEPTED, T0, WORLD.limits.ladder_s), Receipt.DELIVERED, "sms", at(3))
    assert reached and reached.status is Status.REACHED


def test_an_order_waits_for_its_turn_only_behind_a_vendor_that_answers_and_where_it_could_not_climb() -> None:
    ola = replace(order_to(opened(), "ola"), ladder=("push", "sms"))
    there = {"push", "sms"}
    assert [orders.not_waited_for(one, there, answers=True) for one in (ola, replace(ola, rung=1))] == [True, False]
    assert not orders.not_waited_for(ola, {"push"}, answers=True), "no SMS is set up here"
    assert orders.not_waited_for(replace(ola, rung=1), there, answers=False)



def test_what_never_arrived_lets_the_next_rung_go_now() -> None:
    ola = replace(order_to(opened(), "ola"), ladder=("sms", "voice"))
    lost = after_receipt(after_try(ola, Result.ACCEPTED, T0, WORLD.limits.ladder_s), Receipt.NOT_DELIVERED, "sms", at(2))
    assert lost and (lost.status, lost.rung, lost.next_at) == (Status.WAITING, 1, at(2))
    late = after_receipt(replace(lost, tries=(), status=Status.REACHED, next_at=None), Receipt.NOT_DELIVERED, "sms", at(3))
    assert late and late.status is Status.REACHED, "another channel has reached her since"


def test_an_answer_counts_also_after_everything_was_given_up() -> None:
    failed = replace(order_to(opened(), "ola"), status=Status.FAILED, next_at=None)
    answered = after_receipt(failed, Receipt.ANSWERED, "sms", at(300))
    assert answered and (answered.status, answered.channel) == (Status.SEEN, "sms")


# ---------------------------------------------------------------- the end


def test_after_the_end_only_the_all_clear_goes_out_and_to_exactly_those_told() -> None:
    alarm = full_cover(opened(by=None, device_id="karis"))
    alarm, decided = wait_until(alarm, 1000)
    placed = [order for decision in decided for order in decision.orders]
    end = step(alarm, resolve(), 1000)
    assert sent(end, Say.ALL_CLEAR) == sorted(alarm.told)
    assert all(overtaken(order, end.alarm) for order in placed if order.say not in AFTER_THE_END)
    assert not any(overtaken(order, end.alarm) for order in end.orders)
    nothing_else_was_sent(end, all_clear=alarm.told, ended=["device:karis", "device:lampe-landskap", "device:sirene-landskap"])


def test_may_be_over_is_not_sent_any_more_when_a_new_press_has_cleared_it() -> None:
    called_off = step(opened(by=None, device_id="karis"), e.CallOff("kari", 1), 5)
    slow = [order for order in called_off.orders if order.say in (Say.MAY_BE_OVER, Say.CALLED_OFF)]
    pressed_again = step(called_off, pressed(), 6)
    assert slow and all(overtaken(order, pressed_again.alarm) for order in slow)
    assert not any(overtaken(order, called_off.alarm) for order in slow)


def test_a_fall_that_was_called_off_is_told_to_the_contact_person_after_its_end() -> None:
    end = step(opened(Kind.FALL), e.CallOff("kari", 1), 5)
    assert not overtaken(order_to(end, "liv", Say.CANCELLED), end.alarm)
    nothing_else_was_sent(end, cancelled=["liv"])


def test_a_colleague_beside_the_presser_in_a_room_without_visitors_is_rung() -> None:
    here = planned(tells("on_duty", channels=("screen", "push", "sms", "voice")))
    decision = opened(by="liv", here=here)
    assert decision.alarm.place.zone_id == "kontor" and not order_to(decision, "tor").quiet
    assert order_to(decision, "tor").ladder == ("push", "sms", "voice")


# ---------------------------------------------------------------- devices of other makers

BOUGHT = Bought("zigbee2mqtt", "0x1", "hub")


def with_bought() -> Directory:
    return world(devices=[
        *DEVICES, Device("sirene", OFFICE, "Sirene", DeviceKind.SOUNDER, "landskap", bought=BOUGHT),
        Device("zigbee", OFFICE, "Zigbee-knapp", DeviceKind.BUTTON, "mottak", bought=BOUGHT), Device("hub", OFFICE, "Hub", DeviceKind.HUB, bought=BOUGHT),
    ])  # fmt: skip


def test_in_a_drill_nothing_that_was_bought_is_lit_since_it_cannot_say_that_it_is_one() -> None:
    here = with_bought()
    lit = {drill: opened(drill=drill, here=here).alarm.lit_ids for drill in (None, DRILL)}
    assert set(lit[None]) - set(lit[DRILL]) == {"sirene"} and "lampe-landskap" in lit[DRILL]


def test_a_bought_button_gets_no_orders_and_its_press_is_an_alarm_like_any_other() -> None:
    here = with_bought()
    alarm = opened(by=None, device_id="zigbee", here=here)
    assert alarm.alarm.place.zone_id == "mottak"
    decided = [alarm, step(alarm, coming("ola"), 5, here)]
    decided.append(step(decided[-1], e.Arrive("ola"), 9, here))
    decided.append(step(decided[-1], resolve("ola"), 20, here))
    to_devices = {order.recipient for decision in decided for order in decision.orders if order.recipient.startswith("device:")}
    assert to_devices == {"device:lampe-landskap", "device:sirene-landskap", "device:sirene"}
