"""The demo's secrets: made once at the first start, kept for this user only, and added to when the configuration has new devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.core.directory import Device, Directory
from server.site.secrets_file import FIRST_GATEWAY, complete, write


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
    devices = [_row(device, keys.get(device.id, "")) for device in directory.devices.values()]
    write(devices_file, {"broker": {"host": "127.0.0.1", "port": broker_port}, "devices": devices})
    gateway = kept.gateways[FIRST_GATEWAY]
    return DemoSecrets(gateway.offices, gateway.token, keys)


def _row(device: Device, key_hex: str) -> dict[str, object]:
    row = {"id": device.id, "office": device.office_id, "kind": device.kind.value, "name": device.name, "heartbeat_s": device.heartbeat_s}
    if device.bought is None:
        return {**row, "key_hex": key_hex}
    return {**row, "dialect": device.bought.dialect, "address": device.bought.address, "hub": device.bought.hub_id}
