"""Pretend hardware, a real broker, the gateway and a server at the contract: what devices that repeat may rely on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from device_gateway.broker import Broker, free_port
from firmware_sim.button import Light
from firmware_sim.fleet import Fleet
from firmware_sim.protocol import Identity
from firmware_sim.radio import Weather
from tests.device_gateway.conftest import ROOT, GatewayProcess
from tests.device_gateway.peers import KEY, OFFICE, Server, until

pytestmark = pytest.mark.e2e

DEVICES = tuple(f"desk-{number}" for number in range(1, 9))


@pytest.fixture
def server():
    server = Server(devices=DEVICES)
    yield server
    server.stop()


@pytest.fixture
def fleets(broker):
    started = []

    def start(**more) -> tuple[Fleet, list]:
        lights: list[tuple[str, Light]] = []
        identities = [Identity(device, OFFICE, key=KEY) for device in DEVICES]
        fleet = Fleet(identities, "127.0.0.1", broker.port, seed=3, on_light=lambda d, light: lights.append((d, light)), **more)
        fleet.start()
        started.append(fleet)
        until(fleet.connected)
        return fleet, lights

    yield start
    for fleet in started:
        fleet.stop()


def test_the_light_of_a_button_follows_its_alarm_to_the_end(server, gateways, fleets):
    gateways(server.url).ready()
    fleet, lights = fleets()
    fleet.act("desk-1", lambda button, now_s: button.press(now_s))
    until(lambda: ("desk-1", Light("received")) in lights)
    for number, (say, count) in enumerate([("coming", 1), ("coming", 2), ("there", 1), ("ended", 0)]):
        order = {"id": f"o-{number}", "device_id": "desk-1", "say": say, "count": count, "drill": False, "alarm_id": "a-1"}
        server.orders = [order]
        until(lambda shown=Light(say, count if say == "coming" else 0): ("desk-1", shown) in lights)
    assert [(light.shows, light.count) for _, light in lights] == [
        ("sending", 0), ("received", 0), ("coming", 1), ("coming", 2), ("there", 0), ("ended", 0),
    ]  # fmt: skip


def test_through_a_bad_radio_and_kills_of_gateway_and_broker_no_press_is_lost(server, gateways, broker, fleets):
    gateway = gateways(server.url).ready()
    fleet, _ = fleets(weather=Weather(lose=0.3, repeat=0.3, delay_max_s=0.3))
    chance = random.Random(5)
    pressed = 0
    for round_ in range(4):
        for _ in range(12):
            fleet.act(chance.choice(DEVICES), lambda button, now_s: button.press(now_s))
            pressed += 1
            time.sleep(0.01)
        if round_ == 1:
            os.kill(broker.pid, signal.SIGKILL)
            until(lambda: not broker.alive())
            broker.start()
        else:
            gateway.kill()
            gateway.start()
    until(lambda: fleet.unanswered() == 0, 60)
    assert len(server.committed) == pressed
    assert all(s["verified"] for s in server.committed.values())


def test_on_the_packaged_broker_a_press_survives_the_broker_because_the_device_repeats(server, tmp_path):
    pytest.importorskip("iotcore")
    broker = Broker(free_port(), tmp_path / "broker", "iotcore")
    broker.start()
    gateway = GatewayProcess(broker, server.url, tmp_path / "spool", tmp_path / "gateway.log").ready()
    fleet = Fleet([Identity("desk-1", OFFICE, key=KEY)], "127.0.0.1", broker.port, seed=1)
    fleet.start()
    try:
        until(fleet.connected)
        os.kill(broker.pid, signal.SIGKILL)
        until(lambda: not broker.alive())
        fleet.act("desk-1", lambda button, now_s: button.press(now_s))
        broker.start()
        until(lambda: fleet.unanswered() == 0, 30)
        assert len(server.committed) == 1
    finally:
        fleet.stop()
        gateway.stop()
        broker.stop()


def test_a_device_that_vanishes_is_reported_by_its_last_will(server, gateways, fleets):
    gateways(server.url).ready()
    fleet, _ = fleets()

    def states() -> dict:
        return {row["device_id"]: row["state"] for beat in server.heartbeats for row in beat["devices"]}

    until(lambda: states().get("desk-2") == "ok")
    fleet.units["desk-2"].connection.cut()  # it comes back by itself, and says so after its will
    until(lambda: any(row["state"] == "offline" for beat in server.heartbeats for row in beat["devices"]))
    until(lambda: states()["desk-2"] == "ok")
    fleet.act("desk-3", lambda button, now_s: button.tampered(now_s))
    until(lambda: any(row["flags"] == ["tamper"] for beat in server.heartbeats for row in beat["devices"] if row["device_id"] == "desk-3"))
    fleet.go_dark("desk-2")
    until(lambda: states()["desk-2"] == "offline", 25)
    assert server.posts == []


def test_the_command_line_presses_a_device_of_a_running_fleet_and_prints_its_light(server, gateways, broker, tmp_path):
    gateways(server.url).ready()
    file = tmp_path / "devices.json"
    rows = [{"id": d, "office": OFFICE, "kind": "button", "name": d, "key_hex": KEY.hex(), "heartbeat_s": 30} for d in DEVICES]
    file.write_text(json.dumps({"broker": {"host": "127.0.0.1", "port": broker.port}, "devices": rows}))
    environment = os.environ | {"VARDE_DEVICES": str(file)}

    def sim(*words: str) -> str:
        command = [sys.executable, "-m", "firmware_sim", *words]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60).stdout

    def lights(text: str) -> list[str]:
        return [line.split()[-1] for line in text.splitlines()]

    assert lights(sim("press", "desk-1")) == ["sending", "received"]
    command = [sys.executable, "-m", "firmware_sim", "run"]
    fleet = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        until((tmp_path / "devices.json.sock").exists)
        time.sleep(0.5)
        assert lights(sim("press", "desk-2")) == ["sending", "received"]
        assert sim("flat-battery", "desk-3") == "desk-3: flat-battery done\n"
        until(lambda: any(row["flags"] == ["battery_low"] for beat in server.heartbeats for row in beat["devices"]))
        assert "40 received, 0 unanswered" in sim("storm", "--rate", "40", "--seconds", "1")
    finally:
        fleet.terminate()
        assert fleet.wait(10) == 0
