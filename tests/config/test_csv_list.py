"""Lists from a spreadsheet: read as people save them, refused with where to click, and as large as they come."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.config.loading import ConfigError, Loaded, read
from server.config.csv_list import read_csv
from server.config.shapes import DeviceShape, PersonShape
from server.config.strict_yaml import TOLD_MAX
from server.core.directory import DeviceKind, Duty
from tests.golden import golden

CONFIG = Path(__file__).resolve().parents[2] / "config"
CONTENT = CONFIG / "content"
DEVICES, PEOPLE = "nav-lillevik.devices.csv", "nav-lillevik.people.csv"
HEADING = "id;name;kind;zone;holder;situation;heartbeat_s"
ROW = "lillevik-bak;Knapp på bakrommet;button;kontor;;desk_alarm;30"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(CONFIG / "demo", tmp_path / "demo")
    return tmp_path / "demo"


def read_with(folder: Path, body: str | bytes, name: str = DEVICES) -> Loaded:
    (folder / name).write_bytes(body if isinstance(body, bytes) else body.encode())
    return read(folder, CONTENT)


def problems(folder: Path, body: str | bytes, name: str = DEVICES) -> list[str]:
    try:
        return [str(problem) for problem in read_with(folder, body, name).problems]
    except ConfigError as error:
        return [str(problem) for problem in error.problems]


SAVED = {
    "with semicolons, as in Norway": f"{HEADING}\n{ROW}\n",
    "with commas": f"{HEADING}\n{ROW}\n".replace(";", ","),
    "with tabs": f"{HEADING}\n{ROW}\n".replace(";", "\t"),
    "with a mark in front and Windows' line ends": b"\xef\xbb\xbf" + f"{HEADING}\r\n{ROW}\r\n".encode(),
    "with a word on what divides": f"sep=;\r\n{HEADING}\r\n{ROW}\r\n",
    "with empty rows and columns": f"\n{HEADING};;\n\n{ROW};;\n;;;;;;;;\n\n",
    "with everything in quotes": "\n".join(";".join(f'"{cell}"' for cell in row.split(";")) for row in (HEADING, ROW)),
    "with a line break in a name": f"{HEADING}\n" + ROW.replace("Knapp på bakrommet", '"Knapp på bakrommet"') + "\n",
    "in another order": "heartbeat_s;id;situation;kind;zone;name\n30;lillevik-bak;desk_alarm;button;kontor;Knapp på bakrommet\n",
}


@pytest.mark.parametrize("how", SAVED)
def test_a_list_is_read_as_it_was_saved(folder: Path, how: str) -> None:
    loaded = read_with(folder, SAVED[how])
    device = loaded.directory.devices["lillevik-bak"]
    assert (device.name, device.kind, device.zone_id, device.office_id) == ("Knapp på bakrommet", DeviceKind.BUTTON, "kontor", "nav-lillevik")
    assert (device.holder_id, device.heartbeat_s) == (None, 30)
    assert "lillevik-skranke-1" in loaded.directory.devices and loaded.problems == ()


def test_people_may_come_from_a_spreadsheet_too(folder: Path) -> None:
    heading = "id;name;language;phone;access;roles;duty;surface;also_in"
    row = "nils.vik;Nils Vik;nn;+47 55 55 02 44;worker, responder;responder leader;off;phone;nav-fjordvik"
    loaded = read_with(folder, f"{heading}\n{row}\n", PEOPLE)
    nils = loaded.directory.people["nils.vik"]
    assert (nils.roles, nils.access, nils.offices) == ({"responder", "leader"}, {"worker", "responder"}, ("nav-lillevik", "nav-fjordvik"))
    assert loaded.directory.duty["nils.vik", "nav-lillevik"] is Duty.OFF


MISTAKES = {
    "an unknown heading": (DEVICES, "id;name;kind;zone;sitasjon\n", 1, "unknown heading 'sitasjon': did you mean 'situation'?"),
    "an invented heading": (DEVICES, "id;name;kind;colour\n", 1, "unknown heading 'colour': delete the column"),
    "a column without a heading": (DEVICES, "id;name;;kind\n", 1, "column 3 has no heading"),
    "a heading twice": (DEVICES, "id;name;id;kind\n", 1, "the heading 'id' is there twice"),
    "an empty list": (DEVICES, "\n\n", 1, "is empty: the first line must be headings"),
    "a word that is not among the choices": (DEVICES, f"{HEADING}\n{ROW}\n{ROW.replace('button', 'knapp')}\n", 3, "kind must be 'button'"),
    "a cell left empty": (DEVICES, f"{HEADING}\n\n\n{ROW.replace('button', '')}\n", 4, "'kind' is missing: add it"),
    "a time that is none": (DEVICES, f"{HEADING}\n{ROW.replace(';30', ';30,0')}\n", 2, "heartbeat_s must be a whole number"),
    "an impossible number": (DEVICES, f"{HEADING}\n{ROW.replace(';30', ';3')}\n", 2, "heartbeat_s is an impossible time: it must be at least 10"),
    "a cell too many": (DEVICES, f"{HEADING}\n{ROW};og lys\n", 2, "has more cells than there are headings"),
    "a quote that is not closed": (DEVICES, f'{HEADING}\n"{ROW}\n', 2, "cannot be divided into cells"),
    "a device twice in the list": (DEVICES, f"{HEADING}\n{ROW}\n{ROW}\n", 3, f"is there twice (first as device in {DEVICES} on line 2)"),
    "a device twice, here and there": (DEVICES, f"{HEADING}\n{ROW.replace('-bak', '-skranke-1')}\n", 2, "is there twice (first as device in nav-l"),
    "a zone that is not there": (DEVICES, f"{HEADING}\n{ROW.replace('kontor', 'loft')}\n", 2, "'loft' is not a zone of this office"),
    "a list for an office that is not there": ("nav-storevik.devices.csv", f"{HEADING}\n{ROW}\n", 0, "there is no office 'nav-storevik'"),
    "a list of something else": ("nav-lillevik.csv", f"{HEADING}\n{ROW}\n", 0, "is a list of what? Name it <office>.devices.csv"),
    "a person of two lists": (PEOPLE, "id;name;language;access;roles;duty;surface\nkari.nilsen;Kari;nb;worker;;off;phone\n", 2, "is there twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_list_names_its_file_and_line(folder: Path, name: str) -> None:
    file, body, line, said = MISTAKES[name]
    found = problems(folder, body, file)
    golden(f"list: {name}", found)
    assert any(problem.startswith(f"{file}:{line}:" if line else f"{file}:") and said in problem for problem in found), found


def test_a_list_in_another_encoding_says_where_to_click(folder: Path) -> None:
    [problem] = problems(folder, f"{HEADING}\n\n{ROW}\n".encode("cp1252"))
    assert problem == f"{DEVICES}:3: is not UTF-8 text: in the spreadsheet choose Save as, 'CSV UTF-8'."
    [problem] = problems(folder, f"{HEADING}\n{ROW}\n".encode("utf-16"))
    assert "Save as, 'CSV UTF-8'" in problem


def test_a_workbook_beside_the_files_is_said_and_not_read(folder: Path) -> None:
    for name in ("devices.xlsx", "nav-nyvik.yaml.txt"):
        (folder / name).write_bytes(b"PK")
    (folder / "notes.txt").write_text("for ourselves")
    found = [str(problem) for problem in read(folder, CONTENT).problems]
    assert [problem.split(":")[0] for problem in found] == ["devices.xlsx", "nav-nyvik.yaml.txt"]
    assert all("is not read: Varde reads files that end with .yaml or .csv" in problem for problem in found)


@pytest.mark.parametrize("form", ["yaml", "csv"])
def test_ten_thousand_devices_are_read(folder: Path, form: str) -> None:
    if form == "csv":
        rows = [f"x-{n};Knapp nummer {n};button;mottak;;desk_alarm;30\n" for n in range(10_000)]
        loaded = read_with(folder, f"{HEADING}\n{''.join(rows)}")
    else:
        rows = [f"  - {{id: x-{n}, name: Knapp nummer {n}, kind: button, zone: mottak, situation: desk_alarm, heartbeat_s: 30}}\n" for n in range(10_000)]
        path = folder / "nav-lillevik.yaml"
        path.write_text(path.read_text().replace("\ndevices:\n", "\ndevices:\n" + "".join(rows)))
        loaded = read(folder, CONTENT)
    assert loaded.directory.devices["x-9999"].name == "Knapp nummer 9999" and loaded.problems == ()


def test_of_ten_thousand_mistakes_the_first_are_told_and_the_rest_counted(folder: Path) -> None:
    rows = [f"x-{n};Knapp;buton;mottak;;desk_alarm;30\n" for n in range(10_000)]
    with pytest.raises(ConfigError) as raised:
        read_with(folder, f"{HEADING}\n{''.join(rows)}")
    lines = str(raised.value).splitlines()
    assert len(raised.value.problems) == 10_000 and len(lines) == TOLD_MAX + 1
    assert lines[-1] == f"… and {10_000 - TOLD_MAX} more. Correct these first, and check again."


PIECES = st.sampled_from(["id", "name", "kind", "zone", "a.b", ";", ",", "\t", "\n", "\r", '"', "sep=;", "button", "10", "\x00", "\ufeff", " ", "å", "\u2028"])


@settings(max_examples=400, deadline=None)
@given(text=st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200), model=st.sampled_from([DeviceShape, PersonShape]))
def test_whatever_is_in_a_list_only_a_config_error_comes_out(text: str, model: type[DeviceShape]) -> None:
    try:
        parsed = read_csv(text.encode(errors="replace"), "x.devices.csv", model)
    except ConfigError as error:
        assert error.problems and str(error)
    else:
        assert len(parsed.lines) == len(parsed.data)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300) | st.binary(max_size=60).map(lambda tail: f"{HEADING}\n{ROW}\n".encode() + tail))
def test_whatever_bytes_are_in_a_list_only_a_config_error_comes_out(folder: Path, body: bytes) -> None:
    problems(folder, body)
