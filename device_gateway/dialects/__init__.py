"""What a dialect is: one device family's topics and bytes, and how they become signals. docs/dialects.md is the recipe for a new one.

Most families need no code: they are a YAML file that `profile.py` follows. A family with state, bytes or a hub of its own is one
file here with a `DIALECT`, listed in `router.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from server.core.signals import Doubt, Kind, Signal

from device_gateway.devices import OUTPUTS, Device

DETAIL_MAX_CHARS = 200

_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Message:
    """What the broker handed over: nothing has been believed yet. `retain` is the flag as the subscriber sees it."""

    topic: str
    payload: bytes
    retain: bool
    heard_at: datetime


@dataclass(slots=True)
class Memory:
    """What the native decoder remembers of one device's verified messages, to notice replays. Bounded: one per known device."""

    boot: int = -1
    n: int = -1
    recent: dict[str, tuple[str, Doubt | None]] = field(default_factory=dict)  # id -> (fingerprint, the doubt it had)


@dataclass(slots=True)
class Book:
    """What every decoder may look up. `take` replaces the devices whole when the server's list is refreshed."""

    offices: tuple[str, ...]  # this gateway's; a press of an unknown device goes to the one in its topic, else the first
    devices: Mapping[str, Device]
    make_id: Callable[[], str]  # for presses that carry no number of their own
    memory: dict[str, Memory] = field(default_factory=dict)
    past: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the other dialects remember, by device or hub: plain JSON, small, and kept over restarts."""
    addresses: Mapping[tuple[str, str], Device] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.take(self.devices)

    def take(self, devices: Mapping[str, Device]) -> None:
        self.devices = devices
        bought = [d for d in devices.values() if d.dialect and d.kind != "hub"]
        self.addresses = {(where, d.address.casefold()): d for d in bought for where in (d.hub, d.dialect) if where}

    def at(self, hub_or_dialect: str, address: str) -> Device | None:
        """The listed device with this address, in whatever case: behind this hub, or anywhere in a dialect."""
        return self.addresses.get((hub_or_dialect, address.casefold()))

    def past_of(self, device_id: str) -> dict[str, Any]:
        return self.past.setdefault(device_id, {})


class Dialect(Protocol):
    """One device family, as a module's functions. None of them throws for what is heard."""

    @property
    def name(self) -> str: ...

    def routes(self, devices: Iterable[Device], offices: Iterable[str]) -> Iterable[tuple[str, Any]]:
        """The MQTT filters to subscribe to for these devices of the family, each with what `decode` is to get beside a message."""

    def decode(self, message: Message, route: Any, book: Book) -> tuple[Signal, ...]:
        """The signals in one message; none when it says nothing."""

    def tell(self, device: Device, words: Mapping[str, object], book: Book) -> tuple[str, bytes] | None:
        """Topic and payload that tell a device something; None when this device cannot be told that."""


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


def plain_name(name: str) -> str:
    """A stranger's name as it may stand in ids and logs."""
    return name if _PLAIN_NAME.fullmatch(name) else "odd-" + fingerprint(name.encode("utf-8", "replace"))


def lit(device: Device, words: Mapping[str, object]) -> bool | None:
    """What an order means to a lamp or sounder that knows only on and off; None when it means nothing to it.

    In a drill it is not lit: it has no way to say that it is one.
    """
    if device.kind not in OUTPUTS:
        return None
    if words.get("say") == "ended":
        return False
    return True if words.get("say") == "alarm" and words.get("drill") is not True else None
