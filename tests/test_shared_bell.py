"""The bell between servers, with a real Redis: heard at once, and a Redis that dies, hangs, is full or lies hurts nobody."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from server.shared_bell import TOPICS_MOST, SharedBell, ring_once
from tests.services import Missing, Redis

pytestmark = pytest.mark.e2e
CHANNEL = "varde:test"


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    try:
        made = Redis()
    except Missing as missing:
        pytest.fail(str(missing))
    made.start()
    yield made
    made.stop()


class Listener:
    """One server's bell, and what it was rung for."""

    def __init__(self, url: str) -> None:
        self.heard: list[str] = []
        self.rings = 0
        self.bell = SharedBell(url, CHANNEL)
        self.bell.listen(self._rung)
        self.bell.start()

    def _rung(self, topics: frozenset[str]) -> None:
        self.rings += 1
        self.heard += sorted(topics)


@pytest.fixture
def bells(server: Redis) -> Iterator[Callable[[], Listener]]:
    made: list[Listener] = []

    def another() -> Listener:
        made.append(Listener(server.url))
        until(made[-1].bell.answers)
        return made[-1]

    yield another
    for one in made:
        one.bell.stop()


def until(true: Callable[[], object], within_s: float = 30) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def test_a_command_that_does_not_stay_rings_once_and_a_redis_that_is_away_does_not_stop_it(bells, server) -> None:
    one = bells()
    assert ring_once(server.url, CHANNEL, "configuration")
    until(lambda: one.heard == ["configuration"])
    assert not ring_once("redis://127.0.0.1:1/0", CHANNEL, "configuration")


def test_what_is_rung_at_one_is_heard_at_all_and_once_at_home(bells) -> None:
    first, second, third = bells(), bells(), bells()
    first.bell.ring("stream:nav-fjordvik", "deadline")
    for one in (first, second, third):
        until(lambda one=one: one.heard == ["deadline", "stream:nav-fjordvik"])
    time.sleep(0.2)
    assert first.rings == second.rings == third.rings == 1


def test_orders_are_for_whoever_has_made_them_and_the_others_are_left_in_peace(bells) -> None:
    first, second = bells(), bells()
    first.bell.ring("orders")
    first.bell.ring("orders", "stream:nav-fjordvik")
    until(lambda: second.heard)
    assert (first.heard, second.heard) == (["orders", "orders", "stream:nav-fjordvik"], ["stream:nav-fjordvik"])


def test_what_is_a_servers_own_business_stays_there(bells) -> None:
    first, second = bells(), bells()
    first.bell.ring("stopping")
    first.bell.ring("duty")
    until(lambda: second.heard)
    assert second.heard == ["duty"] and first.heard == ["stopping", "duty"]


def test_ringing_never_waits_and_every_topic_arrives(bells) -> None:
    first, second = bells(), bells()
    began = time.monotonic()
    for n in range(1000):
        first.bell.ring(f"delivery:a-{n}")
    assert time.monotonic() - began < 1
    until(lambda: len(set(second.heard)) == 1000)
    assert second.rings < 1000, "what comes together is rung together"


@pytest.mark.parametrize("fault", ["killed", "hangs"])
def test_a_redis_that_goes_away_costs_nobody_anything_and_is_found_again(server: Redis, bells, fault: str) -> None:
    first, second = bells(), bells()
    server.kill() if fault == "killed" else server.freeze()
    until(lambda: not first.bell.answers() and not second.bell.answers())
    began = time.monotonic()
    for n in range(100):
        first.bell.ring(f"stream:office-{n}")
    assert time.monotonic() - began < 0.5 and len(first.heard) == 100, "it rings at home as ever"
    server.start() if fault == "killed" else server.thaw()
    until(lambda: first.bell.answers() and second.bell.answers())
    second.heard.clear()
    first.bell.ring("deadline")
    until(lambda: "deadline" in second.heard)


def test_a_redis_that_is_full_rings_all_the_same(server: Redis, bells) -> None:
    first, second = bells(), bells()
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "1mb")
        client.config_set("maxmemory-policy", "noeviction")
        try:
            with pytest.raises(redis.ResponseError):
                for n in range(1000):
                    client.set(f"key-{n}", b"x" * 100_000)
            first.bell.ring("deadline")
            until(lambda: second.heard == ["deadline"])
        finally:
            client.config_set("maxmemory", "0")
            client.flushall()


LIES = [
    b"", b"garbage", b"\xff\xfe\x00", b"[]", b"null", b'"look"', b"{}", b'{"look":null}', b'{"look":{"deadline":1}}', b"[" * 100_000,
    b'{"from":1,"look":[1,null,{},[],true,""]}', b'{"look":["two words","","DEADLINE",":","stream:","stopping"]}',
    json.dumps({"look": ["stream:" + "x" * 5000]}).encode(), b'{"look":"deadline"}', b"x" * 2_000_000,
]  # fmt: skip


def test_what_is_not_as_we_write_it_rings_nothing_and_the_next_ring_is_heard(server: Redis, bells) -> None:
    first, second = bells(), bells()
    with redis.Redis.from_url(server.url) as liar:
        for lie in LIES:
            liar.publish(CHANNEL, lie)
    first.bell.ring("deadline")
    until(lambda: "deadline" in second.heard)
    assert second.heard == ["deadline"] and second.bell.answers()


def test_whoever_rings_without_end_makes_nobody_look_without_end(server: Redis, bells) -> None:
    one = bells()
    done = threading.Event()

    def lie() -> None:
        with redis.Redis.from_url(server.url) as liar:
            lie = json.dumps({"from": "liar", "look": [f"stream:office-{n}" for n in range(TOPICS_MOST * 2)]})
            while not done.is_set():
                liar.publish(CHANNEL, lie)

    thread = threading.Thread(target=lie)
    thread.start()
    time.sleep(0.5)
    before, began = one.rings, time.monotonic()
    time.sleep(2)
    rate = (one.rings - before) / (time.monotonic() - began)
    done.set()
    thread.join()
    assert 0 < rate < 250
    assert max(len(topic) for topic in one.heard) < 300


class Stranger:
    """Somebody else at Redis' address, who says what he likes."""

    def __init__(self, says: bytes) -> None:
        import socket

        self._says = says
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self.visits = 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            try:
                line.recv(1000)
                line.sendall(self._says)
                time.sleep(0.05)
            except OSError:
                pass
            line.close()

    def stop(self) -> None:
        self._listener.close()


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$-5\r\n", b"*1000000000\r\n", b"+OK\r\n" * 100, b"\x00" * 100, b""])
def test_whoever_is_no_redis_is_left_alone_after_a_while_and_the_bell_rings_at_home(says: bytes) -> None:
    stranger = Stranger(says)
    one = Listener(stranger.url)
    until(lambda: stranger.visits >= 4)
    one.bell.ring("deadline")
    assert one.heard == ["deadline"] and not one.bell.answers()
    one.bell.stop()
    stranger.stop()
