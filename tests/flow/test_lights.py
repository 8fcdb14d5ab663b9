"""The light of whoever pressed says what is true: through the doors, by the words of the protocol, on a pretended device."""

from __future__ import annotations

import json
import random

import pytest

from device_gateway.downlink import words_for
from firmware_sim.button import Light
from firmware_sim.portable import Portable
from firmware_sim.protocol import Identity
from server.core.model import Alarm
from server.core.signals import Kind
from server.flow import devices
from server.flow.devices import LEASE_S
from server.store.contract import Store
from tests.flow.house import House
from tests.flow.people import OFFICE, PIN

RECEIVED = Light("received")


class Worn:
    """Kari's portable alarm, and the gateway that carries words to it."""

    def __init__(self, house: House, kind: Kind = Kind.PANIC) -> None:
        self.house, self.machine = house, Portable(Identity("karis", OFFICE), 1, random.Random(1))
        self.leased: list[dict[str, object]] = []
        self.alarm = self.press(kind)

    def press(self, kind: Kind = Kind.PANIC) -> Alarm:
        self.machine.press(0.0, str(kind))
        [name] = self.machine.unanswered
        alarm = self.house.press("karis", kind, id=name)
        self._hear({"say": "received", "id": name, "alarm": alarm.id})
        self.carry()
        return alarm

    def lease(self) -> list[dict[str, object]]:
        """What the gateway is given; nothing has been reported yet."""
        return [order for order in devices.lease(self.house.context, "g", [OFFICE]) if order["device_id"] == "karis"]

    def carry(self, lost: bool = False, outcome: str = "accepted") -> Light:
        """Publishes what is due, and reports it, unless the report is lost. Gives what the light shows then."""
        for order in self.lease():
            if outcome == "accepted":
                self._hear(words_for(order))
            if not lost:
                self.house.store.device_outcome({str(order["id"]): outcome}, self.house.clock.now)
        return self.machine.light

    def _hear(self, words: dict[str, object]) -> None:
        self.machine.hear(0.0, self.machine.identity.down, json.dumps(words).encode())


def gone(house: House, alarm: Alarm, how: str) -> None:
    """Ola, who was coming, comes no more."""
    if how == "declines":
        house.act("ola", alarm, "decline")
    elif how == "lapses":
        lapse_at = house.again(alarm).assignments[0].lapse_at
        assert lapse_at is not None
        house.tick((lapse_at - house.clock.now).total_seconds() + 1)
    elif how == "shelters":
        house.act("ola", alarm, "shelter")
    elif how == "leaves":
        house.act("ola", alarm, "arrive")
        house.act("ola", alarm, "decline")
    else:
        house.act("nina", alarm, "change_situation", switch="weapon")


@pytest.mark.parametrize("how", ["declines", "lapses", "shelters", "leaves", "must turn back"])
def test_when_nobody_is_coming_any_more_and_112_has_not_been_rung_the_light_is_as_it_was_when_the_press_was_received(house: House, how: str) -> None:
    worn = Worn(house)
    house.act("ola", worn.alarm, "acknowledge")
    assert worn.carry() == Light("coming", 1)
    gone(house, worn.alarm, how)
    assert worn.carry() == RECEIVED, "never a tick for hope"
    assert worn.carry() == RECEIVED and worn.lease() == [], "and nothing else was sent"


def test_after_weapon_the_light_says_police_when_somebody_has_rung_112_and_not_before(house: House) -> None:
    worn = Worn(house)
    house.act("nina", worn.alarm, "change_situation", switch="weapon")
    assert worn.carry() == RECEIVED
    house.act("nina", worn.alarm, "mark", mark="police_called")
    assert worn.carry() == Light("police")


def test_a_press_after_a_call_off_takes_called_off_from_every_light_of_the_alarm(house: House) -> None:
    house.give_pins()
    worn = Worn(house)
    house.act("kari", worn.alarm, "call_off", pin=PIN, seen_signal=1)
    assert worn.carry() == Light("called_off")
    assert house.press("knapp").id == worn.alarm.id, "a colleague presses at the desk"
    assert worn.carry() == RECEIVED


def test_a_portable_that_asks_after_a_fall_stops_asking_when_people_are_told(house: House) -> None:
    worn = Worn(house, Kind.FALL)
    assert worn.machine.light == Light("ask")
    house.tick(61)
    assert worn.carry() == RECEIVED


# ---------------------------------------------------------------- an older word never overtakes a newer one


@pytest.mark.parametrize("failed", ["report lost", "retry"])
def test_a_word_that_is_true_no_more_is_not_given_out_again(any_store: Store, failed: str) -> None:
    house = House(any_store)
    worn = Worn(house)
    house.act("ola", worn.alarm, "acknowledge")
    worn.carry(lost=failed == "report lost", outcome="accepted" if failed == "report lost" else "retry")
    house.act("ola", worn.alarm, "decline")
    assert worn.carry() == RECEIVED
    house.clock.push(LEASE_S + 1)
    assert worn.carry() == RECEIVED, "Ola is not coming"
    assert worn.lease() == [], "and nothing else was sent"
    any_store.close()


def test_a_word_that_is_still_true_is_given_out_again(house: House) -> None:
    worn = Worn(house)
    house.act("ola", worn.alarm, "acknowledge")
    worn.carry(outcome="retry")
    assert worn.machine.light == RECEIVED
    house.clock.push(LEASE_S + 1)
    assert worn.carry() == Light("coming", 1)


def test_once_called_off_a_light_is_told_no_older_word(house: House) -> None:
    house.give_pins()
    worn = Worn(house)
    house.act("ola", worn.alarm, "acknowledge")
    worn.carry(lost=True)
    house.act("kari", worn.alarm, "call_off", pin=PIN, seen_signal=1)
    assert worn.carry() == Light("called_off")
    house.clock.push(LEASE_S + 1)
    assert worn.carry() == Light("called_off")
