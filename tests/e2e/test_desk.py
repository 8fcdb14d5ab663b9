"""The desk, with a real server and a browser: keyboard, small window, USB button, shortcut address, and a tab that nobody looks at."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.parts import DESK, KARI, LIV, OFFICE, Screen, new_id, until
from tests.e2e.usb import UsbButton

SENT = re.compile("^Mottatt")


@pytest.fixture
def page_of(browser, stack, put_away):
    """Somebody at a computer, with `before` run in the page before the app."""

    def make(name: str, before: str = "") -> Screen:
        screen = Screen(browser, stack, DESK)
        put_away.callback(screen.close)
        if before:
            screen.context.add_init_script(before)
        screen.sign_in(name).page.locator(".line.connected, .wall").first.wait_for()
        return screen

    return make


@pytest.fixture
def kari(page_of):
    """The desk in reception."""
    return lambda before="": page_of(KARI, before)


def test_enter_asks_for_help_and_escape_stops_it(kari, caller):
    desk, liv = kari(), caller("liv.solberg")
    expect(desk.button(re.compile("^Be om hjelp")).first).to_be_focused()
    desk.page.keyboard.press("Enter")
    expect(desk.button("Stopp")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.text("Stoppet. Ingenting er sendt.")).to_be_attached()
    desk.page.wait_for_timeout(3300)
    assert liv.alarms() == []
    desk.page.keyboard.press("Enter")
    assert liv.the_alarm()["place"]["zone_id"] == "mottak"
    expect(desk.page.locator(".truth-steps li").last).to_be_in_viewport(ratio=1)  # what has become of it, without scrolling
    expect(desk.button(re.compile("^Blås av"))).to_be_in_viewport(ratio=1)
    assert len(liv.alarms()) == 1 and desk.faults == []


@pytest.mark.parametrize("floats", [True, False], ids=["floating", "popup"])
def test_the_small_window_has_the_light_and_the_button_and_goes_on_with_other_pages(kari, caller, floats):
    desk = kari("" if floats else "delete window.documentPictureInPicture")
    with desk.context.expect_page() as opened:
        desk.page.get_by_role("button", name="Åpne", exact=True).click()
    small = opened.value
    expect(small.get_by_role("status").first).to_contain_text(re.compile("Klar|Ikke klar|Usikkert"))
    expect(desk.text(re.compile("ligger øverst" if floats else "vanlig vindu"))).to_be_visible()
    desk.page.get_by_role("link", name="Besøk").first.click()
    desk.heading("Besøk ute").wait_for()
    help_me = small.get_by_role("button", name=re.compile("^Be om hjelp"))
    assert "Be om hjelp" in small.evaluate("document.activeElement.textContent"), "Enter asks for help as soon as the window has the focus"
    help_me.press("Enter")
    expect(small.get_by_role("button", name="Stopp")).to_be_visible()
    small.get_by_role("button", name="Stopp").press("Escape")
    expect(small.get_by_role("button", name="Stopp")).to_have_count(0)
    help_me.press("Enter")
    expect(small.get_by_text(SENT)).to_be_visible()
    assert len(caller("liv.solberg").alarms()) == 1
    small.close()
    desk.page.get_by_role("link", name="Hjem").first.click()
    expect(desk.page.get_by_role("button", name="Åpne", exact=True)).to_be_visible()
    assert desk.faults == []


def test_a_browser_that_allows_no_window_says_what_to_do(kari):
    desk = kari("delete window.documentPictureInPicture; window.open = () => null")
    desk.page.get_by_role("button", name="Åpne", exact=True).click()
    expect(desk.text(re.compile("Tillat sprettoppvinduer"))).to_be_visible()


def test_a_usb_button_is_taught_tried_pressed_and_missed_when_it_is_gone(kari, caller):
    desk, liv = kari(UsbButton.SCRIPT), caller("liv.solberg")
    usb = UsbButton(desk.page)
    desk.button("Koble til").click()
    expect(desk.text(re.compile("Trykk på knappen nå. Det er ikke"))).to_be_visible()
    usb.press()
    expect(desk.text("Trykk en gang til, så vi er sikre.")).to_be_visible()
    usb.press()
    expect(desk.text(re.compile("Stor rød: virker, prøvd"))).to_be_visible()
    desk.page.get_by_role("button", name="Prøv", exact=True).click()
    usb.press()
    expect(desk.text(re.compile("Stor rød: virker"))).to_be_visible()
    assert liv.alarms() == [], "neither teaching nor a test raises"

    desk.page.reload()  # the next morning: the browser has kept the permission, and the machine what it learnt
    expect(desk.text(re.compile("Stor rød: et trykk er alarm"))).to_be_visible()
    usb.unplug()
    expect(desk.page.get_by_role("alert").filter(has_text="USB-knappen svarer ikke").first).to_be_visible()
    expect(desk.page.get_by_role("status").filter(has_text="Ikke klar")).to_contain_text("USB-knappen svarer ikke")
    usb.plug_in()
    expect(desk.text(re.compile("Stor rød: et trykk er alarm"))).to_be_visible()
    desk.page.get_by_role("link", name="Besøk").first.click()
    usb.press()
    assert liv.the_alarm()["place"]["zone_id"] == "mottak"
    assert liv.the_alarm()["presses"] == 1 and desk.faults == []


def test_the_address_of_this_machine_asks_for_help_and_no_other_address_does(kari, caller, stack):
    desk, liv = kari(), caller("liv.solberg")
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stack.url)
    desk.button("Kopier adressen").click()
    desk.button("Kopiert").wait_for()
    address = desk.page.evaluate("navigator.clipboard.readText()")
    assert address.startswith(f"{stack.url}/hjelp#")
    for other in (f"{stack.url}/hjelp", f"{stack.url}/hjelp#0"):
        desk.page.goto("about:blank")
        desk.page.goto(other)
        expect(desk.button(re.compile("^Be om hjelp")).first).to_be_visible()
        expect(desk.button("Stopp")).to_have_count(0)
    desk.page.goto("about:blank")
    desk.page.goto(address)
    expect(desk.button("Stopp")).to_be_visible()
    until(liv.alarms, what="the alarm")
    desk.page.reload()
    expect(desk.text(SENT).first).to_be_visible()
    assert liv.the_alarm()["presses"] == 1, "a reloaded page asks for nothing"


ASLEEP = """
for (const name of ["setTimeout", "setInterval"]) {
  const own = window[name];
  window[name] = (action, wait_ms, ...more) => own.call(window, action, window.asleep ? 60000 : wait_ms, ...more);
}
Object.defineProperty(document, "visibilityState", { get: () => (window.asleep ? "hidden" : "visible") });
window.requestAnimationFrame = ((own) => (action) => (window.asleep ? 0 : own(action)))(window.requestAnimationFrame);
"""
"""A page in the background as browsers treat it: its own timers once a minute, and no frames. Its worker's timers are left alone."""


