"""Values as rows and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from server.core.alarm import due
from server.core.log import Entry
from server.core.model import Alarm
from server.core.orders import Order, Say, Status, Try
from server.core.projection import Told
from server.store.codec import dump, from_us, instant, to_us
from server.store.contract import ActionKept, SignalKept, ended_at


def alarm_values(alarm: Alarm) -> dict[str, object]:
    return {
        "id": alarm.id, "version": alarm.version, "office_id": alarm.office_id, "zone_id": alarm.place.zone_id, "presser": alarm.presser,
        "state": alarm.state.value, "drill_id": alarm.drill.id if alarm.drill else None,
        "due_us": to_us(due(alarm)), "opened_us": to_us(alarm.opened_at), "ended_us": to_us(ended_at(alarm)),
        "body": dump(alarm),
    }  # fmt: skip


def signal_values(kept: SignalKept) -> dict[str, object]:
    return {
        "id": kept.signal.id, "digest": kept.digest, "kind": kept.signal.kind.value, "outcome": kept.outcome, "alarm_id": kept.alarm_id,
        "received_us": to_us(kept.received_at), "body": dump(kept.signal),
    }  # fmt: skip


def log_values(e: Entry) -> dict[str, object]:
    return {
        "alarm_id": e.alarm_id, "n": e.n, "at_us": to_us(e.at), "what": e.what, "by": e.by, "data": e.data, "salt": e.salt, "digest": e.digest,
        "hash": e.hash,
    }  # fmt: skip


def action_values(a: ActionKept) -> dict[str, object]:
    return {"id": a.id, "person_id": a.person_id, "alarm_id": a.alarm_id, "digest": a.digest, "at_us": to_us(a.at), "reason": a.reason}


ORDER_COLUMNS = (
    "id", "alarm_id", "office_id", "recipient", "say", "ladder", "drill", "step", "made_us", "next_us", "quiet", "count", "rung", "status",
    "channel", "reason", "device",
)  # fmt: skip


def order_row(o: Order) -> tuple[object, ...]:
    # words as plain strings: SQLite's driver is slow with their subclasses, and `value` is slow itself
    return (
        o.id, o.alarm_id, o.office_id, o.recipient, o.say._value_, ",".join(o.ladder), o.drill, o.step, to_us(o.made_at), to_us(o.next_at), o.quiet,
        o.count, o.rung, o.status._value_, o.channel, o.reason, o.recipient.startswith("device:"),
    )  # fmt: skip


ORDER_READ = (
    "id", "alarm_id", "office_id", "recipient", "say", "ladder", "drill", "step", "made_us", "next_us", "quiet", "count", "rung", "status", "channel",
    "reason", "tries",
)  # fmt: skip


def order_of(row: Sequence[Any]) -> Order:
    """From the columns of ORDER_READ."""
    one, alarm_id, office_id, recipient, say, ladder, drill, step, made_us, next_us, quiet, count, rung, status, channel, reason, tries = row
    return Order(
        one, alarm_id, office_id, recipient, Say(say), _rungs(ladder), bool(drill), step, instant(made_us), from_us(next_us), bool(quiet), count,
        rung, Status(status), channel, reason, tries_of(tries) if tries else (),
    )  # fmt: skip


@cache
def _rungs(ladder: str) -> tuple[str, ...]:
    return tuple(channel for channel in ladder.split(",") if channel)


def try_text(one: Try | None) -> str:
    return f"{one.channel} {one.word} {to_us(one.at)};" if one else ""


def tries_of(text: str) -> tuple[Try, ...]:
    words = (part.split(" ") for part in text.split(";") if part)
    return tuple(Try(channel, word, instant(int(us))) for channel, word, us in words)


def told_of(ranks: Counter[int], people: tuple[tuple[str, str, str | None], ...] = ()) -> Told:
    return Told(sum(ranks.values()), ranks[2] + ranks[3], ranks[3], ranks[0], people)
