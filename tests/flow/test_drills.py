"""Drills through the real doors: armed by name, marked everywhere, ended by what is real; and duress in a drill is real and leaves no trace nearby."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from server.core.access import Viewer, may_see
from server.core.directory import Selector, Step
from server.core.model import Alarm, Outcome, State
from server.core.orders import Say, Status
from server.core.signals import Doubt, Kind
from server.core.values import replace
from server.flow import actions, devices, drills, planned_drills, views
from server.store.contract import Change, Conflict
from server.store.memory import MemoryStore
from tests.flow.house import House
from tests.flow.people import ALL_CHANNELS, DURESS_PIN, ELSEWHERE, NEIGHBOUR, OFFICE, PIN, STEPS, plan, the_directory

EVERYONE = [Viewer(one) for one in ("kari", "ola", "nina", "liv", "erik", "tor", "sara", "nils", "per", "odd")]
NEAR = [Viewer("kari"), Viewer("erik"), Viewer("erik", "desk", "mottak"), Viewer("tor", "wallboard", "leder"), Viewer("liv", "phone", "mottak")]


def armed(house: House, device: str = "knapp", purpose: str = "drill", by: str = "liv") -> House:
    actions.arm(house.context, device, purpose, by)
    return house


def in_drill(house: House, device: str = "karis") -> Alarm:
    """A drill as it is begun: the device is armed by name, and pressed."""
    return armed(house, device).press(device)


def after_it(house: House) -> None:
    """What the ticker does after every commit."""
    drills.end_beside_real(house.context)


# ---------------------------------------------------------------- what is a drill


def test_the_first_press_of_a_device_that_was_armed_for_it_is_a_drill_and_the_next_one_is_real(house: House) -> None:
    first = in_drill(house, "knapp")
    assert first.drill and (first.drill.leader_id, set(first.told)) == ("liv", {"ola", "nina", "kari", "liv"})
    assert all(order.drill for order in house.orders(first))
    assert house.store.devices(["knapp"])["knapp"].tested_at == house.clock.now, "it has shown that it works"
    second = house.press("knapp")
    assert second.id != first.id and second.drill is None
    assert not any(order.drill for order in house.orders(second))


def test_nobody_outside_hears_of_a_drill_who_has_not_agreed(house: House) -> None:
    alarm = in_drill(house)
    for _ in range(4):
        house.tick(31)
        house.deliver()
    told = house.again(alarm).told
    assert "@fjordvik/sentral" in told and "@fjordvik/vekter" not in told
    assert all(order.drill for _, order in house.sent)


REAL: list[tuple[str, Callable[[House], Alarm]]] = [
    ("a press two minutes later", lambda house: (armed(house).clock.push(121), house.press("knapp"))[1]),
    ("a press of another device", lambda house: armed(house).press("eriks")),
    ("a press that anyone may have sent", lambda house: armed(house).press("knapp", verified=False, doubt=Doubt.UNSIGNED)),
    ("duress", lambda house: armed(house).press("knapp", kind=Kind.DURESS)),
    ("a press of a device that was armed for nothing", lambda house: house.press("knapp")),
    ("a press of the app", lambda house: armed(house).press(None, id="ola:app-1", person_id="ola")),
]


@pytest.mark.parametrize("press", [case[1] for case in REAL], ids=[case[0] for case in REAL])
def test_every_other_press_is_real(house: House, press: Callable[[House], Alarm]) -> None:
    alarm = press(house)
    assert alarm.drill is None and not any(order.drill for order in house.orders(alarm))


def test_no_drill_begins_beside_a_real_alarm_in_the_house(house: House) -> None:
    house.press("eriks")
    assert in_drill(house, "knapp").drill is None, "the armed press is real: one alarm too many is a nuisance"
    assert house.press("knapp").drill is None and not house.store.armed(["knapp"], house.clock.now)


def test_a_real_alarm_elsewhere_or_one_that_nobody_there_may_know_of_is_no_hindrance(house: House) -> None:
    house.press("pers", office_id=ELSEWHERE)
    house.press("eriks", kind=Kind.DURESS)
    assert in_drill(house, "knapp").drill, "else the refusal would tell of the duress"


def test_two_presses_in_one_batch_are_one_drill_and_one_real_alarm(house: House) -> None:
    armed(house)
    receipts = house.take_in(house.signal("knapp"), house.signal("knapp"))
    assert [receipt.outcome for receipt in receipts] == ["opened", "opened"]
    assert [bool(house.alarm(receipt.alarm_id or "").drill) for receipt in receipts] == [True, False]


def test_copies_of_the_press_stay_one_drill(house: House) -> None:
    armed(house)
    press = house.signal("knapp")
    first, again = house.take_in(press)[0], house.take_in(press)[0]
    assert (again.outcome, again.alarm_id) == ("repeated", first.alarm_id)
    assert len(house.store.alarm_ids()) == 1


def test_whoever_is_left_out_of_every_drill_is_left_out_of_one_that_a_button_begins(house: House) -> None:
    planned_drills.always_left_out(house.context, Viewer("nina"), True)
    for one in ("liv", "kari"):
        planned_drills.always_left_out(house.context, Viewer(one), True)
    exercise = in_drill(house, "karis")
    for _ in range(4):
        house.tick(31)
        house.deliver()
    assert exercise.drill is not None and exercise.drill.left_out == ("nina",), "whoever armed it, and whoever pressed, is in it"
    assert "ola" in house.again(exercise).told and "nina" not in {order.recipient for _, order in house.sent}
    assert not may_see(Viewer("nina"), house.again(exercise), house.directory)
    planned_drills.always_left_out(house.context, Viewer("ola"), True)
    house.sent.clear()
    house.tick(31)
    house.deliver()
    assert house.sent and "ola" not in {order.recipient for _, order in house.sent}, "also who leaves in the middle of it"
    assert not may_see(Viewer("ola"), house.again(exercise), house.directory)


# ---------------------------------------------------------------- its end


def test_a_drill_that_one_button_began_and_nobody_ends_ends_itself_and_all_who_heard_of_it_may_stand_down(house: House) -> None:
    exercise = armed(house, "knapp", by="odd").press("knapp")
    for _ in range(39):
        house.tick(30)
        house.deliver()
        after_it(house)
    assert house.again(exercise).open and "odd" not in house.again(exercise).told
    house.tick(30)
    after_it(house)
    over, sent = house.again(exercise), [*house.deliver(), *house.deliver(60)]
    assert (over.state, over.ending.outcome, over.ending.by) == (State.RESOLVED, Outcome.DRILL_DONE, None)  # type: ignore[union-attr]
    assert {say for _, _, say in sent} == {"all_clear"} and {*over.told, "odd"} == {who for _, who, _ in sent}, "whoever armed it hears it too"
    assert all(order.drill for _, order in house.sent)
    house.tick(600)
    after_it(house)
    assert not [one for one in house.deliver() if one[2] != "all_clear"], "and nobody is called any more"


def test_it_ends_itself_also_while_somebody_has_it_and_a_real_alarm_never_does(house: House) -> None:
    exercise = armed(house, "knapp").press("knapp")
    real = house.press("pers", office_id=ELSEWHERE)
    for alarm, who in ((exercise, "ola"), (real, "odd")):
        house.act(who, alarm, "acknowledge", eta_s=40 * 60)
    for _ in range(40):
        house.tick(30)
        after_it(house)
    assert not house.again(exercise).open and house.again(real).open


# ---------------------------------------------------------------- this is real


def test_this_is_real_makes_a_real_alarm_and_everyone_told_hears_of_it(house: House) -> None:
    exercise = in_drill(house)
    house.deliver(1)
    house.sent.clear()
    answer = house.act("nina", exercise, "this_is_real")
    assert answer.reason is None and answer.alarm is not None
    assert (answer.alarm.state, answer.alarm.ending.outcome) == (State.RESOLVED, Outcome.BECAME_REAL)
    real = house.alarm(answer.alarm.ending.became)
    assert real.drill is None and real.open and real.raiser_id == "kari" and real.ended_drills == (exercise.id,)
    assert set(exercise.told) <= house.people_ordered(real)
    assert {order.reason for order in house.orders(real, Say.ALARM) if order.recipient in exercise.told} == {"was_drill"}
    sent = house.deliver(40)
    assert sent and {say for _, _, say in sent} == {"alarm"}
    assert not any(order.drill for _, order in house.sent), "what the drill still had to say is void"
    assert house.words(exercise)[-1] == "became_real" and house.words(real)[0] == "opened"


def test_the_same_tap_again_gets_the_same_answer_and_a_second_persons_finds_it_ended(house: House) -> None:
    exercise = in_drill(house)
    first = house.act("ola", exercise, "this_is_real", id="tap")
    again = house.act("ola", exercise, "this_is_real", id="tap")
    assert again.repeated and again.reason is None and again.at == first.at
    assert house.act("nina", exercise, "this_is_real").reason == "ended"
    assert len(house.store.alarm_ids()) == 2


def test_two_people_in_the_same_instant_make_one_real_alarm(house: House) -> None:
    exercise = in_drill(house)
    reasons: list[str | None] = []
    threads = [threading.Thread(target=lambda who=who: reasons.append(house.act(who, exercise, "this_is_real").reason)) for who in ("ola", "nina", "kari")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reasons, key=str) == [None, "ended", "ended"]
    assert len(house.store.alarm_ids()) == 2


def test_nothing_is_real_about_a_real_alarm(house: House) -> None:
    alarm = house.press("knapp")
    assert house.act("ola", alarm, "this_is_real").reason == "not_allowed"
    nothing = len(house.store.alarm_ids())
    assert nothing == 1


def test_a_wall_cannot_say_it(house: House) -> None:
    assert house.act("erik", in_drill(house), "this_is_real", surface="wallboard").reason == "not_allowed"


# ---------------------------------------------------------------- a real alarm beside it


def test_a_real_press_ends_the_drill_and_everyone_told_of_it_hears_that_it_is_real(house: House) -> None:
    exercise = in_drill(house, "knapp")
    house.tick(31)  # the second step: also the desk and the neighbours
    told = set(house.again(exercise).told)
    real = house.press("eriks")
    after_it(house)
    assert house.again(exercise).ending.became == real.id and house.again(exercise).ending.by is None
    real = house.again(real)
    assert told - {"erik"} <= set(real.told) and real.ended_drills == (exercise.id,)
    assert "sara" in real.told, "at the neighbour's, where the drill had got to"
    house.sent.clear()
    house.deliver(40)
    assert house.sent and not any(order.drill for _, order in house.sent)
    assert {one.status for one in house.orders(exercise) if not one.recipient.startswith("device:")} == {Status.VOID}


def test_a_real_alarm_that_does_not_touch_it_leaves_the_drill_alone(house: House) -> None:
    exercise = in_drill(house)
    house.press("pers", office_id=ELSEWHERE)
    house.press("eriks", kind=Kind.DURESS)
    after_it(house)
    assert house.again(exercise).open, "and duress is not to be seen by a drill that stops"


NAMES_ODD = Step((Selector("person", "odd"),), ALL_CHANNELS, 30)


@pytest.mark.parametrize("steps", [(NAMES_ODD, *STEPS), (*STEPS, NAMES_ODD)], ids=["told at once", "named in a step that has not begun"])
def test_a_real_alarm_whose_plan_names_somebody_of_another_office_ends_the_drill_there(house: House, steps: tuple[Step, ...]) -> None:
    house.directory = the_directory(steps=steps)
    exercise = armed(house, "pers").press("pers", office_id=ELSEWHERE)
    real = house.press("knapp")
    after_it(house)
    over, real = house.again(exercise), house.again(real)
    assert over.ending.outcome is Outcome.DRILL_DONE and real.ended_drills == (exercise.id,)  # type: ignore[union-attr]
    assert house.people_ordered(over, Say.ALL_CLEAR) == {*over.told, "liv"} and set(over.told) == {"odd", "@fjellby/sentral"}
    assert not house.orders(real, Say.ALARM, "@fjellby/sentral"), "the others there need not come"
    assert armed(house, "pers").press("pers", office_id=ELSEWHERE).drill is None, "and none begins beside it"


def test_a_real_alarm_that_has_come_to_tell_somebody_of_another_office_ends_the_drill_there(house: House) -> None:
    odd = replace(house.directory.people["odd"], offices=("fjellby", NEIGHBOUR))
    exercise = armed(house, "pers").press("pers", office_id=ELSEWHERE)
    house.edit(people={**house.directory.people, "odd": odd}, plans=(plan(steps=(Step((Selector("role", "nobody"),), ALL_CHANNELS, 30),)),))
    real = house.press("knapp")
    after_it(house)
    assert house.again(exercise).open
    told = house.again(real)
    told_more = replace(told, version=told.version + 1, told=(*told.told, "odd"))
    house.store.commit(Change(house.clock.now, [(told.version, told_more)], streams=[(ELSEWHERE, real.id)]))
    after_it(house)
    assert not house.again(exercise).open and house.again(real).ended_drills == (exercise.id,)


def test_a_lost_race_or_a_crash_in_between_only_puts_it_off(house: House) -> None:
    exercise = in_drill(house)
    house.press("eriks")
    commit, tries = house.store.commit, []

    def once(change: Change) -> dict[str, int]:
        tries.append(change)
        if len(tries) == 1:
            raise Conflict("somebody was faster")
        return commit(change)

    house.store.commit = once  # type: ignore[method-assign]
    after_it(house)
    assert house.again(exercise).open
    after_it(house)
    assert not house.again(exercise).open and len(tries) == 2
    after_it(house)
    assert len(tries) == 2, "and nothing else was saved"


def test_without_a_drill_nothing_is_looked_for(house: House) -> None:
    house.press("eriks")
    house.store.alarms_of = None  # type: ignore[assignment, method-assign]
    assert drills.end_beside_real(house.context) == 0


# ---------------------------------------------------------------- duress in a drill


def seen_nearby(house: House) -> list[object]:
    """Every byte that screens near the person get, and every order to people and devices there."""
    story: list[object] = []
    for viewer in NEAR:
        found = [house.alarm(one) for one in house.store.alarm_ids()]
        for view in views.look_up(house.store, found, house.directory):
            if shown := view.shown(viewer):
                story += [shown.body, shown.near, views.to_json(views.log_view(house.store, view.alarm, viewer, house.directory))]
    story.append(views.to_json(devices.office_now(house.context, Viewer("erik", "desk", "mottak"), OFFICE, ["ola", "liv"])))
    places = {device.id: device.zone_id for device in house.directory.devices.values()}
    beside = {"kari", "erik", *(f"device:{name}" for name, zone in places.items() if zone == "mottak"), "device:karis"}
    every = [order for one in house.store.alarm_ids() for order in house.store.orders(one) if order.recipient in beside]
    story += sorted(views.to_json(order) for order in every)
    return story


@pytest.mark.parametrize("newer", [False, True], ids=["called off", "refused, for a newer press"])
@pytest.mark.parametrize("surface", ["phone", "desk"])
def test_the_pin_for_being_forced_in_a_drill_raises_real_duress_and_looks_the_same_nearby_byte_for_byte(surface: str, newer: bool) -> None:
    who = "kari" if surface == "phone" else "erik"
    stories, houses = [], []
    for pin in (PIN, DURESS_PIN):
        house = House(MemoryStore())
        house.give_pins(who)
        exercise = in_drill(house)
        house.act("ola", exercise, "acknowledge")
        house.tick(31)
        story: list[object] = [seen_nearby(house)]
        house.clock.push(3)
        answer = house.act(who, exercise, "call_off", surface=surface, pin=pin, seen_signal=0 if newer else 1)
        story += [answer.reason, answer.at, seen_nearby(house)]
        assert answer.reason == ("newer_signal" if newer else None)
        for _ in range(12):
            house.tick(10)
            after_it(house)
            house.deliver()
            story.append(seen_nearby(house))
        house.act("ola", exercise, "resolve", outcome="drill_done", seen_signal=1)
        story.append(seen_nearby(house))
        stories.append(story)
        houses.append(house)
    assert stories[0] == stories[1]
    normal, forced = houses
    assert len(normal.store.alarm_ids()) == 1
    real = next(forced.alarm(one) for one in forced.store.alarm_ids() if forced.alarm(one).drill is None)
    assert real.hidden and real.duress and real.open and real.raiser_id == who
    assert not any(order.drill for order in forced.orders(real)) and {"ola", "nina"} <= set(real.told)
    assert {order.reason for order in forced.orders(real, Say.ALARM) if order.recipient in ("ola", "nina")} == {"duress"}
    assert not any(may_see(viewer, real, forced.directory) for viewer in NEAR)
    assert "duress" not in forced.words(forced.alarm(forced.store.alarm_ids()[0])), "the drill knows nothing of it"
    assert real.place.zone_id == "mottak"


def test_given_twice_it_is_one_real_alarm(house: House) -> None:
    house.give_pins()
    exercise = in_drill(house)
    for _ in range(2):
        house.act("kari", exercise, "call_off", pin=DURESS_PIN, seen_signal=1)
    assert len([one for one in house.store.alarm_ids() if house.alarm(one).hidden]) == 1


def test_it_joins_a_duress_alarm_that_is_open_already(house: House) -> None:
    house.give_pins()
    exercise = in_drill(house)
    hidden = house.press("karis", kind=Kind.DURESS)
    house.act("kari", exercise, "call_off", pin=DURESS_PIN, seen_signal=1)
    assert [one for one in house.store.alarm_ids() if house.alarm(one).hidden] == [hidden.id]
    assert house.again(hidden).signals_count == 2


def test_the_call_off_and_the_duress_signal_are_one_commit(house: House) -> None:
    house.give_pins()
    exercise = in_drill(house)
    changes: list[Change] = []
    commit = house.store.commit
    house.store.commit = lambda change: (changes.append(change), commit(change))[1]  # type: ignore[method-assign]
    house.act("kari", exercise, "call_off", pin=DURESS_PIN, seen_signal=1)
    [change] = changes
    assert {bool(alarm.drill) for _, alarm in change.alarms} == {True, False}
    assert [kept.signal.kind for kept in change.signals] == [Kind.DURESS]
