"""Whom the yearly wheel reminds, of what, and when: of a drill that cannot be planned, and once a month of what is overdue. Pure.

Each is an order whose id is the same however often it is reckoned, so that it is told once, also by two servers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

from server.core import orders
from server.core.access import rights
from server.core.directory import Directory
from server.core.drill.access import PLANNING
from server.core.drill.draft import WEEK
from server.core.drill.programme import Button, Coming, Duty, working_day
from server.core.orders import WRITTEN, Order, Say
from server.core.values import frozen

DAYTIME = range(7, 20)
"""Hours by the local clock in which the wheel plans and tells: nothing of it is worth waking anybody."""
FROM_HOUR = 8
"""On the first working day of a month, from this local hour: what is overdue."""
LATER = ("push", "email")
"""What is overdue was so last month too, maybe: nobody is sent an SMS for it who has an e-mail address."""
FAR = timedelta(days=800)
"""Longer than from any day to the next of a line that has one month."""

LEADING = PLANNING - {"administrator"}


@frozen
class Problem:
    """A drill that a line asks for and that cannot be planned, with why. `on`: its day; None where none of the line's can be."""

    asked: Coming
    why: str
    on: date | None


@frozen
class Standing:
    """How many exercises of an office are overdue with nothing planned, and how many of its buttons wait for their test."""

    exercises: int
    buttons: int


def by_day(now: datetime, zone: tzinfo) -> bool:
    return now.astimezone(zone).hour in DAYTIME


def who_coordinates(office_id: str, directory: Directory) -> tuple[str, ...]:
    """Those who lead the office or coordinate its drills; the administrators only where nobody does. A wallboard is nobody."""
    able = [directory.people[one] for one in directory.staff.get(office_id, ())]
    able = [one for one in able if one.access & PLANNING and one.surface != "wallboard"]
    return tuple(one.id for one in able if one.access & LEADING) or tuple(one.id for one in able)


# ---------------------------------------------------------------- what cannot be planned


def of_problem(problem: Problem, told: Iterable[Order], now: datetime, directory: Directory) -> list[Order]:
    """As soon as it is known, and each week until the day: its line's owner, or, where he is gone or may not change the wheel, those who coordinate there.
    `told`: the orders that stand under the drill's id already."""
    before = [one for one in told if one.say is Say.DRILL_NOT_PLANNED]
    if any(now < one.made_at + WEEK for one in before):
        return []
    line, number = problem.asked.line, 1 + max((one.step for one in before), default=0)
    owns = rights(line.owner_id, line.office_id, directory) & PLANNING
    people = (line.owner_id,) if owns else who_coordinates(line.office_id, directory)
    channels = directory.usable(WRITTEN)
    return [
        orders.about_drill(problem.asked.drill_id, number, line.office_id, one, Say.DRILL_NOT_PLANNED, channels, now, problem.why) for one in people
    ]  # fmt: skip


# ---------------------------------------------------------------- what is overdue


def month_of(now: datetime, zone: tzinfo) -> str | None:
    """The id under which this month's reminders stand, while it is time for them: by day on the first working day. None at any other time."""
    local = now.astimezone(zone)
    its_day = working_day(local.date().replace(day=1)) == local.date()
    return f"wheel-{local:%Y-%m}" if its_day and local.hour in DAYTIME and local.hour >= FROM_HOUR else None


def to_remind(told: Collection[str], directory: Directory) -> dict[str, list[str]]:
    """Whoever coordinates drills and has not been told this month, with the offices where: in how many it may be, he is told once."""
    found: dict[str, list[str]] = {}
    for office_id in directory.offices:
        for one in who_coordinates(office_id, directory):
            if one not in told:
                found.setdefault(one, []).append(office_id)
    return found


def standing(duties: Iterable[Duty], buttons: Iterable[Button]) -> Standing:
    return Standing(
        sum(one.word == "overdue" and one.planned_id is None for one in duties), sum(one.word != "tested" for one in buttons),
    )  # fmt: skip


def of_overdue(month: str, person_id: str, offices: Sequence[str], found: Mapping[str, Standing], now: datetime, directory: Directory) -> Order | None:
    """The month's one message to somebody, over all the offices where he coordinates; it opens the wheel of the first that has something. None where
    nothing is overdue."""
    late = [one for one in offices if found[one] != Standing(0, 0)]
    if not late:
        return None
    mail = directory.people[person_id].email and "email" in directory.usable(LATER)
    channels = directory.usable(LATER if mail else WRITTEN)
    exercises, waiting = (sum(counts) for counts in zip(*((found[one].exercises, found[one].buttons) for one in late), strict=True))
    return orders.about_drill(month, 1, late[0], person_id, Say.DRILL_OVERDUE, channels, now, str(waiting) if waiting else None, exercises)
