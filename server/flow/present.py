"""The configuration with the present duty, who is away, and who carries which alarm: what every decision goes by."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from server.core.directory import Directory, lent
from server.core.values import replace
from server.flow.bell import Bell
from server.store.contract import Store

DUTY_LOOK_S = 5.0
"""Duty set through another server is seen within this, also without a bell."""
AGAIN_S = 0.5
"""After a look that failed. What the bell said is not lost, and a database that is away is not asked by everybody who wants to know."""
DUTY_ANYWAY_S = 60.0
"""So often all of it is read although its mark says that nothing has changed: a mark is a sum, and two changes could make the same one."""

AWAY_QUICK_S, AWAY_SHARE = 0.02, 20
"""Where a hundred thousand are out, reading who takes longer: it then is done for a twentieth of the time at most."""


class PresentDirectory:
    """The configuration with the present duty. Looked at when the bell says that duty may have changed, and every few seconds; all of it is read only
    where its mark has changed, and now and then: for a country that is twenty thousand rows, and whoever presses next waits for them."""

    def __init__(self, base: Directory, store: Store, bell: Bell) -> None:
        self._base, self._store = base, store
        self._lock = threading.Lock()
        self._stale = True
        self._look_after = self._away_after = self._duty_after = 0.0
        self._duty_mark: tuple[int, ...] | None = None
        self._now = base
        bell.listen(self._rung)

    def _rung(self, topics: frozenset[str]) -> None:
        if "duty" in topics:
            self._stale = True

    def send_by(self, channels: Iterable[str], reported: Iterable[str] = ()) -> None:
        """Orders are made only for channels that the deployment has. `reported`: see `Directory`."""
        with self._lock:
            by, told = frozenset(channels), frozenset(reported)
            self._base, self._now = (replace(one, channels=by, reported=told) for one in (self._base, self._now))

    def switch(self, base: Directory) -> None:
        """Goes by another configuration. Running alarms keep the plan that they were opened with."""
        with self._lock:
            self._base = replace(base, channels=self._base.channels, reported=self._base.reported)
            held = self._now.custody
            self._now = replace(self._base, duty=self._now.duty, away=self._now.away, custody=held, devices=lent(self._base.devices, held))
            self._stale = True

    def __call__(self) -> Directory:
        if self._stale:
            with self._lock:
                if self._stale:
                    self._read()
        elif time.monotonic() > self._look_after and self._lock.acquire(blocking=False):
            try:  # nobody who presses waits for a look that only might find something
                self._read()
            finally:
                self._lock.release()
        return self._now

    def _read(self) -> None:
        """Raises what the store raises; then what was known before holds."""
        began = time.monotonic()
        self._stale, self._look_after = False, began + AGAIN_S
        duty, away, mark = self._now.duty, self._now.away, self._store.duty_mark()
        duty_after, away_after = self._duty_after, self._away_after
        if mark != self._duty_mark or began >= duty_after:
            duty = self._store.duty()  # after the mark: what changes in between is seen by the next look
            duty_after = began + DUTY_ANYWAY_S
        if began >= away_after:
            away = self._store.away()
            took_s = time.monotonic() - began
            away_after = began + (took_s * AWAY_SHARE if took_s > AWAY_QUICK_S else 0)
        custody = self._store.custody()
        if (duty, away, custody) != (self._now.duty, self._now.away, self._now.custody):
            self._now = replace(self._base, duty=duty, away=away, custody=custody, devices=lent(self._base.devices, custody))
        self._duty_mark, self._duty_after, self._away_after, self._look_after = mark, duty_after, away_after, began + DUTY_LOOK_S
