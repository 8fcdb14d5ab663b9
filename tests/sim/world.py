"""The simulated world: true time, the clock that the servers read, two servers over one store, and the order in which everything happens.

First comes the time of faults, then healing: no faults, everyone on line, people who answer. Then everything must end well.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from server.core.directory import Duty
from server.core.model import Alarm
from server.core.orders import Order, Result
from server.core.values import replace
from server.flow import actions, delivery, drills, ticker
from server.flow.context import Context
from server.flow.planned_drills import tick_drills
from server.flow.visit_time import put_right as put_visits_right
from server.flow.visit_time import tick_visits
from server.flow.workers import Job
from server.senders.contract import Outcome, Subject
from server.store.contract import Change, StoreDown
from server.store.memory import MemoryStore
from tests.flow.people import HOME, the_directory
from tests.sim.aftermath import Aftermaths
from tests.sim.devices import Gateway, buttons
from tests.sim.exercises import ARMED_DRILL_S, Exercising, Wheel
from tests.sim.invariants import Watch
from tests.sim.people import Person, everyone
from tests.sim.providers import Providers, with_numbers
from tests.sim.proving import Proving
from tests.sim.store import Crash, FaultyStore
from tests.sim.visits import Walker, away, with_visits

T0 = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
HEALED_S = 3000.0
"""More than the longest promise can hold (45 min): what has not ended by then never would."""


class Lost(Exception):
    """No answer came: the server is down, or the line was."""


@dataclass(frozen=True)
class Odds:
    """How often things go wrong. All are 0 once the world heals."""

    crash: float = 0.006
    store_down: float = 0.006
    interleave: float = 0.3
    radio_lost: float = 0.25
    line_lost: float = 0.08
    push_lost: float = 0.2
    receipt_lost: float = 0.2
    bell_lost: float = 0.1
    doubled: float = 0.15


HEALTHY = Odds(0, 0, 0.05, 0, 0, 0, 0, 0, 0)


class World:
    """Everything that one seed decides. `wrap` puts something between the servers and the store: the planted mistakes use it."""

    def __init__(self, seed: int, wrap: Callable[[FaultyStore], object] | None = None) -> None:
        self.seed, self.random = seed, random.Random(seed)
        self.time_s, self.skew_s = 0.0, 0.0
        self.healing = False
        self.odds = Odds()
        self.story: list[str] = []
        self._queue: list[tuple[float, int, Server | None, Callable[[], None]]] = []
        self._count, self.ids = itertools.count(), itertools.count(1)
        self._deep = False
        self.sick_ids: set[str] = set()
        self.store = MemoryStore()
        self.directory = with_numbers(with_visits(the_directory()))
        self.directory = replace(self.directory, limits=replace(self.directory.limits, armed_drill_s=ARMED_DRILL_S))
        self.walkers: list[Walker] = []
        self.exercises: list[Exercising] = []
        self.wheels: list[Wheel] = []
        for (person_id, office_id), duty in self.directory.duty.items():
            self.store.set_duty(person_id, office_id, duty, T0)
        self.watch = Watch(self)
        self.aftermaths = Aftermaths(self)
        self.servers = [Server(self, name, wrap) for name in ("a", "b")]
        self.gateway, self.providers = Gateway(self), Providers(self)
        self.people: dict[str, Person] = everyone(self)
        self.buttons = buttons(self)
        self.proving = Proving(self)

    # ---- time and chance

    def now(self) -> datetime:
        """The clock that all servers read: the database's."""
        return T0 + timedelta(seconds=self.time_s + self.skew_s)

    def happens(self, chance: float) -> bool:
        return chance > 0 and self.random.random() < chance

    def after(self, delay_s: float, what: Callable[[], None], server: Server | None = None) -> None:
        heapq.heappush(self._queue, (self.time_s + delay_s, next(self._count), server, what))

    def run(self, until_s: float, enough: Callable[[], bool] = lambda: False) -> None:
        while self._queue and self._queue[0][0] <= until_s and not enough():
            at_s, _, _, what = heapq.heappop(self._queue)
            self.time_s = max(self.time_s, at_s)
            what()
        self.time_s = max(self.time_s, min(until_s, self.time_s if enough() else until_s))

    def interleave(self, server: Server) -> None:
        """Between what one server has loaded and what it will save, the other one may do its next thing."""
        if self._deep or not self.happens(self.odds.interleave):
            return
        others = [event for event in self._queue if event[2] not in (None, server) and event[0] <= self.time_s + 0.5]
        if not others:
            return
        event = min(others, key=lambda one: one[:2])
        self._queue.remove(event)
        heapq.heapify(self._queue)
        self._deep = True
        try:
            event[3]()
        finally:
            self._deep = False

    def tell(self, what: str) -> None:
        self.story.append(f"{self.time_s:8.2f}  {what}")

    # ---- servers

    def some_server(self) -> Server:
        return self.random.choice(self.servers)

    def faulty(self, server: Server) -> None:
        server.sound_since_s = self.time_s

    def streamed(self, change: Change) -> None:
        """What screens are shown after a commit."""
        if change.visits:
            self.directory = replace(self.directory, away=away(self))
        offices = {office for office, _ in change.streams}
        for person in self.people.values():
            if HOME[person.id] in offices:
                person.phone.look_soon({alarm.id for _, alarm in change.alarms})

    def open_visits(self) -> list[str]:
        return [visit.id for visit in self.store.visits([walker.visit_id for walker in self.walkers]).values() if visit.open]

    def open_alarms(self) -> list[Alarm]:
        return [alarm for alarm in self.store.alarms(self.store.alarm_ids()).values() if alarm.open]

    def set_duty(self, person_id: str, office_id: str, duty: Duty, server: Server) -> None:
        actions.set_duty(server.context, person_id, office_id, duty)
        self.directory = replace(self.directory, duty=self.store.duty())

    def heal(self) -> None:
        self.tell("--- everything heals ---")
        self.healing, self.odds = True, HEALTHY
        self.sick_ids.clear()
        for server in self.servers:
            server.start()
        for (person_id, office_id), duty in the_directory().duty.items():
            self.set_duty(person_id, office_id, duty, self.servers[0])
        for person in self.people.values():
            person.heal()
        for walker in self.walkers:
            walker.heal()
        self.gateway.heal()
        self.proving.heal()


