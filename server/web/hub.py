"""The live sockets of this process: who is there, what goes out to whom, and with what each begins. What is said then is in `conversation.py`.

The hub is rung from other threads; what has changed is read in `look.py`'s thread, and each socket is handed the newest view of each alarm. What waits for a
socket is one view per alarm, so a slow phone gets the newest state in one frame, and one that does not read at all is closed.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import orjson
from fastapi import WebSocket
from starlette.types import Send

from server.core.access import Viewer
from server.core.model import Alarm
from server.flow import views
from server.flow.receipts import Receipts
from server.web.access import House
from server.web.alarms import visible
from server.web.connection import Connection, send
from server.web.conversation import NOT_SIGNED_IN, SEND_S, WAITING_MAX, Conversation
from server.web.look import Changed, Looker
from server.web.nudges import Nudges
from server.web.proving import Proving
from server.web.spoken import Hello
from server.web.watch import GOING_AWAY, Watch

journal = logging.getLogger("varde.live")
T = TypeVar("T")

PROTOCOL = 1
"""How screens and server talk (docs/api.md, and `core/update-rules.ts` in the app). It changes when an app of before would misread what is said now."""

HEARTBEAT_S = 10
HEARTBEAT_SLOTS = 100
"""Heartbeats are spread: thousands at once would keep an alarm waiting for a second, and some hundreds a while."""
HEARTBEAT_WAITS_S = 0.05
"""So long a slot of them gives way to alarms that are being read for the screens; with all slots late a screen still hears within 15 s."""
DELIVERY_S = 0.5
"""Who has been reached is told at most this often."""
DELIVERY_MOST = 200
"""Alarms told of at a time."""
DELIVERY_STORM_S = 2.0
"""Where more than that wait: who has been reached comes after who is to act."""


class Hub:
    """All sockets of this process."""

    def __init__(self, house: House, receipts: Receipts) -> None:
        self._house = house
        self.context = house.context
        self._reader = ThreadPoolExecutor(1, "live-reader")
        self._by_office: dict[str, set[Connection]] = {}
        self._looker = Looker(house.context, self.offices, self._changed)
        self._nudges = Nudges(lambda office: self._by_office.get(office, ()))
        self._proving = Proving(house.context, lambda office: self._by_office.get(office, ()))
        self._conversation = Conversation(house.context, receipts, self._proving)
        self._delivery: set[str] = set()
        self._people: Counter[str] = Counter()
        """How many screens each person has open here; nobody who has none."""
        self._slots: list[set[Connection]] = [set() for _ in range(HEARTBEAT_SLOTS)]
        """All screens, by when their heartbeat is due."""
        self._next_slot = itertools.cycle(self._slots)
        self._shown_on: defaultdict[str, set[Connection]] = defaultdict(set)
        """Alarm → the screens that have been sent it, or will be."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._unlisten: Callable[[], None] = lambda: None
        self._stopping = False

    # ---------------------------------------------------------------- life

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._unlisten = self._house.context.bell.listen(self._ring)
        self._looker.start()
        for task in (self._heartbeat_loop(), self._delivery_loop(), Watch(self).run()):
            self._tasks.append(asyncio.create_task(task))

    async def stop(self) -> None:
        self._stopping = True
        self._unlisten()
        self._looker.stop()
        for task in self._tasks:
            task.cancel()
        self.close_all(GOING_AWAY)
        self._reader.shutdown(wait=False)

    def close_all(self, code: int) -> None:
        """Each writer closes its own socket."""
        for connection in self.connections():
            connection.close_with = code
            connection.wake.set()

    @property
    def looked_s(self) -> float:
        """When the streams could last be read (monotonic)."""
        return self._looker.looked_s

    def forget(self) -> None:
        """The numbers are those of another database."""
        self._looker.forget()

    def connections(self) -> list[Connection]:
        """From any thread."""
        return [connection for slot in self._slots for connection in tuple(slot)]

    def surfaces(self) -> Counter[str]:
        """How many screens there are, by surface. From any thread."""
        return Counter(connection.viewer.surface for connection in self.connections())

    def offices(self) -> list[str]:
        """Those with a screen here. From any thread."""
        return [office for office, there in tuple(self._by_office.items()) if there]

    def online(self) -> set[str]:
        """People with an open screen here. From any thread."""
        return set(self._people)

    def _ring(self, topics: frozenset[str]) -> None:
        """From any thread."""
        named = [(kind, name) for kind, _, name in (topic.partition(":") for topic in topics)]
        if streams := [name for kind, name in named if kind == "stream" and self._by_office.get(name)]:
            self._looker.ring(streams)
        if len(self._delivery) < WAITING_MAX:
            self._delivery.update(name for kind, name in named if kind == "delivery")
        revoked = {name for kind, name in named if kind == "revoked"}
        if revoked and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ask_again, revoked)
        looks = [(kind, name) for kind, name in named if kind in ("now", "visits", "drills")]
        runs = [name.split("/", 1) for kind, name in named if kind == "proof"]
        if (looks or runs) and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._nudges.tell, looks)
            for office, proof_id in runs:
                self._loop.call_soon_threadsafe(self._proving.ask, office, proof_id)

    async def read(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)

    # ---------------------------------------------------------------- what goes out

    def _changed(self, changed: Changed) -> None:
        """From the looking thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hand_out, changed)

    def _hand_out(self, changed: Changed) -> None:
        for office, (seq, alarm_views) in changed.items():
            self._fan_out(office, alarm_views, seq)

    def _fan_out(self, office: str, alarm_views: list[views.AlarmView], seq: int) -> None:
        """Those who are to act are told first. Screens that are shown the same, in a storm nearly all, are given it together."""
        told = frozenset().union(*(view.told_ids for view in alarm_views))
        connections = sorted(self._by_office.get(office, ()), key=lambda c: c.viewer.person_id not in told)
        same: dict[object, list[Connection]] = {}
        for connection in connections:
            same.setdefault(views.alike(connection.viewer, alarm_views), []).append(connection)
        for screens in same.values():
            shown = views.shown_to(screens[0].viewer, alarm_views, lambda alarm: self._looker.failed(office, alarm.id))
            for connection in screens:
                connection.offer(shown)
                connection.seq[office] = max(seq, connection.seq.get(office, 0))
            for alarm_id in shown:
                self._shown_on[alarm_id].update(screens)

    def tell_delivery(self, alarm_ids: Iterable[str]) -> None:
        """Who has been reached may have changed; screens are told where it has."""
        self._delivery.update(alarm_ids)

    async def _delivery_loop(self) -> None:
        while True:
            await asyncio.sleep(DELIVERY_S if len(self._delivery) <= DELIVERY_MOST else DELIVERY_STORM_S)
            await asyncio.sleep(self.context.precedence.on_its_way_s())
            ids = {self._delivery.pop() for _ in range(min(DELIVERY_MOST, len(self._delivery)))}
            if not ids or not self._by_office:
                continue
            try:
                await self._tell_delivery(ids)
            except Exception:
                journal.exception("delivery_frames_failed")
                self._delivery |= ids

    async def _tell_delivery(self, ids: set[str]) -> None:
        store, directory = self._house.context.store, self._house.context.directory()
        for view in await self.read(lambda: views.look_up(store, store.alarms(ids).values(), directory)):
            await asyncio.sleep(0)  # whoever is told of a press is told first
            alarm_id = view.alarm.id
            shown_on = self._shown_on.get(alarm_id, ())
            head = b'{"alarm_id":' + orjson.dumps(alarm_id) + b',"told":'
            for connection in tuple(shown_on):
                if connection.ready:
                    near = view.near(connection.viewer)
                    if near is None or (near and view.alarm.quiet_since is not None):
                        continue
                    told = view.delivery(connection.viewer, near)
                    if connection.told.get(alarm_id) == told:
                        continue
                    connection.told[alarm_id] = told
                    connection.delivery[alarm_id] = head + told + b"}"
                    connection.wake.set()

    def furnished(self) -> None:
        """A new configuration holds, with other names and cards: every screen is told to fetch them. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_configured)

    def _tell_configured(self) -> None:
        """Whoever has left is signed out; one whose person now serves other offices, or stands elsewhere, connects again as what it is now."""
        people = self._house.context.directory().people
        for connection in self.connections():
            viewer = connection.viewer
            person = people.get(viewer.person_id)
            stands = self._house.surfaces.get(viewer.person_id, (viewer.surface, viewer.zone_id))
            if person is None:
                connection.leave = NOT_SIGNED_IN
            elif person.offices != connection.offices or stands != (viewer.surface, viewer.zone_id):
                connection.leave = GOING_AWAY
            connection.others["configuration"] = b'{"type":"configuration"}'
            connection.wake.set()

    def _ask_again(self, people: set[str]) -> None:
        """A phone of theirs has been taken away: each of their screens shows anew who it is."""
        for connection in self.connections():
            if connection.viewer.person_id in people:
                connection.close_with = GOING_AWAY
                connection.wake.set()

    async def _heartbeat_loop(self) -> None:
        for slot in itertools.cycle(self._slots):
            await asyncio.sleep(HEARTBEAT_S / HEARTBEAT_SLOTS)
            until_s = time.monotonic() + HEARTBEAT_WAITS_S
            while self._looker.looking and time.monotonic() < until_s:
                await asyncio.sleep(0.01)
            for connection in slot:
                connection.others["heartbeat"] = b""  # written with its time when it is sent
                connection.wake.set()

    # ---------------------------------------------------------------- one socket

    async def serve(self, socket: WebSocket, put: Send, viewer: Viewer, hello: Hello) -> None:
        """From its hello to its end."""
        offices = self._house.context.directory().people[viewer.person_id].offices
        connection = Connection(socket, put, viewer, offices)
        first = self._enter(connection)
        try:
            await self._welcome(connection, hello)
            if first:
                self._ring_now(offices)
            await self._conversation.hold(connection)
        finally:
            self._leave(connection)
            if not self._stopping and viewer.person_id not in self._people:
                self._ring_now(offices)

    def _ring_now(self, offices: Iterable[str]) -> None:
        """Who can be reached there has changed."""
        self._house.context.bell.ring(*(f"now:{office}" for office in offices))

    def _enter(self, connection: Connection) -> bool:
        """Whether it is the first screen of its person here."""
        person_id = connection.viewer.person_id
        self._people[person_id] += 1
        next(self._next_slot).add(connection)
        for office in connection.offices:
            self._by_office.setdefault(office, set()).add(connection)
        return self._people[person_id] == 1

    def _leave(self, connection: Connection) -> None:
        for there in (*self._slots, *(self._by_office[office] for office in connection.offices)):
            there.discard(connection)
        for alarm_id in (*connection.sent, *connection.waiting):
            if screens := self._shown_on.get(alarm_id):
                screens.discard(connection)
                if not screens:
                    del self._shown_on[alarm_id]
        person_id = connection.viewer.person_id
        self._people[person_id] -= 1
        if not self._people[person_id]:
            del self._people[person_id]

    async def _welcome(self, connection: Connection, hello: Hello) -> None:
        """A snapshot, or what has changed since the numbers that the screen has."""
        store, directory, viewer = self._house.context.store, self._house.context.directory(), connection.viewer

        def failed(alarm: Alarm) -> None:
            for office in connection.offices:
                self._looker.failed(office, alarm.id)

        def read() -> tuple[str, bool, dict[str, int], dict[str, views.Shown]]:
            epoch, heads = store.epoch(), store.heads(connection.offices)  # before the alarms: what changes in between comes again
            if hello.epoch == epoch and set(hello.seq) >= set(connection.offices):
                looked = {office: store.look(office, hello.seq[office]) for office in connection.offices}
                if not any(one.gap for one in looked.values()):
                    ids = {alarm_id for one in looked.values() for alarm_id in one.alarm_ids}
                    changed = views.look_up_apart(store, store.alarms(ids).values(), directory, failed)
                    return epoch, False, heads, views.shown_to(viewer, changed, failed)
            return epoch, True, heads, visible(self._house, viewer, failed)

        connection.epoch, snapshot, heads, seen = await self.read(read)
        for office, head in heads.items():
            self._looker.follow(office, head)
        connection.near_last.update((alarm_id, shown.body) for alarm_id, shown in seen.items() if shown.near)
        bodies = [shown.body for alarm_id, shown in seen.items() if alarm_id not in connection.waiting]
        head = views.to_json(
            {
                "type": "welcome", "protocol": PROTOCOL, "epoch": connection.epoch, "server_time": self._house.context.now(),
                "snapshot": snapshot, "seq": heads,
            }  # fmt: skip
        )
        async with asyncio.timeout(SEND_S):
            await send(connection, head[:-1] + b',"alarms":[' + b",".join(bodies) + b"]}")
        connection.gave(heads, seen)
        for alarm_id in seen:
            self._shown_on[alarm_id].add(connection)
        connection.sent_seq = heads
        connection.seq = {**heads, **{o: max(s, heads.get(o, 0)) for o, s in connection.seq.items()}}
        connection.ready = True
        connection.wake.set()
