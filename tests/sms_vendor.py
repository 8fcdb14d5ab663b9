"""A vendor of SMS that takes everything and writes down when it came, for what must be seen as it leaves a real server."""

from __future__ import annotations

import http.server
import json
import socketserver
import threading
import time
from pathlib import Path

import yaml

from bench.site import write_site
from server.core.orders import Say
from server.core.tokens import WORD

TOLD = 10


class Vendor:
    """Takes messages as an SMS provider does, and notes when each came: (visit, word, version) → seconds since 1970."""

    def __init__(self) -> None:
        self.came: dict[tuple[str, Say, int], float] = {}
        vendor = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                at = time.time()
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")
                vendor.note(json.loads(body)["token"], at)

            def log_message(self, *_: object) -> None: ...

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                """A server that is killed hangs up in the middle: that is what is tried here."""

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def note(self, token: str, at: float) -> None:
        visit_id, rest = token.split(".", 1)
        letters = len(rest) - len(rest.lstrip("0123456789"))
        self.came.setdefault((visit_id, WORD[rest[letters]], int(rest[:letters])), at)

    def stop(self) -> None:
        self._server.shutdown()


def site_with_sms(folder: Path, url: str, offices: int, people: int, buttons: int = 1) -> Path:
    """A bench site whose deployment sends SMS through the vendor at this address. Only the first few of each office are told of an alarm."""
    site = write_site(folder, offices, people, buttons)
    file = site / "deployment.yaml"
    text = yaml.safe_load(file.read_text())
    send = {"method": "POST", "url": url, "json": {"token": "{token}", "to": "{to}", "text": "{text}"}}
    profile = {"schema": "varde.provider/1", "id": "bench", "name": "Bench", "channel": "sms", "send": send}
    file.write_text(yaml.safe_dump(text | {"channels": {"sms": {"profile": profile}}}))
    for number in range(offices):
        office = site / f"o{number}.yaml"
        written = yaml.safe_load(office.read_text())
        for person in written["people"][TOLD:]:
            person["roles"] = []
        office.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True))
    return site
