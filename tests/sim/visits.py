"""People who go out: those who check in, forget, are held back, are forced, or drop the phone in the river; and what must hold of their visits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from server.core.access import Viewer
from server.core.directory import Directory
from server.core.log import first_broken
from server.core.orders import Status
from server.core.values import replace
from server.core.visit import events as e
from server.core.visit.access import shown
from server.core.visit.model import Visit, VisitState, Where, is_away
from server.core.visit.settings import Risk, VisitSettings
from server.flow import visits
from server.store.contract import Change
from tests.core.visits import CALM, here
from tests.flow.people import DURESS_PIN, OFFICE, PIN
from tests.sim.taps import until_answered

if TYPE_CHECKING:
    from tests.sim.world import World

QUICK = {"interval_s": 40, "notices_s": (20, 10), "contact_after_s": 10, "leader_after_s": 20, "alarm_after_s": 30, "pin_at_end": False}
SETTINGS = VisitSettings(by_risk={risk: QUICK for risk in Risk}, late_start_s=20, not_started_s=40, heard_late_s=20, notice_min_s=10, recheck_s=10)
"""Everything about forty times faster than in an office."""

MOVES = {
    None: {VisitState.PLANNED},
    VisitState.PLANNED: {VisitState.PLANNED, VisitState.OUT, VisitState.CANCELLED},
    VisitState.OUT: {VisitState.OUT, VisitState.GRACE, VisitState.OVERDUE, VisitState.HOME},
    VisitState.GRACE: {VisitState.OUT, VisitState.GRACE, VisitState.OVERDUE, VisitState.HOME},
    VisitState.OVERDUE: {VisitState.OUT, VisitState.OVERDUE, VisitState.HOME},
    VisitState.HOME: {VisitState.HOME},
    VisitState.CANCELLED: set(),
}


def with_visits(directory: Directory) -> Directory:
    office = replace(directory.offices[OFFICE], visits=SETTINGS)
    content = replace(directory.content, checklist=here().content.checklist)
    return replace(directory, offices={**directory.offices, OFFICE: office}, content=content)


class Walker:
    """One person's visit. `fate` is what becomes of the person; the server is not told."""

    def __init__(self, world: World, person_id: str) -> None:
        self.world, self.person_id = world, person_id
        self.fate = world.random.choice(["good", "good", "forgets", "held", "river", "forced"])
        self.visit_id = f"v-{person_id}-{next(world.ids)}"
        self.lost_s: float | None = None
        """Since when nothing more is heard of this person."""
        self.forced = False
        self.checked_out = False
        world.tell(f"{person_id} plans a visit, fate: {self.fate}")
        self._plan()

    # ---- what the person does

    def _plan(self) -> None:
        world, now = self.world, self.world.now()
        wanted = e.Plan(
            OFFICE, "other_outside", (self.person_id,), Where("Fjellveien 3"), now, now + timedelta(seconds=world.random.uniform(90, 200)), "liv", CALM,
            device_id="karis" if self.person_id == "kari" else None,
        )  # fmt: skip
        plan_id = f"plan-{self.visit_id}"
        until_answered(self.world, "visit", lambda context: visits.plan(context, Viewer(self.person_id), self.visit_id, wanted, plan_id), self._leave)

    def _leave(self) -> None:
        world = self.world
        self._tap("carry", device_id="karis")
        world.after(world.random.uniform(1, 15), lambda: self._tap("start"))
        if world.random.random() < 0.7:
            world.after(1.0, lambda: self._tap("accept_contact", by="liv", yes=True))
        world.after(world.random.uniform(10, 40), self._go_on)

    def _go_on(self) -> None:
        """Every so often one of the things that people do out there."""
        world, chance = self.world, self.world.random.random()
        if self.checked_out or self.lost_s is not None:
            return
        if world.healing or (self.fate == "good" and chance < 0.15):
            self._end()
            return
        if self.fate in ("held", "river", "forgets") and chance < 0.4:
            self.lost_s = world.time_s
            world.tell(f"{self.person_id} is not heard of any more: {self.fate}")
            return
        if self.fate == "forced" and chance < 0.4:
            self.forced = self.checked_out = True
            world.tell(f"{self.person_id} is forced to check out")
            self._tap("end", pin=DURESS_PIN)
            return
        action, fields = world.random.choice([("check_in", {}), ("check_in", {}), ("extend", {"seconds": 60}), ("no_coverage", {"seconds": 50})])
        self._tap(action, **fields)
        if world.random.random() < 0.1:
            world.people[self.person_id].sos()
        world.after(world.random.uniform(15, 35), self._go_on)

    def _end(self) -> None:
        self.checked_out = True
        self._tap("end", pin=PIN)

    def heal(self) -> None:
        """Whoever can be heard of comes home now."""
        if self.lost_s is None and not self.checked_out:
            self._end()

    # ---- the phone

    def _tap(self, action: str, by: str | None = None, **fields: object) -> None:
        tapped_s, tap_id, who = self.world.time_s, f"tap-{next(self.world.ids)}", by or self.person_id
        self.world.tell(f"{who}: {action} {self.visit_id}")

        def tap(context: object) -> object:
            said = fields | ({"age_s": self.world.time_s - tapped_s} if action in ("check_in", "extend", "end") else {})
            return visits.act(context, Viewer(who), self.visit_id, action, said, tap_id)  # type: ignore[arg-type]

        until_answered(self.world, "visit", tap)


