"""The door for what people do to an alarm: acknowledge, arrive, tick, resolve and the rest. The same action id gets the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from server.core import access
from server.core import events as e
from server.core.access import Viewer
from server.core.alarm import Refused, take
from server.core.directory import Directory, Duty
from server.core.model import Alarm, Outcome
from server.core.values import frozen
from server.flow import drills, pins, visits
from server.flow.taps import digest_of
from server.flow.context import TRIES, Context, ring, streams_of, written
from server.store.contract import ActionKept, Armed, Change, Conflict


@frozen
class Answer:
    """What became of an action. `reason` is None where it was carried out; `alarm` is as it is now, None where this person may not see it."""

    at: datetime
    alarm: Alarm | None
    reason: str | None = None
    repeated: bool = False


def act(context: Context, viewer: Viewer, alarm_id: str, action: str, fields: Mapping[str, object], action_id: str) -> Answer:
    """Carries out one action by one person. `fields` are those of `docs/api.md`, already checked for type and length.

    Sixteen at once on one alarm: each decides on what the one before left. An end never overtakes a press.
    """
    digest = digest_of(viewer.person_id, alarm_id, action, fields)
    with context.lock_for(alarm_id):
        for _ in range(TRIES):
            try:
                return _attempt(context, viewer, alarm_id, action, fields, action_id, digest)
            except Conflict:
                continue
    return Answer(context.now(), context.store.alarms([alarm_id]).get(alarm_id), "busy")


def _attempt(
    context: Context, viewer: Viewer, alarm_id: str, action: str, fields: Mapping[str, object], action_id: str, digest: str
) -> Answer:
    now, directory = context.now(), context.directory()
    alarm = context.store.alarms([alarm_id]).get(alarm_id)
    if alarm is None or not access.may_see(viewer, alarm, directory):
        return Answer(now, None, "unknown_alarm")
    if kept := context.store.actions([action_id]).get(action_id):
        if kept.digest != digest:
            return Answer(now, alarm, "id_used")
        return Answer(kept.at, alarm, kept.reason, repeated=True)
    if not alarm.open or (alarm.feigned and access.is_near(viewer, alarm, directory)):
        return Answer(now, alarm, "ended")
    if not access.may_act(viewer, action, alarm, directory):
        reason = "own_alarm" if alarm.raised_by(viewer.person_id) else "not_allowed"
        return Answer(now, alarm, reason)
    if action == "this_is_real":
        over = drills.this_is_real(context, alarm, viewer.person_id, now, ActionKept(action_id, viewer.person_id, alarm_id, digest, now))
        return Answer(now, alarm, over.reason) if isinstance(over, Refused) else Answer(now, over)
    event = _event(context, viewer, alarm, action, fields, directory)
    if isinstance(event, str):
        return Answer(now, alarm, event)
    forced = isinstance(event, e.CallOff) and event.duress and alarm.drill is not None
    if forced:
        event = e.CallOff(event.by, event.seen_signal, event.at_desk)  # the drill sees the ordinary PIN
    step = take(alarm, event, now, directory)
    if isinstance(step, Refused):
        if forced:
            drills.cry_duress(context, alarm, viewer.person_id, now)
        return Answer(now, alarm, step.reason)
    about = visits.settled(context, alarm, viewer.person_id, fields, now) if action == "resolve" else None
    if isinstance(about, str):
        return Answer(now, alarm, about)
    after, entries = written(context, alarm, step, now)
    held = after.assignment(viewer.person_id)
    reason = "too_old" if held and held.ask == "late_ack" and action == "acknowledge" else None
    streams = streams_of(after, directory)
    done = ActionKept(action_id, viewer.person_id, alarm_id, digest, now, reason)
    change = Change(now, [(alarm.version, after)], (), entries, step.orders, [done], streams)
    if about is not None:  # the alarm ends and the visit goes on, or home, in one commit: nobody is left unwatched in between
        change = visits.joined(context, change, *about)
    if forced:
        change = drills.with_duress(context, change, alarm, viewer.person_id)
    context.store.commit(change)
    ring(context, change)
    visits.ring_for(context, [visit for _, visit in change.visits])
    return Answer(now, after, reason)


def _event(
    context: Context, viewer: Viewer, alarm: Alarm, action: str, fields: Mapping[str, object], directory: Directory
) -> e.Event | str:
    by = viewer.person_id
    get = fields.get
    seen = int(get("seen_signal") or 0)  # type: ignore[call-overload]
    age_s = float(get("age_s") or 0)  # type: ignore[arg-type]
    if seen > alarm.signals_count:
        return "newer_signal"  # no screen has seen what has not come: it must look again, or a tap could be an end of presses to come
    match action:
        case "acknowledge":
            return e.Acknowledge(by, get("role"), get("eta_s"), age_s, get("via"))  # type: ignore[arg-type]
        case "decline":
            return e.Decline(by, str(get("text") or ""), age_s)
        case "arrive":
            return e.Arrive(by, age_s)
        case "shelter":
            return e.Shelter(by, age_s)
        case "note":
            return e.AddNote(by, str(get("text") or ""))
        case "tick":
            return e.Tick(by, str(get("role")), str(get("step")), bool(get("on", True)))
        case "swap_role":
            return e.SwapRole(by, str(get("role")))
        case "change_situation":
            return e.ChangeSituation(by, str(get("switch")))
        case "mark":
            return e.SetMark(by, str(get("mark")), get("value"))  # type: ignore[arg-type]
        case "more_help":
            return e.MoreHelp(by)
        case "confirm":
            return e.Confirm(by, str(get("how")), seen, age_s)
        case "resolve":
            return e.Resolve(by, Outcome(str(get("outcome"))), seen, str(get("text") or ""), age_s)
        case "call_off":
            desk = access.at_desk(viewer, alarm, directory) and by != alarm.raiser_id
            if desk and not get("pin") and not alarm.raised_by(by):
                return e.CallOff(by, seen, at_desk=True)
            match pins.check(context, by, str(get("pin") or "")):
                case pins.Verdict.WRONG:
                    return "wrong_pin"
                case verdict:
                    return e.CallOff(by, seen, at_desk=desk, duress=verdict is pins.Verdict.DURESS)
    return "not_allowed"


def set_duty(context: Context, person_id: str, office_id: str, duty: str) -> None:
    """Goes on or off duty, or into the house. Screens that show who can be reached look again."""
    context.store.set_duty(person_id, office_id, Duty(duty), context.now())
    context.bell.ring("duty", f"now:{office_id}", "gateway_lists")


def arm(context: Context, device_id: str, purpose: str, by: str) -> datetime:
    """Arms one device by name: its first press within the time is a test, or a drill. Gives until when."""
    until = context.now() + timedelta(seconds=context.directory().limits.armed_s)
    context.store.arm(Armed(device_id, purpose, by, until))
    context.bell.ring("gateway_lists")  # a gateway that is alone in the next moment must know that it is no real press
    return until

