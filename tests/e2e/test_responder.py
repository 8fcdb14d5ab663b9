"""The responder's screens where they are hard to keep right: off line, beside other alarms, with large text and little room, and on the map."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from server.core.tiles import AROUND, tile_of
from tests.e2e.parts import AMINA, KARI, LIV, OLA, PER, PHONE, Screen, until

SMALL = {"width": 320, "height": 640}
LYING = {"width": 640, "height": 320}


def wide_of(page: Page) -> list[str]:
    """What sticks out of the window sideways, beside what scrolls by itself."""
    return page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter((one) => !one.closest('.drawing-frame, .hidden-text, .skip')
          && one.getBoundingClientRect().right > innerWidth + 1).map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 30)}`)"""
    )  # type: ignore[no-any-return]


def test_where_it_is_is_marked_in_the_house_and_all_of_it_can_be_read_when_the_server_is_gone(phone, device, stack):
    ola = phone(OLA)
    until(lambda: ola.page.evaluate("navigator.serviceWorker.controller !== null"), what="the worker has the page")
    device("fjordvik-samtalerom-2").press()
    ola.button("Jeg kommer").click()
    drawing = ola.page.get_by_role("img", name="Plantegning av 1. etasje. Samtalerom 2 er merket.")
    expect(drawing).to_be_visible()
    assert ola.page.locator(".pressed").get_attribute("id") == "zone-samtalerom-2"
    expect(ola.page.locator(".plate")).to_contain_text("HER")
    ola.page.emulate_media(forced_colors="active")
    drawn = "(of) => getComputedStyle(document.querySelector(of)).stroke"
    text = ola.page.evaluate("getComputedStyle(document.body).color")
    assert ola.page.evaluate(drawn, ".drawing-sheet .wall") == text != ola.page.evaluate(drawn, ".pressed-frame"), "in the reader's own colours"
    ola.page.emulate_media(forced_colors="none")
    step = ola.page.get_by_role("checkbox").first
    expect(step).to_be_visible()
    words = ola.page.locator(".step-text").all_inner_texts()
    ola.page.wait_for_timeout(300)  # what is kept is written after it is drawn
    stack.kill("server")
    try:
        ola.page.reload()
        expect(ola.heading("Samtalerom 2")).to_be_visible()
        assert ola.page.locator(".step-text").all_inner_texts() == words and len(words) >= 3
        expect(ola.page.get_by_role("img", name=re.compile("Samtalerom 2 er merket"))).to_be_visible()
        expect(ola.page.locator(".line")).to_have_text(re.compile(r"(Kobler til|Ukjent).*sist hørt \d\d:\d\d:\d\d"))
    finally:
        stack.start("server")
    expect(ola.text(re.compile("^Tilkoblet"))).to_be_visible(timeout=30_000)
    assert ola.faults == []


def test_a_map_comes_through_the_server_alone_and_only_around_an_open_alarm_that_one_may_see(phone, device, caller, stack):
    ola, asked = phone(OLA), []
    ola.context.on("request", lambda request: asked.append(request.url))
    device().press()
    ola.button("Jeg kommer").click()
    ola.button("Åpne i kart").click()
    expect(ola.page.locator(".leaflet-tile-loaded").first).to_be_visible()
    expect(ola.text("Oppdiktet kart, tegnet for demoen")).to_be_visible()
    expect(ola.page.get_by_role("region", name="Kart rundt Mottak")).to_be_visible()
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(stack.url).netloc}

    me, per = caller("ola.brekke"), caller("per.aspelund")
    alarm_id = me.the_alarm()["id"]
    place = me.http.get("/api/offices/nav-fjordvik/place").json()
    x, y = tile_of(place["position"]["lat"], place["position"]["lon"], 16)
    tile = f"/api/alarms/{alarm_id}/map/16/{x}/{y}"
    answer = me.http.get(tile)
    assert (answer.status_code, answer.headers["content-type"], answer.headers["cache-control"]) == (200, "image/png", "no-store")
    refused = [tile.replace(f"/{x}/", f"/{x + AROUND + 1}/"), tile.replace("/16/", "/5/"), f"/api/alarms/a-none/map/16/{x}/{y}"]
    assert [me.http.get(path).status_code for path in refused] == [404, 404, 404]
    assert per.http.get(tile).status_code == 404 and me.http.get(tile.replace("/16/", "/-1/")).status_code == 422
    liv = caller("liv.solberg")
    assert liv.act(alarm_id, "resolve", outcome="handled", seen_signal=1).status_code == 200
    assert me.http.get(tile).status_code == 404


