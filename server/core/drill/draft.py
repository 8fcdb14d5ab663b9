"""The decision about a planned drill while it is being written, and what all its rules use: who is in it, who is told, when it is looked at next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from server.core import orders
from server.core.access import COORDINATING, SAFETY
from server.core.directory import Directory, Person
from server.core.drill.exercise import UNANNOUNCED, Inject
from server.core.drill.model import ENDED, OVER, DrillState, Given, PlannedDrill, Press
from server.core.drill.words import TO_WHO_LEADS
from server.core.log import Said
from server.core.orders import WRITTEN, Order, Say
from server.core.values import replace

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
WEEK = timedelta(days=7)

BEFORE_S = (-7 * DAY_S, -DAY_S, -10 * MINUTE_S, HOUR_S, DAY_S)
"""From the planned start: when a drill that has not begun is looked at. A week and a day ahead, ten minutes ahead, and when it should long have
begun; a day late it is off."""

OVERRUN_S = (0, 5 * MINUTE_S, 10 * MINUTE_S)
"""After its end: when a drill that is still on reminds its coordinator."""

ENDS_ITSELF_S = 15 * MINUTE_S
"""After its end: nobody has ended it, so nobody may be left believing that it goes on."""

LOOK_AGAIN_S = 60
"""A running drill is looked at as often as this, for a clock that has been put right."""

OUTAGE_LOOK_S = 5
"""And as often as this while it waits to see that a gateway which was taken away is shown as gone."""

OUTAGE_BEFORE = timedelta(minutes=5)
"""So long before its start a gateway may have been taken away for it. One that had been silent for longer was broken anyhow."""

SETTLE_S = 3
"""After the stop its alarms end, and receipts that were on their way come in: then it is reckoned who took part."""

NAGS = 8
"""Weeks in which the coordinator is reminded of the report. After that it is closed without one, and says so."""

FINDING_NAGS = 26
"""Weeks in which the owner of a finding is reminded."""

PUSH = ("push",)

Item = Inject | Press


@dataclass(slots=True)
class Draft:
    drill: PlannedDrill
    now: datetime
    directory: Directory
    orders: dict[str, Order] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    presses: list[Press] = field(default_factory=list)

    def change(self, **fields: object) -> None:
        self.drill = replace(self.drill, **fields)  # type: ignore[arg-type]

    def say(self, what: str, by: str | None = None, **data: object) -> None:
        self.said.append(Said(what, by, data))

    def tell(self, people: Iterable[str], say: Say, channels: tuple[str, ...] = WRITTEN, reason: str | None = None, count: int = 0) -> int:
        """One order to each who exists; gives how many. Those who are left out hear nothing, but for what they must do because they lead or own it."""
        drill, directory = self.drill, self.directory
        out = set() if say in TO_WHO_LEADS else set(drill.left_out)
        known = [one for one in dict.fromkeys(people) if one in directory.people and one not in out]
        usable = directory.usable(channels)
        for person_id in known:
            order = orders.about_drill(drill.id, drill.version + 1, drill.office_id, person_id, say, usable, self.now, reason, count)
            self.orders[order.id] = order
        return len(known)


# ---------------------------------------------------------------- who is in it


def takes_part(drill: PlannedDrill, person: Person) -> bool:
    """Whether somebody is in it: meant, and not left out."""
    return person.id not in drill.left_out and is_meant(drill, person)


def is_meant(drill: PlannedDrill, person: Person) -> bool:
    """Whether it is for somebody: named, or serving one of its offices where nobody is named."""
    if drill.participants:
        return person.id in drill.participants
    return not set(drill.offices).isdisjoint(person.offices)


def everyone(drill: PlannedDrill, directory: Directory) -> list[str]:
    """All who take part, in the order of the configuration."""
    found = drill.participants or [one for office_id in drill.offices for one in directory.staff.get(office_id, ())]
    return [one for one in dict.fromkeys(found) if one in directory.people and one not in drill.left_out]


def coordinators(drill: PlannedDrill) -> list[str]:
    """Who is reminded: whoever leads it and whoever planned it."""
    return list(dict.fromkeys((drill.leader_id, drill.planned_by)))


def approvers(drill: PlannedDrill, office_id: str, directory: Directory) -> list[str]:
    """Those who answer for one of its offices: who leads it, its administrators only where nobody does, and where it has none of either, those of the
    office whose drill it is."""
    return _leading(office_id, directory) or _leading(drill.office_id, directory)


def _leading(office_id: str, directory: Directory) -> list[str]:
    able = [directory.people[one] for one in directory.staff.get(office_id, ()) if directory.people[one].access & COORDINATING]
    return [one.id for one in able if "office_lead" in one.access] or [one.id for one in able]


def answers_for(drill: PlannedDrill, person_id: str, directory: Directory) -> tuple[str, ...]:
    """The offices of it for which this person says yes or no."""
    return tuple(one for one in drill.offices if person_id in approvers(drill, one, directory))


def to_be_asked(drill: PlannedDrill, directory: Directory) -> list[str]:
    """Those who have yet to answer for an office of theirs."""
    answers = drill.answers
    return list(dict.fromkeys(who for one in drill.offices if one not in answers for who in approvers(drill, one, directory)))


def representatives(drill: PlannedDrill, directory: Directory) -> list[str]:
    """The safety representatives of its offices, as far as they are known here."""
    staff = dict.fromkeys(one for office_id in drill.offices for one in directory.staff.get(office_id, ()))
    return [one for one in staff if SAFETY in directory.people[one].access]


def asked(drill: PlannedDrill, who: str, by: str, directory: Directory) -> str | None:
    """Whom `by` has asked as the safety representative: a known one, by id or name. Where none is known it is a free name, but not that of whoever
    writes it down, plans or leads: they cannot consult themselves. None where it is nobody who may be asked."""
    known, who = representatives(drill, directory), who.strip()
    if known:
        return next((one for one in known if who.casefold() in (one.casefold(), directory.people[one].name.casefold())), None)
    own = {one: directory.people[one].name for one in (by, drill.leader_id, drill.planned_by) if one in directory.people}
    return None if who.casefold() in {one.casefold() for pair in own.items() for one in pair} else who or None


def playing(drill: PlannedDrill) -> set[str]:
    """Those who have taken a part in it, and so are not left out: its leader, the cast, and whoever presses."""
    pressing = {one.person_id for one in drill.presses if one.person_id}
    return {drill.leader_id, *(person for _, person in drill.cast), *pressing}


def leaving_out(drill: PlannedDrill, people: Iterable[str], directory: Directory) -> PlannedDrill:
    """The drill without those of `people`, who have asked to be left out of every one, for whom it is. Nobody else is named in it: that they have asked
    is no business of its coordinators."""
    out, part = set(drill.left_out), playing(drill)
    asked = sorted(one for one in people if one in directory.people and one not in out and one not in part)
    meant = [one for one in asked if one in drill.observers or is_meant(drill, directory.people[one])]
    return replace(drill, left_out=(*drill.left_out, *meant)) if meant else drill


def players(drill: PlannedDrill, role: str, holding: Iterable[tuple[str, str]], directory: Directory) -> list[str]:
    """Who an inject to this role is for: those cast for it, and those who hold it in the drill's alarms now."""
    if role == "all_staff":
        return everyone(drill, directory)
    out = set(drill.left_out)
    return [one for one in dict.fromkeys(person for part, person in (*drill.cast, *holding) if part == role) if one not in out]


