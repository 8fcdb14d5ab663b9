"""What is proven of a phone number: that an SMS has come to it, that somebody has answered a call on it. And when a visible test SMS is due."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from server.core.numbers import e164
from server.core.phones import PROOF_HOLDS_S, TEST_EVERY_S
from server.core.values import frozen


TEXTS = {
    "nb": "Varde prøver at SMS når deg. Dette er ingen alarm, og ikke noe å svare på.",
    "nn": "Varde prøver at SMS når deg. Dette er ingen alarm, og ikkje noko å svare på.",
    "en": "Varde is trying whether SMS reaches you. This is no alarm, and nothing to answer.",
}
"""The visible test message: one SMS, and nobody's name."""


AGAIN_S = 3 * 86_400
"""A test that nothing came back for is sent again after this: an operator may keep an SMS for two days for a phone that is off, and each costs."""


@frozen
class Number:
    """One person's number on one channel (`sms`, `voice`). `mark` tells one number from another without being it: with a new number nothing is proven."""

    person_id: str
    channel: str
    mark: str
    tested_at: datetime | None = None
    proven_at: datetime | None = None


def mark_of(phone: str) -> str:
    """Empty where it is no number."""
    number = e164(phone)
    return hashlib.sha256(f"varde number {number}".encode()).hexdigest()[:16] if number else ""


def proven_at(known: Number | None, phone: str) -> datetime | None:
    """When something last proved that this channel reaches this number; None where nothing has."""
    return known.proven_at if known is not None and known.mark == mark_of(phone) else None


def sure(known: Number | None, phone: str, now: datetime) -> bool:
    at = proven_at(known, phone)
    return at is not None and now - at <= timedelta(seconds=PROOF_HOLDS_S)


def wants_test(known: Number | None, phone: str, now: datetime) -> bool:
    """Nothing proven for a week, and none sent for some days."""
    mark = mark_of(phone)
    if not mark:
        return False
    if known is None or known.mark != mark:
        return True
    proven = known.proven_at is not None and now - known.proven_at < timedelta(seconds=TEST_EVERY_S)
    tried = known.tested_at is not None and now - known.tested_at < timedelta(seconds=AGAIN_S)
    return not proven and not tried
