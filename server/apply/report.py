"""What `varde apply` shows before it asks: who and what is added, removed and changed, and what that means for what is going on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from server.config.loading import Loaded, Problem
from server.apply.diff import Change, Difference
from server.apply.impact import Effect, Going, Impact
from server.apply.words import PHRASES, say, stage
from server.config.strict_yaml import told

HERE = ZoneInfo("Europe/Oslo")
ROWS_MAX = 25
"""Of a list with a thousand new devices, so many are shown."""
ID_WIDTH = 24
INSIDE = " " * 26
ACROSS = 80
"""Two texts that are longer together stand under each other."""


def report(before: Loaded | None, after: Loaded, found: Sequence[Difference], felt: Impact, problems: Sequence[Problem], language: str) -> Iterator[str]:
    """Lines of text."""
    names = {**(_names(before) if before else {}), **_names(after)}
    for office, rows in groupby(found, key=lambda one: one.office):
        yield f"\n{names[office]} ({office})" if office else f"\n{say(language, 'for_all')}"
        yield from _rows(list(rows), language)
    if felt.going:
        yield f"\n{say(language, 'going_on')}"
        for one in felt.going:
            yield f"  {_what(one, names, language)}"
            yield from (f"    {'✗' if effect.refuses else '–'} {_effect(effect, language)}" for effect in one.effects)
    if felt.effects or problems:
        yield f"\n{say(language, 'worth_knowing')}"
        yield from (f"  {'✗' if effect.refuses else '–'} {_effect(effect, language)}" for effect in felt.effects)
        if problems:
            yield from (f"  – {line}" for line in told(problems).splitlines())


def at(moment: datetime) -> str:
    return moment.astimezone(HERE).strftime("%d.%m.%Y %H:%M")


def _names(loaded: Loaded) -> dict[str, str]:
    return {office.id: office.name for office in loaded.directory.offices.values()}


def _rows(rows: list[Difference], language: str) -> Iterator[str]:
    for (_, _), some in groupby(rows, key=lambda one: (one.noun, one.sign)):
        alike = list(some)
        for one in alike[:ROWS_MAX]:
            yield from _row(one, language)
        if len(alike) > ROWS_MAX:
            yield f"{_head(alike[0], language)} {say(language, 'and_more', count=len(alike) - ROWS_MAX)}"


def _head(one: Difference, language: str) -> str:
    return f"  {one.sign} {say(language, one.sign):<8} {say(language, one.noun):<12}"


def _row(one: Difference, language: str) -> Iterator[str]:
    head = f"{_head(one, language)} {one.id:<{ID_WIDTH}} {one.name if one.name != one.id else ''}".rstrip()
    if one.noun == "office" and one.sign in "+-":
        counts = ", ".join(say(language, change.key, count=change.after) for change in one.changes)
        yield f"{head}: {counts}"
        return
    moved = [change for change in one.changes if one.sign == ">" and change.key == "office"]
    rest = [change for change in one.changes if change not in moved]
    yield head + "".join(f", {say(language, 'moved', before=change.before)}" for change in moved)
    if one.sign in "+>":
        short = "; ".join(f"{change.key}: {change.after}" for change in rest if not change.key.startswith("steps"))
        yield from [f"{INSIDE}{short}"] if short else []
        yield from (f"{INSIDE}{change.key}: {change.after}" for change in rest if change.key.startswith("steps"))
    else:
        for change in rest:
            yield from _change(change, language)


def _change(change: Change, language: str) -> Iterator[str]:
    nothing = say(language, "nothing")
    before, after = change.before or nothing, change.after or nothing
    if not change.shown:
        yield f"{INSIDE}{change.key}: {say(language, 'changed')}"
    elif change.key == "cards":
        yield f"{INSIDE}cards: {change.after} ({say(language, 'changed')})"
    elif len(before) + len(after) > ACROSS:
        yield f"{INSIDE}{change.key}: {before}"
        yield f"{INSIDE}{'→':>{len(change.key) + 1}} {after}"
    else:
        yield f"{INSIDE}{change.key}: {before} → {after}"


def _what(one: Going, names: dict[str, str], language: str) -> str:
    if one.alarm is not None:
        place = one.alarm.place
        where = ", ".join(part for part in (place.zone, place.office) if part)
        return say(language, "drill_alarm" if one.alarm.drill else "alarm", place=where, at=at(one.alarm.opened_at))
    assert one.visit is not None
    return say(language, "visit", place=names.get(one.visit.office_id, one.visit.office_id), at=at(one.visit.deadline_at or one.visit.ends_at))


def _effect(effect: Effect, language: str) -> str:
    values = {**effect.values}
    if "stage" in values:
        values["stage"] = stage(language, values["stage"])
    assert effect.key in PHRASES
    return say(language, effect.key, **values)
