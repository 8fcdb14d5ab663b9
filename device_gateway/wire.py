"""A signal as JSON, as docs/api.md has it: for the POST to the server and for the spool on disk."""

from __future__ import annotations

from datetime import UTC, datetime

from server.core.signals import Doubt, Kind, Position, Signal


def to_wire(signal: Signal) -> dict[str, object]:
    """The signal in the contract's form."""
    return {
        "id": signal.id,
        "kind": signal.kind.value,
        "device_id": signal.device_id,
        "person_id": signal.person_id,
        "office_id": signal.office_id,
        "zone_id": signal.zone_id,
        "pressed_at": time_text(signal.pressed_at),
        "heard_at": time_text(signal.heard_at),
        "retained": signal.retained,
        "verified": signal.verified,
        "doubt": signal.doubt.value if signal.doubt else None,
        "battery": signal.battery,
        "position": _position_to_wire(signal.position),
        "detail": signal.detail,
    }


def from_wire(row: dict) -> Signal:
    """The signal that `to_wire` wrote. Raises KeyError, TypeError or ValueError on anything else."""
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


def _position_to_wire(position: Position | None) -> dict[str, object] | None:
    if position is None:
        return None
    return {"lat": position.lat, "lon": position.lon, "accuracy_m": position.accuracy_m, "at": time_text(position.at)}
