"""Coming down: calling off, confirming that somebody is safe, and ending. An end never overtakes a press, nor a situation that has become another one."""

from __future__ import annotations

from datetime import timedelta

from server.core import events as e
from server.core import orders
from server.core.directory import Directory
from server.core.escalation import (
    Draft,
    next_step,
    tell_devices,
    tell_everyone_told,
)
from server.core.model import (
    Alarm,
    CalledOff,
    Confirmed,
    Ending,
    Joined,
    Level,
    OF_DRILLS,
    Outcome,
    Stage,
    State,
)
from server.core.near import fenced_off, sits_near
from server.core.orders import Say
from server.core.reserves import only_raisers, owners
from server.core.helpers import DAY_S, Refusal, assign, cleaned, lapse_at_of, renew, stage_of, stamped
from server.core.rules import newly_told, raise_level, raise_now, who_pressed
from server.core.signals import RAISING, Signal, boot_and_number, waited
from server.core.values import replace


def call_off(draft: Draft, event: e.CallOff) -> Refusal:
    """A flag, not a state: steps and lapses run on until another person has seen them. Under duress it looks the same nearby.

    It withdraws only one's own press: where others have pressed too, their alarm stands as it was.
    """
    alarm, limits = draft.alarm, draft.directory.limits
    if not alarm.raised_by(event.by) and not event.at_desk:
        return "not_yours"
    if event.seen_signal < alarm.signals_count:
        return "newer_signal"
    stands = not event.at_desk and others_pressed(draft, event.by)
    if stands:
        draft.say("withdrawn", event.by)
    elif alarm.called_off is not None:
        draft.say("called_off", event.by)  # once more is nothing new: it must not put off the next step
    else:
        confirm_by = draft.now + timedelta(seconds=limits.confirm_s)
        draft.change(called_off=CalledOff(draft.now, event.by, confirm_by), confirmed=None, quiet_since=draft.version)
        draft.say("called_off", event.by)
        near = near_people(draft) if event.duress else frozenset()
        tell_everyone_told(draft, Say.MAY_BE_OVER, leave_out=frozenset(alarm.told) - near if event.duress else ())
        tell_devices(draft, Say.CALLED_OFF, alarm.device_ids)
    if event.duress:
        draft.change(duress=True)
        draft.say("duress", event.by)
        raise_level(draft, Level.EMERGENCY)
        if not stands:  # where the alarm stands, near surfaces go on seeing its steps
            next_step(draft, "duress")
        # those beside the presser hear only what they would have heard
        tell_everyone_told(draft, Say.CHANGED, reason="duress", leave_out=near_people(draft) | newly_told(draft))
    return None


def take_back(draft: Draft, event: e.TakenBack) -> Refusal:
    """A gesture without PIN sets the flag at most, and only for the own press of whoever carries the device. What anybody may have sent or pressed, or was
    made before the newest press, is written in the log and tells nobody: responders must never read *may be over* of what is not."""
    why = _not_counted(draft, event)
    if why is None:
        return call_off(draft, e.CallOff(event.by or "", draft.alarm.signals_count))
    draft.say("call_off_not_counted", event.by, why=why, device=event.signal.device_id, doubt=event.signal.doubt)
    return None


def _not_counted(draft: Draft, event: e.TakenBack) -> str | None:
    alarm, signal = draft.alarm, event.signal
    if not signal.verified or signal.doubt is not None:
        return "unverified"
    if alarm.state is State.PENDING:
        return "needs_pin"
    if event.by is None or not alarm.raised_by(event.by):
        return "not_yours"
    return "newer_signal" if any(_after(joined, signal, draft) for joined in alarm.signals) else None


def _after(joined: Joined, signal: Signal, draft: Draft) -> bool:
    """Whether a signal of the alarm was made after this one. A device of Varde's own numbers what it says, and that is sure; else by when it was heard, but
    no later than its sender can have had it, since two clocks may be apart."""
    device = draft.directory.devices.get(signal.device_id or "")
    if joined.device_id == signal.device_id and joined.doubt is None and device is not None and device.bought is None:
        before, after = (boot_and_number(one.id, device.id) for one in (signal, joined))
        if before is not None and after is not None:
            return after > before
    return joined.heard_at >= min(signal.heard_at, draft.now - waited(signal))


def others_pressed(draft: Draft, person_id: str) -> bool:
    """Whether anyone else pressed in this alarm. A fixed button that nobody carries may have been pressed by anyone."""
    alarm = draft.alarm
    carried = alarm.signals[0].device_id  # nobody may hold what somebody has with him on a visit

    def whose(signal: Joined) -> str | None:
        return who_pressed(signal, draft.directory) or (alarm.raiser_id if signal.device_id and signal.device_id == carried else None)

    return any(whose(one) != person_id for one in alarm.signals if one.kind in RAISING)


