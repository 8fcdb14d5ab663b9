"""The web application: routers, the size limit, security headers, health, and the app's own files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.flow.receipts import Receipts
from server.web import visits as visits_web
from server.web import (
    aftermath, alarms, demo_outbox, drill_report, drills, exercises, gateway, health, inbound, invitations, keys, lifeboat, maps, offices,
    portables, problems, programme, proofs, push, reports, session,
)  # fmt: skip
from server.web.access import House
from server.web.hub import Hub
from server.web.live import LiveDoor
from server.web.press_door import PressDoor

BODY_MAX = 64 * 1024
GATEWAY_BODY_MAX = 4 * 1024 * 1024
"""A heartbeat names every device of a large site."""

HEADERS = [
    (b"content-security-policy", b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
     b"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(self), camera=(self), microphone=()"),
]  # fmt: skip


def make_app(house: House, receipts: Receipts, pwa: Path | None) -> FastAPI:
    """`pwa`: the folder of the built app, if there is one."""
    hub = Hub(house, receipts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await hub.start()
        yield
        await hub.stop()

    app = FastAPI(
        title="Varde", version="0.1.0", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None, lifespan=lifespan,
        description="Panic alarm and lone-worker safety. What order and meaning the calls have is in docs/api.md.",
    )  # fmt: skip
    app.state.house, app.state.hub, app.state.receipts = house, hub, receipts
    problems.install(app)
    # the gateways' doors first: paths are compared in this order
    ours = (
        session.router, alarms.router, aftermath.router, visits_web.router,
        portables.router, reports.router, drills.router, drill_report.router, exercises.router,
        programme.router, offices.router, maps.router, proofs.router, push.router, keys.router, invitations.router, lifeboat.router, health.router,
        demo_outbox.router,
    )  # fmt: skip
    for router in (gateway.router, *ours, inbound.router):
        app.include_router(router)

    if pwa is not None and pwa.is_dir():
        _serve_pwa(app, pwa)
    app.add_middleware(Guard)
    app.add_middleware(LiveDoor, house=house, hub=hub)
    app.add_middleware(PressDoor, house=house, most=GATEWAY_BODY_MAX, headers=HEADERS)
    return app


def _serve_pwa(app: FastAPI, pwa: Path) -> None:
    """The built app; its routes all answer with index.html, which is never cached, so that a new version is seen."""
    index = pwa / "index.html"
    app.mount("/assets", StaticFiles(directory=pwa / "assets", check_dir=False), name="assets")

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str) -> FileResponse:
        if path.startswith("api/"):
            raise problems.Refusal(404, "unknown_path", "there is no such call: see /api/openapi.json")
        wanted = (pwa / path).resolve()
        if path and wanted.is_file() and wanted.is_relative_to(pwa.resolve()):
            return FileResponse(wanted, headers={"Cache-Control": "no-cache"})
        return FileResponse(index, headers={"Cache-Control": "no-cache"})


class Guard:
    """Refuses bodies over the limit before they are read, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = GATEWAY_BODY_MAX if scope["path"].startswith("/api/gateway/") else BODY_MAX
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        too_large = problems.problem(413, "too_large", f"send at most {limit} bytes")
        if not declared.isdigit() or int(declared) > limit:
            await too_large(scope, receive, _with_headers(send))
            return
        if b"transfer-encoding" in headers:
            body = await _read_limited(receive, limit)
            if body is None:
                await too_large(scope, receive, _with_headers(send))
                return
            receive = _again(body)
        await self._app(scope, receive, _with_headers(send))


async def _read_limited(receive: Receive, limit: int) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes) -> Receive:
    done = False

    async def receive() -> Message:
        nonlocal done
        if done:
            return {"type": "http.disconnect"}
        done = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *HEADERS]
        await send(message)

    return sending