# ---------------------------------------------------------------- the time line


def items(drill: PlannedDrill) -> Iterator[Item]:
    yield from drill.presses
    yield from drill.exercise.injects


def item(drill: PlannedDrill, item_id: str) -> Item | None:
    return next((one for one in items(drill) if one.id == item_id), None)


def waiting(drill: PlannedDrill) -> list[tuple[datetime, Item]]:
    """What the clock has yet to give, soonest first."""
    if drill.zero_at is None:
        return []
    done = {one.id for one in drill.given}
    left = [(drill.zero_at + timedelta(seconds=one.at_s), one) for one in items(drill) if one.at_s is not None and one.id not in done]
    return sorted(left, key=lambda one: (one[0], one[1].id))


def runs_until(drill: PlannedDrill) -> datetime:
    """Its end, counted from when it really began."""
    assert drill.zero_at is not None
    return drill.zero_at + (drill.ends_at - drill.starts_at)


def give(draft: Draft, what: Item, by: str | None, holding: Iterable[tuple[str, str]] = ()) -> None:
    """One item of the time line: a press is raised, a card is shown to those who play its part, and of what people are to say, phone or play the
    drill's leader is told when the clock has come to it: those whom it is for are to meet it in the room, not on a phone."""
    draft.change(given=(*draft.drill.given, Given(what.id, draft.now, by)))
    if isinstance(what, Press):
        draft.presses.append(what)
        draft.say("pressed", by, item=what.id, office=what.office_id)
        return
    if what.channel == "card":
        told = draft.tell(players(draft.drill, what.to, holding, draft.directory), Say.DRILL_INJECT, PUSH)
    else:
        told = draft.tell([draft.drill.leader_id] if by is None else (), Say.DRILL_CUE, PUSH)
    draft.say("inject", by, item=what.id, to=what.to, told=told)


