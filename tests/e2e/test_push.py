"""Web push from the press to the lock screen and back, with the real server, a push service of our own, and the browser's own push event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import end_all
from tests.e2e.parts import AMINA, LIV, OLA, Caller, publish, until
from tests.e2e.phones import PushedPhone
from tests.e2e.test_visits import Person
from tests.push_service import PushService
from tests.stack import Stack

HOOK = b'{"kind":"panic"}'


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with PushService() as service:
        yield service
        assert service.faults == []


@pytest.fixture(scope="module")
def site(tmp_path_factory, service) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("push") / "site", pwa=True, environment={"VARDE_PUSH_HOSTS": "127.0.0.1"}) as site:
        yield site


@pytest.fixture
def stack(site) -> Iterator[Stack]:
    yield site
    end_all(site)


@pytest.fixture
def pushed(browser: Browser, stack: Stack, service: PushService, put_away) -> Callable[..., PushedPhone]:
    def make(name: str, **more: object) -> PushedPhone:
        phone = PushedPhone(browser, stack, service, name.split()[0], **more)  # type: ignore[arg-type]
        put_away.callback(phone.close)
        phone.sign_in(name).connected()
        return phone.ready()

    return make


def told(caller: Caller, alarm_id: str, person_id: str = "ola.brekke") -> dict:
    people = caller.alarm(alarm_id)["told"]["people"]
    return next((one for one in people if one["person_id"] == person_id), {})


def shut(phone: PushedPhone) -> None:
    """The app is shut: its page shows nothing and holds no socket. The worker lives on."""
    phone.page.goto("about:blank")


def test_a_press_reaches_a_phone_that_is_shut_and_the_server_knows_it_by_the_phones_own_receipt(pushed, stack, caller):
    phone = pushed(OLA).subscribed()
    keeper = phone.context.new_page()  # only to look at the lock screen: not signed in to the live line
    keeper.goto(f"{stack.url}/icons/varde.svg")
    shut(phone)
    phone.page = keeper
    publish(stack, HOOK)
    alarm = caller("liv.solberg").the_alarm()
    [push] = phone.pushes()
    assert push.headers["TTL"] == "90" and push.headers["Urgency"] == "high"
    assert told(caller("liv.solberg"), alarm["id"])["status"] == "told", "accepted by the push service is not delivered"

    phone.stop_worker()
    phone.deliver(push.plain)
    [shown] = phone.notifications()
    assert re.fullmatch(r"ALARM \d\d:\d\d – åpne Varde", shown["title"]) and shown["requireInteraction"]
    assert shown["actions"] == [["acknowledge", "Jeg kommer"], ["decline", "Jeg kan ikke"]]
    liv = caller("liv.solberg")
    reached = until(lambda: (one := told(liv, alarm["id"]))["status"] == "reached" and one, what="reached by the phone's receipt")
    assert reached["channel"] == "push"


def test_the_answer_on_the_lock_screen_makes_one_coming_and_says_so_there(pushed, stack, caller):
    phone = pushed(OLA).subscribed()
    publish(stack, HOOK)
    liv = caller("liv.solberg")
    alarm_id = liv.the_alarm()["id"]
    phone.deliver(phone.pushes()[0].plain)
    phone.context.clear_cookies()  # the session is over: the token in the push is enough
    phone.tap("acknowledge")
    coming = until(lambda: [one for one in liv.alarm(alarm_id)["people"] if one["stage"] == "coming"], what="Ola is coming")
    assert [one["person_id"] for one in coming] == ["ola.brekke"]
    until(lambda: phone.titles() == ["Du kommer"], what="the notification says so")
    assert phone.notifications()[0]["silent"]


def test_fifteen_minutes_more_is_one_tap_on_the_locked_phone_and_counts_once(pushed, stack, put_away):
    phone = pushed(AMINA).subscribed()
    keeper = phone.context.new_page()  # only to look at the lock screen: the app itself is shut
    keeper.goto(f"{stack.url}/icons/varde.svg")
    shut(phone)
    phone.page = keeper
    amina = Person(stack, "amina.hassan")
    visit_id = amina.plan().json()["visit"]["id"]
    put_away.callback(amina.tap, visit_id, "end", pin="1234")  # also where this try ends before its end
    started = amina.tap(visit_id, "start").json()["visit"]
    amina.forward(21)
    push = phone.pushes()[-1]
    phone.deliver(push.plain)
    [shown] = phone.notifications()
    assert shown["actions"][0] == ["extend_15", "+15 min"] and shown["silent"] and "Fjellveien" not in str(push.plain)
    phone.context.clear_cookies()
    for _ in range(2):  # a thumb that is not sure
        phone.tap("extend_15")
        until(lambda: amina.visit(visit_id)["extended_s"] == 900, what="fifteen minutes more")
    after = amina.visit(visit_id)
    assert after["ends_at"] > started["ends_at"] and after["deadline_at"] > started["deadline_at"] and after["extended_s"] == 900
    until(lambda: not any("10 min" in title for title in phone.titles()), what="the notification says what became of it")
    assert amina.tap(visit_id, "end", pin="1234").json()["visit"]["state"] == "HOME"


def test_an_answer_tapped_without_network_is_kept_said_to_be_unsent_and_given_once_it_is_back(pushed, stack, caller):
    phone = pushed(OLA).subscribed()
    publish(stack, HOOK)
    liv = caller("liv.solberg")
    alarm_id = liv.the_alarm()["id"]
    phone.deliver(phone.pushes()[0].plain)
    phone.context.set_offline(True)
    phone.tap("decline")
    until(lambda: phone.titles() == ["Svaret er ikke bekreftet. Prøver videre"], what="told that it is not confirmed")
    assert not liv.alarm(alarm_id)["people"]
    phone.context.set_offline(False)
    phone.page.evaluate("navigator.serviceWorker.ready.then((one) => one.active.postMessage({ type: 'send_waiting' }))")
    until(lambda: [one["stage"] for one in liv.alarm(alarm_id)["people"]] == ["cannot"], what="the answer has come")
    until(lambda: phone.titles() == ["Du kan ikke. Andre varsles."], what="told that it has come")


def test_a_receipt_that_could_not_be_sent_is_sent_when_the_network_is_back(pushed, stack, caller):
    phone = pushed(OLA).subscribed()
    shut_socket(phone)
    publish(stack, HOOK)
    liv = caller("liv.solberg")
    alarm_id = liv.the_alarm()["id"]
    push = phone.pushes()[0]
    phone.context.set_offline(True)
    phone.deliver(push.plain)
    assert told(liv, alarm_id)["status"] in ("told", "failed")
    phone.context.set_offline(False)
    phone.page.evaluate("navigator.serviceWorker.ready.then((one) => one.active.postMessage({ type: 'send_waiting' }))")
    until(lambda: told(liv, alarm_id)["status"] == "reached" and told(liv, alarm_id)["channel"] == "push", what="reached, late but true")


def shut_socket(phone: PushedPhone) -> None:
    """A page of the app's origin that is not the app: nothing is drawn, so nothing but the push can be a receipt."""
    phone.page.goto(f"{phone.url}/icons/varde.svg")


