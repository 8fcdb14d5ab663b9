"""A planned drill and an exercise as JSON and back. Written from the values, read by hand, so that a change of shape shows."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson

from server.core.drill.exercise import Exercise, Inject, Question, Target
from server.core.drill.model import Approval, Consulted, DrillState, Finding, Given, Outage, PlannedDrill, Press, Stopping, Why
from server.core.drill.programme import WheelLine
from server.core.signals import Kind
from server.core.values import to_json
from server.store.codec import at_or_none as _at
from server.store.codec import when as _when


def dump_drill(drill: PlannedDrill) -> str:
    """With the one answer that a server of an older version reads, which may still run beside this one: a no, or a yes only where all have said it."""
    no = next((one for one in drill.approvals if not one.yes), None)
    whole = drill.approvals[-1] if drill.approvals and drill.approved else no
    return f'{to_json(drill).decode()[:-1]},"approval":{to_json(whole).decode()}}}'


def dump_exercise(exercise: Exercise) -> str:
    return to_json(exercise).decode()


def load_exercise(text: str) -> Exercise:
    return _exercise(orjson.loads(text))


def _exercise(d: dict[str, Any]) -> Exercise:
    return Exercise(
        id=d["id"], title=d["title"], goal=d["goal"], form=d["form"], situation=d["situation"], duration_min=d["duration_min"], notice=d["notice"],
        roles=tuple(d["roles"]), per_year=d["per_year"], setup=tuple(d["setup"]), injects=tuple(Inject(**one) for one in d["injects"]),
        targets=tuple(Target(**one) for one in d["targets"]), questions=tuple(Question(**one) for one in d["questions"]), office_id=d["office_id"],
        based_on=d["based_on"], version=d["version"],
    )  # fmt: skip


def load_line(text: str) -> WheelLine:
    d: dict[str, Any] = orjson.loads(text)
    return WheelLine(**{**d, "months": tuple(d["months"])})


def load_drill(text: str) -> PlannedDrill:
    d: dict[str, Any] = orjson.loads(text)
    stopping = d["stopping"]
    return PlannedDrill(
        id=d["id"], version=d["version"], office_id=d["office_id"], state=DrillState(d["state"]), name=d["name"], exercise=_exercise(d["exercise"]),
        notice=d["notice"], offices=tuple(d["offices"]), presses=tuple(Press(**{**one, "kind": Kind(one["kind"])}) for one in d["presses"]),
        leader_id=d["leader_id"], planned_by=d["planned_by"], starts_at=_when(d["starts_at"]), ends_at=_when(d["ends_at"]),
        participants=tuple(d["participants"]), observers=tuple(d["observers"]), cast=tuple((role, person) for role, person in d["cast"]),
        left_out=tuple(d["left_out"]),
        approvals=_approvals(d),
        consulted=_consulted(d["consulted"]), announced_at=_at(d["announced_at"]), zero_at=_at(d["zero_at"]),
        given=tuple(Given(one["id"], _when(one["at"]), one["by"]) for one in d["given"]),
        stopping=Stopping(_when(stopping["at"]), stopping["by"], Why(stopping["why"]), stopping["became"]) if stopping else None,
        attended=tuple(d["attended"]), findings=tuple(_finding(one) for one in d["findings"]), summary=d["summary"], remark=_consulted(d["remark"]),
        reported_by=d["reported_by"], reported_at=_at(d["reported_at"]), reminded=d["reminded"], due_at=_at(d["due_at"]),
        programme_id=d["programme_id"], forgotten=d["forgotten"], log_count=d["log_count"], log_head=d["log_head"], outage=_outage(d.get("outage")),
    )  # fmt: skip


def _approvals(d: dict[str, Any]) -> tuple[Approval, ...]:
    if "approvals" in d:
        return tuple(Approval(one["by"], _when(one["at"]), one["yes"], one["reason"], tuple(one["offices"])) for one in d["approvals"])
    one = d["approval"]  # of a drill kept by a version in which one lead answered for all of its offices
    return (Approval(one["by"], _when(one["at"]), one["yes"], one["reason"], tuple(d["offices"])),) if one else ()


def _consulted(d: dict[str, Any] | None) -> Consulted | None:
    return Consulted(d["who"], _when(d["at"]), d["by"], d["remark"]) if d else None


def _outage(d: dict[str, Any] | None) -> Outage | None:
    return Outage(d["office_id"], _when(d["heard_at"]), _when(d["shown_at"])) if d else None


def _finding(d: dict[str, Any]) -> Finding:
    return Finding(
        d["id"], d["text"], d["owner_id"], date.fromisoformat(d["due_on"]), d["by"], _when(d["at"]), _at(d["closed_at"]), d["closed_by"], d["outcome"],
        d["nagged"],
    )  # fmt: skip
