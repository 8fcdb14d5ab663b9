"""docker-compose.yml as docs/install-county.md tells it, by Docker's own engine and Compose: whole, with one part away, after a power cut.

The images that it names cannot be counted on to be reachable. Stand-ins of Debian 12's packages go by their names (tests/e2e/bases): another version of
each program, and otherwise the files are used as they are. The engine is Debian 13's, in a folder of its own (tests/e2e/engine.py)."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from firmware_sim.fleet import Fleet
from firmware_sim.protocol import Identity
from tests.e2e.engine import Engine, engine, lacking
from tests.e2e.parts import BUTTON, new_id, until
from tests.stack import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),  # the first one makes the engine and all images
    pytest.mark.skipif(not os.environ.get("VARDE_NIGHTLY"), reason="six minutes or more, and 5 GB of disk for that long: make nightly"),
]
URL = "https://localhost"
PARTS = {"server-1", "server-2", "proxy", "gateway", "broker", "database", "doorbell"}


def documented() -> list[list[str]]:
    """The lines of the containers' section, as a newcomer types them: to begin with, and after a change."""
    section = (ROOT / "docs/install-county.md").read_text().split("## Without Debian: containers")[1]
    return [block.splitlines() for block in re.findall(r"```sh\n(.*?)```", section, re.S)]


class Site:
    """What is in `home`, and how it is used."""

    def __init__(self, one: Engine) -> None:
        self.engine, self.home = one, one.files / "varde"
        self.cookies: httpx.Cookies | None = None
        self.identity: Identity | None = None
        made = shutil.ignore_patterns(".git", ".venv", "var", "dist", "node_modules", "__pycache__", ".env")
        shutil.copytree(ROOT, self.home, ignore=made)
        shutil.copytree(ROOT / "config/demo", one.files / "offices")

    def sh(self, line: str) -> str:
        return self.engine.run("sh", "-c", line, folder="/srv/varde")

    def compose(self, *words: str, code: int | None = 0) -> str:
        return self.engine.run("docker", "compose", *words, folder="/srv/varde", code=code)

    def varde(self, *words: str) -> str:
        return self.compose("exec", "server-2", "/varde/config/production/container", *words)

    def fill_in(self) -> None:
        """What .env asks for. The monitoring is this machine, as the containers see it."""
        given = {"NAME": "localhost", "DB_PASSWORD": os.urandom(24).hex(), "OFFICES": "/srv/offices", "MONITOR": "172.31.83.1"}
        text = (self.home / ".env").read_text()
        for name, value in given.items():
            text = re.sub(rf"^VARDE_{name}=.*$", f"VARDE_{name}={value}", text, flags=re.M)
        (self.home / ".env").write_text(text)

    def crash(self, part: str) -> None:
        """Its process is gone, and nobody had asked for that: Docker starts it again."""
        number = self.engine.run("docker", "inspect", "--format={{.State.Pid}}", f"varde-{part}-1").strip()
        self.sh(f"kill -9 {number}")

    def state(self) -> dict[str, str]:
        """`running`, `healthy`, `exited` … of each part."""
        said = [json.loads(line) for line in self.compose("ps", "--all", "--format=json").splitlines()]
        return {one["Service"]: one["Health"] or one["State"] for one in said}

    def all_run(self) -> bool:
        healthy = {"server-1", "server-2", "database"}
        return self.state() == {part: "healthy" if part in healthy else "running" for part in PARTS}

    def client(self) -> httpx.Client:
        trust = ssl.create_default_context(cafile=str(self.home / "var/site/etc/varde/ca.pem"))
        return httpx.Client(base_url=URL, verify=trust, timeout=20, headers={"Origin": URL})

    def well(self) -> bool:
        with self.client() as client:
            try:
                return client.get("/api/well").status_code == 200
            except httpx.TransportError:
                return False

    def ola(self) -> httpx.Client:
        """Invited by the document's last line, the first time; her telephone from then on."""
        client = self.client()
        if self.cookies is None:
            code = self.sh(documented()[0][3].replace("PERSON", "ola.brekke")).split()[0]
            client.post("/api/session", json={"code": code}).raise_for_status()
            self.cookies = client.cookies
        client.cookies = self.cookies
        return client

    def button(self) -> Button:
        """Set up with what `secrets --show` prints, and nothing else."""
        if self.identity is None:
            shown = dict(re.findall(r"^(.+?): +(.+)$", self.varde("secrets", "--show", BUTTON), re.M))
            key, office = bytes.fromhex(shown["Key"]), shown["Publishes"].split("/")[1]
            self.identity = Identity(BUTTON, office, key=key, heartbeat_s=30, password=shown["MQTT password"])
        return Button(self.identity, str(self.home / "var/site/etc/varde/ca.pem"))


