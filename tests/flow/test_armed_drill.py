"""A drill that one armed button began and nobody ends, through the real doors: its reminders are given once, whatever servers and clocks do."""

from __future__ import annotations

import time

import pytest

from server.core.model import Alarm
from server.core.orders import Say
from server.core.values import replace
from server.flow import actions, drills
from server.flow.ticker import Ticker
from server.store.contract import Change, Store
from tests.flow.house import House
from tests.flow.people import DURESS_PIN, ELSEWHERE, PIN


def in_drill(house: House, by: str = "odd") -> Alarm:
    """Somebody whom no plan tells has armed the counter's button; it has been pressed, and Ola is there."""
    actions.arm(house.context, "knapp", "drill", by)
    alarm = house.press("knapp")
    house.act("ola", alarm, "arrive")
    house.deliver()
    house.sent.clear()
    return alarm


def pass_time(house: House, minutes: float, each_s: float = 30) -> list[tuple[float, str, str, int]]:
    """The ticker looks and the outbox is emptied; gives (seconds since then, channel, recipient, minutes) of the reminders that went out."""
    found: list[tuple[float, str, str, int]] = []
    for n in range(1, int(minutes * 60 / each_s) + 1):
        house.tick(each_s)
        drills.end_beside_real(house.context)
        start = len(house.sent)
        house.deliver()
        found += [(n * each_s, channel, order.recipient, order.count) for channel, order in house.sent[start:] if order.say is Say.STILL_ON]
    return found


def test_whoever_armed_it_hears_after_ten_and_fifteen_minutes_that_it_is_still_on_and_is_never_called(house: House) -> None:
    alarm = in_drill(house)
    assert pass_time(house, 19.5) == [
        (600, "push", "odd", 10), (630, "sms", "odd", 10), (900, "push", "odd", 5), (930, "sms", "odd", 5),
    ]  # fmt: skip
    assert all(order.drill for _, order in house.sent) and house.again(alarm).open
    assert house.words(alarm).count("still_on") == 2 and house.people_ordered(alarm, Say.STILL_ON) == {"odd"}
    assert pass_time(house, 1) == [] and not house.again(alarm).open
    assert pass_time(house, 30) == [], "and nothing after its end"
    assert house.words(alarm).count("still_on") == 2 and house.words(alarm)[-1] == "drill_over"


def test_one_that_is_ended_in_time_reminds_nobody(house: House) -> None:
    alarm = in_drill(house)
    pass_time(house, 9.5)
    house.act("ola", alarm, "resolve", outcome="drill_done", seen_signal=1)
    assert pass_time(house, 15) == [] and "still_on" not in house.words(alarm)


def test_a_reminder_that_waits_when_it_ends_goes_out_no_more(house: House) -> None:
    alarm = in_drill(house)
    house.tick(600)
    drills.end_beside_real(house.context)
    assert house.orders(alarm, Say.STILL_ON)
    house.act("ola", alarm, "resolve", outcome="drill_done", seen_signal=1)
    assert "still_on" not in {say for _, _, say in [*house.deliver(), *house.deliver(60)]}


@pytest.mark.parametrize(("minutes", "said"), [(17, [3]), (21, [])], ids=["over both", "over the end"])
def test_a_clock_that_jumps_over_both_brings_one_and_one_that_jumps_over_the_end_none(house: House, minutes: int, said: list[int]) -> None:
    alarm = in_drill(house)
    house.clock.push(minutes * 60)
    for _ in range(3):
        drills.end_beside_real(house.context)
    assert [order.count for order in house.orders(alarm, Say.STILL_ON)] == said
    assert house.again(alarm).open is bool(said)


def test_neither_a_real_alarm_nor_one_of_a_planned_drill_is_reminded_of(house: House) -> None:
    real = house.press("pers", office_id=ELSEWHERE)
    alarm = in_drill(house, "liv")
    mark = house.again(alarm).drill
    assert mark is not None
    planned = replace(house.again(alarm), version=house.again(alarm).version + 1, drill=replace(mark, planned=True))
    house.store.commit(Change(house.clock.now, [(planned.version - 1, planned)]))
    house.clock.push(15 * 60)
    drills.end_beside_real(house.context)
    assert not house.orders(alarm, Say.STILL_ON) and not house.orders(real, Say.STILL_ON)


def test_two_servers_that_look_at_once_and_one_that_has_been_restarted_remind_once(any_store: Store) -> None:
    first = House(any_store)
    alarm = in_drill(first)
    second = House(any_store, first.clock, "b")
    first.clock.push(600)
    commit = any_store.commit

    def behind_it(change: Change) -> dict[str, int]:
        """The other server is faster, between what this one has read and what it saves."""
        any_store.commit = commit  # type: ignore[method-assign]
        drills.end_beside_real(second.context)
        return commit(change)

    any_store.commit = behind_it  # type: ignore[method-assign]
    assert drills.end_beside_real(first.context) == 1
    drills.end_beside_real(first.context)
    drills.end_beside_real(House(any_store, first.clock, "c").context)
    assert [order.recipient for order in first.orders(alarm, Say.STILL_ON)] == ["odd"] and first.words(alarm).count("still_on") == 1
    first.clock.push(300)
    drills.end_beside_real(House(any_store, first.clock, "d").context)
    assert [order.count for order in first.orders(alarm, Say.STILL_ON)] == [10, 5] and first.words(alarm).count("still_on") == 2
    assert any_store.alarms([alarm.id])[alarm.id].drill.reminded == 2  # type: ignore[union-attr]


def test_it_is_looked_for_each_second_though_nothing_else_happens(any_store: Store) -> None:
    house = House(any_store)
    alarm = in_drill(house)
    quiet = replace(house.again(alarm), version=house.again(alarm).version + 1, assignments=())
    house.store.commit(Change(house.clock.now, [(quiet.version - 1, replace(quiet, plan=replace(quiet.plan, due_at=house.clock.now.replace(year=2099))))]))
    ticker = Ticker(house.context)
    ticker.start()
    try:
        time.sleep(0.1)  # it has looked once, and has nothing to do for years
        house.clock.push(600)
        until_s = time.monotonic() + 5
        while not house.orders(alarm, Say.STILL_ON) and time.monotonic() < until_s:
            time.sleep(0.05)
    finally:
        ticker.stop()
    assert [order.recipient for order in house.orders(alarm, Say.STILL_ON)] == ["odd"]


@pytest.mark.parametrize("pin", [PIN, DURESS_PIN])
def test_beside_a_call_off_the_reminders_are_the_same_under_duress(house: House, pin: str) -> None:
    """The drill sees the ordinary PIN; what is real is an alarm of its own, and ends no drill that those near could see end."""
    house.give_pins()
    actions.arm(house.context, "karis", "drill", "liv")
    alarm = house.press("karis")
    house.clock.push(3)
    assert house.act("kari", alarm, "call_off", pin=pin, seen_signal=1).reason is None
    house.clock.push(597)
    drills.end_beside_real(house.context)
    [order] = house.orders(alarm, Say.STILL_ON)
    assert (order.recipient, order.count, house.again(alarm).open) == ("liv", 10, True)
