"""What each event does to an open alarm. One function each, named in the table of `alarm.py` (what helpers answer: `helpers.py`, how it ends: `endings.py`);
a returned string is a refusal."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.core import events as e
from server.core import orders
from server.core.directory import Directory, Selector, Step
from server.core.escalation import (
    Draft,
    freeze,
    level_of,
    next_step,
    running,
    situation_of,
    switched,
    tell_devices,
    tell_everyone_told,
)
from server.core.helpers import Refusal, ask, assign, cleaned, fit_helpers, renew, stamped
from server.core.model import (
    Ask,
    Assignment,
    Joined,
    Level,
    Note,
    Stage,
    State,
)
from server.core.orders import Say
from server.core.signals import ASKS_FIRST, STRENGTH, Kind, Signal
from server.core.values import replace


# ---------------------------------------------------------------- signals and time


def press(draft: Draft, event: e.Pressed) -> Refusal:
    """Another press: noted always; a new press clears a call-off; it moves the alarm on where nobody has it, or when one who
    has it presses; a stronger signal brings its own plan."""
    alarm, signal, limits = draft.alarm, event.signal, draft.directory.limits
    stronger = STRENGTH[signal.kind] > STRENGTH[alarm.kind]
    open_press = signal.kind is not Kind.DURESS  # the other sort must change nothing that can be seen near the person
    presser, device_ids = who_pressed(signal, draft.directory), alarm.device_ids
    if signal.device_id and signal.device_id not in device_ids:
        device_ids = (*device_ids, signal.device_id)
    draft.change(
        # the first is kept for ever: it says when and where it began
        signals=(alarm.signals[0], *(*alarm.signals[1:], joined(signal))[1 - limits.signals_kept :]),
        signals_count=alarm.signals_count + 1,
        device_ids=device_ids,
        also_raised=(*alarm.also_raised, presser) if presser and not alarm.raised_by(presser) else alarm.also_raised,
        called_off=None if open_press else alarm.called_off,
        confirmed=None,
        quiet_since=None if open_press and alarm.feigned is None else alarm.quiet_since,
        duress=alarm.duress or not open_press,
        device_told=orders.as_told(Say.CALLED_OFF, 0) if open_press and alarm.called_off else alarm.device_told,  # each light is told anew
    )
    draft.say("joined", signal.person_id, signal=signal.id, kind=signal.kind, doubt=signal.doubt, device=signal.device_id)
    if alarm.called_off is not None and open_press:
        draft.say("call_off_cleared", signal.person_id)
    if stronger:
        adopt(draft, event)
    if alarm.state is State.PENDING:
        if signal.kind not in ASKS_FIRST:
            raise_now(draft, "pressed")
    elif stronger:
        next_step(draft, "stronger")
        light(draft)
        tell_everyone_told(draft, Say.CHANGED, reason="stronger", leave_out=newly_told(draft))
    elif not alarm.active() or has_it(draft, signal):
        next_step(draft, "pressed_again")
    return None


def newly_told(draft: Draft) -> frozenset[str]:
    """Whom this decision has already told everything: one order per person is enough."""
    return frozenset(order.recipient for order in draft.orders.values() if order.say is Say.ALARM)


def adopt(draft: Draft, event: e.Pressed) -> None:
    """A stronger signal freezes its own plan and situation in; but what somebody has seen there (*weapon*) stays."""
    signal, directory = event.signal, draft.directory
    steps = with_contact(freeze(event.plan, directory, draft.alarm.raiser_id), draft.alarm.contact_id)
    draft.change(kind=signal.kind, plan=running(event.plan, steps, draft.now))
    raise_level(draft, level_of(signal.kind, event.situation, directory))
    if event.situation != draft.alarm.situation and not switched(draft.alarm, directory):
        draft.change(situation=event.situation, situation_at=draft.now)
        fit_helpers(draft)


def with_contact(steps: tuple[Step, ...], contact_id: str | None) -> tuple[Step, ...]:
    """Whoever watches over somebody who is out on a visit hears of it first."""
    if contact_id is None:
        return steps
    return (replace(steps[0], tell=(*steps[0].tell, Selector("person", contact_id))), *steps[1:])


def who_pressed(signal: Signal | Joined, directory: Directory) -> str | None:
    """Whoever pressed by name, or carries what was pressed; None for a fixed button, which anyone may have pressed, and for what nobody knows."""
    device = directory.devices.get(signal.device_id or "")
    named = signal.person_id, device.holder_id if device else None
    return next((one for one in named if one in directory.people), None)


def has_it(draft: Draft, signal: Signal) -> bool:
    """Whether one who is coming, there, or has it pressed: by name, or with the device that he carries."""
    device = draft.directory.devices.get(signal.device_id or "")
    pressers = {signal.person_id, device.holder_id if device else None}
    return any(a.person_id in pressers for a in draft.alarm.active())


def pass_time(draft: Draft, event: e.Deadline) -> Refusal:
    """Everything in the alarm that is due by now: grace, lapses and questions, an unconfirmed call-off, the step."""
    del event
    alarm, now = draft.alarm, draft.now
    if alarm.state is State.PENDING:
        if _due(alarm.grace_until, now):
            draft.say("grace_over")
            raise_now(draft, "grace_over")
        return None
    for assignment in alarm.assignments:
        if _due(assignment.lapse_at, now):
            _lapse(draft, assignment)
    called_off = draft.alarm.called_off
    if called_off is not None and _due(called_off.confirm_by, now):
        draft.change(called_off=replace(called_off, confirm_by=None))
        draft.say("call_off_unconfirmed")
        if not next_step(draft, "call_off_unconfirmed") and not draft.alarm.active():
            _hold_step(draft)
    elif _due(draft.alarm.plan.due_at, now):
        if not next_step(draft, "no_answer"):
            _hold_step(draft)
    return None


def unreached(draft: Draft, event: e.Unreached) -> Refusal:
    """Nobody in the step can be reached: the next one starts at once."""
    if event.started_at != draft.alarm.plan.started_at:
        return "overtaken"
    if draft.alarm.plan.due_at is None:
        return "covered"
    draft.say("unreached", number=draft.alarm.plan.number + 1)
    next_step(draft, "unreached")
    return None


def _due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _hold_step(draft: Draft) -> None:
    plan = draft.alarm.plan
    draft.change(plan=replace(plan, due_at=plan.started_at + timedelta(seconds=draft.directory.limits.repeat_min_s)))


def _lapse(draft: Draft, assignment: Assignment) -> None:
    """Somebody who is there, or has it, is asked first; a promise to come is simply gone."""
    limits = draft.directory.limits
    if assignment.stage in (Stage.THERE, Stage.TAKEN) and assignment.ask is None:
        answer_by = draft.now + timedelta(seconds=limits.on_scene_answer_s)
        assign(draft, replace(assignment, ask=Ask.STILL_THERE, lapse_at=answer_by))
        ask(draft, assignment.person_id, "still_there")
    else:
        assign(draft, replace(assignment, stage=Stage.LAPSED, lapse_at=None, ask=None))
        draft.say("lapsed", assignment.person_id, role=assignment.role, stage=assignment.stage)


def raise_now(draft: Draft, why: str) -> None:
    if draft.alarm.state is not State.RAISED:
        draft.change(state=State.RAISED, grace_until=None)
    next_step(draft, why)
    light(draft)


def ask_first(draft: Draft) -> None:
    """A fall or stillness is a machine's guess: the person is asked, and silence raises it."""
    grace_s = draft.directory.limits.pending_grace_s
    draft.change(grace_until=draft.now + timedelta(seconds=grace_s))
    if draft.alarm.raiser_id:
        ask(draft, draft.alarm.raiser_id, "all_right")
    draft.change(device_told=orders.as_told(Say.ASK, 0))
    tell_devices(draft, Say.ASK, draft.alarm.device_ids)


