"""The demo's outbox: what would have been sent to which phone, and answers to it. They go the same way as those of a real provider."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from server.core.inbound import Came, Rejected
from server.core.orders import Receipt
from server.flow import answers
from server.web.access import House, HouseOf, same_origin
from server.web.problems import Refusal
from server.web.problems import answers as problems

router = APIRouter(prefix="/api/demo", tags=["demo"])


class Message(Protocol):
    id: int
    channel: str
    address: str
    token: str


class Outbox(Protocol):
    """What the demo's senders write into (`server.senders.demo`)."""

    def all(self) -> tuple[int, list[dict[str, Any]]]: ...
    def find(self, id: int) -> Message | None: ...
    def answered(self, id: int, key: str, reply: str, at: str) -> None: ...


class AnswerOut(BaseModel):
    key: str
    reply: str
    at: str


class MessageOut(BaseModel):
    id: int
    at: str
    channel: Literal["sms", "voice", "email", "chat", "webhook"]
    recipient: str
    name: str
    address: str
    text: str
    language: str
    drill: bool
    keys: bool
    alarm_id: str
    answers: list[AnswerOut]


class OutboxOut(BaseModel):
    changes: int
    messages: list[MessageOut] | None = Field(description="newest first; null where nothing has changed since `seen`")


class AnswerIn(BaseModel, extra="forbid"):
    text: str = Field(min_length=1, max_length=480)


class ReplyOut(BaseModel):
    reply: str


Id = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/outbox", responses=problems(404, 422))
def read_outbox(house: HouseOf, seen: Annotated[int | None, Query(ge=0, le=2**53)] = None) -> OutboxOut:
    """Everything that the demo would have sent. `seen`: the number of changes that the page has shown."""
    changes, messages = _outbox(house).all()
    return OutboxOut(changes=changes, messages=None if changes == seen else messages)  # type: ignore[arg-type]


@router.post("/outbox/{id}/answer", responses=problems(403, 404, 413, 422))
def answer(id: Id, body: AnswerIn, house: HouseOf, request: Request) -> ReplyOut:
    """Answers one message, as its recipient would: writes back, or presses a key."""
    outbox, message = _message(house, request, id)
    now = house.context.now()
    by_number = message.channel == "sms"
    came = Came(None if by_number else message.token, message.address if by_number else None, body.text, written_at=now if by_number else None)
    try:
        reply = answers.take_in(house.context, message.channel, came)
    except Rejected as rejected:
        raise Refusal(404, rejected.reason, "the alarm of this message is gone: start the demo afresh") from None
    outbox.answered(id, body.text, reply, now.isoformat().replace("+00:00", "Z"))
    return ReplyOut(reply=reply)


@router.post("/outbox/{id}/delivered", status_code=204, responses=problems(403, 404, 422))
def delivered(id: Id, house: HouseOf, request: Request) -> None:
    """The phone says that it has the message, as a provider's report would."""
    outbox, message = _message(house, request, id)
    if answers.receipt(house.context, message.token, message.channel, Receipt.DELIVERED) is None:
        raise Refusal(404, "unknown_token", "the alarm of this message is gone: start the demo afresh")
    outbox.answered(id, "delivered", "", house.context.now().isoformat().replace("+00:00", "Z"))


def _outbox(house: House) -> Outbox:
    if house.outbox is None:
        raise Refusal(404, "unknown_path", "there is no demo here")
    return house.outbox  # type: ignore[no-any-return]


def _message(house: House, request: Request, id: int) -> tuple[Outbox, Message]:
    outbox = _outbox(house)
    if not same_origin(request, house):
        raise Refusal(403, "wrong_origin", "send this from Varde's own pages")
    message = outbox.find(id)
    if message is None:
        raise Refusal(404, "unknown_path", "there is no such message")
    return outbox, message
