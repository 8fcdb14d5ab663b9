"""Those who answer: coming, there, sheltered or unable, the role that each is given, how long a promise holds, and what they are asked. A returned string is a
refusal. How the alarm itself goes on is in `rules.py`."""

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
    next_step,
    quiet_people,
    situation_of,
)
from server.core.model import (
    ACTIVE,
    Alarm,
    Ask,
    Assignment,
    MarkSet,
    Stage,
)
from server.core.near import in_house
from server.core.orders import Say
from server.core.values import replace

Refusal = str | None

DAY_S = 86_400
"""What a screen says of its own age or arrival is believed up to this: beyond it the number is a mistake."""


def assign(draft: Draft, assignment: Assignment) -> None:
    """Whoever answers counts as told, also one who came of his own accord: he too must hear of a weapon, and of the end."""
    alarm, person_id = draft.alarm, assignment.person_id
    others = tuple(a for a in alarm.assignments if a.person_id != person_id)
    told = alarm.told
    if assignment.answered and person_id not in told and not alarm.raised_by(person_id):
        told = (*told, person_id)
    draft.change(assignments=(*others, assignment), told=told)


def ask(draft: Draft, who: str, question: str, by: tuple[str, ...] = orders.WRITTEN) -> None:
    """A question to one helper, or to the person who fell: that one by no channel that others might hear."""
    alarm, directory = draft.alarm, draft.directory
    contact = directory.contacts.get(who)
    if contact is not None:
        try:
            draft.order(replace(orders.to_contact(alarm, contact, Say.ASK, draft.version, by, draft.now), reason=question))
        except orders.Fenced:
            return
    else:
        channels = directory.usable(by)
        quiet = quiet_people(alarm, directory)(who)
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
    if cries_alone(alarm, event.by):
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


def cries_alone(alarm: Alarm, person_id: str) -> bool:
    """Whether this person has pressed and is no helper: nobody answers the own cry. One who was coming already, and then asks for help too, goes on."""
    held = alarm.assignment(person_id)
    return alarm.raised_by(person_id) and (held is None or held.stage not in ACTIVE)


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


def promised_since(draft: Draft, event: e.Decline | e.Shelter) -> bool:
    """Whether a promise stands that was surely made after this tap, which came late: then it is no answer any more. What became a promise may itself have
    been on its way for a minute, and *I am there* for as long as it holds less."""
    limits, held = draft.directory.limits, draft.alarm.assignment(event.by)
    if held is None or held.stage not in ACTIVE:
        return False
    made_at = held.since
    if held.stage is Stage.THERE and held.lapse_at is not None:
        made_at = min(made_at, held.lapse_at - timedelta(seconds=limits.on_scene_ask_s))
    return draft.now - timedelta(seconds=min(event.age_s, DAY_S) - limits.stale_action_s) < made_at


def decline(draft: Draft, event: e.Decline) -> Refusal:
    if promised_since(draft, event):
        return "answered_since"
    assign(draft, stage_of(draft, event.by, Stage.CANNOT, None, lapse_at=None, eta_at=None))
    draft.say("declined", event.by, text=cleaned(event.text, draft))
    return None


def arrive(draft: Draft, event: e.Arrive) -> Refusal:
    if cries_alone(draft.alarm, event.by):
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
    if promised_since(draft, event):
        return "answered_since"
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


def stamped(draft: Draft, name: str, by: str, value: str | None = None, again: bool = False) -> dict[str, object]:
    """Sets a time stamp, and gives what the log entry of the act that set it says of it: one fact, one entry. The first time counts; a
    mark that asks for a clock time may be set anew. Empty: it stood already."""
    if draft.alarm.mark(name) is not None and not again:
        return {}
    others = tuple(m for m in draft.alarm.marks if m.mark != name)
    draft.change(marks=(*others, MarkSet(name, draft.now, by, value)))
    return {"mark": name, "value": value} if value else {"mark": name}


def cleaned(text: str, draft: Draft) -> str:
    """What somebody typed, cut to the limit and without what a database or a hash cannot take (half characters, NUL)."""
    return text[: draft.directory.limits.note_max_chars].encode("utf-8", "replace").decode().replace("\0", "")