def test_a_tab_in_the_background_says_an_alarm_puts_a_notice_on_the_screen_and_turns_grey_when_nothing_is_heard(page_of, caller, stack):
    lead, amina = page_of(LIV, ASLEEP), caller("amina.hassan")
    lead.context.grant_permissions(["notifications"], origin=stack.url)
    until(lambda: lead.page.evaluate("navigator.serviceWorker.ready.then(() => true)"), what="the worker that shows notices")
    lead.page.evaluate("window.asleep = true")
    assert lead.page.title() == "Varde"
    raised = {"id": new_id(), "kind": "panic", "age_s": 0, "office_id": OFFICE, "zone_id": "pauserom", "device_id": None}
    assert amina.http.post("/api/signals", json=raised).status_code == 200
    until(lambda: lead.page.title() == "■ ALARM Pauserom – Varde", what=f"the tab says the alarm: {lead.page.title()}")
    [notice] = until(lambda: notices(lead), what="a notice on the computer")
    assert notice.startswith("ALARM") and "Pauserom" not in notice
    stack.freeze("server")
    try:
        until(lambda: lead.page.title().startswith("? Ukjent"), within_s=60, what=f"the tab says that nothing is known: {lead.page.title()}")
    finally:
        stack.thaw("server")
    until(lambda: "Pauserom" in lead.page.title(), within_s=60, what="the line comes back by itself")
    assert lead.faults == []


