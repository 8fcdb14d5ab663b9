"""What each event does to an open alarm. One function each, named in the table of `alarm.py` (how it ends: `endings.py`); a returned string is a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from server.core import events as e
from server.core import orders
from server.core.cards import PAIRED, CoverLine, next_role
from server.core.directory import Directory
from server.core.escalation import (
    Draft,
    cover,
    freeze,
    level_of,
    next_step,
    quiet_people,
    running,
    situation_of,
    switched,
    tell_devices,
    tell_everyone_told,
)
from server.core.model import (
    ACTIVE,
    Alarm,
    Ask,
    Assignment,
    Joined,
    Level,
    MarkSet,
    Note,
    Stage,
    State,
)
from server.core.near import in_house
from server.core.orders import Say
from server.core.signals import ASKS_FIRST, STRENGTH, Kind, Signal
from server.core.values import replace

Refusal = str | None

DAY_S = 86_400
"""What a screen says of its own age or arrival is believed up to this: beyond it the number is a mistake."""


# ---------------------------------------------------------------- signals and time


def press(draft: Draft, event: e.Pressed) -> Refusal:
    """Another press: noted always; a new press clears a call-off; it moves the alarm on where nobody has it, or when one who
    has it presses; a stronger signal brings its own plan."""
    alarm, signal, limits = draft.alarm, event.signal, draft.directory.limits
    stronger = STRENGTH[signal.kind] > STRENGTH[alarm.kind]
    open_press = signal.kind is not Kind.DURESS  # the other sort must change nothing that can be seen near the person
    device_ids = alarm.device_ids
    if signal.device_id and signal.device_id not in device_ids:
        device_ids = (*device_ids, signal.device_id)
    draft.change(
        # the first is kept for ever: it says when and where it began
        signals=(alarm.signals[0], *(*alarm.signals[1:], joined(signal))[1 - limits.signals_kept :]),
        signals_count=alarm.signals_count + 1,
        device_ids=device_ids,
        called_off=None if open_press else alarm.called_off,
        confirmed=None,
        quiet_since=None if open_press and alarm.feigned is None else alarm.quiet_since,
        duress=alarm.duress or not open_press,
        # a device that is new here, or was told of a call-off, does not know yet who comes
        device_told="" if open_press and (device_ids is not alarm.device_ids or alarm.called_off) else alarm.device_told,
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
    steps = freeze(event.plan, directory, draft.alarm.raiser_id)
    draft.change(kind=signal.kind, plan=running(event.plan, steps, draft.now))
    raise_level(draft, level_of(signal.kind, event.situation, directory))
    if event.situation != draft.alarm.situation and not switched(draft.alarm, directory):
        draft.change(situation=event.situation)
        fit_helpers(draft)


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


# ---------------------------------------------------------------- helpers


def assign(draft: Draft, assignment: Assignment) -> None:
    """Whoever answers counts as told, also one who came of his own accord: he too must hear of a weapon, and of the end."""
    alarm, person_id = draft.alarm, assignment.person_id
    others = tuple(a for a in alarm.assignments if a.person_id != person_id)
    told = alarm.told
    if assignment.answered and person_id not in told and person_id != alarm.raiser_id:
        told = (*told, person_id)
    draft.change(assignments=(*others, assignment), told=told)


def ask(draft: Draft, who: str, question: str, by: tuple[str, ...] = ("push", "sms")) -> None:
    """A question to one helper, or to the person who fell: that one by no channel that others might hear."""
    alarm, directory = draft.alarm, draft.directory
    contact = directory.contacts.get(who)
    if contact is not None:
        try:
            draft.order(replace(orders.to_contact(alarm, contact, Say.ASK, draft.version, by, draft.now), reason=question))
        except orders.Fenced:
            return
    else:
        channels = tuple(channel for channel in by if directory.channels is None or channel in directory.channels)
        quiet = who == alarm.raiser_id or quiet_people(alarm, directory)(who)
        draft.order(orders.to_person(alarm, who, Say.ASK, draft.number_for(who), channels, draft.now, draft.now, quiet, question))
    draft.say("asked", who, question=question)


def stage_of(draft: Draft, person_id: str, stage: Stage, event_role: str | None, **fields: object) -> Assignment:
    before = draft.alarm.assignment(person_id)
    base = before or Assignment(person_id, event_role, stage, draft.now)
    since = base.since if before and before.stage is stage else draft.now
    return replace(base, role=event_role, stage=stage, since=since, ask=None, **fields)  # type: ignore[arg-type]


def renew(draft: Draft, person_id: str) -> None:
    """Any sign of life from one who has the alarm renews the promise, and answers a question."""
    held = draft.alarm.assignment(person_id)
    if held is None or held.lapse_at is None:
        return
    lapse_at = lapse_at_of(draft, held.stage, person_id, None)
    if held.stage is Stage.COMING:
        lapse_at = max(held.lapse_at, lapse_at)
    assign(draft, replace(held, lapse_at=lapse_at, ask=None))


def lapse_at_of(draft: Draft, stage: Stage, person_id: str, eta_s: int | None) -> datetime:
    limits, alarm = draft.directory.limits, draft.alarm
    if stage is Stage.THERE:
        seconds = limits.on_scene_ask_s
    elif stage is Stage.TAKEN or in_house(alarm, person_id, draft.directory):
        seconds = limits.lapse_in_house_s
    else:
        seconds = min(eta_s if eta_s and eta_s > 0 else limits.lapse_off_site_s, limits.lapse_off_site_max_s)
    return draft.now + timedelta(seconds=seconds)


def acknowledge(draft: Draft, event: e.Acknowledge) -> Refusal:
    """I am coming, or I have it. Gives the role asked for if it is free, else the next one that cover lacks and that fits. Too old a tap becomes a question."""
    alarm, directory = draft.alarm, draft.directory
    if event.by == alarm.raiser_id:
        return "own_alarm"
    before = alarm.assignment(event.by)
    if event.age_s > directory.limits.stale_action_s:
        draft.say("late_acknowledgement", event.by, age_s=int(min(event.age_s, DAY_S)))
        if event.via:  # who answers by phone has no screen that shows the question
            ask(draft, event.by, "late_ack", (event.via,))
        if before is None or before.stage not in ACTIVE:  # an old tap neither renews a promise nor takes one back
            role = before.role if before else None
            assign(draft, replace(stage_of(draft, event.by, Stage.ASKED, role, lapse_at=None, eta_at=None), ask=Ask.LATE_ACK))
        return None
    held_already = before.role if before and before.stage in ACTIVE else None
    wanted = event.role
    if wanted and wanted != held_already and (refusal := role_free(draft, event.by, wanted)):
        if refusal != "role_taken":
            return refusal
        wanted = None  # two who tap at once were offered the same role: that somebody comes counts, and the second gets the next one
    role = wanted or held_already or offered_role(draft, event.by)
    stage = Stage.COMING if situation_of(alarm, directory).go_to_scene == "pair" else Stage.TAKEN
    if before and before.stage is Stage.THERE:
        stage = Stage.THERE
    lapse_at = lapse_at_of(draft, stage, event.by, event.eta_s)
    eta_at = draft.now + timedelta(seconds=min(event.eta_s, DAY_S)) if event.eta_s and event.eta_s > 0 else None
    assign(draft, stage_of(draft, event.by, stage, role, lapse_at=lapse_at, eta_at=eta_at))
    draft.say("acknowledged", event.by, role=role, stage=stage, eta_s=event.eta_s, **stamped(draft, "acknowledged", event.by))
    return None


def offered_role(draft: Draft, person_id: str) -> str | None:
    return role_for(draft.alarm, person_id, cover(draft.alarm, draft.directory), draft.directory)


def role_for(alarm: Alarm, person_id: str, lines: Iterable[CoverLine], directory: Directory) -> str | None:
    """The role that this person would be given by tapping now. Somebody from another office takes 112 and the log."""
    if person_id.startswith("@"):
        return None  # a guard who comes fills no role: nobody has handed him a card
    person = directory.people.get(person_id)
    inside = person is not None and not set(alarm.office_ids).isdisjoint(person.offices)
    fits = person.roles if person is not None and inside else OUTSIDE_ROLES
    cards = situation_of(alarm, directory).cards
    held = [a.role for a in alarm.active() if a.role and a.person_id != person_id]
    return next_role(lines, held, fits, (r for r in cards if r not in OWN_ROLES))


OUTSIDE_ROLES = frozenset({"remote_responder", "caller_112", "logger"})

OWN_ROLES = frozenset({"alarm_raiser", "visiting_employee", "visit_partner", "held_person", "threat_receiver"})
"""Cards of those it happens to; never handed to a helper."""


def role_free(draft: Draft, person_id: str, role: str) -> Refusal:
    alarm, directory = draft.alarm, draft.directory
    if role in OWN_ROLES or role not in situation_of(alarm, directory).cards:
        return "no_card"
    need = {line.role: line.need for line in cover(alarm, directory)}.get(role, 1)
    held = sum(a.role == role and a.person_id != person_id for a in alarm.active())
    return "role_taken" if held >= need and role not in (PAIRED, "all_staff") else None


def decline(draft: Draft, event: e.Decline) -> Refusal:
    assign(draft, stage_of(draft, event.by, Stage.CANNOT, None, lapse_at=None, eta_at=None))
    draft.say("declined", event.by, text=cleaned(event.text, draft))
    return None


def arrive(draft: Draft, event: e.Arrive) -> Refusal:
    if event.by == draft.alarm.raiser_id:
        return "own_alarm"
    before = draft.alarm.assignment(event.by)
    role = before.role if before and before.role else offered_role(draft, event.by)
    # a tap that is late in arriving holds no longer than it would have: when its time is over the helper is asked
    age_s = min(event.age_s, draft.directory.limits.on_scene_ask_s) if event.age_s > 0 else 0
    lapse_at = lapse_at_of(draft, Stage.THERE, event.by, None) - timedelta(seconds=age_s)
    assign(draft, stage_of(draft, event.by, Stage.THERE, role, lapse_at=lapse_at, eta_at=None))
    draft.say("arrived", event.by, role=role, **stamped(draft, "on_scene", event.by))
    return None


def shelter(draft: Draft, event: e.Shelter) -> Refusal:
    assign(draft, stage_of(draft, event.by, Stage.SHELTERED, None, lapse_at=None, eta_at=None))
    draft.say("sheltered", event.by)
    return None


def swap_role(draft: Draft, event: e.SwapRole) -> Refusal:
    held = draft.alarm.assignment(event.by)
    if held is None or held not in draft.alarm.active():
        return "not_assigned"
    if event.role != held.role and (refusal := role_free(draft, event.by, event.role)):
        return refusal
    assign(draft, replace(held, role=event.role))
    renew(draft, event.by)
    draft.say("role_swapped", event.by, before=held.role, role=event.role)
    return None


def more_help(draft: Draft, event: e.MoreHelp) -> Refusal:
    if not next_step(draft, "more_help"):
        return "nobody_more"
    draft.say("more_help", event.by)
    if draft.alarm.quiet_since is None:  # under duress the steps go otherwise, and it must not show in how long a promise holds
        renew(draft, event.by)
    return None


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


def cleaned(text: str, draft: Draft) -> str:
    """What somebody typed, cut to the limit and without what a database or a hash cannot take (half characters, NUL)."""
    return text[: draft.directory.limits.note_max_chars].encode("utf-8", "replace").decode().replace("\0", "")


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


def stamped(draft: Draft, name: str, by: str, value: str | None = None, again: bool = False) -> dict[str, object]:
    """Sets a time stamp, and gives what the log entry of the act that set it says of it: one fact, one entry. The first time counts; a
    mark that asks for a clock time may be set anew. Empty: it stood already."""
    if draft.alarm.mark(name) is not None and not again:
        return {}
    others = tuple(m for m in draft.alarm.marks if m.mark != name)
    draft.change(marks=(*others, MarkSet(name, draft.now, by, value)))
    return {"mark": name, "value": value} if value else {"mark": name}


def emergency_when_police_called(draft: Draft) -> None:
    if draft.alarm.mark("police_called"):
        raise_level(draft, Level.EMERGENCY)


def change_situation(draft: Draft, event: e.ChangeSituation) -> Refusal:
    """One tap gives everyone new cards; those on their way are told to turn back. The plan stays frozen."""
    switch = draft.directory.content.switches.get(event.switch)
    if switch is None or draft.alarm.situation not in switch.offered_in:
        return "not_offered"
    before = draft.alarm.situation
    draft.change(situation=switch.to_situation)
    raise_level(draft, Level.EMERGENCY)
    fit_helpers(draft)
    light(draft)
    draft.say("situation_changed", event.by, before=before, situation=switch.to_situation, switch=switch.id)
    tell_everyone_told(draft, Say.CHANGED, reason=switch.id, leave_out=(event.by,))
    return None


def fit_helpers(draft: Draft) -> None:
    """The situation has changed under those who come: they keep a role that still has a card; where nobody is sent, those whom
    cover needs have it from where they are, and everyone else is asked to turn back."""
    situation = situation_of(draft.alarm, draft.directory)
    cover_roles = {role for role, _ in situation.cover}
    for held in draft.alarm.active():
        role = held.role if held.role in situation.cards else "all_staff" if "all_staff" in situation.cards else None
        if situation.go_to_scene == "pair":
            assign(draft, replace(held, role=role))
        elif role in cover_roles:
            lapse_at = lapse_at_of(draft, Stage.TAKEN, held.person_id, None)
            assign(draft, replace(held, role=role, stage=Stage.TAKEN, ask=None, eta_at=None, lapse_at=lapse_at))
        else:
            assign(draft, replace(held, role=role, stage=Stage.ASKED, ask=Ask.TURN_BACK, lapse_at=None, eta_at=None))
