"""What stands around the gateway in its tests: a server at the contract of docs/api.md, and hand-made device messages."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OFFICE = "nav-fjordvik"
KEY = bytes(range(32))
TOKEN = "token-of-this-gateway"


class Server:
    """A small server that keeps the contract and remembers what it was told. `refuse` may answer for it: (signals) -> status."""

    def __init__(self, port: int = 0, devices: tuple[str, ...] = ("desk-1",), tls: Path | None = None) -> None:
        self.committed: dict[str, dict] = {}
        self.posts: list[list[dict]] = []
        self.heartbeats: list[dict] = []
        self.outcomes: list[dict] = []
        self.orders: list[dict] = []
        self.devices = [{"id": d, "office_id": OFFICE, "kind": "button", "key_hex": KEY.hex(), "heartbeat_s": 30} for d in devices]
        self.dialects: list[dict] = []
        self.table: dict = {"wait_s": {"panic": 2, "assist": 2}, "devices": {}, "strangers": {}, "armed": {}}
        self.table_answer: Callable[[str], bytes] = lambda nonce: table_answer(self.table, nonce)
        self.lists_changed = False
        self.proofs: list[dict] = []
        self.refuse: Callable[[list[dict]], int | None] = lambda signals: None
        self.hold = threading.Event()  # cleared: posts of signals wait unanswered
        self.hold.set()
        self.known = threading.Event()  # cleared: questions for the list of devices wait unanswered
        self.known.set()
        self.life = 0  # one more: what is held was never committed, as after a crash of the server
        self.fail: dict[str, dict] = {}  # signal id -> receipt to give instead
        self._open: list[socket.socket] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def setup(self) -> None:
                super().setup()
                server._open.append(self.connection)

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                server._get(self)

            def do_POST(self) -> None:
                server._post(self)

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]  # a gateway that was killed is no news
        self.port = self._http.server_port
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        if tls is not None:  # a folder that `varde certificates` has made
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls / "web.pem", tls / "web.key")
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Gone, and with it what was connected."""
        self.hold.set()
        self.known.set()
        self._http.shutdown()
        self._http.server_close()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        if request.path == "/api/gateway/devices":
            self.known.wait()
            return _answer(request, 200, {"devices": self.devices, "dialects": self.dialects})
        if request.path.startswith("/api/gateway/table?nonce="):
            return _answer(request, 200, self.table_answer(request.path.partition("=")[2]))
        until = time.monotonic() + 1.0
        while not self.orders and not self.proofs and not self.lists_changed and time.monotonic() < until:
            time.sleep(0.01)
        orders, self.orders = self.orders, []
        changed, self.lists_changed = self.lists_changed, False
        proofs, self.proofs = self.proofs, []
        return _answer(request, 200, {"orders": orders, "proofs": proofs, "lists_changed": changed})

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return _answer(request, 401, {})
        if request.path.endswith("/heartbeat"):
            self.heartbeats.append(body)
            return _answer(request, 204)
        if request.path.endswith("/orders"):
            self.outcomes += body["outcomes"]
            return _answer(request, 204)
        return self._signals(request, body["signals"])

    def _signals(self, request: BaseHTTPRequestHandler, signals: list[dict]) -> None:
        self.posts.append(signals)
        life = self.life
        self.hold.wait()
        status = self.refuse(signals) if life == self.life else 503
        if status is not None:
            return _answer(request, status, {})
        receipts = []
        for signal in signals:
            if signal["id"] in self.fail:
                receipts.append({"signal_id": signal["id"], "alarm_id": None, **self.fail[signal["id"]]})
                continue
            outcome = "repeated" if signal["id"] in self.committed else "noted" if signal["retained"] else "opened"
            self.committed.setdefault(signal["id"], signal)
            receipts.append({"signal_id": signal["id"], "outcome": outcome, "alarm_id": "a-1", "retry": False})
        return _answer(request, 200, {"receipts": receipts})


def table_answer(table: dict, nonce: str, token: str = TOKEN, made_at: str = "2026-11-21T14:00:00+00:00") -> bytes:
    """A local table as docs/api.md has it, signed: written here once more and not taken from the gateway or the server."""
    text = json.dumps({"v": 1, "nonce": nonce, "made_at": made_at, **table})
    key = hmac.new(token.encode(), b"varde local table", hashlib.sha256).digest()
    return json.dumps({"table": text, "signature": hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}).encode()


def _answer(request: BaseHTTPRequestHandler, status: int, body: dict | bytes | None = None) -> None:
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        request.send_response(status)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)
        request.wfile.flush()
    except OSError:
        pass  # the gateway was killed


def signed(topic: str, words: dict, key: bytes = KEY) -> bytes:
    """A device's message, written here once more and not taken from the gateway, so that both must agree with the document."""
    line = json.dumps(words).encode()
    return line + b"\n" + hmac.new(key, topic.encode() + b"\n" + line, hashlib.sha256).hexdigest().encode()


def press(n: int, device: str = "desk-1", boot: int = 7, kind: str = "panic", **more: object) -> tuple[str, bytes]:
    """Topic and payload of one signed message."""
    topic = f"varde/{OFFICE}/{device}/up"
    words = {
        "v": 1,
        "device": device,
        "boot": boot,
        "n": n,
        "kind": kind,
        "pressed_at": 1763700000,
        "battery": 87,
        "position": None,
        "detail": None,
    }
    return topic, signed(topic, words | more)


def until(true: Callable[[], object], within_s: float = 30.0) -> object:
    """Waits for something to come true; fails the test when it does not."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("did not come true in time")
