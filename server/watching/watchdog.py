"""Tells a watchdog outside that all is well, and only then: when Varde, its machine or its line is dead, the silence rings."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

TIMEOUT_S = 5.0


class NotTold(Exception):
    """The watchdog could not be told. The text is a stable word, never the address: that is a secret."""


def tell(url: str) -> None:
    """One GET, as such services want it. Follows no redirect. Raises NotTold."""
    parts = urlsplit(url)
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers={"User-Agent": "varde"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotTold(type(error).__name__) from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotTold(f"http_{status}")
