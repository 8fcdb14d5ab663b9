"""What can happen to a visit. Each event is a frozen value; `by` is the person who did it, `age_s` how old the tap is when it arrives."""

from __future__ import annotations

from datetime import datetime

from server.core.visit.model import AlarmState, Debriefed, Where
from server.core.values import frozen


@frozen
class Deadline:
    """Time has passed. `alarm_open`: whether the alarm that this visit has raised is still open."""

    alarm_open: bool = False


@frozen
class Replan:
    """Another time, place or company before the start; answers are given anew."""

    by: str
    plan: Plan


@frozen
class Plan:
    """What the worker asks for. `answers`: item of the checklist → yes."""

    office_id: str
    type_id: str
    people: tuple[str, ...]
    where: Where
    starts_at: datetime
    ends_at: datetime
    contact_id: str | None
    answers: tuple[tuple[str, bool], ...] = ()
    interval_s: int | None = None
    device_id: str | None = None


@frozen
class Approve:
    by: str
    yes: bool
    reason: str = ""
    waived: frozenset[str] = frozenset()


@frozen
class AcceptContact:
    by: str
    yes: bool = True


@frozen
class HandOver:
    """Another contact person, who is asked."""

    by: str
    to: str


@frozen
class Carry:
    """A portable alarm is taken along, or handed back (None)."""

    by: str
    device_id: str | None


@frozen
class Start:
    by: str


@frozen
class CheckIn:
    by: str
    age_s: float = 0
    duress: bool = False


@frozen
class Extend:
    by: str
    seconds: int
    age_s: float = 0
    duress: bool = False


@frozen
class NoCoverage:
    """*No coverage until*: a check-in with its own deadline."""

    by: str
    until: datetime
    age_s: float = 0
    duress: bool = False


@frozen
class End:
    """Out and safe. `everyone`: all who were out together; else only this one."""

    by: str
    everyone: bool = True
    age_s: float = 0
    duress: bool = False


@frozen
class ContactSays:
    """The contact person has called. Reached: home, or out for so much longer. Not reached: the next rung, now."""

    by: str
    reached: bool
    home: bool = False
    seconds: int = 0


@frozen
class Recall:
    by: str


@frozen
class SeemsHome:
    """The phone is back at the office, or driving: it asks its person."""

    by: str


@frozen
class AlarmIs:
    """How the portable alarm that is carried is now, as its gateway says."""

    how: AlarmState


@frozen
class Cancel:
    by: str


@frozen
class Debrief:
    by: str
    how: Debriefed


@frozen
class Settle:
    """The alarm about it is being ended: home, or out with a new deadline in so many seconds. Nobody is left unwatched."""

    by: str
    home: bool
    seconds: int = 0


Action = (
    Replan | Approve | AcceptContact | HandOver | Carry | Start | CheckIn | Extend | NoCoverage | End | ContactSays | Recall | SeemsHome | Cancel
    | Debrief | Settle
)  # fmt: skip
Event = Deadline | AlarmIs | Action
