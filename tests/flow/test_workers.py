"""A channel's own threads: whoever hangs there holds up nobody else, and is given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from server.core.orders import Result, Say
from server.flow import workers
from server.flow.workers import Job, Workers
from server.senders.contract import Outcome
from tests.flow.house import House


class Vendor:
    """Hangs until it is let go, but for those recipients that it answers at once."""

    def __init__(self, answers: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self.answers, self.go = set(answers), threading.Event()
        self.asked: list[str] = []
        self.answering: list[bool] = []

    def __call__(self, job: Job, answers: bool) -> Outcome:
        self.asked.append(job.order.recipient)
        self.answering.append(answers)
        if job.order.recipient not in self.answers:
            self.go.wait(30)
        return Outcome(Result.ACCEPTED)


@pytest.fixture
def jobs(house: House) -> dict[str, Job]:
    alarm = house.press()
    return {order.recipient: Job(order, alarm, "sms", "a", house.clock.now) for order in house.orders(alarm, Say.ALARM) if "device" not in order.recipient}


@pytest.fixture
def done() -> dict[str, Outcome]:
    return {}


@pytest.fixture
def hung(done: dict[str, Outcome]) -> Iterator[tuple[Vendor, Workers]]:
    vendor = Vendor()
    one = Workers("sms", vendor, lambda job, outcome: done.update({job.order.recipient: outcome}), most=1)
    yield vendor, one
    vendor.go.set()
    one.stop()


def until(holds, seconds: float = 5) -> None:  # type: ignore[no-untyped-def]
    give_up = time.monotonic() + seconds
    while not holds() and time.monotonic() < give_up:
        time.sleep(0.005)
    assert holds(), "it never happened"


def later() -> float:
    return time.monotonic() + workers.GIVE_UP_S + 1


def test_what_hangs_is_given_up_and_another_thread_works_in_its_place(hung: tuple[Vendor, Workers], jobs: dict[str, Job], done: dict[str, Outcome]) -> None:
    vendor, one = hung
    vendor.answers = {"nina"}
    one.submit(jobs["ola"])
    until(lambda: vendor.asked == ["ola"])
    one.submit(jobs["nina"])
    assert one.give_up() == 0, "not before its time"
    assert one.give_up(later()) == 1
    until(lambda: "nina" in done)
    assert done == {"ola": Outcome(Result.RETRY, why="timeout"), "nina": Outcome(Result.ACCEPTED)}


def test_an_answer_that_comes_after_giving_up_is_not_counted_again(hung: tuple[Vendor, Workers], jobs: dict[str, Job], done: dict[str, Outcome]) -> None:
    vendor, one = hung
    one.submit(jobs["ola"])
    until(lambda: vendor.asked == ["ola"])
    one.give_up(later())
    vendor.go.set()
    one.submit(jobs["nina"])
    until(lambda: "nina" in done)
    assert done["ola"].result is Result.RETRY, "and nothing else was recorded"


def test_a_vendor_that_always_hangs_takes_no_more_than_so_many_threads(
    hung: tuple[Vendor, Workers], jobs: dict[str, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "STUCK_MOST", 3)
    vendor, one = hung
    for n in range(10):
        one.submit(jobs["ola"])
        if n < 4:
            until(lambda n=n: len(vendor.asked) == n + 1)
            one.give_up(later())
    time.sleep(0.05)
    assert len(vendor.asked) == 4, "three that hang and are replaced, and the last one"
    vendor.go.set()
    until(lambda: len(vendor.asked) == 10), "and when it is well again everything goes on"


def test_all_threads_end_when_told(done: dict[str, Outcome]) -> None:
    def mine() -> int:  # others' threads may end meanwhile
        return sum(thread.name == "send-test-end" for thread in threading.enumerate())

    one = Workers("test-end", Vendor({"ola"}), lambda job, outcome: None, most=4)
    assert mine() == 4
    one.stop()
    until(lambda: mine() == 0)


def test_whoever_sends_is_told_whether_the_vendor_answers(jobs: dict[str, Job], done: dict[str, Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "ANSWERS_S", 0.2)
    first, second, third = list(jobs)[:3]
    vendor = Vendor({first, second, third})
    one = Workers("sms", vendor, lambda job, outcome: done.update({job.order.recipient: outcome}), most=1)
    one.submit(jobs[first])
    one.submit(jobs[second])
    until(lambda: len(done) == 2)
    time.sleep(0.3)
    one.submit(jobs[third])
    until(lambda: len(done) == 3)
    one.stop()
    assert vendor.answering == [False, True, False]


def test_what_is_somebody_elses_by_now_is_nobodys_outcome_here(jobs: dict[str, Job], done: dict[str, Outcome]) -> None:
    asked: list[str] = []

    def carry_out(job: Job, _: bool) -> None:
        asked.append(job.order.recipient)

    one = Workers("sms", carry_out, lambda job, outcome: done.update({job.order.recipient: outcome}), most=1)
    one.submit(jobs["ola"])
    until(lambda: asked == ["ola"] and one.idle)
    one.stop()
    assert done == {}
