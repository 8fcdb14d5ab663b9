"""Web push against a real push service: what is encrypted can be read by that phone alone, and each answer of a service means one thing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.model import Alarm
from server.core.orders import Order, Result, Say, to_person
from server.core.phones import Phone, Pushed
from server.core.push_tokens import read
from server.core.tokens import order_of, token_for
from server.core.values import replace
from server.senders import push_line
from server.senders.contract import ManyAtOnce, Needs, Outcome
from server.senders.push_hosts import allowed
from server.senders.push_keys import public_key_of, usable_contact, usable_keys, vapid_of
from server.senders.webpush import WebPush, make, reply_of
from tests.core.world import DRILL, T0, WORLD, opened
from tests.push_service import Mailbox, PushService
from tests.senders.vendor import Proxy

KEY = b"k" * 32
VAPID = vapid_of(b"a deployment's own secret.......")
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class Kept:
    """Phones in a list, and what was told of them."""

    def __init__(self) -> None:
        self.all: list[Phone] = []
        self.told: list[Pushed] = []

    def phones_of(self, person_ids: Iterable[str]) -> dict[str, list[Phone]]:
        return {who: found for who in person_ids if (found := [phone for phone in self.all if phone.person_id == who])}

    def pushed(self, answers: Sequence[Pushed]) -> None:
        self.told += answers

    def word_of(self, phone_id: str) -> str:
        until(lambda: any(one.phone_id == phone_id for one in self.told))
        return next(one.word for one in reversed(self.told) if one.phone_id == phone_id)


def until(true, within_s: float = 30) -> None:  # type: ignore[no-untyped-def]
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s, "it never came true"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with PushService() as service:
        yield service
        assert service.faults == []


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def sender(kept: Kept) -> Iterator[WebPush]:
    token = lambda order, purpose: token_for(KEY, order.id, purpose)  # noqa: E731
    made = WebPush(VAPID, "mailto:drift@varde.example", ["127.0.0.1"], kept, lambda: WORLD, token, ZoneInfo("Europe/Oslo"))
    yield made
    made.stop()


def phone(kept: Kept, box: Mailbox, who: str = "ola", **more: str) -> Phone:
    one = Phone(f"phone-{box.name}", who, box.endpoint, box.keys["p256dh"], box.keys["auth"], "https://varde.example", **more)  # type: ignore[arg-type]
    kept.all.append(one)
    return one


def alarm_and_order(who: str = "ola", say: Say = Say.ALARM, step: int = 1) -> tuple[Alarm, Order]:
    alarm = opened().alarm
    return alarm, to_person(alarm, who, say, step, ("push", "sms"), T0, 0)


def sent(sender: WebPush, who: str = "ola", say: Say = Say.ALARM, again: bool = False) -> Outcome:
    alarm, order = alarm_and_order(who, say)
    return sender.send(replace(order, channel="push") if again else order, alarm)


# ---------------------------------------------------------------- what is sent


def test_a_push_is_encrypted_for_that_phone_signed_by_us_and_handled_as_an_alarm(service: PushService, kept: Kept, sender: WebPush) -> None:
    box = service.mailbox("whole")
    phone(kept, box)
    assert sent(sender) == Outcome(Result.ACCEPTED)
    [got] = box.got
    assert got.body["notification"]["title"].startswith("ALARM") and got.body["mutable"] is True
    assert got.headers["TTL"] == "90" and got.headers["Urgency"] == "high" and len(got.headers["Topic"]) == 24
    assert got.claims["sub"] == "mailto:drift@varde.example" and got.claims["aud"] == service.origin
    assert got.key == public_key_of(VAPID) == sender.public_key
    assert got.size <= 4096 and b"varde.example" not in got.headers["Topic"].encode()


def test_that_an_armed_buttons_drill_is_still_on_is_said_without_a_tone_and_leads_to_its_alarm(service: PushService, kept: Kept, sender: WebPush) -> None:
    box = service.mailbox("still-on")
    phone(kept, box, "liv")
    alarm = opened(drill=DRILL).alarm
    assert sender.send(to_person(alarm, "liv", Say.STILL_ON, 9, ("push", "sms"), T0, T0, count=10), alarm) == Outcome(Result.ACCEPTED)
    shown = box.got[0].body["notification"]
    assert (shown["title"], shown["silent"], shown["navigate"]) == ("ØVELSE: fortsatt i gang", True, f"https://varde.example/i/{alarm.id}")


def test_the_token_in_a_push_is_that_orders_receipt_on_that_phone_and_nothing_else(service: PushService, kept: Kept, sender: WebPush) -> None:
    box = service.mailbox("token")
    phone(kept, box)
    alarm, order = alarm_and_order()
    sender.send(order, alarm)
    data = box.got[0].body["notification"]["data"]
    ticket = read(data["rcpt"])
    assert ticket and ticket.phone_id == "phone-token" and abs((datetime.now(UTC) - ticket.sent_at).total_seconds()) < 60
    milliseconds = int(ticket.sent_at.timestamp() * 1000)
    assert order_of(KEY, ticket.token, f"push~phone-token~{milliseconds}", ["liv", "ola"]) == order.id
    for other in (f"push~phone-other~{milliseconds}", f"push~phone-token~{milliseconds + 1}", f"answer~phone-token~{milliseconds}"):
        assert order_of(KEY, ticket.token, other, ["ola"]) is None
    assert "ola" not in data["rcpt"]


def test_every_phone_of_a_person_is_told_and_one_that_takes_it_is_enough(service: PushService, kept: Kept, sender: WebPush) -> None:
    well, dead = service.mailbox("well"), service.mailbox("dead", lambda number: (410, {}))
    phone(kept, well)
    phone(kept, dead)
    assert sent(sender) == Outcome(Result.ACCEPTED)
    assert (well.asked, dead.asked) == (1, 1)
    assert (kept.word_of("phone-well"), kept.word_of("phone-dead")) == ("accepted", "gone")


def test_somebody_without_a_phone_has_no_address_here(kept: Kept, sender: WebPush, service: PushService) -> None:
    kept.all.append(Phone("gone", "liv", "", "", "", "https://varde.example"))
    assert sent(sender) == Outcome(Result.NO_ADDRESS) == sent(sender, "liv")
    phone(kept, service.mailbox("addressed"))
    assert sender.addressed(["ola", "liv", "per"]) == {"ola"}


# ---------------------------------------------------------------- what a service answers


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "word"),
    [
        (201, {}, Outcome(Result.ACCEPTED), "accepted"),
        (202, {}, Outcome(Result.ACCEPTED), "accepted"),
        (404, {}, Outcome(Result.PERMANENT, why="gone"), "gone"),
        (410, {}, Outcome(Result.PERMANENT, why="gone"), "gone"),
        (429, {"Retry-After": "1"}, Outcome(Result.RETRY, 1, "busy"), "busy"),
        (429, {"Retry-After": "600"}, Outcome(Result.RETRY, 600, "busy"), "busy"),
        (500, {}, Outcome(Result.RETRY, 0, "down"), "down"),
        (503, {"Retry-After": "2"}, Outcome(Result.RETRY, 2, "down"), "down"),
        (301, {"Location": "/elsewhere"}, Outcome(Result.PERMANENT, why="moved"), "moved"),
        (307, {"Location": "/elsewhere"}, Outcome(Result.PERMANENT, why="moved"), "moved"),
        (400, {}, Outcome(Result.PERMANENT, why="refused"), "refused"),
        (403, {}, Outcome(Result.PERMANENT, why="refused"), "refused"),
        (413, {}, Outcome(Result.PERMANENT, why="too_large"), "too_large"),
    ],
)
def test_each_answer_means_one_thing(
    service: PushService, kept: Kept, sender: WebPush, status: int, headers: dict[str, str], outcome: Outcome, word: str
) -> None:
    phone(kept, service.mailbox(f"answers-{status}-{len(headers)}-{headers.get('Retry-After', '')}", lambda number: (status, headers)))
    assert sent(sender) == outcome
    assert kept.word_of(kept.all[0].id) == word


def test_a_service_that_never_answers_is_given_up_and_the_next_channel_goes_at_once(service: PushService, kept: Kept, sender: WebPush) -> None:
    phone(kept, service.mailbox("never", lambda number: None))
    outcome = sent(sender)
    assert outcome.result is Result.RETRY and outcome.retry_after_s > 2 and outcome.why == "timeout"
    assert kept.word_of("phone-never") == "timeout"


def test_a_service_that_is_not_there_is_down(kept: Kept, sender: WebPush) -> None:
    kept.all.append(Phone("nowhere", "ola", "http://127.0.0.1:9/push", *VALID_KEYS, "https://varde.example"))
    assert sent(sender) == Outcome(Result.RETRY, 0, "down")


VALID_KEYS = (public_key_of(vapid_of(b"p" * 32)), "AAAAAAAAAAAAAAAAAAAAAA")


def test_one_phones_busy_service_is_tried_again_without_telling_the_others_twice(service: PushService, kept: Kept, sender: WebPush) -> None:
    calm, busy = service.mailbox("calm"), service.mailbox("busy", lambda number: (429, {"Retry-After": "1"}) if number == 1 else (201, {}))
    phone(kept, calm)
    phone(kept, busy)
    assert sent(sender) == Outcome(Result.RETRY, 1, "busy")
    assert sent(sender, again=True) == Outcome(Result.ACCEPTED)
    assert (len(calm.got), len(busy.got)) == (1, 1)


def test_a_phone_whose_service_stays_down_does_not_undo_the_one_that_has_it(service: PushService, kept: Kept, sender: WebPush) -> None:
    phone(kept, service.mailbox("up"))
    phone(kept, service.mailbox("broken", lambda number: (500, {})))
    assert sent(sender).result is Result.RETRY
    assert sent(sender, again=True) == Outcome(Result.ACCEPTED)


def test_a_service_that_hangs_delays_no_phone_of_another(kept: Kept, sender: WebPush) -> None:
    with PushService() as hung, PushService() as well:
        batch = []
        for number in range(300):
            where, name = (hung, f"hung-{number}") if number % 2 else (well, f"well-{number}")
            phone(kept, where.mailbox(name, (lambda n: None) if number % 2 else None), f"person-{number}")
            alarm, order = alarm_and_order(f"person-{number}")
            batch.append((order, alarm))
        outcomes: dict[str, Outcome] = {}
        everyone = threading.Event()

        def done(order: Order, outcome: Outcome) -> None:
            outcomes[order.recipient] = outcome
            if len(outcomes) == len(batch):
                everyone.set()

        sender.begin(batch, done)
        assert everyone.wait(30)
        told = {who: outcome.why or str(outcome.result) for who, outcome in outcomes.items()}
        assert told == {f"person-{number}": "timeout" if number % 2 else "accepted" for number in range(300)}
        assert well.faults == []


def test_a_service_that_is_only_slow_is_waited_for_however_long_the_line(kept: Kept, sender: WebPush, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders climb on meanwhile; but a push that is given up would be told again at the end of the same line, and perhaps never."""
    monkeypatch.setattr(push_line, "AT_ONCE", 2)
    monkeypatch.setattr(push_line, "GIVE_UP_S", 0.5)

    def slowly(_: int) -> tuple[int, dict[str, str]]:
        time.sleep(0.1)
        return 201, {}

    with PushService() as slow:
        batch = []
        for number in range(30):
            phone(kept, slow.mailbox(f"slow-{number}", slowly), f"person-{number}")
            alarm, order = alarm_and_order(f"person-{number}")
            batch.append((order, alarm))
        outcomes: dict[str, Outcome] = {}
        sender.begin(batch, lambda order, outcome: outcomes.update({order.recipient: outcome}))
        until(lambda: len(outcomes) == len(batch))
        assert set(outcomes.values()) == {Outcome(Result.ACCEPTED)}


