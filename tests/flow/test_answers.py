"""What comes back from the world: by a one-time token, for exactly one order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from server.core.directory import ContactKind
from server.core.inbound import Came, Rejected
from server.core.model import Stage, State
from server.core.orders import Receipt, Say, Status
from server.core.signals import Doubt
from server.core.values import replace, replace as copy
from server.flow import answers
from server.flow.intake import intake
from server.flow.presses import press
from tests.core.world import messages
from tests.flow.house import House, nothing_more, sent_to
from tests.flow.people import OFFICE

GUARD = f"@{OFFICE}/sentral"
NUMBERS = {"ola": "+47 55 55 01 02", "nina": "+47 55 55 01 03", "liv": "+47 55 55 01 04", GUARD: "+47 55 55 01 91"}


def token_of(house: House, recipient: str, channel: str) -> str:
    [order] = [order for used, order in house.sent if (used, order.recipient) == (channel, recipient)]
    return answers.token(house.context, order, channel)


def test_a_receipt_of_a_push_stops_that_ladder_and_says_by_what_it_was_reached(house: House) -> None:
    alarm = house.press()
    house.deliver()
    order = answers.receipt(house.context, token_of(house, "ola", "push"), "push", Receipt.DELIVERED)
    assert order is not None and (order.recipient, order.status, order.channel) == ("ola", Status.REACHED, "push")
    assert f"delivery:{alarm.id}" in house.rung
    assert sent_to(house.deliver(10), "sms") == {"nina", "liv"}
    nothing_more(house)


def test_a_token_that_is_not_ours_changes_nothing(house: House) -> None:
    alarm = house.press()
    house.deliver()
    token = token_of(house, "ola", "push")
    for wrong in (token[:-1] + ("x" if token[-1] != "x" else "y"), token.replace(alarm.id, "a-other"), "", "a.1.alarm", "x" * 500):
        assert answers.receipt(house.context, wrong, "push", Receipt.DELIVERED) is None
    assert answers.receipt(house.context, token, "sms", Receipt.DELIVERED) is None, "a push's token answers no SMS"
    assert {order.status for order in house.orders(alarm, Say.ALARM) if order.recipient in ("ola", "nina", "liv")} == {Status.WAITING}


# ---------------------------------------------------------------- by SMS and with a key


@pytest.fixture
def phones(house: House) -> House:
    """The same house, where people have numbers and the content its words."""
    people = {**house.directory.people, **{who: replace(house.directory.people[who], phone=NUMBERS[who]) for who in ("ola", "nina", "liv")}}
    contacts = {**house.directory.contacts, GUARD: replace(house.directory.contacts[GUARD], phone=NUMBERS[GUARD], kind=ContactKind.GUARD)}
    house.edit(people=people, contacts=contacts, content=copy(house.directory.content, messages=messages()))
    return house


def rung(house: House, seconds: int = 20) -> None:
    """Nobody's screen says anything: SMS after ten seconds, calls after twenty."""
    for _ in range(seconds + 1):
        house.deliver(1)


def sms(house: House, who: str, text: str, id: str | None = None, age_s: float | None = 2) -> str:
    written_at = house.clock.now - timedelta(seconds=age_s) if age_s is not None else None
    return answers.take_in(house.context, "sms", Came(number=NUMBERS[who], text=text, id=id, written_at=written_at))


def key(house: House, who: str, pressed: str) -> str:
    order = next(order for used, order in reversed(house.sent) if (used, order.recipient) == ("voice", who))
    return answers.take_in(house.context, "voice", Came(answers.token(house.context, order, "voice"), text=pressed))


Answer = Callable[[House, str, str], str]
BOTH = pytest.mark.parametrize("answer", [sms, key])


@BOTH
def test_one_is_coming_and_the_ladder_stops(phones: House, answer: Answer) -> None:
    alarm = phones.press()
    rung(phones)
    assert answer(phones, "ola", "1") == "Takk. Du står som på vei til Mottak, Nav Fjordvik."
    after = phones.again(alarm)
    assert after.state is State.ACKNOWLEDGED and after.assignment("ola").stage is Stage.COMING  # type: ignore[union-attr]
    [order] = [order for order in phones.orders(alarm, Say.ALARM, "ola") if order.step == 1]
    assert (order.status, order.channel) == (Status.SEEN, "sms" if answer is sms else "voice")


@BOTH
def test_two_cannot(phones: House, answer: Answer) -> None:
    alarm = phones.press()
    rung(phones)
    assert "du kan ikke" in answer(phones, "ola", "2")
    assert phones.again(alarm).assignment("ola").stage is Stage.CANNOT  # type: ignore[union-attr]


@BOTH
def test_the_same_again_changes_nothing_and_is_answered_alike(phones: House, answer: Answer) -> None:
    alarm = phones.press()
    rung(phones)
    deliver = (lambda: sms(phones, "ola", "1", "SM-1")) if answer is sms else (lambda: key(phones, "ola", "1"))
    first = deliver()
    once = phones.again(alarm)
    phones.clock.push(30)
    assert deliver() == first
    assert phones.again(alarm) == once, "no second promise, nothing in the log"


