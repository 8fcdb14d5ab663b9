"""What the reporter leaves unsaid while presses wait: how the devices are must not take the server's time from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from device_gateway.devices import Device
from device_gateway.log import ProgramLog
from device_gateway.reporter import REPORT_EVERY_S, STORM, Reporter, Surroundings
from device_gateway.server_link import ServerLink
from server.core.signals import Kind, Signal
from tests.device_gateway.peers import OFFICE, TOKEN, Server, until

BUTTON = "desk-1"


class Around:
    """A gateway with one button, whose clock is pushed; `looks` counts how often the reporter has looked at it."""

    def __init__(self, server: Server) -> None:
        self.now_s, self.looks, self.waiting, self.works, self._heard = 1000.0, 0, 0, True, 0
        devices = {BUTTON: Device(BUTTON, OFFICE, key=b"k")}
        around = Surroundings(
            lambda: devices, lambda listing: None, lambda *table: None, lambda: True, lambda: self.now_s, lambda: self.waiting, lambda: self.works, {},
        )  # fmt: skip
        self.reporter = Reporter(ServerLink(server.url, TOKEN), around, ProgramLog(lambda line: None), self._look)

    def _look(self) -> float:
        self.looks += 1
        return self.now_s

    def hear(self, detail: str) -> None:
        """The button's case is opened, or closed."""
        self._heard += 1
        self.reporter.hear(Signal(f"{BUTTON}-1-{self._heard}", Kind.TAMPER, OFFICE, datetime.now(UTC), device_id=BUTTON, detail=detail))


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def around(server: Server) -> Iterator[Around]:
    around = Around(server)
    around.reporter.start()
    until(lambda: server.heartbeats)
    yield around
    around.reporter.stop()


def flags(server: Server) -> list[list[str]]:
    return [row["flags"] for heartbeat in server.heartbeats for row in heartbeat["devices"]]


def test_while_presses_wait_devices_wait_for_the_summary_and_are_in_it(server: Server, around: Around) -> None:
    around.waiting = STORM
    looks = around.looks
    around.hear("open")
    until(lambda: around.looks >= looks + 4)
    assert len(server.heartbeats) == 1, "it has looked again and again, and has told nothing"
    around.now_s += REPORT_EVERY_S
    until(lambda: len(server.heartbeats) == 2)
    assert server.heartbeats[1]["spooled"] == STORM and flags(server) == [["tamper"]]


def test_with_fewer_waiting_a_change_is_told_at_once(server: Server, around: Around) -> None:
    around.waiting = STORM - 1
    around.hear("open")
    until(lambda: flags(server) == [["tamper"]])
    around.hear("closed")
    until(lambda: flags(server) == [["tamper"], []])


def test_a_disk_that_takes_nothing_is_told_at_once_and_so_is_that_it_does_again(server: Server, around: Around) -> None:
    around.works = False
    until(lambda: [one["spool"] for one in server.heartbeats] == ["ok", "broken"])
    around.works = True
    until(lambda: [one["spool"] for one in server.heartbeats] == ["ok", "broken", "ok"])
