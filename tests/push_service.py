"""A push service of our own (RFC 8030): checks the signature, decrypts with the phone's own keys, and answers as it is told to. A real server."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid

BODY_MOST = 4096


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class Delivered:
    """One push as the phone would get it, and how the service was asked to handle it."""

    body: dict[str, Any]
    plain: bytes
    headers: dict[str, str]
    claims: dict[str, Any]
    key: str
    size: int
    at_s: float


@dataclass(slots=True)
class Mailbox:
    """One subscription: a key pair as a browser makes it. `answer(number)`: status and headers for the nth push; None is never."""

    name: str
    endpoint: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    answer: Callable[[int], tuple[int, dict[str, str]] | None] = lambda number: (201, {})
    got: list[Delivered] = field(default_factory=list)
    asked: int = 0

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": b64(self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)), "auth": b64(self.secret)}

    @property
    def titles(self) -> list[str]:
        return [one.body["notification"]["title"] for one in self.got]


class PushService:
    """`with PushService() as service`: `service.mailbox("ola")` is a new subscription. `faults` are things that a real service would refuse."""

    def __init__(self, decrypt: bool = True) -> None:
        self._decrypt = decrypt
        self._boxes: dict[str, Mailbox] = {}
        self.faults: list[str] = []
        self.taken = 0
        self.last_s = 0.0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="push-service", daemon=True)

    def __enter__(self) -> PushService:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def mailbox(self, name: str, answer: Callable[[int], tuple[int, dict[str, str]] | None] | None = None) -> Mailbox:
        box = Mailbox(name, f"{self.origin}/push/{name}")
        if answer:
            box.answer = answer
        self._boxes[name] = box
        return box

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=1 << 20)
        app.router.add_post("/push/{name}", self._take)
        app.router.add_route("*", "/elsewhere", self._elsewhere)
        runner = web.AppRunner(app, access_log=None)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
        self._loop.run_until_complete(site.start())
        self.port = runner.addresses[0][1]
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())

    async def _elsewhere(self, _: web.Request) -> web.Response:
        self.faults.append("a redirect was followed")
        return web.Response(status=201)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        box = self._boxes.get(request.match_info["name"])
        if box is None:
            return web.Response(status=404)
        box.asked += 1
        answer = box.answer(box.asked)
        body = await request.read()
        if answer is None:
            await asyncio.sleep(3600)
            raise AssertionError("nobody waits so long")
        status, headers = answer
        if 200 <= status < 300:
            if fault := self._keep(box, body, dict(request.headers)):
                self.faults.append(f"{box.name}: {fault}")
                return web.Response(status=400, text=fault)
        self.taken += 1
        self.last_s = time.monotonic()
        return web.Response(status=status, headers=headers)

    def _keep(self, box: Mailbox, body: bytes, headers: dict[str, str]) -> str:
        """Keeps it for the phone; gives what is wrong with it."""
        scheme, _, rest = headers.get("Authorization", "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme.lower() != "vapid" or set(parts) != {"t", "k"}:
            return "not signed as RFC 8292 says"
        if not Vapid.verify(headers["Authorization"]):
            return "the signature does not hold"
        claims = json.loads(unb64(parts["t"].split(".")[1]))
        if claims["aud"] != self.origin or not time.time() < claims["exp"] <= time.time() + 86_400 or not claims.get("sub"):
            return f"claims that a service refuses: {claims}"
        if not headers.get("TTL", "").isdecimal():
            return "no TTL"
        if len(body) > BODY_MOST or headers.get("Content-Encoding") != "aes128gcm":
            return "too large, or not encrypted as RFC 8291 says"
        plain = http_ece.decrypt(body, private_key=box.private, auth_secret=box.secret, version="aes128gcm") if self._decrypt else b"{}"
        box.got.append(Delivered(json.loads(plain), plain, headers, claims, parts["k"], len(body), time.monotonic()))
        return ""
