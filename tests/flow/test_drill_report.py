"""The report of a drill that was played second by second: every number is known beforehand, on the screen, in the table and on paper."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from pypdf import PdfReader

from server.core.access import Viewer
from server.core.drill import after
from server.core.drill.model import DrillState, Part, PlannedDrill, Press
from server.core.drill.seal import seals_of
from server.core.log import Entry, first_broken
from server.core.orders import Order, Receipt, Say, Try
from server.core.phrases import LANGUAGES
from server.core.values import replace
from server.flow import devices, drill_report, drills, planned_drills
from server.web import paper
from server.store.contract import Change
from server.web.drill_report import read_paper, read_report, read_table
from server.web.report_words import WORDS
from tests.flow.house import House
from tests.flow.people import ELSEWHERE, NEIGHBOUR, OFFICE
from tests.flow.test_drill_board import TARGETS
from tests.flow.test_planned_drills import BOTH, EXERCISE, done, leads_all, now, pass_time, running

LOUD = replace(EXERCISE, targets=TARGETS)


def played(house: House, drill_id: str = "d-1", coming_s: float = 3) -> PlannedDrill:
    """Ola has it after 2 s and comes so long after; Nina has it after an SMS at 12 s and cannot; the other two never have it."""
    drill, [alarm] = running(house, drill_id=drill_id, exercise=LOUD, presses=(Press("p1", OFFICE, zone_id="mottak", person_id="kari"),))
    house.clock.push(2)
    house.store.receipts([("ola", alarm.id, house.clock.now)], [], at=house.clock.now)
    house.deliver()
    house.clock.push(coming_s)
    house.act("ola", alarm, "acknowledge", role="responder")
    house.deliver(9 - coming_s)
    house.clock.push(1)
    house.store.receipts([("nina", alarm.id, house.clock.now)], [], at=house.clock.now)
    house.clock.push(8)
    house.act("nina", alarm, "decline")
    house.clock.push(80)
    house.act("ola", alarm, "arrive")
    done(house, "liv", drill, "stop", why="done")
    pass_time(house, 5)
    return now(house, drill)


def of(house: House, drill: PlannedDrill, names: bool = True) -> dict:  # type: ignore[type-arg]
    return drill_report.shown(house.context, drill_report.report(house.context, drill), names)


def test_every_figure_is_what_was_played(house: House) -> None:
    report = of(house, played(house))
    assert report["figures"] == {
        "told": 4, "reached": 2, "share_reached": 0.5, "first_reached_s": 2.0, "all_reached_s": None, "first_coming_s": 5.0, "first_there_s": 100.0,
    }  # fmt: skip
    assert report["reached"] == {"count": 2, "median_s": 2.0, "p90_s": 12.0, "slowest_s": 12.0}
    [alarm] = report["alarms"]
    assert (alarm["zone"], alarm["told"], alarm["reached"]) == ("Mottak", 4, 2)
    assert alarm["curve"] == {"reached": [[2.0, 1], [12.0, 2]], "answered": [[5.0, 1], [20.0, 2]]}
    assert {one["name"]: one["why"] for one in report["unreached"]}.keys() == {"Liv", "Tor"}
    assert {one["id"]: one["word"] for one in report["targets"]}["on_scene/alarm"] == "missed"
    assert report["last"] is None and report["others"] is None and report["intact"] is True


def test_a_log_that_was_tampered_with_is_said_on_the_report(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    drill = played(house)
    [alarm] = house.store.alarms_of_drill(drill.id)
    read = house.store.log

    def tampered(about: str) -> list[Entry]:
        return [replace(entry, by="tor") if (entry.alarm_id, entry.n) == (alarm.id, 3) else entry for entry in read(about)]

    monkeypatch.setattr(house.store, "log", tampered)
    report = of(house, drill)
    assert report["intact"] is False
    assert WORDS.all_in("nb")["seal_broken"] in " ".join(text_of(paper.pdf(report, "nb", named(house, "nb"))).split())


def test_what_comes_in_after_a_drill_has_settled_changes_neither_its_numbers_nor_its_seal(house: House) -> None:
    drill = played(house)
    [alarm] = house.store.alarms_of_drill(drill.id)
    before = of(house, drill)
    assert (before["intact"], before["sealed"]) == (True, True)
    house.clock.push(3600)
    late = house.orders(alarm, Say.ALARM, "tor")[0]
    assert house.store.receipt(late.id, Receipt.DELIVERED, "sms", house.clock.now) is not None
    house.store.receipts([("liv", alarm.id, house.clock.now)], [], at=house.clock.now)
    house.deliver()
    later = of(house, now(house, drill))
    assert all(later[key] == before[key] for key in before if key != "server_time")
    parts = {one.person_id: one.part for one in house.store.drill_parts([OFFICE], drill.starts_at)}
    assert parts["tor"] is Part.TOLD and "Tor" in [one["name"] for one in later["unreached"]], "report and training proof say the same"
    assert "tor" not in str([entry.data for entry in house.store.log(drill.id)]), "and the seal names nobody"


def one_try_more(order: Order, at: datetime) -> Order:
    return replace(order, tries=(Try("push", "delivered", at), *order.tries))


@pytest.mark.parametrize("changed", [
    lambda orders, at: [one_try_more(one, at) for one in orders],
    lambda orders, at: [replace(one, tries=tuple(replace(each, word="delivered") for each in one.tries)) for one in orders],
    lambda orders, at: [replace(one, made_at=at) for one in orders],
    lambda orders, at: [replace(one, recipient="per") if one.recipient == "tor" else one for one in orders],
    lambda orders, at: [one for one in orders if one.recipient != "tor"],
])  # fmt: skip
def test_what_was_sent_cannot_be_changed_behind_the_reports_back(
    house: House, monkeypatch: pytest.MonkeyPatch, changed: Callable[[list[Order], datetime], list[Order]]
) -> None:
    drill = played(house)
    [alarm] = house.store.alarms_of_drill(drill.id)
    read = house.store.orders
    at = alarm.opened_at + timedelta(seconds=1)
    monkeypatch.setattr(house.store, "orders", lambda about: changed(read(about), at) if about == alarm.id else read(about))
    report = of(house, drill)
    assert report["intact"] is False
    assert WORDS.all_in("nb")["seal_broken"] in " ".join(text_of(paper.pdf(report, "nb", named(house, "nb"))).split())


def test_a_log_whose_last_entries_are_gone_is_not_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    drill = played(house)
    read = house.store.log
    for cut in (drill.id, house.store.alarms_of_drill(drill.id)[0].id):
        monkeypatch.setattr(house.store, "log", lambda about, cut=cut: read(about)[:-1] if about == cut else read(about))
        assert of(house, drill)["intact"] is False


def test_a_large_drill_is_sealed_in_several_goes_between_which_deadlines_are_looked_at(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planned_drills, "SEALED_TOGETHER", 1)
    drill, alarms = running(leads_all(house), **BOTH)
    done(house, "liv", drill, "stop", why="done")
    house.tick()
    drills.end_beside_real(house.context)
    house.clock.push(5)
    seen = []
    while planned_drills.tick_drills(house.context):
        kept, log = now(house, drill), house.store.log(drill.id)
        seen.append((len(seals_of(log)), kept.reminded, len(house.store.drill_parts([OFFICE, NEIGHBOUR], drill.starts_at)) > 0))
        assert first_broken(log) is None and log[-1].hash == kept.log_head
    assert len(alarms) == 2 and seen == [(1, 0, False), (2, 1, True)], "who took part and who is asked comes with the last of them"
    assert (of(house, drill)["intact"], of(house, drill)["sealed"]) == (True, True)
    asked = [one.recipient for one in house.store.orders(drill.id) if one.say is Say.DRILL_EVALUATE]
    assert asked and len(asked) == len(set(asked))


def test_a_drill_that_was_never_sealed_says_so_and_is_not_called_broken(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those that were held before there were seals."""
    monkeypatch.setattr(after, "SEALED", "said_before")
    report = of(house, played(house))
    assert (report["intact"], report["sealed"]) == (True, False) and report["figures"]["reached"] == 2
    for language in LANGUAGES:
        text = " ".join(text_of(paper.pdf(report, language, named(house, language))).split())
        assert WORDS.all_in(language)["seal_none"] in text and WORDS.all_in(language)["seal"] not in text


