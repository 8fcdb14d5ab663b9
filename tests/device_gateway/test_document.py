"""docs/device-protocol.md is what strangers build from: its examples must be true of the gateway."""

from __future__ import annotations

import hashlib
import hmac
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from device_gateway.devices import Device
from device_gateway.dialects import Book, Message, native
from firmware_sim.button import SAYS
from server.core.orders import LIGHT, Say
from server.core.signals import Kind
from tests.device_gateway.conftest import ROOT
from tests.device_gateway.peers import KEY, OFFICE

PAGE = (ROOT / "docs" / "device-protocol.md").read_text()
SHOWN = re.findall(r"^    (\S.*)$", PAGE, re.M)


def example() -> tuple[bytes, str, bytes, bytes]:
    """Key, topic, payload and answer, as they stand on the page."""
    key = next(line for line in SHOWN if re.fullmatch("[0-9a-f]{64}", line))
    topic = next(line for line in SHOWN if line.startswith("varde/"))
    pairs = [(a, b) for a, b in zip(SHOWN, SHOWN[1:]) if a.startswith("{") and re.fullmatch("[0-9a-f]{64}", b)]
    payload, answer = ["\n".join(pair).encode() for pair in pairs]
    return bytes.fromhex(key), topic, payload, answer


def test_the_worked_example_is_a_verified_press():
    key, topic, payload, _ = example()
    book = Book((OFFICE,), {"desk-1": Device("desk-1", OFFICE, key=key)}, lambda: "made")
    (heard,) = native.decode(Message(topic, payload, False, datetime.now(UTC)), None, book)
    assert (heard.id, heard.kind, heard.verified, heard.battery) == ("desk-1-7-3", Kind.PANIC, True, 87)
    assert heard.pressed_at == datetime.fromtimestamp(1795269802, UTC)


def test_the_worked_answer_is_what_the_gateway_sends():
    key, topic, _, answer = example()
    words = {"say": "received", "id": "desk-1-7-3", "alarm": "a-1"}
    assert native.answer("desk-1", OFFICE, words, key) == (topic.replace("/up", "/down"), answer)
    line, signature = answer.split(b"\n")
    assert hmac.new(key, b"varde/nav-fjordvik/desk-1/down\n" + line, hashlib.sha256).hexdigest().encode() == signature


def test_every_kind_in_the_table_is_known():
    rows = re.findall(r"^\| (`[a-z_`, ]+) \|", PAGE.split("| kind | when")[1].split("No gesture")[0], re.M)
    kinds = {kind for row in rows for kind in re.findall("`([a-z_]+)`", row)}
    assert kinds == {kind.value for kind in Kind} - {"missed_checkin", "test", "proof"}, "what Varde itself says, no device does"


def test_every_word_that_a_device_is_told_is_in_the_table_and_shown_by_the_pretended_one():
    rows = re.findall(r"^\| `([a-z_]+)`", PAGE.split("| `say` | further fields")[1].split("\n\n")[0], re.M)
    assert set(rows) == {str(say) for say in (*LIGHT, Say.ALARM, Say.CALLED_OFF, Say.ENDED)} == {*SAYS, "alarm"}


@pytest.mark.e2e
def test_the_sender_on_the_page_gets_its_answer(server, gateways, broker, tmp_path):
    gateways(server.url).ready()
    program = tmp_path / "sender.py"
    program.write_text(re.search(r"```python\n(.*?)```", PAGE, re.S).group(1))
    command = [sys.executable, str(program), "127.0.0.1", str(broker.port), OFFICE, "desk-1", KEY.hex()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.stdout == "received\n", done.stderr
    assert all(signal["verified"] for signal in server.committed.values())
