"""What has been heard and not yet committed by the server, on disk: survives a kill and a power cut, and keeps the order.

One thread writes; it takes all that has come while it last wrote and commits that at once (one fsync for many presses).
A disk that is full or broken never stops a press: then only the server's receipt counts, and the disk is tried again.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from server.core.signals import Signal
from server.core.values import replace

from device_gateway.log import ProgramLog
from device_gateway.wire import from_wire, to_wire

WORTH_SAYING_S = 0.2  # nobody arms a button by name in less
RETRY_S = 1.0  # how soon a disk that failed is tried again
TRY_EVERY_S = 60.0  # a disk that nothing is written to is tried as well: that it is full is to be known before somebody presses
TRIED_BYTES = 2000  # more than a press takes: where there is room for this, there is for one
TOGETHER_S = 0.02  # presses wait so long for company: most are with the server by then and need no disk; until then the broker has them
REMOVE_WITHIN_S = 0.5  # removals wait for company: one that a kill undoes is only posted again, and answered "repeated"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One signal on its way to the server; `sequence` is the order in which this gateway heard it, `heard_s` when (monotonic clock)."""

    sequence: int
    signal: Signal
    heard_s: float = field(default_factory=time.monotonic)

    @staticmethod
    def left_by_earlier_run(sequence: int, signal: Signal) -> Entry:
        """The monotonic clock does not go over a restart: how old it is is then told by the wall's clock, which may have been put right since."""
        return Entry(sequence, signal, time.monotonic() - max(0.0, (datetime.now(UTC) - signal.heard_at).total_seconds()))

    def copy_to_send(self) -> Signal:
        """The signal, with for how long it has waited here: the server tells by it what was pressed before a button was armed for a test."""
        waited_s = time.monotonic() - self.heard_s
        return self.signal if waited_s < WORTH_SAYING_S else replace(self.signal, waited_s=round(waited_s, 1))


