"""Ready, degraded, not ready: each in words, and within its time also where the database hangs."""

from __future__ import annotations

import threading

import pytest

from server.flow import readiness as module
from server.flow.auditor import Finding
from server.flow.readiness import BACKUP_OLD_S, DISK_LOW_BYTES, SAYS, Readiness
from server.store.contract import GatewayState
from server.store.memory import MemoryStore
from tests.flow.house import House


def readiness(house: House, alive: bool = True, not_looked_s: float = 0.1, redis: bool | None = None) -> Readiness:
    return Readiness(house.context, {"intake": lambda: True, "ticker": lambda: alive}, lambda: not_looked_s, None, lambda: redis)


def words(one: Readiness) -> list[str]:
    return [problem.what for problem in one.problems()]


def test_nothing_is_wrong_where_all_is_well(house: House) -> None:
    house.store.set_gateway(GatewayState("g-1", house.clock.now))
    assert words(readiness(house, redis=True)) == [] and readiness(house).carries()


def test_a_part_that_has_ended_is_named_and_a_restart_is_wanted(house: House) -> None:
    one = readiness(house, alive=False)
    [problem] = one.problems()
    assert problem.what == "thread_down" and problem.fatal and problem.says.endswith("(ticker)") and "Restart" in problem.says
    assert not one.carries()


def test_deadlines_that_nobody_looks_at_make_a_server_unready(house: House) -> None:
    [problem] = readiness(house, not_looked_s=5.1).problems()
    assert problem.what == "ticker_late" and problem.fatal


def test_without_redis_a_server_is_ready_all_the_same(house: House) -> None:
    [problem] = readiness(house, redis=False).problems()
    assert problem.what == "redis" and not problem.fatal and "Nothing is lost" in problem.says


def test_what_is_wrong_elsewhere_makes_no_server_unready(house: House) -> None:
    house.store.set_gateway(GatewayState("g-1", house.clock.now, broker="down"))
    house.press()
    house.clock.push(46)
    found = readiness(house).problems()
    assert {problem.what for problem in found} == {"overdue", "stale_orders", "silent_gateway"}
    assert not any(problem.fatal for problem in found)


def test_a_database_that_hangs_is_said_in_time_and_heals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    hangs, asked = threading.Event(), threading.Semaphore(0)

    class Hanging(MemoryStore):
        def health(self, *instants):  # type: ignore[no-untyped-def]
            asked.release()
            hangs.wait(20)
            return super().health(*instants)

    one = readiness(House(Hanging()))
    assert words(one) == ["database"] and words(one) == ["database"]
    assert asked.acquire(timeout=5) and not asked.acquire(blocking=False), "a database that hangs costs one thread, however often it is asked"
    hangs.set()
    monkeypatch.setattr(module, "LOOK_S", 20)
    assert words(one) == []
    one.stop()


def test_a_database_that_is_away_is_said_and_the_worst_comes_first(house: House) -> None:
    class Away(MemoryStore):
        def health(self, *instants):  # type: ignore[no-untyped-def]
            raise OSError("no route")

    found = readiness(House(Away()), redis=False).problems()
    assert [problem.what for problem in found] == ["database", "redis"] and "no route" not in found[0].says


def test_a_database_that_answers_but_saves_nothing_carries_no_alarm() -> None:
    class Full(MemoryStore):
        def saves(self) -> bool:
            return False

    [problem] = readiness(House(Full())).problems()
    assert problem.what == "not_saved" and problem.fatal


@pytest.mark.parametrize(("free", "found"), [(DISK_LOW_BYTES - 1, ["disk_low"]), (DISK_LOW_BYTES, [])])
def test_a_disk_that_is_nearly_full_is_said_before_it_is(house: House, free: int, found: list[str]) -> None:
    one = Readiness(house.context, {}, lambda: 0.0, disk_free=lambda: free)
    assert [(problem.what, problem.fatal) for problem in one.problems()] == [(what, False) for what in found]
    one.stop()


@pytest.mark.parametrize(("age_s", "found"), [(BACKUP_OLD_S + 1, ["backup_old"]), (BACKUP_OLD_S, [])])
def test_copies_that_are_made_no_more_are_said(house: House, age_s: float, found: list[str]) -> None:
    one = Readiness(house.context, {}, lambda: 0.0, backup_age_s=lambda: age_s)
    assert [(problem.what, problem.fatal) for problem in one.problems()] == [(what, False) for what in found]
    one.stop()


def test_every_finding_of_the_auditor_has_words(house: House) -> None:
    import inspect
    import re

    from server.flow import auditor

    found = set(re.findall(r'Finding\("(\w+)"', inspect.getsource(auditor)))
    assert len(found) >= 7 and found <= set(SAYS)
    assert Finding("overdue", 1).detail == ""
