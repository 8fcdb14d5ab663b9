"""A planned drill as its four people see it: the coordinator plans, starts and stops it, a responder answers, the desk sees it, the leader approves."""

from __future__ import annotations

import io
import re

import httpx
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.e2e.parts import DESK, KARI, LIV, OLA, SONDRE, Screen

WORD = re.compile("^ØVELSE")


def go(screen: Screen, path: str) -> None:
    screen.page.goto(screen.url + path)
    screen.connected()


def test_planned_approved_run_answered_stopped_and_proven(browser, stack, put_away, phone, desk):
    sondre = Screen(browser, stack, DESK, "nb")
    put_away.callback(sondre.close)
    sondre.sign_in(SONDRE).connected()
    liv, ola, kari = phone(LIV), phone(OLA), desk(KARI)

    go(sondre, "/ovelser")
    sondre.page.get_by_role("link", name="Planlegg øvelse").click()
    sondre.page.get_by_role("combobox", name="Øvelse", exact=True).select_option("desk_walkthrough")
    sondre.page.get_by_label("Navn").fill("Torsdagsøvelsen")
    sondre.page.get_by_role("combobox", name="Hvor", exact=True).select_option(label="Skrankeknapp 1")
    sondre.button("Lagre planen").click()
    expect(sondre.heading("Torsdagsøvelsen")).to_be_visible()
    sondre.page.get_by_label("Hvem er tatt med på råd?").select_option(label="Håkon Lunde")
    sondre.button("Lagre").first.click()
    expect(sondre.text(re.compile("Håkon Lunde er tatt med på råd"))).to_be_visible()

    go(liv, "/ovelser")
    liv.page.get_by_role("link", name=re.compile("Torsdagsøvelsen.*Venter på deg", re.DOTALL)).click()
    liv.button("Godkjenn øvelsen").click()
    expect(liv.text(re.compile("Godkjent av Liv Solberg"))).to_be_visible()

    expect(sondre.text(re.compile("Godkjent av Liv Solberg"))).to_be_visible()
    sondre.button("Regn ut").click()
    expect(sondre.page.get_by_role("table").get_by_text("Ola Brekke").first).to_be_visible()
    sondre.button("Varsle deltakerne").click()
    expect(sondre.text("Varslet").first).to_be_visible()
    sondre.button("Er det noe i veien nå?").click()
    expect(sondre.text("Start med en gang")).to_be_visible()
    for box in sondre.page.get_by_role("checkbox", name="Start likevel").all():
        box.check()
    sondre.page.get_by_role("radio", name="Start med en gang").check()
    sondre.button(re.compile("^Start øvelsen$")).click()

    expect(ola.text(WORD).first).to_be_visible()
    expect(ola.page.get_by_role("link", name="Ring 112")).to_have_count(0)
    expect(kari.text(re.compile(r"^Øvelse \d\d:\d\d$"))).to_be_visible()  # a room with visitors: a line, and it says what it is
    ola.button(re.compile("^Jeg (kommer|tar den)")).click()
    row = sondre.page.get_by_role("row", name=re.compile("Ola Brekke"))
    expect(row.get_by_role("cell", name="Kommer", exact=True)).to_be_visible()
    ola.button("Send flere").click()  # the next step tells also the one who runs it: his board stays in front of him
    expect(sondre.page.get_by_role("row", name=re.compile("Sondre Vik"))).to_be_visible()
    expect(sondre.page.get_by_role("link", name=re.compile("Åpne alarmen"))).to_be_visible()

    sondre.button(re.compile("^STOPP ØVELSEN")).click()
    sondre.button("Avslutt som planlagt").click()
    expect(sondre.text(re.compile("Avsluttet som planlagt"))).to_be_visible()
    expect(ola.heading("Øvelsen er avsluttet")).to_be_visible()

    go(ola, "/ovelser")
    ola.page.get_by_role("link", name=re.compile("Torsdagsøvelsen")).click()
    ola.page.get_by_role("radio", name="Ja").first.check()
    ola.button("Send svarene").click()
    expect(ola.text("Takk. Svarene er lagret.")).to_be_visible()

    sondre.page.get_by_label("Hva må bli bedre?").fill("Flere må ha lyden på")
    sondre.page.get_by_role("combobox", name="Ansvarlig").select_option(label=LIV)
    sondre.button("Legg til funn").click()
    expect(sondre.page.get_by_role("listitem").filter(has_text="Flere må ha lyden på")).to_be_visible()
    sondre.page.get_by_role("link", name="Se rapporten").click()
    expect(sondre.heading(re.compile("Øvelsesrapport: Torsdagsøvelsen"))).to_be_visible()
    expect(sondre.text(re.compile("Kontrollsummene stemmer"))).to_be_visible()
    assert sondre.faults == ola.faults == kari.faults == liv.faults == []

    cookies = {one["name"]: one["value"] for one in sondre.context.cookies()}
    href = sondre.page.get_by_role("link", name="PDF").get_attribute("href")
    answer = httpx.get(stack.url + str(href), cookies=cookies)
    assert "Torsdagsøvelsen" in PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    sondre.page.get_by_role("checkbox", name=re.compile("Uten navn")).check()
    expect(sondre.page.get_by_role("cell", name="leder", exact=True)).to_be_visible()
    expect(sondre.page.get_by_role("article").get_by_text(re.compile("Ola Brekke|Liv Solberg"))).to_have_count(0)


