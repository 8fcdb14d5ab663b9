"""The catalogue of exercises, and the offices' own versions of them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from server.core.drill.exercise import Exercise
from server.core.values import replace
from server.flow import exercises
from server.web.access import HouseOf, ViewerOf
from server.web.problems import Refusal, answers
from server.web.session import Id, PathId

router = APIRouter(prefix="/api/exercises", tags=["drills"])


class OwnExerciseIn(BaseModel, extra="forbid"):
    """`exercise`: as in config/content/exercises.yaml, without its id. `version`: the one that was edited; 0 for a new one."""

    office_id: Id
    version: int = Field(ge=0, le=10**6)
    based_on: Id | None = None
    exercise: dict[str, Any]


class CatalogueOut(BaseModel):
    """`exercises`: Exercise, as in docs/api.md; the own ones have an `office_id`. The rest are texts in three languages by id."""

    exercises: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    rules: dict[str, dict[str, str]]
    forms: dict[str, dict[str, str]]
    notices: dict[str, dict[str, str]]
    metrics: dict[str, dict[str, str]]



@router.get("", responses=answers(401))
def read_catalogue(house: HouseOf, viewer: ViewerOf) -> CatalogueOut:
    """All exercises that I may plan a drill from, with the words for forms, notices and metrics."""
    catalogue = house.context.directory().content.catalogue
    return CatalogueOut(
        exercises=[written(one) for one in exercises.all_of(house.context, viewer)],
        questions=[{"id": one.id, "answer": one.answer, "text": dict(one.text)} for one in catalogue.questions],
        **{name: {key: dict(text) for key, text in getattr(catalogue, name).items()} for name in ("rules", "forms", "notices", "metrics")},
    )  # fmt: skip


@router.put("/{exercise_id}", responses=answers(401, 403, 409, 413, 422))
def put_exercise(exercise_id: PathId, body: OwnExerciseIn, house: HouseOf, viewer: ViewerOf) -> dict[str, Any]:
    """An own exercise, or the next version of it. Drills that were made of it stay as they were."""
    try:
        exercise = house.read_exercise(exercise_id, body.exercise)
    except ValueError as error:
        raise Refusal(422, "not_understood", str(error)[:500]) from None
    kept = exercises.keep(house.context, viewer, replace(exercise, based_on=body.based_on), body.office_id, body.version)
    if isinstance(kept, str):
        raise Refusal(403 if kept == "not_allowed" else 409, kept, REFUSED.get(kept, ""))
    return written(kept)


@router.delete("/{exercise_id}", status_code=204, responses=answers(401, 403, 404, 409))
def delete_exercise(exercise_id: PathId, house: HouseOf, viewer: ViewerOf) -> None:
    """Puts an own exercise away: no new drill is made of it."""
    reason = exercises.put_away(house.context, viewer, exercise_id)
    if reason:
        raise Refusal({"unknown_exercise": 404, "not_allowed": 403}.get(reason, 409), reason, REFUSED.get(reason, ""))


REFUSED = {
    "ships_with_varde": "choose another id: this one is Varde's own, and the next version would take its place",
    "id_used": "choose another id: another office has it",
    "changed_meanwhile": "somebody else has changed it: fetch it again, and make your change there",
    "too_many": "put some of the office's own exercises away first",
    "not_allowed": "this is for those who lead or coordinate drills in that office",
    "unknown_exercise": "there is no such exercise of your offices",
}


def written(one: Exercise) -> dict[str, Any]:
    """In the shape of config/content/exercises.yaml, with whose it is."""
    return {
        "id": one.id, "office_id": one.office_id, "based_on": one.based_on, "version": one.version, "title": one.title, "goal": one.goal, "form": one.form,
        "situation": one.situation, "duration_min": one.duration_min, "notice": one.notice, "roles": list(one.roles), "per_year": dict(one.per_year),
        "setup": [dict(text) for text in one.setup],
        "injects": [{"at_s": i.at_s, "channel": i.channel, "to": i.to, "zone": i.zone, **i.text} for i in one.injects],
        "targets": [{"mark": t.mark, "metric": t.metric, "within_s": t.within_s, "from": t.start} for t in one.targets],
        "questions": [{"id": q.id, "answer": q.answer, **q.text} for q in one.questions],
    }  # fmt: skip
