"""Runs bought hardware against a broker: one connection for each hub and each Shelly, as it would have."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from firmware_sim.bought import WORDS, Machine, Said, Thing, machines
from firmware_sim.connection import Connection

HEARTBEAT_MAX_S = 300.0


class Hubs:
    """`on_switched(device id, on)` is called from a connection's thread when a lamp or siren is switched."""

    def __init__(
        self,
        rows: Sequence[dict],
        host: str,
        port: int,
        legacy: bool = False,
        on_switched: Callable[[str, bool], None] = lambda device, on: None,
    ) -> None:
        self._on_switched = on_switched
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._of: dict[str, tuple[Machine, Thing, Connection]] = {}
        self._connections: list[tuple[Machine, Connection]] = []
        for machine in machines(rows, legacy):
            connection = Connection(f"bought-{machine.id}", host, port, list(machine.listens), is_own=True)
            will = machine.will()
            connection.before_connect = lambda c=connection, w=will: c.set_will(w.topic, w.payload, w.qos, w.retain)
            connection.on_connected = lambda m=machine, c=connection: self._say(c, m.connected(time.time()))
            connection.on_message = lambda topic, payload, m=machine, c=connection: self._hear(m, c, topic, payload)
            self._connections.append((machine, connection))
            self._of.update({thing.id: (machine, thing, connection) for thing in machine.things})
        self._beats = threading.Thread(target=self._run, name="hubs", daemon=True)

    @property
    def devices(self) -> list[str]:
        return list(self._of)

    def start(self) -> None:
        for _, connection in self._connections:
            connection.start()
        self._beats.start()

    def stop(self) -> None:
        """Each says that it goes, as a hub that is stopped does."""
        self._stopping.set()
        for machine, connection in self._connections:
            self._say(connection, [machine.will()])
            connection.stop()

    def connected(self) -> bool:
        return all(connection.connected for _, connection in self._connections)

    def press(self, device_id: str, word: str | None = None) -> str:
        """Publishes one press, once, and gives its topic. Raises KeyError for a stranger."""
        machine, thing, connection = self._of[device_id]
        with self._lock:
            said = machine.press(thing, word or WORDS[thing.dialect], time.time())
        self._say(connection, said)
        return said[-1].topic

    def flat_battery(self, device_id: str) -> None:
        self._of[device_id][1].battery = 5
        self._report(device_id)

    def tamper(self, device_id: str) -> None:
        self._of[device_id][1].tampered = True
        self._report(device_id)

    def availability(self, device_id: str, online: bool) -> None:
        machine, thing, connection = self._of[device_id]
        self._say(connection, [machine.availability(thing, online)])

    def junk(self) -> int:
        """What no alarm may come of, on every topic; gives how many messages."""
        said = [(connection, one) for machine, connection in self._connections for one in machine.junk()]
        for connection, one in said:
            self._say(connection, [one])
        return len(said)

    def cut(self, device_id: str) -> None:
        """Drops the line of the device's hub without a goodbye."""
        self._of[device_id][2].cut()

    def is_on(self, device_id: str) -> bool:
        return self._of[device_id][1].on

    def _report(self, device_id: str) -> None:
        machine, thing, connection = self._of[device_id]
        self._say(connection, [machine.report(thing, time.time())])

    def _hear(self, machine: Machine, connection: Connection, topic: str, payload: bytes) -> None:
        with self._lock:
            said, switched = machine.hear(topic, payload, time.time())
        self._say(connection, said)
        for thing in switched:
            self._on_switched(thing.id, thing.on)

    def _say(self, connection: Connection, said: Sequence[Said]) -> None:
        for one in said:
            connection.publish(one.topic, one.payload, one.qos, one.retain)

    def _run(self) -> None:
        """Signs of life, at half the time that each has promised."""
        due_s = {id(machine): time.monotonic() + _beat_s(machine) for machine, _ in self._connections}
        while not self._stopping.wait(0.2):
            for machine, connection in self._connections:
                if time.monotonic() >= due_s[id(machine)]:
                    due_s[id(machine)] = time.monotonic() + _beat_s(machine)
                    with self._lock:
                        said = machine.heartbeat(time.time())
                    self._say(connection, said)


def _beat_s(machine: Machine) -> float:
    return min(HEARTBEAT_MAX_S, *(thing.heartbeat_s / 2 for thing in machine.things), HEARTBEAT_MAX_S)
