"""A visit as people see it: planned, watched, missed, found and ended, by the names on their buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import ARGUMENTS, chromium
from tests.e2e.parts import AMINA, LIV, OLA, Device, Screen, same_pictures, still, until
from tests.e2e.test_visits import LIV as LIV_ID
from tests.e2e.test_visits import Person, bring_home
from tests.stack import Stack


@pytest.fixture
def stack(site: Stack) -> Iterator[Stack]:
    yield site
    bring_home(site)


@pytest.fixture
def open_screen(browser: Browser, stack: Stack) -> Iterator[object]:
    opened: list[Screen] = []

    def made(name: str, **more: object) -> Screen:
        opened.append(Screen(browser, stack, **more).sign_in(name))  # type: ignore[arg-type]
        return opened[-1]

    yield made
    for screen in opened:
        assert screen.faults == []
        screen.context.close()


def test_from_the_plan_to_home_by_way_of_being_missed(stack: Stack, open_screen) -> None:  # type: ignore[no-untyped-def]
    amina, ola, liv = open_screen(AMINA), open_screen(OLA), open_screen(LIV)
    page = amina.page
    page.get_by_role("link", name="Besøk", exact=True).click()
    page.get_by_role("link", name="Nytt besøk").click()
    page.get_by_text("Annet møte ute").click()
    page.get_by_label("Hvor", exact=True).fill("Fjellveien 3")
    page.get_by_label("Kontaktperson").select_option(label="Ola Brekke")
    for question in page.locator("fieldset.asked-item").all():
        question.get_by_text("Nei", exact=True).click()
    expect(page.get_by_text("Lav", exact=True)).to_be_visible()
    page.get_by_role("button", name="Planlegg besøket").click()
    expect(page.get_by_text("Ola Brekke har ikke svart ennå")).to_be_visible()

    ola.page.get_by_role("link", name=re.compile("Trenger svar fra deg")).click()
    ola.button("Ja").click()
    expect(page.get_by_text("Ola Brekke følger med", exact=True)).to_be_visible()
    amina.context.set_offline(True)
    amina.button("Start besøket").click()
    expect(amina.text(re.compile("Ikke mottatt ennå"))).to_be_visible()
    expect(amina.text(re.compile("Varde følger med til"))).to_have_count(0)  # nobody watches yet, and nothing says so
    amina.context.set_offline(False)
    expect(amina.text(re.compile(r"^Startet \d\d:\d\d\. Varde følger med\.$"))).to_be_visible()
    expect(amina.text(re.compile(r"^Varde følger med til \d\d:\d\d, og til du har sjekket ut"))).to_be_visible()
    last, bar = amina.button(re.compile("^Jeg er ute av besøket")).bounding_box(), amina.page.locator("aside.sos-dock").bounding_box()
    assert last and bar and last["y"] + last["height"] <= bar["y"], "the way out lies behind the SOS"
    expect(page.get_by_role("button", name="Alt er bra")).to_be_visible()
    expect(page.get_by_text("Igjen til innsjekk")).to_be_visible()

    lead = Person(stack, LIV_ID)
    lead.forward(31)
    expect(page.get_by_text("Over fristen")).to_be_visible()
    lead.forward(5)
    expect(ola.heading("Innsjekken uteble")).to_be_visible()
    ola.button("Fikk ikke tak i").click()
    lead.forward(10)
    until(lambda: lead.alarms(), what="the alarm")
    expect(page.get_by_text("Du er savnet")).to_be_visible()

    liv.button(re.compile("Jeg kommer|Jeg tar den")).click()
    expect(liv.text(re.compile("Ute: Amina Hassan"))).to_be_visible()
    liv.button(re.compile("^Avslutt alarmen")).click()
    liv.page.get_by_role("radio", name=re.compile("^Håndtert")).click()
    expect(liv.button("Avslutt for alle")).to_have_count(0)
    liv.page.get_by_role("radio", name="Ute av besøket og trygge").click()
    liv.button("Avslutt for alle").click()
    expect(page.get_by_role("heading", name=re.compile("Du er ute av besøket"))).to_be_visible()
    amina.button("Fint").click()
    expect(page.get_by_text("Godt at du er tilbake")).to_be_visible()


def test_a_tap_without_network_says_that_it_has_not_been_received_and_arrives_later(stack: Stack, open_screen) -> None:  # type: ignore[no-untyped-def]
    caller = Person(stack, "amina.hassan")
    visit_id = caller.plan().json()["visit"]["id"]
    assert caller.tap(visit_id, "start").status_code == 200
    amina = open_screen(AMINA)
    amina.page.goto(f"{stack.url}/besok/{visit_id}")
    expect(amina.button("Alt er bra")).to_be_visible()
    before = caller.visit(visit_id)["heard_at"]
    amina.context.set_offline(True)
    amina.button("Alt er bra").click()
    expect(amina.text(re.compile("Ikke mottatt ennå"))).to_be_visible()
    amina.context.set_offline(False)
    until(lambda: caller.visit(visit_id)["heard_at"] != before, what="the check-in arrives")
    expect(amina.text(re.compile("Ikke mottatt ennå"))).to_have_count(0)
    caller.tap(visit_id, "end", pin="1234")


def film(browser: Browser, code: str, file: Path) -> Path:
    """What a camera sees that is held to a label: the code as the server draws it, as the one picture of a film."""
    page = browser.new_page(viewport={"width": 640, "height": 480})
    page.set_content(f'<body style="margin: 0; display: grid; place-items: center; height: 100vh">{segno.make(code, micro=False).svg_inline(scale=8)}')
    page.screenshot(path=file, type="jpeg", quality=95)
    page.close()
    return file


@pytest.fixture
def filming(browser: Browser, stack: Stack, tmp_path: Path) -> Iterator[Browser]:
    """A browser whose camera is held to the label of alarm 7."""
    seen = film(browser, f"{stack.url}/bruk/fjordvik-baerbar-7", tmp_path / "label.mjpeg")
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={seen}"]
    filming = browser.browser_type.launch(executable_path=chromium(), args=[*ARGUMENTS, *flags])
    yield filming
    filming.close()


def test_an_alarm_from_the_shelf_is_scanned_by_the_camera_or_typed_or_pressed(stack: Stack, filming: Browser) -> None:
    amina = Screen(filming, stack).sign_in(AMINA)
    amina.context.grant_permissions(["camera"], origin=stack.url)
    amina.page.goto(f"{stack.url}/bruk")
    amina.button("Les QR-koden med kameraet").click()
    expect(amina.heading("Bærbar alarm 7")).to_be_visible()
    expect(amina.text(re.compile("Trykk på den nå. Det er en prøve"))).to_be_visible()
    expect(amina.page.locator("video")).to_have_count(0)  # and the camera is put out

    amina.page.get_by_label("Nummeret på etiketten").fill("8")
    amina.button("Ta den i bruk").click()
    expect(amina.heading("Bærbar alarm 8")).to_be_visible()
    for left in (1, 0):
        amina.button("Lever den tilbake").first.click()
        expect(amina.button("Lever den tilbake")).to_have_count(left)

    amina.button("Jeg trykker på den i stedet").click()
    expect(amina.text(re.compile("Trykk på en ledig alarm"))).to_be_visible()
    device = Device(stack, "fjordvik-baerbar-7")
    device.press()
    expect(amina.heading("Bærbar alarm 7")).to_be_visible()
    expect(amina.text(re.compile("Prøvd, og mottatt"))).to_be_visible()
    device.stop()
    assert Person(stack, LIV_ID).alarms() == [], "and nobody was alarmed"
    amina.button("Lever den tilbake").click()
    expect(amina.button("Lever den tilbake")).to_have_count(0)
    assert amina.faults == []


def out_at_high_risk(stack: Stack) -> str:
    """A visit whose level asks for the PIN at the end; the manager has done without what one person cannot have."""
    caller, lead = Person(stack, "amina.hassan"), Person(stack, LIV_ID)
    checklist = caller.http.get("/api/visits/checklist").json()
    answers = {item["id"]: item["id"] in ("asked_colleagues", "earlier_threats") for item in checklist["items"] if item["answer"] == "yes_no"}
    visit = caller.plan(answers=answers).raise_for_status().json()["visit"]
    waived = sorted(set(visit["required"]) & {"two_employees", "leader_notified"})
    assert lead.tap(visit["id"], "approve", yes=True, reason="Øving på plassen", waived=waived).status_code == 200
    started = caller.tap(visit["id"], "start")
    assert started.status_code == 200 and started.json()["visit"]["times"]["pin_at_end"], started.text
    return str(visit["id"])


def out_at_low_risk(stack: Stack) -> str:
    caller = Person(stack, "amina.hassan")
    visit = caller.plan().raise_for_status().json()["visit"]
    started = caller.tap(visit["id"], "start").raise_for_status().json()["visit"]
    assert (started["risk"], started["times"]["pin_at_end"]) == ("low", False)
    return str(visit["id"])


def test_at_the_lowest_level_the_pin_may_be_left_out_or_given_and_what_follows_looks_the_same(stack: Stack, open_screen, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    seen: list[bytes] = []
    lead, amina = Person(stack, LIV_ID), open_screen(AMINA)
    for pin in ("", "1234", "4321"):
        amina.page.goto(f"{stack.url}/besok/{out_at_low_risk(stack)}")
        amina.button("Jeg er ute av besøket …").click()
        amina.page.get_by_label("PIN (kan stå tom her)").fill(pin)
        assert not lead.alarms()
        amina.button("Jeg er ute av besøket").click()
        expect(amina.page.get_by_role("heading", name=re.compile("Du er ute av besøket"))).to_be_visible()
        seen.append(still(amina))
    assert same_pictures(tmp_path, none=seen[0], free=seen[1], duress=seen[2]), f"see {tmp_path}"
    [alarm] = until(lambda: lead.alarms(), what="elsewhere the alarm is open")
    assert alarm["duress"] and lead.act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"], visit_home=True).status_code == 200


def test_a_check_in_or_more_time_under_duress_is_the_same_to_the_pixel(stack: Stack, open_screen, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The field stands there for everyone who has a PIN, and an empty one is a check-in as well."""
    lead, amina = Person(stack, LIV_ID), open_screen(AMINA)
    for name in (re.compile("^Alt er bra"), re.compile(r"^\+")):  # of the times more, the first
        seen: list[list[bytes]] = []
        for pin in ("", "1234", "4321"):
            visit_id = out_at_low_risk(stack)
            amina.page.goto(f"{stack.url}/besok/{visit_id}")
            expect(amina.text("Husk ved døren og inne")).to_be_visible()
            before = Person(stack, "amina.hassan").visit(visit_id)["version"]
            amina.page.get_by_label("PIN (kan stå tom her)").fill(pin)
            typed = still(amina) if pin else b""
            amina.button(name).first.click()
            until(lambda: Person(stack, "amina.hassan").visit(visit_id)["version"] != before, what="the tap arrives")  # noqa: B023 - asked in this turn
            expect(amina.page.get_by_label("PIN (kan stå tom her)")).to_have_value("")
            expect(amina.button(name).first).to_have_attribute("aria-disabled", "false")
            pictures = [typed, still(amina)]
            amina.page.reload()
            expect(amina.text("Husk ved døren og inne")).to_be_visible()
            expect(amina.page.locator(".line.connected")).to_be_visible()
            seen.append([*pictures, still(amina)])
            if pin != "4321":
                assert not lead.alarms()
                Person(stack, "amina.hassan").tap(visit_id, "end", pin="1234").raise_for_status()
        nothing, free, duress = seen
        assert same_pictures(tmp_path, free=free[0], duress=duress[0]), f"typed: see {tmp_path}"
        for n in (1, 2):
            assert same_pictures(tmp_path, **{f"{n}-none": nothing[n], f"{n}-free": free[n], f"{n}-duress": duress[n]}), f"{name}: see {tmp_path}"
        [alarm] = until(lambda: lead.alarms(), what="elsewhere the alarm is open")
        assert alarm["duress"] and lead.act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"]).status_code == 200
        Person(stack, "amina.hassan").tap(visit_id, "end", pin="1234").raise_for_status()


