"""Hundreds of people are out while everything is killed and started again, and while the clock jumps: whoever does not come back is missed, once."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.core.orders import Say, Status
from server.core.values import replace
from server.core.visit.draft import due_of
from server.core.visit.model import Heard, Visit, VisitState, Where, Why
from server.core.visit.settings import DEFAULT, Risk, Times
from server.store.contract import Change
from server.store.sql import SqlStore
from tests.e2e.parts import until
from tests.sms_vendor import Vendor, site_with_sms
from tests.stack import Stack

NIGHTLY = bool(os.environ.get("VARDE_NIGHTLY"))
MANY, OFFICES, PEOPLE = 500 if NIGHTLY else 150, 5, 100
"""Each goes on one visit: a second alarm of the same person would join the first."""
QUICK = Times(interval_s=60, notices_s=(20, 10), contact_after_s=5, leader_after_s=8, alarm_after_s=12)
SPREAD_S = 60 if NIGHTLY else 15
PATIENCE_S = 240
LOOK_S = 1.0
"""Between two looks at all visits, which cost the machine as much as the server's own work."""

pytestmark = pytest.mark.timeout(900 if NIGHTLY else 300)


class Out:
    """The visits in the real server's database, and what has reached the vendor of them."""

    def __init__(self, stack: Stack, vendor: Vendor) -> None:
        self.stack, self.vendor, self.store = stack, vendor, SqlStore(stack.database_url)
        self.deadlines: dict[str, datetime] = {}

    def go(self) -> None:
        """Everybody leaves; the first is due in half a minute."""
        now, visits = datetime.now(UTC), []
        for n in range(MANY):
            office, person = n % OFFICES, (n // OFFICES) % PEOPLE
            worker, contact = f"o{office}-p{person}", f"o{office}-p{(person + 1) % PEOPLE}"
            deadline = now + timedelta(seconds=25 + SPREAD_S * n / MANY)
            visit = Visit(
                f"v-{n:04}", 1, f"o{office}", VisitState.OUT, "other_outside", (worker,), Where("Fjellveien 3"), now, deadline + timedelta(hours=1), Risk.LOW,
                QUICK, contact_id=contact, contact_accepted=True, started_at=now, deadline_at=deadline, why=Why.INTERVAL, number=1,
                heard=Heard(now, "start", worker),
            )  # fmt: skip
            visits.append((0, replace(visit, due_at=due_of(visit, now, DEFAULT))))
            self.deadlines[visit.id] = deadline
        self.store.commit(Change(now, visits=visits))

    def states(self) -> Counter[VisitState]:
        return Counter(visit.state for visit in self.store.visits(self.deadlines).values())

    def all_missed(self) -> bool:
        return self.states() == {VisitState.OVERDUE: MANY}

    def alarms(self) -> Counter[str]:
        found = self.store.alarms_of([f"o{n}" for n in range(OFFICES)], datetime.now(UTC) - timedelta(hours=3))
        return Counter(alarm.visit_id or "" for alarm in found if alarm.open)

    def all_said(self) -> bool:
        """Whether each order about a visit has left the server, or was overtaken by what happened next."""
        said = {(visit_id, say) for visit_id, say, _ in list(self.vendor.came)}  # the vendor's threads add to it meanwhile
        return all(
            o.status is Status.VOID or (o.alarm_id, o.say) in said for visit_id in self.deadlines for o in self.store.orders(visit_id)
        )


@pytest.fixture
def out(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Out]:
    vendor = Vendor()
    tmp_path.chmod(0o755)
    site = site_with_sms(tmp_path / "site", vendor.url, OFFICES, PEOPLE)
    with Stack(tmp_path / "run", site, demo=False, postgres=request.param == "postgresql") as stack:
        out = Out(stack, vendor)
        yield out
        out.store.close()
    vendor.stop()


DATABASES = [
    pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.skipif(not NIGHTLY, reason="make nightly")),
]  # fmt: skip


@pytest.mark.parametrize("out", DATABASES, indirect=True)
def test_while_everything_is_killed_nobody_is_forgotten_nothing_is_early_and_each_is_missed_once(out: Out) -> None:
    out.go()
    until(lambda: any(say is Say.VISIT_NOTICE for _, say, _ in list(out.vendor.came)), PATIENCE_S, "the first reminder")
    parts = ["server", "gateway", "broker", *(["postgres", "redis"] if out.stack.postgres else [])]
    for part in parts * (3 if NIGHTLY else 1) + ["server"]:
        out.stack.kill(part)
        time.sleep(0.5)
        out.stack.restart(part)
        if part in ("server", "postgres"):
            out.stack.wait_ready()
    until(out.all_missed, PATIENCE_S, "all are missed", LOOK_S)
    until(out.all_said, PATIENCE_S, "all is said", LOOK_S)
    assert out.alarms() == {visit_id: 1 for visit_id in out.deadlines}
    came = dict(out.vendor.came)  # alarms that nobody answers are repeated meanwhile, and the vendor's threads add to it
    reminded = Counter(visit_id for visit_id, say, _ in came if say is Say.VISIT_NOTICE)
    assert len(reminded) == MANY and max(reminded.values()) <= 2, "reminded at least once, and of each deadline at most twice"
    early = [visit_id for (visit_id, say, _), at in came.items() if say is Say.VISIT_LATE and at < out.deadlines[visit_id].timestamp()]
    assert early == []


@pytest.mark.skipif(not NIGHTLY, reason="make nightly")
@pytest.mark.parametrize("hours", [2, -2])
@pytest.mark.parametrize("out", DATABASES, indirect=True)
def test_a_clock_that_jumps_for_a_while_puts_nobodys_alarm_off_and_loses_nobody(out: Out, hours: int) -> None:
    out.go()
    started = datetime.now(UTC)
    out.stack.kill("server")
    out.stack.skew("server", hours * 3600)
    out.stack.restart("server")
    out.stack.wait_ready()
    if hours > 0:
        until(lambda: out.states()[VisitState.OUT] == 0, PATIENCE_S, "by a clock two hours ahead all are late", LOOK_S)
    else:
        time.sleep(3)
        assert out.states() == {VisitState.OUT: MANY}, "by a clock two hours behind nobody is late yet"
    out.stack.kill("server")
    out.stack.skew("server", 0)
    out.stack.restart("server")
    until(out.all_missed, PATIENCE_S, "the right clock again, and all are missed", LOOK_S)
    until(out.all_said, PATIENCE_S, "all is said", LOOK_S)
    assert set(out.alarms()) == set(out.deadlines) and datetime.now(UTC) - started < timedelta(hours=1), "no alarm waited for the wrong hour"
