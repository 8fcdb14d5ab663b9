"""The SQL store's visits: who is out, until when, and where they were last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from server.core.signals import Position
from server.core.visit.model import Visit, VisitState, carried, is_away
from server.core.visit.report import Report
from server.store import words
from server.store.codec import from_us, instant, to_us
from server.store.contract import Conflict, is_forgettable, visit_ended_at
from server.store.driver import insert_rows, together
from server.store.sql_base import SqlBase
from server.store.statements import POSITION, REPORT, VISIT, VISIT_PERSON, chunks
from server.store.tables import AWAY as AWAY_NOW
from server.store.visit_codec import dump_report, dump_visit, load_report, load_visit

AWAY = select(VISIT_PERSON.c.person_id).where(AWAY_NOW).distinct()


class SqlVisits(SqlBase):
    """A part of `SqlStore`."""

    def visits(self, ids: Iterable[str]) -> dict[str, Visit]:
        with self._read() as connection:
            found = [load_visit(body) for chunk in chunks(ids) for (body,) in words.VISITS_BY_ID.ask(connection, chunk)]
        return {visit.id: visit for visit in found}

    def open_visits(self, names: Iterable[str]) -> list[Visit]:
        with self._read() as connection:
            rows = {(starts_us, one, body) for chunk in chunks(names) for one, starts_us, body in words.VISITS_WITH.ask(connection, chunk)}
        return [load_visit(body) for _, _, body in sorted(rows)]

    def visits_of(self, offices: Iterable[str], ended_since: datetime) -> list[Visit]:
        recent = or_(VISIT.c.due_us.is_not(None), VISIT.c.ended_us >= to_us(ended_since))
        statement = select(VISIT.c.body).where(VISIT.c.office_id.in_(list(offices)), recent).order_by(VISIT.c.starts_us, VISIT.c.id)
        with self._read() as connection:
            return [load_visit(row.body) for row in connection.execute(statement)]

    def away(self) -> frozenset[str]:
        with self._read() as connection:
            return frozenset(connection.execute(AWAY).scalars())

    def visit_deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        with self._read() as connection:
            rows = words.VISITS_SOONEST.ask(connection, limit) if until is None else words.VISITS_DUE_UNTIL.ask(connection, to_us(until), limit)
        return [(instant(due_us), one) for due_us, one in rows]

    def misplaced_visits(self, after: datetime, limit: int = 500) -> list[str]:
        where = and_(VISIT.c.decided_us > to_us(after), VISIT.c.due_us.is_not(None), VISIT.c.state != VisitState.PLANNED.value)
        with self._read() as connection:
            return list(connection.execute(select(VISIT.c.id).where(where).limit(limit)).scalars())

    def report(self, visit_id: str) -> Report | None:
        with self._read() as connection:
            body = connection.execute(select(REPORT.c.body).where(REPORT.c.visit_id == visit_id)).scalar()
        return load_report(body) if body else None

    def reports_of(self, offices: Iterable[str]) -> list[Report]:
        with self._read() as connection:
            return [load_report(body) for body in connection.execute(select(REPORT.c.body).where(REPORT.c.office_id.in_(list(offices)))).scalars()]

    def keep_report(self, base: int, report: Report) -> None:
        values = {"version": report.version, "office_id": report.office_id, "delete_us": to_us(report.delete_at), "body": dump_report(report)}
        with self._write() as connection:
            if base == 0:
                connection.execute(insert(REPORT).values(visit_id=report.visit_id, **values))
            elif connection.execute(update(REPORT).where(REPORT.c.visit_id == report.visit_id, REPORT.c.version == base).values(**values)).rowcount != 1:
                raise Conflict(f"the report on {report.visit_id} is no longer at version {base}")

    def drop_reports(self, visit_ids: Iterable[str]) -> None:
        with self._write() as connection:
            connection.execute(delete(REPORT).where(REPORT.c.visit_id.in_(list(visit_ids))))

    def drop_reports_before(self, now: datetime) -> int:
        with self._write() as connection:
            return connection.execute(delete(REPORT).where(REPORT.c.delete_us < to_us(now))).rowcount

    def set_position(self, visit_id: str, position: Position | None) -> None:
        # losing the last one to a power cut costs what the phone sends again in a minute
        with self._write(durable=False) as connection:
            connection.execute(delete(POSITION).where(POSITION.c.visit_id == visit_id))
            if position is not None:
                row = {"visit_id": visit_id, "lat": position.lat, "lon": position.lon, "accuracy_m": position.accuracy_m, "at_us": to_us(position.at)}
                connection.execute(insert(POSITION).values(**row))

    def position(self, visit_id: str) -> Position | None:
        with self._read() as connection:
            row = connection.execute(select(POSITION).where(POSITION.c.visit_id == visit_id)).first()
        return Position(row.lat, row.lon, row.accuracy_m, from_us(row.at_us)) if row else None

    def forgettable(self, ended_before: datetime, limit: int = 500) -> list[Visit]:
        where = and_(VISIT.c.ended_us < to_us(ended_before), VISIT.c.forgettable.is_(True))
        with self._read() as connection:
            rows = connection.execute(select(VISIT.c.body).where(where).order_by(VISIT.c.starts_us, VISIT.c.id).limit(limit))
            return [load_visit(row.body) for row in rows]

    def drop_positions(self, ended_before: datetime) -> int:
        over = select(VISIT.c.id).where(VISIT.c.due_us.is_(None), VISIT.c.ended_us < to_us(ended_before))
        with self._write() as connection:
            return connection.execute(delete(POSITION).where(POSITION.c.visit_id.in_(over))).rowcount


def save_visits(connection: Connection, visits: Sequence[tuple[int, Visit]], at: datetime) -> None:
    """`at`: when it was decided. Raises Conflict where somebody else was faster. In the order of their ids, so that two servers cannot lock crosswise."""
    if not visits:
        return
    ordered = sorted(visits, key=lambda one: one[1].id)
    with together(connection):
        insert_rows(connection, "visit", ("id", *words.VISIT_COLUMNS), [(visit.id, *_values(visit, at)) for base, visit in ordered if base == 0])
        changed = [(*_values(visit, at), visit.id, base) for base, visit in ordered if base != 0]
        really = words.UPDATE_VISIT.run_each_together(connection, changed)
        people = [words.PEOPLE_OF_VISITS.ask_together(connection, chunk) for chunk in chunks(visit.id for _, visit in ordered)]
    if really() != len(changed):
        raise Conflict("a visit is no longer at the version that was decided on")
    _save_people(connection, [visit for _, visit in ordered], {(name, one): bool(away) for rows in people for name, one, away in rows()})


def _save_people(connection: Connection, visits: Sequence[Visit], held: Mapping[tuple[str, str], bool]) -> None:
    """Most changes of a visit change nothing about who is on it: only what differs from what is `held` is written."""
    wanted = {(name, visit.id): name in visit.people and is_away(visit) for visit in visits if visit.open for name in _names(visit)}
    gone = [key for key, away in held.items() if wanted.get(key) is not away]
    words.DELETE_VISIT_PERSON.run_each(connection, sorted(gone))
    rows = [(*key, away) for key, away in sorted(wanted.items()) if held.get(key) is not away]
    insert_rows(connection, "visit_person", ("person_id", "visit_id", "away"), rows)


def _names(visit: Visit) -> list[str]:
    return [*visit.people, *([carried(visit.device_id)] if visit.device_id else [])]


def _values(visit: Visit, at: datetime) -> tuple[object, ...]:
    """In the order of `words.VISIT_COLUMNS`."""
    instants = to_us(visit.due_at), to_us(visit.starts_at), to_us(visit_ended_at(visit)), to_us(at)
    return (visit.version, visit.office_id, visit.state.value, *instants, is_forgettable(visit), dump_visit(visit))
