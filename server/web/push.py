"""Phones that are pushed to: this person's own, their test message; and, by the token in the push, what the phone says back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from server.core.phones import Health, Phone
from server.core.push_tokens import MOST
from server.flow import phones
from server.flow.phones import About, Push, Subscription
from server.flow.receipts import Receipts
from server.flow.answers import ZONE
from server.flow.visits import VisitAnswer
from server.web.access import House, HouseOf, ViewerOf
from server.web.problems import Refusal, answers
from server.web.session import Age, PathId

router = APIRouter(prefix="/api/push", tags=["push"])

Token = Annotated[str, Field(min_length=8, max_length=MOST)]
Secret = Annotated[str, Field(min_length=20, max_length=100)]
PhoneId = Annotated[PathId, Field(pattern=r"^[0-9A-Za-z-]{8,64}$")]

DETAILS = {
    "unknown_push_service": "this server posts to no such address: if it is a push service, add its host to VARDE_PUSH_HOSTS",
    "bad_keys": "the subscription's keys are not keys of P-256: subscribe again",
    "not_this_phone": "another phone has this id: make a new one",
    "unknown_phone": "there is no such phone, or the secret is another: sign up again in the app",
}


class KeysIn(BaseModel):
    p256dh: str = Field(min_length=80, max_length=200)
    auth: str = Field(min_length=16, max_length=64)


class SubscriptionIn(BaseModel):
    """As the browser writes a PushSubscription; what else it writes is not needed."""

    endpoint: str = Field(min_length=8, max_length=1000)
    keys: KeysIn

    def given(self) -> Subscription:
        return Subscription(self.endpoint, self.keys.p256dh, self.keys.auth)


class PhoneIn(BaseModel, extra="forbid"):
    subscription: SubscriptionIn
    secret: Secret = Field(description="made by the phone, kept by it: with it the service worker renews the subscription")
    language: Literal["nb", "nn", "en"]
    label: str = Field("", max_length=60, pattern=r"^[^\x00-\x1f]*$")


class RenewalIn(BaseModel, extra="forbid"):
    subscription: SubscriptionIn
    secret: Secret


class PhoneOut(BaseModel):
    """`shown_at`: when the last push that it has shown was sent."""

    id: str
    label: str
    language: str
    health: Health
    trouble: str
    added_at: datetime | None
    sent_at: datetime | None
    shown_at: datetime | None
    gone_at: datetime | None


class PushOut(BaseModel):
    """`key`: what to subscribe with, null where this server does not push. `sms`: whether a phone without push is told otherwise."""

    key: str | None
    sms: bool
    phones: list[PhoneOut]


class TestOut(BaseModel):
    """`word`: what the push service answered. Accepted is not shown: the phone's `shown_at` says that."""

    word: str
    sent: bool


class ReceiptIn(BaseModel):
    token: Token


class AnswerIn(BaseModel):
    token: Token
    action: Literal["acknowledge", "decline", "extend_15"]
    age_s: Age = 0


class AnswerOut(BaseModel):
    """`stage` and `role`: what this person now is in the alarm; `deadline_at`: the visit's next deadline, as HH:MM on the office's clock in
    `deadline`; `reason`: as in the app, where it was not carried out as tapped."""

    at: datetime
    repeated: bool
    reason: str | None
    stage: str | None
    role: str | None
    open: bool
    deadline_at: datetime | None = None
    deadline: str | None = None


@router.get("", responses=answers(401))
def read_push(house: HouseOf, viewer: ViewerOf) -> PushOut:
    """What this server can do for my phones, and how they are."""
    context = house.context
    channels = context.directory().channels
    person = context.directory().people[viewer.person_id]
    mine = context.store.phones_of([viewer.person_id]).get(viewer.person_id, [])
    sms = bool(person.phone) and (channels is None or bool(channels & {"sms", "voice"}))
    return PushOut(key=house.push.public_key if house.push else None, sms=sms, phones=[_out(house, phone) for phone in mine])


@router.put("/phones/{phone_id}", responses=answers(401, 403, 409, 413, 422, 503))
def put_phone(phone_id: PhoneId, body: PhoneIn, house: HouseOf, viewer: ViewerOf, request: Request) -> PhoneOut:
    """This phone may be pushed to, for me. Said at every start: the same again changes nothing."""
    about = About(body.language, viewer.surface, body.label, _origin(request, house))
    kept = phones.sign_up(house.context, _push(house), viewer.person_id, phone_id, body.secret, body.subscription.given(), about)
    return _out(house, _good(kept))


