"""Parts and servers that are chosen no more are stopped, and do not come back with the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.install import steps
from server.install.choices import Choices, Layout
from server.install.files import leftover
from server.install.steps import Installation
from tests.install.conftest import ROOT

BEFORE = ("server-8081.env", "server-8082.env", "server.env", "gateway.env")
UNITS = ("varde-server@.service", "varde-gateway.service", "varde-broker.service", "varde-proxy.service", "varde-backup.timer", "varde.target")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    for folder, names in ((made.settings, BEFORE), (made.units, UNITS)):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_text("")
    return made


@pytest.mark.parametrize(
    ("choices", "gone"),
    [
        (Choices(servers=2), []),
        (Choices(servers=1), ["varde-server@8082"]),
        (Choices(servers=2, parts=("server", "proxy")), ["varde-gateway", "varde-broker"]),
        (Choices(parts=("gateway", "broker")), ["varde-server@8081", "varde-server@8082", "varde-proxy", "varde-backup.timer"]),
        (Choices(servers=2, server_port=9081), ["varde-server@8081", "varde-server@8082"]),
    ],
)
def test_what_was_set_up_and_is_chosen_no_more_is_known(layout: Layout, choices: Choices, gone: list[str]) -> None:
    assert list(leftover(choices, layout)) == gone


def test_it_is_stopped_and_forgotten_and_what_stays_is_not_touched(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(steps, "run", lambda *command, **_: ran.append(command))
    choices = Choices(servers=1, parts=("server", "proxy"))
    steps._stop(Installation(choices, layout, ROOT, print))
    assert ran == [("systemctl", "disable", "--now", "--quiet", "varde-server@8082", "varde-gateway", "varde-broker"), ("systemctl", "daemon-reload")]
    assert not (layout.settings / "server-8082.env").exists() and not (layout.units / "varde-gateway.service").exists()
    assert (layout.settings / "server-8081.env").exists() and (layout.units / "varde-server@.service").exists()
    ran.clear()
    steps._stop(Installation(choices, layout, ROOT, print))
    assert not ran and not leftover(choices, layout)
