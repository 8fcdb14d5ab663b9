"""Lamps and sounders: carries orders to them. A bought one knows only on and off, so the gateway remembers for it what it is lit for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from device_gateway.devices import Device

Words = Mapping[str, object]
ALARMS_MAX = 50  # that one lamp is lit for at once

_ON: Words = {"say": "alarm"}
_OFF: Words = {"say": "ended"}


class Outputs:
    """A bought lamp goes out when the last of its alarms has ended. One that was without power, or whose hub was down, has not heard
    the order that the broker took: when it or its hub says that it is back, it is told again. Safe from any thread.

    `lit`: device id -> the alarms that it is lit for; an empty list: it should be dark, and may not know. Kept over restarts.
    `publish(topic, payload, sure)`: whether the broker has it.
    """

    def __init__(
        self,
        translate: Callable[[Device, Words], tuple[str, bytes] | None],
        publish: Callable[[str, bytes, bool], bool],
        hub_is_down: Callable[[Device], bool],
        lit: dict[str, list[str]],
    ) -> None:
        self._translate = translate
        self._publish = publish
        self._hub_is_down = hub_is_down
        self._lock = threading.Lock()
        self._lit = lit

    def tell(self, device: Device, words: Words) -> str:
        """The outcome of one order: accepted (the broker has it), retry, or permanent (this device cannot be told that)."""
        told = self._translate(device, words)
        if told is None:
            return "permanent"
        if device.dialect is None:
            return "accepted" if self._publish(*told, True) else "retry"
        with self._lock:
            before = self._lit.get(device.id, [])
            after = [alarm for alarm in before if alarm != words.get("alarm")]
            if words.get("say") != "ended":
                after = [*after, str(words.get("alarm"))][-ALARMS_MAX:]
            self._lit[device.id] = after
        if words.get("say") == "ended" and after:
            return "accepted"  # another alarm keeps it lit
        if not self._publish(*told, True):
            return "retry"
        self._delivered(device)
        return "accepted"

    def is_back(self, device_id: str, devices: Mapping[str, Device]) -> None:
        """A device or a hub is there again. Called from the broker's thread, which cannot wait for the broker."""
        with self._lock:
            again = [(d, alarms) for id_, alarms in self._lit.items() if (d := devices.get(id_)) and device_id in (d.id, d.hub)]
        for device, alarms in again:
            told = self._translate(device, _ON if alarms else _OFF)
            if told is not None and self._publish(*told, False):
                self._delivered(device)

    def _delivered(self, device: Device) -> None:
        """Dark, and known to be: from now on somebody may use it for something else."""
        if self._hub_is_down(device):
            return
        with self._lock:
            if self._lit.get(device.id) == []:
                del self._lit[device.id]