def test_a_silent_alarm_is_neither_in_the_title_nor_in_a_notice_across_the_counter(kari, device, stack):
    desk = kari(ASLEEP)
    desk.context.grant_permissions(["notifications"], origin=stack.url)
    until(lambda: desk.page.evaluate("navigator.serviceWorker.ready.then(() => true)"), what="the worker that shows notices")
    desk.page.evaluate("window.asleep = true")
    device("fjordvik-skranke-1").press()
    expect(desk.text(re.compile(r"^Sak \d"))).to_be_attached()
    assert desk.page.title() == "Varde" and notices(desk) == []


def notices(desk: Screen) -> list[str]:
    return desk.page.evaluate("navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) => all.map((one) => one.title))")


HEARD = """
window.heard = [];
const say = (what) => window.heard.push(what);
const own = window.OscillatorNode;
window.OscillatorNode = class extends own {
  start(...at) { say("tone"); return super.start(...at); }
  stop(...at) { say("silence"); return super.stop(...at); }
};
const word = window.AudioBufferSourceNode;
window.AudioBufferSourceNode = class extends word { start(...at) { say("word"); return super.start(...at); } };
const get = window.fetch;
window.fetch = (what, ...more) => { if (String(what).startsWith("/sounds/")) say(what); return get(what, ...more); };
"""


def test_a_room_without_visitors_hears_the_tone_and_the_word_until_somebody_has_taken_it_and_the_counter_hears_nothing(page_of, caller):
    wall, counter, amina = page_of("Tavle i kontorlandskap øst", HEARD), page_of(KARI, HEARD), caller("amina.hassan")
    wall.heading("Ingen åpne alarmer").click()
    counter.heading("Denne maskinen").click()
    raised = {"id": new_id(), "kind": "panic", "age_s": 0, "office_id": OFFICE, "zone_id": "pauserom", "device_id": None}
    assert amina.http.post("/api/signals", json=raised).status_code == 200
    heard = "window.heard"
    until(lambda: {"tone", "word", "/sounds/alarm-nb.wav"} <= set(wall.page.evaluate(heard)), what=f"the wall is heard: {wall.page.evaluate(heard)}")
    expect(wall.heading("Pauserom")).to_be_visible()
    ola = caller("ola.brekke")
    assert ola.act(ola.the_alarm()["id"], "acknowledge").status_code == 200
    until(lambda: "silence" in wall.page.evaluate(heard), what="it is still when somebody comes")
    assert counter.page.evaluate(heard) == [], "never where visitors come in"
    assert wall.faults == counter.faults == []


def test_two_windows_of_one_machine_sound_as_one_and_the_other_goes_on_when_one_is_shut(page_of, caller):
    wall, amina = page_of("Tavle i kontorlandskap øst", HEARD), caller("amina.hassan")
    pages = [wall.page, wall.context.new_page()]
    pages[1].goto(wall.url)
    for page in pages:
        page.get_by_role("heading", name="Ingen åpne alarmer").click()
    raised = {"id": new_id(), "kind": "panic", "age_s": 0, "office_id": OFFICE, "zone_id": "pauserom", "device_id": None}
    assert amina.http.post("/api/signals", json=raised).status_code == 200
    sounds = "heard.filter((one) => one === 'tone').length > heard.filter((one) => one === 'silence').length"
    sounding = lambda: [page for page in pages if page.evaluate(sounds)]  # noqa: E731
    until(lambda: len(sounding()) == 1, what="one of them sounds")
    for _ in range(12):
        wall.page.wait_for_timeout(200)
        assert len(sounding()) == 1
    [loud] = sounding()
    loud.close()
    pages.remove(loud)
    until(lambda: len(sounding()) == 1, what="the other one sounds")
    assert wall.faults == []
