"""The installed `varde`, run by root: it is Varde's own user, and works where root works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.install.choices import Choices, Layout
from server.install.files import command, server_settings
from tests.install.conftest import ROOT


def test_copies_are_looked_after_where_their_timer_runs() -> None:
    copies = "VARDE_BACKUP_DIR='/var/backups/varde'"
    assert copies in server_settings(Choices(names=("varde.example",)), Layout(Path("/")))
    assert copies not in server_settings(Choices(names=("varde.example",), parts=("gateway", "broker")), Layout(Path("/")))
    assert "BACKUP" not in server_settings(Choices(names=("varde.example",), prefix="/site"), Layout(Path("/site"))), "a container has no timer"


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_what_root_asks_for_in_a_folder_of_its_own_is_read_and_written_and_the_data_stay_vardes(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.chown(tmp_path / "data", "nobody", "nogroup")
    (tmp_path / "server.env").write_text(f"VARDE_DATA_DIR='{tmp_path}/data'\nVARDE_CONFIG_DIR='{ROOT}/config/demo'\n")
    text = command(Layout(Path("/")), sys.executable)
    here = {"/opt/varde/current": str(ROOT), "/etc/varde/server.env": str(tmp_path / "server.env")}
    for installed, instead in {"user=varde": "user=nobody", "--regid $user": "--regid nogroup", **here}.items():
        assert installed in text
        text = text.replace(installed, instead)
    (tmp_path / "varde").write_text(text)
    home = tmp_path / "root"
    home.mkdir(mode=0o700)
    shutil.copytree(ROOT / "config/demo", home / "given")
    (home / "given").chmod(0o700)
    for asked in (["check-config", "given"], ["apply", "given", "--yes"], ["export", "offices"], ["check-config", "offices"]):
        done = subprocess.run(["sh", str(tmp_path / "varde"), *asked], cwd=home, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{asked}: {done.stdout}{done.stderr}"
    assert (home / "offices/nav-lillevik.yaml").read_bytes() == (home / "given/nav-lillevik.yaml").read_bytes()
    assert {path.owner() for path in (tmp_path / "data").iterdir()} == {"nobody"}
