"""The door to the live socket: who is at it, and why not. What goes over it is in hub.py."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from server.core.access import Viewer
from server.core.device_keys import read_proof
from server.flow import keys
from server.flow.context import StoreDown
from server.web.access import House, same_origin, session_of
from server.web.conversation import NONSENSE, NOT_SIGNED_IN, WRONG_ORIGIN
from server.web.hub import Hub
from server.web.spoken import Hello, understood
from server.web.watch import TRY_AGAIN

PATH = "/api/live"
HELLO_S = 5


class LiveDoor:
    """Past the framework, as the gateways' posts: what each frame would pass through there costs a third of what it costs to send it."""

    def __init__(self, app: ASGIApp, house: House, hub: Hub) -> None:
        self._app, self._house, self._hub = app, house, hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] == PATH:
            await live(WebSocket(scope, receive, send), send, self._house, self._hub)
        else:
            await self._app(scope, receive, send)


async def _quietly(awaitable: Awaitable[Any]) -> None:
    try:
        await awaitable
    except Exception:  # closing what is already gone
        pass


async def live(socket: WebSocket, put: Send, house: House, hub: Hub) -> None:
    """See docs/api.md, *The live socket*. `put`: what frames go out by."""
    await socket.accept()
    if not same_origin(socket, house):
        await socket.close(WRONG_ORIGIN)
        return
    try:
        hello = understood(await asyncio.wait_for(socket.receive_text(), HELLO_S))
        if not isinstance(hello, Hello):
            await socket.close(NONSENSE)
            return
        viewer = await asyncio.to_thread(_viewer, socket, house, hello)
        if viewer is None:
            await socket.close(NOT_SIGNED_IN)
            return
        await hub.serve(socket, put, viewer, hello)
    except StoreDown:
        await _quietly(socket.close(TRY_AGAIN))
    except (WebSocketDisconnect, OSError, KeyError, RuntimeError):
        await _quietly(socket.close())


def _viewer(socket: WebSocket, house: House, hello: Hello) -> Viewer | None:
    """Who is at this socket: by the cookie, else by the phone's own key."""
    session = session_of(socket, house)
    if session is None:
        proof = read_proof(hello.key or "")
        key = keys.who(house.context, proof, keys.Request("GET", PATH)) if proof else "unknown_key"
        if isinstance(key, str):
            return None
    person_id = session.person_id if session else key.person_id
    surface, zone_id = house.surfaces.get(person_id, (hello.surface, hello.zone_id))
    return Viewer(person_id, surface, zone_id, by_key=session is None)
