"""Who may see and do what. Per, from another office, sees nothing."""

from __future__ import annotations


import pytest

from server.core import events as e
from server.core.access import Viewer, at_desk, is_near, may_act, may_arm, may_help_in, may_manage_phones, may_see, may_see_office, rights
from server.core.directory import Duty
from server.core.model import Alarm
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import DESK, NEIGHBOUR, OFFICE, PHONE, WALL, WORLD, after, coming, full_cover, off_duty, opened, resolve, wait_until, world

EVERY_ACTION = (
    "acknowledge", "decline", "arrive", "shelter", "note", "tick", "swap_role", "change_situation", "mark", "more_help", "call_off", "confirm", "resolve",
)  # fmt: skip
PER = [Viewer("per", surface, zone) for surface in ("phone", "desk", "wallboard") for zone in (None, "mottak", "landskap")]


def everything_that_happens() -> list[Alarm]:
    """One alarm through its life, with the whole of the plan's people told."""
    alarm, decided = wait_until(opened(), 300)
    alarms = [opened(Kind.FALL).alarm, opened().alarm, *(decision.alarm for decision in decided)]
    alarm = full_cover(alarm)
    return [*alarms, alarm, after(alarm, e.Arrive("ola")), after(alarm, e.CallOff("kari", 1)), after(alarm, resolve())]


def test_per_from_another_office_sees_nothing_and_can_do_nothing() -> None:
    for alarm in everything_that_happens():
        for viewer in PER:
            assert not may_see(viewer, alarm, WORLD)
            assert not any(may_act(viewer, action, alarm, WORLD) for action in EVERY_ACTION)
    assert not may_see_office(PER[0], OFFICE, WORLD) and not may_arm(PER[0], OFFICE, WORLD)


def test_cards_and_floors_are_for_the_office_and_for_neighbours_on_either_side() -> None:
    one_sided = replace(WORLD, offices={**WORLD.offices, NEIGHBOUR: replace(WORLD.offices[NEIGHBOUR], neighbours=())})
    for directory in (WORLD, one_sided):
        for name in ("ola", "per"):
            assert may_help_in(Viewer(name), OFFICE, directory) and may_help_in(Viewer(name), NEIGHBOUR, directory)
        assert not may_help_in(Viewer("ghost"), OFFICE, directory) and not may_help_in(Viewer("ola"), "nowhere", directory)
    alone = replace(WORLD, offices={name: replace(office, neighbours=()) for name, office in WORLD.offices.items()})
    assert not may_help_in(Viewer("per"), OFFICE, alone) and may_help_in(Viewer("ola"), OFFICE, alone)


def test_a_stranger_and_one_who_has_left_see_nothing() -> None:
    alarm = opened().alarm
    for name in ("ghost", "", "@fjordvik/vekter"):
        assert not may_see(Viewer(name), alarm, WORLD) and not may_see_office(Viewer(name), OFFICE, WORLD)


def test_whoever_was_told_sees_it_and_the_presser_sees_his_own() -> None:
    alarm = opened().alarm
    assert [name for name in PHONE if may_see(PHONE[name], alarm, WORLD)] == ["kari", "ola", "siri", "liv", "nora", "tor"]
    assert not may_see(PHONE["nils"], alarm, WORLD)
    alarm, _ = wait_until(alarm, 70)
    assert may_see(PHONE["nils"], alarm, WORLD), "the neighbour, once he is told"
    assert not may_see(PHONE["eva"], alarm, WORLD)


def test_the_desk_and_those_who_lead_or_administer_see_the_alarms_of_their_office_only() -> None:
    alarm = opened().alarm
    for viewer in (DESK, WALL, PHONE["liv"], PHONE["tor"]):
        assert may_see(viewer, alarm, WORLD)
    elsewhere = opened(by="per", office_id=NEIGHBOUR).alarm
    assert elsewhere.office_id == NEIGHBOUR
    for viewer in (DESK, WALL, PHONE["liv"], PHONE["tor"], PHONE["kari"]):
        assert not may_see(viewer, elsewhere, WORLD)


def test_rights_are_per_office() -> None:
    assert rights("liv", OFFICE, WORLD) == {"worker", "office_lead"} and rights("liv", NEIGHBOUR, WORLD) == frozenset()
    serves_both = [replace(p, offices=(NEIGHBOUR, OFFICE)) if p.id == "nils" else p for p in WORLD.people.values()]
    assert "responder" in rights("nils", OFFICE, world(people=serves_both))
    assert rights("ghost", OFFICE, WORLD) == frozenset()