def test_it_is_held_against_the_one_before_of_the_same_kind(house: House) -> None:
    played(house)
    house.clock.push(86_400)
    second = played(house, "d-2", coming_s=1)
    report = of(house, second)
    assert report["figures"]["first_coming_s"] == 3.0 and report["last"]["figures"]["first_coming_s"] == 5.0


def held_elsewhere(house: House, drill: PlannedDrill, office_id: str) -> None:
    """The same drill as another office would have held it, an hour before."""
    [alarm] = house.store.alarms_of_drill(drill.id)
    assert alarm.drill is not None
    drill_id, alarm_id = f"d-{office_id}", f"a-{office_id}"
    began = drill.starts_at - timedelta(hours=1)
    other = replace(drill, id=drill_id, office_id=office_id, offices=(office_id,), name=f"Hos {office_id}", leader_id=f"leader-{office_id}", starts_at=began)
    there = replace(alarm, id=alarm_id, office_id=office_id, drill=replace(alarm.drill, id=drill_id, name=other.name))
    orders = [replace(one, id=one.id.replace(alarm.id, alarm_id), alarm_id=alarm_id) for one in house.store.orders(alarm.id)]
    entries = [replace(one, alarm_id=alarm_id) for one in house.store.log(alarm.id)]
    house.store.commit(Change(house.clock.now, drills=[(0, replace(other, state=DrillState.PLANNED, version=1))]))
    house.store.commit(Change(house.clock.now, alarms=[(0, there)], entries=entries, orders=orders, drills=[(1, replace(other, version=2))]))


