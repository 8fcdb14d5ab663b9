"""Every captured message of tests/wire, in the order of its file, against what whoever captured it says that it means."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from device_gateway.devices import Device
from server.core.signals import QUIET, RAISING, Doubt, Kind, Signal
from tests.device_gateway.hearers import ROOT, WIRE, Captured, Hearer, button, captured, hub, profile

SHIPPED, OWN = ROOT / "config/content", Path(__file__).parent / "dialects"
ALL = sorted(path.stem for path in WIRE.glob("*.jsonl"))


def names_in(family: str) -> list[str]:
    return sorted({one.expect["device"] for one in captured(family) if one.expect.get("device")})


def zigbee() -> Hearer:
    models = {"HS1EB": "HS1EB", "E1812": "E1812"}
    devices = [
        button(f"z{n}", "zigbee2mqtt", name, hub="hub", model=models.get(name, ""))
        for n, name in enumerate(names_in("zigbee2mqtt"))
        if name != "bridge"
    ]
    return Hearer([hub(), *devices])


def of_dialect(dialect: str, names: list[str], **more: object) -> list[Device]:
    return [button(f"{dialect}-{n}", dialect, name, **more) for n, name in enumerate(names)]


def gen2() -> Hearer:
    return Hearer(of_dialect("shelly-gen2", [*names_in("shelly-gen2"), "office/alarm/desk 1"]))


def blu() -> Hearer:
    hubs = [hub(f"hub-{n}", "shelly-gen2", name) for n, name in enumerate(["shellyplugsg3-543204689994", "shellyplus1-a8032abe54dc"])]
    own = profile(OWN / "blu-telemetry.yaml")
    names = names_in("shelly-blu")
    forwarded = of_dialect("shelly-blu", [name for name in names if ":" in name], hub="hub-0")
    return Hearer([*hubs, *forwarded, *of_dialect("blu-telemetry", [name for name in names if ":" not in name])], {"blu-telemetry": own})


def tasmota() -> Hearer:
    usual = profile(SHIPPED / "dialect_tasmota.yaml")
    turned = profile(
        SHIPPED / "dialect_tasmota.yaml",
        **{"stat/{address}": "{address}/stat", "tele/{address}": "{address}/tele", "id: tasmota": "id: turned"},
    )
    names = names_in("tasmota")
    reversed_ = [name for name in names if name == "tasmota_49A3BC"]
    return Hearer(
        [*of_dialect("tasmota", [name for name in names if name not in reversed_ and not name.startswith("0x")]), *of_dialect("turned", reversed_)],
        {"tasmota": usual, "turned": turned},
    )  # fmt: skip


def of_profile(family: str, path: Path, names: list[str] | None = None) -> Hearer:
    own = profile(path)
    return Hearer(of_dialect(own["id"], names or names_in(family)), {own["id"]: own})


HEARERS: dict[str, Callable[[], Hearer]] = {
    "zigbee2mqtt": zigbee,
    "shelly-gen1": lambda: Hearer(of_dialect("shelly-gen1", names_in("shelly-gen1"))),
    "shelly-gen2": gen2,
    "shelly-blu": blu,
    "tasmota": tasmota,
    "esphome": lambda: of_profile("esphome", SHIPPED / "dialect_esphome.yaml"),
    "homie": lambda: of_profile("homie", OWN / "homie.yaml", ["super-car", "panic-01"]),
    "homeassistant": lambda: Hearer(
        [*of_dialect("plain-words", ["FB_DI_PB_15", "S17"]), *of_dialect("event-entity", ["test-topic"])],
        {name: profile(OWN / f"{name}.yaml") for name in ("plain-words", "event-entity")},
    ),
}

# Where Varde does otherwise than the one who captured it proposes, and why. Each is tested to be so.
OTHERWISE = {
    "zigbee2mqtt:74": "what is stored proves no life",
    "homeassistant:1": "what a button says and nobody can read may be a press",
    "homie:8": "what is stored proves no life",
    "shelly-gen2:16": "the same event at the same hundredth of a second as the first message of the file",
}
# Another device or form than those on the list of this test; nothing may be made of them.
NOT_LISTED = {
    "tasmota:11", "tasmota:12", "tasmota:19", "tasmota:21", "tasmota:22", "tasmota:24", "tasmota:25",  # old forms, and a bridge inside Tasmota
    "homeassistant:11", "homeassistant:12", "homeassistant:13", "homeassistant:15", "homeassistant:17",
    "homie:19",
}  # fmt: skip


def means(said: list[Signal], known: set[str]) -> str:
    """What was made of a message, in the words of the capture. An id that the server has had raises no more."""
    fresh = {signal.id for signal in said if signal.kind in RAISING and not signal.retained} - known
    known |= fresh
    if fresh:
        return "alarm"
    kinds = {signal.kind for signal in said if signal.kind in QUIET}
    for kind, word in ((Kind.OFFLINE, "offline"), (Kind.ONLINE, "online")):
        if kind in kinds:
            return word
    if any(signal.kind is Kind.TAMPER and signal.detail == "open" for signal in said):
        return "tamper"
    if any(signal.kind is Kind.BATTERY and signal.detail == "low" for signal in said):
        return "low_battery"
    if Kind.BATTERY in kinds:
        return "battery"
    return "heartbeat" if Kind.HEARTBEAT in kinds else "ignore"


@pytest.mark.parametrize("family", HEARERS)
def test_each_captured_message_means_what_its_capture_says(family):
    hearer = HEARERS[family]()
    wrong, known = [], set()
    for one in captured(family):
        of_hub = one.expect["device"] == "bridge"
        said = [signal for signal in hearer.hear(one.topic, one.payload, one.retain) if signal.device_id.startswith("hub") is of_hub]
        found, wanted = means(said, known), one.expect["signal"]
        # beside what they ignore, a message may show that its device lives or how its battery is
        fine = found in (wanted, *(("heartbeat", "battery") if wanted == "ignore" else ("battery",) if wanted == "heartbeat" else ()))
        if one.place in NOT_LISTED:
            fine = said == []
        if (one.place in OTHERWISE) == fine:
            wrong.append(f"{one.place} {one.topic} {one.payload[:80]!r}: {found}, not {wanted} ({one.note})")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("family", HEARERS)
def test_device_battery_and_time_are_those_of_the_capture(family):
    hearer = HEARERS[family]()
    compared = 0
    for one in captured(family):
        said = hearer.hear(one.topic, one.payload, one.retain)
        raising = [signal for signal in said if signal.kind in RAISING]
        own = [hearer.book.devices[signal.device_id].address for signal in raising if signal.device_id in hearer.book.devices]
        for address in own:
            assert address in (one.expect["device"], one.topic.removesuffix("/events/rpc")), one.place
        if own and one.expect.get("at"):
            assert {signal.pressed_at.isoformat()[:19] for signal in raising} == {one.expect["at"][:19]}, one.place
            compared += 1
        if said and one.expect.get("battery") is not None and one.place not in NOT_LISTED:
            assert round(one.expect["battery"]) in {signal.battery for signal in said}, one.place
            compared += 1
        assert all(signal.verified for signal in raising if signal.doubt is not Doubt.UNDECODABLE), one.place
    assert compared or family in ("homeassistant", "tasmota"), "these two say neither"


def everything() -> list[Captured]:
    return [one for family in ALL for one in captured(family)]


def test_the_captures_are_all_there():
    assert len(everything()) == 582 and sum(len((WIRE / f"{name}.jsonl").read_text().splitlines()) for name in ALL) == 582


@pytest.mark.parametrize("family", HEARERS)
def test_no_family_raises_for_what_another_one_says(family):
    hearer = HEARERS[family]()
    topics = {one.topic for one in captured(family)}
    for one in everything():
        if one.topic not in topics:
            said = hearer.hear(one.topic, one.payload, one.retain)
            assert not [signal for signal in said if signal.kind in RAISING and signal.device_id in hearer.book.devices], one.place


@pytest.mark.parametrize("family", HEARERS)
def test_nothing_that_the_broker_has_stored_raises_and_what_is_heard_live_afterwards_still_does(family):
    """Every message as if it were retained, and then as it was sent."""
    stored, live, fresh = HEARERS[family](), [], HEARERS[family]()
    for one in captured(family):
        assert not [s for s in stored.hear(one.topic, one.payload, True) if s.kind not in QUIET and not s.retained], one.place
    kept = {s.id for one in captured(family) for s in stored.hear(one.topic, one.payload, True) if s.kind not in QUIET}
    for one in captured(family):
        if not one.retain:
            live += [s.id for s in stored.hear(one.topic, one.payload) if s.kind in RAISING]
    wanted = [s.id for one in captured(family) if not one.retain for s in fresh.hear(one.topic, one.payload) if s.kind in RAISING]
    assert len(live) == len(wanted) > 0
    assert not kept & set(live), "a stored copy has used up the id of a live press"


def test_no_signal_holds_more_of_a_message_than_it_must():
    for family, make in HEARERS.items():
        hearer = make()
        for one in captured(family):
            for signal in hearer.hear(one.topic, one.payload, one.retain):
                assert len(signal.id) <= 200 and signal.id.isprintable() and (signal.detail is None or len(signal.detail) <= 200)
                assert json.dumps(signal.detail or "") not in one.payload.decode("utf-8", "replace") or signal.detail in (
                    None,
                    "open",
                    "closed",
                    "low",
                    "fine",
                )
