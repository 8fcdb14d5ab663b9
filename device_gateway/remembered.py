"""What the gateway must still know after a restart, in one small file: how each device was, and what tells an old press from a new one.

Without it a device that repeats its last press would be heard pressing at each start, and one that reports once a day could be dead
for weeks. A file that is lost or broken costs no more than that: nothing here stops a press.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from device_gateway.devices import write_whole
from device_gateway.supervision import Health

FILE_MAX_BYTES = 50_000_000


class Remembered:
    """`health`, `lit` and `past` are filled by others while this runs; `save` writes them when something has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = b""
        known = _read(path)
        self.listened_s: float = _number(known.get("listened_s"))
        self.filters: tuple[str, ...] = tuple(one for one in _list(known.get("filters")) if isinstance(one, str))
        """What the broker may still send us of what an earlier run had subscribed to."""
        self.health: dict[str, Health] = {id_: health for id_, row in _dict(known.get("health")).items() if (health := _health(row))}
        self.lit: dict[str, list[str]] = {id_: [str(one) for one in _list(row)] for id_, row in _dict(known.get("lit")).items()}
        self.muted: list[str] = [one for one in _list(known.get("muted")) if isinstance(one, str)]
        self.past: dict[str, dict[str, Any]] = {id_: row for id_, row in _dict(known.get("past")).items() if isinstance(row, dict)}

    def save(self, listened_s: float, filters: Iterable[str], bought: Iterable[str]) -> None:
        """`bought`: the devices whose health is worth it: the others say within minutes how they are. Raises OSError."""
        kept = {id_: one for id_ in bought if (one := self.health.get(id_)) is not None}
        health = {id_: {**asdict(one), "heard_at": one.heard_at and one.heard_at.isoformat()} for id_, one in kept.items()}
        body = json.dumps(
            {"listened_s": round(listened_s, 1), "filters": list(filters), "health": health, "lit": self.lit, "muted": self.muted, "past": self.past}
        ).encode()
        if body != self._written:
            write_whole(self._path, body)
            self._written = body

    def forget(self, known: Iterable[str]) -> None:
        """Drops what is not about one of these devices."""
        known = set(known)
        for memory in (self.health, self.lit, self.past):
            for id_ in [one for one in list(memory) if one not in known]:
                memory.pop(id_, None)  # type: ignore[attr-defined]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            return {}
        return _dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return {}


def _health(row: Any) -> Health | None:
    try:
        heard_at, (boot, number) = row["heard_at"], row["online_mark"]
        return Health(
            datetime.fromisoformat(heard_at) if heard_at else None, float(row["heard_s"]), row["battery"], row["battery_low"] is True,
            row["tampered"] is True, row["offline"] is True, (int(boot), int(number)),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float:
    return float(value) if type(value) in (int, float) and value >= 0 else 0.0
