"""A phone of the tests, with a key of its own: signs what it sends as docs/api.md says, in words of its own, so that a mistake in ours would show."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class SigningPhone:
    """`ahead_s`: by how much its clock is wrong; `clock`: seconds since 1970."""

    def __init__(self, clock=time.time, ahead_s: float = 0) -> None:  # noqa: ANN001
        self.clock, self.ahead_s = clock, ahead_s
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key, self.id = base64url(point), base64url(hashlib.sha256(point).digest())

    def header(self, method: str, target: str, body: bytes = b"", nonce: str = "", at_ms: int | None = None) -> str:
        at_ms = at_ms if at_ms is not None else int((self.clock() + self.ahead_s) * 1000)
        nonce = nonce or secrets.token_urlsafe(18)
        text = f"varde-key\n{method}\n{target}\n{at_ms}\n{nonce}\n{hashlib.sha256(body).hexdigest()}"
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(SHA256())))
        return f"Varde {self.id}.{at_ms}.{nonce}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
