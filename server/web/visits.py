"""Visits: planning, going, checking in, coming home; the board; and the check of the whole chain before one leaves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from server.core.access import Viewer, may_see_office
from server.core.directory import DeviceKind
from server.core.signals import Position
from server.core.visit import events as e
from server.core.visit.access import may_see_visit
from server.core.visit.checklist import assess
from server.core.visit.model import Visit, VisitState, Where, carried
from server.flow import preflight, views, visits
from server.web.access import CallerOf, House, HouseOf, ViewerOf
from server.web.offices import cached
from server.web.problems import Refusal, answers
from server.web.session import Age, Id, PathId
from server.web.visit_refusals import DETAILS, HEARD

router = APIRouter(prefix="/api/visits", tags=["visits"])

RECENT_S = 8 * 3600
"""Visits that ended this recently stand on the board: how it went today."""

Text = Annotated[str, Field(max_length=300)]
Seconds = Annotated[int, Field(ge=0, le=24 * 3600)]


class WhereIn(BaseModel, extra="forbid"):
    address: Text
    detail: Text = ""
    transport: Text = ""
    exit_reason: Text = ""


class PlanIn(BaseModel, extra="forbid"):
    """`answers`: item of the checklist → yes. `people`: those who go, the one who answers for it first."""

    office_id: Id
    type: Id
    people: list[Id] = Field(min_length=1, max_length=4)
    where: WhereIn
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    contact_id: Id | None = None
    answers: dict[Id, bool] = Field(default_factory=dict, max_length=100)
    interval_s: Seconds | None = None
    device_id: Id | None = None

    def plan(self) -> e.Plan:
        return e.Plan(
            self.office_id, self.type, tuple(self.people), Where(**self.where.model_dump()), self.starts_at, self.ends_at, self.contact_id,
            tuple(sorted(self.answers.items())), self.interval_s, self.device_id,
        )  # fmt: skip


class PlanWithIdIn(PlanIn):
    id: str = Field(min_length=8, max_length=64, description="UUIDv7 made on the phone: of the visit, and of this tap")


class VisitActionIn(BaseModel, extra="forbid"):
    id: str = Field(min_length=8, max_length=64, description="UUIDv7 made at the tap")
    action: Literal[
        "replan", "approve", "accept_contact", "hand_over", "carry", "start", "check_in", "extend", "no_coverage", "end", "contact_says", "recall",
        "seems_home", "cancel", "debrief",
    ]  # fmt: skip
    age_s: Age = 0
    plan: PlanIn | None = None
    yes: bool | None = None
    reason: Text | None = None
    waived: list[Id] | None = Field(None, max_length=10)
    to: Id | None = None
    device_id: Id | None = None
    seconds: Seconds | None = None
    pin: str | None = Field(None, max_length=16)
    everyone: bool | None = None
    reached: bool | None = None
    home: bool | None = None
    how: Literal["fine", "unpleasant", "incident"] | None = None


NEEDS = {"replan": ("plan",), "approve": ("yes",), "hand_over": ("to",), "extend": ("seconds",), "no_coverage": ("seconds",), "contact_says": ("reached",),
         "debrief": ("how",)}  # fmt: skip


class AssessIn(BaseModel, extra="forbid"):
    type: Id
    answers: dict[Id, bool] = Field(default_factory=dict, max_length=100)


class AssessOut(BaseModel):
    risk: Literal["low", "medium", "high", "stop"]
    score: int
    measures: list[str]
    required: list[str]
    unanswered: list[str]


class ColleagueOut(BaseModel):
    id: str
    name: str
    on_duty: bool
    away: bool
    leads: bool


class PortableOut(BaseModel):
    id: str
    name: str
    mine: bool
    taken: bool
    heard_at: datetime | None
    battery: int | None


class ChoicesOut(BaseModel):
    server_time: datetime
    people: list[ColleagueOut]
    devices: list[PortableOut]


class PositionIn(BaseModel, extra="forbid"):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    accuracy_m: float | None = Field(None, ge=0, le=100_000)
    age_s: Annotated[float, Field(ge=0, le=86_400)] = 0


class VisitReceiptOut(BaseModel):
    id: str
    at: datetime
    repeated: bool
    detail: str = Field("", description="what to know about it; empty where it did what its button says")


class VisitActionOut(BaseModel):
    """`visit`: VisitView, as in docs/api.md."""

    receipt: VisitReceiptOut
    visit: dict[str, Any]


class VisitsOut(BaseModel):
    server_time: datetime
    visits: list[dict[str, Any]]


@router.get("", responses=answers(401))
def read_visits(house: HouseOf, viewer: CallerOf) -> VisitsOut:
    """My own visits and those of the offices that I serve: the board. Where and how risky only for those who watch or lead."""
    now = house.context.now()
    found = visits.board(house.context, viewer, now - timedelta(seconds=RECENT_S))
    return _json(views.to_json({"server_time": now, "visits": found}))  # type: ignore[return-value]


@router.get("/checklist", responses=answers(401))
def read_checklist(house: HouseOf, viewer: ViewerOf, request: Request) -> dict[str, Any]:
    """The checklist with its texts in three languages, the kinds of visit, the levels and what they ask for."""
    del viewer
    checklist = house.context.directory().content.checklist
    return cached(request, {  # type: ignore[return-value]
        "types": [{"id": t.id, "names": t.names, "defaults": t.defaults, "interval_s": t.interval_min * 60, "longest_s": t.longest_min * 60}
                  for t in checklist.types.values()],
        "sections": checklist.sections,
        "items": checklist.items,
        "levels": checklist.levels,
        "measures": checklist.measures,
        "actions": checklist.actions,
    })  # fmt: skip


@router.get("/choices", responses=answers(401, 404))
def read_choices(office_id: Annotated[str, Query(max_length=100)], house: HouseOf, viewer: ViewerOf) -> ChoicesOut:
    """Whom one may go with, who may watch, and which portable alarms there are, for those who plan a visit."""
    directory, now = house.context.directory(), house.context.now()
    if not may_see_office(viewer, office_id, directory):
        raise Refusal(404, "unknown_office", "there is no such office for you")
    people = [
        ColleagueOut(id=p.id, name=p.name, on_duty=directory.on_duty(p.id, office_id), away=p.id in directory.away, leads="office_lead" in p.access)
        for p in (directory.people[one] for one in directory.staff.get(office_id, ())) if p.id != viewer.person_id
    ]  # fmt: skip
    portable = [d for d in directory.devices.values() if d.office_id == office_id and d.kind is DeviceKind.PORTABLE]
    states = house.context.store.devices([d.id for d in portable])
    taken = {visit.device_id for visit in house.context.store.open_visits([carried(d.id) for d in portable]) if visit.feigned is None}
    devices_ = [
        PortableOut(id=d.id, name=d.name, mine=d.holder_id == viewer.person_id, taken=d.id in taken or d.holder_id not in (None, viewer.person_id),
                    heard_at=s.heard_at if (s := states.get(d.id)) else None, battery=s.battery if s else None)
        for d in portable
    ]  # fmt: skip
    return ChoicesOut(server_time=now, people=people, devices=sorted(devices_, key=lambda d: (not d.mine, d.taken, d.name)))


@router.post("/assess", responses=answers(401, 422))
def post_assess(body: AssessIn, house: HouseOf, viewer: ViewerOf) -> AssessOut:
    """What answers come to, before anything is planned. Nothing is kept."""
    del viewer
    found = assess(house.context.directory().content.checklist, body.type, body.answers)
    return AssessOut(
        risk=found.risk.value, score=found.score, measures=list(found.measures), required=sorted(found.required), unanswered=list(found.unanswered)
    )


@router.post("", responses=answers(401, 409, 413, 422))
def post_visit(body: PlanWithIdIn, house: HouseOf, viewer: ViewerOf) -> VisitActionOut:
    """Plans a visit. The same id gives the same receipt again; a refusal says why."""
    answer = visits.plan(house.context, viewer, f"v-{body.id}", body.plan(), body.id)
    return _answered(house, viewer, body.id, answer)


@router.get("/{visit_id}", responses=answers(401, 404))
def read_visit(visit_id: PathId, house: HouseOf, viewer: CallerOf) -> dict[str, Any]:
    """One visit, as VisitView. 404 also where I may not see it."""
    return _json(views.to_json(visits.view(house.context, viewer, _visit(house, viewer, visit_id))))  # type: ignore[no-any-return]


@router.get("/{visit_id}/preflight", responses=answers(401, 404))
def read_preflight(visit_id: PathId, house: HouseOf, viewer: ViewerOf, request: Request) -> dict[str, Any]:
    """The whole chain before one leaves: each link as fine, unsure or wrong, with what it was found by."""
    visit = _visit(house, viewer, visit_id)
    online = request.app.state.hub.online()
    return _json(views.to_json(preflight.look(house.context, viewer.person_id, visit, online)))  # type: ignore[no-any-return]


@router.post("/{visit_id}/actions", responses=answers(401, 404, 409, 413, 422))
def post_visit_action(visit_id: PathId, body: VisitActionIn, house: HouseOf, viewer: CallerOf) -> VisitActionOut:
    """One tap. The same id gives the same receipt again; a refusal says why and brings the visit as it is now."""
    missing = [name for name in NEEDS.get(body.action, ()) if getattr(body, name) is None]
    if missing:
        raise Refusal(422, "not_understood", f"{body.action} needs {', '.join(missing)}")
    fields = body.model_dump(exclude={"id", "action", "plan"}, exclude_none=True)
    if body.plan is not None:
        fields["plan"] = body.plan.plan()
    answer = visits.act(house.context, viewer, visit_id, body.action, fields, body.id)
    if answer.reason == "unknown_visit":
        raise Refusal(404, "unknown_visit", DETAILS["unknown_visit"])
    return _answered(house, viewer, body.id, answer)


@router.put("/{visit_id}/position", status_code=204, responses=answers(401, 404, 409, 422))
def put_position(visit_id: PathId, body: PositionIn, house: HouseOf, viewer: CallerOf) -> None:
    """The phone's latest position while out. Kept sealed: shown to those who help only while an alarm about the visit is open."""
    at = house.context.now() - timedelta(seconds=body.age_s)
    reason = visits.locate(house.context, viewer, visit_id, Position(body.lat, body.lon, body.accuracy_m, at))
    if reason == "unknown_visit":
        raise Refusal(404, "unknown_visit", "there is no such visit of yours")
    if reason:
        raise Refusal(409, reason, "positions are kept only while you are out")


