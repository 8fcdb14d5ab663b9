"""What the tests of the applied configuration begin with: the demo's folder to edit, stores, and a house that has applied it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import wiring
from server.config.loading import Gathered, Loaded, gather, read_files
from server.apply.configuration import apply
from server.core.access import Viewer
from server.core.model import Alarm
from server.core.signals import Kind, Signal
from server.flow import actions, ticker
from server.flow.context import Context
from server.flow.intake import intake
from server.store.contract import Configuration, Store
from server.store.memory import MemoryStore
from server.store.sql import SqlStore
from tests.conftest import POSTGRES

CONFIG = Path(__file__).resolve().parents[2] / "config"
CONTENT = CONFIG / "content"
BIG, SMALL, DEPLOYMENT = "nav-fjordvik.yaml", "nav-lillevik.yaml", "deployment.yaml"
OFFICE, NEIGHBOUR = "nav-fjordvik", "nav-lillevik"
T0 = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Folder:
    """A copy of the demo that an office lead edits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(CONFIG / "demo", path)

    def change(self, file: str, *pairs: tuple[str, str]) -> Folder:
        path = self.path / file
        text = path.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, f"{file} no longer says {old!r}: change this test"
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        return self

    def without(self, file: str, id_: str) -> Folder:
        """Takes out the row with this id, which begins a line and ends before the next row, comment or section."""
        lines = (self.path / file).read_text(encoding="utf-8").splitlines(keepends=True)
        start = next(n for n, line in enumerate(lines) if line.startswith((f"  - {{id: {id_},", f"  - id: {id_}\n")))
        end = next(n for n in range(start + 1, len(lines)) if lines[n].startswith(("  - ", "  #", "\n")) or not lines[n].startswith(" "))
        (self.path / file).write_text("".join(lines[:start] + lines[end:]), encoding="utf-8")
        return self

    def taken(self) -> tuple[Gathered, Loaded]:
        gathered = gather(self.path, CONTENT)
        return gathered, read_files(gathered)

    def loaded(self) -> Loaded:
        return self.taken()[1]


class Site:
    """A store in which something has been applied, with real doors and a clock that is pushed."""

    def __init__(self, store: Store, folder: Folder) -> None:
        self.store, self.now = store, T0
        self.apply(folder, by="liv")
        self.loaded = folder.loaded()
        self.context = self.another()

    def another(self) -> Context:
        """The doors of one more server."""
        made = wiring.context_for(self.store, self.loaded.directory)
        made.now = lambda: self.now
        return made

    def apply(self, folder: Folder, by: str = "tor") -> Configuration:
        gathered, loaded = folder.taken()
        return apply(self.store, gathered, loaded, by, self.now, self.store.configured())

    def press(self, device: str = "fjordvik-skranke-1", kind: Kind = Kind.PANIC, number: int = 1) -> Alarm:
        [receipt] = intake(self.context, [Signal(f"{device}-{number}", kind, OFFICE, self.now, device_id=device)])
        assert receipt.alarm_id
        return self.alarm(receipt.alarm_id)

    def alarm(self, alarm_id: str) -> Alarm:
        return self.store.alarms([alarm_id])[alarm_id]

    def act(self, who: str, alarm: Alarm, action: str, **fields: object) -> str | None:
        return actions.act(self.context, Viewer(who), alarm.id, action, fields, self.context.new_id("t")).reason

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        ticker.tick(self.context)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "edited")


@pytest.fixture
def before(tmp_path: Path) -> Folder:
    """The same, which nobody edits."""
    return Folder(tmp_path / "before")


@pytest.fixture(params=["memory", "sqlite", POSTGRES])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "sqlite":
        made = SqlStore(f"sqlite:///{tmp_path}/varde.db", create=True)
    else:
        made = SqlStore(request.getfixturevalue("postgres_url"))
    yield made
    made.close()


@pytest.fixture
def site(before: Folder) -> Site:
    return Site(MemoryStore(), before)
