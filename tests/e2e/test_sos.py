"""The cry for help from a phone, against the real server: from every screen, by thumb and by key, turned, locked, off line, and when nobody answers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.e2e.parts import AMINA, KARI, LIV, OLA, PHONE, Screen, until
from tests.e2e.test_desk import ASLEEP
from tests.stack import ROOT, Stack

RECEIVED = re.compile(r"^Mottatt \d\d:\d\d:\d\d")
SOS = re.compile("^(SOS|Be om hjelp)")
LYING = {"width": 844, "height": 390}


def screens() -> list[str]:
    """Every address that the app has, read from where they stand, so that a new one is looked at too."""
    written = re.findall(r'path="(/[^"]*)"', (ROOT / "pwa/src/App.tsx").read_text())
    assert len(set(written)) >= 18
    return ["/", *dict.fromkeys(path.replace(":code?", "").replace(":id", "x-none") for path in written), "/nowhere"]


IN_SIGHT = """(least) => [...document.querySelectorAll('.sos-button')].some((one) => {
  const { left, top, width, height } = one.getBoundingClientRect();
  return (top + height / 2) / innerHeight >= least && one.contains(document.elementFromPoint(left + width / 2, top + height / 2));
})"""


@pytest.mark.parametrize("name", [LIV, KARI], ids=["phone", "desk"])
def test_sos_is_in_sight_on_every_screen_and_on_a_phone_under_the_thumb(name, phone, desk):
    screen = phone(name) if name == LIV else desk(name)
    page, without = screen.page, []
    for path in screens():
        page.evaluate("(path) => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')); scrollTo(0, 0); }", path)
        page.wait_for_timeout(50)
        try:
            page.wait_for_function(IN_SIGHT, arg=0.5 if name == LIV and path != "/desk" else 0, timeout=5000)
        except TimeoutError:
            without.append(path)
    assert without == [] and screen.faults == []


def pressed(page: Page, selector: str = ".sos-large .sos-button") -> None:
    page.locator(selector).hover()
    page.mouse.down()


def test_held_for_a_second_and_a_fifth_it_is_sent_at_once_and_let_go_earlier_it_counts_and_can_be_stopped(phone, caller):
    amina, liv = phone(AMINA), caller("liv.solberg")
    pressed(amina.page)
    amina.page.wait_for_timeout(500)
    amina.page.mouse.up()
    expect(amina.page.get_by_role("alert").filter(has_text="Sender om 3")).to_be_visible()
    amina.button("Stopp").click()
    amina.page.wait_for_timeout(3200)
    assert liv.alarms() == []
    pressed(amina.page)
    expect(amina.text(RECEIVED)).to_be_visible(timeout=5000)  # the thumb is still down
    amina.page.mouse.up()
    amina.page.wait_for_timeout(300)
    assert liv.the_alarm()["presses"] == 1 and amina.faults == []


def test_by_keyboard_and_without_a_hold_it_is_sent_after_three_seconds_and_escape_stops_it(phone, caller):
    amina, liv = phone(AMINA), caller("liv.solberg")
    page = amina.page
    page.locator(".sos-large .sos-button").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("alert").filter(has_text="Sender om 3")).to_be_visible()
    page.keyboard.press("Escape")
    expect(amina.text("Stoppet. Ingenting er sendt.")).to_be_attached()
    page.keyboard.press("Enter")
    page.wait_for_timeout(2000)
    assert liv.alarms() == [], "three seconds in which it can be stopped"
    expect(amina.text(RECEIVED)).to_be_visible()
    assert liv.the_alarm()["presses"] == 1


def test_turned_while_it_is_held_it_is_sent_and_locked_while_it_is_held_it_is_counted_out_in_sight(phone, caller):
    amina, liv = phone(AMINA), caller("liv.solberg")
    page = amina.page
    page.add_init_script(ASLEEP)
    page.reload()
    amina.connected()
    pressed(page)
    page.wait_for_timeout(300)
    page.evaluate("window.asleep = true; document.dispatchEvent(new Event('visibilitychange'))")
    page.locator(".sos-large .sos-button").dispatch_event("pointercancel", {"pointerId": 1})
    page.mouse.up()
    page.evaluate("window.asleep = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(amina.button("Stopp")).to_be_visible()
    amina.button("Stopp").click()
    page.wait_for_timeout(3200)
    assert liv.alarms() == []
    pressed(page)
    page.wait_for_timeout(200)
    page.set_viewport_size(LYING)
    page.wait_for_timeout(200)
    page.set_viewport_size(PHONE)
    expect(amina.text(RECEIVED)).to_be_visible()
    page.mouse.up()
    assert liv.the_alarm()["presses"] == 1 and amina.faults == []


def test_off_line_it_is_kept_on_the_phone_outlives_the_page_and_is_one_alarm_when_the_network_is_back(phone, caller):
    amina, liv = phone(AMINA), caller("liv.solberg")
    until(lambda: amina.page.evaluate("navigator.serviceWorker.controller !== null"), what="the worker has the page")
    amina.context.set_offline(True)
    amina.hold_sos()
    expect(amina.text("Ikke bekreftet. Prøver videre")).to_be_visible(timeout=15_000)
    amina.page.reload()
    expect(amina.text("Ikke bekreftet. Prøver videre")).to_be_visible(timeout=15_000)
    assert liv.alarms() == []
    amina.context.set_offline(False)
    expect(amina.text(RECEIVED)).to_be_visible(timeout=30_000)
    alarm = liv.the_alarm()
    assert alarm["presses"] == 1 and alarm["presser"]["name"] == AMINA


def test_a_server_that_hangs_is_said_to_be_unconfirmed_with_four_ways_out_and_it_is_one_alarm_when_it_wakes(phone, caller, stack):
    amina, liv = phone(AMINA).prepared(), caller("liv.solberg")
    stack.freeze("server")
    try:
        amina.hold_sos()
        expect(amina.page.get_by_text("Sender", exact=True)).to_be_visible()
        ways = amina.page.get_by_role("alert").filter(has_text="Gå mot utgangen")
        expect(ways).to_be_visible(timeout=15_000)
        expect(amina.text("Ikke bekreftet. Prøver videre")).to_be_visible()
        assert re.match(r"sms:\+?\d+\?body=SOS%20VARDE", ways.get_by_role("link", name=re.compile("^Send SMS")).get_attribute("href") or "")
        assert ways.get_by_role("link", name="Ring 112").get_attribute("href") == "tel:112"
        assert (ways.get_by_role("link", name=re.compile("^Ring kontoret")).get_attribute("href") or "").startswith("tel:")
        assert amina.text(re.compile("^Mottatt")).count() == 0
        amina.page.wait_for_timeout(4500)  # the first try has been given up, and there is another
    finally:
        stack.thaw("server")
    expect(amina.text(RECEIVED)).to_be_visible(timeout=30_000)
    expect(ways).to_have_count(0)
    expect(amina.page.get_by_role("link", name="Ring 112")).to_have_attribute("href", "tel:112")  # also while all goes well
    assert liv.the_alarm()["presses"] == 1 and amina.faults == []


FULL = """() => (IDBObjectStore.prototype.put = () => { throw new DOMException('no room', 'QuotaExceededError'); })"""


def test_a_phone_without_room_says_so_and_sends_it_all_the_same(phone, caller):
    amina, liv = phone(AMINA), caller("liv.solberg")
    amina.page.evaluate(FULL)
    amina.context.set_offline(True)
    amina.hold_sos()
    expect(amina.text(re.compile("^Telefonen har ikke plass til å huske alarmen"))).to_be_visible()
    amina.context.set_offline(False)
    expect(amina.text(RECEIVED)).to_be_visible(timeout=30_000)
    assert liv.the_alarm()["presses"] == 1 and amina.faults == []


def test_a_phone_that_nobody_has_signed_in_on_says_off_line_that_it_cannot_raise_and_what_can_be_done(browser, stack: Stack, put_away):
    stranger = Screen(browser, stack, PHONE)
    put_away.callback(stranger.close)
    stranger.page.goto(stack.url)
    until(lambda: stranger.page.evaluate("navigator.serviceWorker.controller !== null"), what="the worker has the page")
    stranger.button(re.compile(f"^{OLA}")).wait_for()
    stranger.context.set_offline(True)
    stranger.page.reload()
    said = stranger.page.get_by_role("alert").filter(has=stranger.heading("Denne telefonen kan ikke slå alarm ennå"))
    expect(said).to_be_visible()
    assert said.get_by_role("link", name="Ring 112").get_attribute("href") == "tel:112"
    expect(stranger.button("SOS")).to_have_count(0)  # a button that does nothing would be worse than none
    stranger.context.set_offline(False)
    expect(stranger.button(re.compile(f"^{OLA}"))).to_be_visible()
    expect(said).to_have_count(0)
    assert stranger.faults == []


def test_back_never_leaves_an_alarm_that_nobody_on_this_phone_has_answered(phone, device):
    ola = phone(OLA)
    ola.page.get_by_role("link", name="Besøk").first.click()
    ola.heading("Besøk ute").wait_for()
    device().press()
    expect(ola.heading("Mottak")).to_be_visible()
    for _ in range(3):
        ola.page.evaluate("history.back()")
        ola.page.wait_for_timeout(300)
        expect(ola.button("Jeg kommer")).to_be_in_viewport()
    ola.button("Jeg kommer").click()
    expect(ola.text("Du kommer").first).to_be_visible()
    ola.page.get_by_role("link", name="Til forsiden").or_(ola.button("Til forsiden")).first.click()
    expect(ola.page.locator(".alarm-tab").first).to_be_visible()  # answered, one may leave it, and it is still there
    assert ola.faults == []
