"""A drill with real servers and a browser: a button armed by name, marked on every screen, and *this is real*."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.parts import BUTTON, LIV, OLA, SONDRE, until

BY_HAND_112 = 'a[href="tel:112"]'


def test_a_drill_is_marked_dials_nobody_but_its_leader_and_becomes_real(phone, desk, device, caller):
    ola, liv, leader = phone(OLA), phone(LIV), desk(SONDRE)
    button = device()
    leader.page.get_by_role("link", name="Skranke").click()
    leader.button("Øvelse med Skrankeknapp 1").click()
    expect(leader.text(re.compile("^ØVELSE: det neste trykket"))).to_be_visible()

    button.press()
    for screen in (ola, liv):
        expect(screen.heading("Mottak")).to_be_visible()
        expect(screen.text("ØVELSE").first).to_be_visible()
        expect(screen.page.locator(BY_HAND_112)).to_have_count(0)
    ring = ola.page.get_by_role("link", name=re.compile("Ring øvelseslederen – Sondre Vik"))
    expect(ring).to_have_attribute("href", "tel:+4755550105")
    ola.button("Jeg kommer").click()
    button.wait_for_light("coming", 1, drill=True)
    expect(ola.page.get_by_role("checkbox").first).to_be_visible()
    expect(ola.page.locator(BY_HAND_112)).to_have_count(0)

    liv.button(re.compile("^Dette er ekte")).click()
    liv.button("Ja, dette er ekte").click()
    for screen in (ola, liv):  # wherever they were, the real alarm has the screen, and wants an answer of its own
        expect(screen.text("Ekte alarm – ikke øvelse").first).to_be_visible()
        expect(screen.button("Jeg kommer")).to_be_visible()
        expect(screen.page.locator(BY_HAND_112).first).to_be_visible()
        expect(screen.page.get_by_text("ØVELSE", exact=True)).to_have_count(0)
    ola.button("Jeg kommer").click()
    until(lambda: [light.shows for light in button.lights][-2:] == ["received", "coming"], what=f"the light speaks of the real one: {button.lights}")

    one = caller("liv.solberg")
    real = one.the_alarm()
    assert real["drill"] is None and real["ended_drill"] is True
    [drill] = [alarm for alarm in one.alarms(only_open=False) if alarm["outcome"] and alarm["outcome"]["alarm_id"] == real["id"]]
    assert drill["outcome"]["outcome"] == "became_real" and drill["drill"]["leader"]["name"] == SONDRE
    assert "became_real" in [entry["what"] for entry in one.log(drill["id"])["entries"]]
    assert one.act(real["id"], "resolve", outcome="handled", seen_signal=1).status_code == 200
    button.wait_for_light("ended")
    assert ola.faults == liv.faults == leader.faults == []


def test_a_real_press_ends_the_drill(phone, device, caller):
    ola, sondre, liv = phone(OLA), caller("sondre.vik"), caller("liv.solberg")
    assert sondre.http.post(f"/api/devices/{BUTTON}/arm", json={"purpose": "drill"}).status_code == 200
    device().press()
    expect(ola.text("ØVELSE").first).to_be_visible()
    drill = liv.the_alarm()
    device("fjordvik-samtalerom-1").press()
    until(lambda: liv.alarm(drill["id"])["outcome"], 3, "the drill has ended")
    expect(ola.text("Ekte alarm – ikke øvelse").first).to_be_visible()
    expect(ola.heading("Samtalerom 1")).to_be_visible()
    for purpose in ("drill", "test"):
        refused = sondre.http.post(f"/api/devices/{BUTTON}/arm", json={"purpose": purpose})
        assert (refused.status_code, refused.json()["reason"]) == (409, "real_alarm_open")
    assert liv.act(liv.the_alarm()["id"], "resolve", outcome="handled", seen_signal=1).status_code == 200
    assert ola.faults == []


def test_the_desk_may_test_a_button_and_begins_no_drill(caller):
    kari = caller("kari.nilsen")
    assert kari.http.get("/api/offices/nav-fjordvik/now").json()["may_arm"] == ["test"]
    assert kari.http.post(f"/api/devices/{BUTTON}/arm", json={"purpose": "drill"}).status_code == 403


def test_the_answer_bar_covers_no_step_that_has_the_focus_also_with_large_text(phone, device, caller):
    ola = phone(OLA)
    device().press()
    ola.button("Jeg kommer").click()
    steps = ola.page.get_by_role("checkbox")
    expect(steps.first).to_be_visible()
    for large in (False, True):
        if large:
            ola.page.add_style_tag(content="html { font-size: 200% !important }")
            ola.page.wait_for_timeout(100)
        for number in range(steps.count()):
            steps.nth(number).focus()
            covered = ola.page.evaluate(
                """() => { const step = document.activeElement.closest('label').getBoundingClientRect();
                const bar = document.querySelector('.answer-bar').getBoundingClientRect();
                return getComputedStyle(document.querySelector('.answer-bar')).position === 'sticky' && step.bottom > bar.top + 1; }"""
            )
            assert not covered, f"step {number + 1} is behind the bar{' with large text' if large else ''}"
    one = caller("liv.solberg")
    one.act(one.the_alarm()["id"], "resolve", outcome="handled", seen_signal=1)
    assert ola.faults == []
