"""Visits against the real server: out, missed, found, home; under duress; restarted with hundreds out; and what is not understood."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from firmware_sim.visits_day import FATES
from server.flow.pins import SLOW_S
from server.web.visit_refusals import DETAILS, HEARD
from tests.e2e.parts import Caller, Device, new_id, until
from tests.stack import ROOT, Stack

OFFICE = "nav-fjordvik"
AMINA, OLA, LIV, SONDRE, PER, KARI = "amina.hassan", "ola.brekke", "liv.solberg", "sondre.vik", "per.aspelund", "kari.nilsen"
PORTABLE = "fjordvik-baerbar-1"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("visits") / "site") as stack:
        yield stack


class Person(Caller):
    def plan(self, **other: object) -> httpx.Response:
        checklist = self.http.get("/api/visits/checklist").raise_for_status().json()
        answers = {item["id"]: item["id"] == "asked_colleagues" for item in checklist["items"] if item["answer"] == "yes_no"}
        now = datetime.fromisoformat(self.http.get("/api/session").json()["server_time"])
        fields: dict[str, object] = {
            "id": new_id(), "office_id": OFFICE, "type": "other_outside", "people": [self.person_id], "where": {"address": "Fjellveien 3"},
            "starts_at": now.isoformat(), "ends_at": (now + timedelta(minutes=90)).isoformat(), "contact_id": OLA, "answers": answers,
            "device_id": PORTABLE,
        }  # fmt: skip
        return self.http.post("/api/visits", json=fields | other)

    def tap(self, visit_id: str, action: str, **fields: object) -> httpx.Response:
        return self.http.post(f"/api/visits/{visit_id}/actions", json={"id": new_id(), "action": action, **fields})

    def visit(self, visit_id: str) -> dict[str, Any]:
        return self.http.get(f"/api/visits/{visit_id}").raise_for_status().json()  # type: ignore[no-any-return]

    def forward(self, minutes: float) -> None:
        assert self.http.post("/api/demo/clock", json={"forward_s": minutes * 60}).status_code == 204


@pytest.fixture
def amina(stack: Stack) -> Iterator[Person]:
    yield Person(stack, AMINA)
    bring_home(stack)


def bring_home(stack: Stack) -> None:
    """Ends every alarm of the office and every visit of Amina's: a test, or its second try, must not meet what one before has left."""
    amina, lead = Person(stack, AMINA), Person(stack, LIV)
    for alarm in lead.alarms():
        for fields in ({"visit_home": True}, {}):
            lead.act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"], **fields)
    for visit in amina.http.get("/api/visits").json()["visits"]:
        if visit["mine"]:
            amina.tap(visit["id"], "end", pin="1234") if visit["started_at"] else amina.tap(visit["id"], "cancel")
    amina.stop()
    lead.stop()


def out(stack: Stack, amina: Person) -> str:
    planned = amina.plan()
    assert planned.status_code == 200, planned.text
    visit_id: str = planned.json()["visit"]["id"]
    ola = Person(stack, OLA)
    assert ola.tap(visit_id, "accept_contact", yes=True).status_code == 200
    started = amina.tap(visit_id, "start")
    assert started.status_code == 200, started.text
    assert started.json()["visit"]["state"] == "OUT"
    return visit_id


def test_somebody_who_does_not_come_back_is_missed_found_and_taken_home(stack: Stack, amina: Person) -> None:
    visit_id = out(stack, amina)
    ola, liv = Person(stack, OLA), Person(stack, LIV)
    amina.forward(31)
    until(lambda: ola.visit(visit_id)["state"] == "GRACE", what="the chase")
    amina.forward(5)
    until(lambda: ola.visit(visit_id)["rung"] == "contact", what="the contact person is asked")
    amina.forward(5)
    until(lambda: ola.visit(visit_id)["rung"] == "leader", what="the leader is asked")
    amina.forward(5)
    alarm = liv.the_alarm()
    assert (alarm["kind"], alarm["situation"], alarm["place"]["address"]) == ("missed_checkin", "missed_checkin", "Fjellveien 3")
    assert ola.visit(visit_id)["state"] == "OVERDUE"
    refused = liv.act(alarm["id"], "resolve", outcome="handled", seen_signal=1)
    assert (refused.status_code, refused.json()["reason"]) == (409, "say_where_they_are")
    assert liv.act(alarm["id"], "resolve", outcome="handled", seen_signal=1, visit_home=True).status_code == 200
    assert amina.visit(visit_id)["state"] == "HOME" and not liv.alarms()


