"""What the stable words of the log mean that somebody can mend, and how; and which word a connection's fault has."""

from __future__ import annotations

import ssl

_LOGIN = "the broker does not let this login in: set BROKER_USER and BROKER_PASSWORD as 'varde secrets --show' prints them, or run varde broker-files"

MEANINGS = {
    "certificate_expired": "the other end's certificate has run out: renew it there (varde certificates), or is this machine's clock right?",
    "certificate_not_valid_yet": "the other end's certificate is not valid yet: is this machine's clock right?",
    "certificate_of_unknown_authority": "the authority that signed it is not in BROKER_CA or SERVER_CA: copy the site's ca.pem here. Or is it another machine?",
    "certificate_for_another_name": "it is not for the name or address that this gateway asks for: use one that is in it, or make it anew with this --name",
    "certificate_refused": "the other end's certificate cannot be trusted",
    "no_tls": "the other end speaks no TLS there: is it the right port?",
    "http_401": "the server does not know this gateway's token: VARDE_GATEWAY_TOKEN must be the one that 'varde secrets --show' prints",
    "refused_134": _LOGIN,
    "refused_135": _LOGIN,
    "broker_rules": "the broker's rules are older than the list of devices: run varde broker-files and reload the broker",
    "wrong_signature": "it was changed on its way or on disk, or made for another gateway or token; the last good one stays in use",
    "not_the_answer": "an older table was sent again; the last good one stays in use",
    "unreadable_table": "it is no table; the last good one stays in use. Are gateway and server of the same version?",
}  # fmt: skip

# OpenSSL's numbers, as X509_verify_cert_error_string(3) lists them.
_EXPIRED, _NOT_YET, _NAME, _ADDRESS = 10, 9, 62, 64
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})


def word_for(error: BaseException | None, else_: str = "") -> str:
    """The word for why a connection could not be made: one of MEANINGS, or the exception's class name."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _UNKNOWN_AUTHORITY:
            return "certificate_of_unknown_authority"
        known = {_EXPIRED: "certificate_expired", _NOT_YET: "certificate_not_valid_yet", _NAME: "certificate_for_another_name"}
        known[_ADDRESS] = known[_NAME]
        return known.get(error.verify_code, "certificate_refused")
    if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return "no_tls"
    return type(error).__name__ if error is not None else else_
