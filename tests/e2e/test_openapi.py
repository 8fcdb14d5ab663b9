"""The server keeps its own description: Schemathesis sends what /api/openapi.json allows, and some of what it does not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.e2e.parts import OFFICE, Caller, new_id, publish
from tests.stack import Stack

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LIMITED = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
)


def walk(site: Stack, headers: dict[str, str], include: Callable[[str, str], bool], prepare: Callable[[schemathesis.Case], None]) -> None:
    """Calls every operation that is included with generated values; the first answer that is not as described fails."""
    schema = schemathesis.openapi.from_url(f"{site.url}/api/openapi.json")
    tried, faults = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()
        if not include(operation.method.upper(), operation.path):
            continue
        tried += 1

        @LIMITED
        @given(case=operation.as_strategy())
        def obey(case: schemathesis.Case) -> None:
            prepare(case)
            case.call_and_validate(checks=CHECKS, headers=headers, timeout=40)

        try:
            obey()
        except Exception as fault:
            faults.append(f"{operation.method.upper()} {operation.path}: {fault}")
    assert not faults, "\n\n".join(faults)
    assert tried > 4


def a_visit(caller: Caller) -> str:
    items = caller.http.get("/api/visits/checklist").json()["items"]
    now = datetime.now(UTC)
    plan = {
        "id": new_id(), "office_id": OFFICE, "type": "partner_meeting", "people": [caller.person_id], "where": {"address": "Et sted"},
        "starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat(), "answers": {i["id"]: False for i in items if i["answer"] == "yes_no"},
    }  # fmt: skip
    answer = caller.http.post("/api/visits", json=plan)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["visit"]["id"])


def test_what_people_call_answers_as_described(site):
    publish(site, b'{"kind":"panic"}')
    caller = Caller(site, "liv.solberg")
    visit_id = a_visit(caller)
    known = {"alarm_id": caller.the_alarm()["id"], "office_id": OFFICE, "device_id": "fjordvik-skranke-1", "visit_id": visit_id, "id": 1}
    known |= {"person_id": "ola.brekke", "drill_id": "d-no-such-drill", "exercise_id": "own-exercise", "line_id": "w-1", "zoom": 15, "x": 17000, "y": 9000}
    known["phone_id"] = "7f3c2d51-no-such-phone"  # one that exists would be written to at its push service
    number = itertools.count()

    def prepare(case: schemathesis.Case) -> None:
        if case.path_parameters and next(number) % 2:  # every other call is about something that exists
            case.path_parameters = {name: known[name] for name in case.path_parameters}

    # signing out would leave the rest 401; and a clock put forward by days makes everything late, as it should
    left_out = {("DELETE", "/api/session"), ("POST", "/api/demo/clock")}
    walk(site, caller.cookie, lambda method, path: not path.startswith("/api/gateway/") and (method, path) not in left_out, prepare)
    caller.stop()


def test_what_gateways_call_answers_as_described(site):
    def prepare(case: schemathesis.Case) -> None:
        if case.method == "GET" and case.query and case.query.get("wait_s") is not None:
            case.query = {"wait_s": 0}  # a wait that is allowed would really be waited for

    walk(site, {"Authorization": f"Bearer {site.token}"}, lambda _, path: path.startswith("/api/gateway/"), prepare)
