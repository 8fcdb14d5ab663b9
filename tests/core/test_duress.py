"""Duress looks like normal on everything near the person: the same sequence with the PIN and with the PIN for being forced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.core import access, projection
from server.core import events as e
from server.core.access import Viewer
from server.core.alarm import Step as Decision
from server.core.alarm import due, take
from server.core.directory import Directory
from server.core.model import Alarm, Level, State
from server.core.orders import Order, Say
from server.core.projection import Told
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import (
    DESK,
    DRILL,
    LILLEVIK_PLAN,
    PHONE,
    PLAN,
    WALL,
    WORLD,
    Plan,
    at,
    coming,
    nothing_else_was_sent,
    opened,
    order_to,
    planned,
    pressed,
    resolve,
    said,
    sent,
    step,
    tells,
    wait_until,
    world,
)

NEAR = (PHONE["kari"], PHONE["nora"], DESK, WALL, Viewer("tor", "phone", "mottak"), Viewer("liv", "desk"))
FAR = tuple(PHONE[name] for name in ("ola", "siri", "liv", "jon"))
DELIVERY = Told(9, 7, 3, 1, (("ola", "seen", "screen"), ("@fjordvik/vakttelefon", "told", "sms")))


@dataclass
class Running:
    """One world as it runs: the alarm, everything that was ordered, and everything that was said."""

    alarm: Alarm
    here: Directory
    orders: list[Order]
    words: list[str]
    seconds: float = 0

    def take(self, event: e.Event, seconds: float) -> None:
        decision = take(self.alarm, event, at(seconds), self.here)
        if isinstance(decision, Decision):
            self.keep(decision)
        self.seconds = seconds

    def keep(self, decision: Decision) -> None:
        self.alarm = decision.alarm
        self.orders += decision.orders
        self.words += said(decision)

    def until(self, seconds: float) -> None:
        while (soonest := due(self.alarm)) is not None and soonest <= at(seconds):
            self.take(e.Deadline(), max((soonest - at(0)).total_seconds(), self.seconds))

    def seen_by(self, viewer: Viewer) -> dict[str, object] | None:
        if not access.may_see(viewer, self.alarm, self.here):
            return None
        near = access.is_near(viewer, self.alarm, self.here)
        view = projection.shared(self.alarm, near, self.here)
        view["told"] = projection.told(self.alarm, near, DELIVERY, self.here)
        view["me"] = projection.personal(self.alarm, viewer, near, self.here)
        return view

    def log_near(self) -> list[str]:
        return [word for word, shown in zip(self.words, projection.near_log(self.words)) if shown]

    def orders_near(self) -> list[Order]:
        beside = {name for name in self.here.people if self.here.sits_in(name, "fjordvik", "mottak")}
        return sorted((o for o in self.orders if o.recipient in beside or o.recipient.startswith("device:")), key=lambda o: (o.made_at, o.id))


def both(start: Callable[[], Decision], here: Directory = WORLD) -> tuple[Running, Running]:
    one = start()
    worlds = tuple(Running(one.alarm, here, list(one.orders), said(one)) for _ in range(2))
    return worlds[0], worlds[1]


def look_the_same(normal: Running, forced: Running) -> None:
    for viewer in NEAR:
        assert normal.seen_by(viewer) == forced.seen_by(viewer), f"{viewer} at {normal.seconds} s"
    assert normal.orders_near() == forced.orders_near()
    assert normal.log_near() == forced.log_near()


SO_FAR: dict[State, tuple[Kind, list[tuple[float, e.Event]]]] = {
    State.PENDING: (Kind.FALL, []),
    State.RAISED: (Kind.PANIC, []),
    State.ACKNOWLEDGED: (Kind.PANIC, [(4, coming("ola")), (5, coming("nora"))]),
    State.ON_SCENE: (Kind.PANIC, [(4, coming("ola")), (5, coming("nora")), (8, e.Arrive("ola")), (9, e.SetMark("jon", "police_called"))]),
}
LATER: list[tuple[float, e.Event]] = [
    (25, coming("siri")),
    (26, e.AddNote("siri", "på vei")),
    (40, coming("jon", role="caller_112")),
    (41, e.Tick("jon", "caller_112", "call")),
    (95, e.Arrive("siri")),
    (96, e.Decline("jon")),
    (100, e.MoreHelp("ola")),
    (150, e.AddNote("nora", "rolig her")),
    (200, e.ChangeSituation("siri", "weapon")),
    (230, e.Confirm("siri", "heard", 1)),
    (300, e.SetMark("liv", "police_expected", "10:20")),
]


@pytest.mark.parametrize("here", [WORLD, world(size=10)], ids=["40 people", "10 people"])
@pytest.mark.parametrize("ended_at", [12, 61, 130, 240, 900], ids=lambda seconds: f"ended at {seconds} s")
@pytest.mark.parametrize("device", [None, "karis"])
@pytest.mark.parametrize("state", list(SO_FAR))
def test_calling_off_under_duress_looks_the_same_near_the_person(state: State, device: str | None, ended_at: float, here: Directory) -> None:
    kind, before = SO_FAR[state]
    normal, forced = both(lambda: opened(kind, here=here, device_id=device), here)
    for seconds, event in before:
        normal.take(event, seconds), forced.take(event, seconds)
    assert normal.alarm.state is state
    look_the_same(normal, forced)
    normal.take(e.CallOff("kari", 1), 10), forced.take(e.CallOff("kari", 1, duress=True), 10)
    look_the_same(normal, forced)
    everything = sorted([*LATER, *((float(s), None) for s in (29, 30, 31, 69, 70, 71, 130, 190, 600))], key=lambda one: one[0])
    for seconds, event in everything:
        if seconds >= ended_at:
            break
        normal.until(seconds), forced.until(seconds)
        if event is not None:
            normal.take(event, seconds), forced.take(event, seconds)
        look_the_same(normal, forced)
    assert forced.alarm.duress and forced.alarm.open
    normal.until(ended_at), forced.until(ended_at)
    normal.take(resolve("ola"), ended_at), forced.take(resolve("ola"), ended_at)
    assert not normal.alarm.open and not forced.alarm.open
    look_the_same(normal, forced)


@pytest.mark.parametrize("state", list(SO_FAR))
def test_away_from_the_person_it_is_known_and_nobody_rings(state: State) -> None:
    kind, before = SO_FAR[state]
    _, forced = both(lambda: opened(kind, here=WORLD))
    for seconds, event in before:
        forced.take(event, seconds)
    forced.take(e.CallOff("kari", 1, duress=True), 10)
    forced.until(120)
    told = [viewer for viewer in FAR if viewer.person_id in forced.alarm.told]
    assert told
    for viewer in told:
        view = forced.seen_by(viewer)
        assert (view["duress"], view["ring_presser"], view["level"]) == (True, "never", Level.EMERGENCY)
        assert view["state"] is not State.CANCELLED
        warned = [o for o in forced.orders if o.recipient == viewer.person_id and o.made_at >= at(10)]
        assert warned and all(o.reason == "duress" for o in warned), "do not ring"
    for viewer in NEAR:
        assert forced.seen_by(viewer)["duress"] is False


def test_the_next_step_starts_now_and_those_beside_the_person_are_told_only_that_it_may_be_over() -> None:
    alarm = step(opened(), e.CallOff("nora", 1, at_desk=True, duress=True), 5)
    nothing_else_was_sent(alarm, may_be_over=[], changed=["ola", "siri"], alarm=["ada", "jon", "liv"])
    assert order_to(alarm, "liv").reason == "duress"


def test_come_calmly_that_is_called_off_under_duress_is_an_emergency_only_away_from_the_person() -> None:
    normal, forced = both(lambda: opened(Kind.ASSIST))
    normal.take(e.CallOff("kari", 1), 10), forced.take(e.CallOff("kari", 1, duress=True), 10)
    look_the_same(normal, forced)
    assert forced.alarm.level is Level.EMERGENCY and forced.seen_by(DESK)["level"] is Level.ASSIST
    for seconds in (15, 75):
        normal.take(e.SetMark("ola", "police_called"), seconds), forced.take(e.SetMark("ola", "police_called"), seconds)
        look_the_same(normal, forced)
    assert forced.seen_by(DESK)["level"] is Level.EMERGENCY, "112 has been called in both"


def test_where_others_pressed_too_the_withdrawal_looks_the_same() -> None:
    normal, forced = both(lambda: opened())
    for one in (normal, forced):
        one.take(pressed(by="siri", id="s"), 3)
    normal.take(e.CallOff("kari", 2), 10), forced.take(e.CallOff("kari", 2, duress=True), 10)
    assert forced.alarm.duress and not forced.alarm.called_off
    assert forced.orders_near() == normal.orders_near()
    assert forced.seen_by(DESK)["duress"] is False


@pytest.mark.parametrize("kind", [Kind.PANIC, Kind.FALL])
@pytest.mark.parametrize("by", ["kari", "nora", "siri"])
def test_whoever_of_several_pressers_withdraws_under_duress_it_looks_the_same_near_all_of_them(by: str, kind: Kind) -> None:
    """Siri's own place is elsewhere: she pressed at the counter, and what reaches her there may be seen."""
    normal, forced = both(lambda: opened(kind))
    for one in (normal, forced):
        one.take(coming("ola"), 2)
        one.take(pressed(kind, by="nora", id="s-nora"), 3)
        one.take(pressed(kind, by="siri", id="s-siri"), 4)
    normal.take(e.CallOff(by, 3), 10), forced.take(e.CallOff(by, 3, duress=True), 10)
    assert forced.alarm.duress and forced.alarm.called_off is None and forced.alarm.open
    for seconds, event in [(11, None), *LATER, (900, resolve("ola", 9))]:
        for one in (normal, forced):
            one.until(seconds)
            if event is not None:
                one.take(event, seconds)
        look_the_same(normal, forced)
        assert normal.seen_by(PHONE["siri"]) == forced.seen_by(PHONE["siri"])
    hers = [[order for order in one.orders if order.recipient == "siri" and order.made_at >= at(4)] for one in (normal, forced)]
    assert hers[0] == hers[1] and not any(order.reason == "duress" for order in hers[0])
    assert any(order.recipient == "ola" and order.reason == "duress" for order in forced.orders)


