"""Reads the visit checklist into the core's values, and an office's own numbers for visits. What must hold between its parts is checked here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from server.config.shapes import Id, Line, RiskId, Shape, Translated, VisitsShape, VisitTimesShape
from server.config.strict_yaml import Parsed, Path_, Problem
from server.core.visit import checklist as core
from server.core.visit.settings import MINUTE_S, Risk, VisitSettings


class DefaultsShape(Shape):
    risk_assessment: Literal["required", "recommended", "by_level"]
    portable_alarm: Literal["required", "recommended", "by_level"]
    leader_notified: Literal["required", "recommended", "by_level"]
    two_employees: Literal["required", "recommended", "by_level"]
    contact_person: Literal["required", "recommended", "by_level"]


class CheckinShape(Shape):
    interval_min: int = Field(ge=5, le=240)
    max_duration_min: int = Field(ge=5, le=24 * 60)


class TypeShape(Translated):
    id: Id
    defaults: DefaultsShape
    checkin: CheckinShape


class ItemShape(Translated):
    id: Id
    when: Literal["before", "door", "inside", "after"]
    answer: Literal["yes_no", "text", "time_range", "person", "person_accepts", "auto", "minutes", "done", "read"]
    if_yes: Id | None = None
    if_no: Id | None = None
    if_not_delivered: Id | None = None
    weight: int = Field(0, ge=0, le=100)
    weight_basis: str | None = None
    opened_by: Id | None = None
    from_level: RiskId | None = None
    required: bool = False
    required_when: str | None = None
    default_from: str | None = None
    retention: str | None = None
    sets: Id | None = None


class SectionShape(Shape):
    id: Id
    title: Translated
    items: list[ItemShape] = Field(min_length=1)


class LevelShape(Shape):
    id: RiskId
    from_score: int | None
    name: Translated
    measures: list[Id]


class NamedShape(Translated):
    id: Id


class ChecklistFile(Shape):
    """Those of type Any are read by people, or checked by the content's own tests."""

    schema_: Literal["varde.visit_checklist/1"] = Field(alias="schema")
    content_version: Line
    languages: Any = None
    rules: Any = None
    placeholders: Any = None
    visit_types: list[TypeShape] = Field(min_length=1)
    sections: list[SectionShape] = Field(min_length=1)
    levels: list[LevelShape] = Field(min_length=4, max_length=4)
    measures: list[NamedShape]
    actions: list[NamedShape]
    escalation: Any = None
    code_words: Any = None
    duress_code: Any = None
    data_rules: Any = None


SECONDS = {
    "interval_min": "interval_s", "longest_min": "longest_s", "extend_max_min": "extend_max_s", "contact_after_min": "contact_after_s",
    "leader_after_min": "leader_after_s", "alarm_after_min": "alarm_after_s", "no_coverage_max_min": "uncovered_max_s",
}  # fmt: skip
"""The file's minutes by the core's names."""


def settings_of(shape: VisitsShape | None) -> VisitSettings:
    """What an office has set; without anything, the defaults."""
    if shape is None:
        return VisitSettings()
    by_risk = {Risk(name): _values(times) for name, times in shape.by_level.items()}
    own = {f"{name}_s": value * MINUTE_S for name in ("late_start", "not_started", "heard_late") if (value := getattr(shape, f"{name}_min")) is not None}
    return VisitSettings(by_risk, {name: _values(times) for name, times in shape.by_type.items()}, **own)


def _values(times: VisitTimesShape) -> dict[str, object]:
    given = times.model_dump(exclude_none=True)
    if (notices := given.pop("notices_min", None)) is not None:
        given["notices_s"] = tuple(sorted({one * MINUTE_S for one in notices}, reverse=True))
    return {SECONDS.get(name, name): value * MINUTE_S if name in SECONDS else value for name, value in given.items()}


