"""Role cards: what each helper is to do, which roles are enough (cover), and who is offered which role next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field

from server.core.drill.exercise import Catalogue
from server.core.values import frozen
from server.core.visit.checklist import Checklist

Text = Mapping[str, str]
"""One text in three languages: keys nn, nb, en."""

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

PAIRED = "responder"
"""The one role that counts in pairs: nobody goes alone."""


SHARED = (PAIRED, "all_staff", "remote_responder")
"""Roles that any number may hold."""


@frozen
class CardStep:
    id: str
    text: Text
    must: bool = False
    mark: str | None = None


@frozen
class Card:
    role: str
    steps: tuple[CardStep, ...]


@frozen
class Situation:
    """A kind of event with its cards. `cover`: the roles and head counts, without the presser, that are enough."""

    id: str
    level: str
    silent: bool
    go_to_scene: str
    ring_presser: str
    cover: tuple[tuple[str, int], ...]
    cards: Mapping[str, Card]
    when: Text = field(default_factory=dict)
    raised: Raised | None = None


@frozen
class Raised:
    """What changes in a situation when its level is raised to emergency."""

    ring_presser: str
    cover: tuple[tuple[str, int], ...]


@frozen
class Staffing:
    """Rules for one size of office: which role takes which others along, and when few are few."""

    max_size: int | None
    merge: Mapping[str, tuple[str, ...]]
    off_site_when_present_below: int
    use_instead: Mapping[str, str]


@frozen
class QuickSwitch:
    id: str
    to_situation: str
    offered_in: frozenset[str]
    label: Text = field(default_factory=dict)
    meaning: Text = field(default_factory=dict)
    message: str | None = None
    """What an SMS says when it is tapped: one of the content's messages."""


@frozen
class Mark:
    id: str
    text: Text
    asks_time: bool = False
    set_by: tuple[str, ...] = ()
    tap: bool = False
    """It has a button of its own on the alarm's screen: something seen that everyone must know."""


@frozen
class Content:
    """The content that ships with Varde: situations with their cards, roles, marks, staffing rules and switches."""

    situations: Mapping[str, Situation] = field(default_factory=dict)
    roles: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    staffing: tuple[Staffing, ...] = ()
    switches: Mapping[str, QuickSwitch] = field(default_factory=dict)
    messages: Mapping[str, Text] = field(default_factory=dict)
    """What is said by SMS, phone and e-mail."""
    texts: Mapping[str, object] = field(default_factory=dict)
    """Texts that only screens need: levels, go_to_scene, ring_presser, labels."""
    checklist: Checklist = Checklist()
    catalogue: Catalogue = Catalogue()
    """The exercises that ship."""

    def staffing_of(self, size: int) -> Staffing:
        for rule in self.staffing:
            if rule.max_size is None or size <= rule.max_size:
                return rule
        return Staffing(None, {}, 4, {})


@frozen
class CoverLine:
    """How one role of the cover stands: how many are needed, how many count."""

    role: str
    need: int
    have: int

    @property
    def filled(self) -> bool:
        return self.have >= self.need


def cover_lines(
    needed: Iterable[tuple[str, int]], held: Iterable[str], merge: Mapping[str, tuple[str, ...]]
) -> tuple[CoverLine, ...]:
    """The cover against the roles held by those who come. A holder also fills the roles that the staffing merges into his."""
    counted: dict[str, int] = {}
    for role in held:
        for filled in (role, *merge.get(role, ())):
            counted[filled] = counted.get(filled, 0) + 1
    lines = []
    for role, need in needed:
        have = counted.get(role, 0)
        lines.append(CoverLine(role, need, have - have % 2 if role == PAIRED and need > 1 else have))
    return tuple(lines)


def next_role(lines: Iterable[CoverLine], held: Iterable[str], fits: frozenset[str], cards: Iterable[str]) -> str | None:
    """The next role that cover lacks and that fits; then a card that nobody holds; then one more of those who may be many.

    `lines` tell what cover lacks, `held` the roles already held, `fits` the roles this person may take, `cards` the
    roles that have a card in the situation. None: there is nothing to hand out.
    """
    held, cards = list(held), list(cards)
    counted = {role: held.count(role) for role in held}
    for line in lines:
        if counted.get(line.role, 0) < line.need and not line.filled and line.role in fits and line.role in cards:
            return line.role
    for role in cards:
        if role in fits and not counted.get(role):
            return role
    for role in SHARED:
        if role in cards and (role in fits or role == "all_staff"):
            return role
    return None


def unfilled(card: Card, values: Mapping[str, str]) -> set[str]:
    """The local placeholders of a card that the office has not filled, or only with dots, lines or another placeholder. Such a card must not be
    published."""
    used = {name for step in card.steps for text in step.text.values() for name in PLACEHOLDER.findall(text)}
    return {name for name in used if not _says(values.get(name, ""))}


def _says(value: str) -> bool:
    return any(letter.isalnum() for letter in value) and not PLACEHOLDER.search(value)


def fill(text: Text, values: Mapping[str, str]) -> dict[str, str]:
    """The text with the office's own values in place of {placeholders}; those without a value stay as they are."""
    return {
        language: PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), words) for language, words in text.items()
    }
