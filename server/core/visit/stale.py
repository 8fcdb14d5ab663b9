"""Whether a message about a visit must no longer go out: nobody is told to look for somebody who has been heard of."""

from __future__ import annotations

from server.core.orders import Order, Say
from server.core.visit.model import AlarmState, Visit, VisitState

WHILE: dict[Say, frozenset[VisitState]] = {
    Say.VISIT_NOTICE: frozenset({VisitState.OUT}),
    Say.VISIT_LATE: frozenset({VisitState.GRACE}),
    Say.VISIT_CALL: frozenset({VisitState.GRACE, VisitState.OVERDUE}),
    Say.VISIT_LEADER: frozenset({VisitState.GRACE, VisitState.OVERDUE}),
    Say.VISIT_RECALL: frozenset({VisitState.OUT, VisitState.GRACE, VisitState.OVERDUE}),
    Say.VISIT_ASKED: frozenset(VisitState) - {VisitState.HOME, VisitState.CANCELLED},
    Say.VISIT_APPROVE: frozenset({VisitState.PLANNED}),
    Say.VISIT_NOT_STARTED: frozenset({VisitState.PLANNED}),
    Say.VISIT_ALARM_LOST: frozenset({VisitState.OUT, VisitState.GRACE}),
    Say.VISIT_ALARM_OPENED: frozenset({VisitState.OUT, VisitState.GRACE}),
    Say.VISIT_ALARM_BACK: frozenset({VisitState.OUT, VisitState.GRACE}),
    Say.VISIT_STARTED: frozenset({VisitState.OUT, VisitState.GRACE}),
}
"""The states in which each message still means something. Those that are not named always do."""

ABOUT_THE_ALARM = {Say.VISIT_ALARM_LOST: AlarmState.LOST, Say.VISIT_ALARM_BACK: AlarmState.WELL}
"""That it has been opened is said also when it has been closed again."""

ANSWERED_BY_LIFE = frozenset({Say.VISIT_NOTICE, Say.VISIT_LATE, Say.VISIT_CALL, Say.VISIT_LEADER})


def stale(order: Order, visit: Visit) -> bool:
    """A notice is stale once its deadline has been moved by a proof of life; a call to look for somebody, once they were heard of.

    What those near the worker are sent follows what they believe: after a check-out under duress they are not asked to check in.
    """
    near = order.recipient in visit.people
    state = visit.feigned if near and visit.feigned is not None else visit.state
    if state not in WHILE.get(order.say, frozenset(VisitState)):
        return True
    if order.say in ABOUT_THE_ALARM and ABOUT_THE_ALARM[order.say] is not visit.alarm:
        return True
    heard_since = visit.heard is not None and visit.heard.at >= order.made_at and visit.state is VisitState.OUT
    return order.say in ANSWERED_BY_LIFE and heard_since
