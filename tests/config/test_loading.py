"""The configuration reader: the demo reads, each mistake names its file, line and remedy, and nothing else than ConfigError is raised."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.config.loading import ConfigError, Loaded, read
from server.config.files import FILE_MAX_BYTES
from server.config.strict_yaml import parse
from server.core.cards import fill, unfilled
from server.core.directory import Duty
from server.core.signals import Kind
from tests.golden import golden

CONFIG = Path(__file__).resolve().parents[2] / "config"
DEMO, CONTENT = CONFIG / "demo", CONFIG / "content"
BIG, SMALL, DEPLOYMENT = "nav-fjordvik.yaml", "nav-lillevik.yaml", "deployment.yaml"
CARDS, WORDS = "role_cards.yaml", "glossary.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to make mistakes in: demo/ and content/."""
    shutil.copytree(DEMO, tmp_path / "demo")
    shutil.copytree(CONTENT, tmp_path / "content")
    return tmp_path


def problems_in(folder: Path) -> list[str]:
    try:
        read(folder / "demo", folder / "content")
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def change(folder: Path, file: str, old: str, new: str) -> int:
    """Replaces the first place where `old` stands, and returns its line."""
    path = folder / ("content" if file in (CARDS, WORDS) else "demo") / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer says {old!r}: change this test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return read(DEMO, CONTENT)


def test_beside_mistakes_it_is_said_which_file_was_not_read_at_all(folder: Path) -> None:
    (folder / "demo" / SMALL).rename(folder / "demo" / f"{SMALL}.txt")
    assert any(problem.startswith(f"{SMALL}.txt: is not read") for problem in problems_in(folder))


def test_the_demo_reads_without_problems(loaded: Loaded) -> None:
    assert loaded.problems == ()
    assert set(loaded.directory.offices) == {"nav-fjordvik", "nav-lillevik"}
    assert len(loaded.directory.content.situations) == 14


def test_what_the_demo_says_reaches_the_core(loaded: Loaded) -> None:
    directory = loaded.directory
    kari, button = directory.people["kari.nilsen"], directory.devices["fjordvik-skranke-1"]
    assert (kari.offices, kari.zone_id) == (("nav-fjordvik",), "mottak")
    assert directory.duty["kari.nilsen", "nav-fjordvik"] is Duty.PRESENT
    assert (button.zone_id, button.situation, button.heartbeat_s) == ("mottak", "desk_alarm", 30)
    assert directory.plan_for("nav-fjordvik", Kind.ASSIST, "mottak", "desk_alarm").id == "fjordvik-assistanse"
    assert directory.contacts["@nav-fjordvik/vekter"].drills
    eirik = directory.people["eirik.solheim"]
    assert eirik.offices == ("nav-fjordvik", "nav-lillevik") and directory.on_duty(eirik.id, "nav-lillevik")
    assert directory.content.staffing_of(7).use_instead["desk_alarm"] == "small_office_alarm"
    assert directory.content.staffing_of(500).max_size is None


def test_what_the_content_says_reaches_the_core(loaded: Loaded) -> None:
    content = loaded.directory.content
    missed = content.situations["missed_checkin"]
    assert (missed.level, missed.ring_presser) == ("assist", "yes")
    assert missed.raised is not None and missed.raised.ring_presser == "after_112"
    assert content.situations["desk_alarm"].cover == (("coordinator", 1), ("responder", 2), ("caller_112", 1), ("public_guide", 1))
    common = content.situations["desk_alarm"].cards["caller_112"]
    assert common.steps[0].mark == "police_called" and set(common.steps[0].text) == {"nn", "nb", "en"}
    assert content.marks["police_expected"].asks_time and content.marks["safe_confirmed"].set_by == ("btn_seen_safe", "btn_heard_safe")
    assert content.switches["weapon"].to_situation == "life_threatening_violence"
    assert {"version", "levels", "go_to_scene", "ring_presser", "labels"} <= set(content.texts)
    assert "btn_going" in content.texts["labels"]  # type: ignore[operator]


def test_every_card_of_the_demo_is_published(loaded: Loaded) -> None:
    for office in loaded.directory.offices.values():
        for situation in loaded.directory.content.situations.values():
            for card in situation.cards.values():
                assert not unfilled(card, office.placeholders)
                assert not any("{" in words for step in card.steps for words in fill(step.text, office.placeholders).values())


