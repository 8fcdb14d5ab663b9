"""What waits for one push service, and in which order it goes. Time is passed in; who sends asks for the next."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from server.core.phones import Phone
from server.core.push import Message
from server.core.values import frozen
from server.senders.contract import GIVE_UP_S

AT_ONCE = 100
"""Pushes on their way to one service. A service that answers in 0.1 s then takes 1,000 a second."""


@frozen
class Reply:
    """What a push service answered: `accepted`, `gone`, or what went wrong (`refused`, `too_large`, `moved`, `busy`, `down`, `timeout`)."""

    word: str
    retry_after_s: float | None = None

    @property
    def again(self) -> bool:
        return self.word in ("busy", "down", "timeout")


@dataclass(slots=True)
class Push:
    """One message to one phone that waits for its turn. `made` gives its words when it is sent; `made_at`: when what they say was decided.
    `since_s`: since when it has waited (monotonic)."""

    phone: Phone
    about: object
    made: Callable[[datetime], Message]
    made_at: datetime
    since_s: float
    reply: asyncio.Future[Reply]

    def replied(self, reply: Reply) -> None:
        if not self.reply.done():  # else nobody waits for it: everything is being stopped
            self.reply.set_result(reply)


@dataclass(slots=True)
class Line:
    """The line before one push service. What is real goes before what is not.

    A service that answers is waited for, however long the line. Were they given up there, the plan would tell them again half a minute later, at the end
    of the same line, and the last of them never. One that answers nobody is not waited for.
    """

    answered_s: float = 0.0
    """When it last answered anybody (monotonic)."""
    on_their_way: int = 0
    _real: OrderedDict[tuple[str, object], Push] = field(default_factory=OrderedDict)
    _other: OrderedDict[tuple[str, object], Push] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._real) + len(self._other)

    def stand(self, push: Push, real: bool) -> Push:
        """Of two that tell one phone about the same only the newer is sent, as a push service does with one topic (RFC 8030, 5.4), and it has the older
        one's place. Gives the one whose reply is theirs."""
        key = (push.phone.id, push.about)
        before = self._real.get(key) or self._other.get(key)
        if before is None:
            (self._real if real else self._other)[key] = push
            return push
        if push.made_at >= before.made_at:
            before.phone, before.made, before.made_at = push.phone, push.made, push.made_at
        if real and key in self._other:
            self._real[key] = self._other.pop(key)
        return before

    def next(self) -> Iterator[Push]:
        """Those whose turn it is; from here on they are on their way."""
        while self.on_their_way < AT_ONCE and (line := self._real or self._other):
            self.on_their_way += 1
            yield line.popitem(last=False)[1]

    def give_up(self, now_s: float) -> Iterator[Push]:
        """Those who have waited for too long for a service that answers nobody; they wait no more."""
        if now_s - self.answered_s > GIVE_UP_S:
            for line in (self._real, self._other):
                while line and now_s - next(iter(line.values())).since_s > GIVE_UP_S:
                    yield line.popitem(last=False)[1]
