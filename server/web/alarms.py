"""Alarms: reading them, acting on them, raising one from the app."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, BeforeValidator, Field

from server.core.access import Viewer, may_read_log, may_see
from server.core.model import Alarm
from server.core.signals import Kind
from server.flow import actions, views
from server.flow.presses import press
from server.web.access import CallerOf, House, HouseOf, ViewerOf
from server.web.alarm_refusals import detail
from server.web.intake_queue import submit
from server.web.problems import Refusal, answers
from server.web.session import Age, Id, PathId

router = APIRouter(prefix="/api", tags=["alarms"])
journal = logging.getLogger("varde.live")

RECENT_S = 3600
"""Alarms that ended this recently are still shown: somebody may come to the screen late."""

Line = Annotated[str, Field(max_length=500)]


class AlarmsOut(BaseModel):
    """`alarms`: AlarmView, as in docs/api.md."""

    epoch: str
    seq: dict[str, int]
    alarms: list[dict[str, Any]]


class ActionIn(BaseModel, extra="forbid"):
    id: str = Field(min_length=8, max_length=64, description="UUIDv7 made at the tap")
    action: Literal[
        "acknowledge", "decline", "arrive", "shelter", "note", "tick", "swap_role", "change_situation", "mark", "more_help", "call_off",
        "confirm", "resolve", "this_is_real",
    ]  # fmt: skip
    age_s: Age = 0
    role: Id | None = None
    eta_s: int | None = Field(None, ge=0, le=86_400)
    text: Line | None = None
    step: Id | None = None
    on: bool = True
    switch: Id | None = None
    mark: Id | None = None
    value: str | None = Field(None, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    pin: str | None = Field(None, max_length=16)
    how: Literal["seen", "heard"] | None = None
    outcome: Literal["handled", "false_alarm", "test", "drill_done"] | None = None
    seen_signal: int | None = Field(None, ge=0, le=10**9)
    visit_home: bool | None = None
    visit_seconds: int | None = Field(None, ge=60, le=4 * 3600)


NEEDS = {"note": ("text",), "tick": ("role", "step"), "swap_role": ("role",), "change_situation": ("switch",), "mark": ("mark",),
         "call_off": ("seen_signal",), "confirm": ("how", "seen_signal"), "resolve": ("outcome", "seen_signal")}  # fmt: skip


class ReceiptOut(BaseModel):
    id: str
    at: datetime
    repeated: bool


class ActionOut(BaseModel):
    receipt: ReceiptOut
    alarm: dict[str, Any]


class SignalIn(BaseModel):
    """Nothing that a newer app says beside is a reason to refuse a cry for help: it is ignored, and a kind that is not known is a panic."""

    id: str = Field(min_length=8, max_length=64, description="UUIDv7 made at the press")
    kind: Annotated[Literal[Kind.PANIC, Kind.ASSIST], BeforeValidator(lambda said: said if said == Kind.ASSIST else Kind.PANIC)]
    age_s: Age = 0
    office_id: Id | None = None
    zone_id: Id | None = None


class SignalOut(BaseModel):
    signal_id: str
    outcome: Literal["opened", "joined", "noted", "repeated"]
    alarm_id: str | None
    received_at: datetime


class LogEntryOut(BaseModel):
    n: int
    at: datetime
    what: str
    who: dict[str, str] | None
    data: dict[str, Any]


class LogOut(BaseModel):
    entries: list[LogEntryOut]
    intact: bool
    drill: bool


@router.get("/alarms", responses=answers(401))
def read_alarms(house: HouseOf, viewer: CallerOf) -> AlarmsOut:
    """All open alarms that I may see, and those that ended in the last hour."""
    offices = house.context.directory().people[viewer.person_id].offices
    seq = house.context.store.heads(offices)  # before the alarms: what changes in between comes again
    bodies = b",".join(shown.body for shown in visible(house, viewer).values())
    head = views.to_json({"epoch": house.context.store.epoch(), "seq": seq})
    return Response(head[:-1] + b',"alarms":[' + bodies + b"]}", media_type="application/json")  # type: ignore[return-value]


def not_shown(alarm: Alarm) -> None:
    """Called while the exception is handled."""
    journal.exception("alarm_not_shown", extra={"alarm": alarm.id})


def visible(house: House, viewer: Viewer, failed: Callable[[Alarm], None] = not_shown) -> dict[str, views.Shown]:
    """By alarm, what this screen is shown: open, or ended within the hour. `failed` is called with those that it should be shown and cannot."""
    context = house.context
    directory = context.directory()
    since = context.now() - timedelta(seconds=RECENT_S)
    found = {alarm.id: alarm for alarm in context.store.alarms_of(directory.people[viewer.person_id].offices, since)}
    shown = views.shown_to(viewer, views.look_up_apart(context.store, found.values(), directory, failed), failed)
    # what only looks cancelled nearby leaves the near screens when a cancelled one would
    gone = {one for one in shown if found[one].feigned and shown[one].near and found[one].opened_at < since}
    return {one: shown[one] for one in shown if one not in gone}


@router.get("/alarms/{alarm_id}", responses=answers(401, 404))
def read_alarm(alarm_id: PathId, house: HouseOf, viewer: CallerOf) -> dict[str, Any]:
    """One alarm, as AlarmView. 404 also where I may not see it."""
    return _json(_view(house, viewer, alarm_for(house, viewer, alarm_id)))


@router.get("/alarms/{alarm_id}/log", responses=answers(401, 404))
def read_log(alarm_id: PathId, house: HouseOf, viewer: ViewerOf) -> LogOut:
    """The whole story, and whether its chain of hashes holds."""
    alarm = alarm_for(house, viewer, alarm_id)
    if not may_read_log(viewer, alarm, house.context.directory()):
        raise Refusal(404, "unknown_alarm", "a wallboard has no log")
    return _json(views.to_json(views.log_view(house.context.store, alarm, viewer, house.context.directory())))  # type: ignore[return-value]


@router.post("/alarms/{alarm_id}/actions", responses=answers(401, 403, 404, 409, 413, 422))
def post_action(alarm_id: PathId, body: ActionIn, house: HouseOf, viewer: CallerOf) -> ActionOut:
    """One tap. The same id gives the same receipt again; a refusal says why and brings the alarm as it is now."""
    missing = [name for name in NEEDS.get(body.action, ()) if getattr(body, name) is None]
    if missing or (body.action == "note" and not (body.text or "").strip()):
        raise Refusal(422, "not_understood", f"{body.action} needs {', '.join(missing or ['text'])}")
    fields = body.model_dump(exclude={"id", "action"}, exclude_none=True)
    answer = actions.act(house.context, viewer, alarm_id, body.action, fields, body.id)
    if answer.alarm is None or not lately(house, viewer, answer.alarm):
        raise Refusal(404, "unknown_alarm", "there is no such alarm for you")
    view = _view(house, viewer, answer.alarm)
    if answer.reason:
        head = views.to_json({"type": "about:blank", "title": "Not possible now", "status": 409, "reason": answer.reason, "detail": detail(answer.reason)})
        return Response(head[:-1] + b',"alarm":' + view + b"}", 409, media_type="application/problem+json")  # type: ignore[return-value]
    receipt = views.to_json({"id": body.id, "at": answer.at, "repeated": answer.repeated})
    return _json(b'{"receipt":' + receipt + b',"alarm":' + view + b"}")  # type: ignore[return-value]


@router.post("/signals", responses=answers(401, 403, 413, 422, 503))
async def post_signal(body: SignalIn, house: HouseOf, viewer: CallerOf) -> SignalOut:
    """An alarm from the app. Answered after the commit; until then the app keeps trying with the same id."""
    directory, now = house.context.directory(), house.context.now()
    signal = press(directory, viewer.person_id, body.id, now, body.kind, body.age_s, body.office_id, body.zone_id, viewer.zone_id)
    [receipt] = await submit(house, [signal])
    if receipt.outcome == "failed":
        raise Refusal(503, "not_stored", "not stored: it is tried again with the same id; use the phone meanwhile")
    return SignalOut(signal_id=body.id, outcome=receipt.outcome, alarm_id=receipt.alarm_id, received_at=now)  # type: ignore[arg-type]


def alarm_for(house: House, viewer: Viewer, alarm_id: str) -> Alarm:
    alarm = house.context.store.alarms([alarm_id]).get(alarm_id)
    if alarm is None or not may_see(viewer, alarm, house.context.directory()) or not lately(house, viewer, alarm):
        raise Refusal(404, "unknown_alarm", "there is no such alarm for you")
    return alarm


def lately(house: House, viewer: Viewer, alarm: Alarm) -> bool:
    """By its key a phone sees what is open, and for a while how it ended; what has been is for those who are signed in."""
    return not viewer.by_key or alarm.open or house.context.now() - (alarm.ending.at if alarm.ending else alarm.opened_at) < timedelta(seconds=RECENT_S)


def _view(house: House, viewer: Viewer, alarm: Alarm) -> bytes:
    [view] = views.look_up(house.context.store, [alarm], house.context.directory())
    shown = view.shown(viewer)
    assert shown is not None, "the caller has found it for this viewer"
    return shown.body


def _json(body: bytes) -> Any:
    return Response(body, media_type="application/json")

