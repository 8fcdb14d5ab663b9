"""Zigbee2MQTT: many Zigbee devices behind one hub. `<base>/<name>` says how a device is, with `action` when it was pressed.

The hub's address is its base topic; a device's is its IEEE address (0x…) or its friendly name. Names may hold slashes and may be
changed, so they are looked up in the hub's own retained list. What is heard when and why: docs/dialects.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from server.core.signals import Kind, Signal

from device_gateway.devices import Device
from device_gateway.dialects import Book, Message, fingerprint, lit
from device_gateway.dialects.hearing import Means, fact, pressed, stranger, unreadable
from device_gateway.dialects.reading import Unreadable, instant, part, percent, read_json, read_object, read_text, truth, word_of
from device_gateway.dialects.zigbee_words import meaning

name = "zigbee2mqtt"

LIST_MAX_BYTES = 4_000_000  # `bridge/devices` of a large network has some hundreds of kB
NAMES_MAX = 1000  # a Zigbee network holds a few hundred
STATE_MAX = 60  # values of one device that are remembered to tell a press from a report
CLOCK_SET_YEAR = 2020  # before it a hub's clock was not set, and its times come again

_ATTRIBUTES = frozenset(
    {"action", "click", "battery", "battery_low", "tamper", "sos", "linkquality", "voltage", "last_seen", "availability"}
)
_DOWNLINKS = ("/set", "/get")
_SAYS_NOTHING = frozenset({"linkquality", "last_seen"})  # they differ in each message, and say nothing about why it came
_WARN = {"mode": "emergency", "level": "very_high", "strobe": True, "duration": 600}
_WARN_NO_MORE = {"mode": "stop", "level": "low", "strobe": False, "duration": 1}


def routes(devices: Iterable[Device], offices: Iterable[str]) -> Iterable[tuple[str, Device]]:
    return ((f"{hub.address}/#", hub) for hub in devices if hub.kind == "hub")


def decode(message: Message, hub: Device, book: Book) -> tuple[Signal, ...]:
    rest = message.topic[len(hub.address) + 1 :]
    if not rest:
        return ()
    if rest.startswith("bridge/"):
        return _bridge(message, hub, rest.removeprefix("bridge/"), book)
    alive = () if message.retain else fact(message, hub, Kind.HEARTBEAT)
    name_, attribute = _split(rest, hub, book)
    if attribute is None and rest.endswith(_DOWNLINKS):
        return ()  # our own orders, and other people's
    device = _device(hub, name_, book)
    try:
        if attribute is None:
            return alive + _state(message, hub, device, book)
        if attribute == "availability":
            return alive + _availability(message, device)
        return alive + _attribute(message, hub, device, attribute, book)
    except Unreadable as error:
        may_press = attribute in (None, "action", "click", "sos")
        return alive + (unreadable(message, device, book, str(error)) if may_press else ())


def tell(device: Device, words: Mapping[str, object], book: Book) -> tuple[str, bytes] | None:
    hub = book.devices.get(device.hub or "")
    on = lit(device, words)
    if hub is None or on is None:
        return None
    kind = device.output or ("switch" if device.kind == "lamp" else "warning")
    body: dict[str, object] = {"state": "ON" if on else "OFF"}
    if kind == "warning":
        body = {"warning": _WARN if on else _WARN_NO_MORE}
    elif kind == "alarm":
        body = {"alarm": on}
    return f"{hub.address}/{device.address}/set", json.dumps(body, separators=(",", ":")).encode()


# ---------------------------------------------------------------- the hub itself


def _bridge(message: Message, hub: Device, what: str, book: Book) -> tuple[Signal, ...]:
    try:
        if what == "state":
            state = read_text(message.payload).strip()
            state = str(part(read_json(message.payload), "state")) if state.startswith("{") else state
            return fact(message, hub, Kind.ONLINE if state == "online" else Kind.OFFLINE) if state in ("online", "offline") else ()
        if what == "devices":
            book.past_of(hub.id)["names"] = _names(read_json(message.payload, LIST_MAX_BYTES))
        elif what == "info":
            _learn_form(read_object(message.payload, LIST_MAX_BYTES), book.past_of(hub.id))
        elif what == "event":
            return _event(message, hub, read_object(message.payload), book)
    except Unreadable:
        return ()
    return () if message.retain else fact(message, hub, Kind.HEARTBEAT)


def _names(listed: Any) -> dict[str, list[str]]:
    """Friendly name -> IEEE address and model, for as many as there may be."""
    names: dict[str, list[str]] = {}
    for row in listed if isinstance(listed, list) else ():
        name_, ieee, model = part(row, "friendly_name"), part(row, "ieee_address"), part(row, "definition", "model")
        if isinstance(name_, str) and isinstance(ieee, str) and len(names) < NAMES_MAX:
            names[name_[:200]] = [ieee[:40], model[:60] if isinstance(model, str) else ""]
    return names


def _learn_form(info: dict[str, Any], past: dict[str, Any]) -> None:
    """In which form the hub publishes: with JSON on the device's topic, its `/action` topic only says the same again."""
    output = part(info, "config", "advanced", "output") or part(info, "config", "experimental", "output")
    if output in ("json", "attribute", "attribute_and_json"):
        past["json"] = output != "attribute"


