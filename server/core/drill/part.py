"""Who took part in a drill, and how: reckoned from its alarms, its cast, and what its coordinator ticked off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from server.core.directory import Directory
from server.core.drill.model import Part, PlannedDrill, TakenPart, was_held
from server.core.model import Alarm, Stage
from server.core.projection import Told

STRENGTH = {part: n for n, part in enumerate(Part)}
ANSWERS = frozenset({Stage.COMING, Stage.TAKEN, Stage.THERE, Stage.SHELTERED, Stage.CANNOT, Stage.LAPSED})


def told_in(drill: PlannedDrill, alarms: Iterable[Alarm]) -> tuple[str, ...]:
    """Everyone of ours who was in it: they are asked how it went."""
    found = [one for alarm in alarms for one in (*alarm.raisers, *alarm.told) if one and not one.startswith("@")]
    return tuple(dict.fromkeys((*found, *(person for _, person in drill.cast), *drill.attended, *drill.observers)))


def parts_of(drill: PlannedDrill, alarms: Iterable[Alarm], reached: Mapping[str, Told], directory: Directory) -> tuple[TakenPart, ...]:
    """One line for each person, by the most that he did. `reached`: how the telling of each alarm ended, with names. Nobody has taken part in what never
    began, and of one that was not held the cast has played nothing. `at` is when the time line began, also of whoever is ticked off days later."""
    found: dict[str, tuple[Part, str | None]] = {}
    alarms = list(alarms)
    if drill.zero_at is None or not drill.begun:
        return ()

    def note(person_id: str | None, part: Part, role: str | None = None) -> None:
        if person_id is None or person_id not in directory.people or person_id in drill.left_out:
            return
        known, had = found.get(person_id, (None, None))
        if known is None or STRENGTH[part] > STRENGTH[known]:
            found[person_id] = (part, role or had)
        elif role and had is None:
            found[person_id] = (known, role)

    for alarm in alarms:
        for one in alarm.told:
            note(one, Part.TOLD)
        for one, status, _ in reached[alarm.id].people if alarm.id in reached else ():
            if status in ("reached", "seen"):
                note(one, Part.REACHED)
        for one in alarm.raisers:
            note(one, Part.PRESSED)
        for a in alarm.assignments:
            if a.stage in ANSWERS:
                note(a.person_id, Part.ANSWERED, a.role)
    for one in drill.observers:
        note(one, Part.OBSERVED)
    for one in drill.attended:
        note(one, Part.PLAYED)
    for role, one in drill.cast if was_held(drill, bool(alarms)) else ():
        note(one, Part.PLAYED, role)
    here = frozenset(drill.offices)
    return tuple(
        TakenPart(drill.id, one, _office(one, here, directory), drill.exercise.id, role, part, drill.zero_at) for one, (part, role) in sorted(found.items())
    )


def _office(person_id: str, here: frozenset[str], directory: Directory) -> str:
    """The office for which it is kept: the first of the drill's (`here`) that this person serves, else his own. It counts wherever he serves
    (`flow/programme.py`)."""
    offices = directory.people[person_id].offices
    return next((one for one in offices if one in here), offices[0])
