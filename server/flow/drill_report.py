"""Puts a drill's report together: what was measured, the exercise before it, other offices' newest, and what people have answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from server.core import log
from server.core.access import rights
from server.core.directory import Directory
from server.core.drill.exercise import Exercise, Question, Text
from server.core.drill.measure import Measured
from server.core.drill.model import Consulted, Finding, PlannedDrill, was_held
from server.core.drill.nameless import Cleaned, nameless
from server.core.drill.report import Curve, DrillReport, Figures, Spread, figures_of, report_of
from server.core.drill.seal import holds, seals_of
from server.core.projection import name_of
from server.flow.context import Context
from server.flow.drill_board import measured, person, target

COMPARED_WITHIN = timedelta(days=800)
OTHERS_MOST = 60
"""Offices that are compared with: their logs are read for it."""


def report(context: Context, drill: PlannedDrill) -> DrillReport:
    directory = context.directory()
    return report_of(
        drill, measured(context, drill), context.store.evaluations(drill.id), questions_of(drill, directory), context.now(), _last(context, drill),
        _others(context, drill),
    )  # fmt: skip


def questions_of(drill: PlannedDrill, directory: Directory) -> list[Question]:
    return list({one.id: one for one in (*drill.exercise.questions, *directory.content.catalogue.questions)}.values())


def held(context: Context, drill: PlannedDrill) -> bool:
    return was_held(drill) or was_held(drill, raised=True) and bool(context.store.alarms_of_drill(drill.id))


def _held_before(context: Context, drill: PlannedDrill, offices: Iterable[str]) -> list[PlannedDrill]:
    """Of the same kind, held and over, newest first."""
    found = context.store.drills_of(offices, drill.starts_at - COMPARED_WITHIN)
    same = [one for one in found if one.id != drill.id and one.exercise.kind == drill.exercise.kind and one.starts_at < drill.starts_at]
    return sorted((one for one in same if held(context, one)), key=lambda one: one.starts_at, reverse=True)


def _last(context: Context, drill: PlannedDrill) -> tuple[datetime, Figures] | None:
    own = next((one for one in _held_before(context, drill, [drill.office_id]) if one.office_id == drill.office_id), None)
    return (own.starts_at, figures_of(measured(context, own))) if own else None


def _others(context: Context, drill: PlannedDrill) -> list[Figures]:
    """The newest of each other office."""
    newest: dict[str, PlannedDrill] = {}
    for one in _held_before(context, drill, context.directory().offices):
        if one.office_id not in drill.offices:
            newest.setdefault(one.office_id, one)
    return [figures_of(measured(context, one)) for one in list(newest.values())[:OTHERS_MOST]]


def intact(context: Context, drill: PlannedDrill, found: Iterable[Measured]) -> tuple[bool, bool]:
    """Whether the chains of the drill's own log and of its alarms' hold, with the seal of what was sent where there is one; and whether there is one for
    all of it. There is none of a drill that was held before Varde sealed, or in its first seconds after the stop."""
    store, alarms = context.store, [each.alarm for each in found]
    own = store.log(drill.id)
    seals = seals_of(own)
    chained = log.holds(own, drill.log_count, drill.log_head) and all(log.holds(store.log(one.id), one.log_count, one.log_head) for one in alarms)
    unchanged = all(holds(store.orders(one.id), seals[one.id]) for one in alarms if one.id in seals)
    return chained and unchanged, all(one.id in seals for one in alarms)


# ---------------------------------------------------------------- what is read


def shown(context: Context, made: DrillReport, names: bool) -> dict[str, object]:
    """Dates stay datetimes; the wire writes them. Without `names` nobody is named in it: for the working environment committee. What people have
    written of the whole is there without the names of people; what each answered for himself is not there at all."""
    directory, drill = context.directory(), made.drill
    said = [one.who for one in (drill.consulted, drill.remark) if one]
    cleaned: Cleaned = str if names else nameless(directory, said)
    whole, sealed = intact(context, drill, made.measured)
    return {
        "server_time": context.now(), "names": names, "intact": whole, "sealed": sealed,
        "drill": _drill(drill, directory, names, cleaned),
        "figures": _figures(made.figures), "reached": _spread(made.reached), "coming": _spread(made.coming),
        "last": {"at": made.last[0], "figures": _figures(made.last[1])} if made.last else None,
        "others": {"count": made.others[0], "figures": _figures(made.others[1])} if made.others else None,
        "alarms": [_alarm(one, curve, directory, cleaned) for one, curve in zip(made.measured, made.curves)],
        "targets": [target(one) for one in made.targets],
        "unreached": [
            {"alarm_id": one.alarm_id, "name": name_of(one.person_id, directory) if names else None, "why": one.why, "channels": list(one.channels)}
            for one in made.unreached
        ],
        "channels": [{"channel": one.channel, "tried": one.tried, "reached": one.reached, "failed": one.failed} for one in made.channels],
        "dark": [cleaned(directory.devices[one].name) if one in directory.devices else one for one in made.dark],
        "people": [person(one, directory) for each in made.measured for one in each.our_own] if names else [],
        "answered": made.answered,
        "answers": [
            {"id": one.question.id, "answer": one.question.answer, "text": without_names(drill.exercise, one.question.text, cleaned),
             "counts": dict(one.counts), "texts": list(one.texts) if names else []}
            for one in made.answers if one.counts or one.texts
        ],
        "findings": [_finding(one, drill, directory, names, cleaned) for one in drill.findings],
    }  # fmt: skip


def without_names(exercise: Exercise, text: Text, cleaned: Cleaned) -> Text:
    """A text of the exercise. What ships with Varde names nobody and stays as it is; what an office has written may."""
    return text if exercise.office_id is None else {language: cleaned(one) for language, one in text.items()}


def _drill(drill: PlannedDrill, directory: Directory, names: bool, cleaned: Cleaned) -> dict[str, object]:
    def said(one: Consulted | None) -> dict[str, object] | None:
        return {"who": name_of(one.who, directory) if names else None, "at": one.at, "remark": cleaned(one.remark)} if one else None

    exercise = drill.exercise

    return {
        "id": drill.id, "name": cleaned(drill.name), "title": without_names(exercise, exercise.title, cleaned),
        "goal": without_names(exercise, exercise.goal, cleaned), "form": exercise.form, "notice": drill.notice,
        "state": drill.state, "offices": [directory.offices[one].name if one in directory.offices else one for one in drill.offices],
        "leader": name_of(drill.leader_id, directory) if names else None, "starts_at": drill.starts_at, "zero_at": drill.zero_at,
        "stopping": {"at": drill.stopping.at, "why": drill.stopping.why} if drill.stopping else None,
        "consulted": said(drill.consulted), "remark": said(drill.remark), "summary": cleaned(drill.summary), "reported_at": drill.reported_at,
    }  # fmt: skip


def _figures(one: Figures) -> dict[str, object]:
    return {
        "told": one.told, "reached": one.reached, "share_reached": one.share_reached, "first_reached_s": one.first_reached_s,
        "all_reached_s": one.all_reached_s, "first_coming_s": one.first_coming_s, "first_there_s": one.first_there_s,
    }  # fmt: skip


def _spread(one: Spread) -> dict[str, object]:
    return {"count": one.count, "median_s": one.median_s, "p90_s": one.p90_s, "slowest_s": one.slowest_s}


def _alarm(one: Measured, curve: Curve, directory: Directory, cleaned: Cleaned) -> dict[str, object]:
    alarm = one.alarm
    since = alarm.opened_at
    office = directory.offices.get(alarm.office_id)
    marks = sorted((at, mark) for mark, at in one.marks.items())
    return {
        "id": alarm.id, "office": office.name if office else alarm.office_id, "zone": cleaned(alarm.place.zone) or None, "opened_at": since,
        "ended_at": alarm.ending.at if alarm.ending else None, "told": curve.told,
        "reached": sum(reach.reached_at is not None for reach in one.our_own),
        "marks": [{"mark": mark, "seconds": (at - since).total_seconds()} for at, mark in marks],
        "steps": [(at - since).total_seconds() for at in one.steps],
        "curve": {"reached": [list(point) for point in curve.reached], "answered": [list(point) for point in curve.answered]},
    }  # fmt: skip


def _finding(one: Finding, drill: PlannedDrill, directory: Directory, names: bool, cleaned: Cleaned) -> dict[str, object]:
    return {
        "text": cleaned(one.text), "owner": name_of(one.owner_id, directory) if names else None, "owner_is": _office_word(one.owner_id, drill, directory),
        "due_on": one.due_on, "closed_at": one.closed_at, "outcome": cleaned(one.outcome),
    }  # fmt: skip


def _office_word(person_id: str, drill: PlannedDrill, directory: Directory) -> str:
    """What somebody is there, where names are left out."""
    access = {right for office_id in drill.offices for right in rights(person_id, office_id, directory)}
    return next((word for word in ("office_lead", "drill_coordinator", "safety_representative") if word in access), "staff")
