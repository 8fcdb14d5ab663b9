"""The doors for visits: planning one, what people do to it, and its position (its deadlines: `visit_time`). The same action id gets the same answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from server.core import events as alarm_events
from server.core import log
from server.core.access import Viewer
from server.core.alarm import Refused, Step, take
from server.core.directory import DeviceKind, Directory
from server.core.model import Alarm
from server.core.orders import Order, Say
from server.core.signals import Position
from server.core.values import replace
from server.core.visit import events as e
from server.core.visit.access import in_order, is_near_visit, may_act_on_visit, may_see_visit, on_board, on_near_board, shown
from server.core.visit.draft import Draft, leaders, watchers
from server.core.visit.model import ENDED, AlarmState, Debriefed, Visit, VisitState, carried, is_away
from server.core.visit.rules import is_news
from server.core.visit.table import VisitStep, plan_visit, take_visit
from server.flow import pins
from server.flow.context import TRIES, Context, ring, streams_of, written
from server.flow.intake import with_signals
from server.flow.taps import TapAnswer, again, digest_of, planned
from server.store.contract import ActionKept, Change, Conflict

VisitAnswer = TapAnswer[Visit]
journal = logging.getLogger("varde.visits")


# ---------------------------------------------------------------- what people do


def plan(context: Context, viewer: Viewer, visit_id: str, wanted: e.Plan, action_id: str) -> VisitAnswer:
    """A new visit. The id was made on the phone: knocking twice makes one."""
    digest = digest_of(viewer.person_id, visit_id, "plan", {"plan": repr(wanted)})

    def make(now: datetime, directory: Directory) -> Visit | str:
        if viewer.person_id not in wanted.people:
            return "not_yours"
        if context.store.visits([visit_id]):
            return "id_used"
        step = plan_visit(visit_id, wanted, viewer.person_id, context.store.open_visits(wanted.people), now, directory)
        if isinstance(step, Refused):
            return step.reason
        return commit_steps(context, [(None, step)], [ActionKept(action_id, viewer.person_id, visit_id, digest, now, None)], now)[0]

    return planned(context, action_id, digest, lambda: context.store.visits([visit_id]).get(visit_id), make)


def act(context: Context, viewer: Viewer, visit_id: str, action: str, fields: Mapping[str, object], action_id: str) -> VisitAnswer:
    """One action by one person. `fields` are those of `docs/api.md`, already checked for type and length."""
    digest = digest_of(viewer.person_id, visit_id, action, fields)
    with context.lock_for(visit_id):
        for attempt in range(TRIES):
            try:
                return _attempt(context, viewer, visit_id, action, fields, action_id, digest, own_alarm=attempt == TRIES - 1)
            except Conflict:
                continue
    return VisitAnswer(context.now(), context.store.visits([visit_id]).get(visit_id), "busy")


def _attempt(
    context: Context, viewer: Viewer, visit_id: str, action: str, fields: Mapping[str, object], action_id: str, digest: str, own_alarm: bool
) -> VisitAnswer:
    now, directory = context.now(), context.directory()
    visit = context.store.visits([visit_id]).get(visit_id)
    if visit is None or not may_see_visit(viewer, visit, directory):
        return VisitAnswer(now, None, "unknown_visit")
    if kept := context.store.actions([action_id]).get(action_id):
        return again(kept, digest, visit, now)
    seems = visit.feigned if visit.feigned is not None and is_near_visit(viewer, visit, directory) else visit.state
    if seems in ENDED and action != "debrief":
        return VisitAnswer(now, visit, "ended")  # the same word, whether it has ended or only seems so
    if not may_act_on_visit(viewer, action, visit, directory):
        # the table's own word where it has one: what to do differs between too early, too late and not yours
        refused = take_visit(visit, event, now, directory) if (event := _bare(action, viewer.person_id)) else None
        return VisitAnswer(now, visit, refused.reason if isinstance(refused, Refused) else "not_allowed")
    event = _event(context, viewer, visit, action, fields, directory)
    if isinstance(event, str):
        return VisitAnswer(now, visit, event)
    others = context.store.open_visits(event.plan.people if isinstance(event, e.Replan) else visit.people)
    step = take_visit(visit, event, now, directory, others)
    if isinstance(step, Refused):
        return VisitAnswer(now, visit, step.reason)
    done = ActionKept(action_id, viewer.person_id, visit_id, digest, now, None)
    verified = bool(fields.get("pin"))
    return VisitAnswer(now, commit_steps(context, [(visit, step)], [done], now, verified, own_alarm)[0])


SIMPLE: Mapping[str, type] = {"start": e.Start, "recall": e.Recall, "seems_home": e.SeemsHome, "cancel": e.Cancel, "check_in": e.CheckIn, "end": e.End}


def _bare(action: str, by: str) -> e.Event | None:
    kind = SIMPLE.get(action)
    return kind(by) if kind else None


def _event(context: Context, viewer: Viewer, visit: Visit, action: str, fields: Mapping[str, object], directory: Directory) -> e.Event | str:
    by, get = viewer.person_id, fields.get
    age_s, seconds = float(get("age_s") or 0), int(get("seconds") or 0)  # type: ignore[arg-type, call-overload]
    duress = False
    if action in ("check_in", "extend", "no_coverage", "end"):
        verdict = _pin(context, by, visit, action, str(get("pin") or ""))
        if verdict is pins.Verdict.WRONG:
            if get("pin") and pins.guessed(context, by):
                _tell_of_guesses(context, visit, directory)
            return "wrong_pin" if get("pin") else "needs_pin"
        duress = verdict is pins.Verdict.DURESS
    match action:
        case "replan":
            return e.Replan(by, get("plan"))  # type: ignore[arg-type]
        case "approve":
            return e.Approve(by, bool(get("yes")), str(get("reason") or ""), frozenset(get("waived") or ()))  # type: ignore[arg-type]
        case "accept_contact":
            return e.AcceptContact(by, bool(get("yes", True)))
        case "hand_over":
            return e.HandOver(by, str(get("to")))
        case "carry":
            return e.Carry(by, get("device_id"))  # type: ignore[arg-type]
        case "check_in":
            return e.CheckIn(by, age_s, duress)
        case "extend":
            return e.Extend(by, seconds, age_s, duress)
        case "no_coverage":
            return e.NoCoverage(by, context.now() + timedelta(seconds=seconds), age_s, duress)
        case "end":
            return e.End(by, bool(get("everyone", True)), age_s, duress)
        case "contact_says":
            return e.ContactSays(by, bool(get("reached")), bool(get("home")), seconds)
        case "debrief":
            return e.Debrief(by, Debriefed(str(get("how"))))
    return _bare(action, by) or "not_allowed"


def _pin(context: Context, person_id: str, visit: Visit, action: str, pin: str) -> pins.Verdict:
    """A PIN is asked for at the end where the level wants it; given anywhere else it is heard all the same, for it may be the other one."""
    if pin:
        return pins.check(context, person_id, pin)
    wanted = action == "end" and visit.times.pin_at_end and context.store.pins(person_id) is not None
    return pins.Verdict.WRONG if wanted else pins.Verdict.RIGHT


def _tell_of_guesses(context: Context, visit: Visit, directory: Directory) -> None:
    """Whoever watches learns of it; the phone in whoever's hand shows what it always shows."""
    draft = Draft(visit, context.now(), directory)
    draft.tell([*watchers(visit, directory), *leaders(visit, directory)], Say.VISIT_PIN_GUESSED)
    change = Change(draft.now, orders=list(draft.orders.values()))
    context.store.commit(change)
    ring(context, change)


