"""Tells screens to look: something of an office has changed that each of them reads for itself. On the event loop only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

import orjson

from server.web.connection import Wake

AGAIN_S = 1.0
"""An office's screens are told at most this often that who can be reached has changed: when a server starts, all of them come back at once, and
each would else send all the others to look."""
AT_ONCE, LATER_S, APART_S = 5, 1.5, 0.01
"""Offices that are told at once. Where there are more, the others are told after what has changed has gone to those who must act on it, and one
after the other: a drill over hundreds begins with a message to every screen, and this is another one."""


class Screen(Protocol):
    others: dict[str, bytes]
    wake: Wake


class Nudges:
    """`there(office)`: its screens at this server."""

    def __init__(self, there: Callable[[str], Iterable[Screen]]) -> None:
        self._there = there
        self._told_s: dict[str, float] = {}
        self._waiting: set[str] = set()

    def tell(self, looks: Iterable[tuple[str, str]]) -> None:
        """(what, office): `now` who can be reached, `visits`, `drills`."""
        due = [(what, office) for what, office in looks if what != "now" or self._may_tell(office)]
        for what, office in due[:AT_ONCE]:
            self._tell(what, office)
        for n, (what, office) in enumerate(due[AT_ONCE:]):
            asyncio.get_running_loop().call_later(LATER_S + n * APART_S, self._tell, what, office)

    def _tell(self, what: str, office: str) -> None:
        frame = orjson.dumps({"type": what, "office_id": office})
        for screen in self._there(office):
            screen.others[f"{what}:{office}"] = frame
            screen.wake.set()

    def _may_tell(self, office: str) -> bool:
        """At once where it is the first time in a while; else once more when a second has gone."""
        loop = asyncio.get_running_loop()
        left_s = self._told_s.get(office, float("-inf")) + AGAIN_S - loop.time()
        if left_s <= 0:
            self._told_s[office] = loop.time()
        elif office not in self._waiting:
            self._waiting.add(office)
            loop.call_later(left_s, self._tell_after_all, office)
        return left_s <= 0

    def _tell_after_all(self, office: str) -> None:
        self._waiting.discard(office)
        self._told_s[office] = asyncio.get_running_loop().time()
        self._tell("now", office)
