"""The seal of what was sent in a drill: who was reached, and when, is told by the orders, which are in no chain. So when the drill has settled its log takes a
digest of them as they stand, and its report is measured from that and checked against it for ever after. Pure.

What comes later (an SMS that is reported an hour after, a lamp that was void) changes neither: an order's tries only grow, and the seal knows how many
there were.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from server.core.log import Entry
from server.core.orders import Order, Say, Status
from server.core.values import replace, to_sorted_json

SEALED = "sealed"
"""The word of the drill's log, once for each of its alarms."""
MEASURED = frozenset({Say.ALARM, Say.CHANGED})
"""What is measured of: none of these is made after the alarm has ended."""

Seal = Mapping[str, Any]
"""`digest`: of the orders as they stood. `stood`: for each order, by id, how many tries it had, its status and its reason."""


def sealed(orders: Iterable[Order]) -> Seal:
    """The seal of one alarm's orders, as data of a log's entry. Names nobody."""
    these = _measured(orders)
    return {"digest": _digest(these), "stood": [[len(one.tries), one.status, one.reason] for one in these]}


def seals_of(entries: Iterable[Entry]) -> dict[str, Seal]:
    """By alarm, from the drill's own log. An entry whose data has been deleted seals nothing any more."""
    found = (json.loads(one.data) for one in entries if one.what == SEALED and one.data)
    return {one["alarm"]: one for one in found}


def as_sealed(orders: Iterable[Order], seal: Seal | None) -> list[Order]:
    """The orders as they stood when they were sealed; as they are where they were not, or where there are others now."""
    every = list(orders)
    these = _measured(every)
    if seal is None or len(these) != len(seal["stood"]):
        return every
    return [replace(one, tries=one.tries[:tries], status=Status(status), reason=reason) for one, (tries, status, reason) in zip(these, seal["stood"])]


def holds(orders: Iterable[Order], seal: Seal) -> bool:
    return _digest(_measured(as_sealed(orders, seal))) == seal["digest"]


def _measured(orders: Iterable[Order]) -> list[Order]:
    return sorted((one for one in orders if one.say in MEASURED), key=lambda one: one.id)


def _digest(orders: Iterable[Order]) -> str:
    rows = [
        [one.id, one.recipient, one.say, one.made_at.isoformat(), one.status, one.reason, [[t.channel, t.word, t.at.isoformat()] for t in one.tries]]
        for one in orders
    ]
    return hashlib.sha256(to_sorted_json(rows)).hexdigest()
