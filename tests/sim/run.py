"""Runs seeds: `python -m tests.sim.run --seed 7` tells the story of one, `--seeds 1000` counts how many hold."""

from __future__ import annotations

import argparse
import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.core.values import replace
from server.flow import pins
from tests.flow.people import the_directory
from tests.sim.faults import happen, sickness
from tests.sim.after_commit import Broken
from tests.sim.store import FaultyStore
from tests.sim.world import HEALED_S, World

KEPT = Path(__file__).with_name("seeds.txt")
"""Seeds that have once failed. They are always run."""


@dataclass(frozen=True)
class Ended:
    """What became of one seed. `wrong` is None where every promise was kept."""

    seed: int
    wrong: str | None
    story: list[str]
    simulated_s: float
    commits: int


def run_seed(seed: int, wrap: Callable[[FaultyStore], object] | None = None) -> Ended:
    """One world from its first press to its end."""
    wrong = None
    with quiet(), cheap_pins():
        world = World(seed, wrap)
        try:
            with sickness(world):
                live(world)
        except Broken as broken:
            wrong = str(broken)
        except Exception as error:  # a door raised: that is a mistake too
            where = traceback.extract_tb(error.__traceback__)[-1]
            wrong = f"doors_never_raise: {type(error).__name__}: {error} ({where.name}, line {where.lineno})"
    if wrong:
        world.tell(f"BROKEN {wrong}")
    return Ended(seed, wrong, world.story, world.time_s, world.watch.commits)


def live(world: World) -> None:
    faults_s = world.random.uniform(60, 240)
    happen(world, faults_s)
    world.after(1.0, lambda: _look(world))
    world.run(faults_s)
    world.heal()
    world.directory = replace(world.directory, plans=the_directory().plans)
    until_s = world.time_s + 15  # what waits on phones and in the spool comes first
    world.run(until_s)
    world.run(until_s + HEALED_S, enough=lambda: not under_way(world))
    world.run(world.time_s + 60)  # the all-clear goes out
    world.watch.at_the_end()


def under_way(world: World) -> bool:
    still = world.open_alarms() or world.open_visits() or world.store.running_drills()
    return bool(still or world.gateway.spool or world.providers.under_way)


def _look(world: World) -> None:
    world.watch.each_second()
    world.after(1.0, lambda: _look(world))


@contextmanager
def quiet() -> Iterator[None]:
    """The program log speaks of every injected fault: nobody wants to read that."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def cheap_pins() -> Iterator[None]:
    """Real PINs cost 10 ms a try, on purpose."""
    before = dict(pins.COST)
    pins.COST.update(n=2, r=1)
    try:
        yield
    finally:
        pins.COST.update(before)


def kept_seeds() -> list[int]:
    lines = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []
    return [int(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


def main() -> int:
    parser = argparse.ArgumentParser(description="The simulated world of Varde.")
    parser.add_argument("--seed", type=int, help="tell the story of this seed")
    parser.add_argument("--seeds", type=int, default=200, help="run so many")
    parser.add_argument("--first", type=int, default=1, help="begin with this one")
    asked = parser.parse_args()
    if asked.seed is not None:
        ended = run_seed(asked.seed)
        print("\n".join(ended.story))
        print(ended.wrong or f"all promises kept in {ended.simulated_s:.0f} simulated seconds and {ended.commits} commits")
        return int(ended.wrong is not None)
    started, failed, commits = time.monotonic(), 0, 0
    for seed in range(asked.first, asked.first + asked.seeds):
        ended = run_seed(seed)
        commits += ended.commits
        if ended.wrong:
            failed += 1
            print(f"seed {seed}: {ended.wrong}", flush=True)
    spent_s = time.monotonic() - started
    print(f"{asked.seeds} seeds, {failed} failed, {commits} commits, {asked.seeds / spent_s:.1f} seeds a second")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
