"""Every screen is looked at as those see it who see, hear or move otherwise: axe, large text on a narrow screen, targets, focus, forced colours.

In each run every screen is opened once, with language, theme and size taking turns. `VARDE_NIGHTLY` (make nightly) opens each in all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from tests.e2e.screens import LANGUAGES, NARROW, SHOTS, STAGES, THEMES, TALL, WALL, Shot, opened, told
from tests.stack import ROOT, Stack

AXE = ROOT / "pwa/node_modules/axe-core/axe.min.js"
LOOKING = ROOT / "tests/e2e/looking.js"
NIGHTLY = bool(os.environ.get("VARDE_NIGHTLY"))
pytestmark = pytest.mark.timeout(7200 if NIGHTLY else 900)
"""The whole story is told in one fixture: on a machine that does other things too that is more than what one test may take."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WALLS = (WALL, TALL)

Case = tuple[Shot, dict[str, int], str, str]


def cases() -> list[Case]:
    """One for each screen, in turns; or all of them."""
    if NIGHTLY:
        return [(shot, size, language, theme) for shot in SHOTS for size in shot.sizes for language in LANGUAGES for theme in THEMES]
    return [(shot, shot.sizes[n // 2 % len(shot.sizes)], LANGUAGES[n % 3], THEMES[n % 2]) for n, shot in enumerate(SHOTS)]


@pytest.fixture(scope="module")
def found(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, list[str]]]]:
    """What is wrong with each screen, by what was looked at. The story is told once; the tests below read what was seen on the way."""
    wrong: dict[str, dict[str, list[str]]] = {}
    with Stack(tmp_path_factory.mktemp("screens") / "site", pwa=True) as stack:
        for story, stage in told(stack, STAGES):
            for shot, size, language, theme in cases():
                if shot.stage != stage:
                    continue
                seen = wrong[f"{shot.name} {size['width']} {language} {theme}"] = {}
                try:
                    with opened(browser, story, shot, size, language, theme) as screen:
                        seen.update(looked_at(screen.page, shot, size), faults=screen.faults)
                except PlaywrightError as error:
                    seen["faults"] = [f"could not be looked at: {error}"]
    yield wrong


def looked_at(page: Page, shot: Shot, size: dict[str, int]) -> dict[str, list[str]]:
    page.evaluate(AXE.read_text())
    page.evaluate(LOOKING.read_text())
    seen = {"axe": page.evaluate("(tags) => looking.axe(tags)", TAGS), "targets": page.evaluate("looking.targets", 64 if shot.urgent else 48)}
    seen["cut"] = page.evaluate("looking.cut()")
    if size not in WALLS:
        seen["focus"] = focus(page)
        page.emulate_media(forced_colors="active")
        seen["forced"] = page.evaluate("looking.edgeless()")
        page.emulate_media(forced_colors="none")
        seen["reflow"] = reflow(page)
    seen["motion"] = page.evaluate("looking.moving()")
    return seen


def reflow(page: Page) -> list[str]:
    """At 320 px, with letters twice as large, and with the spacing of WCAG 1.4.12: nothing is wider than the screen."""
    wrong = []
    page.set_viewport_size(NARROW)
    page.evaluate("document.head.append(Object.assign(document.createElement('style'), { id: 'larger' }))")
    for how, style in LARGER.items():
        page.evaluate("(style) => { document.getElementById('larger').textContent = style }", style)
        page.wait_for_timeout(60)
        wrong += [f"{how}: {one}" for one in page.evaluate("looking.wider()")]
    page.evaluate("document.getElementById('larger').remove()")
    return wrong


def focus(page: Page) -> list[str]:
    """With the Tab key through the page: each stop is seen to have the focus, and nothing lies over it."""
    wrong: list[str] = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(min(page.evaluate("looking.stops()"), 25)):
        page.keyboard.press("Tab")
        wrong += page.evaluate("looking.focused()")
    return sorted(set(wrong))


LARGER = {
    "at 100 %": "",
    "at 200 %": "html { font-size: 200% !important }",
    "spaced": "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }",
}
PROMISES = {
    "axe": "axe finds nothing",
    "targets": "targets are 48 px, and 64 where somebody is in need",
    "focus": "the focus is seen and nothing covers it",
    "forced": "buttons keep an edge when colours are forced",
    "reflow": "nothing is wider than 320 px, also with text at 200 percent",
    "cut": "no word of a heading is cut in two",
    "motion": "nothing moves for those who want stillness",
    "faults": "no screen fails",
}


@pytest.mark.parametrize("what", PROMISES, ids=list(PROMISES.values()))
def test_every_screen(found: dict[str, dict[str, list[str]]], what: str) -> None:
    wrong = {screen: seen[what] for screen, seen in found.items() if seen.get(what)}
    assert not wrong, "\n".join(f"{screen}\n    " + "\n    ".join(lines[:12]) for screen, lines in wrong.items())
    assert len(found) >= len(SHOTS), "a screen was not looked at"
