"""The demo offices are whole: every name points to somebody, and whoever presses, enough can come."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.content.demo_check import Demo, check_cover, faults, read, resolve

CONFIG = Path(__file__).resolve().parents[2] / "config"
DEMO, CONTENT = CONFIG / "demo", CONFIG / "content"
FJORDVIK, LILLEVIK = "nav-fjordvik", "nav-lillevik"


@pytest.fixture(scope="module")
def demo() -> Demo:
    return read(DEMO, CONTENT)


def test_the_demo_offices_have_no_fault() -> None:
    assert faults(DEMO, CONTENT) == []


def test_the_two_offices_have_the_size_and_the_duty_that_the_story_needs(demo: Demo) -> None:
    duty = {o: Counter(p["duty"] for home, p in demo.people() if home == o and p["surface"] != "wallboard") for o in demo.offices}
    assert duty[FJORDVIK].total() == 60 and 23 <= duty[FJORDVIK].total() - duty[FJORDVIK]["off"] <= 27
    assert duty[LILLEVIK] == Counter(present=3, off=4), "fewer than four: every alarm there leaves the house at once"


def test_every_role_of_the_desk_alarm_is_held_by_several_in_fjordvik(demo: Demo) -> None:
    desk = next(s for s in demo.cards["situations"] if s["id"] == "desk_alarm")
    for row in desk["cover"]:
        able = [p["id"] for p in demo.on_duty(FJORDVIK) if row["role"] in p["roles"] and p["duty"] == "present"]
        assert len(able) >= max(2, 2 * row["count"]), f"{row['role']}: only {able}"


def test_the_cast_of_the_sign_in_page_is_there(demo: Demo) -> None:
    cast = {p["id"]: (home, p["surface"]) for home, p in demo.people() if "title" in p}
    assert cast == {
        "kari.nilsen": (FJORDVIK, "desk"), "ola.brekke": (FJORDVIK, "phone"), "liv.solberg": (FJORDVIK, "phone"),
        "amina.hassan": (FJORDVIK, "phone"), "sondre.vik": (FJORDVIK, "phone"), "tavle.fjordvik": (FJORDVIK, "wallboard"),
        "per.aspelund": (LILLEVIK, "phone"), "marit.fjelltun": (LILLEVIK, "desk"),
    }


def test_a_press_in_the_small_office_reaches_a_few_neighbours_and_not_the_whole_house(demo: Demo) -> None:
    both = "eirik.solheim"  # serves both offices, so he is a colleague in each
    assert {p["id"] for p in resolve(demo, FJORDVIK, {"neighbours": True})} - {both} == {"per.aspelund"}
    assert 3 <= len(resolve(demo, LILLEVIK, {"neighbours": True})) <= 6


def test_an_alarm_outside_never_calls_a_crowd(demo: Demo) -> None:
    for file in demo.offices.values():
        for plan in file["plans"]:
            if "portable_alarm_outside" in plan.get("situations", []):
                told = [selector for step in plan["steps"] for selector in step["tell"]]
                assert {"on_duty": True} not in told and {"role": "responder"} not in told, plan["id"]
                guards = {c["id"] for c in file["contacts"] if c["kind"] == "guard"}
                assert not guards & {s.get("contact") for s in told}, f"{plan['id']} sends a guard where nobody is to go"


# file, what stands there, what a hurried editor might put there, what must be said
PLANTED = {
    "a key is misspelt": (FJORDVIK, "wait_s: 45", "wait: 45", "unknown key ['wait']"),
    "a key stands twice": (FJORDVIK, "  size: 60", "  size: 60\n  size: 6", "key given twice"),
    "off without quotes is not a word": (LILLEVIK, 'duty: "off"', "duty: off", "duty may not be False"),
    "a role that no card has": (FJORDVIK, "roles: [coordinator, responder]", "roles: [coordinator, rescuer]", "unknown role ['rescuer']"),
    "a person sits in a zone that is not there": (FJORDVIK, "zone: mottak\n", "zone: kjeller\n", "unknown zone kjeller"),
    "a portable alarm is held by a stranger": (FJORDVIK, "holder: amina.hassan", "holder: amina.hansen", "holder amina.hansen"),
    "a button starts cards that are not there": (LILLEVIK, "situation: desk_alarm", "situation: counter", "situation counter"),
    "the sounder hangs where visitors hear it": (FJORDVIK, "kind: sounder, zone: kontorlandskap-ost", "kind: sounder, zone: mottak", "its zone is public"),
    "a plan names a contact that is not there": (LILLEVIK, "{contact: vekter}", "{contact: vaktar}", "points to nothing"),
    "the last step tells nobody": (
        LILLEVIK, "{tell: [{role: leader}, {contact: vakttelefon}, {contact: alarmsentral}]", "{tell: []", "step 3 tells nobody"),
    "a step waits for a moment only": (FJORDVIK, "wait_s: 30", "wait_s: 3", "wait_s must be 30–600, is 3"),
    "two plans fit equally": (FJORDVIK, "    situations: [followed_outside]\n", "", "is met by ['fjordvik-standard', 'fjordvik-fulgt']"),
    "the plan for everything else is gone": (
        LILLEVIK, "    name: Alarm i huset\n", "    name: Alarm i huset\n    kinds: [panic]\n", "has no plan for everything else"),
    "the owner of a plan is off": (LILLEVIK, "owner: jorunn.haukas", "owner: hamid.karimi", "owner hamid.karimi"),
    "a placeholder is empty": (FJORDVIK, 'police_entrance: "personalinngangen på baksiden (Smiegata)"', 'police_entrance: ""',
                               "placeholders: missing ['police_entrance']"),
    "a placeholder makes the SMS too long": (LILLEVIK, '"naustrekkja nedanfor Bryggevegen 9"',
                                             '"naustrekkja nedanfor Bryggevegen 9, bak det raude huset på andre sida av elva"', "characters"),
    "a real-looking phone": (LILLEVIK, "+47 55 55 02 91", "+47 22 33 44 55", "phone '+47 22 33 44 55'"),
    "Nav's own contact centre": (LILLEVIK, "+47 55 55 02 91", "+47 55 55 33 33", "phone '+47 55 55 33 33'"),
    "a person twice": (LILLEVIK, "id: marit.fjelltun", "id: kari.nilsen", "id twice in people ['kari.nilsen']"),
    "a neighbour that is not there": (LILLEVIK, "neighbours: [nav-fjordvik]", "neighbours: [nav-storvik]", "neighbour nav-storvik"),
    "the duress PIN is the PIN": (FJORDVIK, 'duress_pin: "4321"', 'duress_pin: "1234"', "PIN and duress PIN are the same"),
    "an administrator without the access": ("deployment", "[arne.tveit, ingvild.straume]", "[arne.tveit, ola.brekke]", "but access says"),
    "no leader when the leader presses": (FJORDVIK, "also_in: [nav-lillevik]", "also_in: []",
                                          "small_office_alarm pressed by jorunn.haukas cannot fill ['leader']"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_reported(name: str, tmp_path: Path) -> None:
    file, stands, planted, said = PLANTED[name]
    copy = tmp_path / "demo"
    shutil.copytree(DEMO, copy)
    path = copy / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert stands in text, f"{file}.yaml no longer has the words that this test replaces"
    path.write_text(text.replace(stands, planted, 1), encoding="utf-8", newline="\n")
    try:
        found = faults(copy, CONTENT)
    except Exception as unreadable:  # a file that cannot be read at all is reported by the reader itself
        found = [str(unreadable)]
    assert any(said in fault for fault in found), f"expected a fault about {said!r}, got {found}"


def test_too_few_people_are_noticed_whoever_presses(demo: Demo) -> None:
    """With two responders left it is enough for Kari's press, but when one of the two presses, nobody goes in a pair."""
    people = [
        p if p["id"] in ("ola.brekke", "tomasz.zielinski") else {**p, "roles": [r for r in p["roles"] if r != "responder"]}
        for p in demo.offices[FJORDVIK]["people"]
    ]
    thin = Demo(demo.deployment, {**demo.offices, FJORDVIK: {**demo.offices[FJORDVIK], "people": people}}, demo.cards)
    check_cover(thin, FJORDVIK, thin.offices[FJORDVIK])
    assert [fault for fault in thin.faults if " desk_alarm " in fault] == [
        f"{FJORDVIK} desk_alarm pressed by {who} cannot fill ['responder']" for who in ("ola.brekke", "tomasz.zielinski")
    ]
