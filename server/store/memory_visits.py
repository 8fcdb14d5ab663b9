"""The memory twin's visits."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

from server.core.signals import Position
from server.core.visit.model import Visit, VisitState, carried, is_away
from server.core.visit.report import Report
from server.store.contract import Conflict, is_forgettable, visit_ended_at


class MemoryVisits:
    """A part of `MemoryStore`, which gives it the lock."""

    _lock: threading.RLock

    def __init__(self) -> None:
        super().__init__()
        self._visits: dict[str, Visit] = {}
        self._decided_at: dict[str, datetime] = {}
        self._reports: dict[str, Report] = {}
        self._positions: dict[str, Position] = {}

    def _check_visits(self, visits: Sequence[tuple[int, Visit]]) -> None:
        if len({visit.id for _, visit in visits}) != len(visits):
            raise Conflict("the same visit twice in one change")
        for base, visit in visits:
            held = self._visits.get(visit.id)
            if (held.version if held else 0) != base:
                raise Conflict(f"visit {visit.id} is no longer at version {base}")

    def _keep_visits(self, visits: Sequence[tuple[int, Visit]], at: datetime) -> None:
        self._visits.update((visit.id, visit) for _, visit in visits)
        self._decided_at.update((visit.id, at) for _, visit in visits)

    def visits(self, ids: Iterable[str]) -> dict[str, Visit]:
        with self._lock:
            return {one: self._visits[one] for one in ids if one in self._visits}

    def open_visits(self, names: Iterable[str]) -> list[Visit]:
        names = set(names) - {carried(None)}
        with self._lock:
            return sorted((v for v in self._visits.values() if v.open and names & {*v.people, carried(v.device_id)}), key=_by_start)

    def visits_of(self, offices: Iterable[str], ended_since: datetime) -> list[Visit]:
        ours = set(offices)
        with self._lock:
            found = [v for v in self._visits.values() if v.office_id in ours]
        return sorted((v for v in found if v.open or ((ended := visit_ended_at(v)) is not None and ended >= ended_since)), key=_by_start)

    def away(self) -> frozenset[str]:
        with self._lock:
            return frozenset(one for visit in self._visits.values() if is_away(visit) for one in visit.people)

    def visit_deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        with self._lock:
            due = [(v.due_at, v.id) for v in self._visits.values() if v.due_at is not None and (until is None or v.due_at <= until)]
        return sorted(due)[:limit]

    def misplaced_visits(self, after: datetime, limit: int = 500) -> list[str]:
        with self._lock:
            running = [v for v in self._visits.values() if v.due_at is not None and v.state is not VisitState.PLANNED]
            return [v.id for v in running if self._decided_at[v.id] > after][:limit]

    def report(self, visit_id: str) -> Report | None:
        with self._lock:
            return self._reports.get(visit_id)

    def reports_of(self, offices: Iterable[str]) -> list[Report]:
        ours = set(offices)
        with self._lock:
            return [one for one in self._reports.values() if one.office_id in ours]

    def keep_report(self, base: int, report: Report) -> None:
        with self._lock:
            held = self._reports.get(report.visit_id)
            if (held.version if held else 0) != base:
                raise Conflict(f"the report on {report.visit_id} is no longer at version {base}")
            self._reports[report.visit_id] = report

    def drop_reports(self, visit_ids: Iterable[str]) -> None:
        with self._lock:
            for visit_id in visit_ids:
                self._reports.pop(visit_id, None)

    def drop_reports_before(self, now: datetime) -> int:
        with self._lock:
            gone = [one.visit_id for one in self._reports.values() if one.delete_at < now]
            self.drop_reports(gone)
            return len(gone)

    def set_position(self, visit_id: str, position: Position | None) -> None:
        with self._lock:
            if position is None:
                self._positions.pop(visit_id, None)
            else:
                self._positions[visit_id] = position

    def position(self, visit_id: str) -> Position | None:
        with self._lock:
            return self._positions.get(visit_id)

    def forgettable(self, ended_before: datetime, limit: int = 500) -> list[Visit]:
        with self._lock:
            found = [v for v in self._visits.values() if (ended := visit_ended_at(v)) is not None and ended < ended_before and is_forgettable(v)]
        return sorted(found, key=_by_start)[:limit]

    def drop_positions(self, ended_before: datetime) -> int:
        with self._lock:
            over = {v.id for v in self._visits.values() if not v.open and (ended := visit_ended_at(v)) is not None and ended < ended_before}
            gone = over & self._positions.keys()
            for visit_id in gone:
                del self._positions[visit_id]
            return len(gone)


def _by_start(visit: Visit) -> tuple[datetime, str]:
    return visit.starts_at, visit.id
