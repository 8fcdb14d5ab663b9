"""What the live board of a drill shows: who was told, reached, coming and there, by which channel; roles, marks and targets; who would have been told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from server.core.directory import Directory
from server.core.drill.draft import is_over
from server.core.drill.measure import Against, Measured, Reach, against, measure
from server.core.drill.model import PlannedDrill
from server.core.drill.seal import as_sealed, seals_of
from server.core.escalation import cover, covered
from server.core.projection import name_of
from server.flow.context import Context

NAMED_MOST = 600
"""Rows of people. In a larger drill the board counts them by office."""


def measured(context: Context, drill: PlannedDrill) -> list[Measured]:
    """The drill's alarms with what their logs and orders tell, oldest first: once it has settled, as they stood then."""
    store = context.store
    seals = seals_of(store.log(drill.id)) if is_over(drill) else {}
    return [measure(alarm, store.log(alarm.id), as_sealed(store.orders(alarm.id), seals.get(alarm.id))) for alarm in store.alarms_of_drill(drill.id)]


def board(context: Context, drill: PlannedDrill, names: bool = True) -> dict[str, object]:
    """Dates stay datetimes; the wire writes them. Without `names` people are counted only."""
    now, directory = context.now(), context.directory()
    found = measured(context, drill) if drill.zero_at else []
    reaches = [one for each in found for one in each.reaches]
    return {
        "server_time": now, "id": drill.id, "state": drill.state, "zero_at": drill.zero_at,
        "counts": counts(reaches),
        "alarms": [_alarm(one, directory, names) for one in found],
        "people": [person(one, directory) for one in reaches] if names and len(reaches) <= NAMED_MOST else [],
        "offices": [{"office_id": office_id, **counts(some)} for office_id, some in _by_office(found).items()],
        "targets": [target(one) for one in against(drill, found, now)],
        "would_have": [would_have(one, directory) for one in found],
        "evaluations": len(context.store.evaluations(drill.id)),
    }  # fmt: skip


def counts(reaches: Iterable[Reach]) -> dict[str, int]:
    """How many were told, and of them: reached (also those who have since answered), seen, coming, there, cannot, failed."""
    every = list(reaches)
    status = Counter(one.status for one in every)
    return {
        "told": len(every), "reached": sum(one.reached_at is not None for one in every), "seen": sum(one.seen_at is not None for one in every),
        "coming": sum(one.coming_at is not None or one.there_at is not None for one in every), "there": status["there"],
        "cannot": status["cannot"], "failed": status["failed"],
    }  # fmt: skip


def _by_office(found: Sequence[Measured]) -> dict[str, list[Reach]]:
    by_office: dict[str, list[Reach]] = {}
    for one in found:
        by_office.setdefault(one.alarm.office_id, []).extend(one.reaches)
    return by_office


def _alarm(one: Measured, directory: Directory, names: bool) -> dict[str, object]:
    alarm = one.alarm
    lines = cover(alarm, directory)
    return {
        "id": alarm.id, "office_id": alarm.office_id, "zone": alarm.place.zone or None, "state": alarm.state, "opened_at": alarm.opened_at,
        "ended_at": alarm.ending.at if alarm.ending else None, "outcome": alarm.ending.outcome if alarm.ending else None,
        "presser": name_of(alarm.raiser_id, directory) if names and alarm.raiser_id else None, **counts(one.reaches),
        "step": {"number": alarm.plan.number + 1, "of": len(alarm.plan.steps), "next_at": alarm.plan.due_at if alarm.open else None},
        "steps": list(one.steps),
        "cover": [{"role": line.role, "need": line.need, "have": line.have} for line in lines], "covered": covered(alarm, lines),
        "marks": [{"mark": mark, "at": at} for mark, at in sorted(one.marks.items(), key=lambda pair: pair[1])],
        "moments": one.moments,
    }  # fmt: skip


def person(one: Reach, directory: Directory) -> dict[str, object]:
    return {
        "alarm_id": one.alarm_id, "person_id": one.recipient, "name": name_of(one.recipient, directory), "contact": one.recipient.startswith("@"),
        "role": one.role, "status": one.status, "told_at": one.told_at, "reached_at": one.reached_at, "seen_at": one.seen_at, "coming_at": one.coming_at,
        "there_at": one.there_at, "cannot_at": one.cannot_at,
        "channels": [{"channel": c.channel, "tried_at": c.tried_at, "reached_at": c.reached_at, "failed": c.failed} for c in one.channels],
    }  # fmt: skip


def target(one: Against) -> dict[str, object]:
    goal = one.target
    return {
        "id": goal.id, "mark": goal.mark, "metric": goal.metric, "from": goal.start, "within_s": goal.within_s, "alarm_id": one.alarm_id,
        "seconds": one.seconds, "word": one.word,
    }  # fmt: skip


def would_have(one: Measured, directory: Directory) -> dict[str, object]:
    """Those outside the drill whom this alarm would have told: contacts once each, and the most people of other offices at a time."""
    contacts = {w.contact: w for w in reversed(one.would_have) if w.contact}
    return {
        "alarm_id": one.alarm.id,
        "contacts": [{"contact": key, "name": name_of(key, directory), "channels": list(w.channels), "at": w.at} for key, w in contacts.items()],
        "people": max((w.people for w in one.would_have), default=0),
        "offices": sorted({office for w in one.would_have for office in w.offices}),
    }  # fmt: skip
