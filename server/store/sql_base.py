"""What all parts of the SQL store stand on: how it reads and writes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from server.store import tables  # noqa: F401  declares them
from server.store.contract import StoreDown
from server.store.engine import answering, engine_for
from server.store.statements import DEVICE, GATEWAY, META, ONLINE
from server.store.write_lock import WriteLock

TRIED_BYTES = 32 * 1024
"""More than a press takes: where this goes in, that does."""


class SqlBase:
    """On SQLite all writers share one lock, and reads never take it; on PostgreSQL both take a connection from the pool."""

    def __init__(self, url: str, create: bool = False) -> None:
        self._engine = engine_for(url)
        self._sqlite = url.startswith("sqlite")
        if not self._sqlite:
            self._relaxed = engine_for(url, durable=False)
            self._single = engine_for(url, durable=False, single=True)
        self._lock = WriteLock()
        self._local = threading.local()
        self._readers_lock = threading.Lock()
        self._readers: weakref.WeakSet[Connection] = weakref.WeakSet()
        if create:
            SQLModel.metadata.create_all(self._engine)
        self._keys: dict[str, bytes] = {}
        self._writers: dict[bool, Connection] = {}
        self._refused = False

    @contextmanager
    def _write(self, durable: bool = True, urgent: bool = False) -> Iterator[Connection]:
        """One writing transaction; an `urgent` one does not stand in line behind others. Not `durable`: a power cut may take the last of them (a
        killed process does not), for facts whose loss costs a second message at most; they then wait for no disk, and on SQLite hold up no
        press that does."""
        try:
            with self._writing(durable, urgent) as connection:
                yield connection
        except StoreDown:
            self._refused = True
            raise
        if durable and self._refused:
            self._refused = False

    @contextmanager
    def _writing(self, durable: bool, urgent: bool) -> Iterator[Connection]:
        if not self._sqlite:
            with answering(), (self._engine if durable else self._relaxed).begin() as connection:
                yield connection
            return
        with answering(), self._lock.hold(urgent):
            writer = self._writers.get(durable)
            if writer is None or writer.closed or writer.invalidated:
                writer = self._writers[durable] = self._engine.connect().execution_options(writes=True)
                if not durable:
                    with writer.begin():
                        pass
                    writer.connection.driver_connection.execute("PRAGMA synchronous=NORMAL")  # type: ignore[union-attr]
            with writer.begin():
                yield writer

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """Each statement sees what is committed, and no transaction is held open."""
        if not self._sqlite:
            with answering(), self._single.connect() as connection:
                yield connection
            return
        with answering():
            reader = self._reader()
            try:
                yield reader
            except BaseException:
                self._local.reader = None
                reader.close()
                raise

    @contextmanager
    def _write_at_once(self) -> Iterator[Connection]:
        """As `_write`, not durable, of one statement, or of several within one `together`: PostgreSQL is told of no beginning and no end."""
        if self._sqlite:
            with self._write(durable=False) as connection:
                yield connection
            return
        with answering(), self._single.connect() as connection:
            yield connection

    def _reader(self) -> Connection:
        """This thread's own reading connection: taking one from the pool each time would cost more than most reads."""
        reader: Connection | None = getattr(self._local, "reader", None)
        if reader is None or reader.closed or reader.invalidated:
            # not by the option AUTOCOMMIT: it would leave the connection with the driver's own transactions when it goes back
            reader = self._engine.connect()
            self._local.reader = reader
            with self._readers_lock:  # not the writers' one: a first read does not wait either
                self._readers.add(reader)
        return reader

    def _made_once(self, key: str, value: str) -> str:
        """The value under this key: the one that is there, whoever put it, else this one."""
        put = self._inserting(META)
        with self._write() as connection:
            connection.execute(put.values(key=key, value=value).on_conflict_do_nothing())
            return str(connection.execute(select(META.c.value).where(META.c.key == key)).scalar_one())

    def saves(self) -> bool:
        """A heartbeat may still find room where a press does not: what shows that it saves again is a write of a press's size."""
        if self._refused:
            try:
                self._put(META, {"key": "tried", "value": "." * TRIED_BYTES})
            except StoreDown:
                return False
        return True

    def tidy(self) -> None:
        """Brings what SQLite has written to its log into the file itself, beside the writers. Left to them, one of them does it in the middle of a
        commit, and whoever presses just then waits for it. PostgreSQL does so by itself."""
        if self._sqlite:
            with answering(), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        with self._readers_lock:
            for reader in list(self._readers):
                reader.close()
        with self._lock.hold():
            for writer in self._writers.values():
                writer.close()
            self._writers.clear()
        self._engine.dispose()
        if not self._sqlite:
            self._relaxed.dispose()
            self._single.dispose()

    def _put(self, table: Table, *rows: dict[str, object], only: Sequence[str] = ()) -> None:
        """Writes rows, over those that are there: all their columns, or `only` these."""
        if not rows:
            return
        with self._write(durable=table not in (DEVICE, GATEWAY, ONLINE)) as connection:  # heartbeats come again
            connection.execute(self._putting(table, rows[0], only), list(rows))

    def _putting(self, table: Table, row: dict[str, object], only: Sequence[str] = ()) -> sqlite.Insert | postgresql.Insert:
        put = self._inserting(table)
        key = [column.name for column in table.primary_key]
        changed = only or [name for name in row if name not in key]
        return put.on_conflict_do_update(index_elements=key, set_={name: put.excluded[name] for name in changed})

    def _inserting(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        return sqlite.insert(table) if self._sqlite else postgresql.insert(table)
