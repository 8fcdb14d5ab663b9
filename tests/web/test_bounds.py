"""A number that no database takes is refused in words: every whole number that anybody may send has bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server.web.gateway import SIGNALS_PATH
from tests.web.test_press_door import ORDINARY, SHORT, Site, press, site as site  # noqa: F401  (a fixture)

A_PRESS = "post /api/gateway/signals signals [] battery"
"""No press is refused for what it says of its battery: it is kept as it came."""


def schemas(openapi: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is sent: the bodies, with all that they are made of, and the parameters."""
    for path, ways in openapi["paths"].items():
        for way, operation in ways.items():
            for parameter in operation.get("parameters", []):
                yield f"{way} {path} {parameter['name']}", parameter["schema"]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{way} {path}", content["schema"]


def unbounded(name: str, schema: Any, openapi: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    if (where := schema.get("$ref")) is not None:
        if where not in seen:
            yield from unbounded(name, openapi["components"]["schemas"][where.rsplit("/", 1)[1]], openapi, seen | {where})
        return
    if schema.get("type") == "integer" and not ({"minimum", "exclusiveMinimum"} & set(schema) and {"maximum", "exclusiveMaximum"} & set(schema)):
        yield name
    for part in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(part, []):
            yield from unbounded(name, one, openapi, seen)
    for field, one in schema.get("properties", {}).items():
        yield from unbounded(f"{name} {field}", one, openapi, seen)
    for part in ("items", "additionalProperties"):
        yield from unbounded(f"{name} []", schema.get(part), openapi, seen)


def test_every_whole_number_that_may_be_sent_has_bounds(site: Site) -> None:  # noqa: F811
    openapi = site.http.get("/api/openapi.json").json()
    sent = list(schemas(openapi))
    assert len(sent) > 50
    assert [wrong for name, schema in sent for wrong in unbounded(name, schema, openapi)] == [A_PRESS]


@pytest.mark.parametrize("battery", [-5, 101, 10**25])
def test_a_press_with_an_absurd_battery_raises(site: Site, battery: int) -> None:  # noqa: F811
    for way in (SHORT, ORDINARY):
        [receipt] = site.http.post(SIGNALS_PATH, json={"signals": [press(battery=battery)]}, headers=way).json()["receipts"]
        assert receipt["outcome"] in ("opened", "repeated") and receipt["alarm_id"]


def test_a_heartbeat_with_an_absurd_number_is_refused_and_not_a_fault_of_ours(site: Site) -> None:  # noqa: F811
    answer = site.http.post("/api/gateway/heartbeat", headers=SHORT, json={"at": "2026-12-01T10:00:00Z", "spooled": 10**25})
    assert answer.status_code == 422 and answer.json()["reason"]
