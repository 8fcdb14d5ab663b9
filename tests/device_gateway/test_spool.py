"""The spool: what it says is held survives a kill, in order; what is done is gone; trouble with the disk is not the end."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device_gateway.log import ProgramLog
from device_gateway.spool import Entry, Spool
from server.core.signals import Doubt, Kind, Signal
from tests.device_gateway.conftest import ROOT
from tests.device_gateway.peers import until

NOW = datetime(2026, 11, 21, 14, 3, 22, 117000, tzinfo=UTC)


def entry(number: int) -> Entry:
    return Entry(number, Signal(f"desk-1-7-{number}", Kind.PANIC, "nav", NOW))


@pytest.fixture
def start(tmp_path):
    spools = []
    late: list[Entry] = []

    def start(path: Path = tmp_path / "spool" / "spool.db") -> tuple[Spool, list[int], list[Entry]]:
        held: list[int] = []
        spool = Spool(path, ("nav", "nav-2"), held.extend, late.extend, ProgramLog(lambda line: None))
        spools.append(spool)
        return spool, held, spool.start()

    start.late = late
    yield start
    for spool in spools:
        spool.stop()


def numbers(entries: list[Entry]) -> list[int]:
    return [entry.sequence for entry in entries]


def test_what_was_not_done_is_there_again_in_order(start):
    spool, held, left = start()
    assert left == []
    for number in range(1, 101):
        spool.put(entry(number))
    until(lambda: len(held) == 100)
    spool.done(range(1, 101, 2))
    spool.stop()
    _, _, left = start()
    assert numbers(left) == list(range(2, 101, 2)) and left[0].signal == entry(2).signal
    waited_s = (datetime.now(UTC) - NOW).total_seconds()
    assert left[0].copy_to_send().waited_s == pytest.approx(waited_s, abs=5.0), "told by the wall's clock, since the other one does not go over a restart"


def test_what_is_done_before_it_was_written_is_never_written(start):
    spool, _, _ = start()
    spool.put(entry(1))
    spool.done([1])
    spool.stop()
    assert start()[2] == []


def test_presses_that_come_together_are_written_together_and_what_the_server_has_by_then_never(start, monkeypatch):
    monkeypatch.setattr("device_gateway.spool.TOGETHER_S", 0.5)
    spool, held, _ = start()
    written: list[list[int]] = []
    write = spool._write
    monkeypatch.setattr(spool, "_write", lambda puts, removals: (written.append(list(puts)), write(puts, removals)))
    spool.put(entry(1))
    until(lambda: not spool._changed._waiters)  # the writer has seen it, and waits for company
    spool.put(entry(2))
    spool.put(entry(3))
    spool.done([2])
    until(lambda: len(held) == 2)
    assert (written, held) == ([[1, 3]], [1, 3])


def test_a_kill_loses_nothing_that_was_held(tmp_path):
    path = tmp_path / "spool.db"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    held = [int(line) for line in killed.stdout.split()]
    assert killed.returncode == -9 and len(held) > 500
    left = {number for (number,) in sqlite3.connect(path).execute("SELECT sequence FROM waiting")}
    assert left >= set(held)


KILLED = """
import os, signal, sys, time
from pathlib import Path
from device_gateway.log import ProgramLog
from device_gateway.spool import Spool
from tests.device_gateway.test_spool import entry

def held(sequences):
    os.write(1, "".join(f"{s}\\n" for s in sequences).encode())
    if max(sequences) > 500:
        os.kill(os.getpid(), signal.SIGKILL)

spool = Spool(Path(sys.argv[1]), ["nav"], held, lambda left: None, ProgramLog())
spool.start()
number = 0
while True:
    number += 1
    spool.put(entry(number))
    time.sleep(0.0002)
