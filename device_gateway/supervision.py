"""How each device is, from what it said and when: pure decisions, with the time passed in. Unknown is never shown as fine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.signals import Kind, Signal

from device_gateway.devices import Device

SILENT_AFTER_HEARTBEATS = 2.0  # one may be late or lost
SILENT_GRACE_S = 5.0
BATTERY_LOW_AT = 20  # percent
BATTERY_FINE_AT = 30  # well above, so that a cold morning does not make it flicker


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of one device. `heard_s` is the steady clock, `heard_at` the wall's, for people."""

    heard_at: datetime | None = None
    heard_s: float = 0.0
    battery: int | None = None
    battery_low: bool = False
    tampered: bool = False
    offline: bool = False
    online_mark: tuple[int, int] = (-1, -1)  # boot and number of the last `online`: an older will is stale


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One row of the report: `state` is ok, silent, offline, or unknown while it is too early to say."""

    device_id: str
    state: str
    heard_at: datetime | None
    battery: int | None
    flags: tuple[str, ...]

    def said(self) -> tuple[object, ...]:
        """What counts as a change when it differs. When it was last heard does not."""
        return self.state, self.flags, self.battery


def hear(before: Health, signal: Signal, device: Device, now_s: float) -> Health:
    """The health after one signal. Only what the device's key proves says that it is alive, where it has a key."""
    if signal.retained or (device.key is not None and not signal.verified):
        return before
    if signal.kind is Kind.OFFLINE:
        mark = _mark(signal.id)
        return before if mark is not None and mark < before.online_mark else replace(before, offline=True)
    after = replace(before, heard_at=signal.heard_at, heard_s=now_s, offline=False)
    if signal.battery is not None:
        limit = BATTERY_FINE_AT - 1 if before.battery_low else BATTERY_LOW_AT
        after = replace(after, battery=signal.battery, battery_low=signal.battery <= limit)
    if signal.kind is Kind.TAMPER:
        after = replace(after, tampered=signal.detail != "closed")
    if signal.kind is Kind.ONLINE:
        after = replace(after, online_mark=_mark(signal.id) or before.online_mark)
    return after


def state_of(device: Device, health: Health, now_s: float, listening_since_s: float) -> DeviceState:
    """`listening_since_s` is when this gateway could last hear anything new: silence before that proves nothing."""
    quiet_s = now_s - max(health.heard_s, listening_since_s) if health.heard_at else now_s - listening_since_s
    if health.offline:
        state = "offline"
    elif quiet_s > device.heartbeat_s * SILENT_AFTER_HEARTBEATS + SILENT_GRACE_S:
        state = "silent"
    else:
        state = "ok" if health.heard_at else "unknown"
    flags = tuple(flag for flag, on in (("battery_low", health.battery_low), ("tamper", health.tampered)) if on)
    return DeviceState(device.id, state, health.heard_at, health.battery, flags)


def changes(states: Iterable[DeviceState], reported: Mapping[str, tuple[object, ...]]) -> list[DeviceState]:
    """Those that differ from what the server was last told. A battery that only sinks waits for the summary."""
    return [state for state in states if _worth_telling(state, reported.get(state.device_id))]


def _worth_telling(state: DeviceState, told: tuple[object, ...] | None) -> bool:
    if state.state == "unknown":
        return False
    return told is None or (state.state, state.flags) != told[:2]


def _mark(signal_id: str) -> tuple[int, int] | None:
    """Boot and number out of a native id `<device>-<boot>-<n>`."""
    parts = signal_id.rsplit("-", 2)
    if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
        return int(parts[1]), int(parts[2])
    return None