def test_near_are_the_pressers_own_screens_desks_wallboards_and_the_pressed_zone() -> None:
    alarm = opened().alarm
    near = [PHONE["kari"], PHONE["nora"], DESK, WALL, Viewer("ola", "phone", "mottak")]
    far = [PHONE["ola"], PHONE["liv"], Viewer("ola", "phone", "landskap"), PHONE["nils"], PHONE["per"]]
    assert all(is_near(viewer, alarm, WORLD) for viewer in near)
    assert not any(is_near(viewer, alarm, WORLD) for viewer in far)
    assert not is_near(Viewer("per", "desk", "mottak"), alarm, WORLD), "their reception has the same name"


def test_the_presser_has_no_button_to_answer_confirm_or_end_his_own() -> None:
    alarm = opened().alarm
    can = {action for action in EVERY_ACTION if may_act(PHONE["kari"], action, alarm, WORLD)}
    assert can == {"note", "tick", "change_situation", "mark", "more_help", "call_off"}


def test_only_the_presser_and_the_desk_may_call_off_and_a_fall_only_the_one_who_fell() -> None:
    alarm, fall = opened().alarm, opened(Kind.FALL).alarm
    assert [name for name in PHONE if may_act(PHONE[name], "call_off", alarm, WORLD)] == ["kari"]
    assert may_act(DESK, "call_off", alarm, WORLD) and at_desk(DESK, alarm, WORLD)
    assert not may_act(DESK, "call_off", fall, WORLD) and may_act(PHONE["kari"], "call_off", fall, WORLD)
    assert not at_desk(Viewer("ola", "desk"), alarm, WORLD)


def test_a_wall_shows_and_nobody_acts_from_it() -> None:
    assert not any(may_act(WALL, action, opened().alarm, WORLD) for action in EVERY_ACTION)


def test_ticking_a_step_gives_no_right_to_confirm_or_end() -> None:
    alarm = after(opened(), e.Tick("nora", "responder", "look"))
    assert may_act(PHONE["nora"], "tick", alarm, WORLD)
    assert not may_act(PHONE["nora"], "resolve", alarm, WORLD) and not may_act(PHONE["nora"], "confirm", alarm, WORLD)
    came = after(opened(), coming("nora"))
    assert may_act(PHONE["nora"], "resolve", came, WORLD)


def test_only_those_who_lead_drill_or_have_the_desk_may_arm_a_device() -> None:
    assert {name for name in PHONE if may_arm(PHONE[name], OFFICE, WORLD)} == {"kari", "nora", "liv", "tor"}


@pytest.mark.parametrize("duty", [off_duty("ola"), off_duty(also={("ola", OFFICE): Duty.ON_DUTY})])
def test_what_one_was_told_one_may_see_also_when_going_off_duty(duty) -> None:
    assert may_see(PHONE["ola"], opened().alarm, world(duty=duty))


def test_by_its_own_key_a_phone_sees_only_alarms_that_it_was_called_to_and_never_ends_one() -> None:
    for alarm in everything_that_happens():
        for who in WORLD.people:
            session, key = Viewer(who), Viewer(who, by_key=True)
            called = who in alarm.told or who == alarm.raiser_id or any(a.person_id == who and a.answered for a in alarm.assignments)
            assert may_see(key, alarm, WORLD) == (called and may_see(session, alarm, WORLD))
            may = {action for action in EVERY_ACTION if may_act(key, action, alarm, WORLD)}
            assert may <= {action for action in EVERY_ACTION if may_act(session, action, alarm, WORLD)}
            assert not may & {"confirm", "resolve"}


def test_by_its_own_key_a_phone_has_no_offices_no_desk_and_arms_nothing() -> None:
    alarm = opened().alarm
    for who in WORLD.people:
        key = Viewer(who, "desk", "mottak", by_key=True)
        assert not may_see_office(key, OFFICE, WORLD) and not at_desk(key, alarm, WORLD)
        assert not may_arm(key, OFFICE, WORLD) and not may_arm(key, OFFICE, WORLD, "drill")
        assert not any(may_manage_phones(key, other, WORLD) for other in WORLD.people)
