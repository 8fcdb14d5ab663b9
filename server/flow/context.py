"""What every door needs: the store, the directory, a clock, an id maker and the bell. Wiring makes one; tests and the simulation make their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core import log
from server.core.alarm import Step, due
from server.core.directory import Directory
from server.core.local_table import Compiled
from server.core.model import Alarm
from server.core.values import replace
from server.flow.bell import Bell
from server.flow.measures import Measures
from server.flow.precedence import Precedence
from server.store.contract import Change, Store
from server.store.contract import Session as Session
from server.store.contract import StoreDown as StoreDown  # these three also for the web, which knows no store
from server.store.contract import Unkeepable as Unkeepable

SOON_S = 2
"""Ticker and senders look by themselves every second: what is due later need not wake them."""

TRIES = 6
"""How often a door loads and decides again when somebody else was faster."""


@dataclass(slots=True)
class Context:
    """`directory` gives the present one (with present duty); `new_id("a")` a fresh id with that prefix; `salt()` randomness for the log."""

    store: Store
    directory: Callable[[], Directory]
    now: Callable[[], datetime]
    new_id: Callable[[str], str]
    salt: Callable[[], str]
    bell: Bell = field(default_factory=Bell)
    measures: Measures = field(default_factory=Measures)
    precedence: Precedence = field(default_factory=Precedence)
    tables: dict[frozenset[str], tuple[Directory, Compiled]] = field(default_factory=dict)
    """By a gateway's offices: what it may light alone, and the directory that this was made of."""
    locks: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(64)))

    def lock_for(self, alarm_id: str) -> threading.Lock:
        """Spares this process the retries of its own people; between servers the version decides."""
        return self.locks[hash(alarm_id) % len(self.locks)]


def written(context: Context, before: Alarm | None, step: Step, at: datetime) -> tuple[Alarm, list[log.Entry]]:
    """The alarm of a step with its log chained on, and the new links."""
    count, head = (before.log_count, before.log_head) if before else (0, "")
    entries = log.chain(step.alarm.id, count, head, step.said, at, (context.salt() for _ in step.said))
    if not entries:
        return replace(step.alarm, changed_at=at), entries
    return replace(step.alarm, changed_at=at, log_count=entries[-1].n, log_head=entries[-1].hash), entries


def together(context: Context, steps: Iterable[tuple[Alarm | None, Step]], now: datetime, directory: Directory) -> Change:
    """Several decisions as one change: each with the alarm that it was made about (None: it opens one)."""
    alarms, entries, placed, streams = [], [], [], []
    for before, step in steps:
        after, links = written(context, before, step, now)
        alarms.append((before.version if before else 0, after))
        entries += links
        placed += step.orders
        streams += streams_of(after, directory)
    return Change(now, alarms, (), entries, placed, (), streams)


def streams_of(alarm: Alarm, directory: Directory) -> list[tuple[str, str]]:
    """The offices whose screens must look at this alarm: its own, and the home offices of all who were told and of those who pressed."""
    offices = dict.fromkeys(alarm.office_ids)
    watching = alarm.drill.observers if alarm.drill else ()
    for person_id in (*alarm.told, *alarm.raisers, *watching):
        person = directory.people.get(person_id)
        if person is not None and person.offices[0] not in offices:
            offices[person.offices[0]] = None
    return [(office, alarm.id) for office in offices]


def ring(context: Context, change: Change) -> None:
    """After a commit: screens look; the ticker, senders and gateways look where there is something for them before they look by themselves."""
    soon = change.at + timedelta(seconds=SOON_S)
    topics = {f"stream:{office}" for office, _ in change.streams}
    dues = (*(due(alarm) for _, alarm in change.alarms), *(visit.due_at for _, visit in change.visits))
    if any(at is not None and at <= soon for at in dues):
        topics.add("deadline")
    for order in change.orders:
        if order.recipient.startswith("device:"):
            topics.add("device_orders")
        elif order.next_at is not None and order.next_at <= soon:
            topics.add("orders")
    context.bell.ring(*topics)
