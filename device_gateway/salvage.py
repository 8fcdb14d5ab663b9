"""What the spool holds and nobody can read: it may be a press, so it is raised raw, as one, and kept aside for a person to look at."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from server.core.signals import Doubt, Kind, Signal

from device_gateway.dialects import fingerprint
from device_gateway.wire import from_wire

WAL = "-wal"  # SQLite's name for what it has yet to write into a file


def read_row(text: object, offices: Sequence[str]) -> tuple[Signal, bool]:
    """The signal of one row, and whether it could be read. What could not is a panic of the device and office that it names, if it does."""
    try:
        row = json.loads(text)  # type: ignore[arg-type]
    except (ValueError, TypeError, RecursionError):
        row = None
    try:
        return from_wire(row), True
    except Exception:  # whatever is wrong with it, the other rows go on
        known = row if isinstance(row, dict) else {}
    device_id = _name(known.get("device_id"))
    office_id = known.get("office_id") if known.get("office_id") in offices else offices[0]
    made_id = f"{device_id or 'unknown'}-spool-{fingerprint(text if isinstance(text, bytes) else repr(text).encode())}"
    return _raw(made_id, office_id, device_id, _heard_at(known.get("heard_at")), "spool row unreadable"), False


def of_file(name: str, offices: Iterable[str]) -> list[Signal]:
    """A whole file that is no database any more: a press in it may have been of any office. The ids are the same each time they are made."""
    return [_raw(f"unknown-{name}-{office}", office, None, datetime.now(UTC), "spool unreadable") for office in offices]


def broken_files(spool: Path) -> list[str]:
    """Names of the files that have been put aside whole and that still lie there."""
    return sorted(file.name for file in spool.parent.glob(f"{spool.name}.broken-*") if not file.name.endswith(WAL))


def lies_aside(spool: Path) -> bool:
    """Whether anything has been put aside that nobody has looked at and moved."""
    return any(spool.parent.glob(f"{spool.name}.broken-*")) or any(spool.parent.glob(f"{spool.name}.rows-*"))


def put_aside(spool: Path) -> str:
    """The whole file, with what SQLite had not yet written into it. Gives its new name; raises OSError."""
    kept = spool.with_name(f"{spool.name}.broken-{int(time.time())}")
    spool.rename(kept)
    wal = spool.with_name(spool.name + WAL)
    if wal.exists():
        wal.rename(kept.with_name(kept.name + WAL))
    spool.with_name(f"{spool.name}-shm").unlink(missing_ok=True)
    return kept.name


def keep_rows(spool: Path, rows: Sequence[object]) -> str:
    """Rows that cannot be read, one a line. Gives the file's name; raises OSError."""
    kept = spool.with_name(f"{spool.name}.rows-{int(time.time())}")
    kept.touch(mode=0o600)
    kept.write_bytes(b"".join((row if isinstance(row, bytes) else repr(row).encode()) + b"\n" for row in rows))
    return kept.name


def _raw(made_id: str, office_id: str, device_id: str | None, heard_at: datetime, detail: str) -> Signal:
    return Signal(made_id, Kind.PANIC, office_id, heard_at, device_id, verified=False, doubt=Doubt.UNDECODABLE, detail=detail)


def _name(given: object) -> str | None:
    return given if isinstance(given, str) and given else None


def _heard_at(given: object) -> datetime:
    try:
        at = datetime.fromisoformat(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return datetime.now(UTC)
    return at if at.tzinfo is not None else datetime.now(UTC)
