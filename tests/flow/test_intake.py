"""What the door for signals promises: no press is refused, lost or taken twice, and none delays another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.log import first_broken
from server.core.model import Alarm, State
from server.core.orders import Say
from server.core.signals import Doubt, Kind, Signal
from server.core.triage import Origin
from server.core.values import replace
from server.flow import actions
from server.flow import intake as intake_module
from server.flow.context import TRIES
from server.store.contract import Change, Conflict, Known, StoreDown
from tests.flow.house import House, nothing_more
from tests.flow.people import OFFICE

PHONES = "01890000-0000-7000-8000-000000000001"
"""A press in the app."""


def test_the_same_press_again_gets_the_same_receipt_and_nothing_is_sent_twice(house: House) -> None:
    press = house.signal()
    [first] = house.take_in(press)
    house.deliver()
    [again] = house.take_in(press)
    assert (again.outcome, again.alarm_id) == ("repeated", first.alarm_id)
    assert house.only_alarm().signals_count == 1
    nothing_more(house)


def test_a_copy_heard_by_another_hub_later_is_the_same_press(house: House) -> None:
    press = house.signal(id="karis-1-1")
    house.take_in(press)
    house.clock.push(5)
    [copy] = house.take_in(house.signal(id="karis-1-1", heard_at=house.clock.now))
    assert copy.outcome == "repeated"
    assert house.only_alarm().version == 1


def test_copies_in_one_batch_are_one_press(house: House) -> None:
    press = house.signal()
    outcomes = [receipt.outcome for receipt in house.take_in(press, press, press)]
    assert outcomes == ["opened", "repeated", "repeated"]
    assert house.only_alarm().signals_count == 1


def test_the_same_id_with_other_content_is_a_new_and_doubtful_press(house: House) -> None:
    house.take_in(house.signal("karis", id="karis-1-1"))
    other = house.signal("karis", id="karis-1-1", zone_id="kontor")
    [receipt] = house.take_in(other)
    [again] = house.take_in(other)
    alarm = house.only_alarm()
    assert (receipt.outcome, again.outcome, again.alarm_id) == ("joined", "repeated", alarm.id)
    assert [signal.doubt for signal in alarm.signals] == [None, Doubt.REPLAYED]


def test_presses_of_one_person_at_two_servers_at_once_are_one_alarm(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    other = House(house.store, house.clock, "b")
    look, between = house.store.known, [other.signal("karis", id="karis-1-2")]

    def look_and_let_the_other_in(*asked: object) -> Known:
        found = look(*asked)
        while between:
            assert other.take_in(between.pop())[0].outcome == "opened"
        return found

    monkeypatch.setattr(house.store, "known", look_and_let_the_other_in)
    [receipt] = house.take_in(house.signal("karis", id="karis-1-1"))
    assert (receipt.outcome, house.only_alarm().signals_count) == ("joined", 2)


def test_of_two_presses_of_an_armed_device_at_two_servers_at_once_one_is_real(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    other = House(house.store, house.clock, "b")
    actions.arm(house.context, "karis", "test", "liv")
    look, between = house.store.known, [other.signal("karis", id="karis-1-2")]

    def look_and_let_the_other_in(*asked: object) -> Known:
        found = look(*asked)
        while between:
            assert other.take_in(between.pop())[0].outcome == "test"
        return found

    monkeypatch.setattr(house.store, "known", look_and_let_the_other_in)
    [receipt] = house.take_in(house.signal("karis", id="karis-1-1"))
    assert receipt.outcome == "opened"


@pytest.mark.parametrize("purpose", ["test", "drill"])
@pytest.mark.parametrize("waited_s", [30.5, 4000.0, 1e300, float("inf")])
def test_a_press_that_was_kept_back_by_a_cut_line_and_heard_before_its_button_was_armed_is_real(house: House, purpose: str, waited_s: float) -> None:
    actions.arm(house.context, "karis", purpose, "liv")
    house.clock.push(30)
    alarm = house.press(id="karis-1-1", waited_s=waited_s)
    assert alarm.drill is None and alarm.signals_count == 1
    [receipt] = house.take_in(house.signal("karis", id="karis-1-2", waited_s=29.5))
    assert receipt.outcome == "joined", "neither a drill nor a test is beside a real alarm"


@pytest.mark.parametrize("waited_s", [0.0, 29.5, -5.0, float("nan")])
def test_a_press_that_was_heard_after_its_button_was_armed_is_a_test_also_when_the_gateways_clock_is_wrong(house: House, waited_s: float) -> None:
    actions.arm(house.context, "karis", "test", "liv")
    house.clock.push(30)
    hour = timedelta(hours=1)
    [receipt] = house.take_in(house.signal("karis", waited_s=waited_s, heard_at=house.clock.now - hour))
    assert receipt.outcome == "test" and house.store.alarm_ids() == []


def test_a_store_that_is_down_is_asked_once_and_everyone_is_told_to_send_it_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    presses = [house.signal(id=f"karis-1-{n}") for n in range(1, 101)]
    asked = []

    def down(change: Change) -> None:
        asked.append(change)
        raise StoreDown

    with monkeypatch.context() as patch:
        patch.setattr(type(house.store), "commit", lambda _, change: down(change))
        receipts = house.take_in(*presses)
    assert [(r.signal_id, r.outcome, r.retry) for r in receipts] == [(press.id, "failed", True) for press in presses]
    assert len(asked) == 1
    assert {receipt.outcome for receipt in house.take_in(*presses)} == {"opened", "joined"}


def test_one_poisoned_signal_delays_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    decide = intake_module._Batch._decide

    def poisoned(batch: object, origin: Origin) -> tuple[str, str | None]:
        if origin.signal.id == "poison":
            raise ValueError("nobody can decide this")
        return decide(batch, origin)  # type: ignore[arg-type]

    monkeypatch.setattr(intake_module._Batch, "_decide", poisoned)
    presses = [house.signal("eriks" if n % 2 else "karis", id="poison" if n == 7 else None or f"press-{n}") for n in range(20)]
    receipts = house.take_in(*presses)
    assert [(r.signal_id, r.retry) for r in receipts if r.outcome == "failed"] == [("poison", True)]
    assert [r.signal_id for r in receipts] == [press.id for press in presses]
    assert sum(house.alarm(alarm_id).signals_count for alarm_id in house.store.alarm_ids()) == 19


def test_a_press_on_an_alarm_that_nobody_can_decide_opens_its_own(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = house.press()
    take = intake_module.take
    monkeypatch.setattr(intake_module, "take", lambda alarm, *rest: 1 / 0 if alarm.id == sick.id else take(alarm, *rest))
    [receipt] = house.take_in(house.signal())
    assert receipt.outcome == "opened"
    assert receipt.alarm_id != sick.id


def test_intake_that_loses_every_race_opens_its_own_alarm(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first = house.press()
    commit = house.store.commit

    def always_late(change: Change) -> dict[str, int]:
        if any(base for base, _ in change.alarms):
            raise Conflict("somebody else was faster")
        return commit(change)

    monkeypatch.setattr(house.context, "store", _with_commit(house, always_late))
    [receipt] = house.take_in(house.signal())
    assert receipt.outcome == "opened"
    assert receipt.alarm_id != first.id
    assert house.alarm(receipt.alarm_id).state is State.RAISED  # type: ignore[arg-type]


def test_presses_that_only_lose_their_races_together_still_join_one_alarm(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind an outage two servers have hundreds each, of the same buttons. Each press with an alarm of its own would ring everybody hundreds of times."""
    house.press()
    commit = house.store.commit

    def late_together(change: Change) -> dict[str, int]:
        if len(change.signals) > 1 and (change.alone.pressers or any(base for base, _ in change.alarms)):
            raise Conflict("somebody else was faster")
        return commit(change)

    monkeypatch.setattr(house.context, "store", _with_commit(house, late_together))
    receipts = house.take_in(*(house.signal() for _ in range(12)))
    assert {one.outcome for one in receipts} == {"joined"} and house.only_alarm().signals_count == 13