"""


def test_a_disk_that_comes_back_gets_what_waited(start, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    spool, held, left = start(blocked / "spool.db")
    spool.put(entry(1))
    spool.put(entry(2))
    spool.done([2])
    assert left == [] and held == [] and not spool.works
    blocked.unlink()
    until(lambda: held == [1])
    assert spool.works


def test_a_disk_is_tried_without_a_press(start, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    spool, _, _ = start(blocked / "spool.db")
    assert not spool.works
    blocked.unlink()
    until(lambda: spool.works)


def test_that_a_removal_can_be_written_does_not_show_that_a_press_can(start, tmp_path):
    """A disk without room for a press may have room for what makes none larger."""
    spool, held, _ = start()
    spool.put(entry(1))
    until(lambda: held == [1])
    with sqlite3.connect(tmp_path / "spool" / "spool.db") as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON waiting BEGIN SELECT RAISE(ABORT, 'full'); END")
        database.execute("CREATE TRIGGER full_too BEFORE INSERT ON trial BEGIN SELECT RAISE(ABORT, 'full'); END")
    spool.put(entry(2))
    until(lambda: not spool.works)
    spool.done([1, 2])
    until(lambda: _rows(tmp_path) == 0)
    assert not spool.works
    with sqlite3.connect(tmp_path / "spool" / "spool.db") as database:
        database.execute("DROP TRIGGER full_too")
    until(lambda: spool.works)


def _rows(folder: Path) -> int:
    with sqlite3.connect(folder / "spool" / "spool.db") as database:
        return int(database.execute("SELECT COUNT(*) FROM waiting").fetchone()[0])


def held_and_spoilt(start, tmp_path: Path, spoil: str) -> None:
    """Two presses are held, then something happens to the first of them."""
    spool, held, _ = start()
    spool.put(entry(1))
    spool.put(entry(2))
    until(lambda: len(held) == 2)
    spool.stop()
    with sqlite3.connect(tmp_path / "spool" / "spool.db") as database:
        database.execute(f"UPDATE waiting SET {spoil} WHERE sequence = 1")


def raw(entry: Entry) -> bool:
    signal = entry.signal
    return (signal.kind, signal.doubt, signal.verified) == (Kind.PANIC, Doubt.UNDECODABLE, False)


SPOILT = ["signal = '{}'", "signal = 'null'", "signal = x'ff00fe'", "signal = CAST(x'7bff7d' AS TEXT)", "signal = 7", "signal = '[1]'", "signal = ''"]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_row_that_cannot_be_read_is_raised_as_a_press_and_hides_no_other(start, tmp_path, spoil):
    held_and_spoilt(start, tmp_path, spoil)
    spool, _, left = start()
    assert numbers(left) == [1, 2] and raw(left[0]) and left[1].signal == entry(2).signal
    assert left[0].signal.office_id == "nav" and not spool.well


def test_of_a_row_that_cannot_be_read_what_it_does_say_is_known_and_it_is_the_same_press_each_time(start, tmp_path):
    held_and_spoilt(start, tmp_path, """signal = '{"kind":"sos","office_id":"nav-2","device_id":"desk-9","heard_at":"2026-11-21T14:03:22Z"}'""")
    first, _, left = start()
    signal = left[0].signal
    assert (signal.office_id, signal.device_id, signal.heard_at.minute, raw(left[0])) == ("nav-2", "desk-9", 3, True)
    first.stop()
    spool, _, again = start()
    assert again[0].signal == signal, "nobody has it yet"
    spool.done([1, 2])
    spool.stop()
    assert start()[2] == []


def test_what_was_put_aside_is_kept_for_a_person_and_told_of_until_it_is_moved(start, tmp_path):
    held_and_spoilt(start, tmp_path, "signal = 'what was this'")
    spool, _, _ = start()
    (kept,) = (tmp_path / "spool").glob("spool.db.rows-*")
    assert kept.read_text() == "what was this\n" and kept.stat().st_mode & 0o777 == 0o600
    spool.done([1, 2])
    spool.stop()
    spool, _, _ = start()
    assert spool.works and not spool.well
    spool.stop()
    kept.unlink()
    assert start()[0].well


def test_a_file_that_is_no_database_is_raised_once_for_each_office(start, tmp_path):
    file = tmp_path / "spool" / "spool.db"
    file.parent.mkdir()
    file.write_bytes(b"this is no database" * 500)
    spool, held, left = start()
    assert [one.signal.office_id for one in left] == ["nav", "nav-2"] and all(raw(one) for one in left) and not spool.well
    until(lambda: len(held) == 2)
    spool.stop()
    spool, _, again = start()
    assert [one.signal for one in again] == [one.signal for one in left], "a kill before the server had them loses none"
    spool.done(numbers(again))
    spool.stop()
    spool, _, left = start()
    assert left == [] and spool.works and not spool.well


def test_what_an_earlier_run_left_is_found_when_its_disk_is_back_and_nothing_is_written_over_it(start, tmp_path):
    folder, away = tmp_path / "spool", tmp_path / "away"
    spool, held, _ = start()
    spool.put(entry(1))
    until(lambda: held == [1])
    spool.stop()
    folder.rename(away)
    folder.write_text("a file where the folder should be")
    spool, held, left = start()
    other = Entry(1, Signal("desk-2-1-1", Kind.PANIC, "nav", NOW))
    spool.put(other)
    assert left == [] and not spool.works
    folder.unlink()
    away.rename(folder)
    until(lambda: held == [1])
    assert [one.signal for one in start.late] == [entry(1).signal] and start.late[0].sequence > 1
    spool.stop()
    assert [one.signal for one in start()[2]] == [other.signal, entry(1).signal]
