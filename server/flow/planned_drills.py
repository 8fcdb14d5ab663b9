"""The doors for planned drills: planning one, what people do to it, its deadlines, and what screens read. The same action id gets the same answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from server.core import log
from server.core.access import Viewer
from server.core.alarm import Refused, Step, take
from server.core.directory import Directory
from server.core.drill import events as e
from server.core.drill.access import actions, coordinates, may_plan, may_see_drill, shown
from server.core.drill.conflicts import Around, Clash, clashes
from server.core.drill.draft import LOOK_AGAIN_S, is_meant, leaving_out, waits_for_outage
from server.core.drill.marks import mark_of, signal_of
from server.core.drill.model import DrillState, Evaluation, PlannedDrill, TakenPart, Why
from server.core.drill.part import parts_of, told_in
from server.core.drill.seal import sealed, seals_of
from server.core.drill.table import DrillStep, plan_drill, take_drill
from server.core.drills import reaching
from server.core.events import LeavesOut
from server.core.model import Alarm
from server.core.projection import name_of
from server.core.values import replace
from server.flow import proofs
from server.flow.context import TRIES, Context, ring, together
from server.flow.intake import with_signals
from server.flow.taps import TapAnswer, again, digest_of, planned
from server.store.contract import ActionKept, Change, Conflict

BATCH = 50
SEALED_TOGETHER = 8
"""Alarms whose orders are read and sealed in one go: no deadline is looked at meanwhile, and a country's drill has hundreds."""
RECENT = timedelta(days=400)
"""Drills that were held this lately are on the list: last year's is what this year's is compared with."""

journal = logging.getLogger("varde.drills")


DrillAnswer = TapAnswer[PlannedDrill]


# ---------------------------------------------------------------- what people do


def plan(context: Context, viewer: Viewer, drill_id: str, wanted: e.Plan, action_id: str) -> DrillAnswer:
    """A new drill. The id was made on the screen: knocking twice makes one."""
    digest = digest_of(viewer.person_id, drill_id, "plan", {"plan": repr(wanted)})

    def make(now: datetime, directory: Directory) -> PlannedDrill | str:
        if not may_plan(viewer, wanted.offices, directory):
            return "not_allowed"
        if context.store.drills([drill_id]):
            return "id_used"
        step = plan_drill(drill_id, wanted, viewer.person_id, context.store.drills_of(wanted.offices, now), now, directory)
        if isinstance(step, Refused):
            return step.reason
        return commit(context, None, step, now, [ActionKept(action_id, viewer.person_id, drill_id, digest, now)])

    return planned(context, action_id, digest, lambda: context.store.drills([drill_id]).get(drill_id), make)


def act(context: Context, viewer: Viewer, drill_id: str, action: str, fields: Mapping[str, object], action_id: str) -> DrillAnswer:
    """One action by one person. `fields` are those of `docs/api.md`, already checked for type and length."""
    digest = digest_of(viewer.person_id, drill_id, action, fields)
    with context.lock_for(drill_id):
        for _ in range(TRIES):
            try:
                return _attempt(context, viewer, drill_id, action, fields, action_id, digest)
            except Conflict:
                continue
    return DrillAnswer(context.now(), context.store.drills([drill_id]).get(drill_id), "busy")