def test_a_tap_on_the_notification_brings_the_open_app_to_the_alarm(pushed, stack):
    phone = pushed(LIV).subscribed()
    publish(stack, HOOK)
    phone.deliver(phone.pushes()[0].plain)
    phone.button("Jeg kan ikke").click()  # an alarm that waits for her answer would come to the front by itself
    phone.text("Du kan ikke. Andre varsles.").wait_for()
    phone.button("Til forsiden").or_(phone.page.get_by_role("link", name="Til forsiden")).click()
    expect(phone.heading("Åpne alarmer")).to_be_visible()
    phone.page.evaluate("window.same = true")
    phone.tap()
    expect(phone.heading("Mottak")).to_be_visible()
    assert phone.page.evaluate("window.same") is True, "the page went there by itself, and lost nothing"
    assert phone.titles() == []


def test_a_screen_that_is_open_does_not_keep_the_push_from_the_phone(pushed, stack, caller):
    phone = pushed(OLA).subscribed()
    publish(stack, HOOK)
    expect(phone.heading("Mottak")).to_be_visible()
    liv = caller("liv.solberg")
    alarm_id = liv.the_alarm()["id"]
    until(lambda: told(liv, alarm_id).get("status") in ("reached", "seen"), what="the screen has drawn it")
    assert phone.pushes()


