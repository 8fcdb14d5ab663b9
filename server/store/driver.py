"""How statements in the databases' own words are handed to the drivers, past SQLAlchemy: on SQLite one by one, on PostgreSQL also many without waiting
for each answer. There every question costs a turn of two processes, and a press asks a dozen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection

from server.store.kept import Conflict

Rows = Sequence[Sequence[Any]]

ROWS_TOGETHER = (400, 40, 8, 1)
"""Rows in one INSERT on SQLite: its driver lets go of the interpreter at each statement, and must wait to have it back. Beside a busy thread that is 5 ms
each time, while the database is locked to everybody: the end of a country's exercise kept a real press waiting for nine seconds."""

SKIPPING = " FOR UPDATE SKIP LOCKED"
"""What another server is just taking is passed over, not waited for. SQLite has one server, and no such word."""


@dataclass(frozen=True, slots=True)
class Words:
    """One statement on both databases. `:` stands for a value, `IN :` for a list of them, `IN PAIRS :` for a list of pairs of texts, `IN SINCE :` for the
    alarms that streams tell of (`Since`).

    `columns`: named where it gives thousands of rows, of texts and numbers. SQLite's driver lets go of the interpreter at each row and must wait to have it
    back: there they come as one."""

    text: str
    columns: tuple[str, ...] = ()

    def ask(self, connection: Connection, *values: Any) -> Rows:
        """The rows. A list of values is given as one value."""
        if on_sqlite(connection):
            rows = driver_of(connection).execute(_sqlite(self.text, self.columns), [one for value in values for one in _for_sqlite(value)]).fetchall()
            return orjson.loads(rows[0][0]) if self.columns else rows  # type: ignore[no-any-return]
        return self._sent(connection, values).fetchall()  # type: ignore[no-any-return]

    def ask_together(self, connection: Connection, *values: Any) -> Callable[[], Rows]:
        """As `ask`, within `together`: what it gives is called afterwards, and gives the rows."""
        if on_sqlite(connection):
            rows = self.ask(connection, *values)
            return lambda: rows
        return self._sent(connection, values).fetchall  # type: ignore[no-any-return]

    def run(self, connection: Connection, *values: Any) -> int:
        """How many rows it changed. Not within `together`."""
        return self.run_together(connection, *values)()

    def run_together(self, connection: Connection, *values: Any) -> Callable[[], int]:
        """As `run`, within `together`: what it gives is called after its end."""
        if on_sqlite(connection):
            cursor = driver_of(connection).execute(_sqlite(self.text), [one for value in values for one in _for_sqlite(value)])
        else:
            cursor = self._sent(connection, values)
        return lambda: cursor.rowcount

    def forbid(self, connection: Connection, *values: Any) -> None:
        """Raises Conflict where it finds a row: at once, or on PostgreSQL at the end of `together`."""
        if on_sqlite(connection):
            if self.ask(connection, *values):
                raise Conflict("somebody else was faster")
            return
        driver_of(connection).execute(_FORBID.format(_postgres(self.text)), self._values(values))

    def demand(self, connection: Connection, *values: Any) -> None:
        """Raises Conflict where it changes no row: at once, or on PostgreSQL at the end of `together`."""
        if on_sqlite(connection):
            if self.run(connection, *values) == 0:
                raise Conflict("somebody else was faster")
            return
        driver_of(connection).execute(_DEMAND.format(_postgres(self.text)), self._values(values))

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
        return driver_of(connection).execute(_postgres(self.text), self._values(values))

    def _values(self, values: Sequence[Any]) -> Sequence[Any]:
        """As PostgreSQL takes them."""
        marks = _marks(self.text)
        return [one for mark, value in zip(marks, values, strict=True) for one in _for_postgres(mark, value)] if marks else values