def test_a_press_of_the_portable_alarm_says_where_the_visit_is_and_the_visit_goes_on(stack: Stack, amina: Person) -> None:
    visit_id = out(stack, amina)
    device = Device(stack, PORTABLE)
    try:
        device.press()
        alarm = Person(stack, LIV).the_alarm()
        assert (alarm["place"]["address"], alarm["presser"]["name"], alarm["situation"]) == ("Fjellveien 3", "Amina Hassan", "portable_alarm_outside")
        device.wait_for_light("received")
    finally:
        device.stop()
    assert amina.visit(visit_id)["state"] == "OUT"
    assert amina.http.put(f"/api/visits/{visit_id}/position", json={"lat": 59.1, "lon": 10.2}).status_code == 204
    assert Person(stack, SONDRE).http.get(f"/api/visits/{visit_id}").status_code in (200, 404)


def test_an_alarm_that_is_opened_or_goes_dark_during_a_visit_is_told_to_whoever_watches_and_to_nobody_near(stack: Stack, amina: Person) -> None:
    device = Device(stack, PORTABLE)
    ola = Person(stack, OLA)
    try:
        visit_id = out(stack, amina)
        for open_, how in ((True, "opened"), (False, "well")):
            device.fleet.act(PORTABLE, lambda button, now_s: button.tampered(now_s, open_))  # noqa: B023
            until(lambda: ola.visit(visit_id)["alarm"] == how, what=f"the alarm is {how}")  # noqa: B023
        device.fleet.go_dark(PORTABLE)
        until(lambda: ola.visit(visit_id)["alarm"] == "lost", what="the alarm is lost")
        assert amina.visit(visit_id)["alarm"] is None and amina.visit(visit_id)["state"] == "OUT"
        sent = lambda: str(ola.http.get("/api/demo/outbox").json()["messages"])  # noqa: E731
        until(lambda: "har åpnet alarmen" in sent() and "svarer ikke" in sent(), what=f"the contact person's messages: {sent()}")
    finally:
        device.stop()


def test_under_duress_the_answer_is_the_same_to_the_byte_but_for_ids_and_times(stack: Stack, amina: Person) -> None:
    answers = []
    for pin in ("1234", "4321"):
        visit_id = out(stack, amina)
        ended = amina.tap(visit_id, "end", pin=pin)
        body = ended.json()["visit"]
        for key in ("id", "starts_at", "ends_at", "started_at", "heard_at"):
            body.pop(key)
        body["home"].pop("at")
        answers.append((ended.status_code, body, sorted(ended.headers.keys())))
        [mine] = [v for v in amina.http.get("/api/visits").json()["visits"] if v["id"] == visit_id]
        assert mine["state"] == "HOME"
    assert answers[0] == answers[1]
    alarm = Person(stack, LIV).the_alarm()
    assert alarm["duress"] and alarm["kind"] == "duress"
    assert not amina.alarms()


@pytest.mark.parametrize(("action", "fields"), [("check_in", {}), ("extend", {"seconds": 900}), ("no_coverage", {"seconds": 1800})])
def test_a_sign_of_life_under_duress_is_answered_and_shown_the_same_to_the_byte(stack: Stack, amina: Person, action: str, fields: dict[str, object]) -> None:
    answers = []
    for pin in ("1234", "4321"):
        visit_id = out(stack, amina)
        told = amina.tap(visit_id, action, pin=pin, **fields)
        later = amina.tap(visit_id, "extend", seconds=900)
        read = amina.http.get(f"/api/visits/{visit_id}")
        [mine] = [v for v in amina.http.get("/api/visits").json()["visits"] if v["id"] == visit_id]
        desk = Person(stack, KARI)
        [at_desk] = [v for v in desk.http.get("/api/visits").json()["visits"] if v["id"] == visit_id]
        seen = (told.json()["visit"], later.json()["visit"], read.json(), mine, at_desk)
        for body in seen:
            for key in ("id", "starts_at", "ends_at", "started_at", "heard_at", "deadline_at"):
                body.pop(key)
        answers.append((told.status_code, told.json()["receipt"]["detail"], seen, sorted(told.headers.keys()), len(told.content), len(read.content)))
        assert not amina.alarms() and not desk.alarms()
        if pin == "1234":
            amina.tap(visit_id, "end", pin="1234").raise_for_status()
    assert answers[0] == answers[1]
    assert Person(stack, LIV).the_alarm()["kind"] == "duress"


