"""What the store is given and gives back, as frozen values; and the three ways in which it refuses."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.core.directory import Custody
from server.core.drill.exercise import Exercise
from server.core.drill.model import PlannedDrill, TakenPart
from server.core.log import Entry
from server.core.model import Alarm
from server.core.orders import Order, Try
from server.core.projection import Told
from server.core.signals import Signal
from server.core.values import frozen
from server.core.visit.model import Visit


class Conflict(Exception):
    """Somebody else was faster: load again and decide again. Nothing was saved."""


class Unkeepable(ValueError):
    """What was asked or given holds something that the database does not take, such as a NUL in a text. Nothing was saved, and nothing is there."""


class StoreDown(Exception):
    """The store does not answer, or has no room, or its answer was lost on the way: whether anything was saved is not known. Nobody can be blamed for
    it, and nothing that was asked: knock again later, with the same ids."""


@frozen
class SignalKept:
    """A signal as it was received. `outcome`: opened, joined, noted or test."""

    signal: Signal
    digest: str
    outcome: str
    alarm_id: str | None
    received_at: datetime


@frozen
class ActionKept:
    """An action that has been answered; the same id again gets the same answer. `reason` is None where it was carried out."""

    id: str
    person_id: str
    alarm_id: str
    digest: str
    at: datetime
    reason: str | None = None


@frozen
class Alone:
    """What opening a new alarm rests on: that these pressers, and these (office, zone) pairs, had no other open alarms than `known`. Two servers that
    hear of one person at once would else open two."""

    pressers: Collection[str] = ()
    zones: Collection[tuple[str, str]] = ()
    known: Collection[str] = ()


@frozen
class Change:
    """All that one decision saves. `alarms`: (version it was decided on, 0 for a new one; the alarm after). `streams`: (office id, alarm id)
    for each office whose screens must look."""

    at: datetime
    alarms: Sequence[tuple[int, Alarm]] = ()
    signals: Sequence[SignalKept] = ()
    entries: Sequence[Entry] = ()
    orders: Sequence[Order] = ()
    actions: Sequence[ActionKept] = ()
    streams: Sequence[tuple[str, str]] = ()
    disarmed: Sequence[str] = ()
    """Devices whose armed press has been used. Whoever is no longer armed is a conflict: only one press can be the test."""
    visits: Sequence[tuple[int, Visit]] = ()
    """As `alarms`. Their log and orders stand under their own ids, as those of alarms."""
    drills: Sequence[tuple[int, PlannedDrill]] = ()
    """As `visits`."""
    parts: Sequence[TakenPart] = ()
    alone: Alone = Alone()
    """Another open alarm of theirs is a conflict: the press may belong to it."""
    taken: Sequence[Custody] = ()
    """Portable alarms that were taken from the shelf. One that somebody has is a conflict. Nothing is armed any more for its taker to take."""


@frozen
class Looked:
    """A piece of a stream: the alarms that changed, and the number up to which that holds. `gap`: older numbers are gone, or the number asked
    from lies in the future: take a snapshot."""

    seq: int
    alarm_ids: tuple[str, ...]
    gap: bool = False


@frozen
class News:
    """What streams tell of, by office; those alarms; and how the telling of each stands, with names where no more than so many were told."""

    looked: dict[str, Looked]
    alarms: dict[str, Alarm]
    told: dict[str, Told]


@frozen
class DeviceState:
    device_id: str
    state: str = "unknown"  # ok | silent | offline | unknown
    heard_at: datetime | None = None
    battery: int | None = None
    flags: tuple[str, ...] = ()
    tested_at: datetime | None = None
    gateway_id: str | None = None


@frozen
class GatewayState:
    gateway_id: str
    heard_at: datetime
    broker: str = "ok"
    spooled: int = 0
    offices: tuple[str, ...] = ()
    spool: str = "ok"  # ok | broken


@frozen
class Armed:
    device_id: str
    purpose: str
    by: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What signals meet: those of the same ids, arming by device, and open alarms, oldest first."""

    signals: Mapping[str, SignalKept]
    armed: Mapping[str, Armed]
    alarms: Sequence[Alarm]


@frozen
class Pins:
    """Salted hashes; `wrong` counts tries in a row."""

    person_id: str
    pin_hash: str
    duress_hash: str
    wrong: int = 0


@frozen
class OwnExercise:
    """An office's own version of an exercise. `version` counts its changes; `gone`: put away."""

    exercise: Exercise
    version: int
    at: datetime
    by: str
    gone: bool = False


CONFIGURATIONS_KEPT = 20
"""Applied configurations whose files are kept: enough to go back, and no longer a register of those who have left."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What was applied: the files as they were given. `by`: who did it, as the machine knows them. `digest`: of all names and bytes.
    `files` is empty in a list, and for those that are too old to be kept."""

    version: int
    at: datetime
    by: str
    digest: str
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@frozen
class OrderUpdate:
    """What sending has made of an order. Recorded only while it is still waiting under this lease."""

    order: Order
    lease: str
    tried: Try | None = None


@frozen
class Health:
    """What the auditor counts. Every number but `open` should be 0."""

    open: int = 0
    without_due: int = 0
    overdue: int = 0
    stale_orders: int = 0
