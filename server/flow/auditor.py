"""Watches Varde itself, each minute: what is open must have a deadline, nothing may be overdue, no order and no gateway forgotten."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from server.flow.context import Context

from server.core.escalation import could_mean
from server.core.values import frozen

OVERDUE_S = 5
GATEWAY_SILENT_S = 40
CLOCKS_APART_S = 5
"""What was heard later than this from now was heard by a clock that stood ahead, and says nothing of the present."""
STALE_ORDER_S = 45
"""Three leases."""


@frozen
class Finding:
    """One thing that is not as it must be. `what` is a stable word; `count` how many; `detail` ids, never names."""

    what: str
    count: int
    detail: str = ""


def is_silent(heard_at: datetime, now: datetime) -> bool:
    """Whether a gateway that was last heard then is to be taken for gone."""
    return heard_at < now - timedelta(seconds=GATEWAY_SILENT_S) or heard_at > now + timedelta(seconds=CLOCKS_APART_S)


def audit(context: Context, gateways: Mapping[str, Collection[str]] | None = None) -> list[Finding]:
    """Everything that is wrong now; empty means that all is well, and only then an outside watchdog may be told so.

    `gateways`: those that there are to be, with their offices. One that has never been heard is silent too; one that was taken away is not
    missed; an office with devices must have one. None: every gateway that was ever heard.
    """
    now, directory = context.now(), context.directory()
    health = context.store.health(now, now - timedelta(seconds=OVERDUE_S), now - timedelta(seconds=STALE_ORDER_S))
    findings = [] if context.store.saves() else [Finding("not_saved", 1)]
    if health.without_due:
        findings.append(Finding("open_without_deadline", health.without_due))
    if health.overdue:
        findings.append(Finding("overdue", health.overdue))
    if health.stale_orders:
        findings.append(Finding("stale_orders", health.stale_orders))
    for plan in directory.plans:
        if not plan.steps or not any(could_mean(one, plan.office_id, directory) for one in plan.steps[-1].tell):
            findings.append(Finding("empty_last_step", 1, plan.id))
    known = {one.gateway_id: one for one in context.store.gateways() if gateways is None or one.gateway_id in gateways}
    silent = sorted({*(gateways or ())} - set(known) | {name for name, one in known.items() if is_silent(one.heard_at, now)})
    if silent:
        findings.append(Finding("silent_gateway", len(silent), ",".join(silent)))
    deaf = sorted(name for name, one in known.items() if name not in silent and one.broker != "ok")
    if deaf:
        findings.append(Finding("broker_down", len(deaf), ",".join(deaf)))
    full = sorted(name for name, one in known.items() if name not in silent and one.spool != "ok")
    if full:
        findings.append(Finding("spool_broken", len(full), ",".join(full)))
    if gateways is not None:
        unheard = sorted({device.office_id for device in directory.devices.values()} - {office for offices in gateways.values() for office in offices})
        if unheard:
            findings.append(Finding("no_gateway", len(unheard), ",".join(unheard)))
    return findings
