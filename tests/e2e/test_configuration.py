"""An office's files change while people look at their screens: names and cards follow, the alarm goes on, and whoever has left is out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.parts import LIV, OLA, SONDRE, until
from tests.stack import ROOT, Stack

FILE = "nav-fjordvik.yaml"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """With files of its own, which the tests edit."""
    folder = tmp_path_factory.mktemp("configuration")
    shutil.copytree(ROOT / "config/demo", folder / "config")
    with Stack(folder / "site", config=folder / "config", pwa=True) as site:
        yield site


def apply(stack: Stack, folder: Path) -> str:
    return varde(stack, "apply", str(folder), "--yes", "--language", "en")


def varde(stack: Stack, *arguments: str) -> str:
    process = subprocess.run(
        [sys.executable, "-m", "server", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, **stack._environment("server")},
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def edit(stack: Stack, old: str, new: str) -> None:
    path = stack.config / FILE
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_screens_get_the_new_names_while_the_alarm_goes_on_by_its_old_plan(stack, phone, device, caller):
    ola, liv = phone(OLA), phone(LIV)
    button = device()
    button.press()
    expect(ola.heading("Mottak")).to_be_visible()
    ola.button("Jeg kommer").click()
    expect(liv.text("Ola Brekke kommer")).to_be_visible()
    before = caller("liv.solberg").the_alarm()

    edit(stack, "name: Ola Brekke", "name: Ola Lie")
    edit(stack, "- {tell: [{on_duty: true}], channels: [screen, push, sms], wait_s: 30}", "- {tell: [{contact: vekter}], channels: [sms], wait_s: 600}")
    told = apply(stack, stack.config)
    assert "name: Ola Brekke → Ola Lie" in told and "Alarm in Mottak, Nav Fjordvik, since " in told and "keeps the plan that it opened with" in told

    expect(liv.text("Ola Lie kommer")).to_be_visible(timeout=30_000)
    after = caller("liv.solberg").the_alarm()
    assert (after["id"], after["step"]["of"]) == (before["id"], before["step"]["of"])
    expect(ola.text("Du kommer").or_(ola.button("Jeg er på stedet")).first).to_be_visible()
    ola.button("Jeg er på stedet").click()
    expect(liv.text(re.compile("Ola Lie"))).not_to_have_count(0)
    assert ola.faults == liv.faults == []


def test_one_who_has_left_is_out_and_the_others_stay(stack, phone):
    liv, sondre = phone(LIV), phone(SONDRE)
    text = (stack.config / FILE).read_text()
    start = text.index("  - id: sondre.vik")
    (stack.config / FILE).write_text(text[:start] + text[text.index("  # Not a person", start) :])
    assert "- removed  person       sondre.vik" in apply(stack, stack.config)
    expect(sondre.button(re.compile("^Liv Solberg"))).to_be_visible(timeout=30_000)
    expect(sondre.button(re.compile("^Sondre Vik"))).to_have_count(0)
    expect(liv.text(re.compile("Tilkoblet")).first).to_be_visible()


def test_a_new_button_can_be_pressed_once_it_has_its_key(stack, device, caller):
    row = "  - {id: fjordvik-ny, name: Knapp på møterommet, kind: button, zone: moterom, situation: meeting_room_alarm, heartbeat_s: 30}\n"
    edit(stack, "\ndevices:\n", f"\ndevices:\n{row}")
    assert "New devices: 1. `varde secrets` makes the keys" in apply(stack, stack.config)
    varde(stack, "secrets")
    key = json.loads((stack.folder / "secrets.json").read_text())["device_keys"]["fjordvik-ny"]
    known = json.loads(stack.devices_file.read_text())
    new = {"id": "fjordvik-ny", "office": "nav-fjordvik", "kind": "button", "name": "Ny", "key_hex": key, "heartbeat_s": 30}
    stack.devices_file.write_text(json.dumps({**known, "devices": [*known["devices"], new]}))
    gateway = {"Authorization": f"Bearer {stack.token}"}
    given = lambda: [one["key_hex"] for one in httpx.get(f"{stack.url}/api/gateway/devices", headers=gateway).json()["devices"]]  # noqa: E731
    until(lambda: key in given(), 30, "the server knows its key")
    stack.stop("gateway")  # it asks for its devices each minute, and when it starts
    stack.start("gateway")
    until(lambda: key in (stack.folder / "spool" / "devices.json").read_text(), 30, "the gateway knows its key")
    device("fjordvik-ny").press()
    alarm = caller("liv.solberg").the_alarm()
    assert alarm["place"]["zone"] == "Møterom" and not alarm["unverified"], alarm
