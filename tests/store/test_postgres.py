"""What PostgreSQL in particular must keep: several servers at once, one that hangs in the middle, and a database that is killed, stopped or cut off."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from server.core.values import replace
from server.store.contract import Change, Conflict, StoreDown
from server.store.engine import ANSWER_S
from server.store.migrate import migrate, restored
from server.store.sql import SqlStore
from server.store.words import PEOPLE_OF_VISITS
from tests.services import Missing, Postgres
from tests.store.values import NEIGHBOUR, OFFICE, T0, action, alarm, at, later, opening, order, together

pytestmark = pytest.mark.e2e
Stores = Callable[[], SqlStore]
SETTINGS = (
    "SELECT name, setting FROM pg_settings "
    "WHERE name IN ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout', 'synchronous_commit')"
)


@pytest.fixture
def own() -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, to be mistreated."""
    try:
        made = Postgres()
    except Missing as missing:
        pytest.fail(str(missing))
    made.start()
    migrate(made.url())
    yield made
    made.stop()


def eventually(work: Callable[[], object], within_s: float = 20) -> object:
    """As a door does: knocks again with the same ids while the store is down or somebody was faster."""
    end_s = time.monotonic() + within_s
    while True:
        try:
            return work()
        except (StoreDown, Conflict):
            if time.monotonic() > end_s:
                raise
            time.sleep(0.05)


# ---------------------------------------------------------------- several servers


def test_presses_wait_for_the_disk_what_may_be_lost_does_not_and_nothing_waits_for_ever(stores: Stores) -> None:
    store = stores()
    limits = {"lock_timeout": "2000", "statement_timeout": "4000", "idle_in_transaction_session_timeout": "3000"}
    with store._write_at_once() as single, store._write() as writer, store._write(durable=False) as relaxed:
        for connection, synchronous in ((single, "off"), (writer, "on"), (relaxed, "off")):
            assert dict(map(tuple, connection.exec_driver_sql(SETTINGS))) == {**limits, "synchronous_commit": synchronous}


def test_what_is_larger_than_a_line_holds_is_sent_whole(stores: Stores) -> None:
    """As a drill over the whole country: the database would wait for the rest of it, and we for its answer."""
    store = stores()
    orders = [replace(order(f"p-{one}"), reason="x" * 4000) for one in range(6_000)]
    store.commit(replace(opening(alarm()), orders=orders))
    assert len(store.orders("a-1")) == len(orders)


def test_what_was_planned_on_an_empty_table_holds_on_a_full_one(stores: Stores) -> None:
    """A plan is kept for as long as its connection."""
    with stores()._read() as connection:
        connection.exec_driver_sql("INSERT INTO visit_person (person_id, visit_id, away) VALUES ('p-0', 'v-0', false)")
        connection.exec_driver_sql("VACUUM ANALYZE visit_person")  # as it does by itself each minute: now it knows that there is hardly anything
        for _ in range(20):
            PEOPLE_OF_VISITS.ask(connection, ["v-1"])
        connection.exec_driver_sql("INSERT INTO visit_person (person_id, visit_id, away) SELECT 'p-' || n, 'v-' || n, false FROM generate_series(1, 20000) n")
        [name] = connection.exec_driver_sql("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%%visit_person%%ANY%%'").scalars()
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN EXECUTE {name}('{{v-7}}')").scalars())
    assert "Index" in plan and "Seq Scan" not in plan, plan


def test_two_servers_number_one_stream_without_a_gap(stores: Stores) -> None:
    def work(store: SqlStore, name: str) -> None:
        for n in range(60):
            change = opening(alarm(f"a-{name}-{n}"), streams=[OFFICE, NEIGHBOUR][:: 1 if n % 2 else -1])
            eventually(lambda change=change: store.commit(change))  # type: ignore[misc]

    first, second = stores(), stores()
    together(lambda: work(first, "x"), lambda: work(second, "y"))
    for office in (OFFICE, NEIGHBOUR):
        looked = first.look(office, 0)
        assert (looked.seq, len(looked.alarm_ids), looked.gap) == (120, 120, False)


