"""Reminders: by every channel, with a button where the phone has it; answered with the phone shut, by token, and never with more than fifteen minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.messages import message
from server.core.orders import Say
from server.core.values import replace
from server.core.visit.model import VisitState
from server.flow.phones import ANSWER_HOLDS
from server.store.contract import Store
from tests.flow.phone_world import OSLO, InTheAir, Phones
from tests.flow.people import DURESS_PIN
from tests.flow.test_visits import Out, V


class Away(Phones):
    """Kari is out, and she and Ola have phones that are pushed to."""

    house: Out


@pytest.fixture
def world(any_store: Store) -> Away:
    world = Away(Out(any_store))
    world.sign_up("kari")
    world.sign_up("ola")
    world.house.out()
    return world


def pass_time(world: Away, minutes: float) -> None:
    for _ in range(round(minutes * 2)):
        world.house.pass_time(0.5)
        world.house.deliver()


def reminders(world: Away, say: Say = Say.VISIT_NOTICE) -> list[InTheAir]:
    return [one for one in world.in_the_air("kari") if one.order and one.order.say is say]


def buttons(push: InTheAir) -> list[str]:
    return [one["action"] for one in push.body["notification"].get("actions", [])]


def test_ten_and_five_minutes_before_the_phone_is_told_silently_with_two_buttons_and_nothing_personal(world: Away) -> None:
    pass_time(world, 26)
    first, second = reminders(world)
    assert [first.body["notification"]["title"], second.body["notification"]["title"]] == ["10 min igjen til innsjekk", "5 min igjen til innsjekk"]
    assert buttons(first) == ["extend_15", "open"] and first.body["notification"]["silent"] is True
    said = str(first.body["notification"]["title"] + first.body["notification"]["body"]).lower()
    assert "fjellveien" not in said and "kari" not in said
    assert all(one["navigate"].startswith("https://varde.example/besok/") for one in first.body["notification"]["actions"])


def test_fifteen_minutes_more_from_the_lock_screen_moves_the_deadline_once(world: Away) -> None:
    pass_time(world, 21)
    [push] = reminders(world)
    before = world.house.visit
    answers = [world.answer(push.answer, "extend_15") for _ in range(3)]
    after = world.house.visit
    assert [one.visit.reason for one in answers if one.visit] == [None, None, None]
    assert [one.visit.repeated for one in answers if one.visit] == [False, True, True]
    assert after.ends_at - before.ends_at == timedelta(minutes=15) and after.extended_s == 900
    assert after.deadline_at > before.deadline_at
    assert world.house.store.phones_of(["kari"])["kari"][0].receipt_at is not None, "whoever answers has seen it"


def test_a_late_phone_still_in_grace_may_answer_and_the_chase_ends(world: Away) -> None:
    pass_time(world, 32)
    [late] = reminders(world, Say.VISIT_LATE)
    assert world.house.visit.state is VisitState.GRACE and buttons(late) == ["extend_15", "open"]
    answered = world.answer(late.answer, "extend_15").visit
    assert answered is not None and answered.reason is None
    assert world.house.visit.state is VisitState.OUT


def test_no_button_promises_what_the_level_does_not_allow(world: Away) -> None:
    visit = world.house.visit
    world.house.tap("kari", "extend", seconds=visit.times.extend_max_s - 600)
    pass_time(world, 21)
    [push, *_] = reminders(world)
    assert buttons(push) == ["open"]


def test_nobody_else_and_nothing_else_answers_with_that_token(world: Away) -> None:
    pass_time(world, 32)
    [push, *_] = reminders(world)
    token = push.answer
    assert world.answer(token, "acknowledge").answer.alarm is None  # type: ignore[union-attr]
    for wrong in (token.replace("~", "x~", 1), token.replace("~phone-kari~", "~phone-ola~"), push.receipt):
        given = world.answer(wrong, "extend_15")
        assert (given.answer, given.visit) == (None, None)
    assert world.house.visit.extended_s == 0


def test_a_message_to_the_contact_person_extends_nothing(world: Away) -> None:
    pass_time(world, 37)
    [call] = [one for one in world.in_the_air("ola") if one.order and one.order.say is Say.VISIT_CALL]
    assert "actions" not in call.body["notification"] and "answer" not in call.body["notification"]["data"]


def test_an_answer_that_comes_after_half_an_hour_opens_the_app(world: Away) -> None:
    pass_time(world, 21)
    [push] = reminders(world)
    world.house.clock.push(ANSWER_HOLDS.total_seconds() + 1)
    assert world.answer(push.answer, "extend_15").visit is None


def test_after_a_check_out_under_duress_the_token_is_refused_as_after_an_ordinary_one(world: Away) -> None:
    pass_time(world, 21)
    [push] = reminders(world)
    world.house.give_pins("kari")
    assert world.house.tap("kari", "end", pin=DURESS_PIN).reason is None
    answered = world.answer(push.answer, "extend_15").visit
    assert answered is not None and answered.reason == "ended"


@pytest.mark.parametrize(("language", "how"), [("nb", "PIN-en din"), ("nn", "PIN-en din"), ("en", "your PIN")])
def test_by_sms_it_says_how_to_check_in_where_an_answer_reaches_us(world: Away, language: str, how: str) -> None:
    house = world.house
    pass_time(world, 21)
    [push] = reminders(world)
    assert push.order is not None
    people = {**house.directory.people, "kari": replace(house.directory.people["kari"], language=language)}
    here = replace(house.directory, people=people)
    visit = house.store.visits([V])[V]
    answerable, silent = (message(push.order, visit, here, OSLO, house.clock.now, answers).text for answers in (True, False))
    assert how in answerable and how not in silent and len(answerable) <= 160
