"""Shelly, first generation: `shellies/<id>/…`. Presses are numbered by `event_cnt`, and the last one is said again every half minute.

The address is the device's MQTT id; `<id>#1` is its second input or relay alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server.core.signals import Kind, Signal

from device_gateway.devices import PRESSABLE, Device
from device_gateway.dialects import Book, Message, lit
from device_gateway.dialects.hearing import Means, fact, pressed, unreadable
from device_gateway.dialects.reading import NUMBER_MAX, Unreadable, part, percent, read_json, read_object, read_text
from device_gateway.dialects.shelly import group, input_number, of_input

name = "shelly-gen1"

_PRESSES = frozenset({"s", "ss", "sss", "l", "sl", "ls"})
HELD = "held"
"""Our word for `event: ""` with a count that has risen: held longer than the device's limit, as a frightened hand does."""

_SLEEPERS = ("shellybutton1",)
"""They sleep after each press: their last will means nothing."""


def routes(devices: Iterable[Device], offices: Iterable[str]) -> Iterable[tuple[str, tuple[Device, ...]]]:
    groups = group(devices)
    for id_, ours in groups.items():
        yield f"shellies/{id_}/#", ours
    if groups:
        yield "shellies/announce", tuple(device for ours in groups.values() for device in ours)


def decode(message: Message, ours: tuple[Device, ...], book: Book) -> tuple[Signal, ...]:
    """`ours`: all listed devices with this id, one for each input or output of it."""
    if message.topic == "shellies/announce":
        return _announced(message, ours)
    _, _, rest = message.topic.removeprefix("shellies/").partition("/")
    what, _, place = rest.partition("/")
    if what == "command" or place.endswith(("command", "set")):
        return ()  # our own orders, and other people's
    if what == "online":
        return _online(message, ours)
    alive = () if message.retain else tuple(s for device in ours for s in fact(message, device, Kind.HEARTBEAT))
    place = input_number(place) if what in ("input_event", "longpush") else place
    pressable = of_input(ours, place)
    try:
        if what == "input_event":
            said = tuple(s for device in pressable for s in _event(message, device, place, read_object(message.payload), book))
        elif what == "longpush":
            said = tuple(s for device in pressable for s in _long(message, device, place, book))
        elif what == "info":
            said = _info(message, ours, book)
        elif rest == "sensor/battery":
            level = percent(read_text(message.payload).strip())
            said = () if level is None else tuple(s for device in ours for s in fact(message, device, Kind.BATTERY, battery=level))
        else:
            said = ()
    except Unreadable as error:
        may_press = what in ("input_event", "longpush")
        said = tuple(s for device in pressable for s in unreadable(message, device, book, str(error))) if may_press else ()
    return said + alive


def tell(device: Device, words: Mapping[str, object], book: Book) -> tuple[str, bytes] | None:
    on = lit(device, words)
    if on is None:
        return None
    id_, _, place = device.address.partition("#")
    return f"shellies/{id_}/{'light' if device.output == 'light' else 'relay'}/{place or '0'}/command", b"on" if on else b"off"


def _event(message: Message, device: Device, place: str, words: Mapping[str, Any], book: Book) -> tuple[Signal, ...]:
    """A press has a number that no other press has until the device starts anew. The device says its last one again and again."""
    count, word = _count(words.get("event_cnt")), words.get("event")
    if not isinstance(word, str):
        raise Unreadable("no event")
    past = book.past_of(device.id).setdefault("inputs", {})
    before = past.get(place)
    if count is None:
        return pressed(message, device, word, _means(word), book) if word else ()
    if message.retain:
        return pressed(message, device, word, _means(word), book)
    fresh = before is None or count != before["count"] or (word != before["word"] and word != "")
    if fresh:
        same_life = before is not None and count >= before["count"]
        past[place] = {"count": count, "word": word[:20], "life": before["life"] if same_life else book.make_id()[:8]}
    if not fresh:
        return ()
    if not word:  # at a start it says "" and 0
        if before is None or count <= before["count"]:
            return ()
        word = HELD
    id_ = f"{device.id}-i{place}-{word[:8]}-{count}-{past[place]['life']}"
    return pressed(message, device, word, _means(word), book, id=id_)


def _means(word: str) -> Means:
    if not word:
        return Means.NOTHING
    return Means.PRESS if word.casefold() in _PRESSES or word == HELD else Means.UNKNOWN


def _long(message: Message, device: Device, place: str, book: Book) -> tuple[Signal, ...]:
    """The older way to say a long press. A device that numbers its presses says the same there, and there it counts."""
    if read_text(message.payload).strip() != "1" or place in book.past_of(device.id).get("inputs", {}):
        return ()
    return pressed(message, device, "L", Means.PRESS, book)


def _info(message: Message, ours: tuple[Device, ...], book: Book) -> tuple[Signal, ...]:
    """Its whole state: the battery, and the last press once more. A number above the last one heard is a press that was missed."""
    words = read_json(message.payload)
    said: tuple[Signal, ...] = ()
    level = percent(part(words, "bat", "value"))
    if level is not None:
        said = tuple(s for device in ours for s in fact(message, device, Kind.BATTERY, battery=level))
    inputs = part(words, "inputs")
    for number, row in enumerate(inputs if isinstance(inputs, list) and len(inputs) <= 16 else ()):
        count = _count(part(row, "event_cnt"))
        for device in of_input(ours, str(number)):
            before = book.past_of(device.id).get("inputs", {}).get(str(number))
            if count is not None and before is not None and count > before["count"] and isinstance(row.get("event"), str):
                said += _event(message, device, str(number), row, book)
    return said


def _online(message: Message, ours: tuple[Device, ...]) -> tuple[Signal, ...]:
    word = message.payload.strip()
    if word == b"true":
        return tuple(s for device in ours for s in fact(message, device, Kind.ONLINE))
    if word != b"false":
        return ()
    return tuple(s for device in ours if not sleeps(device) for s in fact(message, device, Kind.OFFLINE))


def _announced(message: Message, ours: tuple[Device, ...]) -> tuple[Signal, ...]:
    """One topic for all devices, so it says which one."""
    try:
        id_ = part(read_json(message.payload), "id")
    except Unreadable:
        return ()
    mine = [device for device in ours if isinstance(id_, str) and device.address.partition("#")[0].casefold() == id_.casefold()]
    return tuple(s for device in mine for s in fact(message, device, Kind.ONLINE))


def sleeps(device: Device) -> bool:
    return device.kind in PRESSABLE and (device.address.casefold().startswith(_SLEEPERS) or device.model.casefold() in _SLEEPERS)


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= NUMBER_MAX else None
