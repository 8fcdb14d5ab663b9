"""The daily proof in the simulated world: the gateway's own heartbeats and its press that there is not, screens that answer, and what the desk says of it
while gateway, broker, line and servers come and go. Its chance is its own, so that it changes nothing of what a seed does to everybody else."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from server.core.signals import Kind, Signal
from server.flow import devices, proofs
from server.flow.context import Context
from server.flow.intake import intake
from tests.flow.people import OFFICE

if TYPE_CHECKING:
    from tests.sim.world import Server, World

BEAT_S, FETCH_S, LOOK_S = 10.0, 2.0, 5.0
SHOWN_WITHIN_S = 60.0
"""A broken chain is on the desk within this (P10)."""
GATEWAY = "g-1"


class Proving:
    """`whole`: whether the chain is whole, as only the simulation knows. `broken_since_s`: since when it has not been."""

    def __init__(self, world: World) -> None:
        self.world, self.random = world, random.Random(world.seed * 7 + 3)
        self.alive, self.broker, self.deaf = True, "ok", False
        self.broken_since_s: float | None = None
        self.jumped_at_s = float("-inf")
        for delay_s, what in ((0.1, self._beat), (1.0, self._fetch), (1.5, self._look)):
            world.after(delay_s, what)

    def happen(self, faults_s: float) -> None:
        for _ in range(self.random.randint(0, 3)):
            what = self.random.choice(["gateway", "broker", "screens"])
            from_s, for_s = self.random.uniform(0, faults_s), self.random.uniform(5, 150)
            self.world.after(from_s, lambda what=what: self._set(what, broken=True))  # type: ignore[misc]
            self.world.after(from_s + for_s, lambda what=what: self._set(what, broken=False))  # type: ignore[misc]

    def heal(self) -> None:
        for what in ("gateway", "broker", "screens"):
            self._set(what, broken=False)

    def clock_jumped(self) -> None:
        self.jumped_at_s = self.world.time_s

    # ---- what goes on

    def _set(self, what: str, broken: bool) -> None:
        broken = broken and not self.world.healing
        self.world.tell(f"the proof's {what}: {'broken' if broken else 'whole'}")
        self.alive, self.broker, self.deaf = (
            not broken if what == "gateway" else self.alive, ("down" if broken else "ok") if what == "broker" else self.broker,
            broken if what == "screens" else self.deaf,
        )  # fmt: skip

    @property
    def on_line(self) -> bool:
        return self.alive and self.world.time_s >= self.world.gateway.cut_until_s

    def _beat(self) -> None:
        if self.on_line:
            self._with(lambda context: devices.heartbeat(context, GATEWAY, (OFFICE,), self.broker, 0, []))
        self.world.after(BEAT_S, self._beat)

    def _fetch(self) -> None:
        if self.on_line:
            self._with(self._press)
        self.world.after(FETCH_S, self._fetch)

    def _press(self, context: Context) -> None:
        for given in proofs.fetch(context, GATEWAY, (OFFICE,)):
            if self.broker == "ok" and self.random.random() < 0.9:
                self.world.after(self.random.uniform(0.05, 3), lambda given=given: self._came_back(given["id"]))  # type: ignore[misc]

    def _came_back(self, proof_id: str) -> None:
        if not self.on_line:
            return
        self._with(lambda context: intake(context, [Signal(proof_id, Kind.PROOF, OFFICE, context.now())]))
        screens = self.random.choice([1, 4] if self.world.healing else [0, 1, 4])
        answers = [] if self.deaf else [self.random.randint(5, 900) for _ in range(screens)]
        self.world.after(4.0, lambda: self._with(lambda context: proofs.drawn(context, proof_id, screens, answers)))

    def _look(self) -> None:
        for server in self.world.servers:
            if server.up:
                self._with(lambda context: proofs.look(context, (OFFICE,)), server)
        self.world.after(LOOK_S, self._look)

    def _with(self, work: Callable[[Context], object], server: Server | None = None) -> None:
        """Through one server's door; a server that dies meanwhile has not answered."""
        server = server or self.random.choice([one for one in self.world.servers if one.up] or self.world.servers)
        try:
            server.open("proof", lambda: work(server.context))
        except Exception as error:
            if type(error).__name__ != "Lost":
                raise

    # ---- what must hold

    def wrong(self) -> str | None:
        """Each second: a broken chain is said within a minute; and the light is never green without a whole run, nor while the chain is known not to be."""
        world, now = self.world, self.world.now()
        standing = proofs.standing(world.servers[0].context, OFFICE)
        broken = not self.on_line or self.broker != "ok"
        if not broken or not any(server.up for server in world.servers):
            self.broken_since_s = None
        elif self.broken_since_s is None:
            self.broken_since_s = world.time_s
        if standing.state == "fine" and not self._proven(now):
            return f"never_green_without_a_proof: {standing}"
        since_s = max(self.broken_since_s if self.broken_since_s is not None else float("inf"), self.jumped_at_s)
        if world.time_s - since_s > SHOWN_WITHIN_S and standing.state != "broken":
            return f"a_broken_chain_is_shown: broken for {world.time_s - since_s:.0f} s, and the desk says {standing}"
        return None

    def _proven(self, now: datetime) -> bool:
        """Whether the newest run that has ended came through and found no screen deaf, and one of them was answered by a screen; but for those of a clock
        that has been put back since."""
        runs = self.world.store.proofs(OFFICE, now - timedelta(hours=30), 200)
        ended = [one for one in runs if one.ended_at is not None and one.made_at <= now + timedelta(seconds=10)]
        return bool(ended) and ended[0].stored_at is not None and ended[0].screens == len(ended[0].drawn_ms) and any(one.drawn_ms for one in ended)

    def wrong_at_the_end(self) -> str | None:
        """All has been whole for long enough: so says the desk, and no run is left over."""
        standing = proofs.standing(self.world.servers[0].context, OFFICE)
        if standing.state != "fine":
            return f"a_chain_that_is_whole_again_is_shown_so: {standing}"
        late = [one.id for one in self.world.store.running_proofs() if self.world.now() - one.made_at > timedelta(seconds=60)]
        return f"runs_end: {late}" if late else None