def alarms_are(context: Context, how: Mapping[str, AlarmState]) -> set[str]:
    """Portable alarms have changed, by device: whoever watches one who is out with it is told. Gives the devices of which that could not be done."""
    directory = context.directory()
    portable = {one: device for one in how if (device := directory.devices.get(one)) is not None and device.kind is DeviceKind.PORTABLE}
    names = {name for one, device in portable.items() for name in (carried(one), device.holder_id) if name}
    failed: set[str] = set()
    for visit in context.store.open_visits(names) if names else ():
        along = [one for one, device in portable.items() if one == visit.device_id or (visit.device_id is None and device.holder_id in visit.people)]
        failed |= {one for one in along if not _alarm_is(context, visit.id, how[one])}
    return failed


def _alarm_is(context: Context, visit_id: str, how: AlarmState) -> bool:
    try:
        with context.lock_for(visit_id):
            for _ in range(TRIES):
                visit = context.store.visits([visit_id])[visit_id]
                step = take_visit(visit, e.AlarmIs(how), context.now(), context.directory())
                if isinstance(step, Refused) or not is_news(visit, how):
                    return True
                with suppress(Conflict):
                    commit_steps(context, [(visit, step)], (), context.now())
                    return True
    except Exception:  # of this visit: the gateway's other devices are no worse for it, and it says again how this one is
        journal.exception("alarm_not_told_of", extra={"visit": visit_id})
    return False


