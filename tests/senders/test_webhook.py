"""Signed calls to alarm centres: signed as the specification says, the same message on every try, and nobody's name in it."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from server.core.model import Alarm, Drill
from server.core.orders import Result, Say, Status, after_try
from server.core.tokens import order_of
from server.core.values import replace
from server.senders.contract import Needs, Outcome
from server.senders.webhook import Target, WebhookSender, key_of, signed
from tests.senders.conftest import CENTRE, GUARD, KEY, T0, alarm_of, demo_directory, order_to
from tests.senders.vendor import Vendor

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()


@pytest.fixture
def sender(vendor: Vendor, needs: Needs) -> WebhookSender:
    target = Target(vendor.url + "/alarms", SECRET, "https://varde.example.test/api/inbound/webhook/x")
    return WebhookSender({"sentralen": target}, needs)


def test_the_signature_is_that_of_the_specifications_own_example() -> None:
    """From the Standard Webhooks specification's reference implementations."""
    from datetime import UTC, datetime

    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_check_who_has_called(vendor: Vendor, sender: WebhookSender, alarm: Alarm) -> None:
    sender.send(order_to(CENTRE, alarm), alarm)
    [asked] = vendor.asked
    said = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
    right = base64.b64encode(hmac.new(b"s" * 32, said, hashlib.sha256).digest()).decode()
    assert asked.headers["webhook-signature"] == f"v1,{right}"
    assert asked.headers["webhook-timestamp"] == str(int(T0.timestamp()))
    assert asked.headers["content-type"] == "application/json"


def test_it_says_what_and_where_and_how_to_answer(vendor: Vendor, sender: WebhookSender, alarm: Alarm) -> None:
    order = order_to(CENTRE, alarm)
    sender.send(order, alarm)
    said = vendor.asked[0].json
    assert (said["type"], said["drill"]) == ("varde.alarm", False)
    assert said["data"]["office"] == {"id": "nav-fjordvik", "name": "Nav Fjordvik", "address": "Havnegata 4, Fjordvik (gult bygg ved torget)"}
    assert (said["data"]["zone"], said["data"]["level"], said["data"]["opened_at"]) == ("Mottak", "emergency", "2026-11-21T10:00:00Z")
    token = said["answer_url"].partition("?t=")[2]
    assert order_of(KEY, token, "webhook", [GUARD, CENTRE]) == order.id


def test_a_retry_is_the_same_message(vendor: Vendor, sender: WebhookSender, alarm: Alarm) -> None:
    vendor.answer(500)
    order = order_to(CENTRE, alarm)
    assert sender.send(order, alarm).result is Result.RETRY
    vendor.answer(200)
    assert sender.send(replace(order, rung=0), alarm).result is Result.DELIVERED
    first, again = vendor.asked
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    other = order_to(CENTRE, alarm, Say.ALL_CLEAR)
    sender.send(other, alarm)
    assert vendor.asked[2].headers["webhook-id"] != first.headers["webhook-id"]


def test_a_yes_means_that_they_have_it_and_nothing_more_is_tried(sender: WebhookSender, alarm: Alarm) -> None:
    order = order_to(CENTRE, alarm)
    outcome = sender.send(order, alarm)
    after = after_try(order, outcome.result, T0, demo_directory().limits.ladder_s)
    assert order.ladder[0] == "webhook" and len(order.ladder) > 1
    assert (after.status, after.channel, after.next_at) == (Status.DONE, "webhook", None)


@pytest.mark.parametrize(
    ("status", "result"), [(302, Result.PERMANENT), (401, Result.PERMANENT), (404, Result.PERMANENT), (429, Result.RETRY), (503, Result.RETRY)]
)
def test_anything_else_is_no_yes(vendor: Vendor, sender: WebhookSender, alarm: Alarm, status: int, result: Result) -> None:
    vendor.answer(status)
    assert sender.send(order_to(CENTRE, alarm), alarm).result is result


def test_a_drill_is_marked(vendor: Vendor, sender: WebhookSender) -> None:
    drill = alarm_of(drill=Drill("d-1", "Øvelsen"))
    sender.send(order_to(CENTRE, drill), drill)
    said = vendor.asked[0].json
    assert said["drill"] is True and said["ended_drill"] is False and said["data"]["text"].startswith("ØVELSE")


def test_what_has_ended_an_exercise_is_marked_too(vendor: Vendor, sender: WebhookSender) -> None:
    real = alarm_of(ended_drills=("a-0",))
    sender.send(order_to(CENTRE, real), real)
    said = vendor.asked[0].json
    assert said["drill"] is False and said["ended_drill"] is True and said["data"]["text"].startswith("EKTE ALARM, ikke øvelse. ")


def test_nobody_is_named(vendor: Vendor, sender: WebhookSender, alarm: Alarm) -> None:
    for say in (Say.ALARM, Say.ALL_CLEAR):
        sender.send(order_to(CENTRE, replace(alarm, raiser_id="kari.nilsen"), say), replace(alarm, raiser_id="kari.nilsen"))
    bodies = "".join(asked.body.decode() for asked in vendor.asked)
    assert not [person.name for person in demo_directory().people.values() if person.name in bodies]


def test_whoever_has_no_receiver_has_no_address(vendor: Vendor, sender: WebhookSender, alarm: Alarm) -> None:
    assert sender.send(order_to(GUARD, alarm), alarm) == Outcome(Result.NO_ADDRESS)
    assert sender.addressed([GUARD, CENTRE, "ola.brekke"]) == {CENTRE}
    assert not vendor.asked


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64 at all"])
def test_a_key_that_protects_nothing_is_refused(secret: str) -> None:
    with pytest.raises(ValueError):
        key_of(secret)
