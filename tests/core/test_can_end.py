"""An alarm can always be ended by somebody who may: whom Varde asks when those who were told cannot, and who hears of an empty role."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core import access
from server.core import events as e
from server.core.access import Viewer
from server.core.directory import Directory, Person, Plan, Step
from server.core.model import Alarm, State
from server.core.near import could_end
from server.core.orders import Say
from server.core.reserves import from_elsewhere, owners
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import (
    LILLEVIK_PLAN,
    OFFICE,
    PEOPLE,
    PHONE,
    PRESENT,
    after,
    at,
    coming,
    data,
    nothing_else_was_sent,
    opened,
    order_to,
    pressed,
    sent,
    step,
    tells,
    wait_until,
    world,
)

BESIDE = tells("person:nora", "role:public_guide")
CALLED_OFF = e.CallOff("kari", 1)


def seated(*in_reception: str, people: Iterable[Person] = PEOPLE, **surfaces: str) -> list[Person]:
    """These sit in the pressed zone as well; the others where they do."""
    return [
        replace(one, zone_id="mottak" if one.id in in_reception else one.zone_id, surface=surfaces.get(one.id, one.surface)) for one in people
    ]


def house(
    *steps: Step, beside: Iterable[str] = ("ada",), off: Iterable[str] = (), without: Iterable[str] = (), owner: str = "liv", **surfaces: str
) -> Directory:
    """The usual office, where Nora and those `beside` sit in reception with Kari, who presses."""
    people = [one for one in seated(*beside, **surfaces) if one.id not in without]
    duty = {key: value for key, value in PRESENT.items() if key[0] not in {*off, *without}}
    return world((Plan("plan", OFFICE, owner, steps), LILLEVIK_PLAN), duty=duty, people=people)


def enders(alarm: Alarm, here: Directory) -> set[str]:
    """Those who were told, and whose phone has the buttons."""
    screens = {one: Viewer(one, here.people[one].surface) for one in alarm.told if one in here.people}
    return {one for one, screen in screens.items() if access.may_act(screen, "resolve", alarm, here)}


# ---------------------------------------------------------------- after a call-off

ASKED: list[tuple[str, Directory, set[str]]] = [
    ("the next step at once, and only that one", house(BESIDE, tells("role:responder"), tells("on_duty")), {"ola", "siri"}),
    ("a step that names only those beside is passed over", house(BESIDE, BESIDE, tells("role:caller_112")), {"jon"}),
    ("without another step: owner, leads and the neighbours' responders", house(BESIDE), {"liv", "tor", "nils"}),
    ("the same where the last step is a contact, who has no screen", house(BESIDE, tells("contact:vekter")), {"liv", "tor", "nils"}),
    ("whoever is off duty is left in peace while others are there", house(BESIDE, off=["liv", "tor"]), {"nils"}),
    ("nobody there is on duty: they are asked all the same", house(BESIDE, off=["liv", "tor", "nils", "per"]), {"liv", "tor"}),
    ("a lead who sits in reception too cannot", house(BESIDE, beside=["ada", "liv"]), {"tor", "nils"}),
    ("nor one whose only screen is the desk's", house(BESIDE, tells("role:responder"), ola="desk", siri="desk"), {"liv", "tor", "nils"}),
    ("the presser owns the plan and leads", house(BESIDE, owner="kari", without=["liv", "tor", "nils"]), {"ola", "siri", "jon"}),
    ("nobody leads anywhere: the office's own people away from there", house(BESIDE, without=["liv", "tor", "nils"]), {"ola", "siri", "jon"}),
    (
        "nor anyone of the office: whoever there is",
        house(BESIDE, beside=["ada", "ola", "siri", "jon", "eva", "liv", "tor"], without=["nils"]),
        {"per"},
    ),
]


@pytest.mark.parametrize(("here", "asked"), [case[1:] for case in ASKED], ids=[case[0] for case in ASKED])
@pytest.mark.parametrize("duress", [False, True], ids=["", "duress"])
def test_when_all_who_were_told_sit_in_the_pressed_zone_a_call_off_asks_others_to_confirm(here: Directory, asked: set[str], duress: bool) -> None:
    alarm = opened(by="kari", here=here)
    assert all(here.sits_in(one, OFFICE, "mottak") for one in alarm.alarm.told), "nobody else has heard of it"
    decision = step(alarm, replace(CALLED_OFF, duress=duress), 10, here)
    assert enders(decision.alarm, here) == asked <= set(sent(decision, Say.ALARM))
    for one in asked:
        assert order_to(decision, one).reason in ("duress", "nobody_can_end", None)
        assert access.may_act(Viewer(one), "confirm", decision.alarm, here)
        ended = step(decision, e.Resolve(one, e.Outcome.HANDLED, 1), 11, here)
        assert ended.alarm.state is State.RESOLVED
    beside = [one for one in sent(decision) if here.sits_in(one, OFFICE, "mottak")]
    assert beside == sent(step(alarm, CALLED_OFF, 10, here), Say.MAY_BE_OVER), "those beside hear that it may be over, and nothing else"


def test_the_reason_and_the_log_say_why_people_from_elsewhere_are_asked() -> None:
    here = house(BESIDE)
    decision = step(opened(here=here), CALLED_OFF, 10, here)
    assert data(decision, "nobody_can_end") == {"told": 3}
    assert {order_to(decision, one).reason for one in ("liv", "tor", "nils")} == {"nobody_can_end"}
    nothing_else_was_sent(decision, alarm=["liv", "tor", "nils"], may_be_over=["ada", "nora"])


def test_where_somebody_told_is_elsewhere_a_call_off_widens_nothing_for_a_minute() -> None:
    here = house(tells("role:public_guide", "role:caller_112"), tells("on_duty"))
    decision = step(opened(here=here), CALLED_OFF, 10, here)
    nothing_else_was_sent(decision, may_be_over=["ada", "jon", "nora"])
    assert decision.alarm.plan.number == 0


def test_helpers_beside_the_presser_hold_no_step_back_once_it_is_called_off() -> None:
    """They have it, cover is reached, and they may do nothing more: others must go on being asked."""
    here = house(tells("role:responder"), tells("role:caller_112"), beside=["ola", "siri", "liv", "ada", "jon"])
    roles = {"liv": "coordinator", "ola": "responder", "siri": "responder", "jon": "caller_112", "ada": "public_guide"}
    alarm = after(opened(here=here), *((5.0, coming(who, role=role)) for who, role in roles.items()), here=here)
    assert alarm.plan.due_at is None, "enough are coming"
    decision = step(alarm, CALLED_OFF, 10, here)
    assert {"nils", "tor"} <= set(sent(decision, Say.ALARM)) and enders(decision.alarm, here) == {"nils", "tor"}
    assert decision.alarm.plan.due_at is not None, "and again, until one of them has it"
    taken = step(decision, coming("nils"), 20, here)
    assert taken.alarm.plan.due_at is None


def test_who_can_end_is_asked_again_at_each_round_until_somebody_answers() -> None:
    here = house(BESIDE)
    _, decided = wait_until(step(opened(here=here), CALLED_OFF, 10, here), 400, here)
    rounds = [decision for decision in decided if decision.orders]
    assert len(rounds) >= 5 and all({"liv", "tor", "nils"} <= set(sent(one, Say.ALARM)) for one in rounds)
    assert all("nora" not in sent(one) and "ada" not in sent(one) for one in rounds)


def test_the_last_step_that_can_end_nothing_turns_to_people_also_without_a_call_off() -> None:
    here = house(tells("contact:vekter"), beside=[])
    decision = opened(here=here)
    assert {"@fjordvik/vekter", "liv", "tor", "nils"} <= set(decision.alarm.told)
    assert enders(replace(decision.alarm, told=("liv", "tor", "nils")), here) == {"liv", "tor", "nils"}


def test_in_a_drill_nobody_outside_is_told_who_has_not_agreed_and_it_can_be_ended_all_the_same() -> None:
    from tests.core.world import DRILL

    here = house(tells("contact:vekter"), beside=[])
    decision = opened(here=here, drill=DRILL)
    assert "@fjordvik/vekter" not in decision.alarm.told and {"liv", "tor", "nils"} <= set(decision.alarm.told)


def test_a_new_press_gives_those_beside_their_buttons_back() -> None:
    here = house(BESIDE)
    alarm = step(step(opened(here=here), CALLED_OFF, 10, here), pressed(here=here), 20, here).alarm
    assert access.may_act(PHONE["nora"], "resolve", alarm, here)


@pytest.mark.parametrize("duress", [False, True])
def test_where_all_the_world_sits_beside_the_presser_one_of_them_may_end_it(duress: bool) -> None:
    here = house(tells("on_duty"), beside=["ola", "siri", "jon", "ada", "liv", "tor", "eva"], without=["nils", "per"])
    decision = step(opened(here=here), replace(CALLED_OFF, duress=duress), 10, here)
    assert from_elsewhere(decision.alarm, here) == []
    for name in ("ola", "nora"):
        can = [action for action in ("confirm", "resolve", "acknowledge", "note") if access.may_act(PHONE[name], action, decision.alarm, here)]
        assert can == ["confirm", "resolve", "note"]
    assert not access.may_act(PHONE["kari"], "resolve", decision.alarm, here), "never the presser"
    assert not access.may_act(PHONE["eva"], "resolve", decision.alarm, here), "nor one who was never told"


# ---------------------------------------------------------------- an empty role

EMPTY: list[tuple[str, Directory, list[str]]] = [
    ("the plan's owner", house(tells("role:police_guide", "on_duty")), ["liv"]),
    ("the office's other leads, where the owner is off duty", house(tells("role:police_guide", "on_duty"), off=["liv"]), ["tor"]),
    ("the owner presses: the office's other leads", house(tells("role:police_guide", "on_duty"), owner="kari"), ["liv", "tor"]),
    (
        "the owner presses in an office without another lead: the neighbours' leads",
        world(
            (Plan("plan", OFFICE, "kari", (tells("role:police_guide", "on_duty"),)), LILLEVIK_PLAN),
            people=[replace(one, access=one.access | {"office_lead"}) if one.id == "nils" else one for one in PEOPLE if one.id not in ("liv", "tor")],
        ),
        ["nils"],
    ),
    (
        "nor one there: the administrators of the deployment",
        world(
            (Plan("plan", OFFICE, "kari", (tells("role:police_guide", "on_duty"),)), LILLEVIK_PLAN),
            people=[replace(one, access=one.access | {"administrator"}) if one.id == "per" else one for one in PEOPLE if one.id not in ("liv", "tor")],
        ),
        ["per"],
    ),
]


@pytest.mark.parametrize(("here", "heard"), [case[1:] for case in EMPTY], ids=[case[0] for case in EMPTY])
def test_an_empty_role_is_told_to(here: Directory, heard: list[str]) -> None:
    decision = opened(here=here)
    assert owners(decision.alarm, here) == heard
    assert {one for one in sent(decision, Say.ALARM) if order_to(decision, one).reason == "nobody_for_role:police_guide"} == set(heard)
    assert "kari" not in sent(decision, Say.ALARM)


def test_an_owner_who_sits_beside_the_presser_hears_nothing_that_only_duress_brings() -> None:
    here = house(tells("role:caller_112"), tells("role:police_guide", "role:responder"), owner="nora")
    alarm = opened(here=here)
    normal, forced = (step(alarm, replace(CALLED_OFF, duress=duress), 10, here) for duress in (False, True))
    assert sent(forced, Say.ALARM) != sent(normal, Say.ALARM), "under duress the next step starts at once"
    assert "nora" not in sent(forced) + sent(normal)
    assert order_to(forced, "liv").reason == "duress", "the office's lead hears it instead"


# ---------------------------------------------------------------- whatever happens

names = st.sampled_from([one.id for one in PEOPLE])
selectors = st.sampled_from(
    ["person:nora", "role:public_guide", "role:responder", "role:police_guide", "on_duty", "neighbours", "contact:vekter", "person:liv", "person:eva"]
)
plans = st.lists(st.lists(selectors, min_size=1, max_size=2).map(lambda some: tells(*some)), min_size=1, max_size=3)
events = st.one_of(
    st.builds(e.CallOff, st.just("kari"), st.just(9), duress=st.booleans()),
    st.builds(coming, names), st.builds(e.Arrive, names), st.builds(e.Decline, names), st.builds(e.Shelter, names),
    st.builds(e.MoreHelp, names), st.builds(e.Confirm, names, st.just("heard"), st.just(9)), st.builds(pressed),
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=plans,
    beside=st.frozensets(names, max_size=9),
    off=st.frozensets(names, max_size=6),
    kind=st.sampled_from((Kind.PANIC, Kind.ASSIST, Kind.FALL, Kind.DURESS)),
    events=st.lists(st.tuples(st.sampled_from((1, 20, 61, 200)), events), max_size=6),
)
def test_whatever_happens_somebody_who_was_told_may_end_it(steps, beside, off, kind, events) -> None:
    from server.core.alarm import Step as Decision
    from server.core.alarm import take

    here = house(*steps, beside=beside - {"kari"}, off=off)
    alarm, now = opened(kind, here=here).alarm, 0.0
    holds(alarm, here)
    for wait, event in events:
        now += wait
        alarm, decided = wait_until(alarm, now, here)
        for decision in decided:
            holds(decision.alarm, here)
        decision = take(alarm, event, at(now), here)
        if isinstance(decision, Decision):
            alarm = decision.alarm
            holds(alarm, here)


def holds(alarm: Alarm, here: Directory) -> None:
    must = alarm.open and alarm.state is not State.PENDING and (alarm.hidden or alarm.quiet_since is not None or alarm.plan.last)
    if must and any(could_end(alarm, one, here) for one in here.people):
        assert enders(alarm, here), f"{alarm.told} were told, and none of them may end it"


