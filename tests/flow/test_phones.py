"""What phones may do by the token in a push: say that they have shown it, and answer. And nothing else, and nobody else."""

from __future__ import annotations

import pytest

from server.core.directory import Duty
from server.core.model import Ask, Stage
from server.core.orders import Say, Status
from server.core.phones import TEST_BY_HAND_S, TEST_EVERY_S, Health, health
from server.flow import phones
from server.flow.phones import ANSWER_HOLDS, RECEIPT_HOLDS, Subscription
from tests.flow.house import House, nothing_more, sent_to
from tests.flow.people import OFFICE
from tests.flow.phone_world import SECRET, Phones

FIRST_STEP = {"ola", "nina", "liv"}


@pytest.fixture
def world(house: House) -> Phones:
    world = Phones(house)
    for who in sorted(FIRST_STEP):
        world.sign_up(who)
    return world


def status(world: Phones, who: str, say: Say = Say.ALARM) -> str:
    return str(world.house.orders(world.house.only_alarm(), say, who)[-1].status)


# ---------------------------------------------------------------- receipts


def test_a_phone_that_shows_the_alarm_makes_its_order_reached_and_stops_that_ladder_only(world: Phones) -> None:
    house = world.house
    alarm = house.press()
    house.deliver()
    [push] = world.in_the_air("ola")
    assert world.shown(push.receipt)
    order = house.orders(alarm, Say.ALARM, "ola")[0]
    assert (order.status, order.channel, order.next_at) == (Status.REACHED, "push", None)
    assert f"delivery:{alarm.id}" in house.rung and f"now:{OFFICE}" in house.rung
    assert sent_to([one for _ in range(10) for one in house.deliver(1)], "sms") == {"nina", "liv"}
    house.got(alarm, "nina", "liv")
    nothing_more(house)


def test_the_same_receipt_a_hundred_times_is_one_receipt(world: Phones) -> None:
    house = world.house
    alarm = house.press()
    house.deliver()
    [push] = world.in_the_air("ola")
    assert all(world.shown(push.receipt) for _ in range(100))
    assert [one.word for one in house.orders(alarm, Say.ALARM, "ola")[0].tries] == ["accepted", "delivered"]
    house.got(alarm, *FIRST_STEP)
    nothing_more(house)


def test_one_of_several_phones_is_enough_and_each_proves_only_itself(world: Phones) -> None:
    house = world.house
    second = world.sign_up("ola", "phone-ola-2")
    house.press()
    house.deliver()
    assert len(world.in_the_air("ola")) == 2
    [push] = [one for one in world.in_the_air("ola") if one.phone.id == second.id]
    assert world.shown(push.receipt) and status(world, "ola") == "reached"
    now = house.clock.now
    assert {phone.id: health(phone, now) for phone in house.store.phones_of(["ola"])["ola"]} == {"phone-ola": Health.UNSURE, second.id: Health.FINE}


def test_a_newer_push_that_took_the_older_ones_place_vouches_for_it(world: Phones) -> None:
    house = world.house
    alarm = house.press()
    house.deliver()
    house.press()  # the second press starts the next step, which tells Ola again
    house.deliver()
    first, *_, newest = world.in_the_air("ola")
    assert first.body["notification"]["tag"] == newest.body["notification"]["tag"]
    assert world.shown(newest.receipt)
    assert {str(order.status) for order in house.orders(alarm, Say.ALARM, "ola")} == {"reached"}
    assert "ola" not in sent_to([one for _ in range(30) for one in house.deliver(1)], "sms")


def test_an_older_push_says_nothing_of_what_came_after_it(world: Phones) -> None:
    house = world.house
    alarm = house.press()
    house.deliver()
    house.clock.push(1)
    house.act("nina", alarm, "acknowledge")
    house.act("nina", alarm, "change_situation", switch="weapon")
    house.deliver()
    first = world.in_the_air("ola")[0]
    assert world.shown(first.receipt)
    reached = {(order.say, order.made_at) for order in house.orders(alarm, recipient="ola") if order.status is Status.REACHED}
    assert reached == {(Say.ALARM, house.again(alarm).opened_at)} and status(world, "ola", Say.CHANGED) == "waiting"


