"""A real server that is watched: what it says of itself while it is well, when the gateway has died, and what Prometheus reads."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.e2e.parts import Caller, Device, until
from tests.stack import ROOT, Stack, free_port

ALERTS = ROOT / "config/production/alerts.yaml"
FULL_BYTES = 30_000


@pytest.fixture(scope="module")
def watched(tmp_path_factory) -> Iterator[tuple[Stack, int]]:
    port = free_port()
    with Stack(tmp_path_factory.mktemp("watched") / "site", environment={"VARDE_METRICS_PORT": str(port)}) as stack:
        yield stack, port


def scrape(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = (line.rpartition(" ") for line in answer.read().decode().splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}


def ask(stack: Stack, what: str) -> httpx.Response:
    return httpx.get(f"{stack.url}/api/{what}", timeout=10)


def test_a_press_is_counted_where_prometheus_reads_and_nowhere_else(watched) -> None:
    stack, port = watched
    until(lambda: ask(stack, "well").status_code == 200, what="all is well")
    button, ola = Device(stack), Caller(stack, "ola.brekke")
    try:
        button.press()
        button.wait_for_light("received")
        found = scrape(port)
        assert found['varde_signals_total{drill="no",outcome="opened"}'] == 1 and found['varde_open_alarms{drill="no"}'] == 1
        assert found["varde_intake_seconds_count"] >= 1 and found["varde_open_alarms_without_deadline"] == 0
        assert found['varde_gateway_broker_up{gateway="gateway"}'] == 1
        alarm = ola.the_alarm()
        ola.act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"])
        assert scrape(port)['varde_open_alarms{drill="no"}'] == 0
        assert httpx.get(f"{stack.url}/metrics").status_code == 404, "not on the address that browsers see"
    finally:
        button.stop()
        ola.stop()


def test_alert_rules_name_only_metrics_that_there_are(watched) -> None:
    stack, port = watched
    until(lambda: ask(stack, "well").status_code == 200, what="all is well")
    there = {re.match(r"\w+", name)[0] for name in scrape(port)}  # type: ignore[index]
    there |= {"varde_orders_total", "varde_proofs_total"}  # come with the first order and the first run; counted in tests/watching/test_watching.py
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"\bvarde_\w+", rule["expr"])}
    assert len(rules) >= 12 and asked <= there, asked - there
    assert all(rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["summary"] for rule in rules)


def test_alert_rules_are_what_prometheus_reads() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    assert subprocess.run([promtool, "check", "rules", str(ALERTS)], timeout=60, check=False).returncode == 0


def test_a_gateway_that_has_died_is_said_in_words_and_no_server_is_taken_away_for_it(watched) -> None:
    stack, port = watched
    until(lambda: ask(stack, "well").status_code == 200, what="all is well")
    stack.kill("broker")
    try:
        until(lambda: "broker_down" in ask(stack, "ready").json()["findings"], 30, "the server knows that the broker is gone")
        ready, well = ask(stack, "ready"), ask(stack, "well")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded") and well.status_code == 503
        [problem] = ready.json()["problems"]
        assert "(gateway)" in problem["says"] and "broker" in problem["says"]
        assert scrape(port)['varde_gateway_broker_up{gateway="gateway"}'] == 0
    finally:
        stack.broker.start()
    until(lambda: ask(stack, "well").status_code == 200, 30, "and that it is back")


def test_a_gateway_whose_disk_is_full_is_said_in_words_until_there_is_room_again_and_its_presses_come_through(watched) -> None:
    stack, port = watched
    until(lambda: ask(stack, "well").status_code == 200, what="all is well")
    button, ola = Device(stack), Caller(stack, "ola.brekke")
    before, room = scrape(port), resource.prlimit(stack.pid("gateway"), resource.RLIMIT_FSIZE)
    try:
        # The nearest thing to a full disk that needs no mount: no file may grow beyond this, and SQLite's log needs one that does.
        resource.prlimit(stack.pid("gateway"), resource.RLIMIT_FSIZE, (FULL_BYTES, room[1]))
        stack.freeze("server")  # a press that the server has at once needs no disk
        for _ in range(8):
            button.press()
            time.sleep(0.1)  # each in a write of its own
        stack.thaw("server")
        button.wait_for_light("received")
        until(lambda: "spool_broken" in ask(stack, "ready").json()["findings"], 30, "the server knows that the disk is full")
        ready, well = ask(stack, "ready"), ask(stack, "well")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded") and well.status_code == 503
        [problem] = ready.json()["problems"]
        assert "(gateway)" in problem["says"] and "Make room" in problem["says"]
        assert scrape(port)['varde_gateway_spool_up{gateway="gateway"}'] == 0 < before['varde_gateway_spool_up{gateway="gateway"}']
        alarm = ola.the_alarm()
        ola.act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"])
    finally:
        resource.prlimit(stack.pid("gateway"), resource.RLIMIT_FSIZE, room)
        button.stop()
        ola.stop()
    until(lambda: ask(stack, "well").status_code == 200, 30, "and that there is room again, though nobody has pressed")
    assert scrape(port)['varde_gateway_spool_up{gateway="gateway"}'] == 1


def test_a_metrics_port_that_is_taken_is_said_at_the_start(tmp_path: Path, watched) -> None:
    _, port = watched
    environment = {**os.environ, "VARDE_DATA_DIR": str(tmp_path), "VARDE_PORT": str(free_port()), "VARDE_METRICS_PORT": str(port)}
    command = [sys.executable, "-m", "server", "serve"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2 and "choose another VARDE_METRICS_PORT" in ended.stderr
