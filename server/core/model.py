"""The values of an alarm: what it is at one moment. Frozen; a decision makes the next one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from server.core.directory import Step as PlanStep
from server.core.signals import Doubt, Kind
from server.core.values import frozen


class State(StrEnum):
    PENDING = "PENDING"  # the person is asked first
    RAISED = "RAISED"  # people are being told; nobody has it
    ACKNOWLEDGED = "ACKNOWLEDGED"  # somebody is coming or has taken it
    ON_SCENE = "ON_SCENE"  # a responder is with the person
    RESOLVED = "RESOLVED"
    CANCELLED = "CANCELLED"


ENDED = frozenset({State.RESOLVED, State.CANCELLED})


class Stage(StrEnum):
    """Where one helper stands."""

    ASKED = "asked"  # said something that is too old, or must turn back: a question is open
    COMING = "coming"
    TAKEN = "taken"  # has it, where nobody is sent
    THERE = "there"
    SHELTERED = "sheltered"
    CANNOT = "cannot"
    LAPSED = "lapsed"


ACTIVE = frozenset({Stage.COMING, Stage.TAKEN, Stage.THERE})
"""Stages that count: somebody has the alarm."""


class Ask(StrEnum):
    """A question put to one helper."""

    LATE_ACK = "late_ack"
    STILL_THERE = "still_there"
    TURN_BACK = "turn_back"


class Outcome(StrEnum):
    HANDLED = "handled"
    FALSE_ALARM = "false_alarm"
    TEST = "test"
    DRILL_DONE = "drill_done"
    BECAME_REAL = "became_real"  # a drill's only: a real alarm has taken its place


OF_DRILLS = frozenset({Outcome.DRILL_DONE, Outcome.BECAME_REAL})


class Level(StrEnum):
    ASSIST = "assist"
    EMERGENCY = "emergency"


@frozen
class Drill:
    """The mark of a drill on an alarm. `leader_id`: whom to ring where a real alarm would say *ring 112*.

    It also holds the fence: those who are `left_out` are never told; of a planned drill `offices` and `guests` are those who may be, and `observers` see
    it without being told. Without offices or guests the whole plan is told, as when one button was armed.

    `reminded`: which of the reminders that it is still on whoever armed that button has had, counted from one; 0 before the first.
    """

    id: str
    name: str
    leader_id: str | None = None
    planned: bool = False
    offices: tuple[str, ...] = ()
    guests: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    reminded: int = 0

    @property
    def armed_by(self) -> str | None:
        """Who armed the one button that began it; None of a planned drill."""
        return None if self.planned else self.leader_id

    def lets_in(self, person_id: str, offices: Iterable[str]) -> bool:
        """Whether the fence lets somebody hear of it who serves these offices."""
        if person_id in self.left_out or person_id in self.observers:
            return False
        if not self.offices and not self.guests:
            return True
        return person_id in self.guests or not set(self.offices).isdisjoint(offices)


@frozen
class Place:
    """Where, in words that were right when the alarm opened. Editing an office never touches a running alarm.

    `also_in`: ids of the other offices where it may be, for somebody who serves several and is checked in to none; `office` and
    `address` then name them all.
    """

    office: str
    address: str
    zone_id: str | None = None
    zone: str = ""
    floor: str = ""
    detail: str = ""
    public: bool = False
    also_in: tuple[str, ...] = ()


@frozen
class Joined:
    """One signal that an alarm is made of."""

    id: str
    kind: Kind
    heard_at: datetime
    pressed_at: datetime | None
    device_id: str | None
    person_id: str | None
    doubt: Doubt | None


@frozen
class Assignment:
    """What one helper has said, and until when that holds. `lapse_at`: a promise that is not renewed by then is gone."""

    person_id: str
    role: str | None
    stage: Stage
    since: datetime
    lapse_at: datetime | None = None
    eta_at: datetime | None = None
    ask: Ask | None = None
    ticks: tuple[str, ...] = ()
    """Ticked steps as `role/step`."""

    @property
    def answered(self) -> bool:
        """False for somebody who has only ticked a step: no answer, no question, nothing that a screen should show."""
        return self.stage is not Stage.ASKED or self.ask is not None


@frozen
class Running:
    """The plan as it was when it was frozen into the alarm. `due_at` is None only while cover is reached."""

    plan_id: str
    owner_id: str
    steps: tuple[PlanStep, ...]
    number: int  # index of the step that runs now; -1 before the first
    started_at: datetime
    due_at: datetime | None
    rounds: int = 0  # how often the last step has been repeated

    @property
    def last(self) -> bool:
        return self.number == len(self.steps) - 1


@frozen
class CalledOff:
    at: datetime
    by: str
    confirm_by: datetime | None  # None once the time has passed and the next step has started


@frozen
class Confirmed:
    at: datetime
    by: str
    how: str  # seen | heard


@frozen
class MarkSet:
    mark: str
    at: datetime
    by: str
    value: str | None = None


@frozen
class Note:
    at: datetime
    by: str
    text: str


@frozen
class Ending:
    """`by` is None where Varde ended it. `became`: the real alarm that has taken a drill's place."""

    outcome: Outcome
    at: datetime
    by: str | None
    text: str = ""
    became: str | None = None


