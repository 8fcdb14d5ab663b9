"""When nobody is signed in, against the real server: SOS and answering by the phone's own key, and by the page without JavaScript."""

from __future__ import annotations

import re
import uuid

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.enrolled import Enrolled
from tests.e2e.parts import AMINA, OLA, closed_with, hear, hello, live, until
from tests.signing import SigningPhone

def signal() -> dict[str, object]:
    return {"id": str(uuid.uuid4()), "kind": "panic", "age_s": 0}


def test_a_phone_raises_and_answers_by_its_key_and_does_nothing_else(stack, caller):
    amina, ola, per = Enrolled(stack, "amina.hassan"), Enrolled(stack, "ola.brekke"), Enrolled(stack, "per.aspelund")
    assert httpx.post(f"{stack.url}/api/signals", json=signal()).json()["reason"] == "not_signed_in"
    raised = amina.ask("POST", "/api/signals", signal())
    assert raised.status_code == 200 and raised.json()["outcome"] == "opened", raised.text
    alarm_id = raised.json()["alarm_id"]

    seen = until(lambda: ola.ask("GET", "/api/alarms").json()["alarms"], what="Ola's phone sees the alarm")
    assert [one["id"] for one in seen] == [alarm_id] and seen[0]["presser"]["name"] is None and seen[0]["told"]["people"] == []
    with live(stack) as socket:
        socket.send(hello(key=ola.phone.header("GET", "/api/live")))
        assert [one["id"] for one in hear(socket, "welcome")["alarms"]] == [alarm_id]
    with live(stack) as socket:
        assert closed_with(socket, [hello(key=ola.phone.header("GET", "/api/alarms"))]) == 4401
    act = lambda phone, action, **more: phone.ask("POST", f"/api/alarms/{alarm_id}/actions", {"id": str(uuid.uuid4()), "action": action, **more})  # noqa: E731
    assert act(ola, "acknowledge").status_code == 200
    assert act(ola, "resolve", outcome="handled", seen_signal=1).json()["reason"] == "not_allowed"
    mine = ola.ask("GET", "/api/session").json()
    assert (mine["tier"], mine["person"]["id"], mine["pin"]) == ("key", "ola.brekke", True) and [one["access"] for one in mine["offices"]] == [[]]
    for method, target in [
        ("GET", "/api/offices/nav-fjordvik/now"), ("GET", f"/api/alarms/{alarm_id}/log"), ("GET", "/api/phones"), ("PUT", "/api/duty"),
        ("GET", "/api/visits/checklist"), ("GET", "/api/push"), ("PUT", "/api/pin"), ("DELETE", f"/api/phones/{amina.phone.id}"),
    ]:  # fmt: skip
        assert ola.ask(method, target, {} if method == "PUT" else None).status_code in (401, 422), target
    assert per.ask("GET", f"/api/alarms/{alarm_id}").json()["reason"] == "unknown_alarm" and per.ask("GET", "/api/alarms").json()["alarms"] == []

    assert act(amina, "call_off", pin="0000", seen_signal=1).json()["reason"] == "wrong_pin"
    assert act(amina, "call_off", pin="1234", seen_signal=1).status_code == 200
    assert caller("liv.solberg").alarm(alarm_id)["called_off"] is not None


def test_what_is_wrong_with_a_signature_is_said_with_the_servers_time(stack):
    ola = Enrolled(stack, "ola.brekke", ahead_s=-3600)
    refused = ola.ask("GET", "/api/alarms")
    assert (refused.status_code, refused.json()["reason"]) == (401, "wrong_clock") and refused.json()["server_time"].endswith("Z")
    ola.phone.ahead_s = 0
    headers = ola.headers("GET", "/api/alarms")
    assert ola.ask("GET", "/api/alarms", headers=headers).status_code == 200
    assert ola.ask("GET", "/api/alarms", headers=headers).json()["reason"] == "replayed"
    assert ola.ask("GET", "/api/session", headers=ola.headers("GET", "/api/alarms")).json()["reason"] == "bad_signature"
    stranger = SigningPhone()
    assert ola.ask("GET", "/api/alarms", headers={"Authorization": stranger.header("GET", "/api/alarms")}).json()["reason"] == "unknown_key"
    for nonsense in ("Varde", "Varde a.b.c.d", "Varde " + "x" * 5000, "Bearer x"):
        assert ola.ask("GET", "/api/alarms", headers={"Authorization": nonsense}).json()["reason"] == "not_signed_in"


@pytest.fixture
def amina(phone):
    screen = phone(AMINA)
    until(lambda: any(cookie["name"] == "varde_nod" for cookie in screen.context.cookies(f"{screen.url}/nod")), what="the phone is enrolled")
    return screen


def session_ends(screen) -> None:
    screen.context.clear_cookies(name="varde_session")
    screen.page.reload()