def test_a_token_is_for_one_answer(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    key(phones, "ola", "1")
    assert key(phones, "ola", "2").startswith("Du har alt svart")
    assert phones.again(alarm).assignment("ola").stage is Stage.COMING  # type: ignore[union-attr]


def test_a_no_by_sms_that_was_written_before_a_promise_leaves_it_and_says_so(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    phones.clock.push(300)
    phones.act("ola", alarm, "acknowledge")
    assert "på vei" in sms(phones, "ola", "2", "SM-old", age_s=200)
    assert phones.again(alarm).assignment("ola").stage == "coming"
    sms(phones, "ola", "2", "SM-new", age_s=None)
    assert phones.again(alarm).assignment("ola").stage == "cannot"


def test_by_sms_one_may_change_ones_mind(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    sms(phones, "ola", "1", "SM-1")
    sms(phones, "ola", "2", "SM-2")
    assert phones.again(alarm).assignment("ola").stage is Stage.CANNOT  # type: ignore[union-attr]


def test_what_comes_without_an_id_or_a_time_is_told_from_what_comes_twice_by_its_alarm_and_by_when_it_comes(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    say = lambda text: sms(phones, "ola", text, age_s=None)  # noqa: E731
    assert say("1") == say("1") == "Takk. Du står som på vei til Mottak, Nav Fjordvik."
    say("2")
    phones.clock.push(answers.TWICE_WITHIN_S)
    assert "på vei" in say("1")
    assert phones.again(alarm).assignment("ola").stage is Stage.COMING  # type: ignore[union-attr]
    phones.end(phones.again(alarm), "liv")
    another = phones.press("eriks")
    rung(phones)
    say("1")
    assert phones.again(another).assignment("ola").stage is Stage.COMING  # type: ignore[union-attr]


def test_an_answer_that_was_written_an_hour_ago_is_a_question_and_the_question_goes_out(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    assert sms(phones, "ola", "1", "SM-late", age_s=3600) == "", "the question is a message of its own"
    after = phones.again(alarm)
    assert after.assignment("ola").stage is Stage.ASKED and after.state is State.RAISED  # type: ignore[union-attr]
    assert [(channel, recipient, say) for channel, recipient, say in phones.deliver() if say == "ask"] == [("sms", "ola", "ask")]
    assert "på vei" in sms(phones, "ola", "ja", "SM-now")
    assert phones.again(alarm).assignment("ola").stage is Stage.COMING  # type: ignore[union-attr]


def test_without_a_time_an_answer_is_as_old_as_the_message_that_it_answers(phones: House) -> None:
    alarm = phones.press()
    rung(phones, 12)
    phones.got(alarm, "nina", "liv")
    phones.clock.push(answers.FRESH_S - 60)
    assert "på vei" in sms(phones, "ola", "1", "SM-1", age_s=None), "people take their time to answer"
    phones.clock.push(3600)
    assert sms(phones, "nina", "1", "SM-2", age_s=None) == ""
    assert "late_acknowledgement" in phones.words(alarm)


def test_an_answer_before_the_message_went_out_is_to_something_else_and_is_a_question(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    sms(phones, "ola", "1", "SM-old", age_s=86_400)
    assert phones.again(alarm).assignment("ola").stage is Stage.ASKED  # type: ignore[union-attr]


def test_after_the_end_somebody_is_told_that_it_has_ended(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    phones.act("nina", alarm, "acknowledge")
    phones.end(alarm, "nina")
    ended = phones.again(alarm)
    assert "avsluttet" in sms(phones, "ola", "1")
    assert phones.again(alarm) == ended, "and nothing has changed"


def test_what_is_no_answer_is_kept_in_the_log_and_asked_about(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    assert "står nå i loggen" in sms(phones, "ola", "Jeg står i bakgården, døren er låst")
    assert phones.again(alarm).notes[-1].text == "Jeg står i bakgården, døren er låst"
    assert phones.again(alarm).assignment("ola") is None, "and promises nothing"
    assert key(phones, "nina", "9").startswith("Trykk 1")


def test_a_number_that_nobody_has_is_told_so_and_changes_nothing(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    before = phones.again(alarm)
    for number in ("+47 55 55 09 99", "26444", "", "Telenor"):
        assert "kjenner ikke dette nummeret" in answers.take_in(phones.context, "sms", Came(number=number, text="1"))
    assert phones.again(alarm) == before


def test_somebody_who_was_told_nothing_is_told_so(phones: House) -> None:
    assert "112" in sms(phones, "ola", "1")
    phones.press()
    assert "ingen alarm" in sms(phones, "ola", "1"), "a push went out, and no SMS: there is nothing to answer by SMS"


def test_a_token_that_was_stolen_from_another_or_made_up_is_refused(phones: House) -> None:
    alarm = phones.press()
    rung(phones)
    before = phones.again(alarm)
    order = next(order for used, order in phones.sent if used == "voice")
    good = answers.token(phones.context, order, "voice")
    for wrong in (good[:-1] + ("A" if good[-1] != "A" else "B"), answers.token(phones.context, order, "sms"), "", "a.1.alarm"):
        with pytest.raises(Rejected) as refused:
            answers.take_in(phones.context, "voice", Came(wrong, text="1"))
        assert refused.value.reason == "unknown_token"
    with pytest.raises(Rejected):
        answers.take_in(phones.context, "sms", Came(good, receipt=Receipt.DELIVERED))
    assert phones.again(alarm) == before


def test_a_delivery_report_stops_the_ladder_and_one_that_says_no_lets_the_next_go_now(phones: House) -> None:
    phones.press()
    rung(phones, 11)
    report = {who: answers.token(phones.context, next(o for used, o in phones.sent if (used, o.recipient) == ("sms", who)), "sms") for who in ("ola", "nina")}
    answers.take_in(phones.context, "sms", Came(report["ola"], receipt=Receipt.DELIVERED))
    answers.take_in(phones.context, "sms", Came(report["nina"], receipt=Receipt.NOT_DELIVERED))
    assert sent_to(phones.deliver(), "voice") == {"nina"}
    assert "ola" not in sent_to([one for _ in range(15) for one in phones.deliver(1)], "voice")


# ---------------------------------------------------------------- guards, alarm centres


def until_outside(house: House, alarm) -> None:  # type: ignore[no-untyped-def]
    while house.again(alarm).plan.number < 2:
        house.deliver(1)
        house.tick()
    rung(house)


def test_a_guard_who_presses_one_is_coming_and_fills_no_role(phones: House) -> None:
    alarm = phones.press()
    until_outside(phones, alarm)
    assert "på vei" in key(phones, GUARD, "1")
    held = phones.again(alarm).assignment(GUARD)
    assert held is not None and (held.stage, held.role) == (Stage.COMING, None)
    step = phones.again(alarm).plan
    assert step.due_at is not None, "nobody of our own has it yet: the steps go on"


def test_a_guard_is_answered_by_sms_too(phones: House) -> None:
    alarm = phones.press()
    until_outside(phones, alarm)
    assert "på vei" in sms(phones, GUARD, "ja")
    assert "du kan ikke" in sms(phones, GUARD, "2")
    assert phones.again(alarm).assignment(GUARD).stage is Stage.CANNOT  # type: ignore[union-attr]


def test_a_guard_has_no_more_rights_than_to_answer(phones: House) -> None:
    alarm = phones.press()
    until_outside(phones, alarm)
    for action, fields in (("resolve", {"outcome": "handled", "seen_signal": 9}), ("confirm", {"how": "seen", "seen_signal": 9})):
        answer = phones.act(GUARD, alarm, action, **fields)
        assert answer.reason == "not_allowed", action
    assert phones.again(alarm).open


PRESS = "01932f3a-7c00-7abc-8def-0123456789ab"


def test_an_alarm_by_sms_and_the_same_press_by_the_app_are_one(phones: House) -> None:
    text = f"SOS VARDE. Jeg trenger hjelp. Kode {PRESS}"
    assert sms(phones, "ola", text, id="m-1") == "Varde har alarmen din. Er det fare for liv: ring 112."
    [alarm] = phones.store.alarms_of([OFFICE], phones.clock.now)
    assert (alarm.raiser_id, alarm.state) == ("ola", State.RAISED)
    assert alarm.signals[0].doubt is Doubt.UNSIGNED
    assert sms(phones, "ola", text.lower(), id="m-2") == "Varde har alarmen din. Er det fare for liv: ring 112."
    [receipt] = intake(phones.context, [press(phones.directory, "ola", PRESS, phones.clock.now)])
    assert (receipt.outcome, receipt.alarm_id) == ("repeated", alarm.id)
    [alarm] = phones.store.alarms_of([OFFICE], phones.clock.now)
    assert alarm.signals_count == 1


def test_where_the_app_said_a_zone_its_press_by_sms_joins_the_same_alarm_as_unsigned(phones: House) -> None:
    [receipt] = intake(phones.context, [press(phones.directory, "ola", PRESS, phones.clock.now, office_id=OFFICE, zone_id="kontor")])
    sms(phones, "ola", f"SOS VARDE. Jeg trenger hjelp. Kode {PRESS}", id="m-1")
    [alarm] = phones.store.alarms_of([OFFICE], phones.clock.now)
    assert alarm.id == receipt.alarm_id and [one.doubt for one in alarm.signals] == [None, Doubt.UNSIGNED]


def test_an_sms_that_only_mentions_it_or_comes_from_an_unknown_number_raises_nothing(phones: House) -> None:
    for text in ("SOS VARDE", f"Hva er SOS VARDE {PRESS}?", PRESS):
        sms(phones, "ola", text)
    answers.take_in(phones.context, "sms", Came(number="+47 55 55 01 77", text=f"SOS VARDE {PRESS}"))
    assert phones.store.alarms_of([OFFICE], phones.clock.now) == []
