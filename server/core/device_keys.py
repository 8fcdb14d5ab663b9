"""A phone's own key: made by the phone and never out of it. What it signs, and when that is good; what it gives the right to stands in `access`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from server.core.values import frozen

CLOCK_DIFFERS_S = 300
"""Phones' clocks are wrong. Beyond this what was signed is refused with the server's time, and the phone signs again by that."""

UNSEEN_DAYS = 90
"""A phone that has not been used for so long may lie in anybody's drawer."""

KEYS_MOST = 10
"""Phones of one person; a newer one takes the place of the one that has been unseen the longest."""

SEEN_EVERY_S = 3600
"""When a phone was last seen is written down no more often."""

SCHEME = "Varde"
PROOF = re.compile(SCHEME + r" ([A-Za-z0-9_-]{43})\.([0-9]{1,15})\.([A-Za-z0-9_-]{16,64})\.([A-Za-z0-9_-]{86})")
PROOF_MOST = 300


@frozen
class DeviceKey:
    """`id`: base64url of SHA-256 over the public key, so that nobody can have another one's. `public_key`: the point of P-256, uncompressed, base64url.

    `phone_id`: the same phone's id among those that are pushed to.
    """

    id: str
    person_id: str
    public_key: str
    phone_id: str = ""
    label: str = ""
    added_at: datetime | None = None
    seen_at: datetime | None = None


@frozen
class Proof:
    """What stands in the header: `Varde id.milliseconds.nonce.signature`. The signature is r and s, base64url (as WebCrypto gives them)."""

    key_id: str
    at_ms: int
    nonce: str
    signature: str


def read_proof(text: str) -> Proof | None:
    """None where it is not of that form."""
    found = PROOF.fullmatch(text) if len(text) <= PROOF_MOST else None
    return Proof(found[1], int(found[2]), found[3], found[4]) if found else None


def signed_text(proof: Proof, method: str, target: str, body_digest: str) -> bytes:
    """What the phone has signed. `target`: path and query as sent; `body_digest`: SHA-256 of the body, hex."""
    return "\n".join(("varde-key", method, target, str(proof.at_ms), proof.nonce, body_digest)).encode()


def expired(key: DeviceKey, now: datetime) -> bool:
    seen_at = key.seen_at or key.added_at
    return seen_at is None or now - seen_at > timedelta(days=UNSEEN_DAYS)


def clock_differs(proof: Proof, now: datetime) -> bool:
    return abs(proof.at_ms - now.timestamp() * 1000) > CLOCK_DIFFERS_S * 1000
