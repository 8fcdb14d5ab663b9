"""`python -m firmware_sim.colleagues URL`: pretend colleagues in the demo, who answer exercises so that there is something to watch. Never a real alarm.

They are phones: each signs in, keeps a socket open, says what it has drawn, and taps as people do, each in his own time. They read nothing but what
a screen is given.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

AGAIN_S = 2.0
TEMPERS = ((4, 12), (6, 25), (10, 45), (3, 8))
"""Within how many seconds somebody answers, and then arrives: the quick, the usual, the slow, the one beside the door."""


@dataclass
class Colleague:
    """One pretend person with a phone. `known`: the alarms of exercises that he has begun to answer."""

    url: str
    person_id: str
    seed: int

    def __post_init__(self) -> None:
        self.random = random.Random(f"{self.seed}{self.person_id}")
        self.known: set[str] = set()
        self.cookie = ""

    def live(self, stop: threading.Event) -> None:
        """Until told to stop; a server that is away is tried again."""
        while not stop.is_set():
            try:
                self.cookie = _sign_in(self.url, self.person_id)
                address = self.url.replace("http", "ws", 1) + "/api/live"
                with connect(address, additional_headers={"Cookie": self.cookie}, max_size=None, compression=None) as socket:
                    self._follow(socket, stop)
            except (OSError, WebSocketException, ValueError):
                stop.wait(AGAIN_S)

    def _follow(self, socket: ClientConnection, stop: threading.Event) -> None:
        socket.send(json.dumps({"type": "hello", "epoch": None, "seq": {}, "surface": "phone", "zone_id": None}))
        while not stop.is_set():
            try:
                said = json.loads(socket.recv(timeout=1.0))
            except TimeoutError:
                continue
            if said.get("type") == "proof":  # the daily proof: each screen answers by itself
                socket.send(json.dumps({"type": "proof", "id": said["id"]}))
            if said.get("type") not in ("welcome", "alarms"):
                continue
            socket.send(json.dumps({"type": "got", "seq": said["seq"]}))
            for alarm in said["alarms"]:
                if wants_answer(alarm) and alarm["id"] not in self.known:
                    self.known.add(alarm["id"])
                    threading.Thread(target=self._answer, args=(socket, alarm, stop), daemon=True).start()

    def _answer(self, socket: ClientConnection, alarm: dict[str, Any], stop: threading.Event) -> None:
        """Looks, answers, comes, ticks the first steps, and is there. Whoever is not asked to come does nothing."""
        first_s, there_s = self.random.choice(TEMPERS)
        if stop.wait(self.random.uniform(0.5, first_s)):
            return
        with contextlib.suppress(WebSocketException, OSError):
            socket.send(json.dumps({"type": "seen", "alarm_id": alarm["id"]}))
        answered = self._tap(alarm["id"], "acknowledge" if self.random.random() < 0.9 else "decline")
        me = (answered or {}).get("me", {})
        if me.get("stage") not in ("coming", "taken") or stop.wait(self.random.uniform(3, there_s)):
            return
        if me["stage"] == "coming":
            self._tap(alarm["id"], "arrive")
        elif "mark" in me.get("can", ()):
            self._tap(alarm["id"], "mark", mark="police_called")

    def _tap(self, alarm_id: str, action: str, **fields: object) -> dict[str, Any] | None:
        body = {"id": str(uuid.uuid4()), "action": action, "age_s": 0.2, **fields}
        with contextlib.suppress(urllib.error.URLError, ValueError):
            return dict(_post(f"{self.url}/api/alarms/{alarm_id}/actions", body, self.cookie).get("alarm") or {})
        return None


def wants_answer(alarm: dict[str, Any]) -> bool:
    """Only what is an exercise, and only where this person was told and may answer."""
    return alarm.get("drill") is not None and alarm["me"]["told"] and "acknowledge" in alarm["me"]["can"] and alarm["me"]["stage"] is None


def _sign_in(url: str, person_id: str) -> str:
    request = urllib.request.Request(f"{url}/api/demo/session", json.dumps({"person_id": person_id}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.headers["Set-Cookie"]).partition(";")[0]


def _post(url: str, body: dict[str, object], cookie: str) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", "Cookie": cookie})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.loads(answer.read()))


def people(url: str) -> list[str]:
    """Everybody whom the demo lets sign in with a phone."""
    with urllib.request.urlopen(f"{url}/api/demo/people", timeout=10) as answer:
        return [row["id"] for row in json.loads(answer.read())["people"] if row["surface"] == "phone"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m firmware_sim.colleagues", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="the demo's address, such as http://127.0.0.1:8080")
    parser.add_argument("--but", default="", help="ids of people whom you play yourself, with commas between")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same tempers")
    options = parser.parse_args(arguments)
    url, stop = options.url.rstrip("/"), threading.Event()
    while True:
        try:
            named = [one for one in people(url) if one not in options.but.split(",")]
            break
        except urllib.error.HTTPError:
            print(f"{url} is not a demo: pretend colleagues answer only there.", file=sys.stderr)
            return 1
        except OSError:
            time.sleep(AGAIN_S)
    threads = [threading.Thread(target=Colleague(url, one, options.seed).live, args=(stop,), daemon=True) for one in named]
    for thread in threads:
        thread.start()
    print(f"{len(named)} pretend colleagues answer exercises at {url}: {', '.join(named)}", flush=True)
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        stop.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
