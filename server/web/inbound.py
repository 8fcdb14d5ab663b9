"""What comes in from providers of SMS and calls, and from alarm centres: receipts and answers."""

from __future__ import annotations

import logging
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from server.core.inbound import Came, Rejected, Reply
from server.core.inbound import Request as Inbound
from server.flow import answers
from server.web.access import House, HouseOf
from server.web.problems import Refusal

router = APIRouter(prefix="/api", tags=["inbound"])
journal = logging.getLogger("varde.inbound")

Word = Annotated[str, Path(min_length=1, max_length=128)]


class Reader(Protocol):
    """What reads the calls of one channel's provider; wiring gives one for each."""

    def read(self, request: Inbound) -> list[Came]: ...
    def reply(self, text: str) -> Reply: ...


STATUS = {"wrong_address": 404, "bad_signature": 403, "unknown_token": 403, "not_understood": 422}
DETAIL = {
    "wrong_address": "there is no such address: ask the administrator of this Varde for it",
    "bad_signature": "the call is not signed with the account's token, or VARDE_PUBLIC_URL is not the address that was called",
    "unknown_token": "the token is not one of ours, or is for something else",
    "not_understood": "this holds neither an answer nor a report: compare it with the provider's profile",
}


@router.api_route("/inbound/{channel}/{secret}", methods=["GET", "POST"], include_in_schema=False)
async def come_in(channel: Word, secret: Word, house: HouseOf, request: Request) -> Response:
    """A provider's report or somebody's answer, in the provider's own form (docs/channels.md). The address holds a secret, and an order's one-time
    token as `t`. The same again changes nothing."""
    reader = house.inbound.get(channel)
    if reader is None:
        raise Refusal(404, "wrong_address", DETAIL["wrong_address"])
    query = f"?{request.url.query}" if request.url.query else ""
    got = Inbound(
        request.method, f"{house.public_url}{request.url.path}{query}", {name.lower(): value for name, value in request.headers.items()},
        dict(request.query_params), await request.body(), secret,
    )  # fmt: skip
    try:
        reply = await run_in_threadpool(_take_in, house, channel, reader, got)
    except Rejected as rejected:
        journal.warning("inbound_rejected", extra={"channel": channel, "reason": rejected.reason})
        raise Refusal(STATUS.get(rejected.reason, 403), rejected.reason, DETAIL.get(rejected.reason, "")) from None
    return Response(reply.body, media_type=reply.content_type)


def _take_in(house: House, channel: str, reader: Reader, got: Inbound) -> Reply:
    said = [answers.take_in(house.context, channel, came) for came in reader.read(got)]
    return reader.reply(" ".join(text for text in said if text))