def test_a_press_that_cannot_be_stored_is_asked_for_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def full(change: Change) -> dict[str, int]:
        tries.append(change)
        raise OSError("no space left on device")

    press = house.signal()
    with monkeypatch.context() as patch:
        patch.setattr(house.context, "store", _with_commit(house, full))
        [receipt] = house.take_in(press)
        assert (receipt.outcome, receipt.retry) == ("failed", True)
        assert len(tries) <= TRIES + 1, "it gives up and lets the gateway try again"
    [receipt] = house.take_in(press)
    assert receipt.outcome == "opened"


def _with_commit(house: House, commit: object) -> object:
    class Wrapped:
        def __getattr__(self, name: str) -> object:
            return commit if name == "commit" else getattr(house.store, name)

    return Wrapped()


def test_a_press_that_comes_hours_late_raises_and_says_when_it_was_made(house: House) -> None:
    alarm = house.press(pressed_at=house.clock.now - timedelta(hours=3))
    assert alarm.state is State.RAISED
    assert alarm.signals[0].pressed_at == house.clock.now - timedelta(hours=3)
    assert alarm.plan.due_at == house.clock.now + timedelta(seconds=30), "the device's own clock never sets a deadline"


def test_a_press_of_an_unknown_device_raises_at_its_gateways_office(house: House) -> None:
    alarm = house.press("nobody-knows-it")
    assert (alarm.state, alarm.office_id) == (State.RAISED, OFFICE)
    assert [signal.doubt for signal in alarm.signals] == [Doubt.UNKNOWN_DEVICE]
    assert {"ola", "nina", "liv"} <= house.people_ordered(alarm)


