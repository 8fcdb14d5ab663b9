"""The screens' part of the daily proof: in the morning all offices begin at once, and each one's screens are asked."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from server.store.memory import MemoryStore
from server.web.connection import Wake
from server.web.proving import ASKED_WITHIN_S, Proving
from tests.flow.house import House

OFFICES = 357
"""As many as there are municipalities."""


class Screen:
    def __init__(self) -> None:
        self.others: dict[str, bytes] = {}
        self.wake = Wake()
        self.heard_s = 0.0


def test_the_screens_of_every_office_of_the_country_are_asked_in_the_same_second() -> None:
    screens = {f"o{n}": [Screen()] for n in range(OFFICES)}

    async def story() -> None:
        proving = Proving(House(MemoryStore()).context, lambda office: screens[office])
        for office in screens:
            proving.ask(office, f"p-{office}")

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story()).result()
    assert [list(one.others) for [one] in screens.values()] == [[f"proof:p-{office}"] for office in screens]


def test_a_screen_that_went_off_line_in_the_middle_was_not_there_and_one_that_speaks_and_does_not_answer_is_deaf() -> None:
    answers, deaf, gone, silent, asking = (Screen() for _ in range(5))
    there = [answers, deaf, gone, silent, asking]

    async def story() -> tuple[int, int]:
        proving = Proving(House(MemoryStore()).context, lambda _: there)
        proving.ask("o", "p")
        proving.answered(answers, "p")
        proving.answered(answers, "p")
        proving.answered(Screen(), "p")
        there.remove(gone)
        later_s = time.monotonic() + ASKED_WITHIN_S + 1
        deaf.heard_s = gone.heard_s = later_s
        asking.heard_s = time.monotonic() + 0.1  # it may not have been given the question yet, and has said nothing since
        screens, took_ms = proving.told("p")
        return screens, len(took_ms)

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, story()).result() == (2, 1), "one that answered and one that is deaf"