def test_the_place_of_an_office_is_for_those_who_may_have_to_go_there_and_is_not_sent_twice(caller):
    ola, per = caller("ola.brekke"), caller("per.aspelund")
    answer = ola.http.get("/api/offices/nav-fjordvik/place")
    assert [one["floor"] for one in answer.json()["drawings"]] == ["1. etasje", "2. etasje"]
    assert ola.http.get("/api/offices/nav-fjordvik/place", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert per.http.get("/api/offices/nav-fjordvik/place").status_code == 200  # a neighbour, who may be called there
    assert ola.http.get("/api/offices/nowhere/place").status_code == 404


def test_a_neighbour_who_is_called_has_the_other_offices_card_and_drawing(phone, device, caller):
    per = phone(PER, language="en")
    device().press()
    liv = caller("liv.solberg")
    alarm_id = liv.the_alarm()["id"]
    for _ in range(3):
        liv.act(alarm_id, "more_help")
    expect(per.heading("Mottak")).to_be_visible()
    expect(per.page.get_by_role("img", name="Plan of 1. etasje. Mottak is marked. Rett innenfor hovedinngangen")).to_be_visible()
    per.page.locator(".answer-main").click()
    expect(per.page.get_by_role("checkbox").first).to_be_visible()


def test_a_second_and_a_third_alarm_are_seen_from_wherever_one_reads_and_hide_nothing(phone, device):
    ola = phone(OLA)
    device().press()
    ola.button("Jeg kommer").click()
    expect(ola.page.get_by_role("checkbox").first).to_be_visible()
    ola.page.mouse.wheel(0, 1500)
    device("fjordvik-samtalerom-2").press()
    other = ola.page.locator(".other-call")
    expect(other).to_contain_text("Samtalerom 2")
    expect(other).to_be_in_viewport()
    expect(ola.heading("Mottak")).to_have_count(1)  # the card that one was reading is still there
    device("fjordvik-samtalerom-5").press()
    expect(other).to_contain_text("2 venter på svar")
    other.click()
    expect(ola.heading("Samtalerom 5")).to_be_visible()
    tabs = ola.page.get_by_role("navigation", name="Åpne alarmer: 3")
    expect(tabs.get_by_role("link")).to_have_count(3)
    ola.button("Jeg kan ikke").click()
    tabs.get_by_role("link", name=re.compile("Mottak")).click()
    expect(ola.text("Du kommer").first).to_be_visible()
    ola.page.go_back()
    expect(ola.heading("Samtalerom 5")).to_be_visible()
    assert ola.faults == []


def test_reading_the_all_clear_of_one_alarm_hides_no_other(phone, device, caller):
    ola, liv = phone(OLA), caller("liv.solberg")
    device().press()
    ola.button("Jeg kommer").click()
    alarm_id = liv.the_alarm()["id"]
    assert liv.act(alarm_id, "resolve", outcome="handled", seen_signal=1).status_code == 200
    expect(ola.heading("Alarmen er avsluttet")).to_be_visible()
    device("fjordvik-samtalerom-2").press()
    expect(ola.page.get_by_role("link", name=re.compile("Samtalerom 2")).first).to_be_visible()


def test_a_push_for_an_alarm_that_has_ended_opens_its_all_clear_and_one_that_nobody_knows_says_so(phone, device, caller, stack):
    ola, liv = phone(OLA), caller("liv.solberg")
    device().press()
    alarm_id = liv.the_alarm()["id"]
    assert liv.act(alarm_id, "resolve", outcome="false_alarm", seen_signal=1).status_code == 200
    ola.page.goto(f"{stack.url}/i/{alarm_id}")
    expect(ola.heading("Alarmen er avsluttet")).to_be_visible()
    expect(ola.page.locator(".answer-bar")).to_have_count(0)
    ola.page.goto(f"{stack.url}/i/a-of-another-time")
    expect(ola.heading("Alarmen finnes ikke, eller du har ikke tilgang.")).to_be_visible()


def test_after_an_alarm_whoever_wants_to_talk_is_seen_by_the_lead_until_she_follows_it_up(phone, device, caller):
    ola, liv, kari = phone(OLA), phone(LIV), caller("ola.brekke")
    device().press()
    ola.button("Jeg kommer").click()
    expect(ola.text("Du kommer").first).to_be_visible()
    ended = caller("liv.solberg")
    assert ended.act(kari.the_alarm()["id"], "resolve", outcome="handled", seen_signal=1).status_code == 200
    expect(ola.heading("Er du i orden?")).to_be_visible()
    ola.button("Jeg vil snakke med noen").click()
    expect(ola.page.get_by_role("status").filter(has_text="Liv Solberg får vite")).to_be_visible()
    sent = lambda: [one for one in kari.http.get("/api/demo/outbox").json()["messages"] if "Noen vil snakke" in str(one)]  # noqa: E731
    until(lambda: sent(), 30, "Liv has no phone that is pushed to: an SMS has gone out")
    assert not any(name in str(sent()[0]["text"]) for name in ("Ola", "Brekke", "Kontor"))
    expect(liv.heading("Alarmen er avsluttet")).to_be_visible()
    liv.button("Ferdig").click()
    wish = liv.page.get_by_role("region", name="Vil snakke med noen")
    expect(wish.get_by_text("Ola Brekke")).to_be_visible()
    wish.get_by_role("button", name="Jeg følger opp").click()
    expect(wish).to_have_count(0)
    assert ola.faults == liv.faults == []


def test_whoever_pressed_in_silence_is_asked_on_the_own_screen_when_it_is_over_until_somebody_follows_up(phone, desk, device, caller):
    """At the desk that pressed, and on the phone of somebody who cried for help: neither is shown an all-clear."""
    for before in (caller("kari.nilsen"), caller("amina.hassan")):
        for one in before.http.get("/api/aftermath").json()["questions"]:
            assert before.http.put(f"/api/alarms/{one['alarm_id']}/aftermath", json={"word": "fine"}).status_code == 204
    kari, amina, lead = desk(KARI), phone(AMINA), caller("liv.solberg")
    amina.hold_sos()
    expect(amina.text(re.compile(r"Mottatt \d\d:\d\d:\d\d"))).to_be_visible()
    kari.button(re.compile("^Be om hjelp")).hover()
    kari.page.mouse.down()
    expect(kari.text(re.compile(r"Mottatt \d\d:\d\d:\d\d"))).to_be_visible()
    kari.page.mouse.up()
    for screen in (kari, amina):
        expect(screen.heading("Er du i orden?")).to_have_count(0)
    for alarm in lead.alarms():
        assert lead.act(alarm["id"], "resolve", outcome="handled", seen_signal=alarm["last_signal"]).status_code == 200
    for screen in (kari, amina):
        expect(screen.heading("Er du i orden?")).to_be_visible()
    amina.button("Ja, jeg er i orden").click()
    expect(amina.text("Takk. Lederen din ser at du er i orden.")).to_be_visible()
    amina.button("Ferdig").click()
    expect(amina.heading("Er du i orden?")).to_have_count(0)
    kari.button("Jeg vil snakke med noen").click()
    expect(kari.page.get_by_role("status").filter(has_text="Liv Solberg får vite")).to_be_visible()
    kari.page.reload()
    expect(kari.page.get_by_role("status").filter(has_text="Liv Solberg får vite")).to_be_visible()
    [wish] = lead.http.get("/api/aftermath").json()["wishes"]
    assert lead.http.post(f"/api/alarms/{wish['alarm_id']}/aftermath/{wish['person_id']}/followed-up", json={}).status_code == 204
    kari.page.reload()
    expect(kari.page.locator(".desk-button")).to_be_visible()
    expect(kari.heading("Er du i orden?")).to_have_count(0)
    assert kari.faults == amina.faults == []


def test_one_tap_says_to_everyone_what_is_seen_and_it_is_in_the_log(phone, device, caller):
    ola, liv = phone(OLA), phone(LIV, language="en")
    device().press()
    expect(liv.page.locator(".answer-main")).to_be_visible()
    ola.button("Jeg kommer").click()
    liv.page.locator(".answer-main").click()  # in the same instant: both were offered the same role, and both are coming
    expect(liv.page.locator(".who .person.coming")).to_have_text([re.compile("Ola Brekke"), re.compile("Liv Solberg")])
    ola.button("Trenger ambulanse").click()
    expect(liv.page.get_by_role("link", name="Call 113")).to_have_attribute("href", "tel:113")
    liv.button("113 has been called").click()
    expect(ola.page.get_by_role("link", name="Ring 113")).to_have_count(0)
    ola.button("Trygt på stedet").click()
    expect(liv.page.locator(".mark-done", has_text="Safe on scene")).to_be_visible()
    ola.page.get_by_label("Skriv kort hva som skjer").fill("Han sitter ned 🙂")
    ola.button("Skriv i loggen").click()
    expect(liv.text("Han sitter ned 🙂")).to_be_visible()
    me = caller("ola.brekke")
    log = me.log(me.the_alarm()["id"])["entries"]
    assert [one["data"].get("mark") for one in log if one["what"] == "mark"] == ["ambulance_needed", "ambulance_called", "calm_here"]


@pytest.mark.parametrize(("language", "look"), [("nb", "light"), ("nn", "dark"), ("en", "light")])
def test_with_twice_the_text_on_a_small_phone_upright_and_lying_the_answer_is_in_sight_and_nothing_sticks_out(phone, device, language, look):
    ola = phone(OLA, language=language, look=look)
    page = ola.page
    page.add_init_script("addEventListener('DOMContentLoaded', () => (document.documentElement.style.fontSize = '200%'))")
    page.set_viewport_size(SMALL)
    page.reload()
    device().press()
    main = page.locator(".answer-main")
    for size in (SMALL, LYING, SMALL):  # the phone is turned while it rings
        page.set_viewport_size(size)
        expect(main).to_be_in_viewport(ratio=0.9)
        assert wide_of(page) == []
    main.click()
    steps = page.get_by_role("checkbox")
    expect(steps.first).to_be_visible()
    for size in (SMALL, LYING):
        page.set_viewport_size(size)
        assert wide_of(page) == []
        for number in range(steps.count()):
            steps.nth(number).focus()
            page.wait_for_timeout(50)
            covered = page.evaluate(
                """() => { const box = (one) => one.getBoundingClientRect();
                const step = box(document.activeElement.closest('li')), bar = box(document.querySelector('.answer-bar'));
                const hidden = Math.min(step.bottom, bar.bottom, innerHeight) - Math.max(step.top, bar.top, 0); return hidden > 4 && step.height < bar.top; }"""
            )
            assert not covered, f"step {number + 1} lies behind the answer at {size}"


NAME = "Åse-Kristine 🦺 Øverbø-" + "Grønnevik" * 30


def test_names_of_300_letters_and_pictures_break_no_screen(phone, device):
    ola = phone(OLA)

    def longer(route: Route) -> None:
        answer = route.fetch()
        alarm = answer.json()
        alarm["version"] += 1000
        alarm["place"] |= {"zone": NAME, "floor": NAME, "office": NAME, "address": NAME, "detail": NAME}
        alarm["presser"] = {"name": NAME, "device": NAME}
        alarm["people"] = [{**one, "name": NAME} for one in alarm["people"]]
        alarm["notes"] = [{"at": alarm["opened_at"], "by": NAME, "text": "🚨" * 250}]
        route.fulfill(response=answer, body=json.dumps(alarm))

    device().press()
    ola.button("Jeg kommer").click()
    expect(ola.page.get_by_role("checkbox").first).to_be_visible()
    ola.page.route(re.compile(r"/api/alarms/[^/]+$"), longer)
    ola.page.reload()
    expect(ola.heading(NAME)).to_be_visible()
    assert wide_of(ola.page) == []
    ola.page.set_viewport_size(SMALL)
    assert wide_of(ola.page) == [] and ola.faults == []


def test_a_phone_whose_clock_is_wrong_shows_the_servers_times_and_says_so(browser, stack, put_away, device):
    ola = Screen(browser, stack, PHONE)
    put_away.callback(ola.close)
    ola.page.clock.install(time="2031-01-01T03:00:00Z")
    ola.sign_in(OLA).connected()
    expect(ola.text(re.compile(r"Klokken på enheten går feil med \d+ s"))).to_be_visible(timeout=15_000)
    device().press()
    expect(ola.page.get_by_role("timer")).to_have_text(re.compile(r"^0:[0-5]\d$"))


def test_two_tabs_of_one_person_answer_as_one_and_show_the_same(phone, device, caller):
    ola = phone(OLA)
    second = ola.context.new_page()
    second.goto(ola.url)
    device().press()
    for page in (ola.page, second):
        expect(page.get_by_role("heading", name="Mottak")).to_be_visible()
    ola.button("Jeg kommer").click()
    expect(second.get_by_text("Du kommer").first).to_be_visible()
    expect(second.locator(".answer-main")).to_have_text("Jeg er på stedet")
    me = caller("ola.brekke")
    assert [one["what"] for one in me.log(me.the_alarm()["id"])["entries"]].count("acknowledged") == 1


def test_a_phone_without_permission_sound_or_push_says_which_and_what_to_do_about_each(phone):
    amina = phone(AMINA)
    amina.page.reload()  # no page may sound before it has been tapped
    phone_card = amina.page.get_by_role("region", name=re.compile("Denne (telefonen|maskinen)"))
    expect(phone_card.get_by_text(re.compile("^(Bare SMS|Bare i åpen app|Usikker)$"))).to_be_visible()
    expect(phone_card.get_by_text("Lyden i appen er av")).to_be_visible()
    amina.button("Klar for vakt").click()
    expect(phone_card.get_by_text("Lyden er på mens appen er åpen")).to_be_visible()
    expect(phone_card.get_by_text("Lydløs og Ikke forstyrr kan vi ikke se")).to_be_visible()
