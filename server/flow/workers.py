"""One channel's own threads. A vendor that hangs holds threads of its own channel only: what takes too long is given up, and its thread replaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue

from server.core.orders import Order, Result
from server.senders.contract import TIMEOUT_S, Outcome, Subject

WORKERS = 8
GIVE_UP_S = TIMEOUT_S + 0.5
"""Senders keep their own time-out. This is for what no time-out reaches: a look-up of a name, an answer that drips."""

STUCK_MOST = 32
"""Threads of one channel that hang at the same time. With more the vendor is down: what waits goes to its next channel."""


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
    """`carry_out` sends one job and gives what became of it; it never raises. `done` takes that, on the worker's thread, and returns at once."""

    def __init__(self, channel: str, carry_out: Callable[[Job], Outcome], done: Callable[[Job, Outcome], None], most: int = WORKERS) -> None:
        self._channel, self._carry_out, self._done = channel, carry_out, done
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._running: set[Job] = set()
        self._stuck = 0
        self._most = most
        self._threads = 0
        for _ in range(most):
            self._start_one()

    def submit(self, job: Job) -> None:
        self._queue.put(job)

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
            outcome = self._carry_out(job)
            with self._lock:
                self._running.discard(job)
                replaced = job.given_up
                self._stuck -= replaced
                if replaced and self._threads > self._most:
                    self._threads -= 1  # somebody else works in its place
                    return
            if not replaced:
                self._done(job, outcome)
        with self._lock:
            self._threads -= 1