def test_what_is_said_anew_while_it_waits_in_line_is_said_once_as_it_is_now(kept: Kept, sender: WebPush, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_line, "AT_ONCE", 1)
    gate = threading.Event()

    def held(_: int) -> tuple[int, dict[str, str]]:
        gate.wait(2)
        return 201, {}

    with PushService() as slow:
        box = slow.mailbox("told-twice")
        phone(kept, slow.mailbox("first", held), "kari")
        phone(kept, box, "ola")
        (alarm, first), (_, again) = alarm_and_order("kari"), alarm_and_order("ola", step=2)
        _, before = alarm_and_order("ola")
        outcomes: dict[str, Outcome] = {}
        done = lambda order, outcome: outcomes.update({order.id: outcome})  # noqa: E731
        sender.begin([(first, alarm), (before, alarm)], done)
        sender.begin([(replace(again, say=Say.CHANGED, made_at=T0 + timedelta(seconds=30)), alarm)], done)
        time.sleep(0.2)
        gate.set()
        until(lambda: len(outcomes) == 3)
        assert [one.body["notification"]["data"]["kind"] for one in box.got] == ["changed"]
        assert set(outcomes.values()) == {Outcome(Result.ACCEPTED)}


@pytest.mark.parametrize(
    ("text", "seconds"), [("Sat, 21 Nov 2026 10:00:30 GMT", 30), ("Sat, 21 Nov 2020 10:00:30 GMT", 0), ("soon", None), ("", None), ("-3", None)]
)
def test_retry_after_may_be_seconds_a_date_or_nonsense(text: str, seconds: float | None) -> None:
    assert reply_of(429, text, NOW).retry_after_s == seconds


