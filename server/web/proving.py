"""The screens' part of the daily proof: each one that is on line is asked without a sound, and answers by itself. Nothing is drawn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol

import orjson

from server.core.proof import DRAWN_WITHIN_S
from server.flow import proofs
from server.flow.context import Context
from server.web.connection import Wake

MOST = 1_000
"""Runs at a time; each lasts five seconds. An office has one at most, and in the morning all offices begin at once."""


class Screen(Protocol):
    others: dict[str, bytes]
    wake: Wake


class Proving:
    """On the event loop only. `there(office)`: its screens at this server."""

    def __init__(self, context: Context, there: Callable[[str], Iterable[Screen]]) -> None:
        self._context, self._there = context, there
        self._asked: dict[str, tuple[float, set[int], list[int]]] = {}
        """Run → when it was asked, the screens that have not answered, and the milliseconds of those that have."""

    def ask(self, office_id: str, proof_id: str) -> None:
        screens = list(self._there(office_id))
        if not screens or proof_id in self._asked or len(self._asked) >= MOST:
            return
        frame = orjson.dumps({"type": "proof", "id": proof_id})
        self._asked[proof_id] = (time.monotonic(), {id(screen) for screen in screens}, [])
        for screen in screens:
            screen.others[f"proof:{proof_id}"] = frame
            screen.wake.set()
        loop = asyncio.get_running_loop()
        loop.call_later(DRAWN_WITHIN_S, lambda: loop.run_in_executor(None, self._over(proof_id, len(screens))))

    def answered(self, screen: Screen, proof_id: str) -> None:
        """The first answer of each screen that was asked counts."""
        asked_s, waiting, took_ms = self._asked.get(proof_id, (0.0, set(), []))
        if id(screen) in waiting:
            waiting.remove(id(screen))
            took_ms.append(round((time.monotonic() - asked_s) * 1000))

    def _over(self, proof_id: str, screens: int) -> Callable[[], None]:
        _, _, took_ms = self._asked.pop(proof_id)
        return lambda: proofs.drawn(self._context, proof_id, screens, took_ms)
