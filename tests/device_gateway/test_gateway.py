"""The gateway as a process between a real broker and a server at the contract: nothing that it heard is lost."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import subprocess
import time

import pytest

from tests.device_gateway.peers import KEY, OFFICE, Server, press, until


pytestmark = pytest.mark.e2e


def words(message: tuple[str, bytes]) -> dict:
    return json.loads(message[1].split(b"\n")[0])


def test_a_press_reaches_the_server_and_the_device_is_told_so_in_signed_words(server, gateways, device):
    gateways(server.url).ready()
    until(lambda: server.heartbeats)
    device.publish(*press(1))
    until(lambda: device.heard)
    topic, payload = device.heard[0]
    line, mac = payload.split(b"\n")
    assert topic == f"varde/{OFFICE}/desk-1/down"
    assert json.loads(line) == {"say": "received", "id": "desk-1-7-1", "alarm": "a-1"}
    assert mac.decode() == hmac.new(KEY, topic.encode() + b"\n" + line, hashlib.sha256).hexdigest()
    assert list(server.committed) == ["desk-1-7-1"]
    assert server.committed["desk-1-7-1"]["verified"] is True and server.committed["desk-1-7-1"]["battery"] == 87


def test_at_its_first_start_it_hears_before_the_server_has_said_who_there_is_and_takes_nobody_for_a_stranger(server, gateways, device):
    server.known.clear()
    gateways(server.url).ready()
    device.publish(*press(1))  # once: what the broker gives to nobody is gone
    time.sleep(0.5)
    assert server.posts == []
    server.known.set()
    until(lambda: server.committed)
    assert server.committed["desk-1-7-1"]["verified"] is True


def test_where_the_server_never_says_who_there_is_a_press_is_sent_as_a_strangers(server, gateways, device):
    server.known.clear()
    gateways(server.url).ready()
    device.publish(*press(1))
    until(lambda: server.committed)
    assert [one["verified"] for one in server.committed.values()] == [False]


def test_received_is_said_only_after_the_servers_receipt(server, gateways, device):
    gateways(server.url).ready()
    server.hold.clear()
    device.publish(*press(1))
    until(lambda: server.posts)
    assert device.heard == []
    server.hold.set()
    until(lambda: device.heard)
    assert words(device.heard[0])["say"] == "received"


def test_a_kill_between_hearing_and_posting_loses_nothing(server, gateways, device):
    gateway = gateways(server.url).ready()
    server.hold.clear()
    for n in range(20):
        device.publish(*press(n))
    until(lambda: server.posts)
    gateway.kill()
    server.life += 1  # the post that was under way is no commit
    server.hold.set()
    assert server.committed == {}
    gateway.start()
    until(lambda: len(server.committed) == 20)
    assert set(server.committed) == {f"desk-1-7-{n}" for n in range(20)}


def test_kills_at_any_moment_lose_nothing(server, gateways, device):
    gateway = gateways(server.url)
    for n in range(60):
        device.publish(*press(n))
        if n % 12 == 11:
            gateway.kill()
            gateway.start()
            if n % 24 == 11:
                gateway.ready()
    # The first start may come after the first presses: the broker had no session to keep them for. The device repeats.
    for n in range(60):
        device.publish(*press(n))
    until(lambda: len(server.committed) == 60, 30)


def test_while_the_server_is_away_presses_wait_and_then_go_in_order(server, gateways, device):
    gateway = gateways(server.url).ready()
    until(lambda: server.heartbeats)
    port = server.port
    server.stop()
    for n in range(30):
        device.publish(*press(n))
    until(lambda: gateway.said("server_unreachable"))
    gateway.kill()
    again = Server(port)
    try:
        gateway.start()
        until(lambda: len(again.committed) == 30)
        assert list(again.committed) == [f"desk-1-7-{n}" for n in range(30)]
    finally:
        again.stop()


def test_after_a_start_without_the_server_devices_are_known_from_the_kept_list(server, gateways, device):
    gateway = gateways(server.url).ready()
    kept = gateway.folder / "devices.json"
    until(kept.exists)
    assert kept.stat().st_mode & 0o777 == 0o600
    gateway.kill()
    port = server.port
    server.stop()
    gateway.start()
    gateway.ready()
    device.publish(*press(1))
    until(lambda: gateway.said("server_unreachable"))
    again = Server(port)
    try:
        until(lambda: again.committed)
        assert again.committed["desk-1-7-1"]["verified"] is True
    finally:
        again.stop()


def test_a_broker_that_is_killed_and_restarted_is_found_again(server, gateways, broker, device):
    gateway = gateways(server.url).ready()
    device.publish(*press(1))
    until(lambda: server.committed)
    os.kill(broker.pid, signal.SIGKILL)
    until(lambda: not broker.alive())
    until(lambda: any(beat["broker"] == "down" for beat in server.heartbeats))
    broker.start()
    until(lambda: gateway.said("broker_connected") == 2)
    device.publish(*press(2))
    until(lambda: len(server.committed) == 2)
    assert set(server.committed) == {"desk-1-7-1", "desk-1-7-2"}


def test_presses_while_the_gateway_is_away_are_kept_by_the_broker(server, gateways, device):
    gateway = gateways(server.url).ready()
    until(lambda: server.heartbeats)
    assert gateway.stop() == 0
    device.publish(*press(1))
    device.publish(*press(2), qos=0)
    gateway.start()
    until(lambda: len(server.committed) == 2)


def test_presses_at_qos_0_while_the_gateway_stops_are_heard_or_kept_by_the_broker(server, gateways, device):
    """Most bought buttons publish so. What the broker has handed over it keeps for nobody, and the stop of a gateway whose server is away takes seconds."""
    gateway = gateways(server.url).ready()
    until(lambda: server.heartbeats)
    port = server.port
    server.stop()
    device.publish(f"varde/{OFFICE}/plain-0/up", b'{"kind":"panic"}', qos=0)
    until(lambda: gateway.said("server_unreachable"))
    os.kill(gateway.pid, signal.SIGTERM)
    pressed = 0
    while gateway.runs():
        pressed += 1
        device.publish(f"varde/{OFFICE}/plain-{pressed}/up", b'{"kind":"panic"}', qos=0)
        time.sleep(0.05)
    again = Server(port)
    try:
        gateway.start()
        until(lambda: len(again.committed) > pressed)
        assert {one["device_id"] for one in again.committed.values()} == {f"plain-{n}" for n in range(pressed + 1)}
    finally:
        again.stop()


def test_copies_of_one_press_are_one_signal_and_each_is_answered(server, gateways, device):
    gateways(server.url).ready()
    for _ in range(3):
        device.publish(*press(1))
        until(lambda: device.heard)
    until(lambda: len(device.heard) >= 2)
    assert {words(message)["id"] for message in device.heard} == {"desk-1-7-1"}
    assert list(server.committed) == ["desk-1-7-1"]


def test_copies_that_wait_together_are_sent_once(server, gateways, device):
    gateways(server.url).ready()
    server.hold.clear()
    device.publish(*press(1))
    until(lambda: server.posts)
    for _ in range(10):
        device.publish(*press(1))
    device.publish(*press(2))
    time.sleep(1)  # the gateway hears them all while its post is held
    server.hold.set()
    until(lambda: len(server.committed) == 2)
    assert sum(len(post) for post in server.posts) == 2


@pytest.mark.parametrize(
    "payload",
    [b"", b"PRESS", b"\xff\xfe", b"[]", b'{"kind":"dance"}', b'{"kind":7}', b"x" * 5000, b"[" * 4000, b"{" * 4001 + b"\n" + b"0" * 64],
)
def test_what_cannot_be_read_raises_without_showing_its_content(server, gateways, device, payload):
    gateway = gateways(server.url).ready()
    device.publish(f"varde/{OFFICE}/desk-1/up", payload)
    signal_ = next(iter(until(lambda: server.committed).values()))
    assert (signal_["kind"], signal_["verified"], signal_["doubt"], signal_["device_id"]) == ("panic", False, "undecodable", "desk-1")
    assert not payload or payload.decode("latin-1") not in json.dumps(signal_) + gateway.log.read_text()


def test_a_press_by_hand_with_mosquitto_pub_raises_unverified_each_time(server, gateways, broker):
    gateways(server.url).ready()
    until(lambda: server.heartbeats)
    for _ in range(2):
        subprocess.run(
            ["mosquitto_pub", "-p", str(broker.port), "-t", f"varde/{OFFICE}/desk-1/up", "-m", '{"kind":"panic"}'], check=True, timeout=10
        )
    until(lambda: len(server.committed) == 2)
    assert {s["doubt"] for s in server.committed.values()} == {"unsigned"}


def test_a_retained_press_is_passed_on_as_retained_and_answered_to_nobody(server, gateways, device):
    device.publish(*press(1), retain=True)
    gateways(server.url).ready()
    until(lambda: server.committed)
    assert server.committed["desk-1-7-1-retained"]["retained"] is True
    device.publish(*press(2))
    until(lambda: device.heard)
    assert [words(message)["id"] for message in device.heard] == ["desk-1-7-2"]


def test_an_unknown_device_raises_for_its_office(server, gateways, device):
    gateways(server.url).ready()
    until(lambda: server.heartbeats)
    device.publish(*press(1, device="stranger"))
    signal_ = next(iter(until(lambda: server.committed).values()))
    assert (signal_["doubt"], signal_["office_id"], signal_["verified"]) == ("unknown_device", OFFICE, False)


def test_heartbeats_are_not_signals_but_the_summary_tells_of_the_device(server, gateways, device):
    gateways(server.url).ready()
    until(lambda: server.heartbeats)
    device.publish(*press(1, kind="heartbeat", battery=15))
    rows = until(lambda: [row for beat in server.heartbeats for row in beat["devices"]])
    assert rows[0]["device_id"] == "desk-1" and rows[0]["state"] == "ok"
    assert rows[0]["battery"] == 15 and rows[0]["flags"] == ["battery_low"]
    device.publish(*press(2, kind="offline"))
    until(lambda: [row for beat in server.heartbeats for row in beat["devices"] if row["state"] == "offline"])
    assert server.posts == []


def test_orders_reach_the_device_and_their_outcome_the_server(server, gateways, device):
    gateways(server.url).ready()
    until(lambda: server.heartbeats)
    server.orders = [
        {"id": "o-1", "device_id": "desk-1", "say": "coming", "count": 2, "drill": False, "alarm_id": "a-1"},
        {"id": "o-2", "device_id": "nobody", "say": "coming", "count": 2, "drill": False, "alarm_id": "a-1"},
    ]
    until(lambda: len(server.outcomes) == 2)
    assert server.outcomes == [{"id": "o-1", "outcome": "accepted"}, {"id": "o-2", "outcome": "permanent"}]
    until(lambda: device.heard)
    assert words(device.heard[0]) == {"say": "coming", "count": 2, "alarm": "a-1", "drill": False}


def test_one_signal_that_the_server_refuses_delays_nobody_and_is_raised_in_plain_form(server, gateways, device):
    gateway = gateways(server.url).ready()
    until(lambda: server.heartbeats)
    server.refuse = lambda signals: 422 if any(s["detail"] == "bad" for s in signals) else None
    server.hold.clear()
    device.publish(*press(0))
    until(lambda: server.posts)
    for n in range(1, 20):
        device.publish(*press(n, detail="bad" if n == 7 else None))
    server.hold.set()
    until(lambda: len(server.committed) == 20)
    assert server.committed["desk-1-7-7"]["detail"] == "refused in its full form"
    assert gateway.said("signal_refused") == 1
