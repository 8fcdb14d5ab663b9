"""The directory with the present duty: read when it has changed, whoever changed it, and not again and again while it has not."""

from __future__ import annotations

from typing import Never

import pytest

from server.flow import present
from server.core.directory import Duty
from server.flow.bell import Bell
from server.flow.context import StoreDown
from server.store.contract import Store
from server.flow.present import PresentDirectory
from tests.flow.house import T0
from tests.flow.people import OFFICE, the_directory

OLA = ("ola", OFFICE)
DIRECTORY = the_directory()


class Read:
    """The real store, counting how often all duty is read."""

    def __init__(self, store: Store, patch: pytest.MonkeyPatch) -> None:
        self.times, self._duty = 0, store.duty
        patch.setattr(store, "duty", self._read)

    def _read(self) -> dict[tuple[str, str], Duty]:
        self.times += 1
        return self._duty()


@pytest.fixture
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if five seconds had gone by at each call."""
    monkeypatch.setattr(present, "DUTY_LOOK_S", -1.0)


@pytest.mark.usefixtures("looks_each_time")
def test_duty_is_read_when_it_has_changed_and_only_then(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bell, read = Bell(), Read(any_store, monkeypatch)
    any_store.set_duty(*OLA, Duty.PRESENT, T0)
    directory = PresentDirectory(DIRECTORY, any_store, bell)
    for _ in range(5):
        assert directory().duty == {OLA: Duty.PRESENT}
    bell.ring("duty")  # somebody has gone out on a visit: that is read anew, and duty stands
    assert directory().duty == {OLA: Duty.PRESENT} and read.times == 1
    any_store.set_duty(*OLA, Duty.OFF, T0)  # by another server, and no bell between the two
    assert directory().duty == {OLA: Duty.OFF} and directory().duty == {OLA: Duty.OFF} and read.times == 2


def test_a_bell_is_enough(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(present, "DUTY_LOOK_S", float("inf"))
    bell = Bell()
    directory = PresentDirectory(DIRECTORY, any_store, bell)
    assert directory().duty == {}
    any_store.set_duty(*OLA, Duty.ON_DUTY, T0)
    bell.ring("duty")
    assert directory().duty == {OLA: Duty.ON_DUTY}


@pytest.mark.usefixtures("looks_each_time")
def test_what_no_mark_shows_is_found_by_reading_all_of_it_now_and_then(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(any_store, "duty_mark", lambda: (1,))
    monkeypatch.setattr(present, "DUTY_ANYWAY_S", -1.0)
    directory = PresentDirectory(DIRECTORY, any_store, Bell())
    assert directory().duty == {}
    any_store.set_duty(*OLA, Duty.PRESENT, T0)
    assert directory().duty == {OLA: Duty.PRESENT}


@pytest.mark.usefixtures("looks_each_time")
def test_another_configuration_keeps_the_duty_and_takes_that_of_whoever_is_new(any_store: Store) -> None:
    any_store.set_duty(*OLA, Duty.PRESENT, T0)
    directory = PresentDirectory(DIRECTORY, any_store, Bell())
    directory()
    directory.switch(DIRECTORY)
    assert directory().duty == {OLA: Duty.PRESENT}
    any_store.set_duty("liv", OFFICE, Duty.ON_DUTY, T0)
    directory.switch(DIRECTORY)
    assert directory().duty == {OLA: Duty.PRESENT, ("liv", OFFICE): Duty.ON_DUTY}


def test_what_a_failed_look_did_not_bring_is_looked_for_again_and_soon(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(present, "DUTY_LOOK_S", 3600.0)
    monkeypatch.setattr(present, "AGAIN_S", -1.0)
    bell = Bell()
    directory = PresentDirectory(DIRECTORY, any_store, bell)
    assert directory().duty == {}
    any_store.set_duty(*OLA, Duty.ON_DUTY, T0)
    bell.ring("duty")
    with monkeypatch.context() as away:
        away.setattr(any_store, "custody", raises)  # the last that is asked: the mark and the duty have been read by then
        with pytest.raises(StoreDown):
            directory()
    assert directory().duty == {OLA: Duty.ON_DUTY}


def raises() -> Never:
    raise StoreDown("away")
