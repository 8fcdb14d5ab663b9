"""Randomness for ids and for the salts of the log, fetched from the kernel for many at once."""

from __future__ import annotations

import secrets
from collections import deque

TOGETHER = 256


class Randomness:
    """Sixteen random hex digits at each call. Each fetch lets another thread have the interpreter, and a press needs four."""

    def __init__(self) -> None:
        self._left: deque[str] = deque()

    def __call__(self) -> str:
        while True:
            try:
                return self._left.pop()  # nobody else gets the same
            except IndexError:
                digits = secrets.token_hex(8 * TOGETHER)
                self._left.extend(digits[start : start + 16] for start in range(0, len(digits), 16))


random_hex = Randomness()
