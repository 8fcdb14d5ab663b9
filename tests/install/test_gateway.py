"""Which offices the gateway of an installation hears: every one that there is, however its file is named, and however late it comes."""

from __future__ import annotations

import shutil

import pytest

from server.install.machine import Failed
from tests.install.conftest import Machine

SMALL, OFFICE, SECOND = "nav-lillevik.yaml", "nav-fjordvik", "nav-lillevik"
HOMIE = """\
schema: varde.dialect/1
id: homie
name: Homie
messages:
  - topic: "homie/{address}/button/event"
    words: {SHORT_PRESSED: press}
"""


def test_an_office_that_comes_later_is_heard_by_the_gateway_that_is_there(machine: Machine) -> None:
    machine.install("--gateway-offices", OFFICE, offices=True)
    assert machine.gateway_hears() == [OFFICE]
    machine.install()
    assert machine.gateway_hears() == [OFFICE], "what was chosen stays"
    machine.install("--gateway-offices", "")
    assert machine.gateway_hears() == [OFFICE, SECOND]
    assert machine.one is not None and "gateway" in machine.one.changed, "and it is started again"


def test_a_second_office_is_heard_without_being_named(machine: Machine) -> None:
    machine.install(offices=True)
    machine.varde("secrets", "--gateway", f"gateway-1={OFFICE}")  # as it was before the second one came
    machine.install()
    assert machine.gateway_hears() == [OFFICE, SECOND]


def test_an_office_that_has_a_gateway_of_its_own_is_not_heard_twice(machine: Machine) -> None:
    machine.install(offices=True)
    machine.varde("secrets", "--gateway", f"gateway-1={OFFICE}", "--gateway", f"gateway-2={SECOND}")
    machine.install()
    assert machine.gateway_hears() == [OFFICE]


def test_a_gateway_on_a_machine_of_its_own_hears_what_the_servers_say(machine: Machine) -> None:
    machine.install(offices=True)
    machine.varde("secrets", "--gateway", f"gateway-1={OFFICE}", "--gateway", f"gateway-2={SECOND}")
    copy = machine.varde("secrets", "--only", "gateway-2")
    shutil.rmtree(machine.layout.prefix)
    machine.layout.data.mkdir(parents=True)
    (machine.layout.data / "secrets.json").write_text(copy)
    (machine.layout.data / "secrets.json").chmod(0o644)
    machine.install("--parts", "gateway,broker", "--gateway", "gateway-2", "--server-url", "https://varde.example", offices=True)
    assert machine.gateway_hears() == [SECOND]
    assert (machine.layout.data / "secrets.json").read_text() == copy, "and makes none that they do not know"
    assert (machine.layout.data / "secrets.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["nav-lillevik.yml", "nav-lillevik.YAML"])
def test_an_office_is_heard_however_its_file_is_named(machine: Machine, name: str) -> None:
    (machine.offices / SMALL).rename(machine.offices / name)
    machine.install(offices=True)
    assert machine.gateway_hears() == [OFFICE, SECOND]


def test_a_dialect_beside_the_offices_is_no_office(machine: Machine) -> None:
    (machine.offices / "homie.yaml").write_text(HOMIE)
    machine.install(offices=True)
    assert machine.gateway_hears() == [OFFICE, SECOND]


def test_a_gateway_that_would_hear_nothing_is_said(machine: Machine) -> None:
    machine.install(offices=True)
    machine.varde("secrets", "--gateway", "gateway-1=", "--gateway", f"gateway-2={OFFICE},{SECOND}")
    with pytest.raises(Failed, match="Every office has a gateway already"):
        machine.install()