def _attempt(
    context: Context, viewer: Viewer, drill_id: str, action: str, fields: Mapping[str, object], action_id: str, digest: str
) -> DrillAnswer:
    now, directory = context.now(), context.directory()
    drill = context.store.drills([drill_id]).get(drill_id)
    if drill is None or not may_see_drill(viewer, drill, directory):
        return DrillAnswer(now, None, "unknown_drill")
    if kept := context.store.actions([action_id]).get(action_id):
        return again(kept, digest, drill, now)
    event = _event(context, viewer, drill, action, fields, now)
    if action not in actions(viewer, drill, directory):
        # the table's own word where it has one: what to do differs between too early, too late and not yours
        refused = take_drill(drill, event, now, directory) if not isinstance(event, (str, e.Replan)) else None
        return DrillAnswer(now, drill, refused.reason if isinstance(refused, Refused) else "not_allowed")
    if isinstance(event, str):
        return DrillAnswer(now, drill, event)
    if isinstance(event, e.Replan) and not may_plan(viewer, event.plan.offices, directory):
        return DrillAnswer(now, drill, "not_allowed")
    others = context.store.drills_of(event.plan.offices, now) if isinstance(event, e.Replan) else ()
    step = take_drill(drill, event, now, directory, others)
    if isinstance(step, Refused):
        return DrillAnswer(now, drill, step.reason)
    done = ActionKept(action_id, viewer.person_id, drill_id, digest, now)
    parts = _parts(context, step.drill) if action == "attend" and step.drill.state is DrillState.STOPPED else ()
    more = _left_out_of_alarms(context, step.drill, now) if isinstance(event, e.LeaveOut) else None
    return DrillAnswer(now, commit(context, drill, step, now, [done], parts, more))


def _parts(context: Context, drill: PlannedDrill) -> tuple[TakenPart, ...]:
    """Who took part, as it stands now."""
    alarms = context.store.alarms_of_drill(drill.id)
    reached = context.store.told({alarm.id: True for alarm in alarms})
    return parts_of(drill, alarms, reached, context.directory())


def _event(context: Context, viewer: Viewer, drill: PlannedDrill, action: str, fields: Mapping[str, object], now: datetime) -> e.Action | str:
    by, get, directory = viewer.person_id, fields.get, context.directory()
    match action:
        case "replan":
            return e.Replan(by, get("plan"))  # type: ignore[arg-type]
        case "approve":
            return e.Approve(by, bool(get("yes")), str(get("reason") or ""))
        case "go_without":
            return e.GoWithout(by)
        case "consult":
            return e.Consult(by, str(get("who") or by), str(get("remark") or ""))
        case "leave_out":
            return _leave_out(by, str(get("person_id") or by), bool(get("on", True)), drill, directory)
        case "announce":
            return e.Announce(by)
        case "start":
            found = clashes(drill, around(context, drill, now), directory)
            return e.Start(by, int(get("in_s") or 0), frozenset(get("accept") or ()), found, tuple(sorted(context.store.left_out())))  # type: ignore[call-overload]
        case "give":
            return e.Give(by, str(get("item_id")), holding(context.store.alarms_of_drill(drill.id)))
        case "stop":
            return e.Stop(by, Why.DONE if coordinates(by, drill, directory) and get("why") != "stopped" else Why.STOPPED)
        case "cancel":
            return e.Cancel(by)
        case "attend":
            return e.Attend(by, tuple(get("people") or ()))  # type: ignore[arg-type]
        case "add_finding":
            return e.AddFinding(by, str(get("text")), str(get("owner_id")), get("due_on"))  # type: ignore[arg-type]
        case "close_finding":
            return _close_finding(by, str(get("finding_id")), str(get("outcome") or ""), drill, directory)
        case "report":
            return e.Report(by, str(get("summary") or ""))
    return "not_allowed"


def _leave_out(by: str, person_id: str, on: bool, drill: PlannedDrill, directory: Directory) -> e.LeaveOut | str:
    """Oneself, or (by a coordinator) anyone. Whoever has left is not told by name why it cannot be undone for another."""
    if person_id != by and not coordinates(by, drill, directory):
        return "not_allowed"
    return e.LeaveOut(by, person_id, on)


def _close_finding(by: str, finding_id: str, outcome: str, drill: PlannedDrill, directory: Directory) -> e.CloseFinding | str:
    """By its owner, or a coordinator."""
    owner = next((one.owner_id for one in drill.findings if one.id == finding_id), by)
    if owner != by and not coordinates(by, drill, directory):
        return "not_allowed"
    return e.CloseFinding(by, finding_id, outcome)


