"""What the outbox promises of pushes: they go out whatever screens say, many at once, and each is answered by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence

import pytest

from server.core.model import Alarm
from server.core.orders import Order, Result, Say, Status
from server.flow import workers
from server.flow.delivery import Deliverer
from server.senders.contract import Outcome
from tests.flow.house import House, nothing_more, sent_to
from tests.flow.test_delivery import RealClock

FIRST_STEP = {"ola", "nina", "liv"}


class Together:
    """Takes many at once, and answers when it is told to."""

    channel = "push"

    def __init__(self) -> None:
        self.batches: list[list[Order]] = []
        self.waiting: dict[str, tuple[Order, Callable[[Order, Outcome], None]]] = {}
        self.broken = False

    def begin(self, batch: Sequence[tuple[Order, Alarm]], done: Callable[[Order, Outcome], None]) -> None:
        if self.broken:
            raise RuntimeError("our mistake")
        self.batches.append([order for order, _ in batch])
        self.waiting |= {order.recipient: (order, done) for order, _ in batch}

    def answer(self, who: str, result: Result) -> None:
        order, done = self.waiting.pop(who)
        done(order, Outcome(result))

    def send(self, order: Order, alarm: Alarm) -> Outcome:
        raise AssertionError("it is given many at once")

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        return frozenset(recipients)

    def probe(self) -> Outcome | None:
        return None


@pytest.fixture
def running(house: House):  # type: ignore[no-untyped-def]
    house.clock = house.context.now = RealClock()  # type: ignore[assignment]
    push = Together()
    deliverer = Deliverer(house.context, {"push": push, "sms": house.senders["sms"]}, "server-a")
    deliverer.start()
    yield house, push
    deliverer.stop()
    assert not deliverer.alive


def wait(until: Callable[[], bool], seconds: float = 8) -> None:
    give_up = time.monotonic() + seconds
    while not until() and time.monotonic() < give_up:
        threading.Event().wait(0.01)
    assert until(), "it never happened"


def test_a_screen_that_has_drawn_it_does_not_keep_the_phone_from_being_told(house: House) -> None:
    """A tab at home draws too: only what costs or disturbs more waits for what screens say."""
    alarm = house.press()
    house.got(alarm, "ola")
    house.store.receipts([], [("nina", alarm.id, house.clock.now)])
    assert sent_to(house.deliver(), "push") == FIRST_STEP
    assert sent_to([one for _ in range(10) for one in house.deliver(1)], "sms") == {"liv"}
    told = {order.recipient: order.status for order in house.orders(alarm, Say.ALARM) if order.recipient in FIRST_STEP}
    assert told == {"ola": Status.REACHED, "nina": Status.SEEN, "liv": Status.WAITING}
    house.got(alarm, "liv")
    nothing_more(house)


def test_whoever_has_answered_before_the_push_went_out_is_not_asked_again(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "acknowledge")
    assert sent_to(house.deliver(), "push") == FIRST_STEP - {"ola"}
    house.got(alarm, *FIRST_STEP)
    nothing_more(house)


def test_no_push_goes_out_for_an_alarm_that_has_ended_though_a_screen_has_drawn_it(house: House) -> None:
    alarm = house.press()
    house.got(alarm, *FIRST_STEP)
    house.end(alarm)
    assert {say for _, _, say in house.deliver()} == {"all_clear"}
    house.got(alarm, *house.again(alarm).told)
    nothing_more(house)


def test_many_are_handed_over_at_once_and_each_is_answered_by_itself(running) -> None:  # type: ignore[no-untyped-def]
    house, push = running
    alarm = house.press()
    wait(lambda: bool(push.batches))
    assert [{order.recipient for order in batch} for batch in push.batches] == [FIRST_STEP]
    push.answer("ola", Result.ACCEPTED)
    push.answer("nina", Result.PERMANENT)
    wait(lambda: [order.recipient for _, order in house.sent] == ["nina"])
    tries = {order.recipient: [one.word for one in order.tries if one.channel == "push"] for order in house.orders(alarm, Say.ALARM)}
    assert (tries["ola"], tries["nina"], tries["liv"]) == (["accepted"], ["permanent"], [])
    push.answer("liv", Result.ACCEPTED)


def test_a_channel_that_breaks_its_promise_is_tried_once_more_and_then_climbed_over(running) -> None:  # type: ignore[no-untyped-def]
    house, push = running
    push.broken = True
    house.press()
    wait(lambda: {order.recipient for _, order in house.sent} == FIRST_STEP)
    assert {channel for channel, _ in house.sent} == {"sms"} and push.batches == []


def test_a_sender_that_never_answers_is_given_up_and_climbed_over_and_what_it_says_later_changes_nothing(running, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    house, push = running
    monkeypatch.setattr(workers, "TOGETHER_S", 0.2)
    alarm = house.press()
    wait(lambda: {order.recipient for _, order in house.sent} == FIRST_STEP)
    assert {channel for channel, _ in house.sent} == {"sms"} and len(push.batches) == 1
    push.answer("ola", Result.PERMANENT)
    threading.Event().wait(0.5)
    tries = {order.recipient: [(one.channel, one.word) for one in order.tries] for order in house.orders(alarm, Say.ALARM)}
    assert tries["ola"][:2] == [("push", "retry"), ("sms", "accepted")]
