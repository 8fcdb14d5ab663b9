"""Steps, cover and lapses: who is told next, and when nobody need be. Works on a Draft, the decision being written."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core import orders
from server.core.cards import PAIRED, CoverLine, Situation, cover_lines
from server.core.directory import Directory, Plan, Selector, Step
from server.core.log import Said
from server.core.model import Alarm, Level, Running, Stage, State
from server.core.near import could_end, guarded, in_house, kept_from, sits_near
from server.core.orders import Fenced, Order, Say
from server.core.reserves import beyond, from_elsewhere, owners
from server.core.signals import Kind
from server.core.values import replace

ASSIST_COVER = ((PAIRED, 2),)
"""Come calmly: two who go together are enough."""

NO_CARDS = Situation("", "emergency", True, "pair", "never", ((PAIRED, 2),), {})
"""For an alarm whose situation has been edited away while it ran: silent, in pairs, nobody rings."""

EVERYONE = Step((Selector("on_duty"),), ("screen", "push", "sms"), 30)
"""For a plan without steps, which the configuration check refuses: no press is without somebody who is told."""

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

    def number_for(self, recipient: str) -> int:
        """Part of an order's id. Near a called-off alarm it counts time and not decisions: under duress there are more of them."""
        alarm = self.alarm
        if alarm.quiet_since is None or not (recipient.startswith("device:") or sits_near(alarm, recipient, self.directory)):
            return self.version
        return alarm.quiet_since + 1 + max(0, int((self.now - alarm.opened_at).total_seconds()))


def situation_of(alarm: Alarm, directory: Directory) -> Situation:
    return situation_named(alarm.situation, directory)


def situation_named(situation: str, directory: Directory) -> Situation:
    return directory.content.situations.get(situation, NO_CARDS)


def level_of(kind: Kind, situation: str, directory: Directory) -> Level:
    """How loud a signal is: *assist* comes calmly, a missed check-in is as loud as its cards say, anything else is an emergency."""
    if kind is Kind.ASSIST:
        return Level.ASSIST
    known = directory.content.situations.get(situation) if kind is Kind.MISSED_CHECKIN else None
    return Level(known.level) if known else Level.EMERGENCY


def open_level(alarm: Alarm, directory: Directory) -> Level:
    """The level by what was said openly: the signals, 112, a changed situation. What a duress PIN made of it is left out."""
    if alarm.mark("police_called") or switched(alarm, directory):
        return Level.EMERGENCY
    return level_of(alarm.kind, alarm.situation, directory)


def switched(alarm: Alarm, directory: Directory) -> bool:
    """Whether somebody has tapped a switch like *weapon*: no signal starts in such a situation."""
    return any(switch.to_situation == alarm.situation for switch in directory.content.switches.values())


def ring_presser(alarm: Alarm, directory: Directory, near: bool = False) -> str:
    """May anyone ring the person? Duress makes it never, in every situation, but near surfaces cannot know."""
    situation = situation_of(alarm, directory)
    if alarm.duress and not near:
        return "never"
    level = open_level(alarm, directory) if near else alarm.level
    raised = situation.raised if level is Level.EMERGENCY and situation.level == Level.ASSIST else None
    return raised.ring_presser if raised else situation.ring_presser


def size_of(office_id: str, directory: Directory) -> int:
    return directory.offices[office_id].size if office_id in directory.offices else 0


def cover(alarm: Alarm, directory: Directory) -> tuple[CoverLine, ...]:
    """How the situation's cover stands, counting those who come, have it or are there."""
    situation = situation_of(alarm, directory)
    needed = situation.cover
    if alarm.level is Level.ASSIST and situation.level != Level.ASSIST and PAIRED in situation.cards:
        needed = ASSIST_COVER
    elif alarm.level is Level.EMERGENCY and situation.level == Level.ASSIST and situation.raised:
        needed = situation.raised.cover
    staffing = directory.content.staffing_of(size_of(alarm.office_id, directory))
    return cover_lines(needed, (a.role for a in alarm.active() if a.role), staffing.merge)