def test_sos_works_when_the_session_has_ended_and_answering_too(amina, phone, caller, stack):
    ola = phone(OLA)
    until(lambda: ola.context.cookies(f"{ola.url}/nod"), what="Ola's phone is enrolled")
    session_ends(amina)
    expect(amina.heading("Appen er låst, alarmen virker")).to_be_visible()
    session_ends(ola)
    expect(ola.heading("Appen er låst, alarmen virker")).to_be_visible()
    amina.connected()
    amina.hold_sos()
    expect(amina.text(re.compile("^Mottatt"))).to_be_visible()
    ola.button("Jeg kommer").click()
    expect(amina.text(re.compile("kommer"))).to_be_visible()
    assert caller("liv.solberg").the_alarm()["people"][0]["stage"] == "coming"

    expect(ola.button("Jeg er på stedet")).to_be_visible()  # until it knows that he has answered his phone shows nothing else
    ola.page.goto(ola.url)
    ola.page.get_by_label("PIN").fill("0000")
    ola.button("Lås opp").click()
    expect(ola.text("Feil PIN. Prøv igjen.")).to_be_visible()
    ola.page.get_by_label("PIN").fill("1234")
    ola.button("Lås opp").click()
    expect(ola.heading("Appen er låst, alarmen virker")).to_have_count(0)
    assert amina.faults == ola.faults == []


def test_a_lost_phone_is_taken_away_by_who_leads_the_office(amina, phone, caller):
    liv, aminas = phone("Liv Solberg"), caller("amina.hassan")
    before = len(aminas.http.get("/api/phones").json()["phones"])
    liv.button("Innstillinger").click()
    liv.page.get_by_role("link", name="Telefoner").click()
    expect(liv.heading("Alle ved Nav Fjordvik")).to_be_visible()
    liv.button(re.compile(f"^Mistet eller levert inn: {AMINA}")).first.click()
    liv.button("Ta den bort").click()
    expect(amina.page.get_by_role("button", name=re.compile(AMINA))).to_be_visible()  # signed out: the demo's way in
    assert len(aminas.http.get("/api/phones").json()["phones"]) == before - 1
    amina.page.reload()
    expect(amina.page.get_by_role("button", name=re.compile(AMINA))).to_be_visible()
    assert amina.faults == liv.faults == []


# ---------------------------------------------------------------- the page without JavaScript


@pytest.fixture
def bare(browser, stack, put_away):
    """A browser without JavaScript on an enrolled phone, or on one that nobody knows."""

    def make(person_id: str | None, address: str = "/nod", locale: str = "nb-NO"):
        context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False, locale=locale)
        put_away.callback(context.close)
        if person_id:
            cookie = {"name": "varde_nod", "value": Enrolled(stack, person_id).page_cookie, "domain": "127.0.0.1", "path": "/nod", "httpOnly": True}
            context.add_cookies([cookie])
        page = context.new_page()
        page.goto(stack.url + address)
        return page

    return make


def test_the_page_without_javascript_raises_answers_and_says_what_is_known(bare, caller):
    amina, liv = bare("amina.hassan"), caller("liv.solberg")
    amina.get_by_role("button", name="Slå alarm").click()
    expect(amina.get_by_text(re.compile("^Mottatt [0-9]{2}:[0-9]{2}:[0-9]{2}$"))).to_be_visible()
    alarm = liv.the_alarm()
    assert alarm["presser"]["name"] == AMINA and not alarm["unverified"]
    amina.reload()
    amina.go_back()
    assert len(liv.alarms()) == 1 and liv.the_alarm()["presses"] == 1, "looking again is no press"

    ola = bare("ola.brekke")
    ola.get_by_role("link", name="Vis alarmen").click()
    expect(ola.get_by_text("112: ikke ringt")).to_be_visible()
    assert ola.get_by_role("link", name="Ring 112").get_attribute("href") == "tel:112"
    ola.get_by_role("button", name="Jeg kommer").click()
    expect(ola.get_by_text("Du kommer")).to_be_visible()
    expect(ola.get_by_role("heading", name=re.compile("^Ditt kort"))).to_be_visible()
    amina.goto(f"{ola.url.partition('/nod')[0]}/nod/a/{alarm['id']}?sprak=nn")
    expect(amina.get_by_text("1 kjem")).to_be_visible()
    ola.get_by_role("button", name="På stedet").click()
    amina.get_by_role("link", name="Hent på nytt").click()
    expect(amina.get_by_text("Hjelpa er her")).to_be_visible()
    assert liv.act(alarm["id"], "resolve", outcome="test", seen_signal=1).status_code == 200
    amina.get_by_role("link", name="Hent på nytt").click()
    expect(amina.get_by_text("Avslutta")).to_be_visible()


