"""Reads a folder of offices strictly and says what is wrong with it, without leaning on the server's own reader.

Two readers that were written apart must agree on what config/README.md promises; one alone would share its mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Record = dict[str, Any]

# What each record must have, and what it may have. Anything else is a spelling mistake that would silently do nothing.
MUST = {
    "file": "schema office zones people contacts devices plans",
    "office": "id name address phone size neighbours placeholders",
    "zone": "id name floor public detail joins_presses",
    "person": "id name language access roles duty surface",
    "contact": "id name phone kind drills",
    "device": "id name kind heartbeat_s",
    "plan": "id name owner steps",
    "step": "tell channels wait_s",
    "deployment": "schema name default_language administrators",
    "map": "tiles credit zoom_most",
    "position": "lat lon",
    "drawing": "floor file",
}
MAY = {
    "file": "drawings",
    "office": "position",
    "deployment": "map",
    "person": "phone email zone also_in title pin duress_pin",
    "device": "zone holder situation dialect hub address model gestures output shared",
    "plan": "kinds zones situations",
}
LANGUAGES = {"nb", "nn", "en"}
ACCESS = {"worker", "desk", "responder", "drill_coordinator", "safety_representative", "office_lead", "administrator"}
ONE_OF = {
    ("person", "language"): LANGUAGES,
    ("person", "duty"): {"off", "on_duty", "present"},
    ("person", "surface"): {"phone", "desk", "wallboard"},
    ("contact", "kind"): {"guard", "on_call", "alarm_centre"},
    ("device", "kind"): {"button", "portable", "lamp", "sounder", "hub"},
    ("deployment", "default_language"): LANGUAGES,
}
MANY_OF = {
    ("person", "access"): ACCESS,
    ("plan", "kinds"): {"panic", "duress", "fall", "no_motion", "assist", "missed_checkin"},
    ("step", "channels"): {"screen", "push", "sms", "voice"},
}
TRUTH = {("zone", "public"), ("zone", "joins_presses"), ("contact", "drills")}
NUMBERS = {("office", "size"): (1, 1000), ("map", "zoom_most"): (8, 20), ("device", "heartbeat_s"): (10, 604_800), ("step", "wait_s"): (30, 600)}
PHONE = re.compile(r"\+47 55 55 (?!33)\d\d \d\d")
"""The form that the demo uses. 55 55 33 xx is left out: Nav's own contact centre answers there."""
NEIGHBOUR_ROLES = {"remote_responder", "caller_112", "logger"}
"""What somebody in another office can do from there, whatever they do at home."""
ANY_PHONE = re.compile(r"\+\d[\d ]{6,}\d|\b\d{2} \d{2} \d{2} \d{2}\b|\b\d{8}\b")