def light(draft: Draft) -> None:
    """Lamps and sounders of the house, where the situation lets them speak; those that it no longer lets are put out."""
    alarm, directory = draft.alarm, draft.directory
    if alarm.hidden or alarm.feigned is not None:
        return
    situation = situation_of(alarm, directory)
    may = tuple(d.id for d in orders.outputs(alarm, directory, situation.silent, situation.go_to_scene == "sheltered"))
    if may == alarm.lit_ids:
        return
    tell_devices(draft, Say.ALARM, [device_id for device_id in may if device_id not in alarm.lit_ids])
    tell_devices(draft, Say.ENDED, [device_id for device_id in alarm.lit_ids if device_id not in may])
    draft.change(lit_ids=may)


def raise_level(draft: Draft, level: Level) -> None:
    if level is Level.EMERGENCY and draft.alarm.level is not Level.EMERGENCY:
        draft.change(level=level)
        draft.say("level_raised", level=level)


def joined(signal: Signal) -> Joined:
    return Joined(signal.id, signal.kind, signal.heard_at, signal.pressed_at, signal.device_id, signal.person_id, signal.doubt)


# ---------------------------------------------------------------- what is written down


def note(draft: Draft, event: e.AddNote) -> Refusal:
    limits, alarm = draft.directory.limits, draft.alarm
    if alarm.notes_count >= limits.notes_max:
        return "too_many_notes"
    text = cleaned(event.text, draft)
    notes = (*alarm.notes, Note(draft.now, event.by, text))[-limits.notes_shown :]
    draft.change(notes=notes, notes_count=alarm.notes_count + 1)
    draft.say("note", event.by, text=text)
    renew(draft, event.by)
    return None