def test_a_token_of_somebody_else_another_phone_another_time_or_none_at_all_changes_nothing(world: Phones) -> None:
    house = world.house
    house.press()
    house.deliver()
    [ola], [nina] = world.in_the_air("ola"), world.in_the_air("nina")
    token, phone, sent = ola.receipt.split("~")
    stolen = [
        f"{token}~{nina.phone.id}~{sent}", f"{token}~{phone}~{int(sent) + 1}", f"{nina.receipt.split('~')[0]}~{phone}~{sent}", ola.answer,
        f"{token}~nobody~{sent}", f"{token}x~{phone}~{sent}", token, "", "~~", f"{token}~{phone}~", f"{token}~{phone}~{'9' * 300}", "x" * 5000,
    ]  # fmt: skip
    assert not any(world.shown(one) for one in stolen)
    assert not any(world.answer(one).answer for one in [*stolen, ola.receipt] if one != ola.answer)
    assert status(world, "ola") == status(world, "nina") == "waiting"


def test_a_receipt_holds_for_two_days_and_an_answer_for_half_an_hour(world: Phones) -> None:
    house = world.house
    house.press()
    house.deliver()
    [push] = world.in_the_air("ola")
    house.clock.push(ANSWER_HOLDS.total_seconds() + 1)
    assert world.answer(push.answer).answer is None and world.shown(push.receipt)
    house.clock.push(RECEIPT_HOLDS.total_seconds())
    assert not world.shown(push.receipt)


def test_a_phone_that_has_changed_hands_says_nothing_for_the_one_who_had_it(world: Phones) -> None:
    house = world.house
    house.press()
    house.deliver()
    [push] = world.in_the_air("ola")
    world.sign_up("nina", "phone-ola")
    assert not world.shown(push.receipt) and world.answer(push.answer).answer is None
    assert status(world, "ola") == "waiting"


# ---------------------------------------------------------------- answers


def test_an_answer_from_the_lock_screen_is_the_apps_answer(world: Phones) -> None:
    house = world.house
    alarm = house.press()
    house.deliver()
    [push] = world.in_the_air("ola")
    given = world.answer(push.answer)
    assert given.answer is not None and given.answer.reason is None
    held = house.again(alarm).assignment("ola")
    assert held is not None and (held.stage, held.role) == (Stage.COMING, "responder")
    assert status(world, "ola") == "reached", "who has answered has seen it, also where the receipt was lost"
    [nina] = world.in_the_air("nina")
    assert world.answer(nina.answer, "decline").answer is not None
    assert house.again(alarm).assignment("nina").stage is Stage.CANNOT  # type: ignore[union-attr]


def test_the_same_answer_again_is_one_answer_and_another_one_by_the_same_token_is_refused(world: Phones) -> None:
    house = world.house
    alarm = house.press()
    house.deliver()
    [push] = world.in_the_air("ola")
    first, again, other = world.answer(push.answer), world.answer(push.answer, age_s=20), world.answer(push.answer, "decline")
    assert first.answer and again.answer and other.answer
    assert (again.answer.at, again.answer.repeated, other.answer.reason) == (first.answer.at, True, "id_used")
    assert house.words(alarm).count("acknowledged") == 1 and "declined" not in house.words(alarm)


def test_a_late_answer_becomes_a_question_as_in_the_app(world: Phones) -> None:
    house = world.house
    alarm = house.press()
    house.deliver()
    [push] = world.in_the_air("ola")
    given = world.answer(push.answer, age_s=61)
    assert given.answer is not None and given.answer.reason == "too_old"
    held = house.again(alarm).assignment("ola")
    assert held is not None and (held.stage, held.ask) == (Stage.ASKED, Ask.LATE_ACK)
    assert not house.again(alarm).active()


def test_an_answer_to_what_has_ended_says_so(world: Phones) -> None:
    house = world.house
    alarm = house.press()
    house.deliver()
    [push] = world.in_the_air("ola")
    house.end(alarm, "nina")
    given = world.answer(push.answer)
    assert given.answer is not None and given.answer.reason == "ended"


# ---------------------------------------------------------------- signing up


def test_signing_up_at_each_start_keeps_what_has_been_proven(world: Phones) -> None:
    house = world.house
    world.test(world.of("ola"))
    assert world.shown(world.in_the_air("ola")[0].receipt)
    world.sign_up("ola")
    assert health(world.of("ola"), house.clock.now) is Health.FINE


