"""Brings signals to the server and keeps on until it has them. What came while the last post was on its way goes next."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.core.signals import RAISING, Doubt, Signal
from server.core.values import replace

from device_gateway.log import ProgramLog
from device_gateway.server_link import Refused, Unreachable
from device_gateway.spool import Entry

BATCH_MAX = 200  # the contract's limit
PAUSE_MIN_S = 0.2
PAUSE_FIRST_MAX_S = 1.0  # in the first 30 s of an outage: a server that restarts is back within seconds
PAUSE_LATER_MAX_S = 5.0
FIRST_S = 30.0
QUIET_MAX = 1000  # positions waiting; the oldest go first, they are stale
ASIDE_PAUSE_MIN_S = 1.0
ASIDE_PAUSE_MAX_S = 60.0  # refused for what it is: only a new server will take it
ASIDE_FAULT_PAUSE_MAX_S = 5.0  # refused by a server with a fault: that passes

Post = Callable[[Sequence[Signal]], list[dict]]
"""Posts signals and gives a receipt for each, as in docs/api.md. Raises Unreachable or Refused."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A signal that the server refused. It delays nobody, and is tried again, alone, more and more seldom."""

    entry: Entry
    next_try_s: float
    pause_s: float
    pause_max_s: float


def next_pause_s(previous_s: float, failing_for_s: float) -> float:
    """How long to wait before the next try, with the last pause (0 for the first one) and how long it has failed."""
    longest_s = PAUSE_FIRST_MAX_S if failing_for_s < FIRST_S else PAUSE_LATER_MAX_S
    return min(max(PAUSE_MIN_S, previous_s * 2), longest_s)


def plain(signal: Signal) -> Signal:
    """The least that can be said of a press: for a server that refuses something about it."""
    return replace(
        signal, pressed_at=None, battery=None, position=None, zone_id=None, person_id=None,
        verified=False, doubt=Doubt.UNDECODABLE, detail="refused in its full form",
    )  # fmt: skip