def form_of(stack, cookies: dict[str, str]) -> dict[str, str]:
    text = httpx.get(f"{stack.url}/nod", cookies=cookies).text
    fields = re.findall(r'name="(id|ticket)" value="([^"]+)"', text)
    return dict(fields[-2:])


def send(stack, form: dict[str, str], cookies: dict[str, str], **headers: str) -> httpx.Response:
    return httpx.post(f"{stack.url}/nod", data=form, cookies=cookies, headers={"Origin": stack.url, **headers})


def test_a_form_sent_twice_is_one_alarm_and_one_that_was_kept_since_the_last_alarm_is_another(stack, caller):
    cookies, liv = {"varde_nod": Enrolled(stack, "amina.hassan").page_cookie}, caller("liv.solberg")
    form = form_of(stack, cookies)
    assert [send(stack, form, cookies).status_code for _ in range(3)] == [303, 303, 303]
    first = liv.the_alarm()
    assert first["presses"] == 1
    assert liv.act(first["id"], "resolve", outcome="test", seen_signal=1).status_code == 200
    assert send(stack, form, cookies).status_code == 303
    assert liv.the_alarm()["id"] != first["id"]


def test_no_other_site_no_other_person_and_no_lost_phone_raises_by_the_page(stack, caller):
    amina, ola, liv = Enrolled(stack, "amina.hassan"), Enrolled(stack, "ola.brekke"), caller("liv.solberg")
    cookies = {"varde_nod": amina.page_cookie}
    form = form_of(stack, cookies)
    assert send(stack, form, cookies, Origin="https://elsewhere.example").status_code == 403
    assert send(stack, {"id": "nod-12345678"}, cookies).status_code == 403
    assert send(stack, form, {"varde_nod": ola.page_cookie}).status_code == 403
    assert send(stack, form, {}).status_code == 403 and send(stack, form, {"varde_nod": amina.page_cookie[:-2] + "00"}).status_code == 403
    for garbage in (b"", b"\xff\xfe", b"id=" + b"x" * 9000, b"&".join(b"a=1" for _ in range(99)), "id=%00%00%00%00%00%00%00%00&ticket=é".encode()):
        assert httpx.post(f"{stack.url}/nod", content=garbage, cookies=cookies, headers={"Origin": stack.url}).status_code in (403, 413)
    assert httpx.get(f"{stack.url}/nod/a/%00", cookies=cookies).status_code == 404
    assert liv.http.delete(f"/api/phones/{amina.phone.id}").status_code == 204
    lost = httpx.get(f"{stack.url}/nod", cookies=cookies)
    assert lost.status_code == 403 and "Denne telefonen er ikke kjent" in lost.text and "tel:112" in lost.text
    assert send(stack, form, cookies).status_code == 403
    assert liv.alarms() == []


def test_in_a_drill_the_page_is_marked_and_dials_only_its_leader(bare, caller, device):
    sondre = caller("sondre.vik")
    assert sondre.http.post("/api/devices/fjordvik-skranke-1/arm", json={"purpose": "drill"}).status_code == 200
    device().press()
    alarm = sondre.the_alarm()
    page = bare("ola.brekke", f"/nod/a/{alarm['id']}?sprak=en")
    expect(page.get_by_text("EXERCISE", exact=True)).to_be_visible()
    assert page.locator("body.drill").count() == 1 and page.locator('a[href="tel:112"]').count() == 0
    assert page.get_by_role("link", name=re.compile("^Call the exercise lead")).get_attribute("href") == "tel:+4755550105"


def test_every_page_is_small_needs_nothing_else_and_is_kept_nowhere(stack, caller):
    cookies = {"varde_nod": Enrolled(stack, "amina.hassan").page_cookie}
    assert send(stack, form_of(stack, cookies), cookies).status_code == 303
    alarm_id = caller("liv.solberg").the_alarm()["id"]
    for who in (cookies, {"varde_nod": Enrolled(stack, "ola.brekke").page_cookie}, {}):
        for language in ("nb", "nn", "en"):
            for path in ("/nod", f"/nod/a/{alarm_id}"):
                answer = httpx.get(f"{stack.url}{path}", params={"sprak": language}, cookies=who)
                assert len(answer.content) < 15_000 and f'<html lang="{language}">' in answer.text
                assert not re.search(r"<script|<link|src=|url\(", answer.text) and answer.headers["cache-control"] == "no-store"


def test_an_app_that_does_not_start_shows_the_way_to_the_page(browser, stack, put_away):
    context = browser.new_context(locale="nb-NO")
    put_away.callback(context.close)
    context.route("**/assets/*.js", lambda route: route.abort())
    page = context.new_page()
    page.goto(stack.url)
    page.get_by_role("link", name=re.compile("^Nødside")).click()
    expect(page.get_by_role("heading", name="Denne telefonen er ikke kjent")).to_be_visible()