def _event(message: Message, hub: Device, words: dict[str, Any], book: Book) -> tuple[Signal, ...]:
    name_ = part(words, "data", "friendly_name")
    kind = {"device_announce": Kind.ONLINE, "device_leave": Kind.OFFLINE}.get(str(words.get("type")))
    alive = () if message.retain else fact(message, hub, Kind.HEARTBEAT)
    return alive + fact(message, _device(hub, name_, book, words), kind) if isinstance(name_, str) and kind else alive


# ---------------------------------------------------------------- a device behind it


def _split(rest: str, hub: Device, book: Book) -> tuple[str, str | None]:
    """The device's name, and the attribute that the topic ends with, if it does: a name that is known is never cut."""
    names = book.past_of(hub.id).get("names", {})
    if rest in names or book.at(hub.id, rest) is not None:
        return rest, None
    name_, slash, last = rest.rpartition("/")
    if slash and (last in _ATTRIBUTES or name_ in names or book.at(hub.id, name_) is not None):
        return (rest, None) if f"/{last}" in _DOWNLINKS else (name_, last)
    return rest, None


def _device(hub: Device, name_: str, book: Book, words: Mapping[str, Any] | None = None) -> Device:
    """The listed device of this name, or of the IEEE address that the hub or the message gives for it; else a stranger."""
    known = book.past_of(hub.id).get("names", {}).get(name_)
    for address in (name_, known[0] if known else None, part(words, "device", "ieeeAddr"), part(words, "data", "ieee_address")):
        found = book.at(hub.id, address) if isinstance(address, str) else None
        if found is not None:
            return found
    return stranger(hub, name_)


def _availability(message: Message, device: Device) -> tuple[Signal, ...]:
    text = read_text(message.payload).strip()
    state = part(read_json(message.payload), "state") if text.startswith("{") else text
    kind = {"online": Kind.ONLINE, "offline": Kind.OFFLINE}.get(str(state))
    return fact(message, device, kind) if kind else ()


def _attribute(message: Message, hub: Device, device: Device, attribute: str, book: Book) -> tuple[Signal, ...]:
    """One value on a topic of its own, as the setting `output: attribute` publishes them, and the older triggers `/action`."""
    text = read_text(message.payload).strip()
    said_as_json = book.past_of(hub.id).get("json") is True
    if attribute in ("action", "click"):
        if said_as_json or not text or text == "null":
            return ()
        return pressed(message, device, text, meaning(text, _model(hub, device, book)), book)
    if attribute in ("battery", "battery_low", "tamper") or (attribute == "sos" and not said_as_json):
        return _facts(message, hub, device, {attribute: text}, book)
    return () if message.retain else fact(message, device, Kind.HEARTBEAT)


