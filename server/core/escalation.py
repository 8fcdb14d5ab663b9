"""Steps, cover and lapses: who is told next, and when nobody need be. Works on a Draft, the decision being written."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core import orders
from server.core.cards import CoverLine, Situation, cover_lines
from server.core.directory import Directory, Plan, Selector, Step
from server.core.log import Said
from server.core.model import Alarm, Level, Running, Stage, State
from server.core.orders import Fenced, Order, Say

ASSIST_COVER = (("responder", 2),)
"""Come calmly: two who go together are enough."""


@dataclass(slots=True)
class Draft:
    """A decision while it is being written: the alarm as it will be, and what it orders and says."""

    alarm: Alarm
    now: datetime
    directory: Directory
    orders: dict[str, Order] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)

    def change(self, **fields: object) -> None:
        self.alarm = replace(self.alarm, **fields)

    def order(self, order: Order) -> None:
        self.orders[order.id] = order

    def say(self, what: str, by: str | None = None, **data: object) -> None:
        self.said.append(Said(what, by, data))

    @property
    def version(self) -> int:
        """The version that this decision makes; part of the ids of its orders."""
        return self.alarm.version + 1


def situation_of(alarm: Alarm, directory: Directory) -> Situation:
    return directory.content.situations[alarm.situation]


def ring_presser(alarm: Alarm, directory: Directory) -> str:
    """May anyone ring the person? Duress makes it never, in every situation."""
    situation = situation_of(alarm, directory)
    if alarm.duress:
        return "never"
    raised = situation.raised if alarm.level is Level.EMERGENCY and situation.level == Level.ASSIST else None
    return raised.ring_presser if raised else situation.ring_presser


def cover(alarm: Alarm, directory: Directory) -> tuple[CoverLine, ...]:
    """How the situation's cover stands, counting those who come, have it or are there."""
    situation = situation_of(alarm, directory)
    needed = situation.cover
    if alarm.level is Level.ASSIST and situation.level != Level.ASSIST:
        needed = ASSIST_COVER
    elif alarm.level is Level.EMERGENCY and situation.level == Level.ASSIST and situation.raised:
        needed = situation.raised.cover
    staffing = directory.content.staffing_of(directory.offices[alarm.office_id].size)
    return cover_lines(needed, (a.role for a in alarm.active() if a.role), staffing.merge)


def covered(alarm: Alarm, directory: Directory) -> bool:
    return all(line.filled for line in cover(alarm, directory)) and bool(alarm.active())


def freeze(plan: Plan, directory: Directory, presser_id: str | None) -> tuple[Step, ...]:
    """The plan's steps as this alarm will have them. With too few in the house, everyone outside is told in step 1."""
    office = directory.offices[plan.office_id]
    staffing = directory.content.staffing_of(office.size)
    if directory.present_count(plan.office_id, presser_id) >= staffing.off_site_when_present_below:
        return plan.steps
    outside = [(selector, step) for step in plan.steps[1:] for selector in step.tell if selector.outside]
    if not outside:
        return plan.steps
    first = plan.steps[0]
    tell = (*first.tell, *(s for s, _ in outside if s not in first.tell))
    channels = tuple(dict.fromkeys((*first.channels, *(c for _, step in outside for c in step.channels))))
    return (Step(tell, channels, first.wait_s), *plan.steps[1:])


def resolve(selector: Selector, alarm: Alarm, directory: Directory) -> list[str]:
    """Whom a selector means right now. Off duty is truly off; the presser is never among them."""
    found: Iterable[str]
    match selector.by:
        case "role":
            found = (p.id for p in directory.on_duty_in(alarm.office_id) if selector.value in p.roles)
        case "on_duty":
            found = (p.id for p in directory.on_duty_in(alarm.office_id))
        case "person":
            person = directory.people.get(selector.value)
            on_duty = person is not None and any(directory.on_duty(person.id, office) for office in person.offices)
            found = [person.id] if person is not None and on_duty else []
        case "neighbours":
            offices = directory.offices[alarm.office_id].neighbours
            found = (p.id for office in offices for p in directory.on_duty_in(office) if "responder" in p.access)
        case "contact":
            key = f"@{alarm.office_id}/{selector.value}"
            found = [key] if key in directory.contacts else []
        case _:
            found = []
    return [recipient for recipient in found if recipient != alarm.raiser_id]


def start_step(draft: Draft, number: int, why: str) -> None:
    """Tells everyone in a step, freshly resolved, except those who have already answered; then waits.

    When it is the last step and nobody has the alarm, also those who said *cannot* are asked again: it repeats for ever.
    A selector that means nobody right now goes to the plan's owner, with the reason.
    """
    alarm, directory, now = draft.alarm, draft.directory, draft.now
    step = alarm.plan.steps[number]
    last = number == len(alarm.plan.steps) - 1
    repeated = last and number == alarm.plan.number
    answered = {a.person_id for a in alarm.assignments if a.stage not in _asked_again(last and not alarm.active())}
    recipients: dict[str, str | None] = {}
    for selector in step.tell:
        found = resolve(selector, alarm, directory)
        for recipient in found:
            recipients.setdefault(recipient, None)
        if not found:
            draft.say("nobody_for_role", selector=selector.by, value=selector.value)
            for owner in owners(alarm, directory):
                recipients[owner] = f"nobody_for_role:{selector.value or selector.by}"
    told = tell(draft, {r: why_ for r, why_ in recipients.items() if r not in answered}, Say.ALARM, step.channels)
    wait_s = max(step.wait_s, directory.limits.repeat_min_s) if last else step.wait_s
    rounds = alarm.plan.rounds + repeated
    draft.change(plan=replace(alarm.plan, number=number, started_at=now, due_at=now + timedelta(seconds=wait_s), rounds=rounds))
    draft.say("step_started", number=number + 1, of=len(alarm.plan.steps), why=why, told=told, round=rounds)


