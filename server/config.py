"""Reads a folder of configuration into what the core asks about. Each mistake names its file, its line and a remedy.

A mistake in an office's file is found when it is read, not when somebody presses: an office without a plan, a step that
tells nobody, a reference that leads nowhere all refuse the whole folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.config_checks import Everything, OfficeRead, across_files, worth_knowing, wrong_in
from server.config_content import read_content
from server.config_shapes import DeploymentFile, DeviceShape, OfficeFile, PersonShape, PlanShape, shape
from server.config_yaml import ConfigError, Parsed, Problem, read_file
from server.core.cards import Content, Text
from server.core.directory import (
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

__all__ = ["ConfigError", "Deployment", "Loaded", "PersonExtra", "Problem", "read"]

FILES_MAX = 1000  # one for each office: more than there are


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


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read. `problems` are those that one can run with: cards that are not published, steps that mean nobody."""

    directory: Directory
    people_extra: Mapping[str, PersonExtra]
    problems: tuple[Problem, ...]
    deployment: Deployment


def read(folder: Path, content: Path) -> Loaded:
    """The offices in `folder` with the content in `content`. Raises ConfigError with every mistake that was found."""
    problems: list[Problem] = []
    cards, placeholders = Content(), frozenset[str]()
    try:
        cards, placeholders = read_content(content)
    except ConfigError as error:
        problems += error.problems
    deployments, offices = _read_files(folder, problems)
    if problems:
        raise ConfigError(problems)  # references into a file that could not be read would all seem wrong
    every = Everything(offices, cards, placeholders)
    problems += across_files(deployments, every)
    for office in offices:
        problems += wrong_in(office, every)
    if problems:
        raise ConfigError(problems)
    deployment = deployments[0][1]
    return Loaded(
        directory=_directory(every),
        people_extra={person.id: _extra(person) for office in offices for person in office.file.people},
        problems=tuple(sorted(problem for office in offices for problem in worth_knowing(office, every))),
        deployment=Deployment(deployment.name, deployment.default_language, tuple(deployment.administrators)),
    )


def _read_files(folder: Path, problems: list[Problem]) -> tuple[list[tuple[Parsed, DeploymentFile]], list[OfficeRead]]:
    deployments, offices = [], []
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and not path.name.startswith("."))
    except OSError as error:
        raise ConfigError([*problems, Problem(str(folder), 0, f"cannot be read as a folder: {error.strerror}.")]) from None
    if len(paths) > FILES_MAX:
        raise ConfigError([Problem(str(folder), 0, f"holds more than {FILES_MAX} files: is it the right folder?")])
    for path in paths:
        try:
            parsed = read_file(path)
            schema = parsed.data.get("schema") if isinstance(parsed.data, dict) else None
            if schema == "varde.deployment/1":
                deployments.append((parsed, shape(DeploymentFile, parsed)))
            elif schema == "varde.office/1":
                offices.append(OfficeRead(parsed, shape(OfficeFile, parsed)))
            else:
                problems.append(parsed.problem(("schema",), "does not say what it is: begin with 'schema: varde.office/1' (an office)."))
        except ConfigError as error:
            problems += error.problems
    return deployments, offices


# ---------------------------------------------------------------- into the core's values


def _directory(every: Everything) -> Directory:
    parts: dict[str, list[Any]] = {key: [] for key in ("offices", "zones", "devices", "people", "contacts", "plans")}
    duty: dict[tuple[str, str], Duty] = {}
    for office in every.offices:
        id_, file, own = office.id, office.file, office.file.office
        parts["offices"].append(
            Office(id_, own.name, own.address, own.phone, own.size, tuple(own.neighbours), {k: v for k, v in own.placeholders.items() if v.strip()})
        )
        parts["zones"] += [Zone(z.id, id_, z.name, z.floor or "", z.detail or "", z.public, z.joins_presses) for z in file.zones]
        parts["contacts"] += [Contact(c.id, id_, c.name, c.phone, ContactKind(c.kind), c.drills) for c in file.contacts]
        parts["devices"] += [_device(device, id_) for device in file.devices]
        parts["people"] += [_person(person, id_) for person in file.people]
        parts["plans"] += [_plan(plan, id_) for plan in file.plans]
        for person in file.people:
            duty[person.id, id_] = Duty(person.duty)
            for other in person.also_in:  # nobody is in two houses at once
                duty[person.id, other] = Duty.OFF if person.duty == "off" else Duty.ON_DUTY
    return directory(**parts, content=every.content, duty=duty)


def _device(device: DeviceShape, office_id: str) -> Device:
    found = Device(device.id, office_id, device.name, DeviceKind(device.kind), device.zone, device.holder, heartbeat_s=device.heartbeat_s)
    if device.situation is None:
        return found
    return Device(device.id, office_id, device.name, found.kind, device.zone, device.holder, device.situation, device.heartbeat_s)


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
