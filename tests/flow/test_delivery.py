"""What the outbox promises: lease, send, record. A crash means a second message, never none; and nothing goes out that is overtaken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from server.core.directory import Duty, Selector, Step
from server.core.model import Alarm, State
from server.core.orders import Order, Result, Say, Status
from server.core.values import replace
from server.flow import delivery
from server.flow.delivery import Deliverer
from server.flow.workers import Job
from server.senders.contract import Outcome
from server.store.contract import OrderUpdate
from tests.flow.house import DRILL, House, RecordingSender, nothing_more, sent_to
from tests.flow.people import ALL_CHANNELS, OFFICE, the_directory

FIRST_STEP = {"ola", "nina", "liv"}


class Killed(BaseException):
    """The server is killed at this point: nothing after it runs."""


def climb(house: House, seconds: int) -> list[tuple[str, str, str]]:
    """Time passes; the outbox is emptied each second."""
    return [one for _ in range(seconds) for one in house.deliver(1)]


def test_each_person_of_the_step_gets_one_message(house: House) -> None:
    house.press()
    assert sorted(house.deliver()) == [("push", who, "alarm") for who in sorted(FIRST_STEP)]
    nothing_more(house)


def test_a_phone_without_a_receipt_gets_an_sms_after_ten_seconds_and_a_call_after_twenty(house: House) -> None:
    house.press()
    house.deliver()
    assert climb(house, 9) == []
    assert sent_to(climb(house, 1), "sms") == FIRST_STEP
    assert climb(house, 9) == []
    assert sent_to(climb(house, 1), "voice") == FIRST_STEP
    nothing_more(house)


def test_a_receipt_stops_the_ladder_of_that_person_only(house: House) -> None:
    alarm = house.press()
    house.deliver()
    house.got(alarm, "ola")
    assert sent_to(climb(house, 10), "sms") == FIRST_STEP - {"ola"}
    nothing_more(house)


def test_an_answer_stops_the_ladder_too(house: House) -> None:
    alarm = house.press()
    house.deliver()
    house.act("ola", alarm, "acknowledge")
    assert sent_to(climb(house, 10), "sms") == FIRST_STEP - {"ola"}
    nothing_more(house)


def test_killed_between_sending_and_recording_sends_again_and_never_not_at_all(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.press()

    def killed(updates: list[OrderUpdate]) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(house.context, "store", _with(house, record=killed))
        with pytest.raises(Killed):
            house.deliver()
    assert len(house.sent) == 1
    again = climb(house, delivery.LEASE_S + 1)
    assert sent_to(again, "push") == FIRST_STEP


def test_killed_between_lease_and_sending_is_sent_when_the_lease_is_over(house: House) -> None:
    alarm = house.press()
    house.store.lease(house.clock.now, house.clock.now.replace(second=15), "server-dead", 500)
    house.deliver(14)
    assert house.sent == []
    assert sent_to(climb(house, 2), "push") == FIRST_STEP
    house.got(alarm, *FIRST_STEP)
    nothing_more(house)


def test_two_servers_never_send_the_same_rung_twice_while_both_live(house: House) -> None:
    other = House(house.store, house.clock, "b")
    house.press()
    house.senders["push"].before = lambda order, alarm: other.deliver() and None
    house.deliver()
    assert len(house.sent) + len(other.sent) == len(FIRST_STEP)
    nothing_more(house)
    nothing_more(other)


def test_nobody_is_called_after_the_end(house: House) -> None:
    alarm = house.press()
    house.deliver()
    house.end(alarm)
    sent = climb(house, 60)
    assert {say for _, _, say in sent} == {"all_clear"}
    assert {order.status for order in house.orders(alarm, Say.ALARM) if order.recipient in FIRST_STEP} <= {Status.VOID, Status.SEEN}
    assert sent_to(sent, "push") == set(house.again(alarm).told)
    nothing_more(house)


def test_an_order_that_its_alarms_end_has_overtaken_is_void(house: House) -> None:
    alarm = house.press()
    house.end(alarm)
    assert {say for _, _, say in house.deliver()} == {"all_clear"}
    assert {order.status for order in house.orders(alarm, Say.ALARM, "nina")} == {Status.VOID}
    house.got(alarm, *house.again(alarm).told)
    nothing_more(house)


def test_drill_orders_are_void_once_it_is_real(house: House) -> None:
    alarm = house.drill()
    real = replace(house.again(alarm), drill=None)
    monkey = _with(house, alarms=lambda ids: {alarm.id: real})
    house.context.store = monkey  # type: ignore[assignment]
    assert house.deliver() == []
    assert {order.status for order in house.orders(alarm, Say.ALARM) if not order.recipient.startswith("device:")} == {Status.VOID}


def test_an_order_whose_alarm_is_gone_stops_no_other(house: House) -> None:
    gone, well = house.press("karis"), house.press("eriks")
    alarms = house.store.alarms
    house.context.store = _with(house, alarms=lambda ids: {k: v for k, v in alarms(ids).items() if k != gone.id})  # type: ignore[assignment]
    house.deliver()
    assert {order.alarm_id for _, order in house.sent} == {well.id}


def test_without_any_channel_the_next_step_starts_when_the_screens_have_had_their_ten_seconds(house: House) -> None:
    alarm = house.press()
    house.senders.clear()
    climb(house, 9)
    assert house.again(alarm).plan.number == 0
    climb(house, 1)
    assert house.again(alarm).plan.number == 1
    assert "unreached" in house.words(alarm)


def test_one_screen_that_has_drawn_it_is_enough_to_wait_for_an_answer(house: House) -> None:
    alarm = house.press()
    house.senders.clear()
    house.got(alarm, "nina")
    climb(house, 20)
    assert house.again(alarm).plan.number == 0


def test_a_note_written_in_the_same_instant_does_not_hold_up_the_next_step(house: House) -> None:
    alarm = house.press()
    house.senders.clear()
    unreached, noted = house.store.step_unreached, []

    def meanwhile(alarm_id: str, made_at: datetime) -> bool:
        if not noted:
            noted.append(True)
            other.act("ola", alarm, "note", text="jeg hører noe")
        return unreached(alarm_id, made_at)

    other = House(house.store, house.clock, "b")
    house.context.store = _with(house, step_unreached=meanwhile)  # type: ignore[assignment]
    climb(house, 10)
    assert noted and house.again(alarm).plan.number == 1


@pytest.mark.parametrize(
    ("result", "after_s", "channel"),
    [(Result.PERMANENT, 1, "sms"), (Result.RETRY, 1, "push"), (Result.ACCEPTED, 10, "sms")],
)
def test_what_the_vendor_answers_decides_what_comes_next(house: House, result: Result, after_s: int, channel: str) -> None:
    house.press()
    house.senders["push"].result = result
    house.deliver()
    house.senders["push"].result = Result.ACCEPTED
    first = [one for one in house.sent if one[0] == channel] if channel == "sms" else []
    assert first or sent_to(climb(house, after_s), channel) == FIRST_STEP


def test_a_sender_that_breaks_its_promise_is_a_channel_that_is_down(house: House) -> None:
    house.press()

    def broken(order: Order, alarm: Alarm) -> None:
        raise RuntimeError("not what a sender does")

    house.senders["push"].before = broken
    assert sent_to(climb(house, 3), "sms") == FIRST_STEP


def test_contacts_outside_hear_nothing_of_a_drill_unless_they_have_agreed(house: House) -> None:
    alarm = house.drill()
    for who in ("ola", "nina", "liv"):
        house.act(who, alarm, "decline")
    for _ in range(4):
        house.tick(30)
        house.deliver()
    outside = {order.recipient for _, order in house.sent if order.recipient.startswith("@")}
    assert outside == {f"@{OFFICE}/sentral"}
    assert any(entry.what == "would_have" for entry in house.store.log(alarm.id)), "and the log says who would have been told"
    assert all(order.drill for _, order in house.sent)


def test_what_goes_to_a_device_waits_for_its_gateway(house: House) -> None:
    alarm = house.press()
    assert not [order for _, order in house.sent if order.recipient.startswith("device:")]
    lamps = {order.recipient for order in house.orders(alarm) if order.recipient.startswith("device:")}
    assert lamps == {"device:lampe-mottak", "device:lampe-kontor"}
    assert not {recipient for _, recipient, _ in house.deliver()} & lamps


def test_a_step_whose_people_are_all_off_duty_goes_to_the_plans_owner_with_the_reason(house: House) -> None:
    house.edit(duty={("erik", OFFICE): Duty.PRESENT, ("liv", OFFICE): Duty.ON_DUTY}, people=_without_role(house, "liv"))
    alarm = house.press()
    [order] = house.orders(alarm, Say.ALARM, "liv")
    assert (order.reason or "").startswith("nobody_for_role")


def _without_role(house: House, who: str) -> dict[str, object]:
    return {**house.directory.people, who: replace(house.directory.people[who], roles=frozenset())}


# ---------------------------------------------------------------- threads


class RealClock:
    now = property(lambda self: datetime.now(UTC))

    def __call__(self) -> datetime:
        return datetime.now(UTC)


def _crowd(house: House, count: int, channels: tuple[str, ...]) -> None:
    """So many people are told by these channels, by the real clock."""
    house.clock = house.context.now = RealClock()  # type: ignore[assignment]
    people = [replace(house.directory.people["ola"], id=f"hjelper{n}") for n in range(count)]
    everyone = {**house.directory.people, **{one.id: one for one in people}}
    steps = (Step(tuple(Selector("person", one.id) for one in people), channels, 30),)
    duty = {(one.id, OFFICE): Duty.PRESENT for one in people}
    house.edit(people=everyone, duty=duty, plans=the_directory(steps=steps).plans)


class HungSender(RecordingSender):
    """Answers after a while, and then says that it did not work."""

    def send(self, order: Order, alarm: Alarm) -> Outcome:
        time.sleep(0.4)
        return Outcome(Result.RETRY)


def test_a_hung_vendor_delays_no_other_channel(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty people behind a vendor that hangs: everyone's next channel is tried about as soon as if it had answered *no* at once."""
    monkeypatch.setattr(delivery, "QUEUE_S", 0.3)
    _crowd(house, 40, ("push", "sms"))
    senders = {"push": HungSender("push", []), "sms": house.senders["sms"]}
    deliverer = Deliverer(house.context, senders, "server-a")
    deliverer.start()
    try:
        started = time.monotonic()
        house.press()
        _wait(lambda: len({order.recipient for _, order in tuple(house.sent)}) == 40, 8)
        assert time.monotonic() - started < 4
    finally:
        deliverer.stop()


