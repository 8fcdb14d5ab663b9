"""The checklist before a visit: which questions to ask, and how risky the answers make it. Content: `visit_checklist.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from server.core.visit.settings import RISKS, Risk
from server.core.values import frozen

FORCES = {"level_high": Risk.HIGH, "level_stop": Risk.STOP}
"""Answers that set the level by themselves."""


@frozen
class Item:
    """One line of the list. `when`: before, door, inside, after. `answer`: yes_no, text, done, read, auto, …"""

    id: str
    section: str
    when: str
    answer: str
    texts: Mapping[str, str]
    if_yes: str = ""
    if_no: str = ""
    weight: int = 0
    opened_by: str = ""
    from_level: Risk | None = None
    required: bool = False
    sets: str = ""


@frozen
class VisitType:
    """`defaults`: measure → required, recommended or by_level."""

    id: str
    names: Mapping[str, str]
    defaults: Mapping[str, str]
    interval_min: int
    longest_min: int


@frozen
class Level:
    id: Risk
    from_score: int | None
    names: Mapping[str, str]
    measures: tuple[str, ...]


@frozen
class Checklist:
    types: Mapping[str, VisitType] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    levels: tuple[Level, ...] = ()
    measures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    actions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@frozen
class Assessment:
    """What the answers come to. `unanswered`: questions that are still open; while there are any, the level may only rise."""

    risk: Risk
    score: int
    measures: tuple[str, ...]
    required: frozenset[str]
    """Measures that must be met before the visit starts: two_employees, portable_alarm, contact_person, leader_notified, leader_decides."""
    flags: frozenset[str]
    unanswered: tuple[str, ...]


NOTHING = Assessment(Risk.LOW, 0, (), frozenset(), frozenset(), ())

ALWAYS_LEADER = frozenset({"leader_decides"})


def assess(checklist: Checklist, type_id: str, answers: Mapping[str, bool]) -> Assessment:
    """The level by score, or by an answer that forces it; and what that level and the kind of visit ask for.

    `answers`: item id → yes. Items that are not asked (their gate is closed) count for nothing, whatever was answered.
    """
    asked = [item for item in checklist.items if _asked(item, answers)]
    yes = [item for item in asked if answers.get(item.id)]
    score = sum(item.weight for item in yes)
    reached = [level.id for level in checklist.levels if level.from_score is not None and score >= level.from_score]
    risk = max([Risk.LOW, *reached, *(FORCES[item.if_yes] for item in yes if item.if_yes in FORCES)], key=RISKS.index)
    level = next((level for level in checklist.levels if level.id == risk), None)
    measures = level.measures if level else ()
    kind = checklist.types.get(type_id)
    required = {name for name, how in (kind.defaults if kind else {}).items() if how == "required"}
    required |= {"two_employees"} & set(measures) | ALWAYS_LEADER & set(measures) | {"leader_notified"} & set(measures)
    if "do_not_go_alone" in measures:
        required.add("two_employees")
    late = [item for item in checklist.items if item.from_level and RISKS.index(item.from_level) <= RISKS.index(risk) and _is_question(item)]
    unanswered = tuple(dict.fromkeys(item.id for item in (*asked, *late) if item.id not in answers))
    return Assessment(risk, score, measures, frozenset(required), frozenset(item.sets for item in yes if item.sets), unanswered)


def _is_question(item: Item) -> bool:
    return item.when == "before" and item.answer == "yes_no"


def _asked(item: Item, answers: Mapping[str, bool]) -> bool:
    return _is_question(item) and item.from_level is None and (not item.opened_by or bool(answers.get(item.opened_by)))
