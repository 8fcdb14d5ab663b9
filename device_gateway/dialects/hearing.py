"""What the bought dialects have in common: from a device's word to a signal, and who a stranger is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from server.core.signals import Doubt, Kind, Signal

from device_gateway.devices import PRESSABLE, Device
from device_gateway.dialects import DETAIL_MAX_CHARS, Book, Message, made_id, plain_name

COPY_WITHIN = timedelta(seconds=60)
"""How long a packet number that wraps or restarts names the same press. It never merges different numbers; when it has passed, the same
number is a new press, since the battery may have been changed meanwhile."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
"""What an id has no use for: it is made of what a device said, and goes through logs and databases."""

_MEANT = {kind.value: kind for kind in (Kind.PANIC, Kind.ASSIST, Kind.DURESS, Kind.CALL_OFF)}


class Means(StrEnum):
    """What a word says before anybody has said otherwise."""

    ALARM = "alarm"  # it can mean nothing else: emergency, panic, sos
    PRESS = "press"  # a gesture of a button that may have other uses
    NOTHING = "nothing"  # a release, a rotation, a code that was entered
    UNKNOWN = "unknown"  # not a word that this dialect knows


def stranger(hub: Device, address: str) -> Device:
    """A device that is behind a hub of ours and not on the list."""
    return Device(
        f"{hub.id}.{plain_name(address)}", hub.office_id, "stranger", dialect=hub.dialect, address=address, hub=hub.id, shared=hub.shared
    )


def pressed(
    message: Message,
    device: Device,
    word: str,
    means: Means,
    book: Book,
    *,
    kind: Kind = Kind.PANIC,
    id: str | None = None,
    at: datetime | None = None,
    battery: int | None = None,
) -> tuple[Signal, ...]:
    """The signal of one word, if it is one: of this `kind`, unless the office has said otherwise of the word. `id` where the message
    itself tells presses apart; else each message is a press of its own."""
    raises, doubt = _decide(device, word, means, kind)
    if raises is None:
        return ()
    stored = message.retain  # has an id of its own: it must not use up that of the live press
    return (
        Signal(
            id=made_id(message, device.id, book) if id is None or stored else _UNSAFE.sub("-", id),
            kind=raises,
            office_id=device.office_id,
            heard_at=message.heard_at,
            device_id=device.id,
            pressed_at=at,
            retained=stored,
            verified=doubt is None,
            doubt=doubt,
            battery=battery,
        ),
    )


def _decide(device: Device, word: str, means: Means, kind: Kind) -> tuple[Kind | None, Doubt | None]:
    if device.kind == "stranger":
        raises = means is Means.ALARM or (means is Means.PRESS and not device.shared)
        return (Kind.PANIC if raises else None), Doubt.UNKNOWN_DEVICE
    if device.kind not in PRESSABLE:
        return None, None
    own = device.gestures.get(word.casefold())
    if own == "nothing" or (own is None and means is Means.NOTHING):
        return None, None
    if own is not None:
        return _MEANT.get(own, Kind.PANIC), None
    return (Kind.PANIC, Doubt.UNDECODABLE) if means is Means.UNKNOWN else (kind, None)


def unreadable(message: Message, device: Device, book: Book, reason: str) -> tuple[Signal, ...]:
    """What a button of ours said that could not be read: it may be a press. Others may send what they like."""
    if device.kind not in PRESSABLE or not message.payload:  # an empty one only clears what the broker has stored
        return ()
    return (
        Signal(
            id=made_id(message, device.id, book),
            kind=Kind.PANIC,
            office_id=device.office_id,
            heard_at=message.heard_at,
            device_id=device.id,
            retained=message.retain,
            verified=False,
            doubt=Doubt.UNDECODABLE,
            detail=reason[:DETAIL_MAX_CHARS],
        ),
    )


def fact(message: Message, device: Device, kind: Kind, *, battery: int | None = None, detail: str | None = None) -> tuple[Signal, ...]:
    """A quiet fact about a device of ours: it is never stored, so its id need only be one. Nothing is kept of strangers."""
    if device.kind == "stranger":
        return ()
    return (
        Signal(
            f"{device.id}-{kind.value}",
            kind,
            device.office_id,
            message.heard_at,
            device.id,
            retained=message.retain,
            battery=battery,
            detail=detail,
        ),
    )


def copy_of(past: dict[str, Any], place: str, key: str, message: Message, device: Device, book: Book) -> str:
    """The id of the press that this message is a copy of, else a new one, remembered.

    For numbers that wrap or restart: a copy has the number of the *latest* press at this place of the device and comes within
    COPY_WITHIN of it. Anything else is a press of its own: two alarms are a nuisance, none is a death.
    """
    known = past.get(place)
    now_s = message.heard_at.timestamp()
    if isinstance(known, Mapping) and known.get("key") == key and abs(now_s - float(known.get("at_s", 0))) <= COPY_WITHIN.total_seconds():
        return str(known["id"])
    id_ = made_id(message, device.id, book)
    if not message.retain:
        past[place] = {"key": key, "id": id_, "at_s": now_s}
    return id_
