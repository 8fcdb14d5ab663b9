"""What the ticker promises: every deadline is delivered, once, and one bad alarm neither stops the others nor is put off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from server.core.alarm import due
from server.core.directory import Selector, Step
from server.core.model import Alarm, State
from server.core.orders import Say
from server.core.signals import Kind
from server.core.values import replace
from server.flow import ticker
from server.store.contract import Change, Conflict
from tests.flow.house import House, nothing_more
from tests.flow.people import ALL_CHANNELS, PIN, STEPS, the_directory


def sicken(monkeypatch: pytest.MonkeyPatch, sick: Alarm) -> None:
    """From now on nothing can be decided about this alarm when its time has come."""
    take = ticker.take

    def cannot(alarm: Alarm, *rest: object) -> object:
        if alarm.id == sick.id:
            raise ValueError("nobody can decide this")
        return take(alarm, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ticker, "take", cannot)


def test_silence_moves_to_the_next_step_when_it_is_due_and_not_before(house: House) -> None:
    alarm = house.press()
    assert house.tick(29.9) == 0
    assert house.again(alarm).plan.number == 0
    assert house.tick(0.1) == 1
    assert house.again(alarm).plan.number == 1


def test_the_last_step_repeats_for_ever(house: House) -> None:
    alarm = house.press()
    for _ in range(40):
        house.tick(60)
    after = house.again(alarm)
    assert after.plan.number == 2 and after.plan.rounds > 30
    assert due(after) is not None


def test_a_promise_that_is_not_renewed_lapses(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "acknowledge")
    for _ in range(7):
        house.tick(30)
    assert house.again(alarm).state is State.RAISED
    assert "lapsed" in house.words(alarm)


@pytest.mark.parametrize("hours", [0.2, 5])
@pytest.mark.parametrize("act", [None, "acknowledge", "arrive", "call_off"])
def test_what_was_set_while_the_clock_stood_ahead_is_put_right_when_it_has_been_put_back(house: House, hours: float, act: str | None) -> None:
    house.clock.now += timedelta(hours=hours)
    alarm = house.press()
    if act == "call_off":
        house.give_pins()
        assert house.act("kari", alarm, act, pin=PIN, seen_signal=1).reason is None
    elif act:
        house.act("ola", alarm, act)
    house.clock.now -= timedelta(hours=hours)
    assert due(house.again(alarm)) > house.clock.now + timedelta(minutes=11)
    assert ticker.put_right(house.context) == 1 and ticker.put_right(house.context) == 0
    after = house.again(alarm)
    longest_s = {"arrive": 600, "acknowledge": 180}.get(act, 60)
    assert house.clock.now < due(after) <= house.clock.now + timedelta(seconds=longest_s)
    assert (after.plan.number, after.told, after.version) == (0, after.told, house.again(alarm).version), "nobody is told anything by that"
    for _ in range(40):
        house.tick(30)
    assert house.again(alarm).plan.number == 2, "and silence moves on as ever"


def test_a_sound_clock_leaves_every_deadline_as_it_is(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "acknowledge", eta_s=2400)
    house.act("siri", alarm, "arrive")
    before = house.again(alarm)
    for seconds in (0, 1, 20, 100):
        house.clock.now += timedelta(seconds=seconds)
        assert ticker.put_right(house.context) == 0
    assert house.again(alarm) == before


def test_nobody_who_is_there_is_forgotten(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "arrive")
    for _ in range(12):
        house.tick(60)
    assert house.people_ordered(alarm, Say.ASK) == {"ola"}
    assert house.again(alarm).state is State.RAISED


def test_one_bad_alarm_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sick, well = house.press("karis"), house.press("eriks")
    sicken(monkeypatch, sick)
    house.tick(30)
    assert house.again(well).plan.number == 1
    assert house.words(sick)[-1] == "rescued"


def test_one_alarm_that_cannot_even_be_rescued_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sick, well = house.press("karis"), house.press("eriks")
    sicken(monkeypatch, sick)
    rescue: Callable[..., None] = lambda *_: 1 / 0  # type: ignore[assignment, return-value]  # noqa: E731
    monkeypatch.setattr(ticker, "_rescue", rescue)
    house.tick(30)
    assert house.again(well).plan.number == 1


def test_a_whole_batch_that_cannot_even_be_rescued_keeps_none_behind_it_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticker, "BATCH", 1)
    sick = house.press("karis")
    house.clock.push(1)  # it is due first, and stays so
    well = house.press("eriks")
    sicken(monkeypatch, sick)
    rescue: Callable[..., None] = lambda *_: 1 / 0  # type: ignore[assignment, return-value]  # noqa: E731
    monkeypatch.setattr(ticker, "_rescue", rescue)
    house.tick(30)
    assert (house.again(sick).plan.number, house.again(well).plan.number) == (0, 1)


def test_a_rescue_tells_the_last_steps_people_and_looks_again_in_a_while(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = house.press()
    house.deliver()
    house.got(sick, *sick.told)
    sicken(monkeypatch, sick)
    house.tick(30)
    after = house.again(sick)
    assert after.state is State.RAISED
    assert due(after) == house.clock.now + timedelta(seconds=30)
    rescue = [order for order in house.orders(sick) if order.step == after.version]
    assert {(order.recipient, order.reason) for order in rescue} == {
        ("liv", "look_yourself"),
        ("@fjordvik/vekter", None),
        ("@fjordvik/sentral", None),
    }
    assert {order.recipient for order in rescue} <= set(after.told), "they will get the all-clear"
    assert {recipient for _, recipient, _ in house.deliver()} == {order.recipient for order in rescue}
    nothing_more(house)


def test_a_rescued_alarm_is_rescued_again_for_as_long_as_it_is_sick(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = house.press()
    with monkeypatch.context() as patch:
        sicken(patch, sick)
        for _ in range(5):
            house.tick(30)
        assert house.words(sick).count("rescued") == 5
    house.tick(30)
    assert house.again(sick).plan.number == 1, "and moves on when it is well again"


def test_two_servers_rescue_a_sick_alarm_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    other = House(house.store, house.clock, "b")
    sick = house.press()
    sicken(monkeypatch, sick)
    rescue = ticker._rescue

    def other_first(context: object, alarm_id: str) -> None:
        if context is house.context:
            other.tick()
        rescue(context, alarm_id)  # type: ignore[arg-type]

    monkeypatch.setattr(ticker, "_rescue", other_first)
    house.tick(30)
    assert house.words(sick).count("rescued") == 1


def test_a_person_who_was_being_asked_is_not_forgotten_by_a_rescue(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = house.press(kind=Kind.FALL)
    with monkeypatch.context() as patch:
        sicken(patch, sick)
        house.tick(60)
        assert "liv" in house.people_ordered(sick)
    house.tick(30)
    assert house.again(sick).state is State.RAISED


def test_a_promise_in_a_sick_alarm_still_lapses_when_it_is_well(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.edit(content=replace(house.directory.content, situations=_easy_cover(house)))
    sick = house.press()
    house.act("ola", sick, "acknowledge")
    with monkeypatch.context() as patch:
        sicken(patch, sick)
        house.tick(180)
    house.tick(30)
    assert "lapsed" in house.words(sick)


def _easy_cover(house: House) -> dict[str, object]:
    situations = house.directory.content.situations
    return {**situations, "desk_alarm": replace(situations["desk_alarm"], cover=(("responder", 1),))}


def test_a_rescue_in_a_drill_is_marked_and_reaches_nobody_outside_who_has_not_agreed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = house.drill()
    sicken(monkeypatch, sick)
    house.tick(30)
    rescue = [order for order in house.orders(sick) if order.step == house.again(sick).version]
    assert {order.recipient for order in rescue} == {"liv", "@fjordvik/sentral"}
    assert all(order.drill for order in rescue)


def test_a_rescue_with_nobody_in_the_last_step_tells_the_plans_owner(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.edit(plans=the_directory(steps=(Step((Selector("role", "nobody_has_it"),), ALL_CHANNELS, 30),)).plans)
    sick = house.press()
    sicken(monkeypatch, sick)
    house.tick(30)
    assert house.words(sick)[-1] == "rescued"
    assert "liv" in {order.recipient for order in house.orders(sick) if order.step == house.again(sick).version}


def test_two_tickers_at_once_deliver_each_deadline_once(house: House) -> None:
    other = House(house.store, house.clock, "b")
    alarms = [house.press("karis"), house.press("eriks"), house.press("nobody-knows-it", zone_id="kontor")]
    house.clock.push(30)
    store = house.store

    class Between:
        """The other server ticks after this one has loaded and before it commits."""

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def alarms(self, ids: object) -> object:
            found = store.alarms(ids)  # type: ignore[arg-type]
            other.tick()
            return found

    house.context.store = Between()  # type: ignore[assignment]
    house.tick()
    for alarm in alarms:
        assert house.words(alarm).count("step_started") == 2
        assert house.again(alarm).version == 2


def test_a_tap_between_reading_and_saving_costs_the_other_alarms_of_the_batch_nothing(house: House) -> None:
    first, second = house.press("karis"), house.press("eriks")
    house.clock.push(30)
    store, missed = house.store, [True]

    class OnceBeaten:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def commit(self, change: Change) -> dict[str, int]:
            if len(change.alarms) > 1 and missed.pop():
                raise Conflict("somebody else was faster")
            return store.commit(change)

    house.context.store = OnceBeaten()  # type: ignore[assignment]
    house.tick()
    assert [house.again(alarm).plan.number for alarm in (first, second)] == [1, 1]


def test_a_server_that_was_down_delivers_what_came_due_meanwhile(house: House) -> None:
    alarm = house.press()
    house.clock.push(3600)
    later = House(house.store, house.clock, "restarted")
    later.tick()
    assert house.again(alarm).plan.number == 1


def test_more_alarms_than_one_batch_are_all_delivered(house: House) -> None:
    for n in range(ticker.BATCH + 50):
        house.press(f"unknown-{n}")
    house.clock.push(30)
    moved = 0
    while count := house.tick():
        moved += count
    assert moved == ticker.BATCH + 50


def test_an_edit_of_the_office_never_touches_a_running_alarm(house: House) -> None:
    alarm = house.press()
    house.edit(plans=the_directory(steps=(STEPS[0],)).plans)
    house.tick(30)
    assert house.again(alarm).plan.steps == STEPS
    assert house.again(alarm).plan.number == 1


def test_off_duty_is_truly_off_also_when_the_step_starts_later(house: House) -> None:
    alarm = house.press()
    house.edit(duty={key: duty for key, duty in house.directory.duty.items() if key[0] != "tor"})
    house.tick(30)
    assert "tor" not in house.people_ordered(alarm)
    assert "sara" in house.people_ordered(alarm)
