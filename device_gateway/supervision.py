"""How each device is, from what it said and when: pure decisions, with the times passed in. Unknown is never shown as fine.

Silence is reckoned on the *listening clock* (`_s`): the seconds during which this gateway had its broker. It stands still while the
gateway is deaf, and goes on where it was after a restart, so that a device which reports once a day is neither blamed for the
gateway's absence nor forgiven by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from server.core.signals import Kind, Signal
from server.core.values import frozen, replace

from device_gateway.devices import Device

SILENT_AFTER_HEARTBEATS = 2.0  # one may be late or lost
SILENT_GRACE_S = 5.0
BATTERY_LOW_AT = 20  # percent
BATTERY_FINE_AT = 30  # well above, so that a cold morning does not make it flicker


@frozen
class Health:
    """What is known of one device. `heard_s` is on the listening clock, and says since when it is listened for where it has never been
    heard; `heard_at` is the wall's clock, for people."""

    heard_at: datetime | None = None
    heard_s: float = 0.0
    battery: int | None = None
    battery_low: bool = False
    tampered: bool = False
    offline: bool = False
    online_mark: tuple[int, int] = (-1, -1)  # boot and number of the last `online`: an older will is stale


@frozen
class DeviceState:
    """One row of the report: `state` is ok, silent, offline, or unknown while it is too early or too late to say."""

    device_id: str
    state: str
    heard_at: datetime | None
    battery: int | None
    flags: tuple[str, ...]

    def said(self) -> tuple[object, ...]:
        """What counts as a change when it differs. When it was last heard does not."""
        return self.state, self.flags, self.battery


def hear(before: Health, signal: Signal, device: Device, listened_s: float) -> Health:
    """The health after one signal. Only what the device's key proves says that it is alive, where it has a key.

    What the broker has stored of a bought device tells of its presence and its battery, and never that it lives; nor does a hub that
    says that one of its devices is there: it only has not missed it yet.
    """
    if not signal.verified and (device.key is not None or device.dialect is not None):
        return before
    if signal.retained and device.dialect is None:
        return before
    if signal.kind is Kind.OFFLINE:
        mark = _mark(signal.id)
        return before if mark is not None and mark < before.online_mark else replace(before, offline=True)
    if device.dialect is not None and (signal.retained or signal.kind is Kind.ONLINE):
        after = replace(before, offline=False) if signal.kind is Kind.ONLINE else before
    else:
        after = replace(before, heard_at=signal.heard_at, heard_s=listened_s, offline=False)
    after = _battery(after, signal)
    if signal.kind is Kind.TAMPER:
        after = replace(after, tampered=signal.detail != "closed")
    if signal.kind is Kind.ONLINE:
        after = replace(after, online_mark=_mark(signal.id) or before.online_mark)
    return after


def _battery(health: Health, signal: Signal) -> Health:
    """Percent, and where a device only says that it is low or fine, that."""
    low = health.battery_low
    if signal.battery is not None:
        low = signal.battery <= (BATTERY_FINE_AT - 1 if health.battery_low else BATTERY_LOW_AT)
    if signal.kind is Kind.BATTERY and signal.detail in ("low", "fine"):
        low = signal.detail == "low"
    percent = health.battery if signal.battery is None else signal.battery
    return health if (low, percent) == (health.battery_low, health.battery) else replace(health, battery_low=low, battery=percent)


def state_of(device: Device, health: Health, listened_s: float, now: datetime | None = None, hub: str | None = None) -> DeviceState:
    """`hub`: the state of the hub that hears this device; when that is gone, nobody knows how the device is.

    Silent: longer listened for than two heartbeats. Unknown: it would be silent by the wall's clock, but was not listened for.
    """
    patience_s = device.heartbeat_s * SILENT_AFTER_HEARTBEATS + SILENT_GRACE_S
    if hub in ("offline", "silent"):
        state = "unknown"
    elif health.offline:
        state = "offline"
    elif listened_s - health.heard_s > patience_s:
        state = "silent"
    elif health.heard_at is None or (now is not None and (now - health.heard_at).total_seconds() > patience_s):
        state = "unknown"
    else:
        state = "ok"
    flags = tuple(flag for flag, on in (("battery_low", health.battery_low), ("tamper", health.tampered)) if on)
    return DeviceState(device.id, state, health.heard_at, health.battery, flags)


def changes(states: Iterable[DeviceState], reported: Mapping[str, tuple[object, ...]]) -> list[DeviceState]:
    """Those that differ from what the server was last told. A battery that only sinks waits for the summary."""
    return [state for state in states if _worth_telling(state, reported.get(state.device_id))]


def _worth_telling(state: DeviceState, told: tuple[object, ...] | None) -> bool:
    if told is None:
        return state.state != "unknown"
    return (state.state, state.flags) != told[:2]


def _mark(signal_id: str) -> tuple[int, int] | None:
    """Boot and number out of a native id `<device>-<boot>-<n>`."""
    parts = signal_id.rsplit("-", 2)
    if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
        return int(parts[1]), int(parts[2])
    return None