class Strict(yaml.SafeLoader):
    """Refuses a key given twice: the second would win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Record:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.YAMLError(f"key given twice: {sorted(twice)} near line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


@dataclass
class Demo:
    """The folder as it was read: deployment, offices by id, role cards, and the faults found on the way."""

    deployment: Record
    offices: dict[str, Record]
    cards: Record
    faults: list[str] = field(default_factory=list)

    def check(self, ok: object, *words: object) -> None:
        if not ok:
            self.faults.append(" ".join(map(str, words)))

    def people(self) -> Iterator[tuple[str, Record]]:
        """(id of the home office, person)."""
        for office_id, file in self.offices.items():
            for person in file["people"]:
                yield office_id, person

    def on_duty(self, office_id: str) -> list[Record]:
        """Who may be told of an alarm in the office: those on duty who have it as home or serve it as well."""
        return [p for home, p in self.people() if p["duty"] != "off" and office_id in (home, *p.get("also_in", []))]


def read(folder: Path, content: Path) -> Demo:
    """Reads `deployment.yaml`, one file per office, and the role cards. Raises YAMLError where a file cannot be read at all."""
    files = {path.stem: yaml.load(path.read_text(encoding="utf-8"), Loader=Strict) for path in sorted(folder.glob("*.yaml"))}
    cards = yaml.load((content / "role_cards.yaml").read_text(encoding="utf-8"), Loader=Strict)
    deployment = files.pop("deployment")
    demo = Demo(deployment, {file["office"]["id"]: file for file in files.values()}, cards)
    demo.check(set(files) == set(demo.offices), "each file is named as its office:", sorted(files), sorted(demo.offices))
    check_phones_in(demo, "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")))
    return demo


def faults(folder: Path, content: Path) -> list[str]:
    """Everything that is wrong with the folder; an empty list is a pass."""
    demo = read(folder, content)
    check_shapes(demo)
    if demo.faults:
        return demo.faults  # what follows would stumble over a missing key and say it less well
    check_ids(demo)
    for office_id, file in demo.offices.items():
        check_office(demo, office_id, file)
        check_people(demo, office_id, file)
        check_devices(demo, office_id, file)
        check_plans(demo, office_id, file)
    if not demo.faults:
        for office_id, file in demo.offices.items():
            check_cover(demo, office_id, file)
    administrators = {p["id"] for _, p in demo.people() if "administrator" in p["access"]}
    named = set(demo.deployment["administrators"])
    demo.check(named and named == administrators, "administrators", named, "but access says", administrators)
    return demo.faults


# ---------------------------------------------------------------- the shape of each record
def check_shapes(demo: Demo) -> None:
    check_record(demo, "deployment", demo.deployment, "deployment")
    check_record(demo, "map", demo.deployment["map"], "map")
    demo.check(demo.deployment.get("schema") == "varde.deployment/1", "deployment: schema", demo.deployment.get("schema"))
    for office_id, file in demo.offices.items():
        check_record(demo, "file", file, office_id)
        demo.check(file.get("schema") == "varde.office/1", office_id, "schema", file.get("schema"))
        check_record(demo, "office", file["office"], office_id)
        check_record(demo, "position", file["office"]["position"], f"{office_id} position")
        for section in ("zones", "people", "contacts", "devices", "plans", "drawings"):
            kind = "person" if section == "people" else section[:-1]
            for row in file.get(section, []):
                check_record(demo, kind, row, f"{office_id} {row.get('id', '?')}")
        for plan in file.get("plans", []):
            for number, step in enumerate(plan.get("steps", []), 1):
                check_record(demo, "step", step, f"{office_id} {plan.get('id')} step {number}")


def check_record(demo: Demo, kind: str, row: Record, where: str) -> None:
    must, may = set(MUST[kind].split()), set(MAY.get(kind, "").split())
    demo.check(must <= set(row), where, "lacks", sorted(must - set(row)))
    demo.check(set(row) <= must | may, where, "unknown key", sorted(set(row) - must - may))
    for key, value in row.items():
        at = (kind, key)
        if at in ONE_OF:
            demo.check(isinstance(value, str) and value in ONE_OF[at], where, key, "may not be", repr(value))
        elif at in MANY_OF:
            demo.check(isinstance(value, list) and value and set(value) <= MANY_OF[at], where, key, "may not be", value)
        elif at in TRUTH:
            demo.check(isinstance(value, bool), where, key, "is not true or false:", value)
        elif at in NUMBERS:
            low, high = NUMBERS[at]
            demo.check(type(value) is int and low <= value <= high, where, key, "must be", f"{low}–{high}, is", value)
        elif key in ("roles", "zones", "situations", "also_in", "neighbours", "administrators", "steps", "tell", "people",
                     "contacts", "devices", "plans", "drawings"):
            demo.check(isinstance(value, list), where, key, "is not a list")
        elif kind == "position":
            demo.check(isinstance(value, float), where, key, "is not degrees")
        elif key in ("placeholders", "title", "office", "gestures", "map", "position"):
            demo.check(isinstance(value, dict) and all(isinstance(v, (str, int, float, list, dict)) for v in value.values()), where, key)
        else:
            demo.check(isinstance(value, str) and value.strip(), where, key, "is not a text:", repr(value))


def check_phones_in(demo: Demo, text: str) -> None:
    for number in ANY_PHONE.findall(text):
        demo.check(PHONE.fullmatch(number), "phone", repr(number), "is not of the made-up form +47 55 55 xx xx")


# ---------------------------------------------------------------- ids and what they point to
def check_ids(demo: Demo) -> None:
    """People, devices and plans are one list for the whole installation; zones and contacts belong to their office."""
    everywhere = {
        "people": [p["id"] for _, p in demo.people()],
        "devices": [d["id"] for file in demo.offices.values() for d in file["devices"]],
        "plans": [p["id"] for file in demo.offices.values() for p in file["plans"]],
    }
    for office_id, file in demo.offices.items():
        everywhere[f"zones of {office_id}"] = [z["id"] for z in file["zones"]]
        everywhere[f"contacts of {office_id}"] = [c["id"] for c in file["contacts"]]
    for what, ids in everywhere.items():
        demo.check(len(ids) == len(set(ids)), "id twice in", what, sorted({i for i in ids if ids.count(i) > 1}))
        demo.check(all(re.fullmatch(r"[a-z0-9][a-z0-9.-]*", i) for i in ids), "ids are small letters, digits, . and -:", what)
    phones = [p["phone"] for _, p in demo.people() if "phone" in p]
    demo.check(len(phones) == len(set(phones)), "two people with one phone", sorted({p for p in phones if phones.count(p) > 1}))


def check_office(demo: Demo, office_id: str, file: Record) -> None:
    office = file["office"]
    wanted = {p["id"] for p in demo.cards["placeholders"]}
    filled = {name for name, value in office["placeholders"].items() if value.strip()}
    demo.check(filled == wanted, office_id, "placeholders: missing", sorted(wanted - filled), "unknown", sorted(filled - wanted))
    for neighbour in office["neighbours"]:
        demo.check(neighbour in demo.offices and neighbour != office_id, office_id, "neighbour", neighbour)
    demo.check(office["neighbours"], office_id, "has no neighbour")
    longest = demo.cards["rules"]["message_max_chars_sms"]
    for message in demo.cards["messages"]:
        if "sms" not in message["channel"]:
            continue
        for language in sorted(LANGUAGES):
            text = demo.cards["drill_prefix"][language] + message["text"][language]
            for name, value in office["placeholders"].items():
                text = text.replace("{%s}" % name, value)
            demo.check(len(text) <= longest, office_id, "message", message["id"], language, "is", len(text), "characters:", text)


def check_people(demo: Demo, office_id: str, file: Record) -> None:
    zones, roles = {z["id"] for z in file["zones"]}, {r["id"] for r in demo.cards["roles"]}
    for person in file["people"]:
        where = person["id"]
        demo.check(set(person["roles"]) <= roles, where, "unknown role", sorted(set(person["roles"]) - roles))
        demo.check(person.get("zone") is None or person["zone"] in zones, where, "unknown zone", person.get("zone"))
        for other in person.get("also_in", []):
            demo.check(other in demo.offices and other != office_id, where, "also_in", other)
        if "title" in person:
            demo.check(set(person["title"]) == LANGUAGES, where, "title in", sorted(person["title"]))
        demo.check(("pin" in person) == ("duress_pin" in person), where, "has one PIN but not the other")
        if "pin" in person:
            demo.check(person["pin"] != person["duress_pin"], where, "PIN and duress PIN are the same")
        if person["surface"] == "wallboard":
            demo.check(person["duty"] == "off" and not person["roles"], where, "a wallboard is never told and has no roles")
        else:
            demo.check("phone" in person, where, "has no phone: SMS and voice could never reach them")
    staff = [p for p in file["people"] if p["surface"] != "wallboard"]
    demo.check(len(staff) == file["office"]["size"], office_id, "size is", file["office"]["size"], "but there are", len(staff))


def check_devices(demo: Demo, office_id: str, file: Record) -> None:
    zones, people = {z["id"]: z for z in file["zones"]}, {p["id"] for p in file["people"]}
    situations = {s["id"] for s in demo.cards["situations"]}
    for device in file["devices"]:
        where, kind = device["id"], device["kind"]
        presses = kind in ("button", "portable")
        demo.check(("situation" in device) == presses, where, "situation belongs to what can be pressed, and only there")
        demo.check("situation" not in device or device["situation"] in situations, where, "situation", device.get("situation"))
        demo.check("holder" not in device or kind == "portable", where, "only a portable alarm has a holder; without one it lies on the shelf")
        demo.check("holder" not in device or device["holder"] in people, where, "holder", device.get("holder"))
        demo.check(("zone" in device) == (kind != "portable"), where, "all but portable alarms hang in a zone")
        demo.check("zone" not in device or device["zone"] in zones, where, "zone", device.get("zone"))
        if kind in ("lamp", "sounder") and device.get("zone") in zones:
            demo.check(not zones[device["zone"]]["public"], where, "would warn the person who threatens: its zone is public")


# ---------------------------------------------------------------- plans: never silent, never ambiguous
def check_plans(demo: Demo, office_id: str, file: Record) -> None:
    zones, situations = {z["id"] for z in file["zones"]}, {s["id"] for s in demo.cards["situations"]}
    people = {p["id"]: p for p in file["people"]}
    demo.check(any(not (p.get("kinds") or p.get("zones") or p.get("situations")) for p in file["plans"]),
               office_id, "has no plan for everything else")
    for plan in file["plans"]:
        where = plan["id"]
        owner = people.get(plan["owner"])
        demo.check(owner and owner["duty"] != "off", where, "owner", plan["owner"], "is not there to be told of an empty role")
        demo.check(set(plan.get("zones", [])) <= zones, where, "zones", plan.get("zones"))
        demo.check(set(plan.get("situations", [])) <= situations, where, "situations", plan.get("situations"))
        demo.check(plan["steps"], where, "has no steps")
        for number, step in enumerate(plan["steps"], 1):
            demo.check(step["tell"], where, "step", number, "tells nobody")
            for selector in step["tell"]:
                fault = selector_fault(demo, file, selector)
                demo.check(not fault, where, "step", number, fault)
                if not fault:
                    demo.check(resolve(demo, office_id, selector), where, "step", number, selector, "reaches nobody")
    kinds = MANY_OF["plan", "kinds"]
    for kind in sorted(kinds):
        for situation in sorted(situations):
            for zone in [None, *sorted(zones)]:
                best = fitting(file, kind, situation, zone)
                demo.check(len(best) == 1, office_id, kind, situation, zone, "is met by", [p["id"] for p in best])


def selector_fault(demo: Demo, file: Record, selector: Record) -> str:
    if len(selector) != 1:
        return f"{selector} must name one thing"
    (by, value), = selector.items()
    known = {
        "role": {r["id"] for r in demo.cards["roles"]},
        "person": {p["id"] for p in file["people"]},
        "contact": {c["id"] for c in file["contacts"]},
        "on_duty": {True},
        "neighbours": {True},
    }
    return "" if by in known and value in known[by] else f"{selector} points to nothing"


def resolve(demo: Demo, office_id: str, selector: Record) -> list[Record]:
    """Whom a selector reaches with today's duty. Neighbours are those on duty there with the access `responder`."""
    (by, value), = selector.items()
    file, here = demo.offices[office_id], demo.on_duty(office_id)
    match by:
        case "role": return [p for p in here if value in p["roles"]]
        case "person": return [p for p in here if p["id"] == value]
        case "on_duty": return here
        case "contact": return [c for c in file["contacts"] if c["id"] == value]
    near = [p for n in file["office"]["neighbours"] for p in demo.on_duty(n) if "responder" in p["access"]]
    return [p if p in here else {**p, "roles": sorted(NEIGHBOUR_ROLES)} for p in near]


