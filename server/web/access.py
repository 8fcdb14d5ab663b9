"""Who is calling: the session cookie for people, the phone's own key where nobody is signed in, a bearer token for gateways. Every endpoint passes through
here."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from server.core.access import Viewer
from server.core.device_keys import SCHEME, DeviceKey, Proof, read_proof
from server.core.directory import Directory
from server.core.drill.exercise import Exercise
from server.core.values import replace
from server.flow import keys
from server.flow.context import Context, Session
from server.flow.phones import Push
from server.flow.readiness import Readiness
from server.web.intake_queue import IntakeQueue
from server.web.problems import Refusal

COOKIE = "varde_session"
PAGE_COOKIE, PAGE_PATH = "varde_nod", "/nod"
"""Of the page without JavaScript: it raises and answers, and no more."""
SESSION_DAYS = 30
PHONE_HOURS = 12
"""On a phone that has a key, whose owner has a PIN to come in again: the next morning it asks. Both count from when it was last used."""
RENEWED_HOURS = 1
"""A session is renewed no more often."""


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
    map: Any = None
    """Fetches map tiles (`server.map_tiles.MapTiles`). None where no map is set up."""
    public_url: str = ""
    sms_number: str | None = None
    """Where people may write to Varde by SMS."""
    online: Callable[[], Collection[str]] = frozenset
    """People with an open screen at any server. Asks the store."""
    read_exercise: Callable[[str, dict[str, Any]], Exercise] = field(default=lambda *_: not_here())
    """Reads an own exercise as it was sent, with this id. Raises ValueError that says what to correct."""
    dry_run: Callable[..., dict[str, object]] = field(default=lambda *_: not_here())  # type: ignore[arg-type, return-value]
    """`server.plan.drill_trial.dry_run`."""
    stopping: bool = False


def not_here() -> Exercise:
    raise LookupError("wiring gives the reader of exercises")


async def house_of(connection: HTTPConnection) -> House:
    """Awaits nothing: what FastAPI need not call in a thread of its pool costs a press two hand-overs less."""
    return connection.app.state.house  # type: ignore[no-any-return]


hashed = keys.hashed


def app_url_of(house: House, request: Request) -> str:
    """Where people open the app: the first address of browsers, else the world's, else as it was asked for now."""
    return next(iter(house.origins), house.public_url) or f"{request.url.scheme}://{request.headers.get('host', '')}"


def session_of(connection: HTTPConnection, house: House) -> Session | None:
    """The session behind the cookie, of somebody who must still be in the directory. Being used keeps it."""
    token = connection.cookies.get(COOKIE, "")
    if not token or len(token) > 200:
        return None
    now = house.context.now()
    session = house.context.store.session(hashed(token), now)
    if session is None or session.person_id not in house.context.directory().people:
        return None
    until = lasts_until(house, session.person_id, session.key_id, now)
    if until - session.expires_at > timedelta(hours=RENEWED_HOURS):
        house.context.store.keep_session(replace(session, expires_at=until))
    return session


def lasts_until(house: House, person_id: str, key_id: str, now: datetime) -> datetime:
    """Short only where there is another way in than a code from the office."""
    on_phone = house.surfaces.get(person_id, ("phone", None))[0] == "phone"
    if on_phone and key_id and house.context.store.pins(person_id) is not None:
        return now + timedelta(hours=PHONE_HOURS)
    return now + timedelta(days=SESSION_DAYS)