def test_duress_is_sticky() -> None:
    _, forced = both(lambda: opened())
    forced.take(e.CallOff("kari", 1, duress=True), 10)
    forced.take(pressed(), 20)
    forced.take(e.CallOff("kari", 2), 30)
    forced.take(e.Confirm("ola", "seen", 2), 40)
    assert forced.alarm.duress
    assert forced.seen_by(PHONE["ola"])["ring_presser"] == "never"


# ---------------------------------------------------------------- a duress signal


def test_a_duress_signal_opens_an_alarm_that_nobody_near_the_person_sees_or_hears() -> None:
    decision = opened(Kind.DURESS, by=None, device_id="karis")
    nothing_else_was_sent(decision, alarm=["liv", "ola", "siri"])
    alarm, decided = wait_until(decision, 3600)
    for viewer in NEAR:
        assert not access.may_see(viewer, alarm, WORLD)
    assert not {"kari", "nora", "device:karis", "device:lampe-landskap"} & {*sent(decided), *alarm.told}
    assert access.may_see(PHONE["ola"], alarm, WORLD)
    assert projection.shared(alarm, False, WORLD)["ring_presser"] == "never"
    ended = step(alarm, resolve(), 3600)
    nothing_else_was_sent(ended, all_clear=alarm.told)
    assert not any(access.may_see(viewer, ended.alarm, WORLD) for viewer in NEAR)