def test_only_the_phone_itself_moves_its_id_to_another_person(world: Phones) -> None:
    assert world.try_to_sign_up("per", "phone-ola", "https://push.example/pers", secret="not the secret of it") == "not_this_phone"
    assert world.of("ola").endpoint == "https://push.example/phone-ola"
    assert world.sign_up("per", "phone-ola").person_id == "per"
    assert world.house.store.phones_of(["ola"]) == {}


def test_an_address_that_is_no_push_service_is_refused(world: Phones) -> None:
    assert world.try_to_sign_up("ola", "phone-new", "https://evil.example/x") == "unknown_push_service"
    context = world.house.context
    assert phones.renew(context, world.push, "phone-ola", SECRET, Subscription("https://evil.example/x", "k", "a")) == "unknown_push_service"


def test_a_changed_subscription_is_renewed_by_the_phones_own_secret_and_must_be_proven_anew(world: Phones) -> None:
    house = world.house
    world.test(world.of("ola"))
    world.shown(world.in_the_air("ola")[0].receipt)
    fresh = Subscription("https://push.example/fresh", "p", "a")
    assert phones.renew(house.context, world.push, "phone-ola", "guessed", fresh) == "unknown_phone"
    assert phones.renew(house.context, world.push, "phone-none", SECRET, fresh) == "unknown_phone"
    phones.renew(house.context, world.push, "phone-ola", SECRET, fresh)
    phone = world.of("ola")
    assert (phone.endpoint, phone.receipt_at, phone.person_id) == (fresh.endpoint, None, "ola")


def test_nobody_signs_somebody_elses_phone_off(world: Phones) -> None:
    context = world.house.context
    assert not phones.sign_off(context, "per", "phone-ola") and world.of("ola")
    assert phones.sign_off(context, "ola", "phone-ola") and phones.sign_off(context, "ola", "phone-ola")
    assert world.house.store.phones_of(["ola"]) == {}


def test_a_dead_phone_leaves_the_ladder_at_once_and_nobody_sends_to_it_again(world: Phones) -> None:
    house = world.house
    world.push.words["phone-ola"] = "gone"
    alarm = house.press()
    sent = house.deliver()
    assert sent_to(sent, "sms") == {"ola"}, "the next channel follows now"
    assert health(world.of("ola"), house.clock.now) is Health.DEAD
    house.got(alarm, *FIRST_STEP)
    house.press()
    house.deliver()
    assert world.in_the_air("ola") == []


# ---------------------------------------------------------------- the test message


def test_a_test_message_proves_the_phone_and_touches_no_alarm(world: Phones) -> None:
    house = world.house
    alarm = house.press()
    assert world.test(world.of("ola")) == "accepted"
    [push] = world.in_the_air("ola")
    assert health(world.of("ola"), house.clock.now) is Health.UNSURE
    assert world.shown(push.receipt) and world.shown(push.receipt)
    assert health(world.of("ola"), house.clock.now) is Health.FINE
    assert {str(order.status) for order in house.orders(alarm, Say.ALARM, "ola")} == {"waiting"}


def test_tapping_test_again_and_again_sends_one(world: Phones) -> None:
    ola = world.of("ola")
    assert [world.test(ola) for _ in range(3)] == ["accepted", "too_soon", "too_soon"]
    world.house.clock.push(TEST_BY_HAND_S)
    assert world.test(ola) == "accepted"


def test_each_phone_of_those_on_duty_is_proven_weekly_and_no_others(world: Phones) -> None:
    house = world.house
    world.sign_up("per")
    house.edit(duty={**house.directory.duty, ("liv", OFFICE): Duty.OFF})
    due = lambda: phones.test_those_due(house.context, world.push)  # noqa: E731
    assert due() == 3 and {one.phone.person_id for one in world.push.air} == {"ola", "nina", "per"}
    assert due() == 0
    world.shown(world.in_the_air("ola")[0].receipt)
    house.clock.push(86_400)
    assert due() == 2 and len(world.in_the_air("ola")) == 1, "who has shown one waits a week, the others a day"
    house.clock.push(TEST_EVERY_S - 86_400)
    assert due() == 3