def fitting(file: Record, kind: str, situation: str, zone: str | None) -> list[Record]:
    """The plans that fit best: one with zones before one with situations, before one with kinds. More than one is a tie."""
    fits = [
        p for p in file["plans"]
        if kind in p.get("kinds", [kind]) and situation in p.get("situations", [situation]) and (zone in p["zones"] if "zones" in p else True)
    ]
    rank = [("zones" in p, "situations" in p, "kinds" in p) for p in fits]
    return [p for p, r in zip(fits, rank, strict=True) if r == max(rank)]


# ---------------------------------------------------------------- is help enough there, whoever presses?
def check_cover(demo: Demo, office_id: str, file: Record) -> None:
    """For each device and each person who might press it: those whom the plan tells can fill the cover, each with one role."""
    situations = {s["id"]: s for s in demo.cards["situations"]}
    for situation_id in sorted({d["situation"] for d in file["devices"] if "situation" in d}):
        for presser in demo.on_duty(office_id):
            used = situation_with(demo, office_id, situation_id, presser)
            (plan,) = fitting(file, "panic", situation_id, None)
            named = [s for step in plan["steps"] for s in step["tell"] if "contact" not in s]
            told = {p["id"]: p for selector in named for p in resolve(demo, office_id, selector)}
            told.pop(presser["id"], None)
            cover, fills = situations[used]["cover"], merged(demo, file["office"]["size"])
            needed = {row["role"] for row in cover}
            # A role that the holder of another needed role fills as well, asks for nobody of its own.
            places = [row["role"] for row in cover if not fills.get(row["role"], set()) & needed for _ in range(row["count"])]
            empty = unfillable(places, told, fills)
            demo.check(not empty, office_id, used, "pressed by", presser["id"], "cannot fill", empty)