def test_whoever_reads_a_number_can_read_everything_below_it(stores: Stores) -> None:
    """Numbers given before the commit would let a reader skip, for ever, what is committed late."""
    writers, reader, done = [stores(), stores()], stores(), threading.Event()
    seen: set[str] = set()

    def read() -> None:
        after = 0
        while not done.is_set() or after < 80:
            looked = reader.look(OFFICE, after)
            assert not looked.gap
            seen.update(looked.alarm_ids)
            after = looked.seq

    def write(number: int) -> None:
        for n in range(40):
            eventually(lambda n=n: writers[number].commit(opening(alarm(f"a-{number}-{n}"))))  # type: ignore[misc]

    reading = threading.Thread(target=read)
    reading.start()
    together(lambda: write(0), lambda: write(1))
    done.set()
    reading.join(20)
    assert len(seen) == 80


def test_two_servers_never_hold_the_same_order(stores: Stores) -> None:
    first, second = stores(), stores()
    first.commit(opening(alarm(), *(order(f"p-{n}", next_s=0) for n in range(400))))
    held: dict[str, list[str]] = {"x": [], "y": []}

    def take(store: SqlStore, name: str) -> None:
        while leased := store.lease(at(1), at(16), name, 4):
            held[name] += [one.id for one in leased]

    together(lambda: take(first, "x"), lambda: take(second, "y"))
    assert len(held["x"]) + len(held["y"]) == len({*held["x"], *held["y"]}) == 400
    assert held["x"] and held["y"]


def test_locks_taken_crosswise_are_a_conflict_and_another_try_passes(stores: Stores) -> None:
    store, other = stores(), stores()
    store.commit(opening(alarm()))
    change = Change(T0, [(1, later(alarm()))], streams=[(OFFICE, "a-1")])
    result: list[object] = []

    def commit() -> None:
        try:
            store.commit(change)
        except Conflict as conflict:
            result.append(conflict)

    with other._write() as connection:
        connection.exec_driver_sql("SELECT 1 FROM alarm WHERE id = 'a-1' FOR UPDATE")
        thread = threading.Thread(target=commit)
        thread.start()
        time.sleep(0.3)  # now it has the stream and waits for the alarm
        connection.exec_driver_sql("SELECT 1 FROM stream_head WHERE office_id = 'fjordvik' FOR UPDATE")
    thread.join(10)
    assert len(result) == 1
    assert store.commit(change) == {OFFICE: 2}


def test_a_server_that_stops_in_the_middle_of_a_commit_holds_up_the_others_for_seconds_only(stores: Stores) -> None:
    stopped, well = stores(), stores()
    well.commit(opening(alarm("a-0")))
    with pytest.raises(StoreDown), stopped._write() as connection:
        connection.exec_driver_sql("UPDATE stream_head SET seq = seq + 1")  # and now it says nothing more
        began = time.monotonic()
        with pytest.raises(Conflict):
            well.commit(opening(alarm("a-1")))
        assert eventually(lambda: well.commit(opening(alarm("a-1")))) == {OFFICE: 2}
        assert time.monotonic() - began < 6
        connection.exec_driver_sql("SELECT 1")  # it wakes up, and what it had begun is gone
    assert stopped.heads([OFFICE]) == {OFFICE: 2}, "and it goes on with a new connection"


def test_all_servers_have_one_epoch_one_key_and_one_clock(stores: Stores) -> None:
    servers = [stores() for _ in range(4)]
    epochs, keys = set(), set()

    def first(store: SqlStore) -> None:
        epochs.add(store.epoch())
        keys.add(store.key("push"))

    together(*(lambda store=store: first(store) for store in servers))  # type: ignore[misc]
    assert len(epochs) == len(keys) == 1
    clock = servers[0].clock()
    assert clock is not None and abs(clock - datetime.now(UTC)) < timedelta(seconds=5)


def test_servers_that_start_together_migrate_once(empty_postgres_url: str) -> None:
    together(*(lambda: migrate(empty_postgres_url),) * 3)
    store = SqlStore(empty_postgres_url)
    assert store.alarm_ids() == []
    store.close()


def test_more_hands_than_connections_wait_their_turn_or_are_told(stores: Stores) -> None:
    store = stores()
    store.commit(opening(alarm()))
    found = []

    def read() -> None:
        for _ in range(5):
            found.append(len(eventually(lambda: store.alarms(["a-1"]))))  # type: ignore[arg-type]

    together(*(read,) * 60)
    assert found == [1] * 300


# ---------------------------------------------------------------- a new epoch


