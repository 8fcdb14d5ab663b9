"""One drill over the whole country: 264 offices alarmed in one commit, 13,200 responders with an open screen each. How long from the commit until 99 %
of them, and all, have it on their socket; and how much memory the server takes. Then, in the midst of it, somebody presses in earnest: how soon the real
alarm is there, and how soon the exercise is over everywhere; and how long more real presses wait while all that is put away.

The bar: all within 1 s from the commit, the exercise over within 1 s of the real press, server at most 2 GiB, two cores. Real server and broker as
processes; the screens are in processes of their own (`bench/crowd.py`).
`python -m bench.national --help`.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import tempfile
import time
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from bench.crowd import Crowd, many_files
from bench.press import disk, percentile, told
from bench.screens import cookies_of
from bench.site import cpu_s, machine, write_site
from server.core.drill.exercise import SIZES
from tests.stack import Stack

START_S = 300
"""A server reads and checks 264 offices at its first start."""
COUNTDOWN_S = 8
PATIENCE_S = 60
SETTLED_S = 3
"""Receipts and who has been reached are written after the alarm has gone to all."""
REAL_PRESSES = 60
REAL_APART_S = 0.25
LEADER = "o0-p0"


def write_country(folder: Path, offices: int, people: int) -> Path:
    """As a bench site, with one person who leads everywhere."""
    site = write_site(folder, offices, people, 1)
    file = site / "o0.yaml"
    office = yaml.safe_load(file.read_text(encoding="utf-8"))
    office["people"][0]["also_in"] = [f"o{n}" for n in range(1, offices)]
    file.write_text(yaml.safe_dump(office, allow_unicode=True), encoding="utf-8")
    return site


class Leader:
    def __init__(self, url: str, cookie: str) -> None:
        self._url, self._cookie = url, cookie
        self.drill_id = ""

    def call(self, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Cookie": self._cookie, "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self._url + path, data, headers), timeout=60) as answer:
            return dict(json.loads(answer.read()))

    def act(self, drill_id: str, action: str, **fields: object) -> dict[str, object]:
        return self.call(f"/api/drills/{drill_id}/actions", {"id": f"tap-{action}-{time.time_ns()}", "action": action, **fields})


def new_exercise() -> dict[str, object]:
    text = {"nb": "Hele landet", "nn": "Heile landet", "en": "The whole country"}
    return {
        "title": text, "goal": text, "form": "function", "situation": "desk_alarm", "duration_min": 20, "notice": "unannounced", "roles": ["responder"],
        "per_year": {name: 1 for _, name in SIZES}, "setup": [], "injects": [], "targets": [], "questions": [],
    }  # fmt: skip


def measure(options: argparse.Namespace, stack: Stack) -> None:
    offices = [f"o{n}" for n in range(options.offices)]
    people = [f"{office}-p{n}" for office in offices for n in range(options.people)]
    signing_in = time.perf_counter()
    cookies = cookies_of(stack, people)
    print(f"{len(people)} signed in after {time.perf_counter() - signing_in:.0f} s", flush=True)
    opening, before = time.perf_counter(), cpu_s(stack)["server"]
    with Crowd(stack.url, list(cookies.values()), options.processes) as crowd:
        spent_s = cpu_s(stack)["server"] - before
        each_ms = spent_s / crowd.open * 1000
        print(f"{crowd.open} screens open after {time.perf_counter() - opening:.0f} s, {each_ms:.1f} ms of the server's CPU for each; "
              f"server {memory_mib(stack, 'VmRSS'):.0f} MiB", flush=True)  # fmt: skip
        leader = Leader(stack.url, cookies[LEADER])
        started_at = start(leader, offices)
        seen = Committed(stack)
        time.sleep(max(0.0, started_at - 0.5 - time.time()))
        before = cpu_s(stack)["server"]
        seen.wait(started_at + PATIENCE_S)
        spent = spending(stack)
        spent_s = cpu_s(stack)["server"] - before
        came = all_came(crowd, "drill", started_at + PATIENCE_S)
        report(leader, came, seen.at, spent_s, spent, stack)
        overtake(crowd, leader, stack, cookies, offices)


def all_came(crowd: Crowd, name: str, until: float) -> list[float | None]:
    """When each screen had this; asked for once a second, until all have it or the time is up."""
    came = crowd.came_at(name)
    while any(at is None for at in came) and time.time() < until:
        time.sleep(1)
        came = crowd.came_at(name)
    return came


def overtake(crowd: Crowd, leader: Leader, stack: Stack, cookies: dict[str, str], offices: list[str]) -> None:
    """A real press in one of the drill's offices, and one more every quarter of a second in others, until what was sent in the drill has long been sealed."""
    began, took_s = time.time(), []
    for number in range(min(REAL_PRESSES, len(offices) - 1)):
        presser = Leader(stack.url, cookies[f"{offices[1 + number]}-p2"])
        pressed = time.time()
        presser.call("/api/signals", {"id": str(uuid.uuid4()), "kind": "panic"})
        took_s.append(time.time() - pressed)
        time.sleep(max(0.0, REAL_APART_S - took_s[-1]))
    print(f"a real press in the midst of it: committed and answered after {took_s[0] * 1000:.0f} ms; the next {len(took_s) - 1}, one each "
          f"{REAL_APART_S} s: half within {percentile(sorted(took_s[1:]), 0.5) * 1000:.0f} ms, the slowest {max(took_s[1:]) * 1000:.0f} ms")  # fmt: skip
    here = [n for n, one in enumerate(cookies) if one.startswith(f"{offices[1]}-")]
    real, over = crowd.came_at("real"), crowd.came_at("over")
    for what, came in (("in the office has the real alarm", [real[n] for n in here]), ("of all has the end of the exercise", over)):
        arrivals = sorted(at - began for at in came if at is not None)
        if arrivals:
            half = percentile(arrivals, 0.5)
            print(f"{len(arrivals)} screens: the first {what} after {arrivals[0]:.2f} s, half after {half:.2f} s, the last after {arrivals[-1]:.2f} s")
    drill = leader.call(f"/api/drills/{leader.drill_id}")
    print(f"the exercise is {drill['state']}; {memory_mib(stack, 'VmHWM'):.0f} MiB at most")  # type: ignore[index]


