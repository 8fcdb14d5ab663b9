"""The contract of every store: the applied configuration, as files."""

from __future__ import annotations


import pytest

from server.core.directory import Duty
from server.core.values import replace
from server.store.contract import CONFIGURATIONS_KEPT, Configuration, Conflict, Store
from tests.store.values import NEIGHBOUR, OFFICE, T0, at, together

EVERY_BYTE = bytes(range(256)) * 40
FIRST = Configuration(1, T0, "liv", "d1", {"deployment.yaml": b"name: A\r\n", "content/role_cards.yaml": EVERY_BYTE, "empty.csv": b""})
SECOND = Configuration(2, at(9.000001), "tor", "d2", {"deployment.yaml": b"name: B\n"})


def test_before_the_first_there_is_none(store: Store) -> None:
    assert (store.configured(), store.configuration(), store.configurations()) == (0, None, [])


def test_what_was_applied_comes_back_byte_for_byte(store: Store) -> None:
    store.configure(FIRST, {})
    assert store.configured() == 1
    assert store.configuration() == FIRST
    assert store.configurations() == [replace(FIRST, files={})]


def test_the_newest_holds_and_the_one_before_can_be_had(store: Store) -> None:
    store.configure(FIRST, {})
    store.configure(SECOND, {})
    assert (store.configured(), store.configuration(), store.configuration(1)) == (2, SECOND, FIRST)
    assert [one.version for one in store.configurations()] == [2, 1] and store.configuration(3) is None


@pytest.mark.parametrize("version", [0, 1, 3])
def test_one_that_is_not_the_next_is_refused_and_nothing_is_kept(store: Store, version: int) -> None:
    store.configure(FIRST, {("ola", OFFICE): Duty.PRESENT})
    with pytest.raises(Conflict):
        store.configure(replace(SECOND, version=version), {("liv", OFFICE): Duty.PRESENT})
    assert (store.configured(), store.configuration()) == (1, FIRST)
    assert store.duty() == {("ola", OFFICE): Duty.PRESENT}


def test_of_several_who_apply_at_once_one_does(store: Store) -> None:
    store.configure(FIRST, {})
    refused: list[str] = []

    def apply(who: str) -> None:
        try:
            store.configure(replace(SECOND, by=who, files={"deployment.yaml": who.encode()}), {})
        except Conflict:
            refused.append(who)

    together(*(lambda who=who: apply(who) for who in ("a", "b", "c", "d")))
    newest = store.configuration()
    assert newest is not None and len(refused) == 3 and newest.by not in refused
    assert newest.files == {"deployment.yaml": newest.by.encode()}


def test_duty_is_given_to_those_who_have_none_and_nobody_elses_is_touched(store: Store) -> None:
    store.set_duty("ola", OFFICE, Duty.OFF, T0)
    store.configure(FIRST, {("ola", OFFICE): Duty.PRESENT, ("ola", NEIGHBOUR): Duty.ON_DUTY, ("liv", OFFICE): Duty.PRESENT})
    assert store.duty() == {("ola", OFFICE): Duty.OFF, ("ola", NEIGHBOUR): Duty.ON_DUTY, ("liv", OFFICE): Duty.PRESENT}


def test_files_of_old_ones_are_forgotten_and_who_applied_them_is_not(store: Store) -> None:
    for version in range(1, CONFIGURATIONS_KEPT + 3):
        store.configure(replace(FIRST, version=version), {})
    assert [version for version in range(1, CONFIGURATIONS_KEPT + 3) if store.configuration(version) is None] == [1, 2]
    assert [one.version for one in store.configurations()] == list(range(CONFIGURATIONS_KEPT + 2, 0, -1))


def test_a_large_one_is_kept_whole(store: Store) -> None:
    large = replace(FIRST, files={f"nav-{number}.yaml": EVERY_BYTE * 5 for number in range(100)})
    store.configure(large, {})
    assert store.configuration() == large
