"""The bytes of docs/device-protocol.md, written from that page alone: how a device says something, and how it checks what it is told."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Identity:
    """What is burnt into a device: who it is, whose it is, and its key. `heartbeat_s` is what it promises."""

    id: str
    office: str
    kind: str = "button"
    name: str = ""
    key: bytes = b""
    heartbeat_s: float = 30.0
    password: str = field(default="", repr=False)
    """At the broker, whose user name is the device's id; none where the broker asks for none."""

    @property
    def up(self) -> str:
        return f"varde/{self.office}/{self.id}/up"

    @property
    def down(self) -> str:
        return f"varde/{self.office}/{self.id}/down"


def say(identity: Identity, boot: int, n: int, kind: str, **more: object) -> bytes:
    """One message: a line of JSON, a newline, and its signature where the device has a key."""
    words = {
        "v": 1,
        "device": identity.id,
        "boot": boot,
        "n": n,
        "kind": kind,
        "pressed_at": None,
        "battery": None,
        "position": None,
        "detail": None,
    }
    line = json.dumps(words | more, separators=(",", ":")).encode()
    return line + b"\n" + _signature(identity.key, identity.up, line) if identity.key else line


def check(identity: Identity, topic: str, payload: bytes) -> dict | None:
    """What the gateway says, or None: not for us, not signed with our key, or not readable."""
    if topic != identity.down:
        return None
    line, _, signature = payload.partition(b"\n")
    if identity.key and not hmac.compare_digest(_signature(identity.key, topic, line), signature.strip()):
        return None
    try:
        words = json.loads(line)
    except ValueError:
        return None
    return words if isinstance(words, dict) else None


def _signature(key: bytes, topic: str, line: bytes) -> bytes:
    return hmac.new(key, topic.encode() + b"\n" + line, hashlib.sha256).hexdigest().encode()
