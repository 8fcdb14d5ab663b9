"""Phones' own keys: enrolling the one that one holds, the list of those that are there, and taking a lost one away."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from server.core.device_keys import UNSEEN_DAYS
from server.core.phones import Health
from server.core.values import replace
from server.flow import keys
from server.web.access import PAGE_COOKIE, PAGE_PATH, BodyOf, HolderOf, HouseOf, ViewerOf, key_refused, lasts_until, proof_in, said, session_of
from server.web.problems import Refusal, answers
from server.web.session import PathId

router = APIRouter(prefix="/api", tags=["phones"])


class KeyIn(BaseModel, extra="forbid"):
    """`public_key`: the point of P-256, uncompressed, base64url. `phone_id`: as in /api/push, where the phone is pushed to."""

    public_key: str = Field(min_length=87, max_length=88, pattern=r"^[A-Za-z0-9_-]+=?$")
    phone_id: str = Field("", max_length=64, pattern=r"^[0-9A-Za-z-]*$")
    label: str = Field("", max_length=60, pattern=r"^[^\x00-\x1f]*$")


class KeyOut(BaseModel):
    id: str


class WhoOut(BaseModel):
    id: str
    name: str


class EnrolledOut(BaseModel):
    """`push`: how sure it is that a push would ring here; null where it is not pushed to."""

    id: str
    person: WhoOut
    label: str
    added_at: datetime | None
    seen_at: datetime | None
    expired: bool
    push: Health | None


class EnrolledListOut(BaseModel):
    phones: list[EnrolledOut]


@router.put("/keys", responses=answers(401, 403, 413, 422))
def put_key(body: KeyIn, house: HouseOf, viewer: ViewerOf, request: Request, raw: BodyOf, response: Response) -> KeyOut:
    """This phone may raise and answer for me from now on, also when I am not signed in. Signed by the key itself."""
    given = keys.enrol(house.context, viewer.person_id, body.public_key, body.phone_id, body.label, proof_in(request), said(request, raw))
    if isinstance(given, str):
        raise key_refused(house, given)
    session = session_of(request, house)
    if session is not None and session.key_id != given.id:
        until = lasts_until(house, session.person_id, given.id, house.context.now())
        house.context.store.keep_session(replace(session, key_id=given.id, expires_at=until))
    # Lax: somebody comes to that page from a message or a bookmark. It is sent to that page alone, and with no form of another site.
    response.set_cookie(
        PAGE_COOKIE, keys.page_token(house.context, given), max_age=UNSEEN_DAYS * 86_400, path=PAGE_PATH, httponly=True, samesite="lax",
        secure=house.secure_cookie,
    )  # fmt: skip
    return KeyOut(id=given.id)


@router.delete("/keys", status_code=204, responses=answers(401, 403))
def delete_key(house: HouseOf, key: HolderOf, response: Response) -> None:
    """This phone is given to somebody else: signed by its key, which goes with all that came by it."""
    keys.give_up(house.context, key)
    response.delete_cookie(PAGE_COOKIE, path=PAGE_PATH)


@router.get("/phones", responses=answers(401, 404, 422))
def read_phones(house: HouseOf, viewer: ViewerOf, office_id: Annotated[str | None, Query(max_length=100)] = None) -> EnrolledListOut:
    """My phones; or, for those who lead the office, the phones of all who serve there."""
    found = keys.enrolled(house.context, viewer, office_id)
    if found is None:
        raise Refusal(404, "unknown_office", "there is no such office for you")
    return EnrolledListOut(phones=[EnrolledOut(**one) for one in found])  # type: ignore[arg-type]


@router.delete("/phones/{phone_id}", status_code=204, responses=answers(401, 403, 404, 422))
def delete_phone(phone_id: PathId, house: HouseOf, viewer: ViewerOf) -> None:
    """A phone is lost: it may nothing from now on, is told nothing, and is signed out."""
    if not keys.revoke(house.context, viewer, phone_id):
        raise Refusal(404, "unknown_phone", "there is no such phone that is yours, or of an office that you lead")
