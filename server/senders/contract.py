"""What a sender is: one channel, all alike. It has its own time-outs, and never raises for what the world does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, tzinfo
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from server.core.directory import Directory
from server.core.drill.model import PlannedDrill
from server.core.drill.programme import Wheel
from server.core.inbound import Came, Reply, Request
from server.core.model import Alarm
from server.core.orders import Order, Result
from server.core.phones import Phone, Pushed
from server.core.values import frozen
from server.core.visit.model import Visit

TIMEOUT_S = 4.0
"""No vendor is waited for longer; a hung one holds only its own channel's workers."""


Subject = Alarm | Visit | PlannedDrill | Wheel
"""What an order is about. Orders about visits are those whose `say` is in `ABOUT_VISITS`, those about drills in `ABOUT_DRILLS`; of these the ones in
`ABOUT_WHEEL` are about the wheel, for as long as there is no drill."""


@frozen
class Outcome:
    """What became of one try. `why`: a stable word for the log and for the channel's health (`http_500`, `timeout`), never a number, a
    name or an address."""

    result: Result
    retry_after_s: float = 0
    why: str = ""


class Sender(Protocol):
    channel: str

    def send(self, order: Order, about: Subject) -> Outcome:
        """Hands one order over. `Result.NO_ADDRESS` where this recipient has none on this channel: that is not a try."""

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        """Those of these recipients whom this channel has an address of."""

    def probe(self) -> Outcome | None:
        """Asks the vendor whether it is well, and sends nothing. None where that cannot be asked: then only real messages tell."""


@runtime_checkable
class ManyAtOnce(Protocol):
    """A sender that also takes many orders at once: its vendors are many, and one that hangs must not hold up the others' workers."""

    def begin(self, batch: Sequence[tuple[Order, Subject]], done: Callable[[Order, Outcome], None]) -> None:
        """Returns at once. `done` is called once for each order, from any thread, within TOGETHER_S; what comes later is not listened to."""


GIVE_UP_S = 3.0
"""An order that has waited longer for its vendor counts as tried: its next channel must not wait."""
TOGETHER_S = 14.0
"""The same for one of many that were handed over at once. Its SMS is overdue by then, and its lease not yet over."""


class Phones(Protocol):
    """Where phones' subscriptions are kept, and where what push services say of them is told."""

    def phones_of(self, person_ids: Iterable[str]) -> dict[str, list[Phone]]: ...
    def pushed(self, answers: Sequence[Pushed]) -> None: ...


def _no_key(name: str) -> bytes:
    raise LookupError(f"there is no key '{name}' here")


class Inbound(Protocol):
    """Reads what a channel's provider sends to us."""

    def read(self, request: Request) -> list[Came]:
        """Raises Rejected where it is not from the provider, or cannot be understood."""

    def reply(self, text: str) -> Reply:
        """What the provider is answered; `text` may be empty."""


@frozen
class Needs:
    """What a sender may use. `token(order, purpose)`: a one-time token by which whoever was told answers for exactly this order (see
    `core/tokens.py`). `settings`: the channel's own part of the deployment's channels; `secret(name)` raises LookupError with what to set."""

    directory: Callable[[], Directory]
    token: Callable[[Order, str], str]
    secret: Callable[[str], str]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    zone: tzinfo = ZoneInfo("Europe/Oslo")
    """In which times of day are told."""
    settings: Mapping[str, object] = field(default_factory=dict)
    public_url: str = ""
    """Where the world reaches this server, without a slash at the end; empty where it does not."""
    app_url: str = ""
    """Where our own people open Varde: `public_url` may let in providers alone."""
    demo: bool = False
    phones: Phones | None = None
    key: Callable[[str], bytes] = _no_key
    """32 random bytes by name, made once and the same on every server."""


Maker = Callable[[Needs], "Sender | None"]
"""Makes the sender of one channel; None where the deployment has not set it up."""
