"""A map around an open alarm, tile by tile, through this server: no phone asks a map service."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response

from server.core.access import Viewer, may_see
from server.core.tiles import ZOOM_LEAST, is_near
from server.flow import views
from server.web.access import House, HouseOf, ViewerOf
from server.web.problems import Refusal, answers
from server.web.session import PathId

router = APIRouter(prefix="/api", tags=["map"])

Number = Annotated[int, Path(ge=0, le=2**24)]


@router.get("/alarms/{alarm_id}/map/{zoom}/{x}/{y}", responses=answers(401, 404, 429, 503), response_class=Response)
async def read_tile(alarm_id: PathId, zoom: Annotated[int, Path(ge=0, le=24)], x: Number, y: Number, house: HouseOf, viewer: ViewerOf) -> Response:
    """One tile around the place of an open alarm that I may see: a picture, never kept by the phone. 404 also where there is no map."""
    tiles = house.map
    if tiles is None:
        raise Refusal(404, "no_map", "no map is set up: see 'map' in config/README.md")
    if not tiles.may_ask(viewer.person_id):
        raise Refusal(429, "too_many", "that is more map than anybody looks at in a minute: wait for the next one")

    def work() -> Response:
        place = _place(house, viewer, alarm_id)
        if place is None or not ZOOM_LEAST <= zoom <= tiles.zoom_most or not is_near(zoom, x, y, *place):
            raise Refusal(404, "not_on_map", "only the surroundings of an open alarm whose position you may see are shown")
        tile = tiles.tile(zoom, x, y)
        return Response(tile.body, media_type=tile.kind, headers={"Cache-Control": "no-store"})

    future = tiles.run(work)
    if future is None:
        raise Refusal(503, "map_busy", "too many tiles are waited for: ask again in a moment")
    try:
        return await asyncio.wrap_future(future)
    except tiles.NoTile:
        raise Refusal(503, "map_silent", "the map service does not answer: go by the address") from None


def _place(house: House, viewer: Viewer, alarm_id: str) -> tuple[float, float] | None:
    """Where an open alarm is, as far as this person is shown it."""
    context = house.context
    directory = context.directory()
    alarm = context.store.alarms([alarm_id]).get(alarm_id)
    if alarm is None or not alarm.open or not may_see(viewer, alarm, directory):
        return None
    [view] = views.look_up(context.store, [alarm], directory)
    return view.position(viewer)
