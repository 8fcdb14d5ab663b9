"""What a screen may say on the live socket (docs/api.md, *The live socket*)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from server.core.device_keys import PROOF_MOST

SPOKEN_MAX = 64 * 1024

Number = Annotated[int, Meta(ge=0, le=2**53)]
Numbers = Annotated[dict[str, Number], Meta(max_length=300)]
Name = Annotated[str, Meta(max_length=100)]


class Hello(Struct, tag_field="type", tag="hello", frozen=True):
    epoch: str | None = None
    seq: Numbers = field(default_factory=dict)
    surface: Literal["phone", "desk", "wallboard"] = "phone"
    zone_id: Name | None = None
    key: Annotated[str, Meta(max_length=PROOF_MOST)] | None = None
    """Where nobody is signed in: what the header would be, for GET /api/live."""


class Got(Struct, tag_field="type", tag="got", frozen=True):
    seq: Numbers


class Seen(Struct, tag_field="type", tag="seen", frozen=True):
    alarm_id: Name


class Ping(Struct, tag_field="type", tag="ping", frozen=True):
    n: Number


class Proved(Struct, tag_field="type", tag="proof", frozen=True):
    id: Name


Spoken = Hello | Got | Seen | Ping | Proved
_spoken = msgspec.json.Decoder(Spoken)


def understood(text: str) -> Spoken | None:
    """What a screen said, or None where it makes no sense."""
    if len(text) > SPOKEN_MAX:
        return None
    try:
        return _spoken.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):  # the last: brackets within brackets, by the thousand
        return None
