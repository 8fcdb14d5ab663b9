"""The texts of what speaks beside the app: whole in three languages, and where the app says the same, it says it alike."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from device_gateway import local_page_words
from server.apply import words as apply
from server.core import messages, push_words
from server.core.drill import words as drill
from server.core.phrases import LANGUAGES, Phrases, language_of
from server.core.visit import words as visit
from server.plan import words as plan
from server.web import lifeboat_words, report_words

TABLES: dict[str, Phrases] = {
    "plan": plan.PHRASES, "channels": plan.CHANNELS, "apply": apply.PHRASES, "stages": apply.STAGES, "report": report_words.WORDS,
    "lifeboat": lifeboat_words.WORDS, "local page": local_page_words.WORDS,
}  # fmt: skip
APP = Path(__file__).resolve().parents[1] / "pwa/src"
OTHER_MEANING = {"report": {"target", "finding"}}
"""Words that mean something else where the app has them: a time to reach beside an aim, one finding beside all."""


@pytest.mark.parametrize(("name", "key"), [(name, key) for name, table in TABLES.items() for key in table.table])
def test_each_is_there_in_three_languages_with_the_same_places(name: str, key: str) -> None:
    texts = TABLES[name].table[key]
    places = [sorted(place for _, place, _, _ in string.Formatter().parse(text) if place is not None) for text in texts]
    assert len(texts) == len(LANGUAGES) and all(text.strip() for text in texts) and places[0] == places[1] == places[2]


@pytest.mark.parametrize("name", ["report", "lifeboat"])
def test_what_the_app_says_too_is_said_alike(name: str) -> None:
    plain = lambda text: text.rstrip(".").casefold()  # noqa: E731  a heading or a sentence
    said: dict[str, set[tuple[str, ...]]] = {}
    for folder in {file.parent for file in APP.glob("*/nb.json")}:
        texts = [json.loads((folder / f"{language}.json").read_text()) for language in LANGUAGES]
        for key in texts[0]:
            said.setdefault(plain(texts[0][key]), set()).add(tuple(plain(one[key]) for one in texts))
    same = {key: tuple(map(plain, texts)) for key, texts in TABLES[name].table.items() if plain(texts[0]) in said}
    assert len(same) > 20
    differ = {key: (texts, said[texts[0]]) for key, texts in same.items() if texts not in said[texts[0]]}
    assert differ.keys() <= OTHER_MEANING.get(name, set()), differ


ORDINARY = {("en", "reached")}
"""People *can be reached*: what is avoided is only that they *are*."""
OF_AN_AIM = {"report: met", "report: missed", "report: waiting", *(f"drill/{one}.json: ex.word_{word}" for one in LANGUAGES for word in ("met", "missed"))}
"""An aim *is* nådd: said of people, it reads as *arrived*."""


def shipped() -> Iterator[tuple[str, str, str]]:
    """Each text that Varde says of itself: where it stands, its language and its words. The content has a checker of its own."""
    for file in APP.rglob("*.json"):
        if file.stem in LANGUAGES:
            yield from ((f"{file.relative_to(APP)}: {key}", file.stem, text) for key, text in json.loads(file.read_text()).items())
    for name, table in TABLES.items():
        yield from ((f"{name}: {key}", language, text) for key, texts in table.table.items() for language, text in zip(LANGUAGES, texts))
    for where, said in (("push", push_words), ("messages", messages), ("drill", drill), ("visit", visit)):
        yield from ((where, language, text) for language, text in spoken(vars(said)))
    worker = (APP / "sw/words.ts").read_text()  # before its app is there, in the worker's own file
    parts = re.split(r"^  (nb|nn|en): {$", worker, flags=re.MULTILINE)[1:]
    yield from (("the worker", language, text) for language, text in zip(parts[::2], parts[1::2]))


def spoken(value: object) -> Iterator[tuple[str, str]]:
    """All that stands under a language, however deep."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if key in LANGUAGES:
                yield from ((str(key), text) for text in ([one] if isinstance(one, str) else one) if isinstance(text, str))
            elif not str(key).startswith("__"):
                yield from spoken(one)


def test_no_text_that_ships_has_a_word_that_the_glossary_says_to_avoid() -> None:
    terms = yaml.safe_load((APP.parents[1] / "config/content/glossary.yaml").read_text())["terms"]
    avoided = [(language, word) for term in terms for language, words in term.get("avoid", {}).items() for word in words]
    texts = list(shipped())
    assert len(texts) > 2000 and {where for where, _, _ in texts} >= {"push", "messages", "drill", "visit", "the worker"}
    assert {(language, word) for language, word in avoided} >= {("nb", "måltid"), ("nn", "måltid"), ("nb", "trinn")}
    begins = [(language, re.compile(rf"\b{re.escape(word)}", re.IGNORECASE)) for language, word in avoided if (language, word) not in ORDINARY]
    found = [(where, text) for where, said_in, text in texts for language, word in begins if language == said_in and word.search(text)]
    assert [one for one in found if one[0] not in OF_AN_AIM] == []


def test_a_language_that_there_is_not_is_bokmaal() -> None:
    table = Phrases({"a": ("nb {x}", "nn {x}", "en {x}")})
    assert table.say("en", "a", x=1) == "en 1" and table.all_in("de") == {"a": "nb {x}"} and "a" in table and "b" not in table
    assert language_of(["", None, "de", "nn", "en"]) == "nn" and language_of([]) == "nb"
