"""Values cannot be changed, and are told apart by what they hold, as frozen dataclasses are."""

from __future__ import annotations

import dataclasses
from dataclasses import field
from datetime import UTC, datetime

import pytest

from server.core.values import frozen, replace, to_json, to_sorted_json


@frozen
class Visit:
    id: str
    to: str = "home"
    notes: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        return f"{self.id} to {self.to}"


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    id: str
    to: str = "home"
    notes: list[str] = field(default_factory=list)


def test_nothing_in_a_value_can_be_changed_and_nothing_can_be_added() -> None:
    visit = Visit("v-1")
    for name in ("id", "notes", "other"):
        with pytest.raises(AttributeError):
            setattr(visit, name, "x")
    with pytest.raises(AttributeError):
        del visit.id
    assert not hasattr(visit, "__dict__") and visit == Visit("v-1")


@pytest.mark.parametrize("given", [((), {}), (("v-1",), {"id": "v-2"}), (("v-1",), {"from_": "x"}), (("a", "b", [], "d"), {})])
def test_what_does_not_fit_is_refused_as_by_a_plain_one(given: tuple[tuple[str, ...], dict[str, str]]) -> None:
    for kind in (Visit, Plain):
        with pytest.raises(TypeError):
            kind(*given[0], **given[1])


def test_a_value_is_known_by_what_it_holds_and_defaults_are_its_own() -> None:
    one, same = Visit("v-1", to="Vik"), Visit("v-1", "Vik", [])
    assert one == same and one != Visit("v-2", "Vik") and one.words == "v-1 to Vik" and type(one) is Visit
    assert hash(Visit("v-1", notes=())) == hash(Visit("v-1", notes=())), "of what can be hashed"  # type: ignore[arg-type]
    assert Visit("v-1").notes is not Visit("v-1").notes
    assert repr(one) == repr(Plain("v-1", "Vik")).replace("Plain", "Visit") and to_json(one) == to_json(Plain("v-1", "Vik"))


def test_a_copy_differs_in_what_was_said_and_in_nothing_else() -> None:
    first = Visit("v-1", "Vik", ["n"])
    assert replace(first, to="Bø") == Visit("v-1", "Bø", ["n"]) and replace(Plain("p-1"), to="Bø") == Plain("p-1", "Bø")
    assert first == Visit("v-1", "Vik", ["n"]) and replace(first) == first
    for one in (first, Plain("p-1")):
        with pytest.raises(TypeError):
            replace(one, where="Bø")


def test_a_field_that_must_not_be_shown_is_refused() -> None:
    """Else it would be shown in every log: such a record stays a dataclass."""
    with pytest.raises(TypeError, match="secret"):

        @frozen
        class Key:
            secret: str = field(repr=False)


def test_json_of_values_ends_instants_with_z_and_puts_sets_in_order() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 600, UTC)
    assert to_json({1: Visit("v-1", notes=[]), "at": at}) == b'{"1":{"id":"v-1","to":"home","notes":[]},"at":"2026-01-02T03:04:05.000600Z"}'
    assert to_sorted_json({"b": frozenset({"y", "x"}), "a": ()}) == b'{"a":[],"b":["x","y"]}'
    with pytest.raises(TypeError):
        to_json(object())
