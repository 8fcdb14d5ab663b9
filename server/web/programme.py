"""The yearly wheel of drills, and the pages that prove what was exercised: one for the labour inspectorate, one without names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from server.core.access import SAFETY, Viewer, rights
from server.core.drill.access import may_plan
from server.core.drill.programme import WheelLine
from server.flow import programme, views
from server.web.access import House, HouseOf, ViewerOf
from server.web.problems import Refusal, answers
from server.web.session import Id, PathId

router = APIRouter(prefix="/api/offices/{office_id}/drills", tags=["drills"])


class LineIn(BaseModel, extra="forbid"):
    """`day`: 1–28; a weekend moves to Monday. `hour` and `minute` are local time."""

    exercise_id: Id
    months: list[Annotated[int, Field(ge=1, le=12)]] = Field(min_length=1, max_length=12)
    day: int = Field(ge=1, le=28)
    hour: int = Field(ge=0, le=23)
    minute: int = Field(0, ge=0, le=59)
    owner_id: Id
    notice: Literal["announced", "window", "unannounced"] | None = None


@router.get("/programme", responses=answers(401, 403, 404))
def read_programme(office_id: PathId, house: HouseOf, viewer: ViewerOf) -> dict[str, Any]:
    """The wheel: its lines, what is overdue, the buttons' round, who has been in an exercise within a year, and open findings."""
    _may(house, viewer, office_id)
    return _json(views.to_json(programme.overview(house.context, office_id)))  # type: ignore[no-any-return]


@router.put("/programme/{line_id}", status_code=204, responses=answers(401, 403, 404, 409, 422))
def put_line(office_id: PathId, line_id: PathId, body: LineIn, house: HouseOf, viewer: ViewerOf) -> None:
    """A line of the wheel: its drills are planned five weeks ahead, for the manager to approve."""
    _may(house, viewer, office_id)
    line = WheelLine(
        line_id, office_id, body.exercise_id, tuple(sorted(set(body.months))), body.day, body.hour, body.minute, body.owner_id, body.notice
    )  # fmt: skip
    reason = programme.keep_line(house.context, viewer, line)
    if reason:
        raise Refusal(403 if reason == "not_allowed" else 409, reason, "name an exercise and a person that there are, and an id that no other office has")


@router.delete("/programme/{line_id}", status_code=204, responses=answers(401, 403, 404))
def delete_line(office_id: PathId, line_id: PathId, house: HouseOf, viewer: ViewerOf) -> None:
    """Drills that it has planned already stay."""
    _may(house, viewer, office_id)
    reason = programme.drop_line(house.context, viewer, office_id, line_id)
    if reason:
        raise Refusal(403 if reason == "not_allowed" else 404, reason, "there is no such line in this office's wheel")


@router.get("/training", responses=answers(401, 403, 404))
def read_training(office_id: PathId, house: HouseOf, viewer: ViewerOf) -> dict[str, Any]:
    """For the labour inspectorate: what was exercised in a year, how many took part, when each was last in an exercise."""
    _may(house, viewer, office_id)
    return _json(views.to_json(programme.training_proof(house.context, office_id)))  # type: ignore[no-any-return]


@router.get("/committee", responses=answers(401, 403, 404))
def read_committee(office_id: PathId, house: HouseOf, viewer: ViewerOf) -> dict[str, Any]:
    """For the working environment committee, without names."""
    _may(house, viewer, office_id, also=SAFETY)
    return _json(views.to_json(programme.committee_page(house.context, office_id)))  # type: ignore[no-any-return]


def _may(house: House, viewer: Viewer, office_id: str, also: str = "") -> None:
    directory = house.context.directory()
    own = rights(viewer.person_id, office_id, directory)
    if office_id not in directory.offices or not own:
        raise Refusal(404, "unknown_office", "there is no such office for you")
    if not may_plan(viewer, [office_id], directory) and also not in own:
        raise Refusal(403, "not_allowed", "this is for those who lead or coordinate drills in that office")


def _json(body: bytes) -> Any:
    return Response(body, media_type="application/json")
