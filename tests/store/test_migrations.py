"""Tables come into being by migrations, and only by them."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from server.store import migrate as migrations
from server.store.migrate import check, migrate, restored
from server.store.engine import engine_for
from server.store.sql import SqlStore
from tests.store.values import OFFICE, alarm, opening


def test_an_empty_database_gets_exactly_the_tables_that_are_declared(url: str) -> None:
    migrate(url)
    engine = engine_for(url)
    assert set(inspect(engine).get_table_names()) == {*SQLModel.metadata.tables, "alembic_version"}
    engine.dispose()
    assert check(url) == []


def test_migrating_twice_is_harmless_and_keeps_what_is_there(url: str) -> None:
    migrate(url)
    store = SqlStore(url)
    store.commit(opening(alarm()))
    store.close()
    migrate(url)
    store = SqlStore(url)
    assert store.alarm_ids() == ["a-1"]
    store.close()
    assert check(url) == []


def test_a_column_that_the_database_lacks_is_named(url: str) -> None:
    migrate(url)
    engine = engine_for(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE pins DROP COLUMN wrong"))
    engine.dispose()
    differences = check(url)
    assert len(differences) == 1 and "add_column" in differences[0] and "wrong" in differences[0]


def test_a_migration_that_breaks_off_leaves_no_half_made_tables(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(config: object, revision: str) -> None:
        upgrade(config, revision)
        raise OSError("the power went")

    upgrade = migrations.command.upgrade
    monkeypatch.setattr(migrations.command, "upgrade", broken)
    with pytest.raises(OSError):
        migrate(url)
    engine = engine_for(url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_restored_database_is_a_new_epoch_and_otherwise_the_same(url: str) -> None:
    migrate(url)
    store = SqlStore(url)
    store.commit(opening(alarm()))
    epoch, heads = store.epoch(), store.heads([OFFICE])
    store.close()
    restored(url)
    store = SqlStore(url)
    assert store.epoch() != epoch and store.epoch() == store.epoch()
    assert (store.heads([OFFICE]), store.alarm_ids()) == (heads, ["a-1"])
    store.close()
