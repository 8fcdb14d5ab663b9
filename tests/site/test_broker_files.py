"""The broker of a real site: TLS, a login for each device, nobody speaks for another, and new devices without a dropped connection."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from device_gateway.broker import find_mosquitto
from server.site import broker_files, certificates
from server.site.broker_files import Listeners, hashed, logins, matches, write
from server.config.loading import read
from server.core.directory import Directory
from server.core.values import replace
from server.site.secrets_file import SecretsError, complete, only_for, shared_offices
from tests.stack import ROOT, free_port

DESK, OTHER, OFFICE = "fjordvik-skranke-1", "fjordvik-skranke-2", "nav-fjordvik"
UP, DOWN = f"varde/{OFFICE}/{DESK}/up", f"varde/{OFFICE}/{DESK}/down"


def until(true: Callable[[], object], within_s: float = 30.0) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s, "did not come true"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def directory() -> Directory:
    return read(ROOT / "config/demo", ROOT / "config/content").directory


class Site:
    """Certificates, secrets, the broker's files, and Mosquitto running with them."""

    def __init__(self, folder: Path, directory: Directory, names: Sequence[str] = ("localhost", "127.0.0.1")) -> None:
        self.folder, self.directory, self.port = folder / "broker", directory, free_port()
        self.tls, self.secrets_file = folder / "tls", folder / "secrets.json"
        certificates.make(self.tls, names)
        (folder / "data").mkdir()
        self.data = folder / "data"
        self.write()
        started = folder / "started.conf"  # as root it would drop its rights, and then could not read in a folder of root's
        started.write_text((self.folder / "mosquitto.conf").read_text() + ("user root\n" if os.geteuid() == 0 else ""))
        self.process = subprocess.Popen(
            [str(find_mosquitto()), "-c", str(started)], stdout=subprocess.DEVNULL, stderr=(folder / "log").open("wb")
        )
        until(self.answers)

    def answers(self) -> bool:
        assert self.process.poll() is None, "the broker does not take these files"
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def write(self) -> list[str]:
        self.kept, _ = complete(self.secrets_file, self.directory)
        return write(self.folder, self.data, logins(self.directory, self.kept), Listeners(self.tls, "127.0.0.1", self.port))

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def site(tmp_path: Path, directory: Directory) -> Iterator[Site]:
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    one = Site(tmp_path, directory)
    yield one
    one.stop()


