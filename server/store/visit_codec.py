"""A visit as JSON and back: what stands in the database. Written from the values, read by hand, so that a change of shape shows."""

from __future__ import annotations

from typing import Any

import orjson

from server.core.values import to_sorted_json
from server.core.visit.model import AlarmState, Approval, Debriefed, Heard, Home, Rung, Visit, VisitState, Where, Why
from server.core.visit.report import Kind as ReportKind
from server.core.visit.report import Report
from server.core.visit.settings import Risk, Times
from server.store.codec import at_or_none as _at
from server.store.codec import optional as _optional
from server.store.codec import when as _when


def dump_visit(visit: Visit) -> str:
    return to_sorted_json(visit).decode()


def dump_report(report: Report) -> str:
    return to_sorted_json(report).decode()


def load_report(text: str) -> Report:
    d: dict[str, Any] = orjson.loads(text)
    return Report(
        visit_id=d["visit_id"], office_id=d["office_id"], by=d["by"], version=d["version"], made_at=_when(d["made_at"]), delete_at=_when(d["delete_at"]),
        kinds=frozenset(ReportKind(one) for one in d["kinds"]), text=d["text"], done=d["done"], hurt=d["hurt"], police=d["police"],
        handed_at=_at(d["handed_at"]),
    )  # fmt: skip


def _home(home: dict[str, Any] | None) -> Home | None:
    return Home(_when(home["at"]), home["by"], home["how"], home["late"]) if home else None


def load_visit(text: str) -> Visit:
    d: dict[str, Any] = orjson.loads(text)
    approval, heard, times = d["approval"], d["heard"], d["times"]
    return Visit(
        id=d["id"], version=d["version"], office_id=d["office_id"], state=VisitState(d["state"]), type_id=d["type_id"], people=tuple(d["people"]),
        where=Where(**d["where"]), starts_at=_when(d["starts_at"]), ends_at=_when(d["ends_at"]), risk=Risk(d["risk"]),
        times=Times(**{**times, "notices_s": tuple(times["notices_s"])}), required=frozenset(d["required"]), flags=frozenset(d["flags"]),
        contact_id=d["contact_id"], contact_accepted=d["contact_accepted"],
        approval=Approval(approval["by"], _when(approval["at"]), approval["yes"], approval["reason"], frozenset(approval["waived"])) if approval else None,
        device_id=d["device_id"], started_at=_at(d["started_at"]), deadline_at=_at(d["deadline_at"]), why=Why(d["why"]), number=d["number"],
        noticed=d["noticed"], heard=Heard(_when(heard["at"]), heard["how"], heard["by"]) if heard else None, extended_s=d["extended_s"],
        rung=_optional(Rung, d["rung"]), grace_since=_at(d["grace_since"]), due_at=_at(d["due_at"]),
        home=_home(d["home"]), debriefed=_optional(Debriefed, d["debriefed"]),
        seems_home=d["seems_home"], alarm=AlarmState(d.get("alarm", "well")),
        duress=d["duress"], feigned=_optional(VisitState, d["feigned"]), raised_id=d["raised_id"], alarmed=d["alarmed"],
        believed=_home(d.get("believed")), unseen=d.get("unseen", 0), forgotten=d.get("forgotten", False),
        missed=d.get("missed", d["alarmed"] and not d["duress"]), log_count=d["log_count"], log_head=d["log_head"],
    )  # fmt: skip
