"""What a screen is shown: the truth, the buttons that the table allows, and nothing that it may not know."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core import access, projection
from server.core import events as e
from server.core.access import Viewer
from server.core.alarm import Refused, take
from server.core.model import Alarm, Level, Outcome, Stage, State
from server.core.projection import Told
from server.core.signals import Doubt, Kind
from server.core.values import replace
from tests.core.world import DESK, DRILL, PHONE, T0, WALL, WORLD, after, at, coming, full_cover, opened, pressed, resolve, signal, step, wait_until, world

VIEWERS = (*PHONE.values(), DESK, WALL, Viewer("liv", "desk"))


def view(alarm: Alarm, viewer: Viewer) -> dict[str, object]:
    near = access.is_near(viewer, alarm, WORLD)
    return projection.shared(alarm, near, WORLD) | {"me": projection.personal(alarm, viewer, near, WORLD)}


# ---------------------------------------------------------------- buttons


def tapped(action: str, viewer: Viewer, alarm: Alarm) -> e.Event:
    """The event that this person's screen would make of the button, with what it shows."""
    by, seen = viewer.person_id, alarm.signals_count
    return {
        "acknowledge": e.Acknowledge(by),
        "decline": e.Decline(by),
        "arrive": e.Arrive(by),
        "shelter": e.Shelter(by),
        "note": e.AddNote(by, "?"),
        "tick": e.Tick(by, next(iter(WORLD.content.situations[alarm.situation].cards)), first_step(alarm)),
        "swap_role": e.SwapRole(by, "responder" if "responder" in WORLD.content.situations[alarm.situation].cards else "all_staff"),
        "change_situation": e.ChangeSituation(by, "weapon"),
        "mark": e.SetMark(by, "public_safe"),
        "more_help": e.MoreHelp(by),
        "call_off": e.CallOff(by, seen, access.at_desk(viewer, alarm, WORLD) and by != alarm.raiser_id),
        "confirm": e.Confirm(by, "seen", seen),
        "resolve": e.Resolve(by, Outcome.HANDLED, seen),
        "this_is_real": e.BecameReal(by, "a-2"),
    }[action]


def first_step(alarm: Alarm) -> str:
    return next(iter(WORLD.content.situations[alarm.situation].cards.values())).steps[0].id


BUSY = {"nobody_more", "not_offered", "role_taken", "too_many_notes", "no_card"}
"""Refusals for what is not possible just now, as opposed to not for you or not in this state."""

moves = st.sampled_from(
    [coming(name) for name in ("ola", "siri", "liv", "jon", "nora", "nils")]
    + [e.Arrive("ola"), e.Decline("siri"), e.Shelter("jon"), e.CallOff("kari", 9), e.CallOff("kari", 9, duress=True), e.ChangeSituation("ola", "weapon")]
    + [e.Confirm("ola", "seen", 9), resolve("ola", 9), e.Deadline(), pressed(), pressed(by="nora"), e.Tick("ada", "responder", "look")]
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from((Kind.PANIC, Kind.ASSIST, Kind.FALL, Kind.DURESS)),
    happens=st.lists(st.tuples(st.sampled_from((1, 40, 200)), moves), max_size=8),
)
def test_the_buttons_that_are_shown_are_those_that_are_accepted(kind: Kind, happens: list[tuple[float, e.Event]]) -> None:
    alarm, now = opened(kind).alarm, 0.0
    for wait, event in happens:
        now += wait
        decision = take(alarm, event, at(now), WORLD)
        alarm = alarm if isinstance(decision, Refused) else decision.alarm
    for viewer in VIEWERS:
        can = projection.personal(alarm, viewer, access.is_near(viewer, alarm, WORLD), WORLD)["can"]
        if not access.may_see(viewer, alarm, WORLD):
            assert can == []
        for action in projection.ORDER:
            decision = take(alarm, tapped(action, viewer, alarm), at(now), WORLD)
            if action in can:
                assert not isinstance(decision, Refused) or decision.reason in BUSY, f"{viewer} {action}: {decision}"
            else:
                refused = isinstance(decision, Refused) or not access.may_act(viewer, action, alarm, WORLD)
                assert refused, f"{viewer} {action}"


