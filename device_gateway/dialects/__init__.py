"""What a dialect is: one device family's topics and bytes, and how they become signals. A new family is one file like `native.py`.

To add one: write `dialects/<family>.py` with a `DIALECT`, add it to `all_dialects()`, and put captured frames in its test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from server.core.signals import Doubt, Kind, Signal

from device_gateway.devices import Device

DETAIL_MAX_CHARS = 200


@dataclass(frozen=True, slots=True)
class Message:
    """What the broker handed over: nothing has been believed yet. `retain` is the flag as the subscriber sees it."""

    topic: str
    payload: bytes
    retain: bool
    heard_at: datetime


@dataclass(slots=True)
class Memory:
    """What a decoder remembers of one device's verified messages, to notice replays. Bounded: one per known device."""

    boot: int = -1
    n: int = -1
    recent: dict[str, tuple[str, Doubt | None]] = field(default_factory=dict)  # id -> (fingerprint, the doubt it had)


@dataclass(slots=True)
class Book:
    """What every decoder may look up. `devices` is replaced whole when the server's list is refreshed."""

    offices: tuple[str, ...]  # this gateway's; a press of an unknown device goes to the one in its topic, else the first
    devices: Mapping[str, Device]
    make_id: Callable[[], str]  # for presses that carry no number of their own
    memory: dict[str, Memory] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One device family.

    `filters(office_id)` are the MQTT filters to subscribe to; `mine(topic)` says whether a message is this family's;
    `decode(message, book)` gives its signals, none when it says nothing, and never throws; `answer(device_id, office_id, words, key)`
    gives topic and payload that tell the device something, or None when this family cannot be told.
    """

    name: str
    filters: Callable[[str], tuple[str, ...]]
    mine: Callable[[str], bool]
    decode: Callable[[Message, Book], tuple[Signal, ...]]
    answer: Callable[[str, str, Mapping[str, object], bytes | None], tuple[str, bytes] | None]


def all_dialects() -> tuple[Dialect, ...]:
    """Every family that this gateway understands, asked in this order."""
    from device_gateway.dialects import native  # here, because native needs the shapes above

    return (native.DIALECT,)


def undecodable(message: Message, device_id: str | None, office_id: str, book: Book, reason: str) -> Signal:
    """A panic made of something that could not be read: it may be a press. `reason` never holds the payload."""
    return Signal(
        id=made_id(message, device_id or "unknown", book),
        kind=Kind.PANIC,
        office_id=office_id,
        heard_at=message.heard_at,
        device_id=device_id,
        retained=message.retain,
        verified=False,
        doubt=Doubt.UNDECODABLE,
        detail=reason[:DETAIL_MAX_CHARS],
    )


def made_id(message: Message, device_id: str, book: Book) -> str:
    """An id for a message without a usable number. Each is a press of its own, but a stored copy is the same one each time it is read."""
    if message.retain:
        return f"{device_id}-retained-{fingerprint(message.payload)}"
    return f"{device_id}-heard-{book.make_id()}"


def fingerprint(payload: bytes) -> str:
    """Short name for exact bytes: 16 hex characters."""
    return hashlib.sha256(payload).hexdigest()[:16]
