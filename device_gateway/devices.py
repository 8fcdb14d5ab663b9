"""The devices that this gateway may hear, with their keys and dialects: read from the server, kept on disk for when the server is away."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HEARTBEAT_DEFAULT_S = 60.0
PRESSABLE = frozenset({"button", "portable"})
OUTPUTS = frozenset({"lamp", "sounder"})


@dataclass(frozen=True, slots=True)
class Device:
    """One registered device. `key` is None for families that cannot sign; `heartbeat_s` is how often it promises to be heard.

    A bought device has a `dialect` and an `address` in it; `hub` is the id of the device that hears it, where there is one. `gestures`
    says what its words mean where that differs from *every press is a panic* (word -> panic, assist, duress, call_off or nothing).
    A hub that is `shared` with other things than Varde's raises for unlisted devices only when their word can mean nothing else.
    """

    id: str
    office_id: str
    kind: str = "button"
    key: bytes | None = None
    heartbeat_s: float = HEARTBEAT_DEFAULT_S
    dialect: str | None = None
    address: str = ""
    hub: str | None = None
    model: str = ""
    gestures: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What the server has listed: devices by id, and the administrator's own dialects as the server compiled them, by id.

    `body` is the server's answer as it came, for the disk.
    """

    devices: Mapping[str, Device]
    profiles: Mapping[str, Any]
    body: bytes = field(repr=False, compare=False)


EMPTY = Listing({}, {}, b"")


def read_listing(body: bytes) -> Listing:
    """The server's answer to `GET /api/gateway/devices`. Raises ValueError when it is not that answer.

    A single bad row is left out: its device is then unknown, and what it presses still raises where it can be heard.
    """
    listed = json.loads(body)
    if not isinstance(listed, dict) or not isinstance(listed.get("devices"), list):
        raise ValueError("not a list of devices")
    read = [_read_device(row) for row in listed["devices"]]
    rows = listed.get("dialects")
    profiles = [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)] if isinstance(rows, list) else []
    return Listing({device.id: device for device in read if device is not None}, {row["id"]: row for row in profiles}, body)


def _read_device(row: Any) -> Device | None:
    try:
        key_hex = row.get("key_hex")
        heartbeat_s = row.get("heartbeat_s")
        return Device(
            id=str(row["id"]),
            office_id=str(row["office_id"]),
            kind=str(row.get("kind") or "button"),
            key=bytes.fromhex(key_hex) if key_hex else None,
            heartbeat_s=float(heartbeat_s) if heartbeat_s else HEARTBEAT_DEFAULT_S,
            dialect=str(row["dialect"]) if row.get("dialect") else None,
            address=str(row.get("address") or ""),
            hub=str(row["hub"]) if row.get("hub") else None,
            model=str(row.get("model") or ""),
            gestures={str(word).casefold(): str(kind) for word, kind in (row.get("gestures") or {}).items()},
            output=str(row.get("output") or ""),
            shared=row.get("shared") is True,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def keep_listing(path: Path, listing: Listing) -> None:
    """Writes the list for the next start, readable by this user only, whole or not at all. Raises OSError."""
    write_whole(path, listing.body)


def kept_listing(path: Path) -> Listing:
    """The list as it was last kept, or an empty one."""
    try:
        return read_listing(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return EMPTY


def write_whole(path: Path, body: bytes) -> None:
    """A file that only this user may read: the old one or the new one is there, never half of it. Raises OSError."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
