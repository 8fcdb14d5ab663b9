"""The SQL store's planned drills: what is planned and runs, who took part, what they said of it, and the offices' own exercises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.core.drill.model import ENDED, DrillState, Evaluation, Part, PlannedDrill, TakenPart
from server.core.drill.programme import WheelLine
from server.store import words
from server.store.codec import dump, instant, to_us
from server.store.contract import Conflict, OwnExercise
from server.store.driver import put_rows
from server.store.drill_codec import dump_drill, dump_exercise, load_drill, load_exercise, load_line
from server.store.sql_base import SqlBase
from server.store.statements import DRILL, DRILL_EVALUATION, DRILL_LEFT_OUT, DRILL_OFFICE, DRILL_PART, EXERCISE, WHEEL, chunks

OPEN_STATES = tuple(state.value for state in DrillState if state not in ENDED)
RUNNING = select(DRILL.c.body).where(DRILL.c.state == DrillState.RUNNING.value).order_by(DRILL.c.starts_us, DRILL.c.id)
NOBODY = "?"
"""In an evaluation, in the person's place, with a number after it: who it was has been deleted."""


class SqlDrills(SqlBase):
    """A part of `SqlStore`."""

    def drills(self, ids: Iterable[str]) -> dict[str, PlannedDrill]:
        with self._read() as connection:
            rows = [row for chunk in chunks(ids) for row in connection.execute(select(DRILL.c.id, DRILL.c.body).where(DRILL.c.id.in_(chunk)))]
        return {row.id: load_drill(row.body) for row in rows}

    def drills_of(self, offices: Iterable[str], since: datetime) -> list[PlannedDrill]:
        lately = or_(DRILL.c.state.in_(OPEN_STATES), DRILL.c.starts_us >= to_us(since))
        found: dict[str, PlannedDrill] = {}
        with self._read() as connection:
            for chunk in chunks(offices):
                there = select(DRILL_OFFICE.c.drill_id).where(DRILL_OFFICE.c.office_id.in_(chunk))
                for row in connection.execute(select(DRILL.c.id, DRILL.c.body).where(lately, DRILL.c.id.in_(there))):
                    found.setdefault(row.id, load_drill(row.body))
        return sorted(found.values(), key=lambda drill: (drill.starts_at, drill.id))

    def running_drills(self) -> list[PlannedDrill]:
        with self._read() as connection:
            return [load_drill(body) for body in connection.execute(RUNNING).scalars()]

    def drill_deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        with self._read() as connection:
            rows = words.DRILLS_SOONEST.ask(connection, limit) if until is None else words.DRILLS_DUE_UNTIL.ask(connection, to_us(until), limit)
        return [(instant(due_us), one) for due_us, one in rows]

    def drill_parts(self, offices: Iterable[str], since: datetime, people: Iterable[str] = ()) -> list[TakenPart]:
        lately = DRILL_PART.c.at_us >= to_us(since)
        with self._read() as connection:
            rows = [
                row for column, wanted in ((DRILL_PART.c.office_id, offices), (DRILL_PART.c.person_id, people)) for chunk in chunks(wanted)
                for row in connection.execute(select(DRILL_PART).where(column.in_(chunk), lately))
            ]  # fmt: skip
        found = {TakenPart(r.drill_id, r.person_id, r.office_id, r.exercise_id, r.role, Part(r.part), instant(r.at_us)) for r in rows}
        return sorted(found, key=lambda one: (one.at, one.drill_id, one.person_id))

    def keep_evaluation(self, evaluation: Evaluation) -> None:
        self._put(DRILL_EVALUATION, {
            "drill_id": evaluation.drill_id, "person_id": evaluation.person_id, "at_us": to_us(evaluation.at), "role": evaluation.role,
            "answers": dump(evaluation.answers),
        })  # fmt: skip

    def evaluations(self, drill_id: str) -> list[Evaluation]:
        statement = select(DRILL_EVALUATION).where(DRILL_EVALUATION.c.drill_id == drill_id).order_by(DRILL_EVALUATION.c.at_us, DRILL_EVALUATION.c.person_id)
        with self._read() as connection:
            rows = connection.execute(statement).all()
        return [Evaluation(r.drill_id, r.person_id, instant(r.at_us), r.role, tuple((q, a) for q, a in orjson.loads(r.answers))) for r in rows]

    def set_left_out(self, person_id: str, out: bool, at: datetime) -> None:
        if out:
            self._put(DRILL_LEFT_OUT, {"person_id": person_id, "at_us": to_us(at)})
            return
        with self._write() as connection:
            connection.execute(delete(DRILL_LEFT_OUT).where(DRILL_LEFT_OUT.c.person_id == person_id))

    def left_out(self) -> frozenset[str]:
        with self._read() as connection:
            return frozenset(connection.execute(select(DRILL_LEFT_OUT.c.person_id)).scalars())

    def own_exercises(self, offices: Iterable[str]) -> list[OwnExercise]:
        with self._read() as connection:
            rows = [row for chunk in chunks(offices) for row in connection.execute(select(EXERCISE).where(EXERCISE.c.office_id.in_(chunk)))]
        return [OwnExercise(load_exercise(r.body), r.version, instant(r.at_us), r.by, r.gone) for r in sorted(rows, key=lambda row: str(row.id))]

    def keep_exercise(self, own: OwnExercise) -> None:
        row = {
            "id": own.exercise.id, "office_id": own.exercise.office_id, "version": own.version, "at_us": to_us(own.at), "by": own.by, "gone": own.gone,
            "body": dump_exercise(own.exercise),
        }  # fmt: skip
        with self._write() as connection:
            if own.version == 1:
                put = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(EXERCISE)
                kept = connection.execute(put.values(**row).on_conflict_do_nothing().returning(EXERCISE.c.id)).first()
            else:
                here = (EXERCISE.c.id == own.exercise.id, EXERCISE.c.version == own.version - 1)
                kept = connection.execute(update(EXERCISE).where(*here).values(**row).returning(EXERCISE.c.id)).first()
            if kept is None:
                raise Conflict(f"exercise {own.exercise.id} is no longer at version {own.version - 1}")

    def wheel(self, offices: Iterable[str]) -> list[WheelLine]:
        with self._read() as connection:
            rows = [row for chunk in chunks(offices) for row in connection.execute(select(WHEEL).where(WHEEL.c.office_id.in_(chunk)))]
        return [load_line(row.body) for row in sorted(rows, key=lambda row: str(row.id))]

    def keep_line(self, line: WheelLine) -> None:
        self._put(WHEEL, {"id": line.id, "office_id": line.office_id, "body": dump(line)})

    def drop_line(self, line_id: str) -> None:
        with self._write() as connection:
            connection.execute(delete(WHEEL).where(WHEEL.c.id == line_id))

    def forgettable_drills(self, started_before: datetime, limit: int = 100) -> list[PlannedDrill]:
        ended = [state.value for state in ENDED]
        statement = select(DRILL.c.body).where(DRILL.c.state.in_(ended), DRILL.c.starts_us < to_us(started_before)).order_by(DRILL.c.starts_us, DRILL.c.id)
        with self._read() as connection:
            found = (load_drill(body) for body in connection.execute(statement).scalars())
            return [drill for drill in found if not drill.forgotten][:limit]

    def forget_drill(self, drill_id: str) -> None:
        where = DRILL_EVALUATION.c.drill_id == drill_id
        with self._write() as connection:
            known = connection.execute(select(DRILL_EVALUATION.c.person_id).where(where).order_by(DRILL_EVALUATION.c.at_us)).scalars().all()
            for number, person_id in enumerate(known, 1):
                nameless = {"person_id": f"{NOBODY}{number}"}
                connection.execute(update(DRILL_EVALUATION).where(where, DRILL_EVALUATION.c.person_id == person_id).values(**nameless))

    def forget_parts(self, before: datetime) -> int:
        with self._write() as connection:
            return connection.execute(delete(DRILL_PART).where(DRILL_PART.c.at_us < to_us(before))).rowcount


