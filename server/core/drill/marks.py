"""What a planned drill's presses come to: the signal of each, and the mark that fences its alarm."""

from __future__ import annotations

from datetime import datetime

from server.core.directory import Directory
from server.core.drill.model import PlannedDrill, Press
from server.core.model import Drill
from server.core.signals import Signal


def mark_of(drill: PlannedDrill, office_id: str, directory: Directory) -> Drill:
    """The mark on the drill's alarm in this office. Of all its offices it holds only those that this one's plans may reach: a drill over
    hundreds would else be written hundreds of times hundreds of times."""
    office = directory.offices.get(office_id)
    near = (office_id, *(office.neighbours if office else ()))
    fence = () if drill.participants else tuple(one for one in near if one in drill.offices)
    return Drill(drill.id, drill.name, drill.leader_id, True, fence, drill.participants, drill.left_out, drill.observers)


def signal_of(drill: PlannedDrill, press: Press, now: datetime) -> Signal:
    """The cry of a virtual press: the same each time it is decided, so that two servers raise one alarm."""
    return Signal(
        f"{drill.id}:{press.id}", press.kind, press.office_id, now, device_id=press.device_id, person_id=press.person_id, zone_id=press.zone_id,
        detail="virtual press",
    )  # fmt: skip
