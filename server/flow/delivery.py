"""The outbox door: lease, send, record. A crash in between means a second message, never none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import timedelta
from functools import partial

from server.core import events as e
from server.core.aftermath import is_heard
from server.core.alarm import Step, take
from server.core.directory import Directory
from server.core.escalation import quiet_people
from server.core.drill import words as drill_words
from server.core.drill.model import PlannedDrill
from server.core.drill.programme import Wheel
from server.core.model import Alarm, Stage
from server.core.orders import (
    ABOUT_DRILLS,
    ABOUT_VISITS,
    ABOUT_WHEEL,
    Order,
    Result,
    Say,
    Status,
    Try,
    after_try,
    fenced,
    not_waited_for,
    overtaken,
    skipping,
)
from server.core.values import replace
from server.core.visit.model import Visit
from server.core.visit.stale import stale
from server.flow.context import TRIES, Context, ring, together
from server.flow.looking import Looking
from server.flow.workers import QUEUED, WORKERS, Job, Together, Workers
from server.senders.contract import ManyAtOnce, Outcome, Sender, Subject
from server.store.contract import Conflict, OrderUpdate

LEASE_S = 15
"""Longer than the slowest sender's time-out twice over; after it another worker takes the order."""
BATCH = 200
SWEEP_S = 1.0
GIVE_UP_LOOK_S = 0.25
QUEUE_S = 3.0
"""An order that has waited longer for a worker of its channel need not be waited for (`orders.not_waited_for`)."""

journal = logging.getLogger("varde.delivery")


def deliver(context: Context, senders: Mapping[str, Sender], lease: str, hand: Callable[[Job], None] | None = None) -> int:
    """Takes what is due, checks it against the alarm as it is now, sends, records. Gives how many were taken.

    With `hand`, somebody else carries out each job (the workers of its channel), and settles it; without, this thread does.
    """
    now = context.now()
    leased = context.store.lease(now, now + timedelta(seconds=LEASE_S), lease, BATCH)
    if not leased:
        return 0
    about_visits = {order.alarm_id for order in leased if order.say in ABOUT_VISITS}
    about_drills = {order.alarm_id for order in leased if order.say in ABOUT_DRILLS}
    alarms = context.store.alarms({order.alarm_id for order in leased} - about_visits - about_drills)
    visits = context.store.visits(about_visits) if about_visits else {}
    drills = context.store.drills(about_drills) if about_drills else {}
    at_once: list[OrderUpdate] = []
    directory = context.directory()
    quiet = {alarm_id: quiet_people(alarm, directory) for alarm_id, alarm in alarms.items()}
    for order in leased:
        about: Subject | None = alarms.get(order.alarm_id) or visits.get(order.alarm_id) or drills.get(order.alarm_id) or _of_wheel(order)
        if isinstance(about, Alarm) and order.recipient in directory.people and quiet[about.id](order.recipient) and not _is_heard(order, about, directory):
            order = replace(order, quiet=True)  # since it was made somebody has said *weapon*, or takes cover: now nobody may hear it
        if about is None:
            at_once.append(OrderUpdate(replace(order, status=Status.VOID, next_at=None, reason="no_alarm"), lease))
            continue
        if update := _without_sending(context, order, about, senders, lease):
            at_once.append(update)
            continue
        job = Job(order, about, order.ladder[order.rung], lease, now)
        if hand is None:
            carry_out(context, senders[job.channel], job)
        else:
            hand(job)
    if at_once:
        context.store.record(at_once)
        _after_recording(context, [update.order for update in at_once], alarms)
    return len(leased)


def _of_wheel(order: Order) -> Wheel | None:
    """What is said because there is no drill is about the wheel, and holds until there is one."""
    return Wheel(order.alarm_id) if order.say in ABOUT_WHEEL else None


def _is_heard(order: Order, alarm: Alarm, directory: Directory) -> bool:
    return order.say is Say.WISH_TO_TALK and is_heard(alarm, order.recipient, directory)


