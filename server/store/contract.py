"""What a store must do. One commit takes a whole change or nothing of it; everything else only reads, or records a small fact."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from server.core.directory import Duty
from server.core.log import Entry
from server.core.model import Alarm
from server.core.orders import Order, Receipt, Try
from server.core.phones import Phone, Pushed
from server.core.projection import Told
from server.core.signals import Position, Signal
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
    alone: Alone = Alone()
    """Another open alarm of theirs is a conflict: the press may belong to it."""


@frozen
class Looked:
    """A piece of a stream: the alarms that changed, and the number up to which that holds. `gap`: older numbers are gone, or the number asked
    from lies in the future: take a snapshot."""

    seq: int
    alarm_ids: tuple[str, ...]
    gap: bool = False


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


@frozen
class Armed:
    device_id: str
    purpose: str
    by: str
    until: datetime


@frozen
class Pins:
    """Salted hashes; `wrong` counts tries in a row."""

    person_id: str
    pin_hash: str
    duress_hash: str
    wrong: int = 0


CONFIGURATIONS_KEPT = 20
"""Applied configurations whose files are kept: enough to go back, and no longer a register of those who have left."""


@frozen
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


class Store(Protocol):
    # ---- the alarm path
    def commit(self, change: Change) -> dict[str, int]:
        """Saves everything or nothing; gives the new stream numbers by office. Raises Conflict."""

    def signals(self, ids: Iterable[str]) -> dict[str, SignalKept]: ...
    def open_alarms(self, pressers: Iterable[str], zones: Iterable[tuple[str, str]]) -> list[Alarm]:
        """Open alarms of these pressers, and in these (office, zone) pairs; oldest first."""

    def open_drills(self) -> list[Alarm]:
        """Open drill alarms, oldest first. Asked after every commit: it must cost next to nothing where there are none."""

    def alarms(self, ids: Iterable[str]) -> dict[str, Alarm]: ...
    def alarms_of(self, offices: Iterable[str], ended_since: datetime) -> list[Alarm]:
        """Alarms in whose streams these offices are: open, or ended since then."""

    def actions(self, ids: Iterable[str]) -> dict[str, ActionKept]: ...
    def log(self, alarm_id: str) -> list[Entry]: ...
    def alarm_ids(self) -> list[str]: ...
    def deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        """(due, alarm id) of open alarms, soonest first."""

    # ---- streams
    def epoch(self) -> str:
        """Changes when the database is another one, as after restoring a copy: numbers of streams are then given anew."""

    def key(self, name: str) -> bytes:
        """32 random bytes, made once and the same on every server: what one-time tokens are made with."""

    def heads(self, offices: Iterable[str]) -> dict[str, int]: ...
    def look(self, office_id: str, after: int, limit: int = 5000) -> Looked: ...
    def looks(self, after: Mapping[str, int]) -> dict[str, Looked]:
        """`look` for several offices at once, by office id."""

    # ---- orders
    def next_order_at(self) -> datetime | None:
        """When the next order that is not for a device is due."""

    def lease(self, now: datetime, until: datetime, lease: str, limit: int, offices: Sequence[str] | None = None) -> list[Order]:
        """Takes due orders that nobody holds: for the devices of these offices, or (None) for people and contacts."""

    def record(self, updates: Sequence[OrderUpdate]) -> None:
        """What sending has made of leased orders. Of one that has been reached meanwhile only the try is kept, and nothing follows."""

    def device_outcome(self, order_ids: Mapping[str, str], now: datetime) -> None:
        """Order id → accepted, permanent or retry, as the gateway reports it."""

    def receipts(
        self, got: Iterable[tuple[str, str]], seen: Iterable[tuple[str, str]], pushed: Iterable[tuple[str, str, datetime]] = ()
    ) -> set[str]:
        """(person id, alarm id) whose screen has drawn it, or has it open: the ladder stops, but a push that is still to go out does
        (`orders.untried_push`). (person id, alarm id, when the order was made) whose phone has shown that order's push: it vouches for the
        earlier orders to that person too, for a newer push takes the older one's place. Gives the alarms in which that was news."""

    def receipt(self, order_id: str, receipt: Receipt, channel: str, now: datetime) -> Order | None:
        """Something has come back for one order. Gives the order as it is then; None where there is no such order. The same again is
        no news and changes nothing."""

    def orders(self, alarm_id: str) -> list[Order]: ...
    def told(self, alarms: Mapping[str, bool]) -> dict[str, Told]:
        """How the telling stands, by alarm id; with names where the value is True."""

    def step_unreached(self, alarm_id: str, made_at: datetime) -> bool:
        """Whether there are orders made then that tell of the alarm, and every one of them has failed."""

    # ---- people and devices
    def duty(self) -> dict[tuple[str, str], Duty]: ...
    def set_duty(self, person_id: str, office_id: str, duty: Duty, at: datetime) -> None: ...
    def arm(self, armed: Armed) -> None: ...
    def armed(self, device_ids: Iterable[str], now: datetime) -> dict[str, Armed]: ...
    def set_devices(self, states: Sequence[DeviceState]) -> None: ...
    def devices(self, device_ids: Iterable[str]) -> dict[str, DeviceState]: ...
    def set_tested(self, device_ids: Iterable[str], at: datetime) -> None: ...
    def set_gateway(self, state: GatewayState) -> None: ...
    def gateways(self) -> list[GatewayState]: ...

    # ---- visits
    def visits(self, ids: Iterable[str]) -> dict[str, Visit]: ...
    def open_visits(self, names: Iterable[str]) -> list[Visit]:
        """Planned and running visits that any of these people are on, or that have any of these alarms along (`carried(id)`); by start."""

    def visits_of(self, offices: Iterable[str], ended_since: datetime) -> list[Visit]:
        """Visits from these offices: open, or ended since then; by start."""

    def away(self) -> frozenset[str]:
        """People who are out on a visit now; not those who seem to be home."""

    def visit_deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        """(due, visit id) of open visits, soonest first."""

    def misplaced_visits(self, after: datetime, limit: int = 500) -> list[str]:
        """Running visits that are not due before then, though each is looked at every few minutes: their clock stood wrong."""

    def set_position(self, visit_id: str, position: Position | None) -> None:
        """The latest only; None deletes it."""

    def position(self, visit_id: str) -> Position | None: ...
    def forgettable(self, ended_before: datetime, limit: int = 500) -> list[Visit]:
        """Visits that ended before then, without an alarm, and whose place has not been deleted yet."""

    # ---- phones that can be pushed to
    def keep_phone(self, phone: Phone) -> Phone:
        """A phone signs up, or has a new subscription: it is taken from whoever had it (one phone serves one person). Gives what is kept."""

    def drop_phone(self, phone_id: str) -> None: ...
    def phone(self, phone_id: str) -> Phone | None: ...
    def phones_of(self, person_ids: Iterable[str]) -> dict[str, list[Phone]]:
        """By person, newest first; without those who have none."""

    def phones(self) -> list[Phone]: ...
    def pushed(self, answers: Sequence[Pushed]) -> None:
        """What push services have answered. About a subscription that is no longer the phone's it says nothing."""

    def shown(self, phone_id: str, sent_at: datetime) -> bool:
        """The phone has shown what was sent then. Whether that was news."""

    def claim_test(self, phone_id: str, now: datetime, again_s: float = ...) -> bool:
        """Whoever gets True sends the test message: of several servers one."""

    # ---- signing in
    def set_pins(self, pins: Pins) -> None: ...
    def pins(self, person_id: str) -> Pins | None: ...
    def add_session(self, token_hash: str, person_id: str, expires_at: datetime) -> None: ...
    def session(self, token_hash: str, now: datetime) -> str | None: ...
    def end_session(self, token_hash: str) -> None: ...
    def add_invitation(self, code_hash: str, person_id: str, expires_at: datetime) -> None: ...
    def use_invitation(self, code_hash: str, now: datetime) -> str | None:
        """The person invited, once."""

    # ---- the applied configuration
    def configured(self) -> int:
        """The number of the newest configuration; 0 before the first."""

    def configuration(self, version: int | None = None) -> Configuration | None:
        """The newest, or that one; None where there is none or its files are no longer kept."""

    def configurations(self) -> list[Configuration]:
        """All that were ever applied, newest first, without their files."""

    def configure(self, new: Configuration, duty: Mapping[tuple[str, str], Duty]) -> None:
        """Applies it, whole or not at all; whoever has no duty yet gets this one. Raises Conflict where somebody else was faster."""

    # ---- several servers
    def clock(self) -> datetime | None:
        """The time by the clock that all servers on this store share. None where there can be only one server, whose own clock holds."""

    def set_online(self, server_id: str, people: Iterable[str], at: datetime) -> None:
        """Who has an open screen at that server now. To be said again before others stop believing it."""

    def online(self, since: datetime) -> dict[str, frozenset[str]]:
        """Server id → people with an open screen there, of the servers that have said so since then."""

    # ---- watching itself
    def health(self, now: datetime, overdue_before: datetime, leased_before: datetime) -> Health: ...
    def prune(self, streams_before: datetime) -> int:
        """Forgets stream rows and expired sessions older than this; gives how many."""

    def close(self) -> None: ...