def waits_for_outage(drill: PlannedDrill) -> bool:
    """Whether it is measured how soon an outage is shown, and none has been yet."""
    return drill.running and drill.outage is None and any(target.metric == "outage_shown" for target in drill.exercise.targets)


# ---------------------------------------------------------------- when it is looked at next


def due_of(drill: PlannedDrill, now: datetime) -> datetime | None:
    """Total: what is open has a time; what has ended has one only while a finding's owner is to be reminded."""
    match drill.state:
        case DrillState.PLANNED | DrillState.ANNOUNCED:
            return drill.starts_at + timedelta(seconds=BEFORE_S[min(drill.reminded, len(BEFORE_S) - 1)])
        case DrillState.RUNNING:
            over = (*OVERRUN_S, ENDS_ITSELF_S)[min(drill.reminded, len(OVERRUN_S))]
            soonest = [at for at, _ in waiting(drill)[:1]]
            look_s = OUTAGE_LOOK_S if waits_for_outage(drill) else LOOK_AGAIN_S
            return min(*soonest, runs_until(drill) + timedelta(seconds=over), now + timedelta(seconds=look_s))
        case DrillState.STOPPED:
            assert drill.stopping is not None
            return drill.stopping.at + (timedelta(seconds=SETTLE_S) if not drill.reminded else drill.reminded * WEEK)
        case DrillState.REPORTED:
            return min((at for at, _ in findings_due(drill)), default=None)
        case _:
            return None


def findings_due(drill: PlannedDrill) -> list[tuple[datetime, str]]:
    """When the owner of each open finding is reminded next: on the day, then weekly."""
    return [
        (datetime.combine(one.due_on, time(6), UTC) + one.nagged * WEEK, one.id)
        for one in drill.findings if one.closed_at is None and one.nagged < FINDING_NAGS
    ]  # fmt: skip


def reminders_passed(starts_at: datetime, now: datetime) -> int:
    """How many of the reminders before a start need not be given, for they would all come at once. The last, which calls it off, never counts."""
    return sum(starts_at + timedelta(seconds=before) <= now for before in BEFORE_S[:-1])


def is_secret(drill: PlannedDrill) -> bool:
    """Whether those who take part must not know of it yet."""
    return drill.notice == UNANNOUNCED and drill.state in (DrillState.PLANNED, DrillState.ANNOUNCED)


def is_over(drill: PlannedDrill) -> bool:
    return drill.state in OVER


def has_ended(drill: PlannedDrill) -> bool:
    return drill.state in ENDED


def cast_of(drill: PlannedDrill) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for role, person_id in drill.cast:
        found.setdefault(role, []).append(person_id)
    return found
