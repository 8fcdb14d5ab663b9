"""How sure we are of a phone: what is not proven is never called fine."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.phones import PROOF_HOLDS_S, SILENT_S, TEST_AGAIN_S, TEST_EVERY_S, Health, Phone, best, health, wants_test
from server.core.values import replace
from tests.core.world import T0

NEW = Phone("p1", "ola", "https://push.example/1", "key", "auth", "https://varde.example", added_at=T0)
PROVEN = replace(NEW, sent_at=T0, receipt_at=T0)


def later(seconds: float):  # type: ignore[no-untyped-def]
    return T0 + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("phone", "after_s", "expected"),
    [
        (NEW, 0, Health.UNSURE),
        (PROVEN, 0, Health.FINE),
        (PROVEN, PROOF_HOLDS_S, Health.FINE),
        (PROVEN, PROOF_HOLDS_S + 1, Health.UNSURE),
        (replace(PROVEN, sent_at=later(100)), 100 + SILENT_S, Health.FINE),
        (replace(PROVEN, sent_at=later(100)), 101 + SILENT_S, Health.UNSURE),
        (replace(PROVEN, trouble="refused"), 0, Health.UNSURE),
        (replace(PROVEN, gone_at=T0), 0, Health.DEAD),
        (replace(PROVEN, endpoint=""), 0, Health.DEAD),
    ],
)
def test_a_phone_is_fine_only_when_it_has_shown_what_was_sent_last(phone: Phone, after_s: float, expected: Health) -> None:
    assert health(phone, later(after_s)) is expected


def test_one_phone_that_rings_is_enough() -> None:
    dead = replace(PROVEN, gone_at=T0)
    assert best([dead, NEW, PROVEN], T0) is Health.FINE
    assert best([dead, NEW], T0) is Health.UNSURE
    assert best([dead], T0) is Health.DEAD
    assert best([], T0) is None


def test_a_phone_is_tested_weekly_and_no_oftener_than_daily_and_never_when_it_is_dead() -> None:
    assert wants_test(NEW, T0)
    assert not wants_test(PROVEN, later(TEST_EVERY_S - 1)) and wants_test(PROVEN, later(TEST_EVERY_S))
    tried = replace(NEW, tested_at=T0)
    assert not wants_test(tried, later(TEST_AGAIN_S - 1)) and wants_test(tried, later(TEST_AGAIN_S))
    assert not wants_test(replace(NEW, gone_at=T0), T0)
