"""Bought hardware as state machines, written from its makers' documents alone: a Zigbee2MQTT hub with its devices, and Shellys.

Time comes in, things to publish come out. None of them repeats a press, waits for an answer or signs anything: that is how it is sold.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

WORDS = {"zigbee2mqtt": "single", "shelly-gen1": "S", "shelly-gen2": "single_push"}
"""What each says when it is pressed once."""
LIT = ("lamp", "sounder")


@dataclass(frozen=True, slots=True)
class Said:
    """One message. Presses go out at QoS 0 and not retained; how things are is retained."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 0


@dataclass(slots=True)
class Thing:
    """One device as it is listed: `address` on its hub or of its own, with `#1` where it is one input or relay of several."""

    id: str
    kind: str
    dialect: str
    address: str
    heartbeat_s: float = 600.0
    battery: float = 100.0
    on: bool = False
    tampered: bool = False

    @property
    def place(self) -> int:
        return int(self.address.partition("#")[2] or 0)


def _json(topic: str, words: object, retain: bool = False, qos: int = 0) -> Said:
    return Said(topic, json.dumps(words).encode(), retain, qos)


def _iso(wall_s: float) -> str:
    return datetime.fromtimestamp(wall_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class ZigbeeHub:
    """Zigbee2MQTT as docs/buttons.md sets it up. `legacy`: as older ones are set up, which say everything two or three times."""

    id: str
    base: str
    things: Sequence[Thing]
    legacy: bool = False

    @property
    def listens(self) -> tuple[str, ...]:
        return (f"{self.base}/#",)

    def will(self) -> Said:
        return _json(f"{self.base}/bridge/state", {"state": "offline"}, retain=True)

    def connected(self, wall_s: float) -> list[Said]:
        """What it says when it starts: that it is there, how it is set up, whom it knows, and how they were."""
        output = {"advanced": {"output": "json", "last_seen": "disable" if self.legacy else "ISO_8601"}}
        listed = [{"ieee_address": one.address, "friendly_name": one.address, "type": "EndDevice", "definition": None} for one in self.things]
        said = [_json(f"{self.base}/bridge/state", {"state": "online"}, retain=True), _json(f"{self.base}/bridge/devices", listed, retain=True)]
        said += [] if self.legacy else [_json(f"{self.base}/bridge/info", {"version": "2.7.0", "config": output}, retain=True)]
        for one in self.things:
            said += [self.availability(one, True), self.report(one, wall_s)]
        return said

    def heartbeat(self, wall_s: float) -> list[Said]:
        return [_json(f"{self.base}/bridge/health", {"timestamp": _iso(wall_s), "mqtt": {"connected": True}}, retain=True)]

    def press(self, thing: Thing, word: str, wall_s: float) -> list[Said]:
        topic = f"{self.base}/{thing.address}"
        body = self._state(thing, wall_s)
        if not self.legacy:
            return [_json(topic, {**body, "action": word})]
        return [_json(topic, {**body, "action": word}), _json(topic, {**body, "action": ""}), Said(f"{topic}/action", word.encode())]

    def report(self, thing: Thing, wall_s: float) -> Said:
        return _json(f"{self.base}/{thing.address}", self._state(thing, wall_s))

    def availability(self, thing: Thing, online: bool) -> Said:
        return _json(f"{self.base}/{thing.address}/availability", {"state": "online" if online else "offline"}, retain=True, qos=1)

    def hear(self, topic: str, payload: bytes, wall_s: float) -> tuple[list[Said], list[Thing]]:
        """Orders on `/set`: what it answers, and what is lit or dark now."""
        for one in self.things:
            if topic == f"{self.base}/{one.address}/set":
                words = _read(payload)
                if "state" in words:
                    one.on = words["state"] == "ON"
                elif isinstance(words.get("warning"), dict):
                    one.on = words["warning"].get("mode") != "stop"
                elif "alarm" in words:
                    one.on = words["alarm"] is True
                return [self.report(one, wall_s)], [one]
        return [], []

    def junk(self) -> list[Said]:
        """What a broker may hold of other times and other people: an old press, halves of messages, things that are none of ours."""
        address = self.things[0].address if self.things else "0x1"
        return [
            _json(f"{self.base}/{address}", {"action": "single", "battery": 90}, retain=True),
            Said(f"{self.base}/{address}/action", b"emergency", True),
            Said(f"{self.base}/stue lampe", b'{"state": "O', True),
            Said(f"{self.base}/bridge/logging", b"\xff\xfe"),
            _json(f"{self.base}/temperatur", {"temperature": 21.5, "action": None}),
            Said(f"{self.base}/bridge/definitions", b"[" + b" " * 600_000 + b"]", True),
        ]

    def _state(self, thing: Thing, wall_s: float) -> dict[str, object]:
        state: dict[str, object] = {"linkquality": 120}
        if not self.legacy:
            state["last_seen"] = _iso(wall_s)
        if thing.kind in LIT:
            state["state"] = "ON" if thing.on else "OFF"
        return {**state, "battery": round(thing.battery), "tamper": thing.tampered}


@dataclass(slots=True)
class Shelly:
    """One Shelly of the second generation or later: its inputs are buttons, its relays lamps."""

    id: str
    prefix: str
    things: Sequence[Thing]

    @property
    def listens(self) -> tuple[str, ...]:
        return (f"{self.prefix}/rpc", f"{self.prefix}/command/#")

    def will(self) -> Said:
        return Said(f"{self.prefix}/online", b"false", True)

    def connected(self, wall_s: float) -> list[Said]:
        return [Said(f"{self.prefix}/online", b"true", True), self._notice("NotifyFullStatus", wall_s, self._status())]

    def heartbeat(self, wall_s: float) -> list[Said]:
        return [self._notice("NotifyStatus", wall_s, {"sys": {"uptime": int(wall_s) % 1_000_000}})]

    def press(self, thing: Thing, word: str, wall_s: float) -> list[Said]:
        return [self._event(thing, one, wall_s) for one in ("btn_down", "btn_up", word)]

    def report(self, thing: Thing, wall_s: float) -> Said:
        return self._notice("NotifyStatus", wall_s, self._status())

    def availability(self, thing: Thing, online: bool) -> Said:
        return Said(f"{self.prefix}/online", b"true" if online else b"false", True)

    def hear(self, topic: str, payload: bytes, wall_s: float) -> tuple[list[Said], list[Thing]]:
        words = _read(payload)
        params = words.get("params")
        if topic == f"{self.prefix}/rpc" and words.get("method") == "Sys.GetStatus":
            return [_json(f"{words.get('src')}/rpc", {"id": words.get("id"), "src": self.prefix, "result": {"uptime": 11}})], []
        if topic != f"{self.prefix}/rpc" or words.get("method") not in ("Switch.Set", "Light.Set") or not isinstance(params, dict):
            return [], []
        lit = [one for one in self.things if one.kind in LIT and one.place == params.get("id")]
        for one in lit:
            one.on = params.get("on") is True
        answer = _json(f"{words.get('src')}/rpc", {"id": words.get("id"), "src": self.prefix, "result": {"was_on": False}})
        return [answer, self._notice("NotifyStatus", wall_s, self._status())], lit

    def junk(self) -> list[Said]:
        return [
            Said(f"{self.prefix}/events/rpc", self._event(Thing("", "button", "", "x#0"), "single_push", 1_672_130_534.52).payload, True),
            Said(f"{self.prefix}/status/input:0", b'{"id": 0, "state": null}', True),
            Said(f"{self.prefix}/status/sys", b"\x00\xff" * 50),
        ]

    def _event(self, thing: Thing, word: str, wall_s: float) -> Said:
        event = {"component": f"input:{thing.place}", "id": thing.place, "event": word, "ts": round(wall_s, 2)}
        return self._notice("NotifyEvent", wall_s, {"events": [event]})

    def _notice(self, method: str, wall_s: float, params: dict[str, object]) -> Said:
        body = {"src": self.prefix, "dst": f"{self.prefix}/events", "method": method, "params": {"ts": round(wall_s, 2), **params}}
        return _json(f"{self.prefix}/events/rpc", body)

    def _status(self) -> dict[str, object]:
        return {f"{'switch' if one.kind in LIT else 'input'}:{one.place}": {"id": one.place, **({"output": one.on} if one.kind in LIT else {"state": None})}
                for one in self.things}  # fmt: skip


@dataclass(slots=True)
class ShellyGen1:
    """One of the first generation. It numbers its presses, and says the last one again every half minute."""

    id: str
    name: str
    things: Sequence[Thing]
    counts: dict[int, tuple[str, int]] = field(default_factory=dict)

    @property
    def listens(self) -> tuple[str, ...]:
        return (f"shellies/{self.name}/#", "shellies/command")

    def will(self) -> Said:
        return Said(f"shellies/{self.name}/online", b"false")

    def connected(self, wall_s: float) -> list[Said]:
        return [Said(f"shellies/{self.name}/online", b"true"), _json("shellies/announce", {"id": self.name, "new_fw": False}), *self.heartbeat(wall_s)]

    def heartbeat(self, wall_s: float) -> list[Said]:
        said = [_json(f"shellies/{self.name}/input_event/{n}", {"event": word, "event_cnt": count}) for n, (word, count) in self.counts.items()]
        return said or [Said(f"shellies/{self.name}/temperature", b"41.2")]

    def press(self, thing: Thing, word: str, wall_s: float) -> list[Said]:
        count = self.counts.get(thing.place, ("", 0))[1] + 1
        self.counts[thing.place] = (word, count)
        own = f"shellies/{self.name}"
        pressed = _json(f"{own}/input_event/{thing.place}", {"event": word, "event_cnt": count})
        return [Said(f"{own}/input/{thing.place}", b"1"), Said(f"{own}/input/{thing.place}", b"0"), pressed]

    def report(self, thing: Thing, wall_s: float) -> Said:
        return Said(f"shellies/{self.name}/sensor/battery", str(round(thing.battery)).encode())

    def availability(self, thing: Thing, online: bool) -> Said:
        return Said(f"shellies/{self.name}/online", b"true" if online else b"false")

    def hear(self, topic: str, payload: bytes, wall_s: float) -> tuple[list[Said], list[Thing]]:
        lit = [one for one in self.things if one.kind in LIT and topic == f"shellies/{self.name}/relay/{one.place}/command"]
        for one in lit:
            one.on = payload == b"on"
        return [Said(f"shellies/{self.name}/relay/{one.place}", b"on" if one.on else b"off") for one in lit], lit

    def junk(self) -> list[Said]:
        return [
            _json(f"shellies/{self.name}/input_event/0", {"event": "S", "event_cnt": 1}, retain=True),
            Said(f"shellies/{self.name}/info", b"{", True),
        ]


Machine = ZigbeeHub | Shelly | ShellyGen1


def machines(rows: Sequence[dict], legacy: bool = False) -> list[Machine]:
    """The hubs and Shellys behind these rows of a devices file: `{"id","kind","dialect","address","hub","heartbeat_s"}`."""
    things = [Thing(r["id"], r.get("kind", "button"), r["dialect"], r["address"], float(r.get("heartbeat_s", 600))) for r in rows if r.get("dialect")]
    behind = {row["id"]: row.get("hub") for row in rows}
    made: list[Machine] = []
    for hub in [one for one in things if one.kind == "hub" and one.dialect == "zigbee2mqtt"]:
        made.append(ZigbeeHub(hub.id, hub.address, [one for one in things if behind[one.id] == hub.id], legacy))
    for dialect, make in (("shelly-gen2", Shelly), ("shelly-gen1", ShellyGen1)):
        alone = [one for one in things if one.dialect == dialect]
        for name in dict.fromkeys(one.address.partition("#")[0] for one in alone):
            same = [one for one in alone if one.address.partition("#")[0] == name]
            made.append(make(same[0].id, name, same))
    return made


def _read(payload: bytes) -> dict:
    try:
        words = json.loads(payload)
    except ValueError:
        return {}
    return words if isinstance(words, dict) else {}
