"""Tells the server how the devices and the broker are, every 15 s and at each change; and keeps the list of devices fresh."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from server.core.signals import Signal

from device_gateway.devices import Device, Listing, read_listing
from device_gateway.log import ProgramLog
from device_gateway.server_link import Refused, ServerLink, Unreachable
from device_gateway.supervision import DeviceState, Health, changes, hear, state_of
from device_gateway.wire import time_text

REPORT_EVERY_S = 15.0
LOOK_EVERY_S = 1.0
LOOK_AT_ALL_EVERY_S = 5.0  # for devices that have gone silent: looking through a large house at each press would stand in its way
TOGETHER_S = 0.5  # changes that come together go together
STORM = 20  # presses on their way to the server: until they are through, how the devices are waits for the summary
REFRESH_EVERY_S = 60.0
REFRESH_FIRST_S = 2.0  # until the server has answered once
ROWS_MAX = 400  # a body is at most 64 kB


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the reporter reads from the gateway."""

    devices: Callable[[], Mapping[str, Device]]
    take: Callable[[Listing], None]
    take_table: Callable[[bytes, str, float], None]  # the answer, the question, and when it was asked
    connected: Callable[[], bool]  # whether the broker is
    listened_s: Callable[[], float]  # the listening clock: see supervision.py
    spooled: Callable[[], int]
    spool_works: Callable[[], bool]  # whether the disk takes what is heard, and could be read
    health: dict[str, Health]  # how each device is; filled here


