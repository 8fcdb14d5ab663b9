"""The icons are the drawing: whoever changes it and draws them anew gets every one of them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser

from tests.e2e.icons import ICONS, draw


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
