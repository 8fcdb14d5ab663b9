"""The memory twin of the store: the same contract in dictionaries, for tests and the simulation. Nothing survives the process."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from server.core.alarm import due
from server.core.directory import Custody, Duty
from server.core.log import Entry
from server.core.model import Alarm
from server.core.orders import Order, Receipt, Say, Status, Try, after_receipt, untried_push
from server.core.projection import Told
from server.core.values import replace
from server.store.contract import (
    ActionKept,
    Armed,
    Change,
    Configuration,
    Conflict,
    DeviceState,
    GatewayState,
    Health,
    Known,
    Looked,
    News,
    OrderUpdate,
    Pins,
    ReceiptOf,
    SignalKept,
    ended_at,
)
from server.store.memory_aftermath import MemoryAftermath
from server.store.memory_configurations import MemoryConfigurations
from server.store.memory_drills import MemoryDrills
from server.store.memory_keys import MemoryKeys
from server.store.memory_phones import MemoryPhones
from server.store.memory_proofs import MemoryProofs
from server.store.memory_visits import MemoryVisits

RANK = {Status.SEEN: 3, Status.REACHED: 2, Status.DONE: 2, Status.WAITING: 1, Status.VOID: 1, Status.FAILED: 0}
WORD = {3: "seen", 2: "reached", 1: "told", 0: "failed"}


class MemoryStore(MemoryPhones, MemoryAftermath, MemoryProofs, MemoryKeys, MemoryVisits, MemoryDrills, MemoryConfigurations):
    """Keeps the contract in `contract.py`. One lock; a commit checks everything before it changes anything."""

    def __init__(self, epoch: str = "memory") -> None:
        super().__init__()
        self._epoch = epoch
        self._alarms: dict[str, Alarm] = {}
        self._open: dict[str, Alarm] = {}
        self._signals: dict[str, SignalKept] = {}
        self._log: dict[str, list[Entry]] = {}
        self._orders: dict[str, dict[str, Order]] = {}
        """Alarm id → order id → order."""
        self._order_ids: set[str] = set()
        self._waiting: dict[str, Order] = {}
        """Those that have a next time."""
        self._leases: dict[str, tuple[str, datetime]] = {}
        self._actions: dict[str, ActionKept] = {}
        self._heads: dict[str, int] = {}
        self._streams: dict[str, list[tuple[int, str, datetime]]] = {}
        self._duty: dict[tuple[str, str], Duty] = {}
        self._duty_changes = 0
        self._configurations: list[Configuration] = []
        self._armed: dict[str, Armed] = {}
        self._custody: list[tuple[Custody, datetime | None]] = []
        self._devices: dict[str, DeviceState] = {}
        self._gateways: dict[str, GatewayState] = {}
        self._pins: dict[str, Pins] = {}
        self._invitations: dict[str, tuple[str, datetime, str | None]] = {}
        self._keys: dict[str, bytes] = {}
        self._online: dict[str, tuple[datetime, frozenset[str]]] = {}

    # ---------------------------------------------------------------- the alarm path

    def commit(self, change: Change) -> dict[str, int]:
        with self._lock:
            self._check(change)
            seqs: dict[str, int] = {}
            for office, alarm_id in change.streams:
                self._heads[office] = seqs[office] = self._heads.get(office, 0) + 1
                self._streams.setdefault(office, []).append((seqs[office], alarm_id, change.at))
            for _, alarm in change.alarms:
                self._alarms[alarm.id] = alarm
                self._open.pop(alarm.id, None)
                if alarm.open:
                    self._open[alarm.id] = alarm
            self._keep_visits(change.visits, change.at)
            self._keep_drills(change.drills, change.parts)
            self._signals.update((kept.signal.id, kept) for kept in change.signals)
            for entry in change.entries:
                self._log.setdefault(entry.alarm_id, []).append(entry)
            for order in change.orders:
                self._keep(order)
            self._actions.update((action.id, action) for action in change.actions)
            for device_id in change.disarmed:
                self._armed.pop(device_id, None)
            for one in change.taken:
                self._custody.append((one, None))
                self._armed = {key: armed for key, armed in self._armed.items() if (armed.purpose, armed.by) != ("take", one.person_id)}
            return seqs

    def _check(self, change: Change) -> None:
        for base, alarm in change.alarms:
            held = self._alarms.get(alarm.id)
            if (held.version if held else 0) != base:
                raise Conflict(f"alarm {alarm.id} is no longer at version {base}")
        self._check_visits(change.visits)
        self._check_drills(change.drills)
        alone = change.alone
        if {alarm.id for alarm in self._open_of(alone.pressers, alone.zones)} - set(alone.known):
            raise Conflict("another alarm of theirs has been opened")
        if any(device_id not in self._armed for device_id in change.disarmed):
            raise Conflict("a device is armed no longer")
        if {one.device_id for one in change.taken} & self.custody().keys():
            raise Conflict("somebody has this alarm")
        given: dict[str, list[object]] = {
            "alarm": [alarm.id for _, alarm in change.alarms],
            "signal": [kept.signal.id for kept in change.signals],
            "order": [order.id for order in change.orders],
            "action": [action.id for action in change.actions],
            "entry": [(entry.alarm_id, entry.n) for entry in change.entries],
        }
        known = (
            any(kept.signal.id in self._signals for kept in change.signals)
            or any(order.id in self._order_ids for order in change.orders)
            or any(action.id in self._actions for action in change.actions)
            or any(one.n == entry.n for entry in change.entries for one in self._log.get(entry.alarm_id, ()))
        )
        if known or any(len(set(ids)) != len(ids) for ids in given.values()):
            raise Conflict("a signal, order, action or log entry with this id is kept already")

    def _keep(self, order: Order) -> None:
        self._order_ids.add(order.id)
        self._orders.setdefault(order.alarm_id, {})[order.id] = order
        self._waiting.pop(order.id, None)
        if order.next_at is not None:
            self._waiting[order.id] = order

    def signals(self, ids: Iterable[str]) -> dict[str, SignalKept]:
        with self._lock:
            return {one: self._signals[one] for one in ids if one in self._signals}

    def known(
        self, now: datetime, ids: Iterable[str] = (), devices: Iterable[str] = (), pressers: Iterable[str] = (), zones: Iterable[tuple[str, str]] = ()
    ) -> Known:
        with self._lock:
            return Known(self.signals(ids), self.armed(devices, now), self._open_of(set(pressers), set(zones)))

    def _open_of(self, pressers: Collection[str], zones: Collection[tuple[str, str]]) -> list[Alarm]:
        return sorted((a for a in self._open.values() if a.presser in pressers or (a.office_id, a.place.zone_id) in zones), key=_by_age)

    def alarms_of_drill(self, drill_id: str) -> list[Alarm]:
        with self._lock:
            found = [alarm for alarm in self._alarms.values() if alarm.drill is not None and alarm.drill.id == drill_id]
        return sorted(found, key=lambda alarm: (alarm.opened_at, alarm.id))

    def open_drills(self) -> list[Alarm]:
        with self._lock:
            return sorted((alarm for alarm in self._open.values() if alarm.drill is not None), key=_by_age)

    def alarms(self, ids: Iterable[str]) -> dict[str, Alarm]:
        with self._lock:
            return {one: self._alarms[one] for one in ids if one in self._alarms}

    def alarms_of(self, offices: Iterable[str], ended_since: datetime) -> list[Alarm]:
        return [alarm for alarm in self._concerning(set(offices)) if (ended := ended_at(alarm)) is None or ended >= ended_since]

    def open_reals(self, offices: Iterable[str]) -> list[Alarm]:
        return [alarm for alarm in self._concerning(set(offices)) if alarm.open and alarm.drill is None]

    def _concerning(self, offices: set[str]) -> list[Alarm]:
        with self._lock:
            concerned = {alarm_id for office in offices for _, alarm_id, _ in self._streams.get(office, ())}
            return sorted((alarm for alarm in self._alarms.values() if alarm.office_id in offices or alarm.id in concerned), key=_by_age)

    def actions(self, ids: Iterable[str]) -> dict[str, ActionKept]:
        with self._lock:
            return {one: self._actions[one] for one in ids if one in self._actions}

    def log(self, alarm_id: str) -> list[Entry]:
        with self._lock:
            return list(self._log.get(alarm_id, ()))

    def alarm_ids(self) -> list[str]:
        with self._lock:
            return [alarm.id for alarm in sorted(self._alarms.values(), key=_by_age)]

    def deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        with self._lock:
            times = [(at, alarm.id) for alarm in self._open.values() if (at := due(alarm)) is not None and (until is None or at <= until)]
        return sorted(times)[:limit]

    # ---------------------------------------------------------------- streams

    def epoch(self) -> str:
        return self._epoch

    def key(self, name: str) -> bytes:
        with self._lock:
            return self._keys.setdefault(name, hashlib.sha256(f"{self._epoch}/{name}".encode()).digest())  # a test must be the same again

    def heads(self, offices: Iterable[str]) -> dict[str, int]:
        with self._lock:
            return {office: self._heads.get(office, 0) for office in offices}

    def look(self, office_id: str, after: int, limit: int = 5000) -> Looked:
        with self._lock:
            head = self._heads.get(office_id, 0)
            if after > head:
                return Looked(head, (), gap=True)
            ids = [alarm_id for seq, alarm_id, _ in self._streams.get(office_id, ()) if seq > after][:limit]
        return Looked(head, tuple(dict.fromkeys(ids)), gap=len(ids) != head - after)

    def news(self, after: Mapping[str, int], named_most: int) -> News:
        with self._lock:
            looked = {office_id: self.look(office_id, seq) for office_id, seq in after.items()}
            alarms = self.alarms({one for found in looked.values() for one in found.alarm_ids})
            return News(looked, alarms, self.told({alarm.id: len(alarm.told) <= named_most for alarm in alarms.values()}))

    # ---------------------------------------------------------------- orders

    def next_order_at(self) -> datetime | None:
        with self._lock:
            orders = [o for o in self._waiting.values() if o.next_at and not _to_device(o)]
            return min((self._leases[o.id][1] if o.id in self._leases else o.next_at for o in orders), default=None)

    def lease(self, now: datetime, until: datetime, lease: str, limit: int, offices: Sequence[str] | None = None) -> list[Order]:
        with self._lock:
            due_now = [
                o
                for o in self._waiting.values()
                if o.next_at is not None
                and o.next_at <= now
                and _to_device(o) == (offices is not None)
                and (offices is None or o.office_id in offices)
                and (o.id not in self._leases or self._leases[o.id][1] < now)
            ]
            taken = sorted(due_now, key=lambda order: (order.next_at or now, order.id))[:limit]
            self._leases.update((order.id, (lease, until)) for order in taken)
            return taken

    def let_go(self, worker: str) -> None:
        with self._lock:
            self._leases = {order_id: held for order_id, held in self._leases.items() if not held[0].startswith(f"{worker}/")}

    def free_misplaced(self, now: datetime, after: datetime) -> int:
        with self._lock:
            held = [id_ for id_, (_, until) in self._leases.items() if until > after]
            late = [order for order in self._waiting.values() if order.next_at is not None and order.next_at > after]
            for id_ in held:
                del self._leases[id_]
            for order in late:
                self._waiting[order.id] = self._orders[order.alarm_id][order.id] = replace(order, next_at=now, made_at=min(order.made_at, now))
            return len(held) + len(late)

    def record(self, updates: Sequence[OrderUpdate]) -> None:
        with self._lock:
            for one in updates:
                held = self._orders.get(one.order.alarm_id, {}).get(one.order.id)
                if held is None or self._leases.get(held.id, ("",))[0] != one.lease:
                    continue
                o = one.order
                tries = (*held.tries, one.tried) if one.tried else held.tries
                if held.status is Status.WAITING:
                    self._keep(replace(held, rung=o.rung, next_at=o.next_at, status=o.status, channel=o.channel, reason=o.reason, tries=tries))
                elif held.status in (Status.REACHED, Status.SEEN):  # a screen was faster: what was tried is kept, and nothing more follows
                    self._keep(replace(held, rung=o.rung, next_at=None, tries=tries))
                else:
                    continue
                del self._leases[o.id]

    def device_outcome(self, order_ids: Mapping[str, str], now: datetime) -> None:
        with self._lock:
            for order_id, outcome in order_ids.items():
                held = self._waiting.get(order_id)
                if held is None or not _to_device(held) or held.status is not Status.WAITING:
                    continue
                self._leases.pop(order_id, None)
                if outcome == "retry":
                    self._keep(replace(held, next_at=now + timedelta(seconds=1)))
                else:
                    status = Status.DONE if outcome == "accepted" else Status.FAILED
                    self._keep(replace(held, next_at=None, status=status, channel="device"))

    def receipts(
        self, got: Iterable[ReceiptOf], seen: Iterable[ReceiptOf], pushed: Iterable[ReceiptOf] = (),
        at: datetime | None = None,
    ) -> set[str]:
        news: set[str] = set()
        tried = lambda order, channel, status: (*order.tries, *((Try(channel, status.value, at),) if at else ()))  # noqa: E731
        with self._lock:
            for shown, status, before in (
                (set(got), Status.REACHED, (Status.WAITING, Status.FAILED)),
                (set(seen), Status.SEEN, (Status.WAITING, Status.FAILED, Status.REACHED)),
            ):
                for order in self._to_those(shown, before):
                    next_at = order.next_at if untried_push(order) else None
                    self._keep(replace(order, status=status, channel="screen", next_at=next_at, tries=tried(order, "screen", status)))
                    news.add(order.alarm_id)
            for order in self._to_those(set(pushed), (Status.WAITING, Status.FAILED)):
                self._keep(replace(order, status=Status.REACHED, channel="push", next_at=None, tries=tried(order, "push", Status.REACHED)))
                news.add(order.alarm_id)
        return news

    def _to_those(self, shown: Iterable[ReceiptOf], status: Collection[Status]) -> list[Order]:
        """Each order once, however many receipts there are for it."""
        found = {
            order.id: order
            for who, alarm_id, until in shown
            for order in self._orders.get(alarm_id, {}).values()
            if order.recipient == who and order.made_at <= until and order.status in status
        }
        return list(found.values())

    def receipt(self, order_id: str, receipt: Receipt, channel: str, now: datetime) -> Order | None:
        with self._lock:
            held = self._orders.get(order_id.split("/", 1)[0], {}).get(order_id)
            after = after_receipt(held, receipt, channel, now) if held else None
            if after is None:
                return held
            self._keep(after)
            return after

    def orders(self, alarm_id: str) -> list[Order]:
        with self._lock:
            return sorted(self._orders.get(alarm_id, {}).values(), key=lambda order: (order.step, order.id))

    def told(self, alarms: Mapping[str, bool]) -> dict[str, Told]:
        with self._lock:
            return {alarm_id: self._told(alarm_id, names) for alarm_id, names in alarms.items()}

    def _told(self, alarm_id: str, names: bool) -> Told:
        best: dict[str, tuple[int, str | None]] = {}
        for order in sorted(self._tells(alarm_id), key=lambda order: (order.made_at, order.id)):
            rank = RANK[order.status]
            if order.recipient not in best or rank > best[order.recipient][0]:
                best[order.recipient] = (rank, order.channel)
        ranks = [rank for rank, _ in best.values()]
        people = tuple((who, WORD[rank], channel) for who, (rank, channel) in best.items()) if names else ()
        return Told(len(ranks), sum(rank >= 2 for rank in ranks), ranks.count(3), ranks.count(0), people)

    def step_unreached(self, alarm_id: str, made_at: datetime) -> bool:
        with self._lock:
            statuses = [o.status for o in self._tells(alarm_id) if o.made_at == made_at]
        return bool(statuses) and all(status is Status.FAILED for status in statuses)

    def _tells(self, alarm_id: str) -> list[Order]:
        return [o for o in self._orders.get(alarm_id, {}).values() if o.say is Say.ALARM and not _to_device(o)]

    # ---------------------------------------------------------------- people and devices

    def duty(self) -> dict[tuple[str, str], Duty]:
        with self._lock:
            return dict(self._duty)

    def duty_mark(self) -> tuple[int, ...]:
        with self._lock:
            return (self._duty_changes,)

    def set_duty(self, person_id: str, office_id: str, duty: Duty, at: datetime) -> None:
        del at
        with self._lock:
            self._duty[person_id, office_id] = duty
            self._duty_changes += 1

    def custody(self) -> dict[str, Custody]:
        with self._lock:
            return {one.device_id: one for one, until in self._custody if until is None}

    def custodian(self, device_id: str, at: datetime) -> str | None:
        with self._lock:
            held = [one for one, until in self._custody if one.device_id == device_id and one.since <= at and (until is None or until > at)]
        return max(held, key=lambda one: one.since).person_id if held else None

    def hand_back(self, device_id: str, at: datetime) -> bool:
        with self._lock:
            had = device_id in self.custody()
            self._custody = [(one, at if until is None and one.device_id == device_id else until) for one, until in self._custody]
            return had

    def arm(self, armed: Armed) -> None:
        with self._lock:
            self._armed[armed.device_id] = armed

    def armed(self, device_ids: Iterable[str], now: datetime) -> dict[str, Armed]:
        with self._lock:
            return {one: self._armed[one] for one in device_ids if one in self._armed and self._armed[one].until >= now}

    def set_devices(self, states: Sequence[DeviceState]) -> None:
        with self._lock:
            for state in states:
                before = self._devices.get(state.device_id)
                self._devices[state.device_id] = replace(state, tested_at=before.tested_at if before else None)

    def devices(self, device_ids: Iterable[str]) -> dict[str, DeviceState]:
        with self._lock:
            return {one: self._devices[one] for one in device_ids if one in self._devices}

    def set_tested(self, device_ids: Iterable[str], at: datetime) -> None:
        with self._lock:
            for one in device_ids:
                self._devices[one] = replace(self._devices.get(one, DeviceState(one, "ok")), tested_at=at)

    def set_gateway(self, state: GatewayState) -> None:
        with self._lock:
            self._gateways[state.gateway_id] = state

    def gateways(self) -> list[GatewayState]:
        with self._lock:
            return list(self._gateways.values())

    def forget_gateways(self, but: Collection[str]) -> None:
        with self._lock:
            self._gateways = {name: one for name, one in self._gateways.items() if name in but}

    # ---------------------------------------------------------------- signing in

    def set_pins(self, pins: Pins) -> None:
        with self._lock:
            self._pins[pins.person_id] = pins

    def pins(self, person_id: str) -> Pins | None:
        with self._lock:
            return self._pins.get(person_id)

    def add_invitation(self, code_hash: str, person_id: str, expires_at: datetime) -> None:
        with self._lock:
            self._invitations[code_hash] = (person_id, expires_at, None)

    def use_invitation(self, code_hash: str, now: datetime, attempt: str, again_s: float) -> str | None:
        with self._lock:
            person_id, expires_at, used_by = self._invitations.get(code_hash, (None, now, None))
            if expires_at <= now or used_by not in (None, attempt):
                return None
            if used_by is None:
                self._invitations[code_hash] = (person_id, now + timedelta(seconds=again_s), attempt)
            return person_id

    # ---------------------------------------------------------------- several servers

    def clock(self) -> datetime | None:
        return None

    def set_online(self, server_id: str, people: Iterable[str], at: datetime) -> None:
        with self._lock:
            self._online[server_id] = (at, frozenset(people))

    def online(self, since: datetime) -> dict[str, frozenset[str]]:
        with self._lock:
            return {server_id: people for server_id, (at, people) in self._online.items() if at >= since}

    # ---------------------------------------------------------------- watching itself

    def saves(self) -> bool:
        return True

    def health(self, now: datetime, overdue_before: datetime, leased_before: datetime) -> Health:
        del now
        with self._lock:
            times = [due(alarm) for alarm in self._open.values()]
            visits = [visit.due_at for visit in self._visits.values() if visit.open]
            drills = [drill.due_at for drill in self._drills.values()]
            timeless = sum(drill.open and drill.due_at is None for drill in self._drills.values())
            stale = sum(o.next_at is not None and o.next_at < leased_before for o in self._waiting.values())
        overdue = sum(at is not None and at < overdue_before for at in (*times, *visits, *drills))
        return Health(len(times) - times.count(None), times.count(None) + visits.count(None) + timeless, overdue, stale)

    def prune(self, streams_before: datetime) -> int:
        gone = 0
        with self._lock:
            for office, rows in self._streams.items():
                kept = [row for row in rows if row[2] >= streams_before or (row[1] in self._alarms and self._alarms[row[1]].open)]
                gone += len(rows) - len(kept)
                self._streams[office] = kept
            for code in [code for code, (_, expires_at, _) in self._invitations.items() if expires_at < streams_before]:
                del self._invitations[code]
                gone += 1
            gone += self._prune_keys(streams_before)
            for server_id in [server_id for server_id, (at, _) in self._online.items() if at < streams_before]:
                del self._online[server_id]
                gone += 1
        return gone

    def close(self) -> None:
        """Nothing to let go of."""


def _by_age(alarm: Alarm) -> tuple[datetime, str]:
    return alarm.opened_at, alarm.id


def _to_device(order: Order) -> bool:
    return order.recipient.startswith("device:")
