"""Plans that could never keep what they promise are found when they are read: whom a press reaches with everybody on duty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.config.loading import ConfigError, Loaded, read
from tests.golden import golden

CONTENT = Path(__file__).resolve().parents[2] / "config/content"
PLACEHOLDERS = ["office_address", "police_entrance", "leader_on_duty", "neighbour_office", "nearby_help", "assembly_point", "assembly_point_threat"]
EVERY_ROLE = ["coordinator", "responder", "caller_112", "public_guide", "contact_person", "leader", "remote_responder"]

Row = dict[str, Any]


def person(name: str, zone: str, number: int, **more: object) -> Row:
    row = {
        "id": name.lower(), "name": name, "language": "nb", "phone": f"+47 55 55 01 {number:02}", "access": ["worker"], "roles": list(EVERY_ROLE),
        "zone": zone, "duty": "present", "surface": "phone",
    }  # fmt: skip
    return {**row, **more}


def office() -> Row:
    """Six people who can do everything, two of whom lead; two rooms; one plan that tells everybody, and a guard at the end."""
    return {
        "schema": "varde.office/1",
        "office": {"id": "nav-vik", "name": "Nav Vik", "address": "Vikvegen 1", "phone": "+47 55 55 01 00", "size": 6, "neighbours": [],
                   "placeholders": {name: "her" for name in PLACEHOLDERS}},
        "zones": [
            {"id": "mottak", "name": "Mottak", "public": True, "joins_presses": True},
            {"id": "kontor", "name": "Kontor", "public": False, "joins_presses": False},
        ],
        "people": [
            person("Kari", "mottak", 1), person("Ola", "mottak", 2), person("Nina", "kontor", 3), person("Erik", "kontor", 4),
            person("Liv", "kontor", 5, access=["worker", "office_lead"]),
            person("Tor", "kontor", 6, access=["worker", "administrator"]),
        ],
        "contacts": [{"id": "vekter", "name": "Vekter", "phone": "+47 55 55 01 91", "kind": "guard", "drills": False}],
        "devices": [{"id": "vik-knapp", "name": "Knapp", "kind": "button", "zone": "mottak", "situation": "desk_alarm", "heartbeat_s": 30}],
        "plans": [{"id": "vik-standard", "name": "Alarm", "owner": "liv", "steps": [
            {"tell": [{"on_duty": True}], "channels": ["screen", "push", "sms"], "wait_s": 30},
            {"tell": [{"on_duty": True}, {"contact": "vekter"}], "channels": ["screen", "push", "sms", "voice"], "wait_s": 45}]}],
    }  # fmt: skip


def read_with(folder: Path, change: Callable[[Row], object]) -> Loaded:
    file = office()
    change(file)
    text = {"schema": "varde.deployment/1", "name": "Vik", "default_language": "nn", "administrators": ["tor"]}
    (folder / "deployment.yaml").write_text(yaml.safe_dump(text))
    (folder / "nav-vik.yaml").write_text(yaml.safe_dump(file, sort_keys=False, allow_unicode=True))
    return read(folder, CONTENT)


def said(folder: Path, change: Callable[[Row], object]) -> list[str]:
    try:
        return [f"(worth knowing) {problem}" for problem in read_with(folder, change).problems]
    except ConfigError as error:
        return [str(problem) for problem in error.problems]


def all_in(zone: str) -> Callable[[Row], object]:
    return lambda file: [one.update(zone=zone) for one in file["people"]]


def both(*changes: Callable[[Row], object]) -> Callable[[Row], object]:
    return lambda file: [change(file) for change in changes]


def without_guard(file: Row) -> None:
    file["plans"][0]["steps"].pop()


def without(role: str, *but: str) -> Callable[[Row], object]:
    return lambda file: [one["roles"].remove(role) for one in file["people"] if one["id"] not in but]


def told(*tell: Row) -> Callable[[Row], object]:
    return lambda file: [step.update(tell=[dict(one) for one in tell]) for step in file["plans"][0]["steps"]]


# what is changed in the office, and what must be said of it
MISTAKES: dict[str, tuple[Callable[[Row], object], str]] = {
    "the owner is the only lead": (lambda file: file["people"][5].update(access=["worker"]), "'tor' lacks the access 'administrator'"),
    "the owner is the only one who leads": (
        both(lambda file: file["people"][4].update(access=["worker"]), lambda file: file["plans"][0].update(owner="tor")),
        "'tor' is the only one here who leads: when that person presses, nobody is told that a role is empty",
    ),
    "everyone told sits in the pressed room": (both(all_in("mottak"), without_guard), "everyone whom 'vik-standard' tells sits in 'Mottak'"),
    "the two who are told sit in the pressed room": (told({"person": "kari"}, {"person": "ola"}), "tells sits in 'Mottak'"),
    "a cover that no roster fills": (without("coordinator"), "leave 1 coordinator empty"),
    "a pair that is one": (without("responder", "kari"), "leave 1 responder empty"),
    "a plan that tells too few": (told({"person": "kari"}, {"person": "nina"}), "leave"),
    "the last step is a wall": (
        lambda file: (file["people"][3].update(surface="wallboard", duty="off", roles=[]),
                      file["plans"][0]["steps"][-1].update(tell=[{"person": file["people"][3]["id"]}])),
        "tells nobody"),
    "a wallboard on duty": (lambda file: file["people"][3].update(surface="wallboard"), "a wallboard is nobody"),
}  # fmt: skip

NOTES: dict[str, tuple[Callable[[Row], object], str]] = {
    "a role that one person has": (without("coordinator", "nina"), "when 'nina' presses ('desk_alarm'), nobody is left for 'coordinator'"),
    "nobody for visits": (without("contact_person", "kari"), "when 'kari' presses"),
    "no phone": (lambda file: [one.pop("phone") for one in file["people"]], "and 3 more like those before"),
    "a phone twice": (lambda file: file["people"][1].update(phone="0047 555 501 01"), "'ola' has the same phone as 'kari'"),
    "a name twice": (lambda file: file["people"][1].update(name="KARI"), "'ola' has the same name as 'kari'"),
    "a size that is not": (lambda file: file["office"].update(size=61), "the size is 61, but 6 people are listed"),
    "an empty local value": (lambda file: file["office"]["placeholders"].update(nearby_help=" "), "role cards are not published"),
    "dots in place of a local value": (lambda file: file["office"]["placeholders"].update(nearby_help="…"), "role cards are not published"),
    "a placeholder in place of a local value": (lambda file: file["office"]["placeholders"].update(nearby_help="{nearby_help}"), "are not published"),
    "a step that means nobody": (
        lambda file: file["plans"][0]["steps"][0].update(tell=[{"role": "logger"}, {"on_duty": True}]), "means nobody here (role logger)"),
}  # fmt: skip


def test_an_office_with_enough_people_has_nothing_wrong(tmp_path: Path) -> None:
    assert said(tmp_path, lambda file: None) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_what_a_plan_can_never_do_refuses_it(tmp_path: Path, name: str) -> None:
    change, words = MISTAKES[name]
    problems = said(tmp_path, change)
    assert any(words in problem and not problem.startswith("(worth") for problem in problems), problems
    golden(name, problems)


@pytest.mark.parametrize("name", NOTES)
def test_what_one_can_run_with_is_said(tmp_path: Path, name: str) -> None:
    change, words = NOTES[name]
    problems = said(tmp_path, change)
    assert problems and all(problem.startswith("(worth") for problem in problems), problems
    assert any(words in problem for problem in problems), problems
    golden(name, problems)


@pytest.mark.parametrize("elsewhere", ["liv", "erik"])
def test_one_who_sits_elsewhere_is_enough(tmp_path: Path, elsewhere: str) -> None:
    def change(file: Row) -> None:
        both(all_in("mottak"), without_guard)(file)
        next(one for one in file["people"] if one["id"] == elsewhere)["zone"] = "kontor"

    assert said(tmp_path, change) == []


def test_a_lead_of_another_office_who_serves_this_one_hears_too(tmp_path: Path) -> None:
    """The remedy that is named works."""
    second = office()
    steps = [{"tell": [{"neighbours": True}, {"on_duty": True}], "channels": ["screen", "sms"], "wait_s": 30}]
    siri = person("Siri", "kontor", 31, access=["worker", "office_lead"], also_in=["nav-vik"])
    second.update(people=[siri], contacts=[], devices=[], plans=[{"id": "sund", "name": "A", "owner": "siri", "steps": steps}])
    second["office"].update(id="nav-sund", size=1, neighbours=["nav-vik"])

    def change(file: Row) -> None:
        for one in file["people"]:
            one.update(also_in=["nav-sund"], access=["worker", "responder", *(["administrator"] if one["id"] == "tor" else [])])
        file["plans"][0].update(owner="tor")
        (tmp_path / "nav-sund.yaml").write_text(yaml.safe_dump(second, sort_keys=False))

    assert not [problem for problem in said(tmp_path, change) if "leads" in problem]
