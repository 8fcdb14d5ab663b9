"""Before a visit: the checklist's level, plans that cannot be, whom it asks, and what must be met before the start."""

from __future__ import annotations


import pytest

from server.core.alarm import Refused
from server.core.values import replace
from server.core.visit import events as e
from server.core.visit.checklist import assess
from server.core.visit.model import VisitState, Where
from server.core.visit.settings import Risk
from server.core.visit.table import take_visit
from tests.core.visits import CALM, MINUTE, answers, here, not_planned, out, plan, planned, refusal, step, told, until
from tests.core.world import at

OUT = out()


# ---------------------------------------------------------------- the checklist


def test_a_calm_visit_is_low_and_asks_what_its_kind_asks() -> None:
    found = assess(here().content.checklist, "home_visit", dict(CALM))
    assert (found.risk, found.unanswered) == (Risk.LOW, ())
    assert found.required >= {"portable_alarm", "two_employees", "contact_person", "leader_notified"}


def test_scores_raise_the_level_and_a_fresh_threat_stops() -> None:
    checklist = here().content.checklist
    assert assess(checklist, "other_outside", dict(answers("tension", "bad_news"))).risk is Risk.MEDIUM
    assert assess(checklist, "other_outside", dict(answers("tension", "bad_news", "long_wait"))).risk is Risk.HIGH
    stopped = assess(checklist, "other_outside", dict(answers("fresh_threat")))
    assert stopped.risk is Risk.STOP and {"leader_decides", "two_employees"} <= stopped.required


def test_an_answer_behind_a_closed_gate_counts_for_nothing() -> None:
    found = assess(here().content.checklist, "other_outside", dict(answers("bad_news", "long_wait", "intoxication")))
    assert (found.risk, found.score) == (Risk.LOW, 0)


# ---------------------------------------------------------------- planning


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"ends_at": at(-60)}, "ends_before_it_starts"),
        ({"ends_at": at(40 * 86_400)}, "too_long"),
        ({"starts_at": at(-86_400), "ends_at": at(-80_000)}, "in_the_past"),
        ({"starts_at": at(90 * 86_400), "ends_at": at(90 * 86_400 + 3600)}, "too_far_ahead"),
        ({"where": Where("  ")}, "no_place"),
        ({"where": Where("x" * 400)}, "too_long_text"),
        ({"people": ()}, "people"),
        ({"people": ("kari", "kari")}, "people"),
        ({"people": ("ghost",)}, "unknown_person"),
        ({"contact_id": "kari"}, "cannot_be_contact"),
        ({"contact_id": "ghost"}, "cannot_be_contact"),
        ({"office_id": "nowhere"}, "unknown_office"),
        ({"type_id": "party"}, "unknown_type"),
        ({"answers": ()}, "unanswered"),
        ({"interval_s": 10}, "interval"),
        ({"interval_s": 10**6}, "interval"),
        ({"device_id": "knapp"}, "no_such_device"),
        ({"device_id": "adas"}, "device_taken"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_the_reason(other: dict[str, object], reason: str) -> None:
    assert not_planned(**other) == reason


def test_nobody_is_on_two_visits_at_once() -> None:
    assert not_planned((replace(OUT, id="v-0"),)) == "overlaps"
    assert not_planned((replace(OUT, id="v-0", people=("siri", "kari")),)) == "overlaps"
    late = replace(OUT, id="v-0", starts_at=at(-9000), ends_at=at(-3600))
    assert not_planned((late,)) == "overlaps", "somebody who is out is out until home"
    assert planned(others=(replace(OUT, id="v-0", people=("siri",)),)).visit.state is VisitState.PLANNED
    assert take_visit(planned().visit, e.Start("kari"), at(0), here(), (replace(OUT, id="v-0"),)) == Refused("out_elsewhere")


def test_the_contact_person_is_asked_and_the_leader_where_the_level_asks() -> None:
    assert told(planned()) == [("jon", "asked")]
    risky = planned(answers=answers("earlier_threats"))
    assert told(risky) == [("jon", "asked"), ("liv", "approve")]
    assert refusal(risky, e.Start("kari")) == "needs_leader"
    assert refusal(step(risky, e.Approve("liv", False, "Ta det på kontoret")), e.Start("kari")) == "leader_said_no"
    assert refusal(step(risky, e.Approve("liv", True)), e.Start("kari")) == "needs_companion"
    waived = step(risky, e.Approve("liv", True, "Hilde er på stedet", frozenset({"two_employees"})))
    assert step(waived, e.Start("kari")).visit.state is VisitState.OUT


def test_nobody_goes_alone_where_the_level_is_stop() -> None:
    stopped = planned(answers=answers("fresh_threat"))
    assert refusal(stopped, e.Approve("liv", True, "Det går bra", frozenset({"two_employees"}))) == "never_alone"
    assert refusal(stopped, e.Approve("kari", True)) == "own_visit"


def test_another_plan_needs_another_approval() -> None:
    approved = step(planned(answers=answers("earlier_threats"), people=("kari", "ola")), e.Approve("liv", True))
    again = step(approved, e.Replan("kari", plan(answers=answers("earlier_threats"), people=("kari", "ola"), where=Where("Et annet sted"))))
    assert refusal(again, e.Start("kari")) == "needs_leader"


def test_an_alarm_is_taken_along_where_the_kind_asks_for_it() -> None:
    without = planned(device_id=None)
    assert refusal(without, e.Start("kari")) == "needs_device"
    assert step(step(without, e.Carry("kari", "karis")), e.Start("kari")).visit.device_id == "karis"


def test_a_visit_that_nobody_started_is_asked_about_and_given_up_aloud() -> None:
    visit, steps = until(planned(), 90 * MINUTE)
    assert [(one.visit.due_at and 1, told(one)) for one in steps] == [
        (1, [("kari", "not_started")]), (1, [("jon", "not_started"), ("liv", "not_started")]),
        (None, [("kari", "cancelled"), ("jon", "cancelled"), ("liv", "cancelled")]),
    ]  # fmt: skip
    assert visit.state is VisitState.CANCELLED


