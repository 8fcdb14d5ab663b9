"""The door to the yearly wheel: its lines, the drills that they ask for, whom it reminds, and the pages that prove what was exercised. A fixed job plans and
reminds; nothing is a job of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from server.core.access import Viewer
from server.core.alarm import Refused
from server.core.directory import Directory
from server.core.drill import events as e
from server.core.drill.access import may_plan
from server.core.drill import reminding
from server.core.drill.exercise import Exercise
from server.core.drill.measure import against
from server.core.drill.model import TOOK_PART, PlannedDrill, TakenPart
from server.core.drill.nameless import nameless
from server.core.drill.programme import (
    AHEAD,
    AT_LEAST,
    YEAR,
    Button,
    Coming,
    Duty,
    WheelLine,
    buttons,
    coming,
    duties,
    last_training,
    presses_for,
    trained,
)
from server.core.drill.reminding import FAR, Problem, Standing, by_day, of_overdue, of_problem, to_remind
from server.core.drill.table import DrillStep, plan_drill
from server.core.local_time import OSLO, day_of
from server.core.log import Said
from server.core.messages import language_of
from server.core.model import Alarm
from server.core.orders import Order
from server.core.projection import name_of
from server.core.values import replace
from server.flow import drill_board, planned_drills
from server.flow.context import Context, ring
from server.flow.drill_board import target
from server.flow.drill_report import held, without_names
from server.store.contract import Change, Conflict

LINES_MOST = 100
"""Lines of one office."""
FORGOTTEN_WITHIN = timedelta(days=30)
"""What could not be forgotten for so long, because no server was up, stays."""
PERSONAL_KEPT = timedelta(days=60)
"""After this, what was kept of single people in a drill is deleted: who was left out, and who answered what."""
PARTS_KEPT = timedelta(days=400)
"""Who took part is kept for as long as a year's training must be proven, and a little."""

journal = logging.getLogger("varde.programme")


# ---------------------------------------------------------------- the wheel


def keep_line(context: Context, viewer: Viewer, line: WheelLine) -> str | None:
    """A line of the office's wheel, in place of the one with its id. None where it is kept, else why not."""
    directory, store = context.directory(), context.store
    if not may_plan(viewer, [line.office_id], directory):
        return "not_allowed"
    if _exercise(context, line) is None:
        return "unknown_exercise"
    if line.owner_id not in directory.people:
        return "unknown_person"
    known = {one.id: one for one in store.wheel(directory.offices)}
    if line.id in known and known[line.id].office_id != line.office_id:
        return "id_used"
    if line.id not in known and sum(one.office_id == line.office_id for one in known.values()) >= LINES_MOST:
        return "too_many"
    store.keep_line(line)
    return None


def drop_line(context: Context, viewer: Viewer, office_id: str, line_id: str) -> str | None:
    if not may_plan(viewer, [office_id], context.directory()):
        return "not_allowed"
    if not any(one.id == line_id for one in context.store.wheel([office_id])):
        return "unknown_line"
    context.store.drop_line(line_id)
    return None


def plan_what_is_coming(context: Context, zone: tzinfo) -> int:
    """Plans the drills that the wheels ask for in the next weeks; gives how many. Each is planned once, also by two servers. What is refused is tried again,
    and until then its line shows why (`overview`), and its owner is told (`remind`). Only by day: who is to look at it is told at once."""
    now, directory = context.now(), context.directory()
    if not by_day(now, zone):
        return 0
    asked = [one for line in context.store.wheel(directory.offices) for one in coming(line, now, zone) if one.starts_at >= now + AT_LEAST]
    known = context.store.drills([one.drill_id for one in asked])
    return sum(_plan(context, one, now, directory) for one in asked if one.drill_id not in known)


def _plan(context: Context, asked: Coming, now: datetime, directory: Directory) -> bool:
    step = _try(context, asked, context.store.drills_of([asked.line.office_id], now), now, directory)
    if isinstance(step, Refused):
        journal.warning("line_not_planned", extra={"line": asked.line.id, "reason": step.reason})
        return False
    try:
        planned_drills.commit(context, None, step, now)
    except Conflict:
        return False  # another server was faster
    return True


