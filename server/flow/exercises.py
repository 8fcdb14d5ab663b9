"""The door to the catalogue: the exercises that ship, and the offices' own versions of them."""

from __future__ import annotations

from server.core.access import Viewer
from server.core.drill.access import may_plan
from server.core.drill.exercise import Exercise
from server.core.values import replace
from server.flow.context import Context
from server.store.contract import Conflict, OwnExercise

OWN_MOST = 200
"""Own exercises of one office."""


def all_of(context: Context, viewer: Viewer) -> list[Exercise]:
    """Those that ship, then the own ones of the offices that this person serves; without what was put away."""
    directory = context.directory()
    own = context.store.own_exercises(directory.people[viewer.person_id].offices)
    return [*directory.content.catalogue.exercises.values(), *(one.exercise for one in own if not one.gone)]


def find(context: Context, viewer: Viewer, exercise_id: str) -> Exercise | None:
    return next((one for one in all_of(context, viewer) if one.id == exercise_id), None)


def keep(context: Context, viewer: Viewer, exercise: Exercise, office_id: str, version: int) -> Exercise | str:
    """An office's own exercise, as version `version` + 1 (the first is 1); or why not. What drills were made of is never changed by it."""
    directory = context.directory()
    if not may_plan(viewer, [office_id], directory):
        return "not_allowed"
    if exercise.id in directory.content.catalogue.exercises:
        return "ships_with_varde"  # the next version of Varde would take its place
    known = {one.exercise.id: one for one in context.store.own_exercises(directory.offices)}
    held = known.get(exercise.id)
    if held is not None and held.exercise.office_id != office_id:
        return "id_used"
    kept = replace(exercise, office_id=office_id, version=version + 1)
    if held is not None and _same(held, kept, viewer):
        return kept
    if (held.version if held else 0) != version:
        return "changed_meanwhile"
    if held is None and sum(one.exercise.office_id == office_id and not one.gone for one in known.values()) >= OWN_MOST:
        return "too_many"
    return _put(context, viewer, kept, gone=False)


def put_away(context: Context, viewer: Viewer, exercise_id: str) -> str | None:
    """No new drill is made of it. None where it was, else why not."""
    directory = context.directory()
    held = next((one for one in context.store.own_exercises(directory.people[viewer.person_id].offices) if one.exercise.id == exercise_id), None)
    if held is not None and held.gone and held.by == viewer.person_id:
        return None  # the answer was lost on its way
    if held is None or held.gone:
        return "unknown_exercise"
    if not may_plan(viewer, [held.exercise.office_id or ""], directory):
        return "not_allowed"
    put = _put(context, viewer, replace(held.exercise, version=held.version + 1), gone=True)
    return put if isinstance(put, str) else None


def _same(held: OwnExercise, kept: Exercise, viewer: Viewer) -> bool:
    """Whether it is kept already, by the same person: the answer was lost on its way, and this is the next try."""
    return held.exercise == kept and held.by == viewer.person_id and not held.gone


def _put(context: Context, viewer: Viewer, exercise: Exercise, gone: bool) -> Exercise | str:
    try:
        context.store.keep_exercise(OwnExercise(exercise, exercise.version, context.now(), viewer.person_id, gone))
    except Conflict:
        now = next((one for one in context.store.own_exercises(context.directory().offices) if one.exercise.id == exercise.id), None)
        return exercise if now is not None and not gone and _same(now, exercise, viewer) else "changed_meanwhile"
    return exercise
