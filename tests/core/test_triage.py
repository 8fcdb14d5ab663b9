"""Which alarm a signal belongs to. Never suppressed by time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core import events as e
from server.core.directory import Duty
from server.core.model import Alarm
from server.core.signals import QUIET, RAISING, Doubt, Kind, Signal
from server.core.triage import Join, Note, Open, as_press, late_s, meant_by_arming, origin_of, place_of, plan_of, triage
from server.core.values import replace
from tests.core.world import (
    DRILL,
    NEIGHBOUR,
    OFFICE,
    T0,
    WORLD,
    after,
    at,
    nothing_else_was_sent,
    off_duty,
    opened,
    resolve,
    signal,
    step,
    world,
)


def judged(one: Signal, *alarms: Alarm, test: bool = False, drill=None, here=WORLD):
    return triage(origin_of(one, here), alarms, here, test, drill)


# ---------------------------------------------------------------- open, join, note


@pytest.mark.parametrize("kind", sorted(RAISING))
def test_every_raising_kind_opens_an_alarm_where_none_is_open(kind: Kind) -> None:
    assert judged(signal(kind)) == Open()


@pytest.mark.parametrize("kind", sorted(QUIET))
def test_quiet_kinds_raise_nothing(kind: Kind) -> None:
    assert judged(signal(kind), opened().alarm) == Note("quiet")


def test_a_press_joins_the_open_alarm_of_the_same_person_wherever_it_comes_from() -> None:
    alarm = opened().alarm
    assert judged(signal(), alarm) == Join(alarm)
    assert judged(signal(by=None, device_id="karis"), alarm) == Join(alarm), "she carries it"
    assert judged(signal(by="ada", device_id=None), alarm) == Open()


def test_a_press_is_never_suppressed_by_time() -> None:
    alarm = opened().alarm
    for seconds in (0, 0.001, 1, 86_400):
        assert judged(signal(now=at(seconds)), alarm) == Join(alarm)
        assert judged(signal(by="ada", now=at(seconds)), alarm) == Open()
    old = signal(pressed_at=T0 - timedelta(hours=1))
    assert judged(old) == Open(), "age alone never keeps a press from raising"


def test_an_ended_alarm_is_joined_by_nobody() -> None:
    assert judged(signal(), after(opened(), resolve())) == Open()


def test_a_second_alarm_is_never_blocked() -> None:
    others = [opened(by=name).alarm for name in ("ola", "liv", "jon")]
    assert judged(signal(by="siri"), *others) == Open()


def test_presses_in_a_zone_are_one_event_only_where_the_zone_says_so() -> None:
    reception = opened().alarm
    assert judged(signal(by="nora"), reception) == Join(reception)
    assert judged(signal(by=None, device_id="knapp"), reception) == Join(reception)
    upstairs = opened(by="ola").alarm
    assert upstairs.place.zone_id == "landskap"
    assert judged(signal(by="siri"), upstairs) == Open()


def test_the_same_name_of_a_zone_in_another_office_is_another_zone() -> None:
    assert judged(signal(by="nils", office_id=NEIGHBOUR), opened().alarm) == Open()


def test_a_call_off_opens_nothing() -> None:
    alarm = opened().alarm
    assert judged(signal(Kind.CALL_OFF), alarm) == Join(alarm)
    assert judged(signal(Kind.CALL_OFF, by="nora"), alarm) == Note("nothing_to_call_off"), "it withdraws only one's own press"
    assert judged(signal(Kind.CALL_OFF)) == Note("nothing_to_call_off")


def test_a_retained_message_never_raises() -> None:
    for kind in RAISING:
        assert judged(signal(kind, retained=True)) == Note("retained")


@pytest.mark.parametrize("doubt", list(Doubt))
def test_a_doubtful_press_raises_all_the_same_and_says_so(doubt: Doubt) -> None:
    decision = opened(verified=False, doubt=doubt)
    assert decision.alarm.signals[0].doubt is doubt
    assert judged(signal(verified=False, doubt=doubt)) == Open()


# ---------------------------------------------------------------- tests and drills


def test_a_test_gesture_of_a_device_that_was_not_armed_is_a_press() -> None:
    gesture = signal(Kind.TEST, by=None, device_id="knapp")
    assert judged(gesture) == Open(), "whether or not the door has made a press of it"
    assert as_press(gesture).kind is Kind.PANIC
    assert as_press(signal(Kind.ASSIST)).kind is Kind.ASSIST
    reception = opened().alarm
    assert judged(gesture, reception) == Join(reception)


@pytest.mark.parametrize("kind", list(Kind))
def test_of_all_that_an_armed_device_says_only_a_press_is_what_it_was_armed_for(kind: Kind) -> None:
    said = signal(kind, by=None, device_id="knapp")
    is_press = kind in (Kind.PANIC, Kind.ASSIST, Kind.TEST)
    assert meant_by_arming(said, at(30), at(120), WORLD.limits) is is_press
    if is_press:
        assert judged(said, test=True) == Note("test")


def test_a_press_that_anyone_may_have_sent_is_never_what_a_device_was_armed_for() -> None:
    assert not meant_by_arming(signal(by=None, device_id="knapp", verified=False, doubt=Doubt.UNSIGNED), at(30), at(120), WORLD.limits)


def test_the_drill_mark_keeps_alarms_apart() -> None:
    real, drill = opened().alarm, opened(drill=DRILL).alarm
    assert judged(signal(), drill) == Open(), "a real press never drowns in a drill"
    assert judged(signal(), real, drill=DRILL) == Open()
    assert judged(signal(), drill, real) == Join(real)
    assert judged(signal(), real, drill, drill=DRILL) == Join(drill)
    other = replace(drill, drill=replace(DRILL, id="d-2"))
    assert judged(signal(), other, drill=DRILL) == Open()


def test_duress_is_real_also_in_a_drill() -> None:
    drill = opened(drill=DRILL).alarm
    assert judged(signal(Kind.DURESS), drill, drill=DRILL) == Open()
    assert opened(Kind.DURESS, drill=DRILL).alarm.drill is None


# ---------------------------------------------------------------- what near surfaces cannot see


def test_a_duress_signal_leaves_no_trace_in_the_alarm_that_is_seen() -> None:
    seen, hidden = opened().alarm, opened(Kind.DURESS).alarm
    assert judged(signal(Kind.DURESS), seen) == Open()
    assert judged(signal(Kind.DURESS, by="nora"), seen) == Open(), "nor by the zone"
    assert judged(signal(Kind.DURESS), seen, hidden) == Join(hidden)


def test_an_open_press_is_never_lost_in_an_alarm_that_its_presser_cannot_see() -> None:
    hidden = opened(Kind.DURESS).alarm
    feigned = after(opened(Kind.FALL), e.CallOff("kari", 1, duress=True))
    for alarm in (hidden, feigned):
        assert judged(signal(), alarm) == Open()
        assert judged(signal(by="nora"), alarm) == Open()
        assert judged(signal(Kind.CALL_OFF), alarm) == Note("nothing_to_call_off"), "as if there were none"


# ---------------------------------------------------------------- whose press it is, and where


def test_the_place_is_the_devices_zone_before_all_else() -> None:
    origin = origin_of(signal(by="ola", device_id="knapp"), WORLD)
    assert (origin.office_id, origin.zone_id, origin.raiser_id) == (OFFICE, "mottak", "ola")
    place = place_of(origin, WORLD)
    assert (place.office, place.address, place.zone, place.floor, place.public) == ("Nav Fjordvik", "Havnegata 4", "Mottak", "1. etasje", True)


def test_without_a_device_the_place_is_the_office_that_one_is_checked_in_to() -> None:
    nils = replace(WORLD.people["nils"], offices=(NEIGHBOUR, OFFICE))
    here = world(people=[nils], duty={("nils", OFFICE): Duty.PRESENT, ("nils", NEIGHBOUR): Duty.ON_DUTY})
    origin = origin_of(signal(by="nils", office_id=NEIGHBOUR), here)
    assert (origin.office_id, origin.situation) == (OFFICE, "desk_alarm")
    assert origin.zone_id is None, "his usual desk is in the other office"


def test_one_who_is_checked_in_nowhere_is_taken_to_be_outside() -> None:
    origin = origin_of(signal(by="kari"), world(duty={}))
    assert (origin.office_id, origin.zone_id, origin.situation) == (OFFICE, None, "portable_alarm_outside")


def test_the_presser_is_the_one_who_carries_the_device_now() -> None:
    assert origin_of(signal(by=None, device_id="adas"), WORLD).raiser_id == "ada"
    assert origin_of(signal(by=None, device_id="knapp"), WORLD).presser == "device:knapp"
    assert origin_of(signal(by="ghost", device_id="adas"), WORLD).raiser_id == "ada", "a name that nobody has is no presser"


def test_a_press_of_an_unknown_device_raises_at_its_gateways_office_and_tells_the_administrators() -> None:
    one = signal(by=None, device_id="stolen", office_id=NEIGHBOUR)
    origin = origin_of(one, WORLD)
    assert (origin.office_id, origin.signal.doubt, origin.signal.verified) == (NEIGHBOUR, Doubt.UNKNOWN_DEVICE, False)
    assert judged(one) == Open()
    decision = opened(by=None, device_id="stolen")
    assert {"tor", "liv"} <= set(decision.alarm.told)
    nothing_else_was_sent(decision, alarm=["device:lampe-landskap", "device:sirene-landskap", "kari", "liv", "ola", "siri", "tor"])


@pytest.mark.parametrize("one", [signal(by="ghost", office_id="closed"), signal(by=None, device_id="x", office_id=""), signal(by=None)])
def test_a_press_that_names_nobody_and_nowhere_raises_somewhere(one: Signal) -> None:
    origin = origin_of(one, WORLD)
    assert origin.office_id in WORLD.offices
    assert judged(one) == Open()
    plan_of(origin, WORLD), place_of(origin, WORLD)


def test_a_press_that_comes_late_says_so() -> None:
    assert late_s(T0, at(1920)) == 1920
    assert late_s(None, T0) == 0
    assert late_s(at(5), T0) == 0, "a device whose clock runs ahead"
    assert late_s(T0 - timedelta(days=900), T0) == 0, "a device whose clock has never been set"


def test_the_first_signal_is_kept_however_often_somebody_presses() -> None:
    alarm = opened().alarm
    first = alarm.signals[0]
    for seconds in range(1, 60):
        alarm = step(alarm, e.Pressed(signal(now=at(seconds)), plan_of(origin_of(signal(), WORLD), WORLD)[0], "desk_alarm"), seconds).alarm
    assert alarm.signals[0] == first and alarm.signals[-1].heard_at == at(59)
    assert (alarm.signals_count, len(alarm.signals)) == (60, WORLD.limits.signals_kept)


def test_the_small_office_cards_apply_only_where_too_few_are_present() -> None:
    origin = origin_of(signal(by=None, device_id="knapp"), WORLD)
    thin = world(duty=off_duty("ola", "siri", "jon", "liv", "nora"), size=10)
    assert plan_of(origin, WORLD)[1] == "desk_alarm"
    assert plan_of(origin, thin)[1] == "small_office_alarm"
