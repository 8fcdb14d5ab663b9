"""What runs by the clock and may be late. Nothing that must happen is a job: that has a deadline in the database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from server.core.local_time import OSLO
from server.core.proof import KEPT
from server.flow import aftermath, numbers, phones, programme, proofs
from server.flow.context import Context
from server.flow.readiness import Readiness
from server.flow.reports import forget_reports
from server.flow.visit_time import forget
from server.watching.watchdog import NotTold, tell

STREAM_KEPT = timedelta(hours=24)
PROOFS_LOOK_S = 5
"""What is broken is on the desk well within a minute."""

AGAIN = timedelta(minutes=2)
"""A job that has failed is tried again after this: the database may only have been restarted."""

journal = logging.getLogger("varde")


class Jobs(BackgroundScheduler):
    """Each by its clock, and in its own time: one that is late or fails keeps no other. One that fails is tried again soon, whatever its clock; where that
    fails too it is a finding, until it has done its work."""

    def __init__(self, failing: set[str]) -> None:
        super().__init__(timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1})
        self._failed, self._failing = set[str](), failing

    def add(self, name: str, work: Callable[[], object], *when: Any, **how: Any) -> None:
        self.add_job(lambda: self._do(name, work), *when, id=name, **how)

    def _do(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            journal.exception("job_failed", extra={"job": name})
            if name in self._failed:
                self._failing.add(name)
            self._failed.add(name)
            at = datetime.now(UTC) + AGAIN
            self.add_job(lambda: self._do(name, work), "date", run_date=at, id=f"{name} again", replace_existing=True)
            return
        self._failed.discard(name)
        self._failing.discard(name)


def fixed_jobs(
    context: Context, readiness: Readiness, watchdog_url: str, on_line: Callable[[], Collection[str]], push: phones.Push | None = None, sms: Any = None
) -> Jobs:
    """The audit, forgetting, the wheel, the daily proof, and the phones' and numbers' weekly one. `on_line`: the offices with a screen at this server."""
    jobs = Jobs(readiness.failing)
    jobs.add("audit", lambda: write_findings(readiness, watchdog_url), "interval", seconds=60)
    jobs.add("forget", lambda: forget(context) + forget_reports(context) + aftermath.forget(context), "interval", minutes=30)
    jobs.add("forget_drills", lambda: programme.forget(context), "interval", hours=6)
    jobs.add("wheel", lambda: programme.plan_what_is_coming(context, OSLO), "interval", hours=1)
    jobs.add("remind_by_wheel", lambda: programme.remind(context, OSLO), "interval", hours=1)
    jobs.add("prune", lambda: context.store.prune(context.now() - STREAM_KEPT), "interval", minutes=30)
    jobs.add("proofs", lambda: proofs.look(context, on_line()), "interval", seconds=PROOFS_LOOK_S)
    jobs.add("old_proofs", lambda: context.store.forget_proofs(context.now() - KEPT), "interval", hours=12)
    # in working hours only: a test message at night teaches people to switch them off
    hours = CronTrigger(day_of_week="mon-fri", hour="9-14", minute=15, jitter=600, timezone=OSLO)
    if push is not None:
        jobs.add("test_phones", lambda: phones.test_those_due(context, push), hours)
    if hasattr(sms, "try_number"):
        jobs.add("test_numbers", lambda: numbers.test_those_due(context, sms), hours)
    return jobs


def write_findings(readiness: Readiness, watchdog_url: str) -> None:
    """What is wrong goes to the log; only when nothing is, the watchdog outside is told so."""
    found = readiness.problems()
    for problem in found:
        journal.error("audit", extra={"finding": problem.what, "count": problem.count, "detail": problem.detail})
    if not found and watchdog_url:
        try:
            tell(watchdog_url)
        except NotTold as error:
            journal.error("watchdog_not_told", extra={"reason": str(error)})