@pytest.mark.parametrize("doubt", [Doubt.UNSIGNED, Doubt.BAD_SIGNATURE, Doubt.REPLAYED, Doubt.UNDECODABLE])
def test_a_doubtful_press_raises_all_the_same(house: House, doubt: Doubt) -> None:
    alarm = house.press(verified=False, doubt=doubt)
    assert alarm.state is State.RAISED
    assert alarm.signals[0].doubt is doubt


def test_a_retained_message_never_raises(house: House) -> None:
    [receipt] = house.take_in(house.signal(retained=True))
    assert receipt.outcome == "noted"
    assert house.store.alarm_ids() == []
    nothing_more(house)


def test_a_test_gesture_of_a_device_that_nobody_armed_is_a_press(house: House) -> None:
    alarm = house.press(kind=Kind.TEST)
    assert (alarm.state, alarm.kind) == (State.RAISED, Kind.PANIC)


def test_the_first_press_of_an_armed_device_is_a_test_and_the_next_is_real(house: House) -> None:
    actions.arm(house.context, "karis", "test", "liv")
    [test] = house.take_in(house.signal())
    assert (test.outcome, house.store.alarm_ids()) == ("test", [])
    assert house.store.devices(["karis"])["karis"].tested_at == house.clock.now
    nothing_more(house)
    [real] = house.take_in(house.signal())
    assert real.outcome == "opened"


def test_two_presses_of_an_armed_device_in_one_batch_are_a_test_and_an_alarm(house: House) -> None:
    actions.arm(house.context, "karis", "test", "liv")
    assert [r.outcome for r in house.take_in(house.signal(), house.signal())] == ["test", "opened"]


def test_arming_is_over_after_two_minutes(house: House) -> None:
    actions.arm(house.context, "karis", "test", "liv")
    house.clock.push(121)
    assert house.press().state is State.RAISED


@pytest.mark.parametrize("before", [Kind.CALL_OFF, Kind.FALL, Kind.NO_MOTION])
@pytest.mark.parametrize("purpose", ["test", "drill"])
def test_what_is_no_press_uses_up_no_arming_and_is_neither_test_nor_drill(house: House, purpose: str, before: Kind) -> None:
    actions.arm(house.context, "karis", purpose, "liv")
    [receipt] = house.take_in(house.signal(kind=before))
    assert receipt.outcome == ("noted" if before is Kind.CALL_OFF else "opened")
    assert house.store.armed(["karis"], house.clock.now) and house.store.devices(["karis"]) == {}, "it has not shown that its button works"
    if before is not Kind.CALL_OFF:
        assert (house.only_alarm().state, house.only_alarm().drill) == (State.PENDING, None)


def test_the_announced_press_is_a_test_also_after_a_call_off_gesture(house: House) -> None:
    actions.arm(house.context, "karis", "test", "liv")
    assert [one.outcome for one in house.take_in(house.signal(kind=Kind.CALL_OFF), house.signal())] == ["noted", "test"]
    nothing_more(house)


@pytest.mark.parametrize("device", ["knapp", "karis", "eriks"])
def test_no_press_is_a_test_beside_a_real_alarm_in_the_office(house: House, device: str) -> None:
    alarm = house.press("karis")
    actions.arm(house.context, device, "test", "liv")
    house.clock.push(1)
    [receipt] = house.take_in(house.signal(device))
    assert receipt.outcome == ("opened" if device == "eriks" else "joined")
    assert house.again(alarm).signals_count == (1 if device == "eriks" else 2)
    house.end(alarm)
    if device == "eriks":
        house.end(house.alarm(receipt.alarm_id or ""))
    assert house.take_in(house.signal(device))[0].outcome == "opened", "it was armed for one press"


