"""The way in: from a lead's screen to a phone whose receipt has come back, and a PIN of one's own, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.e2e.conftest import end_all
from tests.e2e.parts import AMINA, IPHONE, LIV, SONDRE, Screen, until
from tests.e2e.phones import PushedPhone
from tests.push_service import PushService
from tests.stack import Stack


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with PushService() as service:
        yield service
        assert service.faults == []


@pytest.fixture(scope="module")
def site(tmp_path_factory, service) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("door") / "site", pwa=True, environment={"VARDE_PUSH_HOSTS": "127.0.0.1"}) as site:
        yield site
        end_all(site)


def code_of(phone, name: str) -> str:
    """As the lead's screen shows it."""
    liv = phone(LIV)
    liv.button("Innstillinger").click()
    liv.page.get_by_role("link", name="Telefoner").click()
    liv.page.get_by_role("link", name="Slipp inn en kollega").click()
    liv.button(f"Vis kode for {name}").click()
    expect(liv.page.get_by_role("img", name=f"QR-kode som åpner Varde for {name}")).to_be_visible()
    shown = liv.page.locator(".start-code").inner_text()
    assert re.fullmatch(r"[A-Z2-9]{4} [A-Z2-9]{4}", shown)
    return shown.replace(" ", "")


def test_a_server_that_is_slow_to_say_who_was_let_in_is_said_to_be_and_the_app_goes_in_by_itself(browser: Browser, stack: Stack, put_away) -> None:
    screen = Screen(browser, stack)
    put_away.callback(screen.close)
    screen.page.goto(stack.url)
    screen.button(re.compile(f"^{AMINA}")).wait_for()
    held: list[Route] = []
    slow = [True]
    screen.page.route("**/api/session", lambda route: held.append(route) if slow else route.continue_())
    screen.button(re.compile(f"^{AMINA}")).click()
    said = screen.page.get_by_role("alert").get_by_text("Du er logget inn, men Varde svarer sent.")
    expect(said).to_be_visible()
    held.pop().abort("timedout")
    with screen.page.expect_request("**/api/session"):
        pass
    expect(said).to_be_visible()
    slow.clear()
    held.pop().continue_()
    expect(screen.button("Innstillinger")).to_be_visible()
    screen.connected()
    expect(said).to_have_count(0)
    assert screen.faults == []


def test_from_the_leads_code_to_finished_only_when_this_phone_has_answered(browser: Browser, stack: Stack, service, phone, put_away) -> None:
    code = code_of(phone, SONDRE)
    new = PushedPhone(browser, stack, service, "sondre", allowed=False)
    put_away.callback(new.close)
    new.page.goto(f"{stack.url}/kom-i-gang#{code}")
    new.page.get_by_role("radio", name="Nynorsk").check(force=True)
    new.button("Hald fram").click()
    expect(new.heading("Legg Varde på maskina")).to_be_focused()
    new.button("Hald fram utan").click()
    new.button("Logg inn").click()
    expect(new.heading("Slå på varsel")).to_be_visible()
    assert code not in new.page.url
    new.ready()

    new.button("Slå på varsel").click()  # a browser without a head refuses what it is asked
    expect(new.text("Varsel er blokkert")).to_be_visible()
    new.context.grant_permissions(["notifications"], origin=stack.url)  # in the browser's settings: the page notices by itself
    new.button("Send testvarsel").click()
    expect(new.text("Sendt. Ventar på at det blir vist …")).to_be_visible()
    assert new.button("Hald fram").filter(has_not_text="utan").count() == 0, "sent is not shown"
    new.deliver(new.pushes()[0].plain)
    expect(new.text("Varselet er vist, og telefonen har svart")).to_be_visible()
    new.button("Hald fram").click()
    new.button("Hald fram").click()  # Sondre has a PIN
    expect(new.text("Nåbar")).to_be_visible()
    expect(new.page.get_by_role("group", name=re.compile("Er du tilgjengeleg"))).to_be_visible()
    new.button("Ferdig").click()
    expect(new.heading("Ingen opne alarmar")).to_be_visible()

    late = Screen(browser, stack)
    put_away.callback(late.close)
    late.page.goto(f"{stack.url}/kom-i-gang#{code}")
    for name in ("Fortsett", "Fortsett uten", "Logg inn"):
        late.button(name).click()
    expect(late.text("Koden stemmer ikke, eller den er brukt. Be om en ny.")).to_be_visible()