def same_origin(connection: HTTPConnection, house: House) -> bool:
    """Browsers send Origin with everything that could change something. Programs that send none are not browsers."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site") in (None, "same-origin", "none")
    host = connection.headers.get("host", "")
    return origin in house.origins or origin.partition("://")[2] == host


def viewer(request: Request) -> Viewer:
    """Somebody who is signed in."""
    house: House = request.app.state.house
    _from_own_pages(request, house)
    session = session_of(request, house)
    if session is None:
        raise Refusal(401, "not_signed_in", "sign in, or ask your office lead for an invitation code")
    return viewer_of(house, session.person_id)


async def body_of(request: Request) -> bytes:
    return await request.body()


def caller(request: Request, body: Annotated[bytes, Depends(body_of)]) -> Viewer:
    """Somebody who is signed in, or else the phone itself, by its key: for what a phone may do before that."""
    house: House = request.app.state.house
    _from_own_pages(request, house)
    session = session_of(request, house)
    if session is not None:
        return viewer_of(house, session.person_id)
    return viewer_of(house, signer(house, proof_in(request), said(request, body)).person_id, by_key=True)


def holder(request: Request, body: Annotated[bytes, Depends(body_of)]) -> DeviceKey:
    """The phone itself, by its key only."""
    house: House = request.app.state.house
    _from_own_pages(request, house)
    return signer(house, proof_in(request), said(request, body))


def proof_in(request: Request) -> Proof | None:
    return read_proof(request.headers.get("authorization", ""))


def said(request: Request, body: bytes) -> keys.Request:
    query = request.scope["query_string"]
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    return keys.Request(request.method, (path + (b"?" + query if query else b"")).decode("latin-1"), body)


def signer(house: House, proof: Proof | None, request: keys.Request) -> DeviceKey:
    """Raises Refusal, with what the phone is to do about it."""
    if proof is None:
        raise Refusal(401, "not_signed_in", f"sign in, or sign the request with this phone's key: Authorization: {SCHEME} id.ms.nonce.signature")
    key = keys.who(house.context, proof, request)
    if isinstance(key, str):
        raise key_refused(house, key)
    return key


KEY_DETAILS = {
    "unknown_key": "this phone is not enrolled, or it has been taken away: sign in with a new code",
    "key_expired": "this phone has not been used for 90 days: sign in with a new code",
    "bad_signature": "the signature does not fit what was sent: see docs/api.md, The phone's own key",
    "bad_key": "send the public key of P-256, uncompressed, base64url, and sign the request with it",
    "wrong_clock": "the phone's clock is wrong by more than five minutes: sign again by server_time",
    "replayed": "this was sent before: sign it anew, with another nonce",
}


def key_refused(house: House, word: str) -> Refusal:
    return Refusal(401, word, KEY_DETAILS[word], {"server_time": house.context.now().isoformat().replace("+00:00", "Z")})


def viewer_of(house: House, person_id: str, by_key: bool = False) -> Viewer:
    surface, zone_id = house.surfaces.get(person_id, ("phone", None))
    return Viewer(person_id, surface, zone_id, by_key)


def _from_own_pages(request: Request, house: House) -> None:
    if request.method not in ("GET", "HEAD") and not same_origin(request, house):
        raise Refusal(403, "wrong_origin", "send this from Varde's own pages")


def gateway_of(house: House, authorization: str) -> Gateway | None:
    """Whose token this is."""
    scheme, _, token = authorization.partition(" ")
    found = None
    for known in house.gateways:  # every one is compared, so that the time tells nothing
        if hmac.compare_digest(known.token.encode(), token.encode()):
            found = known
    return found if scheme.lower() == "bearer" else None


async def gateway(request: Request) -> Gateway:
    found = gateway_of(request.app.state.house, request.headers.get("authorization", ""))
    if found is None:
        raise Refusal(401, "unknown_gateway", "the gateway's token is wrong or missing: see VARDE_GATEWAY_TOKEN")
    return found


def sign_in(house: House, person_id: str, key_id: str = "", by_code: bool = True) -> str:
    """A new session; gives the token for the cookie. Only its hash is kept."""
    token, now = secrets.token_urlsafe(32), house.context.now()
    session = Session(hashed(token), person_id, lasts_until(house, person_id, key_id, now), key_id, now if by_code else None)
    house.context.store.keep_session(session)
    return token


HouseOf = Annotated[House, Depends(house_of)]
ViewerOf = Annotated[Viewer, Depends(viewer)]
CallerOf = Annotated[Viewer, Depends(caller)]
HolderOf = Annotated[DeviceKey, Depends(holder)]
BodyOf = Annotated[bytes, Depends(body_of)]
GatewayOf = Annotated[Gateway, Depends(gateway)]


def directory_of(house: House) -> Directory:
    return house.context.directory()