def _without_sending(context: Context, order: Order, about: Subject, senders: Mapping[str, Sender], lease: str) -> OrderUpdate | None:
    """What needs no sender: overtaken, fenced, already answered, no rung left, or a channel that this server does not have."""
    now, directory = context.now(), context.directory()
    if _is_stale(order, about):
        return OrderUpdate(replace(order, status=Status.VOID, next_at=None, reason="overtaken"), lease)
    if fenced(order, directory, about.drill if isinstance(about, Alarm) else None):
        return OrderUpdate(replace(order, status=Status.VOID, next_at=None, reason="fenced"), lease)
    held = about.assignment(order.recipient) if isinstance(about, Alarm) else None
    if order.say is Say.ALARM and held and held.stage not in (Stage.ASKED, Stage.LAPSED) and held.since >= order.made_at:
        return OrderUpdate(replace(order, status=Status.SEEN, next_at=None), lease)
    allowed = {"push"} & senders.keys() if order.quiet and isinstance(about, Alarm) else senders
    skipped = skipping(order, allowed, now, directory.limits.ladder_s)
    return None if skipped is order else OrderUpdate(skipped, lease)


def _is_stale(order: Order, about: Subject) -> bool:
    """Whether what it says no longer holds."""
    if isinstance(about, Wheel):
        return False
    if isinstance(about, PlannedDrill):
        return drill_words.stale(order, about.state, about.left_out)
    return stale(order, about) if isinstance(about, Visit) else overtaken(order, about)


def carry_out(context: Context, sender: Sender, job: Job) -> None:
    if outcome := send(context, sender, job):
        settle(context, [(job, outcome)])


def send(context: Context, sender: Sender, job: Job, others: Container[str] = (), answers: bool = False) -> Outcome | None:
    """Hands one order to its sender. Never raises. None where it has waited until its lease was over: whoever has it now sends it. `others`: the channels
    that there are; `answers`: whether this one's vendor answers anybody."""
    waited_s = (context.now() - job.leased_at).total_seconds()
    if waited_s >= LEASE_S:
        return None
    if waited_s >= QUEUE_S and not_waited_for(job.order, others, answers):
        return Outcome(Result.RETRY, why=QUEUED)
    try:
        return sender.send(job.order, job.about)
    except Exception as error:  # a sender that breaks its promise is a channel that is down
        journal.error("sender_failed", extra={"channel": sender.channel, "order": job.order.id, "error": type(error).__name__})
        return Outcome(Result.RETRY, why="our_mistake")


def settle(context: Context, done: Sequence[tuple[Job, Outcome]]) -> set[str]:
    """Records what became of jobs, together, and what follows from it. Gives the alarms that could not be moved on (`moved_on` tries again)."""
    now, directory = context.now(), context.directory()
    updates: list[OrderUpdate] = []
    for job, outcome in done:
        order = job.order
        context.measures.tried(job.channel, outcome.result.value, order.drill, (now - (order.next_at or now)).total_seconds())
        has_screen = directory.present_somewhere(order.recipient)
        if order.status is Status.WAITING:
            after = after_try(order, outcome.result, now, directory.limits.ladder_s, outcome.retry_after_s, has_screen)
        else:  # a screen was faster than its push: nothing follows
            after = replace(order, rung=order.rung + 1, next_at=None)
        updates.append(OrderUpdate(after, job.lease, Try(job.channel, outcome.result.value, now)))
    context.store.record(updates)
    return _after_recording(context, [update.order for update in updates], {job.about.id: job.about for job, _ in done if isinstance(job.about, Alarm)})


def _after_recording(context: Context, recorded: list[Order], alarms: Mapping[str, Alarm]) -> set[str]:
    """Failing to reach everyone in a step starts the next at once; screens learn who could not be reached."""
    for order in recorded:
        if order.status is Status.FAILED:
            context.measures.unreached(order.drill)
    failed = {order.alarm_id for order in recorded if order.status is Status.FAILED and order.alarm_id in alarms}
    stuck = {alarm_id for alarm_id in failed if not moved_on(context, alarm_id)}
    if failed:
        context.bell.ring(*{f"delivery:{alarm_id}" for alarm_id in failed})
    context.bell.ring("orders")
    return stuck


def moved_on(context: Context, alarm_id: str) -> bool:
    """False where something went wrong. What was tried in vain is recorded by then, and nothing else would look at this alarm before its step is over."""
    try:
        _unreached(context, alarm_id)
    except Exception:
        journal.exception("unreached_failed", extra={"alarm": alarm_id})
        return False
    return True


