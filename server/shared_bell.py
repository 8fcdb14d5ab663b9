"""The bell between servers: rings by Redis what is rung here, and here what is rung elsewhere. Listened to by a plain thread.

It says *look*, never *what*; so a Redis that is away, hangs, is full or lies costs a look too many or a second's wait, and nothing else. Each server
sends itself a sign of life the same way: only who hears it is sure to hear the others.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from collections.abc import Iterable

import orjson
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from server.flow.bell import Bell

ANSWER_S = 2.0
SIGN_S = 1.0
DEAF_S = 3.0
"""Without its own sign of life for so long a server is deaf: it makes new connections."""
PAUSE_MIN_S, PAUSE_MAX_S = 0.2, 5.0
GAP_S = 0.005
"""Rings that come closer together are one: whoever rings all the time must not make everybody look all the time."""
TOPICS_MOST = 2_000
"""In one message. Who is not rung looks by himself within a second or two."""
MESSAGE_MAX = 1_000_000
TOPIC = re.compile(r"[a-z_]{1,30}(:[^\s]{1,200})?")
LOCAL = frozenset({"stopping", "orders"})
"""Topics that are nobody else's business. Whoever has made orders sends them, and where that takes long the others find them when they look, each second:
rung for each press, every server would ask the database for what the first has long taken."""

journal = logging.getLogger("varde.bell")


class SharedBell(Bell):
    """`url` as Redis clients take it; `channel`: the same for the servers of one database, and for nobody else. `ring` never waits."""

    def __init__(self, url: str, channel: str) -> None:
        super().__init__()
        self._url, self._channel = url, channel
        self._me = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._outgoing: set[str] = set()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._heard_s = float("-inf")
        self._threads = [threading.Thread(target=self._again_and_again, args=(work,), name=f"bell-{work.__name__[1:]}", daemon=True)
                         for work in (self._say, self._hear)]  # fmt: skip

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=ANSWER_S + SIGN_S)

    def answers(self) -> bool:
        """Whether what is rung elsewhere is heard here."""
        return time.monotonic() - self._heard_s < DEAF_S

    def ring(self, *topics: str) -> None:
        super().ring(*topics)
        shared = [topic for topic in topics if topic not in LOCAL]
        if shared:
            with self._lock:
                if len(self._outgoing) < TOPICS_MOST:
                    self._outgoing.update(shared)
            self._wake.set()

    # ---------------------------------------------------------------- the two threads

    def _again_and_again(self, work: object) -> None:
        pause_s = PAUSE_MIN_S
        while not self._stopping.is_set():
            began_s = time.monotonic()
            try:
                with self._client() as client:
                    work(client)  # type: ignore[operator]
            except Exception as error:  # also what no Redis would say: whoever answers there is not to be trusted
                journal.warning("redis_away", extra={"error": type(error).__name__})
            pause_s = PAUSE_MIN_S if time.monotonic() - began_s > PAUSE_MAX_S else min(pause_s * 2, PAUSE_MAX_S)
            self._stopping.wait(pause_s)

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(
            self._url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S, retry=Retry(NoBackoff(), 0), protocol=2, client_name="varde",
        )  # fmt: skip

    def _say(self, client: redis.Redis) -> None:
        while not self._stopping.is_set():
            self._wake.wait(SIGN_S)
            self._wake.clear()
            with self._lock:
                topics, self._outgoing = self._outgoing, set()
            client.publish(self._channel, orjson.dumps({"from": self._me, "look": sorted(topics)[:TOPICS_MOST]}))

    def _hear(self, client: redis.Redis) -> None:
        with client.pubsub(ignore_subscribe_messages=True) as line:
            line.subscribe(self._channel)
            subscribed_s = rung_s = time.monotonic()
            self._wake.set()  # a sign of life, to know at once whether we hear
            while not self._stopping.is_set():
                topics = self._topics(line.get_message(timeout=SIGN_S))
                if topics and (gap_s := rung_s + GAP_S - time.monotonic()) > 0:
                    time.sleep(gap_s)
                    while len(topics) < TOPICS_MOST and (more := line.get_message(timeout=0)) is not None:
                        topics |= self._topics(more)
                if topics:
                    rung_s = time.monotonic()
                    super().ring(*topics)
                if time.monotonic() - max(self._heard_s, subscribed_s) > DEAF_S:
                    raise TimeoutError

    def _topics(self, message: object) -> set[str]:
        """What a message rings here. Whatever is not as we write it rings nothing."""
        data = message.get("data") if isinstance(message, dict) else None
        if not isinstance(data, bytes) or len(data) > MESSAGE_MAX:
            return set()
        try:
            said = orjson.loads(data)
        except orjson.JSONDecodeError:
            return set()
        if not isinstance(said, dict):
            return set()
        if said.get("from") == self._me:
            self._heard_s = time.monotonic()
            return set()
        look: object = said.get("look")
        return set(_understood(look)) if isinstance(look, list) else set()


def ring_once(url: str, channel: str, *topics: str) -> bool:
    """From a command that does not stay. False: Redis did not take it, and everybody looks by himself."""
    try:
        with redis.Redis.from_url(url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S, retry=Retry(NoBackoff(), 0), protocol=2) as client:
            client.publish(channel, orjson.dumps({"from": secrets.token_hex(8), "look": sorted(topics)}))
    except (redis.RedisError, OSError, ValueError):
        return False
    return True


def _understood(topics: Iterable[object]) -> Iterable[str]:
    for _, topic in zip(range(TOPICS_MOST), topics):
        if isinstance(topic, str) and TOPIC.fullmatch(topic) and topic not in LOCAL:
            yield topic