def together(connection: Connection) -> AbstractContextManager[Any]:
    """PostgreSQL: what is handed over within goes without waiting for answers; they are all there at the end. The first that fails is raised then, and none
    of the later ones is done."""
    return nullcontext() if on_sqlite(connection) else driver_of(connection).pipeline()  # type: ignore[no-any-return]


# PostgreSQL has no word for *unless*: what is divided by the count of rows, or of none, is refused (`engine.LOST_RACES`), and everything before it undone.
_FORBID = "SELECT 1 / (NOT EXISTS ({}))::int"
_DEMAND = "WITH changed AS ({} RETURNING 1) SELECT 1 / count(*) FROM changed"


def end_with_it(connection: Connection) -> None:
    """Within `together`, after its last statement: the transaction ends in the same turn. On SQLite it ends as any other."""
    if not on_sqlite(connection):
        driver_of(connection).execute("COMMIT")  # the driver's own `commit` would wait for answers to what it has not sent yet


def on_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


Inserted = tuple[str, tuple[str, ...], Sequence[tuple[Any, ...]]]
"""A table, columns, and rows of them."""


def insert_rows(connection: Connection, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows with these columns, into this table. Also within `together`."""
    insert_all(connection, (table, columns, rows))


def put_rows(connection: Connection, table: str, key: tuple[str, ...], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """As `insert_rows`, of the key's columns and these: a row that is there already gets the new values."""
    if not rows:
        return
    over = f"ON CONFLICT ({_names(key)}) DO UPDATE SET " + ", ".join(f'"{name}" = excluded."{name}"' for name in columns)
    if not on_sqlite(connection):
        text = _insert_json(((table, (*key, *columns)),))
        driver_of(connection).execute(f"{text} {over}", [orjson.dumps([dict(zip((*key, *columns), row)) for row in rows]).decode()])
        return
    _insert_together(driver_of(connection), table, (*key, *columns), rows, over)


def insert_all(connection: Connection, *of: Inserted) -> None:
    """Rows into several tables: on PostgreSQL as one statement, and also within `together`."""
    given = [one for one in of if one[2]]
    if not given:
        return
    driver = driver_of(connection)
    if not on_sqlite(connection):
        text = _insert_json(tuple((table, columns) for table, columns, _ in given))
        driver.execute(text, [orjson.dumps([dict(zip(columns, row)) for row in rows]).decode() for _, columns, rows in given])
        return
    for table, columns, rows in given:
        _insert_together(driver, table, columns, rows)


def _insert_together(driver: Any, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], over: str = "") -> None:
    start = 0
    for many in ROWS_TOGETHER:
        while len(rows) - start >= many:
            driver.execute(_insert(table, columns, many, over), [value for row in rows[start : start + many] for value in row])
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
        offices, alarms, before_last = zip(*rows)
        values = (_array(offices), _array(alarms), _numbers(before_last), at_us)
        return lambda ask=driver_of(connection).execute(_NUMBER, values).fetchall: dict(ask())  # type: ignore[misc]
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


@dataclass(frozen=True, slots=True)
class Since:
    """What streams tell of after these numbers, by office; at most `most` numbers of each."""

    after: Mapping[str, int]
    most: int


def streams_since(connection: Connection, since: Since) -> Callable[[], Rows]:
    """(office, its last number, a number after the given one or None, whose alarm) in the order of the numbers. An office that has no stream yet has no
    row. Within `together`: what it gives is called afterwards."""
    on = on_sqlite(connection)
    text, values = (_HEADS_SINCE_SQLITE, _for_sqlite(since)) if on else (_HEADS_SINCE, _for_postgres("IN SINCE :", since))
    return driver_of(connection).execute(text, values).fetchall  # type: ignore[no-any-return]


