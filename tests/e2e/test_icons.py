"""The icons are the drawing: whoever changes it and draws them anew gets every one of them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser

from tests.e2e.icons import ICONS, IPHONES, STARTS, draw, draw_starts
from tests.stack import ROOT


def test_every_icon_and_the_badge_is_drawn_from_the_one_drawing(browser: Browser, tmp_path: Path) -> None:
    draw(browser, tmp_path)
    kept, drawn = ({path.name for path in folder.glob("*.png")} for folder in (ICONS, tmp_path))
    assert kept == drawn
    for name in kept:
        with Image.open(ICONS / name) as one, Image.open(tmp_path / name) as other:
            assert one.size == other.size, name
            grounds = [Image.new("RGBA", one.size, "grey") for _ in range(2)]
            for ground, picture in zip(grounds, (one, other), strict=True):
                ground.alpha_composite(picture.convert("RGBA"))
            apart = ImageStat.Stat(ImageChops.difference(*grounds)).mean
        assert max(apart) < 1, f"{name} is not what varde.svg shows: {apart}"


def test_an_iphone_has_a_picture_of_its_own_size_while_the_app_starts(tmp_path: Path) -> None:
    draw_starts(tmp_path)
    page = (ROOT / "pwa/index.html").read_text(encoding="utf-8")
    for width, height, dots in IPHONES:
        name = f"{width}x{height}@{dots}.png"
        with Image.open(STARTS / name) as kept, Image.open(tmp_path / name) as drawn:
            assert kept.size == (width * dots, height * dots)
            assert max(ImageStat.Stat(ImageChops.difference(kept.convert("RGB"), drawn.convert("RGB"))).mean) < 1, name
        size = f"(device-width: {width}px) and (device-height: {height}px) and (-webkit-device-pixel-ratio: {dots})"
        assert f'href="/starts/{name}" media="{size} and (orientation: portrait)"' in page
    assert page.count("apple-touch-startup-image") == len(list(STARTS.iterdir())) == len(IPHONES)
