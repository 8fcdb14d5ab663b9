"""What stands in a push so that the phone may answer: a one-time token, with which phone and when. By these, not by a cookie: a session may be over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.core.phones import Phone
from server.core.values import frozen

MOST = 320
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TEST = "test/0/ask/{}"
"""The order that a test message would be to this person: there is none, and its token is good for nothing else."""


@frozen
class Ticket:
    """`token` as `core/tokens.py` makes it, for the purpose `purpose`; `phone_id`: whose it is; `sent_at`: when the push was sent."""

    token: str
    phone_id: str
    sent_at: datetime


def purpose(word: str, phone_id: str, sent_at: datetime) -> str:
    """What a token is for: `push` says *shown*, `answer` answers. Bound to the phone and the instant, so that neither can be changed."""
    return f"{word}~{phone_id}~{_ms(sent_at)}"


def written(token: str, phone: Phone, sent_at: datetime) -> str:
    return f"{token}~{phone.id}~{_ms(sent_at)}"


def read(text: str) -> Ticket | None:
    """None where it cannot be one of ours."""
    parts = text.split("~")
    if len(text) > MOST or len(parts) != 3 or not all(parts) or not (parts[2].isascii() and parts[2].isdecimal() and len(parts[2]) < 16):
        return None
    return Ticket(parts[0], parts[1], EPOCH + timedelta(milliseconds=int(parts[2])))


def _ms(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def to_the_millisecond(at: datetime) -> datetime:
    """An instant as a token can carry it."""
    return EPOCH + timedelta(milliseconds=_ms(at))
