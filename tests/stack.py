"""The whole chain as real processes, for end-to-end tests and benchmarks: broker, server and gateway, each to be killed and started again."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from device_gateway.broker import Broker

ROOT = Path(__file__).resolve().parent.parent
START_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stack:
    """Started by `with Stack(folder, config=...) as stack`. `environment`: more of it for the children (a preload, for example)."""

    def __init__(
        self, folder: Path, config: Path = ROOT / "config/demo", environment: Mapping[str, str] | None = None, demo: bool = True, pwa: bool = False,
        broker: str | None = None, save_every_change: bool = True,
    ) -> None:  # fmt: skip
        self.folder, self.config, self.demo, self.pwa = folder, config, demo, pwa
        self.port, self.broker_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._extra = dict(environment or {})
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.broker = Broker(self.broker_port, folder / "broker", broker, save_every_change)
        self.token = secrets.token_urlsafe(24)

    def __enter__(self) -> Stack:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_secrets()
        self.broker.start()
        self.start("server")
        self.start("gateway")
        return self

    def __exit__(self, *_: object) -> None:
        for name in reversed(tuple(self._processes)):  # the gateway first, or the server waits for the call that it holds
            self.stop(name)
        self.broker.stop()

    @property
    def devices_file(self) -> Path:
        return self.folder / "devices.json"

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._command(name), cwd=ROOT, env={**os.environ, **self._environment(), **self._extra}, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        if name == "server":
            self.wait_ready()

    def stop(self, name: str, how: int = signal.SIGTERM) -> None:
        process = self._processes.pop(name, None)
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self, name: str) -> None:
        """As when the power goes: no goodbye."""
        if name == "broker":
            pid = self.broker.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            deadline = time.monotonic() + 5
            while self.broker.alive() and time.monotonic() < deadline:
                time.sleep(0.02)
            return
        self.stop(name, signal.SIGKILL)

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._processes["server"].poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.log('server')[-3000:]}")
            try:
                with urllib.request.urlopen(f"{self.url}/api/ready", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the server did not become ready:\n{self.log('server')[-3000:]}")

    def _command(self, name: str) -> list[str]:
        return [sys.executable, "-m", "server", "serve"] if name == "server" else [sys.executable, "-m", "device_gateway"]

    def _environment(self) -> dict[str, str]:
        return {
            "VARDE_DATA_DIR": str(self.folder), "VARDE_CONFIG_DIR": str(self.config), "VARDE_HOST": "127.0.0.1", "VARDE_PORT": str(self.port),
            "VARDE_DEMO": "1" if self.demo else "0", "VARDE_SECRETS_FILE": str(self.folder / "secrets.json"),
            "VARDE_PWA_DIR": str(ROOT / "pwa/dist") if self.pwa else str(self.folder / "no-pwa"),
            "VARDE_GATEWAY_SERVER": self.url, "VARDE_GATEWAY_TOKEN": self.token, "VARDE_GATEWAY_OFFICES": ",".join(self.offices()),
            "VARDE_GATEWAY_BROKER_PORT": str(self.broker_port), "VARDE_GATEWAY_BROKER_MQTT": self.broker.mqtt,
            "VARDE_GATEWAY_SPOOL": str(self.folder / "spool"), "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    def offices(self) -> list[str]:
        return sorted({device["office"] for device in self.devices()})

    def devices(self) -> list[dict[str, str]]:
        """Those of Varde's own kind."""
        return [row for row in json.loads(self.devices_file.read_text())["devices"] if "key_hex" in row]

    def key(self, device_id: str) -> bytes:
        return bytes.fromhex(next(d["key_hex"] for d in self.devices() if d["id"] == device_id))

    def _write_secrets(self) -> None:
        """What `varde demo` makes at its first start: the gateway's token, and the devices with their keys."""
        import yaml

        devices = []
        for file in sorted(self.config.glob("*.yaml")):
            office = yaml.safe_load(file.read_text())
            for device in office.get("devices", []):
                bought = {key: device[key] for key in ("dialect", "address", "hub") if key in device}
                devices.append(
                    {"id": device["id"], "office": office["office"]["id"], "kind": device["kind"], "name": device["name"],
                     "heartbeat_s": device["heartbeat_s"], **(bought or {"key_hex": secrets.token_hex(32)})}
                )  # fmt: skip
        self.devices_file.write_text(json.dumps({"broker": {"host": "127.0.0.1", "port": self.broker_port}, "devices": devices}))
        keys = {device["id"]: device["key_hex"] for device in devices if "key_hex" in device}
        known = {"gateways": {"gateway-1": {"token": self.token, "offices": self.offices()}}, "device_keys": keys}
        (self.folder / "secrets.json").write_text(json.dumps(known))
