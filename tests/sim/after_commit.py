"""What must hold after every commit, one small named function for each: who was told, what is marked, what may follow what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from server.core import access, near, projection
from server.core.access import Viewer
from server.core.alarm import due
from server.core.log import Entry
from server.core.model import Alarm, Outcome, State
from server.core.orders import AFTER_THE_END, Order, Say
from server.core.signals import STRENGTH, Kind
from server.core.values import replace
from server.flow.ticker import PUT_RIGHT_S
from server.store.contract import Change

if TYPE_CHECKING:
    from tests.sim.world import World

LATE_S = 1.5
"""The ticker's sweep, and a little for its work."""
LONGEST = timedelta(minutes=45, seconds=1)
"""No promise holds longer; so no deadline is further away."""

MOVES = {
    None: {State.PENDING, State.RAISED},
    State.PENDING: {State.PENDING, State.RAISED, State.CANCELLED, State.RESOLVED},
    State.RAISED: {State.RAISED, State.ACKNOWLEDGED, State.ON_SCENE, State.RESOLVED},
    State.ACKNOWLEDGED: {State.RAISED, State.ACKNOWLEDGED, State.ON_SCENE, State.RESOLVED},
    State.ON_SCENE: {State.RAISED, State.ACKNOWLEDGED, State.ON_SCENE, State.RESOLVED},
    State.RESOLVED: set(),
    State.CANCELLED: set(),
}


class Broken(BaseException):
    """A promise was not kept. Not an Exception: nothing of ours may catch it."""


@dataclass(frozen=True)
class Saved:
    """One alarm in one commit: as it was, as it is, and what was saved with it."""

    door: str
    change: Change
    before: Alarm | None
    after: Alarm

    @property
    def orders(self) -> list[Order]:
        return [order for order in self.change.orders if order.alarm_id == self.after.id]

    @property
    def entries(self) -> list[Entry]:
        return [entry for entry in self.change.entries if entry.alarm_id == self.after.id]

    @property
    def joined(self) -> list[str]:
        return [kept.signal.id for kept in self.change.signals if kept.alarm_id == self.after.id and kept.outcome in ("opened", "joined", "noted")]


def require(holds: object, what: str) -> None:
    if not holds:
        raise Broken(what)


def put_right(world: World) -> bool:
    """Whether a server has had the time to put right what a clock that was put back had set."""
    return any(s.up and max(s.sound_since_s, world.watch.jumped_back_s) + PUT_RIGHT_S + LATE_S < world.time_s for s in world.servers)


def versions_have_no_gaps(world: World, saved: Saved) -> None:
    base = saved.before.version if saved.before else 0
    steps = max(1, len(saved.joined))
    require(saved.after.version == base + steps, f"{saved.after.id} goes from version {base} to {saved.after.version} in {steps} steps")


def only_listed_moves(world: World, saved: Saved) -> None:
    state = saved.before.state if saved.before else None
    straight = state is State.PENDING and saved.after.state is State.RESOLVED
    require(not straight or saved.after.drill is not None, f"{saved.after.id} ended while the person was still being asked")
    several = len(saved.joined) > 1
    require(saved.after.state in MOVES[state] or several, f"{saved.after.id} moves from {state} to {saved.after.state}")


def became_real(alarm: Alarm) -> bool:
    return alarm.ending is not None and alarm.ending.outcome is Outcome.BECAME_REAL


def in_planned(alarm: Alarm) -> bool:
    """Part of a planned drill, which ends by itself: nobody's safety hangs on it."""
    return alarm.drill is not None and alarm.drill.planned


def open_means_a_deadline(world: World, saved: Saved) -> None:
    """P2."""
    at = due(saved.after)
    require((at is not None) == saved.after.open, f"{saved.after.id} is {saved.after.state} with deadline {at}")
    require(at is None or at <= saved.change.at + LONGEST or not put_right(world), f"{saved.after.id} is not looked at before {at}")


def no_deadline_is_early(world: World, saved: Saved) -> None:
    """P2."""
    if saved.door == "tick" and saved.before is not None and not saved.joined:  # a missed check-in may join
        at = due(saved.before)
        require(at is not None and at <= saved.change.at, f"{saved.after.id} is moved at {saved.change.at}, before {at}")


def whoever_is_raised_is_heard(world: World, saved: Saved) -> None:
    """From the commit that raises it, there are orders that tell somebody."""
    was_raised = saved.before is not None and saved.before.state is not State.PENDING
    if not was_raised and saved.after.state is not State.PENDING and saved.after.open:
        require(saved.after.told or in_planned(saved.after), f"{saved.after.id} is raised and nobody is told")


