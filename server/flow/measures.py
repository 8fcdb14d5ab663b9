"""What the doors tell whoever counts: numbers and stable words, never who. This one counts nothing; `server.watching.metrics` does."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime


class Measures:
    """Called after the fact, on the alarm path's own threads: must return at once and never raise."""

    def taken_in(self, outcome: str, drill: bool, heard_at: datetime) -> None:
        """A signal that may raise has been committed. `outcome` as in a receipt; `heard_at` by the gateway's clock."""

    def answered(self, waited_s: Iterable[float]) -> None:
        """Requests have been answered, so long after they stood in line: the commit included."""

    def deadline(self, late_s: float, drill: bool) -> None:
        """A deadline has been delivered and committed, so late."""

    def tried(self, channel: str, result: str, drill: bool, late_s: float) -> None:
        """A sender has tried an order, so long after the order was due."""

    def device_told(self, outcome: str) -> None:
        """What a gateway reports of an order to a light or sounder."""

    def unreached(self, drill: bool) -> None:
        """Every channel to one recipient has been tried in vain."""

    def receipt(self, channel: str, drill: bool, waited_s: float) -> None:
        """A phone has what was sent to it, so long after somebody was to be told. A repeated receipt counts again."""

    def proved(self, office_id: str, broken: str, chain_ms: int | None, drawn_ms: Collection[int]) -> None:
        """A run of the daily proof has ended. `broken`: nothing where all held. `drawn_ms`: of each screen that answered."""

    def drawn(self, waited_s: float) -> None:
        """A screen's receipt has come, so long after the frame was sent."""
