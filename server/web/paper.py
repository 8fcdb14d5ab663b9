"""A drill's report as a table and on paper. Takes what `flow/drill_report.shown` gives; what it does not know is shown as a line, never as 0."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from math import ceil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst

from server.core.cards import Content
from server.web.report_words import WORDS

OSLO = ZoneInfo("Europe/Oslo")
TEMPLATE = Path(__file__).with_name("report.typ")
NOT_KNOWN = "–"
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MARKS_MOST = 6
TIMES = ("told", "reached", "coming", "there", "cannot")
"""What is timed of each person."""

Row = Mapping[str, Any]
Named = Callable[[str], str]
"""From a role, a mark or a metric to its name in the language of the report."""


def table(report: Row, language: str, named: Named) -> bytes:
    """One line for each person and alarm; without names, one for each target. For a spreadsheet in Norway: semicolons, and a mark that it is UTF-8.

    Each line begins with the word for an exercise: lines are copied, and sorted into other sheets.
    """
    w = WORDS.all_in(language)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    if report["names"]:
        places = {one["id"]: _where(one) for one in report["alarms"]}
        opened = {one["id"]: one["opened_at"] for one in report["alarms"]}
        head = (w["exercise"], w["alarm"], w["person"], w["role"], w["status"], *(w[key] for key in TIMES), w["channels"])
        writer.writerow(head)
        for one in report["people"]:
            since = opened[one["alarm_id"]]
            times = [_seconds(since, one[f"{key}_at"]) for key in TIMES]
            channels = ", ".join(w.get(c["channel"], c["channel"]) for c in one["channels"] if c["tried_at"] or c["reached_at"])
            row = (places[one["alarm_id"]], one["name"], named(one["role"]) if one["role"] else "", _status(one["status"], w), *times, channels)
            writer.writerow([w["exercise"], *map(_harmless, row)])
    else:
        writer.writerow((w["exercise"], w["target"], w["within"], w["measured"], w["result"]))
        for target in report["targets"]:
            measured = "" if target["seconds"] is None else _decimal(target["seconds"])
            row = (named(target["mark"] or target["metric"]), target["within_s"], measured, w[target["word"]])
            writer.writerow([w["exercise"], *map(_harmless, row)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _harmless(cell: object) -> object:
    """A spreadsheet would reckon what begins like a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell != NOT_KNOWN else cell


def pdf(report: Row, language: str, named: Named) -> bytes:
    """On paper (A4). Takes some tenths of a second of one core."""
    data = json.dumps(_on_paper(report, language, named), ensure_ascii=False, default=str)
    return typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs={"data": data}, ignore_system_fonts=True)  # type: ignore[no-any-return]


def _on_paper(report: Row, language: str, named: Named) -> dict[str, object]:
    w, drill = WORDS.all_in(language), report["drill"]

    def texts(text: Mapping[str, str]) -> str:
        return in_language(text, language)

    reaching = [point[0] for alarm in report["alarms"] for kind in ("reached", "answered") for point in alarm["curve"][kind]]
    marks = _time_marks(max([*reaching, 10.0]))
    return {
        "language": "nn" if language == "nn" else "en" if language == "en" else "nb", "words": w, "name": drill["name"], "names": report["names"],
        "printed": _moment(report["server_time"]), "facts": _facts(drill, w, texts),
        "figures_head": _figures_head(report, w),
        "figures": _figures(report, w),
        "spread": [[w[key], *_spread(report[key])] for key in ("reached", "coming")],
        "alarms": [_alarm(one, named) for one in report["alarms"]], "longest": marks[-1],
        "time_marks": [[one, _mark(one, marks[-1])] for one in marks],
        "targets": [_target(one, w, named) for one in report["targets"]],
        "unreached": [[one["name"] or w["somebody"], _why(one, w)] for one in report["unreached"]],
        "channels": [[w.get(one["channel"], one["channel"]), str(one["tried"]), str(one["reached"]), str(one["failed"])] for one in report["channels"]],
        "dark": ", ".join(report["dark"]),
        "people": [_person(one, report, w, named) for one in report["people"]],
        "answered": report["answered"], "answers": [_answer(one, w, texts) for one in report["answers"]],
        "findings": [[one["text"], one["owner"] or w[one["owner_is"]], _day(one["due_on"]), _done(one)] for one in report["findings"]],
        "remark": _remark(drill["remark"]), "summary": drill["summary"], "seal": _seal(report, w),
    }  # fmt: skip


def _time_marks(longest_s: float) -> list[int]:
    """Where the marks of the charts' time stand, as on the page (`pwa/src/core/time-axis.ts`)."""
    step = next((one for one in STEPS_S if longest_s <= one * MARKS_MOST), ceil(longest_s / MARKS_MOST / 3600) * 3600)
    return [n * step for n in range(max(1, ceil(longest_s / step)) + 1)]


def _mark(seconds: int, last_s: int) -> str:
    if seconds == 0:
        return "0"
    return f"{seconds} s" if last_s <= 120 else f"{seconds // 60}:{seconds % 60:02}"


