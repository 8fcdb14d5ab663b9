"""The clock of several servers: the database's. Each server carries it on by its own steady clock, so that one whose own time is wrong by minutes
decides no deadline early or late, and one whose database is away for a while keeps the time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from server.store.contract import StoreDown

LOOK_S = 5.0
TRIES = 3
"""The quickest answer of these is the one to go by: it says best when it was given."""

journal = logging.getLogger("varde.clock")


def steady_s() -> float:
    """Goes on while the machine sleeps, and is moved by nobody."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SharedClock:
    """`ask` gives the shared clock's time. Calling this gives the time now. Raises StoreDown where the first look gets no answer."""

    def __init__(self, ask: Callable[[], datetime], steady: Callable[[], float] = steady_s) -> None:
        self._ask, self._steady = ask, steady
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._known = self._measure()
        """The time, when it was that by the steady clock, and how far that may be wrong: read and replaced as one."""

    def __call__(self) -> datetime:
        at, at_s, _ = self._known
        return at + timedelta(seconds=self._steady() - at_s)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def look(self) -> None:
        """Goes by the shared clock again where this one has gone astray by more than can be measured, or where now it can be told better."""
        at, at_s, doubt_s = self._measure()
        known_at, known_s, known_doubt_s = self._known
        astray_s = (at - known_at).total_seconds() - (at_s - known_s)
        if abs(astray_s) > doubt_s + known_doubt_s or doubt_s < known_doubt_s:
            self._known = at, at_s, doubt_s
            if abs(astray_s) > 1:
                journal.warning("clock_corrected", extra={"by_s": round(astray_s, 3)})

    def _measure(self) -> tuple[datetime, float, float]:
        best: tuple[datetime, float, float] | None = None
        for _ in range(TRIES):
            before_s = self._steady()
            at = self._ask()
            doubt_s = (self._steady() - before_s) / 2
            if best is None or doubt_s < best[2]:
                best = at, before_s + doubt_s, doubt_s
        assert best is not None
        return best

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self.look()
            except StoreDown:
                pass  # said by those who need it; the time goes on
            except Exception:
                journal.exception("clock_failed")
