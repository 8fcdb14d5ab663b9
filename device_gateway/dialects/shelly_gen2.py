"""Shelly, second generation and later: JSON-RPC notices on `<prefix>/events/rpc`. And BLU buttons, which such a device hears for us.

The address is the topic prefix (the device's id unless it was changed); `<prefix>#1` is its second input or output alone. A BLU
button's address is its own, `aa:bb:cc:dd:ee:ff`, and its hub is a Shelly of kind `hub`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from server.core.signals import Kind, Signal

from device_gateway.devices import Device
from device_gateway.dialects import Book, Message, lit
from device_gateway.dialects import shelly_blu as blu
from device_gateway.dialects.hearing import Means, fact, pressed, unreadable
from device_gateway.dialects.reading import Unreadable, instant, part, percent, read_object, real
from device_gateway.dialects.shelly import group, input_number, of_input

name = "shelly-gen2"

EVENTS_MAX = 64  # in one notice
CLOCK_SET_YEAR = 2020  # before it the device's clock was not set, and its times come again

_NO_PRESS = frozenset({"btn_down", "btn_up", "config_changed", "analog_change", "analog_measurement"})


def routes(devices: Iterable[Device], offices: Iterable[str]) -> Iterable[tuple[str, tuple[Device, ...]]]:
    for prefix, ours in group(devices).items():
        for rest in ("events/rpc", "events/ble", "online", "status/+", "varde/rpc"):
            yield f"{prefix}/{rest}", ours


def decode(message: Message, ours: tuple[Device, ...], book: Book) -> tuple[Signal, ...]:
    """`ours`: all listed devices with this prefix, one for each input or output of it."""
    rest = message.topic[len(ours[0].address.partition("#")[0]) + 1 :]
    if rest == "online":
        kind = {b"true": Kind.ONLINE, b"false": Kind.OFFLINE}.get(message.payload.strip())
        return tuple(s for device in ours for s in fact(message, device, kind)) if kind else ()
    alive = () if message.retain else tuple(s for device in ours for s in fact(message, device, Kind.HEARTBEAT))
    try:
        words = read_object(message.payload)
        if rest == "events/ble":
            return tuple(s for hub in ours if hub.kind == "hub" for s in blu.forwarded(message, hub, words, book)) + alive
        if rest.startswith("status/"):
            return _status(message, ours, rest.removeprefix("status/"), words, book) + alive
        params = part(words, "params")
        if words.get("method") == "NotifyEvent":
            return _events(message, ours, params, book) + alive
        if words.get("method") in ("NotifyStatus", "NotifyFullStatus") and isinstance(params, Mapping):
            return tuple(s for component in params for s in _status(message, ours, component, params[component], book)) + alive
        return alive
    except Unreadable as error:
        may_press = rest == "events/rpc"
        return tuple(s for device in ours for s in unreadable(message, device, book, str(error))) + alive if may_press else alive


def tell(device: Device, words: Mapping[str, object], book: Book) -> tuple[str, bytes] | None:
    on = lit(device, words)
    if on is None:
        return None
    prefix, _, place = device.address.partition("#")
    method = "Light.Set" if device.output == "light" else "Switch.Set"
    # who asks: it answers on `<src>/rpc`, which must be a topic where it may speak
    order = {"id": 1, "src": f"{prefix}/varde", "method": method, "params": {"id": int(place or 0), "on": on}}
    return f"{prefix}/rpc", json.dumps(order, separators=(",", ":")).encode()


def ask(device: Device) -> tuple[str, bytes]:
    """Whether it is there. An input without a relay may else be silent for months; the answer is heard on `<prefix>/varde/rpc`."""
    prefix = device.address.partition("#")[0]
    return f"{prefix}/rpc", json.dumps({"id": 2, "src": f"{prefix}/varde", "method": "Sys.GetStatus"}, separators=(",", ":")).encode()


def _events(message: Message, ours: tuple[Device, ...], params: Any, book: Book) -> tuple[Signal, ...]:
    """Every entry is read: one notice may hold a press and an update, or two presses."""
    events = part(params, "events")
    if not isinstance(events, list) or len(events) > EVENTS_MAX:
        raise Unreadable("no events, or too many")
    said: tuple[Signal, ...] = ()
    for event in events:
        component, word = part(event, "component"), part(event, "event")
        if not isinstance(component, str) or not isinstance(word, str):
            continue
        if component.startswith("input:"):
            place = input_number(component.removeprefix("input:"))
            ts = event.get("ts", part(params, "ts"))
            said += tuple(s for device in of_input(ours, place) for s in _press(message, device, place, word[:100], ts, book))
        elif component.startswith("bthome"):
            said += tuple(s for hub in ours if hub.kind == "hub" for s in blu.noticed(message, hub, event, part(params, "ts"), book))
    return said


def _press(message: Message, device: Device, place: str, word: str, ts: Any, book: Book) -> tuple[Signal, ...]:
    """Its time, to the hundredth of a second, tells one press from the next; without a clock each notice is one of its own."""
    at = instant(ts)
    id_ = f"{device.id}-i{place}-{word[:20]}-{real(ts):.3f}" if at is not None and at.year >= CLOCK_SET_YEAR else None
    return pressed(message, device, word, meaning(word), book, id=id_, at=at)


def meaning(word: str) -> Means:
    if word.endswith("_push"):
        return Means.PRESS
    return Means.NOTHING if word in _NO_PRESS else Means.UNKNOWN


def _status(message: Message, ours: tuple[Device, ...], component: str, words: Any, book: Book) -> tuple[Signal, ...]:
    """Battery, and inputs that were set up as a switch: there a press is no event, only a state that turns true."""
    level = percent(part(words, "battery", "percent"))
    if component.startswith("devicepower:") and level is not None:
        return tuple(s for device in ours for s in fact(message, device, Kind.BATTERY, battery=level))
    state = part(words, "state")
    if not component.startswith("input:") or not isinstance(state, bool):
        return ()
    place = input_number(component.removeprefix("input:"))
    said: tuple[Signal, ...] = ()
    for device in of_input(ours, place):
        past = book.past_of(device.id).setdefault("switches", {})
        if state and past.get(place) is not True:
            said += pressed(message, device, "switched_on", Means.PRESS, book)
        if not message.retain:
            past[place] = state
    return said
