"""What this gateway may light by itself when no server answers: the table that the server compiled and signed for it, kept for when it is away.

A table counts only when its signature was made with this gateway's own token and it answers the very question that was asked: one that was
changed on the way or on disk, another gateway's, or an older one that somebody plays back is refused, and the last good one stays.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from device_gateway.devices import write_whole

class TableRefused(Exception):
    """Why a table does not count: a word of meanings.py."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one device lights: ids of outputs, for a real press and for an exercise. `place`: the zone's name, or empty."""

    place: str = ""
    real: tuple[str, ...] = ()
    drill: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalTable:
    """`wait_s`: kind → seconds without a commit until it lights. `armed`: device → test or drill, and for how many seconds more.
    `body`: as it came, for the disk."""

    made_at: datetime | None = None
    wait_s: Mapping[str, float] = field(default_factory=lambda: {"panic": 2.0, "assist": 2.0, "fall": 62.0, "no_motion": 62.0})
    rows: Mapping[str, Row] = field(default_factory=dict)
    strangers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    armed: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False, compare=False)

    def said(self) -> tuple[object, ...]:
        """What is worth the disk when it differs: not when it was made, nor what is armed for the next minutes."""
        return self.wait_s, self.rows, self.strangers


NONE = LocalTable()
"""Before the first answer of a server: presses are on the local page, and no lamp may speak."""


def read_table(body: bytes, token: str, nonce: str | None) -> LocalTable:
    """The table in the server's answer `{"table":"<text>","signature":"<hex>"}`. `nonce`: the question; None for the copy on disk.
    Raises TableRefused."""
    try:
        answer = json.loads(body)
        text, given = answer["table"], answer["signature"]
        if not isinstance(text, str) or not isinstance(given, str):
            raise TableRefused("unreadable_table")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise TableRefused("unreadable_table") from None
    if not hmac.compare_digest(signature(token, text).encode(), given.encode("utf-8", "replace")):
        raise TableRefused("wrong_signature")
    try:
        told = json.loads(text)
        if nonce is not None and told["nonce"] != nonce:
            raise TableRefused("not_the_answer")
        return _read(told, body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise TableRefused("unreadable_table") from None


def signature(token: str, text: str) -> str:
    """As docs/api.md has it: HMAC-SHA256 in hex under a key that is made from the token."""
    key = hmac.digest(token.encode(), b"varde local table", hashlib.sha256)
    return hmac.digest(key, text.encode("utf-8", "replace"), hashlib.sha256).hex()


def keep_table(path: Path, table: LocalTable) -> None:
    """Whole or not at all, for this user only. Raises OSError."""
    write_whole(path, table.body)


def kept_table(path: Path, token: str) -> LocalTable | None:
    """The table as it was last kept; None where there is none yet. Raises TableRefused."""
    try:
        body = path.read_bytes()
    except OSError:
        return None
    return read_table(body, token, None)


def _read(told: Mapping[str, Any], body: bytes) -> LocalTable:
    if told["v"] != 1:
        raise ValueError("another version")
    return LocalTable(
        datetime.fromisoformat(told["made_at"]),
        {kind: float(seconds) for kind, seconds in told["wait_s"].items()},
        {id_: Row(str(row["place"]), tuple(row["real"]), tuple(row["drill"])) for id_, row in told["devices"].items()},
        {office: tuple(outputs) for office, outputs in told["strangers"].items()},
        {id_: (str(purpose), float(left_s)) for id_, (purpose, left_s) in told["armed"].items()},
        body,
    )
