"""The applied configuration: put into the database whole, taken out of it again, and watched while a server runs.

What is applied counts, on every server alike; a folder of files is only where it came from, and where an empty database begins.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.config.loading import ConfigError, Gathered, Loaded, gather, read_files
from server.config.files import content_of, digest
from server.flow.bell import Bell
from server.flow.looking import Looking
from server.store.contract import Configuration, Conflict, Store

LOOK_S = 5.0
"""What was applied through another server is seen within this, also without a bell."""
TOPIC = "configuration"
FIRST_BY = "first start"

journal = logging.getLogger("varde.configuration")


@dataclass(frozen=True, slots=True)
class Applied:
    """What was applied, and what it says. `newest` differs from its version where a newer one cannot be read here."""

    kept: Configuration
    loaded: Loaded
    newest: int


def present(store: Store) -> Applied | None:
    """What counts now; None before anything has been applied.

    Where this version of Varde cannot read the newest, the one before counts: an office that is a little out of date is better than none.
    Raises ConfigError where none can be read.
    """
    first: ConfigError | None = None
    newest = store.configured()
    for version in range(newest, 0, -1):
        kept = store.configuration(version)
        if kept is None:
            break  # older ones are no longer kept
        try:
            return Applied(kept, read_files(Gathered(kept.files), checked=True), newest)
        except ConfigError as error:
            journal.error("configuration_unreadable", extra={"version": version, "problems": len(error.problems)})
            first = first or error
    if first is not None:
        raise first
    return None


def apply(store: Store, gathered: Gathered, loaded: Loaded, by: str, at: datetime, before: int) -> Configuration:
    """Applies what was checked. The same files again change nothing, and give what is there. `before`: the version that whoever applies has
    seen; raises Conflict where that is no longer the newest."""
    fingerprint = digest(gathered.files)
    newest = store.configuration()
    if newest is not None and newest.digest == fingerprint:
        return newest
    new = Configuration(before + 1, at, by, fingerprint, gathered.files)
    store.configure(new, loaded.directory.duty)
    return new


def begin(store: Store, folder: Path, content: Path, at: Callable[[], datetime]) -> Applied:
    """What counts now; into an empty database the folder is applied first. Raises ConfigError."""
    applied = present(store)
    if applied is None:
        gathered = gather(folder, content_of(folder, content))
        loaded = read_files(gathered)
        for problem in loaded.problems:
            journal.warning("configuration_worth_knowing", extra={"file": problem.file, "line": problem.line})
        try:
            return Applied(apply(store, gathered, loaded, FIRST_BY, at(), 0), loaded, 1)
        except Conflict:  # another server began at the same moment
            applied = present(store)
            assert applied is not None
    return applied


def differs(applied: Applied, folder: Path, content: Path) -> bool:
    """Whether the folder says something else than what counts: somebody may have changed a file there and believe that it holds."""
    try:
        return digest(gather(folder, content_of(folder, content)).files) != applied.kept.digest
    except ConfigError:
        return False


class Watch:
    """The thread that sees a new configuration, reads it beside the alarm path, and hands it over: `switch` makes the server go by it."""

    def __init__(self, store: Store, bell: Bell, applied: Applied, switch: Callable[[Applied], None]) -> None:
        self._store, self._switch = store, switch
        self.applied = applied
        self._newest = self._done = applied.newest
        self._thread = Looking("configuration", self._look_on, bell, lambda topics: TOPIC in topics, again_s=LOOK_S)
        self.start, self.stop = self._thread.start, self._thread.stop

    @property
    def current(self) -> bool:
        """Whether this server goes by the newest configuration that it has heard of."""
        return self.applied.kept.version == self._newest

    def look(self) -> bool:
        """Goes by the newest, if it is new. Gives whether it was."""
        newest = self._newest = self._store.configured()
        if newest == self._done:
            return False
        try:
            applied = present(self._store)
        except ConfigError:  # said already, when it was read
            applied = None
        new = applied is not None and applied.kept.version != self.applied.kept.version
        if applied is not None and new:
            self._switch(applied)
            self.applied = applied
            journal.info("configuration_switched", extra={"version": applied.kept.version})
        self._done = newest  # one that cannot be read here is not read again and again: what runs goes on
        return new

    def _look_on(self) -> float:
        while not self._thread.stopping and self.look():
            pass
        return LOOK_S
