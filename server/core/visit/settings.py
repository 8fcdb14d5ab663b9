"""The numbers of a visit by how risky it is: an office may set each. They are frozen into the visit when it is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from server.core.values import frozen, replace

MINUTE_S = 60


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    STOP = "stop"


RISKS = tuple(Risk)
"""From the mildest to the gravest."""


@frozen
class Times:
    """How one visit is watched, in seconds. The ladder counts from the missed deadline: first the worker alone, then the contact
    person calls, then the leader, then the alarm. A rung at 0 skips those before it."""

    interval_s: int = 30 * MINUTE_S
    """Between check-ins."""

    longest_s: int = 120 * MINUTE_S
    """From start to planned end."""

    extend_max_s: int = 120 * MINUTE_S
    """All extensions together; beyond it a new plan is a better answer."""

    contact_after_s: int = 5 * MINUTE_S
    leader_after_s: int = 10 * MINUTE_S
    alarm_after_s: int = 15 * MINUTE_S

    uncovered_max_s: int = 120 * MINUTE_S
    """The longest *no coverage until*."""

    notices_s: tuple[int, ...] = (10 * MINUTE_S, 5 * MINUTE_S)
    """How long before each deadline the worker is reminded."""

    pin_at_end: bool = False
    """Checking out asks for the PIN, so that somebody who holds the phone cannot do it."""


HIGH = Times(interval_s=15 * MINUTE_S, extend_max_s=30 * MINUTE_S, contact_after_s=0, leader_after_s=2 * MINUTE_S, alarm_after_s=5 * MINUTE_S,
             uncovered_max_s=30 * MINUTE_S, pin_at_end=True)  # fmt: skip

DEFAULTS: Mapping[Risk, Times] = {
    Risk.LOW: Times(),
    Risk.MEDIUM: Times(extend_max_s=60 * MINUTE_S, contact_after_s=3 * MINUTE_S, leader_after_s=6 * MINUTE_S, alarm_after_s=10 * MINUTE_S,
                       uncovered_max_s=60 * MINUTE_S),
    Risk.HIGH: HIGH,
    Risk.STOP: replace(HIGH, extend_max_s=15 * MINUTE_S, leader_after_s=0, alarm_after_s=2 * MINUTE_S, uncovered_max_s=15 * MINUTE_S),
}  # fmt: skip


@frozen
class VisitSettings:
    """What an office has set: numbers that replace the defaults, by risk and by kind of visit."""

    by_risk: Mapping[Risk, Mapping[str, object]] = field(default_factory=dict)
    by_type: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    late_start_s: int = 15 * MINUTE_S
    """A planned visit that has not been started by then: the worker is asked."""

    not_started_s: int = 30 * MINUTE_S
    """And by then the contact person: somebody may have gone without pressing start."""

    heard_late_s: int = 15 * MINUTE_S
    """A check-in after the planned end gives this long: a proof of life is never refused."""

    notice_min_s: int = 2 * MINUTE_S
    """However late the server notices (it was down), phones get this long to bring what they have kept, before the alarm."""

    recheck_s: int = 60
    """How often an overdue visit makes sure that its alarm is still open."""

    keep_s: int = 24 * 3600
    """Place and position are deleted this long after the end, unless there was an alarm."""

    def times(self, risk: Risk, type_id: str, interval_s: int, longest_s: int, shorter: bool) -> Times:
        """The numbers for one visit. `interval_s`, `longest_s`: what its kind has by itself; `shorter`: the level asks for half the interval.

        Of the chase, the stricter of level and kind holds: no kind of visit makes a dangerous one less watched.
        """
        level, kind = self.by_risk.get(risk, {}), self.by_type.get(type_id, {})
        times = replace(DEFAULTS[risk], **{"longest_s": longest_s, **level})
        interval = int(kind.get("interval_s", interval_s)) // (2 if shorter else 1)  # type: ignore[call-overload]
        strict = {name: min(value, getattr(times, name)) for name, value in kind.items() if name in CHASE}  # type: ignore[type-var]
        return replace(
            times, **{
                **{name: value for name, value in kind.items() if name not in CHASE}, **strict,
                "interval_s": min(interval, level.get("interval_s", interval)), "pin_at_end": times.pin_at_end or bool(kind.get("pin_at_end")),
            },
        )  # type: ignore[arg-type, type-var]  # fmt: skip


CHASE = frozenset({"contact_after_s", "leader_after_s", "alarm_after_s", "extend_max_s", "uncovered_max_s"})

DEFAULT = VisitSettings()
