"""Reads the content (role cards and the words on the screens) into the core's values. What must hold between its parts is checked here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from server.config import exercises as exercise_files
from server.config import visits as visit_files
from server.config.shapes import Id, Line, Shape, Translated, shape
from server.config.files import CONTENT, Files
from server.config.strict_yaml import ConfigError, Parsed, Path_, Problem, parse_bytes
from server.core import cards as core
from server.core.cards import PLACEHOLDER
from server.core.messages import MAY_NAME, NEEDED

Level = Literal["assist", "emergency"]
Ring = Literal["never", "after_112", "yes"]


class NamedShape(Translated):
    id: Id


class LevelShape(Shape):
    id: Level
    name: Translated
    meaning: Translated


class MarkShape(Translated):
    id: Id
    asks: Literal["time"] | None = None
    tap: bool = False
    set_by: list[Id] = []


class RoleShape(Shape):
    id: Id
    name: Translated
    purpose: Translated


class RangeShape(Shape):
    min: int = Field(1, ge=1)
    max: int | None = Field(None, ge=1)


class StaffingShape(Shape):
    size: Id
    range: RangeShape
    note: Translated | None = None
    merge: dict[str, list[str]]
    off_site_when_present_below: int = Field(ge=0, le=100)
    use_instead_when_below: dict[str, str] = {}
    deputies_per_role: int = Field(0, ge=0, le=10)


class CardStepShape(Translated):
    id: Id
    must: bool = False
    mark: str | None = None


class CommonCardShape(Shape):
    id: Id
    role: str
    steps: list[CardStepShape] = Field(min_length=1, max_length=8)


class CardShape(Shape):
    role: str
    use: str | None = None
    steps: list[CardStepShape] | None = Field(None, min_length=1, max_length=8)

    @model_validator(mode="after")
    def _one(self) -> CardShape:
        if (self.use is None) == (self.steps is None):
            raise ValueError("a card has either 'steps' or 'use' (the id of a common card).")
        return self


class CoverShape(Shape):
    role: str
    count: int = Field(ge=1, le=20)


class RaiseShape(Shape):
    to: Literal["emergency"]
    when: list[str]
    ring_presser: Ring
    cover: list[CoverShape] = Field(min_length=1)


class SituationShape(Shape):
    id: Id
    title: Translated
    when: Translated
    level: Level
    raise_level: RaiseShape | None = None
    silent: bool
    go_to_scene: Literal["pair", "nobody", "sheltered"]
    ring_presser: Ring
    cover: list[CoverShape] = Field(min_length=1)
    inherits: list[str] = []
    ros_events: list[str] = []
    sources: list[str] = []
    cards: list[CardShape] = Field(min_length=1)


class SwitchShape(Shape):
    id: Id
    label: Translated
    meaning: Translated
    to_situation: str
    offered_in: list[str]
    offered_to: str | None = None
    role_without_card_becomes: str | None = None
    message: str | None = None


class SituationMessageShape(Shape):
    """What is said in one situation, to staff or to the public. `text` may hold the office's own values."""

    id: Id
    channel: list[Line]
    situation: str
    audience: Line
    text: Translated


class RoleCardsFile(Shape):
    """Those of type Any are read by others, and checked by the content's own tests."""

    schema_: Literal["varde.role_cards/1"] = Field(alias="schema")
    content_version: Line
    languages: Any = None
    rules: Any = None
    levels: list[LevelShape]
    level_conditions: list[NamedShape] = []
    go_to_scene: list[NamedShape]
    ring_presser: list[NamedShape]
    marks: list[MarkShape]
    placeholders: list[NamedShape]
    roles: list[RoleShape]
    staffing: list[StaffingShape] = Field(min_length=1)
    common_cards: list[CommonCardShape]
    situations: list[SituationShape] = Field(min_length=1)
    quick_switches: list[SwitchShape] = []
    drill_prefix: dict[str, str]
    messages: list[SituationMessageShape] = []


class MessagesFile(Shape):
    """What SMS, calls, e-mail and chat say: `server.core.messages` names the texts that are needed."""

    schema_: Literal["varde.messages/1"] = Field(alias="schema")
    content_version: Line
    messages: list[NamedShape]


class GlossaryFile(Shape):
    schema_: Literal["varde.glossary/1"] = Field(alias="schema")
    content_version: Line
    languages: Any = None
    style: Any = None
    term_pairs: Any = None
    terms: Any = None
    interface: list[NamedShape]


FILES: dict[str, type[Shape]] = {
    "role_cards.yaml": RoleCardsFile,
    "glossary.yaml": GlossaryFile,
    "messages.yaml": MessagesFile,
    "visit_checklist.yaml": visit_files.ChecklistFile,
    "exercises.yaml": exercise_files.ExercisesFile,
}