def near_people(draft: Draft) -> frozenset[str]:
    """People told who pressed, or sit in the pressed zone: what reaches them must look normal."""
    return frozenset(r for r in draft.alarm.told if sits_near(draft.alarm, r, draft.directory))


def cancel(draft: Draft, event: e.CallOff) -> Refusal:
    """Called off while the person was still being asked. With the duress PIN it only looks so, and the alarm is raised."""
    alarm = draft.alarm
    if not alarm.raised_by(event.by):
        return "not_yours"
    if event.seen_signal < alarm.signals_count:
        return "newer_signal"
    if others_pressed(draft, event.by):
        withdraw_beside_another(draft, event)
        return None
    draft.say("cancelled", event.by)  # in both worlds, since near surfaces read the log too
    tell_devices(draft, Say.ENDED, alarm.device_ids)
    hear_of_it = dict.fromkeys([*_contact(alarm, draft.directory), *owners(alarm, draft.directory)])
    draft.change(quiet_since=draft.version)
    for one in hear_of_it:
        if not event.duress or sits_near(alarm, one, draft.directory):
            number = draft.number_for(one)
            draft.order(orders.to_person(alarm, one, Say.CANCELLED, number, orders.WRITTEN, draft.now, draft.now))
    if event.duress:
        draft.change(duress=True, feigned=State.CANCELLED)
        draft.say("duress", event.by)
        raise_level(draft, Level.EMERGENCY)
        raise_now(draft, "duress")
        return None
    draft.change(state=State.CANCELLED, grace_until=None)
    return None


def _contact(alarm: Alarm, directory: Directory) -> list[str]:
    """Who watches over the visit of whoever called: they are out of the house, and nobody else there knows how they are."""
    one = alarm.contact_id
    return [one] if one in directory.people and not alarm.raised_by(one) and not fenced_off(alarm, one, directory) else []


def withdraw_beside_another(draft: Draft, event: e.CallOff) -> None:
    """One of several who were being asked is well, and another has not said so: for that one the alarm goes out at once."""
    draft.say("withdrawn", event.by)
    if event.duress:
        draft.change(duress=True)
        draft.say("duress", event.by)
        raise_level(draft, Level.EMERGENCY)
    raise_now(draft, "withdrawn")


def confirm(draft: Draft, event: e.Confirm) -> Refusal:
    """Another person has seen them, or heard the code word for safe. That person then has the alarm, so that somebody ends it."""
    alarm = draft.alarm
    if alarm.raised_by(event.by) and not only_raisers(alarm, draft.directory):
        return "own_alarm"
    if event.seen_signal < alarm.signals_count:
        return "newer_signal"
    if situation_changed_since(draft, event):
        return "newer_situation"
    stage = Stage.THERE if event.how == "seen" else Stage.TAKEN
    before = alarm.assignment(event.by)
    if before is None or before.stage is not Stage.THERE:
        lapse_at = lapse_at_of(draft, stage, event.by, None)
        assign(draft, stage_of(draft, event.by, stage, before.role if before else None, lapse_at=lapse_at, eta_at=None))
    called_off = replace(alarm.called_off, confirm_by=None) if alarm.called_off else None
    draft.change(confirmed=Confirmed(draft.now, event.by, event.how), called_off=called_off)
    renew(draft, event.by)
    draft.say("confirmed", event.by, how=event.how, **stamped(draft, "safe_confirmed", event.by))
    return None


def situation_changed_since(draft: Draft, event: e.Confirm | e.Resolve) -> bool:
    """Whether the screen that this was tapped on showed another situation. A change that lies in the future is one from before the clock was put right."""
    changed_at = draft.alarm.situation_at
    return changed_at is not None and draft.now - timedelta(seconds=min(event.age_s, DAY_S)) < changed_at <= draft.now


def resolve(draft: Draft, event: e.Resolve) -> Refusal:
    """Ended by somebody other than those who pressed, with an outcome. Never overtakes a press, or another situation, that its screen had not seen. Whoever
    says *exercise done* of a real alarm takes it for one, and it goes on; a drill counts as one whatever is said of it: nobody is in danger when it ends."""
    alarm = draft.alarm
    if alarm.raised_by(event.by) and not only_raisers(alarm, draft.directory):
        return "own_alarm"
    if event.seen_signal < alarm.signals_count:
        return "newer_signal"
    if situation_changed_since(draft, event):
        return "newer_situation"
    if alarm.drill is None and event.outcome in OF_DRILLS:
        return "not_a_drill"
    outcome = event.outcome if alarm.drill is None else Outcome.DRILL_DONE
    text = cleaned(event.text, draft)
    draft.change(state=State.RESOLVED, ending=Ending(outcome, draft.now, event.by, text))
    draft.say("resolved", event.by, outcome=outcome, text=text)
    tell_everyone_told(draft, Say.ALL_CLEAR)
    if not alarm.hidden and alarm.feigned is None:
        tell_devices(draft, Say.ENDED, (*alarm.device_ids, *alarm.lit_ids))
    return None
