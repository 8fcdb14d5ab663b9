"""The report of a drill: as numbers, as a table, and on paper."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from server.core.drill.access import coordinates
from server.core.drill.draft import is_over
from server.core.drill.model import PlannedDrill
from server.core.local_time import day_of
from server.core.phrases import LANGUAGES
from server.flow import drill_report, views
from server.web import paper
from server.web.access import House, HouseOf, ViewerOf
from server.web.drills import mine
from server.web.problems import Refusal, answers
from server.web.report_words import WORDS
from server.web.session import PathId

router = APIRouter(prefix="/api/drills", tags=["drills"])

Names = Annotated[bool, Query(description="false: nobody can be told from it, for the working environment committee")]
Language = Annotated[Literal["nb", "nn", "en"], Query()]
PRIVATE = {"Cache-Control": "no-store"}
EXERCISE = {language: WORDS.say(language, "exercise") for language in LANGUAGES}
"""What a file of a drill says first, whoever it is handed to."""


@router.get("/{drill_id}/report", responses=answers(401, 403, 404, 409, 422))
def read_report(drill_id: PathId, house: HouseOf, viewer: ViewerOf, names: Names = True) -> dict[str, Any]:
    """All that was measured, once the drill is over. Names are for those who coordinate it; a safety representative reads it without."""
    drill, shown = _shown(house, viewer, drill_id, names)
    return _file(views.to_json({"exercise": EXERCISE, **shown}), "application/json", drill, "json")  # type: ignore[return-value]


@router.get("/{drill_id}/report.csv", responses=answers(401, 403, 404, 409, 422), response_class=Response)
def read_table(drill_id: PathId, house: HouseOf, viewer: ViewerOf, names: Names = True, language: Language = "nb") -> Response:
    """One line for each person and alarm; without names, one for each target. Semicolons, UTF-8 with its mark."""
    drill, shown = _shown(house, viewer, drill_id, names)
    named = paper.names_of(house.context.directory().content, language)
    return _file(paper.table(shown, language, named), "text/csv; charset=utf-8", drill, "csv")


@router.get("/{drill_id}/report.pdf", responses=answers(401, 403, 404, 409, 422), response_class=Response)
def read_paper(drill_id: PathId, house: HouseOf, viewer: ViewerOf, names: Names = True, language: Language = "nb") -> Response:
    """As a PDF on A4."""
    drill, shown = _shown(house, viewer, drill_id, names)
    named = paper.names_of(house.context.directory().content, language)
    return _file(paper.pdf(shown, language, named), "application/pdf", drill, "pdf")


def _shown(house: House, viewer: Any, drill_id: str, names: bool) -> tuple[PlannedDrill, dict[str, object]]:
    drill = mine(house, viewer, drill_id)
    if not is_over(drill):
        raise Refusal(409, "not_over", "there is a report once the drill has been stopped")
    named = names and coordinates(viewer.person_id, drill, house.context.directory())
    return drill, drill_report.shown(house.context, drill_report.report(house.context, drill), named)


def _file(body: bytes, media_type: str, drill: PlannedDrill, ending: str) -> Response:
    name = f"varde-ovelse-{day_of(drill.zero_at or drill.starts_at)}.{ending}"
    return Response(body, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"', **PRIVATE})
