"""What an office lead is shown before anything is applied: who and what is new, gone, changed and moved, in three languages."""

from __future__ import annotations

import re
import shutil

import pytest

from server.config.loading import gather, read_files
from server.apply.diff import differences, only_layout
from server.apply.impact import Impact, impact
from server.apply.report import ROWS_MAX, report
from server.apply.words import STAGES, say
from server.core.phrases import LANGUAGES
from server.core.model import Stage
from server.store.memory import MemoryStore
from tests.apply.conftest import BIG, CONTENT, DEPLOYMENT, NEIGHBOUR, OFFICE, SMALL, Folder

ANNE = '  - {id: nils.vik, name: Nils Vik, language: nn, phone: "+47 55 55 02 44", access: [worker], roles: [responder, leader], duty: "off", surface: phone}\n'


def shown(before: Folder | None, after: Folder, language: str = "en") -> list[str]:
    one, other = before.loaded() if before else None, after.loaded()
    return "\n".join(report(one, other, differences(one, other), Impact(), (), language)).splitlines()


def rows(before: Folder, after: Folder) -> list[tuple[str, str, str]]:
    return [(one.sign, one.noun, one.id) for one in differences(before.loaded(), after.loaded())]


def test_the_same_is_no_difference(before: Folder, folder: Folder) -> None:
    assert rows(before, folder) == []


def test_notes_order_and_layout_are_no_difference_but_other_bytes(before: Folder, folder: Folder) -> None:
    folder.change(SMALL, ("# Nav Lillevik:", "# Our own note.\n# Nav Lillevik:"), ("neighbours: [nav-fjordvik]", "neighbours:\n    - nav-fjordvik"))
    text = (folder.path / SMALL).read_text()
    first, second = (line for line in text.splitlines(keepends=True) if "- {id: lillevik-skranke" in line)
    (folder.path / SMALL).write_text(text.replace(first + second, second + first))
    assert rows(before, folder) == []
    assert only_layout(before.taken()[0].files, folder.taken()[0].files, [])


def test_a_change_is_shown_by_its_key_with_what_was_and_what_will_be(before: Folder, folder: Folder) -> None:
    folder.change(BIG, ('phone: "+47 55 55 01 01"', 'phone: "+47 55 55 01 66"'), ("roles: [coordinator, responder]", "roles: [coordinator]"))
    assert shown(before, folder) == [
        "", "Nav Fjordvik (nav-fjordvik)",
        "  ~ changed  person       kari.nilsen              Kari Nilsen",
        "                          phone: +47 55 55 01 01 → +47 55 55 01 66",
        "                          roles: coordinator, responder → coordinator",
    ]  # fmt: skip


def test_a_plan_is_shown_step_by_step(before: Folder, folder: Folder) -> None:
    old = "- {tell: [{on_duty: true}], channels: [screen, push, sms], wait_s: 30}"
    folder.change(BIG, (old, "- {tell: [{on_duty: true}, {contact: vekter}], channels: [screen, sms], wait_s: 60}"))
    assert shown(before, folder)[2:] == [
        "  ~ changed  plan         fjordvik-standard        Alarm i huset",
        "                          steps[2]: on_duty; screen, push, sms; 30 s → on_duty, contact vekter; screen, sms; 60 s",
    ]


def test_a_step_that_is_gone_is_shown_as_gone(before: Folder, folder: Folder) -> None:
    folder.change(BIG, ("      - {tell: [{on_duty: true}], channels: [screen, push, sms], wait_s: 30}\n", ""))
    told = "\n".join(shown(before, folder))
    assert "steps[3]: role leader" in told and "→ (nothing)" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pin_is_never_shown(before: Folder, folder: Folder, language: str) -> None:
    folder.change(BIG, ('pin: "1234"', 'pin: "9317"'), ('duress_pin: "4321"', 'duress_pin: "7139"'))
    told = "\n".join(shown(before, folder, language))
    assert not re.search("1234|4321|9317|7139", told)
    assert f"pin: {say(language, 'changed')}" in told and f"duress_pin: {say(language, 'changed')}" in told


def test_who_and_what_is_new_and_gone(before: Folder, folder: Folder) -> None:
    folder.change(SMALL, ("\ncontacts:\n", f"\n{ANNE}\ncontacts:\n")).without(SMALL, "hamid.karimi").without(SMALL, "lillevik-skranke-2")
    assert rows(before, folder) == [("+", "person", "nils.vik"), ("-", "person", "hamid.karimi"), ("-", "device", "lillevik-skranke-2")]
    told = shown(before, folder)
    assert "  + new      person       nils.vik                 Nils Vik" in told
    assert "                          roles: responder, leader; access: worker; duty: off" in told
    assert "  - removed  device       lillevik-skranke-2       Skrankeknapp 2" in told


