"""The one door for signals: a list in, one transaction, a receipt for each. A press is never refused and never lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from server.core import events as e
from server.core.alarm import Refused, Step, open_alarm, take
from server.core.drill.marks import mark_of
from server.core.drills import concerned, openly_real, reaching, touched
from server.core.directory import Custody, DeviceKind, Directory
from server.core.log import Entry
from server.core.model import Alarm, Drill
from server.core.orders import Order
from server.core.signals import QUIET, Doubt, Kind, Signal
from server.core.visit.model import Visit, carried
from server.core.triage import Join, Note, Open, Origin, as_press, meant_by_arming, origin_of, place_of, plan_of, triage
from server.core.values import frozen, replace
from server.flow import proofs
from server.flow.context import TRIES, Context, ring, streams_of, written
from server.store.contract import Alone, Armed, Change, Conflict, Known, Overlay, SignalKept, StoreDown

BATCH = 200
TRIES_TOGETHER = 3
"""Of a batch. Behind an outage two servers have hundreds of presses of the same buttons each, and one of them loses nearly every time."""
LATE = timedelta(seconds=10)
"""A press that was heard longer ago may be of somebody who has handed the alarm back since."""

OfficesOf = Callable[[Alarm, Directory], Collection[str]]
"""Which offices a real alarm is of, for a question."""
NOTHING = Known({}, {}, ())

journal = logging.getLogger("varde.intake")


@frozen
class Receipt:
    """What became of a signal. `outcome`: opened, joined, noted, repeated, test, or failed (`retry` says: send it again)."""

    signal_id: str
    outcome: str
    alarm_id: str | None = None
    retry: bool = False


def intake(context: Context, signals: Sequence[Signal]) -> list[Receipt]:
    """Takes signals in, in order; at most BATCH in one transaction. A batch that fails is halved, so that one bad signal delays nobody.

    A batch that loses its race too often is halved too: the fewer alarms it touches, the fewer others it meets. A single signal that still does opens its own
    alarm: two alarms are a nuisance, none is a death.
    """
    receipts: list[Receipt] = []
    for start in range(0, len(signals), BATCH):
        receipts += _take_in(context, signals[start : start + BATCH])
    return receipts


def _take_in(context: Context, signals: Sequence[Signal]) -> list[Receipt]:
    try:
        tries = TRIES if len(signals) == 1 else TRIES_TOGETHER
        for attempt in range(tries):
            try:
                return _one_transaction(context, signals, own_alarm=len(signals) == 1 and attempt == tries - 1)
            except Conflict:
                continue
        raise Conflict("lost every race")
    except StoreDown as error:  # no signal's fault: halving would only ask two hundred times a store that does not answer
        journal.error("store_down", extra={"signals": len(signals), "error": str(error)})
        return [Receipt(signal.id, "failed", retry=True) for signal in signals]
    except Exception as error:
        if len(signals) > 1:
            middle = len(signals) // 2
            return _take_in(context, signals[:middle]) + _take_in(context, signals[middle:])
        return [_last_resort(context, signals[0], error)]


def _last_resort(context: Context, signal: Signal, first: Exception) -> Receipt:
    """The alarm that it would have joined may be what cannot be decided: then the signal opens its own."""
    try:
        [receipt] = _one_transaction(context, [signal], own_alarm=True)
        journal.error("joined_nothing", extra={"signal": signal.id, "error": type(first).__name__})
        return receipt
    except Exception as error:
        journal.exception("signal_failed", extra={"signal": signal.id, "error": type(error).__name__})
        context.measures.taken_in("failed", False, signal.heard_at)
        return Receipt(signal.id, "failed", retry=True)


def with_signals(
    context: Context, change: Change, signals: Sequence[Signal], own_alarm: bool = False, marks: Mapping[str, Drill] | None = None
) -> Change:
    """A door's own change and what its signals come to, as one: a missed check-in and its alarm are saved together or not at all.

    Where the alarm that they would join cannot be decided, they open their own. `marks`: the drill that a signal is part of, by its id.
    """
    context.precedence.press()
    marks = marks or {}
    try:
        taken = _decided(context, signals, own_alarm, marks)
    except Conflict:
        raise
    except Exception as error:
        journal.error("joined_nothing", extra={"signal": signals[0].id, "error": type(error).__name__})
        taken = _decided(context, signals, own_alarm=True, marks=marks)
    if taken is None:
        return change
    return replace(
        taken, at=change.at, alarms=[*change.alarms, *taken.alarms], entries=[*change.entries, *taken.entries], orders=[*change.orders, *taken.orders],
        actions=change.actions, streams=[*change.streams, *taken.streams], visits=change.visits, drills=change.drills, parts=change.parts,
    )  # fmt: skip


def _decided(context: Context, signals: Sequence[Signal], own_alarm: bool, marks: Mapping[str, Drill]) -> Change | None:
    batch = _Batch(context, signals, own_alarm, marks)
    receipts = [batch.receive(signal) for signal in signals]
    batch.measure(receipts)
    return batch.change()


def _one_transaction(context: Context, signals: Sequence[Signal], own_alarm: bool) -> list[Receipt]:
    batch = _Batch(context, signals, own_alarm)
    receipts = [batch.receive(signal) for signal in signals]
    change = batch.change()
    if change is not None:
        context.store.commit(change)
        ring(context, change)
    batch.measure(receipts)
    if batch.proofs:
        proofs.came_back(context, batch.proofs)
    if batch.tested:
        context.store.set_tested(batch.tested, batch.now)
        context.bell.ring(*(("duty",) if batch.taken else ()), *(f"now:{office}" for office in sorted(batch.tested_offices)))
    return receipts


class _Batch:
    """One transaction being put together: what was loaded, and what has been decided so far."""

    def __init__(self, context: Context, signals: Sequence[Signal], own_alarm: bool, marks: Mapping[str, Drill] | None = None) -> None:
        self.context, self.signals, self.own_alarm, self.marks = context, signals, own_alarm, marks or {}
        self.now: datetime = context.now()
        self.directory: Directory = context.directory()
        loud = [signal for signal in signals if signal.kind not in QUIET]
        visits = self._visits(loud)
        self.origins = {id(signal): origin_of(self._of_whom(as_press(signal)), self.directory, visits.get(id(signal))) for signal in loud}
        self.digests = {id(signal): signal.digest() for signal in loud}
        known = self._known(loud, () if own_alarm else self.origins.values()) if loud else NOTHING
        self.known: dict[str, tuple[str, str, str | None]] = {
            kept.signal.id: (kept.digest, kept.outcome, kept.alarm_id) for kept in known.signals.values()
        }
        self.armed = known.armed
        self.overlay = Overlay()
        self.overlay.load(known.alarms)
        self.kept: list[SignalKept] = []
        self.entries: list[Entry] = []
        self.orders: list[Order] = []
        self.disarmed: list[str] = []
        self.tested: list[str] = []
        self.tested_offices: set[str] = set()
        self.taken: list[Custody] = []
        self.proofs: list[Signal] = []
        self.alone: list[tuple[str, tuple[str, str] | None]] = []
        """Whose alarm was opened because they had none, and in which zone."""

    def _known(self, signals: Sequence[Signal], origins: Collection[Origin]) -> Known:
        """`origins`: of those that may join an alarm."""
        ids = [name for signal in signals for name in (signal.id, self._other_id(signal))]
        devices = [signal.device_id for signal in signals if signal.device_id]
        zones = {(o.office_id, o.zone_id) for o in origins if o.zone_id and _joins(o, self.directory)}
        return self.context.store.known(self.now, ids, devices, {o.presser for o in origins}, zones)

    def _visits(self, signals: Sequence[Signal]) -> dict[int, Visit]:
        """The visit that each signal comes from, by the person or the portable alarm. Fixed buttons are not looked up."""
        wanted = {id(signal): names for signal in signals if (names := self._out_as(signal))}
        if not wanted:
            return {}
        out: dict[str, Visit] = {}
        for visit in self.context.store.open_visits({name for names in wanted.values() for name in names}):
            if visit.started_at is not None:
                out.update({name: visit for name in (*visit.people, carried(visit.device_id))})
        return {key: out[name] for key, names in wanted.items() for name in reversed(names) if name in out}

    def _of_whom(self, signal: Signal) -> Signal:
        """A press that comes late from a portable alarm belongs to whoever had it when it was heard."""
        device = self.directory.devices.get(signal.device_id or "")
        if device is None or device.kind is not DeviceKind.PORTABLE or signal.person_id is not None or self.now - signal.heard_at < LATE:
            return signal
        return replace(signal, person_id=self.context.store.custodian(device.id, signal.heard_at))

    def _out_as(self, signal: Signal) -> tuple[str, ...]:
        device = self.directory.devices.get(signal.device_id or "")
        if device is not None and device.kind is DeviceKind.PORTABLE:
            return (carried(device.id), *((device.holder_id,) if device.holder_id else ()))
        return (signal.person_id,) if signal.person_id and device is None else ()

    def receive(self, signal: Signal) -> Receipt:
        if signal.kind is Kind.PROOF:
            self.proofs.append(signal)
            return Receipt(signal.id, "test")
        if signal.kind in QUIET:
            return Receipt(signal.id, "noted")
        origin = self.origins[id(signal)]
        digest = self.digests[id(signal)]
        if known := self.known.get(signal.id):
            if known[0] == digest:
                return Receipt(signal.id, "repeated", known[2])
            other = self._other_id(signal)
            if other in self.known:
                return Receipt(signal.id, "repeated", self.known[other][2])
            # the same id with other content is a new signal: somebody replays, or a counter went wrong
            doubtful = replace(origin.signal, id=other, verified=False, doubt=origin.signal.doubt or Doubt.REPLAYED)
            origin = replace(origin, signal=doubtful)
        outcome, alarm_id = self._decide(origin)
        self.known[origin.signal.id] = (digest, outcome, alarm_id)
        self.kept.append(SignalKept(origin.signal, digest, outcome, alarm_id, self.now))
        return Receipt(signal.id, outcome, alarm_id)

    def _other_id(self, signal: Signal) -> str:
        """Under which a second signal that came with the same id is kept."""
        return f"{signal.id}~{self.digests[id(signal)]}"

    def _decide(self, origin: Origin) -> tuple[str, str | None]:
        signal = origin.signal
        armed = self.armed.get(signal.device_id or "") if signal.device_id not in self.disarmed else None
        if armed is not None and not meant_by_arming(signal, self.now, armed.until, self.directory.limits):
            armed = None
        zone_id = origin.zone_id if _joins(origin, self.directory) else None
        if mark := self.marks.get(signal.id):
            armed = None  # a virtual press: nothing that was armed has been touched
        drill = mark or self._drill(origin, armed)
        test = armed is not None and (armed.purpose == "test" or self._takes(armed))
        if test and self._beside_real(origin.office_id, touched):
            self._used(origin)  # whoever presses now may need help, and *received* would be all that came of it
            test = False
        match triage(origin, self.overlay.of(origin.presser, origin.office_id, zone_id), self.directory, test, drill):
            case Note(reason):
                if reason == "test":
                    self._used(origin)
                    if armed is not None and armed.purpose == "take":
                        self.taken.append(Custody(armed.device_id, armed.by, self.now))
                    return "test", None
                return "noted", None
            case Join(alarm):
                step = self._join(alarm, origin)
                if isinstance(step, Step):
                    self._keep(alarm, step)
                    return "noted" if signal.kind is Kind.CALL_OFF else "joined", alarm.id
                if signal.kind is Kind.CALL_OFF:
                    return "noted", alarm.id
            case Open():
                pass
        step = self._open(origin, drill)
        self._keep(None, step)
        if not self.own_alarm:
            self.alone.append((origin.presser, (origin.office_id, zone_id) if zone_id else None))
        return "opened", step.alarm.id

    def _join(self, alarm: Alarm, origin: Origin) -> Step | Refused:
        if origin.signal.kind is Kind.CALL_OFF:
            return take(alarm, e.TakenBack(origin.raiser_id, origin.signal), self.now, self.directory)
        plan, situation = plan_of(origin, self.directory)
        return take(alarm, e.Pressed(origin.signal, plan, situation), self.now, self.directory)

    def _drill(self, origin: Origin, armed: Armed | None) -> Drill | None:
        """The first press of a device that was armed for a drill is one, but never beside a real alarm in the house. Duress is real, and so
        is what anybody may have sent."""
        signal = origin.signal
        if armed is None or armed.purpose != "drill" or not signal.verified or signal.kind is Kind.DURESS:
            return None
        self._used(origin)
        if self._beside_real(origin.office_id, concerned):
            return None
        planned = next((one for one in self.context.store.running_drills() if origin.office_id in one.offices), None)
        if planned is not None:
            mark = mark_of(planned, origin.office_id, self.directory)
        else:
            left_out = self.context.store.left_out() - {armed.by}
            mark = Drill(f"{armed.device_id}@{int(armed.until.timestamp())}", "", armed.by, left_out=tuple(sorted(left_out)))
        return replace(mark, left_out=tuple(one for one in mark.left_out if one != origin.raiser_id))  # who presses is in it

    def _takes(self, armed: Armed) -> bool:
        """One from the shelf, pressed by whoever takes it. Where somebody has it meanwhile, or has just taken another one, the press is a press."""
        free = self.directory.devices[armed.device_id].holder_id is None
        return armed.purpose == "take" and free and all(armed.by != one.person_id for one in self.taken)

    def _beside_real(self, office_id: str, offices_of: OfficesOf) -> bool:
        """As `real_alarm_in`, also with one that came in this batch."""
        here = any(_is_real_in(alarm, office_id, self.directory, offices_of) for _, alarm in self.overlay.decided.values())
        return here or real_alarm_in(self.context, office_id, offices_of)

    def _used(self, origin: Origin) -> None:
        """The one press for which the device was armed: it has shown that it works."""
        assert origin.signal.device_id is not None
        self.disarmed.append(origin.signal.device_id)
        self.tested.append(origin.signal.device_id)
        self.tested_offices.add(origin.office_id)

    def _open(self, origin: Origin, drill: Drill | None) -> Step:
        plan, situation = plan_of(origin, self.directory)
        signal = origin.signal if origin.signal.office_id == origin.office_id else replace(origin.signal, office_id=origin.office_id)
        return open_alarm(
            self.context.new_id("a"), signal, origin.presser, origin.raiser_id, place_of(origin, self.directory), situation, plan, self.now,
            self.directory, drill, origin.visit,
        )

    def _keep(self, before: Alarm | None, step: Step) -> None:
        alarm, entries = written(self.context, before, step, self.now)
        self.overlay.decide(alarm, before.version if before else 0)
        self.entries += entries
        self.orders += step.orders

    def measure(self, receipts: Sequence[Receipt]) -> None:
        """Tells whoever counts what became of each signal that may raise."""
        drills = {alarm.id for _, alarm in self.overlay.decided.values() if alarm.drill is not None}
        for signal, receipt in zip(self.signals, receipts):
            if signal.kind not in QUIET:
                self.context.measures.taken_in(receipt.outcome, receipt.alarm_id in drills, signal.heard_at)

    def change(self) -> Change | None:
        if not self.kept:
            return None
        alarms = list(self.overlay.decided.values())
        streams = [stream for _, alarm in alarms for stream in streams_of(alarm, self.directory)]
        zones = {zone for _, zone in self.alone if zone is not None}
        alone = Alone({presser for presser, _ in self.alone}, zones, self.overlay.ids()) if self.alone else Alone()
        return Change(self.now, alarms, self.kept, self.entries, self.orders, (), streams, self.disarmed, alone=alone, taken=self.taken)


def real_alarm_in(context: Context, office_id: str, offices_of: OfficesOf) -> bool:
    """Whether a real alarm that everybody there may know of is open in the office: no press is a test where one touches it (`touched`), and no drill begins
    where one so much as concerns it (`concerned`)."""
    directory = context.directory()
    return any(_is_real_in(one, office_id, directory, offices_of) for one in context.store.open_reals(reaching([office_id], directory)))


def _is_real_in(alarm: Alarm, office_id: str, directory: Directory, offices_of: OfficesOf) -> bool:
    return openly_real(alarm) and office_id in offices_of(alarm, directory)


def _joins(origin: Origin, directory: Directory) -> bool:
    zone = directory.zone(origin.office_id, origin.zone_id)
    return zone is not None and zone.joins_presses