def spending(stack: Stack) -> list[tuple[float, float]]:
    """For some seconds, many times: (when, seconds of CPU that the server has used). It says what the path costs also on a machine that others use."""
    found: list[tuple[float, float]] = []
    until = time.time() + SETTLED_S
    while time.time() < until:
        fields = Path(f"/proc/{stack.pid('server')}/stat").read_text().rsplit(")", 1)[1].split()
        found.append((time.time(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")))
        time.sleep(0.01)
    return found


class Committed:
    """Looks into the database every few milliseconds: when the drill's alarms are there, they have been committed."""

    LOOK_S = 0.005

    def __init__(self, stack: Stack) -> None:
        self._database = sqlite3.connect(f"file:{stack.folder / 'varde.db'}?mode=ro", uri=True, isolation_level=None)
        self.at: float | None = None

    def wait(self, until: float) -> None:
        while self.at is None and time.time() < until:
            time.sleep(self.LOOK_S)
            if self._database.execute("SELECT 1 FROM alarm LIMIT 1").fetchone():
                self.at = time.time()


def start(leader: Leader, offices: list[str]) -> float:
    """Plans, approves, consults and starts it, with a countdown. Gives when it begins."""
    now = datetime.now(UTC)
    leader_put(leader, "/api/exercises/national", {"office_id": offices[0], "version": 0, "exercise": new_exercise()})
    plan = {
        "id": "drill-national", "offices": offices, "exercise_id": "national", "name": "Hele landet", "leader_id": LEADER, "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(minutes=20)).isoformat(), "presses": [{"office_id": office, "zone_id": "mottak"} for office in offices],
    }  # fmt: skip
    drill_id = str(leader.call("/api/drills", plan)["drill"]["id"])  # type: ignore[index]
    leader.act(drill_id, "approve", yes=True)
    leader.act(drill_id, "consult", who="Verneombudet")
    drill = leader.act(drill_id, "start", in_s=COUNTDOWN_S)["drill"]
    leader.drill_id = drill_id
    return datetime.fromisoformat(drill["zero_at"]).timestamp()  # type: ignore[index]


def leader_put(leader: Leader, path: str, body: dict[str, object]) -> None:
    headers = {"Cookie": leader._cookie, "Content-Type": "application/json"}
    request = urllib.request.Request(leader._url + path, json.dumps(body).encode(), headers, method="PUT")
    urllib.request.urlopen(request, timeout=60).close()


def report(
    leader: Leader, came: list[float | None], committed: float | None, spent_s: float, spent: list[tuple[float, float]], stack: Stack
) -> None:
    drill = leader.call(f"/api/drills/{leader.drill_id}")
    decided = min(datetime.fromisoformat(one["given"]["at"]).timestamp() for one in drill["presses"] if one["given"])  # type: ignore[attr-defined, index]
    arrivals = sorted(at for at in came if at is not None)
    if not arrivals or committed is None:
        print("nothing came")
        return
    print(f"decided and committed in {committed - decided:.2f} s; first screen {arrivals[0] - committed:+.2f} s from the commit")
    half, most = (percentile(arrivals, share) - committed for share in (0.5, 0.99))
    last = arrivals[-1] - committed
    print(f"{len(arrivals)} of {len(came)} have it; from the commit: half after {half:.2f} s, 99 % after {most:.2f} s, the last after {last:.2f} s")
    on_the_way = max((cpu for at, cpu in spent if at <= arrivals[-1]), default=spent[0][1]) - spent[0][1]
    print(f"server: {on_the_way:.2f} s of CPU from the commit until the last had it, {on_the_way / len(came) * 1e6:.0f} µs for each person")
    each_us = spent_s / len(came) * 1e6
    print(f"server: {each_us:.0f} µs of CPU for each person until {SETTLED_S} s after the commit; {memory_mib(stack, 'VmHWM'):.0f} MiB at most")


def memory_mib(stack: Stack, what: str) -> float:
    lines = Path(f"/proc/{stack.pid('server')}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offices", type=int, default=264)
    parser.add_argument("--people", type=int, default=50, help="in each office, all with an open screen")
    parser.add_argument("--folder", type=Path, help="where the run's files lie; a memory disk such as /dev/shm takes the real disk out of the figures")
    parser.add_argument("--processes", type=int, default=2, help="that the screens are shared out to")
    options = parser.parse_args()
    many_files()  # the server's sockets too
    print(f"{options.offices} offices of {options.people}; {machine()}")
    with tempfile.TemporaryDirectory(prefix="varde-bench-", dir=options.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        site = write_country(folder / "site", options.offices, options.people)
        print(told("one durable write here", disk(folder)))
        starting = time.perf_counter()
        with Stack(folder / "run", site, demo=False, start_s=START_S) as stack:
            print(f"the server is ready after {time.perf_counter() - starting:.0f} s", flush=True)
            measure(options, stack)


if __name__ == "__main__":
    main()
