"""What people wrote about an exercise comes to the committee without the names of people in Varde, however they are written, and otherwise as it was."""

from __future__ import annotations

import pytest

from server.core.directory import Directory, Person
from server.core.drill.nameless import ALSO_WORDS, nameless
from server.core.values import replace
from tests.core.planned import here

NAMES = (
    "Ola Nordmann", "Kari Hansen", "Liv Bakke", "Tom Lund", "Per Strand", "Anne-Lise Østby", "Jens Holm", "Bo Li", "Pieter van der Berg", "Seán O'Brien",
    "André Solli", "Dag Vår",
)  # fmt: skip


def staff() -> Directory:
    people = {f"p{n}": Person(f"p{n}", name, ("fjordvik",)) for n, name in enumerate(NAMES)}
    wall = Person("wall", "Skjerm Mottak", ("fjordvik",), surface="wallboard")
    return replace(here(), people=people | {"wall": wall})


@pytest.mark.parametrize("written, read", [
    ("Nordmann hørte ikke lyden, og Olas telefon var tom", "– hørte ikke lyden, og – telefon var tom"),
    ("KARI og ola kom sent", "– og – kom sent"),
    ("Livs telefon, Ola's skjerm og Kari’s alarm", "– telefon, – skjerm og – alarm"),
    ("ola nordmann og OLA NORDMANNS leder", "– og – leder"),
    ("Spør Anne-Lise eller Østby, ikke Anne", "Spør – eller –, ikke –"),
    ("Ola-vakta, (Kari) og «Hansen»", "–-vakta, (–) og «–»"),
    ("Bo Li var der", "– var der"),
    ("O'Brien og berg kom, Berg gikk", "O'– og berg kom, – gikk"),
    ("Andre\u0301 var alene", "– var alene"),
])  # fmt: skip
def test_a_name_goes_in_any_case_and_genitive_and_also_by_its_surname_alone(written: str, read: str) -> None:
    assert nameless(staff())(written) == read


@pytest.mark.parametrize("written", [
    "Telefonen var tom, og det er et liv som teller per år",
    "Vi gikk ut på stranda bak en bakke, en dag i vår",
    "Karianne og Olav ringte Nordmannen", "Der var det ingen", "Skjerm i mottak", "Bo i ro", "",
])  # fmt: skip
def test_ordinary_words_and_words_that_only_begin_like_a_name_stay(written: str) -> None:
    assert nameless(staff())(written) == written


@pytest.mark.parametrize("written, read", [
    ("Tom gikk ut", "– gikk ut"), ("PER hørte Livs alarm", "– hørte – alarm"), ("tom lund og per strand", "– og –"), ("Dag kom", "– kom"),
])  # fmt: skip
def test_a_name_that_is_also_a_word_goes_where_it_has_a_capital_or_the_surname_with_it(written: str, read: str) -> None:
    assert nameless(staff())(written) == read


def test_whoever_is_named_on_the_page_without_being_in_varde_goes_too() -> None:
    cleaned = nameless(staff(), ["Vera Dahl-Moe", "p1"])
    assert cleaned("Vera og dahl sa ja; p1 og verneombudet var med") == "– og – sa ja; p1 og verneombudet var med"


def test_the_words_are_written_small_as_they_are_looked_up() -> None:
    assert all(one == one.lower() and len(one) >= 2 for one in ALSO_WORDS)
