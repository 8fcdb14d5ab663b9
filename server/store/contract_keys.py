"""The part of the store's contract about who is signed in, and about phones' own keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from server.core.device_keys import DeviceKey
from server.core.values import frozen


@frozen
class Session:
    """Somebody signed in. `key_id`: of the phone that it is on, where that has a key. `signed_in_at`: with a code; None where it was opened by a PIN."""

    token_hash: str
    person_id: str
    expires_at: datetime
    key_id: str = ""
    signed_in_at: datetime | None = None


class KeyStore(Protocol):
    def keep_session(self, session: Session) -> None:
        """A new one, or another end or phone of one that is there."""

    def session(self, token_hash: str, now: datetime) -> Session | None: ...
    def end_session(self, token_hash: str) -> None: ...

    def keep_key(self, key: DeviceKey) -> None:
        """A phone is enrolled, or says more of itself. Beyond the limit the one of this person that has been unseen the longest makes room."""

    def key_of(self, key_id: str) -> DeviceKey | None: ...
    def keys_of(self, person_ids: Iterable[str]) -> dict[str, list[DeviceKey]]:
        """By person, newest first; without those who have none."""

    def drop_key(self, key_id: str) -> None:
        """The key, and every session on that phone: all or nothing. Twice is no mistake."""

    def key_seen(self, key_id: str, at: datetime) -> None: ...
    def claim_nonce(self, key_id: str, nonce: str, at: datetime) -> bool:
        """Whoever gets True was the first to come with it: what is sent a second time is refused."""
