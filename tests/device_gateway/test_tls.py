"""Gateway, broker and server over TLS with the site's own authority and a login for each: what is right goes through, what is wrong is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.site import certificates
from server.core.directory import Directory
from tests.device_gateway.peers import Server, signed, until
from tests.device_gateway.conftest import ROOT
from tests.device_gateway.peers import TOKEN
from tests.site.test_broker_files import DESK, OFFICE, OTHER, UP, Site, User
from tests.site.test_broker_files import directory as directory

pytestmark = pytest.mark.e2e


class Chain:
    """A broker and a server, each with certificates of an authority, and one gateway between them. What is given is wrong."""

    def __init__(self, folder: Path, directory: Directory) -> None:
        self.folder, self.directory = folder, directory
        self.log = folder / "gateway.log"
        self._ends: list = []

    def start(self, names=("localhost", "127.0.0.1"), **wrong: str) -> Chain:
        self.site = Site(self.folder, self.directory, names)
        self.server = Server(tls=self.site.tls)
        keys = self.site.kept.device_keys
        self.server.devices = [
            {"id": one, "office_id": OFFICE, "kind": "button", "key_hex": keys[one], "heartbeat_s": 30} for one in (DESK, OTHER)
        ]
        right = {
            "SERVER": self.server.url, "SERVER_CA": str(self.site.tls / "ca.pem"), "TOKEN": TOKEN, "OFFICES": OFFICE, "BROKER_HOST": "127.0.0.1",
            "BROKER_PORT": str(self.site.port), "BROKER_USER": "gateway-1", "BROKER_PASSWORD": self.site.kept.broker["gateway-1"],
            "BROKER_CA": str(self.site.tls / "ca.pem"), "SPOOL": str(self.folder / "spool"), "CLIENT_ID": "gateway-1",
        }  # fmt: skip
        environment = os.environ | {f"VARDE_GATEWAY_{name}": value for name, value in (right | wrong).items()}
        with self.log.open("wb") as log:
            process = subprocess.Popen([sys.executable, "-m", "device_gateway"], cwd=ROOT, env=environment, stderr=log)
        self._ends += [process.kill, process.wait, self.server.stop, self.site.stop]
        return self

    def device(self, name: str) -> User:
        one = User(self.site, name)
        self._ends.insert(0, one.stop)
        return one

    def said(self, event: str, reason: str) -> bool:
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return any(line["event"] == event and line.get("reason") == reason and line["meaning"] for line in lines)

    def ready(self) -> None:
        until(lambda: '"broker_connected"' in self.log.read_text() and self.server.heartbeats)

    def stop(self) -> None:
        for end in self._ends:
            end()


@pytest.fixture
def chain(tmp_path, directory):
    one = Chain(tmp_path, directory)
    yield one
    one.stop()


@pytest.fixture
def elsewhere(tmp_path_factory) -> str:
    """Another authority's certificate."""
    folder = tmp_path_factory.mktemp("elsewhere")
    certificates.make(folder, ["localhost", "127.0.0.1"])
    return str(folder / "ca.pem")


def press(chain: Chain, n: int, device: str = DESK) -> bytes:
    words = {"v": 1, "device": device, "boot": 1, "n": n, "kind": "panic", "pressed_at": None, "battery": 80}
    return signed(f"varde/{OFFICE}/{device}/up", words, bytes.fromhex(chain.site.kept.device_keys[device]))


def test_a_press_goes_all_the_way_over_tls_and_a_device_can_press_for_itself_only(chain):
    chain.start().ready()
    desk, other = chain.device(DESK), chain.device(OTHER)
    desk.hear(f"varde/{OFFICE}/{DESK}/down")
    other.say(UP, press(chain, 7))  # signed, as if it had stolen the key, but by another's login
    desk.say(UP, press(chain, 1))
    until(lambda: desk.heard)
    assert list(chain.server.committed) == [f"{DESK}-1-1"] and chain.server.committed[f"{DESK}-1-1"]["verified"]
    assert TOKEN not in chain.log.read_text() and chain.site.kept.broker["gateway-1"] not in chain.log.read_text()


@pytest.mark.parametrize("end", ["BROKER_CA", "SERVER_CA"])
def test_an_authority_that_is_not_the_sites_is_named_and_nothing_is_handed_over(chain, elsewhere, end):
    chain.start(**{end: elsewhere})
    event = "broker_away" if end == "BROKER_CA" else "devices_not_read"
    until(lambda: chain.said(event, "certificate_of_unknown_authority"))
    assert end == "BROKER_CA" or not chain.server.heartbeats


def test_a_certificate_that_has_run_out_is_named(chain, monkeypatch):
    monkeypatch.setattr(certificates, "DAYS", 0)
    chain.start()
    until(lambda: chain.said("broker_away", "certificate_expired") and chain.said("devices_not_read", "certificate_expired"))
    monkeypatch.undo()
    assert certificates.make(chain.site.tls, ["localhost", "127.0.0.1"]) == ["broker.pem", "web.pem"]
    chain.site.reload()
    until(lambda: '"broker_connected"' in chain.log.read_text(), 20)


def test_a_certificate_for_another_name_is_named(chain):
    chain.start(names=["elsewhere.example"])
    until(lambda: chain.said("broker_away", "certificate_for_another_name") and chain.said("devices_not_read", "certificate_for_another_name"))


def test_a_wrong_login_and_a_wrong_token_are_named(chain):
    chain.start(BROKER_PASSWORD="guessed", TOKEN="guessed")
    until(lambda: chain.said("broker_away", "refused_135") and chain.said("heartbeat_not_taken", "http_401"))


def test_a_port_that_speaks_no_tls_is_named(chain, tmp_path):
    plain = Server()
    try:
        chain.start(SERVER=plain.url.replace("http:", "https:"))
        until(lambda: chain.said("devices_not_read", "no_tls"))
    finally:
        plain.stop()