def test_where_only_those_near_hold_a_role_a_hidden_alarm_goes_to_the_owner_and_widens_at_once() -> None:
    people = [replace(p, roles=p.roles - {"public_guide"}) if p.id == "ada" else p for p in WORLD.people.values()]
    here = planned(tells("role:public_guide"), tells("on_duty"), people=people)
    decision = opened(Kind.DURESS, here=here)
    assert order_to(decision, "liv").reason == "duress"
    nothing_else_was_sent(decision, alarm=["liv"])


def test_if_everyone_in_the_office_sits_near_the_neighbours_are_told_at_once() -> None:
    people = [replace(p, zone_id="mottak") for p in WORLD.people.values()]
    here = planned(tells("on_duty"), tells("role:responder"), tells("neighbours"), people=people)
    nothing_else_was_sent(opened(Kind.DURESS, here=here), alarm=["nils"])


def test_one_who_sits_in_the_reception_of_another_office_is_not_near() -> None:
    alarm = step(opened(here=world((Plan("p", "fjordvik", "liv", (tells("neighbours"),)), LILLEVIK_PLAN))), e.CallOff("kari", 1, duress=True), 5)
    assert not access.is_near(PHONE["nils"], alarm.alarm, WORLD)
    assert order_to(alarm, "nils", Say.CHANGED).reason == "duress"
    nothing_else_was_sent(alarm, changed=["nils"])


def test_in_a_drill_duress_is_real() -> None:
    decision = opened(Kind.DURESS, drill=DRILL)
    assert decision.alarm.drill is None and not any(order.drill for order in decision.orders)


