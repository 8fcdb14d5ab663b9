"""The doors for the drafts of reports after a visit: begun from what the log knows, edited, handed over, deleted by rule."""

from __future__ import annotations

from collections.abc import Iterable

from server.core.access import Viewer
from server.core.log import Entry
from server.core.orders import Say
from server.core.values import frozen, replace
from server.core.visit import report as core
from server.core.visit.draft import Draft
from server.core.visit.model import Visit
from server.core.visit.report import Fact, Report
from server.flow.context import Context, ring
from server.store.contract import Change, Conflict


@frozen
class Given:
    """`reason` is None where it was done. `report` is as it is now, None where this person may not see it."""

    report: Report | None
    reason: str | None = None
    facts: tuple[Fact, ...] = ()


def read(context: Context, viewer: Viewer, visit_id: str) -> Given:
    """The report with what the log knows. One that has not been begun is shown empty, and is not kept."""
    visit, report = _found(context, viewer, visit_id)
    if visit is None:
        return Given(None, "unknown_report")
    return Given(report, None, tuple(core.facts(visit, context.store.log(visit_id), _of_alarms(context, visit))))


def save(context: Context, viewer: Viewer, visit_id: str, version: int, kinds: Iterable[str], text: str, done: str, hurt: bool | None,
         police: bool | None) -> Given:  # fmt: skip
    visit, report = _found(context, viewer, visit_id)
    if visit is None or report is None or report.by != viewer.person_id:
        return Given(None, "unknown_report")
    after = core.edited(report, kinds, text, done, hurt, police)
    return _kept(context, report, version, after)


def hand_over(context: Context, viewer: Viewer, visit_id: str, version: int) -> Given:
    """The managers and the safety representatives may read it from now on, and are told."""
    visit, report = _found(context, viewer, visit_id)
    if visit is None or report is None or report.by != viewer.person_id:
        return Given(None, "unknown_report")
    if report.handed_at is not None and version == report.version - 1:
        return Given(report)  # and they have been told
    given = _kept(context, report, version, core.handed(report, context.now()))
    if given.reason is None:
        draft = Draft(visit, context.now(), context.directory())
        draft.tell(core.to_tell(visit, draft.directory), Say.VISIT_REPORT)
        change = Change(draft.now, orders=list(draft.orders.values()))
        context.store.commit(change)
        ring(context, change)
    return given


def drop(context: Context, viewer: Viewer, visit_id: str) -> str | None:
    """The author may throw a draft away; what is handed over goes by rule."""
    visit, report = _found(context, viewer, visit_id)
    if visit is None or report is None or report.by != viewer.person_id:
        return "unknown_report"
    if report.handed_at is not None:
        return "handed_over"
    context.store.drop_reports([visit_id])
    return None


def listed(context: Context, viewer: Viewer) -> list[Report]:
    """Those that this person may read, newest first."""
    directory = context.directory()
    found = context.store.reports_of(directory.people[viewer.person_id].offices)
    visits = context.store.visits(one.visit_id for one in found)
    seen = [one for one in found if one.visit_id in visits and core.may_read(one, viewer.person_id, visits[one.visit_id], directory)]
    return sorted(seen, key=lambda one: (one.made_at, one.visit_id), reverse=True)


def forget_reports(context: Context) -> int:
    """Deletes what has been kept long enough; gives how many."""
    return context.store.drop_reports_before(context.now())


def _found(context: Context, viewer: Viewer, visit_id: str) -> tuple[Visit | None, Report | None]:
    """The visit and its report, kept or to be begun; nothing where this person may not."""
    visit = context.store.visits([visit_id]).get(visit_id)
    report = context.store.report(visit_id)
    if visit is None:
        return None, None
    if report is not None:
        return (visit, report) if core.may_read(report, viewer.person_id, visit, context.directory()) else (None, None)
    return (visit, core.begin(visit, viewer.person_id, context.now())) if core.may_begin(visit, viewer.person_id) else (None, None)


def _kept(context: Context, before: Report, version: int, after: Report | str) -> Given:
    if isinstance(after, str):
        return Given(before, after)
    if version == before.version - 1 and replace(after, version=before.version, delete_at=before.delete_at) == before:
        return Given(before)  # kept already: the answer was lost on its way, and this is the next try
    if version != before.version:
        return Given(before, "changed_meanwhile")  # another window: neither text is thrown away unseen
    try:
        context.store.keep_report(before.version, after)
    except Conflict:
        return Given(context.store.report(before.visit_id), "changed_meanwhile")
    return Given(after)


def _of_alarms(context: Context, visit: Visit) -> list[Entry]:
    """The log of the alarm about it, unless nobody near may know of that one."""
    kept = context.store.signals([visit.raised_id]).get(visit.raised_id) if visit.raised_id else None
    alarm = context.store.alarms([kept.alarm_id]).get(kept.alarm_id) if kept and kept.alarm_id else None
    return context.store.log(alarm.id) if alarm is not None and not alarm.hidden and alarm.drill is None else []
