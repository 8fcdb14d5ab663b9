"""Bought hardware as it is documented: what it says once, what it says again, and what it does when it is told something."""

from __future__ import annotations

import json

from firmware_sim.bought import Shelly, ShellyGen1, Thing, ZigbeeHub, machines

NOW_S = 1_795_269_802.25


def zigbee(legacy: bool = False) -> tuple[ZigbeeHub, Thing, Thing]:
    button, siren = Thing("b", "button", "zigbee2mqtt", "0x1"), Thing("s", "sounder", "zigbee2mqtt", "0x2")
    return ZigbeeHub("hub", "zigbee2mqtt", [button, siren], legacy), button, siren


def test_a_hub_says_each_press_once_and_an_old_one_says_it_three_times():
    hub, button, _ = zigbee()
    (said,) = hub.press(button, "double", NOW_S)
    assert (said.topic, said.retain, said.qos) == ("zigbee2mqtt/0x1", False, 0)
    assert json.loads(said.payload) == {"linkquality": 120, "last_seen": "2026-11-21T14:03:22.250Z", "battery": 100, "tamper": False, "action": "double"}
    old, button, _ = zigbee(legacy=True)
    base, empty, action = old.press(button, "double", NOW_S)
    assert json.loads(base.payload)["action"] == "double" and json.loads(empty.payload)["action"] == ""
    assert (action.topic, action.payload) == ("zigbee2mqtt/0x1/action", b"double") and "last_seen" not in json.loads(base.payload)


def test_a_hub_comes_with_a_will_and_says_whom_it_knows_and_how_they_are():
    hub, *_ = zigbee()
    assert (hub.will().topic, hub.will().payload, hub.will().retain) == ("zigbee2mqtt/bridge/state", b'{"state": "offline"}', True)
    topics = [said.topic for said in hub.connected(NOW_S)]
    assert topics[:3] == ["zigbee2mqtt/bridge/state", "zigbee2mqtt/bridge/devices", "zigbee2mqtt/bridge/info"]
    assert {"zigbee2mqtt/0x1/availability", "zigbee2mqtt/0x1", "zigbee2mqtt/0x2"} <= set(topics)


def test_a_siren_and_a_lamp_do_what_they_are_told_and_say_so():
    hub, _, siren = zigbee()
    for body, on in (({"warning": {"mode": "emergency"}}, True), ({"warning": {"mode": "stop"}}, False), ({"state": "ON"}, True), ({"alarm": False}, False)):
        said, switched = hub.hear("zigbee2mqtt/0x2/set", json.dumps(body).encode(), NOW_S)
        assert switched == [siren] and siren.on is on and json.loads(said[0].payload)["state"] == ("ON" if on else "OFF")
    assert hub.hear("zigbee2mqtt/0x9/set", b"{}", NOW_S) == hub.hear("zigbee2mqtt/0x2", b'{"state":"ON"}', NOW_S) == ([], [])


def test_a_shelly_of_today_says_down_up_and_the_gesture_with_its_time():
    button, lamp = Thing("b", "button", "shelly-gen2", "shelly-1#1"), Thing("l", "lamp", "shelly-gen2", "shelly-1#0")
    shelly = Shelly("b", "shelly-1", [button, lamp])
    events = [json.loads(said.payload)["params"]["events"][0] for said in shelly.press(button, "single_push", NOW_S)]
    assert [event["event"] for event in events] == ["btn_down", "btn_up", "single_push"]
    assert events[-1] == {"component": "input:1", "id": 1, "event": "single_push", "ts": 1795269802.25}
    order = {"id": 1, "src": "shelly-1/varde", "method": "Switch.Set", "params": {"id": 0, "on": True}}
    said, switched = shelly.hear("shelly-1/rpc", json.dumps(order).encode(), NOW_S)
    assert lamp.on and switched == [lamp] and said[0].topic == "shelly-1/varde/rpc"
    assert shelly.hear("shelly-1/rpc", b"{", NOW_S) == ([], [])


def test_a_first_generation_shelly_numbers_its_presses_and_repeats_the_last_one():
    button, lamp = Thing("b", "button", "shelly-gen1", "i3#0"), Thing("l", "lamp", "shelly-gen1", "i3#1")
    shelly = ShellyGen1("b", "i3", [button, lamp])
    numbers = [json.loads(shelly.press(button, "S", NOW_S)[-1].payload)["event_cnt"] for _ in range(3)]
    assert numbers == [1, 2, 3]
    assert [json.loads(said.payload) for said in shelly.heartbeat(NOW_S)] == [{"event": "S", "event_cnt": 3}]
    shelly.hear("shellies/i3/relay/1/command", b"on", NOW_S)
    assert lamp.on


def test_each_hub_and_each_box_is_one_machine():
    rows = [
        {"id": "hub", "kind": "hub", "dialect": "zigbee2mqtt", "address": "z"}, {"id": "a", "dialect": "zigbee2mqtt", "address": "0x1", "hub": "hub"},
        {"id": "b", "dialect": "shelly-gen2", "address": "s#0"}, {"id": "c", "kind": "lamp", "dialect": "shelly-gen2", "address": "s#1"},
        {"id": "d", "dialect": "shelly-gen1", "address": "i3"}, {"id": "e", "key_hex": "00"},
    ]  # fmt: skip
    assert [[thing.id for thing in machine.things] for machine in machines(rows)] == [["a"], ["b", "c"], ["d"]]