class User:
    """Somebody who tries to use the broker."""

    def __init__(self, site: Site, name: str | None, password: str | None = None, client_id: str = "", tls: bool = True) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.dropped = 0
        self.refused: str | None = None
        self.connected, self.subscribed = threading.Event(), threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id or f"test-{name}", protocol=mqtt.MQTTv5)
        if name is not None:
            self.client.username_pw_set(name, password if password is not None else site.kept.broker[name])
        if tls:
            self.client.tls_set(ca_certs=str(site.tls / "ca.pem"))
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = lambda _c, _u, message: self.heard.append((message.topic, message.payload))
        self.client.connect("localhost" if tls else "127.0.0.1", site.port)
        self.client.loop_start()
        until(lambda: self.connected.is_set() or self.refused or self.dropped)

    def _on_connect(self, _client, _userdata, _flags, reason, _properties) -> None:  # type: ignore[no-untyped-def]
        if reason.is_failure:
            self.refused = str(reason)
            self.client.loop_stop()
        else:
            self.connected.set()

    def _on_disconnect(self, *_: object) -> None:
        self.dropped += 1

    def hear(self, topic: str) -> User:
        self.client.subscribe(topic, 1)
        assert self.subscribed.wait(5)
        return self

    def say(self, topic: str, payload: bytes) -> None:
        until(self.client.is_connected)
        self.client.publish(topic, payload, 1).wait_for_publish(5)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def user(site: Site) -> Iterator[Callable[..., User]]:
    made: list[User] = []

    def make(*arguments: object, **more: object) -> User:
        made.append(User(site, *arguments, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.mark.e2e
def test_a_device_and_its_gateway_hear_each_other_and_nobody_speaks_for_another(user) -> None:
    gateway = user("gateway-1").hear(f"varde/{OFFICE}/+/up")
    desk = user(DESK).hear(DOWN)
    other = user(OTHER).hear("#")
    other.say(UP, b"not mine")
    other.say(DOWN, b"a lying answer")
    other.say(f"varde/{OFFICE}/{OTHER}/up", b"mine")
    desk.say(UP, b"press")
    gateway.say(DOWN, b"received")
    until(lambda: len(gateway.heard) == 2 and desk.heard)
    assert gateway.heard == [(f"varde/{OFFICE}/{OTHER}/up", b"mine"), (UP, b"press")]
    assert desk.heard == [(DOWN, b"received")]
    assert other.heard == [], "and nothing of others was heard"
    assert other.dropped == 0, "who says something where it may not is not cut off: its next press must come through"


@pytest.mark.e2e
def test_a_hub_and_a_bought_device_speak_for_themselves_alone_and_the_gateway_may_switch_what_is_theirs(user) -> None:
    hub, shelly, desk, gateway = user("fjordvik-zigbee"), user("fjordvik-inngang-1"), user(DESK), user("gateway-1")
    press, event, order = "zigbee2mqtt/fjordvik/0x1", "shellyplusi4-a8032cb12ea4/events/rpc", "zigbee2mqtt/fjordvik/0x00158d0005f6a7b8/set"
    gateway.hear("#")
    hub.hear("zigbee2mqtt/fjordvik/#")
    for one in (shelly, desk, hub):
        for topic in (press, event, UP):
            one.say(topic, topic.encode() + b" by " + {id(shelly): b"shelly", id(desk): b"desk", id(hub): b"hub"}[id(one)])
    until(lambda: len(gateway.heard) == 3)
    gateway.say(order, b"{}")
    gateway.say("shellyplugsg3-543204689994/rpc", b"{}")
    until(lambda: (order, b"{}") in hub.heard)
    heard = [body for _, body in gateway.heard if body != b"{}"]  # it may hear its own orders there
    assert sorted(heard) == sorted([press.encode() + b" by hub", event.encode() + b" by shelly", UP.encode() + b" by desk"])


@pytest.mark.e2e
def test_strangers_are_not_let_in(user, site: Site) -> None:
    assert "Not authorized" in user(None).refused
    assert user("stranger", "x").refused
    assert user(DESK, "wrong").refused
    without = user(DESK, tls=False)
    assert not without.connected.is_set(), "nor anybody without TLS"
    with socket.create_connection(("127.0.0.1", site.port), 5) as raw, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")  # who does not trust our authority


@pytest.mark.e2e
def test_nobody_can_take_over_a_gateways_session_by_its_name(user) -> None:
    gateway = user("gateway-1", client_id="varde-gateway-x")
    user(DESK, client_id="varde-gateway-x")
    user(OTHER, client_id="gateway-1").say(f"varde/{OFFICE}/{OTHER}/up", b"x")
    assert gateway.dropped == 0


@pytest.mark.e2e
def test_a_new_device_is_let_in_and_one_that_was_taken_away_is_not_and_the_others_stay_connected(user, site: Site, directory: Directory) -> None:
    gateway = user("gateway-1").hear(f"varde/{OFFICE}/+/up")
    desk = user(DESK)
    devices = {name: device for name, device in directory.devices.items() if name != OTHER}
    devices["fjordvik-ny"] = replace(directory.devices[DESK], id="fjordvik-ny")
    site.directory = replace(directory, devices=devices)
    assert site.write() == ["passwords", "topics"], "no restart is needed"
    site.reload()
    until(lambda: user("fjordvik-ny").connected.is_set())
    until(lambda: user(OTHER).refused)
    user("fjordvik-ny").say(f"varde/{OFFICE}/fjordvik-ny/up", b"new")
    desk.say(UP, b"old")
    until(lambda: len(gateway.heard) == 2)
    assert (gateway.dropped, desk.dropped) == (0, 0)


@pytest.mark.e2e
def test_a_renewed_certificate_is_taken_at_a_reload_and_who_is_connected_stays(user, site: Site) -> None:
    def serial() -> str:
        with socket.create_connection(("127.0.0.1", site.port), 5) as raw:
            with ssl.create_default_context(cafile=str(site.tls / "ca.pem")).wrap_socket(raw, server_hostname="localhost") as line:
                return line.getpeercert()["serialNumber"]  # type: ignore[index, return-value]

    before, gateway = serial(), user("gateway-1")
    (site.tls / "broker.pem").unlink()
    assert certificates.make(site.tls, ["localhost", "127.0.0.1"]) == ["broker.pem"]
    site.reload()
    until(lambda: serial() != before)
    assert gateway.dropped == 0


def test_files_are_for_the_broker_alone_hold_no_password_and_stay_where_nothing_has_changed(tmp_path: Path, directory: Directory) -> None:
    kept, made = complete(tmp_path / "secrets.json", directory)
    users = logins(directory, kept)
    listeners = Listeners(tmp_path / "tls", plain=("192.168.50.1", 1883))
    folder = tmp_path / "broker"
    assert write(folder, tmp_path, users, listeners) == ["passwords", "topics", "mosquitto.conf"]
    assert write(folder, tmp_path, users, listeners) == []
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600} and folder.stat().st_mode & 0o777 == 0o700
    text = "".join(file.read_text() for file in folder.iterdir())
    assert not [password for password in kept.broker.values() if password in text]
    assert not [secret for secret in (*kept.broker.values(), kept.gateways["gateway-1"].token) if secret in str(made) + repr(kept) + repr(users)]
    conf = (folder / "mosquitto.conf").read_text()
    assert "allow_anonymous false" in conf and "listener 1883 192.168.50.1" in conf and "max_queued_messages 100000000" in conf
    users[0] = replace(users[0], password="another")
    assert write(folder, tmp_path, users, listeners) == ["passwords"]


def test_a_folder_that_the_broker_shares_is_readable_for_its_group(tmp_path: Path, directory: Directory) -> None:
    tmp_path.chmod(0o2750)
    write(tmp_path, tmp_path, logins(directory, complete(tmp_path / "secrets.json", directory)[0]), Listeners(tmp_path))
    assert (tmp_path / "passwords").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_hashes_are_mosquittos_own(tmp_path: Path) -> None:
    line = hashed("hemmelig")
    assert re.fullmatch(r"\$7\$101\$[A-Za-z0-9+/=]{16}\$[A-Za-z0-9+/=]{88}", line) and matches(line, "hemmelig") and not matches(line, "hemmelig ")
    for odd in ("", "x", "$7$", "$6$aa$bb", "$7$101$a$b", "$7$0$aaaa$bbbb"):
        assert not matches(odd, "x")


@pytest.mark.parametrize(
    ("name", "offices", "says"),
    [("Gateway 1", [OFFICE], "small letters"), ("g-1", ["nav-bergen"], "no office 'nav-bergen'"), (DESK, [OFFICE], "is a device"), ("a:b", [OFFICE], "small")],
)
def test_a_gateway_that_cannot_be_is_refused_with_the_reason(tmp_path: Path, directory: Directory, name: str, offices: list[str], says: str) -> None:
    with pytest.raises(SecretsError, match=says):
        complete(tmp_path / "secrets.json", directory, {name: offices})
    assert not (tmp_path / "secrets.json").exists()


def test_what_a_device_is_to_be_set_up_with_is_shown_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], directory: Directory
) -> None:
    from server.__main__ import main

    monkeypatch.setenv("VARDE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(os, "umask", lambda mask: mask)  # the rest of the tests keeps its own
    kept, _ = complete(tmp_path / "secrets.json", directory)

    def shown(name: str, code: int = 0) -> str:
        assert main(["secrets", "--show", name]) == code
        return "".join(capsys.readouterr())

    said = shown(DESK)
    assert kept.broker[DESK] in said and kept.device_keys[DESK] in said and UP in said
    assert not [name for name, password in kept.broker.items() if password in said and name != DESK]
    assert kept.gateways["gateway-1"].token in shown("gateway-1")
    hub = shown("fjordvik-zigbee")
    assert "zigbee2mqtt/fjordvik/#" in hub and "Key:" not in hub
    assert "varde secrets --show fjordvik-zigbee" in shown("fjordvik-moterom-1")
    assert "no gateway or device 'nobody'" in shown("nobody", 2)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", '"x"', "{", "[" * 100_000, '{"gateways": []}', '{"gateways": {"g": {}}}', '{"gateways": {"g": {"token": "t"}}}',
        '{"gateways": {"g": {"token": "", "offices": []}}}', '{"gateways": {"g": {"token": "t", "offices": [1]}}}', '{"device_keys": {"a": 1}}',
        '{"broker": {"a": ""}}', '{"broker": "x"}',
    ],
)  # fmt: skip
def test_a_secrets_file_that_is_not_ours_is_refused_and_stays(tmp_path: Path, directory: Directory, text: str) -> None:
    (tmp_path / "secrets.json").write_text(text)
    with pytest.raises(SecretsError, match="Mend it, or move it away"):
        complete(tmp_path / "secrets.json", directory)
    assert (tmp_path / "secrets.json").read_text() == text


def test_a_gateways_own_machine_gets_only_its_own_secrets(tmp_path: Path, directory: Directory) -> None:
    kept, _ = complete(tmp_path / "all.json", directory, {"gateway-1": ["nav-lillevik"], "gateway-2": [OFFICE]})
    own = only_for(kept, "gateway-1", directory)
    (tmp_path / "own.json").write_text(json.dumps(own))
    assert set(own["gateways"]) == {"gateway-1"} and DESK not in own["device_keys"] and DESK not in own["broker"] and "gateway-2" not in own["broker"]
    assert {name for name in own["device_keys"]} == {d.id for d in directory.devices.values() if d.office_id == "nav-lillevik"}
    with pytest.raises(SecretsError, match="no gateway 'gateway-3'"):
        only_for(kept, "gateway-3", directory)


def test_a_gateways_own_machine_makes_no_secrets_that_the_servers_do_not_know(tmp_path: Path, directory: Directory) -> None:
    """A key made there is another one than the servers', and the device that is set up with it is heard by nobody."""
    kept, _ = complete(tmp_path / "all.json", directory, {"gateway-1": ["nav-lillevik"], "gateway-2": [OFFICE]})
    own = tmp_path / "own.json"
    own.write_text(json.dumps(only_for(kept, "gateway-1", directory)))
    before = own.read_text()
    here, made = complete(own, directory, {"gateway-1": ["nav-lillevik"]})
    names = {login.name for login in logins(directory, here)}
    assert made == [] and own.read_text() == before and "gateway-1" in names and not {DESK, "gateway-2"} & names
    new = replace(directory.devices["lillevik-skranke-1"], id="lillevik-ny")
    later = replace(directory, devices={**directory.devices, new.id: new})
    with pytest.raises(SecretsError, match="lillevik-ny.*varde secrets --only gateway-1"):
        complete(own, later)
    for other in ({"gateway-1": [OFFICE]}, {"gateway-3": ["nav-lillevik"]}, {"gateway-1": []}):
        with pytest.raises(SecretsError, match="on a server's machine"):
            complete(own, directory, other)
    assert own.read_text() == before
    kept, _ = complete(tmp_path / "all.json", later)
    own.write_text(json.dumps(only_for(kept, "gateway-1", later)))
    assert "lillevik-ny" in {login.name for login in logins(later, complete(own, later)[0])}


def test_what_others_keep_in_the_secrets_file_stays(tmp_path: Path, directory: Directory) -> None:
    (tmp_path / "secrets.json").write_text('{"push": {"key": "k"}}')
    complete(tmp_path / "secrets.json", directory, {"gateway-2": [OFFICE]})
    from server.site.secrets_file import read as read_secrets

    known = read_secrets(tmp_path / "secrets.json")
    assert known["push"] == {"key": "k"} and known["gateways"]["gateway-2"]["offices"] == [OFFICE] and "gateway-2" in known["broker"]
    assert broker_files.ITERATIONS == 101


def test_a_gateway_may_go_and_two_for_one_office_are_said(tmp_path: Path, directory: Directory) -> None:
    file = tmp_path / "secrets.json"
    offices = ("nav-fjordvik", "nav-lillevik")
    complete(file, directory, {"gateway-1": ()})
    complete(file, directory)
    assert json.loads(file.read_text())["gateways"] == {}, "servers alone miss no gateway that nobody has named"
    complete(file, directory, {"gateway-1": offices})
    kept, _ = complete(file, directory, {"gateway-2": offices[:1]})
    assert shared_offices(kept) == [("nav-fjordvik", ["gateway-1", "gateway-2"])]
    kept, made = complete(file, directory, {"gateway-1": ()})
    assert set(kept.gateways) == {"gateway-2"} and "gateway-1" not in kept.broker and made == ["gateway-1 gone"] and shared_offices(kept) == []
