"""How visits end, counted for the manager: how many check-outs are forgotten decides whether a missed deadline is still believed. Nobody is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import tzinfo

from server.core.values import frozen
from server.core.visit.model import Debriefed, Visit, VisitState


@frozen
class Row:
    """One month and kind of visit. `late`: checked out by themselves, but others had been asked to look by then; `by_contact`, `by_alarm`: others
    had to. The share of forgotten check-outs is all three of all visits that were made."""

    month: str
    type_id: str
    visits: int
    in_time: int
    late: int
    by_contact: int
    by_alarm: int
    unpleasant: int
    incidents: int

    @property
    def forgotten_percent(self) -> int:
        return round(100 * (self.visits - self.in_time) / self.visits) if self.visits else 0


def count(visits: Iterable[Visit], zone: tzinfo) -> list[Row]:
    """By month (of the end, on the office's clock) and kind, newest month first."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for visit in visits:
        if visit.state is not VisitState.HOME or visit.home is None:
            continue
        key = f"{visit.home.at.astimezone(zone):%Y-%m}", visit.type_id
        of = found.setdefault(key, Counter())
        of["visits"] += 1
        of[_how(visit)] += 1
        of["unpleasant"] += visit.debriefed is Debriefed.UNPLEASANT
        of["incidents"] += visit.debriefed is Debriefed.INCIDENT
    rows = [
        Row(month, kind, *(of[name] for name in ("visits", "in_time", "late", "by_contact", "by_alarm", "unpleasant", "incidents")))
        for (month, kind), of in found.items()
    ]
    return sorted(sorted(rows, key=lambda row: row.type_id), key=lambda row: row.month, reverse=True)


def _how(visit: Visit) -> str:
    assert visit.home is not None
    if visit.home.how == "alarm" or visit.alarmed:
        return "by_alarm"
    if visit.home.how == "contact":
        return "by_contact"
    return "late" if visit.home.late else "in_time"
