"""Many devices over one or more connections: runs the state machines, and carries what they say through radio and broker."""

from __future__ import annotations

import heapq
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from firmware_sim.button import Action, Button, Light, Publish, Reconnect
from firmware_sim.connection import Connection
from firmware_sim.portable import Portable
from firmware_sim.protocol import Identity
from firmware_sim.radio import Radio, Weather

OWN_CONNECTIONS_MAX = 200  # above it devices share connections, like behind a hub: then there is no last will for each
SHARED_CONNECTIONS = 8
STOPPED_WITHIN_S = 3.0


@dataclass(slots=True)
class Unit:
    """One device in the fleet, and the connection it speaks through."""

    machine: Button
    connection: Connection | None = None
    online: bytes = b""
    dark: bool = False
    tick_at_s: float = float("inf")
    pressed_at_s: dict[str, float] = field(default_factory=dict)


class Fleet:
    """`on_light(device id, light)` and `on_received(device id, seconds since the press)` are called from the fleet's threads."""

    def __init__(
        self,
        identities: Sequence[Identity],
        host: str,
        port: int,
        connections: int | None = None,
        weather: Weather | None = None,
        seed: int | None = None,
        on_light: Callable[[str, Light], None] = lambda device, light: None,
        on_received: Callable[[str, float], None] = lambda device, seconds: None,
        ca: str = "",
    ) -> None:
        self._chance = random.Random(seed)
        self._lock = threading.RLock()  # every machine is only touched under it
        self._due = threading.Condition(self._lock)
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._pushed = 0
        self._stopping = False
        self._on_light, self._on_received = on_light, on_received
        self._up, self._down = (Radio(weather or Weather(), self._chance.getrandbits(32)) for _ in range(2))
        boot = time.time_ns() // 1_000_000  # grows at each start as long as the clock does; hardware counts its starts in flash
        self.units = {identity.id: Unit(self._machine(identity, boot)) for identity in identities}
        self._connections = self._spread(host, port, connections, ca)
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)

    def start(self) -> None:
        self._thread.start()
        for connection in self._connections:
            connection.start()

    def stop(self) -> None:
        with self._due:
            self._stopping = True
            self._due.notify()
        # All at once, and not for ever: paho sleeps for a second where there is no broker, and there may be two hundred of them.
        goodbyes = [threading.Thread(target=connection.stop, daemon=True) for connection in self._connections]
        for goodbye in goodbyes:
            goodbye.start()
        until_s = time.monotonic() + STOPPED_WITHIN_S
        for goodbye in goodbyes:
            goodbye.join(max(0.0, until_s - time.monotonic()))

    def connected(self) -> bool:
        return all(connection.connected for connection in self._connections)

    def act(self, device_id: str, gesture: Callable[[Button, float], list[Action]]) -> None:
        """One gesture on one device, such as `lambda button, now_s: button.press(now_s)`. Raises KeyError for a stranger."""
        unit = self.units[device_id]
        with self._lock:
            now_s = time.monotonic()
            before = set(unit.machine.unanswered)
            self._carry_out(unit, gesture(unit.machine, now_s))
            for name in unit.machine.unanswered.keys() - before:
                unit.pressed_at_s[name] = now_s
            self._plan(unit)

    def go_dark(self, device_id: str) -> None:
        """Out of reach without a word: nothing goes out or in any more, and the line is not closed."""
        unit = self.units[device_id]
        with self._lock:
            unit.dark = True
            if unit.connection is not None and unit.connection.is_own:
                unit.connection.freeze()

    def unanswered(self) -> int:
        with self._lock:
            return sum(len(unit.machine.unanswered) for unit in self.units.values())

    def _machine(self, identity: Identity, boot: int) -> Button:
        make = Portable if identity.kind == "portable" else Button
        return make(identity, boot, random.Random(self._chance.getrandbits(32)), time.time)

    def _spread(self, host: str, port: int, count: int | None, ca: str) -> list[Connection]:
        units = list(self.units.values())
        if count is None:
            count = len(units) if len(units) <= OWN_CONNECTIONS_MAX else SHARED_CONNECTIONS
        count = max(1, min(count, len(units)))
        connections = []
        for number in range(count):
            share = units[number::count]
            name = share[0].machine.identity.id if len(share) == 1 else f"hub-{socket.gethostname()}-{self._chance.getrandbits(32):08x}"
            topics = [unit.machine.identity.down for unit in share]
            first = share[0].machine.identity
            connection = Connection(name, host, port, topics, len(share) == 1, (first.id, first.password) if first.password else None, ca)
            connection.before_connect = lambda c=connection, s=share: self._before_connect(c, s)
            connection.on_connected = lambda s=share: self._on_connected(s)
            connection.on_message = self._on_message
            for unit in share:
                unit.connection = connection
            connections.append(connection)
        return connections

    def _before_connect(self, connection: Connection, share: list[Unit]) -> None:
        with self._lock:
            for unit in share:
                unit.online, will = unit.machine.connecting()
                if connection.is_own:
                    connection.set_will(unit.machine.identity.up, will)

    def _on_connected(self, share: list[Unit]) -> None:
        with self._lock:
            for unit in share:
                if not unit.dark:
                    self._carry_out(unit, unit.machine.connected(time.monotonic(), unit.online))
                    self._plan(unit)

    def _on_message(self, topic: str, payload: bytes) -> None:
        parts = topic.split("/")
        unit = self.units.get(parts[2]) if len(parts) == 4 else None
        if unit is None:
            return
        with self._lock:
            for delay_s in self._down.carry():
                self._at(delay_s, lambda: self._hear(unit, topic, payload))

    def _hear(self, unit: Unit, topic: str, payload: bytes) -> None:
        if unit.dark:
            return
        now_s = time.monotonic()
        self._carry_out(unit, unit.machine.hear(now_s, topic, payload))
        for name in unit.pressed_at_s.keys() - unit.machine.unanswered.keys():
            self._on_received(unit.machine.identity.id, now_s - unit.pressed_at_s.pop(name))
        self._plan(unit)

    def _tick(self, unit: Unit) -> None:
        unit.tick_at_s = float("inf")
        if not unit.dark:
            self._carry_out(unit, unit.machine.tick(time.monotonic()))
            self._plan(unit)

    def _plan(self, unit: Unit) -> None:
        """Makes sure that the machine is asked again when something is due."""
        due_s = unit.machine.next_due_s()
        if due_s < unit.tick_at_s:
            unit.tick_at_s = due_s
            self._at(due_s - time.monotonic(), lambda: self._tick(unit))

    def _carry_out(self, unit: Unit, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Light):
                self._on_light(unit.machine.identity.id, action)
            elif unit.dark or unit.connection is None:
                continue
            elif isinstance(action, Publish):
                for delay_s in self._up.carry():
                    self._send(unit, action.payload, delay_s)
            elif isinstance(action, Reconnect) and unit.connection.is_own:
                unit.connection.cut()

    def _send(self, unit: Unit, payload: bytes, delay_s: float) -> None:
        topic, connection = unit.machine.identity.up, unit.connection
        if delay_s == 0:
            connection.publish(topic, payload)
        else:
            self._at(delay_s, lambda: connection.publish(topic, payload))

    def _at(self, delay_s: float, task: Callable[[], None]) -> None:
        with self._due:
            self._pushed += 1
            heapq.heappush(self._heap, (time.monotonic() + max(0.0, delay_s), self._pushed, task))
            self._due.notify()

    def _run(self) -> None:
        with self._due:
            while not self._stopping:
                now_s = time.monotonic()
                if self._heap and self._heap[0][0] <= now_s:
                    heapq.heappop(self._heap)[2]()
                else:
                    self._due.wait(self._heap[0][0] - now_s if self._heap else None)