class Button:
    def __init__(self, identity: Identity, ca: str) -> None:
        self.lights: list[str] = []
        self.fleet = Fleet([identity], "localhost", 8883, on_light=lambda _, light: self.lights.append(light.shows), ca=ca)
        self.fleet.start()
        self.connected()

    def connected(self) -> None:
        until(self.fleet.connected, 60, "the button has a connection")

    def press(self) -> None:
        """And waits until it knows that it is stored."""
        self.lights.clear()
        self.fleet.act(BUTTON, lambda button, now_s: button.press(now_s, "panic"))
        until(lambda: "received" in self.lights, 60, "the button knows that it is stored")

    def close(self) -> None:
        self.fleet.stop()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Brought up by the document's words."""
    if reason := lacking():
        pytest.skip(reason)
    with engine() as one:
        shutil.copytree(ROOT / "tests/e2e/bases", one.files / "bases")
        shutil.copy(ROOT / "requirements-node.txt", one.files / "bases")
        one.run("docker", "compose", "build", folder="/srv/bases")
        site = Site(one)
        fill, prepare, up, _ = documented()[0]
        site.sh(fill)
        site.fill_in()
        site.sh(prepare)
        site.sh(up)
        until(site.all_run, 90, "all containers run", pause_s=1)
        until(site.well, 60, "all is well", pause_s=0.5)
        yield site


@pytest.fixture
def hand(site: Site) -> Iterator[Callable[..., object]]:
    """Keeps what is closed afterwards."""
    kept: list[httpx.Client | Button] = []

    def keep(thing):  # type: ignore[no-untyped-def]
        kept.append(thing)
        return thing

    yield keep
    for thing in kept:
        thing.close()


def open_alarms(person: httpx.Client) -> list[dict[str, object]]:
    found = person.get("/api/alarms").raise_for_status().json()["alarms"]
    return [alarm for alarm in found if alarm["state"] not in ("RESOLVED", "CANCELLED")]


def end_all(person: httpx.Client) -> None:
    for alarm in open_alarms(person):
        body = {"id": new_id(), "action": "resolve", "outcome": "test", "seen_signal": alarm["last_signal"]}
        person.post(f"/api/alarms/{alarm['id']}/actions", json=body).raise_for_status()


def press_through(person: httpx.Client, button: Button) -> None:
    """A thumb, a colleague who sees it and comes, and the light that says so."""
    button.press()
    [alarm] = until(partial(open_alarms, person), what="Ola sees it")
    person.post(f"/api/alarms/{alarm['id']}/actions", json={"id": new_id(), "action": "acknowledge", "age_s": 0}).raise_for_status()
    until(lambda: "coming" in button.lights, what="the button shows that somebody is coming")
    end_all(person)


def test_who_was_invited_as_documented_sees_a_press_and_the_button_shows_that_somebody_comes(site: Site, hand) -> None:
    ola = hand(site.ola())
    assert "<!doctype html>" in ola.get("/").text
    press_through(ola, hand(site.button()))


def test_prepared_again_broker_and_proxy_read_their_files_and_nobody_loses_the_line(site: Site, hand) -> None:
    ola, button = hand(site.ola()), hand(site.button())
    site.sh(documented()[0][1])  # `prepare` again
    site.compose("kill", "-s", "HUP", "broker", "proxy")
    for _ in range(40):
        assert button.fleet.connected()
        time.sleep(0.05)
    press_through(ola, button)
    assert site.all_run()


