"""Prometheus metrics for what Varde promises: counted as it happens, or read from the database when somebody asks. Nothing personal in a label.

Names and meanings stand in docs/operations.md; `config/production/alerts.yaml` has the rules that should ring. Of what the database knows,
every server says the same: take the highest, not the sum.
"""

from __future__ import annotations

import logging
import time
from collections import Counter as Tally
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from server.flow.auditor import is_silent
from server.flow.context import Context
from server.flow.measures import Measures
from server.flow.readiness import SAYS, Readiness

journal = logging.getLogger("varde.metrics")

FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300, 1800)
READ_S = 5.0
"""A database that has not answered by then: what only it knows is left out, which rings by its absence."""
DEVICES_KEPT_S = 60.0
"""Counting 10,000 devices takes time from presses: not at each scrape."""
OPEN_LOOKED_AT = 200
"""Open alarms that are looked into for their drill mark; those above count as real."""


class Metrics(Measures):
    """Counts what the doors tell."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        drill = ["drill"]
        self._presses = Counter("varde_signals", "Signals that may raise, by what became of them", ["outcome", *drill], registry=registry)
        self._commit = Histogram("varde_intake_seconds", "From standing in line to committed and answered", buckets=FAST, registry=registry)
        self._heard = Histogram(
            "varde_heard_to_commit_seconds", "From the gateway's hearing it (its clock) to committed", drill, buckets=SLOW, registry=registry
        )
        self._late = Histogram("varde_deadline_late_seconds", "How late deadlines were delivered", drill, buckets=FAST, registry=registry)
        self._orders = Counter("varde_orders", "Tries to tell somebody, by channel and result", ["channel", "result", *drill], registry=registry)
        self._order_late = Histogram(
            "varde_order_late_seconds", "From an order's being due to the vendor's answer", ["channel"], buckets=SLOW, registry=registry
        )
        self._device_orders = Counter("varde_device_orders", "What gateways report of lights and sounders", ["result"], registry=registry)
        self._unreached = Counter("varde_unreached", "Recipients whose every channel was tried in vain", drill, registry=registry)
        self._receipts = Histogram(
            "varde_receipt_seconds", "From the order to tell somebody to the phone's receipt", ["channel", *drill], buckets=SLOW, registry=registry
        )
        self._drawn = Histogram("varde_screen_receipt_seconds", "From sending a frame to its being drawn", buckets=SLOW, registry=registry)
        self._proofs = Counter("varde_proofs", "Runs of the daily proof, by office and what was broken", ["office", "broken"], registry=registry)
        self._proof_chain = Histogram("varde_proof_chain_seconds", "From asking for the silent press to its being stored", buckets=SLOW, registry=registry)
        self._proof_screen = Histogram("varde_proof_screen_seconds", "From storing it to a screen's answer", buckets=FAST, registry=registry)
        for marked in ("no", "yes"):  # a rate needs its zero to be there before the first one
            self._unreached.labels(marked), self._late.labels(marked), self._heard.labels(marked)
            for outcome in ("opened", "joined", "noted", "repeated", "test", "failed"):
                self._presses.labels(outcome, marked)

    def taken_in(self, outcome: str, drill: bool, heard_at: datetime) -> None:
        self._presses.labels(outcome, _mark(drill)).inc()
        if outcome in ("opened", "joined"):
            self._heard.labels(_mark(drill)).observe(max(0.0, (datetime.now(UTC) - heard_at).total_seconds()))

    def answered(self, waited_s: Iterable[float]) -> None:
        for one_s in waited_s:
            self._commit.observe(one_s)

    def deadline(self, late_s: float, drill: bool) -> None:
        self._late.labels(_mark(drill)).observe(late_s)

    def tried(self, channel: str, result: str, drill: bool, late_s: float) -> None:
        self._orders.labels(channel, result, _mark(drill)).inc()
        self._order_late.labels(channel).observe(max(0.0, late_s))

    def device_told(self, outcome: str) -> None:
        self._device_orders.labels(outcome).inc()

    def unreached(self, drill: bool) -> None:
        self._unreached.labels(_mark(drill)).inc()

    def receipt(self, channel: str, drill: bool, waited_s: float) -> None:
        self._receipts.labels(channel, _mark(drill)).observe(max(0.0, waited_s))

    def proved(self, office_id: str, broken: str, chain_ms: int | None, drawn_ms: Collection[int]) -> None:
        self._proofs.labels(office_id, broken or ("no" if drawn_ms else "no_screen")).inc()
        if chain_ms is not None:
            self._proof_chain.observe(chain_ms / 1000)
        for one_ms in drawn_ms:
            self._proof_screen.observe(one_ms / 1000)

    def drawn(self, waited_s: float) -> None:
        self._drawn.observe(waited_s)

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Answers `GET /metrics` on an address of its own, for the monitoring alone. Gives what stops it. Raises OSError."""
        server, thread = start_http_server(port, host, self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join(timeout=5)

        return stop


class Present(Collector):
    """What is so now: read when somebody asks, by one thread."""

    def __init__(self, context: Context, readiness: Readiness, sockets: Callable[[], Mapping[str, int]]) -> None:
        self._context, self._readiness, self._sockets = context, readiness, sockets
        self._worker = ThreadPoolExecutor(1, "metrics")
        self._devices: Tally[tuple[str, str]] = Tally()
        self._devices_at_s = float("-inf")

    def describe(self) -> list[Gauge]:
        """Nothing beforehand: asking the database at the registration would be too early."""
        return []

    def collect(self) -> Iterator[Gauge]:
        sockets = Gauge("varde_sockets", "Connected screens", labels=["surface"])
        for surface, number in {"phone": 0, "desk": 0, "wallboard": 0, **self._sockets()}.items():
            sockets.add_metric([surface], number)
        threads = Gauge("varde_thread_alive", "Parts of the alarm path that run (1)", labels=["thread"])
        for name, alive in self._readiness.threads.items():
            threads.add_metric([name], int(alive()))
        found = Tally({what: 0 for what in SAYS})
        for problem in self._readiness.problems():
            found[problem.what] += problem.count
        findings = Gauge("varde_findings", "What is wrong now, as /api/ready says it; must be 0", labels=["finding"])
        for what, number in found.items():
            findings.add_metric([what], number)
        yield from (sockets, threads, findings)
        try:
            yield from self._worker.submit(self._from_database).result(READ_S)
        except Exception as error:  # the findings say so too
            journal.error("metrics_without_database", extra={"error": type(error).__name__})

    def stop(self) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _from_database(self) -> list[Gauge]:
        store, now = self._context.store, self._context.now()
        health = store.health(now, now, now)
        soonest = store.deadlines(limit=OPEN_LOOKED_AT)
        drills = sum(alarm.drill is not None for alarm in store.alarms(alarm_id for _, alarm_id in soonest).values())
        open_alarms = Gauge("varde_open_alarms", "Alarms that have not ended", labels=["drill"])
        open_alarms.add_metric(["no"], health.open + health.without_due - drills)
        open_alarms.add_metric(["yes"], drills)
        late_s = max(0.0, (now - soonest[0][0]).total_seconds()) if soonest else 0.0
        return [
            open_alarms,
            Gauge("varde_open_alarms_without_deadline", "Must be 0: nothing will move them", health.without_due),
            Gauge("varde_oldest_deadline_late_seconds", "How late the soonest deadline is now", late_s),
            *self._gateways(now),
            self._device_states(now),
        ]

    def _gateways(self, now: datetime) -> list[Gauge]:
        heard = Gauge("varde_gateway_heard_seconds", "How long ago the gateway was heard", labels=["gateway"])
        broker = Gauge("varde_gateway_broker_up", "Whether the gateway hears its broker (1)", labels=["gateway"])
        spooled = Gauge("varde_gateway_spooled", "Presses that the gateway holds and the server has not taken", labels=["gateway"])
        spool = Gauge("varde_gateway_spool_up", "Whether the gateway's disk takes what it hears (1)", labels=["gateway"])
        for one in self._context.store.gateways():
            heard.add_metric([one.gateway_id], (now - one.heard_at).total_seconds())
            broker.add_metric([one.gateway_id], int(one.broker == "ok"))
            spooled.add_metric([one.gateway_id], one.spooled)
            spool.add_metric([one.gateway_id], int(one.spool == "ok"))
        return [heard, broker, spooled, spool]

    def _device_states(self, now: datetime) -> Gauge:
        """By office and state. A device whose gateway is silent is unknown."""
        if time.monotonic() - self._devices_at_s > DEVICES_KEPT_S:
            self._devices_at_s = time.monotonic()
            store, directory = self._context.store, self._context.directory()
            heard = {one.gateway_id for one in store.gateways() if not is_silent(one.heard_at, now) and one.broker == "ok"}
            states = store.devices(directory.devices)
            self._devices = Tally({(office, state): 0 for office in directory.offices for state in ("ok", "silent", "offline", "unknown")})
            for device in directory.devices.values():
                state = states.get(device.id)
                known = state is not None and state.gateway_id in heard
                self._devices[device.office_id, state.state if state is not None and known else "unknown"] += 1
        gauge = Gauge("varde_devices", "Devices by office and state", labels=["office", "state"])
        for (office, word), number in self._devices.items():
            gauge.add_metric([office, word], number)
        return gauge


def _mark(drill: bool) -> str:
    return "yes" if drill else "no"
