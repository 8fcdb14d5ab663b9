"""One-time tokens: whoever was told by an order may answer for it, and for nothing else. Made by a key; nothing is kept, and nobody is named.

A token is `alarm.step.say.proof`. The proof covers the whole order id (with the recipient, whom the token does not show) and the purpose,
so that a receipt's token answers no call. What it is used for is kept in the order: the same one again changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

from server.core.orders import Say

PROOF_BYTES = 15
"""120 bits: 20 characters, and nobody guesses them."""

TOKEN_MOST = 200
"""A longer one is not ours."""


def token_for(key: bytes, order_id: str, purpose: str) -> str:
    """The token of one order for one purpose (`push`, `sms`, `voice`, …)."""
    alarm_id, step, say, _ = order_id.split("/", 3)
    return f"{alarm_id}.{step}.{say}.{_proof(key, order_id, purpose)}"


def alarm_of(token: str) -> str | None:
    """The alarm that a token claims to belong to; None where it cannot be one of ours."""
    parts = token.split(".")
    if len(token) > TOKEN_MOST or len(parts) != 4 or not parts[1].isdecimal() or parts[2] not in {say.value for say in Say}:
        return None
    return parts[0] or None


def order_of(key: bytes, token: str, purpose: str, recipients: Iterable[str]) -> str | None:
    """The id of the order that this token stands for, where it is one to any of these recipients; None where it is not ours."""
    if alarm_of(token) is None:
        return None
    alarm_id, step, say, proof = token.split(".")
    given = proof.encode()
    for recipient in recipients:
        order_id = f"{alarm_id}/{step}/{say}/{recipient}"
        if hmac.compare_digest(_proof(key, order_id, purpose).encode(), given):
            return order_id
    return None


def _proof(key: bytes, order_id: str, purpose: str) -> str:
    mac = hmac.new(key, f"{purpose}\x1f{order_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac[:PROOF_BYTES]).decode()
