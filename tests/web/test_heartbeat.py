"""A heartbeat gives way to alarms that are being read for the screens, but not for long."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace

import pytest

from server.core.access import Viewer
from server.web import hub
from server.web.connection import Connection
from server.web.hub import Hub


def beating(monkeypatch: pytest.MonkeyPatch, waits_s: float) -> tuple[Hub, Connection]:
    """A hub whose slots follow each other at once, with one screen."""
    monkeypatch.setattr(hub, "HEARTBEAT_S", 0.0)
    monkeypatch.setattr(hub, "HEARTBEAT_WAITS_S", waits_s)
    one = Hub.__new__(Hub)
    connection = Connection(None, None, Viewer("kari"), ("o",))  # type: ignore[arg-type]
    one._slots = [{connection}]
    one._looker = SimpleNamespace(looking=True)  # type: ignore[assignment]
    return one, connection


@pytest.mark.parametrize("waits_s", [30.0, 1.0])
def test_a_heartbeat_waits_until_what_is_read_has_been_handed_on_and_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch, waits_s: float) -> None:
    one, connection = beating(monkeypatch, waits_s)

    async def story() -> None:
        loop = asyncio.create_task(one._heartbeat_loop())
        await asyncio.sleep(0.02)
        assert "heartbeat" not in connection.others
        if waits_s > 10:
            await asyncio.sleep(0.2)
            assert "heartbeat" not in connection.others
            one._looker.looking = False
        async with asyncio.timeout(5):
            await connection.wake.woken()
        assert "heartbeat" in connection.others
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop

    with ThreadPoolExecutor(1) as thread:  # a browser's test before this one may have left a loop in the main thread
        thread.submit(asyncio.run, story()).result()
