"""The screens' part of the daily proof: each one that is on line is asked without a sound, and answers by itself. Nothing is drawn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from server.core.proof import DRAWN_WITHIN_S
from server.flow import proofs
from server.flow.context import Context
from server.web.connection import Wake

MOST = 1_000
"""Runs at a time; each lasts some seconds. An office has one at most, and in the morning all offices begin at once."""
ASKED_WITHIN_S = 2.0
"""By then a screen that is there has been asked. One that says something later, and has not answered, is deaf; one that says nothing more has left."""


class Screen(Protocol):
    others: dict[str, bytes]
    wake: Wake
    heard_s: float


@dataclass
class Run:
    """One run's asking at this server. `asked_s` (monotonic); `waiting`: the screens that have not answered; of the others, the milliseconds."""

    office_id: str
    asked_s: float
    waiting: set[Screen]
    took_ms: list[int] = field(default_factory=list)


class Proving:
    """On the event loop only. `there(office)`: its screens at this server."""

    def __init__(self, context: Context, there: Callable[[str], Iterable[Screen]]) -> None:
        self._context, self._there = context, there
        self._runs: dict[str, Run] = {}

    def ask(self, office_id: str, proof_id: str) -> None:
        screens = set(self._there(office_id))
        if not screens or proof_id in self._runs or len(self._runs) >= MOST:
            return
        frame = orjson.dumps({"type": "proof", "id": proof_id})
        self._runs[proof_id] = Run(office_id, time.monotonic(), screens)
        for screen in tuple(screens):
            screen.others[f"proof:{proof_id}"] = frame
            screen.wake.set()
        asyncio.get_running_loop().call_later(DRAWN_WITHIN_S, self._over, proof_id)

    def answered(self, screen: Screen, proof_id: str) -> None:
        """The first answer of each screen that was asked counts."""
        run = self._runs.get(proof_id)
        if run is not None and screen in run.waiting:
            run.waiting.remove(screen)
            run.took_ms.append(round((time.monotonic() - run.asked_s) * 1000))

    def _over(self, proof_id: str) -> None:
        screens, took_ms = self.told(proof_id)
        asyncio.get_running_loop().run_in_executor(None, proofs.drawn, self._context, proof_id, screens, took_ms)

    def told(self, proof_id: str) -> tuple[int, list[int]]:
        """How many screens were there, and what those that answered took. The run is over here."""
        run = self._runs.pop(proof_id)
        there = set(self._there(run.office_id))
        deaf = sum(screen in there and screen.heard_s > run.asked_s + ASKED_WITHIN_S for screen in run.waiting)
        return len(run.took_ms) + deaf, run.took_ms
