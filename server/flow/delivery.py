"""The outbox door: lease, send, record. A crash in between means a second message, never none."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from server.core import events as e
from server.core.alarm import Step, take
from server.core.model import Alarm, Stage
from server.core.orders import Order, Result, Say, Status, Try, after_try, overtaken, skipping
from server.flow.context import TRIES, Context, ring, streams_of, written
from server.senders.contract import Outcome, Sender
from server.store.contract import Change, Conflict, OrderUpdate

LEASE_S = 15
"""Longer than the slowest sender's time-out twice over; after it another worker takes the order."""
BATCH = 500
SWEEP_S = 1.0
WORKERS = 8
LET_PASS_S = 0.02
"""After the bell, open screens go first: they are the fastest way to a person."""
QUEUE_S = 3.0
"""An order that has waited longer for a worker of its channel counts as tried: behind a hung vendor its next channel must not wait."""

journal = logging.getLogger("varde.delivery")


def deliver(context: Context, senders: Mapping[str, Sender], lease: str, pools: Mapping[str, ThreadPoolExecutor] | None = None) -> int:
    """Takes what is due, checks it against the alarm as it is now, sends, records. Gives how many were taken.

    With `pools`, each channel sends in its own workers, so that a hung vendor delays nobody; without, in this thread.
    """
    now = context.now()
    leased = context.store.lease(now, now + timedelta(seconds=LEASE_S), lease, BATCH)
    if not leased:
        return 0
    alarms = context.store.alarms({order.alarm_id for order in leased})
    at_once: list[OrderUpdate] = []
    for order in leased:
        alarm = alarms.get(order.alarm_id)
        if alarm is None:
            at_once.append(OrderUpdate(replace(order, status=Status.VOID, next_at=None, reason="no_alarm"), lease))
            continue
        if update := _without_sending(context, order, alarm, senders, lease):
            at_once.append(update)
            continue
        sender = senders[order.ladder[order.rung]]
        if pools is None:
            _send(context, sender, order, alarm, lease, now)
        else:
            pools[sender.channel].submit(_send, context, sender, order, alarm, lease, now)
    if at_once:
        context.store.record(at_once)
        _after_recording(context, [update.order for update in at_once], alarms)
    return len(leased)


def _without_sending(context: Context, order: Order, alarm: Alarm, senders: Mapping[str, Sender], lease: str) -> OrderUpdate | None:
    """What needs no sender: overtaken, already answered, no rung left, or a channel that this server does not have."""
    now, ladder_s = context.now(), context.directory().limits.ladder_s
    if overtaken(order, alarm):
        return OrderUpdate(replace(order, status=Status.VOID, next_at=None, reason="overtaken"), lease)
    held = alarm.assignment(order.recipient)
    if order.say is Say.ALARM and held and held.stage not in (Stage.ASKED, Stage.LAPSED) and held.since >= order.made_at:
        return OrderUpdate(replace(order, status=Status.SEEN, next_at=None), lease)
    skipped = skipping(order, senders, now, ladder_s)
    return None if skipped is order else OrderUpdate(skipped, lease)


def _send(context: Context, sender: Sender, order: Order, alarm: Alarm, lease: str, leased_at: datetime) -> None:
    waited_s = (context.now() - leased_at).total_seconds()
    try:
        outcome = sender.send(order, alarm) if waited_s < QUEUE_S else Outcome(Result.RETRY)
    except Exception as error:  # a sender that breaks its promise is a channel that is down
        journal.error("sender_failed", extra={"channel": sender.channel, "order": order.id, "error": type(error).__name__})
        outcome = Outcome(Result.RETRY)
    now, directory = context.now(), context.directory()
    context.measures.tried(sender.channel, outcome.result.value, order.drill, (now - (order.next_at or now)).total_seconds())
    has_screen = directory.present_somewhere(order.recipient)
    after = after_try(order, outcome.result, now, directory.limits.ladder_s, outcome.retry_after_s, has_screen)
    context.store.record([OrderUpdate(after, lease, Try(sender.channel, outcome.result.value, now))])
    _after_recording(context, [after], {alarm.id: alarm})
    context.bell.ring("orders")  # its next rung may be due before the sleeper wakes


def _after_recording(context: Context, recorded: list[Order], alarms: Mapping[str, Alarm]) -> None:
    """Failing to reach everyone in a step starts the next at once; screens learn who could not be reached."""
    for order in recorded:
        if order.status is Status.FAILED:
            context.measures.unreached(order.drill)
    failed = {order.alarm_id for order in recorded if order.status is Status.FAILED and order.alarm_id in alarms}
    for alarm_id in failed:
        _unreached(context, alarm_id)
    if failed:
        context.bell.ring(*{f"delivery:{alarm_id}" for alarm_id in failed})
    context.bell.ring("orders")


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
        after, entries = written(context, alarm, step, now)
        streams = streams_of(after, directory)
        try:
            context.store.commit(Change(now, [(alarm.version, after)], (), entries, step.orders, (), streams))
        except Conflict:
            continue
        ring(context, streams, step.orders)
        return


class Deliverer:
    """The thread that empties the outbox: wakes at the next rung, when the bell rings, and every second."""

    def __init__(self, context: Context, senders: Mapping[str, Sender], name: str) -> None:
        self._context, self._senders, self._lease = context, senders, name
        self._pools = {channel: ThreadPoolExecutor(WORKERS, f"send-{channel}") for channel in senders}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="deliverer", daemon=True)
        self._unlisten = context.bell.listen(lambda topics: self._wake.set() if "orders" in topics else None)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._unlisten()
        self._wake.set()
        self._thread.join(timeout=5)
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _wait_s(self) -> float:
        soonest = self._context.store.next_order_at()
        return (soonest - self._context.now()).total_seconds() if soonest else SWEEP_S

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                while (wait_s := self._wait_s()) <= 0:
                    if not deliver(self._context, self._senders, self._lease, self._pools):
                        break  # what is due is held by somebody else
            except Exception:
                journal.exception("delivery_failed")
                wait_s = 0.2
            # not below 20 ms: orders that other workers hold are due all the time
            if self._wake.wait(min(max(wait_s, 0.02), SWEEP_S)) and not self._stopping:
                time.sleep(LET_PASS_S)
