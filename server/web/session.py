"""Signing in and out, the PIN, and duty."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, BeforeValidator, Field

from server.core import access as rights
from server.core.directory import Duty
from server.flow import actions, keys
from server.flow.invitations import use_invitation
from server.web.access import COOKIE, SESSION_DAYS, CallerOf, HolderOf, House, HouseOf, ViewerOf, hashed, session_of, sign_in
from server.web.problems import Refusal, answers
from starlette.requests import Request

router = APIRouter(prefix="/api", tags=["session"])

FRESH_MINUTES = 15
PIN_DETAILS = {
    "wrong_pin": "that is not the PIN",
    "needs_code": "no PIN, or too many wrong ones: sign in with a new code",
    "same_pin": "the two must differ, or nobody would know that you are forced",
    "weak_pin": "anybody would try that PIN first: no run, no year, no repetition",
    "weak_duress_pin": "anybody would try that duress PIN first: no run, no year, no repetition",
    "like_pin": "one wrong key makes one PIN of the other: at least two digits must differ",
}

Surface = Literal["phone", "desk", "wallboard"]
Id = Annotated[str, Field(min_length=1, max_length=100)]
AGE_MAX_S = 30 * 86_400


def _age(said: object) -> float:
    """How long ago a tap was, as the phone says. Its clock may have been put right since by any number of years, so no tap is refused for this:
    what is too old counts as a month, and what makes no sense as now."""
    return min(max(0.0, said), AGE_MAX_S) if isinstance(said, int | float) else 0.0


Age = Annotated[float, BeforeValidator(_age), Field(ge=0, le=AGE_MAX_S)]


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
    """`tier`: `session` where somebody is signed in; `key` where only the phone is known, by its own key: it may raise and answer."""

    tier: Literal["session", "key"]
    person: PersonOut
    demo: bool
    surface: Surface
    zone_id: str | None
    zone_public: bool | None
    offices: list[OfficeOut]
    pin: bool = Field(description="whether this person has a PIN")
    old_pin: bool = Field(description="whether PUT /api/pin asks for the old one")
    server_time: datetime


class CodeIn(BaseModel):
    code: str = Field(min_length=8, max_length=8)
    attempt: str = Field("", max_length=64, description="made by the phone, and the same when it sends the code again because no answer came")


Pin = Annotated[str, Field(min_length=1, max_length=16)]
NewPin = Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]


class PinIn(BaseModel, extra="forbid"):
    pin: Pin


class NewPinIn(BaseModel, extra="forbid"):
    pin: NewPin
    duress_pin: NewPin
    old_pin: str = Field("", max_length=16)


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
def read_session(house: HouseOf, viewer: CallerOf, request: Request) -> SessionOut:
    """Who I am, where I serve, and whether I am on duty. By the phone's own key: whose phone this is."""
    directory = house.context.directory()
    person = directory.people[viewer.person_id]
    offices = [
        OfficeOut(
            id=office, name=directory.offices[office].name, access=[] if viewer.by_key else sorted(person.access), roles=sorted(person.roles),
            duty=directory.duty.get((person.id, office), Duty.OFF),
        )
        for office in person.offices
    ]  # fmt: skip
    has_pin = house.context.store.pins(person.id) is not None
    return SessionOut(
        tier="key" if viewer.by_key else "session", person=PersonOut(id=person.id, name=person.name, language=person.language),
        demo=house.demo is not None, surface=viewer.surface, zone_id=viewer.zone_id, offices=offices,
        zone_public=directory.visitors_at(person.offices, viewer.zone_id),
        pin=has_pin, old_pin=has_pin and not _fresh(request, house), server_time=house.context.now(),
    )  # type: ignore[arg-type]  # fmt: skip


@router.post("/session", status_code=204, responses=answers(403, 422))
def sign_in_with_code(body: CodeIn, house: HouseOf, response: Response) -> None:
    """Exchanges an invitation code, once, for a session. Where its answer was lost, the same `attempt` gets another one for ten minutes."""
    person_id = use_invitation(house.context, body.code, body.attempt)
    if person_id is None:
        raise Refusal(403, "bad_code", "the code is wrong, used or older than a day: ask for a new one")
    _set_cookie(response, sign_in(house, person_id), house.secure_cookie)


@router.post("/session/pin", status_code=204, responses=answers(401, 403, 422))
def sign_in_with_pin(body: PinIn, house: HouseOf, key: HolderOf, response: Response) -> None:
    """On an enrolled phone, signed by its key: the PIN opens a session again."""
    if wrong := keys.open_with_pin(house.context, key.person_id, body.pin):
        raise Refusal(403, wrong, PIN_DETAILS[wrong])
    _set_cookie(response, sign_in(house, key.person_id, key.id, by_code=False), house.secure_cookie)


@router.put("/pin", status_code=204, responses=answers(401, 403, 409, 422))
def put_pin(body: NewPinIn, house: HouseOf, viewer: ViewerOf, request: Request) -> None:
    """My PIN, and the one for when somebody forces me. The old PIN is asked for, but by those who have just come in with a code."""
    if wrong := keys.choose_pin(house.context, viewer.person_id, body.pin, body.duress_pin, body.old_pin, _fresh(request, house)):
        raise Refusal(403 if wrong in ("wrong_pin", "needs_code") else 409, wrong, PIN_DETAILS[wrong])


def _fresh(request: Request, house: House) -> bool:
    """Has just come in with a code."""
    session = session_of(request, house)
    came_at = session.signed_in_at if session else None
    return came_at is not None and house.context.now() - came_at < timedelta(minutes=FRESH_MINUTES)


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
    """Signs in as anybody in the demo's offices; its page offers a few of them. Only in the demo."""
    if house.demo is None or body.person_id not in house.context.directory().people:
        raise Refusal(404, "unknown_path", "there is no such demo person here")
    _set_cookie(response, sign_in(house, body.person_id), house.secure_cookie)


@router.post("/demo/clock", status_code=204, responses=answers(404, 422), tags=["demo"])
def demo_clock(body: ForwardIn, house: HouseOf) -> None:
    """Puts the server's clock forward, so that nobody waits half an hour to see somebody missed. Only in the demo."""
    if house.forward is None:
        raise Refusal(404, "unknown_path", "there is no demo here")
    house.forward(body.forward_s)
    house.context.bell.ring("deadline", "orders")
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
