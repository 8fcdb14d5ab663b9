"""The demo's secrets: made once at the first start, kept for this user only, and added to when the configuration has new devices."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.core.directory import Directory

GATEWAY_ID = "gateway-1"


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """The gateway's token and offices, and each device's key. Never printed."""

    offices: tuple[str, ...]
    token: str = field(repr=False)
    keys: Mapping[str, str] = field(repr=False)


def keep_secrets(secrets_file: Path, devices_file: Path, directory: Directory, broker_port: int) -> DemoSecrets:
    """Reads or makes the secrets, and writes them for the server and for the pretend devices."""
    known = _read(secrets_file)
    gateways, keys = dict(known.get("gateways") or {}), dict(known.get("device_keys") or {})
    token = (gateways.get(GATEWAY_ID) or {}).get("token") or secrets.token_urlsafe(32)
    offices = tuple(sorted(directory.offices))
    gateways[GATEWAY_ID] = {"token": token, "offices": list(offices)}
    for device_id in directory.devices:
        keys.setdefault(device_id, secrets.token_hex(32))
    _write(secrets_file, {**known, "gateways": gateways, "device_keys": keys})
    devices = [
        {"id": d.id, "office": d.office_id, "kind": d.kind.value, "name": d.name, "key_hex": keys[d.id], "heartbeat_s": d.heartbeat_s}
        for d in directory.devices.values()
    ]
    _write(devices_file, {"broker": {"host": "127.0.0.1", "port": broker_port}, "devices": devices})
    return DemoSecrets(offices, token, keys)


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        known = None
    if not isinstance(known, dict):
        # Making new ones over it would lock out every device that was set up with the old ones.
        raise SystemExit(f"{path} is not what Varde wrote there. Mend it, or move it away: then new secrets are made.")
    return known


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
