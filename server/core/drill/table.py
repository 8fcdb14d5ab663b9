"""The drill's life as one table: what may happen in which state. `plan_drill` makes one, `take_drill` is the only way on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from server.core.alarm import Refused
from server.core.directory import DeviceKind, Directory
from server.core.drill import after, before, events as e, running
from server.core.drill.conflicts import overlapping
from server.core.drill.draft import Draft, due_of, reminders_passed, to_be_asked
from server.core.drill.exercise import DISCUSSION, NOTICES
from server.core.drill.model import DrillState, PlannedDrill, Press
from server.core.log import Said
from server.core.orders import Order, Say
from server.core.signals import Kind
from server.core.values import frozen

Rule = Callable[[Draft, e.Event], str | None]

NOT_RUNNING = "not_running"
NOT_OVER = "not_over"
RUNNING = "running"
STOPPED = "stopped"
REPORTED = "reported"
CANCELLED = "cancelled"

TABLE: dict[type, tuple[Rule | str, ...]] = {
    # event          PLANNED            ANNOUNCED          RUNNING               STOPPED              REPORTED             CANCELLED
    e.Deadline:     (before.remind,     before.remind,     running.pass_time,    after.settle,        after.nag_owners,    CANCELLED),
    e.Replan:       ("",                "",                RUNNING,              STOPPED,             REPORTED,            CANCELLED),
    e.Approve:      (before.approve,    before.approve,    RUNNING,              STOPPED,             REPORTED,            CANCELLED),
    e.GoWithout:    (before.go_without, before.go_without, RUNNING,              STOPPED,             REPORTED,            CANCELLED),
    e.Consult:      (before.consult,    before.consult,    RUNNING,              after.remark,        after.remark,        CANCELLED),
    e.LeaveOut:     (before.leave_out,  before.leave_out,  before.leave_out,     STOPPED,             REPORTED,            CANCELLED),
    e.Announce:     (before.announce,   "announced",       RUNNING,              STOPPED,             REPORTED,            CANCELLED),
    e.Start:        (before.start,      before.start,      RUNNING,              STOPPED,             REPORTED,            CANCELLED),
    e.Give:         (NOT_RUNNING,       NOT_RUNNING,       running.give_by_hand, STOPPED,             REPORTED,            CANCELLED),
    e.Stop:         (NOT_RUNNING,       NOT_RUNNING,       running.stop,         STOPPED,             REPORTED,            CANCELLED),
    e.Overtaken:    (NOT_RUNNING,       NOT_RUNNING,       running.overtaken,    STOPPED,             REPORTED,            CANCELLED),
    e.Fail:         (NOT_RUNNING,       NOT_RUNNING,       running.fail,         STOPPED,             REPORTED,            CANCELLED),
    e.Cancel:       (before.cancel,     before.cancel,     RUNNING,              STOPPED,             REPORTED,            CANCELLED),
    e.Attend:       (NOT_RUNNING,       NOT_RUNNING,       after.attend,         after.attend,        REPORTED,            CANCELLED),
    e.AddFinding:   (NOT_OVER,          NOT_OVER,          after.add_finding,    after.add_finding,   REPORTED,            CANCELLED),
    e.CloseFinding: (NOT_OVER,          NOT_OVER,          NOT_OVER,             after.close_finding, after.close_finding, CANCELLED),
    e.Report:       (NOT_OVER,          NOT_OVER,          NOT_OVER,             after.report,        REPORTED,            CANCELLED),
}  # fmt: skip
"""A rule, or the reason why the event is refused in that state. Columns in the order of `DrillState`. (`Replan` is `plan_drill` again.)"""

COLUMN = {state: index for index, state in enumerate(DrillState)}

LONGEST_AHEAD = timedelta(days=400)
LONGEST = timedelta(hours=8)
STALE_START = timedelta(minutes=15)
"""A start this long ago is the time that it took to fill in the plan; an older one is a mistake."""
NAME_MAX = 120
OFFICES_MAX = 400
PRESSES_MAX = 400
NAMED_MAX = 2000
"""Participants, observers and cast. More than this is everyone, and need not be named."""

PRESSABLE = frozenset({Kind.PANIC, Kind.ASSIST, Kind.FALL, Kind.NO_MOTION, Kind.MISSED_CHECKIN})
"""What may be pressed virtually. Duress is real, also in a drill."""


@frozen
class DrillStep:
    """A decision: the drill after it, what it orders, what it says has happened, and the virtual presses to be raised in the same commit."""

    drill: PlannedDrill
    orders: tuple[Order, ...]
    said: tuple[Said, ...]
    presses: tuple[Press, ...] = ()


def take_drill(drill: PlannedDrill, event: e.Event, now: datetime, directory: Directory, others: Iterable[PlannedDrill] = ()) -> DrillStep | Refused:
    """One step: the drill after the event, or a refusal. Never raises for what people do. `others`: open drills of the same offices."""
    rule = TABLE[type(event)][COLUMN[drill.state]]
    if isinstance(event, e.Replan) and not rule:
        return _replan(drill, event, now, directory, others)
    if isinstance(rule, str):
        return Refused(rule)
    draft = Draft(drill, now, directory)
    if refusal := rule(draft, event):
        return Refused(refusal)
    return _finish(draft)


def plan_drill(drill_id: str, plan: e.Plan, by: str, others: Iterable[PlannedDrill], now: datetime, directory: Directory) -> DrillStep | Refused:
    """A new drill, or why it cannot be: places, people and times are checked here and nowhere else."""
    if reason := _wrong(drill_id, plan, others, now, directory):
        return Refused(reason)
    drill = PlannedDrill(
        drill_id, 0, plan.offices[0], DrillState.PLANNED, plan.name.strip(), plan.exercise, plan.notice, plan.offices, plan.presses, plan.leader_id, by,
        plan.starts_at, plan.ends_at, plan.participants, plan.observers, plan.cast, reminded=reminders_passed(plan.starts_at, now),
        programme_id=plan.programme_id,
    )  # fmt: skip
    draft = Draft(drill, now, directory)
    draft.say("planned", by, exercise=plan.exercise.id)
    draft.tell((one for one in to_be_asked(drill, directory) if one != by), Say.DRILL_APPROVE)
    if drill.programme_id is not None:
        draft.tell([drill.leader_id], Say.DRILL_PLANNED)  # nobody sat at a screen and planned it
    return _finish(draft)


def _replan(drill: PlannedDrill, event: e.Replan, now: datetime, directory: Directory, others: Iterable[PlannedDrill]) -> DrillStep | Refused:
    """What the leaders approved and the safety representative was asked about was another drill: all are asked again."""
    plan = event.plan
    if reason := _wrong(drill.id, plan, others, now, directory):
        return Refused(reason)
    draft = Draft(drill, now, directory)
    knew = drill.state is DrillState.ANNOUNCED
    if knew:
        draft.tell(before.heard_of(drill, directory), Say.DRILL_CHANGED)
    draft.change(
        state=DrillState.PLANNED, office_id=plan.offices[0], name=plan.name.strip(), exercise=plan.exercise, notice=plan.notice, offices=plan.offices,
        presses=plan.presses, leader_id=plan.leader_id, starts_at=plan.starts_at, ends_at=plan.ends_at, participants=plan.participants,
        observers=plan.observers, cast=plan.cast, approvals=(), consulted=None, announced_at=None, reminded=reminders_passed(plan.starts_at, now),
    )  # fmt: skip
    draft.say("replanned", event.by, exercise=plan.exercise.id)
    draft.tell((one for one in to_be_asked(draft.drill, directory) if one != event.by), Say.DRILL_APPROVE)
    return _finish(draft)


def _wrong(drill_id: str, plan: e.Plan, others: Iterable[PlannedDrill], now: datetime, directory: Directory) -> str | None:
    return (
        _places_wrong(plan, directory) or _people_wrong(plan, directory) or _times_wrong(plan, now)
        or ("overlaps" if overlapping(plan.offices, plan.starts_at, plan.ends_at, others, drill_id) else None)
    )  # fmt: skip


def _places_wrong(plan: e.Plan, directory: Directory) -> str | None:
    if not plan.offices or len(set(plan.offices)) != len(plan.offices) or len(plan.offices) > OFFICES_MAX:
        return "offices"
    if any(one not in directory.offices for one in plan.offices):
        return "unknown_office"
    if not plan.name.strip() or len(plan.name) > NAME_MAX:
        return "name"
    if plan.presses and plan.exercise.form == DISCUSSION:
        return "discussion_without_presses"
    ids = [one.id for one in (*plan.presses, *plan.exercise.injects)]
    if len(plan.presses) > PRESSES_MAX or len(set(ids)) != len(ids):
        return "presses"
    return next((reason for one in plan.presses if (reason := _press_wrong(one, plan, directory))), None)


def _press_wrong(press: Press, plan: e.Plan, directory: Directory) -> str | None:
    if press.office_id not in plan.offices or press.kind not in PRESSABLE:
        return "presses"
    if press.zone_id is not None and directory.zone(press.office_id, press.zone_id) is None:
        return "unknown_zone"
    device = directory.devices.get(press.device_id or "")
    if press.device_id is not None and (device is None or device.office_id != press.office_id or device.kind not in (DeviceKind.BUTTON, DeviceKind.PORTABLE)):
        return "no_such_device"
    person = directory.people.get(press.person_id or "")
    if press.person_id is not None and (person is None or press.office_id not in person.offices):
        return "unknown_person"
    return None


def _people_wrong(plan: e.Plan, directory: Directory) -> str | None:
    named = (*plan.participants, *plan.observers, *(person for _, person in plan.cast), plan.leader_id)
    if len(named) > NAMED_MAX:
        return "too_many"
    if any(one not in directory.people for one in named):
        return "unknown_person"
    if set(plan.offices).isdisjoint(directory.people[plan.leader_id].offices):
        return "leader_elsewhere"  # he sees who sits it out, and may change, start and stop it
    roles = {*plan.exercise.roles, *(inject.to for inject in plan.exercise.injects)}
    if any(role not in roles for role, _ in plan.cast):
        return "no_such_role"
    return "notice" if plan.notice not in NOTICES else None


def _times_wrong(plan: e.Plan, now: datetime) -> str | None:
    if plan.ends_at <= plan.starts_at:
        return "ends_before_it_starts"
    if plan.starts_at < now - STALE_START:
        return "in_the_past"
    if plan.starts_at > now + LONGEST_AHEAD:
        return "too_far_ahead"
    if plan.ends_at - plan.starts_at > LONGEST:
        return "too_long"
    last_s = max((one.at_s or 0 for one in (*plan.presses, *plan.exercise.injects)), default=0)
    return "ends_before_the_last_inject" if last_s > (plan.ends_at - plan.starts_at).total_seconds() else None


def _finish(draft: Draft) -> DrillStep:
    drill = draft.drill
    due_at = due_of(drill, draft.now)
    draft.change(version=drill.version + 1, due_at=due_at)
    assert due_at is not None or not drill.open, "open implies a time"
    return DrillStep(draft.drill, tuple(draft.orders.values()), tuple(draft.said), tuple(draft.presses))


ACTIONS: dict[str, type] = {
    "replan": e.Replan, "approve": e.Approve, "go_without": e.GoWithout, "consult": e.Consult, "leave_out": e.LeaveOut, "announce": e.Announce,
    "start": e.Start, "give": e.Give, "stop": e.Stop, "cancel": e.Cancel, "attend": e.Attend, "add_finding": e.AddFinding,
    "close_finding": e.CloseFinding, "report": e.Report,
}  # fmt: skip
"""What people can do, by the names that the wire uses."""


def allowed(drill: PlannedDrill) -> frozenset[str]:
    """The actions that the table has a rule for in this state."""
    def has_rule(name: str) -> bool:
        rule = TABLE[ACTIONS[name]][COLUMN[drill.state]]
        return not isinstance(rule, str) or not rule

    return frozenset(name for name in ACTIONS if has_rule(name))
