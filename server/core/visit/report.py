"""The draft of a report after a visit that was not fine: what the log knows is filled in, the person adds the rest, and it is deleted by rule.

It is the employee's draft until handed over, then the managers' and the safety representatives' as well. It holds no address and nobody's name but
the author's: what must be known of those who were visited belongs into the office's own system, into which the text is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from server.core.access import is_safety_representative
from server.core.directory import Directory
from server.core.log import Entry
from server.core.values import frozen, replace
from server.core.visit.draft import leaders, leads
from server.core.visit.model import Debriefed, Visit, as_near


class Kind(StrEnum):
    """What is to be registered: the seven kinds of the report on threats and violence (annex 4)."""

    VIOLENCE = "violence"
    THREAT = "threat"
    REMOTE_THREAT = "remote_threat"
    SEXUAL_PHYSICAL = "sexual_physical"
    SEXUAL_WORDS = "sexual_words"
    HARASSMENT_TRAITS = "harassment_traits"
    HARASSMENT_OTHER = "harassment_other"


DRAFT_KEPT = timedelta(days=30)
"""A draft that nobody has handed over."""
HANDED_KEPT = timedelta(days=90)
"""Long enough to take it into the office's own system; that one keeps it."""
TEXT_MOST = 4000


@frozen
class Report:
    """`kinds`: none, one or several. `hurt`, `police`: None while not answered."""

    visit_id: str
    office_id: str
    by: str
    version: int
    made_at: datetime
    delete_at: datetime
    kinds: frozenset[Kind] = frozenset()
    text: str = ""
    done: str = ""
    """What was done, and what is needed now."""
    hurt: bool | None = None
    police: bool | None = None
    handed_at: datetime | None = None


def may_begin(visit: Visit, person_id: str) -> bool:
    """Whoever was out and has said that it was not fine, or who was missed. Under duress it looks the same: the alarm that nobody near knows of
    offers nothing that an ordinary PIN would not."""
    seems = as_near(visit)
    unwell = seems.debriefed in (Debriefed.UNPLEASANT, Debriefed.INCIDENT) or seems.missed
    return not seems.open and unwell and person_id in seems.people


def begin(visit: Visit, by: str, now: datetime) -> Report:
    return Report(visit.id, visit.office_id, by, 0, now, now + DRAFT_KEPT)


def may_read(report: Report, person_id: str, visit: Visit, directory: Directory) -> bool:
    """The author; once it is handed over, those who lead and the safety representatives."""
    return person_id == report.by or (report.handed_at is not None and person_id in followers(visit, directory))


def followers(visit: Visit, directory: Directory) -> list[str]:
    """Whom a report is handed to: those who lead the office and its safety representatives, never somebody who was out on the visit."""
    staff = directory.staff.get(visit.office_id, ())
    safety = [one for one in staff if one not in visit.people and is_safety_representative(one, visit.office_id, directory)]
    return [*dict.fromkeys([*leads(visit, directory), *safety])]


def to_tell(visit: Visit, directory: Directory) -> list[str]:
    """Off duty is off: those who are off read it when they are back, unless none of the leads is on duty."""
    everyone = followers(visit, directory)
    return [*dict.fromkeys([*leaders(visit, directory), *(one for one in everyone if directory.on_duty_somewhere(one))])]


def edited(report: Report, kinds: Iterable[str], text: str, done: str, hurt: bool | None, police: bool | None) -> Report | str:
    """As the author wants it; or why not. What has been handed over is no longer a draft."""
    if report.handed_at is not None:
        return "handed_over"
    known = {kind.value for kind in Kind}
    if not set(kinds) <= known:
        return "unknown_kind"
    if max(len(text), len(done)) > TEXT_MOST:
        return "too_long_text"
    return replace(report, version=report.version + 1, kinds=frozenset(Kind(one) for one in kinds), text=text, done=done, hurt=hurt, police=police)


def handed(report: Report, now: datetime) -> Report | str:
    """To those who follow it up. An empty one is refused: it would say nothing."""
    if report.handed_at is not None:
        return "handed_over"
    if not report.text.strip() and not report.kinds:
        return "nothing_written"
    return replace(report, version=report.version + 1, handed_at=now, delete_at=now + HANDED_KEPT)


KNOWN = frozenset({
    "started", "check_in", "extended", "notice", "alarm_lost", "alarm_opened", "alarm_back", "missed", "asked", "reached", "not_reached", "recalled",
    "overdue", "settled", "home", "debriefed",
    "opened", "joined", "acknowledged", "arrived", "mark", "called_off", "confirmed", "resolved",
})  # fmt: skip
"""What of the logs belongs into a report. Duress is never among it: the draft lies on the phone of whoever was threatened."""


@frozen
class Fact:
    at: datetime
    what: str
    data: str


def facts(visit: Visit, own: Iterable[Entry], of_alarms: Iterable[Entry]) -> list[Fact]:
    """What the logs know, in order. Where the visit only seemed to be over, what came after that is not told, also once that has been settled."""
    own = list(own)
    if visit.believed is None:
        kept = [*own, *of_alarms]
    else:
        left = max((entry.n for entry in own if entry.what == "home" and '"self"' in entry.data), default=0)
        kept = [entry for entry in own if entry.n <= left or entry.what == "debriefed"]
    return [Fact(entry.at, entry.what, entry.data) for entry in sorted(kept, key=lambda entry: (entry.at, entry.n)) if entry.what in KNOWN]
