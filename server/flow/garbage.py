"""Looking for garbage stops every thread, for a tenth of a second where thousands of screens are open: it waits until no alarm is on its way."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from server.flow.precedence import Precedence

COLLECT = (20_000, 10, 20)
"""By default Python looks at nearly each press: it makes some hundred values."""

QUIET_S = 2.0
"""A drill over the whole country is on all screens within this."""

WAITS_S = 60.0
"""Where presses never cease it looks all the same: what they leave behind would fill the memory. Two thousand a second for half a minute, none of it
looked for: half a gigabyte in all, with the alarms themselves."""


class Garbage:
    """From when this is made, Python looks for garbage only in `look`, which is called every second or two; when it is due, and how deep it goes, is
    still reckoned by Python itself. What nothing points at any more goes at once as ever: only circles wait."""

    def __init__(self, precedence: Precedence, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._precedence, self._clock_s = precedence, clock_s
        self._looked_s = clock_s()
        gc.disable()
        gc.set_threshold(*COLLECT)

    def look(self) -> bool:
        """Whether this was a moment for it."""
        now_s = self._clock_s()
        if self._precedence.quiet_s() < QUIET_S and now_s - self._looked_s < WAITS_S:
            return False
        self._looked_s = now_s
        gc.enable()
        try:
            _Something()
        finally:
            gc.disable()
        return True


class _Something:
    """When one of these is made, Python asks itself whether it is time to look: what it keeps ready-made, such as lists, would not make it ask."""