def evaluate(context: Context, viewer: Viewer, drill_id: str, answers: Sequence[tuple[str, str]]) -> str | None:
    """One person's own two minutes; None where they were kept, else why not. Answering again takes the place of what was answered before."""
    now, directory = context.now(), context.directory()
    drill = context.store.drills([drill_id]).get(drill_id)
    if drill is None or not may_see_drill(viewer, drill, directory):
        return "unknown_drill"
    if drill.state is not DrillState.STOPPED:
        return "not_over" if drill.state is not DrillState.REPORTED else "reported"
    known = {one.id: one.answer for one in (*drill.exercise.questions, *directory.content.catalogue.questions)}
    if any(not _fits(known.get(question), answer) for question, answer in answers):
        return "answers"
    alarms = context.store.alarms_of_drill(drill_id)
    role = next((role for role, person in (*drill.cast, *holding(alarms)) if person == viewer.person_id), None)
    context.store.keep_evaluation(Evaluation(drill_id, viewer.person_id, now, role, tuple(answers)))
    ring_for(context, [drill])
    return None


def _fits(kind: str | None, answer: str) -> bool:
    if kind == "yes_no":
        return answer in ("yes", "no")
    if kind == "scale_1_5":
        return answer in ("1", "2", "3", "4", "5")
    return kind == "text" and bool(answer.strip())


def always_left_out(context: Context, viewer: Viewer, out: bool) -> None:
    """Whoever asks to be left out of every drill is, without saying why: of those that are planned, and of what runs now. Whoever takes part again is
    in those that have not begun."""
    person_id = viewer.person_id
    context.store.set_left_out(person_id, out, context.now())
    for drill in context.store.drills_of(context.directory().offices, context.now()):
        _leave_out_of(context, drill.id, person_id, out)
    for alarm in context.store.open_drills() if out else ():
        _leave_out_of_armed(context, alarm.id, person_id)


def _leave_out_of(context: Context, drill_id: str, person_id: str, out: bool) -> None:
    """Of one drill, where it is for this person and he has no part in it."""
    with context.lock_for(drill_id):
        for _ in range(TRIES):
            now, directory = context.now(), context.directory()
            drill, person = context.store.drills([drill_id])[drill_id], directory.people.get(person_id)
            if person is None or not (is_meant(drill, person) or person_id in drill.observers):
                return
            if (person_id in drill.left_out) is out or (drill.running and not out):
                return
            step = take_drill(drill, e.LeaveOut(person_id, person_id, out), now, directory)
            if isinstance(step, Refused):
                return
            try:
                commit(context, drill, step, now, more=_left_out_of_alarms(context, step.drill, now))
                return
            except Conflict:
                continue


def _leave_out_of_armed(context: Context, alarm_id: str, person_id: str) -> None:
    """Of a drill that one armed button began, unless he armed it."""
    with context.lock_for(alarm_id):
        for _ in range(TRIES):
            now, directory = context.now(), context.directory()
            alarm = context.store.alarms([alarm_id])[alarm_id]
            if alarm.drill is None or alarm.drill.planned or person_id in (*alarm.drill.left_out, alarm.drill.leader_id):
                return
            step = take(alarm, LeavesOut((*alarm.drill.left_out, person_id)), now, directory)
            if isinstance(step, Refused):
                return
            change = together(context, [(alarm, step)], now, directory)
            try:
                context.store.commit(change)
            except Conflict:
                continue
            ring(context, change)
            return


def _left_out_of_alarms(context: Context, drill: PlannedDrill, now: datetime) -> Change:
    """Who is left out of a drill that runs is so in its open alarms too, from the same commit on."""
    directory = context.directory()
    alarms = [alarm for alarm in context.store.alarms_of_drill(drill.id) if alarm.open] if drill.running else []
    taken = [(alarm, take(alarm, LeavesOut(drill.left_out), now, directory)) for alarm in alarms]
    return together(context, [(alarm, step) for alarm, step in taken if isinstance(step, Step)], now, directory)


# ---------------------------------------------------------------- what screens read


