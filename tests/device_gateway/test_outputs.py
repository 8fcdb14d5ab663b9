"""Lamps that know only on and off, and what the gateway remembers over a restart."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from device_gateway.asking import Asking
from device_gateway.devices import Device
from device_gateway.outputs import ALARMS_MAX, Outputs
from device_gateway.remembered import Remembered
from device_gateway.supervision import Health

LAMP = Device("lampe", "nav", "lamp", dialect="zigbee2mqtt", address="0x1", hub="hub")
NATIVE = Device("egen", "nav", "lamp", key=b"k")
DEVICES = {"lampe": LAMP, "egen": NATIVE}


class House:
    """The lamp, its hub and the broker."""

    def __init__(self, lit: dict[str, list[str]] | None = None) -> None:
        self.said: list[bytes] = []
        self.broker, self.hub = True, True
        self.lit = {} if lit is None else lit
        self.outputs = Outputs(self._translate, self._publish, lambda device: not self.hub, self.lit)

    def _translate(self, device: Device, words) -> tuple[str, bytes] | None:
        word = {"alarm": b"on", "ended": b"off", "coming": b"coming"}.get(str(words["say"]))
        return None if word is None or (word == b"coming" and device.dialect) or words.get("drill") else ("t", word)

    def _publish(self, topic: str, payload: bytes, sure: bool) -> bool:
        self.said += [payload] if self.broker else []
        return self.broker

    def tell(self, say: str, alarm: str = "a-1", device: Device = LAMP, **more: object) -> str:
        return self.outputs.tell(device, {"say": say, "alarm": alarm, **more})


def test_a_lamp_goes_out_with_the_last_of_its_alarms_in_whatever_order_they_end():
    house = House()
    for alarm in ("a-1", "a-2", "a-1"):
        assert house.tell("alarm", alarm) == "accepted"
    assert house.tell("ended", "a-1") == "accepted" and b"off" not in house.said
    assert house.tell("ended", "a-2") == "accepted" and house.said[-1] == b"off"
    assert house.lit == {}, "dark, and it may be used for something else"
    assert house.tell("ended", "a-9") == "accepted" and house.said[-1] == b"off", "rather dark once too often"


def test_a_lamp_that_comes_back_is_told_what_it_should_show_and_others_are_left_alone():
    house = House()
    house.tell("alarm")
    house.outputs.is_back("another", DEVICES)
    assert house.said == [b"on"]
    house.outputs.is_back("lampe", DEVICES)
    house.outputs.is_back("hub", DEVICES)
    assert house.said == [b"on"] * 3
    house.hub = False
    house.tell("ended")
    house.hub = True
    house.outputs.is_back("hub", DEVICES)
    house.outputs.is_back("hub", DEVICES)
    assert house.said[3:] == [b"off", b"off"], "once because nobody may have heard it, and then no more"


def test_an_order_that_the_broker_has_not_taken_is_for_another_try_and_one_that_means_nothing_is_not():
    house = House()
    house.broker = False
    assert house.tell("alarm") == "retry" and house.tell("alarm", device=NATIVE) == "retry"
    assert house.tell("coming") == house.tell("alarm", drill=True) == "permanent"
    assert house.lit == {"lampe": ["a-1"], "egen": ["a-1"]}, "it is wanted all the same"
    house.broker = True
    assert house.tell("coming", device=NATIVE) == "accepted" and house.said == [b"coming"]


def test_a_lamp_remembers_a_bounded_number_of_alarms():
    house = House()
    for number in range(3 * ALARMS_MAX):
        house.tell("alarm", f"a-{number}")
    assert len(house.lit["lampe"]) == ALARMS_MAX


def test_what_is_remembered_comes_back_whole_and_what_is_no_device_any_more_is_dropped(tmp_path):
    file = tmp_path / "remembered.json"
    one = Remembered(file)
    assert (one.listened_s, one.filters, one.health, one.lit, one.past) == (0.0, (), {}, {}, {})
    one.health["knapp"] = Health(datetime(2026, 11, 21, tzinfo=UTC), 17.5, 80, True, True, False, (3, 4))
    one.health["egen"] = Health()
    one.lit["lampe"], one.past["knapp"] = ["a-1"], {"inputs": {"0": {"count": 3, "word": "S", "life": "x"}}}
    one.save(99.04, ["zigbee2mqtt/#"], ["knapp", "nobody"])
    assert file.stat().st_mode & 0o777 == 0o600
    two = Remembered(file)
    assert (two.listened_s, two.filters, two.lit, two.past) == (99.0, ("zigbee2mqtt/#",), one.lit, one.past)
    assert two.health == {"knapp": one.health["knapp"]}
    two.forget(["lampe"])
    assert (two.health, two.lit, two.past) == ({}, {"lampe": ["a-1"]}, {})


ODD = {"health": {"a": {"heard_at": 7}}, "lit": [], "past": {"a": 7}, "filters": {}, "listened_s": "x"}


@pytest.mark.parametrize("body", [b"", b"{", b"7", b"[" * 100_000, b"\xff", json.dumps(ODD).encode()])
def test_a_broken_memory_is_an_empty_one(tmp_path, body):
    file = tmp_path / "remembered.json"
    file.write_bytes(body)
    one = Remembered(file)
    assert (one.listened_s, one.filters, one.health, one.lit, one.past) == (0.0, (), {}, {}, {})


def test_nothing_is_written_where_nothing_has_changed(tmp_path):
    file = tmp_path / "remembered.json"
    one = Remembered(file)
    one.save(1.0, [], [])
    file.unlink()
    one.save(1.0, [], [])
    assert not file.exists()
    one.save(2.0, [], [])
    assert file.exists()


def test_each_box_is_asked_as_often_as_it_should_be_heard_and_sleepers_are_left_asleep():
    said: list[str] = []
    asking = Asking(
        lambda device: (f"{device.address.partition('#')[0]}/rpc", b"?") if device.dialect == "shelly-gen2" else None,
        lambda topic, payload, sure: said.append(topic) is None,
    )
    devices = [Device(f"d{n}", "nav", heartbeat_s=60, dialect="shelly-gen2", address=f"box-{n // 2}#{n}") for n in range(4)]
    devices += [Device("z", "nav", heartbeat_s=60, dialect="zigbee2mqtt", address="0x1"), NATIVE]
    for now_s in range(0, 130, 10):
        asking.look(devices, now_s)
    assert said == ["box-0/rpc", "box-1/rpc"] * 3
