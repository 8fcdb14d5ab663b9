"""What differs between two configurations, row by row and key by key, as the people who wrote them would say it. Order and notes do not count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.config.loading import Loaded
from server.config.files import Files
from server.config.shapes import OfficeFile, PlanShape, StepShape

SECRET = frozenset({"pin", "duress_pin"})
"""Keys whose values are never shown."""
LISTS = ("people", "devices", "plans", "zones", "contacts")
NOUNS = {"people": "person", "devices": "device", "plans": "plan", "zones": "zone", "contacts": "contact"}
SUMMARY = {
    "people": ("roles", "access", "duty", "also_in"), "devices": ("kind", "zone", "holder", "situation"), "contacts": ("kind", "phone", "drills"),
    "plans": ("kinds", "zones", "situations"), "zones": ("floor", "public"),
}  # fmt: skip
"""What is said of a row that is new."""


@dataclass(frozen=True, slots=True)
class Change:
    """A key that differs, or (`key` alone) one whose values are not shown. None: it is not there."""

    key: str
    before: str | None = None
    after: str | None = None

    @property
    def shown(self) -> bool:
        return (self.before, self.after) != (None, None)


@dataclass(frozen=True, slots=True)
class Difference:
    """One row. `office`: its office, or "" for what belongs to all. `sign`: + added, - removed, ~ changed, > moved here from another office."""

    office: str
    sign: str
    noun: str
    id: str
    name: str
    changes: tuple[Change, ...] = ()


def differences(before: Loaded | None, after: Loaded) -> list[Difference]:
    """Everything that differs in what is read; offices in the order of their ids, then people before devices before plans."""
    old: Mapping[str, OfficeFile] = before.offices if before else {}
    found = list(_deployment(before, after))
    lived = {(key, row.id): office_id for office_id, file in old.items() for key in LISTS[:3] for row in getattr(file, key)}
    for office_id in sorted({*old, *after.offices}):
        one, other = old.get(office_id), after.offices.get(office_id)
        if one is None or other is None:
            found.append(_whole_office(office_id, one or other, "+" if one is None else "-"))
            continue
        if changes := tuple(_changes(one.office, other.office)):
            found.append(Difference(office_id, "~", "office", office_id, other.office.name, changes))
        for key in LISTS:
            found += _rows(office_id, key, getattr(one, key), getattr(other, key), lived)
        found += _drawings(office_id, before, after)
    moved = {(one.noun, one.id) for one in found if one.sign == ">"}
    found = [one for one in found if one.sign != "-" or (one.noun, one.id) not in moved]
    return found + list(_content(before, after))


def only_layout(before: Files, after: Files, found: Iterable[Difference]) -> bool:
    """Whether the files differ, and yet nothing that is read from them does."""
    return dict(before) != dict(after) and not list(found)


def changed_files(before: Files, after: Files) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


# ---------------------------------------------------------------- the offices


def _whole_office(office_id: str, file: OfficeFile | None, sign: str) -> Difference:
    assert file is not None
    counts = tuple(Change(key, after=str(len(getattr(file, key)))) for key in LISTS[:3])
    return Difference(office_id, sign, "office", office_id, file.office.name, counts)


def _drawings(office_id: str, before: Loaded | None, after: Loaded) -> Iterator[Difference]:
    """By floor; of what is in one it is only said that it differs."""
    old, new = ({one.floor: one for one in loaded.directory.offices[office_id].drawings} if loaded else {} for loaded in (before, after))
    for floor in sorted({*old, *new}):
        if old.get(floor) != new.get(floor):
            sign = "+" if floor not in old else "-" if floor not in new else "~"
            yield Difference(office_id, sign, "drawing", floor, floor)


def _rows(office_id: str, key: str, before: Iterable[Any], after: Iterable[Any], lived: Mapping[tuple[str, str], str]) -> Iterator[Difference]:
    old, new = {row.id: row for row in before}, {row.id: row for row in after}
    for id_, row in new.items():
        if id_ not in old:
            home = lived.get((key, id_))
            fields = _fields(row)
            said = tuple(Change(name, after=fields[name]) for name in SUMMARY[key] if name in fields)
            if key == "plans":
                said += tuple(Change(name, after=text) for name, text in fields.items() if name.startswith("steps"))
            changes = (Change("office", home, office_id), *said) if home else said
            yield Difference(office_id, ">" if home else "+", NOUNS[key], id_, row.name, changes)
    for id_, row in old.items():
        if id_ not in new:
            yield Difference(office_id, "-", NOUNS[key], id_, row.name)
        elif changes := tuple(_changes(row, new[id_])):
            yield Difference(office_id, "~", NOUNS[key], id_, new[id_].name, changes)


def _changes(before: Any, after: Any) -> Iterator[Change]:
    old, new = _fields(before), _fields(after)
    for key in dict.fromkeys((*new, *old)):
        if old.get(key) != new.get(key):
            secret = key.split(".")[0] in SECRET
            yield Change(key) if secret else Change(key, old.get(key), new.get(key))


def _fields(row: Any) -> dict[str, str]:
    """Each key of a row as it would be said: inner keys as `outer.inner`, each step of a plan by itself; what is left out is not there."""
    fields: dict[str, str] = {}
    values = {name: getattr(row, name) for name in type(row).model_fields if name not in ("id", "steps")}
    if isinstance(row, PlanShape):
        fields |= {f"steps[{number}]": _step(step) for number, step in enumerate(row.steps, 1)}
    return {**_flat(values), **fields}


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in values.items():
        if hasattr(value, "model_dump"):
            value = value.model_dump()
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        elif value is not None and value != []:
            flat[prefix + key] = _shown(value)
    return flat


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(one) for one in value)
    return str(value)


def _step(step: StepShape) -> str:
    tell = ", ".join(" ".join(one.chosen()).strip() for one in step.tell)
    return f"{tell}; {', '.join(step.channels)}; {step.wait_s} s"


# ---------------------------------------------------------------- what belongs to all


def _deployment(before: Loaded | None, after: Loaded) -> Iterator[Difference]:
    if before is None:
        return
    one, other = before.deployment, after.deployment
    pairs = {
        "name": (one.name, other.name), "default_language": (one.default_language, other.default_language),
        "administrators": (_shown(sorted(one.administrators)), _shown(sorted(other.administrators))),
    }  # fmt: skip
    changes = tuple(Change(key, old, new) for key, (old, new) in pairs.items() if old != new)
    channels = [
        _flat({key: part for key, part in (("channels", deployment.channels), ("map", deployment.map)) if part}) for deployment in (one, other)
    ]
    changes += tuple(Change(key, channels[0].get(key), channels[1].get(key)) for key in sorted({*channels[0], *channels[1]})
                     if channels[0].get(key) != channels[1].get(key))  # fmt: skip
    if changes:
        yield Difference("", "~", "deployment", "deployment", other.name, changes)


def _content(before: Loaded | None, after: Loaded) -> Iterator[Difference]:
    """Situations by what of them differs; of the other texts only that they do."""
    if before is None:
        return
    one, other = before.directory.content, after.directory.content
    for id_ in sorted({*one.situations, *other.situations}):
        old, new = one.situations.get(id_), other.situations.get(id_)
        if old is None or new is None:
            yield Difference("", "+" if old is None else "-", "situation", id_, id_)
            continue
        changes = [
            Change(key, _shown(getattr(old, key)), _shown(getattr(new, key)))
            for key in ("level", "silent", "go_to_scene", "ring_presser", "cover")
            if getattr(old, key) != getattr(new, key)
        ]
        cards = sorted(role for role in {*old.cards, *new.cards} if old.cards.get(role) != new.cards.get(role))
        changes += [Change("cards", after=", ".join(cards))] if cards else []
        if changes:
            yield Difference("", "~", "situation", id_, id_, tuple(changes))
    rest = ("roles", "marks", "staffing", "switches", "texts", "checklist")
    words = [name for name in rest if getattr(one, name, None) != getattr(other, name, None)]
    if words:
        yield Difference("", "~", "content", "content", "", tuple(Change(name) for name in words))
