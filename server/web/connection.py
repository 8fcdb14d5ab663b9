"""One screen's socket: what waits for it, what it has been given, and how a frame is put on its way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import WebSocket
from starlette.types import Send

from server.core.access import Viewer
from server.flow import views

SAME_S = 0.01
"""So long a frame holds for others: it says what the time is, and screens set their clocks by it."""


UNRECEIPTED_MOST = 500
"""Frames that a screen may owe a receipt for: it sends one at once. What is older counts as not drawn, and one that never sends any fills no memory."""


class Wake:
    """Wakes the one task that writes. An asyncio.Event can have many that wait: in a drill over a whole country that was a tenth of what a screen cost."""

    __slots__ = ("_set", "_waiter")

    def __init__(self) -> None:
        self._set = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        self._set = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def woken(self) -> None:
        """Returns when it has been set since the last time, and takes that back."""
        if not self._set:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._set = False


@dataclass(eq=False, slots=True)
class Connection:
    """One screen. `waiting`: the newest view of each alarm it has not been sent yet, in order of arrival."""

    socket: WebSocket
    put: Send
    """What frames go out by: the socket's own way to the wire, without what the framework looks at in each message."""
    viewer: Viewer
    offices: tuple[str, ...]
    ready: bool = False
    waiting: dict[str, views.Shown] = field(default_factory=dict)
    seq: dict[str, int] = field(default_factory=dict)
    sent_seq: dict[str, int] = field(default_factory=dict)
    """The numbers that the screen has been given: a heartbeat names these, so that alarms that are not for it make no noise."""
    others: dict[str, bytes] = field(default_factory=dict)
    delivery: dict[str, bytes] = field(default_factory=dict)
    """By alarm, how its telling stands: what it has not been told of that yet."""
    wake: Wake = field(default_factory=Wake)
    close_with: int = 0
    epoch: str = ""
    """That of the numbers it has been given; empty until it has been welcomed."""
    unreceipted: list[tuple[dict[str, int], dict[str, datetime], float]] = field(default_factory=list)
    near_last: dict[str, bytes] = field(default_factory=dict)
    sent: dict[str, datetime] = field(default_factory=dict)
    """By alarm: up to when what was ordered is in the newest view that it has drawn; before it has drawn any, in the first that it was sent."""
    told: dict[str, bytes] = field(default_factory=dict)
    """What it was last told of each alarm's delivery: the same again is no news."""
    leave: int | None = None
    """The code with which it is closed, once what waits has been sent."""
    writer: asyncio.Task[None] | None = None
    sending_s: float | None = None
    """Since when (monotonic) a frame is on its way that the phone has not taken."""
    heard_s: float = field(default_factory=time.monotonic)
    """When it last said anything (monotonic)."""
    said: int = 0
    gone: int = 0
    """The code with which it is closed without waiting for what is on its way."""

    def let_go(self, code: int) -> None:
        if self.writer is not None and not self.gone:
            self.gone = code
            self.writer.cancel()

    def gave(self, seq: dict[str, int], given: Mapping[str, views.Shown]) -> None:
        """It is about to be sent these alarms, up to these numbers."""
        until = {alarm_id: shown.until for alarm_id, shown in given.items()}
        self.sent = until | self.sent
        self.unreceipted.append((seq, until, time.monotonic()))
        if len(self.unreceipted) > UNRECEIPTED_MOST:
            del self.unreceipted[0]

    def offer(self, shown: Mapping[str, views.Shown]) -> None:
        """By alarm. A near surface gets nothing new when what it may know has not changed: also the number of frames would tell."""
        news = {alarm_id: one for alarm_id, one in shown.items() if not one.near or self.near_last.get(alarm_id) != one.body}
        self.near_last |= {alarm_id: one.body for alarm_id, one in news.items() if one.near}
        for alarm_id in news.keys() & self.waiting.keys():
            del self.waiting[alarm_id]
        if news:
            self.waiting |= news
            self.wake.set()


class Utf8(bytes):
    """Text that is UTF-8 already, as the socket wants it: in a storm, making a string of each frame and bytes of it again costs more than sending it."""

    def encode(self, *_: str) -> bytes:  # type: ignore[override]
        return self


class Frames:
    """Makes frames of alarms. Those whom a drill over a whole country tells the same are given the same frame."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._of: object = None
        self._frame, self._made_s = Utf8(), float("-inf")

    def alarms(self, seq: dict[str, int], bodies: Iterable[bytes]) -> Utf8:
        of, now_s = (seq, tuple(bodies)), time.monotonic()
        if of != self._of or now_s - self._made_s > SAME_S:
            head = views.to_json({"type": "alarms", "seq": seq, "server_time": self._now()})
            self._of, self._made_s, self._frame = of, now_s, Utf8(head[:-1] + b',"alarms":[' + b",".join(of[1]) + b"]}")
        return self._frame


async def send(connection: Connection, frame: bytes) -> None:
    """How long it takes is looked at by `let_go_of_lost`: a timer for each frame would cost more than the frame."""
    connection.sending_s = time.monotonic()
    await connection.put({"type": "websocket.send", "text": frame if isinstance(frame, Utf8) else Utf8(frame)})
    connection.sending_s = None
