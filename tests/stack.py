"""The whole chain as real processes, for end-to-end tests and benchmarks: broker, server and gateway, each to be killed and started again."""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from device_gateway.broker import Broker
from tests.services import Postgres, Proxy, Redis, Service, die_with_parent

ROOT = Path(__file__).resolve().parent.parent
START_S = 90  # a crowded machine takes its time


def free_port() -> int:
    """Not one of those that the system gives to whoever asks for any (from 32768 on): until it is used, a connection of another test may get it."""
    for port in random.SystemRandom().sample(range(12_000, 32_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port found")


class Stack:
    """Started by `with Stack(folder, config=...) as stack`. `environment`: more of it for the children (a preload, for example).

    `servers` more than one, or `postgres`: on a PostgreSQL of its own, with a Redis, and behind a proxy where there are several. They are called
    `server` where there is one, else `server-1` and so on; gateways likewise, each with its own offices. `skew_s`: by how much whose clock is wrong.
    `prepare`: called with the database's address before any server runs. `start_s`: how long a server may take until it is ready.
    """

    def __init__(
        self, folder: Path, config: Path = ROOT / "config/demo", environment: Mapping[str, str] | None = None, demo: bool = True, pwa: bool = False,
        broker: str | None = None, save_every_change: bool = True, postgres: bool = False, servers: int = 1, gateways: int = 1, redis: bool = True,
        skew_s: Mapping[str, float] | None = None, prepare: Callable[[str], None] | None = None, start_s: float = START_S,
    ) -> None:  # fmt: skip
        self.folder, self.config, self.demo, self.pwa = folder, config, demo, pwa
        self.broker_port = free_port()
        self.servers = ["server"] if servers == 1 else [f"server-{n + 1}" for n in range(servers)]
        self.gateways = ["gateway"] if gateways == 1 else [f"gateway-{n + 1}" for n in range(gateways)]
        self._ports = {name: free_port() for name in self.servers}
        self._extra, self._skew_s, self._prepare, self._start_s = dict(environment or {}), dict(skew_s or {}), prepare, start_s
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.broker = Broker(self.broker_port, folder / "broker", broker, save_every_change)
        self._tokens = {name: secrets.token_urlsafe(24) for name in self.gateways}
        self.postgres = Postgres() if postgres or servers > 1 else None
        self.redis = Redis() if redis and self.postgres else None
        self.proxy = Proxy(list(self._ports.values())) if servers > 1 else None

    def __enter__(self) -> Stack:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_secrets()
        for service in self._services():
            service.start()
        if self._prepare:
            self._prepare(self.database_url)
        self.broker.start()
        for name in self.servers:
            self.start(name, wait=False)
        for name in self.servers:
            self.wait_ready(name)
        for name in self.gateways:
            self.start(name)
        for name in self.gateways:
            self.wait_connected(name)
        return self

    def __exit__(self, *_: object) -> None:
        for name in (*self.gateways, *self.servers):
            self.stop(name)
        self.broker.stop()
        for service in reversed(self._services()):
            service.stop()

    def _services(self) -> list[Service]:
        return [service for service in (self.postgres, self.redis, self.proxy) if service is not None]

    @property
    def url(self) -> str:
        """As browsers and gateways see it."""
        return self.proxy.url if self.proxy else self.url_of(self.servers[0])

    def url_of(self, server: str) -> str:
        return f"http://127.0.0.1:{self._ports[server]}"

    @property
    def port(self) -> int:
        return self._ports[self.servers[0]]

    @property
    def database_url(self) -> str:
        return self.postgres.url() if self.postgres else f"sqlite:///{self.folder / 'varde.db'}"

    @property
    def token(self) -> str:
        return self._tokens[self.gateways[0]]

    @property
    def devices_file(self) -> Path:
        return self.folder / "devices.json"

    def start(self, name: str, wait: bool = True) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._command(name), cwd=ROOT, env={**os.environ, **self._environment(name), **self._extra}, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, preexec_fn=die_with_parent,
            )  # fmt: skip
        if name in self.servers and wait:
            self.wait_ready(name)

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
            self._signal_broker(signal.SIGKILL)
            deadline = time.monotonic() + 5
            while self.broker.alive() and time.monotonic() < deadline:
                time.sleep(0.02)
        elif name in ("postgres", "redis"):
            self._service(name).kill()
        else:
            self.stop(name, signal.SIGKILL)

    def freeze(self, name: str) -> None:
        """It hangs: it is there, and does nothing."""
        self._send(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._send(name, signal.SIGCONT)

    def restart(self, name: str) -> None:
        """After a kill. Does not wait until a server is ready: the others may be away too."""
        if name == "broker":
            self.broker.start()
        elif name in ("postgres", "redis"):
            self._service(name).start()
        else:
            self.start(name, wait=False)

    def skew(self, server: str, by_s: float) -> None:
        """Whose clock is wrong from the next start on; right again with 0."""
        self._skew_s = {name: s for name, s in {**self._skew_s, server: by_s}.items() if s}

    def _send(self, name: str, number: int) -> None:
        if name == "broker":
            self._signal_broker(number)
        elif name in ("postgres", "redis"):
            self._service(name).send(number)
        else:
            self._processes[name].send_signal(number)

    def _signal_broker(self, number: int) -> None:
        assert self.broker.pid is not None
        os.kill(self.broker.pid, number)

    def _service(self, name: str) -> Service:
        service = self.postgres if name == "postgres" else self.redis
        assert service is not None
        return service

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def alive(self, name: str) -> bool:
        return name in self._processes and self._processes[name].poll() is None

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_ready(self, name: str | None = None) -> None:
        name = name or self.servers[0]
        deadline = time.monotonic() + self._start_s
        while time.monotonic() < deadline:
            if self._processes[name].poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.log(name)[-3000:]}")
            try:
                with urllib.request.urlopen(f"{self.url_of(name)}/api/ready", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the server did not become ready:\n{self.log(name)[-3000:]}")

    def wait_connected(self, gateway: str, times: int = 1) -> None:
        """The gateway hears the broker, which keeps no press for one that it has never seen. `times`: how often it has said so, in all its lives."""
        deadline = time.monotonic() + self._start_s
        while time.monotonic() < deadline:
            if self.log(gateway).count('"event": "broker_connected"') >= times:
                return
            if not self.alive(gateway):
                raise RuntimeError(f"the gateway ended:\n{self.log(gateway)[-3000:]}")
            time.sleep(0.02)
        raise RuntimeError(f"the gateway does not hear the broker:\n{self.log(gateway)[-3000:]}")

    def _command(self, name: str) -> list[str]:
        if name in self.gateways:
            return [sys.executable, "-m", "device_gateway"]
        skewed = ["-m", "tests.skewed", str(self._skew_s[name])] if name in self._skew_s else ["-m"]
        return [sys.executable, *skewed, "server", "serve"]

    def _environment(self, name: str) -> dict[str, str]:
        """What a server or a gateway reads; the others' part does no harm."""
        own = self.folder / name if len(self.servers) > 1 and name in self.servers else self.folder
        gateway = name if name in self.gateways else self.gateways[0]
        several = {"VARDE_DATABASE_URL": self.postgres.url()} if self.postgres else {}
        several |= {"VARDE_REDIS_URL": self.redis.url} if self.redis else {}
        return {
            "VARDE_DATA_DIR": str(own), "VARDE_CONFIG_DIR": str(self.config), "VARDE_HOST": "127.0.0.1",
            "VARDE_PORT": str(self._ports.get(name, self.port)), **several,
            "VARDE_DEMO": "1" if self.demo else "0", "VARDE_SECRETS_FILE": str(self.folder / "secrets.json"),
            "VARDE_PWA_DIR": str(ROOT / "pwa/dist") if self.pwa else str(self.folder / "no-pwa"),
            "VARDE_GATEWAY_SERVER": self.url, "VARDE_GATEWAY_TOKEN": self._tokens[gateway],
            "VARDE_GATEWAY_OFFICES": ",".join(self.offices_of(gateway)),
            "VARDE_GATEWAY_BROKER_PORT": str(self.broker_port), "VARDE_GATEWAY_BROKER_MQTT": self.broker.mqtt,
            "VARDE_GATEWAY_SPOOL": str(self.folder / ("spool" if gateway == "gateway" else f"spool-{gateway}")), "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    def offices(self) -> list[str]:
        return sorted({device["office"] for device in self.devices()})

    def offices_of(self, gateway: str) -> list[str]:
        return self.offices()[self.gateways.index(gateway) :: len(self.gateways)]

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
            office = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)  # as safe; a country's files take seconds rather than minutes
            for device in office.get("devices", []):
                bought = {key: device[key] for key in ("dialect", "address", "hub") if key in device}
                devices.append(
                    {"id": device["id"], "office": office["office"]["id"], "kind": device["kind"], "name": device["name"],
                     "heartbeat_s": device["heartbeat_s"], **(bought or {"key_hex": secrets.token_hex(32)})}
                )  # fmt: skip
        self.devices_file.write_text(json.dumps({"broker": {"host": "127.0.0.1", "port": self.broker_port}, "devices": devices}))
        keys = {device["id"]: device["key_hex"] for device in devices if "key_hex" in device}
        gateways = {name: {"token": token, "offices": self.offices_of(name)} for name, token in self._tokens.items()}
        known = {"gateways": gateways, "device_keys": keys}
        (self.folder / "secrets.json").write_text(json.dumps(known))
