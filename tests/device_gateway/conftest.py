"""A real broker, a server at the contract, and the gateway as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from device_gateway.broker import Broker, find_mosquitto, free_port
from tests.device_gateway.peers import OFFICE, TOKEN, Server, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def broker(tmp_path):
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    broker = Broker(free_port(), tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


class GatewayProcess:
    """`python -m device_gateway` with its environment; its log goes to a file that a failing test can show."""

    def __init__(self, broker: Broker, url: str, folder: Path, log: Path, before: list[str] | None = None, **more: str) -> None:
        self.folder = folder
        self.log = log
        self._command = [*(before or []), sys.executable, "-m", "device_gateway"]
        self._environment = os.environ | {
            "VARDE_GATEWAY_SERVER": url,
            "VARDE_GATEWAY_TOKEN": TOKEN,
            "VARDE_GATEWAY_OFFICES": OFFICE,
            "VARDE_GATEWAY_BROKER_PORT": str(broker.port),
            "VARDE_GATEWAY_BROKER_MQTT": broker.mqtt,
            "VARDE_GATEWAY_SPOOL": str(folder),
            **{f"VARDE_GATEWAY_{name}": value for name, value in more.items()},
        }
        self.start()

    def start(self) -> None:
        self._connected = self.said("broker_connected")
        with self.log.open("a") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=self._environment, stderr=log)

    def ready(self) -> GatewayProcess:
        until(lambda: self.said("broker_connected") > self._connected)
        return self

    def said(self, event: str) -> int:
        return self.log.read_text().count(f'"event": "{event}"') if self.log.exists() else 0

    def runs(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(15)


@pytest.fixture
def gateways(broker, tmp_path):
    """Starts gateways; stops what is still running."""
    started: list[GatewayProcess] = []

    def start(url: str, folder: Path | None = None, before: list[str] | None = None, **more: str) -> GatewayProcess:
        started.append(GatewayProcess(broker, url, folder or tmp_path / "spool", tmp_path / "gateway.log", before, **more))
        return started[-1]

    yield start
    for gateway in started:
        gateway.stop()


class Listener:
    """A client beside the gateway: publishes as devices do, and hears what they are told."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _c, _u, message: self.heard.append((message.topic, message.payload))
        self._client.on_connect = lambda client, *_: client.subscribe("varde/+/+/down", 1)
        subscribed: list[int] = []
        self._client.on_subscribe = lambda *_: subscribed.append(1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        until(lambda: subscribed)

    def publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 1) -> None:
        until(self._client.is_connected)
        self._client.publish(topic, payload, qos, retain).wait_for_publish(10)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def device(broker):
    listener = Listener(broker.port)
    yield listener
    listener.stop()
