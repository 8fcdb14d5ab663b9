"""The report of a drill: times, shares, targets, who was not reached and why, against last time and against other offices. From measurements only."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from server.core.drill.exercise import Question
from server.core.drill.measure import Against, Measured, Reach, against
from server.core.drill.model import Evaluation, PlannedDrill
from server.core.values import frozen

OTHERS_LEAST = 5
"""Fewer offices than this could be told apart, by somebody who knows a few of them: then there is no comparison with them."""
COARSE_S, COARSE_FROM_S, COARSE_SHARE = 5, 10, 0.05
"""The median of a few offices is one office's own number. So it is told coarsely: in whole seconds, from ten on in fives, and in twentieths. Nobody
finds his neighbour's 37.2 seconds in it."""
CURVE_MOST = 600
"""Points of one curve; what comes later is in the last."""


@frozen
class Spread:
    """How long something took, over several people. Seconds; None where it came about for nobody. Percentiles by nearest rank."""

    count: int
    median_s: float | None
    p90_s: float | None
    slowest_s: float | None


@frozen
class Figures:
    """What is compared. Of several alarms the slowest counts. None: it never came about; `all_reached_s` also where anybody was not reached."""

    told: int
    reached: int
    first_reached_s: float | None
    all_reached_s: float | None
    first_coming_s: float | None
    first_there_s: float | None

    @property
    def share_reached(self) -> float | None:
        return self.reached / self.told if self.told else None


@frozen
class Curve:
    """One alarm by the second: how many had been reached, and had answered, when so many seconds had gone."""

    alarm_id: str
    told: int
    reached: tuple[tuple[float, int], ...]
    answered: tuple[tuple[float, int], ...]


@frozen
class Unreached:
    """`why`: no_channel (nothing was ever tried), failed (every channel said that it could not), no_receipt (sent, and nothing came back)."""

    alarm_id: str
    person_id: str
    why: str
    channels: tuple[str, ...]


@frozen
class ChannelUse:
    """Over all people: by this channel tried, proven to have reached, and given up."""

    channel: str
    tried: int
    reached: int
    failed: int


@frozen
class Answered:
    """One question over all who answered: `yes`/`no` or `1` to `5` counted, texts as they were written (without names)."""

    question: Question
    counts: tuple[tuple[str, int], ...] = ()
    texts: tuple[str, ...] = ()


@frozen
class DrillReport:
    drill: PlannedDrill
    measured: tuple[Measured, ...]
    figures: Figures
    reached: Spread
    coming: Spread
    curves: tuple[Curve, ...]
    targets: tuple[Against, ...]
    unreached: tuple[Unreached, ...]
    channels: tuple[ChannelUse, ...]
    dark: tuple[str, ...]
    """Lights and sounders that never took one of the alarms."""
    last: tuple[datetime, Figures] | None
    """The exercise of the same kind before this one in the same office: when it began, and how it went."""
    others: tuple[int, Figures] | None
    """How many other offices' newest exercises of the same kind, and their median."""
    answers: tuple[Answered, ...]
    answered: int


def report_of(
    drill: PlannedDrill, measured: Sequence[Measured], evaluations: Sequence[Evaluation], questions: Sequence[Question], now: datetime,
    last: tuple[datetime, Figures] | None = None, others: Sequence[Figures] = (),
) -> DrillReport:
    reaches = [one for each in measured for one in each.our_own]
    return DrillReport(
        drill, tuple(measured), figures_of(measured), spread(_seconds(measured, "reached_at")), spread(_seconds(measured, "coming_at")),
        tuple(_curve(one) for one in measured), tuple(against(drill, measured, now)), tuple(_unreached(reaches)), tuple(_channels(reaches, measured)),
        _dark(measured), last,
        (len(others), median_of(others)) if len(others) >= OTHERS_LEAST else None, tuple(_answered(evaluations, questions)), len(evaluations),
    )  # fmt: skip


def figures_of(measured: Sequence[Measured]) -> Figures:
    reaches = [one for each in measured for one in each.our_own]
    reached = sum(one.reached_at is not None for one in reaches)
    return Figures(
        len(reaches), reached, _slowest(measured, "reached_at", first=True), _slowest(measured, "reached_at", first=False),
        _slowest(measured, "coming_at", first=True), _slowest(measured, "there_at", first=True),
    )  # fmt: skip