class Server:
    """One process: a context over the shared store, its ticker and its deliverer. It can be killed and started."""

    def __init__(self, world: World, name: str, wrap: Callable[[FaultyStore], object] | None) -> None:
        self.world, self.name = world, name
        self._wrap = wrap
        self.up, self.life, self.door = False, 0, ""
        self.up_since_s = self.sound_since_s = self._put_right_s = 0.0
        self.senders = {channel: SimSender(world, self, channel) for channel in ("push", "sms", "voice")}
        self.start()

    def start(self) -> None:
        if self.up:
            return
        self.up, self.life = True, self.life + 1
        self.up_since_s = self.sound_since_s = self._put_right_s = self.world.time_s
        store: object = FaultyStore(self.world.store, self.world, self)
        store = self._wrap(store) if self._wrap else store  # type: ignore[arg-type]
        ids, salts = self.world.ids, itertools.count()
        self.context = Context(
            store, lambda: self.world.directory, self.world.now, lambda prefix: f"{prefix}-{next(ids):04}", lambda: f"s{next(salts)}"  # type: ignore[arg-type]
        )  # fmt: skip
        self.context.bell.listen(self._rung)
        self._wakes = {"tick": float("inf"), "deliver": float("inf")}
        self._wake("tick", 0.01)
        self._wake("deliver", 0.02)

    def crash(self, down_s: float | None = None) -> None:
        if not self.up:
            return
        self.up = False
        down_s = down_s if down_s is not None else self.world.random.uniform(0.5, 6)
        self.world.tell(f"{self.name} is down for {down_s:.1f} s")
        self.world.after(down_s, self.start)

    def open(self, door: str, work: Callable[[], object]) -> object:
        """Goes through one door. Raises Lost where no answer comes; any other exception is a mistake of ours."""
        if not self.up:
            raise Lost
        before, self.door = self.door, door
        try:
            return work()
        except Crash:
            self.crash()
            raise Lost from None
        except StoreDown:
            raise Lost from None
        finally:
            self.door = before

    def _rung(self, topics: frozenset[str]) -> None:
        for server in self.world.servers:
            if server.up and (server is self or not self.world.happens(self.world.odds.bell_lost)):
                if "deadline" in topics:
                    server._wake("tick", 0.001)
                if "orders" in topics:
                    server._wake("deliver", 0.02)

    def _wake(self, loop: str, delay_s: float) -> None:
        at_s, life = self.world.time_s + delay_s, self.life
        if at_s < self._wakes[loop]:
            self._wakes[loop] = at_s
            self.world.after(delay_s, lambda: self._loop(loop, at_s, life), self)

    def _loop(self, loop: str, at_s: float, life: int) -> None:
        if not self.up or life != self.life or self._wakes[loop] != at_s:
            return
        self._wakes[loop] = float("inf")
        wait_s = 0.2
        try:
            wait_s = self.open(loop, self._tick if loop == "tick" else self._deliver)  # type: ignore[assignment]
        except Lost:
            self.world.faulty(self)
        if self.up:
            self._wake(loop, min(max(wait_s, 0.001 if loop == "tick" else 0.02), 1.0))

    def _tick(self) -> float:
        if self.world.time_s - self._put_right_s > ticker.PUT_RIGHT_S:
            self._put_right_s, self.door = self.world.time_s, "put_right"
            ticker.put_right(self.context)
            put_visits_right(self.context)
            self.door = "tick"
        ticker.tick(self.context)
        tick_visits(self.context)
        self.door = "drills"
        tick_drills(self.context)
        drills.end_beside_real(self.context)
        store = self.world.store
        soonest = [at for at, _ in (*store.deadlines(limit=1), *store.visit_deadlines(limit=1), *store.drill_deadlines(limit=1))]
        return (min(soonest) - self.world.now()).total_seconds() if soonest else 1.0

    def _carry_out(self, job: Job) -> None:
        """As a real worker: what goes wrong stays there; a kill does not."""
        try:
            delivery.carry_out(self.context, self.senders[job.channel], job)
        except Exception:
            return

    def _deliver(self) -> float:
        delivery.deliver(self.context, self.senders, f"server-{self.name}-{self.life}", self._carry_out)
        soonest = self.world.store.next_order_at()
        return (soonest - self.world.now()).total_seconds() if soonest else 1.0


class SimSender:
    """A channel to people's phones. Vendors answer well, badly or not at all; what they have accepted may still be lost."""

    def __init__(self, world: World, server: Server, channel: str) -> None:
        self.world, self.server, self.channel = world, server, channel

    def send(self, order: Order, about: Subject) -> Outcome:
        world = self.world
        world.watch.sending(self.channel, order, about)
        if world.happens(world.odds.crash):
            world.tell(f"{self.server.name} is killed between sending and recording")
            raise Crash
        if world.happens(world.odds.line_lost):
            return Outcome(world.random.choice([Result.RETRY, Result.PERMANENT]), world.random.choice([0, 0, 1, 30]))
        if world.happens(world.odds.line_lost / 4):
            raise RuntimeError("a vendor that answers nonsense")
        if self.channel != "push":
            world.providers.carry(self.server, self.channel, order, about)
        elif order.recipient in world.people and not world.happens(world.odds.push_lost):
            world.people[order.recipient].phone.message(self.channel, order)
        return Outcome(Result.ACCEPTED)
