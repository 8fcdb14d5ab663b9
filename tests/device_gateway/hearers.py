"""What the tests of the dialects hold in their hands: a book with listed devices, messages, and the captured ones in tests/wire."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from device_gateway.devices import Device
from device_gateway.dialects import Book, Message
from device_gateway.router import Router
from server.config.dialects import read_dialect
from server.config.strict_yaml import parse
from server.core.signals import QUIET, Signal

ROOT = Path(__file__).parents[2]
WIRE = ROOT / "tests/wire"
NOW = datetime(2026, 11, 21, 14, 3, 22, 117000, tzinfo=UTC)
OFFICE = "nav-fjordvik"


@dataclass(frozen=True)
class Captured:
    """One captured message, and what whoever captured it says that it means."""

    place: str
    topic: str
    payload: bytes
    retain: bool
    expect: Mapping[str, Any]
    note: str


def captured(name: str) -> list[Captured]:
    """The messages of one family; those that are bytes without a topic of their own are not for a broker."""
    found = []
    for number, line in enumerate((WIRE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        if "topic" not in row:
            continue
        payload = row["payload"]
        body = (
            base64.b64decode(payload)
            if row.get("encoding") == "base64"
            else (payload if isinstance(payload, str) else json.dumps(payload)).encode()
        )
        found.append(Captured(f"{name}:{number}", row["topic"], body, bool(row.get("retain")), row["expect"], row.get("note", "")))
    return found


def profile(path: Path, **changed: str) -> dict[str, Any]:
    """A dialect that is data, as the gateway gets it. `changed`: words of the file to replace first."""
    text = path.read_text(encoding="utf-8")
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    return read_dialect(parse(text, path.name)).compiled()


class Hearer:
    """A gateway's decoders with some devices on the list."""

    def __init__(self, devices: Iterable[Device], profiles: Mapping[str, Any] | None = None) -> None:
        numbers = itertools.count(1)
        listed = {device.id: device for device in devices}
        self.book = Book((OFFICE,), listed, lambda: f"made{next(numbers)}")
        self.router = Router(listed, (OFFICE,), profiles or {})
        self.at = NOW

    def hear(self, topic: str, payload: object = b"", retain: bool = False, after_s: float = 1.0) -> list[Signal]:
        body = payload if isinstance(payload, bytes) else payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
        self.at += timedelta(seconds=after_s)
        return list(self.router.decode(Message(topic, body, retain, self.at), self.book))

    def presses(self, topic: str, payload: object = b"", retain: bool = False, after_s: float = 1.0) -> list[Signal]:
        """Only what may raise."""
        return [signal for signal in self.hear(topic, payload, retain, after_s) if signal.kind not in QUIET]


def button(id: str, dialect: str, address: str, **more: Any) -> Device:
    return Device(
        id, OFFICE, more.pop("kind", "button"), heartbeat_s=more.pop("heartbeat_s", 86_400), dialect=dialect, address=address, **more
    )


def hub(id: str = "hub", dialect: str = "zigbee2mqtt", address: str = "zigbee2mqtt", **more: Any) -> Device:
    return Device(id, OFFICE, "hub", heartbeat_s=600, dialect=dialect, address=address, **more)
