"""The doors to an office's own exercises: the same content again is the same answer, other content never overwrites what nobody has seen."""

from __future__ import annotations

import pytest

from server.core.access import Viewer
from server.core.drill.exercise import Exercise
from server.core.values import replace
from server.flow import exercises
from server.store.contract import Conflict, OwnExercise, Store
from tests.core.planned import exercise
from tests.flow.house import House
from tests.flow.people import OFFICE

LIV, OLA = Viewer("liv"), Viewer("ola")
OWN = replace(exercise(), id="vart-eget")


@pytest.fixture
def house(any_store: Store) -> House:
    return House(any_store)


def keep(house: House, exercise: Exercise, version: int, who: Viewer = LIV) -> Exercise | str:
    return exercises.keep(house.context, who, exercise, OFFICE, version)


def versions(house: House) -> list[int]:
    return [one.version for one in house.store.own_exercises([OFFICE])]


def test_what_is_sent_again_because_its_answer_was_lost_gets_the_same_answer(house: House) -> None:
    for version in (0, 1):
        changed = replace(OWN, duration_min=OWN.duration_min + version)
        first, again = keep(house, changed, version), keep(house, changed, version)
        assert isinstance(first, Exercise) and first == again and versions(house) == [version + 1]
    assert [exercises.put_away(house.context, LIV, OWN.id) for _ in range(2)] == [None, None] and versions(house) == [3]


def test_other_content_on_an_old_version_is_refused_and_so_is_what_somebody_else_has_kept(house: House) -> None:
    keep(house, OWN, 0)
    assert keep(house, replace(OWN, duration_min=99), 0) == "changed_meanwhile"
    held = house.store.own_exercises([OFFICE])[0]
    house.store.keep_exercise(replace(held, version=2, exercise=replace(held.exercise, version=2, duration_min=98), by="ola"))
    assert keep(house, replace(OWN, duration_min=98), 1) == "changed_meanwhile", "two had the same thought, and each is told"
    assert versions(house) == [2]


def test_two_tries_of_one_save_at_once_get_the_same_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try is kept between the second one's look and its write."""
    kept = house.store.keep_exercise

    def slower(own: OwnExercise) -> None:
        kept(own)
        raise Conflict("somebody was faster")

    monkeypatch.setattr(house.store, "keep_exercise", slower)
    assert isinstance(keep(house, OWN, 0), Exercise) and versions(house) == [1]
