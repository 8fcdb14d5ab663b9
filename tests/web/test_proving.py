"""The screens' part of the daily proof: in the morning all offices begin at once, and each one's screens are asked."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from server.store.memory import MemoryStore
from server.web.connection import Wake
from server.web.proving import Proving
from tests.flow.house import House

OFFICES = 357
"""As many as there are municipalities."""


class Screen:
    def __init__(self) -> None:
        self.others: dict[str, bytes] = {}
        self.wake = Wake()


def test_the_screens_of_every_office_of_the_country_are_asked_in_the_same_second() -> None:
    screens = {f"o{n}": [Screen()] for n in range(OFFICES)}

    async def story() -> None:
        proving = Proving(House(MemoryStore()).context, lambda office: screens[office])
        for office in screens:
            proving.ask(office, f"p-{office}")

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story()).result()
    assert [list(one.others) for [one] in screens.values()] == [[f"proof:p-{office}"] for office in screens]
