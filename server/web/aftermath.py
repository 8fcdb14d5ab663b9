"""After an alarm: how people are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from server.core import aftermath as rules
from server.core.aftermath import Word
from server.flow import aftermath
from server.web.access import HouseOf, ViewerOf
from server.web.alarms import alarm_for
from server.web.problems import Refusal, answers
from server.web.session import PathId

router = APIRouter(prefix="/api", tags=["alarms"])

DETAILS = {
    "not_asked": "this alarm did not concern you, or it was a drill",
    "still_open": "the alarm is still open: answer it, or write a note",
    "not_allowed": "that is for those who lead the office",
    "busy": "too many say so at once: try again in a second",
    "nothing_said": "that person has said nothing after this alarm",
}


class WordIn(BaseModel, extra="forbid"):
    word: Word


class AnswerOut(BaseModel):
    person_id: str
    name: str
    word: Word
    at: datetime
    seen_by: str | None


class AftermathOut(BaseModel):
    asked: bool
    mine: Word | None
    followed_up_by: str | None
    hears: list[str]
    answers: list[AnswerOut]
    waiting: list[str]


class WishOut(AnswerOut):
    alarm_id: str
    office: str


class QuestionOut(BaseModel):
    alarm_id: str
    at: datetime


class AftermathsOut(BaseModel):
    questions: list[QuestionOut]
    wishes: list[WishOut]


@router.get("/alarms/{alarm_id}/aftermath", responses=answers(401, 404))
def read_aftermath(alarm_id: PathId, house: HouseOf, viewer: ViewerOf) -> AftermathOut:
    """Whether I am asked, what I have said, and who is told of a wish to talk (`hears`) or follows it up. For those who lead, what others have said and
    who has not."""
    alarm = alarm_for(house, viewer, alarm_id)
    found: Any = rules.view(viewer, alarm, house.context.store.aftermath([alarm_id]), house.context.directory())
    return AftermathOut(**found)


@router.put("/alarms/{alarm_id}/aftermath", status_code=204, responses=answers(401, 404, 409, 422))
def put_aftermath(alarm_id: PathId, body: WordIn, house: HouseOf, viewer: ViewerOf) -> None:
    """How I am. The last word counts."""
    _done(aftermath.say(house.context, viewer, alarm_for(house, viewer, alarm_id), body.word))


@router.post("/alarms/{alarm_id}/aftermath/{person_id}/followed-up", status_code=204, responses=answers(401, 403, 409))
def follow_up(alarm_id: PathId, person_id: PathId, house: HouseOf, viewer: ViewerOf) -> None:
    """I follow up that person's wish to talk."""
    _done(aftermath.follow_up(house.context, viewer, alarm_id, person_id))


@router.get("/aftermath", responses=answers(401))
def read_aftermaths(house: HouseOf, viewer: ViewerOf) -> AftermathsOut:
    """What my front page shows of it. `questions`: the alarms of the last day where I was, after which I have not said how I am, or wish to talk with somebody
    and nobody follows it up. `wishes`: for those who lead, who wants to talk and is followed up by nobody yet."""
    questions, wishes = aftermath.unsettled(house.context, viewer), aftermath.wishes(house.context, viewer)
    return AftermathsOut(questions=questions, wishes=wishes)  # type: ignore[arg-type]


def _done(wrong: str | None) -> None:
    if wrong:
        raise Refusal(403 if wrong == "not_allowed" else 409, wrong, DETAILS[wrong])