def view(context: Context, viewer: Viewer, drill: PlannedDrill, alarms: Sequence[Alarm] | None = None) -> dict[str, object]:
    alarms = context.store.alarms_of_drill(drill.id) if alarms is None and drill.zero_at else alarms or ()
    found = shown(drill, viewer, context.now(), context.directory(), holding(alarms))
    found["alarms"] = [alarm.id for alarm in alarms if alarm.open]
    return found


def of(context: Context, viewer: Viewer) -> list[dict[str, object]]:
    """The drills of the offices that this person serves, as far as he may know of them; by start."""
    directory, now = context.directory(), context.now()
    found = context.store.drills_of(directory.people[viewer.person_id].offices, now - RECENT)
    return [view(context, viewer, drill) for drill in found if may_see_drill(viewer, drill, directory)]


def log_view(context: Context, drill: PlannedDrill) -> dict[str, object]:
    """What has happened to the drill itself, with whether the chain holds."""
    directory, entries = context.directory(), context.store.log(drill.id)
    rows = [
        {
            "n": entry.n, "at": entry.at, "what": entry.what, "who": {"id": entry.by, "name": name_of(entry.by, directory)} if entry.by else None,
            "data": json.loads(entry.data) if entry.data else {},
        }
        for entry in entries
    ]  # fmt: skip
    return {"entries": rows, "intact": log.holds(entries, drill.log_count, drill.log_head)}


def around(context: Context, drill: PlannedDrill, now: datetime) -> Around:
    """What there is in and around its offices now."""
    directory, store = context.directory(), context.store
    near = reaching(drill.offices, directory)
    return Around(tuple(store.alarms_of(near, now)), tuple(store.visits_of(drill.offices, now)), tuple(store.drills_of(drill.offices, now)))


def check(context: Context, drill: PlannedDrill) -> tuple[Clash, ...]:
    """What stands in the way of starting it now."""
    return clashes(drill, around(context, drill, context.now()), context.directory())


def holding(alarms: Iterable[Alarm]) -> tuple[tuple[str, str], ...]:
    """(role, person) of those who have a role in these alarms."""
    return tuple((a.role, a.person_id) for alarm in alarms for a in alarm.assignments if a.role)


# ---------------------------------------------------------------- time


def tick_drills(context: Context) -> int:
    """Delivers every deadline of a planned drill that is due, at most BATCH; gives how many moved. One bad drill delays nobody."""
    now = context.now()
    due = {drill_id: False for _, drill_id in context.store.drill_deadlines(now, BATCH)}
    # one that runs is looked at each minute: what is to wait for longer was decided by a clock that stood ahead
    far = now + timedelta(seconds=2 * LOOK_AGAIN_S)
    misplaced = {drill.id: True for drill in context.store.running_drills() if drill.due_at is not None and drill.due_at > far}
    return sum(_tick(context, drill_id, anyway) for drill_id, anyway in (due | misplaced).items())


def _tick(context: Context, drill_id: str, anyway: bool) -> int:
    try:
        return _pass_time(context, drill_id, anyway)
    except Conflict:
        return 0  # somebody was faster: it is looked at again
    except Exception:
        journal.exception("drill_failed", extra={"drill": drill_id})
    try:
        return fail(context, drill_id)
    except Exception:  # the store is down, or somebody was faster: it stays due, and the others are not kept waiting
        journal.exception("drill_not_stopped", extra={"drill": drill_id})
        return 0


