"""A signal: one cry from a device, the app or a timer. Everything that cries is one, and enters by one door."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a signal says. The first eight may raise or change an alarm; the rest are quiet facts about a device or the chain."""

    PANIC = "panic"
    ASSIST = "assist"  # come calmly
    DURESS = "duress"  # a press or code that must look like nothing happened
    FALL = "fall"
    NO_MOTION = "no_motion"
    MISSED_CHECKIN = "missed_checkin"
    CALL_OFF = "call_off"
    TEST = "test"
    HEARTBEAT = "heartbeat"
    BATTERY = "battery"
    TAMPER = "tamper"
    POSITION = "position"
    ONLINE = "online"
    OFFLINE = "offline"
    PROOF = "proof"  # the daily proof's own: it has no device, and raises, joins and tests nothing


RAISING = frozenset({Kind.PANIC, Kind.ASSIST, Kind.DURESS, Kind.FALL, Kind.NO_MOTION, Kind.MISSED_CHECKIN})
"""Kinds that open an alarm where none is open."""

QUIET = frozenset({Kind.HEARTBEAT, Kind.BATTERY, Kind.TAMPER, Kind.POSITION, Kind.ONLINE, Kind.OFFLINE, Kind.PROOF})
"""Kinds that only tell how a device is."""

ASKS_FIRST = frozenset({Kind.FALL, Kind.NO_MOTION})
"""Kinds that are guesses by a machine: the person is asked before others are told. Never a press."""

PRESSES = frozenset({Kind.PANIC, Kind.ASSIST, Kind.TEST})
"""What a thumb says, and may have been announced: never a sensor's guess, nor a press that must look like nothing."""

STRENGTH = {
    Kind.TEST: 0,
    Kind.CALL_OFF: 0,
    Kind.ASSIST: 1,
    Kind.MISSED_CHECKIN: 2,
    Kind.NO_MOTION: 3,
    Kind.FALL: 4,
    Kind.PANIC: 5,
    Kind.DURESS: 6,
}
"""A signal that is stronger than all before it brings its own plan into a running alarm."""


class Doubt(StrEnum):
    """Why a signal is not fully trusted. A doubtful press raises all the same, and says so."""

    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad_signature"
    REPLAYED = "replayed"
    UNDECODABLE = "undecodable"
    UNKNOWN_DEVICE = "unknown_device"


ABSURD_S = 7 * 86_400.0
"""No press has been on its way for so long: whoever says so has a wrong clock."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where somebody was, WGS 84 degrees, with the radius in metres that the sender claims."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """One cry. Also the body of the gateway's POST: there is no twin of this shape, so it is a dataclass, which the web's door can check.

    `id` is made where it was pressed (device, boot id and counter; or the app's UUIDv7): that makes every door safe to
    knock on twice. `pressed_at` is the device's own clock: shown and kept, never trusted for deadlines. `heard_at` is when
    the gateway (or the server, for the app) first had it. `battery` is percent. `waited_s`: for how long the sender had had it
    when it sent this copy, by the sender's own reckoning; it is true also where the two clocks are apart, and is not kept.
    """

    id: str
    kind: Kind
    office_id: str
    heard_at: datetime
    device_id: str | None = None
    person_id: str | None = None
    zone_id: str | None = None
    pressed_at: datetime | None = None
    retained: bool = False
    verified: bool = True
    doubt: Doubt | None = None
    battery: int | None = None
    position: Position | None = None
    detail: str | None = None
    waited_s: float = 0.0

    def digest(self) -> str:
        """Fingerprint of what was said, without when it was heard: copies of one press have the same one."""
        # the app reckons its time of press back from an age that grows with each try: it says nothing about what was pressed
        pressed_at = self.pressed_at if self.device_id else None
        said = (self.kind, self.office_id, self.device_id, self.person_id, self.zone_id, pressed_at, self.detail)
        return hashlib.sha256("\x1f".join("" if part is None else str(part) for part in said).encode()).hexdigest()[:16]


def waited(signal: Signal) -> timedelta:
    """For how long its sender had had it when it sent this copy; what is absurd counts as a week, or as nothing."""
    return timedelta(seconds=min(signal.waited_s, ABSURD_S) if signal.waited_s > 0 else 0.0)


def boot_and_number(signal_id: str, device_id: str) -> tuple[int, int] | None:
    """The order in which a device of Varde's own has said things, from an id `<device>-<boot>-<n>`; None for any other id."""
    boot, _, number = signal_id.removeprefix(f"{device_id}-").partition("-")
    return (int(boot), int(number)) if boot.isdecimal() and number.isdecimal() else None
