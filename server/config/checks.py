"""What must hold between the parts of a configuration: references that lead somewhere, ids that are unique, plans that tell somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from server.config.content import twice
from server.config.reach import findings
from server.config.deployment import ChannelsShape, DeploymentFile, wrong_channels
from server.config.shapes import ContactShape, DeviceShape, OfficeFile, PersonShape, PlanShape, TellShape
from server.config.visits import wrong_in_settings
from server.config.strict_yaml import Parsed, Path_, Problem
from server.core.numbers import e164
from server.core.cards import Content, unfilled
from server.core.directory import Directory


NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class OfficeRead:
    parsed: Parsed
    file: OfficeFile

    @property
    def id(self) -> str:
        return self.file.office.id


class Everything:
    """All offices together, with the ids that may be referred to."""

    def __init__(
        self, offices: list[OfficeRead], content: Content, placeholders: frozenset[str], deployment: DeploymentFile | None = None
    ) -> None:
        self.offices = offices
        self.channels: ChannelsShape | None = deployment.channels if deployment else None
        self.language = deployment.default_language if deployment else "nb"
        self.content = content
        self.placeholders = placeholders
        self.office_ids = {office.id for office in offices}
        self.people: dict[str, PersonShape] = {person.id: person for office in offices for person in office.file.people}
        self.serves: dict[str, list[PersonShape]] = {id_: [] for id_ in self.office_ids}
        for office in offices:
            for person in office.file.people:
                for id_ in dict.fromkeys((office.id, *person.also_in)):
                    self.serves.setdefault(id_, []).append(person)

    def means(self, tell: TellShape, office: OfficeRead) -> bool:
        """Could this mean anybody, when everybody is on duty?"""
        by, value = tell.chosen()
        staff = [person for person in self.serves[office.id] if person.surface != "wallboard"]
        match by:
            case "role":
                return any(value in person.roles for person in staff)
            case "on_duty":
                return bool(staff)
            case "neighbours":
                there = [person for id_ in office.file.office.neighbours for person in self.serves.get(id_, ())]
                return any("responder" in person.access and person.surface != "wallboard" for person in there)
            case "person":
                return value not in self.people or self.people[value].surface != "wallboard"  # that there is one is checked as a reference
            case _:
                return True  # and so is a contact


# ---------------------------------------------------------------- mistakes


def across_files(deployments: list[tuple[Parsed, DeploymentFile]], every: Everything) -> Iterator[Problem]:
    """What must hold between files: one deployment, at least one office, ids that are unique everywhere."""
    if not deployments:
        yield Problem("deployment.yaml", 0, "is missing: copy the one in config/demo and change it.")
    for parsed, _ in deployments[1:]:
        yield parsed.problem(("schema",), f"describes the deployment a second time (first in {deployments[0][0].file}): keep one.")
    if not every.offices:
        yield Problem("the folder", 0, "describes no office: copy one from config/demo and change it.")
    for parsed, deployment in deployments[:1]:
        if deployment.channels is not None:
            yield from wrong_channels(parsed, deployment.channels)
        for number, person_id in enumerate(deployment.administrators):
            if person_id not in every.people:
                yield parsed.problem(("administrators", number), f"'{person_id}' is nobody in any office: correct the id.")
            elif "administrator" not in every.people[person_id].access:
                yield parsed.problem(("administrators", number), f"'{person_id}' lacks the access 'administrator': add it to that person.")
    yield from _ids_twice(every)
    yield from _people_twice(every)


def _people_twice(every: Everything) -> Iterator[Problem]:
    """Somebody with two ids is told twice, and counted as two who can come."""
    first: dict[tuple[str, str], tuple[str, str, int]] = {}
    for office in every.offices:
        for number, person in enumerate(office.file.people):
            if person.phone is None:
                continue
            key = (person.name.casefold(), digits(person.phone))
            if key in first and first[key][0] != person.id:
                other, file, line = first[key]
                what = (
                    f"'{person.id}' has the name and the phone of '{other}' ({file} on line {line}): one person, counted as two. "
                    "Keep one; who serves several offices has them in also_in."
                )
                yield office.parsed.problem(("people", number, "id"), what)
            first.setdefault(key, (person.id, *office.parsed.place("people", number, "id")))


def _ids_twice(every: Everything) -> Iterator[Problem]:
    """Offices, people, devices and plans share one list of ids: in a log nobody should have to ask which one is meant."""
    first: dict[str, tuple[str, str]] = {}
    for office in every.offices:
        own: list[tuple[str, Path_, str]] = [("office", ("office", "id"), office.id)]
        for what, key in (("person", "people"), ("device", "devices"), ("plan", "plans")):
            own += [(what, (key, number, "id"), row.id) for number, row in enumerate(getattr(office.file, key))]
        for what, path, id_ in own:
            file, line = office.parsed.place(*path)
            where = f"{file} on line {line}"
            if id_ in first:
                other, there = first[id_]
                remedy = "keep one, and give it also_in" if (what, other) == ("person", "person") else "give one of them another id"
                yield office.parsed.problem(path, f"the {what} '{id_}' is there twice (first as {other} in {there}): {remedy}.")
            first.setdefault(id_, (what, where))


def wrong_in(office: OfficeRead, every: Everything) -> Iterator[Problem]:
    parsed, file = office.parsed, office.file
    if parsed.file.rsplit(".", 1)[0] != office.id:
        yield parsed.problem(("office", "id"), f"the file is named {parsed.file}, but the office is '{office.id}': name the file {office.id}.yaml.")
    for key in ("zones", "contacts"):
        yield from twice(parsed, key, ids=[row.id for row in getattr(file, key)], what="the id")
    for number, neighbour in enumerate(file.office.neighbours):
        if neighbour == office.id:
            yield parsed.problem(("office", "neighbours", number), "an office is not its own neighbour: take it out.")
        else:
            yield from _known(parsed, neighbour, every.office_ids, "an office", "office", "neighbours", number)
    for name in file.office.placeholders:
        yield from _known(parsed, name, every.placeholders, "a placeholder of the role cards", "office", "placeholders", name)
    for number, person in enumerate(file.people):
        yield from _wrong_person(office, every, person, ("people", number))
    for number, device in enumerate(file.devices):
        yield from _wrong_device(office, every, device, ("devices", number))
    for number, contact in enumerate(file.contacts):
        yield from _wrong_contact(office, every, contact, ("contacts", number))
    for number, plan in enumerate(file.plans):
        yield from _wrong_plan(office, every, plan, ("plans", number))
    yield from _wrong_choice(parsed, file.plans)
    if file.visits is not None:
        yield from wrong_in_settings(parsed, file.visits, every.content.checklist)


def _wrong_choice(parsed: Parsed, plans: list[PlanShape]) -> Iterator[Problem]:
    """For every press there must be a plan, and never two that have the same claim to it."""
    if all(plan.kinds or plan.zones or plan.situations for plan in plans):
        yield parsed.problem(("plans",), "no plan is for everything: add one without kinds, zones and situations, or some press may have none.")
    for (_, one), (number, other) in combinations(enumerate(plans), 2):
        pairs = ((one.kinds, other.kinds), (one.zones, other.zones), (one.situations, other.situations))
        if all(set(a) & set(b) if a and b else not a and not b for a, b in pairs):
            yield parsed.problem(("plans", number), f"'{other.id}' and '{one.id}' fit the same press equally well: make one of them narrower.")


def _known(parsed: Parsed, id_: str, known: Iterable[str], what: str, *path: str | int) -> Iterator[Problem]:
    if id_ not in known:
        yield parsed.problem(path, f"'{id_[:60]}' is not {what}: correct it, or add it there.")


def _wrong_contact(office: OfficeRead, every: Everything, contact: ContactShape, path: Path_) -> Iterator[Problem]:
    parsed, channels = office.parsed, every.channels
    yield from _emergency_number(parsed, contact.phone, (*path, "phone"))
    rooms = channels.chat.rooms if channels and channels.chat else []
    receivers = channels.webhook.receivers if channels and channels.webhook else {}
    for name, value, known in (("chat", contact.chat, rooms), ("webhook", contact.webhook, receivers)):
        if value is not None and value not in known:
            yield parsed.problem((*path, name), f"'{value}' is not set up: add it under channels.{name} in deployment.yaml, or correct it.")


def _emergency_number(parsed: Parsed, phone: str | None, path: Path_) -> Iterator[Problem]:
    if phone is not None and digits(phone) in ("110", "112", "113"):
        yield parsed.problem(path, "people call 110, 112 and 113, Varde never does: give another number.")


def digits(phone: str) -> str:
    """A number as the exchange sees it: the same one may be written with spaces, and with Norway's prefix or without."""
    return phone.replace(" ", "").removeprefix("+").removeprefix("00").removeprefix("47")


