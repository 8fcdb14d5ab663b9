"""Thousands of open screens, in processes of their own: a websocket that does only what a screen must, so that the crowd does not take the machine
that it measures. Each says hello, takes frames, notes when the first alarm of a drill came, a real one, and the end of one, and sends the receipt.

Frames go out masked with zeros, as the protocol allows; what comes in is never compressed or cut into pieces, since Varde's server does neither.
"""

from __future__ import annotations

import asyncio
import base64
import multiprocessing
import random
import resource
import secrets
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

OPEN_S = 60
SPEAK_S = 10
TOGETHER = 100
"""Screens that are being opened at once, in each process."""
SIGNS = {"drill": b'"drill":{"id":"', "real": b'"drill":null', "over": b'"state":"RESOLVED"'}
"""What a frame of alarms holds that has an alarm of a drill, a real one, or one that has ended."""
HELLO = b'{"type":"hello","seq":{}}'


def masked(text: bytes) -> bytes:
    """A text frame as a client sends it."""
    length = len(text)
    size = bytes([0x80 | length]) if length < 126 else bytes([0x80 | 126]) + length.to_bytes(2, "big")
    return b"\x81" + size + b"\x00\x00\x00\x00" + text


class Member(asyncio.Protocol):
    """One screen. `welcomed` is done when its first frame has come; `came_at`: when the first frame of each of SIGNS did, by the wall's clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop, host: str, cookie: str) -> None:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._request = (
            f"GET /api/live HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\nCookie: {cookie}\r\n\r\n"
        ).encode()
        self.welcomed: asyncio.Future[None] = loop.create_future()
        self.came_at: dict[str, float] = {}
        self._buffer = bytearray()
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        at = time.time()
        self._buffer += data
        if not self._upgraded and not self._upgrade():
            return
        while (frame := self._next()) is not None:
            self._take(frame, at)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError(f"closed before it was welcomed: {bytes(self._buffer[:200])!r} {error or ''}"))

    def speak(self) -> None:
        """As the app: whoever says nothing for 25 s counts as gone."""
        if not self._transport.is_closing():
            self._transport.write(masked(b'{"type":"ping","n":1}'))
            asyncio.get_running_loop().call_later(SPEAK_S, self.speak)

    def _upgrade(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            self._transport.abort()
            return False
        del self._buffer[: end + 4]
        self._upgraded = True
        self._transport.write(masked(HELLO))
        return True

    def _next(self) -> bytes | None:
        """The next whole frame's text. A frame that is no text is passed over."""
        held = self._buffer
        if len(held) < 2:
            return None
        length, start = held[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(held[2:start], "big")
        if len(held) < start + length:
            return None
        frame = bytes(held[start : start + length]) if held[0] == 0x81 else b""
        del held[: start + length]
        return frame

    def _take(self, frame: bytes, at: float) -> None:
        if not self.welcomed.done():
            self.welcomed.set_result(None)
        elif frame.startswith(b'{"type":"alarms"'):
            for name, sign in SIGNS.items():
                if name not in self.came_at and sign in frame:
                    self.came_at[name] = at
            start = frame.index(b'"seq":') + 6
            self._transport.write(masked(b'{"type":"got","seq":' + frame[start : frame.index(b"}", start) + 1] + b"}"))


async def gather(url: str, cookies: Sequence[str], pipe: Connection) -> None:
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(TOGETHER)

    async def open_one(cookie: str) -> Member:
        async with gate:
            _, member = await loop.create_connection(lambda: Member(loop, address.netloc, cookie), address.hostname, address.port)
            async with asyncio.timeout(OPEN_S):
                await member.welcomed
            loop.call_later(SPEAK_S * random.uniform(0.5, 1.0), member.speak)
            return member

    members = await asyncio.gather(*(open_one(cookie) for cookie in cookies))
    pipe.send(len(members))
    heard = asyncio.Event()
    loop.add_reader(pipe.fileno(), heard.set)
    while True:
        await heard.wait()
        heard.clear()
        if not pipe.poll():  # it was told twice of one question: to wait for the next would keep all screens from hearing anything
            continue
        try:
            asked = pipe.recv()
        except EOFError:
            return
        pipe.send([member.came_at.get(asked) for member in members])


def crowd(url: str, cookies: Sequence[str], pipe: Connection) -> None:
    many_files()
    asyncio.run(gather(url, cookies, pipe))


def many_files() -> None:
    """A socket is a file, for this process and for those that it starts."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Crowd:
    """All screens, shared out to `processes`. Used as a context; raises ConnectionError where one could not be opened."""

    def __init__(self, url: str, cookies: Sequence[str], processes: int) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would carry this process's threads' locks along
        pairs = [context.Pipe() for _ in range(processes)]
        self._pipes = [own for own, _ in pairs]
        self._processes = [
            context.Process(target=crowd, args=(url, cookies[n::processes], theirs), daemon=True) for n, (_, theirs) in enumerate(pairs)
        ]
        self._theirs = [theirs for _, theirs in pairs]

    def __enter__(self) -> Crowd:
        for process, theirs in zip(self._processes, self._theirs, strict=True):
            process.start()
            theirs.close()
        try:
            self.open = sum(self._answers())
        except EOFError:
            raise ConnectionError("a screen could not be opened: see what its process wrote above") from None
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes if process.pid]

    def came_at(self, name: str) -> list[float | None]:
        """When each screen had its first of this (a name of SIGNS), in the order of the cookies."""
        for pipe in self._pipes:
            pipe.send(name)
        shares, found = self._answers(), [None] * self.open
        for n, share in enumerate(shares):
            found[n :: len(shares)] = share
        return found

    def _answers(self) -> list:  # type: ignore[type-arg]
        return [pipe.recv() for pipe in self._pipes]
