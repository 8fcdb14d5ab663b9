"""The certificate that phones are shown: a real one, by openssl, at a real TLS server."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from server.flow.readiness import Readiness
from server.site import certificates
from server.store.memory import MemoryStore
from server.watching import certificate
from tests.flow.house import House


@pytest.fixture
def readiness() -> Iterator[Readiness]:
    found = Readiness(House(MemoryStore()).context, {}, lambda: 0.0)
    found._context.now = lambda: datetime.now(UTC)  # type: ignore[method-assign]
    yield found
    found.stop()


def served(folder: Path, days: int, monkeypatch: pytest.MonkeyPatch) -> ThreadingHTTPServer:
    monkeypatch.setattr(certificates, "DAYS", days)
    certificates.make(folder, ["localhost", "127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "web.pem", folder / "web.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def found(readiness: Readiness) -> list[str]:
    return [one.detail for one in readiness.problems() if one.what == "certificate_old"]


def test_one_that_runs_out_within_two_weeks_is_a_finding_until_another_is_shown(tmp_path: Path, readiness: Readiness, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = served(tmp_path / "old", 10, monkeypatch), served(tmp_path / "new", 398, monkeypatch)
    address = "https://localhost:{}".format
    certificate.look(readiness, [address(old.server_port), address(new.server_port)])
    assert found(readiness) == [f"{address(old.server_port)} {datetime.now(UTC) + timedelta(days=10):%Y-%m-%d}"]
    certificate.look(readiness, [address(new.server_port)])
    assert found(readiness) == []
    for one in (old, new):
        one.shutdown()
        one.server_close()


def test_what_cannot_be_seen_from_here_is_no_finding(readiness: Readiness) -> None:
    certificate.look(readiness, ["https://localhost:1", "https://no-such-host.invalid", "http://localhost:1", "https://[::1"])
    assert readiness.certificates == {} and found(readiness) == []
