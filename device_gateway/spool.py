"""What has been heard and not yet committed by the server, on disk: survives a kill and a power cut, and keeps the order.

One thread writes; it takes all that has come while it last wrote and commits that at once (one fsync for many presses).
A disk that is full or broken never stops a press: then only the server's receipt counts, and the disk is tried again. What an earlier
run had written is read when it can be; what cannot be read may be a press, and is raised as one (`salvage.py`).
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from server.core.signals import Signal
from server.core.values import replace

from device_gateway import salvage
from device_gateway.log import ProgramLog
from device_gateway.wire import to_wire

WORTH_SAYING_S = 0.2  # nobody arms a button by name in less
RETRY_S = 1.0  # how soon a disk that failed is tried again
TRY_EVERY_S = 60.0  # a disk that nothing is written to is tried as well: that it is full is to be known before somebody presses
TRIED_BYTES = 2000  # more than a press takes: where there is room for this, there is for one
TOGETHER_S = 0.02  # presses wait so long for company: most are with the server by then and need no disk; until then the broker has them
LATE = 2**40  # above every number of one run: to here go the numbers of an earlier run's rows that were read only when this one had begun its own
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
    """`put` and `done` return at once. From the writer's thread `on_held` is called with what is now safe on disk, and `on_left` with
    what an earlier run had left, where the disk could not be read at the start. `offices`: the gateway's."""

    def __init__(
        self, path: Path, offices: Sequence[str], on_held: Callable[[Sequence[int]], None], on_left: Callable[[list[Entry]], None], log: ProgramLog
    ) -> None:
        self._path = path
        self._offices = offices
        self._on_held = on_held
        self._on_left = on_left
        self._log = log
        self._changed = threading.Condition()
        self._puts: dict[int, Entry] = {}
        self._removals: set[int] = set()
        self._remove_at_s: float | None = None  # when waiting removals are written even if nothing else is
        self._try_at_s = 0.0  # when the disk is tried even if there is nothing to write
        self._works = True
        self._aside = False  # something unreadable lies beside the file
        self._raised: set[str] = set()  # files put aside for which a panic has been raised: written down with it
        self._read = False
        self._rescued: list[tuple[int, object]] = []  # rows of a file that was put aside, until they are in the new one
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
        """Opens the file and gives what an earlier run left, oldest first. Without a usable disk: nothing yet, and it goes on."""
        left: list[Entry] = []
        try:
            left = self._begin()
        except (sqlite3.Error, OSError) as error:
            self._trouble(error)
        self._thread.start()
        return left

    @property
    def well(self) -> bool:
        """Whether the disk works, and nothing unreadable lies there that nobody has looked at and moved."""
        return self._works and not self._aside

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
        database = self._ready()
        rows = [(entry.sequence, to_wire(entry.signal).decode()) for entry in puts.values()]
        database.execute("BEGIN IMMEDIATE")
        try:
            # REPLACE: after a commit whose answer was an error, the same rows come again.
            database.executemany("INSERT OR REPLACE INTO waiting (sequence, signal) VALUES (?, ?)", rows)
            database.executemany("DELETE FROM waiting WHERE sequence = ?", [(sequence,) for sequence in removals])
            database.executemany("INSERT OR IGNORE INTO raised (file) VALUES (?)", [(file,) for file in self._raised])
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def _try(self) -> None:
        """With something of a press's size: a disk without room for one may still take a removal."""
        database = self._ready()
        database.execute("INSERT OR REPLACE INTO trial (id, filler) VALUES (1, zeroblob(?))", [TRIED_BYTES])
        self._aside = salvage.lies_aside(self._path)

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
        database.text_factory = bytes  # a row that is no UTF-8 must not hide the others
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, not only with the kernel
            database.execute("PRAGMA journal_size_limit = 16777216")
            database.execute("CREATE TABLE IF NOT EXISTS waiting (sequence INTEGER PRIMARY KEY, signal TEXT NOT NULL)")
            database.execute("CREATE TABLE IF NOT EXISTS raised (file TEXT PRIMARY KEY)")
            database.execute("CREATE TABLE IF NOT EXISTS trial (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)")
        except BaseException:
            database.close()
            raise
        self._database = database
        return database

    def _ready(self) -> sqlite3.Connection:
        if self._database is None and not self._read:
            self._on_left(self._begin(LATE))
        return self._database or self._open()

    def _begin(self, above: int = 0) -> list[Entry]:
        """Reads what an earlier run left. Its rows get numbers over `above`, so that none of this run's is written over them."""
        rows: list[tuple[int, object]] = []
        try:
            database = self._open()
            if above:
                database.execute("UPDATE waiting SET sequence = sequence + ?", [above])
            for row in database.execute("SELECT sequence, signal FROM waiting ORDER BY sequence"):
                rows.append(row)
        except sqlite3.DatabaseError as error:
            self._close()
            if not _is_broken(error):
                raise
            self._trouble(error)
            self._log.trouble("spool_put_aside", "broken", file=salvage.put_aside(self._path))
            self._rescued += rows
            rows = []
            database = self._open()
        raised = {file.decode() for (file,) in database.execute("SELECT file FROM raised")}
        self._read, rescued = True, [(number if number > above else number + above, text) for number, text in self._rescued]
        self._rescued = []
        return self._salvaged(rescued + rows, [one for one in salvage.broken_files(self._path) if one not in raised], above)

    def _salvaged(self, rows: list[tuple[int, object]], files: list[str], above: int) -> list[Entry]:
        """Every row as a signal, and a panic for each file that was put aside. What is not in the file as it is here is written there."""
        read = [(sequence, *salvage.read_row(text, self._offices)) for sequence, text in rows]
        unreadable = [text for (_, text), (_, _, well) in zip(rows, read, strict=True) if not well]
        left = [Entry.left_by_earlier_run(sequence, signal) for sequence, signal, _ in read]
        last = max((entry.sequence for entry in left), default=above)
        raws = [raw for file in files for raw in salvage.of_file(file, self._offices)]
        left += [Entry(last + n, raw) for n, raw in enumerate(raws, 1)]
        self._raised |= {*files}
        if unreadable:
            try:
                self._log.trouble("spool_row_unreadable", "kept", file=salvage.keep_rows(self._path, unreadable), count_rows=len(unreadable))
            except OSError as error:
                self._log.trouble("spool_row_unreadable", type(error).__name__, count_rows=len(unreadable))
        if unreadable or files:
            with self._changed:
                self._puts = {entry.sequence: entry for entry in left} | self._puts
        self._aside = salvage.lies_aside(self._path)
        return left

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
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
