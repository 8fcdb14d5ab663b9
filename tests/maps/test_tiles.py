"""Map tiles: fetched once, kept for an hour, and never waited for, followed elsewhere or believed to be what they are not."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from server.maps import tiles as map_tiles
from server.config.deployment import MapShape
from server.maps.invented import invented
from server.maps.tiles import AT_ONCE, FAILED_MOST, KEPT_S, PER_PERSON, REST_S, TILE_MOST, WAITING_MOST, MapTiles, NoTile, Tile, TileServer
from server.settings import Settings
from server.wiring_channels import map_for

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


class Service:
    """A map service on this machine: answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.status, self.kind, self.body, self.headers = 200, "image/png", PNG, {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.go = threading.Event()
        self.go.set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked.append((self.path, dict(self.headers)))
                service.go.wait(20)
                self.send_response(service.status)
                for key, value in {"content-type": service.kind, **service.headers}.items():
                    self.send_header(key, value)
                self.end_headers()
                try:
                    self.wfile.write(service.body)
                except OSError:
                    pass  # the other side has had enough

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/{{z}}/{{x}}/{{y}}.png"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.go.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.close()


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tiles(service: Service, clock: Clock) -> Iterator[MapTiles]:
    one = MapTiles(TileServer(service.url), "© Nobody", 17, clock)
    yield one
    service.go.set()
    one.stop()


def test_a_tile_is_fetched_once_and_again_after_an_hour(service: Service, tiles: MapTiles, clock: Clock) -> None:
    assert tiles.tile(10, 5, 6) == tiles.tile(10, 5, 6) == Tile("image/png", PNG)
    assert [path for path, _ in service.asked] == ["/10/5/6.png"]
    clock.now_s += KEPT_S
    tiles.tile(10, 5, 6)
    assert len(service.asked) == 2


def test_the_service_is_told_nothing_but_the_number_of_the_tile(service: Service, tiles: MapTiles) -> None:
    tiles.tile(10, 5, 6)
    headers = {key.lower(): value for key, value in service.asked[0][1].items()}
    assert headers["user-agent"] == "Varde"
    assert not {"cookie", "referer", "x-forwarded-for", "authorization"} & set(headers)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": 404}, "http_404"), ({"status": 500}, "http_500"), ({"status": 302, "headers": {"location": "http://127.0.0.1:1/"}}, "http_302"),
        ({"kind": "text/html", "body": b"<html>"}, "no_picture"), ({"kind": "text/html"}, "no_picture"), ({"body": b"<svg/>"}, "no_picture"),
        ({"kind": "image/webp", "body": b"RIFF1234WAVE"}, "no_picture"), ({"kind": "image/jpeg"}, "no_picture"), ({"body": b""}, "no_picture"),
        ({"body": PNG + b"x" * TILE_MOST}, "too_large"),
        ({"body": zlib.compress(PNG + b"\0" * TILE_MOST * 50), "headers": {"content-encoding": "deflate"}}, "too_large"),
    ],
)  # fmt: skip
def test_what_is_no_picture_of_a_sane_size_is_no_tile(service: Service, tiles: MapTiles, change: dict[str, object], why: str) -> None:
    for key, value in change.items():
        setattr(service, key, value)
    with pytest.raises(NoTile, match=why):
        tiles.tile(10, 5, 6)


def test_a_service_that_is_not_there_or_hangs_is_given_up(service: Service, tiles: MapTiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_tiles, "ANSWER_S", 0.2)
    service.go.clear()
    with pytest.raises(NoTile, match="no_connection"):
        tiles.tile(10, 5, 6)
    with pytest.raises(NoTile, match="no_connection"):
        TileServer("http://127.0.0.1:1/{z}/{x}/{y}")(1, 1, 1)


def test_a_service_that_fails_is_left_alone_for_a_while_and_what_is_kept_is_still_given(service: Service, tiles: MapTiles, clock: Clock) -> None:
    tiles.tile(10, 0, 0)
    service.status = 500
    for number in range(FAILED_MOST):
        with pytest.raises(NoTile, match="http_500"):
            tiles.tile(10, 1, number)
    service.status = 200
    with pytest.raises(NoTile, match="resting"):
        tiles.tile(10, 2, 2)
    assert tiles.tile(10, 0, 0).body == PNG and len(service.asked) == 1 + FAILED_MOST
    clock.now_s += REST_S
    assert tiles.tile(10, 2, 2).body == PNG


def test_a_hanging_service_holds_no_more_than_its_own_threads_and_a_limited_line(service: Service, tiles: MapTiles) -> None:
    service.go.clear()
    futures = [tiles.run(lambda n=number: tiles.tile(12, n, 0)) for number in range(WAITING_MOST)]
    assert all(futures) and tiles.run(lambda: None) is None
    assert sum(thread.name.startswith("map") for thread in threading.enumerate()) <= AT_ONCE
    service.go.set()
    wait([one for one in futures if one])
    assert tiles.run(lambda: None) is not None


def test_what_is_kept_has_a_limit_and_the_longest_unused_goes_first(service: Service, tiles: MapTiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_tiles, "KEPT_MOST", 3 * len(PNG))
    for number in (0, 1, 2, 0, 3):
        tiles.tile(10, number, 0)
    asked = len(service.asked)
    tiles.tile(10, 0, 0)
    assert len(service.asked) == asked
    tiles.tile(10, 1, 0)
    assert len(service.asked) == asked + 1


def test_nobody_draws_the_whole_country_in_a_minute(tiles: MapTiles, clock: Clock) -> None:
    assert all(tiles.may_ask("ola") for _ in range(PER_PERSON))
    assert not tiles.may_ask("ola") and tiles.may_ask("liv")
    clock.now_s += 60
    assert tiles.may_ask("ola")


def test_the_invented_map_is_a_picture_and_the_same_each_time() -> None:
    one, other = invented(14, 8337, 4618), invented(14, 8337, 4618)
    assert one == other and one.kind == "image/png" and one.body.startswith(b"\x89PNG")
    assert invented(14, 8340, 4618).body != one.body


def made(tiles: str, demo: bool = False, secrets: dict[str, str] | None = None, before: MapTiles | None = None) -> MapTiles | None:
    shape_ = MapShape(tiles=tiles, credit="© Nobody")
    return map_for(Settings(demo=demo, channel_secrets=secrets or {}), {}, shape_, before)


@pytest.mark.parametrize(
    ("make", "there"),
    [
        (lambda: made("https://tiles.example/{z}/{x}/{y}"), True), (lambda: made("invented", demo=True), True), (lambda: made("invented"), False),
        (lambda: made("https://tiles.example/{z}/{x}/{y}?k={key}"), False),
        (lambda: made("https://tiles.example/{z}/{x}/{y}?k={key}", secrets={"MAP_KEY": "s3"}), True),
        (lambda: map_for(Settings(), {}, None), False),
    ],
)  # fmt: skip
def test_a_false_map_is_only_for_the_demo_and_a_missing_key_is_no_map(make: Callable[[], MapTiles | None], there: bool) -> None:
    assert (make() is not None) is there


def test_what_is_kept_outlives_a_configuration_that_does_not_change_the_map() -> None:
    first = made("https://tiles.example/{z}/{x}/{y}")
    assert made("https://tiles.example/{z}/{x}/{y}", before=first) is first
    assert made("https://other.example/{z}/{x}/{y}", before=first) is not first
