"""Responders' screens for the benchmarks: real websockets that say hello, take frames and send receipts."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
from websockets.asyncio.client import ClientConnection, connect

from server.store.contract import Session
from server.store.sql import SqlStore
from server.web.access import COOKIE, hashed
from tests.stack import Stack

OPEN_S = 60
SPEAK_S = 10
DEVICE = re.compile(rb'"device":"([^"]+)"')


def cookies_of(stack: Stack, people: list[str]) -> dict[str, str]:
    """Sessions for these people, put into the running servers' store. The demo's sign-in would do, but in the demo every SMS goes into a file."""
    store = SqlStore(stack.database_url)
    tokens = {person: secrets.token_urlsafe(32) for person in people}
    for person, token in tokens.items():
        store.keep_session(Session(hashed(token), person, datetime.now(UTC) + timedelta(hours=1)))
    store.close()
    return {person: f"{COOKIE}={token}" for person, token in tokens.items()}


class Screen:
    """One person's open screen. `on_devices(names, at)` is called with the buttons named in each frame, and when it came (perf_counter)."""

    def __init__(self, url: str, person_id: str, on_devices: Callable[[list[bytes], float], None] | None, receipts: bool = True) -> None:
        self.url, self.person_id, self._on_devices, self._receipts = url, person_id, on_devices, receipts
        self.socket: ClientConnection | None = None

    async def open(self, cookie: str) -> None:
        address = self.url.replace("http", "ws") + "/api/live"
        self.socket = await connect(address, additional_headers={"Cookie": cookie}, max_size=None, compression=None, ping_interval=None, open_timeout=OPEN_S)
        await self.socket.send('{"type":"hello","seq":{}}')
        async with asyncio.timeout(OPEN_S):
            await self.socket.recv()

    def hang_up(self) -> None:
        """Without a goodbye: the answer to it would stand behind frames that nobody reads any more."""
        if self.socket is not None:
            self.socket.transport.abort()

    async def speak(self) -> None:
        """As the app: whoever says nothing for 25 s counts as gone."""
        assert self.socket is not None
        while True:
            await asyncio.sleep(SPEAK_S)
            await self.socket.send('{"type":"ping","n":1}')

    async def listen(self) -> None:
        assert self.socket is not None
        speaking = asyncio.create_task(self.speak())
        try:
            await self._listen(self.socket)
        finally:
            speaking.cancel()

    async def _listen(self, socket: ClientConnection) -> None:
        while True:
            frame = await socket.recv(decode=False)
            at = time.perf_counter()
            if not frame.startswith(b'{"type":"alarms"'):
                continue
            if self._on_devices is not None:
                self._on_devices(DEVICE.findall(frame), at)
            if self._receipts:
                start = frame.index(b'"seq":') + 6
                seq = orjson.loads(frame[start : frame.index(b"}", start) + 1])
                await socket.send(orjson.dumps({"type": "got", "seq": seq}).decode())


async def open_screens(screens: list[Screen], cookies: dict[str, str], together: int = 50) -> None:
    for start in range(0, len(screens), together):
        await asyncio.gather(*(screen.open(cookies[screen.person_id]) for screen in screens[start : start + together]))