def _wrong_person(office: OfficeRead, every: Everything, person: PersonShape, path: Path_) -> Iterator[Problem]:
    parsed = office.parsed
    if person.phone is not None:
        yield from _emergency_number(parsed, person.phone, (*path, "phone"))
    if person.surface == "wallboard" and (person.duty != "off" or person.roles):
        what = "a wallboard is nobody: it would be told, and counted as somebody who can come. Give it duty: \"off\" and roles: []."
        yield parsed.problem((*path, "duty"), what)
    if person.wall_names and (person.surface != "wallboard" or any(zone.public for zone in office.file.zones if zone.id == person.zone)):
        what = "names are only shown on a wallboard that no visitor can see: take it away, or give the wall a zone with public: false."
        yield parsed.problem((*path, "wall_names"), what)
    zones = {zone.id for zone in office.file.zones}
    if person.zone is not None:
        yield from _known(parsed, person.zone, zones, "a zone of this office", *path, "zone")
    for number, role in enumerate(person.roles):
        yield from _known(parsed, role, every.content.roles, "a role in the content", *path, "roles", number)
    for number, other in enumerate(person.also_in):
        yield from _known(parsed, other, every.office_ids - {office.id}, "another office", *path, "also_in", number)
    if person.duress_pin is not None and person.duress_pin == person.pin:
        what = "pin and duress_pin are the same, and a call for help would read as all is well: choose another one."
        yield parsed.problem((*path, "duress_pin"), what)
    if person.duress_pin is not None and person.pin is None:
        yield parsed.problem((*path, "duress_pin"), "duress_pin without pin: give both or none.")