def read_content(files: Files, checked: bool = False) -> tuple[core.Content, frozenset[str]]:
    """The content, and the names of the local values that its cards may use. Raises ConfigError. `checked`: as `loading.read_files` has it."""
    problems: list[Problem] = []
    found = [_load(files, name, model, problems) for name, model in FILES.items()]
    for name in sorted(files):
        if name.startswith(CONTENT) and name.removeprefix(CONTENT) not in FILES:
            _parse(files[name], name.removeprefix(CONTENT), problems)  # what others read must at least be a file that can be read
    if problems:
        raise ConfigError(problems)
    (parsed, file), (words, glossary), (said, messages), (visits, checklist), (drills, exercises) = found
    problems += _twice(parsed, file, words, glossary)
    problems += _References(parsed, file, glossary).dangling()
    problems += _wrong_messages(said, messages, file, frozenset() if checked else NEEDED)
    problems += visit_files.dangling(visits, checklist)
    if problems:
        raise ConfigError(problems)
    content = _content(file, glossary, messages, checklist, exercises)
    if problems := list(exercise_files.dangling(drills, exercises, content)):
        raise ConfigError(problems)
    return content, frozenset(p.id for p in file.placeholders)


def _load(files: Files, name: str, model: type[Shape], problems: list[Problem]) -> tuple[Parsed, Any]:
    if CONTENT + name not in files:
        problems.append(Problem(name, 0, "is missing from the content: copy it from config/content, or give --content."))
        return Parsed(name), None
    parsed = _parse(files[CONTENT + name], name, problems)
    try:
        return parsed, shape(model, parsed) if parsed.data is not None else None
    except ConfigError as error:
        problems += error.problems
        return parsed, None


def _parse(body: bytes, name: str, problems: list[Problem]) -> Parsed:
    try:
        return parse_bytes(body, name)
    except ConfigError as error:
        problems += error.problems
        return Parsed(name)


def _content(
    file: RoleCardsFile, glossary: GlossaryFile, messages: MessagesFile, checklist: visit_files.ChecklistFile, exercises: exercise_files.ExercisesFile
) -> core.Content:
    common = {card.id: card for card in file.common_cards}
    return core.Content(
        situations={s.id: _situation(s, common) for s in file.situations},
        roles={r.id: {"name": r.name.text(), "purpose": r.purpose.text()} for r in file.roles},
        marks={m.id: core.Mark(m.id, m.text(), m.asks == "time", tuple(m.set_by), m.tap) for m in file.marks},
        staffing=tuple(
            core.Staffing(
                s.range.max, {role: tuple(taken) for role, taken in s.merge.items()}, s.off_site_when_present_below, s.use_instead_when_below
            )
            for s in sorted(file.staffing, key=lambda s: s.range.max or 1_000_000)
        ),
        switches={
            q.id: core.QuickSwitch(q.id, q.to_situation, frozenset(q.offered_in), q.label.text(), q.meaning.text(), q.message)
            for q in file.quick_switches
        },
        texts={
            "version": file.content_version,
            "levels": {level.id: {"name": level.name.text(), "meaning": level.meaning.text()} for level in file.levels},
            "go_to_scene": {row.id: row.text() for row in file.go_to_scene},
            "ring_presser": {row.id: row.text() for row in file.ring_presser},
            "labels": {row.id: row.text() for row in glossary.interface},
            "titles": {s.id: s.title.text() for s in file.situations},
            "drill_prefix": dict(file.drill_prefix),
        },
        messages={m.id: m.text.text() for m in file.messages} | {m.id: m.text() for m in messages.messages},
        checklist=visit_files.checklist_of(checklist),
        catalogue=exercise_files.catalogue_of(exercises),
    )


def _situation(s: SituationShape, common: dict[str, CommonCardShape]) -> core.Situation:
    return core.Situation(
        id=s.id,
        level=s.level,
        silent=s.silent,
        go_to_scene=s.go_to_scene,
        ring_presser=s.ring_presser,
        cover=_cover(s.cover),
        cards={card.role: _card(card, common) for card in s.cards},
        when=s.when.text(),
        raised=core.Raised(s.raise_level.ring_presser, _cover(s.raise_level.cover)) if s.raise_level else None,
    )


def _cover(rows: Iterable[CoverShape]) -> tuple[tuple[str, int], ...]:
    return tuple((row.role, row.count) for row in rows)


def _card(card: CardShape, common: dict[str, CommonCardShape]) -> core.Card:
    steps = card.steps if card.use is None else common[card.use].steps
    return core.Card(card.role, tuple(core.CardStep(step.id, step.text(), step.must, step.mark) for step in steps or ()))


# ---------------------------------------------------------------- what must hold between the parts


def _wrong_messages(parsed: Parsed, file: MessagesFile, cards: RoleCardsFile, needed: frozenset[str]) -> Iterator[Problem]:
    """Every text that is needed is there, once, and leaves open only what is filled in."""
    known = [message.id for message in file.messages]
    yield from twice(parsed, "messages", ids=[*known, *(m.id for m in cards.messages)], what="the message")
    for name in sorted(needed - set(known)):
        yield parsed.problem(("messages",), f"the message '{name}' is missing: copy it from config/content/messages.yaml.")
    for number, message in enumerate(file.messages):
        for language, text in message.text().items():
            for name in set(PLACEHOLDER.findall(text)) - MAY_NAME:
                what = f"{{{name}}} is not something that a message knows ({', '.join(sorted(MAY_NAME))}): correct it."
                yield parsed.problem(("messages", number, language), what)


