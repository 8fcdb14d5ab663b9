"""Sondre plans drills for Kari's office; Liv leads it and approves; Vera is the safety representative. Short words for what happens to a planned drill."""

from __future__ import annotations

from functools import cache

from server.config.content import read_content
from server.config.files import gather
from server.core.alarm import Refused
from server.core.directory import Directory
from server.core.drill import events as e
from server.core.drill.exercise import Exercise
from server.core.drill.model import PlannedDrill, Press
from server.core.drill.table import DrillStep, plan_drill, take_drill
from server.core.values import replace
from tests.core.visits import CONTENT
from tests.core.world import OFFICE, PEOPLE, PRESENT, at, person, world

MINUTE, HOUR, DAY = 60, 3600, 86_400
SONDRE = person("sondre", "leader", access="worker drill_coordinator", zone="kontor")
VERA = person("vera", access="worker safety_representative", zone="kontor")


@cache
def here() -> Directory:
    """The usual world with a drill coordinator, a safety representative, and the content that ships."""
    made = world(people=(*PEOPLE, SONDRE, VERA), duty={**PRESENT, ("sondre", OFFICE): PRESENT["kari", OFFICE], ("vera", OFFICE): PRESENT["kari", OFFICE]})
    content, _ = read_content(gather(CONTENT.parent / "demo", CONTENT).files)
    return replace(made, content=replace(made.content, catalogue=content.catalogue))


def exercise(exercise_id: str = "desk_walkthrough") -> Exercise:
    return here().content.catalogue.exercises[exercise_id]


def plan(**other: object) -> e.Plan:
    """In three days, for half an hour, at Kari's counter."""
    fields: dict[str, object] = {
        "offices": (OFFICE,), "exercise": exercise(), "name": "Høylytt besøk", "leader_id": "sondre", "starts_at": at(3 * DAY),
        "ends_at": at(3 * DAY + 30 * MINUTE), "notice": "announced", "presses": (Press("p1", OFFICE, zone_id="mottak", person_id="kari"),),
        "cast": (("alarm_raiser", "kari"),),
    }  # fmt: skip
    return e.Plan(**(fields | other))  # type: ignore[arg-type]


def planned(others: tuple[PlannedDrill, ...] = (), drill_id: str = "d-1", **other: object) -> PlannedDrill:
    made = plan_drill(drill_id, plan(**other), "sondre", others, at(0), here())
    assert isinstance(made, DrillStep), f"refused: {made}"
    return made.drill


def not_planned(others: tuple[PlannedDrill, ...] = (), **other: object) -> str:
    refused = plan_drill("d-2", plan(**other), "sondre", others, at(0), here())
    assert isinstance(refused, Refused), "should have been refused"
    return refused.reason


def step(drill: PlannedDrill | DrillStep, event: e.Event, seconds: float = 0, world: Directory | None = None) -> DrillStep:
    drill = drill.drill if isinstance(drill, DrillStep) else drill
    taken = take_drill(drill, event, at(seconds), world or here())
    assert isinstance(taken, DrillStep), f"refused: {taken}"
    return taken


def refusal(drill: PlannedDrill | DrillStep, event: e.Event, seconds: float = 0, world: Directory | None = None) -> str:
    drill = drill.drill if isinstance(drill, DrillStep) else drill
    taken = take_drill(drill, event, at(seconds), world or here())
    assert isinstance(taken, Refused), f"should have been refused, but was {taken}"
    return taken.reason


def ready(**other: object) -> PlannedDrill:
    """Approved by Liv, with Vera's remark."""
    return step(step(planned(**other), e.Approve("liv", True)), e.Consult("vera", "vera", "Si fra til dem i tredje.")).drill


def announced(**other: object) -> PlannedDrill:
    return step(ready(**other), e.Announce("sondre")).drill


def running(**other: object) -> PlannedDrill:
    """Started at its time."""
    return step(announced(**other), e.Start("sondre"), 3 * DAY).drill


def stopped(**other: object) -> PlannedDrill:
    return step(running(**other), e.Stop("sondre"), 3 * DAY + 20 * MINUTE).drill


def reported(**other: object) -> PlannedDrill:
    return step(stopped(**other), e.Report("sondre", "Det gikk bra."), 4 * DAY).drill


def cancelled(**other: object) -> PlannedDrill:
    return step(planned(**other), e.Cancel("sondre")).drill


def until(drill: PlannedDrill | DrillStep, seconds: float) -> tuple[PlannedDrill, list[DrillStep]]:
    """Delivers every deadline up to that second, as the ticker does; gives the steps that did something."""
    drill = drill.drill if isinstance(drill, DrillStep) else drill
    taken: list[DrillStep] = []
    for _ in range(10_000):
        if drill.due_at is None or drill.due_at > at(seconds):
            return drill, taken
        one = step(drill, e.Deadline(), (drill.due_at - at(0)).total_seconds())
        if one.said or one.orders or one.presses:
            taken.append(one)
        drill = one.drill
    raise AssertionError("deadlines that never stop")


def told(steps: DrillStep | list[DrillStep]) -> list[tuple[str, str]]:
    """(recipient, what) of all orders, in their order."""
    steps = [steps] if isinstance(steps, DrillStep) else steps
    return [(order.recipient, order.say.value.removeprefix("drill_")) for one in steps for order in one.orders]


def people_told(steps: DrillStep | list[DrillStep], say: str) -> list[str]:
    return sorted(who for who, what in told(steps) if what == say)