def _try(context: Context, asked: Coming, others: Iterable[PlannedDrill], now: datetime, directory: Directory) -> DrillStep | Refused:
    """The drill that a line asks for, or why it cannot be planned. Its name is in the language of whoever leads it."""
    line, exercise = asked.line, _exercise(context, asked.line)
    if exercise is None:
        return Refused("unknown_exercise")
    name = exercise.title.get(language_of(line.owner_id, directory)) or exercise.title.get("nb") or exercise.id
    plan = e.Plan(
        (line.office_id,), exercise, name[:120], line.owner_id, asked.starts_at, asked.starts_at + timedelta(minutes=exercise.duration_min),
        line.notice or exercise.notice, presses_for(exercise, line.office_id), programme_id=line.id,
    )  # fmt: skip
    return plan_drill(asked.drill_id, plan, line.owner_id, others, now, directory)


def _problems(context: Context, office_id: str, lines: Iterable[WheelLine], now: datetime, zone: tzinfo) -> dict[str, Problem]:
    """By line of this office: what keeps its next drill from being planned. Nobody need find it out on the day."""
    drills, found = context.store.drills_of([office_id], now), {}
    for line in lines:
        if problem := _problem(context, line, drills, now, zone):
            found[line.id] = problem
    return found


def _problem(context: Context, line: WheelLine, drills: Sequence[PlannedDrill], now: datetime, zone: tzinfo) -> Problem | None:
    directory = context.directory()
    gone = "unknown_exercise" if _exercise(context, line) is None else "unknown_person" if line.owner_id not in directory.people else None
    asked = coming(line, now, zone, FAR if gone else AHEAD)
    known = context.store.drills([one.drill_id for one in asked]) if asked else {}
    for one in (one for one in asked if one.drill_id not in known):
        if gone:
            return Problem(one, gone, None)
        tried = _try(context, one, drills, now, directory)
        why = "too_near" if one.starts_at < now + AT_LEAST else tried.reason if isinstance(tried, Refused) else None
        if why:
            return Problem(one, why, one.starts_at.astimezone(zone).date())
    return None


def _exercise(context: Context, line: WheelLine) -> Exercise | None:
    own = {one.exercise.id: one.exercise for one in context.store.own_exercises([line.office_id]) if not one.gone}
    return own.get(line.exercise_id) or context.directory().content.catalogue.exercises.get(line.exercise_id)


# ---------------------------------------------------------------- whom it reminds


def remind(context: Context, zone: tzinfo) -> int:
    """Tells the owners of lines whose drill cannot be planned, and once a month those who coordinate drills what is overdue; gives how many were told.
    Each is told once, also by two servers."""
    now, directory, told = context.now(), context.directory(), 0
    if not by_day(now, zone):
        return told
    wheels: dict[str, list[WheelLine]] = {}
    for line in context.store.wheel(directory.offices):
        wheels.setdefault(line.office_id, []).append(line)
    for office_id, lines in wheels.items():
        for problem in _problems(context, office_id, lines, now, zone).values():
            told += _tell(context, of_problem(problem, context.store.orders(problem.asked.drill_id), now, directory), now)
    month = reminding.month_of(now, zone)
    return told + (_remind_of_overdue(context, month, now, directory) if month else 0)


def _remind_of_overdue(context: Context, month: str, now: datetime, directory: Directory) -> int:
    asked = to_remind({order.recipient for order in context.store.orders(month)}, directory)
    found = {office_id: _standing(context, office_id, now) for office_id in {one for offices in asked.values() for one in offices}}
    made = (of_overdue(month, person_id, offices, found, now, directory) for person_id, offices in asked.items())
    return sum(_tell(context, [order], now) for order in made if order)


def _standing(context: Context, office_id: str, now: datetime) -> Standing:
    drills = context.store.drills_of([office_id], now - 2 * YEAR)
    owed = _duties(context, office_id, _exercises(context, office_id), drills, context.store.wheel([office_id]), now)
    return reminding.standing(owed, _round(context, office_id, now))


def _tell(context: Context, orders: Sequence[Order], now: datetime) -> int:
    if not orders:
        return 0
    change = Change(now, orders=orders)
    try:
        context.store.commit(change)
    except Conflict:
        return 0  # another server was faster
    ring(context, change)
    return len(orders)


# ---------------------------------------------------------------- what there is


