"""A press that came from a person's own phone, by whatever way: the app, the page without JavaScript, or an SMS. One press has one id on all of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.core.directory import Directory
from server.core.signals import Doubt, Kind, Signal
from server.flow.devices import keepable


def press(
    directory: Directory, person_id: str, press_id: str, now: datetime, kind: Kind = Kind.PANIC, age_s: float = 0.0, office_id: str | None = None,
    zone_id: str | None = None, stands_in: str | None = None, doubt: Doubt | None = None,
) -> Signal:  # fmt: skip
    """`press_id`: made where it was pressed (UUID); `age_s`: how long ago the thumb came down, as the phone says; `stands_in`: the zone of the person's
    own desk. A zone that is not of the office is left out: it would send people to the wrong room."""
    person = directory.people[person_id]
    office = office_id if office_id in person.offices else person.offices[0]
    zone = zone_id if directory.zone(office, zone_id) else stands_in if office == person.offices[0] else None
    pressed_at = now - timedelta(seconds=age_s) if age_s else None
    signal_id = keepable(f"{person_id}:{press_id}") or press_id
    return Signal(
        signal_id, kind, office, now, person_id=person_id, zone_id=zone, pressed_at=pressed_at, verified=doubt is None, doubt=doubt, detail="app"
    )  # fmt: skip
