"""The table: every state and event is named here, legal or refused with its reason, and random people cannot break it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core import events as e
from server.core.alarm import ACTIONS, TABLE, Refused, allowed, due, take
from server.core.alarm import Step as Decision
from server.core.directory import directory
from server.core.model import ACTIVE, Alarm, Outcome, Stage, State
from server.core.signals import Kind
from server.core.values import replace
from tests.core import diagram
from tests.core.world import (
    DRILL,
    PHONE,
    T0,
    WORLD,
    after,
    at,
    coming,
    off_duty,
    opened,
    pressed,
    resolve,
    signal,
    world,
)

CANCELS = e.CallOff("kari", 1)
STATES: dict[State, Alarm] = {
    State.PENDING: opened(Kind.FALL).alarm,
    State.RAISED: opened().alarm,
    State.ACKNOWLEDGED: after(opened(), coming("ola")),
    State.ON_SCENE: after(opened(), coming("ola"), e.Arrive("ola")),
    State.RESOLVED: after(opened(), resolve()),
    State.CANCELLED: after(opened(Kind.FALL), CANCELS),
}

EVENTS: dict[type, e.Event] = {
    e.Pressed: pressed(),
    e.Deadline: e.Deadline(),
    e.Unreached: e.Unreached(T0),
    e.Acknowledge: e.Acknowledge("siri"),
    e.Decline: e.Decline("siri"),
    e.Arrive: e.Arrive("siri"),
    e.Shelter: e.Shelter("siri"),
    e.AddNote: e.AddNote("siri", "Han står ved døra"),
    e.Tick: e.Tick("siri", "responder", "look"),
    e.SwapRole: e.SwapRole("ola", "responder"),
    e.ChangeSituation: e.ChangeSituation("siri", "weapon"),
    e.SetMark: e.SetMark("siri", "police_called"),
    e.MoreHelp: e.MoreHelp("siri"),
    e.CallOff: CANCELS,
    e.TakenBack: e.TakenBack("kari", signal(Kind.CALL_OFF)),
    e.Confirm: e.Confirm("siri", "seen", 1),
    e.Resolve: resolve("siri"),
    e.BecameReal: e.BecameReal("siri", "a-2"),
    e.DrillOver: e.DrillOver("sondre"),
    e.StillOn: e.StillOn(1, 10),
    e.LeavesOut: e.LeavesOut(("ola",)),
    e.EndsDrill: e.EndsDrill("a-0", ("nora",)),
}

LEGAL, ASKING, ENDED = None, "still_asking", "ended"
CASES: dict[type, tuple[str | None, ...]] = {
    # event             PENDING  RAISED          ACKNOWLEDGED ON_SCENE RESOLVED CANCELLED
    e.Pressed:         (LEGAL,   LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.Deadline:        (LEGAL,   LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.Unreached:       (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.Acknowledge:     (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.Decline:         (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.Arrive:          (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.Shelter:         (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.AddNote:         (LEGAL,   LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.Tick:            (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.SwapRole:        (ASKING,  "not_assigned", LEGAL,       LEGAL,   ENDED,   ENDED),
    e.ChangeSituation: (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.SetMark:         (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.MoreHelp:        (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.CallOff:         (LEGAL,   LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.TakenBack:       (LEGAL,   LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.Confirm:         (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.Resolve:         (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.BecameReal:      (LEGAL,   LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.DrillOver:       (LEGAL,   LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.StillOn:         (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.LeavesOut:       (LEGAL,   LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
    e.EndsDrill:       (ASKING,  LEGAL,          LEGAL,       LEGAL,   ENDED,   ENDED),
}  # fmt: skip
PAIRS = [(state, event, reason) for event, row in CASES.items() for state, reason in zip(State, row)]


def test_every_pair_of_state_and_event_is_named() -> None:
    assert set(CASES) == set(TABLE) == set(EVENTS)
    assert all(len(row) == len(State) for row in (*CASES.values(), *TABLE.values()))
    assert {state: alarm.state for state, alarm in STATES.items()} == {state: state for state in State}


@pytest.mark.parametrize(("state", "event", "reason"), PAIRS, ids=[f"{event.__name__}-{state}" for state, event, _ in PAIRS])
def test_what_may_happen_in_which_state(state: State, event: type, reason: str | None) -> None:
    before = replace(STATES[state], drill=replace(DRILL, leader_id="liv") if event in (e.BecameReal, e.DrillOver, e.StillOn, e.LeavesOut) else None)
    decision = take(before, EVENTS[event], T0, WORLD)
    if reason is None:
        assert isinstance(decision, Decision)
        assert decision.alarm.version == before.version + 1
    else:
        assert decision == Refused(reason), "and nothing was sent"


def test_the_buttons_are_read_from_the_same_table() -> None:
    for state, alarm in STATES.items():
        column = list(State).index(state)
        assert allowed(alarm) == {name for name, event in ACTIONS.items() if CASES[event][column] is None}


def test_a_deadline_that_comes_early_moves_nothing() -> None:
    for state in (State.PENDING, State.RAISED, State.ACKNOWLEDGED, State.ON_SCENE):
        before = STATES[state]
        decision = take(before, e.Deadline(), T0, WORLD)
        assert isinstance(decision, Decision)
        assert (decision.alarm.state, due(decision.alarm), decision.orders) == (state, due(before), ()), "and nothing was sent"


def test_the_states_in_architecture_are_those_of_the_code() -> None:
    text = diagram.ARCHITECTURE.read_text(encoding="utf-8") if diagram.ARCHITECTURE.exists() else ""
    assert text.count(diagram.OPENS) == 1 and text.count(diagram.CLOSES) == 1, f"put this into ARCHITECTURE.md:\n\n{diagram.block()}\n"
    found = text[text.index(diagram.OPENS) : text.index(diagram.CLOSES) + len(diagram.CLOSES)]
    assert found == diagram.block(), f"the block in ARCHITECTURE.md must be:\n\n{diagram.block()}\n"


# ---------------------------------------------------------------- whatever people do

KNOWN = tuple(PHONE)
NOBODY_HOME = world(duty={})
HALF_GONE = world(duty=off_duty("liv", "jon", "siri"))
EDITED = world(plans=(), people=(), zones=(), devices=(), contacts=(), duty={})
"""An office of which everything was deleted while the alarm ran."""
HERE = {"as it was": WORLD, "nobody home": NOBODY_HOME, "half gone": HALF_GONE, "edited away": EDITED, "no office at all": directory([])}

who = st.sampled_from(KNOWN) | st.sampled_from(("", "ghost", "@fjordvik/vekter", "device:knapp", "💥", "a\x00b", "\ud800")) | st.text(max_size=5)
roles = st.sampled_from(("responder", "coordinator", "caller_112", "public_guide", "leader", "alarm_raiser", "all_staff", "💥", ""))
numbers = st.sampled_from((0, 1, 59.9, 60.1, 10**9, -5, 10**30, float("inf"), float("-inf"), float("nan")))
etas = st.none() | st.sampled_from((0, 1, 300, 2700, 86_400, 10**18, -1, -(10**18)))
seen = st.integers(-1, 3) | st.sampled_from((10**9,))
texts = st.sampled_from(("", "ok", "💥" * 600, "\x00", "\ud800", "x" * 100_000)) | st.text(max_size=20)
kinds = st.sampled_from((Kind.PANIC, Kind.ASSIST, Kind.DURESS, Kind.FALL, Kind.NO_MOTION, Kind.MISSED_CHECKIN, Kind.TEST, Kind.CALL_OFF))
devices = st.sampled_from((None, "knapp", "karis", "adas", "unknown", "💥"))


@st.composite
def happening(draw: st.DrawFn) -> tuple[float, e.Event | None]:
    """Seconds from the one before, and an event; None is the deadline that is due next."""
    by = draw(who)
    event = draw(
        st.sampled_from(
            (
                lambda: None,
                lambda: None,
                lambda: e.Deadline(),
                lambda: pressed(draw(kinds), draw(st.none() | who), device_id=draw(devices), zone_id=draw(st.sampled_from((None, "mottak", "x")))),
                lambda: e.Unreached(T0 + timedelta(seconds=draw(st.sampled_from((0, 30, 70))))),
                lambda: e.Acknowledge(by, draw(st.none() | roles), draw(etas), draw(numbers)),
                lambda: e.Decline(by, draw(texts)),
                lambda: e.Arrive(by, draw(numbers)),
                lambda: e.Shelter(by),
                lambda: e.AddNote(by, draw(texts)),
                lambda: e.Tick(by, draw(roles), draw(st.sampled_from(("ack", "stand", "call", "together", "💥"))), draw(st.booleans())),
                lambda: e.SwapRole(by, draw(roles)),
                lambda: e.ChangeSituation(by, draw(st.sampled_from(("weapon", "weapon", "💥")))),
                lambda: e.SetMark(by, draw(st.sampled_from(("police_called", "police_expected", "safe_confirmed", "💥"))), draw(st.none() | texts)),
                lambda: e.MoreHelp(by),
                lambda: e.CallOff(by, draw(seen), draw(st.booleans()), draw(st.booleans())),
                lambda: e.TakenBack(draw(st.none() | who), signal(Kind.CALL_OFF, now=at(draw(st.sampled_from((0, 70)))), device_id=draw(devices))),
                lambda: e.Confirm(by, draw(st.sampled_from(("seen", "heard", ""))), draw(seen)),
                lambda: e.BecameReal(by, "a-2", frozenset(draw(st.lists(st.sampled_from(("knapp", "lampe-landskap")))))),
                lambda: e.DrillOver(draw(st.none() | who)),
                lambda: e.LeavesOut(tuple(draw(st.sets(who, max_size=2)))),
                lambda: e.EndsDrill(draw(st.sampled_from(("a-0", "a-00"))), tuple(draw(st.lists(who, max_size=4)))),
                lambda: e.Resolve(by, draw(st.sampled_from(list(Outcome))), draw(seen), draw(texts)),
            )
        )
    )()
    return draw(st.sampled_from((0, 0, 0.001, 1, 29, 31, 61, 200, 3000))), event


def summed(alarm: Alarm) -> State:
    stages = {a.stage for a in alarm.assignments}
    return State.ON_SCENE if Stage.THERE in stages else State.ACKNOWLEDGED if stages & ACTIVE else State.RAISED


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from((Kind.PANIC, Kind.ASSIST, Kind.DURESS, Kind.FALL, Kind.MISSED_CHECKIN)),
    drill=st.sampled_from((None, None, DRILL)),
    situation=st.sampled_from((None, None, "portable_alarm_outside", "life_threatening_violence", "evacuation", "phone_threat")),
    happenings=st.lists(happening(), max_size=25),
    heres=st.lists(st.sampled_from(("as it was", "as it was", *HERE)), min_size=25, max_size=25),
)
def test_whatever_people_do_the_alarm_goes_on_by_the_rules(kind, drill, situation, happenings, heres) -> None:
    alarm, now = opened(kind, drill=drill, situation=situation).alarm, 0.0
    check_promises(alarm)
    ids: set[str] = set()
    for (seconds, event), here in zip(happenings, heres):
        now += seconds
        if event is None:
            if (soonest := due(alarm)) is None:
                continue
            event, now = e.Deadline(), max(now, (soonest - T0).total_seconds())
        decision = take(alarm, event, at(now), HERE[here])
        if isinstance(decision, Refused):
            assert decision.reason
            assert alarm.open or decision.reason == ENDED
            continue
        assert alarm.open, "an ended alarm never moves"
        assert decision.alarm.version == alarm.version + 1
        assert set(alarm.told) <= set(decision.alarm.told), "whoever was told has been told"
        assert len(set(decision.alarm.told)) == len(decision.alarm.told)
        assert all(one.what for one in decision.said)
        assert decision.said or isinstance(event, (e.Deadline, e.LeavesOut)), "left out in confidence: the log is silent"
        assert decision.alarm.raiser_id not in decision.alarm.told
        assert not set(decision.alarm.told[len(alarm.told) :]) & set(alarm.raisers), "nobody is told of the own press"
        assert decision.alarm.signals_count == alarm.signals_count + isinstance(event, e.Pressed)
        fresh = {order.id for order in decision.orders}
        assert len(fresh) == len(decision.orders) and not fresh & ids, "every order has an id of its own"
        assert all(order.drill is (drill is not None and kind is not Kind.DURESS) for order in decision.orders)
        ids |= fresh
        if decision.alarm.state is not alarm.state:
            assert decision.alarm.state in diagram.MOVES[alarm.state]
        alarm = decision.alarm
        check_promises(alarm)
        if alarm.open and isinstance(event, e.Deadline):
            assert due(alarm) > at(now), "a deadline that was delivered is not due again at once"


def check_promises(alarm: Alarm) -> None:
    assert (due(alarm) is None) == (not alarm.open) == (alarm.state in (State.RESOLVED, State.CANCELLED))
    if alarm.open and alarm.state is not State.PENDING:
        assert alarm.state is summed(alarm), "the state is the sum of what people have said"
    assert alarm.raiser_id not in {a.person_id for a in alarm.assignments if a.stage in ACTIVE}
    assert len(alarm.signals) <= 20 and len(alarm.notes) <= 20


OLA_COMES, OLA_IS_THERE = coming("ola"), e.Arrive("ola")
WALKS: dict[tuple[State, State], tuple[Kind, tuple[e.Event, ...]]] = {
    (State.PENDING, State.RAISED): (Kind.FALL, (pressed(),)),
    (State.PENDING, State.CANCELLED): (Kind.FALL, (CANCELS,)),
    (State.PENDING, State.RESOLVED): (Kind.FALL, (e.BecameReal("siri", "a-2"),)),
    (State.RAISED, State.ACKNOWLEDGED): (Kind.PANIC, (OLA_COMES,)),
    (State.RAISED, State.ON_SCENE): (Kind.PANIC, (OLA_IS_THERE,)),
    (State.RAISED, State.RESOLVED): (Kind.PANIC, (resolve(),)),
    (State.ACKNOWLEDGED, State.RAISED): (Kind.PANIC, (OLA_COMES, e.Decline("ola"))),
    (State.ACKNOWLEDGED, State.ON_SCENE): (Kind.PANIC, (OLA_COMES, OLA_IS_THERE)),
    (State.ACKNOWLEDGED, State.RESOLVED): (Kind.PANIC, (OLA_COMES, resolve())),
    (State.ON_SCENE, State.RAISED): (Kind.PANIC, (OLA_IS_THERE, e.Shelter("ola"))),
    (State.ON_SCENE, State.ACKNOWLEDGED): (Kind.PANIC, (coming("siri"), OLA_IS_THERE, e.Decline("ola"))),
    (State.ON_SCENE, State.RESOLVED): (Kind.PANIC, (OLA_IS_THERE, resolve())),
}


def test_every_move_that_is_drawn_can_be_walked() -> None:
    assert set(WALKS) == {(state, other) for state, leads_to in diagram.MOVES.items() for other in leads_to}
    for (state, other), (kind, happens) in WALKS.items():
        drill = DRILL if any(isinstance(event, e.BecameReal) for event in happens) else None
        assert after(opened(kind, drill=drill), *happens[:-1]).state is state
        assert after(opened(kind, drill=drill), *happens).state is other
