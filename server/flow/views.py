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
from server.store.contract import Store


def to_json(value: object) -> bytes:
    """JSON with UTC instants written with Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


class AlarmView:
    """One alarm at one version, for any number of screens. Parts that are equal are written once."""

    def __init__(self, alarm: Alarm, told: Told, directory: Directory) -> None:
        self.alarm, self._told, self._directory = alarm, told, directory
        self.told_ids = frozenset(alarm.told)
        self._shared: dict[bool, bytes] = {}
        self._delivery: dict[bool, bytes] = {}
        self._personal: dict[object, bytes] = {}
        self._answered = {a.person_id for a in alarm.assignments}

    def may_see(self, viewer: Viewer) -> bool:
        if viewer.person_id in self.told_ids and not self.alarm.hidden:
            return True
        return access.may_see(viewer, self.alarm, self._directory)

    def near(self, viewer: Viewer) -> bool:
        return access.is_near(viewer, self.alarm, self._directory)

    def delivery(self, near: bool) -> bytes:
        if near not in self._delivery:
            self._delivery[near] = to_json(projection.told(self.alarm, near, self._told, self._directory))
        return self._delivery[near]

    def for_viewer(self, viewer: Viewer, near: bool | None = None) -> bytes:
        """The whole view as JSON. The caller has asked `may_see`, and perhaps `near`."""
        near = self.near(viewer) if near is None else near
        if near not in self._shared:
            shared = projection.shared(self.alarm, near, self._directory)
            del shared["told"]
            self._shared[near] = to_json(shared)[:-1] + b',"told":' + self.delivery(near) + b',"me":'
        return self._shared[near] + self._own(viewer, near) + b"}"

    def _own(self, viewer: Viewer, near: bool) -> bytes:
        person = self._directory.people.get(viewer.person_id)
        key: object = viewer.person_id
        if viewer.person_id not in self._answered and viewer.person_id != self.alarm.raiser_id and person is not None:
            # people who have not answered and have the same rights and roles see the same
            inside = not set(self.alarm.office_ids).isdisjoint(person.offices)
            key = (near, viewer.person_id in self.told_ids, inside, person.roles, person.access, viewer.surface)
        if key not in self._personal:
            self._personal[key] = to_json(projection.personal(self.alarm, viewer, near, self._directory))
        return self._personal[key]


def look_up(store: Store, alarms: Iterable[Alarm], directory: Directory) -> list[AlarmView]:
    """Views of these alarms with how their telling stands now."""
    alarms = list(alarms)
    limit = directory.limits.told_named_max
    told = store.told({alarm.id: len(alarm.told) <= limit for alarm in alarms})
    return [AlarmView(alarm, told[alarm.id], directory) for alarm in alarms]


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

