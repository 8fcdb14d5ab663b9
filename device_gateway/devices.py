"""The devices that this gateway may hear, with their keys: read from the server, kept on disk for when the server is away."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HEARTBEAT_DEFAULT_S = 60.0


@dataclass(frozen=True, slots=True)
class Device:
    """One registered device. `key` is None for families that cannot sign; `heartbeat_s` is how often it promises to be heard."""

    id: str
    office_id: str
    kind: str = "button"
    key: bytes | None = None
    heartbeat_s: float = HEARTBEAT_DEFAULT_S


def read_devices(body: bytes) -> dict[str, Device]:
    """The server's answer to `GET /api/gateway/devices`, as devices by id. Raises ValueError when it is not that answer.

    A single bad row is left out: its device is then unknown, and its presses still raise.
    """
    listed = json.loads(body)
    if not isinstance(listed, dict) or not isinstance(listed.get("devices"), list):
        raise ValueError("not a list of devices")
    devices = {}
    for row in listed["devices"]:
        device = _read_device(row)
        if device is not None:
            devices[device.id] = device
    return devices


def _read_device(row: object) -> Device | None:
    try:
        key_hex = row.get("key_hex")
        heartbeat_s = row.get("heartbeat_s")
        return Device(
            id=str(row["id"]),
            office_id=str(row["office_id"]),
            kind=str(row.get("kind") or "button"),
            key=bytes.fromhex(key_hex) if key_hex else None,
            heartbeat_s=float(heartbeat_s) if heartbeat_s else HEARTBEAT_DEFAULT_S,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def keep_devices(path: Path, devices: Mapping[str, Device]) -> None:
    """Writes the list for the next start, readable by this user only, whole or not at all. Raises OSError."""
    rows = [
        {"id": d.id, "office_id": d.office_id, "kind": d.kind, "key_hex": d.key.hex() if d.key else None, "heartbeat_s": d.heartbeat_s}
        for d in devices.values()
    ]
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"devices": rows}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def kept_devices(path: Path) -> dict[str, Device]:
    """The list as it was last kept, or an empty one."""
    try:
        return read_devices(path.read_bytes())
    except (OSError, ValueError):
        return {}
