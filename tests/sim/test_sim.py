"""The simulation: whatever breaks, when things heal every promise has been kept. VARDE_SIM_SEEDS sets how many seeds are run."""

from __future__ import annotations

import os

import pytest

from tests.sim.run import kept_seeds, run_seed

SEEDS = int(os.environ.get("VARDE_SIM_SEEDS", "300"))
CHUNK = 50


@pytest.mark.parametrize("seed", kept_seeds())
def test_a_seed_that_failed_once_holds(seed: int) -> None:
    assert run_seed(seed).wrong is None


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, SEEDS + 1, CHUNK))
def test_every_promise_is_kept_whatever_breaks(first: int) -> None:
    for seed in range(first, min(first + CHUNK, SEEDS + 1)):
        ended = run_seed(seed)
        if ended.wrong:
            story = "\n".join(ended.story[-60:])
            pytest.fail(f"seed {seed}: {ended.wrong}\n{story}\nAll of it: python -m tests.sim.run --seed {seed}. Keep it in seeds.txt.")


def test_one_seed_decides_the_world() -> None:
    first, second = run_seed(7), run_seed(7)
    assert first.story == second.story
    assert len(first.story) > 20


def test_the_world_is_not_empty() -> None:
    """Many commits, kills, cuts and ends: a simulation in which nothing happens would keep every promise."""
    stories = [line for seed in range(1, 41) for line in run_seed(seed).story]
    for happened in (
        "is killed",
        "clock jumps",
        "a drill begins",
        "edits its plan",
        "line is cut",
        "RESOLVED",
        "duress",
        "is armed",
        "joined",
        "is not heard of any more",
        "is forced to check out",
        "OVERDUE",
        "overdue",
        "this_is_real",
        "became_real",
        "armed for a drill",
        "extended",
        "writes '1'",
        "presses '1'",
        "by SMS",
        "inbound",
        "a drill is planned",
        "RUNNING: pressed",
        "STOPPED: stopped",
        "the proof's broker: broken",
        "the proof's gateway: broken",
        "the proof's screens: broken",
    ):
        assert any(happened in line for line in stories), f"in forty seeds there was never: {happened}"
