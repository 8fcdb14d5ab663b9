"""A hundred alarms at once, each to the same 500 connected responders, orders included: how long until the last screen has the last alarm.

`python -m bench.burst --help`. The bar: at most 1 s from the first press to the last screen.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from functools import partial

from bench.press import payload, publisher, told
from bench.screens import Screen, cookies_of, open_screens
from bench.site import machine, running_site, site_options
from tests.stack import Stack


PATIENCE_S = 60


def note(wanted: set[bytes], seen: dict[bytes, float], found: list[bytes], at: float) -> None:
    for name in found:
        if name in wanted:
            seen.setdefault(name, at)


async def measure(options: argparse.Namespace, stack: Stack) -> None:
    people = [f"o0-p{p}" for p in range(options.people)]
    cookies = cookies_of(stack, people)
    client = publisher(stack.broker_port, "bench-burst")
    keys = {d["id"]: bytes.fromhex(d["key_hex"]) for d in stack.devices()}
    names = [f"o0-b{one}" for one in range(options.alarms)]
    wanted = {name.encode() for name in names}
    seen: dict[str, dict[bytes, float]] = {person: {} for person in people}
    screens = [Screen(stack.url, person, partial(note, wanted, seen[person])) for person in people]
    await open_screens(screens, cookies)
    tasks = [asyncio.create_task(screen.listen()) for screen in screens]
    await asyncio.sleep(1)
    messages = [payload(name, "o0", keys[name], 1) for name in names]
    started = time.perf_counter()
    for topic, body in messages:
        client.publish(topic, body, qos=1)
    while any(len(of) < len(wanted) for of in seen.values()) and time.perf_counter() - started < PATIENCE_S:
        await asyncio.sleep(0.02)
    arrivals = [at - started for of in seen.values() for at in of.values()]
    missing = len(people) * len(wanted) - len(arrivals)
    if arrivals:
        print(f"{options.alarms} alarms × {len(people)} screens:", told("press → screen", arrivals), f"missing {missing}; the last after {max(arrivals):.2f} s")
    else:
        print(f"nothing came within {PATIENCE_S} s; the server said:\n{stack.log(stack.servers[0])[-2000:]}")
    client.loop_stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for screen in screens:
        screen.hang_up()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alarms", type=int, default=100)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    site_options(parser)
    options = parser.parse_args()
    print(machine())
    for _ in range(options.rounds):  # each on a fresh site: what an unanswered storm goes on doing is another question
        with running_site(options, 1, options.people, options.alarms) as stack:
            asyncio.run(measure(options, stack))


if __name__ == "__main__":
    main()
