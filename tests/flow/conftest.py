"""What the tests of the doors begin with: a store, and a house with real doors on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.contract import Store
from server.store.memory import MemoryStore
from server.store.sql import SqlStore
from tests.flow.house import House


@pytest.fixture
def house() -> House:
    return House(MemoryStore())


@pytest.fixture(params=["memory", "sqlite"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Where threads meet, both stores must hold."""
    store = MemoryStore() if request.param == "memory" else SqlStore(f"sqlite:///{tmp_path}/varde.db", create=True)
    yield store
    store.close()
