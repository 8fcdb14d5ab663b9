"""What runs by the clock and may be late. Nothing that must happen is a job: that has a deadline in the database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import UTC, timedelta
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

journal = logging.getLogger("varde")


def fixed_jobs(
    context: Context, readiness: Readiness, watchdog_url: str, on_line: Callable[[], Collection[str]], push: phones.Push | None = None, sms: Any = None
) -> BackgroundScheduler:
    """The audit, forgetting, the daily proof, and the phones' and numbers' weekly one. `on_line`: the offices with a screen at this server."""
    jobs = BackgroundScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1})
    jobs.add_job(logged("audit", lambda: write_findings(readiness, watchdog_url)), "interval", seconds=60)
    jobs.add_job(logged("forget", lambda: forget(context) + forget_reports(context) + aftermath.forget(context)), "interval", minutes=30)
    jobs.add_job(logged("forget_drills", lambda: programme.forget(context)), "interval", hours=6)
    jobs.add_job(logged("wheel", lambda: programme.plan_what_is_coming(context, OSLO)), "interval", hours=1)
    jobs.add_job(logged("remind_by_wheel", lambda: programme.remind(context, OSLO)), "interval", hours=1)
    jobs.add_job(logged("prune", lambda: context.store.prune(context.now() - STREAM_KEPT)), "interval", minutes=30)
    jobs.add_job(logged("proofs", lambda: proofs.look(context, on_line())), "interval", seconds=PROOFS_LOOK_S)
    jobs.add_job(logged("old_proofs", lambda: context.store.forget_proofs(context.now() - KEPT)), "interval", hours=12)
    # in working hours only: a test message at night teaches people to switch them off
    hours = CronTrigger(day_of_week="mon-fri", hour="9-14", minute=15, jitter=600, timezone=OSLO)
    if push is not None:
        jobs.add_job(logged("test_phones", lambda: phones.test_those_due(context, push)), hours)
    if hasattr(sms, "try_number"):
        jobs.add_job(logged("test_numbers", lambda: numbers.test_those_due(context, sms)), hours)
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


def logged(name: str, work: Callable[[], object]) -> Callable[[], None]:
    def job() -> None:
        try:
            work()
        except Exception:
            journal.exception("job_failed", extra={"job": name})

    return job
