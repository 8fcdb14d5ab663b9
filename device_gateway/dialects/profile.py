"""The dialect that is data: a topic pattern, a JSON pointer and what each word means, written in YAML and compiled by the server.

`server/config/dialects.py` checks what an administrator has written; here a row that makes no sense is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.core.signals import Kind, Signal

from device_gateway.devices import Device
from device_gateway.dialects import Book, Message, lit
from device_gateway.dialects.hearing import Means, copy_of, fact, pressed, unreadable
from device_gateway.dialects.reading import WORD_MAX_CHARS, Unreadable, instant, percent, read_json, read_text, word_of

ADDRESS = "{address}"
FOUND_MAX = 50  # words in one message

_QUIET = {
    "online": (Kind.ONLINE, None), "offline": (Kind.OFFLINE, None), "heartbeat": (Kind.HEARTBEAT, None), "tamper": (Kind.TAMPER, "open"),
    "tamper_over": (Kind.TAMPER, "closed"), "battery_low": (Kind.BATTERY, "low"), "battery_fine": (Kind.BATTERY, "fine"),
}  # fmt: skip
_KINDS = {kind.value: kind for kind in (Kind.PANIC, Kind.ASSIST, Kind.DURESS, Kind.CALL_OFF)}
_LOUD = frozenset({"press", *_KINDS})


@dataclass(frozen=True, slots=True)
class Rule:
    """What messages on one topic say. `words` maps each to what it means; without them the message is only a sign of life."""

    topic: str
    word_at: str | None
    words: Mapping[str, str]
    otherwise: str
    changes_only: bool
    once_at: str | None
    time_at: str | None
    time_unit_s: float
    battery_at: str | None

    @property
    def loud(self) -> bool:
        return self.otherwise == "press" or any(meaning in _LOUD for meaning in self.words.values())


@dataclass(frozen=True, slots=True)
class Output:
    topic: str
    on: bytes
    off: bytes


@dataclass(frozen=True, slots=True)
class Profile:
    """One dialect of an administrator, as functions: the shape of `Dialect`."""

    name: str
    rules: tuple[Rule, ...]
    outputs: Mapping[str, Output]

    def routes(self, devices: Iterable[Device], offices: Iterable[str]) -> Iterator[tuple[str, tuple[Device, Rule]]]:
        for device in devices:
            for rule in self.rules:
                yield rule.topic.replace(ADDRESS, device.address), (device, rule)

    def decode(self, message: Message, route: tuple[Device, Rule], book: Book) -> tuple[Signal, ...]:
        device, rule = route
        try:
            whole, found = _words(message, rule)
        except Unreadable as error:
            return unreadable(message, device, book, str(error)) if rule.loud else ()
        said = tuple(signal for word in found for signal in _say(message, device, rule, word, whole, book))
        level = percent(first(whole, rule.battery_at)) if rule.battery_at is not None else None
        if level is not None:
            said += fact(message, device, Kind.BATTERY, battery=level)
        lives = not message.retain and "offline" not in [rule.words.get(word) for word in found]
        return said + (fact(message, device, Kind.HEARTBEAT) if lives else ())

    def tell(self, device: Device, words: Mapping[str, object], book: Book) -> tuple[str, bytes] | None:
        output, on = self.outputs.get(device.output or "switch"), lit(device, words)
        return None if output is None or on is None else (output.topic.replace(ADDRESS, device.address), output.on if on else output.off)


def read_profile(row: Mapping[str, Any]) -> Profile | None:
    """A compiled dialect. None for what is not one: its devices are then not heard, and go silent."""
    try:
        rules = tuple(_rule(one) for one in row["messages"])
        outputs = {name: Output(one["topic"], _body(one["turn_on"]), _body(one["turn_off"])) for name, one in (row.get("outputs") or {}).items()}
        return Profile(str(row["id"]), rules, outputs)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _rule(row: Mapping[str, Any]) -> Rule:
    given = {str(word): str(meaning) for word, meaning in (row.get("words") or {}).items()}
    words = {**{word.casefold(): meaning for word, meaning in given.items()}, **given}
    loud = any(meaning in _LOUD for meaning in words.values())
    return Rule(
        topic=str(row["topic"]),
        word_at=row.get("word_at"),
        words=words,
        otherwise=str(row.get("otherwise") or ("press" if loud else "nothing")),
        changes_only=row.get("changes_only") is True,
        once_at=row.get("once_at"),
        time_at=row.get("time_at"),
        time_unit_s={"ms": 0.001}.get(str(row.get("time_unit")), 1.0),
        battery_at=row.get("battery_at"),
    )


def _body(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value, separators=(",", ":")).encode()


def _words(message: Message, rule: Rule) -> tuple[Any, list[str]]:
    """The message as JSON where pointers are to look into it, and the words that it holds. Raises Unreadable."""
    pointers = [pointer for pointer in (rule.word_at, rule.once_at, rule.time_at, rule.battery_at) if pointer is not None]
    whole = read_json(message.payload) if pointers and message.payload else None
    if not rule.words or not message.payload:
        return whole, []
    found = list(pointed(whole, rule.word_at)) if rule.word_at is not None else [_short(read_text(message.payload).strip())]
    if len(found) >= FOUND_MAX:
        raise Unreadable("too many words")
    return whole, [word for value in found if (word := word_of(value)) is not None]


def _short(text: str) -> str:
    if len(text) > WORD_MAX_CHARS:
        raise Unreadable("too long for a word")
    return text


def _say(message: Message, device: Device, rule: Rule, word: str, whole: Any, book: Book) -> tuple[Signal, ...]:
    meaning = _meaning(rule, word)
    if rule.changes_only and not _changed(message, device, rule, word, book):
        return ()
    if meaning in _QUIET:
        kind, detail = _QUIET[meaning]
        return fact(message, device, kind, detail=detail)
    if not word or (meaning == "nothing" and word.casefold() not in device.gestures):
        return ()
    means = Means.PRESS if meaning in _KINDS or _known(rule, word) else Means.UNKNOWN
    number = word_of(first(whole, rule.once_at)) if rule.once_at is not None else None
    id_ = copy_of(book.past_of(device.id), rule.topic, f"{word}-{number}", message, device, book) if number else None
    at = instant(first(whole, rule.time_at), rule.time_unit_s) if rule.time_at is not None else None
    return pressed(message, device, word, means, book, kind=_KINDS.get(meaning, Kind.PANIC), id=id_, at=at)


def _meaning(rule: Rule, word: str) -> str:
    return rule.words.get(word) or rule.words.get(word.casefold()) or rule.otherwise


def _known(rule: Rule, word: str) -> bool:
    return word in rule.words or word.casefold() in rule.words


def _changed(message: Message, device: Device, rule: Rule, word: str, book: Book) -> bool:
    """For states that are said again: only another word than the last one counts. What nobody has heard before is a change."""
    past = book.past_of(device.id).setdefault("words", {})
    changed = past.get(rule.topic) != word
    if not message.retain:
        past[rule.topic] = word
    return changed


def pointed(whole: Any, pointer: str | None) -> Iterator[Any]:
    """What a JSON pointer (RFC 6901) means; `*` stands for every key or place at its level. Nothing where it leads nowhere."""
    here = [whole]
    for part in (pointer or "").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        here = [inner for value in here for inner in _step(value, key)][:FOUND_MAX]
    yield from here


def _step(value: Any, key: str) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values() if key == "*" else [value[key]] if key in value else ()
    if isinstance(value, list):
        return value if key == "*" else [value[int(key)]] if key.isdecimal() and len(key) < 6 and int(key) < len(value) else ()
    return ()


def first(whole: Any, pointer: str | None) -> Any:
    return next(pointed(whole, pointer), None)