def covered(alarm: Alarm, lines: Iterable[CoverLine]) -> bool:
    """Whether somebody has the alarm, and its cover (`lines`) is reached."""
    return bool(alarm.active()) and all(line.filled for line in lines)


def freeze(plan: Plan, directory: Directory, presser_id: str | None) -> tuple[Step, ...]:
    """The plan's steps as this alarm will have them. With too few in the house, everyone outside is told in step 1."""
    staffing = directory.content.staffing_of(size_of(plan.office_id, directory))
    if not plan.steps:
        return (EVERYONE,)
    if not directory.fewer_present_than(staffing.off_site_when_present_below, plan.office_id, presser_id):
        return plan.steps
    outside = [(selector, step) for step in plan.steps[1:] for selector in step.tell if selector.outside]
    if not outside:
        return plan.steps
    first = plan.steps[0]
    tell = (*first.tell, *(s for s, _ in outside if s not in first.tell))
    channels = tuple(dict.fromkeys((*first.channels, *(c for _, step in outside for c in step.channels))))
    return (Step(tell, channels, first.wait_s), *plan.steps[1:])


def resolve(selector: Selector, alarm: Alarm, directory: Directory) -> list[str]:
    """Whom a selector means right now. Off duty is truly off; none who pressed is ever among them."""
    found: Iterable[str]
    office_id, raisers = selector.office_id or alarm.office_id, alarm.raisers
    match selector.by:
        case "role":
            found = (p.id for p in directory.on_duty_in(office_id) if selector.value in p.roles)
        case "on_duty":
            found = (p.id for p in directory.on_duty_in(office_id))
        case "person":
            found = [selector.value] if directory.on_duty_somewhere(selector.value) else []
        case "neighbours":
            office = directory.offices.get(office_id)
            offices = office.neighbours if office else ()
            found = (p.id for office in offices for p in directory.on_duty_in(office) if "responder" in p.access)
        case "contact":
            key = f"@{office_id}/{selector.value}"
            found = [key] if key in directory.contacts else []
        case _:
            found = []
    return [recipient for recipient in found if recipient not in raisers]


def could_mean(selector: Selector, office_id: str, directory: Directory) -> bool:
    """Whether a selector would mean anybody at all, were everyone on duty: somebody of ours who is no wall, or a contact that can be told."""
    office_id = selector.office_id or office_id
    office = directory.offices.get(office_id)
    if selector.by == "contact":
        contact = directory.contacts.get(f"@{office_id}/{selector.value}")
        return contact is not None and bool(contact.channels())
    if selector.by == "person":
        found = [selector.value]
    else:
        offices = office.neighbours if selector.by == "neighbours" and office else (office_id,)
        found = [one for each in offices for one in directory.staff.get(each, ())]
    people = [directory.people[one] for one in found if one in directory.people and directory.people[one].surface != "wallboard"]
    match selector.by:
        case "role":
            return any(selector.value in one.roles for one in people)
        case "neighbours":
            return any("responder" in one.access for one in people)
        case "on_duty" | "person":
            return bool(people)
    return False