def _asked_again(nobody_has_it: bool) -> set[Stage]:
    return {Stage.LAPSED, Stage.ASKED, Stage.CANNOT} if nobody_has_it else {Stage.LAPSED, Stage.ASKED}


def next_step(draft: Draft, why: str) -> bool:
    """Starts the next step now; the last one repeats, but never sooner than the limit. False: it was too soon."""
    plan, limits = draft.alarm.plan, draft.directory.limits
    if plan.last and draft.now < plan.started_at + timedelta(seconds=limits.repeat_min_s):
        if plan.due_at is None:
            draft.change(plan=replace(plan, due_at=plan.started_at + timedelta(seconds=limits.repeat_min_s)))
        return False
    start_step(draft, min(plan.number + 1, len(plan.steps) - 1), why)
    return True


def owners(alarm: Alarm, directory: Directory) -> list[str]:
    """Who must know when a role has nobody: the plan's owner, else the office's leads and administrators; never the presser."""
    if alarm.plan.owner_id in directory.people and alarm.plan.owner_id != alarm.raiser_id:
        return [alarm.plan.owner_id]
    return [p.id for p in directory.administrators(alarm.office_id) if p.id != alarm.raiser_id]


def tell(draft: Draft, recipients: Mapping[str, str | None], say: Say, channels: tuple[str, ...]) -> int:
    """One order to each recipient (with the reason, if any). People whom nobody may hear are told without tone or call."""
    alarm, directory, now = draft.alarm, draft.directory, draft.now
    hiding = situation_of(alarm, directory).go_to_scene == "sheltered"
    sheltered = {a.person_id for a in alarm.assignments if a.stage is Stage.SHELTERED}
    first_s = directory.limits.ladder_s["push" not in channels]
    told: list[str] = []
    for recipient, reason in recipients.items():
        if recipient.startswith("@"):
            try:
                draft.order(orders.to_contact(alarm, directory.contacts[recipient], say, draft.version, channels, now))
            except Fenced:
                draft.say("contact_fenced", contact=recipient)
                continue
        else:
            quiet = recipient in sheltered or (hiding and directory.present(recipient, alarm.office_id))
            draft.order(orders.to_person(alarm, recipient, say, draft.version, channels, now, first_s, quiet, reason))
        told.append(recipient)
    if say is Say.ALARM:
        known = set(alarm.told)
        draft.change(told=alarm.told + tuple(recipient for recipient in told if recipient not in known))
    return len(told)


def tell_everyone_told(draft: Draft, say: Say, reason: str | None = None, leave_out: Container[str] = ()) -> None:
    """To exactly those who were told before, by every channel of the plan's steps."""
    channels = tuple(dict.fromkeys(c for step in draft.alarm.plan.steps for c in step.channels))
    tell(draft, {r: reason for r in draft.alarm.told if r not in leave_out}, say, channels)


def tell_devices(draft: Draft, say: Say, device_ids: Iterable[str], count: int = 0) -> None:
    for device_id in device_ids:
        draft.order(orders.to_device(draft.alarm, device_id, say, draft.version, draft.now, count))


def settle(draft: Draft, before: Alarm) -> None:
    """After every rule: the state is the sum of the assignments; steps run until cover is reached; a role that falls
    vacant is offered again at once; the button learns who comes."""
    alarm, directory = draft.alarm, draft.directory
    if not alarm.open or alarm.state is State.PENDING:
        return
    active = alarm.active()
    there = any(a.stage is Stage.THERE for a in active)
    state = State.ON_SCENE if there else State.ACKNOWLEDGED if active else State.RAISED
    if state is not alarm.state:
        draft.change(state=state)
    if covered(alarm, directory) or (alarm.confirmed is not None and active):
        if alarm.plan.due_at is not None:
            draft.change(plan=replace(alarm.plan, due_at=None))
    elif alarm.plan.due_at is None or (before.active() and not active):
        if alarm.plan.started_at != draft.now:
            next_step(draft, "vacant")
        if draft.alarm.plan.due_at is None:
            wait_s = alarm.plan.steps[alarm.plan.number].wait_s
            draft.change(plan=replace(draft.alarm.plan, due_at=draft.now + timedelta(seconds=wait_s)))
    tell_presser(draft)


def tell_presser(draft: Draft) -> None:
    """The button's own light: who comes, who is there. Where nobody is sent it never says *coming*, only that the police know.
    Once called off it says no more until the end, so that it looks the same under duress."""
    alarm, directory = draft.alarm, draft.directory
    if alarm.hidden or alarm.quiet_since is not None:
        return
    there = sum(a.stage is Stage.THERE for a in alarm.assignments)
    coming = sum(a.stage is Stage.COMING for a in alarm.assignments)
    if situation_of(alarm, directory).go_to_scene != "pair":
        say, count = Say.POLICE, int(alarm.mark("police_called") is not None)
    else:
        say, count = (Say.THERE, there) if there else (Say.COMING, coming)
    told = f"{say} {count}" if count else ""
    if told != alarm.device_told:
        draft.change(device_told=told)
        tell_devices(draft, say, alarm.device_ids, count)


def running(plan: Plan, steps: tuple[Step, ...], now: datetime) -> Running:
    """A plan frozen into an alarm, none of its steps started yet."""
    return Running(plan.id, plan.owner_id, steps, -1, now, None)
