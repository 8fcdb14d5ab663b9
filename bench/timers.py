"""100,000 people out on visits: how late their deadlines are when they reach the vendor of SMS (and with `--presses` beside buttons that are pressed, each
an alarm of its own), how fast new ones are set, and how soon all that is due has been said after `kill -9`.

A real server as a process, on SQLite and on PostgreSQL, with an SMS vendor of our own that writes down when each message came. The visits are put
into the database beforehand, spread over their half hours as they would be at noon: each second some are reminded, and some are late. Nobody
answers. `python -m bench.timers --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from bench import press
from bench.press import OFFICES, percentile
from bench.screens import cookies_of
from bench.site import machine
from server.core.orders import Say
from server.core.values import replace
from server.core.visit.draft import due_of
from server.core.visit.model import Heard, Visit, VisitState, Where, Why
from server.core.visit.settings import DEFAULT, Risk, Times
from server.store.contract import Change
from server.store.migrate import migrate
from server.store.sql import SqlStore
from tests.sms_vendor import Vendor, site_with_sms
from tests.stack import Stack

PEOPLE = 25
INTERVAL_S = 1800
FILLED_EACH_S, LEAD_S = 3000, 15
"""How long filling and starting are given before the first deadline."""
SETTLED_S = 5
TOGETHER = 500
HANDS = 8
RECOVERED_S = 15


@dataclass
class Expected:
    """One message that must come: which visit, which word, and when it is due (seconds since 1970)."""

    visit_id: str
    say: Say
    due: float


def visits_out(count: int, noon: datetime) -> Iterator[Visit]:
    """Visits that run, with deadlines spread evenly over half an hour after `noon`; what they have been reminded of by then is done."""
    for n in range(count):
        office, person = n % OFFICES, (n // OFFICES) % PEOPLE
        worker, contact = f"o{office}-p{person}", f"o{office}-p{(person + 1) % PEOPLE}"
        deadline = noon + timedelta(seconds=INTERVAL_S * n / count)
        started = deadline - timedelta(seconds=INTERVAL_S)
        times = Times(interval_s=INTERVAL_S)
        passed = sum(deadline - timedelta(seconds=before) <= noon for before in times.notices_s)
        visit = Visit(
            f"v-{n:06}", 1, f"o{office}", VisitState.OUT, "other_outside", (worker,), Where("Fjellveien 3"), started, deadline + timedelta(hours=2), Risk.LOW,
            times, contact_id=contact, contact_accepted=True, started_at=started, deadline_at=deadline, why=Why.INTERVAL, number=1, noticed=passed,
            heard=Heard(started, "start", worker),
        )  # fmt: skip
        yield replace(visit, due_at=due_of(visit, started, DEFAULT))


def expected(count: int, noon: datetime, until: datetime) -> list[Expected]:
    """The reminders and the first question of the chase that fall between noon and `until`."""
    found = []
    for n in range(count):
        deadline = noon + timedelta(seconds=INTERVAL_S * n / count)
        for say, before in ((Say.VISIT_NOTICE, 600), (Say.VISIT_NOTICE, 300), (Say.VISIT_LATE, 0)):
            due = deadline - timedelta(seconds=before)
            if noon < due <= until:
                found.append(Expected(f"v-{n:06}", say, due.timestamp()))
    return found


def matched(wanted: list[Expected], vendor: Vendor) -> list[tuple[Expected, float | None]]:
    """Each with when it came, or None. Of one word to one visit, the first to come is the first due."""
    came: dict[tuple[str, Say], list[float]] = defaultdict(list)
    for (visit_id, word, _), at in sorted(vendor.came.copy().items(), key=lambda one: one[0][2]):
        came[visit_id, word].append(at)
    found = []
    for one in sorted(wanted, key=lambda one: one.due):
        arrived = came[one.visit_id, one.say]
        found.append((one, arrived.pop(0) if arrived else None))
    return found


def lateness(found: list[tuple[Expected, float | None]]) -> str:
    late = [at - one.due for one, at in found if at is not None]
    if not late:
        return f"nothing came, {len(found)} lost"
    p50, p99 = (percentile(late, share) * 1000 for share in (0.5, 0.99))
    early = sum(one < 0 for one in late)
    return f"p50 {p50:.0f} ms, p99 {p99:.0f}, max {max(late) * 1000:.0f}, early {early}, lost {len(found) - len(late)} (n={len(found)})"


def fill(url: str, count: int, noon: datetime) -> float:
    """Puts the visits into the database; gives how many a second."""
    migrate(url)
    store, began = SqlStore(url), time.perf_counter()
    batch: list[tuple[int, Visit]] = []
    for visit in visits_out(count, noon):
        batch.append((0, visit))
        if len(batch) == TOGETHER:
            store.commit(Change(noon, visits=batch))
            batch = []
    store.commit(Change(noon, visits=batch))
    store.close()
    return count / (time.perf_counter() - began)


def arm(stack: Stack, count: int, seconds: float, hands: int, moved: set[str]) -> tuple[int, float]:
    """People check in through the front door, each setting a deadline with its notices. Gives how many, and how many a second. Whose deadline
    was moved is put into `moved`: what was due by the old one must not come."""
    people = [f"o{n}-p0" for n in range(hands)]
    cookies, done, ends = cookies_of(stack, people), [0] * hands, time.perf_counter() + seconds

    def check_in(hand: int) -> None:
        own = [n for n in range(count) if n % OFFICES == hand and (n // OFFICES) % PEOPLE == 0]
        with httpx.Client(base_url=stack.url, headers={"cookie": cookies[people[hand]], "origin": stack.url}) as client:
            for turn in range(10**6):
                if time.perf_counter() > ends:
                    return
                body = {"id": f"bench-{hand}-{turn:07}", "action": "check_in"}
                visit_id = f"v-{own[turn % len(own)]:06}"
                moved.add(visit_id)
                client.post(f"/api/visits/{visit_id}/actions", json=body).raise_for_status()
                done[hand] += 1

    began = time.perf_counter()
    with ThreadPoolExecutor(hands) as pool:
        list(pool.map(check_in, range(hands)))
    return sum(done), sum(done) / (time.perf_counter() - began)


def press_beside(options: argparse.Namespace, stack: Stack, name: str, first: datetime) -> None:
    """From that moment on, for as long as the lateness is measured."""

    async def pressed() -> tuple[list[float], int]:
        count = presses_of(options)
        async with press.Run(options, stack, count) as run:
            await asyncio.sleep((first - datetime.now(UTC)).total_seconds())
            latencies, _, lost, _ = await run.press(count, options.presses, 10)
            return latencies, lost

    latencies, lost = asyncio.run(pressed())
    print(press.told(f"{name}: beside it {options.presses:g} presses a second, press → screen", latencies), f"lost {lost}", flush=True)


def presses_of(options: argparse.Namespace) -> int:
    return int(options.presses * options.seconds)


def run(options: argparse.Namespace, postgres: bool) -> None:
    name = "PostgreSQL" if postgres else "SQLite"
    with tempfile.TemporaryDirectory(prefix="varde-bench-", dir=options.folder) as temporary:
        folder, vendor = Path(temporary), Vendor()
        folder.chmod(0o755)
        # filling and starting take a while, and what came due meanwhile is not what is measured
        noon = datetime.now(UTC) + timedelta(seconds=options.visits / FILLED_EACH_S + LEAD_S)

        def prepare(url: str) -> None:
            print(f"{name}: {options.visits} visits out, {fill(url, options.visits, noon):.0f} a second into the database", flush=True)

        site = site_with_sms(folder / "site", vendor.url, OFFICES, PEOPLE, presses_of(options) // OFFICES + 1)
        with Stack(folder / "run", site, demo=False, postgres=postgres, redis=False, prepare=prepare) as stack:
            measure(options, name, stack, vendor, noon)
        vendor.stop()


def measure(options: argparse.Namespace, name: str, stack: Stack, vendor: Vendor, noon: datetime) -> None:
    first = max(noon, datetime.now(UTC)) + timedelta(seconds=SETTLED_S)
    _sleep_until(first - timedelta(seconds=SETTLED_S))
    cpu = _cpu_s(stack.pid("server"))
    until = first + timedelta(seconds=options.seconds)
    if options.presses:
        press_beside(options, stack, name, first)
    _sleep_until(until + timedelta(seconds=3))
    load = (_cpu_s(stack.pid("server")) - cpu) / (SETTLED_S + options.seconds + 3)
    found = between(first, until, options.visits, noon, vendor)
    moved: set[str] = set()
    rate = len(found) / options.seconds
    print(f"{name}: lateness at {rate:.0f} messages a second for {options.seconds:.0f} s: {lateness(found)}; server {load * 100:.0f} % of a core", flush=True)
    if options.arm:
        done, rate = arm(stack, options.visits, options.arm, HANDS, moved)
        print(f"{name}: {rate:.0f} check-ins a second through the door, each a new deadline ({done} in all)", flush=True)
    killed = datetime.now(UTC)
    stack.kill("server")
    time.sleep(options.away)
    started = datetime.now(UTC)
    stack.start("server")
    ready = datetime.now(UTC)
    _sleep_until(ready + timedelta(seconds=RECOVERED_S))
    found = between(killed, ready, options.visits, noon, vendor, moved)
    said = [at for _, at in found if at is not None]
    recovered_s = max(said, default=ready.timestamp()) - started.timestamp()
    print(f"{name}: after kill -9 and {options.away:.0f} s away, ready {(ready - started).total_seconds():.1f} s after its start; the last of {len(found)} "
          f"that came due meanwhile said after {recovered_s:.1f} s, {len(found) - len(said)} lost", flush=True)  # fmt: skip
    all_of_them = between(first, datetime.now(UTC) - timedelta(seconds=3), options.visits, noon, vendor, moved)
    print(f"{name}: from first to last, kill included: {lateness(all_of_them)}", flush=True)
    for one, _ in [one for one in all_of_them if one[1] is None][:20]:
        print(f"{name}: lost: {one.say} of {one.visit_id}, due {one.due - killed.timestamp():+.1f} s from the kill", flush=True)


def between(
    first: datetime, last: datetime, count: int, noon: datetime, vendor: Vendor, moved: Iterable[str] = ()
) -> list[tuple[Expected, float | None]]:
    """What was due then, with when it came; without those whose deadline has been moved."""
    left_out = set(moved)
    everything = matched(expected(count, noon, last), vendor)
    return [(one, at) for one, at in everything if one.due > first.timestamp() and one.visit_id not in left_out]


def _sleep_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60, help="how long the lateness is measured")
    parser.add_argument("--presses", type=float, default=0, help="of buttons, a second, meanwhile")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--arm", type=float, default=8, help="for how many seconds people check in")
    parser.add_argument("--away", type=float, default=0, help="how many seconds the server is away after the kill")
    parser.add_argument("--on", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--folder", type=Path, help="where the run's files lie; a memory disk such as /dev/shm takes the real disk out of the figures")
    options = parser.parse_args()
    print(machine(), flush=True)
    for postgres in ((False,), (True,), (False, True))[("sqlite", "postgresql", "both").index(options.on)]:
        run(options, postgres)


if __name__ == "__main__":
    main()