def test_a_server_whose_process_dies_comes_back_and_presses_go_on_meanwhile(site: Site, hand) -> None:
    ola, button = hand(site.ola()), hand(site.button())
    site.crash("server-1")
    press_through(ola, button)
    until(site.all_run, 60, "it is back", pause_s=1)


def test_with_a_servers_container_gone_the_other_does_it_all(site: Site, hand) -> None:
    ola, button = hand(site.ola()), hand(site.button())
    site.compose("kill", "server-1")
    assert site.state()["server-1"] == "exited"
    press_through(ola, button)
    site.compose("up", "-d")
    until(site.all_run, 60, "it is back", pause_s=1)


def test_the_servers_are_replaced_as_documented_while_one_of_them_answers_always(site: Site, hand) -> None:
    ola = hand(site.ola())
    *servers, rest = documented()[1]
    assert len(servers) == 2
    with ThreadPoolExecutor(1) as beside:
        for line in servers:
            replaced = beside.submit(site.sh, line)
            while not replaced.done():
                assert ola.get("/api/health").status_code == 200
                time.sleep(0.1)
            replaced.result()
    site.sh(rest)
    until(site.well, 60, "all is well", pause_s=0.5)
    press_through(ola, hand(site.button()))


@pytest.mark.parametrize("part", ["broker", "proxy", "gateway", "database", "doorbell"])
def test_each_other_part_may_die_and_comes_back_to_the_rest(site: Site, hand, part: str) -> None:
    ola, button = hand(site.ola()), hand(site.button())
    site.crash(part)
    until(site.well, 60, "all is well again", pause_s=0.5)
    button.connected()
    press_through(ola, button)


def test_after_a_power_cut_all_of_it_comes_back_by_itself(site: Site, hand) -> None:
    ola, button = hand(site.ola()), hand(site.button())
    button.press()
    [before] = until(partial(open_alarms, ola), what="Ola sees it")
    button.close()
    site.engine.cut()
    site.engine.start()
    until(site.all_run, 120, "all containers run", pause_s=1)
    until(site.well, 60, "all is well", pause_s=0.5)
    [after] = open_alarms(ola)
    assert after["id"] == before["id"]
    end_all(ola)
    press_through(ola, hand(site.button()))


def test_taken_down_and_brought_up_it_has_kept_everything(site: Site, hand) -> None:
    ola = hand(site.ola())
    before = ola.get("/api/alarms").json()["alarms"]
    site.compose("down")
    site.compose("up", "-d")
    until(site.well, 60, "all is well", pause_s=0.5)
    assert ola.get("/api/alarms").raise_for_status().json()["alarms"] == before, "and Ola is still signed in"
    press_through(ola, hand(site.button()))


def test_a_copy_is_made_as_documented(site: Site) -> None:
    assert "can be read" in site.varde("backup", "/site/var/backups/varde")
    [copy] = (site.home / "var/site/var/backups/varde").iterdir()
    assert {path.name for path in copy.iterdir()} == {"varde.dump", "secrets.json", "config"}


def test_nothing_but_three_ports_is_open_to_all_and_nobody_reads_what_is_not_its_own(site: Site) -> None:
    published = site.engine.run("docker", "ps", "--format={{.Ports}}")
    assert set(re.findall(r"0\.0\.0\.0:(\d+)", published)) == {"80", "443", "8883"}
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", published)) == {"9481", "9482"}
    for port in ("9481", "9482"):
        ask = f"exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
        assert "varde_" in site.engine.run("bash", "-c", ask), "this machine's Prometheus reads the metrics"
    for part in ("gateway", "server-1"):
        assert "key" not in site.compose("exec", part, "sh", "-c", "ls -A /site/etc/varde/tls 2>/dev/null; touch /varde/x 2>/dev/null && echo key; true")
    assert "No such file" in site.compose("exec", "proxy", "cat", "/site/var/lib/varde/secrets.json", code=None)
