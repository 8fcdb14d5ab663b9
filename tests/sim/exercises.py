"""Planned drills in the simulated world: Liv or Odd plans and starts them while everything goes wrong and others press for real; and what must hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from server.core.access import Viewer
from server.core.drill import events as e
from server.core.drill.exercise import Exercise, Inject
from server.core.drill.model import DrillState, PlannedDrill, Press
from server.core.drill.programme import WheelLine
from server.core.local_time import OSLO
from server.core.log import first_broken
from server.core.model import Alarm, State
from server.core.orders import Order, Status
from server.flow import planned_drills, programme
from server.store.contract import Change
from tests.flow.people import ELSEWHERE, OFFICE
from tests.sim.taps import until_answered

if TYPE_CHECKING:
    from tests.sim.world import World

TEXT = {"nb": "Noen roper.", "nn": "Nokon ropar.", "en": "Somebody shouts."}
EXERCISE = Exercise(
    "loud", TEXT, TEXT, "game", "desk_alarm", 30, "announced", ("responder",), injects=(Inject("i1", 20, "card", "responder", TEXT),)
)  # fmt: skip

LEFT_ON = timedelta(minutes=15)
"""After its end: nobody has ended it."""

ARMED_DRILL_S = 90
"""What one armed button began is over by then: in an office it is twenty minutes, and by then every story here has ended."""

REMINDED_S = (45, 67.5)
"""And so long after it began whoever armed that button has heard that it is still on: after ten and fifteen minutes of twenty."""

MOVES = {
    None: {DrillState.PLANNED},
    DrillState.PLANNED: {DrillState.PLANNED, DrillState.ANNOUNCED, DrillState.RUNNING, DrillState.CANCELLED},
    DrillState.ANNOUNCED: {DrillState.ANNOUNCED, DrillState.PLANNED, DrillState.RUNNING, DrillState.CANCELLED},
    DrillState.RUNNING: {DrillState.RUNNING, DrillState.STOPPED},
    DrillState.STOPPED: {DrillState.STOPPED, DrillState.REPORTED},
    DrillState.REPORTED: {DrillState.REPORTED},
    DrillState.CANCELLED: set(),
}


class Exercising:
    """One drill. Some are stopped by whoever has had enough, some by their leader, and some by nobody."""

    def __init__(self, world: World) -> None:
        random, now = world.random, world.now()
        self.world, self.drill_id = world, f"d-{next(world.ids)}"
        office_id = random.choice([OFFICE] * 5 + [ELSEWHERE])
        here = office_id == OFFICE
        self.leader, self.left_out = ("liv", random.choice(["", "nina", "ola"])) if here else ("odd", random.choice(["", "per"]))
        zones = [None, "mottak", "kontor"] if here else [None]
        presses = tuple(Press(f"p{n}", office_id, zone_id=random.choice(zones), at_s=random.choice([0, 0, 15, 60])) for n in (1, 2))
        wanted = e.Plan(
            (office_id,), EXERCISE, "Høstøvelsen", self.leader, now, now + timedelta(seconds=random.uniform(60, 240)), "unannounced", presses,
            observers=("erik",),
        )  # fmt: skip
        world.tell(f"a drill is planned: {self.drill_id} in {office_id}, left out: {self.left_out or 'nobody'}")
        plan = lambda context: planned_drills.plan(context, Viewer(self.leader), self.drill_id, wanted, f"plan-{self.drill_id}")  # noqa: E731
        until_answered(world, "drill", plan, self._go_on)

    def _go_on(self) -> None:
        steps: list[tuple[str, dict[str, object]]] = [("approve", {"yes": True}), ("consult", {"who": "Vera"})]
        steps += [("leave_out", {"person_id": self.left_out})] if self.left_out else []
        steps += [("start", {"in_s": self.world.random.choice([0, 0, 10]), "accept": ["visit_out", "nobody_on_duty"]})]
        self._next(steps)

    def _next(self, steps: list[tuple[str, dict[str, object]]]) -> None:
        if steps:
            (action, fields), *rest = steps
            self._tap(self.leader, action, lambda: self._next(rest), **fields)
            return
        random = self.world.random
        if random.random() < 0.4:
            self.world.after(random.uniform(1, 60), lambda: self._leave(random.choice(["ola", "nina"] if self.leader == "liv" else ["per"])))
        if random.random() < 0.6:
            self.world.after(random.uniform(5, 150), lambda: self._tap(random.choice([self.leader, "ola" if self.leader == "liv" else "per", "erik"]), "stop"))

    def _leave(self, who: str) -> None:
        """Somebody has had enough of it, or of all."""
        if self.world.happens(0.5):
            self._tap(who, "leave_out")
            return
        self.world.tell(f"{who} takes part in no drill")
        until_answered(self.world, "drill", lambda context: planned_drills.always_left_out(context, Viewer(who), True), lambda: None)

    def _tap(self, by: str, action: str, then: Callable[[], None] = lambda: None, **fields: object) -> None:
        tap_id = f"tap-{next(self.world.ids)}"
        self.world.tell(f"{by}: {action} {self.drill_id}")
        until_answered(self.world, "drill", lambda context: planned_drills.act(context, Viewer(by), self.drill_id, action, fields, tap_id), then)


class Wheel:
    """A line of the yearly wheel whose exercise was put away: its owner is told once, however many servers look, and whatever they are cut off from."""

    def __init__(self, world: World) -> None:
        self.world, self.line = world, WheelLine(f"w-{next(world.ids)}", OFFICE, "put away", (12,), 15, 9, 0, world.random.choice(["liv", "kari"]))
        until_answered(world, "wheel", lambda context: context.store.keep_line(self.line), self._look)

    def _look(self) -> None:
        for _ in range(self.world.random.randint(1, 4)):
            look = lambda: until_answered(self.world, "wheel", lambda context: programme.remind(context, OSLO))  # noqa: E731
            self.world.after(self.world.random.uniform(0, 20), look)

    def told(self) -> list[Order]:
        return self.world.store.orders(f"d-{self.line.id}-2026-12")


# ---------------------------------------------------------------- what must hold


def broken_after(world: World, change: Change, before: dict[str, PlannedDrill]) -> str | None:
    """After every commit: versions, moves, and a deadline while it is open."""
    for _, drill in change.drills:
        was = before.get(drill.id)
        if drill.version != (was.version if was else 0) + 1:
            return f"drill_versions: {drill.id} goes from version {was.version if was else 0} to {drill.version}"
        if drill.state not in MOVES[was.state if was else None]:
            return f"drill_moves: {drill.id} moves from {was.state if was else None} to {drill.state}"
        if drill.open and drill.due_at is None:
            return f"drills_have_a_deadline: {drill.id} is {drill.state}"
    return None


def sends_wrongly(order: Order, drill: PlannedDrill, stored: PlannedDrill) -> str | None:
    """P6: all that is said of a drill says so; and those who are left out hear nothing of it."""
    if not order.drill:
        return f"drills_are_marked: {order.id} has drill=False"
    if order.recipient in stored.left_out and order.recipient in drill.left_out:
        return f"drills_are_fenced: {order.recipient} is left out and is told {order.id}"
    return None


def beside_real(world: World) -> set[tuple[str, str]]:
    """P6: drills, and alarms of drills, that go on beside a real alarm that touches them: what it touches is reckoned here anew, from the people."""
    alarms = world.open_alarms()
    places = {one.id: set(one.office_ids) for one in alarms if one.drill is not None} | {one.id: set(one.offices) for one in world.store.running_drills()}
    openly = [one for one in alarms if one.drill is None and one.state is not State.PENDING and not one.hidden and one.feigned is None]
    return {(drill_id, real.id) for real in openly for drill_id, offices in places.items() if not _concerned(real, world).isdisjoint(offices)}


def _concerned(real: Alarm, world: World) -> set[str]:
    """Where it is, the neighbours whom it may ask, and every office of each person who is named in its plan (while the office's plans still do), or has been
    told (but for what is told after a call-off, where duress tells more)."""
    asked = [selector for step in real.plan.steps for selector in step.tell]
    offices = {real.office_id, *real.place.also_in}
    offices |= {near for one in asked if one.by == "neighbours" for near in world.directory.offices[one.office_id or real.office_id].neighbours}
    steps = [step for plan in world.directory.plans if plan.office_id in real.office_ids for step in plan.steps]
    named = {one.value for step in steps for one in step.tell if one.by == "person"}
    people = {one.value for one in asked if one.by == "person" and one.value in named} | (set(real.told) if real.quiet_since is None else set())
    return offices | {office_id for person in world.directory.people.values() if person.id in people for office_id in person.offices}


def overlong(world: World) -> set[str]:
    """Drills, and alarms of drills, that are past their time."""
    now, runs = world.now(), {drill.id: drill for drill in world.store.running_drills()}
    late = {one.id for one in runs.values() if one.zero_at and now >= one.zero_at + (one.ends_at - one.starts_at) + LEFT_ON}
    for alarm in world.open_alarms():
        if alarm.drill is not None and (alarm.drill.id not in runs if alarm.drill.planned else now >= alarm.opened_at + timedelta(seconds=ARMED_DRILL_S)):
            late.add(alarm.id)
    return late


def unreminded(world: World) -> set[tuple[str, int]]:
    """Drills of one armed button that go on, with the newest reminder that whoever armed it has not had. While the person is still being asked
    whether it is an alarm, nobody else is told."""
    late = set()
    for alarm in world.open_alarms():
        if alarm.drill is not None and alarm.drill.armed_by and alarm.state is not State.PENDING:
            ran_s = (world.now() - alarm.opened_at).total_seconds()
            passed = sum(ran_s >= after_s for after_s in REMINDED_S)
            if alarm.drill.reminded < passed and ran_s < ARMED_DRILL_S:
                late.add((alarm.id, passed))
    return late


def broken_at_the_end(world: World) -> str | None:
    for wheel in world.wheels:
        if [order.recipient for order in wheel.told()] not in ([], ["liv"]):
            return f"the_wheel_tells_once: {[order.id for order in wheel.told()]}"
        if any(order.status is Status.WAITING for order in wheel.told()):
            return f"nothing_is_left_in_the_outbox: {wheel.line.id}"
    for drill in world.store.drills([one.drill_id for one in world.exercises]).values():
        if drill.running:
            return f"drills_end: {drill.id} still runs"
        entries = world.store.log(drill.id)
        if first_broken(entries) is not None or len(entries) != drill.log_count:
            return f"every_log_holds: {drill.id}"
        if sum(entry.what in ("stopped", "cancelled") for entry in entries) > 1:
            return f"drills_end_once: {drill.id}"
        if any(order.status is Status.WAITING for order in world.store.orders(drill.id)):
            return f"nothing_is_left_in_the_outbox: {drill.id}"
        pressed = {entry.data for entry in entries if entry.what == "pressed"}
        # a button that somebody armed by name belongs to the drill too, and is no press of its time line
        virtual = [one for one in world.store.alarms_of_drill(drill.id) if one.signals[0].id.startswith(f"{drill.id}:")]
        if len(virtual) > len(pressed):
            return f"a_press_is_made_once: {drill.id} has {len(virtual)} alarms of {len(pressed)} presses"
    return None
