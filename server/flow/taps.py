"""What the doors for taps have in common: the same tap gets the same answer, and whoever has lost a race tries again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from server.core.directory import Directory
from server.flow.context import TRIES, Context
from server.store.contract import ActionKept, Conflict

T = TypeVar("T")


@dataclass(frozen=True)
class TapAnswer(Generic[T]):
    """What became of a tap on a visit or a drill. `reason` is None where it was carried out; `after` is the thing as it is now, None where this
    person may not see it."""

    at: datetime
    after: T | None
    reason: str | None = None
    repeated: bool = False


def digest_of(person_id: str, thing_id: str, action: str, fields: Mapping[str, object]) -> str:
    """What was tapped. Not how long ago, which grows while a phone tries again; and no PIN, which could be guessed from it."""
    said = {name: value for name, value in fields.items() if name not in ("age_s", "pin")}
    return hashlib.sha256(json.dumps([person_id, thing_id, action, said], sort_keys=True, default=repr).encode()).hexdigest()[:16]


def again(kept: ActionKept, digest: str, after: T | None, now: datetime) -> TapAnswer[T]:
    """To a tap that has come before: as then. The same id with other content is a mistake of the screen's."""
    if kept.digest != digest:
        return TapAnswer(now, after, "id_used")
    return TapAnswer(kept.at, after, kept.reason, repeated=True)


def planned(
    context: Context, action_id: str, digest: str, existing: Callable[[], T | None], make: Callable[[datetime, Directory], T | str]
) -> TapAnswer[T]:
    """A new visit or drill. Its id was made on the screen: knocking twice makes one. `make` saves it, or gives the reason why not; `existing` is
    what a tap that comes again is shown."""
    for _ in range(TRIES):
        now, directory = context.now(), context.directory()
        if kept := context.store.actions([action_id]).get(action_id):
            return again(kept, digest, existing(), now)
        try:
            made = make(now, directory)
        except Conflict:
            continue
        return TapAnswer(now, None, made) if isinstance(made, str) else TapAnswer(now, made)
    return TapAnswer(context.now(), None, "busy")
