"""What a press would find right now: which roles those who can be reached would fill, and which would stay empty."""

from __future__ import annotations


import pytest

from server.core.directory import Directory
from server.core.readiness import Readiness, readiness
from server.core.values import replace
from tests.core.world import DEVICES, LILLEVIK_PLAN, NEIGHBOUR, OFFICE, PEOPLE, PLAN, T0, WORLD, off_duty, planned, tells, world

BUTTONS = [device for device in DEVICES if device.id != "adas"]
HERE = world(devices=BUTTONS)
"""The usual office, where a press means desk_alarm: one coordinator, two responders, one for 112 and one for the public."""

ENOUGH = ("liv", "ola", "siri", "jon", "nora")


def ready(*reached: str, unsure: tuple[str, ...] = (), here: Directory = HERE, office: str = OFFICE) -> Readiness:
    return readiness(office, dict.fromkeys(reached, True) | dict.fromkeys(unsure, False), here, T0)


def missing(found: Readiness) -> dict[str, tuple[int, int]]:
    return {gap.role: (gap.have, gap.need) for gap in found.gaps}


def test_one_who_can_be_reached_is_not_ready() -> None:
    found = ready("ola")
    assert found.state == "gaps" and found.reached == {"ola"}
    assert set(missing(found)) >= {"caller_112", "public_guide"}
    assert sum(need - have for have, need in missing(found).values()) == 4, "five are needed, and each fills one place"


def test_enough_of_the_right_people_are_ready() -> None:
    assert ready(*ENOUGH) == Readiness("ready", frozenset(ENOUGH), frozenset(ENOUGH), ())


GAPS = [
    (("ola", "siri", "jon", "nora"), {"responder": (1, 2)}, "one of the two must coordinate"),
    (("liv", "ola", "siri", "nora"), {"caller_112": (0, 1)}, "nobody else calls 112"),
    (("liv", "ola", "jon", "nora"), {"responder": (1, 2)}, "nobody goes alone"),
    (("liv", "siri", "ola", "jon"), {"public_guide": (0, 1)}, "nobody for the public"),
    ((*ENOUGH[:4], "ada"), {}, "Ada guides as well as Nora"),
]


@pytest.mark.parametrize(("reached", "expected", "why"), GAPS, ids=[why for _, _, why in GAPS])
def test_the_roles_that_would_be_empty_are_named(reached: tuple[str, ...], expected: dict[str, tuple[int, int]], why: str) -> None:
    found = ready(*reached)
    assert missing(found) == expected, why
    assert found.state == ("gaps" if expected else "ready")
    assert all(gap.situations == ("desk_alarm",) for gap in found.gaps)


def test_whoever_cannot_be_proven_to_be_reached_makes_nobody_ready() -> None:
    found = ready(*ENOUGH[:4], unsure=("nora",))
    assert found.state == "unsure" and missing(found) == {"public_guide": (0, 1)}, "it hangs on Nora, of whom nothing is proven"
    assert (len(found.reached), len(found.sure)) == (5, 4)
    assert ready(*ENOUGH[:3], unsure=("nora",)).state == "gaps", "what is missing in any case is named first"
    assert missing(ready(*ENOUGH[:3], unsure=("nora",))) == {"caller_112": (0, 1)}


def test_nobody_is_nobody_also_where_somebody_is_reached_whom_no_plan_tells() -> None:
    assert ready().state == "nobody" and ready("eva", "per").state == "nobody", "Eva is off duty, Per is no responder of a neighbour"
    assert ready(here=planned(tells("person:eva"), devices=BUTTONS)).state == "nobody"


def test_the_neighbours_count_with_what_can_be_done_from_there() -> None:
    assert missing(ready(*(one for one in ENOUGH if one != "jon"), "nils")) == {}, "Nils calls 112 from next door"
    alone = world((replace(PLAN, steps=PLAN.steps[:2]), LILLEVIK_PLAN), devices=BUTTONS)
    assert missing(ready(*(one for one in ENOUGH if one != "jon"), "nils", here=alone)) == {"caller_112": (0, 1)}, "no step tells them"


def test_with_few_in_the_house_the_small_offices_cards_say_what_is_needed() -> None:
    few = world(size=10, duty=off_duty("ola", "siri", "jon", "nora", "ada", "tor"), devices=BUTTONS)
    found = ready("liv", here=few)
    assert missing(found) == {"remote_responder": (0, 1)} and found.gaps[0].situations == ("small_office_alarm",)
    assert ready("liv", "nils", here=few).state == "ready"


def test_every_sort_of_press_counts_and_the_worst_is_told() -> None:
    found = ready(*ENOUGH, here=WORLD)
    assert found.state == "gaps" and missing(found) == {"contact_person": (0, 1)}, "somebody carries an alarm outside, and nobody is the contact"
    assert found.gaps[0].situations == ("portable_alarm_outside",)
    both = ready("liv", here=WORLD)
    assert set(dict((gap.role, gap.situations) for gap in both.gaps)["caller_112"]) == {"desk_alarm", "portable_alarm_outside"}


def test_an_office_without_buttons_still_has_the_apps_own() -> None:
    assert ready("nils", here=world(devices=()), office=NEIGHBOUR).state == "gaps"
    assert {one.id for one in PEOPLE if one.offices == (NEIGHBOUR,)} == {"nils", "per"}