def start_step(draft: Draft, number: int, why: str) -> int:
    """Tells everyone in a step, freshly resolved, except those who have already answered; then waits. Gives how many were told.

    When it is the last step and nobody has the alarm, also those who said *cannot* are asked again: it repeats for ever.
    A selector that means nobody right now goes to the plan's owner, with the reason. A last step whose people could not end the alarm
    goes to some who can; one of whose people all have answered goes to others: it is never empty.
    """
    alarm, directory, now = draft.alarm, draft.directory, draft.now
    step = alarm.plan.steps[number]
    last = number == len(alarm.plan.steps) - 1
    repeated = last and number == alarm.plan.number
    answered = {a.person_id for a in alarm.assignments if a.stage not in (Stage.LAPSED, Stage.ASKED)}
    recipients: dict[str, str | None] = {}
    vacant: list[Selector] = []
    for selector in step.tell:
        found = resolve(selector, alarm, directory)
        hearing = [recipient for recipient in found if not kept_from(alarm, recipient, directory)]
        for recipient in hearing:
            recipients.setdefault(recipient, _do_not_ring(alarm, recipient, directory))
        # whoever is kept from a hidden alarm does not fill a role; beside one that was called off they have been told
        if not found or (alarm.hidden and not hearing):
            vacant.append(selector)
            draft.say("nobody_for_role", selector=selector.by, value=selector.value)
    for selector in vacant:
        for owner in owners(alarm, directory, last and not recipients):
            recipients[owner] = _do_not_ring(alarm, owner, directory) or f"nobody_for_role:{selector.value or selector.by}"
    hear = {one: reason for one, reason in recipients.items() if one not in answered}
    if last and not any(could_end(alarm, one, directory) for one in hear):
        hear |= _others(draft, recipients, answered)
    if last and not alarm.active():
        cannot = {a.person_id for a in alarm.assignments if a.stage is Stage.CANNOT}
        hear |= {one: reason for one, reason in recipients.items() if one in cannot}
    told = tell(draft, hear, Say.ALARM, step.channels)
    wait_s = step_wait_s(alarm.plan, number, directory)
    rounds = alarm.plan.rounds + repeated
    draft.change(plan=replace(alarm.plan, number=number, started_at=now, due_at=now + timedelta(seconds=wait_s), rounds=rounds))
    draft.say("step_started", number=number + 1, of=len(alarm.plan.steps), why=why, told=told, round=rounds)
    return told


def _others(draft: Draft, meant: Iterable[str], answered: Container[str]) -> dict[str, str | None]:
    """Whom the last step asks where nobody whom it means is left to answer: each with the reason, where those `meant` could not end it."""
    alarm, directory = draft.alarm, draft.directory
    able = any(could_end(alarm, one, directory) for one in (*meant, *(a.person_id for a in alarm.active())))
    return _asked(draft, beyond(alarm, directory, answered), "more_asked" if able else "nobody_can_end")


def _asked(draft: Draft, found: list[str], why: str) -> dict[str, str | None]:
    if found:
        draft.say(why, told=len(found))
    return {one: _do_not_ring(draft.alarm, one, draft.directory) or why for one in found}


def reach_who_can_end(draft: Draft) -> None:
    """Beside a guarded alarm nobody may confirm or end it: where all who were told sit there, the steps go on at once, and in the end
    people from elsewhere are asked. So are they where all who were told by the last step have pressed too."""
    alarm, directory = draft.alarm, draft.directory
    while (guarded(alarm) or alarm.plan.last) and not any(could_end(alarm, one, directory) for one in alarm.told):
        if alarm.plan.last:
            tell(draft, _asked(draft, from_elsewhere(alarm, directory), "nobody_can_end"), Say.ALARM, alarm.plan.steps[-1].channels)
            return
        start_step(draft, alarm.plan.number + 1, "nobody_can_end")
        alarm = draft.alarm


def _do_not_ring(alarm: Alarm, recipient: str, directory: Directory) -> str | None:
    """Everyone away from the presser learns with the alarm itself that it is duress; nobody beside the presser ever does."""
    return "duress" if alarm.duress and not sits_near(alarm, recipient, directory) else None


def step_wait_s(plan: Running, number: int, directory: Directory) -> int:
    wait_s = plan.steps[number].wait_s
    return max(wait_s, directory.limits.repeat_min_s) if number == len(plan.steps) - 1 else wait_s


