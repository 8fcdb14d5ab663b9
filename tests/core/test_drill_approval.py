"""A drill over several offices: each one's lead answers for it, and one that says no, or nothing, keeps the others from nothing."""

from __future__ import annotations

import pytest

from server.core.access import Viewer
from server.core.directory import Directory
from server.core.drill import events as e
from server.core.drill.access import actions, shown
from server.core.drill.draft import approvers
from server.core.drill.model import DrillState, PlannedDrill, Press
from server.core.drill.table import DrillStep, plan_drill
from server.core.values import replace
from tests.core.planned import DAY, MINUTE, SONDRE, VERA, here, people_told, plan, refusal, step, told
from tests.core.world import NEIGHBOUR, OFFICE, PEOPLE, PRESENT, at, person, world

BOTH = (OFFICE, NEIGHBOUR)
PRESSES = (Press("p1", OFFICE), Press("p2", NEIGHBOUR))


def with_leads(*leads: str, offices: tuple[str, ...] = (NEIGHBOUR,)) -> Directory:
    """The usual two offices, with these leads of the neighbour. Sondre coordinates in both."""
    more = tuple(person(one, "leader", access="worker office_lead", offices=offices) for one in leads)
    people = (*PEOPLE, replace(SONDRE, offices=BOTH), VERA, *more)
    return replace(world(people=people, duty=PRESENT), content=here().content)


TWO = with_leads("guro")


def over_both(directory: Directory = TWO, **other: object) -> DrillStep:
    made = plan_drill("d-1", plan(**({"offices": BOTH, "presses": PRESSES, "cast": ()} | other)), "sondre", (), at(0), directory)
    assert isinstance(made, DrillStep), made
    return made


def yes(drill: PlannedDrill | DrillStep, *leads: str, directory: Directory = TWO) -> PlannedDrill:
    for one in leads:
        drill = step(drill, e.Approve(one, True), world=directory)
    return drill.drill if isinstance(drill, DrillStep) else drill


def test_each_offices_lead_is_asked_and_must_say_yes() -> None:
    made = over_both()
    assert told(made) == [("liv", "approve"), ("guro", "approve")]
    liv_only = yes(made, "liv")
    assert not liv_only.approved and refusal(liv_only, e.Announce("sondre"), world=TWO) == "not_approved"
    both = yes(liv_only, "guro")
    assert both.approved and refusal(both, e.Announce("sondre"), world=TWO) == "not_consulted"


def test_its_coordinator_hears_each_no_at_once_and_of_the_yeses_the_last() -> None:
    first = step(over_both(), e.Approve("liv", True), world=TWO)
    assert not first.orders, "one of two hundred and sixty-four is no news"
    no = step(first, e.Approve("guro", False, "Vi har audit"), world=TWO)
    assert people_told(no, "decided") == ["sondre"] and not no.drill.approved
    last = step(no, e.Approve("guro", True), world=TWO)
    assert people_told(last, "decided") == ["sondre"] and last.drill.approved


def test_the_newest_answer_for_an_office_counts_and_no_office_is_in_two() -> None:
    drill = yes(over_both(), "liv", "guro", "liv")
    drill = step(drill, e.Approve("guro", False), world=TWO).drill
    assert not drill.approved and sorted(office for one in drill.approvals for office in one.offices) == sorted(BOTH)


def test_whoever_leads_several_answers_for_all_of_them_at_once() -> None:
    here_too = with_leads("guro", offices=BOTH)
    assert yes(over_both(here_too), "guro", directory=here_too).approved
    drill = yes(over_both(here_too), "guro", directory=here_too)
    after = step(drill, e.Approve("liv", False), world=here_too).drill
    assert [(one.by, one.yes, one.offices) for one in after.approvals] == [("guro", True, (NEIGHBOUR,)), ("liv", False, (OFFICE,))]


def test_an_office_that_nobody_leads_is_answered_for_by_its_administrators_or_else_by_whose_drill_it_is() -> None:
    nobody = with_leads()
    made = over_both(nobody)
    assert told(made) == [("liv", "approve")]
    assert yes(made, "liv", directory=nobody).approved
    run = replace(nobody, people={**nobody.people, "per": replace(nobody.people["per"], access=frozenset({"administrator"}))})
    assert approvers(made.drill, NEIGHBOUR, run) == ["per"], "administrators, where there is no lead"


