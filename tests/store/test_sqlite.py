"""What SQLite in particular must keep: a commit is on the disk, readers never wait, and a full disk breaks nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.core.log import first_broken
from server.store.contract import Change, Store, StoreDown
from server.store.sql import SqlStore
from tests.store.values import OFFICE, T0, alarm, at, later, opening, order

CHILD = """
import resource, sys
from server.store.sql import SqlStore
from tests.store.values import alarm, opening, order

url, first, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
store = SqlStore(url)
for n in range(first, first + 100_000):
    name = f"a-{n}"
    try:
        store.commit(opening(alarm(name), *(order(f"p-{k}", name) for k in range(9))))
    except Exception as error:
        print("failed", type(error).__name__, flush=True)
        break
    print(n, flush=True)
"""


def child(url: str, first: int = 0, limit: int = 0) -> subprocess.Popen[str]:
    """Another process that opens alarms as fast as it can and says each number once it is committed."""
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, url, str(first), str(limit)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip


@pytest.fixture
def store(sqlite_url: str) -> Store:
    return SqlStore(sqlite_url)


def assert_whole(store: Store, name: str) -> None:
    """Nothing of the alarm is missing: one commit took all of it."""
    assert len(store.orders(name)) == 9 and len(store.signals([f"s-{name}"])) == 1
    log = store.log(name)
    assert log and first_broken(log) is None


# ---------------------------------------------------------------- durable


def test_every_connection_writes_ahead_and_waits_for_the_disk(store: SqlStore) -> None:
    held = [store._engine.connect() for _ in range(5)]
    with store._read() as reader, store._write() as writer:
        for connection in (*held, reader, writer):
            pragma = lambda name, c=connection: c.exec_driver_sql(f"PRAGMA {name}").scalar()  # noqa: E731
            assert (pragma("journal_mode"), pragma("synchronous"), pragma("busy_timeout")) == ("wal", 2, 10_000)
    for connection in held:
        connection.close()


def test_a_connection_that_failed_is_as_durable_when_it_is_used_again(store: SqlStore) -> None:
    with pytest.raises(DBAPIError), store._read() as reader:
        reader.execute(text("SELECT * FROM nothing"))
    for n in range(3):
        store.commit(opening(alarm(f"a-{n}")))
    with store._write() as writer, store._read() as reader:
        for connection in (writer, reader):
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.connection.dbapi_connection.isolation_level is None, "or the driver begins transactions by itself"


def test_what_may_wait_for_no_disk_never_makes_a_press_do_without_it(store: SqlStore) -> None:
    store.commit(opening(alarm(), order("ola", next_s=0)))
    assert len(store.lease(at(1), at(16), "w", 10)) == 1
    with pytest.raises(DBAPIError), store._write(durable=False) as connection:
        connection.execute(text("UPDATE nothing SET a = 1"))
    for durable, synchronous in ((True, 2), (False, 1), (True, 2)):
        with store._write(durable) as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == synchronous
    store.commit(Change(T0, [(1, later(alarm()))]))
    assert store.alarms(["a-1"])["a-1"].version == 2


def test_a_killed_server_loses_nothing_that_it_had_reported_as_committed(sqlite_url: str) -> None:
    reported: list[int] = []
    for wait_s in (0.05, 0.15, 0.3):
        process = child(sqlite_url, first=1000 * len(reported) + len(reported))
        assert process.stdout and process.stderr
        first = process.stdout.readline()
        assert first.strip().isdigit(), process.stderr.read()
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        lines = [first, *process.stdout.readlines()]  # not communicate(): it leaves out what the first look has read ahead
        process.wait(30)
        reported += [int(line) for line in lines if line.endswith("\n")]
        store = SqlStore(sqlite_url)
        kept = set(store.alarm_ids())
        assert {f"a-{n}" for n in reported} <= kept
        assert len(kept) - len(reported) <= 3, "at most the one that was on its way at each kill"
        looked = store.look(OFFICE, 0, limit=1_000_000)
        assert looked.seq == len(kept) and set(looked.alarm_ids) == kept and not looked.gap
        for name in kept:
            assert_whole(store, name)
        store.close()
    assert len(reported) > 20, "the kills came in the middle of the work"


def test_what_one_process_commits_the_other_reads_at_once(sqlite_url: str, store: SqlStore) -> None:
    store.alarm_ids()  # this reader's connection is older than what it is going to read
    process = child(sqlite_url)
    try:
        assert process.stdout
        for _ in range(20):
            number = process.stdout.readline().strip()
            assert f"a-{number}" in store.alarms([f"a-{number}"])
    finally:
        process.kill()
        process.communicate()


def test_the_epoch_is_kept_in_the_file(sqlite_url: str, store: SqlStore) -> None:
    epoch = store.epoch()
    store.close()
    assert SqlStore(sqlite_url).epoch() == epoch


# ---------------------------------------------------------------- nobody waits for a writer


def test_reading_never_waits_for_a_writer(store: SqlStore) -> None:
    store.commit(opening(alarm(), order("ola")))
    answers: list[object] = []

    def read() -> None:
        answers.extend(
            (
                store.alarms(["a-1"])["a-1"].version, len(store.orders("a-1")), store.heads([OFFICE]), store.look(OFFICE, 0).seq,
                store.lease(at(-5), at(0), "w", 10), [one.id for one in store.known(at(0), pressers=["kari"]).alarms], store.told({"a-1": True})["a-1"].count,
                len(store.deadlines()), store.next_order_at(), store.session("token", T0), store.receipts([("nobody", "a-1", T0)], []),
            )
        )  # fmt: skip

    with store._write() as connection:
        connection.execute(text("UPDATE alarm SET version = 99"))
        for _ in range(2):  # a thread that reads for the first time, too
            thread = threading.Thread(target=read)
            began = time.monotonic()
            thread.start()
            thread.join(5)
            assert not thread.is_alive() and time.monotonic() - began < 2
        read()
    once = [1, 1, {OFFICE: 1}, 1, [], ["a-1"], 1, 1, at(10), None, set()]
    assert answers == once * 3, "and none of them saw what was not committed"


def test_a_reader_in_no_hurry_keeps_no_writer_waiting(store: SqlStore) -> None:
    store.commit(opening(alarm()))
    with store._read() as connection:
        rows = connection.execute(text("SELECT id FROM alarm"))
        began = time.monotonic()
        store.commit(Change(T0, [(1, later(alarm()))]))
        assert time.monotonic() - began < 1
        assert rows.all() == [("a-1",)]


def test_a_writer_has_the_lock_before_it_reads_what_it_decides_on(sqlite_url: str, store: SqlStore) -> None:
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
    with store._write(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_writers_of_two_processes_take_turns(sqlite_url: str, store: SqlStore) -> None:
    process = child(sqlite_url, first=10_000)
    try:
        assert process.stdout and process.stdout.readline()
        for n in range(50):
            store.commit(opening(alarm(f"a-{n}")))
    finally:
        process.kill()
        out, _ = process.communicate()
    assert "failed" not in out
    seqs = store.look(OFFICE, 0, limit=1_000_000)
    assert not seqs.gap and seqs.seq == len(store.alarm_ids())


# ---------------------------------------------------------------- a full disk


def test_a_full_disk_is_an_error_and_leaves_everything_as_before(store: SqlStore) -> None:
    store.commit(opening(alarm("before"), order("ola", "before")))
    with store._read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    store._engine.dispose()
    writers = []

    def fill(name: str, people: int) -> None:
        store.commit(opening(alarm(name), *(order(f"p-{n}", name) for n in range(people))))

    with store._write() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={(pages or 0) + 4}")
        writers.append(connection.connection.dbapi_connection)
    with pytest.raises(StoreDown, match="SQLITE_FULL"):
        fill("too-much", 3000)
    assert store.alarm_ids() == ["before"] and store.orders("too-much") == [] and store.log("too-much") == []
    assert not store.saves() and not store.saves(), "and whoever asks is told so, for as long as it lasts"
    assert store.heads([OFFICE]) == {OFFICE: 1}
    assert store.look(OFFICE, 0).alarm_ids == ("before",)
    writers[0].execute("PRAGMA max_page_count=1000000")
    assert store.saves(), "it tries by itself: nobody need press to find out"
    fill("too-much", 3000)
    assert len(store.orders("too-much")) == 3000, "and when there is room again, it goes in"


def test_a_disk_that_fills_up_while_a_server_works_loses_nothing_that_was_committed(sqlite_url: str) -> None:
    process = child(sqlite_url, limit=3_000_000)  # no file may grow beyond this
    out, wrong = process.communicate(timeout=120)
    *numbers, last = out.splitlines()
    assert last == "failed StoreDown", (last, wrong)
    store = SqlStore(sqlite_url)
    assert set(store.alarm_ids()) == {f"a-{n}" for n in numbers} and len(numbers) > 20
    for n in numbers:
        assert_whole(store, f"a-{n}")
    store.commit(opening(alarm("after")))
    with store._read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
