"""The program log: one JSON object a line on stderr. Ids and counts only, never payloads, names, positions or keys."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from device_gateway.meanings import MEANINGS
from device_gateway.wire import time_text

REPEAT_AFTER_S = 60.0  # a fault that goes on is said again, with how often it happened


class ProgramLog:
    """Says things once: the same trouble within a minute is only counted."""

    def __init__(self, write: Callable[[str], object] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write or _to_stderr
        self._clock = clock
        self._lock = threading.Lock()
        self._troubles: dict[tuple[str, str], list[float]] = {}  # (event, reason) -> [said at, times since]

    def say(self, event: str, **ids: object) -> None:
        self._put("info", event, ids)

    def trouble(self, event: str, reason: str = "", **ids: object) -> None:
        """A fault. `reason` is a stable word or an exception's class name, never its text: that may hold a payload. Where somebody can
        mend it, the line says how."""
        with self._lock:
            known = self._troubles.get((event, reason))
            now = self._clock()
            if known is not None and now - known[0] < REPEAT_AFTER_S:
                known[1] += 1
                return
            count = int(known[1]) + 1 if known else 1
            if len(self._troubles) > 500:
                self._troubles.clear()
            self._troubles[(event, reason)] = [now, 0]
        meaning = {"meaning": MEANINGS[reason]} if reason in MEANINGS else {}
        self._put("error", event, {"reason": reason, "count": count, **ids, **meaning})

    def well(self, event: str) -> None:
        """The fault is over: said once, and the next one is said at once again."""
        if not self._troubles:  # nearly always, and asked after every post
            return
        with self._lock:
            over = [key for key in self._troubles if key[0] == event]
            count = sum(int(self._troubles.pop(key)[1]) + 1 for key in over)
        if over:
            self._put("info", f"{event}_over", {"count": count})

    def _put(self, level: str, event: str, ids: dict[str, object]) -> None:
        line = {"at": time_text(datetime.now(UTC)), "level": level, "event": event, **ids}
        self._write(json.dumps(line, default=str))


def _to_stderr(line: str) -> None:
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # a log that nobody can read must not stop a press
