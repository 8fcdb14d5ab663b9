"""The hub with a screen that goes while it still has something waiting: nothing of it is left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import WebSocket

from server.core.access import Viewer
from server.flow import views
from server.flow.readiness import Readiness
from server.flow.receipts import Receipts
from server.store.memory import MemoryStore
from server.web.access import House as Web
from server.web.hub import Hub
from server.web.intake_queue import IntakeQueue
from server.web.spoken import Hello
from tests.flow.house import House

WITHIN_S = 10


class Line:
    """Between a socket and its phone: takes frames while it is open, and says that the phone has gone when it is cut."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.open, self._said = asyncio.Event(), asyncio.Queue[dict[str, Any]]()
        self.open.set()
        self._said.put_nowait({"type": "websocket.connect"})

    async def receive(self) -> MutableMapping[str, Any]:
        return await self._said.get()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await self.open.wait()
            self.taken.append(json.loads(message["text"]))

    def alarms(self) -> dict[str, dict[str, Any]]:
        """The newest view of each alarm that it has taken. A heartbeat, or who has been reached, may have come beside them."""
        return {alarm["id"]: alarm for frame in self.taken if frame["type"] == "alarms" for alarm in frame["alarms"]}

    def seq(self) -> dict[str, int]:
        """The numbers that came with the newest alarms."""
        return next(frame["seq"] for frame in reversed(self.taken) if frame["type"] == "alarms")  # type: ignore[no-any-return]

    def say(self, words: dict[str, Any]) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(words)})

    def cut(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1006})


@asynccontextmanager
async def screen_of(house: House, who: str = "ola") -> AsyncIterator[tuple[Hub, Receipts, Line]]:
    """A hub with one screen, welcomed; at the end the screen goes, and what it did is awaited."""
    receipts = Receipts(house.context)
    hub = Hub(Web(house.context, IntakeQueue(house.context), Readiness(house.context, {}, lambda: 0.0)), receipts)
    await hub.start()
    try:
        line = Line()
        socket = WebSocket({"type": "websocket"}, line.receive, line.send)
        await socket.accept()
        serving = asyncio.create_task(hub.serve(socket, line.send, Viewer(who), Hello()))
        await _until(lambda: line.taken)
        yield hub, receipts, line
        line.cut()
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(serving, return_exceptions=True)
        assert (hub._shown_on, hub.connections(), hub.online()) == ({}, [], set())
    finally:
        await hub.stop()


def told(story: Coroutine[Any, Any, None]) -> None:
    """In a loop of its own, in a thread of its own: the browser's tests leave one running in this thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story).result()


def test_a_screen_that_goes_with_alarms_waiting_leaves_nothing_behind_and_nobody_who_counts_as_there() -> None:
    house = House(MemoryStore())

    async def story() -> None:
        async with screen_of(house) as (hub, _, line):
            first = await asyncio.to_thread(house.press, "knapp")
            await _until(lambda: line.alarms().keys() == {first.id})
            line.open.clear()  # the phone takes nothing more: what comes now is on its way, and what comes then waits
            ids = {first.id}
            for device in ("eriks", "fremmed"):
                ids.add((await asyncio.to_thread(house.press, device)).id)
                await _until(lambda: set(hub._shown_on) == ids)
            assert hub.online() == {"ola"}

    told(story())


def test_a_screen_that_has_drawn_an_alarm_does_not_vouch_for_what_was_ordered_while_its_receipt_waited_to_be_written() -> None:
    house = House(MemoryStore())

    async def story() -> None:
        async with screen_of(house) as (_, receipts, line):
            alarm = await asyncio.to_thread(house.press, "karis")
            await _until(lambda: alarm.id in line.alarms())
            line.say({"type": "got", "seq": line.seq()})
            line.say({"type": "seen", "alarm_id": alarm.id})
            await _until(lambda: receipts._got and receipts._seen)
            house.clock.push(0.1)
            await asyncio.to_thread(house.act, "nina", alarm, "change_situation", switch="weapon")
            receipts.flush()
            stood = {str(order.say): str(order.status) for order in house.orders(house.again(alarm)) if order.recipient == "ola"}
            assert stood == {"alarm": "seen", "changed": "waiting"}
            await _until(lambda: line.alarms()[alarm.id]["version"] > alarm.version)
            line.say({"type": "got", "seq": line.seq()})
            await _until(lambda: receipts._got)
            receipts.flush()
            assert {str(order.status) for order in house.orders(house.again(alarm)) if order.recipient == "ola"} == {"seen", "reached"}

    told(story())


@pytest.mark.parametrize("where", ["look_up", "shown"])
def test_an_alarm_of_which_no_view_can_be_made_keeps_no_other_from_the_screens_and_is_shown_when_it_can(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    house, broken = House(MemoryStore()), [True]
    look_up, shown = views.look_up, views.AlarmView.shown
    sick = lambda alarm: broken[0] and "karis" in alarm.device_ids  # noqa: E731

    def failing(store: Any, alarms: Any, *more: Any) -> Any:
        alarms = list(alarms)
        assert not any(map(sick, alarms))
        return look_up(store, alarms, *more)

    def failing_shown(view: Any, viewer: Any) -> Any:
        assert not sick(view.alarm)
        return shown(view, viewer)

    monkeypatch.setattr(views, "look_up", failing) if where == "look_up" else monkeypatch.setattr(views.AlarmView, "shown", failing_shown)

    async def story() -> None:
        async with screen_of(house) as (_, _, line):
            first, second = [await asyncio.to_thread(house.press, device) for device in ("karis", "eriks")]
            await _until(lambda: second.id in line.alarms())
            assert first.id not in line.alarms()
            broken[0] = False
            await _until(lambda: first.id in line.alarms())
        broken[0] = True
        async with screen_of(house) as (_, _, line):  # whoever comes meanwhile is welcomed with the others
            assert [alarm["id"] for alarm in line.taken[0]["alarms"]] == [second.id]
            broken[0] = False
            await _until(lambda: first.id in line.alarms())

    told(story())


async def _until(true: Any) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():
            await asyncio.sleep(0.005)
