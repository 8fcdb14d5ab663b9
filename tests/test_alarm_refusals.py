"""Whatever an alarm's rules can answer to a tap has a sentence that says what to do: at the HTTP door, and in the app in three languages."""

from __future__ import annotations

import json

import pytest

from server.core import events as e
from server.core.alarm import TABLE
from server.web.alarm_refusals import DETAILS
from tests.test_visit_refusals import ROOT, refused_by

RULES = [ROOT / "server" / name for name in ("core/rules.py", "core/helpers.py", "core/endings.py", "flow/actions.py")]
NOT_TAPPED = {e.Pressed, e.TakenBack, e.Deadline, e.Unreached, e.DrillOver, e.LeavesOut, e.EndsDrill}
OF_NO_TAP = {"overtaken", "covered", "look_yourself", "needs_pin", "unverified"}
"""Words that the rules give to what is no tap."""


def answered() -> set[str]:
    tapped = {rule for event, row in TABLE.items() if event not in NOT_TAPPED for rule in row if isinstance(rule, str)}
    return (tapped | refused_by(RULES, {"Refused", "Answer"}) | {"too_old", "not_a_drill"}) - OF_NO_TAP


def test_every_reason_has_its_sentence_and_no_sentence_is_left_over() -> None:
    assert {"newer_signal", "too_many_notes", "busy", "id_used"} <= answered(), "the reader of the rules reads them"
    assert answered() == set(DETAILS)


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_app_has_a_text_for_each(language: str) -> None:
    texts = json.loads((ROOT / f"pwa/src/i18n/{language}.json").read_text())
    assert [reason for reason in DETAILS if not texts.get(f"refused.{reason}")] == []


def test_the_door_says_what_the_app_says_in_english() -> None:
    texts = json.loads((ROOT / "pwa/src/i18n/en.json").read_text())
    assert {reason: texts[f"refused.{reason}"] for reason in DETAILS} == dict(DETAILS)
