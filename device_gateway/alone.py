"""The house alone: when no server has committed a press in time, what the local table names is lit, until the server's own orders count again.

It ends nothing and judges nothing. A lamp that was lit here stays lit until the server has the press and has then been asked for its orders
once more: from that answer on it shows what the server wants, and nothing else.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile

from server.core.signals import RAISING, Kind, Signal

from device_gateway.devices import Device
from device_gateway.local_table import NONE, LocalTable
from device_gateway.log import ProgramLog
from device_gateway.outputs import LOCAL, Outputs, local_words

LOOK_EVERY_S = 0.2
HAND_OVER_S = 6.0  # an order whose first answer was lost is given again after 5 s
ASKED_APART_S = 5.0  # one and the same arming, as two tables have it
TOLD_MAX = 30  # presses that the server has taken, and that the local page still shows


@dataclass(slots=True)
class Press:
    """One press as this gateway knows it. `armed`: test or drill where it was announced; `lit`: what has been lit for it here."""

    signal: Signal
    heard_s: float
    armed: str = ""
    lit: tuple[str, ...] | None = None
    received_at: datetime | None = None

    @property
    def key(self) -> str:
        return LOCAL + self.signal.id + ("/drill" if self.armed == "drill" else "")


class Alone:
    """`answered_s()`: when the newest question for orders was asked that the server has answered. `changed()`: something is lit
    or dark that should outlive a restart. Safe from any thread."""

    def __init__(
        self, devices: Callable[[], Mapping[str, Device]], outputs: Outputs, answered_s: Callable[[], float], log: ProgramLog, changed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.table: LocalTable = NONE
        self._asked_s = 0.0
        self._devices = devices
        self._outputs = outputs
        self._answered_s = answered_s
        self._log = log
        self._changed = changed
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, Press] = {}
        self._dark: dict[str, Press] = {}  # of those: what has not been lit yet
        self._told: deque[Press] = deque(maxlen=TOLD_MAX)
        self._handing: dict[str, float] = {}  # key -> when the server's receipt came
        self._used: dict[str, float] = {}  # device -> until when its armed press would have been good: it has been made
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alone", daemon=True)

    def start(self, left: Iterable[Signal] = ()) -> None:
        """`left`: what an earlier run had heard and no server has. What that run had lit for others is handed over."""
        for signal in left:
            self.hear(signal)
        known = {press.key for press in self._waiting.values()}
        self._handing = {key: self._clock() for key in self._outputs.local() - known}
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def take(self, table: LocalTable, asked_s: float | None = None) -> None:
        """`asked_s`: when it was asked for; None for one from the disk, by which nothing is armed any more."""
        with self._lock:
            self.table, self._asked_s = table, -1e9 if asked_s is None else asked_s

    def hear(self, signal: Signal) -> None:
        """A signal that is on its way to the server. A duress press leaves no trace here: whoever threatens may see what is lit."""
        if signal.kind not in RAISING or signal.kind is Kind.DURESS or signal.retained:
            return
        with self._lock:
            if signal.id not in self._waiting:
                press = Press(signal, self._clock(), self._armed(signal))
                self._waiting[signal.id] = self._dark[signal.id] = press
                self._handing.pop(press.key, None)

    def received(self, signal: Signal, alarm_id: object) -> None:
        """A server has committed it."""
        with self._lock:
            press = self._waiting.pop(signal.id, None)
            self._dark.pop(signal.id, None)
            if press is None:
                return
            press.received_at = datetime.now(UTC)
            if press.lit is None:
                return
            self._told.append(press)
            self._handing[press.key] = self._clock()
        if isinstance(alarm_id, str):
            self._outputs.counts_as(press.key, alarm_id)

    def look(self) -> bool:
        """Lights what is due and hands over what the server has. True when something was told."""
        now_s = self._clock()
        with self._lock:
            due = [press for press in self._old_enough(now_s) if now_s >= press.heard_s + self.table.wait_s.get(press.signal.kind, float("inf"))]
            answered_s = self._answered_s()
            over = [key for key, received_s in self._handing.items() if answered_s > received_s + HAND_OVER_S]
        for press in due:
            if self._light(press):
                with self._lock:
                    self._dark.pop(press.signal.id, None)
        for key in over:
            if self._outputs.let_go(key, self._devices()):
                with self._lock:
                    self._handing.pop(key, None)
        return bool(due or over)

    def _old_enough(self, now_s: float) -> Iterator[Press]:
        """Those in the dark that may be due: they stand in the order in which they were heard."""
        soonest_s = min(self.table.wait_s.values(), default=float("inf"))
        return takewhile(lambda press: now_s >= press.heard_s + soonest_s, self._dark.values())

    def handing(self) -> bool:
        """Whether something is lit that the server has not spoken of yet, also where it has not committed the press: it may the next moment, and a question
        that was asked just before would be kept open for long."""
        with self._lock:
            return bool(self._handing) or any(press.lit for press in self._waiting.values())

    def presses(self) -> list[Press]:
        """Those that no server has, and the last that were lit for until it had them; newest first."""
        with self._lock:
            late_s = self._clock() - min(self.table.wait_s.values(), default=0.0)
            found = [*self._told, *(one for one in self._waiting.values() if one.lit is not None or one.heard_s <= late_s)]
        return sorted(found, key=lambda press: press.signal.heard_at, reverse=True)

    def _light(self, press: Press) -> bool:
        """False: the broker is away, or has not taken it; tried again at the next look."""
        devices, outcomes, lit = self._devices(), [], []
        for output_id in self._outputs_of(press):
            device = devices.get(output_id)
            if device is not None:
                outcomes.append(self._outputs.tell(device, local_words(press.signal.id, press.armed == "drill"), sure=False))
                lit += [output_id] if outcomes[-1] == "accepted" else []
        if press.lit is None:
            self._log.trouble("house_alone", "no_commit", outputs=len(outcomes), device=press.signal.device_id)
        press.lit = tuple(lit)
        return "retry" not in outcomes

    def _outputs_of(self, press: Press) -> tuple[str, ...]:
        signal, row = press.signal, self.table.rows.get(press.signal.device_id or "")
        if press.armed == "test":
            return ()
        if row is None:
            return () if press.armed else self.table.strangers.get(signal.office_id, ())
        return row.drill if press.armed else row.real

    def _armed(self, signal: Signal) -> str:
        """Test or drill, for the first press of a device that was armed by name; beside something real a drill is none."""
        purpose, left_s = self.table.armed.get(signal.device_id or "", ("", 0.0))
        until_s = self._asked_s + left_s
        if not purpose or not signal.verified or self._clock() >= until_s or until_s <= self._used.get(signal.device_id or "", 0.0) + ASKED_APART_S:
            return ""
        self._used[signal.device_id or ""] = until_s
        real = self._outputs.lit_for_real() or any(not press.armed for press in self._waiting.values())
        return "" if purpose == "drill" and real else purpose

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                if self.look():
                    self._changed()
            except Exception as error:  # ours: the next press must still be shown
                self._log.trouble("alone_fault", type(error).__name__)
