"""Backup and restore: while presses go in, whole or not at all, and what is put back is a new epoch."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import wiring
from server.__main__ import main
from server.site.backup import BackupError, age_s, backup, restore
from server.settings import Settings, SettingsError, read_settings
from server.store.migrate import migrate
from server.store.sql import SqlStore
from tests.flow.house import House

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "offices").mkdir()
    (tmp_path / "offices/deployment.yaml").write_text("name: here\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/secrets.json").write_text('{"gateways": {}}')
    settings = read_settings({"VARDE_DATA_DIR": str(tmp_path / "data"), "VARDE_CONFIG_DIR": str(tmp_path / "offices")})
    migrate(settings.database_url)
    return settings


def copy(settings: Settings, folder: Path, now: datetime = NOW, keep: int = 14) -> Path:
    return backup(settings.database_url, settings.secrets_file, settings.config_dir, folder, now, keep)


def test_a_copy_made_while_presses_go_in_is_whole_and_brings_back_what_there_was(settings: Settings, tmp_path: Path) -> None:
    store = SqlStore(settings.database_url)
    house, more = House(store), threading.Event()
    first = house.press()
    epoch = store.epoch()
    pressing = threading.Thread(target=lambda: [house.press("ukjent") for _ in range(300) if not more.is_set()])
    pressing.start()
    made = copy(settings, tmp_path / "copies")
    more.set()
    pressing.join()
    assert {path.name for path in made.iterdir()} == {"varde.db", "secrets.json", "config"}
    assert (made / "config/deployment.yaml").read_text() == "name: here\n"
    assert [path.stat().st_mode & 0o777 for path in (made, made / "varde.db", made / "secrets.json")] == [0o700, 0o600, 0o600]
    after = house.press("after-the-copy")
    store.close()

    settings.secrets_file.write_text('{"gateways": {"later": {}}}')
    said = " ".join(restore(settings.database_url, settings.secrets_file, made))
    wiring.migrate(settings, after_restoring=True)
    assert "varde.db.before-restore" in said and "secrets.json.before-restore" in said
    again = SqlStore(settings.database_url)
    assert first.id in again.alarm_ids() and after.id not in again.alarm_ids()
    assert again.epoch() != epoch, "screens that have seen more take a snapshot"
    assert again.deadlines(), "and what was open still has its deadline"
    again.close()
    assert settings.secrets_file.read_text() == '{"gateways": {}}' and settings.secrets_file.stat().st_mode & 0o777 == 0o600
    with contextlib.closing(sqlite3.connect(settings.data_dir / "varde.db.before-restore")) as before:
        assert before.execute("SELECT count(*) FROM alarm WHERE id = ?", (after.id,)).fetchone() == (1,), "nothing that was there is thrown away"


def test_only_the_newest_copies_stay_and_half_ones_go(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    for day in range(4):
        copy(settings, folder, NOW + timedelta(days=day), keep=3)
    (folder / "varde-2026-11-20T030000Z.part").mkdir()
    (folder / "somebody-elses").mkdir()
    copy(settings, folder, NOW + timedelta(days=4), keep=3)
    assert sorted(path.name for path in folder.iterdir()) == [
        "somebody-elses", "varde-2026-11-23T030000Z", "varde-2026-11-24T030000Z", "varde-2026-11-25T030000Z",
    ]  # fmt: skip


def test_the_age_of_the_copies_is_that_of_the_newest_whole_one(settings: Settings, tmp_path: Path) -> None:
    folder, began = tmp_path / "copies", NOW - timedelta(hours=3)
    assert age_s(None, began, NOW) == 0, "nobody has asked for copies here"
    assert age_s(folder, began, NOW) == age_s(tmp_path / "data/secrets.json", began, NOW) == 3 * 3600, "there is none, for as long as we know"
    copy(settings, folder, NOW - timedelta(days=2))
    copy(settings, folder, NOW - timedelta(days=1))
    (folder / "varde-2026-11-21T025900Z.part").mkdir()  # the one that failed
    (folder / "varde-by-hand").mkdir()
    assert age_s(folder, began, NOW) == 24 * 3600


def test_a_damaged_copy_is_refused_and_nothing_is_touched(settings: Settings, tmp_path: Path) -> None:
    made = copy(settings, tmp_path / "copies")
    whole = (made / "varde.db").read_bytes()
    (made / "varde.db").write_bytes(whole[: len(whole) // 2] + bytes(len(whole) // 2))
    before = (settings.data_dir / "varde.db").read_bytes()
    with pytest.raises(BackupError, match="is damaged"):
        restore(settings.database_url, settings.secrets_file, made)
    with pytest.raises(BackupError, match="has no varde.db"):
        restore(settings.database_url, settings.secrets_file, tmp_path)
    assert (settings.data_dir / "varde.db").read_bytes() == before
    assert not list(settings.data_dir.glob("*restore*"))


def test_a_database_that_is_ruined_can_be_restored_over(settings: Settings, tmp_path: Path) -> None:
    made = copy(settings, tmp_path / "copies")
    (settings.data_dir / "varde.db").write_bytes(b"ruined")
    restore(settings.database_url, settings.secrets_file, made)
    assert SqlStore(settings.database_url).alarm_ids() == []
    assert (settings.data_dir / "varde.db.before-restore").read_bytes() == b"ruined"


def test_beneath_a_running_server_nothing_is_restored_and_sqlite_serves_no_second_one(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = copy(settings, tmp_path / "copies")
    monkeypatch.setenv("VARDE_DATA_DIR", str(settings.data_dir))
    with wiring.only_one(settings):
        assert main(["restore", str(made)]) == 2
        with pytest.raises(SettingsError, match="already runs"), wiring.only_one(settings):
            pass
    assert "stop it first" in capsys.readouterr().err
    assert main(["restore", str(made)]) == 0 and "fresh snapshot" in capsys.readouterr().out


def test_the_commands_say_what_they_did(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VARDE_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("VARDE_CONFIG_DIR", str(settings.config_dir))
    assert main(["backup", str(tmp_path / "copies")]) == 0
    assert "whole, and can be read" in capsys.readouterr().out
    (settings.data_dir / "varde.db").unlink()
    assert main(["backup", str(tmp_path / "copies")]) == 1
    assert "There is no database" in capsys.readouterr().err
