"""The stores that must keep the contract: memory, and SQLite and PostgreSQL as the migrations make them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.store.contract import Store
from server.store.memory import MemoryStore
from server.store.migrate import migrate
from server.store.sql import SqlStore
from tests.conftest import POSTGRES

STORES = ["memory", "sqlite", POSTGRES]


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


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqlStore(request.getfixturevalue(f"{request.param}_url"))
    yield made
    made.close()


@pytest.fixture
def stores(postgres_url: str) -> Iterator[Callable[[], SqlStore]]:
    """As many servers' hands on one PostgreSQL database as are asked for."""
    made: list[SqlStore] = []

    def another() -> SqlStore:
        made.append(SqlStore(postgres_url))
        return made[-1]

    yield another
    for one in made:
        one.close()


@pytest.fixture(params=STORES[1:])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, before any migration."""
    return f"sqlite:///{tmp_path / 'varde.db'}" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")
