"""What screens are shown: an alarm's shared part is written once for each side, and each person's own part is added."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from server.core import access, projection
from server.core.access import Viewer
from server.core.directory import Directory
from server.core.log import first_broken
from server.core.model import Alarm
from server.core.projection import Told
from server.core.values import frozen
from server.core.visit.access import for_helpers
from server.core.visit.model import Visit
from server.store.contract import Store


def to_json(value: object) -> bytes:
    """JSON with UTC instants written with Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


@frozen
class Shown:
    """What one screen is given of an alarm: the whole view as JSON, and whether it stands near the person."""

    body: bytes
    near: bool


class AlarmView:
    """One alarm at one version, for any number of screens. What is equal is written once: in a storm the same few views go to hundreds."""

    def __init__(self, alarm: Alarm, told: Told, directory: Directory, visit: dict[str, object] | None = None) -> None:
        self.alarm, self._told, self._directory, self._visit = alarm, told, directory, visit
        self.told_ids = frozenset(alarm.told)
        self._shared: dict[bool, bytes] = {}
        self._delivery: dict[bool, bytes] = {}
        self._near: dict[object, bool | None] = {}
        self._shown: dict[object, Shown | None] = {}
        self._singular = {alarm.raiser_id, *(a.person_id for a in alarm.assignments)}

    def shown(self, viewer: Viewer) -> Shown | None:
        """None for whom this alarm is not."""
        like = self._like(viewer)
        if like not in self._shown:
            near = self.near(viewer)
            self._shown[like] = None if near is None else self._show(viewer, near)
        return self._shown[like]

    def near(self, viewer: Viewer) -> bool | None:
        """Whether this screen stands near the person. None for whom this alarm is not."""
        like = self._like(viewer)
        if like not in self._near:
            may_see = access.may_see(viewer, self.alarm, self._directory)
            self._near[like] = access.is_near(viewer, self.alarm, self._directory) if may_see else None
        return self._near[like]

    def _like(self, viewer: Viewer) -> object:
        """Equal for those who are shown the same: people who have not answered, and have the same rights, roles and places."""
        person = self._directory.people.get(viewer.person_id)
        if person is None or person.id in self._singular:
            return viewer
        told = person.id in self.told_ids
        return told, viewer.surface, viewer.zone_id, person.offices, person.zone_id, person.surface, person.roles, person.access

    def delivery(self, near: bool) -> bytes:
        if near not in self._delivery:
            self._delivery[near] = to_json(projection.told(self.alarm, near, self._told, self._directory))
        return self._delivery[near]

    def _show(self, viewer: Viewer, near: bool) -> Shown:
        if near not in self._shared:
            shared = projection.shared(self.alarm, near, self._directory)
            del shared["told"]
            shared["visit"] = None if near else self._visit
            self._shared[near] = to_json(shared)[:-1] + b',"told":' + self.delivery(near) + b',"me":'
        own = to_json(projection.personal(self.alarm, viewer, near, self._directory))
        return Shown(self._shared[near] + own + b"}", near)


def look_up(store: Store, alarms: Iterable[Alarm], directory: Directory) -> list[AlarmView]:
    """Views of these alarms with how their telling stands now."""
    alarms = list(alarms)
    limit = directory.limits.told_named_max
    told = store.told({alarm.id: len(alarm.told) <= limit for alarm in alarms})
    visits = store.visits({alarm.visit_id for alarm in alarms if alarm.visit_id}) if any(alarm.visit_id for alarm in alarms) else {}
    return [AlarmView(alarm, told[alarm.id], directory, _visit(store, visits.get(alarm.visit_id or ""), alarm, directory)) for alarm in alarms]


def _visit(store: Store, visit: Visit | None, alarm: Alarm, directory: Directory) -> dict[str, object] | None:
    return for_helpers(visit, store.position(visit.id) if alarm.open else None, alarm, directory) if visit else None


def log_view(store: Store, alarm: Alarm, viewer: Viewer, directory: Directory) -> dict[str, object]:
    """The log as this person may read it, with whether the chain holds."""
    entries = store.log(alarm.id)
    near = access.is_near(viewer, alarm, directory)
    shown = projection.near_log([entry.what for entry in entries]) if near else [True] * len(entries)
    # numbered anew: a gap near the person would tell that something is hidden
    visible = [entry for entry, show in zip(entries, shown, strict=True) if show]
    rows = [
        {
            "n": number,
            "at": entry.at,
            "what": entry.what,
            "who": {"id": entry.by, "name": projection.name_of(entry.by, directory)} if entry.by else None,
            "data": orjson.loads(entry.data) if entry.data else {},
        }
        for number, entry in enumerate(visible, 1)
    ]
    return {"entries": rows, "intact": first_broken(entries) is None}