def tick(draft: Draft, event: e.Tick) -> Refusal:
    """Ticking sets a time stamp and nothing else: it never ends an alarm or confirms that anyone is safe.

    The ticks of somebody who has not answered are kept on an assignment that is not `answered`: it counts for nothing.
    """
    card = situation_of(draft.alarm, draft.directory).cards.get(event.role)
    step = next((s for s in card.steps if s.id == event.step), None) if card else None
    if step is None:
        return "no_such_step"
    held = draft.alarm.assignment(event.by) or Assignment(event.by, None, Stage.ASKED, draft.now)
    ticked = f"{event.role}/{event.step}"
    ticks = tuple(t for t in held.ticks if t != ticked)
    assign(draft, replace(held, ticks=(*ticks, ticked) if event.on else ticks))
    known = draft.directory.content.marks.get(step.mark or "")
    stamp = stamped(draft, known.id, event.by) if event.on and known is not None and not known.set_by else {}
    draft.say("tick" if event.on else "untick", event.by, role=event.role, step=event.step, **stamp)
    emergency_when_police_called(draft)
    renew(draft, event.by)
    return None


def mark(draft: Draft, event: e.SetMark) -> Refusal:
    known = draft.directory.content.marks.get(event.mark)
    if known is None or known.set_by:
        return "no_such_mark"
    value = cleaned(event.value or "", draft) or None if known.asks_time else None
    stamp = stamped(draft, event.mark, event.by, value, again=known.asks_time) or {"mark": event.mark, "again": True}
    draft.say("mark", event.by, **stamp)
    emergency_when_police_called(draft)
    renew(draft, event.by)
    return None


def emergency_when_police_called(draft: Draft) -> None:
    if draft.alarm.mark("police_called"):
        raise_level(draft, Level.EMERGENCY)


def change_situation(draft: Draft, event: e.ChangeSituation) -> Refusal:
    """One tap gives everyone new cards; those on their way are told to turn back. The plan stays frozen."""
    switch = draft.directory.content.switches.get(event.switch)
    if switch is None or draft.alarm.situation not in switch.offered_in:
        return "not_offered"
    before = draft.alarm.situation
    draft.change(situation=switch.to_situation, situation_at=draft.now)
    raise_level(draft, Level.EMERGENCY)
    fit_helpers(draft)
    light(draft)
    draft.say("situation_changed", event.by, before=before, situation=switch.to_situation, switch=switch.id)
    tell_everyone_told(draft, Say.CHANGED, reason=switch.id, leave_out=(event.by,))
    return None
