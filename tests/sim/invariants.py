"""What must always hold, whatever happens: one small named function for each. A broken one ends the story with its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import orjson

from server.core import access, near, projection
from server.core.access import Viewer
from server.core.alarm import due
from server.core.drill.model import PlannedDrill
from server.core.drill.programme import Wheel
from server.core.log import Entry, first_broken
from server.core.model import ENDED, Alarm, Outcome, State
from server.core.orders import AFTER_THE_END, Order, Say, Status
from server.core.signals import STRENGTH, Kind, Signal
from server.core.values import replace
from server.flow.actions import Answer
from server.flow.delivery import LEASE_S
from server.flow.ticker import PUT_RIGHT_S
from server.core.visit.model import Visit
from server.senders.contract import Subject
from server.store.contract import Change, OrderUpdate
from tests.sim import exercises, providers
from tests.sim.visits import broken_after, broken_at_the_end

if TYPE_CHECKING:
    from tests.sim.world import Server, World

Key = TypeVar("Key")

LATE_S = 1.5
"""The ticker's sweep, and a little for its work."""
UNKNOWN_S = 15.0
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


# ---------------------------------------------------------------- after every commit


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


# ---------------------------------------------------------------- every second


def deadlines_are_delivered(world: World) -> None:
    """P2: while a server has been up and sound since then, nothing is overdue by more than a sweep."""
    due_now = (*world.store.deadlines(world.now()), *world.store.visit_deadlines(world.now()), *world.store.drill_deadlines(world.now()))
    overdue = {(alarm_id, at) for at, alarm_id in due_now}
    for alarm_id, at in lasting(world, world.watch.overdue, overdue):
        require(False, f"{alarm_id} was due at {at} and nobody has moved it")


def lasting(world: World, first_seen: dict[Key, float], now: Collection[Key]) -> list[Key]:
    """What of this has been so for longer than a sweep, while a server was up and sound. `first_seen` remembers since when each has."""
    for gone in set(first_seen) - set(now):
        del first_seen[gone]
    since_s = {key: first_seen.setdefault(key, world.time_s) for key in now}
    return [key for key in now if any(s.up and max(since_s[key], s.sound_since_s) + LATE_S < world.time_s for s in world.servers)]


def put_right(world: World) -> bool:
    """Whether a server has had the time to put right what a clock that was put back had set."""
    return any(s.up and max(s.sound_since_s, world.watch.jumped_back_s) + PUT_RIGHT_S + LATE_S < world.time_s for s in world.servers)


def no_deadline_is_further_away_than_any_may_be(world: World) -> None:
    """A clock that stood ahead and was put back leaves no alarm waiting for an hour that it had made up."""
    if not put_right(world):
        return
    for at, alarm_id in world.store.deadlines(world.now() + timedelta(days=9)):
        alarm = world.store.alarms([alarm_id])[alarm_id]
        waits = [60, *(step.wait_s for step in alarm.plan.steps)] + ([45 * 60] if any(a.lapse_at for a in alarm.assignments) else [])
        require(at <= world.now() + timedelta(seconds=max(waits)), f"{alarm_id} is not looked at before {at}")


def nobody_stays_in_an_unknown_state(world: World) -> None:
    """P4: every order that waits goes on to its next channel, or comes to an end, within the time."""
    watch, waiting = world.watch, set()
    for alarm in world.store.alarms(world.store.alarm_ids()).values():
        for order in world.store.orders(alarm.id) if alarm.open else ():
            if order.status is Status.WAITING and not order.recipient.startswith("device:"):
                waiting.add((order.id, order.rung, order.reason))
    for gone in set(watch.unknown) - waiting:
        del watch.unknown[gone]
    sound_since_s = max(server.sound_since_s if server.up else world.time_s for server in world.servers)
    for key in waiting:
        since_s = watch.unknown.setdefault(key, world.time_s)
        stuck = world.time_s - max(since_s, sound_since_s + LEASE_S, watch.jumped_back_s) > UNKNOWN_S
        require(not stuck, f"order {key[0]} has been at rung {key[1]} since {since_s:.0f} s")


