"""What the catalogue holds: an exercise with its scenario, injects on a time line, target times and questions. Frozen into each drill made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from server.core.values import frozen

Text = Mapping[str, str]
"""One text in three languages: keys nn, nb, en."""

DISCUSSION = "discussion"
"""The form in which nothing is pressed: people sit around a table."""

UNANNOUNCED = "unannounced"
NOTICES = ("announced", "window", UNANNOUNCED)
"""Everyone knows the time; everyone knows the week; only those who must know."""

SIZES = ((14, "under_15"), (60, "from_15_to_60"), (10**6, "over_60"))
"""Most people of each size of office, and what `per_year` calls it."""


@frozen
class Inject:
    """One message to those who play `to`. `at_s`: seconds from the start; None: only by hand. `zone`: to which of the exercise's zones it belongs."""

    id: str
    at_s: int | None
    channel: str  # card | oral | phone | role_play
    to: str
    text: Text
    zone: int | None = None


@frozen
class Target:
    """A mark of the role cards, or a metric of the catalogue, that is to be reached within this many seconds from `start`."""

    within_s: int
    start: str  # alarm | second_alarm | switch | deadline | disconnect
    mark: str | None = None
    metric: str | None = None

    @property
    def id(self) -> str:
        return f"{self.mark or self.metric}/{self.start}"


@frozen
class Question:
    id: str
    answer: str  # yes_no | text | scale_1_5, asked of each person; measured; owner_deadline
    text: Text


@frozen
class Exercise:
    """`office_id`: whose own version it is; None for those that ship. `based_on`: which one it was copied from. `per_year`: size of office → how
    often; below 1 is less than yearly."""

    id: str
    title: Text
    goal: Text
    form: str
    situation: str | None
    duration_min: int
    notice: str
    roles: tuple[str, ...] = ()
    per_year: Mapping[str, float] = field(default_factory=dict)
    setup: tuple[Text, ...] = ()
    injects: tuple[Inject, ...] = ()
    targets: tuple[Target, ...] = ()
    questions: tuple[Question, ...] = ()
    office_id: str | None = None
    based_on: str | None = None
    version: int = 0

    @property
    def kind(self) -> str:
        """What it counts as: an office's own version is the exercise that it was copied from."""
        return self.based_on or self.id

    def inject(self, inject_id: str) -> Inject | None:
        return next((one for one in self.injects if one.id == inject_id), None)

    def yearly(self, size: int) -> float:
        """How often an office of this many people holds it in a year."""
        return float(self.per_year.get(next(name for most, name in SIZES if size <= most), 0))


@frozen
class Catalogue:
    """The exercises that ship, the questions that every evaluation asks, and the words that screens need."""

    exercises: Mapping[str, Exercise] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    rules: Mapping[str, Text] = field(default_factory=dict)
    forms: Mapping[str, Text] = field(default_factory=dict)
    notices: Mapping[str, Text] = field(default_factory=dict)
    metrics: Mapping[str, Text] = field(default_factory=dict)
