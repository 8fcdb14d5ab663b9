"""What the door for actions promises: every tap is answered, none is lost, and an end never overtakes a press."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from server.core.directory import Duty
from server.core.model import Ask, Stage, State
from server.core.orders import Say
from server.core.signals import Kind
from server.core.values import replace
from server.flow import actions
from server.flow.actions import Answer
from server.store.contract import Store
from tests.flow.house import House, nothing_more
from tests.flow.people import DURESS_PIN, OFFICE, PIN, person, the_directory


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """All in the same instant, each in its own thread; the answers in the order of the calls."""
    start, answers = threading.Barrier(len(calls)), {}

    def run(number: int, call: Callable[[], Answer]) -> None:
        start.wait()
        answers[number] = call()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return [answers[number] for number in range(len(calls))]


def test_a_tap_from_two_phones_in_the_same_instant_is_carried_out_once(any_store: Store) -> None:
    house = House(any_store)
    alarm = house.press()
    answers = at_once([lambda: house.act("ola", alarm, "acknowledge", id="tap-1")] * 2)
    assert sorted((answer.reason, answer.repeated) for answer in answers) == [(None, False), (None, True)]
    assert len({answer.at for answer in answers}) == 1
    assert house.words(alarm).count("acknowledged") == 1


def test_a_tap_to_two_servers_in_the_same_instant_is_carried_out_once(any_store: Store) -> None:
    house = House(any_store)
    other = House(any_store, house.clock, "b")
    alarm = house.press()
    answers = at_once([lambda one=one: one.act("ola", alarm, "acknowledge", id="tap-1") for one in (house, other)])
    assert sorted(answer.repeated for answer in answers) == [False, True]
    assert house.words(alarm).count("acknowledged") == 1


def test_sixteen_taps_on_one_alarm_at_once_are_all_answered_and_none_is_lost(any_store: Store) -> None:
    people = [person(f"hjelper{n}", "responder", access="worker responder") for n in range(16)]
    base = the_directory()
    staff = {**base.staff, OFFICE: (*base.staff[OFFICE], *(one.id for one in people))}
    duty = {**base.duty, **{(one.id, OFFICE): Duty.PRESENT for one in people}}
    house = House(any_store, directory=replace(base, people={**base.people, **{one.id: one for one in people}}, staff=staff, duty=duty))
    alarm = house.press()
    answers = at_once([lambda who=one.id: house.act(who, alarm, "arrive") for one in people])  # type: ignore[misc]
    assert [answer.reason for answer in answers] == [None] * 16
    after = house.again(alarm)
    assert {a.person_id for a in after.active()} == {one.id for one in people}
    assert after.version == alarm.version + 16
    assert house.words(alarm).count("arrived") == 16


def test_notes_written_on_two_servers_at_once_are_all_kept(any_store: Store) -> None:
    house = House(any_store)
    other = House(any_store, house.clock, "b")
    alarm = house.press()
    for n in range(8):
        at_once([lambda one=one, n=n: one.act("ola", alarm, "note", id=f"{one.name}-{n}", text=f"{one.name}{n}") for one in (house, other)])
    assert house.again(alarm).notes_count == 16


def test_an_end_tapped_before_a_newer_press_was_seen_is_refused(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "arrive")
    house.press()
    for action, fields in (("resolve", {"outcome": "handled"}), ("confirm", {"how": "seen"})):
        assert house.act("ola", alarm, action, seen_signal=1, **fields).reason == "newer_signal"
    assert house.again(alarm).open
    assert house.act("ola", alarm, "resolve", outcome="handled", seen_signal=2).reason is None


def test_what_was_tapped_long_ago_says_so_to_the_rules(house: House) -> None:
    alarm = house.press()
    house.act("nina", alarm, "change_situation", switch="weapon")
    house.act("ola", alarm, "acknowledge")
    house.clock.push(600)
    for action, fields, reason in (
        ("decline", {}, "answered_since"), ("shelter", {}, "answered_since"), ("confirm", {"how": "seen", "seen_signal": 1}, "newer_situation"),
        ("resolve", {"outcome": "false_alarm", "seen_signal": 1}, "newer_situation"),
    ):  # fmt: skip
        assert house.act("ola", alarm, action, age_s=1800, **fields).reason == reason
    assert house.again(alarm).open and [one.stage for one in house.again(alarm).assignments] == ["taken"]


def test_a_call_off_tapped_before_a_newer_press_was_seen_is_refused(house: House) -> None:
    house.give_pins()
    alarm = house.press()
    house.press()
    assert house.act("kari", alarm, "call_off", pin=PIN, seen_signal=1).reason == "newer_signal"
    assert house.again(alarm).called_off is None


@pytest.mark.parametrize("end", ["resolve", "confirm", "call_off"])
def test_an_end_that_says_it_has_seen_presses_to_come_is_refused(house: House, end: str) -> None:
    house.give_pins()
    alarm = house.press()
    who = "kari" if end == "call_off" else "ola"
    fields = {"outcome": "false_alarm", "how": "seen", "pin": PIN}
    assert house.act(who, alarm, end, seen_signal=2, **fields).reason == "newer_signal"
    assert house.act(who, alarm, end, seen_signal=10**9, **fields).reason == "newer_signal"
    after = house.again(alarm)
    assert (after.state, after.called_off, after.confirmed) == (State.RAISED, None, None)
    assert house.act(who, alarm, end, seen_signal=1, **fields).reason is None


def test_nobody_acknowledges_an_alarm_that_has_ended(house: House) -> None:
    alarm = house.press()
    house.end(alarm)
    answer = house.act("nina", alarm, "acknowledge")
    assert (answer.reason, house.again(alarm).version) == ("ended", answer.alarm.version if answer.alarm else None)


def test_an_acknowledgement_ten_minutes_old_becomes_a_question(house: House) -> None:
    alarm = house.press()
    answer = house.act("ola", alarm, "acknowledge", age_s=600.0)
    held = house.again(alarm).assignment("ola")
    assert answer.reason == "too_old"
    assert held is not None and (held.stage, held.ask) == (Stage.ASKED, Ask.LATE_ACK)
    assert house.again(alarm).state is State.RAISED, "nobody has it yet"


def test_the_same_tap_again_gets_the_same_answer_however_long_the_phone_was_away(house: House) -> None:
    alarm = house.press()
    first = house.act("ola", alarm, "acknowledge", id="tap-1", age_s=0.4)
    house.clock.push(40)
    again = house.act("ola", alarm, "acknowledge", id="tap-1", age_s=40.4)
    assert (again.reason, again.repeated, again.at) == (None, True, first.at)
    assert house.words(alarm).count("acknowledged") == 1


def test_a_question_is_answered_alike_when_the_old_tap_comes_again(house: House) -> None:
    alarm = house.press()
    assert house.act("ola", alarm, "acknowledge", id="tap-1", age_s=600.0).reason == "too_old"
    assert house.act("ola", alarm, "acknowledge", id="tap-1", age_s=620.0).reason == "too_old"
    assert house.words(alarm).count("late_acknowledgement") == 1


def test_the_same_tap_again_is_answered_alike_after_the_end(house: House) -> None:
    alarm = house.press()
    first = house.act("ola", alarm, "resolve", id="tap-1", outcome="handled", seen_signal=1)
    again = house.act("ola", alarm, "resolve", id="tap-1", outcome="handled", seen_signal=1)
    assert (again.reason, again.repeated, again.at) == (None, True, first.at)


def test_a_used_id_with_other_content_is_refused_and_changes_nothing(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "acknowledge", id="tap-1")
    assert house.act("ola", alarm, "decline", id="tap-1").reason == "id_used"
    assert house.act("nina", alarm, "acknowledge", id="tap-1").reason == "id_used"
    assert [a.person_id for a in house.again(alarm).active()] == ["ola"]


def test_an_alarm_that_one_may_not_see_looks_like_none(house: House) -> None:
    alarm = house.press()
    for who, alarm_id in (("per", alarm.id), ("ola", "a-nowhere")):
        answer = house.act(who, alarm_id, "acknowledge")
        assert (answer.reason, answer.alarm) == ("unknown_alarm", None)


def test_the_presser_never_answers_or_ends_the_own_alarm(house: House) -> None:
    alarm = house.press()
    for action, fields in (("acknowledge", {}), ("arrive", {}), ("confirm", {"how": "seen"}), ("resolve", {"outcome": "handled"})):
        assert house.act("kari", alarm, action, seen_signal=1, **fields).reason == "own_alarm"
    assert house.again(alarm).state is State.RAISED


def test_a_wrong_pin_is_refused_and_the_right_one_may_be_tried_at_once(house: House) -> None:
    house.give_pins()
    alarm = house.press()
    assert house.act("kari", alarm, "call_off", id="tap-1", pin="0000", seen_signal=1).reason == "wrong_pin"
    assert house.act("kari", alarm, "call_off", id="tap-1", pin=PIN, seen_signal=1).reason is None
    assert house.again(alarm).called_off is not None


def test_somebody_without_a_pin_has_none_that_is_right(house: House) -> None:
    alarm = house.press()
    assert house.act("kari", alarm, "call_off", pin="", seen_signal=1).reason == "wrong_pin"


@pytest.mark.parametrize("kind", [Kind.PANIC, Kind.FALL])
def test_the_duress_pin_is_answered_like_the_right_one(house: House, kind: Kind) -> None:
    house.give_pins()
    alarm = house.press(kind=kind)
    answer = house.act("kari", alarm, "call_off", pin=DURESS_PIN, seen_signal=1)
    assert (answer.reason, answer.repeated) == (None, False)
    after = house.again(alarm)
    assert after.open and after.duress
    assert "ola" in house.people_ordered(alarm, Say.ALARM)


def test_the_desk_calls_off_without_a_pin_and_a_phone_beside_it_does_not(house: House) -> None:
    alarm = house.press()
    assert house.act("erik", alarm, "call_off", seen_signal=1).reason == "not_allowed"
    assert house.act("erik", alarm, "call_off", surface="desk", seen_signal=1).reason is None


def test_nobody_acts_from_a_wallboard(house: House) -> None:
    alarm = house.press()
    assert house.act("erik", alarm, "note", surface="wallboard", text="hei").reason == "not_allowed"


def test_an_end_tells_exactly_those_who_were_told(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "arrive")
    house.deliver()
    house.end(alarm)
    assert house.people_ordered(alarm, Say.ALL_CLEAR) == set(house.again(alarm).told)
    house.deliver()
    house.deliver(10), house.deliver(10), house.deliver(10)
    nothing_more(house)


def test_going_off_duty_rings_the_screens_that_show_who_can_be_reached(house: House) -> None:
    house.rung.clear()
    actions.set_duty(house.context, "ola", OFFICE, "off")
    assert f"now:{OFFICE}" in house.rung
    assert house.store.duty()[("ola", OFFICE)] == "off"
