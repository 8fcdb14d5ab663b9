"""The power goes in the middle: gateway, server and broker are killed without a goodbye while buttons are pressed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from firmware_sim.fleet import Fleet
from firmware_sim.protocol import Identity
from tests.e2e.parts import KARI, LIV, OFFICE, OLA, Caller, until
from tests.stack import Stack

ROOMS = [f"fjordvik-samtalerom-{number}" for number in range(1, 7)]


class Presses:
    """Six buttons in six rooms, pressed in turn; they repeat until they are told `received`."""

    def __init__(self, stack: Stack) -> None:
        rows = [row for row in stack.devices() if row["id"] in ROOMS]
        assert len(rows) == len(ROOMS)
        identities = [Identity(row["id"], row["office"], row["kind"], row["name"], bytes.fromhex(row["key_hex"]), 30.0) for row in rows]
        self.fleet = Fleet(identities, "127.0.0.1", stack.broker_port, seed=1)
        self.fleet.start()
        self.count = 0
        until(self.fleet.connected, what="the buttons have a connection")

    def press(self, times: int) -> None:
        for _ in range(times):
            self.fleet.act(ROOMS[self.count % len(ROOMS)], lambda button, now_s: button.press(now_s))
            self.count += 1

    def all_received(self) -> bool:
        return self.fleet.unanswered() == 0


@pytest.mark.parametrize("what", ["gateway", "server", "broker"])
def test_every_press_counts_exactly_once_and_the_open_page_recovers_by_itself_when_killed(what, stack, phone, put_away):
    ola = phone(OLA)
    presses = Presses(stack)
    put_away.callback(presses.fleet.stop)
    presses.press(4)
    expect(ola.heading(re.compile("^Samtalerom"))).to_be_visible()
    stack.kill(what)
    presses.press(3)  # into the dark
    stack.broker.start() if what == "broker" else stack.start(what)
    presses.press(4)
    until(presses.all_received, 45, "every press is received")

    liv = Caller(stack, "liv.solberg")
    put_away.callback(liv.stop)
    alarms = liv.alarms()
    assert sorted(alarm["place"]["zone_id"] for alarm in alarms) == [f"samtalerom-{number}" for number in range(1, 7)]
    assert sum(alarm["presses"] for alarm in alarms) == presses.count, "every press is an alarm or has joined one, and none of them twice"
    assert nothing_is_forgotten(liv)
    for alarm in alarms:
        log = liv.log(alarm["id"])
        assert log["intact"]
        assert [entry["what"] for entry in log["entries"]].count("opened") == 1

    tabs = ola.page.get_by_role("navigation", name="Åpne alarmer: 6").get_by_role("listitem")
    expect(tabs).to_have_count(6, timeout=40_000)
    words = tabs.all_inner_texts()
    assert len({re.search(r"Samtalerom \d", one).group() for one in words}) == 6, f"each alarm once on the screen: {words}"  # type: ignore[union-attr]
    expect(ola.text("Tilkoblet")).to_be_visible(timeout=40_000)
    expect(ola.text("Forbindelsen er borte")).to_have_count(0)
    assert ola.faults == []


def test_what_was_answered_before_the_server_was_killed_is_on_the_screen_after_it(stack, phone, device, put_away):
    ola, liv = phone(OLA), phone(LIV)
    button = device()
    button.press()
    ola.button("Jeg kommer").click()
    expect(liv.text("Ola Brekke kommer")).to_be_visible()
    stack.kill("server")
    stack.start("server")
    for screen in (ola, liv):
        expect(screen.text("Tilkoblet")).to_be_visible(timeout=40_000)
    expect(ola.text("Du kommer")).to_be_visible()
    ola.button("Jeg er på stedet").click()
    expect(liv.text("Ola Brekke på stedet")).to_be_visible(timeout=30_000)
    button.wait_for_light("there", within_s=30)
    caller = Caller(stack, "liv.solberg")
    put_away.callback(caller.stop)
    assert caller.the_alarm()["presses"] == 1


def test_a_tap_made_while_the_server_is_away_is_delivered_when_it_is_back(stack, phone, device, put_away):
    ola = phone(OLA)
    device().press()
    expect(ola.button("Jeg kommer")).to_be_visible()
    stack.kill("server")
    ola.button("Jeg kommer").click()
    expect(ola.button(re.compile("Sender|Ikke bekreftet"))).to_be_visible()
    stack.start("server")
    expect(ola.text("Du kommer")).to_be_visible(timeout=40_000)
    caller = Caller(stack, "liv.solberg")
    put_away.callback(caller.stop)
    [entry] = [one for one in caller.log(caller.the_alarm()["id"])["entries"] if one["what"] == "acknowledged"]
    assert entry["who"]["name"] == OLA


def nothing_is_forgotten(caller: Caller) -> bool:
    """Each open alarm of the office has a next deadline; the audit says so too."""
    ready = caller.http.get("/api/ready")
    assert ready.status_code == 200 and "open_without_deadline" not in ready.json()["findings"]
    return all(alarm["step"]["next_at"] for alarm in caller.alarms() if alarm["office_id"] == OFFICE)


def test_a_broken_broker_is_on_the_desk_in_plain_words_within_a_minute_and_the_daily_proof_is_never_an_alarm(stack, phone, desk, put_away):
    kari, liv = desk(KARI), phone(LIV)
    lead = Caller(stack, "liv.solberg")
    put_away.callback(lead.stop)

    def proofs() -> dict:
        return lead.http.get(f"/api/offices/{OFFICE}/proofs").json()

    def try_now() -> str:
        begun = lead.http.post(f"/api/offices/{OFFICE}/proofs")
        assert begun.status_code == 202, begun.text
        until(lambda: next(one for one in proofs()["proofs"] if one["id"] == begun.json()["id"])["ended_at"], 50, "the run is over")
        return begun.json()["id"]

    until(lambda: not any(one["ended_at"] is None for one in proofs()["proofs"]), 50, "what the start has begun is over")
    whole = try_now()
    run = next(one for one in proofs()["proofs"] if one["id"] == whole)
    assert run["broken"] is None and run["screens"] >= 2 and run["screens_answered"] == run["screens"], "both pages have answered by themselves"
    liv.page.goto(f"{stack.url}/klar")
    expect(liv.heading("Fra knapp til skjerm")).to_be_visible()
    expect(liv.text("Virket ved siste prøve")).to_be_visible()
    expect(kari.text("formidleren deres er nede")).to_have_count(0)

    stack.kill("broker")
    try:
        expect(kari.text("Knappene kommer ikke fram til Varde")).to_be_visible(timeout=60_000)
        expect(liv.text("Knappene kommer ikke fram til Varde").first).to_be_visible(timeout=60_000)
        tried = try_now()
        assert next(one for one in proofs()["proofs"] if one["id"] == tried)["broken"] == "broker"
    finally:
        stack.broker.start()
    expect(kari.text("Knappene kommer ikke fram til Varde")).to_have_count(0, timeout=120_000)
    assert lead.alarms() == [], "and nobody was alarmed"
    assert proofs()["summary"]["runs"] >= 2
    assert lead.http.get(f"/api/offices/{OFFICE}/proofs.csv").text.startswith("made_at,by,broken,")
    ola = Caller(stack, "ola.brekke")
    put_away.callback(ola.stop)
    assert ola.http.get(f"/api/offices/{OFFICE}/readiness").status_code == 404, "names and history are for those who lead"
    assert ola.http.post(f"/api/offices/{OFFICE}/proofs").status_code == 403
