"""The store in SQL: SQLite for an office, PostgreSQL for many. Plain statements on the tables, no ORM session."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    case,
    Connection,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from server.core.log import Entry
from server.core.model import Alarm
from server.core.orders import Order, Receipt, Status, Try, after_receipt
from server.core.projection import Told
from server.store import words
from server.store.codec import Remembered, from_us, instant, load_signal, to_us
from server.store.contract import (
    ActionKept,
    Alone,
    Change,
    Conflict,
    Health,
    Known,
    Looked,
    News,
    OrderUpdate,
    ReceiptOf,
    SignalKept,
)
from server.store.driver import Inserted, Rows, Since, end_with_it, insert_all, number_streams, streams_since, together
from server.store.rows import (
    ORDER_COLUMNS,
    ORDER_READ,
    action_values,
    alarm_values,
    log_values,
    order_of,
    order_row,
    signal_values,
    told_of,
    try_text,
)
from server.store.sql_aftermath import SqlAftermath
from server.store.sql_configurations import SqlConfigurations
from server.store.sql_keys import SqlKeys
from server.store.sql_people import SqlPeople, armed_of, save_taken
from server.store.sql_phones import SqlPhones
from server.store.sql_drills import OPEN_STATES, SqlDrills, save_drills
from server.store.sql_proofs import SqlProofs
from server.store.sql_visits import SqlVisits, save_visits
from server.store.statements import (
    ALARM,
    SIGNAL,
    LOG,
    ORDER,
    ACTION,
    STREAM,
    ARMED,
    SESSION,
    INVITATION,
    RANK_WORD,
    WAITING,
    OPEN,
    OPEN_DRILLS,
    ACTIONS_BY_ID,
    TOLD_COUNTED,
    CUSTODY,
    VISIT,
    DRILL,
    NONCE,
    ONLINE,
    EPOCH,
    WHICH_DATABASE,
    chunks,
)


LOOK_MOST = 5000
TOLD_MOST = 2_000
"""Rows of orders that come with a look. Where there are more, how their telling stands is asked by itself."""
ORDER_WHOLE = [ORDER.c[name] for name in ORDER_READ]


class SqlStore(SqlPeople, SqlAftermath, SqlKeys, SqlPhones, SqlProofs, SqlVisits, SqlDrills, SqlConfigurations):
    """Keeps the contract in `contract.py`."""

    def __init__(self, url: str, create: bool = False) -> None:
        super().__init__(url, create)
        self._remembered = Remembered()

    # ---------------------------------------------------------------- the alarm path

    def commit(self, change: Change) -> dict[str, int]:
        alarms = [(base, alarm_values(alarm)) for base, alarm in change.alarms]
        with self._write(urgent=bool(change.signals or change.actions)) as connection:  # somebody has pressed, or waits for an answer
            with together(connection):
                heads = number_streams(connection, change.streams, to_us(change.at))
                _alone(connection, change.alone)
                _change_alarms(connection, alarms)
                insert_all(
                    connection,
                    _of(ALARM, [values for base, values in alarms if base == 0]),
                    _of(SIGNAL, [signal_values(kept) for kept in change.signals]),
                    _of(LOG, [log_values(entry) for entry in change.entries]),
                    ("order", ORDER_COLUMNS, [order_row(order) for order in change.orders]),
                    _of(ACTION, [action_values(action) for action in change.actions]),
                )
                if not (change.visits or change.drills or change.parts or change.disarmed or change.taken):
                    end_with_it(connection)
            seqs = heads()
            save_visits(connection, change.visits, change.at)
            save_drills(connection, change.drills, change.parts)
            if change.disarmed and connection.execute(delete(ARMED).where(ARMED.c.device_id.in_(change.disarmed))).rowcount != len(set(change.disarmed)):
                raise Conflict("a device is armed no longer")
            save_taken(connection, change.taken)
        for (_, alarm), (_, values) in zip(change.alarms, alarms):
            self._remembered.keep(str(values["body"]), alarm)
        return seqs

    def signals(self, ids: Iterable[str]) -> dict[str, SignalKept]:
        with self._read() as connection:
            return dict(_kept(row) for chunk in chunks(ids) for row in words.SIGNALS_BY_ID.ask(connection, chunk))

    def known(
        self, now: datetime, ids: Iterable[str] = (), devices: Iterable[str] = (), pressers: Iterable[str] = (), zones: Iterable[tuple[str, str]] = ()
    ) -> Known:
        with self._read() as connection:
            rows = words.KNOWN.ask(connection, list(ids), list(devices), to_us(now), list(pressers), list(zones))
        found: dict[str, list[Sequence[Any]]] = {"signal": [], "armed": [], "alarm": []}
        for what, *row in rows:
            found[what].append(row)
        alarms = sorted({(opened_us, one, body) for one, body, *_, opened_us in found["alarm"]})
        return Known(
            dict(map(_kept, found["signal"])), dict(armed_of((*row[:3], row[-1])) for row in found["armed"]),
            [self._remembered.load(body) for _, _, body in alarms],
        )  # fmt: skip

    def open_drills(self) -> list[Alarm]:
        with self._read() as connection:
            return [self._remembered.load(body) for body in connection.execute(OPEN_DRILLS).scalars()]

    def alarms_of_drill(self, drill_id: str) -> list[Alarm]:
        statement = select(ALARM.c.body).where(ALARM.c.drill_id == drill_id).order_by(ALARM.c.opened_us, ALARM.c.id)
        with self._read() as connection:
            return [self._remembered.load(body) for body in connection.execute(statement).scalars()]

    def alarms(self, ids: Iterable[str]) -> dict[str, Alarm]:
        with self._read() as connection:
            return {
                one: self._remembered.load(body) for chunk in chunks(ids) for one, body in words.ALARMS_BY_ID.ask(connection, chunk)
            }

    def alarms_of(self, offices: Iterable[str], ended_since: datetime) -> list[Alarm]:
        return self._concerning(offices, or_(ALARM.c.due_us.is_not(None), ALARM.c.ended_us >= to_us(ended_since)))

    def open_reals(self, offices: Iterable[str]) -> list[Alarm]:
        return self._concerning(offices, and_(ALARM.c.due_us.is_not(None), ALARM.c.drill_id.is_(None)))

    def _concerning(self, offices: Iterable[str], which: ColumnElement[bool]) -> list[Alarm]:
        offices = list(offices)
        concerned = select(STREAM.c.alarm_id).where(STREAM.c.office_id.in_(offices))
        where = and_(which, or_(ALARM.c.office_id.in_(offices), ALARM.c.id.in_(concerned)))
        with self._read() as connection:
            rows = connection.execute(select(ALARM.c.body).where(where).order_by(ALARM.c.opened_us, ALARM.c.id)).all()
        return [self._remembered.load(row.body) for row in rows]

    def actions(self, ids: Iterable[str]) -> dict[str, ActionKept]:
        with self._read() as connection:
            rows = connection.execute(ACTIONS_BY_ID, {"ids": list(ids)}).all()
        return {r.id: ActionKept(r.id, r.person_id, r.alarm_id, r.digest, instant(r.at_us), r.reason) for r in rows}

    def log(self, alarm_id: str) -> list[Entry]:
        with self._read() as connection:
            rows = connection.execute(select(LOG).where(LOG.c.alarm_id == alarm_id).order_by(LOG.c.n)).all()
        return [Entry(r.alarm_id, r.n, instant(r.at_us), r.what, r.by, r.data, r.salt, r.digest, r.hash) for r in rows]

    def alarm_ids(self) -> list[str]:
        with self._read() as connection:
            return [row.id for row in connection.execute(select(ALARM.c.id).order_by(ALARM.c.opened_us, ALARM.c.id))]

    def deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        with self._read() as connection:
            rows = words.SOONEST.ask(connection, limit) if until is None else words.DUE_UNTIL.ask(connection, to_us(until), limit)
        return [(instant(due_us), one) for due_us, one in rows]

    # ---------------------------------------------------------------- streams

    def epoch(self) -> str:
        """Made with the database; `migrate.restored` takes it away, so that clients of a restored database take a snapshot. PostgreSQL says by itself
        when it is another one, also to servers that run on meanwhile."""
        with self._read() as connection:
            made = connection.execute(EPOCH).scalar()
            which = "" if self._sqlite else connection.execute(WHICH_DATABASE).scalar()
        made = made or self._made_once("epoch", secrets.token_hex(6))
        return made if self._sqlite else f"{made}-{hashlib.sha256(str(which).encode()).hexdigest()[:8]}"

    def key(self, name: str) -> bytes:
        if name not in self._keys:
            self._keys[name] = bytes.fromhex(self._made_once(f"key:{name}", secrets.token_hex(32)))
        return self._keys[name]

    def heads(self, offices: Iterable[str]) -> dict[str, int]:
        offices = list(offices)
        with self._read() as connection:
            found = {office: seq for chunk in chunks(offices) for office, seq in words.HEADS_OF.ask(connection, chunk)}
        return {office: found.get(office, 0) for office in offices}

    def look(self, office_id: str, after: int, limit: int = LOOK_MOST) -> Looked:
        with self._read() as connection:
            return _looked({office_id: after}, streams_since(connection, Since({office_id: after}, limit))())[office_id]

    def news(self, after: Mapping[str, int], named_most: int) -> News:
        since = Since(after, LOOK_MOST)
        with self._read() as connection:
            with together(connection):
                streams = streams_since(connection, since)
                bodies = words.ALARMS_SINCE.ask_together(connection, since)
                told = words.TOLD_SINCE.ask_together(connection, since, TOLD_MOST)
            looked = _looked(after, streams())
            alarms = {one: self._remembered.load(body) for one, body in bodies()}
            rows = told()
        named = {alarm.id: len(alarm.told) <= named_most for alarm in alarms.values()}
        return News(looked, alarms, _told(named, rows) if len(rows) < TOLD_MOST else self.told(named))

    # ---------------------------------------------------------------- orders

    def next_order_at(self) -> datetime | None:
        with self._read() as connection:
            with together(connection):
                asked = [soonest.ask_together(connection, False) for soonest in (words.NEXT_ORDER, words.NEXT_LEASE_OVER)]
            times = [us for rows in asked for (us,) in rows() if us is not None]
        return from_us(min(times, default=None))

    def lease(self, now: datetime, until: datetime, lease: str, limit: int, offices: Sequence[str] | None = None) -> list[Order]:
        now_us, until_us = to_us(now), to_us(until)
        of = () if offices is None else (list(offices),)
        device = offices is not None
        free = (device, now_us, *of)
        look, take = (words.ANY_FREE, words.LEASE) if offices is None else (words.ANY_FREE_OF, words.LEASE_OF)
        over = True
        if self._sqlite:  # most often there is nothing, and then no writer is disturbed
            with self._read() as connection:
                over = bool(words.ANY_LEASE_OVER.ask(connection, device, now_us))
                if not over and not look.ask(connection, *free):
                    return []
        with self._write_at_once() as connection:
            with together(connection):
                if over:
                    words.END_LEASES_OVER.run_together(connection, device, now_us)
                taken = take.ask_together(connection, *free, limit, lease, until_us)
            leased = [order_of(row) for row in taken()]
        return sorted(leased, key=lambda order: (order.next_at or now, order.id))

    def let_go(self, worker: str) -> None:
        held = and_(ORDER.c.next_us.is_not(None), ORDER.c.lease.startswith(f"{worker}/", autoescape=True))
        with self._write(durable=False) as connection:
            connection.execute(update(ORDER).where(held).values(lease=None, lease_us=None))

    def free_misplaced(self, now: datetime, after: datetime) -> int:
        now_us, after_us = to_us(now), to_us(after)
        late, held = ORDER.c.next_us > after_us, ORDER.c.lease_us > after_us
        with self._read() as connection:  # nearly always there is none
            if connection.execute(select(ORDER.c.id).where(or_(late, and_(held, ORDER.c.next_us.is_not(None)))).limit(1)).first() is None:
                return 0
        made_us = case((ORDER.c.made_us > now_us, now_us), else_=ORDER.c.made_us)  # its ladder is reckoned from there
        with self._write(durable=False) as connection:
            freed = connection.execute(update(ORDER).where(held, ORDER.c.next_us.is_not(None)).values(lease=None, lease_us=None)).rowcount
            return int(freed + connection.execute(update(ORDER).where(late).values(next_us=now_us, made_us=made_us)).rowcount)

    def record(self, updates: Sequence[OrderUpdate]) -> None:
        if not updates:
            return
        rows = [
            (o.rung, to_us(o.next_at), o.status.value, o.channel, o.reason, try_text(one.tried), o.id, one.lease)
            for one in sorted(updates, key=lambda one: one.order.id)
            for o in (one.order,)
        ]
        with self._write(durable=False) as connection:
            if words.RECORD.run_each(connection, rows) != len(rows):  # a screen was faster: what was tried is kept, and nothing more follows
                words.RECORD_TRY.run_each(connection, [(rung, tried, order_id, lease) for rung, *_, tried, order_id, lease in rows])

    def device_outcome(self, order_ids: Mapping[str, str], now: datetime) -> None:
        with self._write(durable=False) as connection:
            for order_id, outcome in sorted(order_ids.items()):
                where = and_(ORDER.c.id == order_id, ORDER.c.device.is_(True), ORDER.c.status == WAITING)
                if outcome == "retry":
                    values: dict[str, object] = {"next_us": (to_us(now) or 0) + 1_000_000, "lease": None, "lease_us": None}
                else:
                    status = Status.DONE if outcome == "accepted" else Status.FAILED
                    values = {"next_us": None, "status": status.value, "channel": "device", "lease": None, "lease_us": None}
                connection.execute(update(ORDER).where(where).values(values))

    def receipts(
        self, got: Iterable[ReceiptOf], seen: Iterable[ReceiptOf], pushed: Iterable[ReceiptOf] = (),
        at: datetime | None = None,
    ) -> set[str]:
        drawn, opened, shown = (_latest(some) for some in (got, seen, pushed))
        news: set[str] = set()
        for until, status, channel, before, statement in (
            (drawn, "reached", "screen", ["waiting", "failed"], words.DRAWN), (opened, "seen", "screen", ["waiting", "failed", "reached"], words.DRAWN),
            (shown, "reached", "push", ["waiting", "failed"], words.PUSHED),
        ):  # fmt: skip
            ids: list[str] = []
            people = sorted({person_id for person_id, _ in until})
            with self._read() as connection:
                for chunk in chunks(alarm_id for _, alarm_id in until):
                    for order_id, alarm_id, recipient, made_us in words.RECEIPTABLE.ask(connection, chunk, people, before):
                        if made_us <= until.get((recipient, alarm_id), -1):
                            ids.append(order_id)
                            news.add(alarm_id)
            for chunk in chunks(sorted(ids)):  # each by itself: a press waits for no more than these
                with self._write_at_once() as connection:
                    statement.run(connection, status, try_text(Try(channel, status, at) if at else None), chunk)
        return news

    def receipt(self, order_id: str, receipt: Receipt, channel: str, now: datetime) -> Order | None:
        with self._write(durable=receipt is Receipt.ANSWERED) as connection:
            row = connection.execute(select(*ORDER_WHOLE).where(ORDER.c.id == order_id).with_for_update()).first()
            if row is None:
                return None
            before = order_of(row)
            after = after_receipt(before, receipt, channel, now)
            if after is None:
                return before
            values = {"status": after.status.value, "channel": after.channel, "next_us": to_us(after.next_at)}
            connection.execute(update(ORDER).where(ORDER.c.id == order_id).values(**values, tries=ORDER.c.tries + try_text(after.tries[-1])))
            return after

    def orders(self, alarm_id: str) -> list[Order]:
        with self._read() as connection:
            return [order_of(row) for row in connection.execute(select(*ORDER_WHOLE).where(ORDER.c.alarm_id == alarm_id).order_by(ORDER.c.step, ORDER.c.id))]

    def told(self, alarms: Mapping[str, bool]) -> dict[str, Told]:
        result: dict[str, Told] = {}
        named = [alarm_id for alarm_id, names in alarms.items() if names]
        counted = [alarm_id for alarm_id, names in alarms.items() if not names]
        ranks: dict[str, Counter[int]] = {}
        with self._read() as connection:
            for chunk in chunks(named):
                result.update(_told(dict.fromkeys(chunk, True), words.TOLD_NAMED.ask(connection, chunk)))
            for chunk in chunks(counted):
                for alarm_id, best_of, number in connection.execute(TOLD_COUNTED, {"ids": chunk}):
                    ranks.setdefault(alarm_id, Counter())[best_of] += number
        result.update({alarm_id: told_of(counts) for alarm_id, counts in ranks.items()})
        return {alarm_id: result.get(alarm_id, Told()) for alarm_id in alarms}

    def step_unreached(self, alarm_id: str, made_at: datetime) -> bool:
        with self._read() as connection:
            statuses = words.STATUSES_OF_STEP.ask(connection, alarm_id, to_us(made_at))
        return bool(statuses) and all(status == Status.FAILED for (status,) in statuses)

    # ---------------------------------------------------------------- watching itself

    def health(self, now: datetime, overdue_before: datetime, leased_before: datetime) -> Health:
        with self._read() as connection:
            count = lambda table, where: connection.execute(select(func.count()).select_from(table).where(where)).scalar() or 0  # noqa: E731
            return Health(
                open=count(ALARM, ALARM.c.due_us.is_not(None)),
                without_due=count(ALARM, and_(ALARM.c.state.in_(OPEN), ALARM.c.due_us.is_(None)))
                + count(VISIT, and_(VISIT.c.ended_us.is_(None), VISIT.c.due_us.is_(None)))
                + count(DRILL, and_(DRILL.c.state.in_(OPEN_STATES), DRILL.c.due_us.is_(None))),
                overdue=count(ALARM, ALARM.c.due_us < to_us(overdue_before)) + count(VISIT, VISIT.c.due_us < to_us(overdue_before))
                + count(DRILL, DRILL.c.due_us < to_us(overdue_before)),
                stale_orders=sum(
                    count(ORDER, and_(ORDER.c.device.in_((True, False)), ORDER.c.next_us < to_us(leased_before), held))
                    for held in (ORDER.c.lease_us.is_(None), ORDER.c.lease_us.is_not(None))
                ),
            )

    def prune(self, streams_before: datetime) -> int:
        before = to_us(streams_before)
        with self._write() as connection:
            still_open = select(ALARM.c.id).where(ALARM.c.due_us.is_not(None))  # a neighbour's snapshot finds them through these rows
            gone = connection.execute(delete(STREAM).where(STREAM.c.at_us < before, STREAM.c.alarm_id.not_in(still_open))).rowcount
            for table in (SESSION, INVITATION):
                gone += connection.execute(delete(table).where(table.c.expires_us < before)).rowcount
            gone += connection.execute(delete(CUSTODY).where(CUSTODY.c.until_us < before)).rowcount
            for table in (ONLINE, NONCE):
                gone += connection.execute(delete(table).where(table.c.at_us < before)).rowcount
        return gone


# -------------------------------------------------------------------- helpers


def _kept(row: Sequence[Any]) -> tuple[str, SignalKept]:
    one, body, digest, outcome, alarm_id, received_us = row
    return one, SignalKept(load_signal(body), digest, outcome, alarm_id, instant(received_us))


def _looked(after: Mapping[str, int], rows: Rows) -> dict[str, Looked]:
    """From what `streams_since` gives."""
    heads: dict[str, int] = {}
    ids: dict[str, list[str]] = {}
    for office_id, head, seq, alarm_id in rows:
        heads[office_id] = head
        if seq is not None:
            ids.setdefault(office_id, []).append(alarm_id)
    looked = {}
    for office_id, seen in after.items():
        head, found = heads.get(office_id, 0), ids.get(office_id, ())
        # counted, for a clock that once stood wrong lets numbers be forgotten out of the middle
        looked[office_id] = Looked(head, tuple(dict.fromkeys(found)), gap=len(found) != head - seen)
    return looked


def _told(alarms: Mapping[str, bool], rows: Rows) -> dict[str, Told]:
    """How the telling stands, with names where the value is True; `rows` as `words.TOLD_NAMED` gives them, of these alarms."""
    people: dict[str, dict[str, tuple[int, str | None]]] = {}
    for alarm_id, recipient, rank, channel in rows:
        best = people.setdefault(alarm_id, {})
        if recipient not in best or rank > best[recipient][0]:
            best[recipient] = (rank, channel)
    told = {}
    for alarm_id, names in alarms.items():
        best = people.get(alarm_id, {})
        named = tuple((who, RANK_WORD[rank], channel) for who, (rank, channel) in best.items()) if names else ()
        told[alarm_id] = told_of(Counter(rank for rank, _ in best.values()), named)
    return told


def _of(table: Table, rows: Sequence[dict[str, object]]) -> Inserted:
    """Rows that all have the same columns in the same order."""
    return table.name, tuple(rows[0]) if rows else (), [tuple(row.values()) for row in rows]


def _alone(connection: Connection, alone: Alone) -> None:
    """Raises Conflict beside another open alarm. Asked under the lock of the office's stream, which whoever opens an alarm there must have: nobody can open
    one between this look and the commit."""
    known = list(alone.known)
    for chunk in chunks(alone.pressers):
        words.OTHERS_BY_PRESSER.forbid(connection, chunk, known)
    for chunk in chunks(alone.zones):
        words.OTHERS_BY_ZONE.forbid(connection, chunk, known)


def _change_alarms(connection: Connection, alarms: Sequence[tuple[int, dict[str, object]]]) -> None:
    """Those that are not new. Raises Conflict where one is no longer at the version that was decided on. In one order, so that two servers cannot lock
    crosswise."""
    for one, base, values in sorted((str(values["id"]), base, values) for base, values in alarms if base != 0):
        words.UPDATE_ALARM.demand(connection, *(values[name] for name in words.ALARM_COLUMNS), one, base)


def _latest(receipts: Iterable[ReceiptOf]) -> dict[tuple[str, str], int]:
    """(person id, alarm id) → up to when orders to that person count (µs)."""
    latest: dict[tuple[str, str], int] = {}
    for who, alarm_id, until in receipts:
        latest[who, alarm_id] = max(latest.get((who, alarm_id), 0), to_us(until) or 0)
    return latest
