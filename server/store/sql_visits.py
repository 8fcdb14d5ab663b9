"""The SQL store's visits: who is out, until when, and where they were last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update

from server.core.signals import Position
from server.core.visit.model import Visit, VisitState, carried, is_away
from server.store.codec import from_us, instant, to_us
from server.store.contract import Conflict, visit_ended_at
from server.store.sql_base import SqlBase
from server.store.statements import POSITION, VISIT, VISIT_PERSON, chunks
from server.store.visit_codec import dump_visit, load_visit

BY_ID = select(VISIT.c.body).where(VISIT.c.id.in_(bindparam("ids", expanding=True)))
OPEN_OF = (
    select(VISIT.c.id, VISIT.c.starts_us, VISIT.c.body)
    .join(VISIT_PERSON, VISIT_PERSON.c.visit_id == VISIT.c.id)
    .where(VISIT_PERSON.c.person_id.in_(bindparam("ids", expanding=True)))
)
RUNNING = select(VISIT.c.body).where(VISIT.c.due_us.is_not(None), VISIT.c.state != VisitState.PLANNED.value)
DUE = select(VISIT.c.due_us, VISIT.c.id).where(VISIT.c.due_us.is_not(None)).order_by(VISIT.c.due_us, VISIT.c.id).limit(bindparam("most"))


class SqlVisits(SqlBase):
    """A part of `SqlStore`."""

    def visits(self, ids: Iterable[str]) -> dict[str, Visit]:
        with self._read() as connection:
            found = [load_visit(row.body) for chunk in chunks(ids) for row in connection.execute(BY_ID, {"ids": chunk})]
        return {visit.id: visit for visit in found}

    def open_visits(self, names: Iterable[str]) -> list[Visit]:
        with self._read() as connection:
            rows = {row.id: row for chunk in chunks(names) for row in connection.execute(OPEN_OF, {"ids": chunk})}
        return [load_visit(row.body) for row in sorted(rows.values(), key=lambda row: (row.starts_us, row.id))]

    def visits_of(self, offices: Iterable[str], ended_since: datetime) -> list[Visit]:
        recent = or_(VISIT.c.due_us.is_not(None), VISIT.c.ended_us >= to_us(ended_since))
        statement = select(VISIT.c.body).where(VISIT.c.office_id.in_(list(offices)), recent).order_by(VISIT.c.starts_us, VISIT.c.id)
        with self._read() as connection:
            return [load_visit(row.body) for row in connection.execute(statement)]

    def away(self) -> frozenset[str]:
        with self._read() as connection:
            running = [load_visit(row.body) for row in connection.execute(RUNNING)]
        return frozenset(one for visit in running if is_away(visit) for one in visit.people)

    def visit_deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        statement = DUE if until is None else DUE.where(VISIT.c.due_us <= to_us(until))
        with self._read() as connection:
            return [(instant(row.due_us), row.id) for row in connection.execute(statement, {"most": limit})]

    def misplaced_visits(self, after: datetime, limit: int = 500) -> list[str]:
        where = and_(VISIT.c.due_us > to_us(after), VISIT.c.state != VisitState.PLANNED.value)
        with self._read() as connection:
            return list(connection.execute(select(VISIT.c.id).where(where).limit(limit)).scalars())

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


def save_visits(connection: Connection, visits: Sequence[tuple[int, Visit]]) -> None:
    """Raises Conflict where somebody else was faster. In the order of their ids, so that two servers cannot lock crosswise."""
    for base, visit in sorted(visits, key=lambda one: one[1].id):
        values = _values(visit)
        if base == 0:
            connection.execute(insert(VISIT).values(**values))
        elif connection.execute(update(VISIT).where(VISIT.c.id == visit.id, VISIT.c.version == base).values(**values)).rowcount != 1:
            raise Conflict(f"visit {visit.id} is no longer at version {base}")
        connection.execute(delete(VISIT_PERSON).where(VISIT_PERSON.c.visit_id == visit.id))
        if visit.open:
            names = [*visit.people, *([carried(visit.device_id)] if visit.device_id else [])]
            connection.execute(insert(VISIT_PERSON), [{"person_id": name, "visit_id": visit.id} for name in names])


def _values(visit: Visit) -> dict[str, object]:
    return {
        "id": visit.id, "version": visit.version, "office_id": visit.office_id, "state": visit.state.value, "due_us": to_us(visit.due_at),
        "starts_us": to_us(visit.starts_at), "ended_us": to_us(visit_ended_at(visit)), "forgettable": bool(visit.where.address) and not visit.alarmed,
        "body": dump_visit(visit),
    }  # fmt: skip
