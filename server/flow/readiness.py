"""Says whether this server can carry an alarm, and in words what is wrong: for load balancers, monitoring and the watchdog.

Three questions: *live* (the process answers), *ready* (this server can carry an alarm: send it work), *well* (nothing at all is wrong, here or at
the gateways). What is wrong everywhere, such as a silent gateway, makes no server less ready: taking all of them away would mend nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from datetime import datetime, timedelta

from server.flow.auditor import GATEWAY_SILENT_S, OVERDUE_S, STALE_ORDER_S, Finding, audit
from server.flow.context import Context

from server.core.values import frozen

journal = logging.getLogger("varde.readiness")

LOOK_S = 3.0
"""A database that has not answered the audit by then does not answer."""
TICKER_LATE_S = 5.0
DISK_LOW_BYTES = 500_000_000
"""A day's logs and copies at a large site."""
CERTIFICATE_LAST = timedelta(days=14)
"""What renews it by itself does so sixty days before; where a person does it, he has two weeks."""
BACKUP_OLD_S = 36 * 3600.0
"""Copies are made each night: one night has passed without, and the next day is there to mend it."""

SAYS = {
    "database": "The database does not answer: presses cannot be stored. Is it running, is its disk full, may this server reach it?",
    "not_saved": "The database takes nothing in: presses cannot be stored. Is its disk full? Make room; then it goes on by itself.",
    "thread_down": "A part of the alarm path has ended in this server. Restart the server, and report it.",
    "ticker_late": f"Deadlines have not been looked at for {TICKER_LATE_S:.0f} s: the server is overloaded, or its disk or database hangs.",
    "redis": "Redis does not answer: servers notice each other's news up to a second later. Nothing is lost.",
    "open_without_deadline": "An open alarm has no deadline, so nothing will move it. Look at it now, and report it: it is our mistake.",
    "overdue": f"A deadline is more than {OVERDUE_S} s late: the server is too slow, or the database is.",
    "disk_low": f"Less than {DISK_LOW_BYTES // 10**6} MB are free on this server's disk. Make room: when it is full, no press can be stored.",
    "backup_old": f"No copy of the database has been made for {BACKUP_OLD_S / 3600:.0f} hours. Why, says 'systemctl status varde-backup'.",
    "stale_orders": f"Messages have waited more than {STALE_ORDER_S} s: a vendor hangs, a gateway does not fetch, or the server is too slow.",
    "configuration_old": "A newer configuration has been applied that this server cannot read: it goes by the one before. Is it an older version?",
    "restart_wanted": "The channels (SMS, voice, e-mail …) have changed since this server started. Restart it to send by the new ones.",
    "certificate_old": "The certificate that phones are shown runs out within two weeks; then the app opens on no phone. Renew it, or see why "
    "varde-certificates.timer has not.",
    "job_fails": "What Varde does by the clock fails, and was tried again: forgetting, the daily proof, the yearly wheel or test messages. The log says why "
    "at 'job_failed'.",
    "restart_fails": "With the channels that hold now no server starts again: a secret or an address is missing. 'varde channels' says which. Mend it "
    "before the next restart.",
    "empty_last_step": "A plan's last step means nobody, even with everybody on duty. Mend the office's file.",
    "silent_gateway": f"A gateway has not been heard for {GATEWAY_SILENT_S} s: its buttons may be dead. Look at its power, its network and its token.",
    "no_gateway": "An office has devices, and no gateway is to hear them. Run config/production/install again on the gateway's machine: it then hears this "
    "office too; where its offices were named, with --gateway-offices and all of them.",
    "broker_down": "A gateway has no connection to its MQTT broker: its buttons are not heard. Is the broker running, and the certificate valid?",
    "spool_broken": "A gateway's disk takes nothing in: presses come through, but while no server answers only the broker keeps them. Is the disk full, "
    "or broken? Make room; then it goes on by itself. Or something on it could not be read and lies beside spool.db: look at it, and move it.",
}
"""Every word that may be found, with what it means and what to do."""

FATAL = frozenset({"database", "not_saved", "thread_down", "ticker_late"})
"""With these this server cannot carry an alarm."""


