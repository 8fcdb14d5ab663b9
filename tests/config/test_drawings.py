"""Floor drawings: only shapes and words come through, each mistake names its line and a remedy, and nothing that is thrown at it does harm."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config.loading import ConfigError, Loaded, gather, read, read_files
from server.config.drawings import BYTES_MAX, CLASSES, DRAWN, KEPT, PARTS_MAX, Drawn, read_drawings
from server.config.shapes import OfficeFile, shape
from server.config.strict_yaml import parse
from tests.golden import golden

CONFIG = Path(__file__).resolve().parents[2] / "config"
OFFICE, FIRST = "nav-fjordvik", "nav-fjordvik.1-etasje.svg"

SMALL = """
schema: varde.office/1
office: {id: o, name: O, address: A, phone: "12345678", size: 5}
zones:
  - {id: mottak, name: Mottak, floor: Under, public: true, joins_presses: true}
  - {id: loft, name: Loft, floor: Over, public: false, joins_presses: true}
people: []
contacts: []
devices: []
plans: [{id: p, name: P, owner: x, steps: [{tell: [{on_duty: true}], channels: [screen], wait_s: 30}]}]
drawings: [{floor: Under, file: o.svg}]
"""
PARSED = parse(SMALL, "o.yaml")
FILE = shape(OfficeFile, PARSED)


def drawn(svg: str | bytes) -> Drawn:
    return read_drawings(FILE, PARSED, {"o.svg": svg if isinstance(svg, bytes) else svg.encode()})


def plan(inner: str, root: str = 'viewBox="0 0 40 40"') -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {root}>\n<rect id="zone-mottak" width="9" height="9"/>\n{inner}</svg>'


def kept(inner: str) -> str:
    """What is left of it."""
    found = drawn(plan(inner))
    assert found.problems == ()
    return found.drawings[0].svg.partition("</rect>")[2].removesuffix("</svg>").strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(CONFIG / "demo", tmp_path / "demo")
    return tmp_path / "demo"


def loaded(folder: Path) -> Loaded:
    return read(folder, CONFIG / "content")


def test_every_zone_of_the_demo_is_in_exactly_one_drawing() -> None:
    directory = loaded(CONFIG / "demo").directory
    for office in directory.offices.values():
        shown = [zone for one in office.drawings for zone in one.zones]
        assert sorted(shown) == sorted(zone.id for zone in directory.zones.values() if zone.office_id == office.id)
        for one in office.drawings:
            ids = [element.get("id") for element in xml.fromstring(one.svg).iter() if element.get("id")]
            assert ids == [f"zone-{zone}" for zone in one.zones]


def test_shapes_and_words_come_through_and_colours_do_not() -> None:
    path, text = '<path d="M0 0H9" fill="url(#x)"/>', '<text x="1" style="font-size:4px">Rom &lt;1&gt;</text>'
    assert kept(f'<g class="wall made-up" style="fill:#f00;stroke-width:2px">{path}{text}</g>') == (
        '<g stroke-width="2px" class="wall"><path d="M0 0H9"></path><text x="1" font-size="4px">Rom &lt;1&gt;</text></g>'
    )


@pytest.mark.parametrize(
    "inner",
    [
        '<defs><linearGradient id="g"/></defs>', "<metadata>who drew it</metadata>", "<title>x</title>", "<style>rect {fill: red}</style>",
        '<g style="display:none"><rect width="3"/></g>', '<g display="none"><text>hidden</text></g>', "<!-- a note -->", "<?php x ?>",
        '<i:layer xmlns:i="http://example.org/i"><rect width="3"/></i:layer>', '<svg><rect width="3"/></svg>',
    ],
)  # fmt: skip
def test_what_editors_leave_behind_and_what_is_hidden_is_left_out(inner: str) -> None:
    assert kept(inner) == ""


MISTAKES = {
    "a drawing with a script": (plan("<script>alert(1)</script>"), 3, "<script> could run"),
    "a drawing with a script in hiding": (plan('<g display="none"><script/></g>'), 3, "<script> could run"),
    "a drawing with a handler": (plan('<rect onload="x()"/>'), 3, "'onload' of <rect> could run"),
    "a drawing with a link": (plan('<g xmlns:k="http://www.w3.org/1999/xlink" k:href="https://example.org"/>'), 3, "'href' of <g> points elsewhere"),
    "a drawing with a picture": (plan('<image href="x.png"/>'), 3, "<image> is a picture"),
    "a drawing with a copy": (plan('<use href="#a"/>'), 3, "<use> points to a shape elsewhere"),
    "a drawing with another document": (plan("<foreignObject/>"), 3, "<foreignObject> holds another document"),
    "a drawing that moves": (plan('<rect><animate attributeName="x"/></rect>'), 3, "<animate> moves"),
    "a drawing with entities": ('<!DOCTYPE svg [<!ENTITY a "b">]>\n' + plan("<text>&a;</text>"), 1, "has a DOCTYPE"),
    "a drawing that is broken": (plan("<g>"), 3, "cannot be read as SVG (mismatched tag)"),
    "a drawing in an unknown encoding": ('<?xml version="1.0" encoding="nonsense"?>' + plan(""), 1, "cannot be read as SVG"),
    "a drawing that is none": ("<html><body/></html>", 1, "is not SVG"),
    "an empty drawing": ("", 1, "cannot be read as SVG (no element found)"),
    "a drawing without a size": (plan("", root=""), 1, "has no viewBox"),
    "a drawing without zones": ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', 1, "marks no zone"),
    "a drawing of a zone that is not there": (plan('<rect id="zone-motak"/>'), 3, "'motak' is no zone of this office"),
    "a drawing of a zone of another floor": (plan('<rect id="zone-loft"/>'), 3, "the zone 'loft' is on another floor (Over)"),
    "a drawing with a zone twice": (plan('<rect id="zone-mottak"/>'), 3, "the zone 'mottak' is drawn twice"),
    "a drawing whose zone is a word": (plan("").replace("<rect", "<text"), 2, "must be an area"),
    "a drawing in millimetres": (plan('<rect width="3mm"/>'), 3, "'width' of <rect> is not plain numbers"),
    "a drawing that moves things with words": (plan('<g transform="javascript:x"/>'), 3, "'transform' of <g> is not plain numbers"),
    "a drawing of everything": (plan("<g/>" * PARTS_MAX), 3, f"more than {PARTS_MAX} parts"),
    "a drawing that is too deep": (plan("<g>" * 60 + "</g>" * 60), 3, "parts too deep"),
    "a drawing that is too large": (plan("<!--" + "x" * BYTES_MAX + "-->"), 0, "is larger than 200 kB"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_its_line_and_what_to_do_and_the_drawing_is_left_out(name: str) -> None:
    svg, line, said = MISTAKES[name]
    found = drawn(svg)
    assert found.drawings == ()
    golden(name, [str(problem) for problem in found.problems])
    assert said in found.problems[0].what and (found.problems[0].file, found.problems[0].line) == ("o.svg", line)


def test_many_mistakes_are_cut_short() -> None:
    assert len(drawn(plan("<use/>\n" * 50)).problems) == 5


ANYTHING = st.binary(max_size=300) | st.text(max_size=300).map(str.encode)
NEARLY = st.text('<>/gsvrectid="zone-mottak viewBox0&;!', max_size=200).map(lambda inner: plan(inner).encode())


@given(ANYTHING | NEARLY)
def test_whatever_is_thrown_at_it_gives_a_drawing_of_ours_or_a_reason(body: bytes) -> None:
    found = drawn(body)
    assert bool(found.drawings) != bool(found.problems)
    for one in found.drawings:
        for element in xml.fromstring(one.svg).iter():
            assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in DRAWN
            assert set(element.attrib) <= {*KEPT, "id", "class", "viewBox"}
            assert set(element.get("class", "").split()) <= CLASSES


@pytest.mark.parametrize("tail", ["9" * 5000 + "x", " " * 5000 + "x", "-,." * 2000 + "x", "e" * 5000 + "x", "translate(1)" * 1000 + "x"])
def test_no_attribute_is_slow_to_refuse(tail: str) -> None:
    for key, pattern in KEPT.items():
        assert not pattern.match(tail), key


def test_the_floor_and_the_file_of_a_drawing_must_be_there(folder: Path) -> None:
    (folder / FIRST).unlink()
    office = folder / f"{OFFICE}.yaml"
    office.write_text(office.read_text().replace("floor: 2. etasje, file", "floor: 3. etasje, file"))
    with pytest.raises(ConfigError) as error:
        loaded(folder)
    said = "\n".join(str(problem) for problem in error.value.problems)
    assert f"'{FIRST}' is not in the folder" in said and "no zone is on the floor '3. etasje'" in said


def test_what_is_worth_knowing_of_drawings_is_said(folder: Path) -> None:
    first = folder / FIRST
    first.write_text(first.read_text().replace('id="zone-samtalerom-6"', 'id="other"'))
    (folder / "old.svg").write_text("<svg/>")
    said = [str(problem) for problem in loaded(folder).problems]
    assert said == [
        f"{FIRST}: does not show Samtalerom 6: nothing is marked in it when somebody presses there.",
        "old.svg: is named by no office: add it under 'drawings' in the office's file, or take it out.",
    ]


def test_what_was_applied_is_read_without_a_drawing_that_can_no_longer_be(folder: Path) -> None:
    (folder / FIRST).write_text("<svg>")
    office = read_files(gather(folder, CONFIG / "content"), checked=True).directory.offices[OFFICE]
    assert [one.floor for one in office.drawings] == ["2. etasje"]