def test_an_ended_alarm_has_no_buttons() -> None:
    ended = after(opened(), resolve())
    assert all(view(ended, viewer)["me"]["can"] == [] for viewer in VIEWERS)


# ---------------------------------------------------------------- the truth


def test_the_presser_sees_who_is_coming_and_who_is_there() -> None:
    kari = PHONE["kari"]
    assert view(opened().alarm, kari)["people"] == []
    alarm = after(opened(), (5, coming("ola")), (9, e.Arrive("ola")))
    shown = view(alarm, kari)
    assert shown["state"] is State.ON_SCENE
    assert [(p["name"], p["stage"], p["since"]) for p in shown["people"]] == [("Ola", Stage.THERE, at(9))]
    assert shown["me"]["is_presser"] and shown["presser"] == {"name": "Kari", "device": None}


def test_everybody_sees_which_roles_are_filled_and_which_are_empty() -> None:
    alarm = after(opened(), coming("ola", role="coordinator"), coming("siri", role="responder"))
    shown = view(alarm, PHONE["liv"])
    lines = [(line.role, line.need, line.have) for line in shown["cover"]]
    assert lines == [("coordinator", 1, 1), ("responder", 2, 0), ("caller_112", 1, 0), ("public_guide", 1, 0)]
    assert not shown["covered"]
    assert shown["me"]["open_roles"] == ["responder", "caller_112", "public_guide"] and shown["me"]["offered_role"] == "leader"
    assert view(full_cover(opened()), PHONE["liv"])["covered"]


def test_112_is_shown_from_the_first_second() -> None:
    alarm = opened().alarm
    assert view(alarm, PHONE["ola"])["police"] == {"called_at": None, "called_by": None, "expected_at": None}
    alarm = after(alarm, (8, e.SetMark("jon", "police_called")), (20, e.SetMark("jon", "police_expected", "10:15")))
    assert view(alarm, PHONE["ola"])["police"] == {"called_at": at(8), "called_by": "Jon", "expected_at": "10:15"}


def test_a_late_and_doubtful_press_says_so() -> None:
    late = opened(pressed_at=at(-1920), verified=False, doubt=Doubt.UNSIGNED).alarm
    shown = view(late, PHONE["ola"])
    assert (shown["late"], shown["pressed_at"], shown["received_at"], shown["unverified"]) == (True, at(-1920), T0, True)
    shown = view(opened(pressed_at=at(-3)).alarm, PHONE["ola"])
    assert (shown["late"], shown["unverified"]) == (False, False)


def test_a_question_is_shown_to_the_one_it_is_put_to() -> None:
    alarm = after(opened(), (90, coming("ola", age_s=80)))
    assert view(alarm, PHONE["ola"])["me"]["ask"] == {"kind": "late_ack", "answer_by": None}
    assert view(alarm, PHONE["siri"])["me"]["ask"] is None


def test_a_tick_is_not_shown_as_a_question_or_an_answer() -> None:
    alarm = after(opened(), e.Tick("siri", "responder", "look"))
    shown = view(alarm, PHONE["siri"])
    assert (shown["people"], shown["me"]["stage"], shown["me"]["ask"], shown["me"]["ticks"]) == ([], None, None, ["responder/look"])
    assert shown["me"]["offered_role"] == "coordinator", "and the offer stands"


def test_a_drill_is_marked_on_every_screen_and_a_real_alarm_on_none() -> None:
    for viewer in VIEWERS:
        assert view(opened(drill=DRILL).alarm, viewer)["drill"]["id"] == DRILL.id
        assert view(opened().alarm, viewer)["drill"] is None


