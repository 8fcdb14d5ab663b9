"""Whatever a broker hands over, under whatever topic: no dialect throws, nothing stored raises, and what was said fits on the wire."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_gateway.dialects.profile import read_profile
from device_gateway.wire import from_wire, to_wire
from server.core.signals import QUIET
from tests.device_gateway.hearers import ROOT, Captured, Hearer, button, captured, hub, profile

PROFILES = {
    own["id"]: own
    for path in [*(ROOT / "config/content").glob("dialect_*.yaml"), *(Path(__file__).parent / "dialects").glob("*.yaml")]
    if (own := profile(path))
}
NAMES = ["knapp", "møterom 1/dør", "0x00158d0001a2b3c4", "b4:35:22:fe:56:e5", "shellyix3-98CDAC", "tasmota_49A3BC"]
EXAMPLES = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def everything() -> Hearer:
    devices = [hub(), hub("plugg", "shelly-gen2", "shellyplug-1")]
    for dialect in ("zigbee2mqtt", "shelly-gen1", "shelly-gen2", "shelly-blu", *PROFILES):
        needs = {"zigbee2mqtt": "hub", "shelly-blu": "plugg"}.get(dialect)
        devices += [button(f"{dialect}-{n}", dialect, name, hub=needs) for n, name in enumerate(NAMES)]
        devices.append(button(f"{dialect}-lampe", dialect, "lampe", hub=needs, kind="lamp"))
    return Hearer(devices, PROFILES)


HEARER = everything()
CAPTURED = [
    one
    for name in ("zigbee2mqtt", "shelly-gen1", "shelly-gen2", "shelly-blu", "tasmota", "esphome", "homie", "homeassistant")
    for one in captured(name)
]

KEYS = ["action", "click", "sos", "battery", "battery_low", "tamper", "last_seen", "device", "ieeeAddr", "state", "event", "event_cnt", "inputs", "bat",
        "value", "method", "params", "events", "component", "ts", "data", "addr", "srcBle", "mac", "payload", "pid", "button", "id", "Action",
        "event_type"]  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-3, 300), st.floats(allow_nan=False), st.text(max_size=12),
    st.sampled_from(["single", "emergency", "S", "", "single_push", "NotifyEvent", "input:0", "44000a015e3a01", "ON", "2026-11-21T14:03:20.1Z", *NAMES]),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=6)), inner, max_size=6)
    ),
)
TOPICS = st.one_of(
    st.sampled_from(sorted({one.topic for one in CAPTURED})),
    st.sampled_from(sorted(HEARER.router.filters)).map(lambda one: one.replace("#", "knapp/action").replace("+", "knapp")),
    st.builds(
        lambda base, rest: f"{base}/{rest}",
        st.sampled_from(["zigbee2mqtt", "zigbee2mqtt/bridge", "shellies", "shellies/shellyix3-98CDAC", "shellyplug-1", "varde/nav-fjordvik", *NAMES]),
        st.one_of(
            st.sampled_from(["devices", "info", "event", "state", "input_event/0", "events/rpc", "events/ble", "knapp", "knapp/set", "#", "+", ""]),
            st.text(max_size=20),
        ),
    ),
    st.text(max_size=40),
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode()), st.sampled_from([one.payload for one in CAPTURED])
)


def hear(topic: str, body: bytes, retain: bool) -> None:
    for signal in HEARER.hear(topic, body, retain, after_s=0.01):
        assert signal.kind in QUIET or not retain or signal.retained
        assert signal.id and len(signal.id) <= 300 and "\0" not in signal.id
        assert from_wire(json.loads(to_wire(signal))) == signal
    assert set(HEARER.book.past) <= set(HEARER.book.devices), "something is kept of a stranger"


@EXAMPLES
@given(topic=TOPICS, body=BODIES, retain=st.booleans())
def test_nothing_that_is_heard_throws_or_raises_wrongly(topic, body, retain):
    hear(topic, body, retain)


@EXAMPLES
@given(one=st.sampled_from(CAPTURED), at=st.integers(0, 300), byte=st.integers(0, 255), cut=st.booleans(), retain=st.booleans())
def test_captured_messages_with_a_byte_changed_or_cut_off_do_not_throw_either(one: Captured, at, byte, cut, retain):
    where = at % (len(one.payload) + 1)
    hear(one.topic, one.payload[:where] + (b"" if cut else bytes([byte]) + one.payload[where + 1 :]), retain)


HOSTILE = {
    "a megabyte of brackets": b"[" * 1_000_000,
    "a megabyte of braces": b'{"a":' * 200_000,
    "a megabyte of digits": b"1" * 1_000_000,
    "a number beyond all numbers": b'{"battery": 1e999, "event_cnt": ' + b"9" * 4000 + b', "last_seen": -1e308, "ts": 1e300}',
    "words for numbers": b'{"battery": NaN, "event_cnt": Infinity}',
    "a megabyte of text": b'"' + b"x" * 1_000_000 + b'"',
    "a key ten thousand times": b"{" + b",".join([b'"action": "single"'] * 10_000) + b"}",
    "many keys": json.dumps({f"k{n}": n for n in range(60_000)}).encode(),
    "half a surrogate pair": b'{"action": "\\ud800", "device": {"ieeeAddr": "\\udfff"}, "event": "\\ud800", "event_cnt": 1}',
    "not UTF-8": bytes(range(128, 256)) * 100,
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(100_000),
    "nulls": b"\0" * 1000,
    "thousands of events": json.dumps(
        {"method": "NotifyEvent", "params": {"events": [{"component": "input:0", "event": "btn_down"}] * 1500}}
    ).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_is_read_within_bounds_on_every_topic(name):
    for topic in [*{one.topic for one in CAPTURED}, *(one.replace("#", "knapp").replace("+", "x") for one in HEARER.router.filters)]:
        hear(topic, HOSTILE[name], False)


@EXAMPLES
@given(row=st.dictionaries(st.sampled_from(["id", "messages", "outputs"]), JSON, max_size=3))
def test_a_compiled_dialect_may_be_anything(row):
    own = read_profile(row)
    if own is not None:
        Hearer([button("b", str(row["id"]), "k")], {"x": row}).hear("k", b"1")
