"""An office's readiness as whoever leads it is shown it: each role and each channel now, each person's ways with what proves them, and what is missing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from server.core.access import Viewer
from server.core.directory import Directory, Person
from server.core.numbers_proven import Number, proven_at
from server.core.phones import Phone
from server.flow import devices
from server.flow.context import Context
from server.flow.reach import RINGING

RoleRow = dict[str, object]


NOBODY = Viewer("")
"""Whoever looks at a desk is not counted among those who would come; here everybody is, also whoever looks."""


def office_ready(context: Context, office_id: str, online: Collection[str]) -> dict[str, object]:
    """The facts of `devices.office_now`, and what only those who lead are shown: everybody on duty by name, also those who cannot be reached."""
    now = devices.office_now(context, NOBODY, office_id, online)
    directory, store = context.directory(), context.store
    people = list(directory.on_duty_in(office_id))
    phones, numbers = store.phones_of(one.id for one in people), store.numbers_of(one.id for one in people)
    reached = {row["person_id"]: row for row in now["reachable"]}  # type: ignore[attr-defined]
    rows = [_person(one, reached.get(one.id), phones.get(one.id, []), numbers, directory) for one in people]
    return {
        **{name: now[name] for name in ("office_id", "name", "at", "present", "on_duty", "readiness", "gateway", "proof", "devices")},
        "channels": _channels(rows, directory),
        "roles": _roles(people, rows),
        "people": sorted(rows, key=lambda row: (bool(row["ways"]), bool(row["sure"]), str(row["name"]))),
        "sms_test": directory.proves_numbers(office_id),
    }


def _person(
    person: Person, reached: dict[str, object] | None, phones: list[Phone], numbers: dict[tuple[str, str], Number], directory: Directory
) -> dict[str, object]:
    """`ways`: by which channels, each with when it was last proven; those that cannot be proven but by their being there are proven now."""
    channels = list(reached["channels"]) if reached else []  # type: ignore[call-overload]
    shown_at = max((phone.receipt_at for phone in phones if phone.receipt_at), default=None)
    at: dict[str, datetime | None] = {"push": shown_at, **{one: proven_at(numbers.get((person.id, one)), person.phone) for one in RINGING}}
    return {
        "person_id": person.id, "name": person.name, "roles": sorted(person.roles), "sure": bool(reached and reached["sure"]),
        "ways": [{"channel": channel, "proven_at": at.get(channel)} for channel in channels],
        "lacks": _lacks(person, phones, channels, directory),
    }  # fmt: skip


def _lacks(person: Person, phones: list[Phone], channels: list[str], directory: Directory) -> list[str]:
    """What somebody could do about it: words of `missing.*` in the app."""
    lacks = []
    if not any(phone.endpoint for phone in phones):
        lacks.append("push_gone" if phones else "push_never")
    if not person.phone and directory.usable(RINGING):
        lacks.append("number")
    if not channels:
        lacks.append("everything")
    return lacks


def _channels(rows: list[dict[str, object]], directory: Directory) -> list[dict[str, object]]:
    """How many of those on duty each channel reaches, and when it was last proven for anybody. Those that are set up and reach nobody, too."""
    set_up = ["screen", *directory.usable(("push", *RINGING))]
    found = []
    for channel in set_up:
        ways = [way for row in rows for way in row["ways"] if way["channel"] == channel]  # type: ignore[attr-defined]
        proven = [way["proven_at"] for way in ways if way["proven_at"]]
        found.append({"channel": channel, "people": len(ways), "proven": len(proven), "last_at": max(proven, default=None)})
    return found


def _roles(people: list[Person], rows: list[dict[str, object]]) -> list[RoleRow]:
    """How many of those on duty with each role can be reached, and of how many that is proven."""
    by_role: dict[str, list[dict[str, object]]] = {}
    for person, row in zip(people, rows, strict=True):
        for role in person.roles:
            by_role.setdefault(role, []).append(row)
    return [
        {"role": role, "on_duty": len(some), "reachable": sum(bool(row["ways"]) for row in some), "sure": sum(bool(row["sure"]) for row in some)}
        for role, some in sorted(by_role.items())
    ]