def test_of_other_offices_only_a_median_comes_out_and_only_where_nobody_could_guess_whose_it_is(house: House) -> None:
    first = played(house)
    others = [f"tettsted{n}" for n in range(5)]
    offices = {one: replace(house.directory.offices[ELSEWHERE], id=one, name=f"Nav {one.capitalize()}") for one in others}
    house.edit(offices={**house.directory.offices, **offices})
    for one in others[:4]:
        held_elsewhere(house, first, one)
    house.clock.push(86_400)
    second = played(house, "d-2")
    assert of(house, second)["others"] is None, "four could be told apart"
    held_elsewhere(house, first, others[4])
    report = of(house, second)
    figures = report["others"]["figures"]
    assert report["others"]["count"] == 5 and (figures["share_reached"], figures["first_coming_s"], figures["first_there_s"]) == (0.5, 5.0, 100.0)
    for names in (True, False):
        made = of(house, second, names)
        written = [str(made), paper.table(made, "nb", named(house, "nb")).decode(), text_of(paper.pdf(made, "nb", named(house, "nb")))]
        assert [text for text in written if "tettsted" in text.lower() or "leader-" in text] == []
        assert w_others("nb", 5) in written[2].replace("\n", " "), "and the reader is told that it is a median of five"


def w_others(language: str, count: int) -> str:
    return WORDS.all_in(language)["others"].format(count=count)


def test_without_names_nobody_can_be_told_from_it(house: House) -> None:
    drill = played(house)
    done(house, "liv", drill, "add_finding", text="Flere må ha lyden på", owner_id="liv", due_on=house.clock.now.date())
    for who, tone in (("ola", "Altfor lav tone"), ("nina", "Så den på SMS")):
        assert planned_drills.evaluate(house.context, Viewer(who), drill.id, [("exit", "yes"), ("tone", tone)]) is None
    open_, closed = of(house, now(house, drill)), of(house, now(house, drill), names=False)
    assert "Ola" in str(open_) and "Altfor lav tone" in str(open_)
    people = {person.name for person in house.directory.people.values()}
    assert [name for name in people if name in str(closed)] == [] and "Altfor lav" not in str(closed)
    assert [(one["owner"], one["owner_is"]) for one in closed["findings"]] == [(None, "office_lead")]
    assert next(one["counts"] for one in closed["answers"] if one["id"] == "exit") == {"yes": 2}


def test_without_names_what_was_written_of_it_names_nobody_on_the_screen_and_on_paper(house: House) -> None:
    own = replace(LOUD, id="own", office_id=OFFICE, title={"nb": "Ola alene"}, goal={"nb": "Karis vakt"})
    drill, _ = running(house, exercise=own, name="Øvelse for Nina")
    done(house, "liv", drill, "stop", why="done")
    pass_time(house, 5)
    finding = done(house, "liv", drill, "add_finding", text="Ola hadde lyden av", owner_id="liv", due_on=house.clock.now.date()).findings[-1]
    done(house, "liv", drill, "close_finding", finding_id=finding.id, outcome="NINAS lyd er på")
    done(house, "liv", drill, "consult", who="Vera Dahl", remark="Kari sto alene, sa Dahl")
    done(house, "liv", drill, "report", summary="nina kom ikke")
    open_, closed = of(house, now(house, drill)), of(house, now(house, drill), names=False)
    paper_ = text_of(paper.pdf(closed, "nb", named(house, "nb")))
    for name in ("Ola", "Kari", "Nina", "NINA", "nina", "Dahl", "Vera"):
        assert name in str(open_) and name not in str(closed) and name not in paper_, name
    assert closed["findings"][0]["text"] == "– hadde lyden av" and closed["drill"]["remark"]["remark"] == "– sto alene, sa –"


