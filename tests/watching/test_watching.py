"""What watches Varde: its metrics, the watchdog outside, systemd. With real doors, real HTTP and a real socket."""

from __future__ import annotations

import http.server
import logging
import re
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import wiring_jobs
from server.watching import systemd
from server.flow.readiness import Readiness
from server.watching.metrics import Metrics, Present
from server.store.contract import DeviceState, GatewayState
from server.store.memory import MemoryStore
from server.watching.systemd import Pulse
from server.watching.watchdog import NotTold, tell
from tests.flow.house import House
from tests.stack import free_port


def scrape(metrics: Metrics) -> dict[str, float]:
    """Every sample over real HTTP, as Prometheus reads it."""
    port = free_port()
    stop = metrics.serve("127.0.0.1", port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    finally:
        stop()
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


@pytest.fixture
def counted() -> Iterator[tuple[House, Metrics]]:
    house, metrics = House(MemoryStore()), Metrics()
    house.context.measures = metrics
    house.store.set_gateway(GatewayState("g-1", house.clock.now, spooled=3))
    readiness = Readiness(house.context, {"ticker": lambda: True}, lambda: 0.0)
    present = Present(house.context, readiness, lambda: {"phone": 2})
    metrics.registry.register(present)
    yield house, metrics
    present.stop()
    readiness.stop()


def test_presses_are_counted_by_what_became_of_them(counted) -> None:
    house, metrics = counted
    signal = house.signal()
    house.take_in(signal)
    house.take_in(signal)
    house.press()
    found = scrape(metrics)
    assert found['varde_signals_total{drill="no",outcome="opened"}'] == 1
    assert found['varde_signals_total{drill="no",outcome="repeated"}'] == 1
    assert found['varde_signals_total{drill="no",outcome="joined"}'] == 1
    assert found['varde_signals_total{drill="yes",outcome="opened"}'] == 0, "a zero is there before the first one"
    assert found['varde_heard_to_commit_seconds_count{drill="no"}'] == 2


def test_a_drill_is_counted_apart(counted) -> None:
    house, metrics = counted
    house.drill()
    house.tick(31)
    house.deliver()
    found = scrape(metrics)
    assert (found['varde_open_alarms{drill="yes"}'], found['varde_open_alarms{drill="no"}']) == (1, 0)
    assert found['varde_deadline_late_seconds_count{drill="yes"}'] == 1 and found['varde_deadline_late_seconds_count{drill="no"}'] == 0
    assert sum(value for name, value in found.items() if name.startswith("varde_orders_total") and 'drill="yes"' in name) > 0
    assert not [name for name in found if name.startswith("varde_orders_total") and 'drill="no"' in name]


def test_how_late_a_deadline_was_is_counted(counted) -> None:
    house, metrics = counted
    house.press()
    house.clock.push(30)
    assert scrape(metrics)["varde_oldest_deadline_late_seconds"] == 0
    house.clock.push(2)
    assert scrape(metrics)["varde_oldest_deadline_late_seconds"] == 2
    house.tick()
    found = scrape(metrics)
    assert found['varde_deadline_late_seconds_sum{drill="no"}'] == 2 and found["varde_oldest_deadline_late_seconds"] == 0
    assert found["varde_open_alarms_without_deadline"] == 0


def test_orders_are_counted_by_channel_and_result_and_who_was_not_reached(counted) -> None:
    from server.core.orders import Result

    house, metrics = counted
    for sender in house.senders.values():
        sender.result = Result.PERMANENT
    house.press()
    for _ in range(4):
        house.deliver(11)
    found = scrape(metrics)
    assert found['varde_orders_total{channel="push",drill="no",result="permanent"}'] > 0
    assert found['varde_unreached_total{drill="no"}'] > 0 and found['varde_unreached_total{drill="yes"}'] == 0
    assert found['varde_order_late_seconds_count{channel="push"}'] > 0


def test_how_long_a_phones_receipt_took_is_counted(counted) -> None:
    from server.core.orders import Receipt
    from server.flow import answers

    house, metrics = counted
    alarm = house.press()
    house.deliver()
    order = next(order for order in house.orders(alarm) if not order.recipient.startswith("device:"))
    house.clock.push(3)
    token = answers.token(house.context, order, "push")
    assert answers.receipt(house.context, token, "push", Receipt.DELIVERED) is not None
    found = scrape(metrics)
    assert (found['varde_receipt_seconds_count{channel="push",drill="no"}'], found['varde_receipt_seconds_sum{channel="push",drill="no"}']) == (1, 3)


def test_devices_behind_a_silent_gateway_are_unknown(counted) -> None:
    house, metrics = counted
    device = next(iter(house.directory.devices.values()))
    house.store.set_devices([DeviceState(device.id, "ok", house.clock.now, gateway_id="g-1")])
    assert scrape(metrics)[f'varde_devices{{office="{device.office_id}",state="ok"}}'] == 1
    house.clock.push(41)
    [present] = [one for one in metrics.registry._collector_to_names if isinstance(one, Present)]
    present._devices_at_s = float("-inf")
    found = scrape(metrics)
    assert found[f'varde_devices{{office="{device.office_id}",state="ok"}}'] == 0
    assert found['varde_findings{finding="silent_gateway"}'] == 1 and found['varde_findings{finding="overdue"}'] == 0
    assert (found['varde_gateway_heard_seconds{gateway="g-1"}'], found['varde_gateway_spooled{gateway="g-1"}']) == (41, 3)
    assert found['varde_sockets{surface="phone"}'] == 2 and found['varde_sockets{surface="desk"}'] == 0


def test_nothing_personal_is_in_the_metrics(counted) -> None:
    house, metrics = counted
    house.press()
    house.deliver()
    names = " ".join(scrape(metrics))
    for person in house.directory.people.values():
        for word in (person.id, person.name, person.phone):
            assert not word or not re.search(rf"\b{re.escape(word)}\b", names)
    assert "duress" not in names and not [device for device in house.directory.devices if f'"{device}"' in names]


def test_a_database_that_fails_is_a_finding_and_its_numbers_are_absent_not_zero() -> None:
    class Away(MemoryStore):
        def health(self, *instants):  # type: ignore[no-untyped-def]
            raise OSError

    house, metrics = House(Away()), Metrics()
    readiness = Readiness(house.context, {"ticker": lambda: True}, lambda: 0.0)
    metrics.registry.register(Present(house.context, readiness, dict))
    found = scrape(metrics)
    assert found['varde_findings{finding="database"}'] == 1
    assert not [name for name in found if name.startswith("varde_open_alarms")]


# ---------------------------------------------------------------- the watchdog outside


class _Outside(http.server.BaseHTTPRequestHandler):
    asked: list[str]
    status = 200

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        self.send_response(type(self).status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def outside() -> Iterator[tuple[type[_Outside], str]]:
    handler = type("Outside", (_Outside,), {"asked": [], "status": 200})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_watchdog_outside_is_told_only_when_all_is_well(outside, house_with_readiness) -> None:
    handler, url = outside
    house, readiness = house_with_readiness
    wiring_jobs.write_findings(readiness, f"{url}/ping/abc?x=1")
    assert handler.asked == ["/ping/abc?x=1"]
    house.store.set_gateway(GatewayState("g-1", house.clock.now, broker="down"))
    wiring_jobs.write_findings(readiness, f"{url}/ping/abc?x=1")
    assert handler.asked == ["/ping/abc?x=1"]


@pytest.fixture
def house_with_readiness() -> Iterator[tuple[House, Readiness]]:
    house = House(MemoryStore())
    readiness = Readiness(house.context, {"ticker": lambda: True}, lambda: 0.0)
    yield house, readiness
    readiness.stop()


@pytest.mark.parametrize("status", [301, 404, 500])
def test_a_watchdog_that_does_not_take_it_is_told_of_in_the_log_without_its_address(outside, house_with_readiness, caplog, status) -> None:
    handler, url = outside
    handler.status = status
    with caplog.at_level(logging.ERROR):
        wiring_jobs.write_findings(house_with_readiness[1], f"{url}/secret-part")
    assert handler.asked == ["/secret-part"], "and no redirect is followed"
    [record] = caplog.records
    assert (record.getMessage(), record.reason) == ("watchdog_not_told", f"http_{status}")
    assert "secret-part" not in str(vars(record))


def test_a_watchdog_that_is_not_there_is_no_accident() -> None:
    with pytest.raises(NotTold, match="ConnectionRefusedError"):
        tell(f"http://127.0.0.1:{free_port()}/x")


# ---------------------------------------------------------------- systemd


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Stands where systemd listens."""
    monkeypatch.setattr(systemd, "ASK_EVERY_S", 0.02)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(10)
        yield line


def test_systemd_hears_ready_only_when_requests_are_answered_and_then_a_pulse(manager: socket.socket, outside, house_with_readiness) -> None:
    _, url = outside
    pulse = Pulse(house_with_readiness[1], "127.0.0.1", int(url.rpartition(":")[2]))
    pulse.start()
    try:
        assert manager.recv(500) == b"READY=1"
        assert manager.recv(500) == b"WATCHDOG=1\nSTATUS=all is well"
    finally:
        pulse.stop()


def test_the_pulse_stops_when_a_part_of_the_alarm_path_has_ended(manager: socket.socket, outside) -> None:
    alive = threading.Event()
    alive.set()
    readiness = Readiness(House(MemoryStore()).context, {"ticker": alive.is_set}, lambda: 0.0)
    pulse = Pulse(readiness, "127.0.0.1", int(outside[1].rpartition(":")[2]))
    pulse.start()
    try:
        assert manager.recv(500) == b"READY=1" and manager.recv(500).startswith(b"WATCHDOG=1")
        alive.clear()
        time.sleep(0.1)
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                manager.recv(500)
        manager.settimeout(0.3)
        with pytest.raises(TimeoutError):
            manager.recv(500)
    finally:
        pulse.stop()


def test_where_systemd_did_not_start_it_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    systemd.notify("READY=1", {})
    systemd.notify("READY=1", {"NOTIFY_SOCKET": "/nowhere/at/all"})


def test_runs_of_the_daily_proof_are_counted_by_what_was_broken(counted) -> None:
    house, metrics = counted
    metrics.proved("fjordvik", "", 120, [10, 20])
    metrics.proved("fjordvik", "broker", None, [])
    metrics.proved("fjordvik", "", None, [])
    found = scrape(metrics)
    assert found['varde_proofs_total{broken="no_screen",office="fjordvik"}'] == 1, "nobody was on line: only the way to the server is proven"
    assert found['varde_proofs_total{broken="no",office="fjordvik"}'] == 1 and found['varde_proofs_total{broken="broker",office="fjordvik"}'] == 1
    assert (found["varde_proof_chain_seconds_count"], found["varde_proof_screen_seconds_count"]) == (1, 2)


def test_a_job_that_fails_is_tried_again_and_is_a_finding_until_it_has_done_its_work(house_with_readiness: tuple[House, Readiness]) -> None:
    _, readiness = house_with_readiness
    jobs = wiring_jobs.Jobs(readiness.failing)
    broken = True

    def work() -> None:
        if broken:
            raise RuntimeError("no such column")

    found = lambda: [(one.what, one.detail) for one in readiness.problems() if one.what == "job_fails"]  # noqa: E731
    jobs.add("wheel", work, "interval", hours=1)
    jobs.get_job("wheel").func()
    again = jobs.get_job("wheel again")
    assert again is not None and found() == [], "the database may only have been restarted"
    again.func()
    assert found() == [("job_fails", "wheel")]
    broken = False
    jobs.get_job("wheel again").func()
    assert found() == []
