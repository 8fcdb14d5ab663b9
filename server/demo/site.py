"""`varde demo`: a whole site on one machine. Starts broker, server, gateway and pretend devices, and keeps them running."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from device_gateway.broker import Broker, BrokerError
from server.config.loading import Loaded
from server.apply.configuration import begin, differs
from server.demo.children import Child, end_leftover, free_port, remember_pid
from server.demo.secrets import DemoSecrets, keep_secrets
from server.site.secrets_file import SecretsError
from server.core.values import replace
from server.settings import Settings
from server.store.migrate import migrate
from server.store.sql import SqlStore

READY_WITHIN_S = 40.0
LOOK_EVERY_S = 0.3
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class CannotStart(RuntimeError):
    """Why the demo cannot run, and what to do."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where everything of this demo is."""

    settings: Settings
    broker_port: int
    devices_file: Path

    @property
    def url(self) -> str:
        host = self.settings.host if self.settings.host not in ("0.0.0.0", "::") else "127.0.0.1"
        return f"http://{host}:{self.settings.port}"


def run(settings: Settings, broker_port: int = 1883, broker: str | None = None, colleagues: bool = False) -> int:
    """Starts everything and returns when it has been stopped (Ctrl-C, SIGTERM). Raises ConfigError."""
    until = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: until.set())
    try:
        with _only_one(settings.data_dir):
            return _run(settings, broker_port, broker, colleagues, until)
    except (CannotStart, BrokerError, SecretsError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(settings: Settings, broker_port: int, prefer: str | None, colleagues: bool, until: threading.Event) -> int:
    loaded = _configuration(settings)
    pid_file = settings.data_dir / "broker" / "demo.pid"
    end_leftover(pid_file, settings.data_dir)
    settings = replace(settings, demo=True, port=_port(settings.host, settings.port, "The web"))
    site = Site(settings, _port("127.0.0.1", broker_port, "MQTT"), settings.data_dir / "devices.json")
    kept = keep_secrets(settings.secrets_file, site.devices_file, loaded.directory, site.broker_port)
    broker = Broker(site.broker_port, settings.data_dir / "broker", prefer)
    children = _children(site, kept, broker, colleagues)
    try:
        _say("Starting: broker …")
        broker.start()
        remember_pid(pid_file, broker.pid)
        for child in children:
            _say(f"Starting: {child.name} …")
            child.start()
            if child.name == "server" and not _wait_for(site, "/api/health", children[:1], until):
                return 0
        if _wait_for(site, "/api/ready", children, until):
            _say(_welcome(site, loaded, broker))
            _watch(broker, pid_file, children, until)
    finally:
        _say("\nStopping …")
        server, *speakers = children  # the server last, so that what they said is still heard
        for child in speakers:
            child.ask_to_stop()
        for child in (*speakers, server):
            child.stop()
        broker.stop()
        pid_file.unlink(missing_ok=True)
    return 0


def _configuration(settings: Settings) -> Loaded:
    """What counts in this demo's database; into an empty one the folder is applied."""
    migrate(settings.database_url)
    with contextlib.closing(SqlStore(settings.database_url)) as store:
        applied = begin(store, settings.config_dir, settings.content_dir, lambda: datetime.now(UTC))
    for problem in applied.loaded.problems:
        _say(f"Worth knowing: {problem}")
    if differs(applied, settings.config_dir, settings.content_dir):
        folder, python = _short(settings.config_dir), _short(Path(sys.executable))
        _say(f"{folder} says something else than version {applied.kept.version}, which counts here. To apply it:\n  {python} -m server apply {folder}")
    return applied.loaded


def _children(site: Site, kept: DemoSecrets, broker: Broker, colleagues: bool) -> list[Child]:
    """Server, gateway and pretend devices, each a process of its own as at a real site; and pretend colleagues where they are asked for."""
    settings, logs = site.settings, site.settings.data_dir / "logs"
    server = {
        "VARDE_DEMO": "1", "VARDE_HOST": settings.host, "VARDE_PORT": str(settings.port), "VARDE_DATA_DIR": str(settings.data_dir),
        "VARDE_DATABASE_URL": settings.database_url, "VARDE_SECRETS_FILE": str(settings.secrets_file.absolute()),
        "VARDE_CONFIG_DIR": str(settings.config_dir.absolute()), "VARDE_CONTENT_DIR": str(settings.content_dir.absolute()),
    }  # fmt: skip
    gateway = {
        "VARDE_GATEWAY_SERVER": site.url, "VARDE_GATEWAY_TOKEN": kept.token, "VARDE_GATEWAY_OFFICES": ",".join(kept.offices),
        "VARDE_GATEWAY_BROKER_HOST": "127.0.0.1", "VARDE_GATEWAY_BROKER_PORT": str(broker.port),
        "VARDE_GATEWAY_BROKER_MQTT": broker.mqtt, "VARDE_GATEWAY_SPOOL": str(settings.data_dir / "gateway-spool"),
    }  # fmt: skip
    pretend = [Child("colleagues", [sys.executable, "-m", "firmware_sim.colleagues", site.url], {}, logs)] if colleagues else []
    return [
        Child("server", [sys.executable, "-m", "server", "serve"], server, logs),
        Child("gateway", [sys.executable, "-m", "device_gateway"], gateway, logs),
        Child("devices", [sys.executable, "-m", "firmware_sim", "run", "--devices", _short(site.devices_file)], {}, logs),
        *pretend,
    ]


def _watch(broker: Broker, pid_file: Path, children: list[Child], until: threading.Event) -> None:
    """Whatever dies is started again, with a word about it, until the demo is stopped."""
    while not until.wait(LOOK_EVERY_S):
        if not broker.alive():
            _say("Broker: ended, starting again.")
            try:
                broker.start()
                remember_pid(pid_file, broker.pid)
            except BrokerError as error:
                _say(f"{error} Trying again.")
                until.wait(2)
        for child in children:
            said = child.look_after()
            if said:
                _say(said)


def _wait_for(site: Site, path: str, children: list[Child], until: threading.Event) -> bool:
    """Until the server says yes. False: stopped meanwhile. Raises CannotStart when it does not come."""
    end_s, said = time.monotonic() + READY_WITHIN_S, "no answer"
    while not until.is_set():
        try:
            with urllib.request.urlopen(site.url + path, timeout=2):
                return True
        except urllib.error.HTTPError as error:
            said = error.read(500).decode(errors="replace")
        except OSError:
            pass
        for child in children:
            if not child.alive():
                raise CannotStart(f"{child.name.capitalize()}: ended at once (code {child.code()}). The end of {child.log}:\n{child.last_words()}")
        if time.monotonic() > end_s:
            raise CannotStart(f"The server is not ready after {READY_WITHIN_S:.0f} s ({said}). See {site.settings.data_dir / 'logs'}.")
        until.wait(0.1)
    return False


def _welcome(site: Site, loaded: Loaded, broker: Broker) -> str:
    """What somebody who has never seen Varde needs now: where, as whom, and how to press."""
    devices, directory = _short(site.devices_file), loaded.directory
    people = [(directory.people[id_], extra) for id_, extra in loaded.people_extra.items() if extra.title is not None]
    width = max((len(person.name) for person, _ in people), default=0)
    names = "\n".join(
        f"    {person.name:<{width}}  {(extra.title or {}).get('en', '')}, {directory.offices[person.offices[0]].name}" for person, extra in people
    )
    button = next((d for d in directory.devices.values() if d.kind == "button"), None)
    python = _short(Path(sys.executable))
    press = ""
    if button is not None:
        topic = f"varde/{button.office_id}/{button.id}/up"
        press = (
            f"\n  Press a button, and see its light:\n    {python} -m firmware_sim press --devices {devices} --follow {button.id}\n"
            f"  Or by hand, as any MQTT client can (it raises, and is marked unverified because it is not signed):\n"
            f"    mosquitto_pub -h 127.0.0.1 -p {site.broker_port} -q 1 -t {topic} -m '{{\"kind\":\"panic\"}}'\n"
        )
    notes = "" if (site.settings.pwa_dir / "index.html").is_file() else "\n  The app is not built yet, so the page is empty: make build\n"
    if site.settings.host not in LOOPBACK:
        notes += "\n  CAREFUL: in the demo anybody who reaches this address can sign in as anybody. Only for a network of your own.\n"
    folder, logs = _short(site.settings.data_dir), _short(site.settings.data_dir / "logs")
    return (
        f"\n  Varde runs. Open {site.url}\n"
        f"  What would have gone out by SMS, phone and e-mail: {site.url}/utboks (nothing leaves this machine)\n"
        f"{notes}\n  Sign in with one click, as one of these invented people:\n{names}\n{press}\n"
        f"  {broker.describe()}\n  Logs: {logs}. To start afresh: stop, then rm -r {folder}. To stop: Ctrl-C.\n"
    )


def _say(text: str) -> None:
    """On the terminal, if it is still there: nobody may be left running because a window was closed."""
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)


def _port(host: str, wanted: int, what: str) -> int:
    port = free_port(host, wanted)
    if port != wanted:
        _say(f"{what}: port {wanted} is taken on this machine; using {port}.")
    return port


def _short(path: Path) -> str:
    """As somebody who stands in this folder would write it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class _only_one:
    """Two demos in one folder would share a database: the second one is refused. The lock goes with the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: TextIO | None = None

    def __enter__(self) -> None:
        os.umask(0o077)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            self._file = (self._folder / "demo.lock").open("a+")
        except OSError as error:
            raise CannotStart(f"{self._folder} cannot be used ({error.strerror}): set VARDE_DATA_DIR to a folder of your own.") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(f"A demo already runs with {self._folder}: stop it first, or set VARDE_DATA_DIR to another folder.") from None

    def __exit__(self, *_: object) -> None:
        assert self._file is not None
        self._file.close()
