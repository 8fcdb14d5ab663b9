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
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from bench.screens import Screen, cookie_of, open_screens
from bench.site import write_site
from tests.stack import ROOT, Stack

OFFICES = 40
PEOPLE = 10
SCREENS = 2  # with an open socket in each office; the first is the measured one


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def told(name: str, values: list[float]) -> str:
    return (
        f"{name}: p50 {percentile(values, 0.5) * 1000:.2f} ms, p90 {percentile(values, 0.9) * 1000:.2f}, p99 {percentile(values, 0.99) * 1000:.2f}, "
        f"max {max(values) * 1000:.1f} (n={len(values)})"
    )


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
    client: mqtt.Client, messages: list[tuple[bytes, str, bytes]], seen: dict[bytes, float], rate: float, rng: random.Random, patience_s: float
) -> tuple[list[float], float, int]:
    """Publishes at that rate with random arrivals. Gives latencies (seconds), how long until the last was seen, and how many were not."""
    sent: dict[bytes, float] = {}

    def publish() -> None:
        at = time.perf_counter()
        for name, topic, body in messages:
            at += rng.expovariate(rate)
            while (left := at - time.perf_counter()) > 0:
                time.sleep(left if left > 0.0005 else 0)
            sent[name] = time.perf_counter()
            client.publish(topic, body, qos=1)

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


async def measure(options: argparse.Namespace, stack: Stack) -> None:
    rng = random.Random(options.seed)
    keys = {d["id"]: bytes.fromhex(d["key_hex"]) for d in stack.devices()}
    pool = [(f"o{o}-b{b}", f"o{o}") for b in range(options.buttons) for o in range(OFFICES)]
    prepared = iter([(name.encode(), *payload(name, office, keys[name], 1)) for name, office in pool])
    seen: dict[bytes, float] = {}

    def saw(names: list[bytes], at: float) -> None:
        for name in names:
            seen.setdefault(name, at)

    people = [f"o{o}-p{p}" for o in range(OFFICES) for p in range(SCREENS)]
    cookies = {person: cookie_of(stack.url, person) for person in people}
    screens = [Screen(stack.url, person, saw if person.endswith("-p0") else (lambda *_: None)) for person in people]
    await open_screens(screens, cookies)
    tasks = [asyncio.create_task(screen.listen()) for screen in screens]
    base = await floor(stack.broker_port, 400)
    print(told("floor (mqtt + websocket echo)", base))
    client = publisher(stack.broker_port, "bench-press")
    await run_rate(client, [next(prepared) for _ in range(100)], seen, 50, rng, 10)  # warm
    latencies, _, lost = await run_rate(client, [next(prepared) for _ in range(options.presses)], seen, 50, rng, 30)
    print(told(f"press → screen at 50/s, fsync +{options.fsync_ms} ms", latencies), f"lost {lost}")
    print(f"ratio to the floor: p50 {percentile(latencies, 0.5) / percentile(base, 0.5):.1f}×, p99 {percentile(latencies, 0.99) / percentile(base, 0.99):.1f}×")
    for rate in options.rates:
        await asyncio.sleep(2)
        count = int(rate * options.seconds)
        latencies, last, lost = await run_rate(client, [next(prepared) for _ in range(count)], seen, rate, rng, 60)
        kept_up = last <= options.seconds * 1.1 + 0.5 and not lost
        verdict = "kept up" if kept_up else "DID NOT KEEP UP"
        print(told(f"{rate}/s for {options.seconds} s", latencies), f"drained at {(count - lost) / last:.0f}/s, lost {lost}, {verdict}")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


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
    parser.add_argument("--folder", type=Path, help="where the run's files lie; a memory disk such as /dev/shm takes the real disk out of the figures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every-change", action="store_true", help="Mosquitto as a small office has it; good for some hundreds a second")
    options = parser.parse_args()
    needed = 100 + options.presses + int(sum(options.rates) * options.seconds)
    options.buttons = needed // OFFICES + 1
    with tempfile.TemporaryDirectory(prefix="varde-bench-", dir=options.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        site = write_site(folder / "site", OFFICES, PEOPLE, options.buttons)
        print(f"{OFFICES} offices, {PEOPLE} people told by each press, {SCREENS} screens in each, {OFFICES * options.buttons} buttons")
        print(told(f"one durable write here (+{options.fsync_ms} ms added in the run)", disk(folder)))
        with Stack(folder / "run", site, preload(options.fsync_ms, folder), save_every_change=options.save_every_change) as stack:
            print(stack.broker.describe())
            asyncio.run(measure(options, stack))


if __name__ == "__main__":
    main()
