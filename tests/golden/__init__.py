"""What is said for each mistake in a configuration, word for word, as somebody has read and approved it.

After changing a message: `VARDE_WRITE_GOLDEN=1 python -m pytest tests/config`, and read the difference.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

FILE = Path(__file__).with_name("mistakes.txt")
LINE = re.compile(r"(?<=\.yaml):\d+:|(?<=\.yaml on line )\d+|(?<=first on line )\d+")


def golden(name: str, problems: Iterable[str]) -> None:
    """Compares with what was approved. Not the lines' numbers: the demo may grow, and the tests themselves say where a mistake is."""
    said = [LINE.sub(lambda found: ":N:" if found[0].startswith(":") else "N", problem) for problem in problems]
    approved = _approved()
    if os.environ.get("VARDE_WRITE_GOLDEN"):
        approved[name] = said
        FILE.write_text("".join(f"== {one}\n" + "".join(f"{line}\n" for line in lines) + "\n" for one, lines in sorted(approved.items())))
    assert said == approved.get(name), f"{FILE.name} says otherwise: see {__name__}"


def _approved() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for block in FILE.read_text().split("== ")[1:] if FILE.exists() else ():
        name, *lines = block.rstrip("\n").split("\n")
        found[name] = lines
    return found