class Reporter:
    """`hear` may be called from any thread and returns at once."""

    def __init__(self, link: ServerLink, around: Surroundings, log: ProgramLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._link = link
        self._around = around
        self._log = log
        self._clock = clock
        self._health = around.health
        self._told: dict[str, tuple[object, ...]] = {}
        self._told_links: tuple[bool, bool] | None = None  # the broker, the spool's disk
        self._changed: deque[str] = deque()
        self._next_look_s = 0.0
        self._wake = threading.Event()
        self._refresh_wanted = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def hear(self, signal: Signal) -> None:
        device = self._around.devices().get(signal.device_id or "")
        if device is None:
            return
        listened_s = self._around.listened_s()
        before = self._health.get(device.id) or Health(heard_s=listened_s)
        after = hear(before, signal, device, listened_s)
        self._health[device.id] = after
        visible = (after.offline, after.tampered, after.battery_low)
        if visible != (before.offline, before.tampered, before.battery_low) or before.heard_at is None or self._was_missed(device.id):
            self._changed.append(device.id)
            if device.kind == "hub":
                self._next_look_s = 0.0  # nobody knows any more how those behind it are, or again
            self._wake.set()

    def look_soon(self) -> None:
        """Something about the broker has changed."""
        self._next_look_s = 0.0
        self._wake.set()

    def refresh_soon(self) -> None:
        """A device was heard that is not on the list: it may be new."""
        self._refresh_wanted = True
        self._wake.set()

    def refresh(self) -> bool:
        """Reads the list of devices now. Before `start()` it may be called by anyone, then only by the reporter's thread."""
        try:
            listing = read_listing(self._link.call("GET", "/api/gateway/devices"))
        except (Unreachable, Refused, ValueError) as error:
            reason = type(error).__name__ if isinstance(error, ValueError) else str(error)
            self._log.trouble("devices_not_read", reason)
            return False
        self._log.well("devices_not_read")
        self._around.take(listing)
        self._refresh_table()
        return True

    def _refresh_table(self) -> None:
        """What may be lit without the server. Each question is a new one, so that no older answer can stand in for it."""
        nonce, asked_s = secrets.token_hex(16), self._clock()
        try:
            answer = self._link.call("GET", f"/api/gateway/table?nonce={nonce}")
        except (Unreachable, Refused) as error:
            self._log.trouble("local_table_not_read", str(error))
            return
        self._log.well("local_table_not_read")
        self._around.take_table(answer, nonce, asked_s)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def _was_missed(self, device_id: str) -> bool:
        told = self._told.get(device_id)
        return told is not None and told[0] in ("silent", "unknown")

    def _run(self) -> None:
        next_report_s = next_refresh_s = self._clock()
        while not self._stopping:
            self._wake.wait(LOOK_EVERY_S)
            self._wake.clear()
            now_s = self._clock()
            try:
                if now_s >= next_refresh_s or (self._refresh_wanted and now_s >= next_refresh_s - REFRESH_EVERY_S + REFRESH_FIRST_S):
                    self._refresh_wanted = False
                    next_refresh_s = now_s + (REFRESH_EVERY_S if self.refresh() else REFRESH_FIRST_S)
                whole = now_s >= next_report_s
                storm = not whole and self._around.spooled() >= STORM
                if not storm and self._report(whole) and whole:
                    next_report_s = now_s + REPORT_EVERY_S
            except Exception as error:  # ours: supervision must go on
                self._log.trouble("reporter_fault", type(error).__name__)
            if not self._stopping:
                time.sleep(TOGETHER_S)

    def _report(self, whole: bool) -> bool:
        """Posts what changed, or everything. True unless the server could not be told."""
        broker_up = self._around.connected()
        states = self._states(whole) if broker_up else []  # without a broker nobody can be heard: that is said once, and no device is blamed
        rows = [state for state in states if self._known(state)] if whole else changes(states, self._told)
        links = (broker_up, self._around.spool_works())
        if not rows and not whole and links == self._told_links:
            return True
        for first in range(0, max(1, len(rows)), ROWS_MAX):
            if not self._post(rows[first : first + ROWS_MAX], *links):
                self._next_look_s = 0.0  # nothing of this is told yet
                return False
        self._told_links = links
        return True

    def _states(self, whole: bool) -> list[DeviceState]:
        devices, listened_s, now = self._around.devices(), self._around.listened_s(), datetime.now(UTC)

        def state(device: Device) -> DeviceState:
            hub = devices.get(device.hub) if device.hub else None
            # one that is new on the list is listened for from now on
            health = self._health.get(device.id) or self._health.setdefault(device.id, Health(heard_s=listened_s))
            return state_of(device, health, listened_s, now, state(hub).state if hub is not None and hub.hub is None else None)

        return [state(device) for device in self._looked_at(whole)]

    def _looked_at(self, whole: bool) -> Iterable[Device]:
        """The devices that were heard to change; now and then all of them, of which some may have gone silent."""
        devices, now_s = self._around.devices(), self._clock()
        changed = {self._changed.popleft() for _ in range(len(self._changed))}
        if whole or now_s >= self._next_look_s:
            self._next_look_s = now_s + LOOK_AT_ALL_EVERY_S
            return devices.values()
        return [devices[device_id] for device_id in changed if device_id in devices]

    def _known(self, state: DeviceState) -> bool:
        """Whether it is for the summary. A native device that has not been heard yet soon will be; then there is something to say."""
        device = self._around.devices().get(state.device_id)
        return state.state != "unknown" or state.heard_at is not None or (device is not None and device.dialect is not None)

    def _post(self, rows: list[DeviceState], broker_up: bool, spool_works: bool) -> bool:
        body = {
            "at": time_text(datetime.now(UTC)),
            "broker": "ok" if broker_up else "down",
            "devices": [
                {
                    "device_id": r.device_id,
                    "heard_at": time_text(r.heard_at),
                    "state": r.state,
                    "battery": r.battery,
                    "flags": list(r.flags),
                }
                for r in rows
            ],
            "spooled": self._around.spooled(),
            "spool": "ok" if spool_works else "broken",
        }
        try:
            self._link.call("POST", "/api/gateway/heartbeat", orjson.dumps(body))
        except (Unreachable, Refused) as error:
            self._log.trouble("heartbeat_not_taken", str(error))
            return False
        self._log.well("heartbeat_not_taken")
        self._told.update((row.device_id, row.said()) for row in rows)
        return True
