"""A server's start, with real stores: what it needs of the database it may find gone at any moment of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from server import wiring
from server.settings import read_settings
from server.store.sql import SqlStore
from tests.stack import free_port


class Begun(Exception):
    """The start has come as far as it need here."""


def test_a_database_that_goes_while_a_server_starts_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    settings = read_settings({"VARDE_DATA_DIR": str(tmp_path), "VARDE_CONFIG_DIR": "config/demo"})
    gone = SqlStore(f"postgresql+psycopg://127.0.0.1:{free_port()}/varde")
    found: list[SqlStore] = []

    def begin(store: SqlStore, *_: object) -> None:
        found.append(store)
        if len(found) == 1:
            gone.configuration()  # as its own would answer, had it been stopped a moment after the tables were looked at
        raise Begun

    monkeypatch.setattr(wiring, "begin", begin)
    with pytest.raises(Begun):
        wiring.serve(settings)
    assert len(found) == 2 and found[0] is not found[1], "everything is begun anew"
    assert [(line.message, line.error) for line in caplog.records if line.message == "database_awaited"] == [("database_awaited", "OperationalError")]
    gone.close()


def test_what_no_waiting_mends_ends_the_start_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, begun = read_settings({"VARDE_DATA_DIR": str(tmp_path), "VARDE_CONFIG_DIR": "config/demo"}), []

    def begin(*_: object) -> None:
        begun.append(1)
        raise Begun

    monkeypatch.setattr(wiring, "begin", begin)
    with pytest.raises(Begun):
        wiring.serve(settings)
    assert begun == [1]