@frozen
class Problem:
    """One thing that is wrong. `what` is a key of SAYS; `detail` ids, never names."""

    what: str
    count: int = 1
    detail: str = ""

    @property
    def fatal(self) -> bool:
        return self.what in FATAL

    @property
    def says(self) -> str:
        return SAYS[self.what] + (f" ({self.detail})" if self.detail else "")


class Readiness:
    """Asked from any thread; answers within LOOK_S also when the database hangs.

    `threads`: those of the alarm path, by name, and whether they live. `gateways`: those that there are to be, with their offices. `redis`:
    whether it answers; None where there is none. `configured`: whether this server goes by the newest configuration. `disk_free`: of this server's
    own disk, in bytes. `backup_age_s`: how old the newest copy is, where copies are made.
    """

    def __init__(
        self, context: Context, threads: Mapping[str, Callable[[], bool]], not_looked_s: Callable[[], float],
        gateways: Mapping[str, Collection[str]] | None = None, redis: Callable[[], bool | None] = lambda: None,
        configured: Callable[[], bool] = lambda: True, disk_free: Callable[[], float] = lambda: float("inf"),
        backup_age_s: Callable[[], float] = lambda: 0.0,
    ) -> None:  # fmt: skip
        self.threads = threads
        self.gateways = gateways
        self.restart_wanted = False
        """The channels have changed since this server started: its senders are still those of before."""
        self.failing: set[str] = set()
        """Jobs of this server that have failed twice, and have not done their work since."""
        self.certificates: Mapping[str, datetime] = {}
        """By address: when the certificate that phones are shown there runs out, as it was seen last."""
        self.restart_fails = False
        """As this site is set up, no server would start with the channels that hold now."""
        self._context, self._not_looked_s, self._redis, self._configured = context, not_looked_s, redis, configured
        self._disk_free, self._backup_age_s = disk_free, backup_age_s
        self._worker = ThreadPoolExecutor(1, "readiness")
        self._lock = threading.Lock()
        self._looking: Future[list[Finding]] | None = None

    def problems(self) -> list[Problem]:
        """Everything that is wrong, the worst first. Empty only when all of it was looked at and is well."""
        found = [Problem("thread_down", detail=name) for name, alive in self.threads.items() if not alive()]
        if self._not_looked_s() > TICKER_LATE_S:
            found.append(Problem("ticker_late"))
        try:
            found += [Problem(finding.what, finding.count, finding.detail) for finding in self._audit().result(LOOK_S)]
        except NotYet:
            found.append(Problem("database"))
        except Exception:
            journal.exception("audit_failed")
            found.append(Problem("database"))
        if self._disk_free() < DISK_LOW_BYTES:
            found.append(Problem("disk_low"))
        if self._backup_age_s() > BACKUP_OLD_S:
            found.append(Problem("backup_old"))
        if self._redis() is False:
            found.append(Problem("redis"))
        if not self._configured():
            found.append(Problem("configuration_old"))
        if self.restart_wanted:
            found.append(Problem("restart_wanted"))
        if ending := [address for address, until in self.certificates.items() if until - self._context.now() < CERTIFICATE_LAST]:
            found.append(Problem("certificate_old", len(ending), ", ".join(f"{one} {self.certificates[one]:%Y-%m-%d}" for one in sorted(ending))))
        if failing := sorted(self.failing):
            found.append(Problem("job_fails", len(failing), ", ".join(failing)))
        if self.restart_fails:
            found.append(Problem("restart_fails"))
        return sorted(found, key=lambda problem: not problem.fatal)

    def carries(self) -> bool:
        """Whether this process can carry an alarm as soon as its database answers: what a restart would mend."""
        return all(alive() for alive in self.threads.values())

    def stop(self) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _audit(self) -> Future[list[Finding]]:
        """One look at a time: those who ask meanwhile get the same answer, and a database that hangs costs one thread."""
        with self._lock:
            if self._looking is None or self._looking.done():
                self._looking = self._worker.submit(audit, self._context, self.gateways)
            return self._looking
