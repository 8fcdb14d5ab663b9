"""What can happen to an alarm. Each event is a frozen value; `by` is the person who did it, `age_s` how old the tap is when it arrives."""

from __future__ import annotations

from datetime import datetime

from server.core.directory import Plan
from server.core.model import Outcome
from server.core.signals import Signal
from server.core.values import frozen


@frozen
class Deadline:
    """Time has passed: something in the alarm is due."""


@frozen
class Pressed:
    """Another signal belongs to this alarm. `plan`: the plan that this kind of signal would have had here."""

    signal: Signal
    plan: Plan
    situation: str


@frozen
class Unreached:
    """Nobody told in the running step can be reached any more. `started_at` says which run of it."""

    started_at: datetime


@frozen
class Acknowledge:
    """I am coming (or: I have it). `age_s`: how old the tap is; `eta_s`: when off site, until there; `via`: sms or voice, where it was no tap."""

    by: str
    role: str | None = None
    eta_s: int | None = None
    age_s: float = 0
    via: str | None = None


@frozen
class Decline:
    by: str
    text: str = ""
    age_s: float = 0


@frozen
class Arrive:
    by: str
    age_s: float = 0


@frozen
class Shelter:
    by: str
    age_s: float = 0


@frozen
class AddNote:
    by: str
    text: str


@frozen
class Tick:
    by: str
    role: str
    step: str
    on: bool = True


@frozen
class SwapRole:
    by: str
    role: str


@frozen
class ChangeSituation:
    by: str
    switch: str


@frozen
class SetMark:
    by: str
    mark: str
    value: str | None = None


@frozen
class MoreHelp:
    by: str


@frozen
class CallOff:
    """The presser, with PIN, or the desk: it may be over. `duress`: the PIN given was the one for being forced."""

    by: str
    seen_signal: int
    at_desk: bool = False
    duress: bool = False


@frozen
class TakenBack:
    """The call-off gesture of a device, which knows no PIN. `by`: who carries the device, if anybody does."""

    by: str | None
    signal: Signal


@frozen
class Confirm:
    by: str
    how: str  # seen | heard
    seen_signal: int
    age_s: float = 0


@frozen
class Resolve:
    by: str
    outcome: Outcome
    seen_signal: int
    text: str = ""
    age_s: float = 0


@frozen
class BecameReal:
    """To a drill: it is one no longer. Somebody said *this is real*, or (None) a real alarm has opened where it touches. `alarm_id`: the
    real alarm that takes its place; `keeps`: devices that already speak of that one."""

    by: str | None
    alarm_id: str
    keeps: frozenset[str] = frozenset()


@frozen
class DrillOver:
    """To an alarm of a drill: it has been stopped, or has run for as long as it may. `by` is None where Varde or a real alarm elsewhere did it."""

    by: str | None = None


@frozen
class StillOn:
    """To an alarm of a drill that one armed button began: nobody has ended it yet. `reminder`: which one this is, counted from one; `minutes`: until it
    ends itself, at least one."""

    reminder: int
    minutes: int


@frozen
class LeavesOut:
    """To an alarm of a drill: all who are left out of it now. Some may have been in it until a moment ago."""

    left_out: tuple[str, ...]


@frozen
class EndsDrill:
    """To a real alarm: it puts an end to this drill alarm, and everyone told there hears that it is real."""

    drill_id: str
    told: tuple[str, ...]


Action = (
    Acknowledge | Decline | Arrive | Shelter | AddNote | Tick | SwapRole | ChangeSituation | SetMark | MoreHelp | CallOff | Confirm | Resolve
    | BecameReal
)
Event = Deadline | Pressed | TakenBack | Unreached | DrillOver | StillOn | LeavesOut | EndsDrill | Action
