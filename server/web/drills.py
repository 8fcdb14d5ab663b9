"""Planned drills: planning, running, stopping, what people say of them afterwards; the catalogue and the offices' own exercises."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, Field

from server.core.access import Viewer
from server.core.drill import events as e
from server.core.drill.access import coordinates, knows_all, may_see_drill, sees_names
from server.core.drill.exercise import Exercise
from server.core.drill.model import PlannedDrill, Press
from server.core.signals import Kind
from server.flow import drill_board, exercises, planned_drills, views
from server.web.access import House, HouseOf, ViewerOf
from server.web.problems import Refusal, answers
from server.web.session import Id, PathId

router = APIRouter(prefix="/api/drills", tags=["drills"])

Text = Annotated[str, Field(max_length=2000)]
Seconds = Annotated[int, Field(ge=0, le=8 * 3600)]
Pressable = Literal["panic", "assist", "fall", "no_motion", "missed_checkin"]


class PressIn(BaseModel, extra="forbid"):
    """A virtual press. `at_s`: seconds from the start; null: only by hand."""

    office_id: Id
    kind: Pressable = "panic"
    zone_id: Id | None = None
    device_id: Id | None = None
    person_id: Id | None = None
    at_s: Seconds | None = 0


class CastIn(BaseModel, extra="forbid"):
    role: Id
    person_id: Id


class DrillPlanIn(BaseModel, extra="forbid"):
    """`offices`: the one whose drill it is first. `exercise_id`: of the catalogue, or an own version. Empty `participants`: everyone who serves the offices."""

    offices: list[Id] = Field(min_length=1, max_length=400)
    exercise_id: Id
    name: str = Field(min_length=1, max_length=120)
    leader_id: Id
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    notice: Literal["announced", "window", "unannounced"] | None = Field(None, description="that of the exercise where it is left out")
    presses: list[PressIn] = Field(default_factory=list, max_length=400)
    participants: list[Id] = Field(default_factory=list, max_length=2000)
    observers: list[Id] = Field(default_factory=list, max_length=100)
    cast: list[CastIn] = Field(default_factory=list, max_length=100)
    programme_id: Id | None = None

    def plan(self, exercise: Exercise) -> e.Plan:
        presses = tuple(
            Press(f"p{n}", p.office_id, Kind(p.kind), p.zone_id, p.device_id, p.person_id, p.at_s) for n, p in enumerate(self.presses, 1)
        )
        return e.Plan(
            tuple(self.offices), exercise, self.name, self.leader_id, self.starts_at, self.ends_at, self.notice or exercise.notice, presses,
            tuple(dict.fromkeys(self.participants)), tuple(dict.fromkeys(self.observers)), tuple((c.role, c.person_id) for c in self.cast),
            self.programme_id,
        )  # fmt: skip


class DrillPlanWithIdIn(DrillPlanIn):
    id: str = Field(min_length=8, max_length=64, description="UUIDv7 made on the screen: of the drill, and of this tap")


class DrillActionIn(BaseModel, extra="forbid"):
    id: str = Field(min_length=8, max_length=64, description="UUIDv7 made at the tap")
    action: Literal[
        "replan", "approve", "go_without", "consult", "leave_out", "announce", "start", "give", "stop", "cancel", "attend", "add_finding",
        "close_finding", "report",
    ]  # fmt: skip
    plan: DrillPlanIn | None = None
    yes: bool | None = None
    reason: Text | None = None
    who: str | None = Field(None, min_length=1, max_length=120)
    remark: Text | None = None
    person_id: Id | None = None
    on: bool | None = None
    in_s: Annotated[int, Field(ge=0, le=600)] | None = None
    accept: list[Literal["visit_out", "nobody_on_duty"]] | None = Field(None, max_length=10)
    item_id: Id | None = None
    why: Literal["done", "stopped"] | None = None
    people: list[Id] | None = Field(None, max_length=2000)
    text: Text | None = None
    owner_id: Id | None = None
    due_on: date | None = None
    finding_id: Id | None = None
    outcome: Text | None = None
    summary: Text | None = None


NEEDS = {"replan": ("plan",), "approve": ("yes",), "give": ("item_id",), "attend": ("people",), "add_finding": ("text", "owner_id", "due_on"),
         "close_finding": ("finding_id",)}  # fmt: skip


class AnswerIn(BaseModel, extra="forbid"):
    question: Id
    answer: str = Field(min_length=1, max_length=1000)


class EvaluationIn(BaseModel, extra="forbid"):
    answers: list[AnswerIn] = Field(min_length=1, max_length=40)


class LeftOutIn(BaseModel, extra="forbid"):
    out: bool


class DrillReceiptOut(BaseModel):
    id: str
    at: datetime
    repeated: bool


class DrillActionOut(BaseModel):
    """`drill`: DrillView, as in docs/api.md."""

    receipt: DrillReceiptOut
    drill: dict[str, Any]


class DrillsOut(BaseModel):
    server_time: datetime
    left_out: bool
    drills: list[dict[str, Any]]


class ClashOut(BaseModel):
    kind: Literal["real_alarm", "other_drill", "visit_out", "nobody_on_duty"]
    office_id: str
    count: int
    blocks: bool


class CheckOut(BaseModel):
    server_time: datetime
    clashes: list[ClashOut]


@router.get("", responses=answers(401))
def read_drills(house: HouseOf, viewer: ViewerOf) -> DrillsOut:
    """The drills of the offices that I serve, as far as I may know of them; and whether I have asked to be left out of all."""
    found = planned_drills.of(house.context, viewer)
    out = viewer.person_id in house.context.store.left_out()
    return _json(views.to_json({"server_time": house.context.now(), "left_out": out, "drills": found}))  # type: ignore[no-any-return]


@router.put("/left-out", status_code=204, responses=answers(401, 422))
def put_left_out(body: LeftOutIn, house: HouseOf, viewer: ViewerOf) -> None:
    """I am left out of every drill, or of none. Nobody is asked why; only coordinators and leads see it."""
    planned_drills.always_left_out(house.context, viewer, body.out)


@router.post("", responses=answers(401, 409, 413, 422))
def post_drill(body: DrillPlanWithIdIn, house: HouseOf, viewer: ViewerOf) -> DrillActionOut:
    """Plans a drill. The same id gives the same receipt again; a refusal says why."""
    answer = planned_drills.plan(house.context, viewer, f"d-{body.id}", _plan(house, viewer, body), body.id)
    return _answered(house, viewer, body.id, answer)


@router.get("/{drill_id}", responses=answers(401, 404))
def read_drill(drill_id: PathId, house: HouseOf, viewer: ViewerOf) -> dict[str, Any]:
    """One drill, as DrillView. 404 also where I may not know of it."""
    return _json(views.to_json(planned_drills.view(house.context, viewer, _drill(house, viewer, drill_id))))  # type: ignore[no-any-return]


@router.get("/{drill_id}/check", responses=answers(401, 403, 404))
def read_check(drill_id: PathId, house: HouseOf, viewer: ViewerOf) -> CheckOut:
    """What stands in the way of starting it now. What `blocks` must end first; a coordinator may go on in spite of the rest, by naming it in `accept`."""
    drill = mine(house, viewer, drill_id)
    found = [ClashOut(kind=one.kind, office_id=one.office_id, count=one.count, blocks=one.blocks) for one in planned_drills.check(house.context, drill)]  # type: ignore[arg-type]
    return CheckOut(server_time=house.context.now(), clashes=found)


@router.get("/{drill_id}/board", responses=answers(401, 403, 404))
def read_board(drill_id: PathId, house: HouseOf, viewer: ViewerOf) -> dict[str, Any]:
    """The live board: per person and channel told, reached, seen, coming, on scene; roles, marks, targets; who would have been told. Also afterwards. Only
    those who coordinate it get people by name."""
    drill = mine(house, viewer, drill_id)
    names = sees_names(viewer.person_id, drill, house.context.directory())
    return _json(views.to_json(drill_board.board(house.context, drill, names)))  # type: ignore[no-any-return]


@router.get("/{drill_id}/dry-run", responses=answers(401, 403, 404))
def read_dry_run(drill_id: PathId, house: HouseOf, viewer: ViewerOf) -> dict[str, Any]:
    """Who would get what, by which channel and when, if it were started now and nobody answered. Nothing is sent and nothing is kept. Only those who
    coordinate it get people by name."""
    drill, context = mine(house, viewer, drill_id), house.context
    names = sees_names(viewer.person_id, drill, context.directory())
    return _json(views.to_json(house.dry_run(drill, context.directory(), context.store.left_out(), context.now(), names)))  # type: ignore[no-any-return]


@router.get("/{drill_id}/log", responses=answers(401, 403, 404))
def read_drill_log(drill_id: PathId, house: HouseOf, viewer: ViewerOf) -> dict[str, Any]:
    """What has happened to the drill itself, with whether the chain of hashes holds. Its alarms have logs of their own."""
    return _json(views.to_json(planned_drills.log_view(house.context, mine(house, viewer, drill_id))))  # type: ignore[no-any-return]


@router.post("/{drill_id}/actions", responses=answers(401, 404, 409, 413, 422))
def post_drill_action(drill_id: PathId, body: DrillActionIn, house: HouseOf, viewer: ViewerOf) -> DrillActionOut:
    """One tap. The same id gives the same receipt again; a refusal says why and brings the drill as it is now."""
    missing = [name for name in NEEDS.get(body.action, ()) if getattr(body, name) is None]
    if missing:
        raise Refusal(422, "not_understood", f"{body.action} needs {', '.join(missing)}")
    fields = body.model_dump(exclude={"id", "action", "plan"}, exclude_none=True)
    if body.plan is not None:
        fields["plan"] = _plan(house, viewer, body.plan)
    answer = planned_drills.act(house.context, viewer, drill_id, body.action, fields, body.id)
    if answer.reason == "unknown_drill":
        raise Refusal(404, "unknown_drill", "there is no such drill for you")
    return _answered(house, viewer, body.id, answer)


@router.put("/{drill_id}/evaluation", status_code=204, responses=answers(401, 404, 409, 422))
def put_evaluation(drill_id: PathId, body: EvaluationIn, house: HouseOf, viewer: ViewerOf) -> None:
    """My own two minutes, once it is over and until it is reported. Answering again takes the place of what I answered before."""
    reason = planned_drills.evaluate(house.context, viewer, drill_id, [(one.question, one.answer) for one in body.answers])
    if reason == "unknown_drill":
        raise Refusal(404, "unknown_drill", "there is no such drill for you")
    if reason:
        raise Refusal(409, reason, "answer the drill's own questions, after it has been stopped and before its report")


def _plan(house: House, viewer: Viewer, body: DrillPlanIn) -> e.Plan:
    exercise = exercises.find(house.context, viewer, body.exercise_id)
    if exercise is None:
        raise Refusal(422, "unknown_exercise", f"there is no exercise '{body.exercise_id}' for you: see /api/exercises")
    return body.plan(exercise)


def _drill(house: House, viewer: Viewer, drill_id: str) -> PlannedDrill:
    drill = house.context.store.drills([drill_id]).get(drill_id)
    if drill is None or not may_see_drill(viewer, drill, house.context.directory()):
        raise Refusal(404, "unknown_drill", "there is no such drill for you")
    return drill


def mine(house: House, viewer: Viewer, drill_id: str) -> PlannedDrill:
    """For those who coordinate it, or are responsible for it."""
    drill, directory = _drill(house, viewer, drill_id), house.context.directory()
    if not coordinates(viewer.person_id, drill, directory) and not knows_all(viewer.person_id, drill, directory):
        raise Refusal(403, "not_allowed", "this is for those who coordinate the drill")
    return drill


def _answered(house: House, viewer: Viewer, action_id: str, answer: planned_drills.DrillAnswer) -> Any:
    drill = answer.after
    seen = drill is not None and may_see_drill(viewer, drill, house.context.directory())
    view = views.to_json(planned_drills.view(house.context, viewer, drill)) if drill is not None and seen else b"null"
    if answer.reason:
        head = views.to_json({"type": "about:blank", "title": "Not possible now", "status": 409, "reason": answer.reason, "detail": ""})
        return Response(head[:-1] + b',"drill":' + view + b"}", 409, media_type="application/problem+json")
    receipt = views.to_json({"id": action_id, "at": answer.at, "repeated": answer.repeated})
    return _json(b'{"receipt":' + receipt + b',"drill":' + view + b"}")


def _json(body: bytes) -> Any:
    return Response(body, media_type="application/json")
