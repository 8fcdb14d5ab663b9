"""What one channel has in hand: its own threads, or a sender that takes many at once. A vendor that hangs holds up its own channel only, and what takes
too long is given up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue

from server.core.orders import Order, Result
from server.senders.contract import TIMEOUT_S, TOGETHER_S, ManyAtOnce, Outcome, Subject

WORKERS = 8
GIVE_UP_S = TIMEOUT_S + 0.5
"""Senders keep their own time-out. This is for what no time-out reaches: a look-up of a name, an answer that drips."""

QUEUED = "queue"
"""Why an order was not even tried."""
NO_ANSWER = frozenset({"timeout", QUEUED})
ANSWERS_S = TIMEOUT_S
"""A vendor that has answered nobody for so long hangs, for all that is known here."""

STUCK_MOST = 32
"""Threads of one channel that hang at the same time. With more the vendor is down: what waits goes to its next channel."""


journal = logging.getLogger("varde.delivery")


@dataclass(slots=True, eq=False)
class Job:
    """One order in hand: leased, checked, and to be given to a sender."""

    order: Order
    about: Subject
    channel: str
    lease: str
    leased_at: datetime
    started_s: float | None = None
    given_up: bool = False


class Workers:
    """`carry_out` sends one job and gives what became of it, or None where it is somebody else's by now; it never raises. It is told whether the vendor
    answers. `done` takes what became of it, on the worker's thread, and returns at once."""

    def __init__(
        self, channel: str, carry_out: Callable[[Job, bool], Outcome | None], done: Callable[[Job, Outcome], None], most: int = WORKERS
    ) -> None:
        self._channel, self._carry_out, self._done = channel, carry_out, done
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._running: set[Job] = set()
        self._stuck = 0
        self._answered_s = float("-inf")
        self._most = most
        self._threads = 0
        for _ in range(most):
            self._start_one()

    def submit(self, job: Job) -> None:
        self._queue.put(job)

    def begin(self) -> None:
        """Its threads have begun already."""

    @property
    def idle(self) -> bool:
        """Whether nothing is being sent or waits to be."""
        with self._lock:
            return not self._running and self._queue.empty()

    def give_up(self, now_s: float | None = None) -> int:
        """Gives up what has been sending for too long. Gives how many. Called often, by whoever records what became of the jobs."""
        now_s = time.monotonic() if now_s is None else now_s
        with self._lock:
            late = [job for job in self._running if job.started_s is not None and now_s - job.started_s > GIVE_UP_S]
            for job in late:
                job.given_up = True
                self._running.discard(job)
                self._stuck += 1
            replaced = min(len(late), max(0, STUCK_MOST - self._stuck + len(late)))
        for _ in range(replaced):
            self._start_one()
        for job in late:
            self._done(job, Outcome(Result.RETRY, why="timeout"))
        return len(late)

    def stop(self) -> None:
        """The threads end with what they are doing; those that hang end with the process, which does not wait for them."""
        with self._lock:
            threads = self._threads
        for _ in range(threads):
            self._queue.put(None)

    def _start_one(self) -> None:
        with self._lock:
            self._threads += 1
        threading.Thread(target=self._run, name=f"send-{self._channel}", daemon=True).start()

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            with self._lock:
                job.started_s = time.monotonic()
                self._running.add(job)
            outcome = self._carry_out(job, time.monotonic() - self._answered_s < ANSWERS_S)
            with self._lock:
                self._running.discard(job)
                if outcome is not None and outcome.why not in NO_ANSWER:
                    self._answered_s = time.monotonic()
                replaced = job.given_up
                self._stuck -= replaced
                if replaced and self._threads > self._most:
                    self._threads -= 1  # somebody else works in its place
                    return
            if outcome is not None and not replaced:
                self._done(job, outcome)
        with self._lock:
            self._threads -= 1


class Together:
    """A channel whose sender takes many at once. What it does not answer in time is given up: its orders climb on, also where the sender hangs."""

    def __init__(self, channel: str, sender: ManyAtOnce, done: Callable[[Job, Outcome], None]) -> None:
        self._channel, self._sender, self._done = channel, sender, done
        self._waiting: list[Job] = []
        self._in_hand: set[Job] = set()
        self._lock = threading.Lock()

    def submit(self, job: Job) -> None:
        self._waiting.append(job)

    def begin(self) -> None:
        """Hands over all that was submitted. On the thread that submits."""
        jobs, self._waiting = {job.order.id: job for job in self._waiting}, []
        if not jobs:
            return
        with self._lock:
            for job in jobs.values():
                job.started_s = time.monotonic()
            self._in_hand.update(jobs.values())
        try:
            self._sender.begin([(job.order, job.about) for job in jobs.values()], lambda order, outcome: self._answered(jobs[order.id], outcome))
        except Exception as error:  # a sender that breaks its promise is a channel that is down
            journal.error("sender_failed", extra={"channel": self._channel, "count": len(jobs), "error": type(error).__name__})
            for job in jobs.values():
                self._answered(job, Outcome(Result.RETRY, why="our_mistake"))

    def give_up(self, now_s: float | None = None) -> int:
        """Gives how many. These are not tried here once more: they have waited for as long as two tries may take."""
        now_s = time.monotonic() if now_s is None else now_s
        with self._lock:
            late = [job for job in self._in_hand if job.started_s is not None and now_s - job.started_s > TOGETHER_S]
        return sum(self._answered(job, Outcome(Result.RETRY, TIMEOUT_S, "timeout")) for job in late)

    def stop(self) -> None:
        """Nothing of it is its own: the sender has the threads."""

    def _answered(self, job: Job, outcome: Outcome) -> bool:
        """Whether it was still waited for."""
        with self._lock:
            if job not in self._in_hand:
                return False
            self._in_hand.discard(job)
        self._done(job, outcome)
        return True
