"""What the end-to-end tests hold in their hands: a device, a person who calls the server, a person at a screen."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageChops
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from firmware_sim.button import Light
from firmware_sim.fleet import Fleet
from firmware_sim.protocol import Identity
from tests.stack import Stack

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
OFFICE = "nav-fjordvik"
BUTTON = "fjordvik-skranke-1"
LIGHT_MODE = "light"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36"

OLA, KARI, LIV, AMINA, SONDRE, PER = "Ola Brekke", "Kari Nilsen", "Liv Solberg", "Amina Hassan", "Sondre Vik", "Per Aspelund"


def until(true: Callable[[], Any], within_s: float = 30.0, what: str = "", pause_s: float = 0.02) -> Any:
    """Waits for something to come true and gives it; fails the test when it does not. `pause_s` between two looks: what is dear to look at must not
    keep the servers from their work."""
    end_s = time.monotonic() + within_s
    while True:
        found = true()
        if found:
            return found
        if time.monotonic() > end_s:
            raise AssertionError(f"did not come true within {within_s} s: {what}")
        time.sleep(pause_s)


WITHOUT_NUMBERS = """() => { document.activeElement?.blur();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) walk.currentNode.data = walk.currentNode.data.replace(/\\d+/g, "0");
  scrollTo(0, 0); }"""


def still(screen: Screen) -> bytes:
    """All of a screen, without times and dates. Taken in a window as tall as any page, with the pointer away: how far it is scrolled and what lies under
    the pointer is where the finger was, and is not what is compared."""
    screen.page.set_viewport_size({"width": PHONE["width"], "height": 1800})
    screen.page.mouse.move(0, 0)
    for _ in range(20):
        screen.page.evaluate(WITHOUT_NUMBERS)
        taken = screen.page.screenshot(full_page=True, animations="disabled", caret="hide")
        if not re.search("[1-9]", screen.page.inner_text("body")):
            return taken  # else the app has written the time anew in between
    raise AssertionError("the app writes the time more often than a picture can be taken")


UNSEEN = 24
"""Of 255: by how much one colour of a point may differ. Round corners are drawn with other greys when a browser has put its layers together otherwise."""


def same_pictures(folder: Path, **pictures: bytes) -> bool:
    """Whether they look the same at every point. Where they do not they are left in the folder, for somebody to see why."""
    first, *others = (Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures.values())
    if all(one.size == first.size and max(high for _, high in ImageChops.difference(first, one).getextrema()) <= UNSEEN for one in others):
        return True
    for name, picture in pictures.items():
        (folder / f"{name}.png").write_bytes(picture)
    return False


def new_id() -> str:
    """A UUIDv7, as the app makes one at each tap."""
    milliseconds, chance = time.time_ns() // 1_000_000, uuid.uuid4().int
    return str(uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | ((chance >> 64 & 0xFFF) << 64) | (0b10 << 62) | (chance & (2**62 - 1))))


class Device:
    """One button of firmware_sim: it signs, repeats until `received`, and believes only what is signed with its key."""

    def __init__(self, stack: Stack, device_id: str = BUTTON) -> None:
        row = next(one for one in stack.devices() if one["id"] == device_id)
        self.identity = Identity(device_id, row["office"], row["kind"], row["name"], bytes.fromhex(row["key_hex"]), float(row["heartbeat_s"]))
        self.lights: list[Light] = []
        self.fleet = Fleet([self.identity], "127.0.0.1", stack.broker_port, on_light=lambda _, light: self.lights.append(light))
        self.fleet.start()
        until(self.fleet.connected, what="the button has a connection")

    def press(self, kind: str = "panic") -> None:
        self.fleet.act(self.identity.id, lambda button, now_s: button.press(now_s, kind))

    def unanswered(self) -> int:
        return self.fleet.unanswered()

    def wait_for_light(self, shows: str, count: int = 0, within_s: float = 30.0, drill: bool = False) -> None:
        until(lambda: Light(shows, count, drill) in self.lights, within_s, f"the light shows {shows} {count or ''}; it has shown {self.lights}")

    def stop(self) -> None:
        self.fleet.stop()


def publish(stack: Stack, message: bytes, device_id: str = BUTTON, retain: bool = False, office: str = OFFICE) -> None:
    """By hand, as anybody can who reaches the broker."""
    content = ["-s"] if message else ["-n"]
    subprocess.run(
        ["mosquitto_pub", "-p", str(stack.broker_port), "-q", "1", "-t", f"varde/{office}/{device_id}/up", *(["-r"] if retain else []), *content],
        input=message, check=True, timeout=20,
    )  # fmt: skip


def live(
    stack: Stack, cookie: dict[str, str] | None = None, server: str | None = None, ping_interval_s: float | None = 20, mute: bool = False, **headers: str
) -> ClientConnection:
    """A screen's socket, to one server or as browsers have it. `mute`: it does not say each 10 s that it is there, as the app does."""
    url = (stack.url_of(server) if server else stack.url).replace("http", "ws") + "/api/live"
    socket = connect(url, additional_headers={**(cookie or {}), **headers}, open_timeout=10, ping_interval=ping_interval_s)
    if not mute:
        threading.Thread(target=_say_that_it_is_there, args=(socket,), daemon=True).start()
    return socket


