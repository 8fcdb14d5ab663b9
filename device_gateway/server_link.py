"""One kept-alive HTTP connection to the server, used by one thread."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from server.core.signals import Signal

from device_gateway.meanings import word_for
from device_gateway.wire import to_wire

TIMEOUT_S = 4.0  # a server that does not answer in this time is asked again: its answers to repeats are the same
FRESH_S = 30.0  # it is asked something each 15 s at the least
ANSWER_MAX_BYTES = 16_000_000

_WORTH_ANOTHER_TRY = frozenset({401, 403, 404, 408, 425, 429, 502, 503, 504})
"""Statuses that say nothing about what was sent: a wrong token or address, or a server that is starting."""


class Unreachable(Exception):
    """The server did not take what was sent, whatever it was. Send it again. The text is a stable word."""


class Refused(Exception):
    """The server answered that it cannot take just this. The text is a stable word."""


class Pulse:
    """Whether the server answers, by all that asks it."""

    def __init__(self) -> None:
        self.answered_s: float | None = None
        self.failed_s: float | None = None

    def answered(self) -> None:
        self.answered_s = time.monotonic()

    def failed(self) -> None:
        self.failed_s = time.monotonic()

    def says(self) -> str:
        """ok, away, or unknown: nothing has been asked yet, or no answer is as new as it should be."""
        if self.failed_s is not None and self.failed_s > (self.answered_s or 0.0):
            return "away"
        return "ok" if self.answered_s is not None and time.monotonic() - self.answered_s < FRESH_S else "unknown"


class ServerLink:
    """Sends one request at a time. Raises Unreachable or Refused, nothing else."""

    def __init__(self, url: str, token: str, ca_file: Path | None = None, timeout_s: float = TIMEOUT_S, pulse: Pulse | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the server's address must start with http:// or https://")
        self._pulse = pulse or Pulse()
        self._base = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=ca_file)
            self._connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout_s, context=context)
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)

    def call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The answer's body, for a 2xx. http.client sets TCP_NODELAY on its socket."""
        try:
            answer = self._call(method, path, body)
        except Unreachable:
            self._pulse.failed()
            raise
        self._pulse.answered()
        return answer

    def _call(self, method: str, path: str, body: bytes | None) -> bytes:
        kept_alive = self._connection.sock is not None
        try:
            status, answer = self._once(method, path, body)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
            self.close()
            if not kept_alive:
                raise Unreachable(type(error).__name__) from None
            return self._call(method, path, body)  # the server had closed the idle connection: no fault, a fresh one at once
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise Unreachable(word_for(error)) from None
        if 200 <= status < 300:
            return answer
        if status in _WORTH_ANOTHER_TRY or status < 400:
            raise Unreachable(f"http_{status}")
        raise Refused(f"http_{status}")

    def close(self) -> None:
        self._connection.close()

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        self._connection.request(method, self._base + path, body, self._headers)
        response = self._connection.getresponse()
        answer = response.read(ANSWER_MAX_BYTES)
        if not response.isclosed():
            self.close()  # the rest of an endless answer must not be taken for the next one
        return response.status, answer


def http_post(link: ServerLink):
    """The production form of `post(signals) -> receipts`: raises Unreachable or Refused."""

    def post(signals: Sequence[Signal]) -> list[dict]:
        body = b'{"signals":[' + b",".join(map(to_wire, signals)) + b"]}"
        return read_list(link.call("POST", "/api/gateway/signals", body), "receipts")

    return post


def read_list(body: bytes, name: str) -> list[dict]:
    """The list of objects called `name` in an answer. Something else than the contract's answer is as good as no answer."""
    try:
        listed = orjson.loads(body)[name]
        if isinstance(listed, list) and all(isinstance(row, dict) for row in listed):
            return listed
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise Unreachable("strange_answer")
