"""The hub with a screen that goes while it still has something waiting: nothing of it is left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
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

    def shown(self) -> set[str]:
        """The alarms in what it has taken: a heartbeat or who has been reached may come beside them."""
        return {alarm["id"] for frame in self.taken if frame["type"] == "alarms" for alarm in frame["alarms"]}

    def say(self, words: dict[str, Any]) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(words)})

    def cut(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1006})


def test_a_screen_that_goes_with_alarms_waiting_leaves_nothing_behind_and_nobody_who_counts_as_there() -> None:
    house = House(MemoryStore())

    async def story() -> None:
        context = house.context
        hub = Hub(Web(context, IntakeQueue(context), Readiness(context, {}, lambda: 0.0)), Receipts(context))
        await hub.start()
        try:
            line = Line()
            socket = WebSocket({"type": "websocket"}, line.receive, line.send)
            await socket.accept()
            serving = asyncio.create_task(hub.serve(socket, line.send, Viewer("ola"), Hello()))
            await _until(lambda: line.taken)
            first = await asyncio.to_thread(house.press, "knapp")
            await _until(lambda: line.shown() == {first.id})
            line.open.clear()  # the phone takes nothing more: what comes now is on its way, and what comes then waits
            ids = {first.id}
            for device in ("eriks", "fremmed"):
                ids.add((await asyncio.to_thread(house.press, device)).id)
                await _until(lambda: set(hub._shown_on) == ids)
            assert hub.online() == {"ola"}
            line.cut()
            async with asyncio.timeout(WITHIN_S):
                await asyncio.gather(serving, return_exceptions=True)
            assert (hub._shown_on, hub.connections(), hub.online()) == ({}, [], set())
        finally:
            await hub.stop()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story()).result()


def test_a_screen_that_has_drawn_an_alarm_does_not_vouch_for_what_was_ordered_while_its_receipt_waited_to_be_written() -> None:
    house = House(MemoryStore())

    async def story() -> None:
        context, receipts = house.context, Receipts(house.context)
        hub = Hub(Web(context, IntakeQueue(context), Readiness(context, {}, lambda: 0.0)), receipts)
        await hub.start()
        try:
            line = Line()
            socket = WebSocket({"type": "websocket"}, line.receive, line.send)
            await socket.accept()
            serving = asyncio.create_task(hub.serve(socket, line.send, Viewer("ola"), Hello()))
            await _until(lambda: line.taken)
            alarm = await asyncio.to_thread(house.press, "karis")
            await _until(lambda: line.shown() == {alarm.id})
            line.say({"type": "got", "seq": line.taken[-1]["seq"]})
            line.say({"type": "seen", "alarm_id": alarm.id})
            await _until(lambda: receipts._got and receipts._seen)
            house.clock.push(0.1)
            await asyncio.to_thread(house.act, "nina", alarm, "change_situation", switch="weapon")
            receipts.flush()
            told = {str(order.say): str(order.status) for order in house.orders(house.again(alarm)) if order.recipient == "ola"}
            assert told == {"alarm": "seen", "changed": "waiting"}
            await _until(lambda: line.taken[-1]["type"] == "alarms" and line.taken[-1]["alarms"][0]["version"] > alarm.version)
            line.say({"type": "got", "seq": line.taken[-1]["seq"]})
            await _until(lambda: receipts._got)
            receipts.flush()
            assert {str(order.status) for order in house.orders(house.again(alarm)) if order.recipient == "ola"} == {"seen", "reached"}
            line.cut()
            await asyncio.gather(serving, return_exceptions=True)
        finally:
            await hub.stop()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story()).result()


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
        context = house.context
        hub = Hub(Web(context, IntakeQueue(context), Readiness(context, {}, lambda: 0.0)), Receipts(context))
        await hub.start()
        try:
            line = Line()
            socket = WebSocket({"type": "websocket"}, line.receive, line.send)
            await socket.accept()
            serving = asyncio.create_task(hub.serve(socket, line.send, Viewer("ola"), Hello()))
            await _until(lambda: line.taken)
            first, second = [await asyncio.to_thread(house.press, device) for device in ("karis", "eriks")]
            await _until(lambda: second.id in line.shown())
            assert first.id not in line.shown()
            broken[0] = False
            await _until(lambda: first.id in line.shown())
            line.cut()
            await asyncio.gather(serving, return_exceptions=True)
        finally:
            await hub.stop()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story()).result()


async def _until(true: Any) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():
            await asyncio.sleep(0.005)
