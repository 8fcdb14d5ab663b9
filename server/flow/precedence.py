"""Presses go first. What can wait a moment (deadlines, orders, receipts) begins when no press is on its way to the screens, or when it has waited
long enough: all of it needs the same interpreter and the same disk."""

from __future__ import annotations

import time
from collections.abc import Callable

ON_ITS_WAY_S = 0.012
"""A press that came this long ago is on the screens, on a machine that has time for it."""

GIVE_WAY_S = 0.03
"""Nothing waits longer for presses, however many come: deadlines may be 100 ms late, and no more."""

REST_S = 0.012
"""Between two rounds of such work. What comes meanwhile goes together, and costs one commit instead of many."""


class Precedence:
    """`press` is told of each press as it comes in; `give_way` is called before a round of work that can wait. From any thread."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clock_s, self._sleep = clock_s, sleep
        self._last_s = float("-inf")

    def press(self) -> None:
        self._last_s = self._clock_s()

    def give_way(self, most_s: float = GIVE_WAY_S) -> None:
        """Returns when no press has come for a moment, at the latest after `most_s`."""
        until_s = self._clock_s() + most_s
        while (wait_s := min(self.on_its_way_s(), until_s - self._clock_s())) > 0:
            self._sleep(wait_s)

    def on_its_way_s(self) -> float:
        """For how long the last press is still on its way, in seconds; not above 0 where none is."""
        return self._last_s + ON_ITS_WAY_S - self._clock_s()

    def quiet_s(self) -> float:
        """How long ago the last press came, in seconds."""
        return self._clock_s() - self._last_s

    def rest(self) -> None:
        """After a round of work."""
        self._sleep(REST_S)
