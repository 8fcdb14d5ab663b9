"""Presses while the whole country is on line: 264 offices, 16,896 devices that say each half minute that they live, and a screen for each of 13,200
people, which pings and is spoken to each ten seconds. Press → durable → on a connected responder's websocket, at 50 a second; and what the heartbeats
cost by themselves.

Real Mosquitto, gateway and server as processes; the devices and most of the screens are in processes of their own (`bench/fleet.py`,
`bench/crowd.py`), with a connection for each. `python -m bench.country --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.crowd import Crowd, many_files
from bench.fleet import Fleet
from bench.national import START_S, memory_mib
from bench.press import WARM, Run, floor, ratio, told, watchers
from bench.screens import cookies_of
from bench.site import BEAT_S, cpu_s, machine, write_site
from firmware_sim.protocol import Identity
from server.store.sql import SqlStore
from tests.stack import Stack

TOLD = 10
"""People in each office who are told of a press; the others see it."""


def fleet_of(stack: Stack) -> list[Identity]:
    return [Identity(one["id"], one["office"], one["kind"], key=bytes.fromhex(one["key_hex"])) for one in stack.devices() if "-d" in one["id"]]


def measure(options: argparse.Namespace, stack: Stack) -> None:
    measured = set(watchers(options.offices))
    people = [f"o{o}-p{p}" for o in range(options.offices) for p in range(options.people)]
    cookies = cookies_of(stack, [one for one in people if one not in measured])
    devices = fleet_of(stack)
    with Crowd(stack.url, list(cookies.values()), 2) as crowd, Fleet(stack.broker_port, devices) as fleet:
        print(f"{crowd.open} screens and {fleet.connected} devices are there", flush=True)
        asyncio.run(pressed(options, stack, {"screens": crowd.pids, "devices": [fleet.pid]}))
        store = SqlStore(stack.database_url)
        states = Counter(state.state for state in store.devices([one.id for one in devices]).values())
        store.close()
    print(f"how the server knows these devices: {dict(states)}; server {memory_mib(stack, 'VmHWM'):.0f} MiB at most")


async def pressed(options: argparse.Namespace, stack: Stack, others: dict[str, list[int]]) -> None:
    async with Run(options, stack, options.presses + WARM, options.offices) as run:
        await asyncio.sleep(BEAT_S)  # each has said once that it lives
        before, since_s = cpu_s(stack, others), time.perf_counter()
        await asyncio.sleep(BEAT_S)
        took_s = time.perf_counter() - since_s
        spent = {name: f"{(after - before[name]) / took_s * 100:.0f}" for name, after in cpu_s(stack, others).items()}
        print("heartbeats alone, % of a core:", ", ".join(f"{name} {share}" for name, share in spent.items()), flush=True)
        base = await floor(stack.broker_port, 400)
        print(told("floor (mqtt + websocket echo), beside them", base))
        await run.press(WARM, 50, 10)
        latencies, _, lost, cost = await run.press(options.presses, 50, 30)
        print(told("press → screen at 50/s", latencies), f"lost {lost}; {cost}, what the heartbeats cost meanwhile among it")
        print(ratio(latencies, base))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offices", type=int, default=264)
    parser.add_argument("--people", type=int, default=50, help="in each office, all with an open screen")
    parser.add_argument("--devices", type=int, default=64, help="in each office, beside the buttons that are pressed")
    parser.add_argument("--presses", type=int, default=1000, help="at 50 a second, each from another button")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the run's files lie; a memory disk such as /dev/shm takes the real disk out of the figures")
    options = parser.parse_args()
    many_files()  # the server's sockets and the broker's too
    print(f"{options.offices} offices of {options.people} people and {options.devices} devices; {machine()}")
    with tempfile.TemporaryDirectory(prefix="varde-bench-", dir=options.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        buttons = (options.presses + WARM) // options.offices + 1
        site = write_site(folder / "site", options.offices, TOLD, buttons, options.devices, options.people - TOLD)
        with Stack(folder / "run", site, demo=False, save_every_change=False, start_s=START_S) as stack:
            measure(options, stack)


if __name__ == "__main__":
    main()
