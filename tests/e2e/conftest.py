"""A browser for the whole run; broker, server and gateway for each module; people and devices that are put away afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.parts import DESK, PHONE, Caller, Device, Screen, new_id
from tests.stack import ROOT, Stack

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            if "browser" in getattr(item, "fixturenames", ()):
                # One browser serves all of them, and now and then shows no notification, or half a page, for a reason of its own. What fails twice fails.
                item.add_marker(pytest.mark.flaky(reruns=1))


def chromium() -> str:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    assert found, "no Chromium on this machine: make system"
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert (ROOT / "pwa/dist/index.html").exists(), "the app is not built: make build"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("site") / "site", pwa=True) as site:
        yield site


@pytest.fixture
def stack(site) -> Iterator[Stack]:
    """The module's processes, in which no alarm is left open by the test before."""
    yield site
    end_all(site)


def end_all(stack: Stack) -> None:
    """Whoever may end an open alarm ends it; nobody ends an own one. Before them the drills: a second try must not meet what the first had planned."""
    people = [Caller(stack, person_id) for person_id in ("liv.solberg", "ola.brekke", "marit.fjelltun", "per.aspelund")]
    for one in people:
        for drill in one.http.get("/api/drills").raise_for_status().json()["drills"]:
            for action in {"cancel", "stop"} & set(drill["can"]):
                answer = one.http.post(f"/api/drills/{drill['id']}/actions", json={"id": new_id(), "action": action})
                assert answer.status_code in (200, 409), answer.text
    for one in people:
        for alarm in one.alarms():
            answer = one.act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"])
            assert answer.status_code in (200, 404, 409), answer.text
    left = [alarm for one in people for alarm in one.alarms()]
    for one in people:
        one.stop()
    assert not left, "an alarm is left open"


@pytest.fixture
def put_away() -> Iterator[ExitStack]:
    with ExitStack() as things:
        yield things


@pytest.fixture
def device(stack, put_away) -> Callable[..., Device]:
    def make(*arguments: str) -> Device:
        one = Device(stack, *arguments)
        put_away.callback(one.stop)
        return one

    return make


@pytest.fixture
def caller(stack, put_away) -> Callable[[str], Caller]:
    def make(person_id: str) -> Caller:
        one = Caller(stack, person_id)
        put_away.callback(one.stop)
        return one

    return make


@pytest.fixture
def phone(browser, stack, put_away) -> Callable[..., Screen]:
    def make(name: str, **more: str) -> Screen:
        screen = Screen(browser, stack, PHONE, **more)
        put_away.callback(screen.close)
        return screen.sign_in(name).connected()

    return make


@pytest.fixture
def desk(browser, stack, put_away) -> Callable[..., Screen]:
    def make(name: str) -> Screen:
        screen = Screen(browser, stack, DESK)
        put_away.callback(screen.close)
        return screen.sign_in(name).connected()

    return make
