"""Portable alarms: who takes one from the shelf, what stands in the way, and whether it has shown since that it works."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from server.core.directory import Custody, Device, DeviceKind, Directory
from server.core.values import frozen

FLAT_PERCENT, LOW_PERCENT = 20, 40
"""Below the first an alarm is not taken along; below the second it is said."""
HEARD_S = 15 * 60
TEST_EVERY = timedelta(days=7)
"""One that nobody has pressed for as long is no longer known to work: the desk says so."""


@frozen
class Seen:
    """How a device was last seen to be, as its gateway reports it."""

    state: str = "unknown"
    heard_at: datetime | None = None
    battery: int | None = None
    tested_at: datetime | None = None


def find(text: str, offices: Iterable[str], directory: Directory) -> Device | str:
    """The portable alarm that somebody means by a scanned address, a whole id, or the number on its label. Else why not."""
    said = text.strip().rstrip("/").rsplit("/", 1)[-1].lower()
    offices = tuple(offices)
    device = directory.devices.get(said)
    if device is None and said.isdecimal():
        numbered = [d for d in directory.devices.values() if d.kind is DeviceKind.PORTABLE and d.office_id in offices and number_of(d) == int(said)]
        if len(numbered) > 1:
            return "which_one"
        device = numbered[0] if numbered else None
    if device is None:
        return "unknown_device"
    if device.kind is not DeviceKind.PORTABLE:
        return "not_portable"
    return device if device.office_id in offices else "wrong_office"


def number_of(device: Device) -> int | None:
    """The number that its label shows large: the digits at the end of its id."""
    digits = re.search(r"([0-9]{1,6})\Z", device.id)
    return int(digits[1]) if digits else None


def fixed_owner(device: Device, directory: Directory) -> str | None:
    """Whose it is by the configuration: such a one does not lie on the shelf."""
    return None if device.id in directory.custody else device.holder_id


def why_not(person_id: str, fixed: str | None, held_by: str | None, seen: Seen) -> str | None:
    """Why this person cannot take this alarm now. One that is not heard may be taken: its test press shows whether it is."""
    if fixed not in (None, person_id):
        return "someone_elses"
    if held_by not in (None, person_id):
        return "taken"
    if seen.battery is not None and seen.battery <= FLAT_PERCENT:
        return "flat_battery"
    return None


def on_shelf(office_id: str, directory: Directory) -> list[Device]:
    """Those of this office that nobody has."""
    return [d for d in directory.devices.values() if d.office_id == office_id and d.kind is DeviceKind.PORTABLE and d.holder_id is None]


def proven(custody: Custody | None, seen: Seen) -> bool:
    """Whether it has been pressed as a test since it was taken into use."""
    return seen.tested_at is not None and (custody is None or seen.tested_at >= custody.since)


def heard(device: Device, seen: Seen, now: datetime) -> bool:
    """Whether it lives, as far as anybody can know: some say so each minute, others once a day."""
    return seen.heard_at is not None and seen.state == "ok" and now - seen.heard_at <= timedelta(seconds=max(HEARD_S, 2 * device.heartbeat_s))


def wanting(seen: Seen, now: datetime) -> list[str]:
    """What the desk is told of a portable alarm beside how it is: flat, low, or not pressed for too long."""
    battery = seen.battery if seen.battery is not None else 100
    flags = ["battery_flat"] if battery <= FLAT_PERCENT else ["battery_low"] if battery <= LOW_PERCENT else []
    overdue = seen.tested_at is not None and now - seen.tested_at > TEST_EVERY  # never: the desk shows that by itself
    return [*flags, *(["test_due"] if overdue else [])]
