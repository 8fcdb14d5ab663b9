"""Three questions that machines ask: does the process live, can this server carry an alarm, is everything well."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from server.flow.readiness import Problem
from server.web.access import HouseOf

router = APIRouter(prefix="/api", tags=["health"])


class HealthOut(BaseModel):
    status: str


class ProblemOut(BaseModel):
    what: str
    count: int
    says: str


class ReadyOut(BaseModel):
    """`findings`: the words alone."""

    status: Literal["ready", "degraded", "not ready"]
    findings: list[str]
    problems: list[ProblemOut]


NOT_READY = {503: {"model": ReadyOut, "description": "Not ready, or not well"}}


@router.get("/health")
async def health() -> HealthOut:
    """The process lives. Asks nobody: a restart would mend whatever makes this fail, and nothing else does."""
    return HealthOut(status="ok")


@router.get("/ready", responses=NOT_READY)
def ready(response: Response, house: HouseOf) -> ReadyOut:
    """This server can carry an alarm: its threads live, deadlines are looked at, the database answers. *degraded*: it can, but see `problems`."""
    found = house.readiness.problems()
    response.status_code = 503 if any(problem.fatal for problem in found) else 200
    return _said(found)


@router.get("/well", responses=NOT_READY)
def well(response: Response, house: HouseOf) -> ReadyOut:
    """Nothing at all is wrong, here or at the gateways: for a monitor that only knows good and bad."""
    found = house.readiness.problems()
    response.status_code = 503 if found else 200
    return _said(found)


def _said(found: list[Problem]) -> ReadyOut:
    status = "not ready" if any(problem.fatal for problem in found) else "degraded" if found else "ready"
    return ReadyOut(
        status=status,  # type: ignore[arg-type]
        findings=list(dict.fromkeys(problem.what for problem in found)),
        problems=[ProblemOut(what=problem.what, count=problem.count, says=problem.says) for problem in found],
    )