@pytest.mark.parametrize("purpose", ["test", "drill"])
def test_no_press_is_a_test_or_a_drill_beside_a_real_one_that_came_with_it(house: House, purpose: str) -> None:
    actions.arm(house.context, "knapp", purpose, "liv")
    assert [one.outcome for one in house.take_in(house.signal("karis"), house.signal("knapp"))] == ["opened", "joined"]


def test_a_drill_or_an_alarm_elsewhere_or_one_that_nobody_nearby_may_know_of_makes_no_test_real(house: House) -> None:
    house.drill("karis")
    house.press("pers")
    house.press("karis", Kind.DURESS)
    actions.arm(house.context, "knapp", "test", "liv")
    assert house.take_in(house.signal("knapp"))[0].outcome == "test"


def test_duress_and_unsigned_presses_are_real_on_an_armed_device(house: House) -> None:
    actions.arm(house.context, "karis", "test", "liv")
    assert house.take_in(house.signal(kind=Kind.DURESS))[0].outcome == "opened"
    assert house.take_in(house.signal("eriks", verified=False, doubt=Doubt.UNSIGNED))[0].outcome == "opened"


def test_every_press_of_one_person_is_noted_on_the_same_alarm_however_fast(house: House) -> None:
    alarm = house.press()
    for _ in range(5):
        house.clock.push(0.2)
        house.press()
    assert house.only_alarm().signals_count == 6
    assert house.words(alarm).count("joined") == 5


def test_a_fixed_button_and_a_portable_in_the_same_public_zone_are_one_event(house: House) -> None:
    first = house.press("knapp")
    assert house.press("karis").id == first.id


def test_another_persons_press_elsewhere_is_never_blocked_by_an_open_alarm(house: House) -> None:
    first = house.press("karis")
    second = house.press("eriks")
    assert first.id != second.id
    assert house.people_ordered(second) >= {"ola", "nina", "liv"}


def test_a_real_press_never_joins_a_drill(house: House) -> None:
    exercise = house.drill("karis")
    real = house.press("karis")
    assert real.id != exercise.id
    assert (real.drill, house.again(exercise).signals_count) == (None, 1)


def test_a_call_off_gesture_is_a_flag_and_everyone_carries_on(house: House) -> None:
    alarm = house.press()
    house.press(kind=Kind.CALL_OFF)
    after = house.again(alarm)
    assert (after.state, after.called_off is not None) == (State.RAISED, True)
    assert house.people_ordered(alarm, Say.MAY_BE_OVER) == set(after.told)


def not_counted(house: House, alarm: Alarm, gesture: Signal, why: str) -> None:
    """The gesture changes nothing for anybody, and the log says why."""
    told = len(house.orders(alarm))
    [receipt] = house.take_in(gesture)
    assert (receipt.outcome, receipt.alarm_id) == ("noted", alarm.id)
    assert house.again(alarm).called_off is None
    [entry] = [one for one in house.store.log(alarm.id) if one.what == "call_off_not_counted"]
    assert f'"why":"{why}"' in entry.data and f'"device":"{gesture.device_id}"' in entry.data
    assert len(house.orders(alarm)) == told, "and nothing else was sent"


@pytest.mark.parametrize("doubt", [Doubt.UNSIGNED, Doubt.BAD_SIGNATURE, Doubt.REPLAYED, Doubt.UNDECODABLE])
def test_a_call_off_gesture_that_anybody_may_have_sent_changes_nothing(house: House, doubt: Doubt) -> None:
    alarm = house.press()
    house.clock.push(1)
    not_counted(house, alarm, house.signal(kind=Kind.CALL_OFF, verified=False, doubt=doubt), "unverified")


def test_an_unknown_device_calls_nothing_off(house: House) -> None:
    alarm = house.press("stranger")
    house.clock.push(1)
    not_counted(house, alarm, house.signal("stranger", Kind.CALL_OFF), "unverified")


def test_a_button_that_nobody_carries_calls_nothing_off(house: House) -> None:
    alarm = house.press("knapp")
    house.clock.push(1)
    not_counted(house, alarm, house.signal("knapp", Kind.CALL_OFF), "not_yours")


def test_a_call_off_gesture_never_overtakes_a_newer_press(house: House) -> None:
    alarm = house.press(id="karis-1-1")
    late = house.signal(kind=Kind.CALL_OFF, id="karis-1-2")
    house.clock.push(1)
    house.press(id="karis-1-3")
    house.clock.push(1)
    not_counted(house, alarm, replace(late, heard_at=house.clock.now), "newer_signal")


