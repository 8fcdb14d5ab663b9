"""Reads an office's floor drawings (SVG): keeps shapes and words, in no colours of their own, and nothing that could run, fetch or hide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from server.config.files import Files
from server.config.shapes import OfficeFile
from server.config.strict_yaml import Parsed, Problem
from server.core.directory import Drawing

BYTES_MAX = 200_000  # a floor drawn by hand is some 5 kB; what a drawing office exports is rarely more than this
PARTS_MAX = 4000  # what an old phone draws at once
DEPTH_MAX = 40
MISTAKES_MAX = 5
ZONE = "zone-"
"""An area with the id `zone-mottak` is the zone `mottak`."""

SVG = "http://www.w3.org/2000/svg "
AREAS = frozenset({"rect", "polygon", "path", "circle", "ellipse", "g"})
DRAWN = AREAS | {"svg", "line", "polyline", "text", "tspan"}
WORDS = frozenset({"text", "tspan"})
CLASSES = frozenset({"wall", "door", "exit", "stairs", "furniture", "outside"})
"""How Varde draws a part; colours are Varde's own, so that a drawing can be read in the dark and in forced colours."""

REFUSED = {
    "script": "could run: take it out",
    "foreignObject": "holds another document: turn its words into ordinary text (in draw.io: switch off 'formatted text')",
    "image": "is a picture, which cannot be drawn in the dark or enlarged: trace it into shapes",
    "use": "points to a shape elsewhere: unlink it (in Inkscape: Edit > Clone > Unlink Clone)",
    "a": "is a link: take it out",
    "iframe": "is another page: take it out",
    "animate": "moves: take it out", "animateMotion": "moves: take it out", "animateTransform": "moves: take it out", "set": "moves: take it out",
}  # fmt: skip

