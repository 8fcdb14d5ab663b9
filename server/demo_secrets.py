"""The demo's secrets: made once at the first start, kept for this user only, and added to when the configuration has new devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.core.directory import Directory
from server.secrets_file import FIRST_GATEWAY, complete, write


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """The gateway's token and offices, and each device's key. Never printed."""

    offices: tuple[str, ...]
    token: str = field(repr=False)
    keys: Mapping[str, str] = field(repr=False)


def keep_secrets(secrets_file: Path, devices_file: Path, directory: Directory, broker_port: int) -> DemoSecrets:
    """Reads or makes the secrets, and writes them for the server and for the pretend devices. Raises SecretsError."""
    kept, _ = complete(secrets_file, directory, {FIRST_GATEWAY: tuple(directory.offices)})
    keys = kept.device_keys
    devices = [
        {"id": d.id, "office": d.office_id, "kind": d.kind.value, "name": d.name, "key_hex": keys[d.id], "heartbeat_s": d.heartbeat_s}
        for d in directory.devices.values()
    ]
    write(devices_file, {"broker": {"host": "127.0.0.1", "port": broker_port}, "devices": devices})
    gateway = kept.gateways[FIRST_GATEWAY]
    return DemoSecrets(gateway.offices, gateway.token, keys)
