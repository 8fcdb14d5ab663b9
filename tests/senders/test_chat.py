"""Chat rooms through Apprise, against a real server in the room's place."""

from __future__ import annotations

import logging

import pytest

from server.core.model import Alarm, Drill
from server.core.orders import Result
from server.senders import chat
from server.senders.chat import ChatSender, room
from server.senders.contract import Needs, Outcome
from tests.senders.conftest import CENTRE, GUARD, alarm_of, order_to
from tests.senders.vendor import Vendor


@pytest.fixture
def sender(vendor: Vendor, needs: Needs) -> ChatSender:
    made = room(vendor.url.replace("http://", "json://") + "/hook/SECRETPART")
    assert made is not None
    return ChatSender({"rommet": made}, needs)


def test_a_message_is_posted_in_the_room(vendor: Vendor, sender: ChatSender, alarm: Alarm) -> None:
    assert sender.send(order_to(GUARD, alarm), alarm) == Outcome(Result.DELIVERED)
    [asked] = vendor.asked
    assert "ALARM Mottak, Nav Fjordvik, kl. 11:00." in asked.json["message"] and asked.path == "/hook/SECRETPART"


def test_a_drill_says_so_first(vendor: Vendor, sender: ChatSender) -> None:
    drill = alarm_of(drill=Drill("d-1", "Øvelsen"))
    sender.send(order_to(GUARD, drill), drill)
    assert vendor.asked[0].json["message"].startswith("ØVELSE")


def test_what_has_ended_an_exercise_says_first_that_it_is_real(vendor: Vendor, sender: ChatSender) -> None:
    real = alarm_of(ended_drills=("a-0",))
    sender.send(order_to(GUARD, real), real)
    said = vendor.asked[0].json
    assert all(said[key].startswith("EKTE ALARM, ikke øvelse. ") for key in ("message", "title"))


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500])
def test_anything_but_yes_is_tried_again(vendor: Vendor, sender: ChatSender, alarm: Alarm, status: int) -> None:
    elsewhere = Vendor()
    vendor.answer(status, location=elsewhere.url)
    assert sender.send(order_to(GUARD, alarm), alarm) == Outcome(Result.RETRY, why="not_posted")
    elsewhere.close()
    assert not elsewhere.asked, "and no redirect is followed"


def test_a_room_that_never_answers_is_not_waited_for(vendor: Vendor, needs: Needs, alarm: Alarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "TIMEOUT_S", 0.3)
    vendor.hanging = True
    made = room(vendor.url.replace("http://", "json://"))
    assert made is not None
    assert ChatSender({"rommet": made}, needs).send(order_to(GUARD, alarm), alarm).result is Result.RETRY
    assert not vendor.go.is_set()


def test_a_rooms_address_and_texts_are_not_written_into_the_log(vendor: Vendor, sender: ChatSender, alarm: Alarm, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    vendor.answer(500)
    sender.send(order_to(GUARD, alarm), alarm)
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("apprise"))
    assert "SECRETPART" not in ours and "Mottak" not in ours


def test_rooms_that_offices_have_are_understood() -> None:
    for url in ("slack://TokenA12345/TokenB12345/TokenC12345678901234567/#alarm", "workflows://host:443/workflowid/signature/", "ntfys://example.test/x"):
        assert room(url) is not None, url
    assert room("nonsense") is None and room("") is None


def test_whoever_has_no_room_has_no_address(vendor: Vendor, sender: ChatSender, alarm: Alarm) -> None:
    assert sender.send(order_to(CENTRE, alarm), alarm) == Outcome(Result.NO_ADDRESS)
    assert sender.addressed([GUARD, CENTRE, "ola.brekke"]) == {GUARD}
    assert not vendor.asked and sender.probe() is None
