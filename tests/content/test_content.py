"""The default content passes its checker, and the checker sees the faults that would harm somebody."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONTENT = Path(__file__).resolve().parents[2] / "config" / "content"
CHECKER = Path(__file__).with_name("check_content.py")


def run_checker(*arguments: str, elsewhere: Path) -> subprocess.CompletedProcess[str]:
    """Runs the checker as people run it. From another folder, so that it cannot lean on where it was started."""
    return subprocess.run(
        [sys.executable, "-X", "utf8", str(CHECKER), *arguments],
        cwd=elsewhere, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )


def test_the_content_that_ships_has_no_fault(tmp_path: Path) -> None:
    run = run_checker(elsewhere=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "\n0 faults" in run.stdout
    assert "situations 14, cards 81" in run.stdout, "the checker must have read the cards, not an empty folder"


def test_the_checker_reads_every_file_that_ships(tmp_path: Path) -> None:
    for file in sorted(CONTENT.iterdir()):
        if file.name.startswith("dialect_"):
            continue  # read with the offices' own files: tests/config/test_dialects.py
        copy = tmp_path / file.stem
        shutil.copytree(CONTENT, copy)
        (copy / file.name).unlink()
        run = run_checker(str(copy), elsewhere=tmp_path)
        assert run.returncode != 0 and file.name in run.stderr, f"nobody missed {file.name}"


# file, what stands there, what a hurried editor might put there, what the checker must say
PLANTED = {
    "a text is not translated": (
        "role_cards", 'en: "Line manager"', 'en: ""', "roles/leader/name lacks ['en']"),
    "a placeholder is lost in one language": (
        "role_cards", 'nb: "Si adressen først: {office_address}."', 'nb: "Si adressen først."', "placeholders differ"),
    "bokmål in a nynorsk text": (
        "role_cards", 'nn: "Ring 112 med ein gong. Ikkje vent på løyve."', 'nn: "Ring 112 med ein gong. Ikke vent."',
        "bokmål in nynorsk: ['Ikke']"),
    "a responder is sent alone": (
        "role_cards", "{role: responder, count: 2}", "{role: responder, count: 1}", "responders not in pairs"),
    "a cover names a role that nobody has": (
        "role_cards", "{role: public_guide, count: 1}", "{role: receptionist, count: 1}", "unknown role receptionist"),
    "a key stands twice": (
        "role_cards", "schema: varde.role_cards/1\n", "schema: varde.role_cards/1\nschema: varde.role_cards/1\n",
        "duplicate key schema"),
    "an exercise measures what nobody ticks": (
        "role_cards", "            mark: all_reported\n", "", "no card in the situation sets all_reported"),
    "an inject comes just when the plan takes its own next step": (
        "exercises", "at_s: 65", "at_s: 60", "inject at a step wait"),
    "a word that people must not be told": (
        "glossary", "nb: Kvittert", 'nb: "Hjelp er på vei"', "banned wording"),
    "red no longer follows the rule": (
        "ros_events", "red: true", "red: false", " red"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_reported(name: str, tmp_path: Path) -> None:
    file, stands, planted, said = PLANTED[name]
    copy = tmp_path / "content"
    shutil.copytree(CONTENT, copy)
    path = copy / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert stands in text, f"{file}.yaml no longer has the words that this test replaces"
    path.write_text(text.replace(stands, planted, 1), encoding="utf-8", newline="\n")
    run = run_checker(str(copy), elsewhere=tmp_path)
    faults = [line for line in run.stdout.splitlines() if line.startswith("FAULT:")]
    assert run.returncode == 1, run.stdout + run.stderr
    assert any(said in line for line in faults), f"expected a fault about {said!r}, got {faults}"
