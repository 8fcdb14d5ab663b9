"""The memory twin's sessions and phones' keys."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime

from server.core.device_keys import KEYS_MOST, DeviceKey
from server.core.values import replace
from server.store.contract import Session


class MemoryKeys:
    """A part of `MemoryStore`."""

    _lock: threading.RLock

    def __init__(self) -> None:
        super().__init__()
        self._sessions: dict[str, Session] = {}
        self._device_keys: dict[str, DeviceKey] = {}
        self._nonces: dict[tuple[str, str], datetime] = {}

    def keep_session(self, session: Session) -> None:
        with self._lock:
            self._sessions[session.token_hash] = session

    def session(self, token_hash: str, now: datetime) -> Session | None:
        with self._lock:
            kept = self._sessions.get(token_hash)
            return kept if kept is not None and kept.expires_at > now else None

    def end_session(self, token_hash: str) -> None:
        with self._lock:
            self._sessions.pop(token_hash, None)

    def keep_key(self, key: DeviceKey) -> None:
        with self._lock:
            self._device_keys[key.id] = key
            others = sorted((one for one in self._device_keys.values() if one.person_id == key.person_id and one.id != key.id), key=_unseen_longest)
            for one in others[: max(0, len(others) - KEYS_MOST + 1)]:
                self.drop_key(one.id)

    def key_of(self, key_id: str) -> DeviceKey | None:
        with self._lock:
            return self._device_keys.get(key_id)

    def keys_of(self, person_ids: Iterable[str]) -> dict[str, list[DeviceKey]]:
        wanted = set(person_ids)
        found: dict[str, list[DeviceKey]] = {}
        with self._lock:
            for key in sorted(self._device_keys.values(), key=_unseen_longest, reverse=True):
                if key.person_id in wanted:
                    found.setdefault(key.person_id, []).append(key)
        return found

    def drop_key(self, key_id: str) -> None:
        with self._lock:
            self._device_keys.pop(key_id, None)
            for session in [one for one in self._sessions.values() if one.key_id == key_id and key_id]:
                del self._sessions[session.token_hash]

    def key_seen(self, key_id: str, at: datetime) -> None:
        with self._lock:
            if key_id in self._device_keys:
                self._device_keys[key_id] = replace(self._device_keys[key_id], seen_at=at)

    def claim_nonce(self, key_id: str, nonce: str, at: datetime) -> bool:
        with self._lock:
            if (key_id, nonce) in self._nonces:
                return False
            self._nonces[(key_id, nonce)] = at
            return True

    def _prune_keys(self, before: datetime) -> int:
        old_sessions = [name for name, one in self._sessions.items() if one.expires_at < before]
        old_nonces = [name for name, at in self._nonces.items() if at < before]
        for name in old_sessions:
            del self._sessions[name]
        for nonce in old_nonces:
            del self._nonces[nonce]
        return len(old_sessions) + len(old_nonces)


def _unseen_longest(key: DeviceKey) -> tuple[datetime, str]:
    assert key.seen_at is not None, "a key is seen when it is enrolled"
    return key.seen_at, key.id
