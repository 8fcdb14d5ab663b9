"""Looks after the sockets: what no bell says, or may not have said. A screen that cannot be told of an alarm must not look as if it could."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from server.flow.context import StoreDown
from server.web.conversation import let_go_of_lost

if TYPE_CHECKING:
    from server.web.hub import Hub

EVERY_S = 2.0
BLIND_S = 10.0
"""A server that has not been able to look at its streams for so long closes its sockets: the screens turn grey and try again, here or elsewhere."""
MOST = 200
GOING_AWAY, TRY_AGAIN = 1012, 1013

journal = logging.getLogger("varde.live")


class Watch:
    """One task beside the hub's own. `several` servers: what another one's bell did not say of deliveries is looked for."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._store = hub, hub.context.store
        self._several: bool | None = None

    async def run(self) -> None:
        while True:
            before_s = time.monotonic()
            await asyncio.sleep(EVERY_S)
            if (now_s := time.monotonic()) < before_s + 2 * EVERY_S:  # else this process was held up, and has not read yet what they said meanwhile
                let_go_of_lost(self._hub.connections(), now_s)
            if not self._hub.connections():
                continue
            if time.monotonic() - self._hub.looked_s > BLIND_S:
                journal.warning("blind")
                self._hub.close_all(TRY_AGAIN)
                continue
            try:
                await self._look()
            except StoreDown:
                pass  # said by those who look all the time
            except Exception:
                journal.exception("watch_failed")

    async def _look(self) -> None:
        epoch = await self._hub.read(self._store.epoch)
        if any(connection.epoch not in ("", epoch) for connection in self._hub.connections()):
            journal.warning("new_epoch")
            self._hub.forget()
            self._hub.close_all(GOING_AWAY)  # they come back with the old epoch, and are given a snapshot
        if self._several is None:
            self._several = await self._hub.read(self._store.clock) is not None
        if self._several:
            deadlines = await self._hub.read(lambda: self._store.deadlines(limit=MOST))
            shown = {alarm_id for connection in self._hub.connections() for alarm_id in connection.sent}
            self._hub.tell_delivery(shown.intersection(alarm_id for _, alarm_id in deadlines))
