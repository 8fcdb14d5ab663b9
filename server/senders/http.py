"""One HTTP call to a vendor: never followed elsewhere, never waited for longer than agreed, never more read than is needed. Typed outcomes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from server.core.orders import Result
from server.senders.contract import TIMEOUT_S, Outcome

CONNECT_S = 3.05
ANSWER_MOST = 64 * 1024
"""Bytes of an answer that are read; a vendor's answer is a few hundred."""
RETRY_AFTER_MOST_S = 3600.0
AGENT = "Varde"


@dataclass(frozen=True, slots=True)
class Call:
    """`json` or `form` is the body; `content` is one that is ready (it was signed)."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    json: Any = None
    content: bytes | None = None
    basic: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    def parsed(self) -> Any:
        """The answer as JSON; None where it is not."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Caller:
    """Keeps a connection for each worker: a new one costs two more round trips. The way out (a proxy, the office's own certificates) is looked up once for
    each address: the library would search the whole environment for it at each call."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._ways: dict[tuple[str, str], dict[str, Any]] = {}

    def call(self, call: Call) -> Answer | Outcome:
        """The vendor's answer, or an Outcome where there is none. Never raises for what the world does."""
        ends_s = time.monotonic() + TIMEOUT_S
        try:
            with self._session().request(
                call.method, call.url, headers={"User-Agent": AGENT, **call.headers}, params=dict(call.query) or None,
                data=call.content if call.content is not None else call.form, json=call.json, auth=call.basic,
                timeout=(CONNECT_S, TIMEOUT_S), allow_redirects=False, **self._way(call.url),
            ) as response:  # fmt: skip
                return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, _read(response, ends_s))
        except requests.exceptions.Timeout:
            return Outcome(Result.RETRY, why="timeout")
        except requests.exceptions.SSLError:
            return Outcome(Result.PERMANENT, why="certificate")
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
            return Outcome(Result.PERMANENT, why="bad_address")
        except (requests.exceptions.RequestException, OSError, ValueError):
            return Outcome(Result.RETRY, why="no_connection")

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
            session.mount("https://", HTTPAdapter(pool_maxsize=1))
        return session

    def _way(self, url: str) -> dict[str, Any]:
        try:
            address = urlsplit(url)[:2]
        except ValueError as error:
            raise requests.exceptions.InvalidURL from error
        if address not in self._ways:
            self._ways[address] = requests.Session().merge_environment_settings(url, {}, True, None, None)
        return self._ways[address]


def _read(response: requests.Response, ends_s: float) -> str:
    """At most so much of the answer as is needed, and no longer than agreed. A slow end of it takes nothing from what the status says."""
    body = bytearray()
    try:
        while len(body) < ANSWER_MOST and time.monotonic() < ends_s:
            chunk = response.raw.read1(4096, decode_content=True)  # what has come, and not until so much has come
            if not chunk:
                break
            body += chunk
    except (urllib3.exceptions.HTTPError, OSError):
        pass
    return bytes(body[:ANSWER_MOST]).decode("utf-8", "replace")


def outcome_of(answer: Answer) -> Outcome:
    """What a status says where nothing more is known of the vendor. A redirect is never followed: what we send holds secrets."""
    status = answer.status
    if 200 <= status < 300:
        return Outcome(Result.ACCEPTED)
    if status == 429 or status == 503:
        return Outcome(Result.RETRY, retry_after_s(answer), f"http_{status}")
    if status >= 500 or status == 408:
        return Outcome(Result.RETRY, why=f"http_{status}")
    if 300 <= status < 400:
        return Outcome(Result.PERMANENT, why="redirect")
    return Outcome(Result.PERMANENT, why=f"http_{status}")


def retry_after_s(answer: Answer) -> float:
    """Seconds, from either form of Retry-After (RFC 9110); 0 where there is none that can be read."""
    text = answer.headers.get("retry-after", "").strip()
    try:
        if text.isascii() and text.isdigit():
            return min(float(text), RETRY_AFTER_MOST_S)
        if text:
            return min(max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0), RETRY_AFTER_MOST_S)
    except (ValueError, TypeError, OverflowError):
        pass
    return 0.0