def refused(answer: httpx.Response, reason: str) -> str:
    """What is said to do; fails where it was not refused with that reason, or says nothing."""
    assert (answer.status_code, answer.json()["reason"]) == (409, reason), answer.text
    assert answer.headers["content-type"] == "application/problem+json" and answer.json()["detail"] == DETAILS[reason] != ""
    return str(answer.json()["detail"])


def at(amina: Person, minutes: float) -> str:
    """So many minutes from now, by the server's clock."""
    return (datetime.fromisoformat(amina.http.get("/api/session").json()["server_time"]) + timedelta(minutes=minutes)).isoformat()


def test_a_visit_that_ends_before_it_starts_asks_for_a_later_end(amina: Person) -> None:
    before = amina.http.get("/api/visits").json()["visits"]
    assert "later end" in refused(amina.plan(starts_at=at(amina, 60), ends_at=at(amina, 30)), "ends_before_it_starts")
    refused(amina.plan(starts_at=at(amina, 60), ends_at=at(amina, 59)), "ends_before_it_starts")
    assert amina.http.get("/api/visits").json()["visits"] == before, "and nothing was planned"


def test_a_visit_of_forty_days_asks_for_a_shorter_time(amina: Person) -> None:
    assert "shorter" in refused(amina.plan(ends_at=at(amina, 40 * 24 * 60)), "too_long")
    assert "60 days" in refused(amina.plan(starts_at=at(amina, 61 * 24 * 60), ends_at=at(amina, 61 * 24 * 60 + 30)), "too_far_ahead")


def test_nobody_is_on_two_visits_at_once(stack: Stack, amina: Person) -> None:
    visit_id = out(stack, amina)
    assert "End or cancel it first" in refused(amina.plan(), "overlaps")
    ola = Person(stack, OLA)
    refused(ola.plan(people=[OLA, AMINA], contact_id=LIV, device_id=None), "overlaps")  # nor as somebody's company
    assert amina.visit(visit_id)["state"] == "OUT"


def test_fifteen_minutes_more_for_somebody_who_is_missed_is_heard_and_moves_nothing(stack: Stack, amina: Person) -> None:
    visit_id = out(stack, amina)
    liv = Person(stack, LIV)
    amina.forward(31)
    until(lambda: amina.visit(visit_id)["state"] == "GRACE", what="the chase")
    amina.forward(15)
    until(lambda: amina.visit(visit_id)["state"] == "OVERDUE", what="she is missed")
    until(lambda: liv.alarms(), what="the alarm")
    before = amina.visit(visit_id)
    answer = amina.tap(visit_id, "extend", seconds=900)
    assert answer.status_code == 200 and answer.json()["receipt"]["detail"] == HEARD
    after = answer.json()["visit"]
    assert (after["state"], after["deadline_at"], after["ends_at"]) == ("OVERDUE", before["deadline_at"], before["ends_at"])
    assert after["heard_at"] > before["heard_at"] and len(liv.alarms()) == 1, "she was heard, and others go on looking"


def test_whoever_is_not_out_on_it_checks_nobody_in(stack: Stack, amina: Person) -> None:
    visit_id = out(stack, amina)
    before = amina.visit(visit_id)
    assert "Whoever is out must do this" in refused(Person(stack, LIV).tap(visit_id, "check_in"), "not_yours")
    refused(Person(stack, OLA).tap(visit_id, "end", pin="1234"), "not_yours")
    assert Person(stack, PER).tap(visit_id, "check_in").status_code == 404, "and another office does not even learn that there is one"
    assert amina.visit(visit_id)["heard_at"] == before["heard_at"]


