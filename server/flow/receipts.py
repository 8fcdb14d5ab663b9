"""Receipts of screens (*drawn* and *seen*) and of phones that have shown a push. What has come while the last commit was on its way goes next."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime

from server.flow.context import Context
from server.store.contract import ReceiptOf

journal = logging.getLogger("varde.receipts")

MAX_WAITING = 200_000
"""Receipts waiting to be written. More can only come from screens that lie; a lost receipt costs a second message."""


TOGETHER_S = 0.2
"""Receipts of many screens come at once: they are written together, and after the alarm has gone to all."""


class Receipts:
    """One thread that writes. `got` and `seen` never block: they may be called from the event loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._got: set[ReceiptOf] = set()
        self._seen: set[ReceiptOf] = set()
        self._pushed: set[ReceiptOf] = set()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout=5)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def got(self, drawn: list[ReceiptOf]) -> None:
        """What has been drawn. What has changed while this waits to be written has not been."""
        with self._lock:
            if len(self._got) < MAX_WAITING:
                self._got.update(drawn)
        self._wake.set()

    def seen(self, person_id: str, alarm_id: str, shown_until: datetime) -> None:
        with self._lock:
            if len(self._seen) < MAX_WAITING:
                self._seen.add((person_id, alarm_id, shown_until))
        self._wake.set()

    def pushed(self, person_id: str, alarm_id: str, made_at: datetime) -> None:
        """A phone has shown the push of the order that was made then."""
        with self._lock:
            if len(self._pushed) < MAX_WAITING:
                self._pushed.add((person_id, alarm_id, made_at))
        self._wake.set()

    def flush(self) -> None:
        with self._lock:
            got, self._got = self._got, set()
            seen, self._seen = self._seen, set()
            pushed, self._pushed = self._pushed, set()
        if not got and not seen and not pushed:
            return
        try:
            news = self._context.store.receipts(got, seen, pushed, self._context.now())
        except Exception:
            with self._lock:
                self._got |= got
                self._seen |= seen
                self._pushed |= pushed
            raise
        if news:
            self._context.bell.ring(*{f"delivery:{alarm_id}" for alarm_id in news})

    def _run(self) -> None:
        while not self._stopping:
            if self._wake.wait(1.0) and not self._stopping:
                time.sleep(TOGETHER_S)
            self._wake.clear()
            if not self._stopping:
                self._context.precedence.give_way()
            try:
                self.flush()
            except Exception:
                journal.exception("receipts_failed")
                threading.Event().wait(0.2)
