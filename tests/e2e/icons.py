"""`python -m tests.e2e.icons`: draws the app's icons, what an iPhone shows while it starts, and the notification's badge anew from varde.svg.

Only when that has changed.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import ARGUMENTS, BROWSERS
from tests.stack import ROOT

ICONS = ROOT / "pwa/public/icons"
GROUND = "#0F4C4A"
# Name, side in pixels, how much of it the drawing takes. Phones cut a maskable one to a circle of four fifths, and iPhones round the corners themselves.
SIZES = (("varde-180", 180, 1.0), ("varde-192", 192, 1.0), ("varde-512", 512, 1.0), ("varde-maskable-512", 512, 0.8), ("varde-badge", 96, 1.15))
WITH_GROUND = ("varde-180", "varde-maskable-512")

STARTS = ROOT / "pwa/public/starts"
IPHONES = (
    (375, 667, 2), (414, 896, 2), (375, 812, 3), (390, 844, 3), (393, 852, 3), (402, 874, 3), (414, 896, 3), (420, 912, 3), (428, 926, 3), (430, 932, 3),
    (440, 956, 3),
)  # fmt: skip
"""What an iPhone shows while the app starts must be as large as its screen to the dot, or it shows nothing: width and height in points, dots in a point.
Android makes its own of the icon and the ground's colour."""


def draw(browser: Browser, target: Path) -> None:
    source = (ICONS / "varde.svg").read_text(encoding="utf-8")
    for name, side, share in SIZES:
        page = browser.new_page(viewport={"width": side, "height": side})
        ground = f"background:{GROUND};" if name in WITH_GROUND else ""
        whole = f"body{{margin:0;overflow:hidden;display:grid;place-content:center;height:100vh;{ground}}}"
        drawing = silhouette(source) if name == "varde-badge" else source
        page.set_content(f"<style>{whole} svg{{width:{side * share}px;height:{side * share}px}}</style>{drawing}")
        page.screenshot(path=str(target / f"{name}.png"), omit_background=True)
        page.close()
    for name in ("varde-192", "varde-badge"):  # carried in the service worker, whose every kilobyte is fetched before a phone can be reached
        with Image.open(target / f"{name}.png") as drawn:
            drawn.convert("RGBA").quantize(64, method=Image.Quantize.FASTOCTREE).save(target / f"{name}.png", optimize=True)


def draw_starts(target: Path) -> None:
    with Image.open(ICONS / "varde-512.png") as icon:
        for width, height, dots in IPHONES:
            whole = Image.new("RGB", (width * dots, height * dots), GROUND)
            drawn = icon.convert("RGBA").resize((128 * dots, 128 * dots), Image.Resampling.LANCZOS)
            whole.paste(drawn, ((whole.width - drawn.width) // 2, (whole.height - drawn.height) // 2), drawn)
            whole.quantize(64).save(target / f"{width}x{height}@{dots}.png", optimize=True)


def silhouette(source: str) -> str:
    """Android colours a badge by what is not clear in it: the stones and the flame alone, with the flame's heart cut out of it."""
    ground, flame, heart, *stones = re.findall(r"<(?:rect|path)[^>]*/>", source)
    outlines = " ".join(re.search(r' d="([^"]+)"', one).group(1) for one in (flame, heart))  # type: ignore[union-attr]
    white = "".join(re.sub(r'fill="[^"]+"', 'fill="#fff"', one) for one in stones)
    assert GROUND in ground, "the drawing begins with its ground"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path d="{outlines}" fill="#fff" fill-rule="evenodd"/>{white}</svg>'


def main() -> None:
    found = next(path for path in map(shutil.which, BROWSERS) if path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        draw(browser, ICONS)
        browser.close()
    STARTS.mkdir(exist_ok=True)
    draw_starts(STARTS)


if __name__ == "__main__":
    main()