def wrong_in_settings(parsed: Parsed, shape: VisitsShape, checklist: core.Checklist) -> Iterator[Problem]:
    """Kinds of visit that there are none of, and ladders that would ask people after the alarm."""
    for name in shape.by_type:
        if name not in checklist.types:
            yield parsed.problem(("visits", "by_type", name), f"'{name[:60]}' is no kind of visit: write one of {', '.join(checklist.types)}.")
    for key, several in (("by_level", shape.by_level), ("by_type", shape.by_type)):
        for name, times in several.items():
            yield from _impossible(parsed, times, ("visits", key, name))
    settings = settings_of(shape)
    if settings.late_start_s >= settings.not_started_s:
        yield parsed.problem(("visits",), "the worker is asked before the contact person: late_start_min must be less than not_started_min.")
    for risk in Risk:
        for type_id in checklist.types:
            times = settings.times(risk, type_id, 0, 0, False)
            if not times.contact_after_s <= times.leader_after_s <= times.alarm_after_s:
                where = ("visits", "by_type", type_id) if type_id in shape.by_type else ("visits", "by_level")
                yield parsed.problem(where, f"for a visit of level {risk} the contact person, the leader and the alarm must come in that order.")
                return


def _impossible(parsed: Parsed, times: VisitTimesShape, path: Path_) -> Iterator[Problem]:
    interval, longest = times.interval_min, times.longest_min
    if interval and longest and interval > longest:
        yield parsed.problem((*path, "interval_min"), f"a check-in each {interval} minutes in a visit of at most {longest}: make it shorter.")
    within = min((one for one in (interval, longest) if one), default=None)
    for number, notice in enumerate(times.notices_min or ()):
        if within and notice >= within:
            what = f"{notice} minutes before the time is up is before the visit has begun, with {within} minutes in all: make it shorter."
            yield parsed.problem((*path, "notices_min", number), what)


def checklist_of(file: ChecklistFile) -> core.Checklist:
    return core.Checklist(
        types={
            t.id: core.VisitType(t.id, t.text(), t.defaults.model_dump(), t.checkin.interval_min, t.checkin.max_duration_min) for t in file.visit_types
        },
        sections={s.id: s.title.text() for s in file.sections},
        items=tuple(
            core.Item(
                i.id, section.id, i.when, i.answer, i.text(), i.if_yes or "", i.if_no or "", i.weight, i.opened_by or "",
                Risk(i.from_level) if i.from_level else None, i.required, i.sets or "",
            )
            for section in file.sections
            for i in section.items
        ),
        levels=tuple(core.Level(Risk(level.id), level.from_score, level.name.text(), tuple(level.measures)) for level in file.levels),
        measures={m.id: m.text() for m in file.measures},
        actions={a.id: a.text() for a in file.actions},
    )  # fmt: skip


def dangling(parsed: Parsed, file: ChecklistFile) -> Iterator[Problem]:
    """References that lead nowhere: gates, measures, actions; and levels that are not the four, once each."""
    items = {item.id for section in file.sections for item in section.items}
    actions, measures = {a.id for a in file.actions}, {m.id for m in file.measures}
    if {level.id for level in file.levels} != {risk.value for risk in Risk}:
        yield parsed.problem(("levels",), "there must be one level each of low, medium, high and stop.")
    for number, section in enumerate(file.sections):
        for place, item in enumerate(section.items):
            here = ("sections", number, "items", place)
            for key, value, known in (("opened_by", item.opened_by, items), ("if_yes", item.if_yes, actions), ("if_no", item.if_no, actions)):
                if value is not None and value not in known:
                    yield parsed.problem((*here, key), f"'{value[:60]}' is not in this file: correct it, or add it.")
    for number, level in enumerate(file.levels):
        for place, measure in enumerate(level.measures):
            if measure not in measures:
                yield parsed.problem(("levels", number, "measures", place), f"'{measure[:60]}' is not among the measures: correct it, or add it.")
