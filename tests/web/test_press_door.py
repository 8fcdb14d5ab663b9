"""The gateways' posts: the short way answers as the ordinary way does, whatever comes, and a press that came by one is known to the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import orjson
import pytest
import uvicorn

from server.flow.readiness import Readiness
from server.flow.receipts import Receipts
from server.store.memory import MemoryStore
from server.web.access import Gateway
from server.web.access import House as Web
from server.web.app import make_app
from server.web.gateway import SIGNALS_PATH
from server.web.intake_queue import IntakeQueue
from tests.flow.house import House
from tests.flow.people import OFFICE
from tests.stack import free_port

TOKEN = "a-token-of-a-gateway"
SHORT = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
ORDINARY = {**SHORT, "Content-Type": "application/json; charset=utf-8"}
"""The same to any reader of HTTP; the short way takes only the exact one."""


class Site:
    def __init__(self) -> None:
        self.house = House(MemoryStore())
        context = self.house.context
        intake = IntakeQueue(context)
        intake.start()
        web = Web(context, intake, Readiness(context, {}, lambda: 0.0), gateways=(Gateway("gateway", (OFFICE,), TOKEN),))
        port = free_port()
        self._server = uvicorn.Server(uvicorn.Config(make_app(web, Receipts(context), None), host="127.0.0.1", port=port, log_config=None))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self._intake = intake
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)

    def close(self) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join(10)
        self._intake.stop()

    def both(self, body: bytes, **headers: str) -> tuple[httpx.Response, httpx.Response]:
        short, ordinary = (self.http.post(SIGNALS_PATH, content=body, headers={**way, **headers}) for way in (SHORT, ORDINARY))
        return short, ordinary


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def press(name: str = "press-1", **more: object) -> dict[str, object]:
    return {"id": name, "kind": "panic", "office_id": OFFICE, "heard_at": "2026-11-02T10:00:00Z", "device_id": "skranke", **more}


def post(*signals: dict[str, object]) -> bytes:
    return orjson.dumps({"signals": signals})


def test_a_press_is_an_alarm_and_comes_again_as_the_same_by_either_way(site: Site) -> None:
    short, ordinary = site.both(post(press()))
    [first], [second] = short.json()["receipts"], ordinary.json()["receipts"]
    assert (short.status_code, first["outcome"], first["signal_id"], first["retry"]) == (200, "opened", "press-1", False)
    assert (second["outcome"], second["alarm_id"]) == ("repeated", first["alarm_id"])
    assert {name: short.headers[name] for name in ("content-type", "content-security-policy")} == {
        name: ordinary.headers[name] for name in ("content-type", "content-security-policy")
    }
    assert len(site.house.store.alarm_ids()) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"signals":1}', b'{"signals":[{}]}', b'{"signals":[null]}', b'{"signals":[],"more":1}',
        b'{"signals":[' + b"[" * 5000, post(press(kind="shout")), post(press(heard_at="yesterday")), post(press(battery="full")),
        post(*(press(f"press-{n}") for n in range(201))), post(), post(press(), press(kind=None)),
    ],
)  # fmt: skip
def test_what_is_not_as_described_is_answered_alike(site: Site, body: bytes) -> None:
    short, ordinary = site.both(body)
    assert (short.status_code, short.json()) == (ordinary.status_code, ordinary.json())
    assert short.status_code in (200, 400, 422)
    assert site.house.store.alarm_ids() == []


def test_a_stranger_is_refused_alike(site: Site) -> None:
    for authorization in ("", "Bearer wrong", f"Basic {TOKEN}"):
        short, ordinary = site.both(post(press()), Authorization=authorization)
        assert (short.status_code, short.json()) == (ordinary.status_code, ordinary.json())
        assert short.status_code == 401
    assert site.house.store.alarm_ids() == []


def test_a_body_that_is_too_large_or_without_a_length_is_answered_by_the_ordinary_way(site: Site) -> None:
    assert site.http.post(SIGNALS_PATH, content=b" " * (4 * 1024 * 1024 + 1), headers=SHORT).status_code == 413
    pieces = iter([post(press())[:20], post(press())[20:]])
    [receipt] = site.http.post(SIGNALS_PATH, content=pieces, headers=SHORT).json()["receipts"]
    assert receipt["outcome"] == "opened"