def test_the_table_has_a_line_for_each_person_and_nothing_that_a_spreadsheet_would_reckon(house: House) -> None:
    ola = house.directory.people["ola"]
    house.edit(people={**house.directory.people, "ola": replace(ola, name="=HYPERLINK(\"http://x\")")})
    body = paper.table(of(house, played(house)), "nb", named(house, "nb"))
    head, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";")
    assert head[1:3] == ["Alarm", "Person"] and len(rows) == 4
    [row] = [row for row in rows if "HYPERLINK" in row[2]]
    assert row[2].startswith("'=") and row[5:10] == ["0,0", "2,0", "5,0", "100,0", ""]
    [nina] = [row for row in rows if row[2] == "Nina"]
    assert head[9] == "Kan ikke" and (nina[4], *nina[5:10]) == ("Kan ikke", "0,0", "12,0", "", "", "20,0"), "she cannot: that is more than reached"
    without = paper.table(of(house, now(house, house.store.drills(["d-1"])["d-1"]), names=False), "en", named(house, "en"))
    assert without.decode("utf-8-sig").splitlines()[0] == "EXERCISE;Target;Within;Measured;Result"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_table_says_that_it_is_an_exercise(house: House, language: str) -> None:
    """A line is copied into other sheets, where nobody sees what the file was called."""
    drill = played(house)
    for names in (True, False):
        body = paper.table(of(house, drill, names=names), language, named(house, language)).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(body), delimiter=";"))
        assert len(rows) > 1 and {row[0] for row in rows} == {WORDS.all_in(language)["exercise"]} and len({len(row) for row in rows}) == 1


def test_the_numbers_say_that_they_are_of_an_exercise_inside_and_in_the_files_name(house: House) -> None:
    played(house)
    site: Any = SimpleNamespace(context=house.context)
    numbers: Any = read_report("d-1", site, Viewer("liv"), True)
    assert json.loads(numbers.body)["exercise"] == {"nb": "ØVELSE", "nn": "ØVING", "en": "EXERCISE"}
    others = [read_table("d-1", site, Viewer("liv"), True, "nb"), read_paper("d-1", site, Viewer("liv"), True, "nb")]
    names = [one.headers["content-disposition"] for one in (numbers, *others)]
    assert names == [f'attachment; filename="varde-ovelse-2026-11-21.{ending}"' for ending in ("json", "csv", "pdf")]


def test_lights_that_did_not_show_the_alarm_are_named_and_those_that_did_are_counted(house: House) -> None:
    drill, [alarm] = running(house, exercise=LOUD, presses=(Press("p1", OFFICE, zone_id="mottak", person_id="kari"),))
    lit = [one for one in devices.lease(house.context, "g", [OFFICE]) if str(one["device_id"]).startswith("lampe") and one["say"] == "alarm"]
    assert len(lit) >= 2 and all(one["drill"] for one in lit)
    house.store.device_outcome({str(one["id"]): "permanent" if one["device_id"] == "lampe-mottak" else "accepted" for one in lit}, house.clock.now)
    done(house, "liv", drill, "stop", why="done")
    pass_time(house, 5)
    report = of(house, now(house, drill), names=False)
    assert [row for row in report["channels"] if row["channel"] == "device"] == [
        {"channel": "device", "tried": len(lit), "reached": len(lit) - 1, "failed": 1}
    ]  # fmt: skip
    assert report["dark"] == ["Lampe mottak"]
    for language in LANGUAGES:
        w, text = WORDS.all_in(language), text_of(paper.pdf(report, language, named(house, language)))
        assert f"{w['dark']}: Lampe mottak" in text and w["device"] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_paper_it_says_the_same_and_is_marked_on_every_page(house: House, language: str) -> None:
    ola = house.directory.people["ola"]
    house.edit(people={**house.directory.people, "ola": replace(ola, name="Øyvind Šarić #[evil] $x$ \\n")})
    drill = played(house)
    pages = PdfReader(io.BytesIO(paper.pdf(of(house, drill), language, named(house, language)))).pages
    w, text = WORDS.all_in(language), "\n".join(page.extract_text() for page in pages)
    assert all(w["exercise"] in page.extract_text() for page in pages)
    for word in (w["title"], drill.name, w["cannot"], "Øyvind Šarić #[evil] $x$ \\n", w["seal"][:20]):
        assert word in text, word
    assert "50 %" in text and "1:40" in text, "half were reached; on scene after a hundred seconds"
    assert all(f"{mark} s" in text for mark in (5, 10, 15, 20)), "the chart's time is marked where people count"


def test_a_drill_in_which_nobody_was_told_anything_has_a_report_too(house: House) -> None:
    drill, _ = running(house, exercise=replace(EXERCISE, form="discussion"), presses=())
    done(house, "liv", drill, "stop", why="done")
    pass_time(house, 5)
    report = of(house, now(house, drill))
    assert report["figures"]["share_reached"] is None and report["alarms"] == []
    assert text_of(paper.pdf(report, "nb", named(house, "nb")))


def named(house: House, language: str) -> paper.Named:
    return paper.names_of(house.directory.content, language)


def text_of(body: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
