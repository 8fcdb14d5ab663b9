"""The daily proof and the office's readiness, for whoever leads it: how it stands now, what is missing, and how it has been."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from server.core import access
from server.core.proof import Proof, Summary
from server.flow import proofs, ready
from server.flow.views import to_json
from server.web.access import House, HouseOf, ViewerOf
from server.web.problems import Refusal, answers
from server.web.session import PathId

router = APIRouter(prefix="/api/offices/{office_id}", tags=["readiness"])

Days = Annotated[int, Query(ge=1, le=proofs.ASKED_DAYS_MOST)]
SHOWN_MOST = 200
"""Runs that the page gets one by one; the summary counts all of them."""


class ProofOut(BaseModel):
    id: str
    made_at: datetime
    by_clock: bool
    stored_at: datetime | None
    ended_at: datetime | None
    broken: Literal["gateway", "broker", "screens"] | None
    whole: bool = Field(description="as far as a screen; with nobody on line, only the way to the server is tried")
    chain_ms: int | None
    screens: int
    screens_answered: int


class SummaryOut(BaseModel):
    """`share`: of the runs, how many held. `to_screen`: of those that held, how many as far as a screen."""

    runs: int
    held: int
    to_screen: int
    share: float | None
    chain_p50_ms: int | None
    chain_p95_ms: int | None
    screens: int
    screens_answered: int
    screen_p50_ms: int | None
    screen_p95_ms: int | None


class ProofsOut(BaseModel):
    days: int
    since: datetime = Field(description="from when they are counted: later than asked for where there are too many")
    summary: SummaryOut
    proofs: list[ProofOut] = Field(description="newest first")


class ReadinessOut(BaseModel, extra="allow"):
    """The fields are in docs/api.md."""

    office_id: str
    name: str
    at: datetime
    people: list[dict[str, Any]]


class Csv(Response):
    media_type = "text/csv"


@router.get("/readiness", responses=answers(401, 404))
def read_readiness(office_id: PathId, house: HouseOf, viewer: ViewerOf) -> ReadinessOut:
    """How many can be reached now, per role and channel, when each was last proven, and what is missing. For those who lead."""
    _check_leads(house, viewer, office_id)
    return Response(to_json(ready.office_ready(house.context, office_id, house.online())), media_type="application/json")  # type: ignore[return-value]


@router.post("/proofs", status_code=202, responses=answers(401, 403, 404))
def prove_now(office_id: PathId, house: HouseOf, viewer: ViewerOf) -> ProofOut:
    """Tries the whole chain now, without a sound. Where one runs already it is that one."""
    if not access.may_see_office(viewer, office_id, house.context.directory()):
        raise Refusal(404, "unknown_office", "there is no such office for you")
    if not access.may_arm(viewer, office_id, house.context.directory(), "test"):
        raise Refusal(403, "not_allowed", "the desk, the office lead and the drill coordinator may try the chain")
    return _shown(proofs.ask(house.context, office_id, viewer.person_id))


@router.get("/proofs", responses=answers(401, 404, 422))
def read_proofs(office_id: PathId, house: HouseOf, viewer: ViewerOf, days: Days = 30) -> ProofsOut:
    """How the chain has been over so many days."""
    _check_leads(house, viewer, office_id)
    found, summed, since = proofs.over_time(house.context, office_id, days)
    return ProofsOut(days=days, since=since, summary=_summed(summed), proofs=[_shown(one) for one in found[:SHOWN_MOST]])


@router.get("/proofs.csv", responses=answers(401, 404, 422), response_class=Csv)
def read_proofs_as_csv(office_id: PathId, house: HouseOf, viewer: ViewerOf, days: Days = 365) -> Csv:
    """Every run of so many days, one a line. Nothing personal is in it."""
    _check_leads(house, viewer, office_id)
    found, _, _ = proofs.over_time(house.context, office_id, days)
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(["made_at", "by", "broken", "chain_ms", "screens", "screens_answered", "screen_ms"])
    for one in found:
        by = "person" if one.asked_by else "clock"
        table.writerow([_text(one.made_at), by, one.broken, one.chain_ms, one.screens, len(one.drawn_ms), " ".join(map(str, one.drawn_ms))])
    headers = {"Content-Disposition": f'attachment; filename="varde-{office_id}-proofs.csv"'}
    return Csv(file.getvalue(), headers=headers)


def _check_leads(house: House, viewer: access.Viewer, office_id: str) -> None:
    if not access.may_lead(viewer, office_id, house.context.directory()):
        raise Refusal(404, "unknown_office", "there is no such office that you lead")


def _shown(one: Proof) -> ProofOut:
    return ProofOut(
        id=one.id, made_at=one.made_at, by_clock=not one.asked_by, stored_at=one.stored_at, ended_at=one.ended_at, broken=one.broken or None,  # type: ignore[arg-type]
        whole=one.whole, chain_ms=one.chain_ms, screens=one.screens, screens_answered=len(one.drawn_ms),
    )  # fmt: skip


def _summed(one: Summary) -> SummaryOut:
    return SummaryOut(**{name: getattr(one, name) for name in SummaryOut.model_fields})


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
