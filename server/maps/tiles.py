"""Fetches map tiles for the app, so that no phone tells a map service where somebody is about to go. Keeps them in memory for an hour at most."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import requests
import urllib3

CONNECT_S, ANSWER_S = 3.05, 4.0
TILE_MOST = 256 * 1024  # bytes: a crowded aerial photograph is some 60 kB
KEPT_MOST = 32 * 1024 * 1024
KEPT_S = 3600.0
"""What is kept is a cache and no copy of the map: that is what those who own it allow."""
AT_ONCE = 4
"""Threads of its own: a map service that hangs takes none from the alarms."""
WAITING_MOST = 120
PER_PERSON, PER_PERSON_S = 400, 60.0
"""Tiles in a minute: some ten screens."""
FAILED_MOST, REST_S = 4, 10.0
"""After so many failures in a row the service is left alone for a while, and screens are told at once."""
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}

journal = logging.getLogger("varde.map")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tile:
    kind: str
    body: bytes


class NoTile(Exception):
    """The map service gives none now; the reason is a word for the log."""


class MapTiles:
    """What the web asks. `source(zoom, x, y)` gives a tile or raises NoTile. `credit`: whose map it is, shown on it. `zoom_most`: as close as it goes."""

    NoTile = NoTile

    def __init__(self, source: Callable[[int, int, int], Tile], credit: str, zoom_most: int, now: Callable[[], float] = time.monotonic) -> None:
        self.credit, self.zoom_most = credit, zoom_most
        self.made_of: object = None
        """What it was set up with, for whoever has made it."""
        self._source, self._now = source, now
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int, int], tuple[float, Tile]] = OrderedDict()
        self._bytes = self._waiting = self._failed = 0
        self._rest_until = 0.0
        self._asked: dict[str, tuple[float, int]] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="map")

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def may_ask(self, person_id: str) -> bool:
        """Counts one tile; whether this person has some left of this minute's."""
        minute = self._now() // PER_PERSON_S
        with self._lock:
            at, count = self._asked.get(person_id, (minute, 0))
            count = count + 1 if at == minute else 1
            self._asked = {who: one for who, one in self._asked.items() if one[0] == minute}
            self._asked[person_id] = (minute, count)
            return count <= PER_PERSON

    def run(self, work: Callable[[], T]) -> Future[T] | None:
        """Does this in one of the map's own threads. None: too much waits already."""
        with self._lock:
            if self._waiting >= WAITING_MOST:
                return None
            self._waiting += 1
        future = self._pool.submit(work)
        future.add_done_callback(self._done)
        return future

    def _done(self, _: object) -> None:
        with self._lock:
            self._waiting -= 1

    def tile(self, zoom: int, x: int, y: int) -> Tile:
        """One that is kept, or fetched now. Raises NoTile."""
        key, now = (zoom, x, y), self._now()
        with self._lock:
            at, tile = self._kept.get(key, (0.0, None))
            if tile is not None and now - at < KEPT_S:
                self._kept.move_to_end(key)
                return tile
            if now < self._rest_until:
                raise NoTile("resting")
        try:
            tile = self._source(zoom, x, y)
        except NoTile as error:
            self._has_failed(str(error))
            raise
        self._keep(key, tile)
        return tile

    def _has_failed(self, why: str) -> None:
        with self._lock:
            self._failed += 1
            if self._failed >= FAILED_MOST:
                self._failed, self._rest_until = 0, self._now() + REST_S
                journal.warning("map_rests", extra={"reason": why})

    def _keep(self, key: tuple[int, int, int], tile: Tile) -> None:
        with self._lock:
            self._failed = 0
            _, old = self._kept.pop(key, (0.0, None))
            self._bytes += len(tile.body) - (len(old.body) if old else 0)
            self._kept[key] = (self._now(), tile)
            while self._bytes > KEPT_MOST:
                _, (_, gone) = self._kept.popitem(last=False)
                self._bytes -= len(gone.body)


class TileServer:
    """A map service that gives `template` with {z}, {x} and {y} filled in. Raises NoTile for whatever is not a picture of a sane size."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._local = threading.local()

    def __call__(self, zoom: int, x: int, y: int) -> Tile:
        url = self._template.replace("{z}", str(zoom)).replace("{x}", str(x)).replace("{y}", str(y))
        ends_s = time.monotonic() + ANSWER_S
        try:
            # Where a service sends us on to, another one would be told where we look.
            with self._session().get(url, timeout=(CONNECT_S, ANSWER_S), allow_redirects=False, stream=True) as response:
                if response.status_code != 200:
                    raise NoTile(f"http_{response.status_code}")
                return _picture(response, ends_s)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            raise NoTile("no_connection") from None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.headers.update({"User-Agent": "Varde", "Accept": ", ".join(SIGNATURES.values())})
        return session


def _picture(response: requests.Response, ends_s: float) -> Tile:
    body = bytearray()
    while chunk := response.raw.read1(16_384, decode_content=True):
        body += chunk
        if len(body) > TILE_MOST:
            raise NoTile("too_large")
        if time.monotonic() > ends_s:
            raise NoTile("too_slow")
    kind = next((kind for signature, kind in SIGNATURES.items() if body.startswith(signature)), None)
    said = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind is None or said != kind or (kind == "image/webp" and body[8:12] != b"WEBP"):
        raise NoTile("no_picture")
    return Tile(kind, bytes(body))