def _say_that_it_is_there(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            time.sleep(10)
            socket.send('{"type":"ping","n":1}')


def closed_with(socket: ClientConnection, frames: list[str | bytes], within_s: float = 30) -> int:
    """The number with which the server closes after these frames."""
    try:
        for frame in frames:
            socket.send(frame)
        end_s = time.monotonic() + within_s
        while True:
            socket.recv(timeout=max(0.0, end_s - time.monotonic()))
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


def hello(**more: Any) -> str:
    return json.dumps({"type": "hello", "epoch": None, "seq": {}, "surface": "phone", "zone_id": None, **more})


def hear(socket: ClientConnection, kind: str, within_s: float = 30) -> dict[str, Any]:
    while True:
        frame = json.loads(socket.recv(timeout=within_s))
        if frame["type"] == kind:
            return frame  # type: ignore[no-any-return]


def signed(stack: Stack, boot: int = 1, n: int = 1, **more: Any) -> bytes:
    """A press as the button makes it, written anew after the document."""
    topic = f"varde/{OFFICE}/{BUTTON}/up"
    line = json.dumps({"v": 1, "device": BUTTON, "boot": boot, "n": n, "kind": "panic", "pressed_at": None, "battery": 80, **more}).encode()
    return line + b"\n" + hmac.new(stack.key(BUTTON), topic.encode() + b"\n" + line, hashlib.sha256).hexdigest().encode()


class Caller:
    """A person who calls the server without a screen. The demo's people sign in by one call, others with an invitation."""

    def __init__(self, stack: Stack, person_id: str, server: str | None = None) -> None:
        self.http = httpx.Client(base_url=stack.url_of(server) if server else stack.url, timeout=20)
        self.person_id = person_id
        answer = self.http.post("/api/demo/session", json={"person_id": person_id})
        assert answer.status_code == 204, answer.text
        self.cookie = {"Cookie": f"varde_session={answer.cookies['varde_session']}"}

    def alarms(self, only_open: bool = True) -> list[dict[str, Any]]:
        found = self.http.get("/api/alarms").raise_for_status().json()["alarms"]
        return [one for one in found if not only_open or one["state"] not in ("RESOLVED", "CANCELLED")]

    def the_alarm(self) -> dict[str, Any]:
        """The one open alarm, waited for."""
        alarms = until(self.alarms, what="an open alarm")
        assert len(alarms) == 1, f"{len(alarms)} alarms are open"
        return alarms[0]  # type: ignore[no-any-return]

    def alarm(self, alarm_id: str) -> dict[str, Any]:
        return self.http.get(f"/api/alarms/{alarm_id}").raise_for_status().json()  # type: ignore[no-any-return]

    def log(self, alarm_id: str) -> dict[str, Any]:
        return self.http.get(f"/api/alarms/{alarm_id}/log").raise_for_status().json()  # type: ignore[no-any-return]

    def act(self, alarm_id: str, action: str, **more: object) -> httpx.Response:
        return self.http.post(f"/api/alarms/{alarm_id}/actions", json={"id": new_id(), "action": action, **more})

    def stop(self) -> None:
        self.http.close()


NUMBERS_KEPT = """() => new Promise((say) => {
  const opening = indexedDB.open("varde");
  opening.onerror = () => say(false);
  opening.onsuccess = () => {
    const asked = opening.result.transaction("kept").objectStore("kept").get("offices");
    asked.onsuccess = () => { opening.result.close(); say(Object.values(asked.result ?? {}).some((office) => office.phone)); };
  };
})"""


class Screen:
    """A person at a browser of their own."""

    def __init__(
        self, browser: Browser, stack: Stack, size: dict[str, int] = PHONE, language: str = "nb", look: str = LIGHT_MODE, agent: str | None = None
    ) -> None:
        locale = {"nb": "nb-NO", "nn": "nn-NO", "en": "en-GB"}[language]
        self.context: BrowserContext = browser.new_context(
            viewport=size, locale=locale, color_scheme=look, has_touch=size == PHONE, timezone_id="Europe/Oslo", reduced_motion="reduce",
            user_agent=agent,  # type: ignore[arg-type]
        )  # fmt: skip
        self.context.add_init_script(f"localStorage.getItem('varde.language') ?? localStorage.setItem('varde.language', '{language}')")
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.url = stack.url

    def sign_in(self, name: str) -> Screen:
        """With one click on the demo's page."""
        self.page.goto(self.url)
        self.button(re.compile(f"^{name}")).click()
        self.page.get_by_role("button", name=re.compile("Innstillinger|Innstillingar|Settings")).wait_for()
        return self

    def connected(self) -> Screen:
        self.page.get_by_text(re.compile("Tilkoblet|Tilkopla|Connected")).first.wait_for()
        return self

    def prepared(self) -> Screen:
        """It has kept the numbers of its office: for when no server answers."""
        until(lambda: self.page.evaluate(NUMBERS_KEPT), what="the office's numbers are kept")
        return self

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def text(self, words: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_text(words)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("heading", name=name)

    def hold_sos(self) -> None:
        """Held for as long as it takes to be sent at once."""
        self.button(re.compile("^SOS")).first.hover()
        self.page.mouse.down()
        self.page.wait_for_timeout(1400)
        self.page.mouse.up()

    def picture(self, path: Path, whole: bool = False) -> None:
        self.page.screenshot(path=str(path), full_page=whole, animations="disabled")

    def close(self) -> None:
        self.context.close()
