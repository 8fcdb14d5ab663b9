"""Tokens: one answers for one order on one channel, and for nothing else."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from server.core.orders import Say
from server.core.tokens import LETTER, TOKEN_MOST, WORD, alarm_of, order_of, token_for

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


def test_a_token_for_an_sms_is_short_enough_for_what_providers_give_back() -> None:
    assert len(token_for(KEY, "a-0193abcdef0123456789f/999/alarm/ola.brekke", "sms")) <= 36


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