def test_a_check_out_under_duress_is_the_same_to_the_pixel(stack: Stack, open_screen, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    seen: list[list[bytes]] = []
    lead = Person(stack, LIV_ID)
    for pin in ("1234", "4321"):
        visit_id = out_at_high_risk(stack)
        amina = open_screen(AMINA)
        amina.page.goto(f"{stack.url}/besok/{visit_id}")
        amina.button("Jeg er ute av besøket …").click()
        amina.page.get_by_label("PIN").fill(pin)
        amina.button("Jeg er ute av besøket").click()
        expect(amina.page.get_by_role("heading", name=re.compile("Du er ute av besøket"))).to_be_visible()
        pictures = [still(amina)]
        amina.page.reload()
        amina.button("Ubehagelig").click()
        expect(amina.page.get_by_role("link", name="Skriv rapport")).to_be_visible()
        pictures.append(still(amina))
        amina.page.get_by_role("link", name="Skriv rapport").click()
        expect(amina.heading("Dette vet Varde")).to_be_visible()
        expect(amina.text(re.compile("Ute av besøket"))).to_be_visible()
        pictures.append(still(amina))
        seen.append(pictures)
    until(lambda: lead.alarms(), what="and elsewhere the alarm is open")
    alike = [same_pictures(tmp_path, **{f"{n}-free": one, f"{n}-duress": other}) for n, (one, other) in enumerate(zip(*seen, strict=True))]
    assert alike == [True, True, True], f"see {tmp_path}"
    for alarm in lead.alarms():
        lead.act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"], visit_home=True)
