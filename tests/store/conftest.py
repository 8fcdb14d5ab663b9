"""The stores that the contract is tried on: memory and SQLite always, PostgreSQL where VARDE_TEST_POSTGRES names an empty database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from server.store.contract import Store
from server.store.memory import MemoryStore
from server.store.migrate import migrate
from server.store.sql import SqlStore

POSTGRES = os.environ.get("VARDE_TEST_POSTGRES", "")
KINDS = ["memory", "sqlite", *(["postgres"] if POSTGRES else [])]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    kept = SqlStore(fresh(request.param, tmp_path))
    yield kept
    kept.close()


@pytest.fixture(params=KINDS[1:])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    return empty(request.param, tmp_path)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return fresh("sqlite", tmp_path)


def fresh(kind: str, folder: Path) -> str:
    """A database as an installation has it: made by the migrations."""
    url = empty(kind, folder)
    migrate(url)
    return url


def empty(kind: str, folder: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'varde.db'}"
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return POSTGRES