def overview(context: Context, office_id: str) -> dict[str, object]:
    """The wheel of one office: lines, what is overdue, the buttons' round, and who has been in an exercise. For those who coordinate there."""
    now, directory, store = context.now(), context.directory(), context.store
    lines, every = store.wheel([office_id]), _exercises(context, office_id)
    drills, round_ = store.drills_of([office_id], now - 2 * YEAR), _round(context, office_id, now)
    problems = _problems(context, office_id, lines, now, OSLO)
    parts = _parts(context, office_id, now)
    return {
        "server_time": now, "office_id": office_id,
        "lines": [{**_line(line, directory), "problem": _said(problems.get(line.id))} for line in lines],
        "duties": [
            {"exercise_id": one.exercise_id, "title": next(x.title for x in every if x.id == one.exercise_id), "per_year": one.per_year,
             "held": list(one.held), "planned_id": one.planned_id, "next_by": one.next_by, "word": one.word}
            for one in _duties(context, office_id, every, drills, lines, now)
        ],
        "buttons": {
            "tested": sum(one.word == "tested" for one in round_), "of": len(round_),
            "devices": [{"id": one.device_id, "name": directory.devices[one.device_id].name, "tested_at": one.tested_at, "word": one.word} for one in round_],
        },
        "trained": [
            {"role": one.role, "people": one.people, "trained": one.trained, "missing": [{"id": who, "name": name_of(who, directory)} for who in one.missing]}
            for one in trained(office_id, parts, now, directory)
        ],
        "findings": [
            {"drill_id": drill.id, "id": one.id, "text": one.text, "owner": {"id": one.owner_id, "name": name_of(one.owner_id, directory)},
             "due_on": one.due_on, "late": one.due_on < day_of(now)}
            for drill in drills for one in drill.findings if one.closed_at is None
        ],
    }  # fmt: skip


def _exercises(context: Context, office_id: str) -> list[Exercise]:
    """Those that ship, and then the office's own."""
    own = context.store.own_exercises([office_id])
    return [*context.directory().content.catalogue.exercises.values(), *(one.exercise for one in own if not one.gone)]


def _duties(
    context: Context, office_id: str, every: Sequence[Exercise], drills: Sequence[PlannedDrill], lines: Sequence[WheelLine], now: datetime
) -> list[Duty]:
    size = context.directory().offices[office_id].size
    return duties(office_id, size, every, drills, lines, now, {one.id for one in drills if held(context, one)})


def _round(context: Context, office_id: str, now: datetime) -> list[Button]:
    directory = context.directory()
    ours = [device.id for device in directory.devices.values() if device.office_id == office_id]
    return buttons(office_id, {one: state.tested_at for one, state in context.store.devices(ours).items()}, now, directory)


def _said(problem: Problem | None) -> dict[str, object] | None:
    return {"why": problem.why, "on": problem.on} if problem else None


def _line(line: WheelLine, directory: Directory) -> dict[str, object]:
    return {
        "id": line.id, "exercise_id": line.exercise_id, "months": list(line.months), "day": line.day, "hour": line.hour, "minute": line.minute,
        "owner": {"id": line.owner_id, "name": name_of(line.owner_id, directory)}, "notice": line.notice,
    }  # fmt: skip


def training_proof(context: Context, office_id: str) -> dict[str, object]:
    """For the labour inspectorate: what was exercised in a year, how many took part, and when each was last in an exercise."""
    now, directory = context.now(), context.directory()
    parts = _parts(context, office_id, now)
    return {
        "server_time": now, "office_id": office_id, "office": directory.offices[office_id].name, "from": day_of(now - YEAR), "to": day_of(now),
        "drills": [
            {**_held(one), "took_part": sum(part.drill_id == one.id and part.part in TOOK_PART for part in parts), "consulted": one.consulted is not None,
             "approved_by": _who(one.answers[office_id].by, directory) if office_id in one.answers else None}
            for one in _held_in(context, office_id, now)
        ],
        "roles": [{"role": one.role, "people": one.people, "trained": one.trained} for one in trained(office_id, parts, now, directory)],
        "people": [{**_who(who, directory), "last_at": at} for who, at in last_training(office_id, parts, directory)],
    }  # fmt: skip