def next_step(draft: Draft, why: str) -> bool:
    """Starts the next step now; the last one repeats, but never sooner than the limit. False: it was too soon, and then it
    repeats as soon as it may.

    A step that has nobody to tell is not waited for: the one after it starts at once.
    """
    plan, limits = draft.alarm.plan, draft.directory.limits
    earliest = plan.started_at + timedelta(seconds=limits.repeat_min_s)
    if plan.last and draft.now < earliest:
        if plan.due_at is None or plan.due_at > earliest:
            draft.change(plan=replace(plan, due_at=earliest))
        return False
    told = start_step(draft, min(plan.number + 1, len(plan.steps) - 1), why)
    while not told and not draft.alarm.plan.last:
        told = start_step(draft, draft.alarm.plan.number + 1, "nobody_told")
    return True


def tell(draft: Draft, recipients: Mapping[str, str | None], say: Say, channels: tuple[str, ...], count: int = 0) -> int:
    """One order to each recipient (with the reason, if any); `count` as the word means it. Gives how many. People whom nobody may hear are told without
    tone or call."""
    alarm, directory, now = draft.alarm, draft.directory, draft.now
    quiet = quiet_people(alarm, directory)
    if directory.channels is not None:
        channels = tuple(channel for channel in channels if channel in directory.channels)
    after_screen = now if "push" in channels else now + timedelta(seconds=directory.limits.ladder_s[1])
    version = draft.version
    told: list[str] = []
    for recipient, reason in _let_in(draft, recipients).items():
        if recipient.startswith("@"):
            if not _tell_contact(draft, recipient, say, channels):
                continue
        else:
            near = sits_near(alarm, recipient, directory)
            number = draft.number_for(recipient) if near else version
            first_at = after_screen if directory.present_somewhere(recipient) else now  # off the house there is no screen to wait for
            draft.order(orders.to_person(alarm, recipient, say, number, channels, now, first_at, quiet(recipient), reason, count))
        told.append(recipient)
    if say is Say.ALARM:
        known = set(alarm.told)
        if new := tuple(recipient for recipient in told if recipient not in known):
            draft.change(told=alarm.told + new)
    return len(told)


