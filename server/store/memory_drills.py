"""The memory twin's planned drills."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

from server.core.drill.model import Evaluation, PlannedDrill, TakenPart
from server.core.drill.programme import WheelLine
from server.core.values import replace
from server.store.contract import Conflict, OwnExercise


class MemoryDrills:
    """A part of `MemoryStore`, which gives it the lock."""

    _lock: threading.RLock

    def __init__(self) -> None:
        super().__init__()
        self._drills: dict[str, PlannedDrill] = {}
        self._parts: dict[tuple[str, str], TakenPart] = {}
        self._evaluations: dict[tuple[str, str], Evaluation] = {}
        self._left_out: set[str] = set()
        self._exercises: dict[str, OwnExercise] = {}
        self._wheel: dict[str, WheelLine] = {}

    def _check_drills(self, drills: Sequence[tuple[int, PlannedDrill]]) -> None:
        if len({drill.id for _, drill in drills}) != len(drills):
            raise Conflict("the same drill twice in one change")
        for base, drill in drills:
            held = self._drills.get(drill.id)
            if (held.version if held else 0) != base:
                raise Conflict(f"drill {drill.id} is no longer at version {base}")

    def _keep_drills(self, drills: Sequence[tuple[int, PlannedDrill]], parts: Sequence[TakenPart]) -> None:
        self._drills.update((drill.id, drill) for _, drill in drills)
        self._parts.update(((one.drill_id, one.person_id), one) for one in parts)

    def drills(self, ids: Iterable[str]) -> dict[str, PlannedDrill]:
        with self._lock:
            return {one: self._drills[one] for one in ids if one in self._drills}

    def drills_of(self, offices: Iterable[str], since: datetime) -> list[PlannedDrill]:
        ours = set(offices)
        with self._lock:
            found = [one for one in self._drills.values() if not ours.isdisjoint(one.offices) and (one.open or one.starts_at >= since)]
        return sorted(found, key=_by_start)

    def running_drills(self) -> list[PlannedDrill]:
        with self._lock:
            return sorted((one for one in self._drills.values() if one.running), key=_by_start)

    def drill_deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        with self._lock:
            due = [(one.due_at, one.id) for one in self._drills.values() if one.due_at is not None and (until is None or one.due_at <= until)]
        return sorted(due)[:limit]

    def drill_parts(self, offices: Iterable[str], since: datetime, people: Iterable[str] = ()) -> list[TakenPart]:
        ours, named = set(offices), set(people)
        with self._lock:
            found = [one for one in self._parts.values() if (one.office_id in ours or one.person_id in named) and one.at >= since]
        return sorted(found, key=lambda one: (one.at, one.drill_id, one.person_id))

    def keep_evaluation(self, evaluation: Evaluation) -> None:
        with self._lock:
            self._evaluations[evaluation.drill_id, evaluation.person_id] = evaluation

    def evaluations(self, drill_id: str) -> list[Evaluation]:
        with self._lock:
            found = [one for one in self._evaluations.values() if one.drill_id == drill_id]
        return sorted(found, key=lambda one: (one.at, one.person_id))

    def set_left_out(self, person_id: str, out: bool, at: datetime) -> None:
        with self._lock:
            (self._left_out.add if out else self._left_out.discard)(person_id)

    def left_out(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._left_out)

    def own_exercises(self, offices: Iterable[str]) -> list[OwnExercise]:
        ours = set(offices)
        with self._lock:
            return [own for _, own in sorted(self._exercises.items()) if own.exercise.office_id in ours]

    def keep_exercise(self, own: OwnExercise) -> None:
        with self._lock:
            held = self._exercises.get(own.exercise.id)
            if (held.version if held else 0) != own.version - 1:
                raise Conflict(f"exercise {own.exercise.id} is no longer at version {own.version - 1}")
            self._exercises[own.exercise.id] = own

    def wheel(self, offices: Iterable[str]) -> list[WheelLine]:
        ours = set(offices)
        with self._lock:
            return [line for _, line in sorted(self._wheel.items()) if line.office_id in ours]

    def keep_line(self, line: WheelLine) -> None:
        with self._lock:
            self._wheel[line.id] = line

    def drop_line(self, line_id: str) -> None:
        with self._lock:
            self._wheel.pop(line_id, None)

    def forgettable_drills(self, started_before: datetime, limit: int = 100) -> list[PlannedDrill]:
        with self._lock:
            found = [one for one in self._drills.values() if not one.open and not one.forgotten and one.starts_at < started_before]
        return sorted(found, key=_by_start)[:limit]

    def forget_drill(self, drill_id: str) -> None:
        with self._lock:
            for number, one in enumerate(self.evaluations(drill_id), 1):
                del self._evaluations[one.drill_id, one.person_id]
                self._evaluations[drill_id, f"?{number}"] = replace(one, person_id=f"?{number}")

    def forget_parts(self, before: datetime) -> int:
        with self._lock:
            old = [key for key, one in self._parts.items() if one.at < before]
            for key in old:
                del self._parts[key]
            return len(old)


def _by_start(drill: PlannedDrill) -> tuple[datetime, str]:
    return drill.starts_at, drill.id
