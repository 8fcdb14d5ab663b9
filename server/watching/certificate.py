"""When the certificate runs out that phones are shown: from that minute on the app opens on none of them."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509

from server.flow.readiness import Readiness

TIMEOUT_S = 5.0

journal = logging.getLogger("varde")


def runs_out(address: str) -> datetime | None:
    """Of what answers at this https address, as a browser is shown it, whoever has signed it. None where nothing answers here: a server behind a proxy need
    not reach its own address. Source: `cryptography.x509`, RFC 5280, 4.1.2.5."""
    shown = ssl.create_default_context()
    shown.check_hostname, shown.verify_mode = False, ssl.CERT_NONE  # one that has run out is to be read too
    try:
        parts = urlsplit(address)
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), TIMEOUT_S) as line,
            shown.wrap_socket(line, server_hostname=parts.hostname) as secured,
        ):
            found = secured.getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(found).not_valid_after_utc if found else None
    except (OSError, ValueError) as error:
        journal.info("certificate_not_seen", extra={"address": address, "reason": type(error).__name__})
        return None


def look(readiness: Readiness, addresses: Iterable[str]) -> None:
    """Notes when the one that runs out first does so. What cannot be seen from here is no finding."""
    seen = {address: runs_out(address) for address in addresses if address.startswith("https://")}
    readiness.certificates = {address: at for address, at in seen.items() if at is not None}
