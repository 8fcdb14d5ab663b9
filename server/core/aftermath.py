"""After an alarm: everybody whom it concerned says whether they are all right. Whoever leads them sees who wants to talk, and who has not said. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from server.core.access import COORDINATING, Viewer, has_answered, is_near, may_see, rights, rights_in
from server.core import orders
from server.core.directory import Directory
from server.core.model import Alarm
from server.core.near import sits_near
from server.core.orders import WRITTEN, Order
from server.core.projection import is_quiet, name_of
from server.core.values import frozen


ASKED = timedelta(hours=24)
"""How long the front page of somebody who was there asks: from when the alarm opened, for of one that only looks over the end is not known."""


class Word(StrEnum):
    FINE = "fine"
    TALK = "talk"  # wants to talk with somebody


@frozen
class Aftermath:
    """What one person has said after an alarm; the last word counts. `seen_by`: who follows up a wish to talk."""

    alarm_id: str
    person_id: str
    word: Word
    at: datetime
    seen_by: str | None = None


def waits(said: Aftermath | None) -> bool:
    """Whether it is a wish to talk that nobody follows up yet: those who lead have been told, and a second tap tells them nothing anew."""
    return said is not None and said.word is Word.TALK and said.seen_by is None


def concerned(alarm: Alarm, directory: Directory) -> tuple[str, ...]:
    """Who is asked: whoever cried for help, was told, or answered; of desks only those where it was. No contacts outside, and nobody after a drill: that has
    questions of its own."""
    if alarm.drill is not None:
        return ()
    answered = (one.person_id for one in alarm.assignments if has_answered(one.person_id, alarm))
    found = dict.fromkeys(one for one in (*alarm.raisers, *alarm.told, *answered) if one in directory.people)
    return tuple(one for one in found if directory.people[one].surface == "phone" or was_there(alarm, one, directory))


def was_there(alarm: Alarm, person_id: str, directory: Directory) -> bool:
    """Whoever pressed, and those who sit in the pressed room."""
    person = directory.people.get(person_id)
    return person is not None and person.surface != "wallboard" and sits_near(alarm, person_id, directory)


def refusal(viewer: Viewer, alarm: Alarm, directory: Directory) -> str | None:
    """Why this person cannot say how they are; None where they can. Where it only looks as if it were over, it can be said as well. Near an alarm that was
    called off everybody who sees it is asked: under duress more people are told afterwards, and nothing near the person may show who."""
    near = is_near(viewer, alarm, directory)
    if viewer.by_key or alarm.drill is not None or not (is_quiet(alarm, near) or viewer.person_id in concerned(alarm, directory)):
        return "not_asked"
    return "still_open" if alarm.open and not (alarm.feigned and near) else None


def unsettled(viewer: Viewer, alarm: Alarm, said: Aftermath | None, now: datetime, directory: Directory) -> bool:
    """Whether this person's front page asks: those who were there are shown no all-clear that would, since a silent alarm stays off their screens, until they
    answer; and a wish of anybody stands there until it is followed up."""
    if alarm.opened_at < now - ASKED or viewer.surface == "wallboard":
        return False
    if not may_see(viewer, alarm, directory) or refusal(viewer, alarm, directory) is not None:
        return False
    return waits(said) if said else viewer.person_id in concerned(alarm, directory) and was_there(alarm, viewer.person_id, directory)


def may_follow_up(viewer: Viewer, alarm: Alarm, person_id: str, directory: Directory) -> bool:
    """Those who lead where the alarm was, or where that person serves. What a duress signal opened is invisible near it, also by this."""
    if viewer.by_key or viewer.surface == "wallboard" or alarm.hidden and is_near(viewer, alarm, directory):
        return False
    person = directory.people.get(person_id)
    own = rights_in(alarm, viewer.person_id, directory).union(*(rights(viewer.person_id, one, directory) for one in (person.offices if person else ())))
    return bool(own & COORDINATING)


def listeners(alarm: Alarm, person_id: str, directory: Directory) -> tuple[str, ...]:
    """Who is told that this person wants to talk: those who lead where the alarm was and where they serve; who administers only where nobody leads."""
    person = directory.people.get(person_id)
    offices = dict.fromkeys((*alarm.office_ids, *(person.offices if person else ())))
    found = {one.id: one for office_id in offices for one in directory.administrators(office_id)}
    may = [one for one in found.values() if one.id != person_id and may_follow_up(Viewer(one.id), alarm, person_id, directory)]
    return tuple(one.id for one in may if "office_lead" in one.access) or tuple(one.id for one in may)


def is_heard(alarm: Alarm, person_id: str, directory: Directory) -> bool:
    """Whether the message about a wish may make a sound at this lead's, whatever the situation was: it is over, or must seem so where they sit."""
    return not alarm.open or alarm.feigned is not None and sits_near(alarm, person_id, directory)


def wish(alarm: Alarm, person_id: str, number: int, now: datetime, directory: Directory) -> list[Order]:
    """The orders that tell of it. `number`: makes their ids, with the alarm's."""
    channels = directory.usable(WRITTEN)
    return [orders.of_wish(alarm, number, one, channels, now) for one in listeners(alarm, person_id, directory)]


def view(viewer: Viewer, alarm: Alarm, said: Iterable[Aftermath], directory: Directory) -> dict[str, object]:
    """`asked`: whether this person is; `mine`: their own last word; `hears`: who is told of a wish to talk. For those who lead also `answers` and `waiting`
    (names); a near surface of an alarm that was called off is not told whom else it concerned, as nowhere else."""
    by_person = {one.person_id: one for one in said}
    mine = by_person.get(viewer.person_id)
    quiet = is_quiet(alarm, is_near(viewer, alarm, directory))
    silent = () if quiet else (one for one in concerned(alarm, directory) if one not in by_person)
    return {
        "asked": refusal(viewer, alarm, directory) is None,
        "mine": mine.word if mine else None,
        "followed_up_by": name_of(mine.seen_by, directory) if mine and mine.seen_by else None,
        "hears": sorted(name_of(one, directory) for one in listeners(alarm, viewer.person_id, directory)),
        "answers": [row(one, directory) for one in by_person.values() if may_follow_up(viewer, alarm, one.person_id, directory)],
        "waiting": sorted(name_of(one, directory) for one in silent if may_follow_up(viewer, alarm, one, directory)),
    }


def row(one: Aftermath, directory: Directory) -> dict[str, object]:
    return {
        "person_id": one.person_id, "name": name_of(one.person_id, directory), "word": one.word, "at": one.at,
        "seen_by": name_of(one.seen_by, directory) if one.seen_by else None,
    }  # fmt: skip
