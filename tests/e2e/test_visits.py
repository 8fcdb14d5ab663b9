"""Visits against the real server: out, missed, found, home; under duress; restarted with hundreds out; and what is not understood."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.parts import Caller, Device, new_id, until, wait_for_gateway
from tests.stack import Stack

OFFICE = "nav-fjordvik"
AMINA, OLA, LIV, SONDRE, PER = "amina.hassan", "ola.brekke", "liv.solberg", "sondre.vik", "per.aspelund"
PORTABLE = "fjordvik-baerbar-1"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("visits") / "site") as stack:
        wait_for_gateway(stack)
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
    person = Person(stack, AMINA)
    yield person
    lead = Person(stack, LIV)
    for alarm in lead.alarms():
        for fields in ({"visit_home": True}, {}):
            lead.act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"], **fields)
    for visit in person.http.get("/api/visits").json()["visits"]:
        if visit["mine"]:
            person.tap(visit["id"], "end", pin="1234") if visit["started_at"] else person.tap(visit["id"], "cancel")
    person.stop()
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


def test_what_cannot_be_is_refused_with_a_reason(stack: Stack, amina: Person) -> None:
    now = datetime.now(UTC)
    assert amina.plan(ends_at=(now - timedelta(hours=1)).isoformat()).json()["reason"] in ("ends_before_it_starts", "in_the_past")
    assert amina.plan(ends_at=(now + timedelta(days=40)).isoformat()).json()["reason"] == "too_long"
    assert amina.plan(people=[LIV]).json()["reason"] == "not_yours"
    assert amina.plan(starts_at="yesterday").status_code == 422
    visit_id = out(stack, amina)
    assert amina.plan().json()["reason"] == "overlaps"
    assert amina.tap(visit_id, "extend", seconds=10).json()["reason"] == "too_short"
    assert amina.tap(visit_id, "extend", seconds=86_000).json()["reason"] == "extended_enough"
    assert Person(stack, LIV).tap(visit_id, "check_in").json()["reason"] in ("not_yours", "not_allowed")
    assert Person(stack, PER).tap(visit_id, "check_in").status_code == 404
    assert amina.tap(visit_id, "end", pin="0000").json()["reason"] == "wrong_pin"
    assert amina.tap(visit_id, "extend").status_code == 422
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
