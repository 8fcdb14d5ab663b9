"""The statements that every press, and every deadline of a visit, passes, in the databases' own words. SQLAlchemy's take three times as long
to begin as a short one takes to run, and a machine that has been idle pays most for whatever code it has not run lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection

from server.core.model import ENDED, State
from server.core.orders import Say
from server.store.rows import ORDER_READ

ROWS_TOGETHER = (40, 8, 1)
"""Rows in one INSERT on SQLite: its driver lets go of the interpreter at each statement, and must wait to have it back."""


SKIPPING = " FOR UPDATE SKIP LOCKED"
"""What another server is just taking is passed over, not waited for. SQLite has one server, and no such word."""


@dataclass(frozen=True, slots=True)
class Words:
    """One statement on both databases. `:` stands for a value, `IN :` for a list of them.

    `columns`: named where it gives thousands of rows, of texts and numbers. SQLite's driver lets go of the interpreter at each row and must wait to have it
    back: there they come as one."""

    text: str
    columns: tuple[str, ...] = ()

    def ask(self, connection: Connection, *values: Any) -> Sequence[Sequence[Any]]:
        """The rows. A list of values is given as one value."""
        if connection.dialect.name == "sqlite":
            given = [orjson.dumps(one).decode() if isinstance(one, list) else one for one in values]
            rows = driver_of(connection).execute(_sqlite(self.text, self.columns), given).fetchall()
            return orjson.loads(rows[0][0]) if self.columns else rows  # type: ignore[no-any-return]
        return connection.exec_driver_sql(_postgres(self.text), values).fetchall()

    def run(self, connection: Connection, *values: Any) -> int:
        """How many rows it changed."""
        if connection.dialect.name == "sqlite":
            given = [orjson.dumps(one).decode() if isinstance(one, list) else one for one in values]
            return driver_of(connection).execute(_sqlite(self.text), given).rowcount  # type: ignore[no-any-return]
        return connection.exec_driver_sql(_postgres(self.text), values).rowcount

    def run_each(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Once for each row of values; how many rows it changed in all."""
        if connection.dialect.name == "sqlite":
            return driver_of(connection).executemany(_sqlite(self.text), rows).rowcount  # type: ignore[no-any-return]
        return connection.exec_driver_sql(_postgres(self.text), list(rows)).rowcount


def driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


@cache
def _sqlite(text: str, columns: tuple[str, ...] = ()) -> str:
    text = text.replace("IN :", "IN (SELECT value FROM json_each(?))").replace(":", "?").replace(SKIPPING, "")
    return f"SELECT json_group_array(json_array({', '.join(columns)})) FROM ({text})" if columns else text


@cache
def _postgres(text: str) -> str:
    return text.replace("IN :", "= ANY(%s)").replace(":", "%s")


