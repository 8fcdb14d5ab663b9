"""Bought devices in the configuration: which dialects there are, an administrator's own in a file each, and what an address must look like.

The gateway reads none of these files: the server checks them, and hands each gateway the compiled form with its list of devices.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from server.config.shapes import DeviceShape, Id, Line, Shape, shape
from server.config.strict_yaml import ConfigError, Parsed, Path_, Problem

ADDRESS = "{address}"
PRESSED = ("button", "portable")
LIT = ("lamp", "sounder")
NATIVE_HEARTBEAT_MAX_S = 3600  # Varde's own devices say every half minute that they live: an hour is a battery that must last for years

POINTER = r"^(/([^~/]|~[01])*)*$"

Meaning = Literal[
    "press", "panic", "assist", "duress", "call_off", "nothing", "online", "offline", "heartbeat", "tamper", "tamper_over", "battery_low", "battery_fine"
]  # fmt: skip
Pointer = Annotated[str, StringConstraints(max_length=200, pattern=POINTER)]
Topic = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f#]+$")]
Word = Annotated[str, StringConstraints(max_length=100)]


class MessageShape(Shape):
    """One topic, and what is said on it. Without `words` it is only a sign of life."""

    topic: Topic
    word_at: Pointer | None = None
    words: dict[Word, Meaning] = Field({}, max_length=200)
    otherwise: Literal["press", "nothing"] | None = None
    changes_only: bool = False
    once_at: Pointer | None = None
    time_at: Pointer | None = None
    time_unit: Literal["s", "ms"] = "s"
    battery_at: Pointer | None = None


class OutputShape(Shape):
    topic: Topic
    turn_on: str | dict[str, Any]
    turn_off: str | dict[str, Any]


class DialectFile(Shape):
    schema_: Literal["varde.dialect/1"] = Field(alias="schema")
    id: Id
    name: Line
    messages: list[MessageShape] = Field(min_length=1, max_length=50)
    outputs: dict[Literal["switch", "light", "warning", "alarm"], OutputShape] = {}


@dataclass(frozen=True, slots=True)
class Family:
    """What a dialect asks of its devices. `outputs`: what a lamp or sounder of it may be switched as, the usual one first."""

    id: str
    address: str
    example: str
    outputs: tuple[str, ...] = ()
    hub: str | None = None
    """The dialect of the hub that its devices need."""
    is_hub: bool = False
    words: frozenset[str] | None = None
    """What its buttons can say, where that is known."""
    topics: tuple[str, ...] = ()
    """Of a dialect in a file: those that its devices speak and hear on, with {address}."""


_PLACE = r"[^\x00-\x1f+#]{1,200}"
_ID = r"[^\x00-\x1f+#/]{1,100}"

FAMILIES: Mapping[str, Family] = {
    family.id: family
    for family in (
        Family("zigbee2mqtt", _PLACE, "'0x00158d0001a2b3c4', or its friendly name", ("switch", "warning", "alarm"), hub="zigbee2mqtt", is_hub=True),
        Family("shelly-gen1", rf"{_ID}(#[0-9]{{1,2}})?", "'shellybutton1-A4CF12F45301', or 'shellyix3-98CDAC38E0A2#1' for its second input",
               ("switch", "light")),
        Family("shelly-gen2", rf"{_PLACE}(#[0-9]{{1,2}})?", "'shellyplusi4-a8032cb12ea4', or 'shellyplusi4-a8032cb12ea4#1' for its second input",
               ("switch", "light"), is_hub=True),
        Family("shelly-blu", r"([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", "'f8:44:77:06:50:84'", hub="shelly-gen2"),
    )
}  # fmt: skip
"""The families that the gateway knows by itself (device_gateway/dialects)."""


@dataclass(frozen=True, slots=True)
class DialectRead:
    parsed: Parsed
    file: DialectFile

    @property
    def family(self) -> Family:
        words = {word for one in self.file.messages for word in one.words}
        return Family(
            self.file.id, _ID, "what stands in its topic", tuple(self.file.outputs), words=frozenset(word.casefold() for word in words),
            topics=tuple(one.topic for one in (*self.file.messages, *self.file.outputs.values())),
        )  # fmt: skip

    def compiled(self) -> dict[str, Any]:
        """What the gateway gets: the same, without what is left out."""
        return self.file.model_dump(exclude={"schema_", "name"}, exclude_defaults=True)


def read_dialect(parsed: Parsed) -> DialectRead:
    """Raises ConfigError with everything that is wrong in one dialect's file."""
    read = DialectRead(parsed, shape(DialectFile, parsed))
    problems = list(_wrong_dialect(read))
    if problems:
        raise ConfigError(problems)
    return read


