"""The memory twin's proofs: runs of the daily proof, and what is proven of phone numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from server.core.numbers_proven import AGAIN_S, Number
from server.core.proof import Proof
from server.core.values import replace


class MemoryProofs:
    """A part of `MemoryStore`."""

    def __init__(self) -> None:
        super().__init__()
        self._proofs_lock = threading.RLock()
        self._proofs: dict[str, Proof] = {}
        self._numbers: dict[tuple[str, str], Number] = {}

    def numbers_of(self, person_ids: Iterable[str]) -> dict[tuple[str, str], Number]:
        wanted = set(person_ids)
        with self._proofs_lock:
            return {key: one for key, one in self._numbers.items() if key[0] in wanted}

    def prove_number(self, person_id: str, channel: str, mark: str, at: datetime) -> None:
        with self._proofs_lock:
            known = self._numbers.get((person_id, channel))
            if known is None or known.mark != mark:
                known = Number(person_id, channel, mark)
            self._numbers[person_id, channel] = replace(known, proven_at=max(at, known.proven_at or at))

    def claim_number_test(self, person_id: str, channel: str, mark: str, now: datetime, again_s: float = AGAIN_S) -> bool:
        with self._proofs_lock:
            known = self._numbers.get((person_id, channel))
            if known is None or known.mark != mark:
                known = Number(person_id, channel, mark)
            elif known.tested_at and known.tested_at > now - timedelta(seconds=again_s):
                return False
            self._numbers[person_id, channel] = replace(known, tested_at=now)
            return True

    def add_proofs(self, proofs: Iterable[Proof]) -> list[Proof]:
        with self._proofs_lock:
            return [one for one in proofs if self._proofs.setdefault(one.id, one) is one]

    def change_proofs(self, proof_ids: Iterable[str], how: Callable[[Proof], Proof]) -> list[tuple[Proof, Proof]]:
        with self._proofs_lock:
            changed = [(before, how(before)) for one in dict.fromkeys(proof_ids) if (before := self._proofs.get(one)) is not None]
            self._proofs.update((after.id, after) for _, after in changed)
            return changed

    def running_proofs(self) -> list[Proof]:
        with self._proofs_lock:
            return sorted((one for one in self._proofs.values() if one.ended_at is None), key=lambda one: (one.made_at, one.id))

    def proofs(self, office_id: str, since: datetime, limit: int = 1000) -> list[Proof]:
        with self._proofs_lock:
            found = [one for one in self._proofs.values() if one.office_id == office_id and one.made_at >= since]
        return sorted(found, key=lambda one: (one.made_at, one.id), reverse=True)[:limit]

    def newest_proofs(self, office_ids: Iterable[str], since: datetime) -> dict[str, Proof]:
        with self._proofs_lock:
            newest: dict[str, Proof] = {}
            for one in sorted(self._proofs.values(), key=lambda one: (one.made_at, one.id)):
                newest[one.office_id] = one
        return {office: newest[office] for office in office_ids if office in newest and newest[office].made_at >= since}

    def forget_proofs(self, before: datetime) -> int:
        with self._proofs_lock:
            old = [one.id for one in self._proofs.values() if one.made_at < before]
            for proof_id in old:
                del self._proofs[proof_id]
            return len(old)