def locate(context: Context, viewer: Viewer, visit_id: str, position: Position) -> str | None:
    """The latest position, only while out; None where it was kept, else why not."""
    visit = context.store.visits([visit_id]).get(visit_id)
    if visit is None or viewer.person_id not in visit.people:
        return "unknown_visit"
    if visit.state not in (VisitState.OUT, VisitState.GRACE, VisitState.OVERDUE):
        return "not_out"
    if visit.feigned is not None:
        return "not_out"  # as at home; nothing is followed from a phone that somebody else may hold
    context.store.set_position(visit_id, position)
    return None


# ---------------------------------------------------------------- what screens read


def view(context: Context, viewer: Viewer, visit: Visit) -> dict[str, object]:
    alarm_ids = {kept.alarm_id for kept in context.store.signals([visit.raised_id]).values() if kept.alarm_id} if visit.raised_id else set()
    alarms = tuple(context.store.alarms(alarm_ids).values())
    position = context.store.position(visit.id) if any(alarm.open for alarm in alarms) else None
    return shown(visit, viewer, context.directory(), position, alarms)


def board(context: Context, viewer: Viewer, ended_since: datetime) -> list[dict[str, object]]:
    """What this person may know of the visits of the offices served: his own first, then by when they are due."""
    directory = context.directory()
    offices = directory.people[viewer.person_id].offices
    found = {visit.id: visit for visit in context.store.visits_of(offices, ended_since)}
    found |= {visit.id: visit for visit in context.store.open_visits([viewer.person_id])}
    seen = [visit for visit in found.values() if may_see_visit(viewer, visit, directory) or on_board(viewer, visit, directory)]
    seen = [visit for visit in seen if on_near_board(visit, ended_since) or not is_near_visit(viewer, visit, directory)]
    return in_order(view(context, viewer, visit) for visit in seen)


# ---------------------------------------------------------------- with alarms


def settled(context: Context, alarm: Alarm, by: str, fields: Mapping[str, object], now: datetime) -> tuple[Visit, VisitStep] | str | None:
    """What ending this alarm means for the visit that it is about: None where there is none to settle, else the decision, or why it is refused."""
    visit = context.store.visits([alarm.visit_id]).get(alarm.visit_id) if alarm.visit_id else None
    if visit is None or visit.state is not VisitState.OVERDUE or visit.raised_id is None:
        return None
    kept = context.store.signals([visit.raised_id]).get(visit.raised_id)
    if kept is None or kept.alarm_id != alarm.id:
        return None
    home, seconds = fields.get("visit_home"), int(fields.get("visit_seconds") or 0)  # type: ignore[call-overload]
    if home is None and not seconds:
        return "say_where_they_are"
    step = take_visit(visit, e.Settle(by, bool(home), seconds), now, context.directory())
    return step.reason if isinstance(step, Refused) else (visit, step)