def _wrong_dialect(read: DialectRead) -> Iterator[Problem]:
    parsed, file = read.parsed, read.file
    for number, one in enumerate(file.messages):
        yield from _wrong_topic(parsed, one.topic, True, ("messages", number, "topic"))
        here: Path_ = ("messages", number)
        for key in ("word_at", "otherwise", "once_at", "changes_only"):
            if not one.words and getattr(one, key) not in (None, False):
                yield parsed.problem((*here, key), f"'{key}' is about words: add 'words', or take it out.")
        if one.once_at and one.changes_only:
            yield parsed.problem((*here, "once_at"), "'once_at' numbers presses, 'changes_only' is for a state that is said again: keep one of them.")
        cased = [word.casefold() for word in one.words]
        for word in one.words:
            if cased.count(word.casefold()) > 1:
                yield parsed.problem((*here, "words", word), f"'{word[:40]}' is there twice but for capital letters, which do not count: take one out.")
        for before, other in enumerate(file.messages[:number]):
            if _overlap(other.topic, one.topic):
                what = f"'{one.topic}' also fits the topic of messages[{before + 1}]: a broker would send it twice. Make them one, or tell them apart."
                yield parsed.problem((*here, "topic"), what)
    for name, output in file.outputs.items():
        yield from _wrong_topic(parsed, output.topic, False, ("outputs", name, "topic"))


def _overlap(one: str, other: str) -> bool:
    """Whether one topic could fit both patterns."""
    levels, others = one.split("/"), other.split("/")
    return len(levels) == len(others) and all(a == b or "+" in (a, b) for a, b in zip(levels, others))


def _wrong_topic(parsed: Parsed, topic: str, may_be_wild: bool, path: Path_) -> Iterator[Problem]:
    levels = topic.split("/")
    if topic.count(ADDRESS) != 1:
        yield parsed.problem(path, f"the topic must have {ADDRESS} once, where the device's address stands: without it nobody knows who has pressed.")
    elif levels[0] == "varde" or topic.startswith("$"):
        yield parsed.problem(path, "'varde/…' is for Varde's own devices and '$…' for the broker: choose another topic.")
    elif any("+" in level and (level != "+" or not may_be_wild) for level in levels):
        remedy = "'+' stands for a whole level" if may_be_wild else "an order goes to one topic: write it out, without '+'"
        yield parsed.problem(path, f"'{topic}': {remedy}.")


# ---------------------------------------------------------------- devices


@dataclass(frozen=True, slots=True)
class Listed:
    """One device of an office, with where it stands."""

    parsed: Parsed
    office_id: str
    device: DeviceShape
    path: Path_

    def problem(self, key: str, what: str) -> Problem:
        return self.parsed.problem((*self.path, key), what)


def families(own: Iterable[DialectRead], problems: list[Problem]) -> dict[str, Family]:
    """All dialects by id: those of the gateway, those that ship, and the administrator's."""
    known = dict(FAMILIES)
    first: dict[str, str] = dict.fromkeys(FAMILIES, "Varde itself")
    for read in own:
        id_ = read.file.id
        if id_ in known:
            what = f"the dialect '{id_}' is there twice (first in {first[id_]}): give this one another id."
            problems.append(read.parsed.problem(("id",), what))
            continue
        known[id_], first[id_] = read.family, read.parsed.file
    return known