def _let_in(draft: Draft, recipients: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """In a drill, those of them whom its fence lets hear of it. How many others would have been told is said, without their names: among
    them may be somebody who was left out in confidence."""
    mark, people = draft.alarm.drill, draft.directory.people
    if mark is None:
        return recipients
    inside = {one: why for one, why in recipients.items() if one.startswith("@") or (one in people and mark.lets_in(one, people[one].offices))}
    beyond = [one for one in recipients if one in people and one not in inside and one not in (*mark.left_out, *mark.observers)]
    if beyond:
        draft.say("would_have", people=len(beyond), offices=sorted({people[one].offices[0] for one in beyond}))
    return inside


def quiet_people(alarm: Alarm, directory: Directory) -> Callable[[str], bool]:
    """Whom nobody may hear: whoever pressed, whoever shelters, whoever is in a house where people hide, whoever sits with
    somebody on a visit, and beside the presser where visitors are."""
    situation = situation_of(alarm, directory)
    hiding = situation.go_to_scene == "sheltered"
    sheltered = {a.person_id for a in alarm.assignments if a.stage is Stage.SHELTERED}
    beside_visitors = situation.silent and alarm.place.public

    def quiet(person_id: str) -> bool:
        if alarm.raised_by(person_id) or person_id in directory.away or person_id in sheltered or (hiding and in_house(alarm, person_id, directory)):
            return True
        return beside_visitors and sits_near(alarm, person_id, directory)

    return quiet


def _tell_contact(draft: Draft, recipient: str, say: Say, channels: tuple[str, ...]) -> bool:
    """False where the drill fence forbids it, or where the office has deleted the contact: then there is no number left."""
    contact = draft.directory.contacts.get(recipient)
    try:
        if contact is not None:
            draft.order(orders.to_contact(draft.alarm, contact, say, draft.version, channels, draft.now))
            return True
    except Fenced:
        assert contact is not None
        by = [channel for channel in contact.channels() if channel in channels] or list(contact.channels())
        draft.say("would_have", contact=recipient, channels=by)
        return False
    draft.say("nobody_for_role", selector="contact", value=recipient, reason="deleted")
    return False


def tell_everyone_told(draft: Draft, say: Say, reason: str | None = None, leave_out: Container[str] = (), also: tuple[str, ...] = ()) -> None:
    """To exactly those who were told before (and to these `also`), by every channel of the plan's steps."""
    channels = tuple(dict.fromkeys(c for step in draft.alarm.plan.steps for c in step.channels))
    tell(draft, {r: reason for r in (*draft.alarm.told, *also) if r not in leave_out}, say, channels)


def tell_devices(draft: Draft, say: Say, device_ids: Iterable[str], count: int = 0) -> None:
    for device_id in device_ids:
        known = draft.directory.devices.get(device_id)
        if known is not None and not known.hears:
            continue
        office_id = known.office_id if known else None
        draft.order(orders.to_device(draft.alarm, device_id, say, draft.number_for(f"device:{device_id}"), draft.now, count, office_id))


def settle(draft: Draft, before: Alarm) -> None:
    """After every rule: the state is the sum of the assignments; steps run until cover is reached by people who can end it; a role
    that falls vacant is offered again at once; the button learns who comes."""
    alarm, directory = draft.alarm, draft.directory
    if not alarm.open or alarm.state is State.PENDING:
        return
    active = alarm.active()
    there = any(a.stage is Stage.THERE for a in active)
    state = State.ON_SCENE if there else State.ACKNOWLEDGED if active else State.RAISED
    if state is not alarm.state:
        draft.change(state=state)
    held = any(could_end(alarm, a.person_id, directory) for a in active)
    if held and (alarm.confirmed is not None or covered(alarm, cover(alarm, directory))):
        if alarm.plan.due_at is not None:
            draft.change(plan=replace(alarm.plan, due_at=None))
    elif alarm.plan.due_at is None or fell_vacant(before, alarm, directory):
        if alarm.plan.started_at != draft.now:
            next_step(draft, "vacant")
        if draft.alarm.plan.due_at is None:
            plan = draft.alarm.plan
            draft.change(plan=replace(plan, due_at=draft.now + timedelta(seconds=step_wait_s(plan, plan.number, directory))))
    reach_who_can_end(draft)
    tell_presser(draft, before)


def fell_vacant(before: Alarm, alarm: Alarm, directory: Directory) -> bool:
    """Whether this decision emptied a role that cover needs, or took away the last who had the alarm."""
    if before.assignments is alarm.assignments or not before.active():
        return False
    if not alarm.active():
        return True
    have = {line.role: line.have for line in cover(before, directory)}
    return any(not line.filled and line.have < have.get(line.role, 0) for line in cover(alarm, directory))


def tell_presser(draft: Draft, before: Alarm) -> None:
    """The button's own light: who comes, who is there. Where nobody is sent it never says *coming*, only that the police know. When nobody comes any
    more it is told that, too: it shows *received* again. Once called off it says no more until the end, so that it looks the same under duress."""
    alarm, directory = draft.alarm, draft.directory
    if alarm.hidden or alarm.quiet_since is not None:
        return
    there = sum(a.stage is Stage.THERE for a in alarm.assignments)
    coming = sum(a.stage is Stage.COMING for a in alarm.assignments)
    if situation_of(alarm, directory).go_to_scene != "pair":
        say, count = Say.POLICE, int(alarm.mark("police_called") is not None)
    else:
        say, count = (Say.THERE, there) if there else (Say.COMING, coming)
    say = say if count else Say.RECEIVED
    told = orders.as_told(say, count)
    if told != alarm.device_told:
        draft.change(device_told=told)
        tell_devices(draft, say, alarm.device_ids, count)
    elif told:  # a device that is new here does not know yet
        tell_devices(draft, say, [device_id for device_id in alarm.device_ids if device_id not in before.device_ids], count)


def running(plan: Plan, steps: tuple[Step, ...], now: datetime) -> Running:
    """A plan frozen into an alarm, none of its steps started yet."""
    return Running(plan.id, plan.owner_id, steps, -1, now, None)
