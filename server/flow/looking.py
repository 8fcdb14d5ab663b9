"""A thread of the server that looks for what there is to do: when the bell rings, at the time that it named itself, and soon again after a mistake."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from server.flow.bell import Bell

AGAIN_S = 0.2
"""So soon after a mistake: a database that was away is asked again."""

STOPPED_WITHIN_S = 5.0


class Looking:
    """`look` is called on the thread, and gives for how many seconds it may rest. It may raise: that is in the log as `<name>_failed`, and it is
    asked again after `again_s`. `wakes`: which topics of the bell wake it; `give_way`: called when it was woken, so that what is rung meanwhile is
    seen by the same look; `last`: done once before the thread ends."""

    def __init__(
        self, name: str, look: Callable[[], float], bell: Bell | None = None, wakes: Callable[[frozenset[str]], bool] | None = None,
        give_way: Callable[[], None] | None = None, last: Callable[[], None] | None = None, again_s: float = AGAIN_S,
    ) -> None:  # fmt: skip
        self._name, self._look, self._give_way, self._last, self._again_s = name, look, give_way, last, again_s
        self._journal = logging.getLogger(f"varde.{name}")
        self._woken = threading.Event()
        self.stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._unlisten = bell.listen(lambda topics: self.wake() if wakes(topics) else None) if bell and wakes else None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends it after what it is doing, and waits for that, but not for ever: what hangs ends with the process."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(timeout=STOPPED_WITHIN_S)

    def end(self) -> None:
        """Says that it is to stop, and returns at once."""
        self.stopping = True
        if self._unlisten:
            self._unlisten()
        self._woken.set()

    def wake(self) -> None:
        """From any thread; returns at once."""
        self._woken.set()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self.stopping:
            self._woken.clear()
            if self._woken.wait(self._looked()) and self._give_way and not self.stopping:
                self._give_way()
        if self._last:
            self._last()

    def _looked(self) -> float:
        try:
            return self._look()
        except Exception:
            self._journal.exception(f"{self._name}_failed")
            return self._again_s
