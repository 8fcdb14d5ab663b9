"""Which topics this gateway listens to, and which dialect reads what comes on each: made anew whenever the list of devices changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from paho.mqtt.matcher import MQTTMatcher

from server.core.signals import Signal

from device_gateway import proving
from device_gateway.devices import Device
from device_gateway.dialects import Book, Dialect, Message, native, shelly_gen1, shelly_gen2, zigbee2mqtt
from device_gateway.dialects.profile import read_profile

FAMILIES: tuple[Dialect, ...] = (native, zigbee2mqtt, shelly_gen1, shelly_gen2)  # type: ignore[assignment]
"""The families that are code. Shelly's BLU buttons are heard by a hub of its second generation."""

FILTERS_MAX = 20_000


class Router:
    """Immutable once made, so that it can be replaced while messages come in."""

    def __init__(self, devices: Mapping[str, Device], offices: Sequence[str], profiles: Mapping[str, Any]) -> None:
        own = [profile for row in profiles.values() if (profile := read_profile(row)) is not None]
        self._dialects: dict[str, Dialect] = {dialect.name: dialect for dialect in (*own, *FAMILIES)}
        by_dialect: dict[str, list[Device]] = {}
        for device in devices.values():
            by_dialect.setdefault(device.dialect or native.name, []).append(device)
        routes: dict[str, list[tuple[Dialect, Any]]] = {}
        for dialect in self._dialects.values():
            for filter_, route in dialect.routes(by_dialect.get(dialect.name, ()), offices):
                if _is_filter(filter_) and len(routes) < FILTERS_MAX:
                    routes.setdefault(filter_, []).append((dialect, route))
        self._matcher = MQTTMatcher()
        for filter_, here in routes.items():
            self._matcher[filter_] = here
        self.filters: dict[str, bool] = {filter_: here[0][0] is not native for filter_, here in routes.items()}
        self.filters |= {proving.topic_of(office): False for office in offices if _is_filter(proving.topic_of(office))}
        """Each filter to subscribe to, and whether what the broker has stored there says how things are: a hub's list, a device's will."""

    def decode(self, message: Message, book: Book) -> Sequence[Signal]:
        """What every dialect that listens to this topic makes of it."""
        said: list[Signal] = []
        for routes in self._matcher.iter_match(message.topic):
            for dialect, route in routes:
                said += dialect.decode(message, route, book)
        return said

    def tell(self, device: Device, words: Mapping[str, object], book: Book) -> tuple[str, bytes] | None:
        dialect = self._dialects.get(device.dialect or native.name)
        return dialect.tell(device, words, book) if dialect is not None else None

    def ask(self, device: Device) -> tuple[str, bytes] | None:
        """Topic and payload that make this device say that it is there; None where it does so by itself, or is asleep."""
        ask = getattr(self._dialects.get(device.dialect or native.name), "ask", None)
        return ask(device) if ask is not None else None


def _is_filter(text: str) -> bool:
    """A filter that a broker takes: a wrong one would end the connection, and with it every other subscription."""
    levels = text.split("/")
    wild = all(set(level).isdisjoint("+#") or level in ("+", "#") for level in levels) and "#" not in levels[:-1]
    return bool(text) and wild and "\0" not in text and len(text.encode("utf-8", "replace")) < 1000 and text.isprintable()
