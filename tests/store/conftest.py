"""The stores that must keep the contract: memory, SQLite as the migrations make it, and PostgreSQL where VARDE_TEST_POSTGRES holds a url."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from server.store.contract import Store
from server.store.memory import MemoryStore
from server.store.migrate import migrate
from server.store.sql import SqlStore

POSTGRES = os.environ.get("VARDE_TEST_POSTGRES", "")
STORES = ["memory", "sqlite", *(["postgres"] if POSTGRES else [])]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file, migrated once; the tests take copies."""
    path = tmp_path_factory.mktemp("migrated") / "varde.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_file, tmp_path / "varde.db")
    return f"sqlite:///{tmp_path / 'varde.db'}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A schema of its own, gone afterwards."""
    schema = f"varde_test_{secrets.token_hex(6)}"
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    yield f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{schema}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "sqlite":
        made = SqlStore(request.getfixturevalue("sqlite_url"))
    else:
        url = request.getfixturevalue("postgres_url")
        migrate(url)
        made = SqlStore(url)
    yield made
    made.close()


@pytest.fixture(params=STORES[1:])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, before any migration."""
    return f"sqlite:///{tmp_path / 'varde.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
