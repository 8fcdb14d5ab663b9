"""Times are UTC. A day, a week and a clock that people read are those of the country."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")


def day_of(at: datetime) -> date:
    """The day on which it was, or will be, for people here: just after midnight UTC still says the day before."""
    return at.astimezone(OSLO).date()
