"""The deployment's key pair for web push (VAPID), and what a phone's keys must be. One pair for life: another one ends every subscription."""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid, VapidException

CURVE = ec.SECP256R1()
CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of NIST P-256 (SEC 2): a private key is a number from 1 to this, exclusive."""


def vapid_of(secret: bytes) -> Vapid:
    """The pair that these 32 random bytes stand for; always the same one."""
    number = int.from_bytes(secret, "big") % (CURVE_ORDER - 1) + 1
    return Vapid(ec.derive_private_key(number, CURVE))


def public_key_of(vapid: Vapid) -> str:
    """What phones subscribe with: the uncompressed point, base64url without padding (RFC 8292)."""
    point = vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def usable_contact(contact: str) -> bool:
    """Whether push services will take it: Apple refuses one that is missing or on `localhost`."""
    try:
        vapid_of(b"1" * 32).sign({"aud": "https://push.example", "sub": contact})
    except VapidException:
        return False
    return re.search(r"[@/](localhost|127\.)", contact) is None


def usable_keys(p256dh: str, auth: str) -> bool:
    """A point of the curve and 16 bytes, as a browser gives them."""
    try:
        point, secret = (base64.b64decode(_padded(text), altchars=b"-_", validate=True) for text in (p256dh, auth))
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    except (ValueError, binascii.Error):
        return False
    return len(point) == 65 and len(secret) == 16


def _padded(text: str) -> bytes:
    raw = text.rstrip("=").encode()
    return raw + b"=" * (-len(raw) % 4)
