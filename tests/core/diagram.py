"""Draws the alarm's table as text: what may happen in which state, and where it may lead. `python -m tests.core.diagram` prints it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from server.core.alarm import COLUMN, TABLE
from server.core.model import State

ARCHITECTURE = Path(__file__).resolve().parents[2] / "ARCHITECTURE.md"
OPENS, CLOSES = "<!-- states -->", "<!-- /states -->"

MOVES: dict[State, dict[State, str]] = {
    State.PENDING: {State.RAISED: "grace over, or a press", State.CANCELLED: "called off, with PIN", State.RESOLVED: "a drill that became real, or is over"},
    State.RAISED: {
        State.ACKNOWLEDGED: "somebody is coming or has it",
        State.ON_SCENE: "somebody is there",
        State.RESOLVED: "ended by another",
    },
    State.ACKNOWLEDGED: {
        State.RAISED: "the last promise lapsed or was taken back",
        State.ON_SCENE: "somebody is there",
        State.RESOLVED: "ended by another",
    },
    State.ON_SCENE: {
        State.RAISED: "nobody answered for 60 s, or everyone away",
        State.ACKNOWLEDGED: "the one who was there has left, others come",
        State.RESOLVED: "ended by another",
    },
    State.RESOLVED: {},
    State.CANCELLED: {},
}
"""Every move that there is, and why. The random walks of `test_table` find no other, and its short walks find all of these."""


def table() -> str:
    """One row per event; ✓ where the table has a rule, else the reason of the refusal."""
    lines = ["| event | " + " | ".join(State) + " |", "|---|" + "---|" * len(State)]
    for event, cells in TABLE.items():
        shown = (cell if isinstance(cell, str) else "✓" for cell in (cells[COLUMN[state]] for state in State))
        lines.append(f"| `{event.__name__}` | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def moves() -> str:
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> PENDING: fall, no motion", "    [*] --> RAISED: every press"]
    for state, leads_to in MOVES.items():
        lines += [f"    {state} --> {other}: {why}" for other, why in leads_to.items()]
    lines += [f"    {state} --> [*]" for state in _ends(MOVES)]
    return "\n".join([*lines, "```"])


def _ends(drawn: dict[State, dict[State, str]]) -> Iterable[State]:
    return (state for state, leads_to in drawn.items() if not leads_to)


def block() -> str:
    return f"{OPENS}\n{moves()}\n\n{table()}\n{CLOSES}"


if __name__ == "__main__":
    print(block())
