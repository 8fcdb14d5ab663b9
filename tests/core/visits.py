"""Kari goes out to see somebody; Jon watches; Liv leads; Ola may come along. Short words for what happens to a visit."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from server.config.content import read_content
from server.config.files import gather
from server.core.alarm import Refused
from server.core.directory import Directory
from server.core.values import replace
from server.core.visit import events as e
from server.core.visit.model import Visit, Where
from server.core.visit.table import VisitStep, plan_visit, take_visit
from tests.core.world import OFFICE, WORLD, at

CONTENT = Path(__file__).resolve().parents[2] / "config" / "content"
MINUTE = 60


@cache
def here() -> Directory:
    """The usual world with the checklist that ships."""
    content, _ = read_content(gather(CONTENT.parent / "demo", CONTENT).files)
    return replace(WORLD, content=replace(WORLD.content, checklist=content.checklist))


NO = {item.id: False for item in here().content.checklist.items if item.answer == "yes_no"}
CALM = tuple({**NO, "asked_colleagues": True}.items())


def answers(*yes: str) -> tuple[tuple[str, bool], ...]:
    return tuple({**dict(CALM), **{name: True for name in yes}}.items())


def plan(**other: object) -> e.Plan:
    fields: dict[str, object] = {
        "office_id": OFFICE, "type_id": "other_outside", "people": ("kari",), "where": Where("Fjellveien 3", "2. etasje"), "starts_at": at(0),
        "ends_at": at(90 * MINUTE), "contact_id": "jon", "answers": CALM, "device_id": "karis",
    }  # fmt: skip
    return e.Plan(**(fields | other))  # type: ignore[arg-type]


def planned(by: str = "kari", others: tuple[Visit, ...] = (), world: Directory | None = None, **other: object) -> VisitStep:
    step = plan_visit("v-1", plan(**other), by, others, at(0), world or here())
    assert isinstance(step, VisitStep), f"refused: {step}"
    return step


def not_planned(others: tuple[Visit, ...] = (), **other: object) -> str:
    refused = plan_visit("v-1", plan(**other), "kari", others, at(0), here())
    assert isinstance(refused, Refused), "should have been refused"
    return refused.reason


def step(visit: Visit | VisitStep, event: e.Event, seconds: float = 0, world: Directory | None = None) -> VisitStep:
    visit = visit.visit if isinstance(visit, VisitStep) else visit
    taken = take_visit(visit, event, at(seconds), world or here())
    assert isinstance(taken, VisitStep), f"refused: {taken}"
    return taken


def refusal(visit: Visit | VisitStep, event: e.Event, seconds: float = 0, world: Directory | None = None) -> str:
    visit = visit.visit if isinstance(visit, VisitStep) else visit
    taken = take_visit(visit, event, at(seconds), world or here())
    assert isinstance(taken, Refused), f"should have been refused, but was {taken}"
    return taken.reason


def out(**other: object) -> Visit:
    """Started at once, accepted by Jon."""
    accepted = step(planned(**other), e.AcceptContact("jon"))
    return step(accepted, e.Start("kari")).visit


def until(visit: Visit | VisitStep, seconds: float, alarm_open: bool = True, world: Directory | None = None) -> tuple[Visit, list[VisitStep]]:
    """Delivers every deadline up to that second, as the ticker does; gives the steps that did something."""
    visit = visit.visit if isinstance(visit, VisitStep) else visit
    taken: list[VisitStep] = []
    for _ in range(10_000):
        if visit.due_at is None or visit.due_at > at(seconds):
            return visit, taken
        now_s = (visit.due_at - at(0)).total_seconds()
        one = step(visit, e.Deadline(alarm_open), now_s, world)
        if one.said or one.orders or one.signals:  # the rest only looked
            taken.append(one)
        visit = one.visit
    raise AssertionError("deadlines that never stop")


def told(steps: VisitStep | list[VisitStep]) -> list[tuple[str, str]]:
    """(recipient, what) of all orders, in their order."""
    steps = [steps] if isinstance(steps, VisitStep) else steps
    return [(order.recipient, order.say.value.removeprefix("visit_")) for one in steps for order in one.orders]
