"""A whole fleet with a broker that is not there: it ends when it is told to."""

from __future__ import annotations

import time

from device_gateway.broker import free_port
from firmware_sim.fleet import STOPPED_WITHIN_S, Fleet
from firmware_sim.protocol import Identity


def test_a_large_fleet_stops_at_once_also_when_the_broker_is_gone() -> None:
    fleet = Fleet([Identity(f"b-{n}", "office", "button", "", bytes(32), 30.0) for n in range(100)], "127.0.0.1", free_port())
    fleet.start()
    time.sleep(0.5)  # each of them waits to try again
    began = time.monotonic()
    fleet.stop()
    assert time.monotonic() - began < STOPPED_WITHIN_S + 5
