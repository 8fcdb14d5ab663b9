"""Who is calling: the session cookie for people, a bearer token for gateways. Every endpoint passes through here."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from server.core.access import Viewer
from server.core.directory import Directory
from server.flow.context import Context
from server.flow.phones import Push
from server.flow.readiness import Readiness
from server.web.intake_queue import IntakeQueue
from server.web.problems import Refusal

COOKIE = "varde_session"
SESSION_DAYS = 30
INVITATION_MINUTES = 60 * 24


@dataclass(frozen=True, slots=True)
class Gateway:
    id: str
    offices: tuple[str, ...]
    token: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody offered on the demo's sign-in page."""

    id: str
    title: Mapping[str, str]
    surface: str = "phone"
    zone_id: str | None = None


@dataclass(slots=True)
class House:
    """What the web needs beside the doors: who may come in as what."""

    context: Context
    intake: IntakeQueue
    readiness: Readiness
    gateways: tuple[Gateway, ...] = ()
    device_keys: Mapping[str, str] = field(default_factory=dict)
    demo: tuple[DemoPerson, ...] | None = None
    """None outside demo mode: then nobody signs in with a click."""
    surfaces: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    origins: tuple[str, ...] = ()
    secure_cookie: bool = False
    forward: Callable[[float], None] | None = None
    """Puts the server's clock forward by so many seconds. None outside demo mode."""
    push: Push | None = None
    """None where this server does not push."""
    inbound: Mapping[str, Any] = field(default_factory=dict)
    """By channel: what reads the calls of its provider (`web.inbound.Reader`)."""
    outbox: Any = None
    """What the demo would have sent; None outside the demo."""
    public_url: str = ""
    online: Callable[[], Collection[str]] = frozenset
    """People with an open screen at any server. Asks the store."""
    stopping: bool = False


async def house_of(connection: HTTPConnection) -> House:
    """Awaits nothing: what FastAPI need not call in a thread of its pool costs a press two hand-overs less."""
    return connection.app.state.house  # type: ignore[no-any-return]


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def person_of(connection: HTTPConnection, house: House) -> str | None:
    """The person behind the cookie, who must still be in the directory."""
    token = connection.cookies.get(COOKIE, "")
    if not token or len(token) > 200:
        return None
    person_id = house.context.store.session(hashed(token), house.context.now())
    return person_id if person_id in house.context.directory().people else None


def same_origin(connection: HTTPConnection, house: House) -> bool:
    """Browsers send Origin with everything that could change something. Programs that send none are not browsers."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site") in (None, "same-origin", "none")
    host = connection.headers.get("host", "")
    return origin in house.origins or origin.partition("://")[2] == host


def viewer(request: Request) -> Viewer:
    house: House = request.app.state.house
    if request.method not in ("GET", "HEAD") and not same_origin(request, house):
        raise Refusal(403, "wrong_origin", "send this from Varde's own pages")
    person_id = person_of(request, house)
    if person_id is None:
        raise Refusal(401, "not_signed_in", "sign in, or ask your office lead for an invitation code")
    surface, zone_id = house.surfaces.get(person_id, ("phone", None))
    return Viewer(person_id, surface, zone_id)


async def gateway(request: Request) -> Gateway:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    house: House = request.app.state.house
    found = None
    for known in house.gateways:  # every one is compared, so that the time tells nothing
        if hmac.compare_digest(known.token.encode(), token.encode()):
            found = known
    if scheme.lower() != "bearer" or found is None:
        raise Refusal(401, "unknown_gateway", "the gateway's token is wrong or missing: see VARDE_GATEWAY_TOKEN")
    return found


def sign_in(house: House, person_id: str) -> str:
    """A new session; gives the token for the cookie. Only its hash is kept."""
    token = secrets.token_urlsafe(32)
    house.context.store.add_session(hashed(token), person_id, house.context.now() + timedelta(days=SESSION_DAYS))
    return token


ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def invite(context: Context, person_id: str) -> str:
    """A code of eight characters, used once, within a day."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(8))
    context.store.add_invitation(hashed(code), person_id, context.now() + timedelta(minutes=INVITATION_MINUTES))
    return code


HouseOf = Annotated[House, Depends(house_of)]
ViewerOf = Annotated[Viewer, Depends(viewer)]
GatewayOf = Annotated[Gateway, Depends(gateway)]


def directory_of(house: House) -> Directory:
    return house.context.directory()
