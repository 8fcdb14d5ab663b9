"""An app and a server that are not of one age: said at once, mended when nobody is in the middle of anything, and no alarm is lost meanwhile."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.e2e.parts import OFFICE, PHONE, Caller, Screen, new_id, until
from tests.stack import ROOT, Stack


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the built app, so that a test can put another one in its place."""
    return shutil.copytree(ROOT / "pwa/dist", tmp_path_factory.mktemp("app") / "dist")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, app: Path) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("versions") / "site", pwa=True, environment={"VARDE_PWA_DIR": str(app)}) as site:
        yield site


@pytest.fixture
def arrived(browser, stack, caller, put_away) -> Callable[..., Screen]:
    """Somebody whose phone was signed in before, and who has not touched it since. `before`: what is done to the browser first."""

    def make(person_id: str, before: Callable[[Screen], None] = lambda screen: None) -> Screen:
        screen = Screen(browser, stack, PHONE)
        put_away.callback(screen.close)
        name, value = caller(person_id).cookie["Cookie"].split("=", 1)
        screen.context.add_cookies([{"name": name, "value": value, "url": stack.url}])
        before(screen)
        screen.page.goto(stack.url)
        return screen.connected()

    return make


def raised(by: Caller) -> str:
    body = {"id": new_id(), "kind": "panic", "age_s": 0, "office_id": OFFICE, "zone_id": "pauserom", "device_id": None}
    return str(by.http.post("/api/signals", json=body).raise_for_status().json()["alarm_id"])


def rewritten(change: Callable[[dict], None]) -> Callable[[Screen], None]:
    """The real server's frames, with something changed on their way."""

    def route(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            frame = json.loads(message)
            change(frame)
            socket.send(json.dumps(frame))

        server.on_message(pass_on)

    return lambda screen: screen.page.route_web_socket(re.compile("/api/live"), route)


@pytest.mark.parametrize(("protocol", "said"), [(99, "Varde er nyere enn denne appen."), (None, "Varde er eldre enn denne appen. Noe kan mangle.")])
def test_a_server_of_another_age_is_said_and_the_app_starts_anew_once_and_never_while_an_alarm_is_open(protocol, said, arrived, caller):
    starts: list[str] = []

    def change(frame: dict) -> None:
        if frame["type"] == "welcome":
            frame.pop("protocol")
            frame.update({"protocol": protocol} if protocol else {})

    def before(screen: Screen) -> None:
        screen.page.on("load", lambda page: starts.append(page.url))
        rewritten(change)(screen)

    liv, alarm_id = caller("liv.solberg"), raised(caller("amina.hassan"))
    ola = arrived("ola.brekke", before)
    expect(ola.button(re.compile("Jeg kommer|Jeg tar den"))).to_be_visible()
    note = ola.page.get_by_role("status").filter(has_text=said)
    expect(note).to_contain_text("når alarmen er over")
    ola.page.wait_for_timeout(4000)
    assert len(starts) == 1 and ola.button("Start på nytt nå").count() == 0
    assert liv.act(alarm_id, "resolve", outcome="test", seen_signal=1).status_code == 200
    until(lambda: ola.page.wait_for_timeout(50) or len(starts) == 2, what="the app starts anew when the alarm is over")
    expect(note).to_contain_text("når du ikke bruker den")
    ola.page.wait_for_timeout(4000)
    assert len(starts) == 2 and ola.faults == [], "the same again is no reason to do it again at once"


def test_a_newer_app_waits_while_an_alarm_is_open_and_takes_over_when_it_is_over(arrived, caller, app):
    ola, amina, liv = arrived("ola.brekke"), caller("amina.hassan"), caller("liv.solberg")
    page = ola.page
    until(lambda: page.evaluate("navigator.serviceWorker.controller !== null"), what="the worker has the page")
    alarm_id = raised(amina)
    expect(ola.button(re.compile("Jeg kommer|Jeg tar den"))).to_be_visible()
    starts: list[str] = []
    page.on("load", lambda one: starts.append(one.url))
    worker = app / "sw.js"
    worker.write_text(worker.read_text() + "\n// another\n")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")  # as when the phone is taken up
    note = page.get_by_role("status").filter(has_text="En nyere app er klar.")
    expect(note).to_contain_text("når alarmen er over")
    page.wait_for_timeout(4000)
    assert starts == []
    assert liv.act(alarm_id, "resolve", outcome="test", seen_signal=1).status_code == 200
    until(lambda: page.wait_for_timeout(50) or starts, what="the app has started anew")
    expect(ola.heading("Alarmen er avsluttet")).to_be_visible()  # where one was, one is again
    expect(note).to_have_count(0)
    waiting = "navigator.serviceWorker.getRegistration().then((one) => one.waiting !== null)"
    assert page.evaluate(waiting) is False and ola.faults == []


def test_an_alarm_that_the_app_cannot_read_is_said_is_not_claimed_to_be_shown_and_the_emergency_page_has_it(arrived, caller):
    def change(frame: dict) -> None:
        for alarm in frame.get("alarms", []):
            alarm.pop("version")

    ola, liv = arrived("ola.brekke", rewritten(change)), caller("liv.solberg")
    alarm_id = raised(caller("amina.hassan"))
    said = ola.page.get_by_role("alert").filter(has_text="Varde har en alarm som denne appen ikke kan vise.")
    expect(said).to_be_visible()
    expect(ola.heading("Ingen åpne alarmer")).to_have_count(0)
    ola.page.wait_for_timeout(1500)
    told = {one["person_id"]: one["status"] for one in liv.alarm(alarm_id)["told"]["people"]}
    assert told["ola.brekke"] != "reached"
    assert said.get_by_role("link", name="Åpne nødsiden").get_attribute("href") == "/nod"
    assert ola.faults == []