# ---------------------------------------------------------------- what must hold


def versions_and_moves(world: World, before: Visit | None, after: Visit, words: set[str]) -> str | None:
    if after.version != (before.version if before else 0) + 1:
        return f"{after.id} goes from version {before.version if before else 0} to {after.version}"
    if after.state not in MOVES[before.state if before else None]:
        return f"{after.id} moves from {before.state if before else None} to {after.state}"
    return None


def open_means_a_deadline(world: World, before: Visit | None, after: Visit, words: set[str]) -> str | None:
    """P8."""
    return f"{after.id} is {after.state}, due {after.due_at}" if (after.due_at is None) is after.open else None


def nobody_near_sees_duress(world: World, before: Visit | None, after: Visit, words: set[str]) -> str | None:
    """P7."""
    for person_id in after.people:
        mine = shown(after, Viewer(person_id), world.directory)
        if mine["duress"] or mine["alarms"] or mine["position"] or (after.feigned and mine["state"] != after.feigned):
            return f"{after.id} shows {person_id} what duress has changed"
        unseen = before is not None and before.believed is not None and after.believed is not None and not words & {"debriefed", "forgotten"}
        if unseen and mine != shown(before, Viewer(person_id), world.directory):  # type: ignore[arg-type]
            return f"{after.id} shows {person_id} that something has happened since they are home"
        if "home" in words and mine["state"] is not VisitState.HOME:
            return f"{after.id} says that {person_id} is home, and shows {mine['state']}"
    return None


AFTER_COMMIT: Sequence[Callable[[World, Visit | None, Visit, set[str]], str | None]] = (versions_and_moves, open_means_a_deadline, nobody_near_sees_duress)


def broken_after(world: World, change: Change, before: dict[str, Visit]) -> str | None:
    for _, visit in change.visits:
        words = {entry.what for entry in change.entries if entry.alarm_id == visit.id}
        for holds in AFTER_COMMIT:
            if wrong := holds(world, before.get(visit.id), visit, words):
                return f"{holds.__name__}: {wrong}"
    return None


def broken_at_the_end(world: World) -> str | None:
    """P8: whoever was lost while out was missed, and found; a call for help under threat was an alarm; nothing waits any more."""
    every = world.store.visits([walker.visit_id for walker in world.walkers])
    for walker in world.walkers:
        visit = every.get(walker.visit_id)
        if visit is None:
            continue
        if visit.open:
            return f"visits_end: {visit.id} is still {visit.state}"
        words = [entry.what for entry in world.store.log(visit.id)]
        if first_broken(world.store.log(visit.id)) is not None or len(words) != visit.log_count:
            return f"every_log_holds: {visit.id}"
        alarms = [alarm for alarm in world.store.alarms(world.store.alarm_ids()).values() if alarm.visit_id == visit.id]
        if walker.lost_s is not None and visit.started_at is not None and not alarms:
            return f"whoever_is_lost_is_missed: {walker.person_id} of {visit.id} was {walker.fate}, and there is no alarm"
        if walker.forced and "duress" in words and not any(alarm.duress for alarm in alarms):
            return f"a_call_for_help_is_an_alarm: {visit.id}"
        if any(order.status is Status.WAITING for order in world.store.orders(visit.id)):
            return f"nothing_is_left_in_the_outbox: {visit.id}"
    return None


def overdue(world: World) -> list[tuple[object, str]]:
    return [(at, visit_id) for at, visit_id in world.store.visit_deadlines(world.now())]


def away(world: World) -> frozenset[str]:
    return frozenset(one for visit in world.store.visits([w.visit_id for w in world.walkers]).values() if is_away(visit) for one in visit.people)
