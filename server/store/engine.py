"""Connections to the database: the settings that make a commit durable, and the limits that keep a database that hangs from hanging us."""

from __future__ import annotations

import logging
import select
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.store.contract import Conflict, StoreDown, Unkeepable

POOL = {"pool_size": 4, "max_overflow": 8}
POOL_RELAXED = {"pool_size": 2, "max_overflow": 6}
POOL_SINGLE = {"pool_size": 8, "max_overflow": 12}
"""Together at most 40 connections for each server; PostgreSQL's own default takes 100 from all."""
POOL_WAIT_S = 3
CONNECT_S = 3
ANSWER_S = 5.0
"""Statements take milliseconds. A database that has said nothing for this long hangs, and its connection is given up."""
LIMITS = {
    "statement_timeout": "4s",  # below ANSWER_S: a slow database says no itself, and then nothing was saved for certain
    "lock_timeout": "2s",  # a lock held longer is held by a server that hangs: the door tries again
    "idle_in_transaction_session_timeout": "3s",  # a server that hangs in the middle of a transaction lets go of its locks
}
PLANS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off"}
"""A statement is planned once for each connection: PostgreSQL would plan those with lists anew each time, which takes several times as long as they do.
What was planned on an empty table must then hold on a full one: by the indexes, wherever there is one. Where there is none it reckons with a cost so high
that it would compile the statement, for fifty milliseconds."""
ALIVE = {"keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 5000}

LOG_PAGES_MOST = 32_000
"""SQLite's log grows to 128 MB before a writer itself brings it into the file; long before that `tidy` has."""

LOST_RACES = ("40P01", "40001", "55P03", "22012")
"""PostgreSQL's words for a deadlock, for a transaction that came second, for a lock that was held too long, and for the division by which our own statements
refuse (`Words.forbid`): nothing was saved, and another try may pass."""

logging.getLogger("psycopg").setLevel(logging.ERROR)
"""It warns of the statements that follow one that has failed, and of that one the door knows."""

DOWN = ("08", "25", "53", "57", "58", "XX")
"""Classes of its words that say something about the database, and nothing about what was asked: connection, a transaction that it ended or
that a standby refuses, no room, shutting down or told to stop, the disk, an internal fault."""


def engine_for(url: str, durable: bool = True, limited: bool = True, single: bool = False) -> Engine:
    """An engine for one of `sqlite:///…` and `postgresql://…`. Not `durable` (PostgreSQL only): a commit does not wait for the disk. Not `limited`: for
    migrations and for commands that read everything, which may take their time. `single` (PostgreSQL only): each statement is a transaction by itself."""
    return _sqlite(url) if url.startswith("sqlite") else _postgres(url, durable, limited, single)


def _sqlite(url: str) -> Engine:
    """WAL, synchronous FULL, explicit BEGINs."""
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10}, pool_size=100)

    @event.listens_for(engine, "connect")
    def pragmas(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.isolation_level = None  # or the driver begins transactions by itself, deferred
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "temp_store=MEMORY", "cache_size=-65536",
            f"wal_autocheckpoint={LOG_PAGES_MOST}",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(url: str, durable: bool, limited: bool, single: bool) -> Engine:
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    pool: dict[str, Any] = POOL if durable else POOL_RELAXED
    if single:  # set once: on an engine of both kinds SQLAlchemy would set it at each statement, and set it back
        pool = {**POOL_SINGLE, "isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    engine = create_engine(
        parsed, **pool, pool_timeout=POOL_WAIT_S, pool_use_lifo=True, connect_args={"connect_timeout": CONNECT_S, "application_name": "varde", **ALIVE}
    )
    settings = {**(LIMITS if limited else {}), "synchronous_commit": "on" if durable else "off", "timezone": "UTC", **PLANS}
    wanted = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())

    @event.listens_for(engine, "do_connect")
    def connect(_dialect, _record, arguments, parameters) -> psycopg.Connection:  # type: ignore[no-untyped-def]
        made: psycopg.Connection = (Impatient if limited else psycopg.Connection).connect(*arguments, **parameters, autocommit=True)
        made.execute(f"SELECT {wanted}")  # type: ignore[arg-type]
        made.autocommit = single
        return made

    @event.listens_for(engine, "checkout")
    def look(connection: psycopg.Connection, _record: object, _proxy: object) -> None:
        """Costs no question to the database, unlike a ping."""
        if _hung_up(connection):
            raise InvalidatePoolError

    return engine


class Impatient(psycopg.Connection[Any]):
    """Gives the connection up when the database says nothing for too long: PostgreSQL's own limits are no help when it has itself stopped."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = ANSWER_S) -> Any:
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None and not isinstance(error, psycopg.errors.PipelineAborted):
                # not the database's own answer: what comes on this line now belongs to the old question
                self.close()
            raise


def _hung_up(connection: psycopg.Connection) -> bool:
    """Whether the other side has closed a connection that lay in the pool: nothing was asked, and yet there is something to read."""
    try:
        poll = select.poll()
        poll.register(connection.pgconn.socket, select.POLLIN)
        return bool(poll.poll(0))
    except (psycopg.Error, ValueError, OSError):  # it has no socket any more
        return True


@contextmanager
def answering() -> Iterator[None]:
    """Turns what goes wrong in a statement into the contract's words: Conflict, StoreDown and Unkeepable. Anything else is a mistake, and is left as it is."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreDown("every connection is taken") from error
    except (sqlite3.Error, psycopg.Error) as error:  # of the statements in `words.py`, which go past SQLAlchemy
        if (meant := _meaning(error)) is None:
            raise
        raise meant from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreDown(_state(error.orig)) from error
        if (meant := _meaning(error.orig)) is None:
            raise
        raise meant from error


def _meaning(error: BaseException | None) -> Exception | None:
    """What the driver's word comes to in the contract's words; None for a mistake."""
    state = _state(error)
    if isinstance(error, (sqlite3.IntegrityError, psycopg.IntegrityError)) or state in LOST_RACES:
        return Conflict(str(error))
    if isinstance(error, (sqlite3.DataError, psycopg.DataError)):
        return Unkeepable(state)
    ours = state == "SQLITE_ERROR"  # SQLite's word for a statement that makes no sense
    unasked = isinstance(error, (sqlite3.OperationalError, sqlite3.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError))
    return StoreDown(state) if state[:2] in DOWN or (unasked and not ours) else None


def _state(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None) or type(error).__name__