def a_real_alarm_ends_the_drills_that_it_touches(world: World) -> None:
    """P6: within a second, while a server is sound."""
    for drill_id, real_id in lasting(world, world.watch.beside, exercises.beside_real(world)):
        require(False, f"the drill {drill_id} goes on beside the real alarm {real_id}")


def no_drill_is_open_longer_than_it_may_be(world: World) -> None:
    """P6: what goes on for ever is taken for real in the end."""
    for one in lasting(world, world.watch.overlong, exercises.overlong(world)):
        require(False, f"{one} goes on")


def whoever_armed_a_drill_hears_that_it_is_still_on(world: World) -> None:
    """P6: long before it ends itself, while a server is sound."""
    for drill_id, reminder in lasting(world, world.watch.unreminded, exercises.unreminded(world)):
        require(False, f"{drill_id} goes on without its reminder {reminder}")


# ---------------------------------------------------------------- when everything has healed


def everything_has_ended(world: World) -> None:
    left = [f"{alarm.id} ({alarm.state})" for alarm in world.open_alarms()]
    require(not left, f"still open long after everything has healed: {', '.join(left)}")


def no_press_is_lost(world: World) -> None:
    """P1: whatever the gateway or a phone has taken is in an alarm, or noted by a rule."""
    for (id, digest), signal in world.watch.owed.items():
        kept = world.store.signals([id, f"{id}~{digest}"])
        found = next((one for one in kept.values() if one.digest == digest), None)
        if signal.kind in (Kind.HEARTBEAT,):
            continue
        require(found is not None, f"press {id} is nowhere")
        assert found is not None
        if found.outcome == "noted":
            require(signal.retained or signal.kind is Kind.CALL_OFF, f"press {id} was heard, and noted only")
            require(found.alarm_id is None or _in_log(world, found.alarm_id, found.signal), f"call-off {id} is not in the log of {found.alarm_id}")
        elif found.outcome == "test":
            require(world.watch.armed_before(signal.device_id, id), f"press {id} counted as a test of a device that nobody had armed when it was heard")
        else:
            require(
                found.alarm_id and _in_log(world, found.alarm_id, found.signal), f"press {id} is said to be in {found.alarm_id} and is not"
            )


def _in_log(world: World, alarm_id: str, signal: Signal) -> bool:
    entries = world.store.log(alarm_id)
    if signal.kind is Kind.CALL_OFF:
        return any(entry.what in ("called_off", "withdrawn", "call_off_not_counted") for entry in entries)
    return any(entry.what in ("opened", "joined") and f'"{signal.id}"' in entry.data for entry in entries)


def no_press_is_in_two_alarms(world: World) -> None:
    places: dict[str, str] = {}
    for alarm_id in world.store.alarm_ids():
        for entry in world.store.log(alarm_id):
            if entry.what in ("opened", "joined"):
                before = places.setdefault(entry.data, alarm_id)
                require(before == alarm_id, f"{entry.data} is in {before} and in {alarm_id}")


def every_try_was_a_try(world: World) -> None:
    """What is recorded as handed to a vendor was handed over: repeated rather than lost."""
    missing = world.watch.claimed - world.watch.sent
    require(not missing, f"recorded as sent and never sent: {sorted(missing)[:3]}")


def every_log_holds(world: World) -> None:
    for alarm in world.store.alarms(world.store.alarm_ids()).values():
        entries = world.store.log(alarm.id)
        require(first_broken(entries) is None, f"{alarm.id}: the chain breaks at {first_broken(entries)}")
        require(len(entries) == alarm.log_count, f"{alarm.id}: {len(entries)} entries, the alarm says {alarm.log_count}")
        words = [entry.what for entry in entries]
        require(words[0] == "opened" and "opened" not in words[1:], f"{alarm.id}: its log does not begin with its opening")
        over = "drill_over" if "drill_over" in words else "resolved"
        last = {State.RESOLVED: "became_real" if became_real(alarm) else over, State.CANCELLED: "cancelled"}.get(alarm.state)
        feigned = "cancelled" if alarm.feigned else ""  # under duress the log must say it, and people carry on
        ends = [n for n, word in enumerate(words) if word in ("resolved", "cancelled", "became_real", "drill_over") and word != feigned]
        require(len(ends) == (alarm.state in ENDED), f"{alarm.id}: ended {len(ends)} times in its log")
        require(last is None or words[ends[0]] == last, f"{alarm.id} is {alarm.state}, its log says {words[-1]}")


