"""The yearly wheel: which drills an office holds when, what is overdue, which buttons wait for their test, and who has been in an exercise. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from hashlib import sha256

from server.core.directory import DeviceKind, Directory
from server.core.drill.exercise import DISCUSSION, Exercise
from server.core.drill.model import TOOK_PART, PlannedDrill, Press, TakenPart, was_held
from server.core.values import frozen

AHEAD = timedelta(days=35)
"""A drill of the wheel is planned this long before, so that its coordinator hears of it a week after at the latest, and the manager can say no."""
AT_LEAST = timedelta(days=7)
"""What is nearer than this cannot be announced in time, and is not planned by itself."""
YEAR = timedelta(days=365)
BUTTON_EVERY = timedelta(days=31)
"""A button that nobody has tested for longer waits for its test."""
SOON = timedelta(days=30)


@frozen
class WheelLine:
    """One line of the wheel: this exercise, in these months, on that day and time (a weekend moves to Monday), led by `owner_id`."""

    id: str
    office_id: str
    exercise_id: str
    months: tuple[int, ...]
    day: int
    hour: int
    minute: int
    owner_id: str
    notice: str | None = None


@frozen
class Wheel:
    """What a message about the wheel is about, where there is no drill that it could be about. `id` stands where a drill's or an alarm's else does."""

    id: str


@frozen
class Coming:
    """A drill that a line asks for. The id is the same each time it is reckoned: it is planned once."""

    drill_id: str
    line: WheelLine
    starts_at: datetime


def working_day(on: date) -> date:
    """That day, or Monday where it is in a weekend. Public holidays are days like others."""
    return on + timedelta(days={5: 2, 6: 1}.get(on.weekday(), 0))


def coming(line: WheelLine, now: datetime, zone: tzinfo, ahead: timedelta = AHEAD) -> list[Coming]:
    """The drills of this line until so long from now, soonest first, also those that are nearer than AT_LEAST. At most this year's and the next one's."""
    today = now.astimezone(zone).date()
    found = []
    for year in (today.year, today.year + 1):
        for month in line.months:
            on = working_day(date(year, month, min(line.day, 28)))
            at = datetime(on.year, on.month, on.day, line.hour, line.minute, tzinfo=zone)
            if now <= at <= now + ahead:
                found.append(Coming(drill_id(line.id, year, month), line, at.astimezone(now.tzinfo)))
    return sorted(found, key=lambda one: one.starts_at)


def drill_id(line_id: str, year: int, month: int) -> str:
    """The same each time it is asked for, and of the form of one that a screen has made."""
    digits = sha256(f"{line_id} {year}-{month:02}".encode()).hexdigest()
    return f"d-{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def presses_for(exercise: Exercise, office_id: str) -> tuple[Press, ...]:
    """What is pressed in a drill that nobody has planned by hand: once, in the office; around a table nothing."""
    return () if exercise.form == DISCUSSION or exercise.situation is None else (Press("p1", office_id),)


@frozen
class Duty:
    """One exercise that an office holds so and so often. `next_by`: when the next must have been held; None where it need not be."""

    exercise_id: str
    per_year: float
    held: tuple[datetime, ...]
    planned_id: str | None
    next_by: datetime | None
    word: str  # fine | soon | overdue | not_needed


def duties(
    office_id: str, size: int, exercises: Iterable[Exercise], drills: Sequence[PlannedDrill], lines: Iterable[WheelLine], now: datetime,
    raised: Container[str] = (),
) -> list[Duty]:
    """How the office stands with each kind of exercise. How often: by its own lines where it has any, else by the catalogue's advice for its size. What it has
    copied from an exercise is that exercise: held in either form, owed once, and as often as the one that asks for most.

    Something that has never been held is overdue at once: nobody has seen it work. `exercises`: those that ship before the office's own. `raised`: ids of
    drills that are known to have had an alarm.
    """
    forms: dict[str, list[Exercise]] = {}
    for one in exercises:
        forms.setdefault(one.kind, []).append(one)
    kind_of = {one.id: kind for kind, some in forms.items() for one in some}
    own: dict[str, int] = {}
    for line in lines:
        kind = kind_of.get(line.exercise_id, line.exercise_id)
        own[kind] = own.get(kind, 0) + len(line.months)
    found = []
    for kind, some in forms.items():
        per_year = float(own.get(kind, max(one.yearly(size) for one in some)))
        here = [one for one in drills if one.exercise.kind == kind and office_id in one.offices]
        held = tuple(sorted(one.zero_at for one in here if one.zero_at is not None and was_held(one, one.id in raised)))
        planned = next((one.id for one in here if one.open and one.zero_at is None), None)
        found.append(_duty(some[0].id, per_year, held, planned, now))
    order = {"overdue": 0, "soon": 1, "fine": 2, "not_needed": 3}
    return sorted(found, key=lambda one: (order[one.word], one.next_by or now + 100 * YEAR, one.exercise_id))


def _duty(exercise_id: str, per_year: float, held: tuple[datetime, ...], planned: str | None, now: datetime) -> Duty:
    if per_year <= 0:
        return Duty(exercise_id, 0, held, planned, None, "not_needed")
    next_by = held[-1] + YEAR / per_year if held else now
    word = "overdue" if next_by <= now else "soon" if next_by <= now + SOON else "fine"
    return Duty(exercise_id, per_year, held, planned, next_by, word)


@frozen
class Button:
    device_id: str
    tested_at: datetime | None
    word: str  # tested | due | never


def buttons(office_id: str, tested: Mapping[str, datetime | None], now: datetime, directory: Directory) -> list[Button]:
    """Every button and portable alarm of the office, those that wait longest first. A press ticks it off by itself."""
    found = []
    for device in directory.devices.values():
        if device.office_id == office_id and device.kind in (DeviceKind.BUTTON, DeviceKind.PORTABLE):
            at = tested.get(device.id)
            found.append(Button(device.id, at, "never" if at is None else "tested" if now - at <= BUTTON_EVERY else "due"))
    return sorted(found, key=lambda one: (one.tested_at is not None, one.tested_at or now, one.device_id))


@frozen
class Trained:
    """Of those who serve the office and may take a role: how many have been in an exercise within a year, and who has not."""

    role: str | None
    people: int
    trained: int
    missing: tuple[str, ...]


def trained(office_id: str, parts: Iterable[TakenPart], now: datetime, directory: Directory) -> list[Trained]:
    """First everyone (role None), then by role. A wallboard is nobody."""
    lately = {one.person_id for one in parts if one.part in TOOK_PART and one.at >= now - YEAR}
    staff = [directory.people[one] for one in directory.staff.get(office_id, ()) if directory.people[one].surface != "wallboard"]
    roles: dict[str | None, list[str]] = {None: [one.id for one in staff]}
    for person in staff:
        for role in person.roles:
            roles.setdefault(role, []).append(person.id)
    return [
        Trained(role, len(people), sum(one in lately for one in people), tuple(one for one in people if one not in lately))
        for role, people in sorted(roles.items(), key=lambda pair: (pair[0] is not None, pair[0] or ""))
    ]  # fmt: skip


def last_training(office_id: str, parts: Iterable[TakenPart], directory: Directory) -> list[tuple[str, datetime | None]]:
    """Each person of the office, and when he was last in an exercise: what proves the duty to train."""
    newest: dict[str, datetime] = {}
    for one in parts:
        if one.part in TOOK_PART:
            newest[one.person_id] = max(one.at, newest.get(one.person_id, one.at))
    return [(one, newest.get(one)) for one in directory.staff.get(office_id, ()) if directory.people[one].surface != "wallboard"]