@given(st.integers(100, 599), st.text(max_size=40))
def test_no_answer_is_without_a_word_and_only_404_and_410_are_gone(status: int, text: str) -> None:
    reply = reply_of(status, text, NOW)
    assert reply.word and (reply.word == "gone") == (status in (404, 410)) and (reply.word == "accepted") == (200 <= status < 300)
    assert reply.retry_after_s is None or reply.retry_after_s >= 0


# ---------------------------------------------------------------- test messages, keys and addresses


def test_a_test_message_is_seen_and_has_its_own_receipt(service: PushService, kept: Kept, sender: WebPush) -> None:
    box = service.mailbox("tested")
    one = phone(kept, box)
    purposes: list[str] = []
    assert sender.try_phone(one, lambda purpose: purposes.append(purpose) or "test.0.ask.proof") == "accepted"  # type: ignore[func-returns-value]
    [got] = box.got
    assert got.headers["Urgency"] == "normal" and got.headers["Topic"] == "test" and got.headers["TTL"] == "86400"
    ticket = read(got.body["notification"]["data"]["rcpt"])
    assert ticket and purposes == [f"push~phone-tested~{int(ticket.sent_at.timestamp() * 1000)}"]
    assert sender.try_phone(phone(kept, service.mailbox("left", lambda n: (410, {}))), str) == "gone"