@pytest.mark.parametrize("by", ["the device", "the phone"])
def test_an_old_call_off_gesture_does_not_touch_the_persons_next_alarm(house: House, by: str) -> None:
    first = house.press(id="karis-1-1")
    late = house.signal(kind=Kind.CALL_OFF, id="karis-1-2")
    house.end(first)
    house.clock.push(3600)
    alarm = house.press(id="karis-1-3") if by == "the device" else house.press(None, person_id="kari", id=PHONES)
    assert alarm.id != first.id
    not_counted(house, alarm, late, "newer_signal")


def test_a_call_off_gesture_that_waited_at_the_gateway_is_as_old_as_it_was_there_whatever_its_clock_says(house: House) -> None:
    alarm = house.press(None, person_id="kari", id=PHONES)
    house.clock.push(10)
    not_counted(house, alarm, house.signal(kind=Kind.CALL_OFF, waited_s=60), "newer_signal")


def test_a_call_off_gesture_withdraws_only_ones_own_press(house: House) -> None:
    alarm = house.press()
    assert house.press("knapp").id == alarm.id
    house.clock.push(1)
    told = len(house.orders(alarm))
    house.press(kind=Kind.CALL_OFF)
    assert house.again(alarm).called_off is None and house.words(alarm)[-1] == "withdrawn"
    assert len(house.orders(alarm)) == told, "and nothing else was sent"


def test_a_call_off_gesture_with_nothing_to_call_off_is_noted(house: House) -> None:
    assert house.take_in(house.signal(kind=Kind.CALL_OFF))[0].outcome == "noted"
    assert house.store.alarm_ids() == []


def test_a_call_off_gesture_never_cancels_while_the_person_is_being_asked(house: House) -> None:
    alarm = house.press(kind=Kind.FALL)
    [receipt] = house.take_in(house.signal(kind=Kind.CALL_OFF))
    assert (receipt.outcome, house.again(alarm).state) == ("noted", State.PENDING)
    assert house.words(alarm)[-1] == "call_off_not_counted"


def test_a_fall_asks_the_person_first_and_silence_raises_it(house: House) -> None:
    alarm = house.press(kind=Kind.FALL)
    assert (alarm.state, house.people_ordered(alarm)) == (State.PENDING, set())
    house.tick(60)
    assert house.again(alarm).state is State.RAISED


def test_a_new_press_clears_a_call_off(house: House) -> None:
    alarm = house.press()
    house.press(kind=Kind.CALL_OFF)
    house.press()
    assert house.again(alarm).called_off is None
    assert "call_off_cleared" in house.words(alarm)


def test_quiet_signals_are_noted_without_a_trace(house: House) -> None:
    kinds = (Kind.HEARTBEAT, Kind.BATTERY, Kind.TAMPER, Kind.POSITION, Kind.ONLINE, Kind.OFFLINE)
    receipts = house.take_in(*(house.signal(kind=kind) for kind in kinds))
    assert {receipt.outcome for receipt in receipts} == {"noted"}
    assert house.store.alarm_ids() == []


def test_five_hundred_signals_get_five_hundred_receipts_in_their_order(house: House) -> None:
    presses = [house.signal("eriks" if n % 3 else "karis") for n in range(500)]
    receipts = house.take_in(*presses)
    assert [receipt.signal_id for receipt in receipts] == [press.id for press in presses]
    assert sum(house.alarm(alarm_id).signals_count for alarm_id in house.store.alarm_ids()) == 500


def test_the_log_tells_it_in_the_order_in_which_it_happened(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "acknowledge")
    house.press()
    house.end(alarm)
    assert house.words(alarm)[:2] == ["opened", "step_started"]
    assert house.words(alarm)[-1] == "resolved"
    entries = house.store.log(alarm.id)
    assert [entry.n for entry in entries] == list(range(1, house.again(alarm).log_count + 1))
    assert first_broken(entries) is None


def test_two_servers_that_hear_the_same_press_in_the_same_instant_open_one_alarm(house: House) -> None:
    other = House(house.store, house.clock, "b")
    press = house.signal()
    known = house.store.known

    class Between:
        """The other server takes the press in after this one has looked and before it commits."""

        def __getattr__(self, name: str) -> object:
            return getattr(house.store, name)

        def known(self, *asked: object) -> object:
            found = known(*asked)  # type: ignore[arg-type]
            other.take_in(press)
            return found

    house.context.store = Between()  # type: ignore[assignment]
    [receipt] = house.take_in(press)
    assert receipt.outcome == "repeated"
    assert house.only_alarm().signals_count == 1
