"""The door for what comes back from the world: receipts of phones, and answers by SMS and by a key that is pressed."""

from __future__ import annotations

from server.core.model import Alarm
from server.core.orders import Order, Receipt
from server.core.tokens import alarm_of, order_of, token_for
from server.flow.context import Context

KEY = "answers"


def token(context: Context, order: Order, purpose: str) -> str:
    """The one-time token with which whoever gets this order answers for it on this channel."""
    return token_for(context.store.key(KEY), order.id, purpose)


def receipt(context: Context, given: str, channel: str, what: Receipt) -> Order | None:
    """A phone says that it has what was sent to it. Gives the order; None where the token is not ours: nothing is looked up for it, and
    nothing changes. The same again changes nothing."""
    order_id = _order_id(context, given, channel)
    return receipt_for(context, order_id, channel, what) if order_id else None


def receipt_for(context: Context, order_id: str, channel: str, what: Receipt) -> Order | None:
    now = context.now()
    order = context.store.receipt(order_id, what, channel, now)
    if order is not None:
        context.measures.receipt(channel, order.drill, (now - order.made_at).total_seconds())
        context.bell.ring("orders", f"delivery:{order.alarm_id}")
    return order


def _order_id(context: Context, given: str, channel: str) -> str | None:
    alarm_id = alarm_of(given)
    alarm = context.store.alarms([alarm_id]).get(alarm_id) if alarm_id else None
    if alarm is None:
        return None
    return order_of(context.store.key(KEY), given, channel, _recipients(context, alarm))


def _recipients(context: Context, alarm: Alarm) -> list[str]:
    """Those told first: they are the likely ones. Then everybody, for an owner or a presser is not among the told."""
    directory = context.directory()
    return list(dict.fromkeys((*alarm.told, *directory.people, *directory.contacts)))
