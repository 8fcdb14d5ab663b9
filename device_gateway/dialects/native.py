"""Varde's own devices: one line of JSON, signed with the device's key. The protocol is in docs/device-protocol.md."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson

from server.core.signals import QUIET, Doubt, Kind, Position, Signal

from device_gateway.devices import Device
from device_gateway.dialects import DETAIL_MAX_CHARS, Book, Memory, Message, fingerprint, made_id, plain_name, undecodable
from device_gateway.dialects.reading import NUMBER_MAX, Unreadable, instant, read_json, real

name = "native"

PAYLOAD_MAX_BYTES = 4096
REMEMBERED_PER_DEVICE = 64  # presses whose content is known, to tell a repeat from a forgery of its number

_KINDS = {kind.value: kind for kind in Kind}
_SIGNATURE = re.compile(rb"[0-9a-fA-F]{64}")


class Sender(NamedTuple):
    device_id: str
    office_id: str
    device: Device | None


def routes(devices: Iterable[Device], offices: Iterable[str]) -> Iterable[tuple[str, None]]:
    return ((f"varde/{office_id}/+/up", None) for office_id in offices)


def decode(message: Message, route: None, book: Book) -> tuple[Signal, ...]:
    """The signals in one message: one for anything on an `up` topic, none for our own answers. Never throws.

    What cannot be read is a panic, because it may be a press. What is doubtful raises too, and says why.
    """
    parts = message.topic.split("/")
    if len(parts) != 4 or parts[0] != "varde" or parts[3] != "up":
        return ()
    sender = _sender(parts[1], parts[2], book)
    if len(message.payload) > PAYLOAD_MAX_BYTES:
        return (undecodable(message, sender.device_id, sender.office_id, book, f"larger than {PAYLOAD_MAX_BYTES} bytes"),)
    line, signature = _split(message.payload)
    words = _read(line)
    kind = _KINDS.get(words["kind"]) if isinstance(words, dict) and isinstance(words.get("kind"), str) else None
    if kind is None:
        reason = words if isinstance(words, str) else "no known kind"
        return (undecodable(message, sender.device_id, sender.office_id, book, reason),)
    doubt = _doubt(message.topic, line, signature, words, sender.device)
    signal_id, doubt = _identity(message, line, kind, words, sender, doubt, book)
    return (
        Signal(
            id=signal_id,
            kind=kind,
            office_id=sender.office_id,
            heard_at=message.heard_at,
            device_id=sender.device_id,
            pressed_at=instant(real(words.get("pressed_at"))),
            retained=message.retain,
            verified=doubt is None,
            doubt=doubt,
            battery=_battery(words.get("battery")),
            position=_position(words.get("position")),
            detail=_detail(words.get("detail")),
        ),
    )


def sign(key: bytes, topic: str, line: bytes) -> bytes:
    """HMAC-SHA256 over topic, newline and the line's exact bytes, in hex. The topic is in it so that no other device can reuse it."""
    return hmac.digest(key, topic.encode() + b"\n" + line, "sha256").hex().encode()


def answer(device_id: str, office_id: str, words: Mapping[str, object], key: bytes | None) -> tuple[str, bytes]:
    """Topic and payload that tell a device something, in the same two-line form; one line for a device without a key."""
    topic = f"varde/{office_id}/{device_id}/down"
    line = orjson.dumps(words)
    return topic, line if key is None else line + b"\n" + sign(key, topic, line)


def tell(device: Device, words: Mapping[str, object], book: Book) -> tuple[str, bytes] | None:
    return answer(device.id, device.office_id, words, device.key)


def _sender(office: str, name: str, book: Book) -> Sender:
    device = book.devices.get(name)
    if device is not None:
        return Sender(name, device.office_id, device)
    # A stranger's name goes into ids and logs: only plain ones as they are.
    plain = plain_name(name)
    return Sender(plain, office if office in book.offices else book.offices[0], None)


