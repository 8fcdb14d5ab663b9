"""Reads a list that an office keeps in a spreadsheet, saved as CSV: a heading line with the keys, then a line for each device or person.

Spreadsheets differ: comma, semicolon or tab between the cells, `sep=;` in front, empty rows and columns at the end. All that is read.
What cannot be told apart (an encoding, a cell too many) is refused, with where to click.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from server.config.shapes import Shape
from server.config.strict_yaml import WHOLE, ConfigError, Parsed, Problem, as_text

ROWS_MAX = 20_000  # a region's whole stock of buttons
_TRUTH = {"true": True, "false": False}


def read_csv(body: bytes, file: str, model: type[Shape]) -> Parsed:
    """The rows as mappings, as YAML would give them: an empty cell is a key left out or an empty list, and a list is divided at
    spaces or commas, and so is a mapping: double=assist hold=nothing.

    Raises ConfigError.
    """
    text = as_text(body, file, "in the spreadsheet choose Save as, 'CSV UTF-8'.")
    if "\0" in text:
        raise ConfigError([Problem(file, 0, "is not text: in the spreadsheet choose Save as, 'CSV UTF-8'.")])
    rows = _rows(text, file)
    line, heading = next(rows, (1, []))
    keys = [key.strip() for key in heading]
    while keys and not keys[-1]:
        keys.pop()
    problems = list(_wrong_heading(keys, line, file, model))
    if problems:
        raise ConfigError(problems)
    parsed = Parsed(file, [])
    for line, cells in rows:
        if len(parsed.data) >= ROWS_MAX:
            raise ConfigError([Problem(file, line, f"has more than {ROWS_MAX} rows: is it the right file?")])
        if any(cell.strip() for cell in cells[len(keys) :]):
            problems.append(Problem(file, line, "has more cells than there are headings: put a text with a comma or semicolon in quotes."))
        parsed.lines[len(parsed.data),] = line
        parsed.data.append(_row(dict(zip(keys, (cell.strip() for cell in cells))), model))
    if problems:
        raise ConfigError(problems)
    return parsed


def _rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each row that is not empty."""
    first, skipped = text.partition("\n")[0].strip().lower(), 0
    if first.startswith("sep=") and len(first) == 5:
        text, skipped = text.partition("\n")[2], 1
    heading = text.partition("\n")[0]
    divider = max(";,\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    line = skipped + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            what = 'cannot be divided into cells: often a quote (") that is opened and not closed.'
            raise ConfigError([Problem(file, line, what)]) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = skipped + reader.line_num + 1


def _wrong_heading(keys: list[str], line: int, file: str, model: type[Shape]) -> Iterator[Problem]:
    known = list(model.model_fields)
    if not keys:
        yield Problem(file, line, f"is empty: the first line must be headings, as {';'.join(known[:3])}.")
    for number, key in enumerate(keys, 1):
        if not key:
            yield Problem(file, line, f"column {number} has no heading: write what it is, or delete the column.")
        elif key in keys[: number - 1]:
            yield Problem(file, line, f"the heading '{key[:40]}' is there twice: delete one of the columns.")
        elif _annotation(model, key) is None:
            close = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean '{close[0]}'?" if close else "delete the column, or see config/README.md for the keys that there are."
            yield Problem(file, line, f"unknown heading '{key[:40]}': {hint}")
        elif _is_mapping(_annotation(model, key)):
            yield Problem(file, line, f"'{key[:40]}' has parts: give each a column of its own, headed '{key[:40]}.part'.")


def _row(cells: dict[str, str], model: type[Shape]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for key, text in cells.items():
        annotation = _annotation(model, key)
        if text or get_origin(annotation) is list:
            *outer, last = key.split(".")
            into = row
            for name in outer:
                into = into.setdefault(name, {})
            into[last] = _value(text, annotation)
    return row


def _annotation(model: type[BaseModel], key: str) -> Any:
    """The type of a key, or of `outer.inner` in a mapping; None where there is no such key."""
    name, _, inner = key.partition(".")
    if name not in model.model_fields:
        return None
    annotation = _without_none(model.model_fields[name].annotation)
    if not inner:
        return annotation
    return _annotation(annotation, inner) if _is_mapping(annotation) else None


def _is_mapping(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _without_none(annotation: Any) -> Any:
    rest = [part for part in get_args(annotation) if part is not NoneType]
    return rest[0] if NoneType in get_args(annotation) and len(rest) == 1 else annotation


def _value(text: str, annotation: Any) -> Any:
    """What a cell says, as the shape wants it; a text that does not fit is left for the shape to refuse."""
    if annotation is int and WHOLE.match(text):
        return int(text)
    if annotation is bool:
        return _TRUTH.get(text.lower(), text)
    if get_origin(annotation) is dict:  # double=assist hold=nothing
        pairs = (pair.partition("=") for pair in text.replace(",", " ").split())
        return {key: value for key, _, value in pairs}
    return text.replace(",", " ").split() if get_origin(annotation) is list else text
