"""What a wall is shown where visitors may see it: that somebody is out, that somebody comes, and where it is; never who."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from server.core.access import Viewer
from server.core.directory import Directory
from server.core.model import Alarm, Place
from server.core.values import replace

View = dict[str, object]


def is_nameless(viewer: Viewer, directory: Directory) -> bool:
    """Walls are, unless the office has said that only staff see this one."""
    person = directory.people.get(viewer.person_id)
    return viewer.surface == "wallboard" and not (person is not None and person.wall_names)


def alarm_without_names(view: Mapping[str, object], alarm: Alarm) -> View:
    """A near surface's view of the alarm. Notes go too, since people write names; of somebody who was out on a visit also the address goes."""
    place = cast(Place, view["place"])
    if alarm.visit_id:
        place = replace(place, address="", zone="", floor="", detail="")
    return {
        **view,
        "place": place,
        "presser": {**cast(View, view["presser"]), "name": None},
        "drill": view["drill"] and {**cast(View, view["drill"]), "leader": None},
        "called_off": _unsigned(view["called_off"]),
        "confirmed": _unsigned(view["confirmed"]),
        "outcome": _unsigned(view["outcome"]),
        "police": {**cast(View, view["police"]), "called_by": None},
        "people": _numbered(cast(Sequence[View], view["people"]), "person_id", "name"),
        "marks": [_unsigned(one) for one in cast(Sequence[View], view["marks"])],
        "notes": [],
        "visit": None,
    }


def told_without_names(told: Mapping[str, object]) -> View:
    return {**told, "people": []}


def visit_without_names(view: Mapping[str, object]) -> View:
    return {**view, "people": _numbered(cast(Sequence[View], view["people"]), "id", "name"), "contact": None}


def office_without_names(now: Mapping[str, object]) -> View:
    """Who can be reached, by role and number. The office's own number stays: it stands on the door."""
    reachable = _numbered(cast(Sequence[View], now["reachable"]), "person_id", "name")
    devices = [{**one, "carrier": {"id": "", "name": ""} if one.get("carrier") else None} for one in cast(Sequence[View], now["devices"])]
    return {**now, "reachable": reachable, "devices": devices, "contacts": []}


def _unsigned(one: object) -> object:
    return {**cast(View, one), "by": None} if one else one


def _numbered(people: Sequence[View], key: str, name: str) -> list[View]:
    """The ids are made of names, so they go as well; a screen still has to tell one from another."""
    return [{**one, key: str(number), name: ""} for number, one in enumerate(people, 1)]
