"""Watches Varde itself, each minute: what is open must have a deadline, nothing may be overdue, no order and no gateway forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from server.flow.context import Context

OVERDUE_S = 5
GATEWAY_SILENT_S = 40
STALE_ORDER_S = 45
"""Three leases."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be. `what` is a stable word; `count` how many; `detail` ids, never names."""

    what: str
    count: int
    detail: str = ""


def audit(context: Context) -> list[Finding]:
    """Everything that is wrong now; empty means that all is well, and only then an outside watchdog may be told so."""
    now, directory = context.now(), context.directory()
    health = context.store.health(now, now - timedelta(seconds=OVERDUE_S), now - timedelta(seconds=STALE_ORDER_S))
    findings = []
    if health.without_due:
        findings.append(Finding("open_without_deadline", health.without_due))
    if health.overdue:
        findings.append(Finding("overdue", health.overdue))
    if health.stale_orders:
        findings.append(Finding("stale_orders", health.stale_orders))
    for plan in directory.plans:
        if not plan.steps or not plan.steps[-1].tell:
            findings.append(Finding("empty_last_step", 1, plan.id))
    silent = [g.gateway_id for g in context.store.gateways() if g.heard_at < now - timedelta(seconds=GATEWAY_SILENT_S)]
    if silent:
        findings.append(Finding("silent_gateway", len(silent), ",".join(silent)))
    return findings
