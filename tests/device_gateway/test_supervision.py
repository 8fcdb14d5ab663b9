"""How devices are: silence, wills, batteries and tampering, decided from times that are passed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from device_gateway.devices import Device
from device_gateway.supervision import DeviceState, Health, changes, hear, state_of
from server.core.signals import Doubt, Kind, Signal
from server.core.values import replace

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DEVICE = Device("desk-1", "nav", key=b"k", heartbeat_s=30)
ZIGBEE = Device("desk-1", "nav", heartbeat_s=30, dialect="zigbee2mqtt", address="0x1", hub="hub")


def signal(kind: Kind = Kind.HEARTBEAT, n: int = 1, **more: object) -> Signal:
    return Signal(f"desk-1-7-{n}", kind, "nav", NOW, device_id="desk-1", **more)


def state(health: Health, listened_s: float, now: datetime | None = None) -> str:
    return state_of(DEVICE, health, listened_s, now).state


def test_a_device_is_ok_until_two_heartbeats_have_been_missed_and_then_silent():
    health = hear(Health(), signal(), DEVICE, 100)
    assert [state(health, now_s) for now_s in (100, 164, 166)] == ["ok", "ok", "silent"]
    assert state(hear(health, signal(n=2), DEVICE, 167), 167) == "ok"


def test_a_device_never_heard_is_unknown_first_and_silent_later():
    assert [state(Health(), now_s) for now_s in (0, 64, 66)] == ["unknown", "unknown", "silent"]


def test_time_without_a_broker_blames_no_device_and_proves_nothing_either():
    health = hear(Health(), signal(), DEVICE, 100)
    assert state(health, 110, NOW + timedelta(seconds=20)) == "ok"
    assert state(health, 110, NOW + timedelta(seconds=900)) == "unknown"
    assert state(health, 166, NOW + timedelta(seconds=960)) == "silent"


def test_a_device_behind_a_hub_that_is_gone_is_unknown_and_so_is_nobody_else():
    health = hear(Health(), replace(signal(), verified=True), ZIGBEE, 100)
    assert [state_of(ZIGBEE, health, 100, hub=hub).state for hub in ("ok", "unknown", "offline", "silent")] == [
        "ok",
        "ok",
        "unknown",
        "unknown",
    ]


def test_what_the_broker_has_stored_of_a_bought_device_tells_presence_and_battery_and_never_that_it_lives():
    health = hear(Health(), signal(Kind.BATTERY, retained=True, battery=12), ZIGBEE, 100)
    assert (health.battery, health.battery_low, health.heard_at) == (12, True, None)
    health = hear(health, signal(Kind.OFFLINE, retained=True), ZIGBEE, 100)
    assert health.offline
    back = hear(health, signal(Kind.ONLINE, retained=True), ZIGBEE, 100)
    assert not back.offline and back.heard_at is None
    assert hear(health, signal(Kind.PANIC, retained=True), ZIGBEE, 100) == health


def test_that_its_hub_has_not_missed_a_bought_device_yet_does_not_prove_that_it_lives():
    assert hear(Health(), signal(Kind.ONLINE), ZIGBEE, 100).heard_at is None
    assert hear(Health(), signal(Kind.HEARTBEAT), ZIGBEE, 100).heard_at == NOW
    assert hear(Health(), signal(verified=False, doubt=Doubt.UNSIGNED), ZIGBEE, 100).heard_at is None, "somebody else, on a native topic"


def test_a_device_that_only_says_low_or_fine_is_believed():
    low = hear(Health(), signal(Kind.BATTERY, detail="low"), ZIGBEE, 1)
    assert low.battery_low and low.battery is None
    assert hear(low, signal(Kind.BATTERY, battery=80, detail="low"), ZIGBEE, 2).battery_low
    assert not hear(low, signal(Kind.BATTERY, detail="fine"), ZIGBEE, 2).battery_low


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
    assert state_of(DEVICE, health, 2).flags == ("tamper",)
    assert state_of(DEVICE, hear(health, signal(Kind.TAMPER, 3, detail="closed"), DEVICE, 3), 3).flags == ()


def test_changes_are_what_differs_from_what_was_told_and_nothing_else():
    ok = DeviceState("a", "ok", NOW, 80, ())
    assert changes([ok], {}) == [ok]
    assert changes([ok], {"a": ok.said()}) == []
    assert changes([DeviceState("a", "ok", NOW, 79, ())], {"a": ok.said()}) == []
    silent = DeviceState("a", "silent", NOW, 80, ())
    assert changes([silent], {"a": ok.said()}) == [silent]
    assert changes([DeviceState("b", "unknown", None, None, ())], {}) == []
