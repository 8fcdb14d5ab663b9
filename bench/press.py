"""Press → durable → on a connected responder's websocket: percentiles at 50 a second with random arrivals, then the highest rate kept up with.

Real Mosquitto, gateway and server as processes on this machine; every press comes from another button, so that each opens its own alarm,
with its plan, its log and an order for each of nine people. The floor (bare MQTT publish → subscribe, plus a websocket echo) is
measured in the same run. `python -m bench.press --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from bench.mqtt import Publisher, publish_packet
from bench.screens import Screen, cookies_of, open_screens
from bench.site import cpu_s, machine, running_site, site_options
from tests.stack import ROOT, Stack

OFFICES = 40
PEOPLE = 10
WARM = 100  # presses before those that count
SCREENS = 2  # with an open socket in each office; the first is the measured one


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def told(name: str, values: list[float]) -> str:
    return (
        f"{name}: p50 {percentile(values, 0.5) * 1000:.2f} ms, p90 {percentile(values, 0.9) * 1000:.2f}, p99 {percentile(values, 0.99) * 1000:.2f}, "
        f"max {max(values) * 1000:.1f} (n={len(values)})"
    )


def ratio(values: list[float], base: list[float]) -> str:
    return "ratio to the floor: p50 {:.1f}×, p99 {:.1f}×".format(*(percentile(values, share) / percentile(base, share) for share in (0.5, 0.99)))


def publisher(port: int, name: str) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
    client.on_socket_open = lambda _c, _u, sock: sock.setsockopt(6, 1, 1)
    client.max_inflight_messages_set(0)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def payload(device: str, office: str, key: bytes, counter: int) -> tuple[str, bytes]:
    topic = f"varde/{office}/{device}/up"
    line = json.dumps({"v": 1, "device": device, "boot": 1, "n": counter, "kind": "panic"}, separators=(",", ":")).encode()
    return topic, line + b"\n" + hmac.new(key, topic.encode() + b"\n" + line, hashlib.sha256).hexdigest().encode()


async def run_rate(
    client: Publisher, messages: list[tuple[bytes, bytes]], seen: dict[bytes, float], rate: float, rng: random.Random, patience_s: float
) -> tuple[list[float], float, int]:
    """Publishes at that rate with random arrivals. Gives latencies (seconds), how long until the last was seen, and how many were not."""
    sent: dict[bytes, float] = {}

    def publish() -> None:
        at = time.perf_counter()
        for name, packet in messages:
            at += rng.expovariate(rate)
            while (left := at - time.perf_counter()) > 0:
                time.sleep(left if left > 0.0005 else 0)
            sent[name] = time.perf_counter()
            client.send(packet)

    thread = threading.Thread(target=publish)
    started = time.perf_counter()
    thread.start()
    while thread.is_alive():
        await asyncio.sleep(0.05)
    waited = time.perf_counter()
    while sum(name in seen for name in sent) < len(sent) and time.perf_counter() - waited < patience_s:
        await asyncio.sleep(0.05)
    latencies = [seen[name] - sent[name] for name in sent if name in seen]
    last = max((seen[name] for name in sent if name in seen), default=started) - started
    return latencies, last, len(sent) - len(latencies)


async def floor(port: int, count: int) -> list[float]:
    """Bare MQTT publish → subscribe, and then a websocket echo: nothing with an outside broker and a socket is faster."""
    got: asyncio.Queue[float] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    listener, sender = publisher(port, "bench-floor-in"), publisher(port, "bench-floor-out")
    listener.on_message = lambda *_: loop.call_soon_threadsafe(got.put_nowait, time.perf_counter())
    listener.subscribe("bench/floor", 1)
    await asyncio.sleep(0.3)
    values = []

    async def echo(socket) -> None:  # type: ignore[no-untyped-def]
        async for message in socket:
            await socket.send(message)

    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        async with connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", compression=None) as socket:
            for _ in range(count):
                start = time.perf_counter()
                sender.publish("bench/floor", b"x" * 200, qos=1)
                await got.get()
                await socket.send("x" * 200)
                await socket.recv()
                values.append(time.perf_counter() - start)
                await asyncio.sleep(0.005)
    for client in (listener, sender):
        client.loop_stop()
        client.disconnect()
    return values


def watchers(offices: int) -> list[str]:
    """Who has a screen in this process."""
    return [f"o{o}-p{p}" for o in range(offices) for p in range(SCREENS)]


class Run:
    """A site with its screens open, and presses that nobody has made yet: every one from another button."""

    def __init__(self, options: argparse.Namespace, stack: Stack, presses: int, offices: int = OFFICES) -> None:
        self._people = watchers(offices)
        self.stack, self.rng, self.seen = stack, random.Random(options.seed), dict[bytes, float]()
        keys = {d["id"]: bytes.fromhex(d["key_hex"]) for d in stack.devices()}
        pool = [(f"o{o}-b{b}", f"o{o}") for b in range(presses // offices + 1) for o in range(offices)]
        self._prepared = iter(
            [(name.encode(), publish_packet(*payload(name, office, keys[name], 1), n % 65_535 + 1)) for n, (name, office) in enumerate(pool)]
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Run:
        cookies = cookies_of(self.stack, self._people)
        self._screens = [Screen(self.stack.url, person, self._saw if person.endswith("-p0") else None) for person in self._people]
        await open_screens(self._screens, cookies)
        self._tasks = [asyncio.create_task(screen.listen()) for screen in self._screens]
        self._client = Publisher(self.stack.broker_port, "bench-press")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._client.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _saw(self, names: list[bytes], at: float) -> None:
        for name in names:
            self.seen.setdefault(name, at)

    async def press(self, count: int, rate: float, patience_s: float) -> tuple[list[float], float, int, str]:
        """As `run_rate`; and what it cost."""
        messages = [next(self._prepared) for _ in range(count)]
        before = cpu_s(self.stack)
        latencies, last, lost = await run_rate(self._client, messages, self.seen, rate, self.rng, patience_s)
        spent = {name: f"{(after - before[name]) * 1000 / count:.2f}" for name, after in cpu_s(self.stack).items()}
        if lost:
            self._explain([name for name, _ in messages if name not in self.seen])
        return latencies, last, lost, "CPU ms a press: " + ", ".join(f"{name} {ms}" for name, ms in spent.items())

    def _explain(self, lost: list[bytes]) -> None:
        """A press that was not seen is the one thing that must not be: which, and whether its screen was still there."""
        closed = {screen.person_id: screen.socket.close_code for screen in self._screens if screen.socket and screen.socket.close_code is not None}
        print(f"not seen: {b' '.join(lost[:20]).decode()}; screens that were closed, and with which code: {closed}", flush=True)


async def at_fifty(options: argparse.Namespace, stack: Stack, presses: int) -> None:
    async with Run(options, stack, presses) as run:
        base = await floor(stack.broker_port, 400)
        print(told("floor (mqtt + websocket echo)", base))
        await run.press(WARM, 50, 10)
        latencies, _, lost, cost = await run.press(options.presses, 50, 30)
        print(told(f"press → screen at 50/s, fsync +{options.fsync_ms} ms", latencies), f"lost {lost}; {cost}")
        print(ratio(latencies, base))


async def at_rate(rate: int, options: argparse.Namespace, stack: Stack, presses: int) -> None:
    async with Run(options, stack, presses) as run:
        await run.press(WARM, 50, 10)
        count = int(rate * options.seconds)
        latencies, last, lost, cost = await run.press(count, rate, 60)
        verdict = "kept up" if last <= options.seconds * 1.1 + 0.5 and not lost else "DID NOT KEEP UP"
        print(told(f"{rate}/s for {options.seconds} s", latencies), f"drained at {(count - lost) / last:.0f}/s, lost {lost}, {verdict}; {cost}")


def disk(folder: Path) -> list[float]:
    """How long one durable write takes here, with what it is measured beside."""
    values = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            values.append(time.perf_counter() - start)
    return values


def preload(fsync_ms: int, folder: Path) -> dict[str, str]:
    """The environment that makes every fsync slower, or nothing."""
    if not fsync_ms:
        return {}
    library = folder / "fsync_delay.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(ROOT / "bench/fsync_delay.c"), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "BENCH_FSYNC_MS": str(fsync_ms)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=2000, help="at 50 a second")
    parser.add_argument("--rates", type=int, nargs="*", default=[500, 1000, 2000], help="presses a second to try to keep up with")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--fsync-ms", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    site_options(parser)
    options = parser.parse_args()
    print(f"{OFFICES} offices, {PEOPLE} people told by each press, {SCREENS} screens in each; {machine()}")
    if options.presses:
        on_fresh_site(options, options.presses + WARM, at_fifty)
    for rate in options.rates:
        on_fresh_site(options, int(rate * options.seconds) + WARM, partial(at_rate, rate))


def on_fresh_site(options: argparse.Namespace, presses: int, work: Callable[[argparse.Namespace, Stack, int], Coroutine[None, None, None]]) -> None:
    """Each figure on a site of its own: nobody answers these alarms, and thousands that repeat their last step would be another question."""
    with tempfile.TemporaryDirectory(prefix="varde-bench-", dir=options.folder) as name:
        print(told(f"one durable write here (+{options.fsync_ms} ms added in the run)", disk(Path(name))))
        with running_site(options, OFFICES, PEOPLE, presses // OFFICES + 1, preload(options.fsync_ms, Path(name))) as stack:
            asyncio.run(work(options, stack, presses))


if __name__ == "__main__":
    main()
