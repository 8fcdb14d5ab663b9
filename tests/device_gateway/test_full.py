"""Disks that are full or broken, and queues without room: a press still comes through."""

from __future__ import annotations

import resource
import sqlite3
import sys
import time

import pytest

from device_gateway.gateway import Gateway
from device_gateway.log import ProgramLog
from device_gateway.settings import Settings
from tests.device_gateway.peers import OFFICE, TOKEN, press, until

pytestmark = pytest.mark.e2e

LIMITED = f"""
import resource, runpy, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, {resource.RLIM_INFINITY}))
runpy.run_module("device_gateway", run_name="__main__")
"""


def test_a_spool_that_cannot_be_written_does_not_stop_a_press(server, gateways, device, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    gateway = gateways(server.url, blocked / "spool").ready()
    device.publish(*press(1))
    until(lambda: server.committed and device.heard)
    assert gateway.said("spool_failing") == 1


def test_a_full_disk_does_not_stop_a_press_and_what_nobody_holds_stays_with_the_broker(server, gateways, device, tmp_path):
    # A limit on file sizes is the nearest thing to a full disk that needs no mount: writes fail as they do there.
    limit = [sys.executable, "-c", LIMITED]
    gateway = gateways(server.url, tmp_path / "spool", limit).ready()
    until(lambda: server.heartbeats)
    server.hold.clear()
    for n in range(400):
        device.publish(*press(n, detail="d" * 200))
    until(lambda: gateway.said("spool_failing"))
    gateway.kill()
    server.life += 1
    server.hold.set()
    gateway.start()
    until(lambda: len(server.committed) == 400, 30)


def test_what_there_is_no_room_for_stays_with_the_broker_until_there_is(server, broker, device, tmp_path):
    settings = Settings(server.url, TOKEN, (OFFICE,), broker_port=broker.port, spool_folder=tmp_path / "spool", client_id="g", held_max=10)
    lines: list[str] = []
    gateway = Gateway(settings, ProgramLog(lines.append))
    server.hold.clear()
    gateway.start()
    try:
        until(lambda: any("broker_connected" in line for line in lines))
        for n in range(40):
            device.publish(*press(n))
        until(lambda: any("no_room" in line for line in lines))
        server.hold.set()
        until(lambda: len(server.committed) == 40)
    finally:
        gateway.stop()


def test_what_no_broker_keeps_is_heard_also_when_there_is_no_room(server, broker, device, tmp_path):
    settings = Settings(server.url, TOKEN, (OFFICE,), broker_port=broker.port, spool_folder=tmp_path / "spool", client_id="g", held_max=10)
    lines: list[str] = []
    gateway = Gateway(settings, ProgramLog(lines.append))
    server.hold.clear()
    gateway.start()
    try:
        until(lambda: any("broker_connected" in line for line in lines))
        for n in range(15):
            device.publish(*press(n), qos=0)
        time.sleep(0.5)
        server.hold.set()
        until(lambda: len(server.committed) == 15, 5)
    finally:
        gateway.stop()


def test_a_press_goes_also_where_what_is_only_noted_of_its_device_fails(server, broker, device, tmp_path, monkeypatch):
    settings = Settings(server.url, TOKEN, (OFFICE,), broker_port=broker.port, spool_folder=tmp_path / "spool", client_id="g")
    lines: list[str] = []
    gateway = Gateway(settings, ProgramLog(lines.append))
    monkeypatch.setattr(gateway._reporter, "hear", lambda _signal: 1 / 0)
    gateway.start()
    try:
        until(lambda: any("broker_connected" in line for line in lines))
        device.publish(*press(1))
        until(lambda: server.committed and device.heard)
        assert any("hearing_fault" in line for line in lines)
    finally:
        gateway.stop()


def test_a_broken_spool_file_is_put_aside_raised_as_what_may_be_a_press_and_told_of(server, gateways, device, tmp_path):
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "spool.db").write_bytes(b"this is no database" * 500)
    gateways(server.url, folder).ready()
    device.publish(*press(1))
    until(lambda: len(server.committed) == 2)
    (raw,) = (one for one in server.committed.values() if one["doubt"])
    assert (raw["kind"], raw["doubt"], raw["office_id"], raw["device_id"]) == ("panic", "undecodable", OFFICE, None)
    assert [file.name for file in folder.iterdir() if ".broken-" in file.name]
    assert until(lambda: server.heartbeats)[-1]["spool"] == "broken"


def test_the_spool_is_empty_when_the_server_has_everything(server, gateways, device):
    gateway = gateways(server.url).ready()
    for n in range(50):
        device.publish(*press(n))
    until(lambda: len(server.committed) == 50)
    assert gateway.stop() == 0
    with sqlite3.connect(gateway.folder / "spool.db") as database:
        assert database.execute("SELECT COUNT(*) FROM waiting").fetchone() == (0,)
