"""Screens are told to look: at once, and not a hundred times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor

from server.web import nudges
from server.web.connection import Wake
from server.web.nudges import Nudges


def run(story: Coroutine[None, None, None]) -> None:
    """In a thread of its own: in a process that has had a browser this one's loop is taken."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story).result()


def test_where_hundreds_of_offices_are_told_the_first_have_it_at_once_and_all_have_it_in_the_end(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(nudges, "LATER_S", 0.05)
    monkeypatch.setattr(nudges, "APART_S", 0.0001)

    async def story() -> None:
        screens = {f"o{n}": [Screen()] for n in range(264)}
        Nudges(lambda office: screens[office]).tell([("drills", office) for office in screens])
        assert sum(bool(one.others) for [one] in screens.values()) == nudges.AT_ONCE
        await asyncio.sleep(0.3)
        assert [one.took() for [one] in screens.values()] == [[f"drills:{office}"] for office in screens]

    run(story())


class Screen:
    def __init__(self) -> None:
        self.others: dict[str, bytes] = {}
        self.wake = Wake()

    def took(self) -> list[str]:
        taken, self.others = list(self.others), {}
        return taken


def test_the_first_word_comes_at_once_and_of_the_next_hundred_only_the_last_which_is_never_lost(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(nudges, "AGAIN_S", 0.05)

    async def story() -> None:
        one, other = Screen(), Screen()
        told = Nudges(lambda office: {"fjordvik": [one], "elsewhere": [other]}.get(office, []))
        told.tell([("now", "fjordvik")])
        assert one.took() == ["now:fjordvik"]
        for _ in range(100):
            told.tell([("now", "fjordvik")])
        assert one.took() == []
        told.tell([("now", "elsewhere"), ("drills", "fjordvik")])
        assert (one.took(), other.took()) == (["drills:fjordvik"], ["now:elsewhere"]), "one office does not wait for another, nor a drill for anything"
        await asyncio.sleep(0.1)
        assert one.took() == ["now:fjordvik"], "what came meanwhile is looked for"
        await asyncio.sleep(0.1)
        assert one.took() == [] and other.took() == []
        told.tell([("now", "fjordvik")])
        assert one.took() == ["now:fjordvik"]

    run(story())
