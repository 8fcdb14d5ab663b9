"""A browser for the whole run; broker, server and gateway anew for each test; people and devices that are put away afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.parts import DESK, PHONE, Caller, Device, Screen, wait_for_gateway
from tests.stack import ROOT, Stack

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    assert found, "no Chromium on this machine: make system"
    assert (ROOT / "pwa/dist/index.html").exists(), "the app is not built: make build"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def stack(tmp_path) -> Iterator[Stack]:
    with Stack(tmp_path / "site", pwa=True) as stack:
        wait_for_gateway(stack)
        yield stack


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