def situation_with(demo: Demo, office_id: str, situation_id: str, presser: Record) -> str:
    """The small-office cards take over where fewer are present than the size of office asks for, the presser counted in."""
    rule = staffing(demo, demo.offices[office_id]["office"]["size"])
    present = {p["id"] for p in demo.on_duty(office_id) if p["duty"] == "present"} | {presser["id"]}
    few = len(present) < rule["off_site_when_present_below"]
    return rule.get("use_instead_when_below", {}).get(situation_id, situation_id) if few else situation_id


def staffing(demo: Demo, size: int) -> Record:
    return next(r for r in demo.cards["staffing"] if size <= r["range"].get("max", size))


def merged(demo: Demo, size: int) -> dict[str, set[str]]:
    """Role → the roles whose holder also fills it, by the staffing rule for this size of office."""
    fills: dict[str, set[str]] = {}
    for holder, taken in staffing(demo, size)["merge"].items():
        for role in taken:
            fills.setdefault(role, set()).add(holder)
    return fills


def unfillable(places: list[str], told: dict[str, Record], fills: dict[str, set[str]]) -> list[str]:
    """The places of the cover that stay empty when people are placed as well as they can be, each in one place."""
    sits: dict[str, int] = {}

    def seat(place: int, asked: set[str]) -> bool:
        for person_id, person in told.items():
            if person_id in asked or not ({places[place]} | fills.get(places[place], set())) & set(person["roles"]):
                continue
            asked.add(person_id)
            if person_id not in sits or seat(sits[person_id], asked):
                sits[person_id] = place
                return True
        return False

    return [role for place, role in enumerate(places) if not seat(place, set())]
