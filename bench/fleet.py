"""Thousands of devices that only say that they live, in a process of their own. Each is a button of `firmware_sim` with a connection to the broker, a
subscription and a last will of its own; around it is as little as a client of MQTT can be, so that the fleet does not take the machine that it measures."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from bench.crowd import many_files
from bench.mqtt import CONNECTED, PING, SUBSCRIBED, connect_packet, publish_packet, subscribe_packet
from firmware_sim.button import Button, Publish
from firmware_sim.protocol import Identity

OPEN_S = 60
KEEP_ALIVE_S, PING_S = 15, 12
TOGETHER = 200
"""Devices that are connecting at once."""


class Device(asyncio.Protocol):
    """`ready` is done when the broker has confirmed its subscription."""

    def __init__(self, loop: asyncio.AbstractEventLoop, identity: Identity) -> None:
        self._loop, self._identity = loop, identity
        self._button = Button(identity, 1, random.Random(identity.id))
        self._online, self._will = self._button.connecting()
        self._number = 0
        self._buffer = b""
        self.ready: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(connect_packet(self._identity.id, KEEP_ALIVE_S, (self._identity.up, self._will)))

    def data_received(self, data: bytes) -> None:
        if self.ready.done():
            return  # acknowledgements, and answers to its pings: what did not come through is missing at the server
        self._buffer += data
        if self._buffer == CONNECTED:
            self._transport.write(subscribe_packet(self._identity.down))
        elif self._buffer == CONNECTED + SUBSCRIBED:
            self._do(self._button.connected(time.monotonic(), self._online))
            self._loop.call_later(PING_S, self._ping)
            self._beat()
            self.ready.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"{self._identity.id}: the broker closed after {self._buffer!r} {error or ''}"))

    def _beat(self) -> None:
        now_s = time.monotonic()
        self._do(self._button.tick(now_s))
        self._loop.call_later(max(0.0, self._button.next_due_s() - now_s), self._beat)

    def _do(self, actions: Sequence[object]) -> None:
        for action in actions:
            if isinstance(action, Publish):
                self._number = self._number % 65_535 + 1
                self._transport.write(publish_packet(self._identity.up, action.payload, self._number))

    def _ping(self) -> None:
        self._transport.write(PING)
        self._loop.call_later(PING_S, self._ping)


async def gather(port: int, identities: Sequence[Identity], pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(TOGETHER)

    async def connect(identity: Identity) -> Device:
        async with gate:
            _, device = await loop.create_connection(lambda: Device(loop, identity), "127.0.0.1", port)
            async with asyncio.timeout(OPEN_S):
                await device.ready
            return device

    devices = await asyncio.gather(*(connect(identity) for identity in identities))
    pipe.send(len(devices))
    await asyncio.Event().wait()


def fleet(port: int, identities: Sequence[Identity], pipe: Connection) -> None:
    many_files()
    asyncio.run(gather(port, identities, pipe))


class Fleet:
    """Used as a context. Raises ConnectionError where a device could not connect."""

    def __init__(self, port: int, identities: Sequence[Identity]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, self._theirs = context.Pipe()
        self._process = context.Process(target=fleet, args=(port, identities, self._theirs), daemon=True)

    def __enter__(self) -> Fleet:
        self._process.start()
        self._theirs.close()
        try:
            self.connected = self._pipe.recv()
        except EOFError:
            raise ConnectionError("a device could not connect: see what its process wrote above") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid
