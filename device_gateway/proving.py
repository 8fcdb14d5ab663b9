"""The daily proof's press: of a button that there is not. It goes to the real broker and comes back from it, as every press does, and alarms nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import datetime

from server.core.signals import Kind, Signal

WORD = "proof"
ID = re.compile(r"[A-Za-z0-9._-]{1,100}")


def topic_of(office_id: str) -> str:
    """Of three levels, where a device's own have four: nothing that a device says is taken for it, nor the reverse."""
    return f"varde/{office_id}/{WORD}"


def press(proof_id: str) -> bytes:
    return json.dumps({"proof": proof_id}).encode()


def office_of(topic: str, offices: Collection[str]) -> str | None:
    """The office whose proof this topic is; None where it is something else."""
    first, _, rest = topic.partition("/")
    office, _, word = rest.rpartition("/")
    return office if (first, word) == ("varde", WORD) and office in offices else None


def heard(office_id: str, payload: bytes, retained: bool, now: datetime) -> Signal | None:
    """The signal of one message; None for anything that is no run's: what comes here can never be a press."""
    try:
        proof_id = json.loads(payload)["proof"] if len(payload) < 1000 and not retained else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return Signal(proof_id, Kind.PROOF, office_id, now) if isinstance(proof_id, str) and ID.fullmatch(proof_id) else None