def test_who_moves_to_another_office_is_moved_and_not_gone(before: Folder, folder: Folder) -> None:
    row = '  - {id: xin.zhao, name: Xin Zhao, language: nb, phone: "+47 55 55 01 49", access: [worker], roles: [], duty: "off", surface: phone}\n'
    folder.without(BIG, "xin.zhao").change(SMALL, ("\ncontacts:\n", f"\n{row}\ncontacts:\n"))
    assert rows(before, folder) == [(">", "person", "xin.zhao")]
    assert "  > moved    person       xin.zhao                 Xin Zhao, from nav-fjordvik" in shown(before, folder)


def test_a_whole_office_is_one_line(before: Folder, folder: Folder) -> None:
    (folder.path / SMALL).unlink()
    folder.change(BIG, ("neighbours: [nav-lillevik]", "neighbours: []"), ("also_in: [nav-lillevik]", "also_in: []"), ("{neighbours: true}, ", ""))
    assert ("-", "office", NEIGHBOUR) in rows(before, folder) and ("+", "office", NEIGHBOUR) in rows(folder, before)
    assert "  - removed  office       nav-lillevik             Nav Lillevik: 7 people, 5 devices, 4 plans" in shown(before, folder)
    assert ("-", "person", "per.aspelund") not in rows(before, folder)


def test_before_the_first_everything_is_new(folder: Folder) -> None:
    assert [(one.sign, one.noun, one.id) for one in differences(None, folder.loaded())] == [("+", "office", OFFICE), ("+", "office", NEIGHBOUR)]


def test_a_thousand_new_devices_are_counted_after_the_first(before: Folder, folder: Folder) -> None:
    heading = "id;name;kind;zone;situation"
    (folder.path / "nav-lillevik.devices.csv").write_text("\n".join([heading, *(f"x-{n:04};Knapp;button;mottak;desk_alarm" for n in range(1000))]))
    told = shown(before, folder)
    assert sum("  + new      device" in line for line in told) == ROWS_MAX + 1
    assert f"… and {1000 - ROWS_MAX} more" in told[-1]


def test_what_belongs_to_all_is_said_of_all(before: Folder, folder: Folder) -> None:
    folder.change(DEPLOYMENT, ("name: Varde demo", "name: Varde Vestland"))
    assert shown(before, folder)[1:] == [
        "For all offices", "  ~ changed  installation deployment               Varde Vestland", "                          name: Varde demo → Varde Vestland",
    ]  # fmt: skip


def test_a_floor_that_is_drawn_anew_or_gone_is_said(before: Folder, folder: Folder) -> None:
    folder.change("nav-fjordvik.1-etasje.svg", (">Skranke<", ">Luke<"))
    folder.change("nav-lillevik.yaml", ("drawings:\n  - {floor: 1. høgda, file: nav-lillevik.1-hogda.svg}\n", ""))
    assert rows(before, folder) == [("~", "drawing", "1. etasje"), ("-", "drawing", "1. høgda")]
    assert "~ changed  floor drawing 1. etasje" in "\n".join(shown(before, folder))


def test_channels_that_change_are_shown_and_want_a_restart(before: Folder, folder: Folder) -> None:
    folder.change(DEPLOYMENT, ("default_language: nb", "default_language: nb\nchannels:\n  chat: {rooms: [vakt]}"))
    assert "channels.chat.rooms: (nothing) → vakt" in "\n".join(shown(before, folder))
    felt = impact(MemoryStore(), before.loaded(), folder.loaded(), (), {})
    assert [effect.key for effect in felt.effects] == ["channels_changed"]


def test_of_the_content_it_is_said_which_cards_changed(before: Folder, folder: Folder) -> None:
    shutil.copytree(CONTENT, folder.path / "content")
    path = folder.path / "content/role_cards.yaml"
    path.write_text(path.read_text().replace("Call 112 at once. Do not wait for permission.", "Call 112 now. Do not wait for permission."))
    after = read_files(gather(folder.path, folder.path / "content"))
    found = differences(before.loaded(), after)
    assert found and {one.noun for one in found} == {"situation"}
    assert all(change.key == "cards" and change.after == "caller_112" for one in found for change in one.changes)


def test_every_stage_has_its_word() -> None:
    assert set(STAGES.table) == {stage.value for stage in Stage}