def test_one_signature_serves_a_service_for_hours_and_each_service_has_its_own(service: PushService, kept: Kept, sender: WebPush) -> None:
    with PushService() as other:
        boxes = [service.mailbox("signed-1"), service.mailbox("signed-2"), other.mailbox("signed-3")]
        for number, box in enumerate(boxes):
            phone(kept, box, f"person-{number}")
            assert sent(sender, f"person-{number}").result is Result.ACCEPTED
        first, second, third = (box.got[0].headers["Authorization"] for box in boxes)
        assert first == second != third
        assert timedelta(hours=6) <= datetime.fromtimestamp(boxes[0].got[0].claims["exp"], UTC) - datetime.now(UTC) <= timedelta(hours=24)
        assert other.faults == []


@pytest.mark.parametrize("days", [40, -40])
def test_after_the_clock_has_been_put_right_the_signature_is_one_that_services_take(
    kept: Kept, sender: WebPush, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    real = time.time
    with PushService() as service:
        box = service.mailbox("clock")
        phone(kept, box)
        with monkeypatch.context() as wrong:
            wrong.setattr(time, "time", lambda: real() + days * 86_400)
            sent(sender)
        assert sent(sender).result is Result.ACCEPTED
        assert timedelta(hours=6) <= datetime.fromtimestamp(box.got[-1].claims["exp"], UTC) - datetime.now(UTC) <= timedelta(hours=24)


def test_after_a_service_has_refused_a_signature_the_next_push_has_a_new_one(service: PushService, kept: Kept, sender: WebPush) -> None:
    box, refusing = service.mailbox("good"), service.mailbox("refusing", lambda number: (403, {}))
    phone(kept, box)
    phone(kept, refusing, "nina")
    assert sent(sender).result is Result.ACCEPTED
    assert sent(sender, "nina").result is Result.PERMANENT
    assert sent(sender).result is Result.ACCEPTED
    first, second = (got.headers["Authorization"] for got in box.got)
    assert first != second


def test_the_key_pair_of_a_deployment_is_always_the_same_one() -> None:
    assert public_key_of(vapid_of(b"\0" * 32)) == public_key_of(vapid_of(b"\0" * 32)) != public_key_of(vapid_of(b"\xff" * 32))
    assert usable_keys(public_key_of(vapid_of(b"\xff" * 32)), "AAAAAAAAAAAAAAAAAAAAAA")


@given(st.text(max_size=100), st.text(max_size=30))
def test_keys_that_are_no_keys_are_told_from_those_that_are(p256dh: str, auth: str) -> None:
    assert not usable_keys(p256dh, VALID_KEYS[1]) and not usable_keys(VALID_KEYS[0], auth)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def", "https://updates.push.services.mozilla.com/wpush/v2/gAAA", "https://web.push.apple.com/QGuQ",
        "https://sg2p.notify.windows.com/w/?token=BQY", "https://push.fylke.example/up?x=1", "http://127.0.0.1:9999/push/ola",
    ],
)
def test_push_services_are_known_or_added(endpoint: str) -> None:
    assert allowed(endpoint, ("push.fylke.example", "127.0.0.1"))


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x", "https://fcm.googleapis.com.evil.example/x", "https://evil.example/fcm.googleapis.com", "https://push.apple.com/x",
        "https://user@fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x", "http://10.0.0.1/x", "http://localhost/x", "file:///etc/passwd",
        "https://169.254.169.254/latest/meta-data", "http://push.fylke.example/up", "https://[::1]/x", "https://fcm.googleapis.com\\@evil.example/x", "",
        "javascript:alert(1)", "https://fcm.googleapis.com/" + "x" * 1000, "https://fcm.googleapis.com/\nHost: evil", "https://fcm.googleapis.com:99999/",
    ],
)  # fmt: skip
def test_nobody_makes_this_server_post_elsewhere(endpoint: str) -> None:
    assert not allowed(endpoint, ("push.fylke.example", "127.0.0.1"))


