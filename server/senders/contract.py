"""What a sender is: a channel's name and one function. It has its own time-out, and never raises for what the world does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from server.core.model import Alarm
from server.core.orders import Order, Result

TIMEOUT_S = 4.0
"""No vendor is waited for longer; a hung one holds only its own channel's workers."""


@dataclass(frozen=True, slots=True)
class Outcome:
    result: Result
    retry_after_s: float = 0


class Sender(Protocol):
    channel: str

    def send(self, order: Order, alarm: Alarm) -> Outcome: ...
