"""Phone numbers as people write them, and what people answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.numbers import CANNOT, COMING, MOST, answer_of, e164


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("55 55 01 01", "+4755550101"),
        ("+47 55 55 01 01", "+4755550101"),
        ("0047 55550101", "+4755550101"),
        ("4755550101", "+4755550101"),
        ("(+47) 55-55-01-01", "+4755550101"),
        ("+44 7700 900123", "+447700900123"),
        ("112", None),
        ("26444", None),
        ("", None),
        ("ring meg", None),
        ("+47 55 55 01 01 55 55 01 01", None),
        ("٥٥٥٥٠١٠١", None),
    ],
)
def test_a_number_is_the_same_however_it_is_written(written: str, number: str | None) -> None:
    assert e164(written) == number


@given(st.text(max_size=40))
def test_whatever_is_written_is_a_number_or_none(text: str) -> None:
    number = e164(text)
    assert number is None or (number[0] == "+" and number[1:].isdigit() and number.isascii() and len(number) <= MOST + 1 and e164(number) == number)


@pytest.mark.parametrize("text", ["1", " 1.", "1!", "Ja", "JA!", "ok", "kommer", "Jeg kommer", "Eg kjem", "1 kommer", "I am coming", "Jeg tar den", "ja takk"])
def test_what_plainly_says_yes_is_yes(text: str) -> None:
    assert answer_of(text) == COMING


@pytest.mark.parametrize("text", ["2", "2.", "nei", "Nei!", "kan ikke", "Jeg kan ikke", "eg kan ikkje", "kommer ikke", "Eg kjem ikkje", "I cannot", "nei takk"])
def test_what_plainly_says_no_is_no(text: str) -> None:
    assert answer_of(text) == CANNOT


@pytest.mark.parametrize(
    "text",
    ["", "   ", "👍", "1 person er skadet", "2 min unna", "kommer om 10 min", "ja nei", "1 2", "12", "11", "no problem", "kommer hun?", "STOPP",
     "hvem er dette", "Jeg kan ikke komme, spør Liv"],
)  # fmt: skip
def test_what_says_anything_more_is_a_note_and_never_a_promise(text: str) -> None:
    assert answer_of(text) is None


@given(st.text(max_size=200))
def test_any_text_is_an_answer_or_none(text: str) -> None:
    assert answer_of(text) in (COMING, CANNOT, None)
