"""Reads the exercise catalogue into the core's values. What must hold between it and the role cards is checked here; so are an office's own versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from server.config.shapes import Id, Line, Shape, Translated
from server.config.strict_yaml import Parsed, Problem
from server.core.cards import Content, PLACEHOLDER
from server.core.drill import exercise as core

Form = Literal["function", "discussion", "game", "full_scale"]
Notice = Literal["announced", "window", "unannounced"]
Start = Literal["alarm", "second_alarm", "switch", "deadline", "disconnect"]


class NamedShape(Translated):
    id: Id


class NoticeShape(NamedShape):
    requires: list[Id] = []


class InjectShape(Translated):
    at_s: int | None = Field(None, ge=0, le=8 * 3600)
    channel: Literal["card", "oral", "phone", "role_play"]
    to: Id
    zone: int | None = Field(None, ge=1, le=20)


class TargetShape(Shape):
    mark: Id | None = None
    metric: Id | None = None
    within_s: int = Field(ge=1, le=24 * 3600)
    from_: Start = Field(alias="from")

    @model_validator(mode="after")
    def _one(self) -> TargetShape:
        if (self.mark is None) == (self.metric is None):
            raise ValueError("a target has either 'mark' or 'metric'.")
        return self


class QuestionShape(Translated):
    id: Id
    answer: Literal["yes_no", "text", "scale_1_5", "measured", "owner_deadline"]


class PerYearShape(Shape):
    under_15: float = Field(ge=0, le=52)
    from_15_to_60: float = Field(ge=0, le=52)
    over_60: float = Field(ge=0, le=52)


class ExerciseShape(Shape):
    """One exercise, as it stands in the catalogue and as a coordinator sends an own version of it."""

    id: Id
    title: Translated
    goal: Translated
    form: Form
    situation: Id | None = None
    duration_min: int = Field(ge=1, le=8 * 60)
    notice: Notice
    roles: list[Id] = Field(max_length=40)
    per_year: PerYearShape
    setup: list[Translated] = Field([], max_length=20)
    settings: dict[str, int] = {}
    zones: Any = None
    injects: list[InjectShape] = Field([], max_length=60)
    targets: list[TargetShape] = Field([], max_length=20)
    questions: list[QuestionShape] = Field([], max_length=20)

    def exercise(self) -> core.Exercise:
        return core.Exercise(
            self.id, self.title.text(), self.goal.text(), self.form, self.situation, self.duration_min, self.notice, tuple(self.roles),
            self.per_year.model_dump(), tuple(_filled(one.text(), self.settings) for one in self.setup),
            tuple(core.Inject(f"i{n}", one.at_s, one.channel, one.to, one.text(), one.zone) for n, one in enumerate(self.injects, 1)),
            tuple(core.Target(one.within_s, one.from_, one.mark, one.metric) for one in self.targets),
            tuple(core.Question(one.id, one.answer, one.text()) for one in self.questions),
        )  # fmt: skip


class ExercisesFile(Shape):
    """Those of type Any are read by people, or checked by the content's own tests."""

    schema_: Literal["varde.exercises/1"] = Field(alias="schema")
    content_version: Line
    languages: Any = None
    basis: Any = None
    rules: list[NamedShape]
    forms: list[NamedShape]
    notices: list[NoticeShape]
    metrics: list[NamedShape]
    general_questions: list[QuestionShape]
    exercises: list[ExerciseShape] = Field(min_length=1)


def read_own(exercise_id: str, body: dict[str, Any], content: Content) -> core.Exercise:
    """An office's own exercise, as a coordinator sent it. Raises ValueError that says what to correct."""
    given = {name: value for name, value in body.items() if name not in ("id", "office_id", "based_on", "version") and value is not None}
    for key in ("injects", "targets"):  # what we write has null where nothing is set
        if isinstance(rows := given.get(key), list):
            given[key] = [{name: one for name, one in row.items() if one is not None} if isinstance(row, dict) else row for row in rows]
    try:
        found = ExerciseShape.model_validate({"id": exercise_id, **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    if words := next(wrong(found, content, content.catalogue.metrics), None):
        raise ValueError(words)
    return found.exercise()


def catalogue_of(file: ExercisesFile) -> core.Catalogue:
    return core.Catalogue(
        {one.id: one.exercise() for one in file.exercises}, tuple(core.Question(q.id, q.answer, q.text()) for q in file.general_questions),
        *({row.id: row.text() for row in rows} for rows in (file.rules, file.forms, file.notices, file.metrics)),
    )  # fmt: skip


def dangling(parsed: Parsed, file: ExercisesFile, content: Content) -> Iterator[Problem]:
    """References that lead nowhere: to roles, situations and marks of the role cards, and to the catalogue's own metrics."""
    metrics = {row.id for row in file.metrics}
    seen: set[str] = set()
    for number, exercise in enumerate(file.exercises):
        if exercise.id in seen:
            yield parsed.problem(("exercises", number), f"the exercise '{exercise.id}' is there twice: give one of them another id.")
        seen.add(exercise.id)
        for words in wrong(exercise, content, metrics):
            yield parsed.problem(("exercises", number), f"in '{exercise.id}' {words}")


def wrong(exercise: ExerciseShape, content: Content, metrics: Iterable[str]) -> Iterator[str]:
    """What is wrong with one exercise, as sentences that say what to do."""
    if exercise.situation is not None and exercise.situation not in content.situations:
        yield f"the situation '{exercise.situation[:60]}' has no role cards: choose one that has."
    for role in exercise.roles:
        if role not in content.roles:
            yield f"the role '{role[:60]}' is not among the roles of the role cards: correct it."
    for inject in exercise.injects:
        if inject.to not in exercise.roles:
            yield f"an inject is for '{inject.to[:60]}', who is not among the exercise's roles: add the role, or correct it."
        if inject.at_s is not None and inject.at_s > exercise.duration_min * 60:
            yield f"an inject comes after {exercise.duration_min} minutes, when it is over: make it longer, or move the inject."
    for target in exercise.targets:
        if target.mark is not None and target.mark not in content.marks:
            yield f"the mark '{target.mark[:60]}' is not among the marks of the role cards: correct it."
        if target.metric is not None and target.metric not in metrics:
            yield f"the metric '{target.metric[:60]}' is not measured: write one of {', '.join(sorted(metrics))}."
    ids = [one.id for one in exercise.questions]
    if len(set(ids)) != len(ids):
        yield "two questions have the same id: give one of them another."


def _filled(text: dict[str, str], settings: dict[str, int]) -> dict[str, str]:
    return {language: PLACEHOLDER.sub(lambda found: str(settings.get(found[1], found[0])), words) for language, words in text.items()}
