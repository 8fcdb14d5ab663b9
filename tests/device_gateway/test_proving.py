"""The daily proof at the gateway: what the server asks for goes to the real broker and comes back from it; nothing that comes there is a press."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_gateway import proving
from server.core.signals import Kind
from tests.device_gateway.peers import OFFICE, press, until

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.mark.e2e
def test_a_run_goes_to_the_broker_comes_back_and_is_posted_and_no_device_is_told_anything(server, gateways, device):
    gateways(server.url).ready()
    server.proofs = [{"id": "p-1", "office_id": OFFICE}]
    until(lambda: "p-1" in server.committed)
    posted = server.committed["p-1"]
    assert (posted["kind"], posted["office_id"], posted["device_id"], posted["person_id"]) == ("proof", OFFICE, None, None)
    assert device.heard == [], "and nothing was said to any device"


@pytest.mark.e2e
def test_without_its_broker_a_run_never_comes_back_and_presses_go_on_afterwards(server, broker, gateways, device):
    gateways(server.url).ready()
    broker.stop()
    until(lambda: any(beat["broker"] == "down" for beat in server.heartbeats), 20)
    server.proofs = [{"id": "p-2", "office_id": OFFICE}]
    until(lambda: not server.proofs)
    broker.start()
    until(lambda: server.heartbeats[-1]["broker"] == "ok", 30)
    device.publish(*press(1))
    until(lambda: "desk-1-7-1" in server.committed)
    assert "p-2" not in server.committed, "it is not kept for later"


@pytest.mark.e2e
def test_what_strangers_say_there_is_no_press_and_hurts_nobody(server, gateways, device):
    gateways(server.url).ready()
    until(lambda: server.heartbeats)
    for odd in (b"", b"{", b'{"kind": "panic"}', b'{"proof": 7}', b'{"proof": "' + b"x" * 2000 + b'"}', b"\xff" * 50, b"[" * 900):
        device.publish(proving.topic_of(OFFICE), odd)
    device.publish(proving.topic_of(OFFICE), proving.press("p-kept"), retain=True)
    device.publish(proving.topic_of("nav-lillevik"), proving.press("p-elsewhere"))
    device.publish(*press(1))
    until(lambda: "desk-1-7-1" in server.committed)
    assert {signal["kind"] for signal in server.committed.values()} <= {"panic", "proof"}
    assert set(server.committed) <= {"desk-1-7-1", "p-kept"}


@given(st.binary(max_size=1200) | st.text(max_size=200).map(str.encode), st.booleans())
def test_whatever_comes_is_a_proof_or_nothing(payload: bytes, retained: bool) -> None:
    found = proving.heard(OFFICE, payload, retained, NOW)
    assert found is None or (found.kind is Kind.PROOF and found.device_id is None and not retained)


def test_a_devices_topic_is_never_taken_for_it() -> None:
    for topic in (f"varde/{OFFICE}/desk-1/up", f"varde/{OFFICE}/proof/up", "varde/elsewhere/proof", f"{OFFICE}/proof", "proof", f"varde/{OFFICE}/x/proof"):
        assert proving.office_of(topic, {OFFICE}) is None
    assert proving.office_of(proving.topic_of(OFFICE), {OFFICE}) == OFFICE
