"""Whatever a visit's rules can answer has a sentence that says what to do: at the HTTP door, and in the app in three languages."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.core.visit.table import TABLE
from server.web.visit_refusals import DETAILS

ROOT = Path(__file__).resolve().parents[1]
RULES = [ROOT / "server/core/visit" / name for name in ("table.py", "rules.py", "before.py")] + [ROOT / "server/flow/visits.py"]
REFUSING = {"Refused", "VisitAnswer"}


def words(node: ast.AST | None) -> Iterator[str]:
    """The words that an expression can come to, where it is one."""
    if isinstance(node, ast.IfExp):
        yield from words(node.body)
        yield from words(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def answered() -> set[str]:
    """Each reason that the rules return or refuse with; and those that stand in the table."""
    return {rule for row in TABLE.values() for rule in row if isinstance(rule, str) and rule} | refused_by(RULES, REFUSING)


def refused_by(paths: list[Path], refusing: set[str]) -> set[str]:
    """Read from their text: what they return as a word, or give to one of the `refusing`."""
    found: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Return):
                found |= set(words(node.value))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in refusing:
                found |= {word for argument in node.args for word in words(argument)}
    return found


def test_every_reason_has_its_sentence_and_no_sentence_is_left_over() -> None:
    assert {"overlaps", "ends_before_it_starts", "not_yours", "wrong_pin", "ended"} <= answered(), "the reader of the rules reads them"
    assert answered() == set(DETAILS)


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_app_has_a_text_for_each(language: str) -> None:
    texts = json.loads((ROOT / f"pwa/src/i18n/{language}.json").read_text())
    assert [reason for reason in DETAILS if not texts.get(f"visit.refused_{reason}")] == []


def test_the_door_says_what_the_app_says_in_english() -> None:
    texts = json.loads((ROOT / "pwa/src/i18n/en.json").read_text())
    assert {reason: texts[f"visit.refused_{reason}"] for reason in DETAILS} == dict(DETAILS)