def test_an_exercise_is_copied_put_right_planned_from_and_put_away(browser, stack, put_away):
    sondre = Screen(browser, stack, DESK, "nb")
    put_away.callback(sondre.close)
    sondre.sign_in(SONDRE).connected()
    page = sondre.page
    go(sondre, "/ovelser/katalog")
    page.get_by_role("link", name="Kopier: Høylytt besøk i mottaket").click()
    page.get_by_label("Navn").fill("Høylytt, vår måte")
    page.get_by_role("radio", name="English").check()
    page.get_by_label("Navn").fill("Loud, our way")
    page.get_by_role("radio", name="Bokmål").check()
    expect(page.get_by_label("Navn")).to_have_value("Høylytt, vår måte")
    last = page.get_by_role("group", name=re.compile("^Tidslinje \\d+$")).last
    last.get_by_label("Tid fra start").fill("99:00")
    sondre.button("Lagre øvelsen").click()
    expect(sondre.text(re.compile("Da er øvelsen over. Flytt den fram"))).to_be_visible()
    expect(sondre.text(re.compile("^Én ting må rettes"))).to_be_visible()
    last.get_by_label("Tid fra start").fill("0:30")
    last.get_by_label("Tid fra start").blur()
    sondre.button("Legg til beskjed").click()
    page.get_by_role("group", name=re.compile("^Tidslinje \\d+$")).last.get_by_label("Beskjed").fill("Telefonen ringer\nnå.")
    sondre.button("Lagre øvelsen").click()
    expect(sondre.heading("Øvelseskatalogen")).to_be_visible()

    page.get_by_role("link", name="Endre: Høylytt, vår måte").click()
    expect(page.get_by_label("Beskjed").last).to_have_value("Telefonen ringer nå.")
    times = [one.input_value() for one in page.get_by_label("Tid fra start").all()]
    assert "0:30" in times and times[-1] == "", "in the order in which they come, what is given by hand last"
    go(sondre, "/ovelser/ny")
    page.get_by_role("combobox", name="Øvelse", exact=True).select_option(label="Høylytt, vår måte (25 minutter)")
    expect(page.get_by_label("Navn")).to_have_value("Høylytt, vår måte")
    go(sondre, "/ovelser/katalog")
    sondre.button("Legg bort: Høylytt, vår måte").click()
    sondre.button("Ja, legg bort").click()
    expect(sondre.text("Ingen ennå. Kopier en av dem under.")).to_be_visible()
    assert sondre.faults == []
