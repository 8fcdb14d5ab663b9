"""The values of a visit: what it is at one moment. Frozen; a decision makes the next one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from server.core.visit.settings import Risk, Times
from server.core.values import frozen, replace


class VisitState(StrEnum):
    PLANNED = "PLANNED"
    OUT = "OUT"  # watched, until the deadline
    GRACE = "GRACE"  # the deadline has passed: the worker is asked, then colleagues
    OVERDUE = "OVERDUE"  # the alarm has been raised
    HOME = "HOME"
    CANCELLED = "CANCELLED"


ENDED = frozenset({VisitState.HOME, VisitState.CANCELLED})


class Rung(StrEnum):
    """Whom the chase has asked last."""

    WORKER = "worker"
    CONTACT = "contact"
    LEADER = "leader"


class Why(StrEnum):
    """What a deadline stands for."""

    INTERVAL = "interval"
    END = "end"
    NO_COVERAGE = "no_coverage"
    RECALLED = "recalled"


class AlarmState(StrEnum):
    """What is known of the portable alarm that somebody has along."""

    WELL = "well"
    LOST = "lost"  # not heard, though the gateway listens
    OPENED = "opened"  # it says so itself: opened, or torn off

    @classmethod
    def of(cls, state: str, flags: Collection[str]) -> AlarmState | None:
        """From how its gateway says that the device is; None where nobody knows."""
        if "tamper" in flags:
            return cls.OPENED
        return {"ok": cls.WELL, "silent": cls.LOST, "offline": cls.LOST}.get(state)


class Debriefed(StrEnum):
    FINE = "fine"
    UNPLEASANT = "unpleasant"
    INCIDENT = "incident"


@frozen
class Where:
    """Typed by the worker; deleted after the visit unless there was an alarm."""

    address: str
    detail: str = ""
    transport: str = ""
    exit_reason: str = ""


@frozen
class Heard:
    """The last proof of life. `how`: start, check_in, extend, no_coverage, contact, position."""

    at: datetime
    how: str
    by: str


@frozen
class Approval:
    """What the leader has decided, with the measures that he does without, and why."""

    by: str
    at: datetime
    yes: bool
    reason: str = ""
    waived: frozenset[str] = frozenset()


@frozen
class Home:
    """How the visit ended: by self, contact, leader or alarm. `late`: others had been asked to look by then (a forgotten check-out)."""

    at: datetime
    by: str | None
    how: str
    late: bool = False


@frozen
class Visit:
    """One visit. `people`: those still out, the one who answers for it first. `number` counts deadlines: with the id it makes the id
    of the signal that a missed one raises, so that it is raised once.

    `feigned`: what near surfaces believe, after a check-out under duress.
    """

    id: str
    version: int
    office_id: str
    state: VisitState
    type_id: str
    people: tuple[str, ...]
    where: Where
    starts_at: datetime
    ends_at: datetime
    risk: Risk
    times: Times
    required: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    contact_id: str | None = None
    contact_accepted: bool = False
    approval: Approval | None = None
    device_id: str | None = None
    started_at: datetime | None = None
    deadline_at: datetime | None = None
    why: Why = Why.INTERVAL
    number: int = 0
    noticed: int = 0
    """How many of this deadline's notices have been given."""
    heard: Heard | None = None
    extended_s: int = 0
    rung: Rung | None = None
    grace_since: datetime | None = None
    due_at: datetime | None = None
    """When this visit must be looked at next; None only once it has ended."""
    home: Home | None = None
    debriefed: Debriefed | None = None
    seems_home: bool = False
    """The phone thinks that its person is back, and has asked."""
    alarm: AlarmState = AlarmState.WELL
    """As those who watch have been told."""
    duress: bool = False
    feigned: VisitState | None = None
    raised_id: str | None = None
    """The signal that was raised last."""
    alarmed: bool = False
    """An alarm was raised: what was kept for it is kept on."""
    missed: bool = False
    """One of them was about a missed deadline: those near it know of it. Of one under duress they do not."""
    believed: Home | None = None
    """How it ended, as near surfaces believe after a check-out under duress; also once others have settled it."""
    unseen: int = 0
    """How many of its versions those near it may not know of."""
    forgotten: bool = False
    """What must be deleted some time after the end has been. Where near surfaces know of no alarm, what is kept for one is gone too, as they see it."""
    log_count: int = 0
    log_head: str = ""

    @property
    def open(self) -> bool:
        return self.state not in ENDED

    @property
    def worker_id(self) -> str:
        return self.people[0]

    @property
    def signal_id(self) -> str:
        """The id of the signal that this deadline raises when it is missed."""
        return f"{self.id}-{self.number}"


def carried(device_id: str | None) -> str:
    """How a portable alarm is named among those who are out; nothing's own name where none is carried."""
    return f"device:{device_id or ''}"


def as_near(visit: Visit) -> Visit:
    """What those near it may know of it: after a check-out under duress it has ended then, by themselves, and nothing has happened since."""
    gone = visit.forgotten and not visit.missed
    near = replace(visit, version=visit.version - visit.unseen, duress=False, alarmed=visit.missed, where=Where("") if gone else visit.where)
    if visit.believed is None:
        return near
    return replace(near, state=VisitState.HOME, feigned=None, home=visit.believed, deadline_at=None, rung=None, due_at=None)


def is_away(visit: Visit) -> bool:
    """Whether its people are out, as everyone near them believes."""
    return visit.open and visit.state is not VisitState.PLANNED and visit.feigned is None
