"""The memory twin's part for what people say after an alarm."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from server.core.aftermath import Aftermath, waits
from server.core.orders import Order
from server.store.kept import Change


class MemoryAftermath:
    """A part of `MemoryStore`."""

    commit: Callable[[Change], dict[str, int]]

    def __init__(self) -> None:
        super().__init__()
        self._aftermath_lock = threading.RLock()
        self._said: dict[tuple[str, str], Aftermath] = {}

    def keep_aftermath(self, said: Aftermath, orders: Sequence[Order] = ()) -> None:
        with self._aftermath_lock:
            self.commit(Change(said.at, orders=orders))
            self._said[said.alarm_id, said.person_id] = said

    def aftermath(self, alarm_ids: Iterable[str]) -> list[Aftermath]:
        wanted = set(alarm_ids)
        return self._in_order(one for one in self._all() if one.alarm_id in wanted)

    def wishes_to_talk(self) -> list[Aftermath]:
        return self._in_order(one for one in self._all() if waits(one))

    def forget_aftermath(self, before: datetime) -> int:
        with self._aftermath_lock:
            old = [key for key, one in self._said.items() if one.at < before]
            for key in old:
                del self._said[key]
        return len(old)

    def _all(self) -> list[Aftermath]:
        with self._aftermath_lock:
            return list(self._said.values())

    @staticmethod
    def _in_order(found: Iterable[Aftermath]) -> list[Aftermath]:
        return sorted(found, key=lambda one: (one.at, one.person_id))
