"""`python -m tests.e2e.pictures`: takes the pictures of docs/pictures from the running demo; `--all DIR` every screen in every look."""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import ARGUMENTS, BROWSERS
from tests.e2e.screens import LANGUAGES, SHOTS, STAGES, THEMES, opened, told
from tests.stack import ROOT, Stack

IN_THE_DOCUMENTS = (
    "signin", "home-phone", "desk", "wallboard", "visit-running", "alarm-phone", "desk-asked", "wallboard-alarm", "card-phone",
    "own-alarm", "log", "drill-phone",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.pictures", description=__doc__)
    parser.add_argument("--all", metavar="DIR", type=Path, help="every screen in three languages, light and dark, in each of its sizes, into this folder")
    parser.add_argument("--only", default="", help="only screens whose name has this in it (a regular expression)")
    parser.add_argument("--look", default="", help="only this look, for example nn-dark")
    parser.add_argument("--whole", action="store_true", help="the whole page, not what fits on the screen")
    given = parser.parse_args()
    target: Path = given.all or ROOT / "docs/pictures"
    target.mkdir(parents=True, exist_ok=True)
    looks = [("nb", "light")] if given.all is None else [(language, theme) for language in LANGUAGES for theme in THEMES]
    looks = [look for look in looks if given.look in ("", "-".join(look))]
    wanted = [shot for shot in SHOTS if (given.all or shot.name in IN_THE_DOCUMENTS) and re.search(given.only, shot.name)]
    found = next(path for path in map(shutil.which, BROWSERS) if path)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright, Stack(Path(place) / "site", pwa=True) as stack:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        last = max((STAGES.index(shot.stage) for shot in wanted), default=-1)
        for story, stage in told(stack, STAGES[: last + 1]):
            for shot in wanted:
                if shot.stage != stage:
                    continue
                for language, theme in looks:
                    for size in shot.sizes if given.all else shot.sizes[:1]:
                        ending = f"-{language}-{theme}-{size['width']}" if given.all else ""
                        with opened(browser, story, shot, size, language, theme) as screen:
                            screen.picture(target / f"{shot.name}{ending}.png", given.whole)
        browser.close()


if __name__ == "__main__":
    main()