def _state(message: Message, hub: Device, device: Device, book: Book) -> tuple[Signal, ...]:
    if not message.payload:
        return ()  # the broker's memory of a renamed device is being cleared
    words = read_object(message.payload)
    if device.kind == "stranger":
        device = _device(hub, device.address, book, words)
    seen_at = instant(words.get("last_seen"), 0.001)
    word = next((found for key in ("action", "click") if (found := word_of(words.get(key))) is not None), None)
    said: tuple[Signal, ...] = ()
    if word is not None:
        said = pressed(
            message, device, word, meaning(word, _model(hub, device, book)), book,
            id=_id(message, device, words, seen_at), at=seen_at, battery=percent(words.get("battery")),
        )  # fmt: skip
    elif words.get("action") is not None:
        said = unreadable(message, device, book, "an action that is no word")
    return said + _facts(message, hub, device, words, book, seen_at)


def _id(message: Message, device: Device, words: Mapping[str, Any], seen_at: datetime | None) -> str | None:
    """The same for each copy of one message, where it says to the millisecond when it was: no other press has the same bytes."""
    fine = "." in str(words["last_seen"]) or isinstance(words["last_seen"], int) if seen_at is not None else False
    return f"{device.id}-{fingerprint(message.payload)}" if fine and seen_at and seen_at.year >= CLOCK_SET_YEAR else None


def _facts(
    message: Message, hub: Device, device: Device, words: Mapping[str, Any], book: Book, seen_at: datetime | None = None
) -> tuple[Signal, ...]:
    """What a report says beside a press: an SOS that stays true until it is cleared, tamper, battery, and that the device lives."""
    said: tuple[Signal, ...] = ()
    if device.kind == "stranger":
        return pressed(message, device, "sos", Means.ALARM, book) if truth(words.get("sos")) else ()
    past = book.past_of(device.id)
    if truth(words.get("sos")) is not None and _is_cry(words, past, "sos"):
        said += pressed(message, device, "sos", Means.ALARM, book, at=seen_at)
    tampered, low, level = truth(words.get("tamper")), truth(words.get("battery_low")), percent(words.get("battery"))
    if tampered is not None:
        said += fact(message, device, Kind.TAMPER, detail="open" if tampered else "closed")
    if level is not None or low is not None:
        detail = None if low is None or (level is not None and not low) else "low" if low else "fine"
        said += fact(message, device, Kind.BATTERY, battery=level, detail=detail)
    alive = not message.retain and _moved(seen_at, past, message, device)
    if not message.retain:
        past["state"] = {**past.get("state", {}), **_values(words)} if len(past.get("state", {})) < STATE_MAX else _values(words)
    return said + (fact(message, device, Kind.HEARTBEAT) if alive else ())


def _is_cry(words: Mapping[str, Any], past: Mapping[str, Any], key: str) -> bool:
    """True in a report is a press when it was not true before. When it was, the hub may only repeat it beside something else that has
    changed; where nothing else has, the device has said it again, and that is a press."""
    if not truth(words.get(key)):
        return False
    before = past.get("state", {})
    if truth(before.get(key)) is not True:
        return True
    return all(value == before.get(other) for other, value in _values(words).items())


def _values(words: Mapping[str, Any]) -> dict[str, Any]:
    plain = (str, int, float, bool, type(None))
    values = (
        (key, word_of(value)) for key, value in words.items() if isinstance(value, plain) and key not in _SAYS_NOTHING and len(key) <= 60
    )
    return dict(list(values)[:STATE_MAX])


def _moved(seen_at: datetime | None, past: dict[str, Any], message: Message, device: Device) -> bool:
    """Whether a report proves that the device lives: the hub may repeat what it remembers, also at its own start."""
    if seen_at is None:
        return True
    before, past["seen"] = past.get("seen"), seen_at.isoformat()
    return before != past["seen"] if before else message.heard_at - seen_at < timedelta(seconds=device.heartbeat_s)


def _model(hub: Device, device: Device, book: Book) -> str:
    """As the office has it, else as the hub knows it."""
    if device.model:
        return device.model
    names: Mapping[str, list[str]] = book.past_of(hub.id).get("names", {})
    by_name = names.get(device.address)
    return by_name[1] if by_name else next((model for ieee, model in names.values() if ieee.casefold() == device.address.casefold()), "")
