"""The decision about a visit while it is being written, and what all its rules use: deadlines, who is told, signals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core import orders
from server.core.directory import Directory
from server.core.log import Said
from server.core.orders import Order, Say
from server.core.signals import Kind, Signal
from server.core.visit.model import Heard, Rung, Visit, VisitState, Why
from server.core.visit.settings import DEFAULT, VisitSettings
from server.core.values import frozen, replace

GENTLE = ("push", "sms")
"""To the worker: may vibrate, never rings or speaks, for somebody may be sitting beside."""
LOUD = ("push", "sms", "voice")

DAY_S = 86_400.0
"""A phone that was off line says how old its tap is. Older than this is a wrong clock, and counts as this old."""


@dataclass(slots=True)
class Draft:
    visit: Visit
    now: datetime
    directory: Directory
    orders: dict[str, Order] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    call_off: CallOff | None = None

    @property
    def settings(self) -> VisitSettings:
        return settings_of(self.visit, self.directory)

    def change(self, **fields: object) -> None:
        self.visit = replace(self.visit, **fields)  # type: ignore[arg-type]

    def say(self, what: str, by: str | None = None, **data: object) -> None:
        self.said.append(Said(what, by, data))

    def tell(self, people: Iterable[str], say: Say, channels: tuple[str, ...] = GENTLE, count: int = 0, reason: str | None = None) -> int:
        """One order to each who exists. Gives how many."""
        known = [one for one in dict.fromkeys(people) if one in self.directory.people]
        usable = self.directory.usable(channels)
        for person_id in known:
            visit = self.visit
            order = orders.about_visit(visit.id, visit.version + 1, visit.office_id, person_id, say, usable, self.now, channels is GENTLE, count, reason)
            self.orders[order.id] = order
        return len(known)


@frozen
class CallOff:
    """The worker is heard of again while the alarm runs: with the PIN that is calling it off, which others must confirm."""

    by: str
    duress: bool


def settings_of(visit: Visit, directory: Directory) -> VisitSettings:
    office = directory.offices.get(visit.office_id)
    return office.visits if office else DEFAULT


def ago(now: datetime, age_s: float) -> datetime:
    """When a tap was made. A future one is now; NaN too."""
    return now - timedelta(seconds=min(age_s, DAY_S)) if age_s > 0 else now


def leads(visit: Visit, directory: Directory) -> list[str]:
    """Those who lead the office, never somebody who is out on the visit; the administrators only where nobody leads it."""
    everyone = [p for p in directory.administrators(visit.office_id) if p.id not in visit.people]
    return [p.id for p in everyone if "office_lead" in p.access] or [p.id for p in everyone]


def leaders(visit: Visit, directory: Directory) -> list[str]:
    """Whom to ask now: the leads on duty, or all of them where nobody is."""
    all_of_them = leads(visit, directory)
    return [one for one in all_of_them if directory.on_duty_somewhere(one)] or all_of_them


def watchers(visit: Visit, directory: Directory) -> list[str]:
    """The contact person; and the leaders too where nobody is sure to watch: no contact, off duty, or not accepted yet."""
    contact = visit.contact_id
    sure = contact is not None and visit.contact_accepted and directory.on_duty_somewhere(contact)
    return [*([contact] if contact else []), *([] if sure else leaders(visit, directory))]


def set_deadline(draft: Draft, at: datetime, why: Why) -> None:
    """A new deadline, with its notices to come; one that stands is left alone, so that nothing is said twice."""
    visit = draft.visit
    if at == visit.deadline_at and visit.state is VisitState.OUT:
        return
    passed = sum(at - timedelta(seconds=before) <= draft.now for before in visit.times.notices_s)
    draft.change(
        state=VisitState.OUT, deadline_at=at, why=why, number=visit.number + 1, noticed=passed, rung=None, grace_since=None, seems_home=False,
    )  # fmt: skip
    draft.say("deadline", at=at.isoformat(), why=why)


def following(draft: Draft, heard_at: datetime) -> tuple[datetime, Why]:
    """The deadline after a proof of life at that time: an interval later, or the end. Past the end it is a little more time, never none."""
    visit = draft.visit
    by_interval = heard_at + timedelta(seconds=visit.times.interval_s)
    if visit.ends_at <= draft.now:
        return heard_at + timedelta(seconds=min(draft.settings.heard_late_s, visit.times.interval_s)), Why.END
    return (by_interval, Why.INTERVAL) if by_interval < visit.ends_at else (visit.ends_at, Why.END)


def hear(draft: Draft, by: str, at: datetime, how: str) -> None:
    """A proof of life. One that comes late does not overtake a newer one."""
    heard = draft.visit.heard
    if heard is None or heard.at <= at:
        draft.change(heard=Heard(at, how, by))


def raise_duress(draft: Draft, by: str) -> None:
    """Looks like nothing on every near surface; a hidden alarm elsewhere."""
    visit = draft.visit
    signal_id = f"{visit.id}-duress-{visit.version + 1}"
    draft.signals.append(Signal(signal_id, Kind.DURESS, visit.office_id, draft.now, person_id=by, detail=f"visit:{visit.id}"))
    draft.change(duress=True, alarmed=True, raised_id=signal_id)
    draft.say("duress", by)


def raise_missed(draft: Draft) -> None:
    """The alarm, with its own number: raised once for each deadline, however often it is decided."""
    visit = draft.visit
    if visit.duress and visit.feigned is not None:
        raise_duress(draft, visit.worker_id)
    else:
        missed = Signal(visit.signal_id, Kind.MISSED_CHECKIN, visit.office_id, draft.now, person_id=visit.worker_id, detail=f"visit:{visit.id}")
        draft.signals.append(missed)
        draft.change(alarmed=True, missed=True, raised_id=visit.signal_id)
        draft.say("overdue", signal=visit.signal_id)
    draft.change(state=VisitState.OVERDUE, rung=None)


def due_of(visit: Visit, now: datetime, settings: VisitSettings) -> datetime | None:
    """When the visit must be looked at next. Total: open implies a time, ended implies none."""
    match visit.state:
        case VisitState.PLANNED:
            late = timedelta(seconds=settings.late_start_s), timedelta(seconds=settings.not_started_s)
            return min(visit.starts_at + late[visit.noticed], visit.ends_at) if visit.noticed < len(late) else visit.ends_at
        case VisitState.OUT:
            assert visit.deadline_at is not None
            notices = visit.times.notices_s
            return visit.deadline_at - timedelta(seconds=notices[visit.noticed]) if visit.noticed < len(notices) else visit.deadline_at
        case VisitState.GRACE:
            return min([now + timedelta(seconds=settings.recheck_s), *(at for _, at in rungs_left(visit, settings))])
        case VisitState.OVERDUE:
            return now + timedelta(seconds=settings.recheck_s)
        case _:
            return None


def rungs_left(visit: Visit, settings: VisitSettings) -> list[tuple[Rung | None, datetime]]:
    """What the chase has yet to do, in order, and when; None is the alarm.

    However late the server noticed, phones get a moment to bring a check-in that they have kept, before the alarm.
    """
    assert visit.deadline_at is not None and visit.grace_since is not None
    times, from_deadline = visit.times, visit.deadline_at
    done = list(Rung).index(visit.rung) + 1 if visit.rung else 0
    after = (0, times.contact_after_s, times.leader_after_s)
    left: list[tuple[Rung | None, datetime]] = [(rung, from_deadline + timedelta(seconds=s)) for rung, s in list(zip(Rung, after))[done:]]
    moment = timedelta(seconds=min(times.alarm_after_s, settings.notice_min_s))
    alarm_at = max(from_deadline + timedelta(seconds=times.alarm_after_s), visit.grace_since + moment)
    return [*left, (None, alarm_at)]
