"""Asks the devices that say nothing by themselves whether they are there: a button on the wall may hang for a year before it is pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from device_gateway.devices import Device

Question = tuple[str, bytes]


class Asking:
    """Each device is asked as often as it should be heard. An answer is a sign of life like any other; none makes it silent in time."""

    def __init__(self, question: Callable[[Device], Question | None], publish: Callable[[str, bytes, bool], bool]) -> None:
        self._question = question
        self._publish = publish
        self._due_s: dict[str, float] = {}

    def look(self, devices: Iterable[Device], now_s: float) -> None:
        """Asks whoever is due. One box with several buttons is asked once."""
        asked: set[str] = set()
        for device in devices:
            if device.dialect is None or now_s < self._due_s.get(device.id, 0.0):
                continue
            question = self._question(device)
            self._due_s[device.id] = now_s + device.heartbeat_s
            if question is not None and question[0] not in asked and self._publish(*question, False):
                asked.add(question[0])
