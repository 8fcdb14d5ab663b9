"""Bought hardware, a real broker, the gateway and a server at the contract: from a word on a topic to a signal, and from an order to a lamp."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter

import pytest

from firmware_sim.hubs import Hubs
from tests.device_gateway.peers import OFFICE, Server, until

pytestmark = pytest.mark.e2e

ZIGBEE = {"dialect": "zigbee2mqtt", "hub": "hub"}
ROWS = [
    {"id": "hub", "kind": "hub", "dialect": "zigbee2mqtt", "address": "zigbee2mqtt", "heartbeat_s": 600},
    {"id": "knapp", "kind": "button", "address": "0x1", "heartbeat_s": 86400, "gestures": {"double": "assist"}, **ZIGBEE},
    {"id": "sirene", "kind": "sounder", "address": "0x2", "heartbeat_s": 86400, **ZIGBEE},
    {"id": "inngang", "kind": "button", "dialect": "shelly-gen2", "address": "shelly-i4#0", "heartbeat_s": 300},
    {"id": "plugg", "kind": "lamp", "dialect": "shelly-gen2", "address": "shelly-plug", "heartbeat_s": 300},
    {"id": "gammel", "kind": "button", "dialect": "shelly-gen1", "address": "shellyix3-1#0", "heartbeat_s": 60},
]  # fmt: skip


@pytest.fixture
def server():
    server = Server(devices=())
    server.devices = [{**row, "office_id": OFFICE, "key_hex": ""} for row in ROWS]
    yield server
    server.stop()


@pytest.fixture
def hubs(broker):
    started = []

    def start(**more) -> tuple[Hubs, list]:
        switched: list[tuple[str, bool]] = []
        one = Hubs(ROWS, "127.0.0.1", broker.port, on_switched=lambda device, on: switched.append((device, on)), **more)
        one.start()
        started.append(one)
        until(one.connected)
        return one, switched

    yield start
    for one in started:
        one.stop()


def states(server: Server) -> dict[str, str]:
    return {row["device_id"]: row["state"] for beat in server.heartbeats for row in beat["devices"]}


def pressed(server: Server) -> list[tuple[str, str, bool]]:
    return [(s["device_id"], s["kind"], s["verified"]) for s in server.committed.values() if not s["retained"]]


def test_presses_of_every_family_arrive_once_each_with_what_their_words_mean(server, gateways, hubs):
    gateways(server.url).ready()
    one, _ = hubs()
    until(lambda: set(states(server)) == {row["id"] for row in ROWS})
    for device, word in (("knapp", None), ("knapp", "double"), ("inngang", None), ("gammel", "L")):
        one.press(device, word)
    until(lambda: len(pressed(server)) == 4)
    assert sorted(pressed(server)) == [
        ("gammel", "panic", True), ("inngang", "panic", True), ("knapp", "assist", True), ("knapp", "panic", True),
    ]  # fmt: skip


def test_a_storm_is_counted_to_the_last_press(server, gateways, hubs):
    gateways(server.url).ready()
    one, _ = hubs()
    for number in range(300):
        one.press(("knapp", "inngang", "gammel")[number % 3])
        time.sleep(0.005)  # no thumb presses twice within a hundredth of a second, and a Shelly's clock tells no more
    until(lambda: len(pressed(server)) >= 300)
    assert Counter(device for device, *_ in pressed(server)) == {"knapp": 100, "inngang": 100, "gammel": 100}


def test_an_old_hub_that_says_everything_three_times_raises_and_what_is_stored_never_does(server, gateways, hubs):
    one, _ = hubs(legacy=True)
    assert one.junk() > 5
    gateways(server.url).ready()
    until(lambda: any(s["retained"] for s in server.committed.values()))
    assert pressed(server) == []
    one.press("knapp")
    until(lambda: len(pressed(server)) == 2)  # the same words on two topics, and nobody has said that they are one
    one.press("inngang")
    until(lambda: len(pressed(server)) == 3)
    assert {device for device, *_ in pressed(server)} == {"knapp", "inngang"}


def test_a_gateway_that_starts_anew_knows_which_presses_are_old(server, gateways, hubs):
    gateway = gateways(server.url).ready()
    one, _ = hubs()
    one.press("gammel")
    until(lambda: len(pressed(server)) == 1)
    remembered = gateway.folder / "remembered.json"
    until(lambda: remembered.exists() and "gammel" in json.loads(remembered.read_text())["past"])
    gateway.kill()
    gateway.start()
    gateway.ready()
    one._say(one._of["gammel"][2], one._of["gammel"][0].heartbeat(0.0))  # the last press, as it says it every half minute
    one.press("inngang")
    until(lambda: len(pressed(server)) == 2)
    assert sorted(device for device, *_ in pressed(server)) == ["gammel", "inngang"]


def test_lamps_and_sirens_are_lit_until_the_last_of_their_alarms_has_ended_and_stay_dark_in_a_drill(server, gateways, hubs):
    gateways(server.url).ready()
    one, switched = hubs()
    until(lambda: set(states(server)) == {row["id"] for row in ROWS})

    def order(number: int, device: str, say: str, alarm: str = "a-1", drill: bool = False) -> dict:
        return {"id": f"o-{number}", "device_id": device, "say": say, "count": 0, "drill": drill, "alarm_id": alarm}

    server.orders = [order(1, "sirene", "alarm"), order(2, "plugg", "alarm"), order(3, "plugg", "alarm", "a-2"), order(4, "knapp", "coming")]
    until(lambda: len(server.outcomes) == 4)
    assert [outcome["outcome"] for outcome in server.outcomes] == ["accepted", "accepted", "accepted", "permanent"]
    until(lambda: one.is_on("sirene") and one.is_on("plugg"))
    server.orders = [order(5, "plugg", "ended"), order(6, "sirene", "ended")]
    until(lambda: not one.is_on("sirene"))
    assert one.is_on("plugg"), "another alarm keeps it lit"
    server.orders = [order(7, "plugg", "ended", "a-2"), order(8, "sirene", "alarm", "a-3", drill=True)]
    until(lambda: not one.is_on("plugg") and len(server.outcomes) == 8)
    assert server.outcomes[-1]["outcome"] == "permanent" and not one.is_on("sirene")


def test_a_lamp_whose_hub_was_away_is_told_when_it_is_back(server, gateways, hubs):
    gateways(server.url).ready()
    first, _ = hubs()
    until(lambda: states(server).get("hub") == "ok" or states(server).get("hub") == "unknown")
    first.stop()
    until(lambda: states(server).get("hub") == "offline")
    until(lambda: states(server).get("knapp") == states(server).get("sirene") == "unknown")
    server.orders = [{"id": "o-1", "device_id": "sirene", "say": "alarm", "count": 0, "drill": False, "alarm_id": "a-1"}]
    until(lambda: server.outcomes)
    again, _ = hubs()
    until(lambda: again.is_on("sirene"))


def test_batteries_tampering_and_silence_are_reported_and_raise_nothing(server, gateways, broker, hubs):
    gateways(server.url).ready()
    one, _ = hubs()
    until(lambda: states(server).get("knapp") == "ok")
    one.flat_battery("knapp")
    one.tamper("sirene")

    def flags(device: str) -> list:
        return [row["flags"] for beat in server.heartbeats for row in beat["devices"] if row["device_id"] == device][-1]

    until(lambda: flags("knapp") == ["battery_low"] and "tamper" in flags("sirene"))
    one.availability("knapp", False)
    until(lambda: states(server)["knapp"] == "offline")
    one.availability("knapp", True)
    until(lambda: states(server)["knapp"] == "ok")
    assert pressed(server) == []


def test_a_box_that_says_nothing_by_itself_is_asked(server, gateways, hubs):
    hubs()  # what they said when they started is over before anybody listens
    gateways(server.url).ready()
    until(lambda: states(server).get("inngang") == states(server).get("plugg") == "ok")
    assert pressed(server) == []


def test_presses_that_the_broker_took_while_the_gateway_was_away_arrive(server, gateways, hubs):
    gateway = gateways(server.url).ready()
    one, _ = hubs()
    until(lambda: states(server).get("knapp") == "ok")
    os.kill(gateway.pid, signal.SIGKILL)
    gateway.stop()
    one.press("knapp")
    one.press("inngang")
    gateway.start()
    until(lambda: len(pressed(server)) == 2)


def test_a_device_that_is_listed_later_is_heard_within_the_next_refresh_without_a_new_connection(server, gateways, hubs, device):
    server.devices = [row for row in server.devices if row["id"] in ("hub", "knapp")]
    gateway = gateways(server.url).ready()
    one, _ = hubs()
    one.press("inngang")  # nobody listens there
    server.devices = [{**row, "office_id": OFFICE, "key_hex": ""} for row in ROWS]
    device.publish(f"varde/{OFFICE}/stranger/up", b'{"kind":"heartbeat"}')  # an unknown device: the list is read again
    until(lambda: '"topics": ' in gateway.log.read_text() and gateway.said("devices") == 2)
    one.press("inngang")
    until(lambda: ("inngang", "panic", True) in pressed(server))
    assert gateway.said("broker_connected") == 1


def test_dialects_that_are_data_come_with_the_list(server, gateways, device):
    server.dialects = [{"id": "panel", "messages": [{"topic": "panel/{address}/key", "words": {"RED": "panic", "BLUE": "assist"}}]}]
    server.devices = [{"id": "p1", "office_id": OFFICE, "kind": "button", "key_hex": "", "heartbeat_s": 60, "dialect": "panel", "address": "k1"}]
    gateways(server.url).ready()
    device.publish("panel/k1/key", b"BLUE")
    device.publish("panel/k1/key", b"\xff")
    until(lambda: len(server.committed) == 2)
    assert [(s["kind"], s["doubt"]) for s in server.committed.values()] == [("assist", None), ("panic", "undecodable")]