def _facts(drill: Row, w: Mapping[str, str], texts: Callable[[Mapping[str, str]], str]) -> list[list[str]]:
    held, stopping = drill["zero_at"] or drill["starts_at"], drill["stopping"]
    facts = [[w["offices"], ", ".join(drill["offices"])], [w["held"], _moment(held)], [w["goal"], texts(drill["goal"])]]
    if drill["leader"]:
        facts.append([w["leader"], drill["leader"]])
    if stopping:
        facts.append([w["how_it_ended"], f"{_moment(stopping['at'])}, {w['why_' + str(stopping['why'])]}"])
    if drill["consulted"]:
        facts.append([w["consulted"], ", ".join(one for one in (drill["consulted"]["who"], _moment(drill["consulted"]["at"])) if one)])
    return facts


def _figures(report: Row, w: Mapping[str, str]) -> list[list[str]]:
    sides = [report["figures"], *(report[key]["figures"] for key in ("last", "others") if report[key])]
    rows = [[w["share_reached"], *(f"{one['share_reached']:.0%}".replace("%", " %") if one["share_reached"] is not None else NOT_KNOWN for one in sides)]]
    for key in ("first_reached", "all_reached", "first_coming", "first_there"):
        rows.append([w[key], *(_span(one[f"{key}_s"], w["never"]) for one in sides)])
    return rows


def _figures_head(report: Row, w: Mapping[str, str]) -> list[str]:
    last = [w["last_time"]] if report["last"] else []
    others = [w["others"].format(count=report["others"]["count"])] if report["others"] else []
    return ["", w["this_time"], *last, *others]


def _spread(one: Row) -> Iterable[str]:
    return (str(one["count"]), *(NOT_KNOWN if one[key] is None else _decimal(one[key]) for key in ("median_s", "p90_s", "slowest_s")))


def _alarm(one: Row, named: Named) -> dict[str, object]:
    return {
        "where": _where(one), "when": _moment(one["opened_at"]), "told": one["told"], "curve": one["curve"],
        "marks": [[named(mark["mark"]), _span(mark["seconds"], NOT_KNOWN)] for mark in one["marks"]],
    }  # fmt: skip


def _target(one: Row, w: Mapping[str, str], named: Named) -> list[str]:
    return [named(one["mark"] or one["metric"]), _span(one["within_s"], NOT_KNOWN), _span(one["seconds"], NOT_KNOWN), w[one["word"]]]


def _why(one: Row, w: Mapping[str, str]) -> str:
    by = ", ".join(w.get(name, name) for name in one["channels"])
    return f"{w[one['why']]} ({by})" if by else w[one["why"]]


def _person(one: Row, report: Row, w: Mapping[str, str], named: Named) -> list[str]:
    since = next(alarm["opened_at"] for alarm in report["alarms"] if alarm["id"] == one["alarm_id"])
    times = (_seconds(since, one[f"{key}_at"]) or NOT_KNOWN for key in ("reached", "coming", "there"))
    return [one["name"], named(one["role"]) if one["role"] else NOT_KNOWN, _status(one["status"], w), *times]


def _status(status: str, w: Mapping[str, str]) -> str:
    return {"told": w["no_receipt"], "seen": w["reached"], "failed": w["failed"]}.get(status) or w[status]


def _answer(one: Row, w: Mapping[str, str], texts: Callable[[Mapping[str, str]], str]) -> dict[str, object]:
    counts = ", ".join(f"{w.get(answer, answer)}: {count}" for answer, count in one["counts"].items())
    return {"text": texts(one["text"]), "counts": counts, "texts": one["texts"]}


def _done(one: Row) -> str:
    return f"{_day(one['closed_at'])} {one['outcome']}".strip() if one["closed_at"] else ""


def _seal(report: Row, w: Mapping[str, str]) -> str:
    if not report["intact"]:
        return w["seal_broken"]
    return w["seal" if report["sealed"] else "seal_none"]


def _remark(remark: Row | None) -> str:
    return "" if remark is None else " – ".join(one for one in (remark["remark"], remark["who"]) if one)


def _where(alarm: Row) -> str:
    return f"{alarm['zone']}, {alarm['office']}" if alarm["zone"] else str(alarm["office"])


def _seconds(since: datetime, at: datetime | None) -> str:
    return "" if at is None else _decimal((at - since).total_seconds())


def _decimal(seconds: float) -> str:
    return f"{seconds:.1f}".replace(".", ",")


def _span(seconds: float | None, unknown: str) -> str:
    """`7,5 s` under a minute, else `1:07`."""
    if seconds is None:
        return unknown
    if seconds < 60:
        return f"{_decimal(seconds)} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _moment(at: datetime) -> str:
    return at.astimezone(OSLO).strftime("%d.%m.%Y %H:%M")


def _day(at: date | datetime | None) -> str:
    if at is None:
        return ""
    return (at.astimezone(OSLO) if isinstance(at, datetime) else at).strftime("%d.%m.%Y")


def names_of(content: Content, language: str) -> Named:
    """The names that the content has for roles, marks and metrics."""

    def named(key: str) -> str:
        mark = content.marks.get(key)
        text = content.roles.get(key, {}).get("name") or (mark.text if mark else None) or content.catalogue.metrics.get(key)
        return in_language(text, language) or key.replace("_", " ")

    return named


def in_language(text: Mapping[str, str] | None, language: str) -> str:
    """A text of the content in this language, else in another that it has."""
    return next((text[one] for one in (language, "nb", "nn", "en") if text and text.get(one)), "")
