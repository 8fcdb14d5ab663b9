"""A phone's clock may say anything of how old a tap is: no cry for help is refused for it, nor for what a newer app says beside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.core.signals import Kind
from server.web.alarms import ActionIn, SignalIn

MONTH_S = 30 * 86_400


def cry(**more: Any) -> SignalIn:
    return SignalIn.model_validate_json(json.dumps({"id": "0190aaaa-bbbb", "kind": "panic", **more}))


@pytest.mark.parametrize(
    ("said", "taken"),
    [(0, 0), (42.5, 42.5), (MONTH_S, MONTH_S), (MONTH_S + 1, MONTH_S), (56 * 365 * 86_400, MONTH_S), (-30, 0), (None, 0), ("soon", 0), (float("inf"), MONTH_S)],
)
def test_no_cry_for_help_is_refused_for_its_age(said: Any, taken: float) -> None:
    raw = json.dumps({"id": "0190aaaa-bbbb", "kind": "panic", "age_s": said}).replace("Infinity", "1e999")
    assert SignalIn.model_validate_json(raw).age_s == taken


def test_a_cry_of_a_newer_app_is_taken_by_an_older_server() -> None:
    assert cry(loudness={"of": "tomorrow"}, device_id="watch-1").kind is Kind.PANIC
    assert cry(kind="a kind of tomorrow").kind is Kind.PANIC
    assert cry(kind="assist").kind is Kind.ASSIST


def test_an_answer_with_an_absurd_age_is_late_and_not_lost() -> None:
    assert ActionIn(id="0190aaaa-bbbb", action="acknowledge", age_s=56 * 365 * 86_400).age_s == MONTH_S
