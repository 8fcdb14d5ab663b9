"""What a screen may say on the live socket (docs/api.md, *The live socket*)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from server.core.device_keys import PROOF_MOST

SPOKEN_MAX = 64 * 1024


class Hello(BaseModel):
    type: Literal["hello"]
    epoch: str | None = None
    seq: dict[str, Annotated[int, Field(ge=0, le=2**53)]] = Field(default_factory=dict, max_length=300)
    surface: Literal["phone", "desk", "wallboard"] = "phone"
    zone_id: str | None = Field(None, max_length=100)
    key: str | None = Field(None, max_length=PROOF_MOST, description="where nobody is signed in: what the header would be, for GET /api/live")


class Got(BaseModel):
    type: Literal["got"]
    seq: dict[str, Annotated[int, Field(ge=0, le=2**53)]] = Field(max_length=300)


class Seen(BaseModel):
    type: Literal["seen"]
    alarm_id: str = Field(max_length=100)


class Ping(BaseModel):
    type: Literal["ping"]
    n: int = Field(ge=0, le=2**53)


class Proved(BaseModel):
    type: Literal["proof"]
    id: str = Field(max_length=100)


Spoken = TypeAdapter(Annotated[Hello | Got | Seen | Ping | Proved, Field(discriminator="type")])


def understood(text: str) -> Hello | Got | Seen | Ping | Proved | None:
    """What a screen said, or None where it makes no sense."""
    if len(text) > SPOKEN_MAX:
        return None
    try:
        return Spoken.validate_json(text)
    except ValidationError:
        return None
