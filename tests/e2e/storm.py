"""A storm: buttons that are pressed all the time while parts of the site are killed, hang and are stopped, by one seed; and screens that watch it."""

from __future__ import annotations

import heapq
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import psycopg
from websockets.exceptions import WebSocketException

from firmware_sim.fleet import Fleet
from firmware_sim.protocol import Identity
from tests.e2e.parts import Caller, hear, hello, live
from tests.stack import Stack

WAITING_MOST = 16
"""Presses that one button waits for: whoever is not answered does not press faster and faster."""
DOWN_MOST = 2
HOWS = ("killed", "hangs", "stopped")


class Presser:
    """Presses at random buttons, so many a second. `pressed`: the ids of all that was ever pressed."""

    def __init__(self, stack: Stack, rate: float, chance: random.Random) -> None:
        rows = stack.devices()
        identities = [Identity(r["id"], r["office"], r["kind"], r["name"], bytes.fromhex(r["key_hex"]), float(r["heartbeat_s"])) for r in rows]
        self.waited_s: list[float] = []
        self.fleet = Fleet(identities, "127.0.0.1", stack.broker_port, seed=1, on_received=lambda _, seconds: self.waited_s.append(seconds))
        self._names = [identity.id for identity in identities]
        self._rate, self._chance = rate, chance
        self.pressed: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self.fleet.start()
        while not self.fleet.connected():
            time.sleep(0.05)
        self._thread.start()

    def end(self) -> None:
        """No more presses; what is not answered is repeated on."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        next_s = time.monotonic()
        while not self._stopping.is_set():
            next_s = max(next_s + self._chance.expovariate(self._rate), time.monotonic() - 0.5)
            if (left_s := next_s - time.monotonic()) > 0:
                time.sleep(left_s)
            name = next((one for one in self._chance.sample(self._names, 5) if len(self.fleet.units[one].machine.unanswered) < WAITING_MOST), None)
            if name is not None:
                self.fleet.act(name, self._press)

    def _press(self, button, now_s: float) -> list:  # type: ignore[no-untyped-def, type-arg]
        actions = button.press(now_s)
        self.pressed.update(button.unanswered)
        return actions


class Watcher:
    """A screen as the app is one: connects for ever, resumes where it was, and the newest version of an alarm takes the older one's place."""

    def __init__(self, stack: Stack, person_id: str) -> None:
        self._stack = stack
        caller = Caller(stack, person_id)
        self._cookie = caller.cookie
        caller.stop()
        self.views: dict[str, dict] = {}  # type: ignore[type-arg]
        self.connections = 0
        self._epoch: str | None = None
        self._seq: dict[str, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def open(self) -> dict[str, str]:
        """The open alarms that it shows: id → who pressed."""
        return {id_: view["presser"]["device"] for id_, view in list(self.views.items()) if view["state"] not in ("RESOLVED", "CANCELLED")}

    def _run(self) -> None:
        while not self._stopping.is_set():
            with suppress(OSError, WebSocketException, TimeoutError, json.JSONDecodeError):
                with live(self._stack, self._cookie) as socket:
                    socket.send(hello(epoch=self._epoch, seq=self._seq))
                    welcome = hear(socket, "welcome", 20)
                    if welcome["snapshot"]:
                        self.views.clear()
                    self._epoch = welcome["epoch"]
                    self.connections += 1
                    self._take(welcome)
                    while not self._stopping.is_set():
                        frame = json.loads(socket.recv(timeout=25))  # silent for longer: the app makes a new connection, too
                        self._take(frame)
                        if frame["type"] == "alarms":
                            socket.send(json.dumps({"type": "got", "seq": frame["seq"]}))
            time.sleep(0.3)

    def _take(self, frame: dict) -> None:  # type: ignore[type-arg]
        for view in frame.get("alarms", ()):
            if view["version"] >= self.views.get(view["id"], {"version": -1})["version"]:
                self.views[view["id"]] = view
        self._seq.update(frame["seq"] if isinstance(frame.get("seq"), dict) else {})


class Faults:
    """What happens to the site: each part in each way, in an order that the seed decides, some of it at once; and in the end all is well."""

    def __init__(self, stack: Stack, chance: random.Random) -> None:
        self._stack, self._chance = stack, chance
        self._parts = [*stack.gateways, *stack.servers, "broker", "redis", "postgres"]
        self._deck: list[tuple[str, str]] = []
        self._down: dict[str, str] = {}
        self._mend: list[tuple[float, str]] = []
        self.done: Counter[str] = Counter()

    def run(self, seconds: float) -> None:
        end_s, next_s = time.monotonic() + seconds, time.monotonic() + 2
        while (now_s := time.monotonic()) < end_s:
            while self._mend and self._mend[0][0] <= now_s:
                self._restore(heapq.heappop(self._mend)[1])
            if now_s >= next_s and len(self._down) < DOWN_MOST:
                self._break()
                next_s = time.monotonic() + self._chance.uniform(1.5, 5.0)
            time.sleep(0.05)
        self.heal()

    def heal(self) -> None:
        for part in list(self._down):
            self._restore(part)
        self._mend.clear()

    def _break(self) -> None:
        if not self._deck:
            self._deck = [(part, how) for part in self._parts for how in HOWS]
            self._chance.shuffle(self._deck)
        part, how = next((one for one in self._deck if one[0] not in self._down), (None, None))
        if part is None or how is None:
            return
        self._deck.remove((part, how))
        {"killed": self._stack.kill, "hangs": self._stack.freeze, "stopped": self._stop}[how](part)
        self._down[part] = how
        self.done[f"{part} {how}"] += 1
        heapq.heappush(self._mend, (time.monotonic() + self._chance.uniform(0.3, 4.0), part))

    def _stop(self, part: str) -> None:
        if part == "broker":
            self._stack.broker.stop()
        elif part in ("redis", "postgres"):
            service = self._stack.redis if part == "redis" else self._stack.postgres
            assert service is not None
            service.end(signal.SIGTERM if part == "redis" else signal.SIGINT)
        else:
            self._stack.stop(part)

    def _restore(self, part: str) -> None:
        how = self._down.pop(part)
        self._stack.thaw(part) if how == "hangs" else self._stack.restart(part)


class Audit:
    """Asks the database each second, whenever it answers: is there an open alarm that nothing will move?"""

    def __init__(self, stack: Stack) -> None:
        assert stack.postgres is not None
        self._postgres = stack.postgres
        self.asked, self.without_deadline = 0, 0
        self._stopping = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(1):
            with suppress(psycopg.Error):
                self.without_deadline += open_without_deadline(self._postgres.execute)
                self.asked += 1


def open_without_deadline(ask: Callable[[str], list[tuple[object, ...]]]) -> int:
    [(count,)] = ask("SELECT COUNT(*) FROM alarm WHERE state NOT IN ('RESOLVED', 'CANCELLED') AND due_us IS NULL")
    assert isinstance(count, int)
    return count
