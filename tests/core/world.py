"""The people whom all tests of the core are about, their office, and short words for what happens to them.

Kari at the counter presses. Ola responds, and so does Siri. Liv leads and owns the plan. Nora sits at the counter beside Kari and has
the desk screen. Jon calls 112. Ada carries a portable alarm. Nils is the neighbour who helps; Per is from that other office too and
must see nothing. Eva is off duty.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import yaml

from server.core import events as e
from server.core.access import Viewer
from server.core.alarm import Refused, due, open_alarm, take
from server.core.alarm import Step as Decision
from server.core.cards import Card, CardStep, Content, Mark, QuickSwitch, Raised, Situation, Staffing
from server.core.directory import (
    Contact,
    ContactKind,
    Device,
    DeviceKind,
    Directory,
    Duty,
    Office,
    Person,
    Plan,
    Selector,
    Step,
    Zone,
    directory,
)
from server.core.model import Alarm, Drill, Outcome
from server.core.orders import Order, Say
from server.core.signals import Kind, Signal
from server.core.triage import origin_of, place_of, plan_of
from server.core.values import replace

T0 = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ROLE_CARDS = Path(__file__).resolve().parents[2] / "config" / "content" / "role_cards.yaml"

OFFICE, NEIGHBOUR = "fjordvik", "lillevik"
DRILL = Drill("d-1", "Høstøvelsen")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


# ---------------------------------------------------------------- content


@cache
def messages() -> dict[str, dict[str, str]]:
    """What is said by SMS and in calls, by its id."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    own, cards = (yaml.load(path.read_text(encoding="utf-8"), Loader=loader)["messages"] for path in (ROLE_CARDS.with_name("messages.yaml"), ROLE_CARDS))
    return {row["id"]: {one: (row.get("text") or row)[one] for one in ("nn", "nb", "en")} for row in (*cards, *own)}


