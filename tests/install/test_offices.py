"""What an installation that is run again does to the offices: what was applied stays, and nothing that was written is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

from server.install.steps import _broker
from tests.install.conftest import ROOT, Machine

BIG, SMALL = "nav-fjordvik.yaml", "nav-lillevik.yaml"
NAME = ("name: Ola Brekke", "name: Ola Endret")
CARDS, WORDS, OWN = "role_cards.yaml", "Jeg trenger noen, men politiet er ikke varslet.", "Jeg trenger noen hos oss, og politiet er ikke varslet."

DIALECT = "dialect_esphome.yaml"


def own_cards(machine: Machine) -> None:
    """As docs/configuration.md has it: the cards of this version in a folder of the office's own, with something changed."""
    shutil.rmtree(machine.offices / "content", ignore_errors=True)
    shutil.copytree(ROOT / "config/content", machine.offices / "content")
    cards = machine.offices / "content" / CARDS
    cards.write_text(cards.read_text().replace(WORDS, OWN, 1))
    assert OWN in cards.read_text(), f"{CARDS} no longer says {WORDS!r}: change this test"


def versions(machine: Machine) -> list[str]:
    return [line.split()[0] for line in machine.varde("export").splitlines()]


def test_what_an_office_has_applied_stays_when_the_installation_is_run_again(machine: Machine, tmp_path: Path) -> None:
    machine.install(offices=True)
    machine.varde("export", str(tmp_path / "edited"))
    edited = tmp_path / "edited" / BIG
    edited.write_text(edited.read_text().replace(*NAME, 1))
    machine.varde("apply", str(tmp_path / "edited"), "--yes", "--by", "liv")
    said = machine.install()
    assert versions(machine) == ["2", "1"] and "What is applied stays: version 2" in said and "by liv" in said
    assert f"{machine.layout.offices}, or this version's cards, differ from it" in said and "varde apply" in said
    machine.varde("export", str(tmp_path / "after"))
    assert NAME[1] in (tmp_path / "after" / BIG).read_text()


def test_an_installation_that_is_run_again_says_nothing_of_a_difference_where_there_is_none(machine: Machine) -> None:
    machine.install(offices=True)
    said = machine.install()
    assert versions(machine) == ["1"] and "What is applied stays: version 1" in said and "differ" not in said


def test_offices_that_are_given_are_applied_and_nothing_applied_before_is_needed(machine: Machine) -> None:
    machine.install(offices=True)
    machine.change(BIG, *NAME)
    assert "Ola Brekke → Ola Endret" in machine.install(offices=True) and versions(machine) == ["2", "1"]


def test_a_device_that_was_applied_from_elsewhere_keeps_its_login_when_the_installation_is_run_again(machine: Machine, tmp_path: Path) -> None:
    machine.install(offices=True)
    machine.change(SMALL, "devices:\n", "devices:\n  - {id: lillevik-ny, name: Ny, kind: button, zone: mottak, heartbeat_s: 30}\n")
    machine.varde("apply", str(machine.offices), "--yes")
    machine.varde("secrets")
    machine.install()
    assert machine.one is not None
    machine.layout.broker.mkdir(parents=True, exist_ok=True)
    _broker(machine.one)
    assert "lillevik-ny:" in (machine.layout.broker / "passwords").read_text()


def test_an_offices_own_cards_are_copied_and_come_into_force(machine: Machine, tmp_path: Path) -> None:
    own_cards(machine)
    machine.install(offices=True)
    assert OWN in (machine.layout.offices / "content" / CARDS).read_text()
    machine.varde("export", str(tmp_path / "applied"))
    assert OWN in (tmp_path / "applied/content" / CARDS).read_text()


def test_cards_that_are_given_no_more_are_kept_beside_and_those_of_this_version_hold(machine: Machine, tmp_path: Path) -> None:
    own_cards(machine)
    machine.install(offices=True)
    (machine.offices / "content" / DIALECT).rename(machine.offices / "content/dialect_ours.yaml")
    machine.install(offices=True)
    names = {path.name for path in (machine.layout.offices / "content").iterdir()}
    assert {CARDS, "dialect_ours.yaml", f"{DIALECT}.before"} <= names and DIALECT not in names
    for _ in range(2):  # the second time there is one of before already
        own_cards(machine)
        machine.install(offices=True)
        shutil.rmtree(machine.offices / "content")
        machine.install(offices=True)
        assert not (machine.layout.offices / "content").exists()
        assert OWN in (machine.layout.offices / "content.before" / CARDS).read_text()
    machine.varde("export", str(tmp_path / "applied"))
    assert OWN not in (tmp_path / "applied/content" / CARDS).read_text()
