"""A phone that can be pushed to: a browser or an installed app in which somebody has said yes. How sure are we that it would ring?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from server.core.values import frozen, replace

PROOF_HOLDS_S = 8 * 86_400
"""A shown test message proves a phone for this long: they are sent weekly, and a holiday Monday must not turn everybody grey."""

SILENT_S = 60
"""A push that was accepted and not shown within this was not shown in time for an alarm."""

TEST_EVERY_S = 7 * 86_400
"""Phones that have shown nothing for this long get a visible test message."""

TEST_AGAIN_S = 86_400
"""A phone that did not show its test is tried again the next day, not each hour."""

TEST_BY_HAND_S = 10
"""Somebody who taps *test* again and again is not helped by more of them."""

PHONES_MOST = 10
"""Phones of one person; a newer one takes the place of the one that has been silent the longest."""


class Health(StrEnum):
    FINE = "fine"  # has shown what was sent last, within the week
    UNSURE = "unsure"  # nothing proven, or not lately, or the last push was not shown
    DEAD = "dead"  # the push service has said that the subscription is gone


@frozen
class Phone:
    """`id` is made by the phone and stays when its subscription is renewed. `endpoint` and the two keys are the subscription (RFC 8291,
    base64url): empty once the push service has said that it is gone. `origin` is the address under which the phone sees Varde.

    `sent_at` is when the last push that the push service took was sent; `receipt_at` when the last one that the phone has *shown* was.
    `trouble` is a stable word for what the push service answered last, where it did not take it.
    """

    id: str
    person_id: str
    endpoint: str
    p256dh: str
    auth: str
    origin: str
    language: str = "nb"
    surface: str = "phone"
    label: str = ""
    secret_hash: str = ""
    added_at: datetime | None = None
    renewed_at: datetime | None = None
    sent_at: datetime | None = None
    receipt_at: datetime | None = None
    tested_at: datetime | None = None
    trouble: str = ""
    gone_at: datetime | None = None


def health(phone: Phone, now: datetime) -> Health:
    """Dead is known; everything that is not proven is unsure."""
    if phone.gone_at is not None or not phone.endpoint:
        return Health.DEAD
    if phone.trouble or phone.receipt_at is None or now - phone.receipt_at > timedelta(seconds=PROOF_HOLDS_S):
        return Health.UNSURE
    overdue = phone.sent_at is not None and phone.sent_at > phone.receipt_at and now - phone.sent_at > timedelta(seconds=SILENT_S)
    return Health.UNSURE if overdue else Health.FINE


def best(phones: Iterable[Phone], now: datetime) -> Health | None:
    """The surest of somebody's phones: one that rings is enough. None where there is none."""
    found = {health(phone, now) for phone in phones}
    return next((one for one in Health if one in found), None)


def wants_test(phone: Phone, now: datetime) -> bool:
    """Whether the weekly visible test message is due: nothing has been shown for a week, and none was sent since yesterday."""
    if health(phone, now) is Health.DEAD:
        return False
    proven = phone.receipt_at is not None and now - phone.receipt_at < timedelta(seconds=TEST_EVERY_S)
    tried = phone.tested_at is not None and now - phone.tested_at < timedelta(seconds=TEST_AGAIN_S)
    return not proven and not tried


@frozen
class Pushed:
    """What a push service answered for one phone. `word`: `accepted`, `gone`, or what went wrong. Of this endpoint, for the phone may have
    a new one by now."""

    phone_id: str
    endpoint: str
    word: str
    at: datetime


ACCEPTED, GONE = "accepted", "gone"


def signed_up(known: Phone | None, new: Phone) -> Phone:
    """A phone that says that it is there. What it has proven holds while person and subscription are the same."""
    if known is None or known.person_id != new.person_id:
        return new
    if known.endpoint != new.endpoint:
        return replace(new, added_at=known.added_at)
    return replace(
        new, added_at=known.added_at, sent_at=known.sent_at, receipt_at=known.receipt_at, tested_at=known.tested_at, trouble=known.trouble
    )


def after_push(phone: Phone, pushed: Pushed) -> Phone:
    """The phone after its push service has answered. Only *gone* takes the subscription away."""
    if phone.endpoint != pushed.endpoint:
        return phone
    if pushed.word == GONE:
        return replace(phone, endpoint="", p256dh="", auth="", trouble="", gone_at=pushed.at)
    if pushed.word == ACCEPTED:
        return replace(phone, sent_at=max(pushed.at, phone.sent_at or pushed.at), trouble="")
    return replace(phone, trouble=pushed.word)


def after_show(phone: Phone, sent_at: datetime) -> Phone:
    """The phone has shown what was sent then. An old receipt that comes again proves nothing new."""
    if phone.receipt_at is not None and phone.receipt_at >= sent_at:
        return phone
    return replace(phone, receipt_at=sent_at, trouble="")