def everyone_told_was_ordered_to(world: World) -> None:
    for alarm in world.store.alarms(world.store.alarm_ids()).values():
        ordered = {order.recipient for order in world.store.orders(alarm.id) if order.say is Say.ALARM}
        answered = {entry.by for entry in world.store.log(alarm.id)}
        require(set(alarm.told) <= ordered | answered, f"{alarm.id}: nobody was sent to {sorted(set(alarm.told) - ordered)}")


def nothing_is_left_in_the_outbox(world: World) -> None:
    for alarm_id in world.store.alarm_ids():
        for order in world.store.orders(alarm_id):
            waits = order.status is Status.WAITING and not order.recipient.startswith("device:")
            require(not waits, f"order {order.id} still waits at rung {order.rung}, next at {order.next_at}")


def the_auditor_is_content(world: World) -> None:
    health = world.store.health(world.now(), world.now() - timedelta(seconds=5), world.now() - timedelta(days=1))
    require((health.open, health.without_due, health.overdue) == (0, 0, 0), f"the auditor finds {health}")


AT_THE_END: Sequence[Callable[[World], None]] = (
    everything_has_ended, no_press_is_lost, no_press_is_in_two_alarms, every_try_was_a_try, every_log_holds, everyone_told_was_ordered_to,
    nothing_is_left_in_the_outbox, the_auditor_is_content,
)  # fmt: skip


EACH_SECOND = (
    deadlines_are_delivered, no_deadline_is_further_away_than_any_may_be, nobody_stays_in_an_unknown_state,
    a_real_alarm_ends_the_drills_that_it_touches, no_drill_is_open_longer_than_it_may_be,
    whoever_armed_a_drill_hears_that_it_is_still_on,
)  # fmt: skip


