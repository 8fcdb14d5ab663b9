"""How dialects read what may be anything: bounded, without believing types, and with one kind of failure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

MESSAGE_MAX_BYTES = 65_536  # of one device; a hub's own lists may be larger
NUMBER_MAX = 2**53 - 1  # the largest integer that every JSON reader keeps exact
WORD_MAX_CHARS = 100  # no device has a longer word for a press

_LOW_WORDS = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


class Unreadable(ValueError):
    """Why something could not be read, in words that hold nothing of it."""


def read_json(payload: bytes, most_bytes: int = MESSAGE_MAX_BYTES) -> Any:
    """The JSON value. Raises Unreadable, and nothing else."""
    if len(payload) <= most_bytes:
        try:
            return orjson.loads(payload)
        except ValueError:
            pass  # it is stricter than many a device: half of a surrogate pair, numbers beyond every measure
    text = read_text(payload, most_bytes)
    try:
        return _LENIENT.decode(text)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None


def read_object(payload: bytes, most_bytes: int = MESSAGE_MAX_BYTES) -> dict[str, Any]:
    words = read_json(payload, most_bytes)
    if not isinstance(words, dict):
        raise Unreadable("not a JSON object")
    return words


def read_text(payload: bytes, most_bytes: int = MESSAGE_MAX_BYTES) -> str:
    if len(payload) > most_bytes:
        raise Unreadable(f"larger than {most_bytes} bytes")
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None


def _refuse(word: str) -> None:
    raise ValueError(word)


_LENIENT = json.JSONDecoder(parse_constant=_refuse)


def part(words: Any, *keys: str) -> Any:
    """What stands there, or None: `part(words, "config", "advanced", "output")`."""
    for key in keys:
        words = words.get(key) if isinstance(words, Mapping) else None
    return words


def word_of(value: Any) -> str | None:
    """A value as the word that it is: `true`, `1`, `single`. None for nothing at all, and for what is no word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        value = real(value)
        return None if value is None else str(int(value)) if value.is_integer() else f"{value:g}"
    if isinstance(value, str) and len(value) <= WORD_MAX_CHARS:
        return value.strip()
    return None


def real(value: Any) -> float | None:
    """A number that is one; a truth value is none."""
    if type(value) not in (int, float) or abs(value) > NUMBER_MAX or not math.isfinite(value):
        return None
    return float(value)


def percent(value: Any) -> int | None:
    """0 to 100; also written as text, as some send it."""
    if isinstance(value, str) and len(value) <= 30:
        try:
            value = float(value)
        except ValueError:
            return None
    number = real(value)
    return round(number) if number is not None and 0 <= number <= 100 else None


def truth(value: Any) -> bool | None:
    """Yes or no, also as the texts "TRUE" and "false" that some devices send; None for anything else."""
    word = word_of(value)
    return None if word is None else _LOW_WORDS.get(word.casefold())


def instant(value: Any, unit_s: float = 1.0) -> datetime | None:
    """The device's own time, however wrong, as long as it is a date at all: ISO 8601 with a zone, or a number of `unit_s` since 1970."""
    try:
        if isinstance(value, str) and len(value) <= 40 and not value.isdigit():
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo is not None else None  # local time without a zone may be hours off
        number = real(value)
        return None if number is None else datetime.fromtimestamp(number * unit_s, UTC)
    except (OverflowError, ValueError, OSError):
        return None