@router.post("/phones/{phone_id}/renewal", responses=answers(403, 409, 413, 422, 503))
def renew_phone(phone_id: PhoneId, body: RenewalIn, house: HouseOf) -> PhoneOut:
    """The browser has changed the subscription. By the phone's secret, not by a session."""
    return _out(house, _good(phones.renew(house.context, _push(house), phone_id, body.secret, body.subscription.given())))


@router.delete("/phones/{phone_id}", status_code=204, responses=answers(401, 403, 422))
def delete_phone(phone_id: PhoneId, house: HouseOf, viewer: ViewerOf) -> None:
    """This phone is no longer pushed to. Twice is no mistake."""
    if not phones.sign_off(house.context, viewer.person_id, phone_id):
        raise Refusal(403, "not_this_phone", "it is somebody else's phone")


@router.post("/phones/{phone_id}/test", responses=answers(401, 404, 422, 503))
def test_phone(phone_id: PhoneId, house: HouseOf, viewer: ViewerOf) -> TestOut:
    """Sends a visible test message to this phone of mine."""
    phone = house.context.store.phone(phone_id)
    if phone is None or phone.person_id != viewer.person_id:
        raise Refusal(404, "unknown_phone", DETAILS["unknown_phone"])
    word = phones.test(house.context, _push(house), phone)
    return TestOut(word=word, sent=word == "accepted")


@router.post("/receipts", status_code=204, responses=answers(403, 413, 422))
def post_receipt(body: ReceiptIn, house: HouseOf, request: Request) -> None:
    """The phone has shown a push. By the token in it; the same again changes nothing."""
    if not phones.shown(house.context, _receipts(request), body.token):
        raise Refusal(403, "bad_token", "the token is wrong, of another phone, or too old")


@router.post("/answers", responses=answers(403, 404, 409, 413, 422))
def post_answer(body: AnswerIn, house: HouseOf, request: Request) -> AnswerOut:
    """*I am coming*, *I cannot*, or fifteen minutes more on a visit, from a notification. By the token in the push; the same rules as in the app."""
    given = phones.answer(
        house.context, _receipts(request), body.token, body.action, body.age_s, lambda person_id: house.surfaces.get(person_id, ("phone", None))
    )
    if given.visit is not None:
        return _longer(given.visit)
    if given.answer is None:
        raise Refusal(403, "bad_token", "the token is wrong, of another phone, or too old: open the app")
    if given.answer.alarm is None:
        raise Refusal(404, "unknown_alarm", "there is no such alarm for you")
    answer, alarm = given.answer, given.answer.alarm
    if answer.reason and answer.reason != "too_old":
        raise Refusal(409, answer.reason, "open the app to see the alarm as it is now")
    held = alarm.assignment(given.person_id)
    return AnswerOut(
        at=answer.at, repeated=answer.repeated, reason=answer.reason, stage=held.stage if held else None, role=held.role if held else None, open=alarm.open
    )


def _longer(answer: VisitAnswer) -> AnswerOut:
    visit = answer.after
    if visit is None:
        raise Refusal(404, "unknown_visit", "there is no such visit for you")
    if answer.reason:
        raise Refusal(409, answer.reason, "open the app to see the visit as it is now")
    clock = f"{visit.deadline_at.astimezone(ZONE):%H:%M}" if visit.deadline_at else None
    return AnswerOut(at=answer.at, repeated=answer.repeated, reason=None, stage=None, role=None, open=visit.open, deadline_at=visit.deadline_at, deadline=clock)


def _out(house: House, phone: Phone) -> PhoneOut:
    return PhoneOut(**phones.state(phone, house.context.now()))  # type: ignore[arg-type]


def _good(kept: Phone | str) -> Phone:
    if isinstance(kept, str):
        status = 403 if kept == "unknown_phone" else 409 if kept == "not_this_phone" else 422
        raise Refusal(status, kept, DETAILS[kept])
    return kept


def _push(house: House) -> Push:
    if house.push is None:
        raise Refusal(503, "no_push", "this server does not push: set VARDE_PUSH_CONTACT")
    return house.push


def _receipts(request: Request) -> Receipts:
    return request.app.state.receipts  # type: ignore[no-any-return]


def _origin(request: Request, house: House) -> str:
    """The address under which this phone sees Varde: what its notifications open. Its origin has been checked to be ours."""
    origin = request.headers.get("origin", "")
    if origin and len(origin) <= 200:
        return origin
    return house.origins[0] if house.origins else f"{request.url.scheme}://{request.headers.get('host', '')}"
