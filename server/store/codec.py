"""An alarm as JSON and back: what stands in the database. Written from the values, read by hand, so that a change of shape shows."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from server.core.directory import Selector, Step
from server.core.model import (
    Alarm,
    Ask,
    Assignment,
    CalledOff,
    Confirmed,
    Drill,
    Ending,
    Joined,
    Level,
    MarkSet,
    Note,
    Outcome,
    Place,
    Running,
    Stage,
    State,
)
from server.core.signals import Doubt, Kind, Position, Signal
from server.core.values import to_json

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REMEMBERED_MOST = 1_000
"""Some megabytes, twice."""


@lru_cache(maxsize=1024)  # the orders of one decision all have the same instants
def to_us(at: datetime | None) -> int | None:
    """Microseconds since 1970, UTC: integers compare fast and alike in every database."""
    if at is None:
        return None
    span = at - EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


@lru_cache(maxsize=1024)  # as above
def from_us(us: int | None) -> datetime | None:
    if us is None:
        return None
    seconds, micro = divmod(us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro)


def instant(us: int) -> datetime:
    at = from_us(us)
    assert at is not None
    return at


def dump(value: object) -> str:
    return to_json(value).decode()


def at_or_none(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def optional(kind: type, value: Any) -> Any:
    return None if value is None else kind(value)


def _place(d: dict[str, Any]) -> Place:
    return Place(**(d | {"also_in": tuple(d["also_in"])}))


def _drill(d: dict[str, Any] | None) -> Drill | None:
    return Drill(**{name: tuple(one) if isinstance(one, list) else one for name, one in d.items()}) if d else None


def _ending(d: dict[str, Any] | None) -> Ending | None:
    return Ending(Outcome(d["outcome"]), when(d["at"]), d["by"], d["text"], d["became"]) if d else None


def load_alarm(text: str) -> Alarm:
    d: dict[str, Any] = orjson.loads(text)
    plan = d["plan"]
    steps = tuple(
        Step(tuple(Selector(**s) for s in step["tell"]), tuple(step["channels"]), step["wait_s"]) for step in plan["steps"]
    )
    return Alarm(
        id=d["id"], version=d["version"], office_id=d["office_id"], state=State(d["state"]), kind=Kind(d["kind"]), level=Level(d["level"]),
        situation=d["situation"], presser=d["presser"], place=_place(d["place"]), opened_at=when(d["opened_at"]),
        signals=tuple(
            Joined(s["id"], Kind(s["kind"]), when(s["heard_at"]), at_or_none(s["pressed_at"]), s["device_id"], s["person_id"], optional(Doubt, s["doubt"]))
            for s in d["signals"]
        ),
        signals_count=d["signals_count"],
        plan=Running(plan["plan_id"], plan["owner_id"], steps, plan["number"], when(plan["started_at"]), at_or_none(plan["due_at"]), plan["rounds"]),
        drill=_drill(d["drill"]),
        raiser_id=d["raiser_id"], also_raised=tuple(d.get("also_raised", ())),  # an alarm that was saved before had none
        device_ids=tuple(d["device_ids"]), lit_ids=tuple(d["lit_ids"]), told=tuple(d["told"]),
        assignments=tuple(
            Assignment(
                a["person_id"], a["role"], Stage(a["stage"]), when(a["since"]), at_or_none(a["lapse_at"]), at_or_none(a["eta_at"]), optional(Ask, a["ask"]),
                tuple(a["ticks"]),
            )
            for a in d["assignments"]
        ),
        marks=tuple(MarkSet(m["mark"], when(m["at"]), m["by"], m["value"]) for m in d["marks"]),
        notes=tuple(Note(when(n["at"]), n["by"], n["text"]) for n in d["notes"]),
        notes_count=d["notes_count"], grace_until=at_or_none(d["grace_until"]),
        called_off=CalledOff(when(d["called_off"]["at"]), d["called_off"]["by"], at_or_none(d["called_off"]["confirm_by"])) if d["called_off"] else None,
        confirmed=Confirmed(when(d["confirmed"]["at"]), d["confirmed"]["by"], d["confirmed"]["how"]) if d["confirmed"] else None,
        duress=d["duress"], hidden=d["hidden"], feigned=optional(State, d["feigned"]), quiet_since=d["quiet_since"],
        ending=_ending(d["ending"]), ended_drills=tuple(d["ended_drills"]),
        device_told=d["device_told"], log_count=d["log_count"], log_head=d["log_head"],
        visit_id=d["visit_id"], contact_id=d.get("contact_id"), situation_at=at_or_none(d.get("situation_at")), changed_at=at_or_none(d.get("changed_at")),
    )  # fmt: skip


class Remembered:
    """Alarms by the text that stands for them in the database, so that what this process has just written it need not read letter by letter.
    From any thread; forgets the oldest."""

    def __init__(self) -> None:
        self._young: dict[str, Alarm] = {}
        self._old: dict[str, Alarm] = {}

    def keep(self, text: str, alarm: Alarm) -> None:
        if len(self._young) >= REMEMBERED_MOST:
            self._old, self._young = self._young, {}
        self._young[text] = alarm

    def load(self, text: str) -> Alarm:
        """As `load_alarm`."""
        alarm = self._young.get(text) or self._old.get(text)
        if alarm is None:
            alarm = load_alarm(text)
            self.keep(text, alarm)
        return alarm


def load_signal(text: str) -> Signal:
    d: dict[str, Any] = orjson.loads(text)
    position = d["position"]
    return Signal(
        id=d["id"], kind=Kind(d["kind"]), office_id=d["office_id"], heard_at=when(d["heard_at"]), device_id=d["device_id"],
        person_id=d["person_id"], zone_id=d["zone_id"], pressed_at=at_or_none(d["pressed_at"]), retained=d["retained"], verified=d["verified"],
        doubt=optional(Doubt, d["doubt"]), battery=d["battery"],
        position=Position(position["lat"], position["lon"], position["accuracy_m"], at_or_none(position["at"])) if position else None,
        detail=d["detail"],
    )  # fmt: skip
