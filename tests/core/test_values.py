"""Values cannot be changed, and are told apart by what they hold: as dataclasses' own frozen ones, which they replace."""

from __future__ import annotations

import dataclasses
from dataclasses import field

import orjson
import pytest

from server.core.values import frozen, replace


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
        with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
            setattr(visit, name, "x")
    with pytest.raises(dataclasses.FrozenInstanceError):
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
    assert repr(one) == repr(Plain("v-1", "Vik")).replace("Plain", "Visit") and orjson.dumps(one) == orjson.dumps(Plain("v-1", "Vik"))


def test_a_copy_differs_in_what_was_said_and_in_nothing_else() -> None:
    first = Visit("v-1", "Vik", ["n"])
    assert replace(first, to="Bø") == dataclasses.replace(first, to="Bø") == Visit("v-1", "Bø", ["n"])
    assert first == Visit("v-1", "Vik", ["n"]) and replace(first) == first
    with pytest.raises(KeyError):
        replace(first, where="Bø")