def _wrong_device(office: OfficeRead, every: Everything, device: DeviceShape, path: Path_) -> Iterator[Problem]:
    parsed = office.parsed
    zones = {zone.id: zone for zone in office.file.zones}
    if device.zone is not None:
        yield from _known(parsed, device.zone, zones, "a zone of this office", *path, "zone")
    if device.kind in ("lamp", "sounder") and device.zone in zones and zones[device.zone].public:
        yield parsed.problem((*path, "zone"), f"a {device.kind} where visitors are would tell the person who threatens: move it to a staff area.")
    if device.kind in ("lamp", "sounder", "hub") and device.situation is not None:
        yield parsed.problem((*path, "situation"), f"a {device.kind} cannot be pressed: take 'situation' out.")
    if device.kind == "portable" and device.zone is not None:
        yield parsed.problem((*path, "zone"), "a portable alarm is where its holder is: take 'zone' out.")
    if device.kind != "portable" and device.holder is not None:
        yield parsed.problem((*path, "holder"), "only a portable alarm has a holder: take it out.")
    if device.holder is not None:
        staff = {person.id for person in every.serves[office.id]}
        yield from _known(parsed, device.holder, staff, "somebody who serves this office", *path, "holder")
    if device.situation is not None:
        yield from _known(parsed, device.situation, every.content.situations, "a situation in the content", *path, "situation")


def _wrong_plan(office: OfficeRead, every: Everything, plan: PlanShape, path: Path_) -> Iterator[Problem]:
    parsed = office.parsed
    yield from _known(parsed, plan.owner, {p.id for p in every.serves[office.id]}, "somebody who serves this office", *path, "owner")
    for number, zone in enumerate(plan.zones):
        yield from _known(parsed, zone, {zone.id for zone in office.file.zones}, "a zone of this office", *path, "zones", number)
    for number, situation in enumerate(plan.situations):
        yield from _known(parsed, situation, every.content.situations, "a situation in the content", *path, "situations", number)
    contacts = {contact.id for contact in office.file.contacts}
    for number, step in enumerate(plan.steps):
        for place, tell in enumerate(step.tell):
            by, value = tell.chosen()
            here = (*path, "steps", number, "tell", place)
            if by == "role":
                yield from _known(parsed, value, every.content.roles, "a role in the content", *here)
            elif by == "person":
                yield from _known(parsed, value, every.people, "a person in any office", *here)
            elif by == "contact":
                yield from _known(parsed, value, contacts, "a contact of this office", *here)
    last = len(plan.steps) - 1
    if not any(every.means(tell, office) for tell in plan.steps[last].tell):
        yield parsed.problem(
            (*path, "steps", last), f"the last step of '{plan.id}' tells nobody: give somebody here the role, or name a person or a contact."
        )


# ---------------------------------------------------------------- whom a press would reach


def reached(directory: Directory, every: Everything) -> tuple[list[Problem], list[Problem]]:
    """What the core says of the plans when everybody is on duty: mistakes, and what one can run with. Only for files without other mistakes."""
    plans = {plan.id: (office.parsed, number) for office in every.offices for number, plan in enumerate(office.file.plans)}
    walls = {person.id for person in every.people.values() if person.surface == "wallboard"}
    refused: list[Problem] = []
    notes: list[Problem] = []
    for finding in findings(directory, walls):
        parsed, number = plans[finding.plan_id]
        path: Path_ = ("plans", number, finding.key) if finding.key else ("plans", number)
        (refused if finding.refuses else notes).append(parsed.problem(path, finding.what))
    return refused, notes


