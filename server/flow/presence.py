"""Who has an open screen, at any server. Each server says so in the database, and is believed for as long as it goes on saying so: not in Redis, since
a light that says who can be reached must be right without it, and must not turn green because something lies."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from server.flow.context import Context
from server.store.contract import StoreDown

LOOK_S = 1.0
REST_S, REST_SHARE = 0.1, 20
"""After it has said who is here it waits so long, and so many times as long as that took: when a server starts, thousands come within a minute, and
each of them would else have all of them written anew."""
SAID_S = 10.0
BELIEVED_S = 30.0
"""A server that has not said anything for so long is gone, and its screens with it: they turn grey in 25 s."""

journal = logging.getLogger("varde.presence")


class Presence:
    """One thread that says who is here. `here` gives the people with a screen at this server; from any thread."""

    def __init__(self, context: Context, server_id: str, here: Callable[[], Iterable[str]]) -> None:
        self._context, self._server_id, self._here = context, server_id, here
        self._said: frozenset[str] = frozenset()
        self._said_s = float("-inf")
        self._wake, self._rest = threading.Event(), threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)
        self._unlisten = context.bell.listen(lambda topics: self._wake.set() if any(topic.startswith("now:") for topic in topics) else None)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._unlisten()
        self._rest.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def online(self) -> frozenset[str]:
        """People with an open screen at any server."""
        others = self._context.store.online(self._context.now() - timedelta(seconds=BELIEVED_S))
        return frozenset(self._here()).union(*(people for server_id, people in others.items() if server_id != self._server_id))

    def say(self) -> None:
        """Writes who is here where that has changed, and now and then anyway. Other servers' desks look when it has changed."""
        here = frozenset() if self._stopping else frozenset(self._here())
        if here == self._said and time.monotonic() - self._said_s < SAID_S:
            return
        self._context.store.set_online(self._server_id, here, self._context.now())
        changed, self._said, self._said_s = here ^ self._said, here, time.monotonic()
        people = self._context.directory().people
        offices = {office for person_id in changed if person_id in people for office in people[person_id].offices}
        if offices:
            self._context.bell.ring(*(f"now:{office}" for office in offices))

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(LOOK_S)
            self._wake.clear()
            began = time.monotonic()
            if not self._try_to_say():
                self._wake.wait(LOOK_S)
            elif not self._stopping:
                self._rest.wait(min(LOOK_S, max(REST_S, (time.monotonic() - began) * REST_SHARE)))
        self._try_to_say()  # nobody is here any more

    def _try_to_say(self) -> bool:
        try:
            self.say()
            return True
        except StoreDown:
            return False
        except Exception:
            journal.exception("presence_failed")
            return False