def the_told_have_orders(world: World, saved: Saved) -> None:
    new = set(saved.after.told) - set(saved.before.told if saved.before else ())
    ordered = {order.recipient for order in saved.orders} | {a.person_id for a in saved.after.assignments}
    require(new <= ordered, f"{saved.after.id} says that {sorted(new - ordered)} were told, without an order in the same commit")


def drills_are_marked(world: World, saved: Saved) -> None:
    """P6."""
    is_drill = saved.after.drill is not None
    for order in saved.orders:
        require(order.drill == is_drill, f"order {order.id} of {'a drill' if is_drill else 'a real alarm'} has drill={order.drill}")
        if is_drill and order.recipient.startswith("@"):
            require(world.directory.contacts[order.recipient].drills, f"{order.recipient} hears of a drill without having agreed")


def drills_are_fenced(world: World, saved: Saved) -> None:
    """P6. Nobody is told of a planned drill who is not in it, or who is left out in confidence; and the log does not name those who are."""
    mark = saved.after.drill
    if mark is None:
        return
    for order in saved.orders:
        person = world.directory.people.get(order.recipient)
        inside = person is None or not mark.planned or person.id in mark.guests or not set(mark.offices).isdisjoint(person.offices)
        require(inside and order.recipient not in mark.observers, f"{order.recipient} is not in the drill {mark.id} and is told {order.id}")
        require(order.recipient not in mark.left_out, f"{order.recipient} is left out of the drill {mark.id} and is told {order.id}")
    for entry in saved.entries:
        own = entry.what == "drill_over"  # who leads there may stop it though left out, and it stands as the stop of whoever said it
        named = any(f'"{one}"' in entry.data or (entry.by == one and not own) for one in mark.left_out)
        require(not named, f"{saved.after.id} names somebody who is left out: {entry.what}")


def nothing_joins_across_the_drill_fence(world: World, saved: Saved) -> None:
    """P6. Only presses of devices that were armed for it are drills."""
    if saved.after.drill is not None:
        devices = {kept.signal.id: kept.signal.device_id for kept in saved.change.signals if kept.signal.detail != "virtual press"}
        real = [one for one in saved.joined if one in devices and not world.watch.armed_before(devices[one], one)]
        require(not real, f"real presses {real} went into the drill {saved.after.id}")
    if saved.before is not None:
        marks = [one and replace(one, left_out=(), reminded=0) for one in (saved.before.drill, saved.after.drill)]
        require(marks[0] == marks[1], f"{saved.after.id} changed its drill mark")


def the_plan_is_frozen(world: World, saved: Saved) -> None:
    if saved.before is not None and STRENGTH[saved.after.kind] <= STRENGTH[saved.before.kind]:
        require(saved.before.plan.steps == saved.after.plan.steps, f"{saved.after.id} changed its plan under way")


def what_has_ended_stays_so(world: World, saved: Saved) -> None:
    require(saved.before is None or saved.before.open, f"{saved.after.id} had ended and was changed by {saved.door}")


def the_end_tells_exactly_those_who_were_told(world: World, saved: Saved) -> None:
    if saved.after.state is State.RESOLVED and not became_real(saved.after):
        clear = {order.recipient for order in saved.orders if order.say is Say.ALL_CLEAR}
        over, mark = any(entry.what == "drill_over" for entry in saved.entries), saved.after.drill
        armed_by = {mark.leader_id} if over and mark and not mark.planned and mark.leader_id else set()
        out = set(mark.left_out) if mark else set()
        require(clear == {*saved.after.told, *armed_by} - out, f"{saved.after.id}: all-clear to {sorted(clear)}, told were {sorted(saved.after.told)}")
        rest = {order.say for order in saved.orders} - AFTER_THE_END
        require(not rest, f"{saved.after.id} says {rest} with its end")


def whoever_armed_a_drill_is_reminded_once_each_time(world: World, saved: Saved) -> None:
    """P6. In the commit that counts the reminder, in writing, and nobody else is."""
    reminders = [order for order in saved.orders if order.say is Say.STILL_ON]
    counted = (saved.after.drill.reminded if saved.after.drill else 0) - (saved.before.drill.reminded if saved.before and saved.before.drill else 0)
    require(counted >= 0 and len(reminders) == bool(counted), f"{saved.after.id} counts {counted} reminders and has ordered {len(reminders)}")
    for order in reminders:
        mark = saved.after.drill
        require(saved.after.open and mark and order.recipient == mark.armed_by, f"{order.id} is no reminder of whoever armed it")
        require(not {"voice", "chat", "webhook"} & set(order.ladder) and order.count > 0, f"{order.id} calls, or after the end")


def no_real_alarm_ends_as_an_exercise_nor_the_reverse(world: World, saved: Saved) -> None:
    """P6."""
    if saved.after.ending is not None:
        of_drill = saved.after.ending.outcome in (Outcome.DRILL_DONE, Outcome.BECAME_REAL)
        require(of_drill == (saved.after.drill is not None), f"{saved.after.id} ended as {saved.after.ending.outcome}")


