"""One alarm of the demo's office, with orders to a colleague and to a guard; and vendors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from server.config.loading import read
from server.core import orders
from server.core.alarm import open_alarm
from server.core.directory import Directory
from server.core.model import Alarm, Drill
from server.core.orders import Order, Say
from server.core.signals import Kind, Signal
from server.core.tokens import token_for
from server.core.triage import origin_of, place_of, plan_of
from server.core.values import replace
from server.senders import http
from server.senders.contract import Needs
from tests.senders.vendor import Vendor

ROOT = Path(__file__).resolve().parents[2]
T0 = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
OFFICE = "nav-fjordvik"
GUARD, CENTRE = f"@{OFFICE}/vekter", f"@{OFFICE}/alarmsentral"
KEY = b"k" * 32


@cache
def demo_directory() -> Directory:
    found = read(ROOT / "config/demo", ROOT / "config/content").directory
    contacts = {
        **found.contacts,
        GUARD: replace(found.contacts[GUARD], email="vakt@example.test", chat="rommet"),
        CENTRE: replace(found.contacts[CENTRE], webhook="sentralen", drills=True),
    }
    ola = replace(found.people["ola.brekke"], email="ola@example.test")
    return replace(found, contacts=contacts, people={**found.people, ola.id: ola})


def alarm_of(kind: Kind = Kind.PANIC, device: str = "fjordvik-skranke-1", drill: Drill | None = None, **changes: object) -> Alarm:
    directory = demo_directory()
    signal = Signal("s-1", kind, OFFICE, T0, device)
    origin = origin_of(signal, directory)
    plan, situation = plan_of(origin, directory)
    step = open_alarm("a-0193abcdef01234567890", signal, origin.presser, origin.raiser_id, place_of(origin, directory), situation, plan, T0, directory, drill)
    return replace(step.alarm, **changes) if changes else step.alarm  # type: ignore[arg-type]


def order_to(recipient: str, alarm: Alarm, say: Say = Say.ALARM, reason: str | None = None) -> Order:
    everything = ("push", "sms", "voice", "email", "chat", "webhook")
    if recipient.startswith("@"):
        return replace(orders.to_contact(alarm, demo_directory().contacts[recipient], say, 1, everything, T0), reason=reason)
    return orders.to_person(alarm, recipient, say, 1, everything, T0, T0, False, reason)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    one = Vendor()
    yield one
    one.close()


@pytest.fixture
def needs() -> Needs:
    return Needs(
        demo_directory, lambda order, purpose: token_for(KEY, order.id, purpose), lambda name: name, lambda: T0, public_url="https://varde.example.test",
        app_url="https://varde.example.test",
    )


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time-outs as in life, but a test does not wait four seconds for them."""
    monkeypatch.setattr(http, "TIMEOUT_S", 0.4)


@pytest.fixture
def alarm() -> Alarm:
    return alarm_of()


Make = Callable[..., Order]
