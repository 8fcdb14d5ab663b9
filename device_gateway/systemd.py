"""Tells systemd that the gateway is up and not stuck. Where systemd did not start it, nothing happens."""

from __future__ import annotations

import os
import socket


def notify(words: str) -> None:
    """One datagram to the service manager, as sd_notify(3) describes it. The server has its own: the gateway imports nothing of it."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(words.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            pass  # nobody listens any more: no reason to stop