def of_step(context: Context, before: Visit | None, step: VisitStep, now: datetime) -> tuple[Visit, list[log.Entry]]:
    """The visit of a step with its log chained on, and the new links."""
    count, head = (before.log_count, before.log_head) if before else (0, "")
    entries = log.chain(step.visit.id, count, head, step.said, now, (context.salt() for _ in step.said))
    if not entries:
        return step.visit, entries
    return replace(step.visit, log_count=entries[-1].n, log_head=entries[-1].hash), entries


def commit_steps(
    context: Context, steps: Sequence[tuple[Visit | None, VisitStep]], done: Sequence[ActionKept], now: datetime, verified: bool = False,
    own_alarm: bool = False,
) -> list[Visit]:
    """Saves decisions, the alarms that they raise and those that they call off, in one commit; then rings. `own_alarm`: what has lost
    every race joins nothing."""
    directory = context.directory()
    visits: list[tuple[int, Visit]] = []
    entries: list[log.Entry] = []
    orders: list[Order] = []
    alarms: list[tuple[int, Alarm]] = []
    streams: list[tuple[str, str]] = []
    for before, step in steps:
        after, links = of_step(context, before, step, now)
        visits.append((before.version if before else 0, after))
        entries += links
        orders += step.orders
        if step.call_off is not None and verified and (called := _called_off(context, after, step, now)):
            alarm, off = called
            changed, more = written(context, alarm, off, now)
            alarms.append((alarm.version, changed))
            entries += more
            orders += off.orders
            streams += streams_of(changed, directory)
    change = Change(now, alarms, (), entries, orders, done, streams, (), visits)
    if signals := [signal for _, step in steps for signal in step.signals]:
        change = with_signals(context, change, signals, own_alarm)
    context.store.commit(change)
    ring(context, change)
    seen = [(before, after) for (before, step), (_, after) in zip(steps, visits) if before is None or step.said or step.orders]
    ring_for(context, [after for _, after in seen], any(who_is_away(before) != who_is_away(after) for before, after in seen))
    return [visit for _, visit in visits]


def joined(context: Context, change: Change, visit: Visit, step: VisitStep) -> Change:
    """An alarm's change with what it means for the visit."""
    after, entries = of_step(context, visit, step, change.at)
    return replace(
        change, entries=[*change.entries, *entries], orders=[*change.orders, *step.orders], visits=[*change.visits, (visit.version, after)]
    )


def ring_for(context: Context, visits: Iterable[Visit], duty: bool = True) -> None:
    """After a commit: boards look at what has changed, and, where `duty`, so does whoever knows who is out."""
    people, offices = context.directory().people, set[str]()
    for visit in visits:
        offices |= {visit.office_id, *(people[name].offices[0] for name in (*visit.people, visit.contact_id) if name in people)}
    if offices:
        context.bell.ring(*(("duty",) if duty else ()), *(f"visits:{office}" for office in offices))


def who_is_away(visit: Visit | None) -> frozenset[str]:
    return frozenset(visit.people) if visit is not None and is_away(visit) else frozenset()


def _called_off(context: Context, visit: Visit, step: VisitStep, now: datetime) -> tuple[Alarm, Step] | None:
    """The worker, with his PIN, says that the alarm about him may be over: a flag that another person must confirm."""
    kept = context.store.signals([visit.raised_id or ""]).get(visit.raised_id or "")
    alarm = context.store.alarms([kept.alarm_id]).get(kept.alarm_id) if kept and kept.alarm_id else None
    if alarm is None or step.call_off is None:
        return None
    off = take(alarm, alarm_events.CallOff(step.call_off.by, alarm.signals_count, duress=step.call_off.duress), now, context.directory())
    return (alarm, off) if isinstance(off, Step) else None