@cache
def content() -> Content:
    """The role cards that ship, read as far as the core needs them."""
    raw = yaml.load(ROLE_CARDS.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    common = {card["id"]: card for card in raw["common_cards"]}
    text = lambda row: {language: row[language] for language in ("nn", "nb", "en")}  # noqa: E731
    cover = lambda rows: tuple((row["role"], row["count"]) for row in rows)  # noqa: E731

    def card(row: dict) -> Card:
        steps = common[row["use"]]["steps"] if "use" in row else row["steps"]
        return Card(row["role"], tuple(CardStep(s["id"], text(s), s.get("must", False), s.get("mark")) for s in steps))

    situations = {}
    for row in raw["situations"]:
        raised = row.get("raise_level")
        situations[row["id"]] = Situation(
            row["id"], row["level"], row["silent"], row["go_to_scene"], row["ring_presser"], cover(row["cover"]),
            {one["role"]: card(one) for one in row["cards"]}, row["when"],
            Raised(raised["ring_presser"], cover(raised["cover"])) if raised else None,
        )  # fmt: skip
    return Content(
        situations=situations,
        roles={row["id"]: {"name": row["name"], "purpose": row["purpose"]} for row in raw["roles"]},
        marks={row["id"]: Mark(row["id"], text(row), row.get("asks") == "time", tuple(row.get("set_by", ()))) for row in raw["marks"]},
        staffing=tuple(
            Staffing(
                row["range"].get("max"), {role: tuple(others) for role, others in row["merge"].items()}, row["off_site_when_present_below"],
                row.get("use_instead_when_below", {}),
            )
            for row in raw["staffing"]
        ),
        messages=messages(),
        switches={
            row["id"]: QuickSwitch(row["id"], row["to_situation"], frozenset(row["offered_in"]), row["label"], row["meaning"], row.get("message"))
            for row in raw["quick_switches"]
        },
    )  # fmt: skip


# ---------------------------------------------------------------- people and places


def person(name: str, *roles: str, access: str = "worker", zone: str | None = "landskap", offices: tuple[str, ...] = (OFFICE,)) -> Person:
    return Person(name, name.capitalize(), offices, frozenset(roles), frozenset(access.split()), zone_id=zone)


PEOPLE = (
    person("kari", "coordinator", "responder", access="worker desk", zone="mottak"),
    person("ola", "responder", "coordinator", access="worker responder"),
    person("siri", "responder", "coordinator", access="worker responder"),
    person("jon", "caller_112", "logger"),
    person("liv", "leader", "coordinator", access="worker office_lead", zone="kontor"),
    person("nora", "public_guide", access="worker desk", zone="mottak"),
    person("ada", "contact_person", "public_guide", zone="landskap"),
    person("eva", "responder", "caller_112"),
    person("tor", "logger", access="worker administrator", zone="kontor"),
    person("nils", "remote_responder", "caller_112", access="worker responder", zone="mottak", offices=(NEIGHBOUR,)),
    person("per", "responder", access="worker", zone="mottak", offices=(NEIGHBOUR,)),
)

PRESENT = {(name, OFFICE): Duty.PRESENT for name in ("kari", "ola", "siri", "jon", "liv", "nora", "ada", "tor")} | {
    ("nils", NEIGHBOUR): Duty.PRESENT,
    ("per", NEIGHBOUR): Duty.PRESENT,
}

ZONES = (
    Zone("mottak", OFFICE, "Mottak", "1. etasje", public=True, joins_presses=True),
    Zone("landskap", OFFICE, "Landskap", "2. etasje"),
    Zone("kontor", OFFICE, "Kontor", "2. etasje"),
    Zone("mottak", NEIGHBOUR, "Mottak", public=True),
)

DEVICES = (
    Device("knapp", OFFICE, "Skrankeknapp", DeviceKind.BUTTON, "mottak"),
    Device("karis", OFFICE, "Karis alarm", DeviceKind.PORTABLE, "mottak", "kari"),
    Device("adas", OFFICE, "Adas alarm", DeviceKind.PORTABLE, None, "ada", "portable_alarm_outside"),
    Device("lampe-mottak", OFFICE, "Lampe mottak", DeviceKind.LAMP, "mottak"),
    Device("lampe-landskap", OFFICE, "Lampe landskap", DeviceKind.LAMP, "landskap"),
    Device("sirene-landskap", OFFICE, "Sirene landskap", DeviceKind.SOUNDER, "landskap"),
    Device("lampe-lillevik", NEIGHBOUR, "Lampe Lillevik", DeviceKind.LAMP, "mottak"),
)

CONTACTS = (
    Contact("vekter", OFFICE, "Vekter", "+47 1", ContactKind.GUARD, drills=False),
    Contact("vakttelefon", OFFICE, "Vakttelefon", "+47 2", ContactKind.ON_CALL, drills=True),
)


def tells(*selectors: str, channels: tuple[str, ...] = ("screen", "push", "sms"), wait_s: int = 30) -> Step:
    """A step written as `role:responder`, `person:liv`, `contact:vekter`, `on_duty`, `neighbours`."""
    return Step(tuple(Selector(*one.split(":")) for one in selectors), channels, wait_s)


STEPS = (
    tells("role:coordinator", "role:responder", wait_s=30),
    tells("role:caller_112", "role:public_guide", "person:liv", wait_s=40),
    tells("on_duty", "neighbours", "contact:vakttelefon", channels=("screen", "push", "sms", "voice"), wait_s=50),
)
PLAN = Plan("plan", OFFICE, "liv", STEPS)
LILLEVIK_PLAN = Plan("lillevik", NEIGHBOUR, "nils", (tells("on_duty"),))


def world(
    plans: Iterable[Plan] = (PLAN, LILLEVIK_PLAN), duty: dict[tuple[str, str], Duty] | None = None, people: Iterable[Person] = PEOPLE,
    size: int = 40, zones: Iterable[Zone] = ZONES, devices: Iterable[Device] = DEVICES, contacts: Iterable[Contact] = CONTACTS,
) -> Directory:
    offices = (
        Office(OFFICE, "Nav Fjordvik", "Havnegata 4", "+47 55", size, (NEIGHBOUR,)),
        Office(NEIGHBOUR, "Nav Lillevik", "Storgata 1", "+47 56", 10, (OFFICE,)),
    )
    return directory(offices, zones, devices, people, contacts, plans, content(), PRESENT if duty is None else duty)


def planned(*steps: Step, owner: str = "liv", **other: object) -> Directory:
    """The usual world with one plan of these steps."""
    return world((Plan("plan", OFFICE, owner, steps), LILLEVIK_PLAN), **other)  # type: ignore[arg-type]


def off_duty(*names: str, also: dict[tuple[str, str], Duty] | None = None) -> dict[tuple[str, str], Duty]:
    return {key: duty for key, duty in PRESENT.items() if key[0] not in names} | (also or {})


# ---------------------------------------------------------------- what happens

WORLD = world()
count = iter(range(10**9))


def signal(kind: Kind = Kind.PANIC, by: str | None = "kari", now: datetime = T0, **other: object) -> Signal:
    fields: dict[str, object] = {"id": f"s-{next(count)}", "kind": kind, "office_id": OFFICE, "heard_at": now, "person_id": by}
    return Signal(**(fields | other))  # type: ignore[arg-type]


def opened(
    kind: Kind = Kind.PANIC, by: str | None = "kari", here: Directory = WORLD, now: datetime = T0, drill: Drill | None = None,
    situation: str | None = None, **other: object,
) -> Decision:
    """The decision that opens an alarm from this signal, found by way of triage as intake does."""
    origin = origin_of(signal(kind, by, now, **other), here)
    plan, found = plan_of(origin, here)
    return open_alarm(
        "a-1", replace(origin.signal, office_id=origin.office_id), origin.presser, origin.raiser_id, place_of(origin, here), situation or found,
        plan, now, here, drill,
    )


def pressed(kind: Kind = Kind.PANIC, by: str | None = "kari", here: Directory = WORLD, now: datetime = T0, **other: object) -> e.Pressed:
    origin = origin_of(signal(kind, by, now, **other), here)
    plan, situation = plan_of(origin, here)
    return e.Pressed(origin.signal, plan, situation)


def step(alarm: Alarm | Decision, event: e.Event, seconds: float = 0, here: Directory = WORLD) -> Decision:
    """Takes one event that must be legal."""
    alarm = alarm.alarm if isinstance(alarm, Decision) else alarm
    decision = take(alarm, event, at(seconds), here)
    assert isinstance(decision, Decision), f"refused: {decision}"
    return decision


def refusal(alarm: Alarm | Decision, event: e.Event, seconds: float = 0, here: Directory = WORLD) -> str:
    alarm = alarm.alarm if isinstance(alarm, Decision) else alarm
    decision = take(alarm, event, at(seconds), here)
    assert isinstance(decision, Refused), f"should have been refused, but was {decision.said}"
    return decision.reason


def after(alarm: Alarm | Decision, *events: e.Event | tuple[float, e.Event], here: Directory = WORLD) -> Alarm:
    """The alarm after these legal events; each is an event (at the time of the one before) or (seconds, event)."""
    alarm = alarm.alarm if isinstance(alarm, Decision) else alarm
    seconds: float = 0
    for one in events:
        if isinstance(one, tuple):
            seconds, one = one
        alarm = step(alarm, one, seconds, here).alarm
    return alarm


def wait_until(alarm: Alarm | Decision, seconds: float, here: Directory = WORLD) -> tuple[Alarm, list[Decision]]:
    """Delivers every deadline up to that second, as the ticker does; gives the alarm and what was decided on the way."""
    alarm = alarm.alarm if isinstance(alarm, Decision) else alarm
    decided: list[Decision] = []
    for _ in range(10_000):
        soonest = due(alarm)
        if soonest is None or soonest > at(seconds):
            return alarm, decided
        decision = take(alarm, e.Deadline(), soonest, here)
        assert isinstance(decision, Decision)
        decided.append(decision)
        alarm = decision.alarm
    raise AssertionError("deadlines that never stop")


def coming(by: str, **other: object) -> e.Acknowledge:
    return e.Acknowledge(by, **other)  # type: ignore[arg-type]


def resolve(by: str = "ola", seen: int = 1, outcome: Outcome = Outcome.HANDLED) -> e.Resolve:
    return e.Resolve(by, outcome, seen)


def full_cover(alarm: Alarm | Decision, here: Directory = WORLD, seconds: float = 0) -> Alarm:
    """Coordinator, two responders, the 112 caller and the public guide are coming."""
    roles = {"liv": "coordinator", "ola": "responder", "siri": "responder", "jon": "caller_112", "ada": "public_guide"}
    return after(alarm, *((seconds, coming(who, role=role)) for who, role in roles.items()), here=here)


# ---------------------------------------------------------------- what was sent


def sent(decision: Decision | Iterable[Decision], say: Say | None = None) -> list[str]:
    """Recipients of the orders, sorted; of one word, or of all."""
    decisions = [decision] if isinstance(decision, Decision) else list(decision)
    return sorted(order.recipient for one in decisions for order in one.orders if say is None or order.say is say)


def order_to(decision: Decision, recipient: str, say: Say = Say.ALARM) -> Order:
    found = [order for order in decision.orders if order.recipient == recipient and order.say is say]
    assert len(found) == 1, f"{len(found)} orders {say} to {recipient}"
    return found[0]


def nothing_else_was_sent(decision: Decision, **expected: Iterable[str]) -> None:
    """Exactly these recipients by word: `alarm=["ola"], coming=["device:knapp"]`."""
    found: dict[str, list[str]] = {}
    for order in decision.orders:
        found.setdefault(str(order.say), []).append(order.recipient)
    assert {word: sorted(who) for word, who in found.items()} == {word: sorted(who) for word, who in expected.items() if list(who)}
    assert len({order.id for order in decision.orders}) == len(decision.orders), "one order per person and word"


def said(decision: Decision | Iterable[Decision]) -> list[str]:
    decisions = [decision] if isinstance(decision, Decision) else list(decision)
    return [one.what for each in decisions for one in each.said]


def data(decision: Decision, what: str) -> dict[str, object]:
    found = [one for one in decision.said if one.what == what]
    assert found, f"{what} was not said, but {said(decision)}"
    return dict(found[-1].data or {})


PHONE = {name: Viewer(name) for name in ("kari", "ola", "siri", "jon", "liv", "nora", "ada", "eva", "tor", "nils", "per")}
DESK = Viewer("nora", "desk", "mottak")
WALL = Viewer("tor", "wallboard", "landskap")