def test_a_code_whose_answer_was_lost_lets_the_same_phone_in_when_it_is_sent_again_and_no_other(browser: Browser, stack: Stack, phone, put_away) -> None:
    code = code_of(phone, "Linh Nguyen")  # who has no phone yet
    new, other = Screen(browser, stack), Screen(browser, stack)
    for one in (new, other):
        put_away.callback(one.close)
        one.page.goto(f"{stack.url}/kom-i-gang#{code}")
        for name in ("Fortsett", "Fortsett uten"):
            one.button(name).click()

    def lost(route: Route) -> None:
        httpx.post(route.request.url, json=route.request.post_data_json, headers={"origin": stack.url}).raise_for_status()  # the server lets it in
        route.abort("timedout")

    new.page.route("**/api/session", lambda route: lost(route) if route.request.method == "POST" else route.continue_())
    new.button("Logg inn").click()
    expect(new.text(re.compile("Får ikke svar fra Varde"))).to_be_visible()
    new.page.unroute_all()
    other.button("Logg inn").click()
    expect(other.text("Koden stemmer ikke, eller den er brukt. Be om en ny.")).to_be_visible()
    new.button("Logg inn").click()
    expect(new.heading("Slå på varsler")).to_be_visible()


def test_an_iphone_in_its_browser_uses_no_code_and_gets_no_further_than_the_home_screen(browser: Browser, stack: Stack, put_away) -> None:
    asked: list[str] = []
    safari = Screen(browser, stack, agent=IPHONE)
    put_away.callback(safari.close)
    safari.page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(stack.url)}"))
    safari.page.goto(f"{stack.url}/kom-i-gang#ABCD2345")
    safari.button("Fortsett").click()
    expect(safari.heading("Legg Varde på Hjem-skjermen")).to_be_visible()
    expect(safari.text("ABCD 2345")).to_be_visible()
    expect(safari.page.locator(".start-drawings svg")).to_have_count(3)
    assert safari.button("Fortsett").count() == 0
    assert not [one for one in asked if "ABCD2345" in one or one.startswith("POST")], "the code stays behind the #, unused"


def test_a_pin_of_ones_own_opens_the_app_and_the_old_one_does_not(phone) -> None:
    amina = phone(AMINA)
    until(lambda: amina.context.cookies(f"{amina.url}/nod"), what="the phone is enrolled")
    amina.button("Innstillinger").click()
    amina.page.get_by_role("link", name="PIN og tvangskode").click()
    amina.page.get_by_label("Ny PIN").fill("1234")
    amina.page.get_by_label("Ny tvangskode").fill("5062")
    amina.button("Lagre begge").click()
    expect(amina.page.get_by_label("Ny PIN")).to_have_attribute("aria-invalid", "true")
    expect(amina.text(re.compile("Lett å gjette"))).to_be_visible()
    amina.page.get_by_label("Ny PIN").fill("7391")
    amina.button("Lagre begge").click()
    expect(amina.text("Lagret. Begge virker fra nå av.")).to_be_visible()
    amina.button("Innstillinger").click()
    amina.button("Lås appen").click()
    for pin, then in (("1234", "Feil PIN. Prøv igjen."), ("7391", "PIN-en du har nå")):
        amina.page.get_by_label("PIN", exact=True).fill(pin)
        amina.button("Lås opp").click()
        expect(amina.text(then).first).to_be_visible()