class Watch:
    """Sees everything that happens, and holds it against what was promised."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.owed: dict[tuple[str, str], Signal] = {}
        self.sent: set[tuple[str, str]] = set()
        self.claimed: set[tuple[str, str]] = set()
        self.armed_s: dict[str, list[float]] = {}
        self.heard_s: dict[str, float] = {}
        self.overdue: dict[tuple[str, datetime], float] = {}
        self.beside: dict[tuple[str, str], float] = {}
        self.overlong: dict[str, float] = {}
        self.unreminded: dict[tuple[str, int], float] = {}
        self.unknown: dict[tuple[str, int, str | None], float] = {}
        self.answers: dict[str, Answer] = {}
        self.jumped_back_s = self.jumped_ahead_s = 0.0
        self.commits = 0

    def committed(
        self, server: Server, change: Change, before: dict[str, Alarm], visits: dict[str, Visit], planned: dict[str, PlannedDrill]
    ) -> None:
        self.commits += 1
        for _, visit in change.visits:
            words = " ".join(entry.what for entry in change.entries if entry.alarm_id == visit.id)
            self.world.tell(f"{server.name} {server.door}: {visit.id} v{visit.version} {visit.state}: {words}")
        for _, drill in change.drills:
            words = " ".join(entry.what for entry in change.entries if entry.alarm_id == drill.id)
            self.world.tell(f"{server.name} {server.door}: {drill.id} v{drill.version} {drill.state}: {words}")
        if wrong := broken_after(self.world, change, visits) or exercises.broken_after(self.world, change, planned):
            raise Broken(wrong)
        for _, alarm in change.alarms:
            saved = Saved(server.door, change, before.get(alarm.id), alarm)
            words = " ".join(entry.what for entry in saved.entries)
            self.world.tell(f"{server.name} {server.door}: {alarm.id} v{alarm.version} {alarm.state}: {words}")
            for holds in AFTER_COMMIT:
                self._hold(holds.__name__, lambda holds=holds, saved=saved: holds(self.world, saved))  # type: ignore[misc]
            if wrong := self.world.aftermaths.called_off(saved.before, alarm):
                raise Broken(wrong)
        self.world.streamed(change)

    def recorded(self, updates: Sequence[OrderUpdate]) -> None:
        self.claimed |= {(one.order.id, one.tried.channel) for one in updates if one.tried and one.tried.word == "accepted"}

    def sending(self, channel: str, order: Order, alarm: Subject) -> None:
        """P6, and no call after the end; nobody is rung who may sit beside the one they visit."""
        self.sent.add((order.id, channel))
        if isinstance(alarm, Visit):
            if channel == "voice" and order.recipient in alarm.people:
                raise Broken(f"nobody_out_is_rung: {order.id}")
            return
        if isinstance(alarm, Wheel):
            require(order.drill, f"drills_are_marked: {order.id} has drill=False")
            return
        if isinstance(alarm, PlannedDrill):
            if wrong := exercises.sends_wrongly(order, alarm, self.world.store.drills([alarm.id])[alarm.id]):
                raise Broken(wrong)
            return
        now, stored = self.world.now(), self.world.store.alarms([alarm.id])[alarm.id]
        if order.drill != (stored.drill is not None):
            raise Broken(f"drills_are_marked: {channel} says {order.id} with drill={order.drill}")
        ended = stored.ending.at if stored.ending else None
        if ended and order.say not in AFTER_THE_END and now > ended + timedelta(seconds=LEASE_S) and alarm.ending:
            raise Broken(f"nobody_is_called_after_the_end: {channel} says {order.id}, ended at {ended}")

    def heard(self, signal: Signal) -> None:
        self.owed.setdefault((signal.id, signal.digest()), signal)
        self.heard_s.setdefault(signal.id, self.world.time_s)

    def receipted(self, key: tuple[str, str]) -> None:
        require(key in self.owed, f"a receipt for {key} that nobody posted")

    def armed(self, device_id: str) -> None:
        self.armed_s.setdefault(device_id, []).append(self.world.time_s)

    def armed_before(self, device_id: str | None, signal_id: str) -> bool:
        """Whether the device had been armed when this was heard. A clock that was put forward in between makes any reckoning wrong."""
        heard_s = self.heard_s.get(signal_id.partition("~")[0], self.world.time_s)
        return any(at_s <= heard_s + self.jumped_ahead_s for at_s in self.armed_s.get(device_id or "", ()))

    def answered(self, tap_id: str, answer: Answer) -> None:
        """The same tap is answered alike, however often it comes: once carried out, it stays so."""
        first = self.answers.setdefault(tap_id, answer)
        if answer.repeated and first.repeated:
            require((first.reason, first.at) == (answer.reason, answer.at), f"same_tap_same_answer: {tap_id}")

    def clock_jumped(self, by_s: float) -> None:
        self.jumped_ahead_s += max(0.0, by_s)
        if by_s < 0:
            self.jumped_back_s = self.world.time_s + min(-by_s, PUT_RIGHT_S)

    def each_second(self) -> None:
        if wrong := self.world.proving.wrong():
            raise Broken(wrong)
        for holds in EACH_SECOND:
            self._hold(holds.__name__, lambda holds=holds: holds(self.world))  # type: ignore[misc]

    def at_the_end(self) -> None:
        if wrong := self.world.proving.wrong_at_the_end() or self.world.aftermaths.broken_at_the_end():
            raise Broken(wrong)
        if wrong := broken_at_the_end(self.world) or exercises.broken_at_the_end(self.world) or providers.broken_at_the_end(self.world):
            raise Broken(wrong)
        for holds in AT_THE_END:
            self._hold(holds.__name__, lambda holds=holds: holds(self.world))  # type: ignore[misc]

    def _hold(self, name: str, check: Callable[[], None]) -> None:
        try:
            check()
        except Broken as broken:
            raise Broken(f"{name}: {broken}") from None
