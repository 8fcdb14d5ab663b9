"""The memory twin's applied configurations."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from server.core.directory import Duty
from server.core.values import replace
from server.store.contract import CONFIGURATIONS_KEPT, Configuration, Conflict


class MemoryConfigurations:
    """A part of `MemoryStore`, which makes what it works on."""

    _lock: threading.RLock
    _duty: dict[tuple[str, str], Duty]
    _duty_changes: int
    _configurations: list[Configuration]

    def configured(self) -> int:
        with self._lock:
            return len(self._configurations)

    def configuration(self, version: int | None = None) -> Configuration | None:
        with self._lock:
            found = [one for one in self._configurations if version in (None, one.version)]
        return found[-1] if found and found[-1].files else None

    def configurations(self) -> list[Configuration]:
        with self._lock:
            return [replace(one, files={}) for one in reversed(self._configurations)]

    def configure(self, new: Configuration, duty: Mapping[tuple[str, str], Duty]) -> None:
        with self._lock:
            if new.version != len(self._configurations) + 1:
                raise Conflict(f"version {new.version} is not the next one")
            self._configurations.append(new)
            for old in self._configurations[:-CONFIGURATIONS_KEPT]:
                self._configurations[old.version - 1] = replace(old, files={})
            for key, value in duty.items():
                self._duty.setdefault(key, value)
            self._duty_changes += 1
