"""PIN and duress PIN: both are checked in the same time and answered alike."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from enum import Enum

from server.flow.context import Context
from server.store.contract import Pins

from server.core.values import replace

COST = {"n": 2**12, "r": 8, "p": 1}
"""About 10 ms a try: a four-digit PIN is protected by the count of wrong tries, not by the hash."""


GUESSES = 5
"""Wrong tries in a row that somebody in a hurry may make. From then on each try is slow, right ones too: nobody can tell that it was noticed."""
SLOW_S = 2.0


class Verdict(Enum):
    RIGHT = "right"
    DURESS = "duress"
    WRONG = "wrong"


def hashed(pin: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${hashlib.scrypt(pin.encode(), salt=salt, **COST).hex()}"


def check(context: Context, person_id: str, pin: str) -> Verdict:
    """Right, duress or wrong. Somebody without a PIN has none that is right."""
    kept = context.store.pins(person_id)
    if kept is None:
        return Verdict.WRONG
    if kept.wrong >= GUESSES:
        wait(SLOW_S)
    right, duress = _same(pin, kept.pin_hash), _same(pin, kept.duress_hash)
    verdict = Verdict.DURESS if duress else Verdict.RIGHT if right else Verdict.WRONG
    wrong = kept.wrong + 1 if verdict is Verdict.WRONG else 0
    if wrong != kept.wrong:
        context.store.set_pins(replace(kept, wrong=wrong))
    return verdict


def guessed(context: Context, person_id: str) -> bool:
    """Whether the last wrong try was the one too many: true once for each series of guesses."""
    kept = context.store.pins(person_id)
    return kept is not None and kept.wrong == GUESSES


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def keep(context: Context, person_id: str, pin: str, duress_pin: str) -> None:
    context.store.set_pins(Pins(person_id, hashed(pin), hashed(duress_pin)))


def keep_published(context: Context, wanted: Mapping[str, tuple[str, str]]) -> None:
    """The demo's PINs, for those who have none yet. They stand on its sign-in page, so those who have the same share a hash: one for each would keep
    the first start waiting for seconds."""
    hashes: dict[str, str] = {}
    for person_id, pair in wanted.items():
        if context.store.pins(person_id) is None:
            pin, duress_pin = (hashes.get(one) or hashes.setdefault(one, hashed(one)) for one in pair)
            context.store.set_pins(Pins(person_id, pin, duress_pin))


def _same(pin: str, kept: str) -> bool:
    salt, _, digest = kept.partition("$")
    return hmac.compare_digest(hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), **COST).hex(), digest)
