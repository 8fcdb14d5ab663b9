"""How devices are: silence, wills, batteries and tampering, decided from times that are passed in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from device_gateway.devices import Device
from device_gateway.supervision import DeviceState, Health, changes, hear, state_of
from server.core.signals import Doubt, Kind, Signal

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DEVICE = Device("desk-1", "nav", key=b"k", heartbeat_s=30)


def signal(kind: Kind = Kind.HEARTBEAT, n: int = 1, **more: object) -> Signal:
    return Signal(f"desk-1-7-{n}", kind, "nav", NOW, device_id="desk-1", **more)


def state(health: Health, now_s: float, since_s: float = 0.0) -> str:
    return state_of(DEVICE, health, now_s, since_s).state


def test_a_device_is_ok_until_two_heartbeats_have_been_missed_and_then_silent():
    health = hear(Health(), signal(), DEVICE, 100)
    assert [state(health, now_s) for now_s in (100, 164, 166)] == ["ok", "ok", "silent"]
    assert state(hear(health, signal(n=2), DEVICE, 167), 167) == "ok"


def test_a_device_never_heard_is_unknown_first_and_silent_later():
    assert [state(Health(), now_s) for now_s in (0, 64, 66)] == ["unknown", "unknown", "silent"]


def test_time_without_a_broker_blames_no_device():
    health = hear(Health(), signal(), DEVICE, 100)
    assert state(health, 1000, since_s=990) == "ok" and state(health, 1100, since_s=990) == "silent"


def test_a_will_makes_it_offline_and_anything_said_since_makes_it_ok():
    health = hear(hear(Health(), signal(Kind.ONLINE, 5), DEVICE, 1), signal(Kind.OFFLINE, 6), DEVICE, 2)
    assert state(health, 2) == "offline"
    assert state(hear(health, signal(Kind.PANIC, 9), DEVICE, 3), 3) == "ok"


def test_the_will_of_an_earlier_connection_is_stale():
    health = hear(hear(Health(), signal(Kind.ONLINE, 5), DEVICE, 1), signal(Kind.OFFLINE, 2), DEVICE, 2)
    assert state(health, 2) == "ok"


def test_what_the_key_does_not_prove_says_nothing_about_a_device_that_has_one():
    forged = signal(verified=False, doubt=Doubt.BAD_SIGNATURE)
    assert hear(Health(), forged, DEVICE, 1) == Health()
    assert hear(Health(), signal(retained=True), DEVICE, 1) == Health()
    keyless = Device("desk-1", "nav")
    assert hear(Health(), signal(verified=False, doubt=Doubt.UNSIGNED), keyless, 1).heard_at == NOW


@pytest.mark.parametrize("levels, low", [([21], False), ([20], True), ([20, 29], True), ([20, 30], False), ([20, 30, 21], False)])
def test_a_low_battery_does_not_flicker(levels, low):
    health = Health()
    for number, level in enumerate(levels):
        health = hear(health, signal(n=number, battery=level), DEVICE, number)
    assert health.battery_low is low and health.battery == levels[-1]


def test_tampering_stays_until_it_is_closed():
    health = hear(Health(), signal(Kind.TAMPER, detail="open"), DEVICE, 1)
    health = hear(health, signal(n=2), DEVICE, 2)
    assert state_of(DEVICE, health, 2, 0).flags == ("tamper",)
    assert state_of(DEVICE, hear(health, signal(Kind.TAMPER, 3, detail="closed"), DEVICE, 3), 3, 0).flags == ()


def test_changes_are_what_differs_from_what_was_told_and_nothing_else():
    ok = DeviceState("a", "ok", NOW, 80, ())
    assert changes([ok], {}) == [ok]
    assert changes([ok], {"a": ok.said()}) == []
    assert changes([DeviceState("a", "ok", NOW, 79, ())], {"a": ok.said()}) == []
    silent = DeviceState("a", "silent", NOW, 80, ())
    assert changes([silent], {"a": ok.said()}) == [silent]
    assert changes([DeviceState("b", "unknown", None, None, ())], {}) == []
