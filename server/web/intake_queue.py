"""Lines up signals from all requests for the one intake thread: what has come while the last transaction was on its way goes next."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from server.core.signals import Signal
from server.flow.context import Context
from server.flow.intake import BATCH, Receipt, intake

if TYPE_CHECKING:
    from server.web.access import House

T = TypeVar("T")
journal = logging.getLogger("varde.intake")

STORM = 20
"""So many signals taken at once are a storm: then it counts how many are through, no longer how soon a thread has the interpreter."""

Waiting = tuple[Sequence[Signal], "Future[list[Receipt]]", float]
"""Signals, who waits for their receipts, and since when (monotonic)."""


class IntakeQueue:
    """One thread, so that on SQLite nobody waits for a lock and every commit carries as much as it can. `storm` is told, whenever signals are taken,
    whether they are one."""

    def __init__(self, context: Context, storm: Callable[[bool], None] = lambda _: None) -> None:
        self._context, self._storm = context, storm
        self._waiting: deque[Waiting] = deque()
        self._wake = threading.Semaphore(0)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.release()
        self._thread.join(timeout=5)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def put(self, signals: Sequence[Signal]) -> Future[list[Receipt]]:
        future: Future[list[Receipt]] = Future()
        self._context.precedence.press()
        self._waiting.append((signals, future, time.monotonic()))
        self._wake.release()
        return future

    def _run(self) -> None:
        while not self._stopping:
            self._wake.acquire()
            taken: list[Waiting] = []
            count = 0
            while self._waiting and count < BATCH:
                taken.append(self._waiting.popleft())
                count += len(taken[-1][0])
            if taken:
                told(self._storm, count > STORM)
                self._take_in(taken)

    def _take_in(self, taken: list[Waiting]) -> None:
        """Takes in also what nobody waits for any more: who pressed may have hung up, and the press still counts."""
        waits = [future.set_running_or_notify_cancel() for _, future, _ in taken]
        try:
            receipts = intake(self._context, [signal for signals, _, _ in taken for signal in signals])
        except Exception as error:
            for (_, future, _), somebody in zip(taken, waits, strict=True):
                future.set_exception(error) if somebody else None
            return
        start = 0
        for (signals, future, _), somebody in zip(taken, waits, strict=True):
            future.set_result(receipts[start : start + len(signals)]) if somebody else None
            start += len(signals)
        now_s = time.monotonic()
        told(self._context.measures.answered, (now_s - since_s for _, _, since_s in taken))


def told(tell: Callable[[T], None], what: T) -> None:
    """What is only told of presses must not end the one thread that takes them in."""
    try:
        tell(what)
    except Exception:
        journal.exception("intake_not_told_of")


async def submit(house: House, signals: Sequence[Signal]) -> list[Receipt]:
    return await asyncio.wrap_future(house.intake.put(signals))
