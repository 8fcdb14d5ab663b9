"""The local page: what this gateway knows when no server answers, on an address inside the house. Off unless it is asked for.

It ends no alarm and names nobody. The one thing that may be done on it is to mute the sounders.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from server.core.phrases import language_of

from device_gateway.local_page_words import SCRIPT, STYLE, House, as_of, hash_of, inside, page
from device_gateway.log import ProgramLog

AGAIN_S = 5.0  # until the address is tried again, where it is not there (yet)
AT_ONCE_MAX = 16
POLICY = (
    f"default-src 'none'; style-src {hash_of(STYLE)}; script-src {hash_of(SCRIPT)}; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class LocalPage:
    """`address`: host and port, or None for no page. `house()` is what is shown; `mute()` what the button does."""

    def __init__(self, address: tuple[str, int] | None, house: Callable[[], House], mute: Callable[[], None], log: ProgramLog) -> None:
        self._address = address
        self._house = house
        self._mute = mute
        self._log = log
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        if self._address is not None:
            threading.Thread(target=self._run, name="page", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()

    def _run(self) -> None:
        """Whatever befalls the page, presses do not wait for it."""
        assert self._address is not None
        while not self._stopping.is_set():
            try:
                self._server = _Server(self._address, _handler(self._house, self._mute))
            except OSError as error:
                self._log.trouble("page_not_open", type(error).__name__, port=self._address[1])
                self._stopping.wait(AGAIN_S)
                continue
            self._log.well("page_not_open")
            with self._server:
                self._server.serve_forever(poll_interval=0.2)


def inside_the_house(host: str) -> bool:
    """Whether an address is this machine's own or of a private network: no port is open towards the internet."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_private) and not mapped.is_unspecified


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._room = threading.BoundedSemaphore(AT_ONCE_MAX)
        super().__init__(address, handler)

    def verify_request(self, request: object, client_address: tuple[str, int]) -> bool:
        """Nobody from outside, also where somebody has led a port here; and only so many at once."""
        return inside_the_house(client_address[0]) and self._room.acquire(blocking=False)

    def process_request_thread(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a browser that goes away is no news


def _handler(house: Callable[[], House], mute: Callable[[], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5
        server_version, sys_version = "Varde", ""

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            language, now = _language(parts.query, self.headers.get("Accept-Language", "")), datetime.now(UTC)
            if not _named_by_number(self.headers.get("Host", "")):
                self._answer(421, "Use the address in numbers.")
            elif parts.path == "/":
                self._answer(200, page(house(), language, now), "text/html")
            elif parts.path == "/now":
                self._answer(200, json.dumps({"main": inside(house(), language), "at": as_of(language, now)}), "application/json")
            else:
                self._answer(404, "There is only one page here: /")

        def do_POST(self) -> None:
            """Only from the page itself: no other site that somebody has open may mute a house."""
            parts, host = urlsplit(self.path), self.headers.get("Host", "")
            if parts.path != "/mute":
                self._answer(404, "There is only one page here: /")
            elif not _named_by_number(host) or self.headers.get("Origin") != f"http://{host}":
                self._answer(403, "Press the button on the page itself.")
            else:
                mute()
                self.send_response(303)
                self.send_header("Location", "/?lang=" + _language(parts.query, ""))
                self.send_header("Content-Length", "0")
                self.end_headers()

        def _answer(self, status: int, text: str, kind: str = "text/plain") -> None:
            body = text.encode()
            self.send_response(status)
            for name, value in (
                ("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"),
                ("Content-Security-Policy", POLICY), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
            ):  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _language(query: str, accepted: str) -> str:
    """The one that was asked for, else the first of the browser's that there is, else bokmål."""
    wanted = [parse_qs(query).get("lang", [""])[0], *(part.partition(";")[0].strip().partition("-")[0] for part in accepted.split(","))]
    return language_of(wanted)


def _named_by_number(host: str) -> bool:
    """A name could be anybody's, and lead a browser here that believes to be elsewhere."""
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or inside_the_house(name)
