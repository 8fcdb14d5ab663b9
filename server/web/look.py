"""Looks at the streams where the bell has rung, in a thread of its own, and hands on what has changed."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from server.core.model import Alarm
from server.core.projection import Told
from server.flow import views
from server.flow.context import Context

LOOK_BACK = 4_000
EVERY_S = 1.0
"""Looks everywhere this often: without the bell everything is right, only later."""

FAILED_MOST = 5_000
"""Alarms whose view could not be made, waiting to be looked at again. No office has as many."""
MANY = 20
REST_S = 0.08
"""After so many alarms in one look the next waits so long: then each screen gets what has come together, in one frame, and the presses that made
it have the interpreter meanwhile."""

journal = logging.getLogger("varde.live")

Changed = Mapping[str, tuple[int, list[views.AlarmView]]]
"""By office: the number up to which it holds, and the newest view of each alarm that has changed, in the order of the stream."""


class Looker:
    """`hand` is called from this thread. It is rung itself, without the event loop in between: a press passes one thread less."""

    def __init__(self, context: Context, everywhere: Callable[[], Iterable[str]], hand: Callable[[Changed], None]) -> None:
        self._context, self._everywhere, self._hand = context, everywhere, hand
        self._seq: dict[str, int] = {}
        self.looking = False
        """Whether something is being read that has been rung for."""
        self.looked_s = time.monotonic()
        """When the streams could last be read (monotonic)."""
        self._rung: deque[str] = deque()
        self._failed: deque[tuple[str, str]] = deque(maxlen=FAILED_MOST)
        self._named: set[str] = set()
        self._again: dict[str, set[str]] = {}
        """By office, what is looked at once more with the next look there."""
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="looker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def follow(self, office: str, head: int) -> None:
        """A screen has been welcomed. The first one of an office: look from here on."""
        self.looked_s = time.monotonic()
        if office not in self._seq:
            self._seq[office] = head
            self.ring([office])  # what came while the screen was welcomed

    def forget(self) -> None:
        """The numbers are those of another database."""
        self._seq.clear()

    def ring(self, offices: Iterable[str]) -> None:
        """From any thread."""
        self._rung.extend(offices)
        self._wake.set()

    def failed(self, office: str, alarm_id: str) -> None:
        """From any thread, while the exception is handled: this alarm could not be shown there. The others go out; it is looked at again each second, and
        logged once."""
        if alarm_id not in self._named:
            self._named.add(alarm_id)
            journal.exception("alarm_not_shown", extra={"alarm": alarm_id})
        self._failed.append((office, alarm_id))

    def _run(self) -> None:
        everywhere_s = time.monotonic()
        while not self._stopping:
            self._wake.wait(EVERY_S)
            if time.monotonic() - everywhere_s >= EVERY_S:  # also where the bell rings for others all the time
                self._rung.extend(self._everywhere())
                for office, alarm_id in [self._failed.popleft() for _ in range(len(self._failed))]:
                    self._again.setdefault(office, set()).add(alarm_id)
                everywhere_s = time.monotonic()
            self._wake.clear()
            offices = {self._rung.popleft() for _ in range(len(self._rung))}
            after = {office: self._seq[office] for office in offices if office in self._seq}
            if not after or self._stopping:
                continue
            self.looking = True
            try:
                if len(self._look_and_hand(after)) > MANY:
                    time.sleep(REST_S)
            except Exception:
                journal.exception("look_failed")
                self.ring(after)
                time.sleep(0.2)
            finally:
                self.looking = False

    def _look_and_hand(self, after: Mapping[str, int]) -> set[str]:
        """Gives the alarms that have changed. All are handed on at once: where a drill goes to the first of hundreds of offices while the next are being
        read, the receipts of the first are taken in before the last is told, and two threads contend for the interpreter."""
        changed = self._look(after)
        self.looked_s = time.monotonic()
        self._seq.update((office, head) for office, (head, _) in changed.items())
        for office in changed:
            self._again.pop(office, None)
        if changed := {office: one for office, one in changed.items() if one[1]}:
            self._hand(changed)
        return {view.alarm.id for _, alarm_views in changed.values() for view in alarm_views}

    def _look(self, after: Mapping[str, int]) -> Changed:
        store, directory = self._context.store, self._context.directory()
        news = store.news(after, directory.limits.told_named_max)
        looked = dict(news.looked)
        for office, one in looked.items():
            if one.gap:  # more than one look holds, or a restored database: what is newest, and screens that resume get a snapshot
                looked[office] = store.look(office, max(0, one.seq - LOOK_BACK))
        ids = {office: tuple(dict.fromkeys((*one.alarm_ids, *self._again.get(office, ())))) for office, one in looked.items()}
        bad: set[str] = set()
        found = self._views(news.alarms.values(), ids, bad, news.told)
        more = {alarm_id for some in ids.values() for alarm_id in some} - found.keys() - bad
        found |= self._views(store.alarms(more).values(), ids, bad) if more else {}
        return {office: (one.seq, [found[a] for a in ids[office] if a in found]) for office, one in looked.items()}

    def _views(
        self, alarms: Iterable[Alarm], ids: Mapping[str, Iterable[str]], bad: set[str], told: Mapping[str, Told] | None = None
    ) -> dict[str, views.AlarmView]:
        """By alarm. One of which no view can be made is among the `bad` then."""

        def failed(alarm: Alarm) -> None:
            for office in [office for office, some in ids.items() if alarm.id in some]:
                self.failed(office, alarm.id)
            bad.add(alarm.id)

        return {view.alarm.id: view for view in views.look_up_apart(self._context.store, alarms, self._context.directory(), failed, told)}