def test_those_who_have_not_answered_are_asked_again_and_nobody_else() -> None:
    drill = yes(over_both(starts_at=at(10 * DAY), ends_at=at(10 * DAY + 30 * MINUTE)), "liv")
    week_ahead = step(drill, e.Deadline(), 3 * DAY, world=TWO)
    assert people_told(week_ahead, "approve") == ["guro"]
    no = step(drill, e.Approve("guro", False), world=TWO)
    assert people_told(step(no, e.Deadline(), 3 * DAY, world=TWO), "approve") == [], "a no is an answer"


def test_only_leads_of_its_offices_may_answer_and_a_screen_says_who_is_waited_for() -> None:
    drill = yes(over_both(), "liv")
    assert "approve" in actions(Viewer("guro"), drill, TWO) and "approve" not in actions(Viewer("sondre"), drill, TWO)
    assert refusal(drill, e.Approve("sondre", True), world=TWO) == "not_allowed"
    rows = shown(drill, Viewer("guro"), at(0), TWO)["approvals"]
    mine, answered = rows[1], rows[0]  # type: ignore[index]
    assert answered["answer"]["yes"] and answered["answer"]["by"]["id"] == "liv" and answered["asked"] == [] and not answered["mine"]
    assert mine["office"] == "Nav Lillevik" and mine["answer"] is None and mine["mine"] and [one["id"] for one in mine["asked"]] == ["guro"]


def test_the_button_to_go_on_without_others_is_there_only_where_there_are_others_to_go_without() -> None:
    def offered(drill: PlannedDrill) -> bool:
        return "go_without" in actions(Viewer("sondre"), drill, TWO)

    assert [offered(yes(over_both(), *said)) for said in ((), ("guro",), ("liv",), ("liv", "guro"))] == [False, False, True, False]


# ---------------------------------------------------------------- going on without those who have not said yes


def test_it_goes_on_without_the_offices_that_have_not_said_yes() -> None:
    drill = yes(over_both(participants=("kari", "nils", "sondre"), cast=(("alarm_raiser", "per"),)), "liv")
    after = step(drill, e.GoWithout("sondre"), world=TWO)
    assert after.drill.offices == (OFFICE,) and [one.id for one in after.drill.presses] == ["p1"] and after.drill.approved
    assert after.drill.participants == ("kari", "sondre") and after.drill.cast == (), "those who serve only the other office are in it no more"
    assert [said.what for said in after.said] == ["went_without"] and not after.orders, "nobody there had heard of it"


def test_where_it_was_announced_those_who_are_in_it_no_more_hear_that_it_is_off() -> None:
    drill = step(yes(over_both(), "liv", "guro"), e.Consult("vera", "vera"), world=TWO)
    drill = step(step(drill, e.Announce("sondre"), world=TWO), e.Approve("guro", False, "Likevel ikke"), world=TWO)
    assert drill.drill.state is DrillState.ANNOUNCED and refusal(drill, e.Start("sondre"), 3 * DAY, world=TWO) == "not_approved"
    after = step(drill, e.GoWithout("sondre"), world=TWO)
    assert people_told(after, "cancelled") == ["guro", "nils", "per"] and after.drill.state is DrillState.ANNOUNCED
    assert step(after, e.Start("sondre"), 3 * DAY, world=TWO).drill.running


@pytest.mark.parametrize("said, other, reason", [
    (("guro",), {}, "not_approved"),  # the office whose drill it is
    (("liv", "guro"), {}, "all_approved"),
    (("liv",), {"presses": (Press("p1", NEIGHBOUR),)}, "nothing_left"),
    (("liv",), {"participants": ("per", "nils")}, "nothing_left"),  # none named would be everyone
    (("liv",), {"leader_id": "per"}, "leader_elsewhere"),
])  # fmt: skip
def test_it_does_not_go_on_without_what_it_cannot_be_held_without(said: tuple[str, ...], other: dict[str, object], reason: str) -> None:
    assert refusal(yes(over_both(**other), *said), e.GoWithout("sondre"), world=TWO) == reason