def _visit(house: House, viewer: Viewer, visit_id: str) -> Visit:
    visit = house.context.store.visits([visit_id]).get(visit_id)
    if visit is None or not may_see_visit(viewer, visit, house.context.directory()):
        raise Refusal(404, "unknown_visit", DETAILS["unknown_visit"])
    return visit


def _answered(house: House, viewer: Viewer, action_id: str, answer: visits.VisitAnswer) -> Any:
    view = views.to_json(visits.view(house.context, viewer, answer.after)) if answer.after else b"null"
    if answer.reason:
        told = {"reason": answer.reason, "detail": DETAILS.get(answer.reason, "")}
        head = views.to_json({"type": "about:blank", "title": "Not possible now", "status": 409, **told})
        return Response(head[:-1] + b',"visit":' + view + b"}", 409, media_type="application/problem+json")
    receipt = views.to_json({"id": action_id, "at": answer.at, "repeated": answer.repeated, "detail": _heard(viewer, answer.after)})
    return _json(b'{"receipt":' + receipt + b',"visit":' + view + b"}")


def _heard(viewer: Viewer, visit: Visit | None) -> str:
    """What somebody who is missed must know of a tap that was taken. One who seems to be home is not missed, as far as he is told."""
    missed = visit is not None and visit.state is VisitState.OVERDUE and visit.feigned is None and viewer.person_id in visit.people
    return HEARD if missed else ""


def _json(body: bytes) -> Any:
    return Response(body, media_type="application/json")