_HEADS_SINCE_SQLITE = (
    "SELECT h.office_id, h.seq, s.seq, s.alarm_id FROM json_each(?) JOIN stream_head h ON h.office_id = key "
    "LEFT JOIN stream s ON s.office_id = h.office_id AND s.seq > value AND s.seq <= value + ? ORDER BY h.office_id, s.seq"
)
_SINCE_SQLITE = "SELECT s.alarm_id FROM json_each(?) JOIN stream s ON s.office_id = key AND s.seq > value AND s.seq <= value + ?"
# With the limit PostgreSQL looks into the index for these numbers alone; as a plain join it read the office's whole stream.
_WANTED = "unnest(%s::text[], %s::bigint[]) AS wanted (key, value)"
_NUMBERS = "(SELECT seq, alarm_id FROM stream WHERE office_id = key AND seq > value AND seq <= value + %s ORDER BY seq LIMIT %s) s ON true"
_HEADS_SINCE = (
    f"SELECT h.office_id, h.seq, s.seq, s.alarm_id FROM {_WANTED} JOIN stream_head h ON h.office_id = key LEFT JOIN LATERAL {_NUMBERS} "
    "ORDER BY h.office_id, s.seq"
)
_SINCE = f"SELECT s.alarm_id FROM {_WANTED} JOIN LATERAL {_NUMBERS}"


def _for_sqlite(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Since):
        return orjson.dumps(value.after).decode(), value.most
    return (orjson.dumps(value).decode() if isinstance(value, list) else value,)


def _for_postgres(mark: str, value: Any) -> tuple[Any, ...]:
    if mark == "IN SINCE :":
        return _array(value.after), _numbers(value.after.values()), value.most, value.most
    if mark == "IN PAIRS :":
        return _array(a for a, _ in value), _array(b for _, b in value)
    return (_array(value),) if mark == "IN :" else (value,)


def _array(texts: Iterable[str]) -> str:
    """As PostgreSQL writes an array: the driver's own way to do it takes many times as long."""
    return "{" + ",".join(f'"{text.translate(_QUOTED)}"' for text in texts) + "}"


def _numbers(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


_QUOTED = str.maketrans({'"': '\\"', "\\": "\\\\"})


_MARKS = re.compile("(IN PAIRS :|IN SINCE :|IN :|:)")
_ON_SQLITE = {
    "IN PAIRS :": "IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))", "IN SINCE :": f"IN ({_SINCE_SQLITE})",
    "IN :": "IN (SELECT value FROM json_each(?))", ":": "?",
}  # fmt: skip
_ON_POSTGRES = {
    "IN PAIRS :": "IN (SELECT * FROM unnest(%s::text[], %s::text[]))", "IN SINCE :": f"IN ({_SINCE})", "IN :": "= ANY(%s)", ":": "%s",
}  # fmt: skip


@cache
def _marks(text: str) -> tuple[str, ...]:
    """Where a value is more than itself; nothing where none is."""
    marks = tuple(_MARKS.findall(text))
    return marks if any(mark != ":" for mark in marks) else ()


@cache
def _sqlite(text: str, columns: tuple[str, ...] = ()) -> str:
    text = "".join(_ON_SQLITE.get(part, part) for part in _MARKS.split(text.replace(SKIPPING, "")))
    return f"SELECT json_group_array(json_array({', '.join(columns)})) FROM ({text})" if columns else text


@cache
def _postgres(text: str) -> str:
    return "".join(_ON_POSTGRES.get(part, part) for part in _MARKS.split(text))


@cache
def _insert(table: str, columns: tuple[str, ...], rows: int, over: str) -> str:
    names, marks = _names(columns), ", ".join("?" for _ in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ' + ", ".join(f"({marks})" for _ in range(rows)) + " " + over


@cache
def _insert_json(of: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """All rows of a table as one value: a statement with a row's every value for each would be many times as dear to hand over."""
    *before, last = [
        f'INSERT INTO "{table}" ({_names(columns)}) SELECT {_names(columns)} FROM json_populate_recordset(NULL::"{table}", %s::json)' for table, columns in of
    ]
    return ("WITH " + ", ".join(f"put_{n} AS ({one})" for n, one in enumerate(before)) + " " if before else "") + last


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
