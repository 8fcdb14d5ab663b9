"""Vendors as they are: real HTTP and SMTP servers on this machine that answer well, badly, slowly or never, and write down what they were asked."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from tests.stack import free_port


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Vendor:
    """`answer(status, body, headers)` sets what everybody is answered; `hang()` answers nobody; `drip()` sends its headers and never the rest."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    hanging: bool = False
    dripping: bool = False

    def __post_init__(self) -> None:
        self.go = threading.Event()
        self.lines: list[socket.socket] = []
        """The connections that were made to it."""
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                vendor.lines.append(self.connection)

            def do_POST(self) -> None:
                split = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                vendor.asked.append(Asked(self.command, split.path, dict(parse_qsl(split.query)), {k.lower(): v for k, v in self.headers.items()}, body))
                if vendor.hanging:
                    vendor.go.wait(20)
                    self.close_connection = True
                    return
                said = vendor.body.encode()
                self.send_response(vendor.status)
                for name, value in vendor.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(said) + 1000 * vendor.dripping))
                self.end_headers()
                self.wfile.write(said)
                if vendor.dripping:
                    self.wfile.flush()
                    while not vendor.go.wait(0.05):
                        self.wfile.write(b" ")
                        self.wfile.flush()
                    self.close_connection = True

            do_GET = do_PUT = do_POST

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a caller that does not wait for the end is no fault
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, status: int, body: object = "", **headers: str) -> None:
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}
        self.body = body if isinstance(body, str) else json.dumps(body)

    def hang_up(self) -> None:
        for line in self.lines:
            line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.go.set()
        self._server.shutdown()
        self._server.server_close()


class MailServer:
    """A real SMTP server. `refuse`: the answer to each recipient; `login`: who may send."""

    def __init__(self, refuse: str = "", login: tuple[str, str] | None = None) -> None:
        self.mails: list[tuple[list[str], bytes]] = []
        self.refuse, self._open = refuse, True
        self.logins: list[bytes] = []

        def authenticate(_server: object, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
            self.logins.append(data.login)
            return AuthResult(success=login is not None and (data.login, data.password) == (login[0].encode(), login[1].encode()), handled=False)

        self._controller = Controller(
            self, "127.0.0.1", free_port(), authenticator=authenticate if login else None, auth_required=login is not None, auth_require_tls=False
        )
        self._controller.start()

    @property
    def port(self) -> int:
        return int(self._controller.port)

    async def handle_RCPT(self, _server: object, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append((list(envelope.rcpt_tos), envelope.content))
        return "250 kept"

    def close(self) -> None:
        if self._open:
            self._open = False
            self._controller.stop(no_assert=True)


class Proxy(threading.Thread):
    """Notes where it is asked to go to, and answers in its place."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        self.asked: list[str] = []
        self.start()

    def named(self, monkeypatch: pytest.MonkeyPatch, but_not: str) -> None:
        """In the environment, as an office's machine has it."""
        monkeypatch.setenv("http_proxy", self.url)
        monkeypatch.setenv("no_proxy", but_not)

    def close(self) -> None:
        self.door.close()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.door.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(65536).split(b"\r\n")[0].decode())
                connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