# ---------------------------------------------------------------- worth knowing, but one can run with it


def worth_knowing(office: OfficeRead, every: Everything) -> Iterator[Problem]:
    parsed, file = office.parsed, office.file
    yield from _unpublished(office, every)
    yield from _odd_people(office, every)
    for number, plan in enumerate(file.plans):
        for place, step in enumerate(plan.steps):
            for row, tell in enumerate(step.tell):
                if not every.means(tell, office):
                    who = " ".join(tell.chosen()).strip()
                    what = f"means nobody here ({who}): the plan's owner will be told instead. Give somebody the role, or take it out."
                    yield parsed.problem(("plans", number, "steps", place, "tell", row), what)
    yield from _deaf_channels(office, every)
    for number, device in enumerate(file.devices):
        if device.kind == "button" and device.zone is None:
            yield parsed.problem(("devices", number), f"'{device.id}' has no zone: nobody will know where a press comes from.")


def _deaf_channels(office: OfficeRead, every: Everything) -> Iterator[Problem]:
    """Channels that plans name and nobody has set up; numbers that no SMS reaches. Where nothing is set up yet there is nothing to say."""
    parsed, channels = office.parsed, every.channels
    if channels is None:
        return
    have = {"screen", "push"} | {name for name in type(channels).model_fields if getattr(channels, name) is not None}
    said: set[str] = set()
    for number, plan in enumerate(office.file.plans):
        for place, step in enumerate(plan.steps):
            for row, channel in enumerate(step.channels):
                if channel not in have and channel not in said:
                    said.add(channel)
                    what = f"'{channel}' is not set up under channels in deployment.yaml: nobody will be told by it."
                    yield parsed.problem(("plans", number, "steps", place, "channels", row), what)
    if not {"sms", "voice"} & have:
        return
    for key in ("people", "contacts"):
        for number, one in enumerate(getattr(office.file, key)):
            if one.phone is not None and e164(one.phone) is None:
                yield parsed.problem((key, number, "phone"), "is no number that can be called from outside: eight digits, or with + and the country.")


def _odd_people(office: OfficeRead, every: Everything) -> Iterator[Problem]:
    parsed, people = office.parsed, office.file.people
    staff = [(number, person) for number, person in enumerate(people) if person.surface != "wallboard"]
    rule = every.content.staffing_of
    if rule(len(staff)) != rule(office.file.office.size):
        what = f"the size is {office.file.office.size}, but {len(staff)} people are listed, for whom other rules hold: correct the size, or the list."
        yield parsed.problem(("office", "size"), what)
    yield from _some(
        parsed.problem(("people", number), f"'{person.id}' has no phone: no SMS or call reaches them when the app is shut. Add 'phone'.")
        for number, person in staff
        if person.phone is None
    )
    yield from _some(_alike(parsed, staff, "name", lambda person: person.name.casefold()))
    yield from _some(_alike(parsed, staff, "phone", lambda person: digits(person.phone or "")))


def _alike(parsed: Parsed, staff: list[tuple[int, PersonShape]], what: str, key: Callable[[PersonShape], str]) -> Iterator[Problem]:
    first: dict[str, PersonShape] = {}
    for number, person in staff:
        same = first.setdefault(key(person), person)
        if key(person) and same is not person:
            told = f"'{person.id}' has the same {what} as '{same.id}': if it is one person, keep one; else tell them apart."
            yield parsed.problem(("people", number), told)


def _some(problems: Iterable[Problem]) -> Iterator[Problem]:
    """The first few of many that lack the same: what is told a hundred times is not read."""
    problems = list(problems)
    yield from problems[:NAMED_MAX]
    if len(problems) > NAMED_MAX:
        yield Problem(problems[NAMED_MAX].file, problems[NAMED_MAX].line, f"and {len(problems) - NAMED_MAX} more like those before.")


def _unpublished(office: OfficeRead, every: Everything) -> Iterator[Problem]:
    """Cards that this office does not get, by the local value that they lack."""
    values = office.file.office.placeholders
    lacking: dict[str, list[str]] = {}
    for situation in every.content.situations.values():
        for card in situation.cards.values():
            for name in unfilled(card, values):
                lacking.setdefault(name, []).append(f"{situation.id}/{card.role}")
    for name, names in sorted(lacking.items()):
        some = ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
        what = f"'{name}' is not filled in, so {len(names)} role cards are not published ({some}): fill it in."
        yield office.parsed.problem(("office", "placeholders", name), what)