# ---------------------------------------------------------------- what near surfaces may do


def test_one_who_answers_after_the_call_off_sees_the_same_at_the_desk_whatever_role_it_is() -> None:
    normal, forced = both(lambda: opened(Kind.ASSIST))
    normal.take(e.CallOff("kari", 1), 10), forced.take(e.CallOff("kari", 1, duress=True), 10)
    normal.take(coming("ola"), 20), forced.take(coming("ola"), 20)
    assert normal.alarm.assignment("ola").role != forced.alarm.assignment("ola").role, "under duress it is an emergency, which needs others"
    at_the_desk = Viewer("ola", "desk")
    assert normal.seen_by(at_the_desk) == forced.seen_by(at_the_desk)


@pytest.mark.parametrize("duress", [False, True])
def test_near_a_called_off_alarm_nothing_is_done_but_notes(duress: bool) -> None:
    alarm = step(opened(), e.CallOff("kari", 1, duress=duress), 5).alarm
    for viewer in (PHONE["kari"], DESK):
        assert projection.personal(alarm, viewer, True, WORLD)["can"] == ["note"]
    feigned = step(opened(Kind.FALL), e.CallOff("kari", 1, duress=duress), 5).alarm
    for viewer in (PHONE["kari"], DESK):
        assert projection.personal(feigned, viewer, True, WORLD)["can"] == []


def test_after_a_new_press_near_surfaces_see_again_who_comes() -> None:
    alarm = step(step(opened(), e.CallOff("kari", 1), 5), pressed(), 9)
    alarm = step(alarm, coming("ola"), 10).alarm
    view = projection.shared(alarm, True, WORLD)
    assert view["state"] is State.ACKNOWLEDGED and [p["person_id"] for p in view["people"]] == ["ola"]
    assert PLAN.steps == alarm.plan.steps


# ---------------------------------------------------------------- whatever else happens

far_people = st.sampled_from(("ola", "siri", "liv", "jon", "ada", "nils"))
far_event = st.one_of(
    st.builds(coming, far_people),
    st.builds(e.Decline, far_people),
    st.builds(e.Arrive, far_people),
    st.builds(e.Shelter, far_people),
    st.builds(e.AddNote, st.sampled_from(("kari", "nora", "ola")), st.just("?")),
    st.builds(e.Tick, far_people, st.just("caller_112"), st.sampled_from(("call", "where"))),
    st.builds(e.SetMark, far_people, st.just("police_called")),
    st.builds(e.ChangeSituation, far_people, st.just("weapon")),
    st.builds(e.MoreHelp, far_people),
    st.builds(e.Confirm, far_people, st.sampled_from(("seen", "heard")), st.just(9)),
    st.builds(resolve, far_people, st.just(9)),
)
moment = st.tuples(st.sampled_from((0, 0.5, 7, 30, 61, 190, 700)), far_event)
open_press = st.builds(pressed, st.sampled_from((Kind.PANIC, Kind.ASSIST, Kind.FALL)), st.just("kari"), device_id=st.sampled_from((None, "karis")))
beside = st.builds(coming, st.just("nora")) | st.builds(e.Arrive, st.just("nora"))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from((Kind.PANIC, Kind.ASSIST, Kind.FALL, Kind.MISSED_CHECKIN)),
    device=st.sampled_from((None, "karis")),
    situation=st.sampled_from((None, "portable_alarm_outside", "evacuation", "missed_checkin")),
    before=st.lists(moment | st.tuples(st.sampled_from((0, 5)), open_press | beside), max_size=6),
    later=st.lists(moment, max_size=10),
)
@example(Kind.PANIC, None, None, [], [(0, coming("liv")), (30, coming("ola")), (61, e.MoreHelp("liv"))])
def test_whatever_others_do_it_looks_the_same_near_the_person(kind, device, situation, before, later) -> None:
    normal, forced = both(lambda: opened(kind, device_id=device, situation=situation))
    now = 0.0
    for wait, event in before:
        now += wait
        for one in (normal, forced):
            one.until(now)
            one.take(event, now)
    now += 3
    for one, duress in ((normal, False), (forced, True)):
        one.until(now)
        one.take(e.CallOff("kari", 9, duress=duress), now)
    look_the_same(normal, forced)
    for wait, event in later:
        now += wait
        for one in (normal, forced):
            one.until(now)
            one.take(event, now)
        look_the_same(normal, forced)
