"""Tells systemd that the server is up, how it is, and that it is not stuck. Where systemd did not start it, nothing happens.

The watchdog is fed only while the parts of the alarm path run and the server answers a request: then a restart would mend nothing. A database
that is away does not stop the feeding, since a restarted server would find it as far away.
"""

from __future__ import annotations

import http.client
import os
import socket
import threading
from collections.abc import Mapping

from server.flow.readiness import Readiness

ASK_EVERY_S = 5.0
FIRST_S = 0.1
ANSWER_S = 5.0
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def notify(words: str, environment: Mapping[str, str] = os.environ) -> None:
    """One datagram to the service manager, as sd_notify(3) describes it."""
    address = environment.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(words.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            pass  # nobody listens any more: no reason to stop


class Pulse:
    """A thread that says READY once the server answers, and then WATCHDOG and STATUS as long as it should run on."""

    def __init__(self, readiness: Readiness, host: str, port: int) -> None:
        self._readiness, self._host, self._port = readiness, WILDCARDS.get(host, host), port
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        if os.environ.get("NOTIFY_SOCKET"):
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        notify("STOPPING=1")

    def _run(self) -> None:
        while not self._answers():
            if self._stopping.wait(FIRST_S):
                return
        notify("READY=1")
        while not self._stopping.is_set():
            if self._readiness.carries() and self._answers():
                notify(f"WATCHDOG=1\nSTATUS={self._status()}")
            self._stopping.wait(ASK_EVERY_S)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_S)
        try:
            connection.request("GET", "/api/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _status(self) -> str:
        found = dict.fromkeys(problem.what for problem in self._readiness.problems())
        return ", ".join(found) or "all is well"
