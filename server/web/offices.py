"""What belongs to an office: who can be reached now, its cards, arming a button for a test; and the content's texts."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from server.core import access
from server.core.cards import Content, fill, unfilled
from server.core.directory import Office
from server.core.tiles import ZOOM_LEAST
from server.flow import actions, devices
from server.core.drills import concerned, touched
from server.flow.intake import real_alarm_in
from server.flow.views import to_json
from server.web.access import CallerOf, House, HouseOf, ViewerOf
from server.web.problems import Refusal, answers
from server.web.session import PathId

router = APIRouter(prefix="/api", tags=["offices"])


class ArmIn(BaseModel):
    purpose: Literal["test", "drill"]


class ArmOut(BaseModel):
    until: datetime


class OfficeNowOut(BaseModel, extra="allow"):
    """The fields are in docs/api.md."""

    office_id: str
    name: str
    at: datetime
    present: int
    on_duty: int
    gateway: dict[str, Any]
    devices: list[dict[str, Any]]


class CardsOut(BaseModel):
    office_id: str
    cards: list[dict[str, Any]]


class DrawingOut(BaseModel):
    """`svg`: shapes and words only; the area of a zone has the id `zone-` and the zone's id."""

    floor: str
    svg: str
    zones: list[str]


class PlaceOut(BaseModel):
    """`map`: whose map it is, and how close it goes; null where no map is set up."""

    office_id: str
    map: dict[str, Any] | None
    position: dict[str, float] | None
    drawings: list[DrawingOut]


@router.get("/offices/{office_id}/now", responses=answers(401, 404))
def read_now(office_id: PathId, house: HouseOf, viewer: ViewerOf) -> OfficeNowOut:
    """Who can be reached now, and how the devices are."""
    _check_office(house, viewer, office_id)
    body = to_json({**devices.office_now(house.context, viewer, office_id, house.online()), "sms": house.sms_number})
    return Response(body, media_type="application/json")  # type: ignore[return-value]


@router.get("/offices/{office_id}/cards", responses=answers(401, 404))
def read_cards(office_id: PathId, house: HouseOf, viewer: CallerOf, request: Request) -> CardsOut:
    """Every published card with the office's own values. Also for the neighbours, who may have to act on them. Kept by the app for use off line."""
    directory = house.context.directory()
    office = _office_to_help_in(house, viewer, office_id)
    cards = [
        {
            "situation": situation.id,
            "role": card.role,
            "steps": [{"id": s.id, "must": s.must, "mark": s.mark, "text": fill(s.text, office.placeholders)} for s in card.steps],
        }
        for situation in directory.content.situations.values()
        for card in situation.cards.values()
        if not unfilled(card, office.placeholders)
    ]
    return cached(request, {"office_id": office_id, "cards": cards})  # type: ignore[return-value]


@router.get("/offices/{office_id}/place", responses=answers(401, 404))
def read_place(office_id: PathId, house: HouseOf, viewer: ViewerOf, request: Request) -> PlaceOut:
    """Where the office is on a map, and its floors as drawings. Kept by the app for use off line."""
    office = _office_to_help_in(house, viewer, office_id)
    position = {"lat": office.position[0], "lon": office.position[1]} if office.position else None
    drawings = [{"floor": one.floor, "svg": one.svg, "zones": one.zones} for one in office.drawings]
    tiles = {"credit": house.map.credit, "zoom_least": ZOOM_LEAST, "zoom_most": house.map.zoom_most} if house.map else None
    return cached(request, {"office_id": office_id, "map": tiles, "position": position, "drawings": drawings})  # type: ignore[return-value]


@router.get("/content", responses=answers(401))
def read_content(house: HouseOf, viewer: CallerOf, request: Request) -> dict[str, Any]:
    """Texts in three languages that belong to the content: roles, marks, situations, levels, switches, labels."""
    del viewer
    return cached(request, content_texts(house.context.directory().content))  # type: ignore[return-value]


@router.post("/devices/{device_id}/arm", responses=answers(401, 403, 404, 409, 422))
def arm_device(device_id: PathId, body: ArmIn, house: HouseOf, viewer: ViewerOf) -> ArmOut:
    """Arms one device by name: its first press within two minutes is a test and tells nobody, or it is a drill, marked as one. Not beside a real alarm."""
    directory = house.context.directory()
    device = directory.devices.get(device_id)
    if device is None or not access.may_see_office(viewer, device.office_id, directory):
        raise Refusal(404, "unknown_device", "there is no such device for you")
    if not access.may_arm(viewer, device.office_id, directory, body.purpose):
        raise Refusal(403, "not_allowed", "the office lead and the drill coordinator may arm for a drill, the desk too for a test")
    if real_alarm_in(house.context, device.office_id, concerned if body.purpose == "drill" else touched):
        raise Refusal(409, "real_alarm_open", "a real alarm is open here: no drill begins beside it, and no press is a test")
    return ArmOut(until=actions.arm(house.context, device_id, body.purpose, viewer.person_id))


def content_texts(content: Content) -> dict[str, object]:
    return {
        "roles": content.roles,
        "marks": {m.id: {"text": m.text, "asks": "time" if m.asks_time else None, "set_by": list(m.set_by), "tap": m.tap} for m in content.marks.values()},
        "situations": {
            s.id: {"when": s.when, "level": s.level, "silent": s.silent, "go_to_scene": s.go_to_scene, "ring_presser": s.ring_presser}
            for s in content.situations.values()
        },
        "quick_switches": [
            {"id": s.id, "label": s.label, "meaning": s.meaning, "offered_in": sorted(s.offered_in), "to_situation": s.to_situation}
            for s in content.switches.values()
        ],
        **content.texts,
    }


def _office_to_help_in(house: House, viewer: access.Viewer, office_id: str) -> Office:
    directory = house.context.directory()
    if not access.may_help_in(viewer, office_id, directory):
        raise Refusal(404, "unknown_office", "there is no such office for you")
    return directory.offices[office_id]


def _check_office(house: House, viewer: access.Viewer, office_id: str) -> None:
    if not access.may_see_office(viewer, office_id, house.context.directory()):
        raise Refusal(404, "unknown_office", "there is no such office for you")


def cached(request: Request, value: object) -> Response:
    body = to_json(value)
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type="application/json", headers={"ETag": etag, "Cache-Control": "private, no-cache"})