@pytest.mark.parametrize(
    ("leader", "phone", "shown"),
    [
        ("liv", "+47 3", {"name": "Liv", "phone": "+47 3"}),
        ("liv", "", {"name": "Liv", "phone": "+47 55"}),
        (None, "+47 3", {"name": "", "phone": "+47 55"}),
        ("gone", "+47 3", {"name": "", "phone": "+47 55"}),
    ],
)
def test_a_drill_shows_whom_to_ring_instead_of_112(leader: str | None, phone: str, shown: dict[str, str]) -> None:
    here = world(people=[replace(one, phone=phone) if one.id == "liv" else one for one in WORLD.people.values()])
    alarm = opened(drill=replace(DRILL, leader_id=leader), here=here).alarm
    assert projection.shared(alarm, False, here)["drill"] == {"id": "d-1", "name": "Høstøvelsen", "leader": shown, "planned": False}


def test_only_who_runs_a_planned_drill_is_said_to_lead_it() -> None:
    planned = opened(drill=replace(DRILL, planned=True, leader_id="liv")).alarm
    assert view(planned, PHONE["liv"])["me"]["leads_drill"] and not view(planned, PHONE["siri"])["me"]["leads_drill"]
    for alarm in (opened().alarm, opened(drill=replace(DRILL, leader_id="liv")).alarm):
        assert not view(alarm, PHONE["liv"])["me"]["leads_drill"]


def test_a_missed_check_in_that_becomes_an_emergency_is_rung_after_112_only() -> None:
    alarm = opened(Kind.MISSED_CHECKIN, by="ada").alarm
    assert view(alarm, PHONE["liv"])["ring_presser"] == "yes"
    alarm = after(alarm, e.SetMark("liv", "police_called"))
    for viewer in (PHONE["liv"], DESK):
        assert view(alarm, viewer)["ring_presser"] == "after_112"
        assert view(alarm, viewer)["level"] is Level.EMERGENCY


def test_the_delivery_names_people_and_tells_contacts_apart() -> None:
    told = projection.told(opened().alarm, False, Told(2, 1, 0, 0, (("ola", "reached", "push"), ("@fjordvik/vekter", "told", "sms"))), WORLD)
    assert [(p["name"], p["contact"]) for p in told["people"]] == [("Ola", False), ("Vekter", True)]


def test_one_who_has_left_is_shown_without_a_name_and_breaks_nothing() -> None:
    alarm = after(opened(), e.AddNote("gone", "hei"))
    assert view(alarm, PHONE["ola"])["notes"][0]["by"] == "gone"


@pytest.mark.parametrize("viewer", [PHONE["per"], PHONE["eva"], PHONE["nils"]])
def test_who_may_not_see_gets_no_button_and_no_offer_is_made(viewer: Viewer) -> None:
    alarm = opened().alarm
    assert not access.may_see(viewer, alarm, WORLD)
    me = projection.personal(alarm, viewer, False, WORLD)
    assert (me["can"], me["told"], me["stage"]) == ([], False, None)


def test_near_a_called_off_alarm_no_name_of_a_helper_and_no_delivery_is_shown() -> None:
    alarm, _ = wait_until(after(opened(), (5, coming("ola")), (6, e.AddNote("ola", "hei")), (10, e.CallOff("kari", 1))), 100)
    assert alarm.called_off is not None
    for viewer in (PHONE["kari"], DESK, WALL):
        shown = view(alarm, viewer)
        assert (shown["people"], shown["notes"], shown["marks"], shown["cover"], shown["called_off"]["by"]) == ([], [], [], [], "Kari")
        assert projection.told(alarm, True, Told(9, 9, 9, 0, (("ola", "seen", None),)), WORLD)["people"] == []
    assert [p["name"] for p in view(alarm, PHONE["ola"])["people"]] == ["Ola"]


def test_the_view_of_a_press_that_joined_counts_it_and_sends_the_number_back() -> None:
    alarm = step(opened(), e.Pressed(signal(), pressed().plan, "desk_alarm"), 5).alarm
    assert (view(alarm, DESK)["presses"], view(alarm, DESK)["last_signal"]) == (2, 2)
