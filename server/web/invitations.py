"""Letting a colleague in: whom one may invite, and the link as a QR code that the new phone reads from the lead's screen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import segno
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from server.flow import invitations
from server.web.access import HouseOf, ViewerOf, app_url_of
from server.web.problems import Refusal, answers
from server.web.session import Id

router = APIRouter(prefix="/api", tags=["session"])

DETAILS = {
    "unknown_person": "there is no such person whom you may invite",
    "has_phone": "this person has a phone already: take that one away first, or let who runs Varde make the invitation",
}


class ColleagueOut(BaseModel):
    id: str
    name: str
    has_phone: bool


class ColleaguesOut(BaseModel):
    people: list[ColleagueOut]


class InvitationIn(BaseModel, extra="forbid"):
    person_id: Id


class InvitationOut(BaseModel):
    """`qr`: the link's QR code, a string for each row, 1 where it is dark, without the white edge."""

    code: str
    link: str
    expires_at: datetime
    qr: list[str]


@router.get("/invitations", responses=answers(401, 422))
def read_colleagues(house: HouseOf, viewer: ViewerOf, office_id: Annotated[str, Query(max_length=100)]) -> ColleaguesOut:
    """Whom I may invite at this office; nobody, where I do not lead it."""
    return ColleaguesOut(people=[ColleagueOut(**one) for one in invitations.colleagues(house.context, viewer, office_id)])  # type: ignore[arg-type]


@router.post("/invitations", responses=answers(401, 403, 404, 409, 413, 422))
def post_invitation(body: InvitationIn, house: HouseOf, viewer: ViewerOf, request: Request) -> InvitationOut:
    """A link with which that person signs in, once, within a day."""
    made = invitations.invite_colleague(house.context, viewer, body.person_id)
    if isinstance(made, str):
        raise Refusal(404 if made == "unknown_person" else 409, made, DETAILS[made])
    link = made.link(app_url_of(house, request))
    rows = ["".join(str(int(dark)) for dark in row) for row in segno.make(link, error="m", micro=False).matrix]
    return InvitationOut(code=made.code, link=link, expires_at=made.expires_at, qr=rows)