def _slowest(measured: Sequence[Measured], name: str, first: bool) -> float | None:
    """Over the alarms, when the first (or the last) of their people had it, in the alarm where that took longest. None if in one it never was."""
    found: list[float] = []
    for one in measured:
        seconds = sorted(_of(one, name))
        if not seconds or (not first and len(seconds) < len(one.our_own)):
            return None
        found.append(seconds[0] if first else seconds[-1])
    return max(found, default=None)


def _of(one: Measured, name: str) -> list[float]:
    """Seconds from when the alarm was opened: a person who was told in a later step has waited as long as the one who pressed."""
    times = (getattr(reach, name) for reach in one.our_own)
    return [(at - one.alarm.opened_at).total_seconds() for at in times if at is not None]


def _seconds(measured: Iterable[Measured], name: str) -> list[float]:
    return [seconds for one in measured for seconds in _of(one, name)]


def spread(seconds: Sequence[float]) -> Spread:
    ordered = sorted(seconds)
    return Spread(len(ordered), rank(ordered, 0.5), rank(ordered, 0.9), ordered[-1] if ordered else None)


def rank(ordered: Sequence[float], share: float) -> float | None:
    """The nearest rank: the smallest value that at least this share does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def median_of(others: Sequence[Figures]) -> Figures:
    """Each number's median by itself. What never came about somewhere counts as slower than all: the median may then be None, never flattering."""

    def middle(name: str) -> float | None:
        found = rank(sorted(math.inf if (value := getattr(one, name)) is None else value for one in others), 0.5)
        if found is None or math.isinf(found):
            return None
        step = COARSE_S if found > COARSE_FROM_S else 1
        return float(step * math.ceil(found / step))

    shares = sorted(one.share_reached for one in others if one.share_reached is not None)
    share = COARSE_SHARE * round((rank(shares, 0.5) or 0.0) / COARSE_SHARE)
    return Figures(1000, round(share * 1000), middle("first_reached_s"), middle("all_reached_s"), middle("first_coming_s"), middle("first_there_s"))


def _curve(one: Measured) -> Curve:
    answered = sorted(_first_answers(one))
    return Curve(one.alarm.id, len(one.our_own), _steps(sorted(_of(one, "reached_at"))), _steps(answered))


def _first_answers(one: Measured) -> Iterable[float]:
    for reach in one.our_own:
        answers = [at for at in (reach.coming_at, reach.there_at, reach.cannot_at) if at is not None]
        if answers:
            yield (min(answers) - one.alarm.opened_at).total_seconds()


def _steps(seconds: Sequence[float]) -> tuple[tuple[float, int], ...]:
    return tuple((round(at, 3), count) for count, at in enumerate(seconds, 1))[-CURVE_MOST:]


def _unreached(reaches: Iterable[Reach]) -> Iterable[Unreached]:
    for one in reaches:
        if one.reached_at is not None:
            continue
        tried = [channel for channel in one.channels if channel.channel != "screen" and channel.tried_at is not None]
        why = "no_channel" if not tried else "failed" if all(channel.failed for channel in tried) else "no_receipt"
        yield Unreached(one.alarm_id, one.recipient, why, tuple(channel.channel for channel in tried))


def _dark(measured: Iterable[Measured]) -> tuple[str, ...]:
    return tuple(sorted({device for one in measured for device, taken in one.devices.items() if not taken}))


def _channels(reaches: Iterable[Reach], measured: Iterable[Measured]) -> Iterable[ChannelUse]:
    tried: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for one in reaches:
        for channel in one.channels:
            tried[channel.channel] += channel.tried_at is not None
            reached[channel.channel] += channel.reached_at is not None
            failed[channel.channel] += channel.failed
    for device_taken in (taken for one in measured for taken in one.devices.values()):
        tried["device"] += 1
        reached["device"] += device_taken
        failed["device"] += not device_taken
    return (ChannelUse(name, tried[name], reached[name], failed[name]) for name in sorted(tried))


def _answered(evaluations: Sequence[Evaluation], questions: Iterable[Question]) -> Iterable[Answered]:
    given: dict[str, list[str]] = {}
    for evaluation in sorted(evaluations, key=lambda one: one.at):
        for question_id, answer in evaluation.answers:
            given.setdefault(question_id, []).append(answer)
    for question in questions:
        said = given.get(question.id, [])
        if question.answer == "text":
            yield Answered(question, texts=tuple(sorted(said)))  # in no order that would tell whose they are
        else:
            yield Answered(question, counts=tuple(sorted(Counter(said).items())))
