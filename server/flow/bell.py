"""The bell: says *look*, never *what*. In one process it is this; between servers something else rings the same topics."""

from __future__ import annotations

import logging
from collections.abc import Callable

Listener = Callable[[frozenset[str]], None]


class Bell:
    """Topics: `stream:<office>`, `deadline`, `orders` (for people), `device_orders`, `delivery:<alarm>`, `now:<office>`, `visits:<office>`, `duty`,
    `gateway_lists`.

    A listener must return at once and never block.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Adds a listener; the answer takes it away again."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def ring(self, *topics: str) -> None:
        rung = frozenset(topics)
        for listener in tuple(self._listeners):
            try:
                listener(rung)
            except Exception:  # one deaf listener must not silence the others; they all look by themselves now and then
                logging.getLogger("varde").exception("bell_listener_failed")
