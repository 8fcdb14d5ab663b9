"""`python -m tests.e2e.icons`: draws the app's icons anew from pwa/public/icons/varde.svg. Only when that has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.e2e.conftest import ARGUMENTS, BROWSERS
from tests.stack import ROOT

ICONS = ROOT / "pwa/public/icons"
GROUND = "#0F4C4A"
# Name, side in pixels, how much of it the drawing takes. Phones cut a maskable one to a circle of four fifths, and iPhones round the corners themselves.
SIZES = (("varde-180", 180, 1.0), ("varde-192", 192, 1.0), ("varde-512", 512, 1.0), ("varde-maskable-512", 512, 0.72))


def main(target: Path = ICONS) -> None:
    source = (ICONS / "varde.svg").read_text(encoding="utf-8")
    found = next(path for path in map(shutil.which, BROWSERS) if path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        for name, side, share in SIZES:
            page = browser.new_page(viewport={"width": side, "height": side})
            ground = f"background:{GROUND};" if name in ("varde-180", "varde-maskable-512") else ""
            whole = f"body{{margin:0;display:grid;place-items:center;height:100vh;{ground}}}"
            page.set_content(f"<style>{whole} svg{{width:{share:.0%};height:{share:.0%}}}</style>{source}")
            page.screenshot(path=str(target / f"{name}.png"), omit_background=True)
            page.close()
        browser.close()
    for name in ("varde-192", "varde-badge"):  # carried in the service worker, whose every kilobyte is fetched before a phone can be reached
        with Image.open(target / f"{name}.png") as drawn:
            drawn.convert("RGBA").quantize(64, method=Image.Quantize.FASTOCTREE).save(target / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