def wrong_devices(listed: list[Listed], known: Mapping[str, Family]) -> Iterator[Problem]:
    """Every mistake about bought devices, over all offices: two of them may share a broker."""
    hubs = {one.device.id: one for one in listed if one.device.kind == "hub"}
    for one in listed:
        yield from _wrong(one, hubs, known)
    yield from _twice(listed)
    yield from _inside_each_other(listed, known)


def _wrong(one: Listed, hubs: Mapping[str, Listed], known: Mapping[str, Family]) -> Iterator[Problem]:
    device = one.device
    if device.dialect is None:
        for key in ("address", "hub", "model", "gestures", "output", "shared"):
            if getattr(device, key):
                yield one.problem(key, f"'{key}' is for bought devices: add 'dialect', or take it out.")
        if device.kind == "hub":
            yield one.problem("kind", "a hub speaks a dialect: add 'dialect' and 'address'.")
        if device.heartbeat_s > NATIVE_HEARTBEAT_MAX_S:
            what = f"heartbeat_s is an impossible time for a device of Varde's own kind: it must be at most {NATIVE_HEARTBEAT_MAX_S}."
            yield one.problem("heartbeat_s", what)
        return
    family = known.get(device.dialect)
    if family is None:
        close = difflib.get_close_matches(device.dialect, known, 1)
        hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(sorted(known))}; docs/dialects.md says how to add one."
        yield one.problem("dialect", f"'{device.dialect[:60]}' is not a dialect: {hint}")
        return
    yield from _wrong_place(one, family, hubs)
    yield from _wrong_words(one, family)


def _wrong_place(one: Listed, family: Family, hubs: Mapping[str, Listed]) -> Iterator[Problem]:
    device = one.device
    if device.kind == "hub":
        if not family.is_hub:
            yield one.problem("kind", f"'{family.id}' has no hubs: its devices speak for themselves. Hubs are of zigbee2mqtt or shelly-gen2.")
        elif device.hub is not None:
            yield one.problem("hub", "a hub is heard directly: take 'hub' out.")
    elif family.hub is None:
        if device.hub is not None:
            yield one.problem("hub", f"'{family.id}' devices are heard directly: take 'hub' out.")
    elif device.hub is None:
        yield one.parsed.problem(one.path, f"'{device.id}' needs 'hub': the id of the device of kind hub that hears it.")
    else:
        hub = hubs.get(device.hub)
        if hub is None or hub.office_id != one.office_id:
            yield one.problem("hub", f"'{device.hub}' is not a device of kind hub in this office: correct it, or add it.")
        elif hub.device.dialect != family.hub:
            yield one.problem("hub", f"'{family.id}' devices are heard by a hub of the dialect {family.hub}, and '{device.hub}' speaks another one.")
    pattern = _PLACE if device.kind == "hub" else family.address
    example = "the topic that it publishes under, such as 'zigbee2mqtt'" if device.kind == "hub" else family.example
    if device.address is None:
        yield one.parsed.problem(one.path, f"'{device.id}' needs 'address': {example}.")
    elif not re.fullmatch(pattern, device.address) or not _usable(device.address):
        yield one.problem("address", f"'{device.address[:60]}' is not an address in {family.id}: write {example}.")


def _usable(address: str) -> bool:
    """As a part of a topic that is neither Varde's own nor the broker's."""
    return address.partition("/")[0] not in ("", "varde") and not address.startswith("$") and address.strip("/ ") == address