def test_a_pin_is_never_printed(loaded: Loaded, folder: Path) -> None:
    assert loaded.people_extra["kari.nilsen"].pin == "1234"
    assert "1234" not in repr(loaded.people_extra["kari.nilsen"])
    change(folder, BIG, 'pin: "1234"', 'pin: "9876x"')
    assert "9876" not in "".join(problems_in(folder))


KARI = "{id: kari.nilsen, name: K, language: nb, access: [worker], roles: [], duty: off, surface: phone}"

# file, what stands there, what a hurried editor might put there, what the reader must say
MISTAKES = {
    "a misspelt key": (BIG, "joins_presses: true}", "joins_preses: true}", "unknown key 'joins_preses': did you mean 'joins_presses'?"),
    "an invented key": (DEPLOYMENT, "name: Varde demo", "colour: red\nname: Varde demo", "unknown key 'colour': take it out"),
    "a key left out": (BIG, ", kind: button", "", "'kind' is missing in devices[1]: add it."),
    "a number as text": (BIG, "size: 60", 'size: "60"', "office.size must be a whole number, without quotes"),
    "a text as number": (BIG, 'pin: "1234"', "pin: 1234", "people[1].pin must be text: put it in quotes"),
    "a truth that is none": (BIG, "public: true", "public: yes", "zones[1].public must be true or false"),
    "a word that is not among the choices": (BIG, "kind: guard", "kind: watchman", "contacts[1].kind must be 'guard', 'on_call',"),
    "a key given twice": (BIG, "  size: 60", "  size: 60\n  size: 61", "'size' is given twice (first on line"),
    "an alias": (BIG, "neighbours: [nav-lillevik]", "neighbours: *others", "'*others' refers to another place"),
    "an anchor": (BIG, "neighbours: [nav-lillevik]", "neighbours: &all [nav-lillevik]", "'&all' makes an anchor"),
    "a YAML bomb": (DEPLOYMENT, "name: Varde demo", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nname: Varde demo", "'*a' refers to another place"),
    "a tag": (BIG, "size: 60", "size: !!int 60", "is a tag, which is not supported"),
    "a character of no text": (BIG, "  size: 60", "  size: 60\x00", "has a character that text files do not have"),
    "a tab": (BIG, "  size: 60", "\tsize: 60", "a tab stands here: indent with spaces"),
    "an id for a topic of somebody else's": (BIG, "{id: fjordvik-skranke-1,", "{id: 'fjordvik/+',", "devices[1].id must be an id"),
    "a person twice": (SMALL, "\npeople:\n", f"\npeople:\n  - {KARI}\n", "the person 'kari.nilsen' is there twice (first as person in nav-"),
    "a zone twice": (BIG, "{id: samtalerom-2,", "{id: samtalerom-1,", "the id 'samtalerom-1' is there twice (first on line"),
    "a zone that is not there": (BIG, "zone: samtalerom-1,", "zone: samtalerom-9,", "'samtalerom-9' is not a zone of this office"),
    "a holder who is nobody": (BIG, "holder: amina.hassan", "holder: amina", "'amina' is not somebody who serves this office"),
    "a situation that is not there": (BIG, "situation: desk_alarm", "situation: desk", "'desk' is not a situation in the content"),
    "a neighbour that is not there": (BIG, "neighbours: [nav-lillevik]", "neighbours: [nav-storevik]", "'nav-storevik' is not an office"),
    "an office that is its own neighbour": (BIG, "neighbours: [nav-lillevik]", "neighbours: [nav-fjordvik]", "not its own neighbour"),
    "a role that is not there": (BIG, "roles: [leader, coordinator]", "roles: [boss]", "'boss' is not a role in the content"),
    "an owner who is nobody": (BIG, "owner: liv.solberg", "owner: liv", "'liv' is not somebody who serves this office"),
    "a contact that is not there": (BIG, "{contact: ledervakt}", "{contact: vakta}", "'vakta' is not a contact of this office"),
    "an administrator who is nobody": (DEPLOYMENT, "[arne.tveit", "[arne", "'arne' is nobody in any office"),
    "an administrator without the right": (DEPLOYMENT, "[arne.tveit", "[kari.nilsen", "lacks the access 'administrator'"),
    "a step that tells nobody": (BIG, "tell: [{on_duty: true}]", "tell: []", "tell is empty: a step must tell somebody"),
    "a step that tells two things at once": (BIG, "{on_duty: true}", "{on_duty: true, role: leader}", "name exactly one of role, person"),
    "a wait that is too short": (BIG, "wait_s: 30}", "wait_s: 3}", "is an impossible time: it must be at least 30"),
    "a heartbeat once a day": (BIG, "heartbeat_s: 30}", "heartbeat_s: 86400}", "is an impossible time for a device of Varde's own kind"),
    "a duress PIN that is the PIN": (BIG, 'duress_pin: "4321"', 'duress_pin: "1234"', "pin and duress_pin are the same"),
    "a placeholder that no card has": (BIG, "nearby_help:", "near_help:", "'near_help' is not a placeholder of the role cards"),
    "112 as a contact": (BIG, 'phone: "+47 55 55 01 91"', 'phone: "112"', "people call 110, 112 and 113, Varde never does"),
    "a sounder among visitors": (BIG, "kind: sounder, zone: kontorlandskap-ost", "kind: sounder, zone: mottak", "would tell the person who threatens"),
    "a form of another time": (BIG, "varde.office/1", "varde.office/9", "does not say what it is"),
    "an id that is not the file's": (SMALL, "id: nav-lillevik", "id: nav-storevik", "name the file nav-storevik.yaml"),
    "a card for nobody": (CARDS, "use: caller_112_ready", "use: caller_112_rady", "'caller_112_rady' is not among the common_cards"),
    "a mark that is not there": (CARDS, "mark: police_called", "mark: police_caled", "'police_caled' is not among the marks"),
    "a cover without a card": (CARDS, "{role: public_guide, count: 1}", "{role: support_person, count: 1}", "no card here is for that role"),
    "a local value that nobody fills in": (CARDS, "adressa først: {office_address}", "adressa først: {adress}", "'adress' is not among the placeholders"),
    "a text in two languages": (CARDS, '        en: "Call 112 at once. Do not wait for permission."\n', "", "'en' is missing in common_cards[1].steps[1]"),
    "a wallboard that is told": (BIG, 'duty: "off"\n    also_in: []\n    surface: wallboard', "duty: present\n    also_in: []\n    surface: wallboard",
                                 "a wallboard is nobody"),
    "names on a wall among visitors": (BIG, 'zone: kontorlandskap-ost\n    duty: "off"\n    also_in: []\n    surface: wallboard',
                                       'zone: mottak\n    duty: "off"\n    also_in: []\n    surface: wallboard\n    wall_names: true', "no visitor can see"),
    "names on somebody's phone": (BIG, "    surface: desk\n", "    surface: desk\n    wall_names: true\n", "no visitor can see"),
    "112 as somebody's phone": (BIG, 'phone: "+47 55 55 01 02"', 'phone: "+47 112"', "people call 110, 112 and 113, Varde never does"),
    "one person with two ids": (SMALL, 'name: Per Aspelund\n    language: nn\n    phone: "+47 55 55 02 01"',
                                'name: ola brekke\n    language: nn\n    phone: "0047 5555 0102"', "has the name and the phone of 'ola.brekke'"),
    "a switch to nowhere": (CARDS, "to_situation: life_threatening_violence", "to_situation: elsewhere", "'elsewhere' is not among the situations"),
    "a label twice": (WORDS, "- id: state_acknowledged", "- id: state_new", "the label 'state_new' is there twice"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_its_file_and_line_and_what_to_do(folder: Path, name: str) -> None:
    file, old, new, said = MISTAKES[name]
    line = change(folder, file, old, new)
    problems = problems_in(folder)
    golden(name, problems)
    found = [problem for problem in problems if said in problem]
    assert found, f"nobody said {said!r}, but {problems}"
    found_file, found_line = found[0].split(":")[:2]
    near = range(line - 1, line + old.count("\n") + new.count("\n") + 1)
    lines_of_record = 12  # a key that is missing is reported where its record begins
    assert found_file == file and (int(found_line) in near or (" is missing" in said and line - lines_of_record <= int(found_line) <= line))


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    change(folder, BIG, "size: 60", "size: sixty")
    change(folder, SMALL, "size: 7", "size: seven")
    change(folder, CARDS, "silent: true", "silent: maybe")
    assert [problem.split(":")[0] for problem in problems_in(folder)] == [BIG, SMALL, CARDS]


def test_an_office_without_a_plan_is_refused(folder: Path) -> None:
    path = folder / "demo" / BIG
    path.write_text(path.read_text(encoding="utf-8").split("\nplans:\n")[0] + "\nplans: []\n", encoding="utf-8")
    assert any("plans is empty" in problem for problem in problems_in(folder))


def test_two_plans_with_the_same_claim_to_a_press_are_refused(folder: Path) -> None:
    change(folder, BIG, "    kinds: [assist]\n", "")
    assert any("'fjordvik-assistanse' and 'fjordvik-standard' fit the same press equally well" in problem for problem in problems_in(folder))


def test_a_plan_whose_last_step_means_nobody_is_refused(folder: Path) -> None:
    path = folder / "demo" / SMALL
    text = path.read_text(encoding="utf-8")
    start = text.rindex("- {tell: [")
    path.write_text(text[:start] + "- {tell: [{role: held_person}], channels: [sms], wait_s: 45}\n", encoding="utf-8")
    assert any("the last step of" in problem and "tells nobody" in problem for problem in problems_in(folder))


def test_a_step_that_means_nobody_today_is_reported_but_runs(folder: Path) -> None:
    change(folder, BIG, "{role: responder}, {role: coordinator}", "{role: held_person}, {role: coordinator}")
    (problem,) = read(folder / "demo", folder / "content").problems
    assert "means nobody here (role held_person)" in str(problem)


def test_cards_with_an_unfilled_local_value_are_reported_and_not_published(folder: Path) -> None:
    line = change(folder, BIG, 'nearby_help: "biblioteket tvers over torget, +47 55 55 01 93"', 'nearby_help: ""')
    loaded = read(folder / "demo", folder / "content")
    (problem,) = loaded.problems
    assert problem.line == line and "role cards are not published" in problem.what
    assert any(unfilled(c, loaded.directory.offices["nav-fjordvik"].placeholders) for s in loaded.directory.content.situations.values()
               for c in s.cards.values())


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read as a folder"):
        read(tmp_path / "nowhere", CONTENT)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"deployment.yaml: is missing.*[\s\S]*describes no office"):
        read(tmp_path / "empty", CONTENT)


def test_a_file_that_is_no_text_or_too_large_is_refused(folder: Path) -> None:
    (folder / "demo" / "a.yaml").write_bytes(b"name: \xff\xfe")
    (folder / "demo" / "b.yaml").write_bytes(b"#" * (FILE_MAX_BYTES + 1))
    (folder / "demo" / "c.yaml").mkdir()
    found = problems_in(folder)
    assert any("a.yaml:1: is not UTF-8" in problem for problem in found)
    assert any("b.yaml: is larger than 4 MB" in problem for problem in found)
    assert any("c.yaml: cannot be read" in problem for problem in found)


def test_words_that_older_readers_took_for_truth_are_words() -> None:
    parsed = parse("duty: off\nanswer: no\nlanguage: nn\nyes: 1.1.0\ncode: 0420\nday: 2026-11-21\nclock: 12:30", "x.yaml")
    assert parsed.data == {
        "duty": "off", "answer": "no", "language": "nn", "yes": "1.1.0", "code": "0420", "day": "2026-11-21", "clock": "12:30",
    }
    assert parsed.line("clock") == 7


@pytest.mark.parametrize("path", [*sorted(DEMO.glob("*.yaml")), *sorted(CONTENT.glob("*.yaml"))], ids=lambda path: path.name)
def test_what_ships_reads_the_same_with_any_reader(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert parse(text, path.name).data == yaml.safe_load(text)


def test_a_file_of_brackets_is_refused_and_not_followed_down() -> None:
    with pytest.raises(ConfigError, match="too many levels"):
        parse("[" * 100_000, "x.yaml")


PIECES = st.sampled_from(
    ["{", "}", "[", "]", ":", "- ", "\n", "  ", "\t", "'", '"', "#", "&a ", "*a", "!!x ", "? ", "| ", "<<: ", "---\n", "schema", "varde.office/1",
     "office", "people", "id", "plans", "steps", "tell", "null", "true", "-1", "1e999", "\x00", "\u2028", "\ufeff", "å", "99999999999999999999"]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200))
def test_whatever_is_in_a_file_only_a_config_error_comes_out(text: str) -> None:
    try:
        parse(text, "x.yaml")
    except ConfigError as error:
        assert error.problems and str(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_to_the_demo_only_a_config_error_comes_out(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(DEMO, folder, dirs_exist_ok=True)
    path = folder / data.draw(st.sampled_from([SMALL, DEPLOYMENT, BIG]))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[at])))
        piece = data.draw(PIECES | st.sampled_from(lines) | st.text(max_size=10))
        lines[at] = data.draw(st.sampled_from([lines[at][:cut] + piece + lines[at][cut:], piece, lines[at][:cut], lines[at] * 2]))
    path.write_text("".join(lines), encoding="utf-8", errors="replace")
    try:
        read(folder, CONTENT)
    except ConfigError as error:
        assert error.problems and all(problem.what for problem in error.problems)