def _unreached(context: Context, alarm_id: str) -> None:
    """Starts the next step where nobody of the running one can be reached. Whoever lost the race to a note or a tap looks again."""
    for _ in range(TRIES):
        directory, now = context.directory(), context.now()
        alarm = context.store.alarms([alarm_id])[alarm_id]
        if not alarm.open or not context.store.step_unreached(alarm_id, alarm.plan.started_at):
            return
        step = take(alarm, e.Unreached(alarm.plan.started_at), now, directory)
        if not isinstance(step, Step):
            return
        change = together(context, [(alarm, step)], now, directory)
        try:
            context.store.commit(change)
        except Conflict:
            continue
        ring(context, change)
        return


class Deliverer:
    """Empties the outbox: one thread leases and hands out (at the next rung, when the bell rings, and every second), each channel has workers
    of its own, and one thread records what became of it, all that has come together."""

    def __init__(self, context: Context, senders: Mapping[str, Sender], name: str, note: Callable[[str, Outcome], None] | None = None) -> None:
        self._context, self._senders, self._lease, self._note = context, senders, name, note
        self._channels = {
            channel: Together(channel, sender, self._done)
            if isinstance(sender, ManyAtOnce)
            else Workers(channel, partial(self._send, sender), self._done, getattr(sender, "workers", WORKERS))
            for channel, sender in senders.items()
        }
        self._lock = threading.Lock()
        self._results: list[tuple[Job, Outcome]] = []
        self._stuck: set[str] = set()
        self._held = True
        self._handing = Looking("deliverer", self._hand_out, context.bell, lambda topics: "orders" in topics, context.precedence.give_way)
        self._settling = Looking("settler", self._settle, last=self._settle)
        self._threads = (self._handing, self._settling)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        for thread in self._threads:
            thread.end()
        for channel in self._channels.values():
            channel.stop()
        for thread in self._threads:
            thread.stop()

    @property
    def alive(self) -> bool:
        return all(thread.alive for thread in self._threads)

    def _done(self, job: Job, outcome: Outcome) -> None:
        with self._lock:
            self._results.append((job, outcome))
        self._settling.wake()

    def _send(self, sender: Sender, job: Job, answers: bool) -> Outcome | None:
        return send(self._context, sender, job, self._senders, answers)

    def _hand(self, job: Job) -> None:
        self._channels[job.channel].submit(job)

    def _settle(self) -> float:
        """What has come while the last commit was on its way goes next. At the end of all it looks once more."""
        stopping = self._settling.stopping
        for channel in self._channels.values():
            channel.give_up()
        with self._lock:
            done, self._results = self._results[:BATCH], self._results[BATCH:]
            more = bool(self._results)
        self._stuck = {alarm_id for alarm_id in self._stuck if not moved_on(self._context, alarm_id)}
        if not done:
            return GIVE_UP_LOOK_S
        if not stopping:
            self._context.precedence.give_way()
        try:
            self._stuck |= settle(self._context, done)
        except Exception:  # not recorded: when its lease is over the order is sent again, rather than lost
            journal.exception("settling_failed")
        for job, outcome in done if self._note else ():
            self._note(job.channel, outcome)
        if len(done) < BATCH and not stopping:
            self._context.precedence.rest()
        return 0 if more else GIVE_UP_LOOK_S

    def _wait_s(self) -> float:
        soonest = self._context.store.next_order_at()
        return (soonest - self._context.now()).total_seconds() if soonest else SWEEP_S

    def _hand_out(self) -> float:
        if self._held:  # what this server had in hand when it was killed must not wait until the lease is over
            self._context.store.let_go(self._lease.partition("/")[0])
            self._held = False
        while (wait_s := self._wait_s()) <= 0:
            self._context.precedence.give_way()  # open screens are the fastest way to a person
            taken = deliver(self._context, self._senders, self._lease, self._hand)
            for channel in self._channels.values():
                channel.begin()
            if not taken:
                break  # what is due is held by somebody else
            if taken < BATCH:
                self._context.precedence.rest()
        return min(max(wait_s, 0.02), SWEEP_S)  # not below 20 ms: what another server is just taking is due until it has it
