"""The memory twin of the store: the same contract in dictionaries, for tests and the simulation. Nothing survives the process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from server.core.alarm import due
from server.core.directory import Duty
from server.core.log import Entry
from server.core.model import Alarm
from server.core.orders import Order, Say, Status
from server.core.projection import Told
from server.store.contract import (
    ActionKept,
    Armed,
    Change,
    Conflict,
    DeviceState,
    GatewayState,
    Health,
    Looked,
    OrderUpdate,
    Pins,
    SignalKept,
)

RANK = {Status.SEEN: 3, Status.REACHED: 2, Status.DONE: 2, Status.WAITING: 1, Status.VOID: 1, Status.FAILED: 0}
WORD = {3: "seen", 2: "reached", 1: "told", 0: "failed"}


class MemoryStore:
    """Keeps the contract in `contract.py`. One lock; a commit checks everything before it changes anything."""

    def __init__(self, epoch: str = "memory") -> None:
        self._lock = threading.RLock()
        self._epoch = epoch
        self._alarms: dict[str, Alarm] = {}
        self._ended: dict[str, datetime] = {}
        self._signals: dict[str, SignalKept] = {}
        self._log: dict[str, list[Entry]] = {}
        self._orders: dict[str, Order] = {}
        self._leases: dict[str, tuple[str, datetime]] = {}
        self._actions: dict[str, ActionKept] = {}
        self._heads: dict[str, int] = {}
        self._streams: dict[str, list[tuple[int, str, datetime]]] = {}
        self._duty: dict[tuple[str, str], Duty] = {}
        self._armed: dict[str, Armed] = {}
        self._devices: dict[str, DeviceState] = {}
        self._gateways: dict[str, GatewayState] = {}
        self._pins: dict[str, Pins] = {}
        self._sessions: dict[str, tuple[str, datetime]] = {}
        self._invitations: dict[str, tuple[str, datetime]] = {}

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
                if not alarm.open and alarm.id not in self._ended:
                    self._ended[alarm.id] = alarm.ending.at if alarm.ending else alarm.opened_at
            self._signals.update((kept.signal.id, kept) for kept in change.signals)
            for entry in change.entries:
                self._log.setdefault(entry.alarm_id, []).append(entry)
            self._orders.update((order.id, order) for order in change.orders)
            self._actions.update((action.id, action) for action in change.actions)
            for device_id in change.disarmed:
                self._armed.pop(device_id, None)
            return seqs

    def _check(self, change: Change) -> None:
        for base, alarm in change.alarms:
            held = self._alarms.get(alarm.id)
            if (held.version if held else 0) != base:
                raise Conflict(f"alarm {alarm.id} is no longer at version {base}")
        taken = (
            ("signal", [kept.signal.id for kept in change.signals], self._signals),
            ("order", [order.id for order in change.orders], self._orders),
            ("action", [action.id for action in change.actions], self._actions),
            ("entry", [(entry.alarm_id, entry.n) for entry in change.entries], self._entry_keys(change)),
        )
        for name, ids, known in taken:
            if len(set(ids)) != len(ids) or any(one in known for one in ids):
                raise Conflict(f"a {name} with this id is kept already")

    def _entry_keys(self, change: Change) -> set[tuple[str, int]]:
        alarms = {entry.alarm_id for entry in change.entries}
        return {(alarm_id, entry.n) for alarm_id in alarms for entry in self._log.get(alarm_id, ())}

    def signals(self, ids: Iterable[str]) -> dict[str, SignalKept]:
        with self._lock:
            return {one: self._signals[one] for one in ids if one in self._signals}

    def open_alarms(self, pressers: Iterable[str], zones: Iterable[tuple[str, str]]) -> list[Alarm]:
        pressers, zones = set(pressers), set(zones)
        with self._lock:
            found = [a for a in self._alarms.values() if a.open and (a.presser in pressers or (a.office_id, a.place.zone_id) in zones)]
        return sorted(found, key=lambda alarm: alarm.opened_at)

    def alarms(self, ids: Iterable[str]) -> dict[str, Alarm]:
        with self._lock:
            return {one: self._alarms[one] for one in ids if one in self._alarms}

    def alarms_of(self, offices: Iterable[str], ended_since: datetime) -> list[Alarm]:
        offices = set(offices)
        with self._lock:
            concerned = {alarm_id for office in offices for _, alarm_id, _ in self._streams.get(office, ())}
            found = [
                a
                for a in self._alarms.values()
                if (a.office_id in offices or a.id in concerned) and (a.open or self._ended[a.id] >= ended_since)
            ]
        return sorted(found, key=lambda alarm: alarm.opened_at)

    def actions(self, ids: Iterable[str]) -> dict[str, ActionKept]:
        with self._lock:
            return {one: self._actions[one] for one in ids if one in self._actions}

    def log(self, alarm_id: str) -> list[Entry]:
        with self._lock:
            return list(self._log.get(alarm_id, ()))

    def alarm_ids(self) -> list[str]:
        with self._lock:
            return [alarm.id for alarm in sorted(self._alarms.values(), key=lambda alarm: alarm.opened_at)]

    def deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        with self._lock:
            times = [(at, alarm.id) for alarm in self._alarms.values() if (at := due(alarm)) is not None and (until is None or at <= until)]
        return sorted(times)[:limit]

    # ---------------------------------------------------------------- streams

    def epoch(self) -> str:
        return self._epoch

    def heads(self, offices: Iterable[str]) -> dict[str, int]:
        with self._lock:
            return {office: self._heads.get(office, 0) for office in offices}

    def look(self, office_id: str, after: int, limit: int = 5000) -> Looked:
        with self._lock:
            head = self._heads.get(office_id, 0)
            if after > head:
                return Looked(head, (), gap=True)
            rows = [(seq, alarm_id) for seq, alarm_id, _ in self._streams.get(office_id, ()) if seq > after][:limit]
        gap = len(rows) == limit or (head > after and (not rows or rows[0][0] != after + 1))
        return Looked(head, tuple(dict.fromkeys(alarm_id for _, alarm_id in rows)), gap)

    # ---------------------------------------------------------------- orders

    def next_order_at(self) -> datetime | None:
        with self._lock:
            return min((o.next_at for o in self._orders.values() if o.next_at and not _to_device(o)), default=None)

    def lease(self, now: datetime, until: datetime, lease: str, limit: int, offices: Sequence[str] | None = None) -> list[Order]:
        with self._lock:
            due_now = [
                o
                for o in self._orders.values()
                if o.next_at is not None
                and o.next_at <= now
                and _to_device(o) == (offices is not None)
                and (offices is None or o.office_id in offices)
                and (o.id not in self._leases or self._leases[o.id][1] < now)
            ]
            taken = sorted(due_now, key=lambda order: order.next_at or now)[:limit]
            self._leases.update((order.id, (lease, until)) for order in taken)
            return taken

    def record(self, updates: Sequence[OrderUpdate]) -> None:
        with self._lock:
            for one in updates:
                held = self._orders.get(one.order.id)
                if held is None or held.status is not Status.WAITING or self._leases.get(held.id, ("",))[0] != one.lease:
                    continue
                o = one.order
                self._orders[o.id] = replace(held, rung=o.rung, next_at=o.next_at, status=o.status, channel=o.channel, reason=o.reason)
                del self._leases[o.id]

    def device_outcome(self, order_ids: Mapping[str, str], now: datetime) -> None:
        with self._lock:
            for order_id, outcome in order_ids.items():
                held = self._orders.get(order_id)
                if held is None or not _to_device(held) or held.status is not Status.WAITING:
                    continue
                self._leases.pop(order_id, None)
                if outcome == "retry":
                    self._orders[order_id] = replace(held, next_at=now + timedelta(seconds=1))
                else:
                    status = Status.DONE if outcome == "accepted" else Status.FAILED
                    self._orders[order_id] = replace(held, next_at=None, status=status, channel="device")

    def receipts(self, got: Iterable[tuple[str, str]], seen: Iterable[tuple[str, str]]) -> set[str]:
        news: set[str] = set()
        with self._lock:
            for pairs, status, before in (
                (set(got), Status.REACHED, (Status.WAITING, Status.FAILED)),
                (set(seen), Status.SEEN, (Status.WAITING, Status.FAILED, Status.REACHED)),
            ):
                for order in list(self._orders.values()) if pairs else ():
                    if (order.recipient, order.alarm_id) in pairs and order.status in before:
                        self._orders[order.id] = replace(order, status=status, channel="screen", next_at=None)
                        news.add(order.alarm_id)
        return news

    def orders(self, alarm_id: str) -> list[Order]:
        with self._lock:
            return sorted((o for o in self._orders.values() if o.alarm_id == alarm_id), key=lambda order: (order.step, order.id))

    def told(self, alarms: Mapping[str, bool]) -> dict[str, Told]:
        with self._lock:
            return {alarm_id: self._told(alarm_id, names) for alarm_id, names in alarms.items()}

    def _told(self, alarm_id: str, names: bool) -> Told:
        best: dict[str, tuple[int, str | None]] = {}
        orders = [o for o in self._orders.values() if o.alarm_id == alarm_id and o.say is Say.ALARM and not _to_device(o)]
        for order in sorted(orders, key=lambda order: order.made_at):
            rank = RANK[order.status]
            if order.recipient not in best or rank > best[order.recipient][0]:
                best[order.recipient] = (rank, order.channel)
        ranks = [rank for rank, _ in best.values()]
        people = tuple((who, WORD[rank], channel) for who, (rank, channel) in best.items()) if names else ()
        return Told(len(ranks), sum(rank >= 2 for rank in ranks), ranks.count(3), ranks.count(0), people)

    def step_unreached(self, alarm_id: str, made_at: datetime) -> bool:
        with self._lock:
            statuses = [
                o.status
                for o in self._orders.values()
                if o.alarm_id == alarm_id and o.made_at == made_at and o.say is Say.ALARM and not _to_device(o)
            ]
        return bool(statuses) and all(status is Status.FAILED for status in statuses)

    # ---------------------------------------------------------------- people and devices

    def duty(self) -> dict[tuple[str, str], Duty]:
        with self._lock:
            return dict(self._duty)

    def set_duty(self, person_id: str, office_id: str, duty: Duty, at: datetime) -> None:
        del at
        with self._lock:
            self._duty[person_id, office_id] = duty

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

    # ---------------------------------------------------------------- signing in

    def set_pins(self, pins: Pins) -> None:
        with self._lock:
            self._pins[pins.person_id] = pins

    def pins(self, person_id: str) -> Pins | None:
        with self._lock:
            return self._pins.get(person_id)

    def add_session(self, token_hash: str, person_id: str, expires_at: datetime) -> None:
        with self._lock:
            self._sessions[token_hash] = (person_id, expires_at)

    def session(self, token_hash: str, now: datetime) -> str | None:
        with self._lock:
            person_id, expires_at = self._sessions.get(token_hash, (None, now))
            return person_id if expires_at > now else None

    def end_session(self, token_hash: str) -> None:
        with self._lock:
            self._sessions.pop(token_hash, None)

    def add_invitation(self, code_hash: str, person_id: str, expires_at: datetime) -> None:
        with self._lock:
            self._invitations[code_hash] = (person_id, expires_at)

    def use_invitation(self, code_hash: str, now: datetime) -> str | None:
        with self._lock:
            person_id, expires_at = self._invitations.get(code_hash, (None, now))
            if expires_at <= now:
                return None
            del self._invitations[code_hash]
            return person_id

    # ---------------------------------------------------------------- watching itself

    def health(self, now: datetime, overdue_before: datetime, leased_before: datetime) -> Health:
        del now
        with self._lock:
            alarms = [alarm for alarm in self._alarms.values() if alarm.open]
            times = [due(alarm) for alarm in alarms]
            stale = sum(o.next_at is not None and o.next_at < leased_before for o in self._orders.values())
        return Health(len(alarms), times.count(None), sum(at is not None and at < overdue_before for at in times), stale)

    def prune(self, streams_before: datetime) -> int:
        gone = 0
        with self._lock:
            for office, rows in self._streams.items():
                kept = [row for row in rows if row[2] >= streams_before]
                gone += len(rows) - len(kept)
                self._streams[office] = kept
            for held in (self._sessions, self._invitations):
                for key in [key for key, (_, expires_at) in held.items() if expires_at < streams_before]:
                    del held[key]
                    gone += 1
        return gone

    def close(self) -> None:
        """Nothing to let go of."""


def _to_device(order: Order) -> bool:
    return order.recipient.startswith("device:")
