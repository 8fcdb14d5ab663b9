"""Which addresses are push services. A subscription is an address that this server will post to: it is not for its owner to choose any."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

KNOWN = ("fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com")
"""Chrome, Edge and Samsung on phones; Firefox; Safari and every browser on iPhones; Edge on Windows. Others are added by the deployment."""

ENDPOINT_MOST = 1000


def origin_of(endpoint: str) -> str:
    """Scheme, host and port: the audience of a VAPID signature, and what tells push services from each other."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def allowed(endpoint: str, more: Iterable[str] = ()) -> bool:
    """Whether this is an address of a push service, known or added (`push.example.no`, `*.example.no`, `127.0.0.1` for a trial).

    Only https, but for an added loopback address. No name or password, no other port than the usual one, but for a loopback address.
    """
    if len(endpoint) > ENDPOINT_MOST or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or parts.fragment or "\\" in endpoint:
        return False
    if host in more and _loopback(host):
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and port in (None, 443) and any(_is(host, name) for name in (*KNOWN, *more))


def _is(host: str, name: str) -> bool:
    return host.endswith(name[1:]) and host != name[2:] if name.startswith("*.") else host == name


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
