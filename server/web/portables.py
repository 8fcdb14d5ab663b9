"""Portable alarms: taken from the shelf, carried, handed back; and their labels, to be printed."""

from __future__ import annotations

import html
from datetime import datetime
from typing import Any

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from server.core.access import COORDINATING, rights
from server.core.directory import DeviceKind
from server.core.portable import number_of
from server.flow import portables
from server.flow.views import to_json
from server.web.access import HouseOf, ViewerOf, app_url_of
from server.web.problems import Refusal, answers
from server.web.session import PathId

router = APIRouter(prefix="/api", tags=["portable alarms"])

DETAILS = {
    "unknown_device": "there is no alarm of that number in your offices: read the label again",
    "which_one": "several alarms have that number: scan it, or type the whole name on its label",
    "not_portable": "that device hangs where it is: take a portable alarm",
    "wrong_office": "that alarm belongs to another office: take one of your own",
    "taken": "somebody else has it: take another one, or ask them to hand it back",
    "someone_elses": "it belongs to somebody: take another one",
    "flat_battery": "its battery is flat: charge it, and take another one",
    "somebody_takes": "somebody else is about to press one: wait two minutes, or type its number",
    "real_alarm_open": "a real alarm is open here: a press is real now, and none is a test",
    "shelf_empty": "none lies free on the shelf of this office",
    "not_taken": "nobody has it",
    "not_yours": "somebody else has it: they, the desk or the manager hand it back",
    "out_with_it": "a visit that runs carries it: end the visit first",
    "busy": "try again",
}


class TakeIn(BaseModel, extra="forbid"):
    code: str = Field(min_length=1, max_length=300, description="what was scanned, or the number on the label")


class PressIn(BaseModel, extra="forbid"):
    office_id: str = Field(min_length=1, max_length=100)


class PressOut(BaseModel):
    until: datetime


class PortablesOut(BaseModel):
    """`tested`: pressed since it was taken. `armed_until`: the next press until then is that test, and tells nobody."""

    server_time: datetime
    mine: list[dict[str, Any]]


@router.get("/portables", responses=answers(401))
def read_portables(house: HouseOf, viewer: ViewerOf) -> PortablesOut:
    """The portable alarms that I have, and how they are."""
    body = to_json({"server_time": house.context.now(), "mine": portables.mine(house.context, viewer)})
    return Response(body, media_type="application/json")  # type: ignore[return-value]


@router.post("/portables/take", responses=answers(401, 404, 409, 413, 422))
def take_portable(body: TakeIn, house: HouseOf, viewer: ViewerOf) -> PortablesOut:
    """Takes one into use by its label. It is mine until it is handed back; the next press within two minutes is its test. Beside a real alarm (409
    `real_alarm_open`) it is mine too, and a press is real."""
    taken = portables.take(house.context, viewer, body.code)
    if taken.reason:
        person = house.context.directory().people.get(taken.by or "")
        raise Refusal(404 if taken.reason == "unknown_device" else 409, taken.reason, person.name if person else DETAILS[taken.reason])
    return read_portables(house, viewer)


@router.post("/portables/press", responses=answers(401, 409, 413, 422))
def press_portable(body: PressIn, house: HouseOf, viewer: ViewerOf) -> PressOut:
    """The next alarm pressed from this office's shelf within two minutes is mine, and that press is its test."""
    until = portables.by_press(house.context, viewer, body.office_id)
    if isinstance(until, str):
        raise Refusal(409, until, DETAILS[until])
    return PressOut(until=until)


@router.post("/portables/{device_id}/hand_back", status_code=204, responses=answers(401, 404, 409, 413, 422))
def hand_back_portable(device_id: PathId, house: HouseOf, viewer: ViewerOf) -> None:
    """It lies on the shelf again."""
    if reason := portables.hand_back(house.context, viewer, device_id):
        raise Refusal(404 if reason == "unknown_device" else 409, reason, DETAILS[reason])


@router.get("/offices/{office_id}/labels", response_class=HTMLResponse, responses=answers(401, 404))
def read_labels(office_id: PathId, house: HouseOf, viewer: ViewerOf, request: Request) -> Response:
    """A page of labels for the office's portable alarms, to be printed and cut: a code that opens the app, the name, and the number to type."""
    directory = house.context.directory()
    if not rights(viewer.person_id, office_id, directory) & (COORDINATING | {"desk"}):
        raise Refusal(404, "unknown_office", "labels are printed by the desk, and by those who lead or administer the office")
    base = app_url_of(house, request)
    portable = [d for d in directory.devices.values() if d.office_id == office_id and d.kind is DeviceKind.PORTABLE]
    labels = "".join(_label(d.id, d.name, number_of(d), f"{base}/bruk/{d.id}") for d in portable)
    page = PAGE.format(title=html.escape(directory.offices[office_id].name), labels=labels)
    return HTMLResponse(page, headers={"cache-control": "private, no-store"})


def _label(device_id: str, name: str, number: int | None, address: str) -> str:
    # error level M reads with a scratch; four modules of quiet zone, as the standard asks
    code = segno.make(address, error="m", micro=False).svg_inline(scale=1, border=4, omitsize=True)
    large = f"<b>{number}</b>" if number is not None else ""
    return f"<li>{code}<p>{large}<span>{html.escape(name)}<small>{html.escape(device_id)}</small></span></p></li>"


PAGE = """<!doctype html><html lang="nb"><meta charset="utf-8"><title>Varde: {title}</title><style>
@page {{ size: A4; margin: 12mm }} body {{ font: 11pt/1.25 sans-serif; margin: 6mm; color: #000; background: #fff }}
h1 {{ font-size: 14pt }} ul {{ display: flex; flex-wrap: wrap; gap: 6mm; padding: 0; list-style: none }}
li {{ width: 42mm; border: 0.3mm dashed #888; padding: 2mm; break-inside: avoid; text-align: center }}
svg {{ width: 36mm; height: 36mm; display: block; margin: auto }}
p {{ margin: 1mm 0 0; display: flex; gap: 2mm; align-items: center; justify-content: center; text-align: left }} b {{ font-size: 20pt }}
small {{ display: block; font-size: 7pt; overflow-wrap: anywhere }}
</style><h1>{title}</h1><ul>{labels}</ul></html>
"""
