"""Buttons, the radio between them and the gateway, and the gateway: it writes down what it hears and posts until there is a receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.core.signals import Doubt, Kind, Signal
from server.core.values import replace
from server.flow.intake import Receipt, intake
from tests.flow.people import ELSEWHERE, OFFICE

if TYPE_CHECKING:
    from tests.sim.world import World

REPEAT_S = 1.5
BATCH = 40


class Button:
    """A device. A native one repeats each press until it has its `received`; a plain one says it once."""

    def __init__(self, world: World, id: str, native: bool, office: str = OFFICE) -> None:
        self.world, self.id, self.native, self.office = world, id, native, office
        self.counter = 0
        self.boot = 1
        self.waiting: dict[str, Signal] = {}

    def press(self, kind: Kind = Kind.PANIC) -> None:
        """One movement of the thumb, with its own id."""
        random = self.world.random
        if random.random() < 0.03:
            self.boot, self.counter = self.boot + 1, 0
        self.counter += 1
        doubt = random.choice([Doubt.UNSIGNED, Doubt.BAD_SIGNATURE, Doubt.REPLAYED]) if random.random() < 0.08 else None
        signal = Signal(
            f"{self.id}-{self.boot}-{self.counter}", kind, self.office, self.world.now(), self.id, pressed_at=self.world.now(),
            verified=doubt is None, doubt=doubt,
        )  # fmt: skip
        self.world.tell(f"{self.id} is pressed: {kind} {signal.id}")
        if self.native:
            self.waiting[signal.id] = signal
        self._transmit(signal)

    def _transmit(self, signal: Signal) -> None:
        world = self.world
        for _ in range(1 + world.happens(world.odds.radio_lost)):  # the radio repeats
            if not world.happens(world.odds.radio_lost):
                delay_s = world.random.choice([0.01, 0.05, 0.3, 4.0 if not world.healing else 0.1])
                world.after(delay_s, lambda: world.gateway.hear(signal, self))
        if signal.id in self.waiting:
            world.after(REPEAT_S, lambda: self._transmit(signal) if signal.id in self.waiting else None)

    def received(self, signal_id: str) -> None:
        self.waiting.pop(signal_id, None)


class Gateway:
    """Spools before it acknowledges, so what it has heard outlives everything. Posts batches to whichever server answers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.spool: dict[tuple[str, str], tuple[Signal, Button | None]] = {}
        self.heard_s: dict[tuple[str, str], float] = {}
        self.cut_until_s = 0.0
        self._posting = False

    def hear(self, signal: Signal, button: Button | None = None) -> None:
        world = self.world
        heard = replace(signal, heard_at=world.now())
        if world.happens(0.01):
            heard = replace(heard, retained=True, id=f"{heard.id}-retained")
        if world.happens(0.01) and not world.healing:
            self.keep(replace(heard, zone_id="kontor"), None)  # somebody replays the id with other content
        self.keep(heard, button)

    def keep(self, signal: Signal, button: Button | None) -> None:
        self.world.watch.heard(signal)
        key = (signal.id, signal.digest())
        if key not in self.spool:
            self.heard_s[key] = self.world.time_s
        self.spool.setdefault(key, (signal, button))
        self._post_soon(0.005)

    def _post_soon(self, delay_s: float) -> None:
        if not self._posting and self.spool:
            self._posting = True
            server = self.world.some_server()
            self.world.after(delay_s, lambda: self._post(server), server)

    def _post(self, server: object) -> None:
        world = self.world
        batch = list(self.spool.items())[:BATCH]
        if world.happens(0.05):
            world.random.shuffle(batch)
        receipts: list[Receipt] | None = None
        try:
            if world.time_s >= self.cut_until_s:
                signals = [replace(signal, waited_s=world.time_s - self.heard_s[key]) for key, (signal, _) in batch]
                receipts = server.open("intake", lambda: intake(server.context, signals))  # type: ignore[attr-defined]
        except Exception as error:
            if type(error).__name__ != "Lost":
                raise
        self._posting = False
        if receipts is not None and not world.happens(world.odds.line_lost):
            self._answered(batch, receipts)
        self._post_soon(0.01 if receipts else 0.5)

    def _answered(self, batch: list, receipts: list[Receipt]) -> None:  # type: ignore[type-arg]
        for (key, (_, button)), receipt in zip(batch, receipts, strict=True):
            assert receipt.signal_id == key[0], "receipts come in the order of the signals"
            if receipt.outcome == "failed":
                continue
            self.world.watch.receipted(key)
            self.spool.pop(key, None)
            if button and not self.world.happens(self.world.odds.radio_lost):
                self.world.after(0.05, lambda button=button, id=key[0]: button.received(id))  # type: ignore[misc]

    def heal(self) -> None:
        self.cut_until_s = 0.0
        self._post_soon(0.01)


def buttons(world: World) -> list[Button]:
    return [
        Button(world, "knapp", native=False),
        Button(world, "karis", native=True),
        Button(world, "eriks", native=True),
        Button(world, "pers", native=True, office=ELSEWHERE),
        Button(world, "nobody-knows-it", native=False),
    ]
