"""An installation below a prefix, as far as the offices and the secrets need it. Varde's command runs in the tests' own process: starting it takes seconds."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest

from server.__main__ import main
from server.install import steps
from server.install.__main__ import parser
from server.install.choices import Layout, chosen, kept
from server.install.machine import Failed
from server.install.steps import Installation

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str, environment: Mapping[str, str] | None = None, as_user: str = "") -> str:
    """In the place of `machine.run`, for Varde's own command."""
    said, before = io.StringIO(), os.umask(0o022)
    os.umask(before)
    arguments = list(command[command.index("server") + 1 :])
    try:
        with mock.patch.dict(os.environ, environment or {}), redirect_stdout(said), redirect_stderr(said):
            code = main(arguments)
    finally:
        os.umask(before)
    if code:
        raise Failed(said.getvalue())
    return said.getvalue()


class Machine:
    """`offices` is the folder that somebody gives; what is installed lies below `layout.prefix`."""

    def __init__(self, folder: Path) -> None:
        self.layout, self.offices = Layout(folder / "machine"), folder / "given"
        shutil.copytree(ROOT / "config/demo", self.offices)
        self.one: Installation | None = None

    def install(self, *options: str, offices: bool = False) -> str:
        """The steps that have to do with offices, secrets and settings; gives what was said. `offices`: their folder is given."""
        given = ["--offices", str(self.offices)] if offices else []
        asked = parser().parse_args(["--prefix", str(self.layout.prefix), "--python", sys.executable, "--name", "varde.example", *given, *options])
        said: list[str] = []
        self.one = Installation(chosen(kept(self.layout.kept_choices), asked), self.layout, ROOT, said.append)
        for step in (steps._folders, steps._offices, steps._secrets):
            step(self.one)
        return "\n".join(said)

    def varde(self, *arguments: str) -> str:
        assert self.one is not None
        return self.one.varde(*arguments)

    def change(self, file: str, old: str, new: str) -> None:
        path = self.offices / file
        text = path.read_text()
        assert old in text, f"{file} no longer says {old!r}: change this test"
        path.write_text(text.replace(old, new, 1))

    def gateway_hears(self) -> list[str]:
        line = next(line for line in (self.layout.settings / "gateway.env").read_text().splitlines() if line.startswith("VARDE_GATEWAY_OFFICES="))
        return line.partition("=")[2].strip("'").split(",")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(steps, "run", run)
    return Machine(tmp_path)
