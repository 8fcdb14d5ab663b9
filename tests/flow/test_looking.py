"""A thread that looks: at the time that it named, when it is rung for, and again after a mistake; and it ends when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from server.flow.bell import Bell
from server.flow.looking import Looking


def until(true: Callable[[], bool], within_s: float = 30) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def test_it_looks_again_at_the_time_that_it_named() -> None:
    times: list[float] = []

    def look() -> float:
        times.append(time.monotonic())
        return 0.05

    thread = Looking("test", look)
    thread.start()
    until(lambda: len(times) >= 3)
    thread.stop()
    assert not thread.alive and all(after - before >= 0.045 for before, after in zip(times, times[1:]))


def test_only_its_own_topics_wake_it_and_none_is_missed_while_it_looks() -> None:
    looks, going, on = [], threading.Event(), threading.Event()
    bell = Bell()

    def look() -> float:
        looks.append(1)
        going.set()
        on.wait(10)
        return 600

    thread = Looking("test", look, bell, lambda topics: "mine" in topics)
    thread.start()
    assert going.wait(10)
    bell.ring("mine")  # while it looks: it must look again, since it may have read before that
    on.set()
    until(lambda: len(looks) == 2)
    bell.ring("another")
    time.sleep(0.1)
    assert len(looks) == 2
    bell.ring("mine", "another")
    until(lambda: len(looks) == 3)
    thread.stop()
    bell.ring("mine")
    assert not thread.alive and not bell._listeners


def test_what_is_rung_while_it_gives_way_is_seen_by_the_same_look() -> None:
    looks: list[int] = []
    bell = Bell()
    thread = Looking("test", lambda: looks.append(1) or 600, bell, lambda topics: True, give_way=lambda: bell.ring("more"))
    thread.start()
    until(lambda: len(looks) == 1)
    bell.ring("one")
    until(lambda: len(looks) == 2)
    time.sleep(0.1)
    thread.stop()
    assert len(looks) == 2


def test_a_mistake_is_said_and_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    looks: list[int] = []

    def look() -> float:
        looks.append(1)
        if len(looks) < 3:
            raise OSError("away")
        return 600

    thread = Looking("test", look, again_s=0.01)
    thread.start()
    until(lambda: len(looks) == 3)
    thread.stop()
    assert [record.message for record in caplog.records] == ["test_failed", "test_failed"]


def test_the_last_thing_is_done_once_after_the_last_look() -> None:
    done: list[str] = []
    thread = Looking("test", lambda: done.append("look") or 600, last=lambda: done.append("last"))
    thread.start()
    until(lambda: done == ["look"])
    thread.stop()
    assert done == ["look", "last"]


def test_it_can_be_stopped_before_it_was_started() -> None:
    bell = Bell()
    thread = Looking("test", lambda: 600, bell, lambda topics: True)
    thread.stop()
    assert not thread.alive and not bell._listeners
