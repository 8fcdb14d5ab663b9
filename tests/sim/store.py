"""The store as a server of the simulation sees it: it may die before or after a commit, answer nothing, or let another server in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from server.core.aftermath import Aftermath
from server.core.drill.model import PlannedDrill
from server.core.model import Alarm
from server.core.orders import Order
from server.core.visit.model import Visit
from server.store.contract import ActionKept, Change, Known, OrderUpdate, ReceiptOf, SignalKept, Store, StoreDown

if TYPE_CHECKING:
    from tests.sim.world import Server, World

T = TypeVar("T")


class Crash(BaseException):
    """The server is killed here. Not an Exception: nothing of ours may catch it, as nothing catches `kill -9`."""


class FaultyStore:
    """One server's hands on the store that all servers share."""

    def __init__(self, inner: Store, world: World, server: Server) -> None:
        self._inner, self._world, self._server = inner, world, server

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self._inner, name)  # type: ignore[no-any-return]

    # ---- what a door loads: after it, somebody else may be faster

    def signals(self, ids: Iterable[str]) -> dict[str, SignalKept]:
        return self._then_others(self._inner.signals(ids))

    def known(self, now: datetime, *of: object) -> Known:
        return self._then_others(self._inner.known(now, *of))  # type: ignore[arg-type]

    def alarms(self, ids: Iterable[str]) -> dict[str, Alarm]:
        return self._then_others(self._inner.alarms(ids))

    def visits(self, ids: Iterable[str]) -> dict[str, Visit]:
        return self._then_others(self._inner.visits(ids))

    def open_visits(self, names: Iterable[str]) -> list[Visit]:
        return self._then_others(self._inner.open_visits(names))

    def visit_deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        return self._then_others(self._inner.visit_deadlines(until, limit))

    def drills(self, ids: Iterable[str]) -> dict[str, PlannedDrill]:
        return self._then_others(self._inner.drills(ids))

    def running_drills(self) -> list[PlannedDrill]:
        return self._then_others(self._inner.running_drills())

    def open_drills(self) -> list[Alarm]:
        return self._then_others(self._inner.open_drills())

    def alarms_of_drill(self, drill_id: str) -> list[Alarm]:
        return self._then_others(self._inner.alarms_of_drill(drill_id))

    def actions(self, ids: Iterable[str]) -> dict[str, ActionKept]:
        return self._then_others(self._inner.actions(ids))

    def deadlines(self, until: datetime | None = None, limit: int = 1000) -> list[tuple[datetime, str]]:
        return self._then_others(self._inner.deadlines(until, limit))

    def _then_others(self, found: T) -> T:
        self._world.interleave(self._server)
        return found

    # ---- what a door saves

    def commit(self, change: Change) -> dict[str, int]:
        before = self._inner.alarms([alarm.id for _, alarm in change.alarms])
        visits = self._inner.visits([visit.id for _, visit in change.visits])
        drills = self._inner.drills([drill.id for _, drill in change.drills])
        return self._saving(lambda: self._commit(change, before, visits, drills))

    def _commit(self, change: Change, before: dict[str, Alarm], visits: dict[str, Visit], drills: dict[str, PlannedDrill]) -> dict[str, int]:
        seqs = self._inner.commit(change)
        self._world.watch.committed(self._server, change, before, visits, drills)
        return seqs

    def lease(self, now: datetime, until: datetime, lease: str, limit: int, offices: Sequence[str] | None = None) -> list[Order]:
        orders = self._inner.lease(now, until, lease, limit, offices)
        if orders and self._world.happens(self._world.odds.crash):
            self._world.tell(f"{self._server.name} is killed holding {len(orders)} orders")
            raise Crash
        return self._then_others(orders)

    def record(self, updates: Sequence[OrderUpdate]) -> None:
        self._saving(lambda: self._record(updates))

    def _record(self, updates: Sequence[OrderUpdate]) -> None:
        self._inner.record(updates)
        self._world.watch.recorded(updates)

    def keep_aftermath(self, said: Aftermath, orders: Sequence[Order] = ()) -> None:
        self._saving(lambda: self._inner.keep_aftermath(said, orders))

    def receipts(
        self, got: Iterable[ReceiptOf], seen: Iterable[ReceiptOf], pushed: Iterable[ReceiptOf] = (),
        at: datetime | None = None,
    ) -> set[str]:
        got, seen, pushed = list(got), list(seen), list(pushed)
        return self._saving(lambda: self._inner.receipts(got, seen, pushed, at))

    def _saving(self, save: Callable[[], T]) -> T:
        world, name = self._world, self._server.name
        if world.happens(world.odds.crash):
            world.tell(f"{name} is killed before a commit")
            raise Crash
        if world.happens(world.odds.store_down):
            world.faulty(self._server)
            raise StoreDown("disk full")
        saved = save()
        if world.happens(world.odds.crash):
            world.tell(f"{name} is killed after a commit, its answer lost")
            raise Crash
        if world.happens(world.odds.store_down):
            world.faulty(self._server)
            raise StoreDown("connection lost after the commit")
        return saved