def _split(payload: bytes) -> tuple[bytes, bytes | None]:
    """The JSON line, and its signature or None. JSON over several lines has no signature line and is taken whole."""
    line, newline, rest = payload.partition(b"\n")
    rest = rest.strip()
    if not newline or not rest:
        return payload, None
    if _SIGNATURE.fullmatch(rest):
        return line, rest.lower()
    whole = _read(payload)
    return (payload, None) if isinstance(whole, dict) else (line, rest)


def _read(line: bytes) -> dict | str:
    """The JSON object, or the reason why there is none."""
    try:
        words = read_json(line)
    except Unreadable as error:
        return str(error)
    return words if isinstance(words, dict) else "not a JSON object"


def _doubt(topic: str, line: bytes, signature: bytes | None, words: dict, device: Device | None) -> Doubt | None:
    if device is None:
        return Doubt.UNKNOWN_DEVICE
    if device.key is None or signature is None:
        return Doubt.UNSIGNED
    if not hmac.compare_digest(sign(device.key, topic, line), signature):
        return Doubt.BAD_SIGNATURE
    if _number(words.get("boot")) is None or _number(words.get("n")) is None or words.get("v", 1) != 1:
        return Doubt.UNDECODABLE
    return None


def _identity(
    message: Message, line: bytes, kind: Kind, words: dict, sender: Sender, doubt: Doubt | None, book: Book
) -> tuple[str, Doubt | None]:
    """The signal's id, and the doubt after looking for replays.

    Only a checked signature gives the device's own id `<device>-<boot>-<n>`. All else gets a word behind it, so that nobody
    without the key can use up a number before the genuine press comes.
    """
    boot, n = _number(words.get("boot")), _number(words.get("n"))
    if boot is None or n is None:
        return made_id(message, sender.device_id, book), doubt
    name = f"{sender.device_id}-{boot}-{n}{'-retained' if message.retain else ''}"  # a stored copy must not use up the live press's id
    print_ = fingerprint(line)
    if doubt is not None:
        return f"{name}-{doubt.value}-{print_}", doubt
    if message.retain:
        return name, None  # a stored copy says nothing about where the device is now
    memory = book.memory.setdefault(sender.device_id, Memory())
    known = memory.recent.get(name)
    if known is not None:
        return (name, known[1]) if known[0] == print_ else (f"{name}-replayed-{print_}", Doubt.REPLAYED)
    doubt = Doubt.REPLAYED if _looks_replayed(memory, boot, n, kind) else None
    _remember(memory, boot, n, kind, name, print_, doubt)
    return name, doubt


def _looks_replayed(memory: Memory, boot: int, n: int, kind: Kind) -> bool:
    """An older boot is. Within a boot, radios reorder: a late press is only late, but an old heartbeat proves nothing about now.

    A last will is signed when the device connects, so its number is older than what the device has said since.
    """
    if boot != memory.boot:
        return boot < memory.boot
    return n <= memory.n and kind in QUIET and kind is not Kind.OFFLINE


def _remember(memory: Memory, boot: int, n: int, kind: Kind, name: str, print_: str, doubt: Doubt | None) -> None:
    if (boot, n) > (memory.boot, memory.n) and kind is not Kind.OFFLINE:
        memory.boot, memory.n = boot, n
    if kind not in QUIET:
        memory.recent[name] = (print_, doubt)
        if len(memory.recent) > REMEMBERED_PER_DEVICE:
            del memory.recent[next(iter(memory.recent))]


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= NUMBER_MAX else None


def _battery(value: object) -> int | None:
    percent = real(value)
    return round(percent) if percent is not None and 0 <= percent <= 100 else None


def _position(value: object) -> Position | None:
    if not isinstance(value, dict):
        return None
    lat, lon, accuracy_m = real(value.get("lat")), real(value.get("lon")), real(value.get("accuracy_m"))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    return Position(lat, lon, accuracy_m if accuracy_m is not None and accuracy_m >= 0 else None, instant(real(value.get("at"))))


def _detail(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return value.encode("utf-8", "replace").decode()[:DETAIL_MAX_CHARS]  # half a surrogate pair cannot be sent on
