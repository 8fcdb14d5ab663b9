"""What screens say on the live socket: understood, or nothing; and never an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.web.spoken import SPOKEN_MAX, Got, Hello, Ping, Proved, Seen, understood


def test_what_the_app_says_is_understood() -> None:
    assert understood('{"type":"hello","seq":{}}') == Hello()
    hello = understood('{"type":"hello","epoch":"e","seq":{"o":7},"surface":"desk","zone_id":"mottak","key":null,"of_a_newer_app":[1]}')
    assert hello == Hello("e", {"o": 7}, "desk", "mottak")
    assert understood('{"seq":{"o":7},"type":"got"}') == Got({"o": 7})
    assert understood('{"type":"seen","alarm_id":"a-1"}') == Seen("a-1")
    assert understood('{"type":"ping","n":9007199254740992}') == Ping(2**53)
    assert understood('{"type":"proof","id":"p-1"}') == Proved("p-1")


@pytest.mark.parametrize(
    "said",
    [
        "", "{", "null", "[]", '"ping"', "{}", '{"type":"shout"}', '{"type":null}', '{"type":"got"}', '{"type":"seen"}', '{"type":"ping","n":-1}',
        '{"type":"ping","n":"1"}',
        '{"type":"ping","n":9007199254740993}', '{"type":"got","seq":{"o":1.5}}', '{"type":"got","seq":[1]}', '{"type":"hello","surface":"tv"}',
        '{"type":"seen","alarm_id":"\\ud800"}', '{"type":"seen","alarm_id":"\ud800"}', f'{{"type":"seen","alarm_id":"{"a" * 101}"}}',
        f'{{"type":"hello","key":"{"k" * 5000}"}}', '{"type":"got","seq":{' + ",".join(f'"o{n}":1' for n in range(301)) + "}}",
        '{"type":"ping","n":1,"x":' + "[" * 30_000 + "]" * 30_000 + "}", " " * (SPOKEN_MAX + 1),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_nothing(said: str) -> None:
    assert understood(said) is None


@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)).map(str))
def test_whatever_is_said_raises_nothing(said: str) -> None:
    understood(said)