def ended_at(alarm: Alarm) -> datetime | None:
    """When an alarm ended. One that was cancelled while the person was still asked has no ending: it counts from when it opened."""
    if alarm.ending is not None:
        return alarm.ending.at
    return None if alarm.open else alarm.opened_at


def visit_ended_at(visit: Visit) -> datetime | None:
    """When a visit ended. One that was cancelled counts from when it would have ended."""
    if visit.open:
        return None
    return visit.home.at if visit.home else visit.ends_at


@dataclass(slots=True)
class Overlay:
    """Alarms as they are in the middle of a batch: what was loaded, and what has been decided since. Found by whose they are and by where: in a
    storm each press would else look through all those before it."""

    decided: dict[str, tuple[int, Alarm]] = field(default_factory=dict)
    """The version that an alarm was first decided on in this batch, and the alarm now."""
    _now: dict[str, Alarm] = field(default_factory=dict)
    _ids: dict[object, list[str]] = field(default_factory=dict)

    def load(self, alarms: Iterable[Alarm]) -> None:
        for alarm in alarms:
            if alarm.id not in self._now:
                self._put(alarm)

    def of(self, presser: str, office_id: str, zone_id: str | None) -> list[Alarm]:
        """Alarms of this presser, and those in this zone; oldest first in each."""
        ids = self._ids.get(presser, [])
        if zone_id is not None:
            ids = list(dict.fromkeys((*ids, *self._ids.get((office_id, zone_id), ()))))
        return [self._now[alarm_id] for alarm_id in ids]

    def ids(self) -> frozenset[str]:
        return frozenset(self._now)

    def decide(self, alarm: Alarm, base: int) -> None:
        first = self.decided[alarm.id][0] if alarm.id in self.decided else base
        self.decided[alarm.id] = (first, alarm)
        self._put(alarm)

    def _put(self, alarm: Alarm) -> None:
        if alarm.id not in self._now:
            for key in (alarm.presser, (alarm.office_id, alarm.place.zone_id)):
                self._ids.setdefault(key, []).append(alarm.id)
        self._now[alarm.id] = alarm