def test_a_phone_whose_clock_is_a_day_wrong_is_neither_believed_nor_ignored(stack: Stack, amina: Person) -> None:
    assert "later one" in refused(amina.plan(starts_at=at(amina, -24 * 60), ends_at=at(amina, -24 * 60 + 60)), "in_the_past")
    visit_id = out(stack, amina)
    before = amina.visit(visit_id)
    stale = amina.tap(visit_id, "check_in", age_s=24 * 3600)
    assert stale.status_code == 200, "a sign of life is never refused"
    assert stale.json()["visit"]["deadline_at"] == before["deadline_at"], "one from yesterday puts nothing off"
    assert stale.json()["visit"]["heard_at"] == before["heard_at"], "nor is it newer than what was heard since"
    ahead = amina.tap(visit_id, "check_in", age_s=-24 * 3600)
    assert ahead.status_code == 200 and ahead.json()["visit"]["heard_at"] > before["heard_at"], "one from tomorrow was said now"


def test_a_pin_that_is_guessed_five_times_looks_the_same_is_slow_from_then_on_and_is_told(stack: Stack, amina: Person) -> None:
    visit_id = out(stack, amina)
    answers, took_s = [], []
    for _ in range(6):
        began = time.monotonic()
        answer = amina.tap(visit_id, "end", pin="0000")
        took_s.append(time.monotonic() - began)
        refused(answer, "wrong_pin")
        answers.append({**answer.json(), "visit": answer.json()["visit"]["state"]})
    assert answers == [answers[0]] * 6 and answers[0]["visit"] == "OUT"
    assert took_s[5] >= SLOW_S, took_s
    sent = lambda: amina.http.get("/api/demo/outbox").json()["messages"]  # noqa: E731
    until(lambda: {one["recipient"] for one in sent() if "Feil PIN mange ganger" in one["text"]} >= {OLA, LIV}, what="those who watch are told")
    assert not [one for one in sent() if one["recipient"] == AMINA and "PIN mange" in one["text"]], "and nobody else"
    began = time.monotonic()
    assert amina.tap(visit_id, "end", pin="1234").json()["visit"]["state"] == "HOME", "the right one still works"
    assert time.monotonic() - began >= SLOW_S, "as slowly, so that nobody can tell"


def test_what_is_too_much_or_not_understood_says_what_to_do(stack: Stack, amina: Person) -> None:
    refused(amina.plan(people=[LIV]), "not_yours")
    assert amina.plan(starts_at="yesterday").status_code == 422
    visit_id = out(stack, amina)
    refused(amina.tap(visit_id, "extend", seconds=10), "too_short")
    refused(amina.tap(visit_id, "extend", seconds=86_000), "extended_enough")
    missing = amina.tap(visit_id, "extend")
    assert missing.status_code == 422 and "seconds" in missing.json()["detail"]
    again = {"id": new_id(), "action": "check_in"}
    first, second = (amina.http.post(f"/api/visits/{visit_id}/actions", json=again).json()["receipt"] for _ in range(2))
    assert (first["at"], second["repeated"]) == (second["at"], True)


def test_the_whole_chain_is_looked_at_before_one_leaves(stack: Stack, amina: Person) -> None:
    planned = amina.plan().json()["visit"]
    found = amina.http.get(f"/api/visits/{planned['id']}/preflight").raise_for_status().json()
    words = {link["name"]: link["word"] for link in found["links"]}
    assert words["contact"] == "unsure", "he has not said yes"
    assert found["word"] != "fine"
    assert Person(stack, PER).http.get(f"/api/visits/{planned['id']}/preflight").status_code == 404


def test_a_server_that_is_killed_misses_nobody(stack: Stack, amina: Person) -> None:
    visit_id = out(stack, amina)
    stack.stop("server", signal.SIGKILL)
    stack.start("server")
    amina = Person(stack, AMINA)
    assert amina.visit(visit_id)["state"] == "OUT"
    amina.forward(4 * 60)  # the demo's clock begins anew with the server: it has jumped back first
    until(lambda: amina.visit(visit_id)["state"] == "GRACE", what="the deadline is noticed, by a clock that jumped")
    amina.forward(3)
    alarm = Person(stack, LIV).the_alarm()
    assert alarm["kind"] == "missed_checkin"


