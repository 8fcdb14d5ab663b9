"""What stands in a drill's way: real alarms, people who are out, other drills, nobody on duty. Pure: what there is is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import datetime

from server.core.directory import Directory
from server.core.drill.model import DrillState, PlannedDrill
from server.core.drills import concerned, plainly_real
from server.core.model import Alarm
from server.core.values import frozen
from server.core.visit.model import Visit, is_away

REAL_ALARM = "real_alarm"
OTHER_DRILL = "other_drill"
VISIT_OUT = "visit_out"
NOBODY_ON_DUTY = "nobody_on_duty"

BLOCKS = frozenset({REAL_ALARM, OTHER_DRILL})
"""No drill begins beside these. The others are shown, and a coordinator may go on in spite of them."""


@frozen
class Clash:
    """`count`: how many in that office. Nobody is named: a visit is its people's own business."""

    kind: str
    office_id: str
    count: int = 1

    @property
    def blocks(self) -> bool:
        return self.kind in BLOCKS


@frozen
class Around:
    """What there is in and around the drill's offices now."""

    alarms: tuple[Alarm, ...] = ()
    visits: tuple[Visit, ...] = ()
    drills: tuple[PlannedDrill, ...] = field(default_factory=tuple)


def clashes(drill: PlannedDrill, around: Around, directory: Directory) -> tuple[Clash, ...]:
    """What stands in the way of starting it now, by office."""
    scope, found = set(drill.offices), dict[tuple[str, str], int]()
    for kind, office_id in _all(drill, around, directory):
        if office_id in scope:
            found[kind, office_id] = found.get((kind, office_id), 0) + 1
    return tuple(Clash(kind, office_id, count) for (kind, office_id), count in sorted(found.items()))


def _all(drill: PlannedDrill, around: Around, directory: Directory) -> Iterator[tuple[str, str]]:
    for alarm in around.alarms:
        if alarm.drill is None and plainly_real(alarm):
            yield from ((REAL_ALARM, office_id) for office_id in concerned(alarm, directory))
        elif alarm.drill is not None and alarm.open and alarm.drill.id != drill.id:
            yield from ((OTHER_DRILL, office_id) for office_id in alarm.office_ids)
    for other in around.drills:
        if other.id != drill.id and other.running:
            yield from ((OTHER_DRILL, office_id) for office_id in other.offices)
    for visit in around.visits:
        if is_away(visit):
            yield VISIT_OUT, visit.office_id
    for office_id in drill.offices:
        if not directory.on_duty_in(office_id):
            yield NOBODY_ON_DUTY, office_id


def overlapping(offices: Iterable[str], starts_at: datetime, ends_at: datetime, others: Iterable[PlannedDrill], but: str = "") -> bool:
    """Whether another drill is planned in one of these offices at that time."""
    ours = set(offices)
    return any(
        other.id != but and other.state in (DrillState.PLANNED, DrillState.ANNOUNCED, DrillState.RUNNING)
        and starts_at < other.ends_at and other.starts_at < ends_at and not ours.isdisjoint(other.offices)
        for other in others
    )  # fmt: skip
