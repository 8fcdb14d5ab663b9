"""The uplink: presses go in order and in batches, one bad signal delays nobody, and it never gives up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from device_gateway.log import ProgramLog
from device_gateway.server_link import Refused, Unreachable
from device_gateway.spool import Entry
from device_gateway.uplink import BATCH_MAX, Uplink, next_pause_s
from server.core.signals import Kind, Signal
from server.core.values import replace
from tests.device_gateway.peers import until

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def entry(number: int, kind: Kind = Kind.PANIC, detail: str | None = None) -> Entry:
    return Entry(number, Signal(f"s-{number}", kind, "nav", NOW, device_id="desk-1", detail=detail))


def receipt(signal: Signal, outcome: str = "opened", retry: bool = False) -> dict:
    return {"signal_id": signal.id, "outcome": outcome, "alarm_id": "a-1", "retry": retry}


class Server:
    """Stands for the server behind `post`: remembers batches; `answer(signals)` may be replaced."""

    def __init__(self) -> None:
        self.batches: list[list[Signal]] = []
        self.open = threading.Event()
        self.open.set()
        self.answer: Callable[[list[Signal]], list[dict]] = lambda signals: [receipt(signal) for signal in signals]

    def post(self, signals: list[Signal]) -> list[dict]:
        self.batches.append(list(signals))
        self.open.wait()
        return self.answer(signals)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def received():
    return []


@pytest.fixture
def uplink(server, received):
    uplink = Uplink(server.post, lambda pairs: received.extend(e.signal.id for e, _ in pairs), ProgramLog(lambda line: None))
    uplink.start()
    yield uplink
    server.open.set()
    uplink.stop(0.5)


def test_what_came_during_a_post_goes_next_in_order_and_at_most_200_at_once(uplink, server, received):
    server.open.clear()
    uplink.offer([entry(0)])
    until(lambda: server.batches)
    uplink.offer([entry(n) for n in range(1, 500)])
    server.open.set()
    until(lambda: len(received) == 500)
    assert received == [f"s-{n}" for n in range(500)]
    assert [len(batch) for batch in server.batches] == [1, BATCH_MAX, BATCH_MAX, 99]


def test_a_press_that_was_kept_back_says_for_how_long_and_one_that_goes_at_once_says_nothing(uplink, server, received):
    uplink.offer([entry(1)])
    until(lambda: received == ["s-1"])
    uplink.offer([replace(entry(2), heard_s=time.monotonic() - 61.0)])
    until(lambda: received == ["s-1", "s-2"])
    assert [signal.waited_s for batch in server.batches for signal in batch] == [0.0, pytest.approx(61.0, abs=5.0)]


def test_presses_go_before_quiet_signals(uplink, server, received):
    server.open.clear()
    uplink.offer([entry(1)])
    until(lambda: server.batches)
    uplink.offer_quiet(entry(-1, Kind.POSITION))
    uplink.offer([entry(2)])
    server.open.set()
    until(lambda: len(received) == 3)
    assert received == ["s-1", "s-2", "s--1"]


def test_it_tries_until_the_server_is_back_and_loses_nothing(uplink, server, received):
    tries = iter([Unreachable("away"), ValueError("ours"), Unreachable("away")])

    def answer(signals):
        for error in tries:
            raise error
        return [receipt(signal) for signal in signals]

    server.answer = answer
    uplink.offer([entry(1), entry(2)])
    until(lambda: len(received) == 2)
    assert received == ["s-1", "s-2"] and len(server.batches) == 4
    assert uplink.waiting() == 0


def test_pauses_grow_to_one_second_at_first_and_to_five_later():
    pauses, pause_s = [], 0.0
    for failing_for_s in (0, 1, 2, 3, 29, 31, 33, 60):
        pause_s = next_pause_s(pause_s, failing_for_s)
        pauses.append(pause_s)
    assert pauses == [0.2, 0.4, 0.8, 1.0, 1.0, 2.0, 4.0, 5.0]


def test_a_batch_that_is_refused_is_halved_until_the_bad_one_stands_alone(uplink, server, received):
    def answer(signals):
        if any(signal.detail == "bad" for signal in signals):
            raise Refused("http_422")
        return [receipt(signal) for signal in signals]

    server.answer = answer
    uplink.offer([entry(n, Kind.CALL_OFF, "bad" if n == 3 else None) for n in range(9)])
    until(lambda: len(received) == 8)
    assert sorted(received) == [f"s-{n}" for n in range(9) if n != 3]
    assert uplink.waiting() == 1


def test_a_press_that_is_refused_goes_in_its_plain_form(uplink, server, received):
    def answer(signals):
        if any(signal.detail == "bad" for signal in signals):
            raise Refused("http_422")
        return [receipt(signal) for signal in signals]

    server.answer = answer
    uplink.offer([entry(1, detail="bad")])
    until(lambda: received == ["s-1"])
    assert server.batches[-1][0].kind == Kind.PANIC and server.batches[-1][0].verified is False


def test_failed_without_retry_steps_aside_is_tried_again_and_delays_nobody(uplink, server, received):
    broken = {"s-1"}
    server.answer = lambda signals: [receipt(s, "failed") if s.id in broken else receipt(s) for s in signals]
    uplink.offer([entry(1), entry(2), entry(3)])
    until(lambda: received == ["s-2", "s-3"])
    broken.clear()
    until(lambda: received == ["s-2", "s-3", "s-1"])
    assert uplink.waiting() == 0


def test_failed_with_retry_and_a_missing_receipt_go_again(uplink, server, received):
    answers = iter([[("failed", True), None], [("opened", False), ("opened", False)]])

    def answer(signals):
        by_place = next(answers)
        return [receipt(s, *said) for s, said in zip(signals, by_place) if said]

    server.answer = answer
    uplink.offer([entry(1), entry(2)])
    until(lambda: received == ["s-1", "s-2"])


def test_a_server_whose_faults_hit_everything_still_gets_everything_when_it_is_mended(uplink, server, received):
    def broken(signals):
        raise Refused("http_500")

    healthy, server.answer = server.answer, broken
    uplink.offer([entry(n) for n in range(5)])
    until(lambda: len(server.batches) > 15)
    server.answer = healthy
    until(lambda: len(received) == 5)
