"""A visit as people see it: planned, watched, missed, found and ended, by the names on their buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.parts import AMINA, LIV, OLA, Screen, until, wait_for_gateway
from tests.e2e.test_visits import LIV as LIV_ID
from tests.e2e.test_visits import Person
from tests.stack import Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("visits-app") / "site", pwa=True) as stack:
        wait_for_gateway(stack)
        yield stack


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
    amina.button("Start besøket").click()
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
