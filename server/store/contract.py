"""What a store must do. One commit takes a whole change or nothing of it; everything else only reads, or records a small fact."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from server.core.aftermath import Aftermath
from server.core.directory import Custody, Duty
from server.core.drill.model import Evaluation, PlannedDrill, TakenPart
from server.core.drill.programme import WheelLine
from server.core.log import Entry
from server.core.model import Alarm
from server.core.numbers_proven import Number
from server.core.orders import Order, Receipt
from server.core.phones import Phone, Pushed
from server.core.projection import Told
from server.core.proof import Proof
from server.core.signals import Position
from server.core.visit.model import Visit
from server.core.visit.report import Report
from server.store.contract_keys import KeyStore
from server.store.contract_keys import Session as Session

# Also for the doors, which know this contract only.
from server.store.kept import (
    ActionKept as ActionKept, Alone as Alone, Armed as Armed, CONFIGURATIONS_KEPT as CONFIGURATIONS_KEPT, Change as Change,
    Configuration as Configuration, Conflict as Conflict, DeviceState as DeviceState, GatewayState as GatewayState, Health as Health,
    Known as Known, Looked as Looked, News as News, OrderUpdate as OrderUpdate, OwnExercise as OwnExercise, Pins as Pins, SignalKept as SignalKept,
    StoreDown as StoreDown, Unkeepable as Unkeepable,
)  # fmt: skip


ReceiptOf = tuple[str, str, datetime]
"""Person id, alarm id, and the moment up to which orders count: what was made later has not been shown."""


class Store(KeyStore, Protocol):
    # ---- the alarm path
    def commit(self, change: Change) -> dict[str, int]:
        """Saves everything or nothing; gives the new stream numbers by office. Raises Conflict."""

    def signals(self, ids: Iterable[str]) -> dict[str, SignalKept]: ...
    def known(
        self, now: datetime, ids: Iterable[str] = (), devices: Iterable[str] = (), pressers: Iterable[str] = (), zones: Iterable[tuple[str, str]] = ()
    ) -> Known:
        """All that signals may meet, in one question, since a press waits for the answer: signals with these ids, how these devices are armed, and the
        open alarms of these pressers and in these (office, zone) pairs, oldest first."""

    def open_drills(self) -> list[Alarm]:
        """Open drill alarms, oldest first. Asked after every commit: it must cost next to nothing where there are none."""

    def alarms(self, ids: Iterable[str]) -> dict[str, Alarm]: ...
    def alarms_of(self, offices: Iterable[str], ended_since: datetime) -> list[Alarm]:
        """Alarms in whose streams these offices are: open, or ended since then."""

    def open_reals(self, offices: Iterable[str]) -> list[Alarm]:
        """Open alarms that are no drill's, in whose streams these offices are; oldest first. Asked after every commit while there is a drill."""

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
    def news(self, after: Mapping[str, int], named_most: int) -> News:
        """`look` for several offices at once, with all that screens are then shown, in one question: they wait for the answer."""

    # ---- orders
    def next_order_at(self) -> datetime | None:
        """When there is something to lease that is not for a device: the next order is due, or a lease is over."""

    def lease(self, now: datetime, until: datetime, lease: str, limit: int, offices: Sequence[str] | None = None) -> list[Order]:
        """Takes due orders that nobody holds: for the devices of these offices, or (None) for people and contacts."""

    def let_go(self, worker: str) -> None:
        """Frees what an earlier life of this worker held: a lease is `worker/life`. Nobody else's."""

    def free_misplaced(self, now: datetime, after: datetime) -> int:
        """Waiting orders that are due, or leased, only after then: their clock stood wrong. They are due now, and free. Gives how many."""

    def record(self, updates: Sequence[OrderUpdate]) -> None:
        """What sending has made of leased orders. Of one that has been reached meanwhile only the try is kept, and nothing follows."""

    def device_outcome(self, order_ids: Mapping[str, str], now: datetime) -> None:
        """Order id → accepted, permanent or retry, as the gateway reports it."""

    def receipts(
        self, got: Iterable[ReceiptOf], seen: Iterable[ReceiptOf], pushed: Iterable[ReceiptOf] = (),
        at: datetime | None = None,
    ) -> set[str]:
        """Whose screen has drawn an alarm, or has it open: the ladders of the orders that it shows stop, but a push that is still to go out does
        (`orders.untried_push`). Whose phone has shown an order's push: it vouches for the earlier orders to that person too, for a newer push
        takes the older one's place. `at`: when it was heard, which each order then tells among its
        tries. Gives the alarms in which that was news."""

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
    def duty_mark(self) -> tuple[int, ...]:
        """Another one when `duty` may have changed: asked often in its place, since it costs a fortieth of it at most."""

    def set_duty(self, person_id: str, office_id: str, duty: Duty, at: datetime) -> None: ...
    def custody(self) -> dict[str, Custody]:
        """Device id → who has it now. Those with an owner in the configuration are not here."""

    def custodian(self, device_id: str, at: datetime) -> str | None:
        """Who had it at that time; known for a day after it was handed back."""

    def hand_back(self, device_id: str, at: datetime) -> bool:
        """It is on the shelf again. False where nobody had it."""

    def arm(self, armed: Armed) -> None: ...
    def armed(self, device_ids: Iterable[str], now: datetime) -> dict[str, Armed]: ...
    def set_devices(self, states: Sequence[DeviceState]) -> None: ...
    def devices(self, device_ids: Iterable[str]) -> dict[str, DeviceState]: ...
    def set_tested(self, device_ids: Iterable[str], at: datetime) -> None: ...
    def set_gateway(self, state: GatewayState) -> None: ...
    def gateways(self) -> list[GatewayState]: ...
    def forget_gateways(self, but: Collection[str]) -> None:
        """What was heard of every other one: it has been taken away, and nothing waits for it any more."""


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
        """Running visits that were last decided after that time. Where it has not come yet, a clock stood wrong."""

    def report(self, visit_id: str) -> Report | None: ...

    def reports_of(self, offices: Iterable[str]) -> list[Report]: ...

    def keep_report(self, base: int, report: Report) -> None:
        """`base`: the version that it was written on, 0 for a new one. Raises Conflict."""

    def drop_reports(self, visit_ids: Iterable[str]) -> None: ...

    def drop_reports_before(self, now: datetime) -> int:
        """Those whose time is over; how many."""

    def set_position(self, visit_id: str, position: Position | None) -> None:
        """The latest only; None deletes it."""

    def position(self, visit_id: str) -> Position | None: ...
    def forgettable(self, ended_before: datetime, limit: int = 500) -> list[Visit]:
        """Visits that ended, or seemed to, before then, without an alarm that those near it know of, and whose place they are still shown."""

    def drop_positions(self, ended_before: datetime) -> int:
        """Deletes where people were on visits that are over since before then, also where there was an alarm; gives how many."""

    # ---- planned drills
    def drills(self, ids: Iterable[str]) -> dict[str, PlannedDrill]: ...
    def drills_of(self, offices: Iterable[str], since: datetime) -> list[PlannedDrill]:
        """Drills in any of these offices that are open, or were to start since then; by start."""

    def running_drills(self) -> list[PlannedDrill]:
        """Asked after every commit, as `open_drills`."""

    def drill_deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        """(due, drill id), soonest first."""

    def alarms_of_drill(self, drill_id: str) -> list[Alarm]:
        """All alarms of a drill, oldest first."""

    def drill_parts(self, offices: Iterable[str], since: datetime, people: Iterable[str] = ()) -> list[TakenPart]:
        """Who has taken part in what since then, for these offices or (`people`) in any office; oldest first."""

    def keep_evaluation(self, evaluation: Evaluation) -> None:
        """In place of what the same person has answered before."""

    def evaluations(self, drill_id: str) -> list[Evaluation]: ...
    def set_left_out(self, person_id: str, out: bool, at: datetime) -> None:
        """Of every drill."""

    def left_out(self) -> frozenset[str]: ...
    def own_exercises(self, offices: Iterable[str]) -> list[OwnExercise]:
        """Those of these offices, also what was put away; by id."""

    def keep_exercise(self, own: OwnExercise) -> None:
        """The next version (the first is 1). Raises Conflict where somebody else was faster."""

    def wheel(self, offices: Iterable[str]) -> list[WheelLine]:
        """The lines of these offices' yearly wheels, by id."""

    def keep_line(self, line: WheelLine) -> None: ...
    def drop_line(self, line_id: str) -> None: ...
    def forgettable_drills(self, started_before: datetime, limit: int = 100) -> list[PlannedDrill]:
        """Drills that were to start before then, have ended, and still hold what must be deleted of single people."""

    def forget_drill(self, drill_id: str) -> None:
        """Takes the people away from its evaluations; the answers stay."""

    def forget_parts(self, before: datetime) -> int: ...

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

    # ---- phone numbers, and what is proven of them
    def numbers_of(self, person_ids: Iterable[str]) -> dict[tuple[str, str], Number]:
        """By person and channel; without those of which nothing is known."""

    def prove_number(self, person_id: str, channel: str, mark: str, at: datetime) -> None:
        """Something has come back from this number. What is older than what is known is no news."""

    def claim_number_test(self, person_id: str, channel: str, mark: str, now: datetime, again_s: float = ...) -> bool:
        """Whoever gets True sends the test message: of several servers one."""

    # ---- the daily proof
    def add_proofs(self, proofs: Iterable[Proof]) -> list[Proof]:
        """Gives those that were added, not those whose id is there already: another server was faster."""

    def change_proofs(self, proof_ids: Iterable[str], how: Callable[[Proof], Proof]) -> list[tuple[Proof, Proof]]:
        """Applies a pure function to these runs, alone; gives before and after of those that there are. Those of a whole country cost one write."""

    def running_proofs(self) -> list[Proof]: ...
    def proofs(self, office_id: str, since: datetime, limit: int = 1000) -> list[Proof]:
        """Newest first."""

    def newest_proofs(self, office_ids: Iterable[str], since: datetime) -> dict[str, Proof]:
        """By office, for those that have any."""

    def forget_proofs(self, before: datetime) -> int: ...

    # ---- after an alarm
    def keep_aftermath(self, said: Aftermath, orders: Sequence[Order] = ()) -> None:
        """In place of what that person has said after this alarm before; with the orders that tell of it, or not at all. Raises Conflict where there is
        an order with such an id."""

    def aftermath(self, alarm_ids: Iterable[str]) -> list[Aftermath]:
        """Oldest first, as the next."""

    def wishes_to_talk(self) -> list[Aftermath]:
        """Those that nobody follows up yet."""

    def forget_aftermath(self, before: datetime) -> int: ...

    # ---- signing in
    def set_pins(self, pins: Pins) -> None: ...
    def pins(self, person_id: str) -> Pins | None: ...
    def add_invitation(self, code_hash: str, person_id: str, expires_at: datetime) -> None: ...
    def use_invitation(self, code_hash: str, now: datetime, attempt: str, again_s: float) -> str | None:
        """The person invited, once; and for `again_s` after that to the same attempt, whose answer was lost."""

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
    def saves(self) -> bool:
        """Whether what is committed is kept. Free while all is well; after a commit that the database refused (its disk is full, it is a standby)
        it tries by a write of its own."""

    def prune(self, streams_before: datetime) -> int:
        """Forgets stream rows, expired sessions and used nonces older than this; gives how many."""

    def close(self) -> None: ...


def ended_at(alarm: Alarm) -> datetime | None:
    """When an alarm ended. One that was cancelled while the person was still asked has no ending: it counts from when it opened."""
    if alarm.ending is not None:
        return alarm.ending.at
    return None if alarm.open else alarm.opened_at


def visit_ended_at(visit: Visit) -> datetime | None:
    """When a visit ended: under duress, when it seemed to. One that was cancelled counts from when it would have ended."""
    if visit.believed is not None:
        return visit.believed.at
    if visit.open:
        return None
    return visit.home.at if visit.home else visit.ends_at


def is_forgettable(visit: Visit) -> bool:
    """Whether it holds a place that must be deleted, or, where only an alarm that nobody near knows of keeps it, must be as those near see it."""
    return bool(visit.where.address) and not visit.missed and not visit.forgotten


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
