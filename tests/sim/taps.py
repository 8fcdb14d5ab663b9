"""A tap in the simulated world: sent until it has been answered, whatever is lost or killed on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sim.world import World

RETRY_S = 1.0


def until_answered(world: World, door: str, call: Callable[..., object], then: Callable[[], None] = lambda: None) -> None:
    """Knocks at a door of some server; `then` once the answer has come back to the phone."""
    server = world.some_server()

    def send() -> None:
        try:
            if not world.happens(world.odds.line_lost):
                server.open(door, lambda: call(server.context))
                if not world.happens(world.odds.line_lost):
                    then()
                    return
        except Exception as error:
            if type(error).__name__ != "Lost":
                raise
        world.after(RETRY_S, lambda: until_answered(world, door, call, then))

    world.after(0.02, send, server)