@frozen
class Alarm:
    """One event that people are told about.

    `presser` is the identity that later presses are compared with: a person id, or `device:<id>` where nobody carries it.
    `kind` is the strongest signal so far. `signals_count` counts all joined signals; ends carry the count their screen had seen.
    `told` are recipients in the order in which they were told: person ids, and contacts as `@office/contact`.
    `raiser_id` is whoever pressed first, where that is known; `also_raised` are those whose presses have joined since, each once.
    """

    id: str
    version: int
    office_id: str
    state: State
    kind: Kind
    level: Level
    situation: str
    presser: str
    place: Place
    opened_at: datetime
    signals: tuple[Joined, ...]
    signals_count: int
    plan: Running
    drill: Drill | None = None
    raiser_id: str | None = None
    also_raised: tuple[str, ...] = ()
    device_ids: tuple[str, ...] = ()
    lit_ids: tuple[str, ...] = ()
    """Lamps and sounders that were lit."""
    told: tuple[str, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    marks: tuple[MarkSet, ...] = ()
    notes: tuple[Note, ...] = ()
    notes_count: int = 0
    grace_until: datetime | None = None
    called_off: CalledOff | None = None
    confirmed: Confirmed | None = None
    duress: bool = False
    hidden: bool = False
    """Opened by a duress signal: near surfaces see nothing at all."""
    feigned: State | None = None
    """What near surfaces believe: a call-off under duress while pending looks like CANCELLED."""
    quiet_since: int | None = None
    """The version from which near surfaces are shown no more, because it has been called off."""
    ending: Ending | None = None
    ended_drills: tuple[str, ...] = ()
    """Ids of the drill alarms that this real one has put an end to: everyone told of them was told of it."""
    device_told: str = ""
    """What the device was last told, the question after a fall or who comes (`orders.as_told`), so that it is told again when that changes, and only then."""
    log_count: int = 0
    log_head: str = ""
    visit_id: str | None = None
    """The visit that the person was out on."""
    contact_id: str | None = None
    """Who watches over that visit: told in the first step, whatever plan runs, and of a call-off while the person was still being asked."""
    situation_at: datetime | None = None
    """When the situation last became another one; None where it never has. An end that was tapped before does not count."""
    changed_at: datetime | None = None
    """When this version was made, and with it its orders: whoever is shown it has been shown no order that was made later. None in what was kept before."""

    @property
    def open(self) -> bool:
        return self.state not in ENDED

    @property
    def office_ids(self) -> tuple[str, ...]:
        """Every office where it may be: most often one."""
        return (self.office_id, *self.place.also_in)

    @property
    def raisers(self) -> tuple[str, ...]:
        """Everyone who is known to have pressed, by name or with an alarm that he carries."""
        return self.also_raised if self.raiser_id is None else (self.raiser_id, *self.also_raised)

    def raised_by(self, person_id: str) -> bool:
        return person_id == self.raiser_id or person_id in self.also_raised

    def assignment(self, person_id: str) -> Assignment | None:
        for assignment in self.assignments:
            if assignment.person_id == person_id:
                return assignment
        return None

    def active(self) -> list[Assignment]:
        return [assignment for assignment in self.assignments if assignment.stage in ACTIVE]

    def mark(self, mark: str) -> MarkSet | None:
        for entry in self.marks:
            if entry.mark == mark:
                return entry
        return None
