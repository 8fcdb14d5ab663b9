"""Two real servers on one PostgreSQL, with no bell between them: what is applied holds on both within seconds, and a third starts with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from device_gateway.broker import free_port
from tests.apply.conftest import BIG, Folder

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.e2e


@pytest.fixture
def environment(postgres_url: str, before: Folder, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ, "VARDE_DATABASE_URL": postgres_url, "VARDE_CONFIG_DIR": str(before.path), "VARDE_DATA_DIR": str(tmp_path / "data"),
        "VARDE_DEMO": "1", "VARDE_PWA_DIR": str(tmp_path / "no-pwa"),
    }  # fmt: skip


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Starts one more server; gives its address."""
    with ExitStack() as running:

        def start() -> str:
            port = free_port()
            log = running.enter_context((tmp_path / f"server-{port}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve"], cwd=ROOT, env={**environment, "VARDE_PORT": str(port)}, stdout=log, stderr=log
            )
            running.callback(process.wait, 20)
            running.callback(process.terminate)
            return f"http://127.0.0.1:{port}"

        yield start


def name_of_ola(address: str) -> str:
    try:
        people = httpx.get(f"{address}/api/demo/people", timeout=5).json()["people"]
    except httpx.HTTPError:
        return ""
    return str(next(one["name"] for one in people if one["id"] == "ola.brekke"))


def wait(address: str, name: str, within_s: float = 90) -> None:
    end_s = time.monotonic() + within_s
    while name_of_ola(address) != name:
        assert time.monotonic() < end_s, f"{address} still says {name_of_ola(address)!r}"
        time.sleep(0.1)


def test_what_is_applied_holds_on_every_server(server: Callable[[], str], environment: dict[str, str], folder: Folder) -> None:
    one, two = server(), server()
    for address in (one, two):
        wait(address, "Ola Brekke")
    folder.change(BIG, ("name: Ola Brekke", "name: Ola Lie"))
    subprocess.run([sys.executable, "-m", "server", "apply", str(folder.path), "--yes"], cwd=ROOT, env=environment, check=True, timeout=60)
    for address in (one, two):
        wait(address, "Ola Lie")
    wait(server(), "Ola Lie")