def test_the_all_clear_takes_the_alarms_place_and_an_alarm_that_comes_late_does_not_take_it_back(pushed, stack, caller):
    phone = pushed(OLA, language="en").subscribed()
    publish(stack, HOOK)
    liv = caller("liv.solberg")
    alarm_id = liv.the_alarm()["id"]
    alarm = phone.pushes()[0]
    liv.act(alarm_id, "resolve", outcome="handled", seen_signal=1)
    end = phone.pushes(more_than=1)[-1]
    assert end.headers["Topic"] == alarm.headers["Topic"] and end.headers["TTL"] == "3600"
    phone.deliver(end.plain)
    phone.deliver(alarm.plain)
    until(lambda: phone.notifications()[0]["silent"], what="what came late has been shown as what it is")
    [shown] = phone.notifications()
    assert shown["title"].startswith("ENDED"), "and the end stands"


@pytest.mark.parametrize("payload", ["", "not json", "{}", '{"notification":{"title":7}}'])
def test_a_push_that_nobody_can_read_still_shows_a_notification_in_the_apps_language(pushed, payload):
    phone = pushed(OLA, language="nn")
    phone.deliver(payload)
    assert phone.titles() == ["Varde: opne appen"]


def test_the_duty_screen_turns_from_unsure_to_reachable_by_a_test_message_that_was_shown(pushed, service):
    phone = pushed(OLA).subscribed()
    expect(phone.text("Usikker")).to_be_visible()
    phone.button("Send testvarsel").click()
    expect(phone.text("Sendt. Venter på at det vises …")).to_be_visible()
    test = phone.pushes()[0]
    assert test.headers["Urgency"] == "normal"
    phone.deliver(test.plain)
    expect(phone.text("Vist. Du kan varsles her.")).to_be_visible()
    expect(phone.text("Nåbar")).to_be_visible()
    assert phone.health() == "fine"


def test_a_phone_whose_subscription_is_gone_says_so_and_connects_again(pushed, service):
    phone = pushed(OLA).subscribed()
    phone.box.answer = lambda number: (410, {})
    phone.button("Send testvarsel").click()
    expect(phone.text("Varseltjenesten tok det ikke imot. Prøv igjen om litt.")).to_be_visible()
    until(lambda: phone.health() in ("dead", "unsure"), what="known to be dead")
    phone.box.answer = lambda number: (201, {})
    phone.page.reload()
    phone.connected()
    until(lambda: phone.health() == "unsure", what="connected again by itself, and not proven")


def test_whoever_signs_out_is_no_longer_pushed_to_on_that_phone(pushed, stack, caller, service):
    phone = pushed(OLA).subscribed()
    phone.button("Innstillinger").click()
    phone.button("Logg ut").click()
    phone.button(re.compile(f"^{OLA}")).wait_for()
    publish(stack, HOOK)
    caller("liv.solberg").the_alarm()
    until(lambda: told(caller("liv.solberg"), caller("liv.solberg").the_alarm()["id"]), what="Ola is told otherwise")
    assert phone.box.got == []


def test_a_phone_that_may_not_notify_is_told_what_to_do(pushed):
    phone = pushed(OLA, allowed=False)
    expect(phone.text(re.compile("Bare SMS|Bare i åpen app")).first).to_be_visible()
    expect(phone.text(re.compile("Varsler er blokkert|Varsler er ikke slått på"))).to_be_visible()


def test_a_permission_that_is_taken_away_while_one_looks_turns_the_duty_screen_with_what_to_do_about_it(pushed):
    phone = pushed(OLA).subscribed()
    verdict = phone.page.locator(".phone-verdict")
    expect(verdict).to_contain_text("Usikker")
    phone.context.clear_permissions()
    expect(verdict).to_contain_text(re.compile("Bare SMS|Bare i åpen app"))
    finding = phone.page.locator(".phone-finding.grave")
    expect(finding).to_contain_text(re.compile("Varsler er blokkert|Varsler er ikke slått på"))
    assert len(finding.inner_text().split()) > 8 and phone.faults == [], "a remedy stands with it"
    phone.context.grant_permissions(["notifications"], origin=phone.url)
    expect(verdict).to_contain_text("Usikker")


def test_the_screens_language_is_the_pushes_language_from_then_on(pushed, stack, caller):
    phone = pushed(OLA).subscribed()
    phone.button("Innstillinger").click()
    phone.page.get_by_role("radio", name="Nynorsk").click()
    until(lambda: phone.page.evaluate("fetch('/api/push').then((one) => one.json())")["phones"][0]["language"] == "nn", what="told to the server")
    publish(stack, HOOK)
    assert "opne Varde" in phone.pushes()[0].body["notification"]["title"]
