"""The taint check: whatever goes out about a drill says so in its own channel and language, and nothing real ever does."""

from __future__ import annotations

import json
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from server.core import messages
from server.core.directory import Directory
from server.core.drill.marks import mark_of
from server.core.model import Drill
from server.core.orders import ABOUT_DRILLS, ABOUT_WHEEL, Fenced, Order, Say, about_drill, fenced, outputs, to_device, to_person
from server.core.phones import Phone
from server.core.projection import shared
from server.core.push import alarm_message, drill_message
from server.core.values import replace
from tests.core.planned import here, running
from tests.core.world import DRILL, NEIGHBOUR, OFFICE, T0, at, opened, sent

OSLO = ZoneInfo("Europe/Oslo")
WORDS = {"nb": "ØVELSE", "nn": "ØVING", "en": "EXERCISE"}
REAL = {"nb": "EKTE ALARM", "nn": "EKTE ALARM", "en": "REAL ALARM"}
PLANNED = Drill("d-1", "Høst", "liv", True, (OFFICE,), left_out=("siri",), observers=("jon",))
SAYS = (Say.ALARM, Say.CHANGED, Say.MAY_BE_OVER, Say.ASK, Say.ALL_CLEAR, Say.CANCELLED)


def speaking(language: str) -> Directory:
    """Everybody has this language."""
    return replace(here(), people={name: replace(one, language=language) for name, one in here().people.items()})


def said(order: Order, about: object, language: str, surface: str) -> list[str]:
    """What stands on the phone, in the SMS, and what a voice says."""
    world, phone = speaking(language), Phone("p-1", order.recipient, "https://push.example/1", "key", "auth", "https://varde.example", language, surface)
    if order.say in ABOUT_DRILLS | {Say.STILL_ON}:
        pushed = drill_message(order, phone, "receipt")
    else:
        pushed = alarm_message(order, about, phone, world, OSLO, at(600), "receipt", "answer")  # type: ignore[arg-type]
    written = messages.message(order, about, world, OSLO, at(90), True)  # type: ignore[arg-type]
    return [json.loads(pushed.body)["notification"]["title"], written.subject, written.text, written.spoken]


@pytest.mark.parametrize("language, surface", list(product(WORDS, ("phone", "desk"))))
@pytest.mark.parametrize("say", SAYS)
@pytest.mark.parametrize("mark", [DRILL, PLANNED, None], ids=["one button", "planned", "real"])
def test_every_channel_says_that_it_is_an_exercise_and_of_what_is_real_none_does(mark: Drill | None, say: Say, language: str, surface: str) -> None:
    alarm = opened(drill=mark).alarm
    order = to_person(alarm, "ola", say, 1, ("push", "sms", "voice"), T0, T0)
    for text in said(order, alarm, language, surface):
        assert (WORDS[language] in text.split(".")[0]) is (mark is not None), text


@pytest.mark.parametrize("language, surface", list(product(REAL, ("phone", "desk"))))
@pytest.mark.parametrize("say", [Say.ALARM, Say.CHANGED])
def test_every_channel_says_of_what_has_ended_an_exercise_that_it_is_real(say: Say, language: str, surface: str) -> None:
    alarm = replace(opened().alarm, ended_drills=("a-0",))
    order = to_person(alarm, "ola", say, 1, ("push", "sms", "voice"), T0, T0)
    for text in said(order, alarm, language, surface):
        assert text.startswith(REAL[language]), text


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("say", sorted(ABOUT_DRILLS))
def test_every_message_about_a_planned_drill_says_so_by_every_channel(say: Say, language: str) -> None:
    order = about_drill("d-1", 1, OFFICE, "ola", say, ("push", "sms"), T0)
    for text in said(order, running(), language, "phone"):
        assert text.startswith(WORDS[language]), text
    *_, text, spoken = said(order, running(), language, "phone")
    assert spoken.startswith(text) and spoken.endswith(text) and len(spoken) > 2 * len(text), "also the half that is said again"


@pytest.mark.parametrize("language, surface", list(product(WORDS, ("phone", "desk"))))
def test_that_an_armed_buttons_drill_is_still_on_says_so_by_every_channel(language: str, surface: str) -> None:
    alarm = opened(drill=replace(DRILL, leader_id="liv")).alarm
    for text in said(to_person(alarm, "liv", Say.STILL_ON, 1, ("push", "sms"), T0, T0, count=10), alarm, language, surface):
        assert text.startswith(WORDS[language]), text


def test_a_push_about_a_drill_opens_its_page_and_one_about_the_wheel_the_wheel_of_that_office() -> None:
    phone = Phone("p-1", "ola", "https://push.example/1", "key", "auth", "https://varde.example", "nb", "phone")
    opens = lambda say: json.loads(drill_message(about_drill("d-1", 1, OFFICE, "ola", say, ("push",), T0), phone, "r").body)["notification"]["navigate"]  # noqa: E731
    assert {say: opens(say) for say in ABOUT_DRILLS} == {
        say: f"https://varde.example/{f'ovelser/program/{OFFICE}' if say in ABOUT_WHEEL else 'ovelse/d-1'}" for say in ABOUT_DRILLS
    }  # fmt: skip


def test_devices_and_screens_are_told_that_it_is_one() -> None:
    drill, real = opened(drill=PLANNED).alarm, opened().alarm
    for alarm, marked in ((drill, True), (real, False)):
        assert to_device(alarm, "knapp", Say.COMING, 1, T0).drill is marked
        for near in (True, False):
            assert (shared(alarm, near, here())["drill"] is not None) is marked


def test_nobody_outside_the_fence_can_be_ordered_to_and_what_was_ordered_is_looked_at_again() -> None:
    alarm = opened(drill=PLANNED, here=here()).alarm
    with pytest.raises(Fenced):
        to_person(alarm, "siri", Say.ALARM, 1, ("sms",), T0, T0)
    order = to_person(alarm, "ola", Say.ALARM, 1, ("sms",), T0, T0)
    assert not fenced(order, here(), PLANNED) and fenced(order, here(), replace(PLANNED, left_out=("ola",)))
    assert fenced(to_person(alarm, "per", Say.ALARM, 1, ("sms",), T0, T0), here(), PLANNED), "of another office"


def test_those_who_are_not_in_it_are_passed_over_and_the_log_tells_how_many_and_not_who() -> None:
    decision = opened(drill=PLANNED, here=here())
    told = [one for one in sent(decision, Say.ALARM) if not one.startswith("device:")]
    assert "siri" not in told and "jon" not in told and "ola" in told
    assert not any("siri" in str(one.data) for one in decision.said)


def test_no_lamp_of_an_office_that_is_not_in_it_is_lit() -> None:
    drill = running(offices=(OFFICE, NEIGHBOUR))
    both = replace(opened(drill=mark_of(drill, OFFICE, here()), here=here()).alarm)
    wide = replace(both, place=replace(both.place, also_in=(NEIGHBOUR,)))
    assert {one.office_id for one in outputs(wide, here(), False, False)} == {OFFICE, NEIGHBOUR}
    narrow = replace(wide, drill=PLANNED)
    assert {one.office_id for one in outputs(narrow, here(), False, False)} == {OFFICE}
