"""Signing in and out, and duty."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from server.core import access as rights
from server.core.directory import Duty
from server.flow import actions
from server.web.access import COOKIE, SESSION_DAYS, HouseOf, ViewerOf, hashed, sign_in
from server.web.problems import Refusal, answers
from starlette.requests import Request

router = APIRouter(prefix="/api", tags=["session"])

Surface = Literal["phone", "desk", "wallboard"]
Id = Annotated[str, Field(min_length=1, max_length=100)]


class PersonOut(BaseModel):
    id: str
    name: str
    language: str


class OfficeOut(BaseModel):
    id: str
    name: str
    access: list[str]
    roles: list[str]
    duty: Duty


class SessionOut(BaseModel):
    person: PersonOut
    demo: bool
    surface: Surface
    zone_id: str | None
    offices: list[OfficeOut]
    server_time: datetime


class CodeIn(BaseModel):
    code: str = Field(min_length=8, max_length=8)


class DemoPersonOut(BaseModel):
    id: str
    name: str
    title: dict[str, str]
    office_id: str
    office_name: str
    surface: Surface
    zone_id: str | None


class DemoPeopleOut(BaseModel):
    people: list[DemoPersonOut]


class DemoSessionIn(BaseModel):
    person_id: Id


class ForwardIn(BaseModel):
    forward_s: float = Field(gt=0, le=86_400)


class DutyIn(BaseModel):
    office_id: Id
    duty: Duty


@router.get("/session", responses=answers(401))
def read_session(house: HouseOf, viewer: ViewerOf) -> SessionOut:
    """Who I am, where I serve, and whether I am on duty."""
    directory = house.context.directory()
    person = directory.people[viewer.person_id]
    offices = [
        OfficeOut(
            id=office, name=directory.offices[office].name, access=sorted(person.access), roles=sorted(person.roles),
            duty=directory.duty.get((person.id, office), Duty.OFF),
        )
        for office in person.offices
    ]  # fmt: skip
    return SessionOut(
        person=PersonOut(id=person.id, name=person.name, language=person.language), demo=house.demo is not None,
        surface=viewer.surface, zone_id=viewer.zone_id, offices=offices, server_time=house.context.now(),
    )  # type: ignore[arg-type]  # fmt: skip


@router.post("/session", status_code=204, responses=answers(403, 422))
def sign_in_with_code(body: CodeIn, house: HouseOf, response: Response) -> None:
    """Exchanges an invitation code, once, for a session."""
    person_id = house.context.store.use_invitation(hashed(body.code.upper()), house.context.now())
    if person_id is None:
        raise Refusal(403, "bad_code", "the code is wrong, used or older than a day: ask for a new one")
    _set_cookie(response, sign_in(house, person_id), house.secure_cookie)


@router.delete("/session", status_code=204)
def sign_out(request: Request, house: HouseOf, response: Response) -> None:
    """Ends this session. Signing out twice is no mistake."""
    if token := request.cookies.get(COOKIE):
        house.context.store.end_session(hashed(token))
    response.delete_cookie(COOKIE)


@router.get("/demo/people", responses=answers(404), tags=["demo"])
def demo_people(house: HouseOf) -> DemoPeopleOut:
    """The people one may sign in as with a click. Only in the demo."""
    if house.demo is None:
        raise Refusal(404, "unknown_path", "there is no demo here")
    directory = house.context.directory()
    people = []
    for one in house.demo:
        person = directory.people[one.id]
        office = directory.offices[person.offices[0]]
        people.append(
            DemoPersonOut(id=one.id, name=person.name, title=dict(one.title), office_id=office.id, office_name=office.name,
                          surface=one.surface, zone_id=one.zone_id)  # type: ignore[arg-type]
        )  # fmt: skip
    return DemoPeopleOut(people=people)


@router.post("/demo/session", status_code=204, responses=answers(404, 422), tags=["demo"])
def demo_sign_in(body: DemoSessionIn, house: HouseOf, response: Response) -> None:
    """Signs in as one of the demo's people. Only in the demo."""
    if house.demo is None or body.person_id not in {one.id for one in house.demo}:
        raise Refusal(404, "unknown_path", "there is no such demo person here")
    _set_cookie(response, sign_in(house, body.person_id), house.secure_cookie)


@router.post("/demo/clock", status_code=204, responses=answers(404, 422), tags=["demo"])
def demo_clock(body: ForwardIn, house: HouseOf) -> None:
    """Puts the server's clock forward, so that nobody waits half an hour to see somebody missed. Only in the demo."""
    if house.forward is None:
        raise Refusal(404, "unknown_path", "there is no demo here")
    house.forward(body.forward_s)
    house.context.bell.ring("deadline", "duty")


@router.put("/duty", status_code=204, responses=answers(401, 403, 422))
def put_duty(body: DutyIn, house: HouseOf, viewer: ViewerOf) -> None:
    """Off, on duty, or present. Off is truly off."""
    if not rights.rights(viewer.person_id, body.office_id, house.context.directory()):
        raise Refusal(403, "not_allowed", "you do not serve that office")
    actions.set_duty(house.context, viewer.person_id, body.office_id, body.duty)


def _set_cookie(response: Response, token: str, secure: bool) -> None:
    response.set_cookie(COOKIE, token, max_age=SESSION_DAYS * 86_400, httponly=True, samesite="strict", secure=secure)


PathId = Annotated[str, Path(min_length=1, max_length=100)]
