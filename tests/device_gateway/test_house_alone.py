"""The house alone, with everything real but the server, which is taken away: lamps are lit, the page says so, and the server takes over again."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from contextlib import contextmanager

import pytest

from device_gateway.broker import free_port
from firmware_sim.hubs import Hubs
from tests.device_gateway.peers import KEY, OFFICE, Server, press, table_answer, until
from tests.device_gateway.test_full import LIMITED

pytestmark = pytest.mark.e2e

ROWS = [
    {"id": "hub", "kind": "hub", "dialect": "zigbee2mqtt", "address": "zigbee2mqtt", "heartbeat_s": 600},
    {"id": "sirene", "kind": "sounder", "address": "0x2", "heartbeat_s": 86400, "dialect": "zigbee2mqtt", "hub": "hub"},
    {"id": "plugg", "kind": "lamp", "dialect": "shelly-gen2", "address": "shelly-plug", "heartbeat_s": 300},
    {"id": "desk-1", "kind": "button", "heartbeat_s": 30}, {"id": "lampe", "kind": "lamp", "heartbeat_s": 30},
]  # fmt: skip
TABLE = {
    "wait_s": {"panic": 2, "assist": 2},
    "devices": {"desk-1": {"place": "Mottak", "real": ["lampe", "plugg", "sirene"], "drill": ["lampe"]}},
    "strangers": {OFFICE: ["plugg"]}, "armed": {},
}  # fmt: skip


def make_server(port: int = 0, **table: object) -> Server:
    server = Server(port)
    server.devices = [{**row, "office_id": OFFICE, "key_hex": "" if "dialect" in row else KEY.hex()} for row in ROWS]
    server.table = {**TABLE, **table}
    return server


@pytest.fixture
def server():
    server = make_server()
    yield server
    server.stop()


@contextmanager
def back(port: int, **table: object):
    again = make_server(port, **table)
    try:
        yield again
    finally:
        again.stop()


@pytest.fixture
def hubs(broker):
    one = Hubs([row for row in ROWS if "dialect" in row], "127.0.0.1", broker.port, on_switched=lambda *_: None)
    one.start()
    until(one.connected)
    yield one
    one.stop()


def lamp(device) -> list[tuple[str, bool]]:
    """What one of our own lamps has been told."""
    heard = [json.loads(payload.split(b"\n")[0]) for topic, payload in device.heard if topic.endswith("/lampe/down")]
    return [(words["say"], words["drill"]) for words in heard]


def away(gateways, server, **more):
    """A gateway that knows the table, and whose server has then been taken away."""
    gateway = gateways(server.url, **more).ready()
    until(lambda: (gateway.folder / "local_table.json").exists() and server.heartbeats)
    server.stop()
    return gateway


def listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def ask(port: int, method: str = "GET", path: str = "/?lang=nb", host: str | None = None, **headers: str) -> tuple[int, str]:
    until(lambda: listens(port))  # the page opens in a thread of its own, after the gateway says that it is ready
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    line.request(method, path, headers={"Host": host or f"127.0.0.1:{port}", **headers})
    answer = line.getresponse()
    return answer.status, answer.read().decode()


def test_when_no_server_answers_the_house_is_lit_and_when_one_does_its_orders_count(gateways, server, hubs, device):
    away(gateways, server)
    device.publish(*press(1))
    until(lambda: hubs.is_on("plugg") and hubs.is_on("sirene") and lamp(device) == [("alarm", False)])
    with back(server.port) as again:
        again.orders = [{"id": "o-1", "device_id": "plugg", "say": "alarm", "count": 0, "drill": False, "alarm_id": "a-1"}]
        until(lambda: again.committed and again.outcomes)
        until(lambda: not hubs.is_on("sirene") and lamp(device)[-1] == ("ended", False), 20)
        assert hubs.is_on("plugg"), "what the server has lit stays lit"
        again.orders = [{"id": "o-2", "device_id": "plugg", "say": "ended", "count": 0, "drill": False, "alarm_id": "a-1"}]
        until(lambda: not hubs.is_on("plugg"))


def test_a_gateway_that_is_killed_in_between_lights_again_from_the_table_that_it_kept(gateways, server, broker, hubs, device):
    gateway = away(gateways, server)
    device.publish(*press(1))
    until(lambda: hubs.is_on("plugg"))
    gateway.kill()
    hubs.stop()
    fresh = Hubs([row for row in ROWS if "dialect" in row], "127.0.0.1", broker.port, on_switched=lambda *_: None)
    fresh.start()
    try:
        gateway.start()
        until(lambda: fresh.is_on("plugg") and fresh.is_on("sirene"), 20)
        with back(server.port) as again:
            until(lambda: again.committed)
            until(lambda: not fresh.is_on("plugg") and not fresh.is_on("sirene"), 20)
    finally:
        fresh.stop()


def test_an_exercise_is_lit_only_on_what_can_say_that_it_is_one(gateways, server, hubs, device):
    server.table["armed"] = {"desk-1": ["drill", 100.0]}
    away(gateways, server)
    device.publish(*press(1))
    until(lambda: lamp(device) == [("alarm", True)])
    assert not hubs.is_on("plugg") and not hubs.is_on("sirene")
    device.publish(*press(2))
    until(lambda: hubs.is_on("plugg") and lamp(device)[-1] == ("alarm", False))


def test_what_is_armed_is_known_at_once_since_the_bell_says_that_the_lists_have_changed(gateways, server, device):
    gateway = gateways(server.url).ready()
    until(lambda: (gateway.folder / "local_table.json").exists())
    asked: list[str] = []
    server.table["armed"] = {"desk-1": ["test", 100.0]}
    server.table_answer = lambda nonce: (asked.append(nonce), table_answer(server.table, nonce))[1]
    server.lists_changed = True
    until(lambda: asked)


def test_duress_lights_nothing_and_is_on_no_page(gateways, server, hubs, device):
    port = free_port()
    away(gateways, server, PAGE=f"127.0.0.1:{port}")
    device.publish(*press(1, kind="duress"))
    device.publish(*press(2, device="desk-1", kind="panic"))
    until(lambda: hubs.is_on("plugg"))
    assert ask(port)[1].count("<li") == 1


@pytest.mark.parametrize("fault", ["tampered", "older", "of another"])
def test_a_table_that_is_not_the_servers_answer_is_refused_and_the_last_good_one_stays(gateways, server, hubs, device, fault):
    gateway = gateways(server.url).ready()
    until(lambda: (gateway.folder / "local_table.json").exists())
    dark = {**TABLE, "devices": {}, "strangers": {}}
    server.table_answer = {
        "tampered": lambda nonce: table_answer(TABLE, nonce).replace(b"plugg", b"lampe"),
        "older": lambda nonce: table_answer(dark, "0" * 32),
        "of another": lambda nonce: table_answer(dark, nonce, token="another"),
    }[fault]
    server.lists_changed = True
    until(lambda: gateway.said("local_table_refused"))
    assert "last good" in gateway.log.read_text()
    server.stop()
    device.publish(*press(1))
    until(lambda: hubs.is_on("plugg"))


def test_a_kept_table_that_somebody_has_changed_is_refused_at_the_start_and_the_page_still_warns(gateways, server, hubs, device):
    port = free_port()
    gateway = away(gateways, server, PAGE=f"127.0.0.1:{port}")
    gateway.kill()
    file = gateway.folder / "local_table.json"
    file.write_bytes(file.read_bytes().replace(b"plugg", b"lampe"))
    gateway.start()
    gateway.ready()
    assert gateway.said("local_table_refused") == 1
    device.publish(*press(1))
    until(lambda: "Ikke mottatt av Varde" in ask(port)[1])
    assert "bare denne siden varsler" in ask(port)[1] and not hubs.is_on("plugg")


def test_a_full_disk_stops_neither_the_table_nor_the_lamps(gateways, server, hubs, device, tmp_path):
    rows = {f"desk-{n}": TABLE["devices"]["desk-1"] for n in range(3000)}
    server.table["devices"] = rows  # larger than the files may become
    gateway = gateways(server.url, tmp_path / "full", [sys.executable, "-c", LIMITED]).ready()
    until(lambda: gateway.said("local_table_not_kept"))
    server.stop()
    device.publish(*press(1))
    until(lambda: hubs.is_on("plugg") and hubs.is_on("sirene"))


# ---------------------------------------------------------------- the page


def test_the_page_says_what_waits_where_and_that_the_server_does_not_answer_and_mutes_only_the_sound(gateways, server, hubs, device):
    port = free_port()
    gateway = gateways(server.url, PAGE=f"127.0.0.1:{port}").ready()
    until(lambda: server.heartbeats)
    until(lambda: "Varde svarer</h1>" in ask(port)[1])
    assert "Ingen trykk venter" in ask(port)[1]
    server.stop()
    until(lambda: "Varde svarer ikke</h1>" in ask(port)[1])
    device.publish(*press(1))
    until(lambda: hubs.is_on("sirene") and "Demp lydgiverne" in ask(port)[1])
    page = ask(port)[1]
    assert "<h3>Mottak</h3>" in page and "Ikke mottatt av Varde" in page and "Alarm, desk-1, hørt kl." in page
    assert "Not received by Varde" in ask(port, path="/?lang=en")[1]
    assert "Ikkje motteke av Varde" in ask(port, path="/", **{"Accept-Language": "nn-NO,nb;q=0.8"})[1]
    own = {"Origin": f"http://127.0.0.1:{port}"}
    for wrong in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert ask(port, "POST", "/mute", **wrong)[0] == 403
    assert ask(port, "POST", "/mute", host="evil.example", Origin="http://evil.example")[0] == 403
    assert ask(port, host="evil.example")[0] == 421, "a name that was bent to this address reads nothing"
    assert hubs.is_on("sirene")
    assert ask(port, "POST", "/mute?lang=nn", **own)[0] == 303
    until(lambda: not hubs.is_on("sirene"))
    assert hubs.is_on("plugg") and "Ikke mottatt av Varde" in ask(port)[1], "the alarm goes on"
    assert gateway.said("sounders_muted") == 1
    with back(server.port):
        until(lambda: "Mottatt av Varde kl." in ask(port)[1] and "Varde svarer</h1>" in ask(port)[1], 20)


def test_a_page_whose_address_is_taken_or_not_there_yet_holds_nothing_up(gateways, server, device):
    gateway = gateways(server.url, PAGE=f"127.0.0.1:{server.port}").ready()
    device.publish(*press(1))
    until(lambda: server.committed and gateway.said("page_not_open"))