def _wrong_words(one: Listed, family: Family) -> Iterator[Problem]:
    device = one.device
    if device.shared and device.kind != "hub":
        yield one.problem("shared", f"only a hub is shared with other things: take it out of this {device.kind}.")
    if device.gestures and device.kind not in PRESSED:
        yield one.problem("gestures", f"a {device.kind} cannot be pressed: take 'gestures' out.")
    for word in device.gestures if family.words is not None else ():
        if word.casefold() not in (family.words or ()):
            close = difflib.get_close_matches(word.casefold(), family.words or (), 1)
            hint = f"did you mean '{close[0]}'?" if close else f"its words are {', '.join(sorted(family.words or ()))[:200]}."
            yield one.parsed.problem((*one.path, "gestures", word), f"'{word[:40]}' is no word of {family.id}: {hint}")
    if device.kind in LIT and not family.outputs:
        yield one.problem("kind", f"{family.id} can switch nothing: a {device.kind} must be of another dialect.")
    elif device.output is not None and device.kind not in LIT:
        yield one.problem("output", f"a {device.kind} is not switched: take 'output' out.")
    elif device.output is not None and device.output not in family.outputs:
        yield one.problem("output", f"{family.id} can be switched as {' or '.join(family.outputs)}: choose one of these.")
    elif device.kind in LIT and device.output is None and "switch" not in family.outputs and family.id not in FAMILIES:
        yield one.parsed.problem(one.path, f"'{device.id}' needs 'output': {' or '.join(family.outputs)}.")


def _twice(listed: list[Listed]) -> Iterator[Problem]:
    """One button is one device. A Shelly's relay may be a lamp beside the button on its input."""
    first: dict[tuple[str, ...], Listed] = {}
    for one in listed:
        device = one.device
        if device.dialect is None or device.address is None:
            continue
        role = "hub" if device.kind == "hub" else "lit" if device.kind in LIT else "pressed"
        address = device.address.casefold()
        whole = address.partition("#")[0] if device.dialect.startswith("shelly-gen") else address
        where = device.hub or "" if device.dialect == "zigbee2mqtt" else ""
        before = first.get((device.dialect, where, role, address)) or first.get((device.dialect, where, role, whole))
        if before is not None:
            file, line = before.parsed.place(*before.path)
            there = f"'{before.device.id}' in {file} on line {line}"
            yield one.problem("address", f"'{device.address[:60]}' is there twice (first as {there}): a device has one place on the list.")
        first.setdefault((device.dialect, where, role, address), one)


def _inside_each_other(listed: list[Listed], known: Mapping[str, Family]) -> Iterator[Problem]:
    """A device with a topic of its own may say and hear everything under it: nobody else's may lie there, for the broker is the fence."""
    wide: dict[str, Listed] = {}
    for one in listed:
        if place := _own_place(one.device):
            wide.setdefault(place, one)
    for one in listed:
        place = _own_place(one.device)
        found = {outer.device.id: outer for topic in ([place] if place else _topics(one.device, known)) for outer in _around(topic, wide)}
        for other in found.values():
            if other is not one and (place is None or _own_place(other.device) != place or other.device.dialect != one.device.dialect):
                inside = f"'{one.device.address}' lies inside the topic of '{other.device.id}' ({other.device.address})"
                yield one.problem("address", f"{inside}, which hears it too: choose another for one of them.")


def _around(topic: str, wide: Mapping[str, Listed]) -> Iterator[Listed]:
    levels = topic.split("/")
    for length in range(1, len(levels) + 1):
        if (outer := wide.get("/".join(levels[:length]))) is not None:
            yield outer


def _own_place(device: DeviceShape) -> str | None:
    """Below which topic everything is this device's; None where it has only single topics, or another one speaks for it."""
    address = (device.address or "").partition("#")[0]
    match device.dialect:
        case "zigbee2mqtt":
            return address or None if device.kind == "hub" else None
        case "shelly-gen1":
            return f"shellies/{address}"
        case "shelly-gen2":
            return address or None
    return None


def _topics(device: DeviceShape, known: Mapping[str, Family]) -> list[str]:
    family = known.get(device.dialect or "")
    return [topic.replace(ADDRESS, device.address or "") for topic in family.topics] if family else []


def worth_knowing_of(one: Listed) -> Iterator[Problem]:
    """What one can run with, but will wonder about."""
    device = one.device
    if device.dialect == "shelly-gen1" and (device.address or "").casefold().startswith("shellybutton1") and device.heartbeat_s < 86_400:
        what = "says nothing unless it is pressed, so it will be shown as silent: set heartbeat_s to 604800 and press it once a week as a test."
        yield one.parsed.problem(one.path, f"'{device.id}' {what}")
