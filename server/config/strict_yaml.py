"""Reads one YAML file strictly, and remembers the line of everything in it, so that each mistake can be pointed at.

A smaller language than YAML: no anchors, no tags, no key given twice; only true and false are truth values, so that `off`,
`no` and `nn` are the words that they look like.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

DEPTH_MAX = 30  # the content needs eight; a file of brackets must not exhaust the reader

WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})\Z")
_BROKEN = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}\Z")
_WORDS: Mapping[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}

Path_ = tuple[str | int, ...]
"""Where something is in a file: keys and places in lists, from the top."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: the file, the line (0: the file as a whole) and what to do about it."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


class ConfigError(ValueError):
    """The configuration cannot be used. `problems` lists everything that was found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(told(self.problems))


TOLD_MAX = 100


def told(problems: Sequence[Problem]) -> str:
    """A line for each, but of a list with a thousand rows each wrong in the same way only the first: nobody reads all."""
    lines = [str(problem) for problem in problems[:TOLD_MAX]]
    if len(problems) > TOLD_MAX:
        lines.append(f"… and {len(problems) - TOLD_MAX} more. Correct these first, and check again.")
    return "\n".join(lines)


@dataclass(slots=True)
class Parsed:
    """What a file says, and the line where each part of it stands. `added`: lists that go on in a file of their own, by their key,
    with how many rows stand here before it."""

    file: str
    data: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    added: dict[str, tuple[int, Parsed]] = field(default_factory=dict)

    def line(self, *path: str | int) -> int:
        """The line of this part, or of the nearest part around it that is there."""
        return self.place(*path)[1]

    def place(self, *path: str | int) -> tuple[str, int]:
        """The file and the line of this part, or of the nearest part around it that is there."""
        match path:
            case (str() as key, int() as number, *inner) if key in self.added and number >= self.added[key][0]:
                first, other = self.added[key]
                return other.place(number - first, *inner)
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.file, self.lines[path[:end]]
        return self.file, 1

    def problem(self, path: Path_, what: str) -> Problem:
        return Problem(*self.place(*path), what)


def parse_bytes(body: bytes, file: str) -> Parsed:
    """The file's data and lines. Raises ConfigError."""
    return parse(as_text(body, file), file)


def as_text(body: bytes, file: str, remedy: str = "save it again as UTF-8.") -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(file, line, f"is not UTF-8 text: {remedy}")]) from None


def parse(text: str, file: str) -> Parsed:
    """The text's data and lines. Raises ConfigError."""
    builder = _Builder(Parsed(file))
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"{error.problem or 'not YAML'}. Often an indent, a quote or a colon."
        if mark and "\t" in "".join(text.splitlines()[mark.line : mark.line + 1]):
            what = "a tab stands here: indent with spaces, two for each level."
        raise ConfigError([Problem(file, mark.line + 1 if mark else 0, what)]) from None
    except yaml.YAMLError:
        found = yaml.reader.Reader.NON_PRINTABLE.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else 0
        what = "has a character that text files do not have: take it out, or save the file again as plain UTF-8."
        raise ConfigError([Problem(file, line, what)]) from None
    if builder.problems:
        raise ConfigError(builder.problems)
    return builder.parsed


# The parser in C is ten times faster; which one is there depends on how the package was built.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Open:
    """A mapping or list that has not ended yet. `key` is the mapping's key that waits for its value."""

    into: dict[str, Any] | list[Any]
    path: Path_
    key: str | None = None


class _Builder:
    """Puts events together into data. A stack of its own instead of recursion: depth is a limit, not a crash."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents == 2:
                    self._wrong(line, "a second document starts here ('---'): one file holds one.", stop=True)
            case yaml.AliasEvent():
                self._wrong(line, f"'*{event.anchor}' refers to another place: write the value out here.", stop=True)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._plain(event, line)
                self._start({} if isinstance(event, yaml.MappingStartEvent) else [], line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._open.pop()
            case yaml.ScalarEvent():
                self._plain(event, line)
                self._scalar(event, line)

    def _start(self, into: dict[str, Any] | list[Any], line: int) -> None:
        if len(self._open) >= DEPTH_MAX:
            self._wrong(line, "too many levels inside each other.", stop=True)
        self._open.append(_Open(into, self._place(into, line)))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.into, dict) and top.key is None:
            self._key(top, event.value, line)
        else:
            self._place(_value(event), line)

    def _key(self, top: _Open, key: str, line: int) -> None:
        first = self.parsed.lines.get((*top.path, key))
        if first is not None:
            self._wrong(line, f"'{_short(key)}' is given twice (first on line {first}): take one out.")
        if key == "<<":
            self._wrong(line, "'<<' (merging) is not supported: write the keys out.")
        top.key = key
        self.parsed.lines[(*top.path, key)] = line

    def _place(self, value: Any, line: int) -> Path_:
        """Puts a value where it belongs and returns its path."""
        if not self._open:
            self.parsed.data = value
            return ()
        top = self._open[-1]
        if isinstance(top.into, list):
            path = (*top.path, len(top.into))
            top.into.append(value)
            self.parsed.lines[path] = line
        elif top.key is None:
            self._wrong(line, "a list or mapping stands where a key should be. Often a missing quote around '{…}' or '[…]'.", stop=True)
        else:
            path = (*top.path, top.key)
            top.into[top.key] = value
            top.key = None
        return path

    def _plain(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            self._wrong(line, f"'&{_short(event.anchor)}' makes an anchor, which is not supported: quote the text, or write it out.")
        if event.tag is not None:
            self._wrong(line, f"'{_short(event.tag)}' is a tag, which is not supported: quote the text.")

    def _wrong(self, line: int, what: str, stop: bool = False) -> None:
        self.problems.append(Problem(self.parsed.file, line, what))
        if stop or len(self.problems) >= 50:
            raise ConfigError(self.problems)


def _value(event: yaml.ScalarEvent) -> Any:
    text = event.value
    if not event.implicit[0]:  # in quotes: a text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if WHOLE.match(text):
        return int(text)
    return float(text) if _BROKEN.match(text) else text


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
