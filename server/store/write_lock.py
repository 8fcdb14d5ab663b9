"""The lock that all writers on SQLite share. What somebody waits for goes first: a press is not kept standing behind a row of repeated steps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class WriteLock:
    """Held by one thread at a time, and not twice by the same one. Who is `urgent` goes before all others that wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._held = False
        self._urgent = 0
        """How many of those who wait are urgent."""

    @contextmanager
    def hold(self, urgent: bool = False) -> Iterator[None]:
        with self._changed:
            self._urgent += urgent
            while self._held or (self._urgent and not urgent):
                self._changed.wait()
            self._urgent -= urgent
            self._held = True
        try:
            yield
        finally:
            with self._changed:
                self._held = False
                self._changed.notify_all()