def twice(parsed: Parsed, *path: str | int, ids: Iterable[str], what: str) -> Iterator[Problem]:
    """A problem for each id in a list that stands there before."""
    first: dict[str, int] = {}
    for number, id_ in enumerate(ids):
        if id_ in first:
            line = parsed.line(*path, first[id_])
            yield parsed.problem((*path, number), f"{what} '{id_}' is there twice (first on line {line}): give one of them another id.")
        first.setdefault(id_, number)


def _twice(parsed: Parsed, file: RoleCardsFile, words: Parsed, glossary: GlossaryFile) -> Iterator[Problem]:
    for key in ("levels", "go_to_scene", "ring_presser", "marks", "placeholders", "roles", "common_cards", "situations", "quick_switches"):
        yield from twice(parsed, key, ids=[row.id for row in getattr(file, key)], what="the id")
    yield from twice(words, "interface", ids=[row.id for row in glossary.interface], what="the label")
    for number, common in enumerate(file.common_cards):
        yield from twice(parsed, "common_cards", number, "steps", ids=[s.id for s in common.steps], what="the step")
    for number, situation in enumerate(file.situations):
        yield from twice(parsed, "situations", number, "cards", ids=[c.role for c in situation.cards], what="the card for")
        for place, card in enumerate(situation.cards):
            ids = [s.id for s in card.steps or ()]
            yield from twice(parsed, "situations", number, "cards", place, "steps", ids=ids, what="the step")


class _References:
    """References in the content that lead nowhere."""

    def __init__(self, parsed: Parsed, file: RoleCardsFile, glossary: GlossaryFile) -> None:
        self.parsed = parsed
        self.file = file
        self.known = {key: {row.id for row in getattr(file, key)} for key in ("roles", "marks", "situations", "placeholders")}
        self.known["labels"] = {row.id for row in glossary.interface}
        self.common = {card.id: card for card in file.common_cards}

    def dangling(self) -> Iterator[Problem]:
        file = self.file
        for number, mark in enumerate(file.marks):
            for label in mark.set_by:
                yield from self._known("labels", label, "marks", number, "set_by")
        for number, staffing in enumerate(file.staffing):
            for role, taken in staffing.merge.items():
                for one in (role, *taken):
                    yield from self._known("roles", one, "staffing", number, "merge", role)
            for usual, instead in staffing.use_instead_when_below.items():
                for one in (usual, instead):
                    yield from self._known("situations", one, "staffing", number, "use_instead_when_below", usual)
        for number, card in enumerate(file.common_cards):
            yield from self._known("roles", card.role, "common_cards", number, "role")
            yield from self._in_steps(card.steps, "common_cards", number, "steps")
        for number, situation in enumerate(file.situations):
            yield from self._in_situation(situation, "situations", number)
        for number, switch in enumerate(file.quick_switches):
            yield from self._known("situations", switch.to_situation, "quick_switches", number, "to_situation")
            for place, one in enumerate(switch.offered_in):
                yield from self._known("situations", one, "quick_switches", number, "offered_in", place)

    def _in_situation(self, situation: SituationShape, *path: str | int) -> Iterator[Problem]:
        held = {card.role for card in situation.cards}
        covers: list[tuple[Path_, list[CoverShape]]] = [((*path, "cover"), situation.cover)]
        if situation.raise_level is not None:
            covers.append(((*path, "raise_level", "cover"), situation.raise_level.cover))
        for here, rows in covers:
            for place, row in enumerate(rows):
                if row.role not in held:
                    yield self.parsed.problem((*here, place), f"the cover needs '{row.role[:60]}', but no card here is for that role.")
        for place, card in enumerate(situation.cards):
            yield from self._known("roles", card.role, *path, "cards", place, "role")
            yield from self._in_steps(card.steps, *path, "cards", place, "steps")
            use = (*path, "cards", place, "use")
            if card.use is not None and card.use not in self.common:
                yield self.parsed.problem(use, f"'{card.use[:60]}' is not among the common_cards: correct it, or add it there.")
            elif card.use is not None and self.common[card.use].role != card.role:
                yield self.parsed.problem(use, f"'{card.use}' is a card for '{self.common[card.use].role}', not '{card.role[:60]}'.")

    def _in_steps(self, rows: list[CardStepShape] | None, *path: str | int) -> Iterator[Problem]:
        for number, step in enumerate(rows or ()):
            if step.mark is not None:
                yield from self._known("marks", step.mark, *path, number, "mark")
            for language, words in step.text().items():
                for name in PLACEHOLDER.findall(words):
                    yield from self._known("placeholders", name, *path, number, language)

    def _known(self, key: str, value: str, *path: str | int) -> Iterator[Problem]:
        if value not in self.known[key]:
            yield self.parsed.problem(path, f"'{value[:60]}' is not among the {key}: correct it, or add it there.")
