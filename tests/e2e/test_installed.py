"""What config/production/install makes, as it makes it: broker with TLS, PostgreSQL, Redis, two servers behind the proxy, one gateway. A button is
pressed through all of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from firmware_sim.button import Light
from firmware_sim.fleet import Fleet
from firmware_sim.protocol import Identity
from tests.e2e.parts import BUTTON, OFFICE, new_id, until
from tests.services import Missing, Postgres, Redis
from tests.stack import ROOT, free_port
from tests.units import Unit, read_settings

INSTALL = ROOT / "config/production/install"
SECOND = "fjordvik-skranke-2"
LOOPBACK = ("--broker-address", "127.0.0.1")


def install(prefix: Path, *options: str, code: int = 0) -> str:
    """Runs the script as a person would, and gives what it printed."""
    command = [str(INSTALL), "--prefix", str(prefix), "--yes", "--python", sys.executable, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL, cwd="/")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


class Site:
    """An installation below a prefix, run by its own unit files."""

    def __init__(self, folder: Path, *options: str, servers: int = 1) -> None:
        self.prefix, self.logs = folder / "machine", folder / "logs"
        self.logs.mkdir(parents=True)
        self.ports = {name: free_port() for name in ("https", "http", "broker", "local")}
        first = _free_run(servers)
        self.ports |= {"server": first, "metrics": _free_run(servers, {*self.ports.values(), *range(first, first + servers)})}
        ports = [word for name, port in self.ports.items() for word in (f"--{name}-port", str(port))]
        self.said = install(self.prefix, "--offices", str(ROOT / "config/demo"), "--name", "localhost", "--servers", str(servers), *ports, *LOOPBACK, *options)
        self.server_names = [f"varde-server@{first + number}" for number in range(servers)]
        names = ("varde-broker", *self.server_names, "varde-proxy", "varde-gateway")
        self.units = {name: Unit(self.prefix / "etc/systemd/system", name, self.logs) for name in names}
        self.trust = ssl.create_default_context(cafile=str(self.prefix / "etc/varde/ca.pem"))
        self.url = f"https://localhost:{self.ports['https']}"
        self.doorbell: Redis | None = None

    def start(self) -> Site:
        for unit in self.units.values():
            unit.start()
        until(lambda: self.ask(self.server_names[0], "well").status_code == 200, 90, "all is well")
        return self

    def stop(self) -> None:
        for unit in reversed(self.units.values()):
            unit.stop()

    def ask(self, server: str, what: str) -> httpx.Response:
        """A server itself, as the monitoring asks it."""
        try:
            return httpx.get(f"http://127.0.0.1:{server.rpartition('@')[2]}/api/{what}", timeout=10)
        except httpx.TransportError:
            return httpx.Response(599)

    def varde(self, *arguments: str) -> str:
        """The command that the installation put in place."""
        done = subprocess.run([str(self.prefix / "usr/local/bin/varde"), *arguments], capture_output=True, text=True, timeout=60, check=False, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def person(self, person_id: str) -> httpx.Client:
        """Invited by the command, signed in through the proxy as a browser does it."""
        code = self.varde("invite", person_id).splitlines()[0]
        client = httpx.Client(base_url=self.url, verify=self.trust, timeout=20, headers={"Origin": self.url})
        client.post("/api/session", json={"code": code}).raise_for_status()
        return client

    def button(self, device_id: str = BUTTON) -> Button:
        return Button(self, device_id)

    def secrets(self) -> dict[str, dict[str, object]]:
        return json.loads((self.prefix / "var/lib/varde/secrets.json").read_text())  # type: ignore[no-any-return]


class Button:
    """Set up with what `varde secrets --show` prints, and nothing else."""

    def __init__(self, site: Site, device_id: str) -> None:
        shown = dict(re.findall(r"^(.+?): +(.+)$", site.varde("secrets", "--show", device_id), re.M))
        office = shown["Publishes"].split("/")[1]
        self.id = device_id
        identity = Identity(device_id, office, key=bytes.fromhex(shown["Key"]), heartbeat_s=30, password=shown["MQTT password"])
        assert shown["MQTT user name"] == device_id
        self.lights: list[Light] = []
        ca = str(site.prefix / "etc/varde/ca.pem")
        self.fleet = Fleet([identity], "localhost", site.ports["broker"], on_light=lambda _, light: self.lights.append(light), ca=ca)
        self.fleet.start()
        until(self.fleet.connected, what="the button has a connection")

    def press(self) -> None:
        self.fleet.act(self.id, lambda button, now_s: button.press(now_s, "panic"))

    def shows(self, light: str) -> bool:
        return any(one.shows == light for one in self.lights)

    def stop(self) -> None:
        self.fleet.stop()


def _free_run(count: int, without: set[int] = frozenset()) -> int:  # type: ignore[assignment]
    """The first of so many ports in a row that nobody has."""
    import socket

    while True:
        first = free_port()
        wanted = range(first, first + count)
        if wanted[-1] > 65_000 or set(wanted) & without:
            continue
        with ExitStack() as probes:
            try:
                for port in wanted:
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
        return first


def needs(*programs: str) -> None:
    missing = [name for name in programs if not (shutil.which(name) or Path(f"/usr/sbin/{name}").exists())]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="module")
def county(tmp_path_factory) -> Iterator[Site]:
    """PostgreSQL and Redis on 'other machines'; two servers, proxy, broker and gateway on this one."""
    needs("mosquitto", "nginx", "openssl")
    with ExitStack() as things:
        try:
            database, doorbell = Postgres(), Redis()
        except Missing as error:
            pytest.skip(str(error))
        for service in (database, doorbell):
            things.callback(service.stop)
            service.start()
        database.execute("CREATE DATABASE varde")
        site = Site(tmp_path_factory.mktemp("county"), "--database", database.url("varde"), "--redis", doorbell.url, servers=2)
        site.doorbell = doorbell
        things.callback(site.stop)
        yield site.start()


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Site]:
    """One small computer with SQLite."""
    needs("mosquitto", "nginx", "openssl")
    site = Site(tmp_path_factory.mktemp("office"))
    try:
        yield site.start()
    finally:
        site.stop()


@pytest.fixture
def hand(request: pytest.FixtureRequest) -> Iterator[Callable[[object], object]]:
    """Keeps what is stopped afterwards."""
    with ExitStack() as things:

        def keep(thing):  # type: ignore[no-untyped-def]
            things.callback(thing.stop if hasattr(thing, "stop") else thing.close)
            return thing

        yield keep


def end_all(person: httpx.Client) -> None:
    for alarm in person.get("/api/alarms").raise_for_status().json()["alarms"]:
        body = {"id": new_id(), "action": "resolve", "outcome": "test", "seen_signal": alarm["last_signal"]}
        person.post(f"/api/alarms/{alarm['id']}/actions", json=body)


def press_through(site: Site, hand) -> None:  # type: ignore[no-untyped-def]
    ola, button = hand(site.person("ola.brekke")), hand(site.button())
    button.press()
    until(lambda: button.shows("received"), what="the button knows that it is stored")
    [alarm] = until(lambda: [one for one in ola.get("/api/alarms").json()["alarms"] if one["state"] == "RAISED"], what="Ola sees it")
    ola.post(f"/api/alarms/{alarm['id']}/actions", json={"id": new_id(), "action": "acknowledge", "age_s": 0}).raise_for_status()
    until(lambda: button.shows("coming"), what="the button shows that somebody is coming")
    end_all(ola)


@pytest.mark.slow
def test_a_press_goes_through_an_offices_installation_and_back_to_the_buttons_light(office: Site, hand) -> None:
    press_through(office, hand)


@pytest.mark.slow
def test_a_press_goes_through_a_countys_installation_and_back_to_the_buttons_light(county: Site, hand) -> None:
    press_through(county, hand)


@pytest.mark.slow
def test_a_server_does_not_close_a_line_that_the_proxy_still_keeps(county: Site) -> None:
    """It would be handed a request just then; with the other server away that is a 502."""
    line = HTTPConnection("127.0.0.1", int(county.server_names[0].rpartition("@")[2]), timeout=10)
    for _ in range(2):
        line.request("GET", "/api/health")
        said = line.getresponse()
        said.read()
        assert said.status == 200 and line.sock is not None
        time.sleep(6)  # uvicorn's own limit is five
    line.close()


@pytest.mark.slow
def test_with_one_server_dead_and_then_the_other_presses_and_taps_go_on(county: Site, hand) -> None:
    ola, button = hand(county.person("ola.brekke")), hand(county.button(SECOND))
    for number, name in enumerate(county.server_names, 1):
        county.units[name].kill()
        button.press()
        until(lambda n=number: len([light for light in button.lights if light.shows == "received"]) >= n, what="the other server has taken it")
        alarms = ola.get("/api/alarms").raise_for_status().json()["alarms"]
        assert [alarm for alarm in alarms if alarm["state"] not in ("RESOLVED", "CANCELLED")]
        end_all(ola)
        county.units[name].stop()
        county.units[name].start()
        until(lambda name=name: county.ask(name, "ready").status_code == 200)


@pytest.mark.slow
def test_without_redis_every_server_says_so_and_presses_go_on(county: Site, hand) -> None:
    assert county.doorbell is not None
    county.doorbell.kill()
    try:
        for name in county.server_names:
            until(lambda name=name: county.ask(name, "ready").json()["findings"] == ["redis"], 20, "the server knows that Redis is away")
            assert (county.ask(name, "ready").status_code, county.ask(name, "well").status_code) == (200, 503)
        press_through(county, hand)
    finally:
        county.doorbell.start()
    for name in county.server_names:
        until(lambda name=name: county.ask(name, "well").status_code == 200, 20, "and that it is back")


@pytest.mark.slow
def test_a_browser_sees_the_app_over_tls_and_a_live_socket_through_the_proxy(county: Site, browser: Browser) -> None:
    code = county.varde("invite", "liv.solberg").splitlines()[0]
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    heard: list[str] = []  # by any socket: the app replaces one whenever it is in doubt
    page.on("websocket", lambda socket: socket.on("framereceived", lambda _: heard.append(socket.url)))
    page.goto(county.url)
    page.get_by_role("textbox").first.fill(code)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("Innstillinger|Innstillingar|Settings")).wait_for(timeout=30_000)
    for _ in range(60):
        if heard:
            break
        page.wait_for_timeout(500)
    assert heard and all(url.startswith("wss://") for url in heard)
    context.close()


@pytest.mark.slow
def test_how_it_is_and_what_is_counted_are_not_for_the_world(county: Site) -> None:
    with httpx.Client(base_url=county.url, verify=county.trust) as world:
        assert world.get("/api/health").status_code == 200
        assert "varde_" not in world.get("/metrics").text, "the app's page answers there"
        assert world.get("/api/ready").status_code == 200, "this machine may ask"
    rules = (county.prefix / "etc/varde/proxy/locations.conf").read_text()
    assert re.search(r"\(ready\|well\)\$ \{\n\s+allow 127.0.0.1;\n\s+allow ::1;\n\s+deny all;", rules), "and nobody else"
    plain = httpx.get(f"http://127.0.0.1:{county.ports['http']}/x?y=1")
    assert (plain.status_code, plain.headers["location"]) == (308, f"{county.url}/x?y=1")


@pytest.mark.slow
def test_units_say_ready_and_feed_their_watchdogs(county: Site) -> None:
    for name in (county.server_names[0], "varde-gateway"):
        until(lambda name=name: any(word.startswith("WATCHDOG=1") for word in county.units[name].said), 20, f"{name} feeds its watchdog")


@pytest.mark.slow
def test_a_second_run_changes_nothing_and_keeps_every_secret(office: Site) -> None:
    def everything() -> dict[str, tuple[bytes, float]]:
        files = (path for path in office.prefix.rglob("*") if path.is_file() and "var/lib" not in str(path) and "install.json" not in path.name)
        return {str(path): (path.read_bytes(), path.stat().st_mtime) for path in files}

    before, secrets = everything(), office.secrets()
    install(office.prefix)  # what was chosen need not be said again
    assert everything() == before and office.secrets() == secrets


@pytest.mark.slow
def test_secrets_are_readable_by_nobody_else_and_in_no_log(county: Site) -> None:
    known = county.secrets()
    secrets = [*known["broker"].values(), *known["device_keys"].values(), *(one["token"] for one in known["gateways"].values())]  # type: ignore[index]
    logs = county.said + "".join(file.read_text(errors="replace") for file in county.logs.glob("*.log"))
    assert not [secret for secret in secrets if str(secret) in logs]
    settings = county.prefix / "etc/varde"
    private = [settings / "gateway.env", settings / "tls/ca.key", county.prefix / "var/lib/varde/secrets.json", settings / "install.json"]
    assert [oct(path.stat().st_mode & 0o777) for path in private] == [oct(0o600)] * 4
    for path in (*settings.rglob("*.key"), settings / "server.env", settings / "broker/passwords"):
        assert not path.stat().st_mode & 0o007, path


@pytest.mark.slow
def test_a_backup_of_postgresql_can_be_put_back(county: Site, tmp_path: Path, hand) -> None:
    ola = hand(county.person("ola.brekke"))
    before = {alarm["id"] for alarm in ola.get("/api/alarms").json()["alarms"]}
    said = county.varde("backup", str(tmp_path / "copies"))
    [copy] = (tmp_path / "copies").iterdir()
    assert str(copy) in said and {path.name for path in copy.iterdir()} == {"varde.dump", "secrets.json", "config"}
    button = hand(county.button())
    button.press()
    until(lambda: button.shows("received"), what="pressed after the copy")
    assert {alarm["id"] for alarm in ola.get("/api/alarms").json()["alarms"]} != before
    for name in county.server_names:
        county.units[name].stop()
    button.stop()
    said = county.varde("restore", str(copy))
    assert "as in the copy" in said and "fresh snapshot" in said
    for name in county.server_names:
        county.units[name].start()
    assert {alarm["id"] for alarm in ola.get("/api/alarms").json()["alarms"]} == before


# ---------------------------------------------------------------- the script itself


def test_it_says_what_it_will_do_and_does_nothing_when_told_to_only_say_it(tmp_path: Path) -> None:
    said = install(tmp_path / "machine", "--offices", str(ROOT / "config/demo"), "--name", "varde.example", "--dry-run")
    assert "This will be done:" in said and "https://varde.example" in said and "invented people" in said
    assert not (tmp_path / "machine").exists()


def test_without_an_answer_nothing_is_done(tmp_path: Path) -> None:
    command = [str(INSTALL), "--prefix", str(tmp_path / "machine"), "--offices", str(ROOT / "config/demo"), "--python", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and done.stdout.endswith("Nothing was changed.\n") and not (tmp_path / "machine").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "give --offices FOLDER"),
        (("--offices", "/nowhere"), "has no deployment.yaml"),
        (("--offices", "DEMO", "--servers", "2"), "add --database postgresql"),
        (("--offices", "DEMO", "--servers", "99"), "from 1 to 16"),
        (("--offices", "DEMO", "--name", "varde example"), "neither a host's name nor an address"),
        (("--offices", "DEMO", "--database", "mysql://x"), "postgresql://"),
        (("--offices", "DEMO", "--database", "postgresql://varde:x@db.example/varde?sslmode=verify-full"), "Add &sslrootcert=FILE"),
        (("--offices", "DEMO", "--redis", "x"), "redis://"),
        (("--offices", "DEMO", "--parts", "server,browser"), "there is no 'browser'"),
        (("--offices", "DEMO", "--parts", "gateway,broker"), "needs --server-url"),
        (("--offices", "DEMO", "--broker-port", "443"), "the same port"),
        (("--offices", "DEMO", "--monitor", "everybody"), "an address or a network"),
        (("--offices", "DEMO", "--watchdog-url", "https://x/'; rm -rf /'"), "no apostrophe"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do_and_nothing_is_written(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    given = [str(ROOT / "config/demo") if word == "DEMO" else word for word in options]
    assert says in install(tmp_path / "machine", *given, code=2)
    assert not (tmp_path / "machine").exists()


def test_offices_with_a_mistake_replace_none_that_were_right(tmp_path: Path) -> None:
    offices = tmp_path / "offices"
    shutil.copytree(ROOT / "config/demo", offices)
    install(tmp_path / "machine", "--offices", str(offices), "--name", "varde.example")
    kept = tmp_path / "machine/etc/varde/offices/nav-lillevik.yaml"
    before = kept.read_text()
    (offices / "nav-lillevik.yaml").write_text(before.replace("size: 7", "sise: 7"))
    said = install(tmp_path / "machine", "--offices", str(offices), code=2)
    assert "unknown key 'sise'" in said and "what is done stays done" in said
    assert kept.read_text() == before


def test_a_gateway_by_itself_gets_only_what_it_needs(tmp_path: Path) -> None:
    options = ("--parts", "gateway,broker", "--server-url", "https://varde.example", "--gateway", "gateway-2", "--gateway-offices", OFFICE)
    install(tmp_path, "--offices", str(ROOT / "config/demo"), "--name", "192.168.50.2", *options)
    names = {path.name for path in (tmp_path / "etc/systemd/system").iterdir()}
    assert {"varde-gateway.service", "varde-broker.service"} <= names
    assert not [name for name in names if "server" in name or "proxy" in name or "backup" in name]
    settings = read_settings(tmp_path / "etc/varde/gateway.env")
    assert settings["VARDE_GATEWAY_SERVER"] == "https://varde.example" and settings["VARDE_GATEWAY_OFFICES"] == OFFICE
    assert settings["VARDE_GATEWAY_BROKER_USER"] == "gateway-2" and "VARDE_GATEWAY_SERVER_CA" not in settings


def test_units_are_what_systemd_reads_and_shut_in(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    install(tmp_path, "--offices", str(ROOT / "config/demo"), "--name", "varde.example")
    folder = tmp_path / "etc/systemd/system"
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}
    verify = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(folder.iterdir()))]
    verified = subprocess.run(verify, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    for unit in folder.glob("varde-*.service"):
        if "reload" in unit.name:
            continue  # it only asks systemd for a reload
        text = unit.read_text()
        assert "NoNewPrivileges=yes" in text and "ProtectSystem=strict" in text, unit.name
        asked = ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(unit)]
        said = subprocess.run(asked, env=environment, capture_output=True, timeout=60, check=False)
        assert said.returncode == 0, f"{unit.name}: {said.stdout.decode()[-300:]}"
    for name in ("varde-server@.service", "varde-gateway.service", "varde-broker.service", "varde-proxy.service"):
        assert "Restart=always" in (folder / name).read_text() and "StartLimitIntervalSec=0" in (folder / name).read_text()


@pytest.mark.parametrize("value", ["plain", "two words", "it's", 'a "b" $c `d` \\e \'f\'', "p%40ss?x=1&y=2#z"])
def test_settings_mean_the_same_to_systemd_and_to_a_shell(tmp_path: Path, value: str) -> None:
    from server.install.files import _settings
    from server.install.steps import _read_settings

    file = tmp_path / "x.env"
    file.write_text(_settings({"VARDE_X": value, "VARDE_EMPTY": ""}))
    shell = subprocess.run(["sh", "-c", f'. {file}; printf %s "$VARDE_X"'], capture_output=True, text=True, timeout=20, check=True)
    assert shell.stdout == value and dict(_read_settings(file)) == {"VARDE_X": value}
