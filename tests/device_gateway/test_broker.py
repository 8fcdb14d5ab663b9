"""The embedded broker: starts, says what it keeps, keeps it, and can be started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from device_gateway.broker import Broker, BrokerError, find_mosquitto, free_port
from tests.device_gateway.peers import until

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["mosquitto", "iotcore"])
def either(request, tmp_path):
    if request.param == "mosquitto" and find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    if request.param == "iotcore":
        pytest.importorskip("iotcore")
    broker = Broker(free_port(), tmp_path / "broker", request.param)
    broker.start()
    yield broker
    broker.stop()


def client(port: int, version: int, name: str, clean: bool = True) -> tuple[mqtt.Client, list[bytes]]:
    heard: list[bytes] = []
    kept = {} if version == mqtt.MQTTv5 else {"clean_session": clean}
    made = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=version, **kept)
    made.on_message = lambda _c, _u, message: heard.append(message.payload)
    subscribed = []
    made.on_connect = lambda c, *_: c.subscribe("varde/#", 1)
    made.on_subscribe = lambda *_: subscribed.append(1)
    made.connect("127.0.0.1", port)
    made.loop_start()
    until(lambda: subscribed)
    return made, heard


def test_devices_and_gateway_meet(either):
    device, _ = client(either.port, mqtt.MQTTv311, "device")
    gateway, heard = client(either.port, mqtt.MQTTv5 if either.mqtt == "5" else mqtt.MQTTv311, "gateway")
    device.publish("varde/o/d/up", b"press", 1).wait_for_publish(5)
    until(lambda: heard == [b"press"])
    for one in (device, gateway):
        one.disconnect()
        one.loop_stop()


def test_it_is_one_sentence_about_what_runs_and_what_is_kept(either):
    text = either.describe()
    assert text.endswith(".") and str(either.port) in text and ("survive a restart" in text or "memory only" in text)


def test_it_is_dead_when_killed_and_alive_when_started_again(either):
    assert either.alive()
    os.kill(either.pid, signal.SIGKILL)
    until(lambda: not either.alive())
    either.start()
    assert either.alive()
    either.stop()
    assert not either.alive()


def test_mosquitto_keeps_what_it_acknowledged_over_a_kill(tmp_path):
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    broker = Broker(free_port(), tmp_path / "broker", "mosquitto")
    broker.start()
    away, _ = client(broker.port, mqtt.MQTTv311, "away", clean=False)
    away.disconnect()
    away.loop_stop()
    device, _ = client(broker.port, mqtt.MQTTv311, "device")
    for number in range(20):
        device.publish("varde/o/d/up", b"%d" % number, 1).wait_for_publish(5)
    os.kill(broker.pid, signal.SIGKILL)
    until(lambda: not broker.alive())
    device.loop_stop()
    broker.start()
    back, heard = client(broker.port, mqtt.MQTTv311, "away", clean=False)
    # All but perhaps the one whose change was being saved: devices repeat until they are answered.
    until(lambda: len(set(heard)) >= 19)
    back.loop_stop()
    broker.stop()


def test_a_taken_port_and_a_missing_broker_are_said_in_a_sentence(either, tmp_path, monkeypatch):
    with pytest.raises(BrokerError, match="is taken"):
        Broker(either.port, tmp_path / "other").start()
    monkeypatch.setattr("device_gateway.broker.find_mosquitto", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BrokerError, match="Install Mosquitto"):
        Broker(free_port(), tmp_path / "none")


def test_the_gateway_imports_of_the_server_only_what_a_signal_and_a_text_are_and_the_hardware_nothing():
    script = "import sys, device_gateway.gateway, device_gateway.broker; print(sorted(m for m in sys.modules if m.startswith('server')))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True).stdout
    assert loaded.strip() == "['server', 'server.core', 'server.core.phrases', 'server.core.signals', 'server.core.values']"
    script = "import sys, firmware_sim.__main__; print([m for m in sys.modules if m.split('.')[0] in ('server', 'device_gateway')])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True).stdout.strip() == "[]"
