"""One-time tokens: whoever was told by an order may answer for it, and for nothing else. Made by a key; nothing is kept, and nobody is named.

A token is `alarm.what`, and what holds the step, the word, and a proof. Of a visit or a drill, whose id is long, the id stands in it in its short form,
and no point after it. The proof covers the whole order id (with the recipient, whom the token does
not show) and the purpose, so that a receipt's token answers no call. What it is used for is kept in the order: the same one again changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from server.core.orders import Say

GIVEN_BACK = 36
"""Letters of ours that every SMS provider takes, and gives back (Sveve's API: `ref`). A message with more of them may be refused whole."""

PROOF_LETTERS = {"sms": 8}
"""48 bits, so that a token is no longer than what is given back: nobody guesses them by asking us."""
LETTERS = 20
"""120 bits."""

TOKEN_MOST = 200
"""A longer one is not ours."""

LETTER = {
    Say.ALARM: "a", Say.ALL_CLEAR: "c", Say.MAY_BE_OVER: "o", Say.CHANGED: "h", Say.ASK: "q", Say.CANCELLED: "x", Say.COMING: "k", Say.THERE: "t",
    Say.POLICE: "p", Say.CALLED_OFF: "f", Say.ENDED: "e", Say.VISIT_NOTICE: "A", Say.VISIT_LATE: "B", Say.VISIT_RECALL: "C", Say.VISIT_DECIDED: "D",
    Say.VISIT_NOT_STARTED: "E", Say.VISIT_PLANNED: "F", Say.VISIT_CONTACT_SAID_NO: "G", Say.VISIT_ASKED: "H", Say.VISIT_APPROVE: "I",
    Say.VISIT_STARTED: "J", Say.VISIT_CALL: "K", Say.VISIT_LEADER: "L", Say.VISIT_HEARD: "M", Say.VISIT_HOME: "N", Say.VISIT_CANCELLED: "O",
    Say.VISIT_PIN_GUESSED: "P", Say.DRILL_APPROVE: "Q", Say.DRILL_DECIDED: "R", Say.DRILL_NOT_STARTED: "S", Say.DRILL_OVERRUN: "T", Say.DRILL_REPORT: "U",
    Say.DRILL_ANNOUNCED: "V", Say.DRILL_CHANGED: "W", Say.DRILL_CANCELLED: "X", Say.DRILL_SOON: "Y", Say.DRILL_STARTS: "Z", Say.DRILL_INJECT: "b",
    Say.DRILL_STOPPED: "d", Say.DRILL_EVALUATE: "g", Say.DRILL_FINDING: "i", Say.DRILL_FINDING_DUE: "j", Say.VISIT_REPORT: "l",
    Say.DRILL_CUE: "m", Say.WISH_TO_TALK: "n", Say.RECEIVED: "r", Say.VISIT_ALARM_LOST: "s", Say.VISIT_ALARM_OPENED: "u", Say.VISIT_ALARM_BACK: "v",
    Say.STILL_ON: "w", Say.DRILL_PLANNED: "y", Say.DRILL_NOT_PLANNED: "z", Say.DRILL_OVERDUE: "_a",
}  # fmt: skip
"""One for each word that an order may say, behind a low line since the single ones are used up. Never given to another: tokens are out there."""
WORD = {letter: say for say, letter in LETTER.items()}

SHAPE = re.compile(r"(?:([^./\s]{1,60})\.|([A-Z][A-Za-z0-9_-]{22}))([0-9]{1,9})(_?[A-Za-z])([A-Za-z0-9_-]{8,40})\Z")
LONG = re.compile(r"([a-z])-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z")
"""The id of a visit or a drill: a letter, and the UUID that a screen made."""


def token_for(key: bytes, order_id: str, purpose: str) -> str:
    """The token of one order for one purpose (`push`, `sms`, `voice`, …)."""
    alarm_id, step, say, _ = order_id.split("/", 3)
    return f"{_written(alarm_id)}{step}{LETTER[Say(say)]}{_proof(key, order_id, purpose)}"


def alarm_of(token: str) -> str | None:
    """The alarm that a token claims to belong to; None where it cannot be one of ours."""
    shape = SHAPE.match(token) if len(token) <= TOKEN_MOST and token.isascii() else None
    return _read(shape) if shape and shape[4] in WORD else None


def order_of(key: bytes, token: str, purpose: str, recipients: Iterable[str]) -> str | None:
    """The id of the order that this token stands for, where it is one to any of these recipients; None where it is not ours."""
    if alarm_of(token) is None:
        return None
    shape = SHAPE.match(token)
    assert shape is not None
    alarm_id, (step, letter, proof) = _read(shape), shape.groups()[2:]
    given = proof.encode()
    for recipient in recipients:
        order_id = f"{alarm_id}/{step}/{WORD[letter]}/{recipient}"
        if hmac.compare_digest(_proof(key, order_id, purpose).encode(), given):
            return order_id
    return None


def _written(alarm_id: str) -> str:
    """An id as it stands in a token: as it is with a point after it, or, a long one, as a capital letter and 22 of Base64."""
    long = LONG.match(alarm_id)
    if long is None:
        return f"{alarm_id}."
    return long[1].upper() + base64.urlsafe_b64encode(bytes.fromhex(long[2].replace("-", ""))).decode().rstrip("=")


def _read(shape: re.Match[str]) -> str:
    if shape[1] is not None:
        return shape[1]
    digits = base64.urlsafe_b64decode(shape[2][1:] + "==").hex()
    return f"{shape[2][0].lower()}-{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _proof(key: bytes, order_id: str, purpose: str) -> str:
    mac = hmac.new(key, f"{purpose}\x1f{order_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).decode()[: PROOF_LETTERS.get(purpose, LETTERS)]