class Spool:
    """`put` and `done` return at once; `on_held` is called from the writer's thread with what is now safe on disk."""

    def __init__(self, path: Path, on_held: Callable[[Sequence[int]], None], log: ProgramLog) -> None:
        self._path = path
        self._on_held = on_held
        self._log = log
        self._changed = threading.Condition()
        self._puts: dict[int, Entry] = {}
        self._removals: set[int] = set()
        self._remove_at_s: float | None = None  # when waiting removals are written even if nothing else is
        self._try_at_s = 0.0  # when the disk is tried even if there is nothing to write
        self._works = True
        self._stopping = False
        self._database: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def put(self, entry: Entry) -> None:
        with self._changed:
            self._puts[entry.sequence] = entry
            self._changed.notify()  # of the first only: for the others nobody waits

    def done(self, sequences: Sequence[int]) -> None:
        """The server has these. One that was not written yet need never be."""
        with self._changed:
            for sequence in sequences:
                if self._puts.pop(sequence, None) is None:
                    self._removals.add(sequence)
            if self._removals and self._remove_at_s is None:
                self._remove_at_s = time.monotonic() + REMOVE_WITHIN_S
                self._changed.notify()

    def start(self) -> list[Entry]:
        """Opens the file and gives what an earlier run left, oldest first. Without a usable disk: nothing, and it goes on."""
        left: list[Entry] = []
        try:
            left = self._open_and_read()
        except sqlite3.DatabaseError as error:  # also its children: cannot open, full, read-only
            self._trouble(error)
            if _is_broken(error):
                left = self._put_aside_and_reopen()
        except OSError as error:
            self._trouble(error)
        self._thread.start()
        return left

    @property
    def works(self) -> bool:
        """Whether the disk took the last that it was given. Where it did not, presses are held by the broker and the server alone."""
        return self._works

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self, wait_s: float = 5.0) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._wait_for_work()
                more = bool(self._puts) and not self._stopping
            if more:
                time.sleep(TOGETHER_S)
            with self._changed:
                puts, self._puts = self._puts, {}
                removals, self._removals, self._remove_at_s = self._removals, set(), None
                stopping = self._stopping
            tried = bool(puts) or time.monotonic() >= self._try_at_s
            try:
                if puts or removals:
                    self._write(puts, removals)
                    removals = set()  # gone, whatever comes of the trial
                if tried and not puts:
                    self._try()
            except (sqlite3.Error, OSError) as error:
                self._trouble(error)
                self._take_back(puts, removals)
                if stopping:
                    return
                time.sleep(RETRY_S)
                continue
            if tried:
                self._try_at_s = time.monotonic() + TRY_EVERY_S
                self._works = True
                self._log.well("spool_failing")
            if puts:
                self._on_held(list(puts))
            if stopping and not (self._puts or self._removals):
                self._close()
                return

    def _wait_for_work(self) -> None:
        while not (self._puts or self._stopping):
            next_s = self._try_at_s if self._remove_at_s is None else min(self._try_at_s, self._remove_at_s)
            if (left_s := next_s - time.monotonic()) <= 0:
                return
            self._changed.wait(left_s)

    def _write(self, puts: dict[int, Entry], removals: set[int]) -> None:
        database = self._database or self._open()
        rows = [(entry.sequence, to_wire(entry.signal).decode()) for entry in puts.values()]
        database.execute("BEGIN IMMEDIATE")
        try:
            # REPLACE: after a commit whose answer was an error, the same rows come again.
            database.executemany("INSERT OR REPLACE INTO waiting (sequence, signal) VALUES (?, ?)", rows)
            database.executemany("DELETE FROM waiting WHERE sequence = ?", [(sequence,) for sequence in removals])
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def _try(self) -> None:
        """With something of a press's size: a disk without room for one may still take a removal."""
        database = self._database or self._open()
        database.execute("INSERT OR REPLACE INTO trial (id, filler) VALUES (1, zeroblob(?))", [TRIED_BYTES])

    def _take_back(self, puts: dict[int, Entry], removals: set[int]) -> None:
        """After a failed write: what is still wanted is tried again, with a newly opened file."""
        self._close()
        with self._changed:
            for sequence in [s for s in self._removals if s in puts]:
                del puts[sequence]  # the server got it meanwhile; whether the row exists is unknown, so the removal stays
            self._puts = puts | self._puts
            self._removals |= removals
            self._remove_at_s = time.monotonic() + RETRY_S if self._removals else None
            self._try_at_s = time.monotonic() + RETRY_S

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.touch(mode=0o600)
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=5)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, not only with the kernel
            database.execute("PRAGMA journal_size_limit = 16777216")
            database.execute("CREATE TABLE IF NOT EXISTS waiting (sequence INTEGER PRIMARY KEY, signal TEXT NOT NULL)")
            database.execute("CREATE TABLE IF NOT EXISTS trial (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)")
        except BaseException:
            database.close()
            raise
        self._database = database
        return database

    def _open_and_read(self) -> list[Entry]:
        left = []
        for sequence, text in self._open().execute("SELECT sequence, signal FROM waiting ORDER BY sequence").fetchall():
            try:
                left.append(Entry.left_by_earlier_run(sequence, from_wire(json.loads(text))))
            except (KeyError, TypeError, ValueError) as error:
                self._log.trouble("spool_row_unreadable", type(error).__name__, sequence=sequence)
        return left

    def _put_aside_and_reopen(self) -> list[Entry]:
        """A file that is no database any more is kept for a person to look at, and a new one begun."""
        self._close()
        kept = self._path.with_name(f"{self._path.name}.broken-{int(time.time())}")
        try:
            self._path.rename(kept)
            for tail in ("-wal", "-shm"):
                self._path.with_name(self._path.name + tail).unlink(missing_ok=True)
            self._log.trouble("spool_put_aside", "broken", file=kept.name)
            return self._open_and_read()
        except (OSError, sqlite3.Error) as error:
            self._trouble(error)
            return []

    def _close(self) -> None:
        if self._database is not None:
            try:
                self._database.close()
            except sqlite3.Error:
                pass
            self._database = None

    def _trouble(self, error: Exception) -> None:
        self._works = False
        self._log.trouble("spool_failing", getattr(error, "sqlite_errorname", None) or type(error).__name__)


def _is_broken(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "") in ("SQLITE_CORRUPT", "SQLITE_NOTADB")
