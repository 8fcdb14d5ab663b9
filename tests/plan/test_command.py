"""`varde plan`: who would get what, by which channel, when. Tried with the real doors, so what it says is what a press does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from server.__main__ import main
from server.core.directory import Duty
from server.core.phones import Phone
from server.store.migrate import migrate
from server.store.sql import SqlStore
from tests.apply.conftest import BIG, OFFICE, SMALL, T0, Folder, Site

BUTTON = "fjordvik-skranke-1"
ALL = "--channels=push,sms,voice"


@pytest.fixture
def plan(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on the edited folder and gives what it says as JSON."""
    monkeypatch.setenv("VARDE_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str) -> dict[str, Any]:
        assert main(["plan", str(folder.path), *arguments, "--json"]) == 0, capsys.readouterr().err
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


@pytest.fixture
def told(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The same as text: (exit code, what it says)."""
    monkeypatch.setenv("VARDE_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["plan", str(folder.path), *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def steps(found: dict[str, Any]) -> list[tuple[float, int, int]]:
    """(seconds, number, round) of each step that began."""
    return [(one["at_s"], one["data"]["number"], one["data"]["round"]) for one in found["log"] if one["what"] == "step_started"]


def ladder(found: dict[str, Any], who: str, nth: int = 0) -> list[tuple[str, float]]:
    """What was tried of the nth message to somebody, and when."""
    of = [one for one in found["messages"] if one["to"] == who and one["says"] == "alarm"][nth]
    return [(one["channel"], one["at_s"]) for one in of["tries"]]


def test_a_ladder_is_climbed_while_nothing_comes_back(plan: Any) -> None:
    found = plan("--device", BUTTON, ALL)
    assert ladder(found, "ola.brekke") == [("push", 0), ("sms", 10), ("voice", 20)]
    assert ladder(found, "ola.brekke", 1) == [("push", 30), ("sms", 40)]  # step 2 has no calls
    assert ladder(found, "@nav-fjordvik/vekter") == [("sms", 50), ("voice", 60)]  # outside there is no push and no screen
    assert steps(found) == [(0, 1, 0), (30, 2, 0), (50, 3, 0), (80, 3, 1)]
    assert found["repeats_s"] == 45


def test_whoever_sits_where_visitors_are_gets_a_push_without_a_tone_and_no_call(plan: Any) -> None:
    found = plan("--device", BUTTON, ALL)
    [kari] = [one for one in found["messages"] if one["to"] == "kari.nilsen" and one["made_at_s"] == 0]
    assert kari["quiet"] and ladder(found, "kari.nilsen") == [("push", 0)]


def test_phones_that_have_shown_it_get_no_more_and_steps_wait_their_time(plan: Any) -> None:
    found = plan("--device", BUTTON, ALL, "--shown")
    assert ladder(found, "ola.brekke") == [("push", 0)]
    assert steps(found) == [(0, 1, 0), (30, 2, 0), (60, 3, 0), (105, 3, 1)]


@pytest.mark.parametrize(
    ("asked", "situation", "plan_id"),
    [
        (["--device", BUTTON], "desk_alarm", "fjordvik-standard"),
        (["--device", "fjordvik-moterom-1"], "meeting_room_alarm", "fjordvik-standard"),
        (["--device", BUTTON, "--kind", "assist"], "desk_alarm", "fjordvik-assistanse"),
        (["--device", "lillevik-skranke-1"], "small_office_alarm", "lillevik-standard"),
        (["--office", OFFICE, "--zone", "mottak"], "desk_alarm", "fjordvik-standard"),
        (["--office", OFFICE, "--situation", "missed_checkin"], "missed_checkin", "fjordvik-ute"),
        (["--office", OFFICE, "--situation", "followed_outside"], "followed_outside", "fjordvik-fulgt"),
        (["--office", OFFICE, "--by", "ola.brekke", "--present", "amina.hassan"], "portable_alarm_outside", "fjordvik-ute"),
        (["--office", OFFICE, "--by", "ola.brekke", "--present", "all"], "desk_alarm", "fjordvik-standard"),
    ],
)
def test_the_plan_is_the_one_that_such_a_press_has(plan: Any, asked: list[str], situation: str, plan_id: str) -> None:
    found = plan(*asked)
    assert (found["plan"], found["situation"]) == (plan_id, situation)


def test_whoever_presses_is_not_told(plan: Any) -> None:
    found = plan("--office", OFFICE, "--by", "ola.brekke")
    assert "ola.brekke" not in {one["to"] for one in found["messages"]}


def test_a_fall_asks_the_person_first(plan: Any) -> None:
    found = plan("--office", OFFICE, "--by", "ola.brekke", "--kind", "fall")
    assert [(one["to"], one["says"], one["made_at_s"]) for one in found["messages"]][0] == ("ola.brekke", "ask", 0)
    assert steps(found)[0] == (60, 1, 0)


def test_what_an_answer_changes_is_said_until_they_are_enough(plan: Any) -> None:
    found = plan("--office", OFFICE)
    assert [one["enough"] for one in found["answers"]] == [False] * (len(found["answers"]) - 1) + [True]
    assert found["answers"][0]["role"] == "coordinator" and found["answers"][0]["lacks"] == {"responder": 2, "caller_112": 1, "public_guide": 1}
    enough = plan("--office", OFFICE, *(f"--answer={one['by']}=5" for one in found["answers"]))
    assert [at_s for at_s, number, _ in steps(enough) if number > 1][0] >= 185  # nobody more is told before the first promise has lapsed
    assert any(one["what"] == "lapsed" for one in enough["log"])


def test_one_answer_stops_that_persons_ladder_and_not_the_steps(plan: Any) -> None:
    found = plan("--device", BUTTON, ALL, "--answer", "ola.brekke=12")
    assert ladder(found, "ola.brekke") == [("push", 0), ("sms", 10)]
    assert ladder(found, "liv.solberg") == [("push", 0), ("sms", 10), ("voice", 20)]
    assert (30, 2, 0) in steps(found)


def test_roles_that_nobody_can_fill_are_named(plan: Any) -> None:
    found = plan("--device", BUTTON, "--present", "kari.nilsen,ola.brekke", "--on-duty", "none")
    assert sorted(found["empty_roles"]) == ["caller_112", "public_guide", "responder"]
    assert plan("--device", BUTTON)["empty_roles"] == []


def test_channels_that_are_not_set_up_are_not_climbed_and_said(told: Any, plan: Any) -> None:
    assert ladder(plan("--device", BUTTON), "ola.brekke") == [("push", 0)]
    _, said = told("--device", BUTTON, "--language", "en")
    assert "The plan also uses SMS, call, which is not set up here" in said and "--channels push,sms,voice" in said


def test_a_folder_sets_up_its_own_channels(folder: Folder, plan: Any) -> None:
    text = (folder.path / "deployment.yaml").read_text(encoding="utf-8")
    (folder.path / "deployment.yaml").write_text(text + "channels:\n  sms: {provider: sveve, settings: {from: '26444'}}\n")
    provider = plan("--device", BUTTON)
    assert provider["channels"] == ["push", "sms"]
    assert ladder(provider, "ola.brekke") == [("push", 0), ("sms", 10)]


def test_files_that_say_nobody_is_on_duty_are_tried_with_everybody(folder: Folder, told: Any, plan: Any) -> None:
    for file in (BIG, SMALL):
        path = folder.path / file
        path.write_text(path.read_text(encoding="utf-8").replace("duty: present", 'duty: "off"').replace("duty: on_duty", 'duty: "off"'))
    assert len(plan("--device", BUTTON)["present"]) > 40
    assert "everybody, since the files say nobody" in told("--device", BUTTON, "--language", "en")[1].replace("\n    ", " ")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["--office", "nav-x"], "There is no office 'nav-x'. There are: nav-fjordvik, nav-lillevik."),
        (["--office", OFFICE, "--zone", "kjeller"], "The office has no zone 'kjeller'. There are: mottak, samtalerom-1,"),
        (["--office", "nav-lillevik", "--device", BUTTON], "The office has no button or portable alarm 'fjordvik-skranke-1'. There are: lillevik-skranke-1,"),
        (["--device", "skranke"], "The office has no button or portable alarm 'skranke'. There are: "),
        (["--device", "fjordvik-lampe-1"], "The office has no button or portable alarm 'fjordvik-lampe-1'. There are: fjordvik-"),
        (["--office", OFFICE, "--situation", "flood"], "There is no situation 'flood'. There are: "),
        (["--office", OFFICE, "--by", "ola"], "There is nobody 'ola'. There are: ola.brekke"),
        (["--office", OFFICE, "--present", "ola"], "There is nobody 'ola'. There are: ola.brekke"),
        (["--office", OFFICE, "--answer", "ola=5"], "There is nobody 'ola'. There are: ola.brekke"),
        ([], "Which office? There are: nav-fjordvik, nav-lillevik."),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(told: Any, asked: list[str], says: str) -> None:
    code, said = told(*asked, "--language", "en")
    assert code == 2 and says in said


@pytest.mark.parametrize("wrong", ["--at 25:00", "--answer ola", "--answer ola=-1", "--answer ola=nan", "--channels fax", "--kind test"])
def test_what_cannot_be_read_says_how_it_is_written(told: Any, wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        told("--office", OFFICE, *wrong.split())
    assert ended.value.code == 2 and wrong.split()[0] in capsys.readouterr().err


def test_a_folder_with_mistakes_is_told_as_check_config_does(folder: Folder, told: Any) -> None:
    folder.change(BIG, ("owner: liv.solberg", "owner: nobody.here"))
    code, said = told("--office", OFFICE)
    assert code == 1 and BIG in said and "nobody.here" in said


@pytest.mark.parametrize(
    ("language", "says"), [("nb", "STEG 1 av 3: alarmen går"), ("nn", "STEG 1 av 3: alarmen går"), ("en", "STEP 1 of 3: the alarm is raised")]
)
def test_it_speaks_three_languages(told: Any, language: str, says: str) -> None:
    assert says in told("--device", BUTTON, "--language", language)[1]
    assert f"SMS ({language})" in told("--device", BUTTON, ALL, "--words", "--language", language)[1]


def test_it_speaks_the_installations_own_language(folder: Folder, told: Any) -> None:
    folder.change("deployment.yaml", ("default_language: nb", "default_language: nn"))
    assert "STEG 1 av 3" in told("--device", BUTTON)[1]


def test_the_messages_say_the_time_that_was_asked_for(plan: Any) -> None:
    found = plan("--device", BUTTON, ALL, "--at", "02:15")
    assert all("02:15" in one["text"] for one in found["words"])


def test_nothing_is_kept_and_nothing_is_sent(told: Any, tmp_path: Path) -> None:
    told("--device", BUTTON, ALL)
    assert not (tmp_path / "data").exists()


def test_what_is_applied_is_tried_with_the_duty_and_the_phones_of_now(
    before: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/varde.db"
    monkeypatch.setenv("VARDE_DATABASE_URL", url)
    monkeypatch.setenv("VARDE_CONFIG_DIR", str(tmp_path / "nowhere"))
    migrate(url)
    store = SqlStore(url)
    site = Site(store, before)
    for (person_id, office_id), duty in store.duty().items():
        if duty is not Duty.OFF and person_id not in ("ola.brekke", "liv.solberg"):
            store.set_duty(person_id, office_id, Duty.OFF, T0)
    store.keep_phone(Phone("phone-1", "ola.brekke", "https://push.example/1", "k", "a", "https://varde.example", added_at=T0, renewed_at=T0))
    store.close()
    capsys.readouterr()
    assert main(["plan", "--device", BUTTON, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["on_duty"] == ["ola.brekke", "liv.solberg"]
    results = {one["to"]: [tried["result"] for tried in one["tries"]] for one in found["messages"] if one["made_at_s"] == 0}
    assert results["ola.brekke"] == ["accepted"] and results["liv.solberg"] == ["no_address"]
    assert site.store is store
