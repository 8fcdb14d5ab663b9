"""The memory twin's phones."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from server.core.phones import PHONES_MOST, TEST_AGAIN_S, Phone, Pushed, after_push, after_show, signed_up
from server.core.values import replace


class MemoryPhones:
    """A part of `MemoryStore`."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._phones: dict[str, Phone] = {}

    def keep_phone(self, phone: Phone) -> Phone:
        with self._lock:
            kept = signed_up(self._phones.get(phone.id), phone)
            for other in list(self._phones.values()):
                if other.endpoint == kept.endpoint and other.endpoint:
                    del self._phones[other.id]
            self._phones[kept.id] = kept
            for other in [one for one in self._newest_first(kept.person_id) if one.id != kept.id][PHONES_MOST - 1 :]:
                del self._phones[other.id]
            return kept

    def drop_phone(self, phone_id: str) -> None:
        with self._lock:
            self._phones.pop(phone_id, None)

    def phone(self, phone_id: str) -> Phone | None:
        with self._lock:
            return self._phones.get(phone_id)

    def phones_of(self, person_ids: Iterable[str]) -> dict[str, list[Phone]]:
        with self._lock:
            found = {person_id: self._newest_first(person_id) for person_id in person_ids}
        return {person_id: phones for person_id, phones in found.items() if phones}

    def phones(self) -> list[Phone]:
        with self._lock:
            return sorted(self._phones.values(), key=lambda phone: phone.id)

    def pushed(self, answers: Sequence[Pushed]) -> None:
        with self._lock:
            for one in answers:
                if one.phone_id in self._phones:
                    self._phones[one.phone_id] = after_push(self._phones[one.phone_id], one)

    def shown(self, phone_id: str, sent_at: datetime) -> bool:
        with self._lock:
            before = self._phones.get(phone_id)
            if before is None or (after := after_show(before, sent_at)) is before:
                return False
            self._phones[phone_id] = after
            return True

    def claim_test(self, phone_id: str, now: datetime, again_s: float = TEST_AGAIN_S) -> bool:
        with self._lock:
            phone = self._phones.get(phone_id)
            if phone is None or (phone.tested_at and phone.tested_at > now - timedelta(seconds=again_s)):
                return False
            self._phones[phone_id] = replace(phone, tested_at=now)
            return True

    def _newest_first(self, person_id: str) -> list[Phone]:
        own = [phone for phone in self._phones.values() if phone.person_id == person_id]
        return sorted(sorted(own, key=lambda phone: phone.id), key=lambda phone: phone.renewed_at, reverse=True)  # type: ignore[arg-type, return-value]
