"""A portable alarm: a desk button that is carried. It notices falls and stillness, has a long press, and can call a press off."""

from __future__ import annotations

import random
from collections.abc import Callable

from firmware_sim.button import Action, Button
from firmware_sim.protocol import Identity

LONG_PRESS_S = 0.8  # long enough for a pocket, short enough for a fright
STILL_AFTER_S = 120.0
DRAIN_PERCENT_PER_DAY = 12.0


class Portable(Button):
    """Position goes with what is pressed, and at no other time."""

    def __init__(self, identity: Identity, boot: int, chance: random.Random, wall_clock: Callable[[], float] | None = None) -> None:
        super().__init__(identity, boot, chance, wall_clock)
        self.position: dict[str, float] | None = None
        self._pressed_at_s: float | None = None
        self._moved_at_s: float | None = None  # None: stillness is not watched
        self._drained_at_s: float | None = None

    def button_down(self, now_s: float) -> list[Action]:
        self._pressed_at_s = now_s
        return []

    def button_up(self, now_s: float) -> list[Action]:
        """Before the time it was the pocket. A press that is long enough has gone already: nobody must let go to be heard."""
        self._pressed_at_s = None
        return []

    def fell(self, now_s: float) -> list[Action]:
        return self.press(now_s, "fall", position=self.position)

    def moved(self, now_s: float) -> list[Action]:
        """Movement starts or restarts the watch for stillness."""
        self._moved_at_s = now_s
        return []

    def call_off(self, now_s: float) -> list[Action]:
        """Takes back the person's own press. The server decides what that is worth."""
        return self.press(now_s, "call_off")

    def tick(self, now_s: float) -> list[Action]:
        self._drain(now_s)
        actions = super().tick(now_s)
        if self._pressed_at_s is not None and now_s - self._pressed_at_s >= LONG_PRESS_S:
            self._pressed_at_s = None
            actions += self.press(now_s, "panic", position=self.position)
        if self._moved_at_s is not None and now_s - self._moved_at_s >= STILL_AFTER_S:
            self._moved_at_s = None  # once; movement arms it again
            actions += self.press(now_s, "no_motion", position=self.position)
        return actions

    def next_due_s(self) -> float:
        dues = [super().next_due_s()]
        if self._pressed_at_s is not None:
            dues.append(self._pressed_at_s + LONG_PRESS_S)
        if self._moved_at_s is not None:
            dues.append(self._moved_at_s + STILL_AFTER_S)
        return min(dues)

    def _drain(self, now_s: float) -> None:
        if self._drained_at_s is not None:
            self.battery = max(0.0, self.battery - DRAIN_PERCENT_PER_DAY * (now_s - self._drained_at_s) / 86400)
        self._drained_at_s = now_s