def test_an_alarm_from_the_shelf_is_taken_pressed_once_and_then_rings_for_its_owner(stack: Stack, amina: Person) -> None:
    shelf = "fjordvik-baerbar-7"
    device, sondre = Device(stack, shelf), Person(stack, SONDRE)
    try:
        assert amina.http.post("/api/portables/take", json={"code": "999"}).json()["reason"] == "unknown_device"
        taken = amina.http.post("/api/portables/take", json={"code": f"{stack.url}/bruk/{shelf}"})
        assert taken.status_code == 200 and shelf in [one["id"] for one in taken.json()["mine"]]
        refused = sondre.http.post("/api/portables/take", json={"code": "7"})
        assert (refused.status_code, refused.json()["reason"], refused.json()["detail"]) == (409, "taken", "Amina Hassan")
        mine = lambda: next(one for one in amina.http.get("/api/portables").json()["mine"] if one["id"] == shelf)  # noqa: E731
        device.press()
        until(lambda: mine()["tested"], what="the test press")
        assert not Person(stack, LIV).alarms()
        device.press()
        alarm = Person(stack, LIV).the_alarm()
        assert alarm["presser"]["name"] == "Amina Hassan"
        assert Person(stack, LIV).act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"]).status_code == 200
        assert amina.http.post(f"/api/portables/{shelf}/hand_back").status_code == 204
        assert sondre.http.post("/api/portables/take", json={"code": "7"}).status_code == 200
        sondre.http.post(f"/api/portables/{shelf}/hand_back")
    finally:
        device.stop()


def test_labels_are_for_those_who_lead_and_open_the_app_where_it_is(stack: Stack, amina: Person) -> None:
    assert amina.http.get(f"/api/offices/{OFFICE}/labels").status_code == 404
    page = Person(stack, LIV).http.get(f"/api/offices/{OFFICE}/labels")
    assert page.status_code == 200 and page.text.count("<svg") == 8 and "Bærbar alarm 7" in page.text


def test_a_report_goes_from_the_phone_to_the_manager_and_the_numbers_name_nobody(stack: Stack, amina: Person) -> None:
    visit_id = out(stack, amina)
    liv = Person(stack, LIV)
    assert amina.http.get(f"/api/visits/{visit_id}/report").status_code == 404
    amina.tap(visit_id, "end")
    assert amina.tap(visit_id, "debrief", how="incident").json()["visit"]["may_report"]
    begun = amina.http.get(f"/api/visits/{visit_id}/report").json()
    assert [fact["what"] for fact in begun["facts"]][0] == "started" and begun["version"] == 0
    body = {"version": 0, "kinds": ["threat"], "text": "Han ropte.", "done": "", "hurt": False, "police": None}
    assert amina.http.put(f"/api/visits/{visit_id}/report", json=body).json()["version"] == 1
    assert amina.http.put(f"/api/visits/{visit_id}/report", json=body).json()["version"] == 1, "sent again: the answer was lost"
    assert amina.http.put(f"/api/visits/{visit_id}/report", json=body | {"text": "Hun ropte."}).json()["reason"] == "changed_meanwhile"
    assert amina.http.put(f"/api/visits/{visit_id}/report", json=body | {"kinds": ["war"]}).status_code == 422
    assert liv.http.get(f"/api/visits/{visit_id}/report").status_code == 404
    assert amina.http.post(f"/api/visits/{visit_id}/report/hand", json={"version": 1}).status_code == 200
    assert liv.http.get(f"/api/visits/{visit_id}/report").json()["text"] == "Han ropte."
    assert [one["visit_id"] for one in liv.http.get("/api/reports").json()["reports"]] == [visit_id]
    rows = liv.http.get(f"/api/offices/{OFFICE}/visit-counts").json()["rows"]
    assert rows and rows[0]["incidents"] >= 1
    sheet = liv.http.get(f"/api/offices/{OFFICE}/visit-counts.csv?language=nn")
    assert sheet.content.startswith(b"\xef\xbb\xbf") and "Gløymd" in sheet.text and "Amina" not in sheet.text
    assert amina.http.get(f"/api/offices/{OFFICE}/visit-counts").status_code == 404


def test_a_day_of_an_office_as_one_command_notices_everybody_who_is_gone(stack: Stack) -> None:
    command = [sys.executable, "-m", "firmware_sim", "visits-day", "--url", stack.url, "--seed", "3", "--visits", "6"]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert played.returncode == 0, played.stdout + played.stderr
    said = played.stdout.splitlines()
    assert len(said) == 8 and {line.split()[0] for line in said[1:-1]} == set(FATES)
    assert said[-1].startswith("6 visits; 3 people were gone or forced") and "0 were not missed" in said[-1]
