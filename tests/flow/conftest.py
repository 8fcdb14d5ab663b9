"""What the tests of the doors begin with: a store, and a house with real doors on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.contract import Store
from server.store.memory import MemoryStore
from server.store.sql import SqlStore
from tests.conftest import POSTGRES
from tests.flow.house import House


@pytest.fixture(params=["memory", POSTGRES])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    """The same doors on the store that only tests use, and on the one of those who have many servers."""
    store = _store(request)
    yield House(store)
    store.close()


@pytest.fixture(params=["memory", "sqlite", POSTGRES])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Where threads meet, all stores must hold."""
    store = SqlStore(f"sqlite:///{tmp_path}/varde.db", create=True) if request.param == "sqlite" else _store(request)
    yield store
    store.close()


def _store(request: pytest.FixtureRequest) -> Store:
    return MemoryStore() if request.param == "memory" else SqlStore(request.getfixturevalue("postgres_url"))
