"""Tokens: one answers for one order on one channel, and for nothing else."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.orders import Say
from server.core.drill.programme import drill_id
from server.core.tokens import GIVEN_BACK, LETTER, TOKEN_MOST, WORD, alarm_of, order_of, token_for

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ORDER = "a-0123abc/3/alarm/ola.brekke"
PEOPLE = ["liv.solberg", "ola.brekke", "@nav-fjordvik/vekter"]


def test_a_token_finds_its_own_order() -> None:
    token = token_for(KEY, ORDER, "sms")
    assert alarm_of(token) == "a-0123abc"
    assert order_of(KEY, token, "sms", PEOPLE) == ORDER


def test_a_token_names_nobody() -> None:
    assert "ola" not in token_for(KEY, ORDER, "sms")


def test_a_token_of_another_channel_another_key_or_another_person_is_not_ours() -> None:
    token = token_for(KEY, ORDER, "sms")
    assert order_of(KEY, token, "voice", PEOPLE) is None
    assert order_of(OTHER_KEY, token, "sms", PEOPLE) is None
    assert order_of(KEY, token, "sms", ["liv.solberg"]) is None


def test_a_token_moved_to_another_order_is_not_ours() -> None:
    alarm, what = token_for(KEY, ORDER, "sms").split(".")
    for moved in (f"a-9.{what}", f"{alarm}.4{what[1:]}", f"{alarm}.3c{what[2:]}", f"{alarm}.{what}x", f"{alarm}.{what[:-1]}"):
        assert order_of(KEY, moved, "sms", PEOPLE) is None


LONG = "v-019adc54-6f3e-7a10-b2c4-0123456789ab"


@pytest.mark.parametrize("about", [
    "a-0193abcdef0123456789f/999", f"{LONG}/9999", f"d{LONG[1:]}/9999", f"{drill_id(LONG[2:], 2026, 12)}/9999", "wheel-2026-12/1",
])  # fmt: skip
@pytest.mark.parametrize("say", [Say.ALARM, Say.VISIT_CALL, Say.DRILL_NOT_STARTED, Say.STILL_ON])
def test_a_token_for_an_sms_is_short_enough_for_what_providers_take_and_give_back(about: str, say: Say) -> None:
    """Of an alarm, a visit, a drill, one that the wheel has planned, and the wheel itself."""
    order_id = f"{about}/{say}/ola.brekke"
    token = token_for(KEY, order_id, "sms")
    assert len(token) <= GIVEN_BACK
    assert alarm_of(token) == about.split("/")[0] and order_of(KEY, token, "sms", PEOPLE) == order_id


def test_a_token_about_a_visit_that_went_out_before_its_id_was_shortened_is_still_ours() -> None:
    order_id = f"{LONG}/12/visit_call/ola.brekke"
    old = f"{LONG}.{token_for(KEY, order_id, 'sms')[23:]}"
    assert alarm_of(old) == LONG and order_of(KEY, old, "sms", PEOPLE) == order_id


def test_every_word_has_a_letter_of_its_own() -> None:
    assert set(LETTER) == set(Say) and len(WORD) == len(LETTER)


@given(st.text(max_size=TOKEN_MOST + 20))
def test_nonsense_is_never_ours_and_never_raises(text: str) -> None:
    assert order_of(KEY, text, "sms", PEOPLE) is None


@given(st.text(string.ascii_lowercase + string.digits + ".@/-_", min_size=1, max_size=60), st.sampled_from(list(Say)))
def test_every_recipient_has_a_token_of_his_own(recipient: str, say: Say) -> None:
    order_id = f"a-1/7/{say}/{recipient}"
    token = token_for(KEY, order_id, "push")
    assert order_of(KEY, token, "push", [*PEOPLE, recipient]) == order_id
