"""The values of a planned drill: what it is at one moment. Frozen; a decision makes the next one. (The mark on an alarm is `core.model.Drill`.)"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from server.core.drill.exercise import Exercise
from server.core.signals import Kind
from server.core.values import frozen


class DrillState(StrEnum):
    PLANNED = "PLANNED"
    ANNOUNCED = "ANNOUNCED"  # those who take part know of it, as much as its notice says
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"  # evaluated, findings written
    REPORTED = "REPORTED"
    CANCELLED = "CANCELLED"


OVER = frozenset({DrillState.STOPPED, DrillState.REPORTED})
ENDED = frozenset({DrillState.REPORTED, DrillState.CANCELLED})


class Why(StrEnum):
    """What stopped a drill."""

    DONE = "done"  # its leader, as planned
    STOPPED = "stopped"  # somebody said *stop the exercise*
    REAL = "real"  # a real alarm, or *this is real*
    OVERRUN = "overrun"  # nobody ended it
    FAILED = "failed"  # Varde could not go on with it


@frozen
class Press:
    """A virtual press: what a button would have said. `at_s`: seconds from the start; None: by hand. `device_id` need not be touched."""

    id: str
    office_id: str
    kind: Kind = Kind.PANIC
    zone_id: str | None = None
    device_id: str | None = None
    person_id: str | None = None
    at_s: int | None = 0


@frozen
class Approval:
    """What somebody has answered for those of its `offices` that he leads."""

    by: str
    at: datetime
    yes: bool
    reason: str = ""
    offices: tuple[str, ...] = ()


@frozen
class Consulted:
    """What the safety representative has said. `who`: a person id, or a name of somebody who is not in Varde; `by`: who wrote it down."""

    who: str
    at: datetime
    by: str
    remark: str = ""


@frozen
class Given:
    """An inject or a press of the time line that has been given. `by` is None where the clock did it."""

    id: str
    at: datetime
    by: str | None


@frozen
class Stopping:
    """`by` is None where Varde or a real alarm did it; `became`: the real alarm."""

    at: datetime
    by: str | None
    why: Why
    became: str | None = None


@frozen
class Outage:
    """A gateway that was taken away in the drill: when it was last heard, and when the desk's screens were told that it is gone."""

    office_id: str
    heard_at: datetime
    shown_at: datetime


@frozen
class Finding:
    """What is to change, who does it and by when. `nagged`: how often its owner has been reminded."""

    id: str
    text: str
    owner_id: str
    due_on: date
    by: str
    at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
    outcome: str = ""
    nagged: int = 0


@frozen
class PlannedDrill:
    """One drill. `office_id`: whose it is, the first of `offices`.

    `participants`: who takes part; empty means everyone who serves the offices. `cast`: (role of the exercise, person) for those who play a part.
    `left_out`: in confidence, for coordinators and leads only; they are told nothing of it. `zero_at`: where the time line begins.
    """

    id: str
    version: int
    office_id: str
    state: DrillState
    name: str
    exercise: Exercise
    notice: str
    offices: tuple[str, ...]
    presses: tuple[Press, ...]
    leader_id: str
    planned_by: str
    starts_at: datetime
    ends_at: datetime
    participants: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    cast: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    """No office is in two: the newest answer takes the older one's place."""
    consulted: Consulted | None = None
    announced_at: datetime | None = None
    zero_at: datetime | None = None
    given: tuple[Given, ...] = ()
    stopping: Stopping | None = None
    attended: tuple[str, ...] = ()
    """Who was there, ticked off by the coordinator: around a table nobody presses anything."""
    findings: tuple[Finding, ...] = ()
    summary: str = ""
    remark: Consulted | None = None
    """The safety representative's remark on how it went, for the working environment committee."""
    reported_by: str | None = None
    reported_at: datetime | None = None
    reminded: int = 0
    """How many reminders of this state have been given."""
    due_at: datetime | None = None
    """When it must be looked at next; None only once it is ended and no finding waits."""
    programme_id: str | None = None
    """The line of the yearly wheel that it fulfils."""
    forgotten: bool = False
    """Whether what was kept of single people has been deleted."""
    log_count: int = 0
    log_head: str = ""
    outage: Outage | None = None

    @property
    def open(self) -> bool:
        return self.state not in ENDED

    @property
    def running(self) -> bool:
        return self.state is DrillState.RUNNING

    @property
    def begun(self) -> bool:
        """Whether its time line has begun: a start may be stopped while it counts down."""
        return self.zero_at is not None and (self.stopping is None or self.stopping.at >= self.zero_at)

    @property
    def answers(self) -> dict[str, Approval]:
        """Office → what has been answered for it, where anything has."""
        return {office_id: one for one in self.approvals for office_id in one.offices}

    @property
    def approved(self) -> bool:
        """Whether every office that it is held in has said yes."""
        answers = self.answers
        return all(office_id in answers and answers[office_id].yes for office_id in self.offices)

    def press(self, press_id: str) -> Press | None:
        return next((one for one in self.presses if one.id == press_id), None)

    def was_given(self, item_id: str) -> Given | None:
        return next((one for one in self.given if one.id == item_id), None)


CUT_SHORT = frozenset({Why.REAL, Why.FAILED})


def was_held(drill: PlannedDrill, raised: bool = False) -> bool:
    """Whether a drill that is over counts as an exercise that was held: its time line had begun, nothing real and no fault cut it short, and an alarm of it
    was raised. Where none is planned, as around a table, its leader must have ended it as done: one that ran out may never have been held.

    `raised`: whether there is an alarm of it. A press that was planned tells by itself; one of an armed button does not.
    """
    if drill.state not in OVER or drill.stopping is None or not drill.begun or drill.stopping.why in CUT_SHORT:
        return False
    if raised or any(drill.was_given(one.id) for one in drill.presses):
        return True
    return not drill.presses and drill.stopping.why is Why.DONE


class Part(StrEnum):
    """How somebody took part, the weakest first."""

    TOLD = "told"
    REACHED = "reached"
    OBSERVED = "observed"
    PRESSED = "pressed"
    PLAYED = "played"  # had a part in the cast, or was ticked off as there
    ANSWERED = "answered"


TOOK_PART = frozenset({Part.PRESSED, Part.PLAYED, Part.ANSWERED, Part.REACHED})
"""What counts as having been in an exercise."""


@frozen
class TakenPart:
    """One person's part in one drill, kept for as long as the training must be proven."""

    drill_id: str
    person_id: str
    office_id: str
    exercise_id: str
    role: str | None
    part: Part
    at: datetime


@frozen
class Evaluation:
    """One person's own two minutes. `answers`: question → text, `yes`/`no` or `1` to `5`. The person is taken away after a while."""

    drill_id: str
    person_id: str
    at: datetime
    role: str | None
    answers: tuple[tuple[str, str], ...]
