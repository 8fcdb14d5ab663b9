"""Shelly BLU buttons, which speak Bluetooth and have no MQTT: heard through a Shelly of a later generation, in one of three forms.

As a device that was paired with the hub (a notice with its address), as the raw BTHome bytes that the maker's script forwards, or
as what older scripts made of those bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.core.signals import Kind, Signal

from device_gateway.devices import Device
from device_gateway.dialects import Book, Message
from device_gateway.dialects.hearing import Means, copy_of, fact, pressed, stranger
from device_gateway.dialects.reading import Unreadable, instant, part, percent, real

name = "shelly-blu"

BYTES_MAX = 64  # an advertisement has at most 31; extended ones somewhat more
BATTERY, BUTTON, PACKET, CHANNEL = 0x01, 0x3A, 0x00, 0x60

_LENGTHS = {
    PACKET: 1, BATTERY: 1, 0x02: 2, 0x03: 2, 0x04: 3, 0x05: 3, 0x06: 2, 0x07: 2, 0x08: 2, 0x09: 1, 0x0A: 3, 0x0B: 3, 0x0C: 2, 0x0D: 2, 0x0E: 2,
    0x0F: 1, 0x10: 1, 0x11: 1, 0x12: 2, 0x13: 2, 0x14: 2, 0x15: 1, 0x2D: 1, 0x2E: 1, 0x2F: 1, BUTTON: 1, 0x3F: 2, 0x45: 2, 0x57: 1, CHANNEL: 1,
    0xF0: 2, 0xF1: 4, 0xF2: 3,
}  # fmt: skip
"""How many bytes follow each kind of value in BTHome 2; what comes after an unknown kind cannot be read."""

_GESTURES = {1: "single", 2: "double", 3: "triple", 4: "long", 0x80: "hold", 0xFE: "hold"}
_ENCRYPTED = 0x01


def noticed(message: Message, hub: Device, event: Mapping[str, Any], ts: Any, book: Book) -> tuple[Signal, ...]:
    """A button that was paired with the hub. Each hub gives it a time of its own: heard by two, it is two presses of one device."""
    address, word = part(event, "data", "addr"), event.get("event")
    if not isinstance(address, str) or not isinstance(word, str) or not word.endswith("_push"):
        return ()
    at = instant(ts)
    id_ = None
    device = _device(hub, address, book)
    if at is not None and at.year >= 2020:
        id_ = f"{device.id}-{word[:20]}-{real(ts):.3f}-{hub.id}"
    return pressed(message, device, word.removesuffix("_push"), Means.PRESS, book, id=id_, at=at)


def forwarded(message: Message, hub: Device, words: Mapping[str, Any], book: Book) -> tuple[Signal, ...]:
    """What a script on the hub heard: several hubs may hear one press, and all say the same packet number."""
    address = part(words, "srcBle", "mac") or words.get("address")
    if not isinstance(address, str):
        return ()
    device = _device(hub, address, book)
    raw = words.get("payload")
    try:
        packet, level, buttons = read_bthome(raw) if isinstance(raw, str) else _decoded(words)
    except Unreadable:
        return pressed(message, device, "unreadable", Means.UNKNOWN, book)
    said: tuple[Signal, ...] = ()
    past = {} if device.kind == "stranger" else book.past_of(device.id)
    keys = [(place, word) for place, button in enumerate(buttons) if (word := _word(button))]
    for place, word in keys:
        id_ = None if packet is None else copy_of(past, f"key{place}", f"{packet}-{word}", message, device, book)
        said += pressed(message, device, word, _means(word), book, id=id_, battery=level)
    if level is not None:
        said += fact(message, device, Kind.BATTERY, battery=level)
    return said + (() if message.retain else fact(message, device, Kind.HEARTBEAT))


def read_bthome(text: str) -> tuple[int | None, int | None, list[int]]:
    """Packet number, battery and every button of a BTHome 2 message in hexadecimal. Raises Unreadable.

    A button with several keys repeats the value for each; a reader that keeps one by name loses the press.
    """
    if len(text) > 2 * BYTES_MAX:
        raise Unreadable("too long")
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise Unreadable("not hexadecimal") from None
    if not data or data[0] >> 5 != 2 or data[0] & _ENCRYPTED:
        raise Unreadable("not plain BTHome 2")
    packet, level, buttons, at = None, None, [], 1
    while at < len(data):
        kind = data[at]
        length = _LENGTHS.get(kind)
        if length is None or at + 1 + length > len(data):
            if buttons:
                break
            raise Unreadable("an unknown value")
        value = int.from_bytes(data[at + 1 : at + 1 + length], "little")
        if kind == PACKET:
            packet = value
        elif kind == BATTERY:
            level = percent(value)
        elif kind == BUTTON:
            buttons.append(value)
        at += 1 + length
    return packet, level, buttons


def _decoded(words: Mapping[str, Any]) -> tuple[int | None, int | None, list[int]]:
    packet, button = words.get("pid"), words.get("button")
    buttons = button if isinstance(button, list) else [button]
    if button is None or len(buttons) > 16 or not all(type(one) is int for one in buttons):
        raise Unreadable("no button")
    return packet if type(packet) is int else None, percent(words.get("battery")), buttons


def _word(button: int) -> str | None:
    return None if button == 0 else _GESTURES.get(button, f"button_{button}")


def _means(word: str) -> Means:
    return Means.PRESS if word in _GESTURES.values() else Means.UNKNOWN


def _device(hub: Device, address: str, book: Book) -> Device:
    """Heard by any hub of ours: the radio does not ask which one the button was meant for."""
    return book.at(name, address) or stranger(hub, address)
