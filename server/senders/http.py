"""One HTTP call to a vendor: never followed elsewhere, never waited for longer than agreed, never more read than is needed. Typed outcomes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.utils import get_auth_from_url, prepend_scheme_if_needed, select_proxy
from urllib3 import exceptions

from server.core.orders import Result
from server.senders.contract import TIMEOUT_S, Outcome

CONNECT_S = 3.05
ANSWER_MOST = 64 * 1024
"""Bytes of an answer that are read; a vendor's answer is a few hundred."""
RETRY_AFTER_MOST_S = 3600.0
KEPT_MOST = 40
"""Connections to one address: one for each worker, and for those that stand in for workers that hang."""
HEADERS = {"User-Agent": "Varde", "Accept": "*/*"}


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
    """Keeps its connections: a new one costs two more round trips. The way out (a proxy, the office's own certificates) is found once for each address, as
    `requests` finds it. The calls are `urllib3`'s own: what `requests` puts around each of them takes as long again, and messages go out by the hundred."""

    def __init__(self) -> None:
        self._ways: dict[tuple[str, str], urllib3.PoolManager] = {}

    def call(self, call: Call) -> Answer | Outcome:
        """The vendor's answer, or an Outcome where there is none. Never raises for what the world does. From any thread."""
        ends_s = time.monotonic() + TIMEOUT_S
        try:
            body, kind = _body(call)
            headers = urllib3.HTTPHeaderDict(HEADERS | kind | (urllib3.make_headers(basic_auth=":".join(call.basic)) if call.basic else {}))
            headers.update(call.headers)
            response = self._way(call.url).request(
                call.method, _address(call), body=body, headers=headers, timeout=urllib3.Timeout(connect=CONNECT_S, read=TIMEOUT_S), retries=False,
                redirect=False, preload_content=False,
            )  # fmt: skip
        except (exceptions.NewConnectionError, exceptions.ProxyError):  # the first counts itself among the time-outs
            return Outcome(Result.RETRY, why="no_connection")
        except exceptions.TimeoutError:
            return Outcome(Result.RETRY, why="timeout")
        except exceptions.SSLError:
            return Outcome(Result.PERMANENT, why="certificate")
        except exceptions.LocationValueError:
            return Outcome(Result.PERMANENT, why="bad_address")
        except (exceptions.HTTPError, OSError, ValueError):
            return Outcome(Result.RETRY, why="no_connection")
        try:
            return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, _read(response, ends_s))
        finally:
            response.close()

    def _way(self, url: str) -> urllib3.PoolManager:
        try:
            address = urlsplit(url)[:2]
        except ValueError as error:
            raise exceptions.LocationParseError("an address") from error
        if address[0] not in ("http", "https") or not address[1]:
            raise exceptions.LocationValueError("an address")
        if address not in self._ways:
            self._ways[address] = way_out(url)
        return self._ways[address]


def way_out(url: str) -> urllib3.PoolManager:
    """As the environment says (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE and their like)."""
    found = requests.Session().merge_environment_settings(url, {}, True, None, None)
    bundle = requests.certs.where() if found["verify"] is True else found["verify"]
    trusted = {"ca_cert_dir" if Path(bundle).is_dir() else "ca_certs": bundle, "cert_reqs": "CERT_REQUIRED"}
    proxy = select_proxy(url, found["proxies"])
    if proxy is None:
        return urllib3.PoolManager(maxsize=KEPT_MOST, **trusted)
    proxy = prepend_scheme_if_needed(proxy, "http")  # many write no more than a name and a port
    name, password = get_auth_from_url(proxy)
    shown = urllib3.make_headers(proxy_basic_auth=f"{name}:{password}") if name else None
    return urllib3.ProxyManager(proxy, proxy_headers=shown, maxsize=KEPT_MOST, **trusted)


def _body(call: Call) -> tuple[bytes | None, dict[str, str]]:
    """With the header that names its kind."""
    if call.content is not None:
        return call.content, {}
    if call.json is not None:
        return json.dumps(call.json, allow_nan=False).encode(), {"Content-Type": "application/json"}
    if call.form is not None:
        return urlencode(call.form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return None, {}


def _address(call: Call) -> str:
    return f"{call.url}{'&' if urlsplit(call.url).query else '?'}{urlencode(call.query)}" if call.query else call.url


def _read(response: urllib3.BaseHTTPResponse, ends_s: float) -> str:
    """At most so much of the answer as is needed, and no longer than agreed. A slow end of it takes nothing from what the status says."""
    body = bytearray()
    try:
        while len(body) < ANSWER_MOST and time.monotonic() < ends_s:
            chunk = response.read1(4096, decode_content=True)  # what has come, and not until so much has come
            if not chunk:
                break
            body += chunk
    except (exceptions.HTTPError, OSError):
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
