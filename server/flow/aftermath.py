"""The door after an alarm: how people are, and whom somebody wants to talk to. Kept for a while, and then forgotten."""

from __future__ import annotations

from datetime import timedelta

from server.core import aftermath as rules
from server.core.access import Viewer
from server.core.aftermath import Aftermath, Word
from server.core.model import Alarm
from server.core.values import replace
from server.flow.context import TRIES, Context
from server.store.contract import Conflict

KEPT = timedelta(days=30)
"""How somebody was after an alarm is nobody's business for longer; whoever wants to talk has been talked with."""


def say(context: Context, viewer: Viewer, alarm: Alarm, word: Word) -> str | None:
    """None where it is kept, else why not."""
    if wrong := rules.refusal(viewer, alarm, context.directory()):
        return wrong
    if word is Word.TALK and rules.waits(_said(context, alarm, viewer.person_id)):
        return None
    for attempt in range(TRIES):
        now = context.now()
        number = max(0, int((now - alarm.opened_at).total_seconds())) + attempt
        told = rules.wish(alarm, viewer.person_id, number, now, context.directory()) if word is Word.TALK else []
        try:
            context.store.keep_aftermath(Aftermath(alarm.id, viewer.person_id, word, now), told)
        except Conflict:  # somebody else wished so in the same second
            continue
        if told:
            context.bell.ring("orders")
        return None
    return "busy"


def follow_up(context: Context, viewer: Viewer, alarm_id: str, person_id: str) -> str | None:
    """This viewer follows up that person's wish to talk. Twice is no mistake; who was first stands."""
    alarm = context.store.alarms([alarm_id]).get(alarm_id)
    if alarm is None or not rules.may_follow_up(viewer, alarm, person_id, context.directory()):
        return "not_allowed"
    said = _said(context, alarm, person_id)
    if said is None:
        return "nothing_said"
    if said.seen_by is None:
        context.store.keep_aftermath(replace(said, seen_by=viewer.person_id))
    return None


def wishes(context: Context, viewer: Viewer) -> list[dict[str, object]]:
    """Who wants to talk, and is followed up by nobody yet; oldest first. For those who lead them."""
    directory = context.directory()
    wanted = context.store.wishes_to_talk()
    alarms = context.store.alarms({one.alarm_id for one in wanted}) if wanted else {}
    found = []
    for one in wanted:
        alarm = alarms.get(one.alarm_id)
        if alarm and rules.may_follow_up(viewer, alarm, one.person_id, directory):
            office = directory.offices.get(alarm.office_id)
            found.append({"alarm_id": alarm.id, "office": office.name if office else "", **rules.row(one, directory)})
    return found


def unsettled(context: Context, viewer: Viewer) -> list[dict[str, object]]:
    """The alarms of the last day after which this person's front page asks how they are; oldest first."""
    now, directory = context.now(), context.directory()
    alarms = context.store.alarms_of(directory.people[viewer.person_id].offices, now - rules.ASKED)
    said = {one.alarm_id: one for one in context.store.aftermath([one.id for one in alarms]) if one.person_id == viewer.person_id} if alarms else {}
    return [{"alarm_id": one.id, "at": one.opened_at} for one in alarms if rules.unsettled(viewer, one, said.get(one.id), now, directory)]


def _said(context: Context, alarm: Alarm, person_id: str) -> Aftermath | None:
    return next((one for one in context.store.aftermath([alarm.id]) if one.person_id == person_id), None)


def forget(context: Context) -> int:
    return context.store.forget_aftermath(context.now() - KEPT)
