"""The program log: lines of JSON with ids only, and the same trouble once."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from device_gateway.log import ProgramLog
from server.watching import program_log
from server.watching.program_log import start_log


class Said(io.StringIO):
    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[Said]:
    out = Said()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    monkeypatch.setattr(program_log.sys, "stderr", out)
    start_log("INFO")
    yield out
    root.handlers[:], root.level = before


def test_each_line_is_one_object_with_the_ids_that_were_given(said: Said) -> None:
    logging.getLogger("varde.ticker").error("alarm_failed", extra={"alarm": "a-1"})
    [line] = said.lines()
    assert line.pop("at").endswith("Z")
    assert line == {"level": "error", "from": "varde.ticker", "event": "alarm_failed", "alarm": "a-1"}


def test_an_exceptions_text_is_left_out_since_it_may_quote_somebody(said: Said) -> None:
    try:
        raise ValueError("Kari Nilsen, +47 55 55 01 01")
    except ValueError:
        logging.getLogger("varde").exception("job_failed", extra={"job": "audit"})
    [line] = said.lines()
    assert line["exception"] == "ValueError" and "test_program_log.py" in line["where"][0] and "Kari" not in said.getvalue()


def test_a_librarys_message_is_told_unfilled(said: Said) -> None:
    logging.getLogger("sqlalchemy.pool").error("cannot connect with %s", "password=hush")
    [line] = said.lines()
    assert line["event"] == "cannot connect with %s" and "hush" not in said.getvalue()


def test_the_same_trouble_is_said_once_a_minute_with_how_often_and_hides_no_other(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(program_log.time, "monotonic", lambda: now[0])
    journal = logging.getLogger("varde")
    for _ in range(3):
        journal.error("audit", extra={"finding": "overdue"})
    journal.error("audit", extra={"finding": "redis"})
    now[0] += 60
    journal.error("audit", extra={"finding": "overdue"})
    assert [(line["finding"], line.get("repeated")) for line in said.lines()] == [("overdue", None), ("redis", None), ("overdue", 2)]


def test_the_gateways_log_says_trouble_once_and_when_it_is_over() -> None:
    out: list[str] = []
    now = [0.0]
    log = ProgramLog(out.append, lambda: now[0])
    for _ in range(3):
        log.trouble("broker_away", "lost_7")
    log.well("broker_away")
    log.well("broker_away")
    log.trouble("broker_away", "lost_7")
    lines = [json.loads(line) for line in out]
    assert [(line["level"], line["event"], line["count"]) for line in lines] == [
        ("error", "broker_away", 1), ("info", "broker_away_over", 3), ("error", "broker_away", 1),
    ]  # fmt: skip
