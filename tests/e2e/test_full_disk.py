"""A disk that is really full, under the server's database, the gateway's spool and the broker in turn: no press is lost or half done, it is said, and when
there is room again everything goes on."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.e2e.parts import OFFICE, Caller, new_id, until
from tests.stack import Stack, free_port

SIZE = "16m"


class Disk:
    """A small file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "varde-test", str(folder)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")

    def fill(self) -> None:
        with (self.folder / "filler").open("ab", buffering=0) as file:
            for size in (65_536, 4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError as error:
                    assert error.errno == errno.ENOSPC
        assert shutil.disk_usage(self.folder).free == 0

    def free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)

    def end(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


@pytest.fixture(scope="module")
def disks(tmp_path_factory) -> Iterator[dict[str, Disk]]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root mounts a file system")
    root = tmp_path_factory.mktemp("site") / "site"
    with ExitStack() as put_away:
        made = {}
        for name in ("data", "spool", "broker"):
            made[name] = Disk(root / name)
            put_away.callback(made[name].end)
        yield made


@pytest.fixture(scope="module")
def metrics_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def site(disks, metrics_port) -> Iterator[Stack]:
    environment = {"VARDE_DATA_DIR": str(disks["data"].folder), "VARDE_METRICS_PORT": str(metrics_port)}
    with Stack(disks["data"].folder.parent, environment=environment) as site:
        yield site


@pytest.fixture(autouse=True)
def emptied(stack, disks) -> Iterator[None]:
    """Also after a test that has failed: the next one begins with room."""
    yield
    for disk in disks.values():
        disk.free()


def ready(stack: Stack) -> tuple[int, list[str]]:
    said = httpx.get(f"{stack.url}/api/ready", timeout=10)
    return said.status_code, said.json()["findings"]


def whole(liv: Caller, presses: int) -> None:
    """One open alarm with all the presses, and a log that holds."""
    alarm = until(lambda: next((one for one in liv.alarms() if one["presses"] == presses), None), 30, f"an alarm with {presses} presses")
    assert len(liv.alarms()) == 1 and liv.log(alarm["id"])["intact"]


def test_under_the_database_nothing_is_called_received_and_the_server_says_so(stack, disks, device, caller, metrics_port):
    disk, button, liv = disks["data"], device(), caller("liv.solberg")
    button.press()
    open_before = liv.the_alarm()["id"]
    until(lambda: button.unanswered() == 0)
    disk.fill()
    began_s = time.monotonic()
    button.press()
    until(lambda: "not_saved" in ready(stack)[1], 20, "readiness says so")
    assert ready(stack)[0] == 503, "and sends nobody here"
    found = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics", timeout=10).text
    assert 'varde_findings{finding="not_saved"} 1.0' in found and 'varde_findings{finding="disk_low"} 1.0' in found
    # what is written beside the press may have found it first
    until(lambda: '"event": "store_down"' in stack.log("server") and "SQLITE_FULL" in stack.log("server"), 20, "the log names the press's own trouble")
    button.press()
    assert liv.http.post("/api/signals", json={"id": new_id(), "kind": "panic"}).status_code == 503
    assert [(alarm["id"], alarm["presses"]) for alarm in liv.alarms()] == [(open_before, 1)], "what was saved is seen, and nothing else"
    assert liv.act(open_before, "acknowledge").status_code == 503, "nobody is told that an answer was taken"
    gateway = lambda: liv.http.get(f"/api/offices/{OFFICE}/now").json()["gateway"]["state"]  # noqa: E731
    until(lambda: gateway() != "ok", 60, "the desk no longer says that all is well")
    assert time.monotonic() - began_s < 60
    assert button.unanswered() == 2
    stack.kill("server")  # whoever restarts it now makes nothing worse
    stack.start("server", wait=False)
    time.sleep(3)
    assert button.unanswered() == 2
    disk.free()
    until(lambda: button.unanswered() == 0, 60, "both presses are received")
    whole(caller("liv.solberg"), 3)
    until(lambda: ready(stack) == (200, ["disk_low"]), 30, "and all is well, but for a disk as small as this")


def test_under_the_gateway_presses_go_to_the_server_and_without_one_stay_in_the_buttons(stack, disks, device, caller):
    disk, button = disks["spool"], device()
    until(lambda: ready(stack)[0] == 200, 30)
    disk.fill()
    stack.freeze("server")  # one that answers at once leaves the spool nothing to write
    button.press()
    until(lambda: '"event": "spool_failing", "reason": "SQLITE_FULL"' in stack.log("gateway"), 10, "the gateway's log says so")
    stack.thaw("server")
    until(lambda: button.unanswered() == 0, 20, "the server's own receipt is enough")
    until(lambda: "spool_broken" in ready(stack)[1], 20, "and readiness does, while it still is ready")
    now = lambda: caller("liv.solberg").http.get(f"/api/offices/{OFFICE}/now").json()["gateway"]  # noqa: E731
    assert ready(stack)[0] == 200 and (now()["state"], now()["spool"]) == ("ok", "broken")
    stack.kill("server")
    button.press()
    time.sleep(3)
    assert button.unanswered() == 1, "held by nobody, and called received by nobody"
    stack.kill("gateway")
    stack.start("gateway")
    stack.start("server")
    until(lambda: button.unanswered() == 0, 60, "a full disk stops neither its start nor the press")
    whole(caller("liv.solberg"), 2)
    disk.free()
    until(lambda: '"event": "spool_failing_over"' in stack.log("gateway"), 30, "and it writes again, though nobody has pressed")
    until(lambda: "spool_broken" not in ready(stack)[1], 20, "and the server knows")


def test_under_the_broker_presses_go_through_and_what_it_forgets_the_buttons_repeat(stack, disks, device, caller):
    disk, button = disks["broker"], device()
    disk.fill()
    button.press()
    until(lambda: button.unanswered() == 0, 20)
    stack.freeze("gateway")
    button.press()
    time.sleep(1)
    stack.kill("broker")  # it had the press in memory only
    stack.restart("broker")
    stack.thaw("gateway")
    until(lambda: button.unanswered() == 0, 60, "the press comes again")
    whole(caller("liv.solberg"), 2)
    disk.free()
    button.press()
    whole(caller("liv.solberg"), 3)
