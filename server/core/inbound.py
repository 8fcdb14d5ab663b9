"""What comes in from a provider, in our own words: an answer, or what became of a message. Providers' own shapes are read by the senders."""

from __future__ import annotations

from collections.abc import Mapping
from server.core.values import frozen
from datetime import datetime

from server.core.orders import Receipt


@frozen
class Request:
    """One call to us, as it came: `url` as the provider saw it, header names in small letters, query and form parameters, the body as bytes.
    `secret` is the last part of the path."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    secret: str


@frozen
class Came:
    """One thing that came in. `token`: the one-time token of an order, where there is one; `number` who wrote; `text` what was written or
    pressed; `id` the provider's own, by which a second delivery is known; `written_at` when it was written, as the provider says."""

    token: str | None = None
    number: str | None = None
    text: str | None = None
    id: str | None = None
    written_at: datetime | None = None
    receipt: Receipt | None = None


@frozen
class Reply:
    """What the provider is answered."""

    content_type: str
    body: str


class Rejected(Exception):
    """Not from the provider, or nothing that it sends. `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