class Uplink:
    """`offer` returns at once. `on_receipts` gets [(entry, receipt)] from this thread, for what the server has committed."""

    def __init__(
        self,
        post: Post,
        on_receipts: Callable[[list[tuple[Entry, dict]]], None],
        log: ProgramLog,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post = post
        self._on_receipts = on_receipts
        self._log = log
        self._clock = clock
        self._presses: deque[Entry] = deque()
        self._quiet: deque[Entry] = deque(maxlen=QUIET_MAX)
        self._aside: deque[Aside] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._in_flight = 0
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)

    def offer(self, entries: Sequence[Entry]) -> None:
        with self._changed:
            self._presses.extend(entries)
            self._changed.notify()

    def offer_quiet(self, entry: Entry) -> None:
        """Something that may be lost: it goes when no press waits."""
        with self._changed:
            self._quiet.append(entry)
            self._changed.notify()

    def waiting(self) -> int:
        """Presses that the server does not have yet."""
        return len(self._presses) + self._in_flight + len(self._aside)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self, wait_s: float = 2.0) -> None:
        """Lets a healthy server have what waits; the rest is in the spool."""
        until_s = self._clock() + wait_s
        while self._clock() < until_s and (self._presses or self._in_flight):
            time.sleep(0.02)
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def _run(self) -> None:
        pause_s, failing_since_s = 0.0, 0.0
        while (batch := self._take()) is not None:
            tried_at_s = self._clock()
            try:
                moved = self._deliver(batch)
            except Unreachable as error:
                moved = False
                self._log.trouble("server_unreachable", str(error), waiting=self.waiting())
            except Exception as error:  # ours: the entries are back in the queue, and the thread must live
                moved = False
                self._log.trouble("uplink_fault", type(error).__name__)
            self._in_flight = 0
            if moved:
                self._log.well("server_unreachable")
                pause_s = 0.0
                continue
            failing_since_s = tried_at_s if pause_s == 0.0 else failing_since_s
            pause_s = next_pause_s(pause_s, self._clock() - failing_since_s)
            self._rest(tried_at_s, pause_s)

    def _take(self) -> list[Entry] | None:
        """Everything that may go now, presses first; waits until there is something. None at the end."""
        with self._changed:
            while not self._stopping:
                source = self._presses or self._quiet
                if source:
                    batch = [source.popleft() for _ in range(min(BATCH_MAX, len(source)))]
                    self._in_flight = len(batch) if source is self._presses else 0
                    return batch
                now_s = self._clock()
                due = [aside for aside in self._aside if aside.next_try_s <= now_s]
                if due:
                    return self._take_aside(due[0])
                next_s = min((aside.next_try_s for aside in self._aside), default=None)
                self._changed.wait(None if next_s is None else max(0.01, next_s - now_s))
            return None

    def _take_aside(self, aside: Aside) -> list[Entry]:
        """One refused signal alone. It is put back at once, with a longer pause; a receipt takes it away."""
        self._aside.remove(aside)
        pause_s = min(aside.pause_s * 2, aside.pause_max_s)
        self._aside.append(replace(aside, next_try_s=self._clock() + pause_s, pause_s=pause_s))
        return [aside.entry]

    def _deliver(self, batch: list[Entry]) -> bool:
        """Posts, and halves what is refused. True when anything moved: received or set aside. Puts back what did not."""
        try:
            receipts = self._post([entry.copy_to_send() for entry in batch])
        except Refused as error:
            if len(batch) == 1:
                return self._refused(batch[0], str(error))
            middle = len(batch) // 2
            first, second = batch[:middle], batch[middle:]
            try:
                moved = self._deliver(first)
            except BaseException:
                self._put_back(second)
                raise
            return self._deliver(second) or moved
        except BaseException:
            self._put_back(batch)
            raise
        return self._read_receipts(batch, receipts)

    def _read_receipts(self, batch: list[Entry], receipts: list[dict]) -> bool:
        """By id, not by place: a receipt is a promise about one signal."""
        by_id = {receipt.get("signal_id"): receipt for receipt in receipts}
        received, again, moved = [], [], False
        for entry in batch:
            receipt = by_id.get(entry.signal.id)
            if receipt is None or (receipt.get("outcome") == "failed" and receipt.get("retry") is not False):
                again.append(entry)
            elif receipt.get("outcome") == "failed":
                moved = self._refused(entry, "failed") or moved
            else:
                received.append((entry, receipt))
        self._put_back(again)
        if received:
            self._received(received)
        return moved or bool(received)

    def _received(self, received: list[tuple[Entry, dict]]) -> None:
        if self._aside:
            sequences = {entry.sequence for entry, _ in received}
            self._aside = deque(aside for aside in self._aside if aside.entry.sequence not in sequences)
        self._on_receipts(received)

    def _refused(self, entry: Entry, reason: str) -> bool:
        """One signal that the server cannot take. If it may be a press, its plain form goes instead; else it steps aside."""
        self._log.trouble("signal_refused", reason, signal=entry.signal.id)
        if entry.sequence < 0:
            return True  # a position that is not wanted
        if entry.signal.kind in RAISING:
            bare = plain(entry.copy_to_send())
            try:
                receipts = self._post([bare])
            except Refused:
                receipts = []
            except BaseException:
                self._put_back([entry])
                raise
            if receipts and receipts[0].get("outcome") not in (None, "failed"):
                self._received([(entry, receipts[0])])
                return True
        if all(aside.entry is not entry for aside in self._aside):
            pause_max_s = ASIDE_FAULT_PAUSE_MAX_S if reason.startswith("http_5") else ASIDE_PAUSE_MAX_S
            self._aside.append(Aside(entry, self._clock() + ASIDE_PAUSE_MIN_S, ASIDE_PAUSE_MIN_S, pause_max_s))
        return True

    def _put_back(self, entries: Sequence[Entry]) -> None:
        aside = {aside.entry.sequence for aside in self._aside}
        with self._changed:
            for entry in reversed(entries):
                if entry.sequence in aside:
                    continue  # it waits there
                if entry.sequence < 0:
                    self._quiet.appendleft(entry)
                else:
                    self._presses.appendleft(entry)

    def _rest(self, tried_at_s: float, pause_s: float) -> None:
        """Waits before the next try. A new press cuts a long pause short, but no more than one try a second."""
        with self._changed:
            known = len(self._presses)
            while not self._stopping:
                fresh = len(self._presses) > known
                until_s = tried_at_s + (min(pause_s, PAUSE_FIRST_MAX_S) if fresh else pause_s)
                left_s = until_s - self._clock()
                if left_s <= 0:
                    return
                self._changed.wait(left_s)
