"""A desk button as a state machine: time comes in, things to do come out. It repeats a press until it is told `received`."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from firmware_sim.protocol import Identity, check, say

REPEAT_MIN_S, REPEAT_MAX_S = 0.5, 1.5  # random, so that buttons that were pressed together do not stay in step
REPEATS_FAST = 30  # then slower: the network has been away for half a minute
REPEAT_SLOW_MIN_S, REPEAT_SLOW_MAX_S = 5.0, 10.0
RECONNECT_AFTER_REPEATS = 5  # a line can look alive and be dead; QoS 1 alone sends again only on a new connection
UNANSWERED_MAX = 16  # presses in its memory
ENDED_SHOWN_S = 10.0  # also *received* where no alarm has come of it: a test
SAYS = ("ask", "received", "coming", "there", "police", "called_off", "ended")


@dataclass(frozen=True, slots=True)
class Publish:
    payload: bytes


@dataclass(frozen=True, slots=True)
class Light:
    """What the light shows: off, sending, received, ask, coming, there, police, called_off, ended; `count` of people who come; `drill`: in the pattern of
    an exercise."""

    shows: str
    count: int = 0
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Reconnect:
    pass


Action = Publish | Light | Reconnect


@dataclass(slots=True)
class Unanswered:
    """A press that nobody has confirmed: its exact bytes, and when they go again."""

    payload: bytes
    repeat_at_s: float
    repeats: int = 0
    silent: bool = False  # duress: nothing near the person may show it


class Button:
    """Every method gets `now_s` (a steady clock) and gives the actions to take, in order. `boot` must grow at each start."""

    def __init__(self, identity: Identity, boot: int, chance: random.Random, wall_clock: Callable[[], float] | None = None) -> None:
        self.identity = identity
        self.boot = boot
        self.battery = 100.0
        self.light = Light("off")
        self.alarm: str | None = None
        self.said: dict[str | None, Light] = {}  # the newest word about each alarm, also what came while a press was being sent
        self.unanswered: dict[str, Unanswered] = {}
        self._chance = chance
        self._wall_clock = wall_clock  # None: a device without a clock
        self._n = 0
        self._heartbeat_at_s: float | None = None
        self._light_off_at_s: float | None = None

    def connecting(self) -> tuple[bytes, bytes]:
        """The `online` message to publish when connected, and the last will to hand in when connecting; in this order of numbers."""
        online = self._say("online")[1]
        return online, self._say("offline")[1]

    def connected(self, now_s: float, online: bytes) -> list[Action]:
        """Tells that it is there; then at once what it had not been answered."""
        self._heartbeat_at_s = now_s + self._chance.uniform(0.5, 1.0) * self.identity.heartbeat_s
        return [Publish(online), *(Publish(waiting.payload) for waiting in self.unanswered.values())]

    def press(self, now_s: float, kind: str = "panic", **more: object) -> list[Action]:
        """A gesture that must be heard."""
        if len(self.unanswered) >= UNANSWERED_MAX:
            return [Publish(waiting.payload) for waiting in self.unanswered.values()]  # nothing new to say that is not being said
        name, payload = self._say(kind, pressed_at=self._wall_clock() if self._wall_clock else None, **more)
        silent = kind == "duress"
        if kind != "call_off":  # a press takes back *called off*, and answers the question
            self.said = {alarm: light for alarm, light in self.said.items() if light.shows in ("coming", "there", "police")}
        self.unanswered[name] = Unanswered(payload, now_s + self._pause_s(0), silent=silent)
        return [*([] if silent else self._show(now_s, Light("sending"))), Publish(payload)]

    def hear(self, now_s: float, topic: str, payload: bytes) -> list[Action]:
        """Something on its `down` topic. Unsigned or strange words change nothing."""
        words = check(self.identity, topic, payload)
        if words is None:
            return []
        word = words.get("say")
        if word == "received" and "id" in words:
            return self._received(now_s, words)
        if word == "alarm" and isinstance(words.get("alarm"), str):
            self.alarm = words["alarm"]  # the press counts in this one from now on: a drill has become real
            return [] if self._sending() else self._show(now_s, Light("received", drill=words.get("drill") is True))
        if word not in SAYS:
            return []
        count, about = words.get("count"), words.get("alarm")
        light = Light(word, count if isinstance(count, int) and word == "coming" else 0, words.get("drill") is True)
        if self._sending():
            self.said[about] = light  # a newer press is not received yet: the light must not say better than that
            return []
        return [] if self.alarm and about != self.alarm else self._told(now_s, about, light)

    def tick(self, now_s: float) -> list[Action]:
        """Whatever is due: repeats, the heartbeat, the light that goes out."""
        actions: list[Action] = []
        for waiting in self.unanswered.values():
            if waiting.repeat_at_s <= now_s:
                waiting.repeats += 1
                waiting.repeat_at_s = now_s + self._pause_s(waiting.repeats)
                actions.append(Publish(waiting.payload))
                if waiting.repeats % RECONNECT_AFTER_REPEATS == 0:
                    actions.append(Reconnect())
        if self._heartbeat_at_s is not None and self._heartbeat_at_s <= now_s:
            self._heartbeat_at_s = now_s + self.identity.heartbeat_s
            actions.append(Publish(self._say("heartbeat")[1]))
        if self._light_off_at_s is not None and self._light_off_at_s <= now_s:
            actions += self._show(now_s, Light("off"))
        return actions

    def next_due_s(self) -> float:
        """When `tick` next has something to do."""
        dues = [waiting.repeat_at_s for waiting in self.unanswered.values()]
        dues += [due for due in (self._heartbeat_at_s, self._light_off_at_s) if due is not None]
        return min(dues, default=float("inf"))

    def tampered(self, now_s: float, open_: bool = True) -> list[Action]:
        return [Publish(self._say("tamper", detail="open" if open_ else "closed")[1])]

    def drained_to(self, now_s: float, percent: float) -> list[Action]:
        """The battery has changed: told at once when it is low, else by the next heartbeat."""
        self.battery = percent
        return [Publish(self._say("battery")[1])] if percent <= 20 else []

    def _received(self, now_s: float, words: dict) -> list[Action]:
        name = words.get("id")
        answered = self.unanswered.pop(name, None) if isinstance(name, str) else None
        if answered is None or answered.silent:
            return []  # the answer to a copy, or somebody else's; or one that must not show
        if isinstance(words.get("alarm"), str):
            self.alarm = words["alarm"]
        if self._sending():
            return []
        shown = self._told(now_s, self.alarm, self.said.get(self.alarm, Light("received")))
        if self.alarm is None and self.light.shows == "received":
            self._light_off_at_s = now_s + ENDED_SHOWN_S
        return shown

    def _told(self, now_s: float, about: str | None, light: Light) -> list[Action]:
        self.said = {} if light.shows == "ended" else {about: light}
        self.alarm = None if light.shows == "ended" else self.alarm
        return self._show(now_s, light)

    def _sending(self) -> bool:
        return any(not waiting.silent for waiting in self.unanswered.values())

    def _say(self, kind: str, **more: object) -> tuple[str, bytes]:
        self._n += 1
        return f"{self.identity.id}-{self.boot}-{self._n}", say(
            self.identity, self.boot, self._n, kind, battery=round(self.battery), **more
        )

    def _pause_s(self, repeats: int) -> float:
        if repeats < REPEATS_FAST:
            return self._chance.uniform(REPEAT_MIN_S, REPEAT_MAX_S)
        return self._chance.uniform(REPEAT_SLOW_MIN_S, REPEAT_SLOW_MAX_S)

    def _show(self, now_s: float, light: Light) -> list[Action]:
        self._light_off_at_s = now_s + ENDED_SHOWN_S if light.shows == "ended" else None
        if light == self.light:
            return []
        self.light = light
        return [light]
