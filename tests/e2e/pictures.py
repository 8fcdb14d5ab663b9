"""`python -m tests.e2e.pictures`: takes the pictures of docs/pictures from the running demo; `--all DIR` every screen in every look."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from websockets.sync.client import ClientConnection, connect

from tests.e2e.conftest import ARGUMENTS, BROWSERS
from tests.e2e.parts import DESK, KARI, LIV, OLA, PHONE, Caller, Device, Screen, wait_for_gateway
from tests.stack import ROOT, Stack


def take(browser: Browser, stack: Stack, folder: Path, language: str, look: str, ending: str = "") -> None:
    """One alarm from the press to the log; a picture of each screen on the way."""
    ola, kari = Screen(browser, stack, PHONE, language, look), Screen(browser, stack, DESK, language, look)
    fleet: list[Device] = []
    callers: list[Caller] = []
    sockets: list[ClientConnection] = []

    def picture(screen: Screen, name: str) -> None:
        screen.page.evaluate("document.fonts.ready")
        screen.picture(folder / f"{name}{ending}.png")

    try:
        ola.page.goto(stack.url)
        ola.button(OLA).wait_for()
        picture(ola, "signin")
        ola.sign_in(OLA).connected()
        picture(ola, "home-phone")
        for person_id in ("liv.solberg", "amina.hassan", "sondre.vik"):  # more screens that can be reached
            caller = Caller(stack, person_id)
            callers.append(caller)
            sockets.append(connect(stack.url.replace("http", "ws") + "/api/live", additional_headers=caller.cookie))
            sockets[-1].send('{"type":"hello","seq":{}}')
        fleet = [Device(stack, row["id"]) for row in stack.devices() if row["office"] == "nav-fjordvik"]
        kari.sign_in(KARI).connected()
        kari.page.get_by_role("table").wait_for()
        kari.page.get_by_text("100 %").nth(len(fleet) - 1).wait_for(timeout=40_000)
        picture(kari, "desk")
        button = next(one for one in fleet if one.identity.id == "fjordvik-skranke-1")
        button.press()
        ola.heading("Mottak").wait_for()
        picture(ola, "alarm-phone")
        ola.page.get_by_role("region").get_by_role("button").first.click()
        ola.page.get_by_role("checkbox").first.wait_for()
        button.wait_for_light("coming", 1)
        callers.append(Caller(stack, "ola.brekke"))
        liv, me = callers[0], callers[-1]
        alarm_id = liv.the_alarm()["id"]
        liv.act(alarm_id, "acknowledge", role="leader")
        liv.act(alarm_id, "mark", mark="police_called")
        me.act(alarm_id, "arrive")
        ola.text(LIV).first.wait_for()
        button.wait_for_light("there")
        ola.page.get_by_role("checkbox").first.scroll_into_view_if_needed()
        ola.page.evaluate("scrollTo(0, 0)")
        picture(ola, "card-phone")
        seen = me.act(alarm_id, "confirm", how="seen", seen_signal=1)
        assert seen.status_code == 200, seen.text
        me.act(alarm_id, "resolve", outcome="handled", seen_signal=1, text="Roet seg. Fulgt ut av to kolleger.")
        button.wait_for_light("ended")
        if ending:
            picture(ola, "all-clear-phone")
        ola.page.goto(f"{stack.url}/log/{alarm_id}")
        ola.page.get_by_role("listitem").first.wait_for()
        picture(ola, "log")
    finally:
        for thing in (ola, kari, *sockets):
            thing.close()
        for one in [*fleet, *callers]:
            one.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.pictures", description=__doc__)
    parser.add_argument("--all", metavar="DIR", type=Path, help="every screen in three languages, light and dark, into this folder")
    folder: Path | None = parser.parse_args().all
    found = next(path for path in map(shutil.which, BROWSERS) if path)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright, Stack(Path(place) / "site", pwa=True) as stack:
        wait_for_gateway(stack)
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        looks = [("nb", "light")] if folder is None else [(language, look) for language in ("nb", "nn", "en") for look in ("light", "dark")]
        target = folder or ROOT / "docs/pictures"
        target.mkdir(parents=True, exist_ok=True)
        for language, look in looks:
            take(browser, stack, target, language, look, "" if folder is None else f"-{language}-{look}")
        browser.close()


if __name__ == "__main__":
    main()
