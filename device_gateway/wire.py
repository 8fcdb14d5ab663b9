"""A signal as JSON, as docs/api.md has it: for the POST to the server and for the spool on disk."""

from __future__ import annotations

from datetime import UTC, datetime

from server.core.signals import Doubt, Kind, Position, Signal
from server.core.values import to_json


def to_wire(signal: Signal) -> bytes:
    """The signal in the contract's form: the names of its fields are those of the wire."""
    return to_json(signal)


def from_wire(row: dict) -> Signal:
    """The signal that `to_wire` wrote. Raises KeyError, TypeError or ValueError on anything else."""
    if not (isinstance(row["id"], str) and isinstance(row["office_id"], str)):
        raise TypeError("id and office_id are texts")
    position = row["position"]
    return Signal(
        id=row["id"],
        kind=Kind(row["kind"]),
        office_id=row["office_id"],
        heard_at=datetime.fromisoformat(row["heard_at"]),
        device_id=row["device_id"],
        person_id=row["person_id"],
        zone_id=row["zone_id"],
        pressed_at=_time(row["pressed_at"]),
        retained=row["retained"],
        verified=row["verified"],
        doubt=Doubt(row["doubt"]) if row["doubt"] else None,
        battery=row["battery"],
        position=position and Position(position["lat"], position["lon"], position["accuracy_m"], _time(position["at"])),
        detail=row["detail"],
    )


def time_text(at: datetime | None) -> str | None:
    """UTC with milliseconds and `Z`."""
    if at is None:
        return None
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds")[:-6] + "Z"  # in place of +00:00


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
