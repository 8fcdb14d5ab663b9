"""What can happen to a planned drill. Each event is a frozen value; `by` is the person who did it."""

from __future__ import annotations

from datetime import date, datetime

from server.core.drill.conflicts import Clash
from server.core.drill.exercise import Exercise
from server.core.drill.model import Press, Why
from server.core.drill.seal import Seal
from server.core.values import frozen


@frozen
class Deadline:
    """Time has passed. `holding`: (role, person) in the drill's alarms now; `told`: everyone who was told in it, once it is over; `silent`: (office,
    when it was last heard) of gateways that the desks show as gone now; `seals`: of what was sent in its alarms, once it is over, where they have none
    yet; `more`: not of all of them, the others come next."""

    holding: tuple[tuple[str, str], ...] = ()
    told: tuple[str, ...] = ()
    silent: tuple[tuple[str, datetime], ...] = ()
    seals: tuple[tuple[str, Seal], ...] = ()
    more: bool = False


@frozen
class Plan:
    """What the coordinator asks for. `offices`: the one whose drill it is first."""

    offices: tuple[str, ...]
    exercise: Exercise
    name: str
    leader_id: str
    starts_at: datetime
    ends_at: datetime
    notice: str
    presses: tuple[Press, ...] = ()
    participants: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    cast: tuple[tuple[str, str], ...] = ()
    programme_id: str | None = None


@frozen
class Replan:
    """Another time, place or scenario before the start: what the leader had approved was another drill."""

    by: str
    plan: Plan


@frozen
class Approve:
    by: str
    yes: bool
    reason: str = ""


@frozen
class GoWithout:
    """The offices that have not said yes are in it no more."""

    by: str


@frozen
class Consult:
    """The safety representative has been asked: before, about the plan; after, about how it went. `who`: see `draft.asked`."""

    by: str
    who: str
    remark: str = ""


@frozen
class LeaveOut:
    by: str
    person_id: str
    on: bool = True


@frozen
class Announce:
    by: str


@frozen
class Start:
    """`in_s`: a countdown. `accept`: kinds of clashes that the coordinator has seen and goes on in spite of. `left_out`: those who have asked to be
    left out of every drill."""

    by: str
    in_s: int = 0
    accept: frozenset[str] = frozenset()
    clashes: tuple[Clash, ...] = ()
    left_out: tuple[str, ...] = ()


@frozen
class Give:
    """An inject or a press of the time line, by hand."""

    by: str
    item_id: str
    holding: tuple[tuple[str, str], ...] = ()


@frozen
class Stop:
    by: str
    why: Why = Why.DONE


@frozen
class Overtaken:
    """A real alarm has opened where the drill runs (`by` None), or somebody has said *this is real*."""

    alarm_id: str
    by: str | None = None


@frozen
class Fail:
    """Varde cannot go on with it."""


@frozen
class Cancel:
    by: str


@frozen
class Attend:
    """Who was there."""

    by: str
    people: tuple[str, ...]


@frozen
class AddFinding:
    by: str
    text: str
    owner_id: str
    due_on: date


@frozen
class CloseFinding:
    by: str
    finding_id: str
    outcome: str = ""


@frozen
class Report:
    by: str
    summary: str = ""


Action = (
    Replan | Approve | GoWithout | Consult | LeaveOut | Announce | Start | Give | Stop | Cancel | Attend | AddFinding | CloseFinding | Report
)  # fmt: skip
Event = Deadline | Overtaken | Fail | Action
