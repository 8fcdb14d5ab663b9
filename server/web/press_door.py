"""The gateways' posts past the framework: a press has no time for what an ordinary call passes. It takes what is exactly as described, and leaves everything
else (and every refusal, with its words) to the ordinary way, which is given the same request again."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.flow.context import StoreDown
from server.web.access import House, gateway_of
from server.web.gateway import SIGNALS_PATH, SignalsIn, receipts_for

SIGNALS = TypeAdapter(SignalsIn)


class PressDoor:
    """`most`: bytes of a body. `headers`: those of every answer."""

    def __init__(self, app: ASGIApp, house: House, most: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._app, self._house, self._most = app, house, most
        self._head = [(b"content-type", b"application/json"), *headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != SIGNALS_PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        gateway = gateway_of(self._house, headers.get(b"authorization", b"").decode("latin-1"))
        if gateway is None or not length.isdigit() or int(length) > self._most or headers.get(b"content-type") != b"application/json":
            await self._app(scope, receive, send)
            return
        read: list[Message] = [await receive()]
        while read[-1].get("more_body"):
            read.append(await receive())
        try:
            body = SIGNALS.validate_json(b"".join(message.get("body", b"") for message in read))
            answer = await receipts_for(self._house, gateway, body.signals)
        except (ValidationError, StoreDown):
            await self._app(scope, _again(read, receive), send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [*self._head, (b"content-length", b"%d" % len(answer))]})
        await send({"type": "http.response.body", "body": answer})


def _again(read: list[Message], receive: Receive) -> Receive:
    """What has been read of a request already, and then what comes after it."""
    left = iter(read)

    async def receiving() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return receiving