class SlowSender(RecordingSender):
    """Takes its time, and everything."""

    def send(self, order: Order, alarm: Alarm) -> Outcome:
        time.sleep(0.1)
        return super().send(order, alarm)


def test_behind_a_vendor_that_is_only_slow_nobody_fails_without_a_try(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last channel of forty people takes eight at a time: the queue is longer than anybody waits where there is another one."""
    monkeypatch.setattr(delivery, "QUEUE_S", 0.15)
    _crowd(house, 40, ("push",))
    deliverer = Deliverer(house.context, {"push": SlowSender("push", house.sent)}, "server-a")
    deliverer.start()
    try:
        alarm = house.press()
        _wait(lambda: len(house.sent) >= 40, 8)
        assert sorted(order.recipient for _, order in house.sent) == sorted(f"hjelper{n}" for n in range(40))
        assert not any(one.status is Status.FAILED for one in house.orders(alarm, Say.ALARM))
    finally:
        deliverer.stop()


def test_what_has_waited_until_its_lease_is_over_is_sent_by_whoever_has_it_now(house: House) -> None:
    alarm = house.press()
    order = next(one for one in house.orders(alarm, Say.ALARM) if one.recipient == "ola")
    job = Job(order, alarm, "sms", "a", house.clock.now)
    house.clock.push(delivery.LEASE_S)
    assert delivery.send(house.context, house.senders["sms"], job, (), answers=True) is None
    assert house.sent == []


def test_an_alarm_whose_step_reached_nobody_is_looked_at_again_where_that_went_wrong_at_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    alarm, other = house.press("karis"), house.press("eriks")
    failed = [replace(house.orders(one)[0], status=Status.FAILED) for one in (alarm, other)]
    tries: list[str] = []

    def at_first_wrong(_: object, alarm_id: str) -> None:
        tries.append(alarm_id)
        assert alarm_id == other.id or tries.count(alarm_id) > 1

    monkeypatch.setattr(delivery, "_unreached", at_first_wrong)
    deliverer = Deliverer(house.context, house.senders, "server-a")
    monkeypatch.setattr(delivery, "settle", lambda context, _: delivery._after_recording(context, failed, {alarm.id: alarm, other.id: other}))
    deliverer._results = [(None, None)]  # type: ignore[list-item]
    deliverer._settle()
    deliverer._settle()
    deliverer._settle()
    assert sorted(tries) == sorted([alarm.id, alarm.id, other.id])


def test_an_order_is_sent_as_soon_as_the_bell_rings(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SWEEP_S", 600.0)  # by itself it would not look
    house.clock = house.context.now = RealClock()  # type: ignore[assignment]
    deliverer = Deliverer(house.context, house.senders, "server-a")
    deliverer.start()
    try:
        time.sleep(0.05)
        house.press()
        _wait(lambda: len(house.sent) == len(FIRST_STEP), 20)
    finally:
        deliverer.stop()
    assert not deliverer.alive
    assert {order.recipient for _, order in house.sent} == FIRST_STEP, "and nothing else was sent"


def _wait(until: Callable[[], bool], seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while not until() and time.monotonic() < give_up:
        threading.Event().wait(0.01)
    assert until(), "it never happened"


def _with(house: House, **changed: object) -> object:
    """The store with some of its functions changed."""

    class Wrapped:
        def __getattr__(self, name: str) -> object:
            return changed.get(name) or getattr(house.store, name)

    return Wrapped()


def test_a_drill_alarm_is_raised_like_a_real_one(house: House) -> None:
    alarm = house.drill()
    assert (alarm.state, alarm.drill) == (State.RAISED, DRILL)
    assert {(recipient, say) for _, recipient, say in house.deliver()} == {(who, "alarm") for who in FIRST_STEP}
    assert ALL_CHANNELS[1] == "push"
    nothing_more(house)