def test_a_dump_that_is_put_back_is_a_new_epoch_also_for_a_server_that_runs_on(stores: Stores, postgres: Postgres) -> None:
    store = stores()
    store.commit(opening(alarm()))
    before = store.epoch()
    assert store.epoch() == before
    with store._write() as connection:  # what pg_restore --clean does to a table
        connection.exec_driver_sql("CREATE TABLE copy (LIKE alarm INCLUDING ALL); INSERT INTO copy SELECT * FROM alarm")
        connection.exec_driver_sql("DROP TABLE alarm; ALTER TABLE copy RENAME TO alarm")
    assert store.epoch() != before and store.alarm_ids() == ["a-1"]


def test_a_running_server_sees_that_its_database_was_declared_restored(postgres_url: str, stores: Stores) -> None:
    store = stores()
    before = store.epoch()
    restored(postgres_url)
    assert store.epoch() != before


# ---------------------------------------------------------------- the database goes away


def test_a_database_that_was_killed_and_started_again_is_answered_by_at_once(own: Postgres) -> None:
    store = SqlStore(own.url())
    store.commit(opening(alarm("a-1")))
    together(*(lambda: store.alarm_ids(),) * 8)  # connections lie in the pool
    own.kill()
    with pytest.raises(StoreDown):
        store.alarm_ids()
    own.start()
    together(*(lambda: store.alarm_ids(),) * 8)
    assert store.alarm_ids() == ["a-1"], "what was committed is there, and no dead connection was handed out"
    store.commit(opening(alarm("a-2")))
    store.close()


def test_a_database_that_hangs_holds_nobody_for_longer_than_is_stated(own: Postgres) -> None:
    store = SqlStore(own.url())
    store.commit(opening(alarm("a-1")))
    own.freeze()
    for work in (lambda: store.alarm_ids(), lambda: store.commit(opening(alarm("a-2"))), lambda: store.lease(at(1), at(16), "w", 1)):
        began = time.monotonic()
        with pytest.raises(StoreDown):
            work()
        assert time.monotonic() - began < ANSWER_S + 5
    own.thaw()
    eventually(lambda: store.commit(opening(alarm("a-2"))))
    assert store.alarm_ids() == ["a-1", "a-2"]
    store.close()


@pytest.mark.parametrize("ended", ["connection", "database"])
def test_a_commit_that_is_ended_in_the_middle_has_saved_nothing_and_may_be_tried_again(own: Postgres, ended: str) -> None:
    store = SqlStore(own.url())
    store.commit(opening(alarm("a-0")))
    with pytest.raises(StoreDown), store._write() as connection:
        connection.exec_driver_sql("UPDATE stream_head SET seq = 99")
        if ended == "database":
            own.kill()
            own.start()
        else:
            own.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
        connection.exec_driver_sql("UPDATE stream_head SET seq = 100")
    assert store.heads([OFFICE]) == {OFFICE: 1}
    assert store.commit(opening(alarm("a-1"))) == {OFFICE: 2}
    store.close()


class Cut:
    """A line to the database that breaks when the given words have gone through it: the answer is lost, and nobody knows what became of the question."""

    def __init__(self, port: int, words: bytes) -> None:
        self._port, self._words, self.cuts = port, words, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other, one is near), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, outward: bool) -> None:
        try:
            while data := one.recv(65536):
                if outward and self._words in data and not self.cuts:
                    self.cuts += 1
                    one.shutdown(socket.SHUT_RDWR)  # first deaf, then the question goes out
                other.sendall(data)
        except OSError:
            pass
        finally:
            for end in (one, other):
                end.close()

    def close(self) -> None:
        self._listener.close()


def test_a_commit_whose_answer_is_lost_is_found_when_somebody_knocks_again(own: Postgres) -> None:
    line = Cut(own.port, b"COMMIT")
    store = SqlStore(own.url().replace(str(own.port), str(line.port)))
    change = opening(alarm("a-1"), order("ola"))
    change = Change(change.at, change.alarms, change.signals, change.entries, change.orders, [action()], change.streams)
    with pytest.raises(StoreDown):
        store.commit(change)
    assert line.cuts == 1
    kept = eventually(lambda: store.signals(["s-a-1"]) or store.commit(change))
    assert kept and set(store.signals(["s-a-1"])) == {"s-a-1"} and set(store.actions(["x-1"])) == {"x-1"}
    with pytest.raises(Conflict):
        store.commit(change)
    assert (store.alarm_ids(), len(store.orders("a-1")), store.heads([OFFICE])) == (["a-1"], 1, {OFFICE: 1})
    store.close()
    line.close()
