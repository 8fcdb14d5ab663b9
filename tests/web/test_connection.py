"""Frames of alarms: made once for all who are told the same, and never given to anybody else. And what wakes the one who sends them."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from server.core.access import Viewer
from server.flow.views import EVER, Shown
from server.web import connection
from server.web.connection import Connection, Frames, Wake

T0 = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def test_screens_that_are_told_the_same_are_given_the_same_frame_and_others_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(T0 + timedelta(seconds=n) for n in range(9))
    clock_s = [100.0]
    monkeypatch.setattr(connection.time, "monotonic", lambda: clock_s[0])
    frames = Frames(lambda: next(times))
    body, near = b'{"id":"a-1"}', b'{"id":"a-1","near":true}'
    first = frames.alarms({"o": 7}, [body])
    assert json.loads(first) == {"type": "alarms", "seq": {"o": 7}, "server_time": "2026-11-29T12:00:00Z", "alarms": [{"id": "a-1"}]}
    assert frames.alarms({"o": 7}, [bytes(bytearray(body))]) is first
    for seq, bodies in (({"o": 7}, [near]), ({"o": 8}, [near]), ({"o": 8}, [near, body]), ({"o": 8, "p": 1}, [near, body])):
        said = json.loads(frames.alarms(seq, bodies))
        assert (said["seq"], said["alarms"]) == (seq, [json.loads(one) for one in bodies])
    last = frames.alarms({"o": 7}, [body])
    clock_s[0] += 2 * connection.SAME_S
    assert json.loads(frames.alarms({"o": 7}, [body]))["server_time"] > json.loads(last)["server_time"], "a screen sets its clock by it"


def test_whoever_waits_is_woken_once_for_all_that_came_and_never_sleeps_through_any_of_it() -> None:
    async def story() -> None:
        wake = Wake()
        wake.set()
        wake.set()
        await asyncio.wait_for(wake.woken(), 1)
        waiting = asyncio.create_task(wake.woken())
        await asyncio.sleep(0)
        assert not waiting.done()
        wake.set()
        wake.set()
        await asyncio.wait_for(waiting, 1)
        given_up = asyncio.create_task(wake.woken())
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        wake.set()
        await asyncio.wait_for(wake.woken(), 1)
        waiting = asyncio.create_task(wake.woken())
        await asyncio.sleep(0.01)
        assert not waiting.done(), "nothing has come since"
        waiting.cancel()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story()).result()


def test_a_screen_that_never_says_that_it_has_drawn_anything_is_owed_the_newest_and_fills_no_memory() -> None:
    one = Connection(None, None, Viewer("kari"), ("o",))  # type: ignore[arg-type]
    for n in range(2 * connection.UNRECEIPTED_MOST):
        one.gave({"o": n}, {f"a-{n}": Shown(b"", False, EVER)})
    assert [list(given) for _, given, _ in one.unreceipted] == [[f"a-{n}"] for n in range(connection.UNRECEIPTED_MOST, 2 * connection.UNRECEIPTED_MOST)]
    assert "a-0" in one.sent, "it may still say that it has seen it"
