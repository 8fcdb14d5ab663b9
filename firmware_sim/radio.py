"""A bad radio with a seed: it loses, delays, repeats and so reorders what it carries. The same seed gives the same weather."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it is: chances from 0 to 1, delays in seconds."""

    lose: float = 0.0
    repeat: float = 0.0
    delay_min_s: float = 0.0
    delay_max_s: float = 0.0

    @property
    def clear(self) -> bool:
        return self == Weather()


class Radio:
    """Carries packets one way. It knows no clock: `carry` says after how many seconds each copy arrives."""

    def __init__(self, weather: Weather, seed: int) -> None:
        self.weather = weather
        self._chance = random.Random(seed)

    def carry(self) -> tuple[float, ...]:
        """One number for each copy that gets through; none when it is lost. Copies draw their own delay, so they may overtake."""
        if self.weather.clear:
            return (0.0,)
        if self._chance.random() < self.weather.lose:
            return ()
        copies = 1
        while copies < 5 and self._chance.random() < self.weather.repeat:
            copies += 1
        return tuple(self._chance.uniform(self.weather.delay_min_s, self.weather.delay_max_s) for _ in range(copies))
