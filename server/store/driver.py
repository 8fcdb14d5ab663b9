"""How statements in the databases' own words are handed to the drivers, past SQLAlchemy: on SQLite one by one, on PostgreSQL also many without waiting
for each answer. There every question costs a turn of two processes, and a press asks a dozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection

Rows = Sequence[Sequence[Any]]

ROWS_TOGETHER = (40, 8, 1)
"""Rows in one INSERT on SQLite: its driver lets go of the interpreter at each statement, and must wait to have it back."""

SKIPPING = " FOR UPDATE SKIP LOCKED"
"""What another server is just taking is passed over, not waited for. SQLite has one server, and no such word."""


@dataclass(frozen=True, slots=True)
class Words:
    """One statement on both databases. `:` stands for a value, `IN :` for a list of them, `IN PAIRS :` for a list of pairs of texts.

    `columns`: named where it gives thousands of rows, of texts and numbers. SQLite's driver lets go of the interpreter at each row and must wait to have it
    back: there they come as one."""

    text: str
    columns: tuple[str, ...] = ()

    def ask(self, connection: Connection, *values: Any) -> Rows:
        """The rows. A list of values is given as one value."""
        if on_sqlite(connection):
            rows = driver_of(connection).execute(_sqlite(self.text, self.columns), _in_json(values)).fetchall()
            return orjson.loads(rows[0][0]) if self.columns else rows  # type: ignore[no-any-return]
        return self._sent(connection, values).fetchall()  # type: ignore[no-any-return]

    def ask_together(self, connection: Connection, *values: Any) -> Callable[[], Rows]:
        """As `ask`, within `together`: what it gives is called afterwards, and gives the rows."""
        if on_sqlite(connection):
            rows = self.ask(connection, *values)
            return lambda: rows
        return self._sent(connection, values).fetchall  # type: ignore[no-any-return]

    def run(self, connection: Connection, *values: Any) -> int:
        """How many rows it changed."""
        if on_sqlite(connection):
            return driver_of(connection).execute(_sqlite(self.text), _in_json(values)).rowcount  # type: ignore[no-any-return]
        return self._sent(connection, values).rowcount  # type: ignore[no-any-return]

    def run_together(self, connection: Connection, *values: Any) -> Callable[[], int]:
        """As `run`, within `together`: what it gives is called after its end, and gives how many rows it changed."""
        if on_sqlite(connection):
            changed = self.run(connection, *values)
            return lambda: changed
        cursor = self._sent(connection, values)
        return lambda: cursor.rowcount

    def run_each(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Once for each row of values; how many rows it changed in all. Not within `together`."""
        return self.run_each_together(connection, rows)()

    def run_each_together(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> Callable[[], int]:
        """As `run_each`, within `together`: what it gives is called after its end."""
        if not rows:
            return int
        cursor = driver_of(connection).cursor()
        cursor.executemany(_sqlite(self.text) if on_sqlite(connection) else _postgres(self.text), rows)
        return lambda: cursor.rowcount

    def _sent(self, connection: Connection, values: Sequence[Any]) -> Any:
        if "PAIRS" in self.text:
            values = [side for one in values for side in (([a for a, _ in one], [b for _, b in one]) if isinstance(one, list) else (one,))]
        return driver_of(connection).execute(_postgres(self.text), values)


def together(connection: Connection) -> AbstractContextManager[Any]:
    """PostgreSQL: what is handed over within goes without waiting for answers; they are all there at the end. The first that fails is raised then, and none
    of the later ones is done."""
    return nullcontext() if on_sqlite(connection) else driver_of(connection).pipeline()  # type: ignore[no-any-return]


def on_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


def insert_rows(connection: Connection, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows with these columns, into this table. Also within `together`."""
    if not rows:
        return
    driver = driver_of(connection)
    if not on_sqlite(connection):
        driver.execute(_insert_json(table, columns), (orjson.dumps([dict(zip(columns, row)) for row in rows]).decode(),))
        return
    start = 0
    for many in ROWS_TOGETHER:
        while len(rows) - start >= many:
            driver.execute(_insert(table, columns, many), [value for row in rows[start : start + many] for value in row])
            start += many


def number_streams(connection: Connection, streams: Sequence[tuple[str, str]], at_us: int | None) -> Callable[[], dict[str, int]]:
    """Gives each (office, alarm) the next number of its office's stream; what it gives says, when called after `together`, the last number of each. The
    row locks are taken in the order of the offices, so that two servers cannot lock crosswise."""
    if not streams:
        return dict
    of_office: dict[str, list[str]] = {}
    for office, alarm_id in streams:
        of_office.setdefault(office, []).append(alarm_id)
    if not on_sqlite(connection):
        rows = [(office, alarm_id, len(ids) - n) for office, ids in of_office.items() for n, alarm_id in enumerate(ids, 1)]
        columns = [list(column) for column in zip(*rows)]
        return lambda ask=driver_of(connection).execute(_NUMBER, (*columns, at_us)).fetchall: dict(ask())  # type: ignore[misc]
    counts = orjson.dumps({office: len(of_office[office]) for office in sorted(of_office)}).decode()
    heads = dict(driver_of(connection).execute(_ADVANCE, (counts,)).fetchall())
    numbered = [
        (office, heads[office] - len(ids) + n, alarm_id, at_us) for office, ids in of_office.items() for n, alarm_id in enumerate(ids, 1)
    ]
    insert_rows(connection, "stream", ("office_id", "seq", "alarm_id", "at_us"), numbered)
    return lambda: heads


_UPSERT = "ON CONFLICT (office_id) DO UPDATE SET seq = stream_head.seq + excluded.seq RETURNING office_id, seq"
_ADVANCE = f"INSERT INTO stream_head (office_id, seq) SELECT key, value FROM json_each(?) WHERE true {_UPSERT}"
_NUMBER = (
    "WITH wanted AS (SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS wanted (office_id, alarm_id, before_last)), "
    f"head AS (INSERT INTO stream_head (office_id, seq) SELECT office_id, count(*) FROM wanted GROUP BY office_id ORDER BY office_id {_UPSERT}), "
    "put AS (INSERT INTO stream (office_id, seq, alarm_id, at_us) "
    "SELECT office_id, head.seq - before_last, alarm_id, %s FROM wanted JOIN head USING (office_id)) SELECT office_id, seq FROM head"
)


def streams_between(connection: Connection, after: Mapping[str, int], most: int) -> Rows:
    """(office, its last number, a number after the given one or None, whose alarm) in the order of the numbers, at most so many of each office. An
    office that has no stream yet has no row."""
    if on_sqlite(connection):
        return driver_of(connection).execute(_BETWEEN_SQLITE, (orjson.dumps(after).decode(), most)).fetchall()  # type: ignore[no-any-return]
    return driver_of(connection).execute(_BETWEEN, (list(after), list(after.values()), most, most)).fetchall()  # type: ignore[no-any-return]


_BETWEEN_SQLITE = (
    "SELECT h.office_id, h.seq, s.seq, s.alarm_id FROM json_each(?) JOIN stream_head h ON h.office_id = key "
    "LEFT JOIN stream s ON s.office_id = h.office_id AND s.seq > value AND s.seq <= value + ? ORDER BY h.office_id, s.seq"
)
# With the limit PostgreSQL looks into the index for these numbers alone; as a plain join it read the office's whole stream.
_BETWEEN = (
    "SELECT h.office_id, h.seq, s.seq, s.alarm_id FROM unnest(%s::text[], %s::bigint[]) AS wanted (key, value) JOIN stream_head h ON h.office_id = key "
    "LEFT JOIN LATERAL (SELECT seq, alarm_id FROM stream WHERE office_id = h.office_id AND seq > value AND seq <= value + %s ORDER BY seq LIMIT %s) s "
    "ON true ORDER BY h.office_id, s.seq"
)


def _in_json(values: Sequence[Any]) -> list[Any]:
    return [orjson.dumps(one).decode() if isinstance(one, list) else one for one in values]


@cache
def _sqlite(text: str, columns: tuple[str, ...] = ()) -> str:
    text = text.replace("IN PAIRS :", "IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))").replace("IN :", "IN (SELECT value FROM json_each(?))")
    text = text.replace(":", "?").replace(SKIPPING, "")
    return f"SELECT json_group_array(json_array({', '.join(columns)})) FROM ({text})" if columns else text


@cache
def _postgres(text: str) -> str:
    pairs = "IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
    return text.replace("IN PAIRS :", "IN PAIRS").replace("IN :", "= ANY(%s)").replace(":", "%s").replace("IN PAIRS", pairs)


@cache
def _insert(table: str, columns: tuple[str, ...], rows: int) -> str:
    names, marks = _names(columns), ", ".join("?" for _ in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ' + ", ".join(f"({marks})" for _ in range(rows))


@cache
def _insert_json(table: str, columns: tuple[str, ...]) -> str:
    """All rows as one value: a statement with a row's every value for each would be many times as dear to hand over."""
    return f'INSERT INTO "{table}" ({_names(columns)}) SELECT {_names(columns)} FROM json_populate_recordset(NULL::"{table}", %s::json)'


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
