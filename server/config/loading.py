"""Reads a folder of configuration into what the core asks about. Each mistake names its file, its line and a remedy.

A mistake in an office's file is found when it is read, not when somebody presses: an office without a plan, a step that
tells nobody, a reference that leads nowhere all refuse the whole folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from server.config.checks import Everything, OfficeRead, across_files, reached, worth_knowing, wrong_in
from server.config.content import read_content
from server.config.csv_list import read_csv
from server.config.dialects import DialectRead, Listed, families, read_dialect, worth_knowing_of, wrong_devices
from server.config.drawings import Drawn, read_drawings, unused
from server.config.files import CONTENT, Files, Gathered, gather
from server.config.deployment import ChannelsShape, DeploymentFile, MapShape
from server.config.shapes import ContactShape, DeviceShape, OfficeFile, PersonShape, PlanShape, shape, shape_rows
from server.config.visits import settings_of
from server.config.strict_yaml import ConfigError, Parsed, Problem, parse_bytes
from server.core.cards import Content, Text
from server.core.directory import (
    Bought,
    Contact,
    ContactKind,
    Device,
    DeviceKind,
    Directory,
    Duty,
    Office,
    Person,
    Plan,
    Selector,
    Step,
    Zone,
    directory,
)
from server.core.signals import Kind
from server.core.values import replace

__all__ = ["ConfigError", "Deployment", "Loaded", "PersonExtra", "Problem", "gather", "read", "read_files"]


@dataclass(frozen=True, slots=True)
class PersonExtra:
    """What the core need not know about a person. `duty` is what somebody starts with in the home office. PINs are never printed."""

    surface: str
    duty: Duty
    title: Text | None = None
    pin: str | None = field(default=None, repr=False)
    duress_pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Deployment:
    name: str
    default_language: str
    administrators: tuple[str, ...]
    channels: ChannelsShape | None = None
    """What it can send by; None where only the app is set up."""
    map: MapShape | None = None
    """Where maps come from; None where there are none."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read. `problems` are those that one can run with: cards that are not published, steps that mean nobody. `offices`: their files
    as they are written, by id; they may hold PINs."""

    directory: Directory
    people_extra: Mapping[str, PersonExtra]
    problems: tuple[Problem, ...]
    deployment: Deployment
    offices: Mapping[str, OfficeFile] = field(default_factory=dict, repr=False)


def read(folder: Path, content: Path) -> Loaded:
    """The offices in `folder` with the content in `content`. Raises ConfigError with every mistake that was found."""
    return read_files(gather(folder, content))


def read_files(gathered: Gathered, checked: bool = False) -> Loaded:
    """The same, from bytes that have been taken in. Raises ConfigError with every mistake that was found.

    `checked`: it was found good when it was applied. Then only what cannot be read at all is refused: a server must not stay down
    because a newer version of Varde asks for more.
    """
    problems: list[Problem] = [*gathered.unreadable]
    cards, placeholders = Content(), frozenset[str]()
    try:
        cards, placeholders = read_content(gathered.files, checked)
    except ConfigError as error:
        problems += error.problems
    dialects: list[DialectRead] = []
    deployments, offices = _read_own(gathered.files, dialects, problems)
    if problems:
        raise ConfigError(problems)  # references into a file that could not be read would all seem wrong
    every = Everything(offices, cards, placeholders, deployments[0][1] if deployments else None)
    drawn = {office.id: read_drawings(office.file, office.parsed, gathered.files) for office in offices}
    notes = [] if checked else _check(deployments, every, dialects, drawn.values(), gathered)
    deployment = deployments[0][1]
    return Loaded(
        directory=_directory(every, dialects, drawn),
        people_extra={person.id: _extra(person) for office in offices for person in office.file.people},
        problems=tuple(sorted(set(notes))),
        deployment=Deployment(deployment.name, deployment.default_language, tuple(deployment.administrators), deployment.channels, deployment.map),
        offices={office.id: office.file for office in offices},
    )


def _check(
    deployments: list[tuple[Parsed, DeploymentFile]], every: Everything, dialects: list[DialectRead], drawn: Iterable[Drawn], gathered: Gathered
) -> list[Problem]:
    """What must hold between the parts. Gives what is worth knowing; raises ConfigError for mistakes."""
    problems = [*across_files(deployments, every)]
    for office in every.offices:
        problems += wrong_in(office, every)
    listed = [
        Listed(office.parsed, office.id, device, ("devices", number))
        for office in every.offices
        for number, device in enumerate(office.file.devices)
    ]
    known = families(dialects, problems)
    problems += wrong_devices(listed, known)
    problems += [problem for one in drawn for problem in one.problems]
    unread = [Problem(name, 0, "is not read: Varde reads files that end with .yaml or .csv. Save it as one, or take it out.") for name in gathered.left_out]
    if problems:  # whom a plan reaches is asked only where every name in it leads somewhere. What was not read may be why one leads nowhere
        raise ConfigError([*problems, *unread])
    refused, notes = reached(_directory(every, dialects), every)
    if refused:
        raise ConfigError(refused)
    notes += [note for one in drawn for note in one.notes]
    notes += unused([office.file for office in every.offices], gathered.files)
    notes += unread
    for office in every.offices:
        notes += worth_knowing(office, every)
    notes += [problem for one in listed for problem in worth_knowing_of(one)]
    return notes


def _read_own(
    files: Files, dialects: list[DialectRead], problems: list[Problem]
) -> tuple[list[tuple[Parsed, DeploymentFile]], list[OfficeRead]]:
    """The deployment's and the offices' own files, and the lists that go with them; and the dialects, own and shipped."""
    deployments, offices = [], []
    own = {name: files[name] for name in sorted(files) if not name.startswith(CONTENT) or name.startswith(DIALECTS)}
    for name, body in own.items():
        if name.lower().endswith((".csv", ".svg")):
            continue
        try:
            parsed = parse_bytes(body, name.removeprefix(CONTENT))
            schema = parsed.data.get("schema") if isinstance(parsed.data, dict) else None
            if schema == "varde.deployment/1":
                deployments.append((parsed, shape(DeploymentFile, parsed)))
            elif schema == "varde.office/1":
                offices.append(OfficeRead(parsed, shape(OfficeFile, parsed)))
            elif schema == "varde.dialect/1":
                dialects.append(read_dialect(parsed))
            else:
                problems.append(parsed.problem(("schema",), "does not say what it is: begin with 'schema: varde.office/1' (an office)."))
        except ConfigError as error:
            problems += error.problems
    for name, body in own.items():
        if name.lower().endswith(".csv"):
            _add_list(name, body, offices, problems)
    return deployments, offices


DIALECTS = CONTENT + "dialect_"
"""Those that ship with Varde lie with the content."""

LISTS: dict[str, type[DeviceShape] | type[PersonShape]] = {"devices": DeviceShape, "people": PersonShape}
"""What an office may keep in a spreadsheet: `<office>.devices.csv`, `<office>.people.csv`."""


def _add_list(name: str, body: bytes, offices: list[OfficeRead], problems: list[Problem]) -> None:
    """Adds the rows of a CSV file to its office."""
    office_id, _, key = name[: -len(".csv")].rpartition(".")
    if key not in LISTS:
        problems.append(Problem(name, 0, "is a list of what? Name it <office>.devices.csv or <office>.people.csv."))
        return
    at = next((number for number, office in enumerate(offices) if office.id == office_id), None)
    try:
        parsed = read_csv(body, name, LISTS[key])
        rows = shape_rows(LISTS[key], parsed)
    except ConfigError as error:
        problems += error.problems
        return
    if at is None:
        if not problems:  # else it may be that its office could not be read
            problems.append(Problem(name, 0, f"there is no office '{office_id[:60]}': name it as the office's file, which must be here too."))
        return
    office = offices[at]
    before = getattr(office.file, key)
    office.parsed.added[key] = (len(before), parsed)
    offices[at] = OfficeRead(office.parsed, office.file.model_copy(update={key: [*before, *rows]}))


# ---------------------------------------------------------------- into the core's values


def _directory(every: Everything, dialects: Iterable[DialectRead], drawn: Mapping[str, Drawn] = MappingProxyType({})) -> Directory:
    parts: dict[str, list[Any]] = {key: [] for key in ("offices", "zones", "devices", "people", "contacts", "plans")}
    duty: dict[tuple[str, str], Duty] = {}
    for office in every.offices:
        id_, file, own = office.id, office.file, office.file.office
        parts["offices"].append(
            Office(
                id_, own.name, own.address, own.phone, own.size, tuple(own.neighbours), {k: v for k, v in own.placeholders.items() if v.strip()},
                settings_of(file.visits), (own.position.lat, own.position.lon) if own.position else None, own.sms_test,
                drawn[id_].drawings if id_ in drawn else (),
            )  # fmt: skip
        )
        parts["zones"] += [Zone(z.id, id_, z.name, z.floor or "", z.detail or "", z.public, z.joins_presses) for z in file.zones]
        parts["contacts"] += [_contact(contact, id_, every.language) for contact in file.contacts]
        parts["devices"] += [_device(device, id_) for device in file.devices]
        parts["people"] += [_person(person, id_) for person in file.people]
        parts["plans"] += [_plan(plan, id_) for plan in file.plans]
        for person in file.people:
            duty[person.id, id_] = Duty(person.duty)
            for other in person.also_in:  # nobody is in two houses at once
                duty[person.id, other] = Duty.OFF if person.duty == "off" else Duty.ON_DUTY
    return directory(**parts, content=every.content, duty=duty, dialects={read.file.id: read.compiled() for read in dialects})


def _contact(c: ContactShape, office_id: str, language: str) -> Contact:
    return Contact(
        c.id, office_id, c.name, c.phone or "", ContactKind(c.kind), c.drills, c.language or language, c.email or "", c.chat or "", c.webhook or ""
    )


def _device(device: DeviceShape, office_id: str) -> Device:
    found = Device(
        device.id, office_id, device.name, DeviceKind(device.kind), device.zone, device.holder, heartbeat_s=device.heartbeat_s, bought=_bought(device)
    )
    return found if device.situation is None else replace(found, situation=device.situation)


def _bought(device: DeviceShape) -> Bought | None:
    if device.dialect is None:
        return None
    address, model, output = device.address or "", device.model or "", device.output or ""
    return Bought(device.dialect, address, device.hub, model, dict(device.gestures), output, device.shared)


def _person(person: PersonShape, office_id: str) -> Person:
    return Person(
        id=person.id,
        name=person.name,
        offices=tuple(dict.fromkeys((office_id, *person.also_in))),
        roles=frozenset(person.roles),
        access=frozenset(person.access),
        language=person.language,
        phone=person.phone or "",
        zone_id=person.zone,
        surface=person.surface,
        email=person.email or "",
        wall_names=person.wall_names,
    )


def _plan(plan: PlanShape, office_id: str) -> Plan:
    return Plan(
        id=plan.id,
        office_id=office_id,
        owner_id=plan.owner,
        steps=tuple(Step(tuple(Selector(*tell.chosen()) for tell in step.tell), tuple(step.channels), step.wait_s) for step in plan.steps),
        kinds=frozenset(Kind(kind) for kind in plan.kinds),
        zones=frozenset(plan.zones),
        situations=frozenset(plan.situations),
    )


def _extra(person: PersonShape) -> PersonExtra:
    return PersonExtra(person.surface, Duty(person.duty), person.title.text() if person.title else None, person.pin, person.duress_pin)
