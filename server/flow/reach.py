"""By which channels each person can be reached at this moment, and how sure that is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from server.core.directory import Directory, Person
from server.core.numbers_proven import Number, sure
from server.core.phones import Health

RINGING = ("sms", "voice")
"""Channels that a phone number is enough for."""


@dataclass(frozen=True, slots=True)
class Way:
    """One channel to one person. `sure`: something has proven that it arrives, and not only that it could be tried."""

    channel: str
    sure: bool


def ways_to(
    people: Iterable[Person], online: Collection[str], pushed: Mapping[str, Health], directory: Directory, numbers: Mapping[tuple[str, str], Number] = {},
    now: datetime | None = None,
) -> Mapping[str, tuple[Way, ...]]:
    """Whoever can be reached, with every way to him. An open screen proves itself, and so does a phone that has shown what was pushed last
    (`pushed`: the best of each person's phones), and a number from which something has come back within the week (`numbers`); a number alone
    helps only where this deployment can ring it, and proves nothing."""
    pushes = bool(directory.usable(["push"]))
    channels = directory.usable(RINGING)
    found = {}
    for person in people:
        ways = (Way("screen", True),) if person.id in online else ()
        if pushes and pushed.get(person.id, Health.DEAD) is not Health.DEAD:
            ways += (Way("push", pushed[person.id] is Health.FINE),)
        proven = lambda channel: now is not None and sure(numbers.get((person.id, channel)), person.phone, now)  # noqa: B023, E731
        ways += tuple(Way(channel, proven(channel)) for channel in channels if person.phone)
        if ways:
            found[person.id] = ways
    return found