def a_drill_that_became_real_tells_everyone_told_and_nobody_stands_down(world: World, saved: Saved) -> None:
    """P6. In the same commit."""
    drill = saved.after
    if not became_real(drill):
        return
    require(drill.drill is not None, f"{drill.id} was no drill")
    said = {order.say for order in saved.orders}
    require(said <= {Say.ENDED}, f"the drill {drill.id} says {said} with its end")
    real = next((alarm for _, alarm in saved.change.alarms if alarm.id == drill.ending.became), None)  # type: ignore[union-attr]
    require(real is not None, f"{drill.id} became an alarm that is not in the same commit")
    assert real is not None
    deaf = {one for one in drill.told if not real.raised_by(one) and one not in real.told and not near.kept_from(real, one, world.directory)}
    require(real.drill is None and not deaf, f"{real.id} is real, and {sorted(deaf)} still believe in the drill {drill.id}")


def the_log_goes_on_where_it_was(world: World, saved: Saved) -> None:
    count = saved.before.log_count if saved.before else 0
    numbers = [entry.n for entry in saved.entries]
    require(numbers == list(range(count + 1, saved.after.log_count + 1)), f"{saved.after.id}: entries {numbers} after {count}")
    require(not numbers or saved.entries[-1].hash == saved.after.log_head, f"{saved.after.id}: the head is not the last link")


def near_surfaces_see_no_duress(world: World, saved: Saved) -> None:
    """P7."""
    alarm = saved.after
    if not alarm.duress:
        return
    for raiser_id in alarm.raisers:
        visible = access.may_see(Viewer(raiser_id), alarm, world.directory)
        require(not (alarm.hidden and visible), f"{alarm.id} was opened under duress and its presser's phone shows it")
    shown = projection.shared(alarm, True, world.directory)
    require(shown["duress"] is False and shown["kind"] is not Kind.DURESS, f"{alarm.id} shows duress nearby")


def somebody_told_may_end_it(world: World, saved: Saved) -> None:
    """P2: what only people beside the presser know of, or only somebody without a screen, would stay open for ever."""
    alarm = saved.after
    guarded = alarm.hidden or alarm.quiet_since is not None
    if not alarm.open or alarm.state is State.PENDING or not (guarded or alarm.plan.last) or in_planned(alarm):
        return
    can = [one for one in alarm.told if one in world.people and access.may_act(Viewer(one), "resolve", alarm, world.directory)]
    require(can, f"{alarm.id} is open, {list(alarm.told)} were told, and none of them may end it")


def whoever_cries_neither_hears_of_it_nor_ends_it(world: World, saved: Saved) -> None:
    """P5. Everyone whose press is in it, not the first alone."""
    alarm = saved.after
    new = set(alarm.told) - set(saved.before.told if saved.before else ())
    pressed_before = set(saved.before.raisers) if saved.before else {alarm.raiser_id}
    require(not new & pressed_before, f"{alarm.id} tells {sorted(new & pressed_before)} of their own press")
    ended_by = alarm.ending.by if alarm.ending is not None and alarm.ending.outcome not in (Outcome.BECAME_REAL, Outcome.DRILL_DONE) else None
    require(ended_by is None or not alarm.raised_by(ended_by), f"{alarm.id} is ended by {ended_by}, who pressed")


def the_last_step_always_tells_somebody(world: World, saved: Saved) -> None:
    """P2: where nobody has it, a round that tells nobody would let it be forgotten."""
    alarm = saved.after
    if alarm.drill is not None or not alarm.open or alarm.active():
        return
    for step in (orjson.loads(entry.data) for entry in saved.entries if entry.what == "step_started"):
        require(step["told"] or step["number"] < step["of"], f"{alarm.id}: nobody has it, and round {step['round']} of its last step tells nobody")


AFTER_COMMIT: Sequence[Callable[[World, Saved], None]] = (
    versions_have_no_gaps, only_listed_moves, open_means_a_deadline, no_deadline_is_early, whoever_is_raised_is_heard, the_told_have_orders,
    drills_are_marked, drills_are_fenced, nothing_joins_across_the_drill_fence, the_plan_is_frozen, what_has_ended_stays_so,
    the_end_tells_exactly_those_who_were_told, no_real_alarm_ends_as_an_exercise_nor_the_reverse, the_log_goes_on_where_it_was,
    whoever_armed_a_drill_is_reminded_once_each_time,
    a_drill_that_became_real_tells_everyone_told_and_nobody_stands_down, near_surfaces_see_no_duress, somebody_told_may_end_it,
    the_last_step_always_tells_somebody, whoever_cries_neither_hears_of_it_nor_ends_it,
)  # fmt: skip
