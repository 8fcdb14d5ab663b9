"""Which presses are on their way to the server, and which of the broker's messages may be acknowledged: those that spool or server holds."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from server.core.signals import Signal

from device_gateway.spool import Entry


@dataclass(slots=True, eq=False)
class Token:
    """One message that the broker waits to have acknowledged. Its number is only good on the connection that it came by."""

    connection: int
    mid: int
    left: int = 0  # signals in it that nobody holds yet


@dataclass(slots=True)
class _Line:
    entry: Entry
    safe: bool = False
    tokens: list[Token] = field(default_factory=list)


class Holding:
    """All calls are short and safe from any thread."""

    def __init__(self, next_sequence: int = 1) -> None:
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}  # by signal id
        self._by_sequence: dict[int, _Line] = {}
        self._next = next_sequence

    def hear(self, signals: Sequence[Signal], token: Token | None) -> tuple[list[Entry], bool]:
        """The entries that are new, and whether the message may be acknowledged at once.

        A device repeats until it is answered: while its press waits, its copies add nothing to what is sent, and wait with it.
        """
        new = []
        with self._lock:
            for signal in signals:
                line = self._lines.get(signal.id)
                if line is None:
                    line = self._add(Entry(self._next, signal))
                    self._next += 1
                    new.append(line.entry)
                if token is not None and not line.safe:
                    token.left += 1
                    line.tokens.append(token)
            return new, token is not None and token.left == 0

    def restore(self, entries: Iterable[Entry]) -> None:
        """What the spool had kept from an earlier run."""
        with self._lock:
            for entry in entries:
                self._add(entry).safe = True
                self._next = max(self._next, entry.sequence + 1)

    def safe(self, sequences: Iterable[int]) -> list[Token]:
        """The spool holds these now. Gives what may be acknowledged."""
        with self._lock:
            return [token for sequence in sequences if (line := self._by_sequence.get(sequence)) for token in self._release(line)]

    def received(self, entries: Iterable[Entry]) -> list[Token]:
        """The server holds these now: they are forgotten here. Gives what may be acknowledged."""
        tokens = []
        with self._lock:
            for entry in entries:
                line = self._by_sequence.pop(entry.sequence, None)
                if line is not None:
                    if self._lines.get(entry.signal.id) is line:
                        del self._lines[entry.signal.id]
                    tokens += self._release(line)
        return tokens

    def _add(self, entry: Entry) -> _Line:
        line = _Line(entry)
        self._lines[entry.signal.id] = line
        self._by_sequence[entry.sequence] = line
        return line

    def _release(self, line: _Line) -> list[Token]:
        line.safe = True
        ready = []
        for token in line.tokens:
            token.left -= 1
            if token.left == 0:
                ready.append(token)
        line.tokens = []
        return ready