def insert_rows(connection: Connection, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows with these columns, into this table."""
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(_insert(table, columns, 1, "%s"), list(rows))  # the driver sends them together
        return
    driver, start = driver_of(connection), 0
    for together in ROWS_TOGETHER:
        while len(rows) - start >= together:
            driver.execute(_insert(table, columns, together, "?"), [value for row in rows[start : start + together] for value in row])
            start += together


@cache
def _insert(table: str, columns: tuple[str, ...], rows: int, mark: str) -> str:
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join(mark for _ in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ' + ", ".join(f"({marks})" for _ in range(rows))


def advance_heads(connection: Connection, counts: dict[str, int]) -> dict[str, int]:
    """Adds so many to the last number of each stream, and gives it. Takes their row locks in the order given."""
    upsert = "ON CONFLICT (office_id) DO UPDATE SET seq = stream_head.seq + excluded.seq RETURNING office_id, seq"
    if connection.dialect.name == "sqlite":
        counted = orjson.dumps(counts).decode()
        text = f"INSERT INTO stream_head (office_id, seq) SELECT key, value FROM json_each(?) WHERE true {upsert}"
        return dict(driver_of(connection).execute(text, (counted,)).fetchall())
    text = f"INSERT INTO stream_head (office_id, seq) SELECT * FROM unnest(%s::text[], %s::bigint[]) {upsert}"
    return {row[0]: row[1] for row in connection.exec_driver_sql(text, (list(counts), list(counts.values()))).fetchall()}


def streams_between(connection: Connection, after: dict[str, int], most: int) -> Sequence[Sequence[Any]]:
    """(office, its last number, a number after the given one or None, whose alarm) in the order of the numbers, at most so many of each office. An
    office that has no stream yet has no row."""
    wanted = ("json_each(?)", "?") if connection.dialect.name == "sqlite" else ("unnest(%s::text[], %s::bigint[]) AS wanted (key, value)", "%s")
    text = (
        f"SELECT h.office_id, h.seq, s.seq, s.alarm_id FROM {wanted[0]} JOIN stream_head h ON h.office_id = key "
        f"LEFT JOIN stream s ON s.office_id = h.office_id AND s.seq > value AND s.seq <= value + {wanted[1]} ORDER BY h.office_id, s.seq"
    )
    if connection.dialect.name == "sqlite":
        return driver_of(connection).execute(text, (orjson.dumps(after).decode(), most)).fetchall()  # type: ignore[no-any-return]
    return connection.exec_driver_sql(text, (list(after), list(after.values()), most)).fetchall()


_OPEN = ", ".join(f"'{state.value}'" for state in State if state not in ENDED)
_RANK = "CASE WHEN status = 'seen' THEN 3 WHEN status IN ('reached', 'done') THEN 2 WHEN status = 'failed' THEN 0 ELSE 1 END"
_TELLS = f"say = '{Say.ALARM.value}' AND NOT device"

SIGNALS_BY_ID = Words("SELECT id, body, digest, outcome, alarm_id, received_us FROM signal WHERE id IN :")
OPEN_BY_PRESSER = Words(f"SELECT id, body, opened_us FROM alarm WHERE state IN ({_OPEN}) AND presser IN :")
OPEN_IDS_BY_PRESSER = Words(f"SELECT id FROM alarm WHERE state IN ({_OPEN}) AND presser IN :")
ALARMS_BY_ID = Words("SELECT id, body FROM alarm WHERE id IN :")
ALARM_COLUMNS = ("version", "office_id", "zone_id", "presser", "state", "due_us", "opened_us", "ended_us", "body")
UPDATE_ALARM = Words(f"UPDATE alarm SET {', '.join(f'{name} = :' for name in ALARM_COLUMNS)} WHERE id = : AND version = :")
ARMED_BY_ID = Words('SELECT device_id, purpose, "by", until_us FROM armed WHERE device_id IN : AND until_us >= :')
HEADS_OF = Words("SELECT office_id, seq FROM stream_head WHERE office_id IN :")
TOLD_NAMED = Words(
    f'SELECT alarm_id, recipient, {_RANK} AS told, channel FROM "order" WHERE {_TELLS} AND alarm_id IN : ORDER BY made_us, id',
    ("alarm_id", "recipient", "told", "channel"),
)
STATUSES_OF_STEP = Words(f'SELECT status FROM "order" WHERE alarm_id = : AND made_us = : AND {_TELLS}')
RECEIPTABLE = Words(
    'SELECT id, alarm_id, recipient, made_us FROM "order" WHERE alarm_id IN : AND recipient IN : AND status IN :',
    ("id", "alarm_id", "recipient", "made_us"),
)
_UNTRIED_PUSH = "rung = 0 AND substr(ladder, 1, 4) = 'push' AND replace(tries, 'push ', '') = tries"
_RECEIPT_OF = "WHERE id IN : AND status NOT IN ('seen', 'done', 'void')"
DRAWN = Words(f"UPDATE \"order\" SET status = :, tries = tries || :, channel = 'screen', next_us = CASE WHEN {_UNTRIED_PUSH} THEN next_us END {_RECEIPT_OF}")
PUSHED = Words(f"UPDATE \"order\" SET status = :, tries = tries || :, channel = 'push', next_us = NULL {_RECEIPT_OF}")
_RECORDED = "tries = tries || :, lease = NULL, lease_us = NULL WHERE id = : AND lease = :"
_DEVICE = ("device_id", "state", "heard_us", "battery", "flags", "gateway_id")
PUT_DEVICE = Words(
    f"INSERT INTO device_state ({', '.join(_DEVICE)}) VALUES ({', '.join(':' for _ in _DEVICE)}) ON CONFLICT (device_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _DEVICE[1:])
)
DEVICES_BY_ID = Words(f"SELECT {', '.join(_DEVICE)}, tested_us FROM device_state WHERE device_id IN :")
# Milliseconds, since microseconds of a whole country are more than SQLite adds up; where that hides a change, the duty is another.
DUTY_MARK = Words("SELECT COUNT(*), SUM(since_us / 1000), SUM(CASE duty WHEN 'off' THEN 0 WHEN 'present' THEN 1 ELSE 2 END) FROM duty")
_FREE = 'FROM "order" WHERE device = : AND next_us <= : AND lease_us IS NULL'
_SOONEST = f"ORDER BY next_us LIMIT :{SKIPPING}"
_TAKE = f'UPDATE "order" SET lease = :, lease_us = : WHERE id IN (SELECT id FROM free) RETURNING {", ".join(ORDER_READ)}'
ANY_FREE = Words(f"SELECT 1 {_FREE} LIMIT 1")
ANY_FREE_OF = Words(f"SELECT 1 {_FREE} AND office_id IN : LIMIT 1")
LEASE = Words(f"WITH free AS MATERIALIZED (SELECT id {_FREE} {_SOONEST}) {_TAKE}")
LEASE_OF = Words(f"WITH free AS MATERIALIZED (SELECT id {_FREE} AND office_id IN : {_SOONEST}) {_TAKE}")
_OVERDUE = 'FROM "order" WHERE device = : AND next_us IS NOT NULL AND lease_us < :'
ANY_LEASE_OVER = Words(f"SELECT 1 {_OVERDUE} LIMIT 1")
END_LEASES_OVER = Words(f'UPDATE "order" SET lease = NULL, lease_us = NULL WHERE id IN (SELECT id {_OVERDUE}{SKIPPING})')
NEXT_ORDER = Words('SELECT min(next_us) FROM "order" WHERE device = : AND next_us IS NOT NULL AND lease_us IS NULL')
NEXT_LEASE_OVER = Words('SELECT min(lease_us) FROM "order" WHERE device = : AND next_us IS NOT NULL AND lease_us IS NOT NULL')
SOONEST = Words("SELECT due_us, id FROM alarm WHERE due_us IS NOT NULL ORDER BY due_us, id LIMIT :")
DUE_UNTIL = Words("SELECT due_us, id FROM alarm WHERE due_us <= : ORDER BY due_us, id LIMIT :")
VISITS_SOONEST = Words("SELECT due_us, id FROM visit WHERE due_us IS NOT NULL ORDER BY due_us, id LIMIT :")
VISITS_DUE_UNTIL = Words("SELECT due_us, id FROM visit WHERE due_us <= : ORDER BY due_us, id LIMIT :")
DRILLS_SOONEST = Words("SELECT due_us, id FROM drill WHERE due_us IS NOT NULL ORDER BY due_us, id LIMIT :")
DRILLS_DUE_UNTIL = Words("SELECT due_us, id FROM drill WHERE due_us <= : ORDER BY due_us, id LIMIT :")
RECORD = Words(f"UPDATE \"order\" SET rung = :, next_us = :, status = :, channel = :, reason = :, {_RECORDED} AND status = 'waiting'")
RECORD_TRY = Words(f"UPDATE \"order\" SET rung = :, next_us = NULL, {_RECORDED} AND status IN ('reached', 'seen')")
VISIT_COLUMNS = ("version", "office_id", "state", "due_us", "starts_us", "ended_us", "decided_us", "forgettable", "body")
UPDATE_VISIT = Words(f"UPDATE visit SET {', '.join(f'{name} = :' for name in VISIT_COLUMNS)} WHERE id = : AND version = :")
PEOPLE_OF_VISITS = Words("SELECT person_id, visit_id, away FROM visit_person WHERE visit_id IN :")
DELETE_VISIT_PERSON = Words("DELETE FROM visit_person WHERE person_id = : AND visit_id = :")
