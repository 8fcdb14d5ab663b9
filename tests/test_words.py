"""The texts of what speaks beside the app: whole in three languages, and where the app says the same, it says it alike."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest

from device_gateway import local_page_words
from server.apply import words as apply
from server.core.phrases import LANGUAGES, Phrases, language_of
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


def test_a_language_that_there_is_not_is_bokmaal() -> None:
    table = Phrases({"a": ("nb {x}", "nn {x}", "en {x}")})
    assert table.say("en", "a", x=1) == "en 1" and table.all_in("de") == {"a": "nb {x}"} and "a" in table and "b" not in table
    assert language_of(["", None, "de", "nn", "en"]) == "nn" and language_of([]) == "nb"