def _pass_time(context: Context, drill_id: str, anyway: bool) -> int:
    now, directory = context.now(), context.directory()
    drill = context.store.drills([drill_id])[drill_id]
    if drill.due_at is None or (drill.due_at > now and not anyway):
        return 0
    alarms = context.store.alarms_of_drill(drill_id) if drill.zero_at else []
    settles = drill.state is DrillState.STOPPED and not drill.reminded
    if settles and any(alarm.open for alarm in alarms):
        return 0  # they end in the same tick; who took part is reckoned from how they ended
    unsealed = _unsealed(context, drill, alarms) if settles else []
    more = len(unsealed) > SEALED_TOGETHER
    told = told_in(drill, alarms) if settles and not more else ()
    silent = proofs.silent_gateways(context, drill.offices, now) if waits_for_outage(drill) else ()
    seals = tuple((alarm.id, sealed(context.store.orders(alarm.id))) for alarm in unsealed[:SEALED_TOGETHER])
    step = take_drill(drill, e.Deadline(holding(alarms), told, silent, seals, more), now, directory)
    if isinstance(step, Refused):
        return 0
    if more:  # nothing of it is shown anywhere: nobody need look
        context.store.commit(joined(context, Change(now), drill, step))
        return 1
    after = commit(context, drill, step, now, parts=_parts(context, drill) if settles else ())
    if after.outage is not None and drill.outage is None:
        context.bell.ring(f"now:{after.outage.office_id}")  # that is when it is shown: desks read anew what is broken
    return 1


def _unsealed(context: Context, drill: PlannedDrill, alarms: Iterable[Alarm]) -> list[Alarm]:
    known = seals_of(context.store.log(drill.id))
    return [alarm for alarm in alarms if alarm.id not in known]


def fail(context: Context, drill_id: str) -> int:
    """A drill that cannot be decided is stopped, or, before and after it, looked at again tomorrow: nobody's safety hangs on it."""
    now = context.now()
    drill = context.store.drills([drill_id])[drill_id]
    step = take_drill(drill, e.Fail(), now, context.directory())
    if isinstance(step, DrillStep):
        commit(context, drill, step, now)
        return 1
    after = replace(drill, version=drill.version + 1, due_at=now + timedelta(days=1))
    context.store.commit(Change(now, drills=[(drill.version, after)]))
    return 1


# ---------------------------------------------------------------- saving


def commit(
    context: Context, before: PlannedDrill | None, step: DrillStep, now: datetime, done: Sequence[ActionKept] = (), parts: Sequence[TakenPart] = (),
    more: Change | None = None,
) -> PlannedDrill:
    """Saves a decision, and the alarms that its presses raise, in one commit; then rings. `more`: what else belongs to the decision. Raises Conflict."""
    change = joined(context, more or Change(now), before, step)
    change = replace(change, actions=[*change.actions, *done], parts=parts)
    if step.presses:
        after = change.drills[-1][1]
        directory = context.directory()
        signals = [signal_of(after, press, now) for press in step.presses]
        marks = {signal.id: mark_of(after, signal.office_id, directory) for signal in signals}
        change = with_signals(context, change, signals, marks=marks)
    context.store.commit(change)
    ring(context, change)
    ring_for(context, [*([before] if before else ()), *(drill for _, drill in change.drills)])  # also where it was, and is no more
    return change.drills[-1][1]


def joined(context: Context, change: Change, before: PlannedDrill | None, step: DrillStep) -> Change:
    """The change with this decision about a drill in it. Whoever has asked to be left out of all is so from when it is planned."""
    if step.drill.state in (DrillState.PLANNED, DrillState.ANNOUNCED):
        step = replace(step, drill=leaving_out(step.drill, context.store.left_out(), context.directory()))
    count, head = (before.log_count, before.log_head) if before else (0, "")
    entries = log.chain(step.drill.id, count, head, step.said, change.at, (context.salt() for _ in step.said))
    after = replace(step.drill, log_count=entries[-1].n, log_head=entries[-1].hash) if entries else step.drill
    return replace(
        change, entries=[*change.entries, *entries], orders=[*change.orders, *step.orders],
        drills=[*change.drills, (before.version if before else 0, after)],
    )  # fmt: skip


def ring_for(context: Context, drills: Iterable[PlannedDrill]) -> None:
    """After a commit: screens of its offices look, and so does the ticker."""
    directory = context.directory()
    offices = {office_id for drill in drills for office_id in drill.offices}
    named = {one for drill in drills for one in (*drill.observers, *drill.participants, drill.leader_id)}
    offices |= {directory.people[one].offices[0] for one in named if one in directory.people}
    if offices:
        context.bell.ring("deadline", *{f"drills:{office}" for office in offices})


