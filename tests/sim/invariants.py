"""What must always hold, whatever happens: one small named function for each. A broken one ends the story with its name. What each commit must keep is in
`after_commit.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from server.core.drill.model import PlannedDrill
from server.core.drill.programme import Wheel
from server.core.log import first_broken
from server.core.model import ENDED, Alarm, State
from server.core.orders import AFTER_THE_END, Order, Say, Status
from server.core.signals import Kind, Signal
from server.flow.actions import Answer
from server.flow.delivery import LEASE_S
from server.flow.ticker import PUT_RIGHT_S
from server.core.visit.model import Visit
from server.senders.contract import Subject
from server.store.contract import Change, OrderUpdate
from tests.sim import exercises, providers
from tests.sim.after_commit import AFTER_COMMIT, LATE_S, Broken, Saved, became_real, put_right, require
from tests.sim.visits import broken_after, broken_at_the_end

if TYPE_CHECKING:
    from tests.sim.world import Server, World

Key = TypeVar("Key")

UNKNOWN_S = 15.0


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
