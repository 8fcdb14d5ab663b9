"""The log of an alarm: append-only, chained by hash over salted digests, so that tampering shows and yet a person's data can be deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from server.core.values import frozen, to_sorted_json


@frozen
class Said:
    """What a decision says has happened, before it is numbered and chained. `by` is a person id, or None for the system."""

    what: str
    by: str | None = None
    data: Mapping[str, object] | None = None


@frozen
class Entry:
    """One link. `digest` covers the data with its salt; `hash` covers the digest and the link before. The data and the salt may be
    deleted later: the chain still holds over the digest."""

    alarm_id: str
    n: int
    at: datetime
    what: str
    by: str | None
    data: str  # JSON
    salt: str
    digest: str
    hash: str


def chain(alarm_id: str, count: int, head: str, said: Iterable[Said], at: datetime, salts: Iterable[str]) -> list[Entry]:
    """Numbers and chains what was said after link `count` whose hash is `head` ("" before the first)."""
    entries = []
    said, moment = list(said), at.isoformat()
    for (n, one), salt in zip(enumerate(said, count + 1), salts):
        data = to_sorted_json(dict(one.data or {})).decode()
        digest = digest_of(one.by, data, salt)
        head = link(head, alarm_id, n, moment, one.what, digest)
        entries.append(Entry(alarm_id, n, at, one.what, one.by, data, salt, digest, head))
    assert len(entries) == len(said), "one salt for each: nothing that was said may be left out"
    return entries


def digest_of(by: str | None, data: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}\x1f{by or ''}\x1f{data}".encode()).hexdigest()


def link(head: str, alarm_id: str, n: int, at: str, what: str, digest: str) -> str:
    return hashlib.sha256(f"{head}\x1f{alarm_id}\x1f{n}\x1f{at}\x1f{what}\x1f{digest}".encode()).hexdigest()


def holds(entries: Sequence[Entry], count: int, head: str) -> bool:
    """Whether the chain holds and reaches as far as whoever it is kept for says: `count` links, the last with the hash `head`. More may have been
    written since that was read; fewer means that the end was cut."""
    return first_broken(entries) is None and len(entries) >= count and (count == 0 or entries[count - 1].hash == head)


def first_broken(entries: Iterable[Entry]) -> int | None:
    """The number of the first link that does not hold, or None. An entry whose salt was deleted is checked by its digest alone."""
    head = ""
    for expected, entry in enumerate(entries, 1):
        if entry.n != expected:
            return expected
        if not entry.salt and entry.data:
            return entry.n  # whoever takes the salt away takes the data too, or could write anything there
        if entry.salt and digest_of(entry.by, entry.data, entry.salt) != entry.digest:
            return entry.n
        if link(head, entry.alarm_id, entry.n, entry.at.isoformat(), entry.what, entry.digest) != entry.hash:
            return entry.n
        head = entry.hash
    return None
