"""After a visit: the draft of a report, and how visits end, counted for those who lead and for safety representatives."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from server.core.access import Viewer, may_count_visits
from server.core.visit import counts
from server.core.visit.access import as_seen_by
from server.core.visit.report import TEXT_MOST, Kind
from server.flow import reports
from server.flow.answers import ZONE
from server.flow.reports import Given
from server.flow.views import to_json
from server.web.access import House, HouseOf, ViewerOf
from server.web.problems import Refusal, answers
from server.web.session import PathId

router = APIRouter(prefix="/api", tags=["reports"])

DETAILS = {
    "unknown_report": "there is no report for you here",
    "handed_over": "it has been handed over, and can no longer be changed",
    "nothing_written": "write what happened, or choose what kind it was",
    "changed_meanwhile": "it was changed in another window: load it again",
    "unknown_kind": "there is no such kind",
    "too_long_text": f"at most {TEXT_MOST} letters",
}
Long = Annotated[str, Field(max_length=TEXT_MOST)]
COUNTED_MONTHS = 13


class Sheet(Response):
    media_type = "text/csv"


class ReportIn(BaseModel, extra="forbid"):
    version: int = Field(ge=0, le=10**6, description="the one that was edited")
    kinds: list[Literal[tuple(kind.value for kind in Kind)]] = Field(max_length=len(Kind))  # type: ignore[valid-type]
    text: Long = ""
    done: Long = ""
    hurt: bool | None = None
    police: bool | None = None


class HandIn(BaseModel, extra="forbid"):
    version: int = Field(ge=0, le=10**6)


class ReportOut(BaseModel):
    """`facts`: what the logs know, in order; `mine`: whether I am its author."""

    visit_id: str
    version: int
    by: dict[str, str]
    mine: bool
    type: str | None
    made_at: datetime
    delete_at: datetime
    handed_at: datetime | None
    kinds: list[str]
    text: str
    done: str
    hurt: bool | None
    police: bool | None
    facts: list[dict[str, Any]]


class ReportsOut(BaseModel):
    reports: list[ReportOut]


class CountOut(BaseModel):
    """One month and kind of visit; `forgotten_percent`: the share whose check-out came late, or by others."""

    month: str
    type: str
    visits: int
    in_time: int
    late: int
    by_contact: int
    by_alarm: int
    unpleasant: int
    incidents: int
    forgotten_percent: int


class CountsOut(BaseModel):
    office_id: str
    rows: list[CountOut]


@router.get("/reports", responses=answers(401))
def read_reports(house: HouseOf, viewer: ViewerOf) -> ReportsOut:
    """The drafts that I have begun, and those that were handed over to me."""
    return ReportsOut(reports=[_out(house, viewer.person_id, Given(one)) for one in reports.listed(house.context, viewer)])


@router.get("/visits/{visit_id}/report", responses=answers(401, 404))
def read_report(visit_id: PathId, house: HouseOf, viewer: ViewerOf) -> ReportOut:
    """The report on this visit, with what the logs know. One that has not been begun is empty, and not kept."""
    return _out(house, viewer.person_id, _good(reports.read(house.context, viewer, visit_id)))


@router.put("/visits/{visit_id}/report", responses=answers(401, 404, 409, 413, 422))
def put_report(visit_id: PathId, body: ReportIn, house: HouseOf, viewer: ViewerOf) -> ReportOut:
    """Keeps my draft. Refused where it was changed in another window meanwhile."""
    _good(reports.save(house.context, viewer, visit_id, body.version, body.kinds, body.text, body.done, body.hurt, body.police))
    return read_report(visit_id, house, viewer)


@router.post("/visits/{visit_id}/report/hand", responses=answers(401, 404, 409, 413, 422))
def hand_report(visit_id: PathId, body: HandIn, house: HouseOf, viewer: ViewerOf) -> ReportOut:
    """To those who lead the office and to its safety representatives. It can no longer be changed."""
    _good(reports.hand_over(house.context, viewer, visit_id, body.version))
    return read_report(visit_id, house, viewer)


@router.delete("/visits/{visit_id}/report", status_code=204, responses=answers(401, 404, 409))
def delete_report(visit_id: PathId, house: HouseOf, viewer: ViewerOf) -> None:
    """Throws my draft away."""
    if reason := reports.drop(house.context, viewer, visit_id):
        raise Refusal(404 if reason == "unknown_report" else 409, reason, DETAILS[reason])


@router.get("/offices/{office_id}/visit-counts", responses=answers(401, 404))
def read_counts(office_id: PathId, house: HouseOf, viewer: ViewerOf) -> CountsOut:
    """How visits ended, by month and kind, for thirteen months. Nobody is named."""
    shown = lambda row: CountOut(**json.loads(to_json(row)), type=row.type_id, forgotten_percent=row.forgotten_percent)  # noqa: E731
    return CountsOut(office_id=office_id, rows=[shown(row) for row in _counted(house, viewer, office_id)])


@router.get("/offices/{office_id}/visit-counts.csv", response_class=Sheet, responses=answers(401, 404))
def read_counts_csv(office_id: PathId, house: HouseOf, viewer: ViewerOf, language: Annotated[Literal["nb", "nn", "en"], Query()] = "nb") -> Response:
    """The same for a spreadsheet: semicolons and a byte order mark, as Excel here wants it."""
    kinds = house.context.directory().content.checklist.types
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADS[language])
    for row in _counted(house, viewer, office_id):
        name = kinds[row.type_id].names[language] if row.type_id in kinds else row.type_id
        ended = row.visits, row.in_time, row.late, row.by_contact, row.by_alarm, row.forgotten_percent
        writer.writerow([row.month, name, *ended, row.unpleasant, row.incidents])
    headers = {"content-disposition": f'attachment; filename="varde-{office_id}.csv"', "cache-control": "private, no-store"}
    return Sheet("\ufeff" + text.getvalue(), headers=headers)


HEADS = {
    "nb": ["Måned", "Type", "Besøk", "I tide", "Glemt, selv", "Glemt, av kontaktperson", "Alarm", "Andel glemt %", "Ubehagelig", "Hendelser"],
    "nn": ["Månad", "Type", "Besøk", "I tide", "Gløymd, sjølv", "Gløymd, av kontaktperson", "Alarm", "Del gløymd %", "Ubehageleg", "Hendingar"],
    "en": ["Month", "Kind", "Visits", "In time", "Late, themselves", "Late, by contact person", "Alarm", "Share forgotten %", "Unpleasant", "Incidents"],
}


def _counted(house: House, viewer: Viewer, office_id: str) -> list[counts.Row]:
    context = house.context
    if not may_count_visits(viewer, office_id, context.directory()):
        raise Refusal(404, "unknown_office", "the numbers are for those who lead the office and for its safety representatives")
    visits = context.store.visits_of([office_id], context.now() - timedelta(days=31 * COUNTED_MONTHS))
    return counts.count(as_seen_by(viewer, visits, context.directory()), ZONE)


def _good(given: Given) -> Given:
    if given.report is None:
        raise Refusal(404, "unknown_report", DETAILS["unknown_report"])
    if given.reason:
        raise Refusal(409, given.reason, DETAILS[given.reason])
    return given


def _out(house: House, person_id: str, given: Given) -> ReportOut:
    report = given.report
    assert report is not None
    person = house.context.directory().people.get(report.by)
    visit = house.context.store.visits([report.visit_id]).get(report.visit_id)
    return ReportOut(
        visit_id=report.visit_id, version=report.version, by={"id": report.by, "name": person.name if person else report.by}, mine=report.by == person_id,
        type=visit.type_id if visit else None, made_at=report.made_at, delete_at=report.delete_at, handed_at=report.handed_at,
        kinds=sorted(report.kinds), text=report.text, done=report.done, hurt=report.hurt, police=report.police,
        facts=[{"at": one.at, "what": one.what, "data": json.loads(one.data)} for one in given.facts],
    )  # fmt: skip

