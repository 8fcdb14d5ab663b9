"""What screens are shown: an alarm's shared part is written once for each side, and each person's own part is added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import orjson

from server.core import access, projection
from server.core.access import Viewer
from server.core.directory import Directory
from server.core.log import holds
from server.core.model import Alarm, Ending, Outcome, State
from server.core.nameless import alarm_without_names, is_nameless, told_without_names
from server.core.projection import Told
from server.core.signals import Position
from server.core.values import frozen, replace, to_json
from server.core.visit.access import for_helpers
from server.core.visit.model import Visit
from server.store.contract import Store


EVER = datetime.max.replace(tzinfo=UTC)
"""Of an alarm that was kept before it said when it had changed: a receipt for it counts for all there is."""


@frozen
class Shown:
    """What one screen is given of an alarm: the whole view as JSON, whether it stands near the person, and up to when what was ordered is in it."""

    body: bytes
    near: bool
    until: datetime


class AlarmView:
    """One alarm at one version, for any number of screens. What is equal is written once: in a storm the same few views go to hundreds."""

    def __init__(self, alarm: Alarm, told: Told, directory: Directory, visit: dict[str, object] | None = None) -> None:
        self.alarm, self._told, self.directory, self._visit = alarm, told, directory, visit
        self.told_ids = frozenset(alarm.told)
        self._shared: dict[tuple[bool, bool, bool], bytes] = {}
        self._delivery: dict[tuple[bool, bool, bool], bytes] = {}
        self._near: dict[object, bool | None] = {}
        self._shown: dict[object, Shown | None] = {}
        marked = (*alarm.drill.observers, *alarm.drill.left_out) if alarm.drill else ()
        self.singular = {*alarm.raisers, alarm.drill.leader_id if alarm.drill else None, *(a.person_id for a in alarm.assignments), *marked}

    def shown(self, viewer: Viewer) -> Shown | None:
        """None for whom this alarm is not."""
        like = self._like(viewer)
        if like not in self._shown:
            near = self.near(viewer)
            self._shown[like] = self._over_for(viewer) if near is None else self._show(viewer, near)
        return self._shown[like]

    def _over_for(self, viewer: Viewer) -> Shown | None:
        """For whoever had been told of a drill and has been left out since: that it is over, so that it does not stay on the screen; and no more of it."""
        alarm = self.alarm
        if alarm.drill is None or viewer.person_id not in alarm.drill.left_out or viewer.person_id not in alarm.told:
            return None
        over = replace(
            alarm, state=State.RESOLVED, ending=Ending(Outcome.DRILL_DONE, alarm.opened_at, None), called_off=None, confirmed=None, told=(), assignments=(),
            marks=(), notes=(),
        )  # fmt: skip
        return AlarmView(over, Told(), self.directory)._show(viewer, near=False)

    def near(self, viewer: Viewer) -> bool | None:
        """Whether this screen stands near the person. None for whom this alarm is not."""
        like = self._like(viewer)
        if like not in self._near:
            may_see = access.may_see(viewer, self.alarm, self.directory)
            self._near[like] = access.is_near(viewer, self.alarm, self.directory) if may_see else None
        return self._near[like]

    def _like(self, viewer: Viewer) -> object:
        """Equal for those who are shown the same of this alarm."""
        return alike(viewer, [self])

    def _side(self, viewer: Viewer, near: bool) -> tuple[bool, bool, bool]:
        """Who is shown the same shared part."""
        return near, is_nameless(viewer, self.directory), viewer.by_key

    def position(self, viewer: Viewer) -> tuple[float, float] | None:
        """Where it is on a map, in degrees, for those who are shown it: the last position of a visit, else the office's."""
        near = self.near(viewer)
        if near is None:
            return None
        if self.alarm.visit_id is not None:
            last = self._visit.get("position") if self._visit and not near else None
            return (last.lat, last.lon) if isinstance(last, Position) else None
        office = self.directory.offices.get(self.alarm.office_id)
        return office.position if office else None

    def delivery(self, viewer: Viewer, near: bool) -> bytes:
        """Who has been told: to a wall, and to a phone on which nobody is signed in, only how many."""
        side = self._side(viewer, near)
        if side not in self._delivery:
            told = projection.told(self.alarm, near, self._told, self.directory)
            self._delivery[side] = to_json(told_without_names(told) if side[1] or side[2] else told)
        return self._delivery[side]

    def _show(self, viewer: Viewer, near: bool) -> Shown:
        side = self._side(viewer, near)
        if side not in self._shared:
            shared = projection.shared(self.alarm, near, self.directory)
            del shared["told"]
            if viewer.by_key:
                shared = projection.without_presser(shared)
            shared["visit"] = None if near else self._visit
            if side[1]:
                shared = alarm_without_names(shared, self.alarm)
            self._shared[side] = to_json(shared)[:-1] + b',"told":' + self.delivery(viewer, near) + b',"me":'
        own = to_json(projection.personal(self.alarm, viewer, near, self.directory))
        return Shown(self._shared[side] + own + b"}", near, self.alarm.changed_at or EVER)


def alike(viewer: Viewer, alarm_views: Sequence[AlarmView]) -> object:
    """Equal for those who are shown the same of all these alarms: people who have not answered, and have the same rights, roles and places."""
    who, directory = viewer.person_id, alarm_views[0].directory
    person = directory.people.get(who)
    if person is None or any(who in view.singular or view.directory is not directory for view in alarm_views):
        return viewer
    return (
        viewer.by_key, viewer.surface, viewer.zone_id, person.offices, person.zone_id, person.surface, person.roles, person.access, person.wall_names,
        *(who in view.told_ids for view in alarm_views),
    )  # fmt: skip


def look_up(store: Store, alarms: Iterable[Alarm], directory: Directory, told: Mapping[str, Told] | None = None) -> list[AlarmView]:
    """Views of these alarms with how their telling stands now, where it has not been read with them."""
    alarms = list(alarms)
    if told is None:
        told = store.told({alarm.id: len(alarm.told) <= directory.limits.told_named_max for alarm in alarms})
    visits = store.visits({alarm.visit_id for alarm in alarms if alarm.visit_id}) if any(alarm.visit_id for alarm in alarms) else {}
    return [AlarmView(alarm, told[alarm.id], directory, _visit(store, visits.get(alarm.visit_id or ""), alarm, directory)) for alarm in alarms]


def look_up_apart(
    store: Store, alarms: Iterable[Alarm], directory: Directory, failed: Callable[[Alarm], None], told: Mapping[str, Told] | None = None
) -> list[AlarmView]:
    """As `look_up`; an alarm of which no view can be made keeps none of the others from the screens: `failed` is called with it, while the exception is
    handled. A database that does not answer is no fault of any alarm's, and raises."""
    alarms = list(alarms)
    try:
        return look_up(store, alarms, directory, told)
    except Exception:
        if len(alarms) > 1:
            return [view for one in alarms for view in look_up_apart(store, [one], directory, failed, told)]
        store.epoch()
        for one in alarms:
            failed(one)
        return []


def shown_to(viewer: Viewer, alarm_views: Iterable[AlarmView], failed: Callable[[Alarm], None]) -> dict[str, Shown]:
    """By alarm, what this screen is shown of those that it is shown. `failed`: as of `look_up_apart`."""
    shown = {}
    for view in alarm_views:
        try:
            if one := view.shown(viewer):
                shown[view.alarm.id] = one
        except Exception:  # of this alarm, or for this person
            failed(view.alarm)
    return shown


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
    return {"entries": rows, "intact": holds(entries, alarm.log_count, alarm.log_head), "drill": alarm.drill is not None}