# None of these can be slow on any text: no two parts that follow each other match the same letters.
NUMBER = re.compile(r"[-+]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(?:[eE][-+]?\d{1,2})?", re.ASCII)
ONE = re.compile(rf"\s*{NUMBER.pattern}(?:px)?\s*\Z", re.ASCII)
SEVERAL = re.compile(r"[0-9eE+\-.,\s]*\Z")
PATH = re.compile(r"[MmZzLlHhVvCcSsQqTtAa0-9eE+\-.,\s]*\Z")
TRANSFORM = re.compile(r"(?:[\s,]*(?:matrix|translate|scale|rotate|skewX|skewY)\s*\([-+0-9.eE,\s]*\))*[\s,]*\Z")
ANCHOR = re.compile(r"(?:start|middle|end)\Z")
KEPT: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("width", "height", "rx", "ry", "cx", "cy", "r", "x1", "y1", "x2", "y2", "font-size", "stroke-width"), ONE),
    **dict.fromkeys(("x", "y", "dx", "dy", "points"), SEVERAL),
    "d": PATH, "transform": TRANSFORM, "text-anchor": ANCHOR,
}  # fmt: skip
STYLED = ("font-size", "stroke-width", "text-anchor")
"""What editors write into `style` and drawing needs; of the rest only `display: none` is heeded."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An office's drawings, the mistakes in its others, and what is worth knowing of them."""

    drawings: tuple[Drawing, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def read_drawings(file: OfficeFile, parsed: Parsed, files: Files) -> Drawn:
    """A drawing with a mistake is left out."""
    drawings: list[Drawing] = []
    problems: list[Problem] = []
    notes: list[Problem] = []
    floors = {zone.floor for zone in file.zones}
    for number, row in enumerate(file.drawings):
        wrong = list(_wrong_row(parsed, file, number, floors, files))
        if not wrong:
            reader = _Reader(row.file, {zone.id: zone.floor or "" for zone in file.zones}, row.floor)
            wrong = reader.read(files[row.file])
            if not wrong:
                drawings.append(Drawing(row.floor, "".join(reader.out), tuple(reader.zones)))
                absent = [zone.name for zone in file.zones if zone.floor == row.floor and zone.id not in reader.zones]
                if absent:
                    notes.append(Problem(row.file, 0, f"does not show {', '.join(absent)}: nothing is marked in it when somebody presses there."))
        problems += wrong
    return Drawn(tuple(drawings), tuple(problems), tuple(notes))


def unused(offices: Iterable[OfficeFile], files: Files) -> Iterator[Problem]:
    """Drawings in the folder that no office names."""
    named = {row.file for office in offices for row in office.drawings}
    for name in sorted(files):
        if name.lower().endswith(".svg") and name not in named:
            yield Problem(name, 0, "is named by no office: add it under 'drawings' in the office's file, or take it out.")


def _wrong_row(parsed: Parsed, file: OfficeFile, number: int, floors: set[str | None], files: Files) -> Iterator[Problem]:
    row = file.drawings[number]
    if row.floor not in floors:
        known = ", ".join(sorted(floor for floor in floors if floor)) or "none"
        yield parsed.problem(("drawings", number, "floor"), f"no zone is on the floor '{row.floor[:60]}' ({known}): write it as the zones do.")
    if row.floor in [other.floor for other in file.drawings[:number]]:
        yield parsed.problem(("drawings", number, "floor"), "this floor is drawn twice: keep one.")
    if row.file not in files:
        yield parsed.problem(("drawings", number, "file"), f"'{row.file[:60]}' is not in the folder: put it beside this file, or correct the name.")
    elif len(files[row.file]) > BYTES_MAX:
        what = f"is larger than {BYTES_MAX // 1000} kB: leave out hatching and furniture, and save it as 'plain SVG'."
        yield Problem(row.file, 0, what)


class _TooMuch(Exception):
    """The drawing is not read further."""


class _Reader:
    """Writes anew what may be in a drawing. `out` is SVG of ours, `zones` the zones that are in it."""

    def __init__(self, name: str, floors: Mapping[str, str], floor: str) -> None:
        self.out: list[str] = []
        self.zones: list[str] = []
        self._name, self._floors, self._floor = name, floors, floor
        self._open: list[str] = []
        self._skipped = 0
        self._parts = 0
        self._problems: list[Problem] = []
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._start, self._end, self._text
        parser.StartDoctypeDeclHandler = self._doctype

    def read(self, body: bytes) -> list[Problem]:
        try:
            self._parser.Parse(body, True)
        except _TooMuch:
            pass
        except (expat.ExpatError, ValueError, LookupError) as error:
            if not self._problems:
                said = expat.errors.messages.get(error.code, "not XML") if isinstance(error, expat.ExpatError) else "its encoding is not known"
                self._say(f"cannot be read as SVG ({said}): save it again as 'plain SVG'.")
        if not self._problems and not self.zones:
            self._say("marks no zone: give the shape of each room the id zone- and the zone's id, such as zone-mottak.")
        return self._problems

    def _say(self, what: str) -> None:
        self._problems.append(Problem(self._name, self._parser.CurrentLineNumber, what))
        if len(self._problems) >= MISTAKES_MAX:
            raise _TooMuch

    def _doctype(self, *_: Any) -> None:
        self._say("has a DOCTYPE, which can hold more than a drawing: take that line out, or save it as 'plain SVG'.")
        raise _TooMuch  # what an entity would become is never asked

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._parts += 1
        if self._parts > PARTS_MAX or len(self._open) + self._skipped > DEPTH_MAX:
            self._say(f"has more than {PARTS_MAX} parts, or parts too deep inside each other: leave out hatching and furniture.")
            raise _TooMuch
        tag = name.removeprefix(SVG) if name.startswith(SVG) else ""
        if not self._open and not self._skipped and tag != "svg":
            self._say("is not SVG: save the drawing as 'plain SVG'.")
            raise _TooMuch
        local = name.rpartition(" ")[2]
        if local in REFUSED:
            self._say(f"<{local}> {REFUSED[local]}. Varde shows shapes and words only.")
        style = _style(attributes.get("style", ""))
        hidden = "none" in (attributes.get("display"), style.get("display"))
        if self._skipped or tag not in DRAWN or hidden or (tag == "svg" and self._open):
            self._skipped += 1
            return
        self._refuse(local, attributes)
        self._write(tag, attributes, style)

    def _refuse(self, tag: str, attributes: dict[str, str]) -> None:
        for attribute in attributes:
            local = attribute.rpartition(" ")[2]
            if local.lower().startswith("on"):
                self._say(f"'{local[:30]}' of <{tag}> could run: take it out.")
            elif local == "href":
                self._say(f"'href' of <{tag}> points elsewhere: take it out.")

    def _write(self, tag: str, attributes: dict[str, str], style: Mapping[str, str]) -> None:
        values = {**attributes, **{key: style[key] for key in STYLED if key in style}}
        kept: dict[str, str] = {}
        for key, value in values.items():
            if key in KEPT and tag != "svg":
                if not KEPT[key].match(value):
                    self._say(f"'{key}' of <{tag}> is not plain numbers: save it as 'plain SVG' with the unit px.")
                kept[key] = " ".join(value.split())
        if tag == "svg":
            kept = {"xmlns": SVG.strip(), "viewBox": self._view(attributes)}
        if attributes.get("id", "").startswith(ZONE):
            kept["id"] = self._zone(tag, attributes["id"].removeprefix(ZONE))
        classes = [one for one in attributes.get("class", "").split() if one in CLASSES]
        if classes:
            kept["class"] = " ".join(classes)
        self._open.append(tag)
        self.out.append(f"<{tag}{''.join(f' {key}={quoteattr(value)}' for key, value in kept.items())}>")

    def _view(self, attributes: Mapping[str, str]) -> str:
        given = attributes.get("viewBox") or f"0 0 {attributes.get('width', '')} {attributes.get('height', '')}"
        numbers = [float(one) for one in NUMBER.findall(given)] if SEVERAL.match(given) else []
        if len(numbers) != 4 or not all(0 < side < 1e6 for side in numbers[2:]):
            self._say("has no viewBox, so its size cannot be known: give <svg> a viewBox such as \"0 0 400 480\".")
            return "0 0 1 1"
        return " ".join(f"{one:g}" for one in numbers)

    def _zone(self, tag: str, zone_id: str) -> str:
        if zone_id not in self._floors:
            self._say(f"'{zone_id[:60]}' is no zone of this office: correct the id, or add the zone.")
        elif self._floors[zone_id] != self._floor:
            self._say(f"the zone '{zone_id}' is on another floor ({self._floors[zone_id] or 'none is given'}): draw it there, or correct its floor.")
        elif zone_id in self.zones:
            self._say(f"the zone '{zone_id}' is drawn twice: make it one area, or one group.")
        elif tag not in AREAS:
            self._say(f"the zone '{zone_id}' must be an area ({', '.join(sorted(AREAS))}), and not <{tag}>.")
        else:
            self.zones.append(zone_id)
        return ZONE + zone_id

    def _end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif self._open:
            self.out.append(f"</{self._open.pop()}>")

    def _text(self, words: str) -> None:
        if not self._skipped and self._open and self._open[-1] in WORDS:
            self.out.append(escape(" ".join(words.split()) if words.strip() else " "))


def _style(text: str) -> dict[str, str]:
    pairs = (one.partition(":") for one in text.split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs}