def committee_page(context: Context, office_id: str) -> dict[str, object]:
    """For the working environment committee, without names: goal, targets, findings, owner by role, date, the safety representative's remark."""
    now, directory = context.now(), context.directory()
    parts, drills = _parts(context, office_id, now), _held_in(context, office_id, now)
    cleaned = nameless(directory, [said.who for one in drills for said in (one.consulted, one.remark) if said])
    return {
        "server_time": now, "office_id": office_id, "office": directory.offices[office_id].name, "from": day_of(now - YEAR), "to": day_of(now),
        "drills": [
            {**_held(one), "title": without_names(one.exercise, one.exercise.title, cleaned), "goal": without_names(one.exercise, one.exercise.goal, cleaned),
             "took_part": sum(part.drill_id == one.id and part.part in TOOK_PART for part in parts),
             "targets": [_nobody(target(row)) for row in against(one, drill_board.measured(context, one), now)],
             "summary": cleaned(one.summary), "remark": cleaned(one.remark.remark) if one.remark else None,
             "findings": [
                 {"text": cleaned(f.text), "owner": _role_of(f.owner_id, directory), "due_on": f.due_on, "closed": f.closed_at is not None,
                  "outcome": cleaned(f.outcome)}
                 for f in one.findings
             ]}
            for one in drills
        ],
        "roles": [{"role": one.role, "people": one.people, "trained": one.trained} for one in trained(office_id, parts, now, directory)],
    }  # fmt: skip


def _parts(context: Context, office_id: str, now: datetime) -> list[TakenPart]:
    """Of a year: what was counted for this office, and what those who serve it have done in any. Whoever serves two is trained in both, and whoever has
    moved takes it along."""
    return context.store.drill_parts([office_id], now - YEAR, context.directory().staff.get(office_id, ()))


def _held_in(context: Context, office_id: str, now: datetime) -> list[PlannedDrill]:
    found = context.store.drills_of([office_id], now - YEAR)
    return [one for one in found if one.zero_at is not None and one.zero_at >= now - YEAR and held(context, one)]


def _held(drill: PlannedDrill) -> dict[str, object]:
    on: date | None = day_of(drill.zero_at) if drill.zero_at else None
    return {
        "on": on, "title": drill.exercise.title, "form": drill.exercise.form, "notice": drill.notice, "ended": drill.stopping.why if drill.stopping else None,
        "offices": len(drill.offices),
    }  # fmt: skip


def _nobody(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "alarm_id"}


def _who(person_id: str, directory: Directory) -> dict[str, str]:
    return {"id": person_id, "name": name_of(person_id, directory)}


def _role_of(person_id: str, directory: Directory) -> str | None:
    """What somebody is in the office, in place of who he is: the right that weighs most, or a role."""
    person = directory.people.get(person_id)
    if person is None:
        return None
    held = [one for one in ("office_lead", "safety_representative", "drill_coordinator", "administrator") if one in person.access]
    return (held or sorted(person.roles) or ["worker"])[0]


# ---------------------------------------------------------------- forgetting


def forget(context: Context) -> int:
    """Deletes what was kept of single people once it is no longer needed; gives how many drills. The log tells that it was done."""
    now, done = context.now(), 0
    for drill in context.store.forgettable_drills(now - PERSONAL_KEPT):
        blank = replace(drill, version=drill.version + 1, left_out=(), attended=(), cast=(), forgotten=True)
        try:
            context.store.forget_drill(drill.id)
            planned_drills.commit(context, drill, DrillStep(blank, (), (Said("forgotten"),)), now, more=Change(now, _without_left_out(context, drill)))
            done += 1
        except Conflict:
            continue
    context.store.forget_parts(now - PARTS_KEPT)
    _forget_left_out_of_armed(context, now)
    return done


def _forget_left_out_of_armed(context: Context, now: datetime) -> None:
    """Drills that one armed button began are alarms only: the same for who was left out of them."""
    for alarm in context.store.alarms_of(context.directory().offices, now - PERSONAL_KEPT - FORGOTTEN_WITHIN):
        mark, ending = alarm.drill, alarm.ending
        if mark is None or mark.planned or not mark.left_out or ending is None or ending.at > now - PERSONAL_KEPT:
            continue
        try:
            context.store.commit(Change(now, [(alarm.version, replace(alarm, version=alarm.version + 1, drill=replace(mark, left_out=())))]))
        except Conflict:
            continue


def _without_left_out(context: Context, drill: PlannedDrill) -> list[tuple[int, Alarm]]:
    """The drill's alarms that carry a list of those who were left out, each without it."""
    found = [alarm for alarm in context.store.alarms_of_drill(drill.id) if alarm.drill is not None and alarm.drill.left_out]
    return [(alarm.version, replace(alarm, version=alarm.version + 1, drill=replace(alarm.drill, left_out=()))) for alarm in found]