@given(st.text(max_size=60))
def test_no_address_makes_the_check_raise(text: str) -> None:
    assert allowed(text) in (True, False) and allowed(f"https://{text}") in (True, False)


def test_the_channel_is_there_where_somebody_answers_for_it(kept: Kept) -> None:
    needs = Needs(lambda: WORLD, lambda order, purpose: "", str, {}, phones=kept, key=lambda name: b"k" * 32)
    assert make(needs) is None
    made = make(replace(needs, settings={"contact": "mailto:drift@varde.example"}))
    assert isinstance(made, WebPush) and isinstance(made, ManyAtOnce)
    made.stop()
    assert usable_contact("https://varde.example") and not usable_contact("mailto:x@localhost") and not usable_contact("")


# ---------------------------------------------------------------- the way out


@pytest.mark.parametrize("but_not", ["", "127.0.0.1"])
def test_a_push_goes_by_the_proxy_that_the_environment_names(
    service: PushService, kept: Kept, monkeypatch: pytest.MonkeyPatch, but_not: str, request: pytest.FixtureRequest
) -> None:
    proxy = Proxy()
    proxy.named(monkeypatch, but_not)
    sender: WebPush = request.getfixturevalue("sender")
    box = service.mailbox(f"proxied-{but_not or 'all'}")
    phone(kept, box)
    assert sent(sender) == Outcome(Result.ACCEPTED)
    proxy.close()
    assert (proxy.asked, len(box.got)) == (([], 1) if but_not else ([f"POST {box.endpoint} HTTP/1.1"], 0))