def save_drills(connection: Connection, drills: Sequence[tuple[int, PlannedDrill]], parts: Sequence[TakenPart]) -> None:
    """Raises Conflict where somebody else was faster. In the order of their ids, so that two servers cannot lock crosswise."""
    for base, drill in sorted(drills, key=lambda one: one[1].id):
        values = {
            "id": drill.id, "version": drill.version, "state": drill.state.value, "due_us": to_us(drill.due_at), "starts_us": to_us(drill.starts_at),
            "body": dump_drill(drill),
        }  # fmt: skip
        if base == 0:
            connection.execute(insert(DRILL).values(**values))
        elif connection.execute(update(DRILL).where(DRILL.c.id == drill.id, DRILL.c.version == base).values(**values)).rowcount != 1:
            raise Conflict(f"drill {drill.id} is no longer at version {base}")
        if drill.state is DrillState.PLANNED:  # they change with the plan, and never after it
            connection.execute(delete(DRILL_OFFICE).where(DRILL_OFFICE.c.drill_id == drill.id))
            connection.execute(insert(DRILL_OFFICE), [{"office_id": office_id, "drill_id": drill.id} for office_id in drill.offices])
    rows = [(one.drill_id, one.person_id, one.office_id, one.exercise_id, one.role, one.part.value, to_us(one.at)) for one in parts]
    put_rows(connection, "drill_part", ("drill_id", "person_id"), ("office_id", "exercise_id", "role", "part", "at_us"), rows)
