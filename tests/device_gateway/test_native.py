"""The native dialect: whatever arrives, it never throws, and nothing that may be a press is dropped."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_gateway.devices import Device
from device_gateway.dialects import Book, Message, native
from device_gateway.wire import from_wire, to_wire
from server.core.signals import Doubt, Kind
from tests.device_gateway.peers import KEY, OFFICE, press, signed

NOW = datetime(2026, 11, 21, 14, 3, 22, 117000, tzinfo=UTC)
TOPIC = f"varde/{OFFICE}/desk-1/up"


@pytest.fixture
def book():
    return new_book()


def new_book() -> Book:
    numbers = itertools.count(1)
    devices = {"desk-1": Device("desk-1", OFFICE, key=KEY), "zigbee-1": Device("zigbee-1", OFFICE)}
    return Book((OFFICE, "nav-other"), devices, lambda: f"made{next(numbers)}")


def hear(book: Book, topic: str, payload: bytes, retain: bool = False):
    signals = native.decode(Message(topic, payload, retain, NOW), None, book)
    assert len(signals) == 1
    return signals[0]


def test_a_signed_press_is_verified_and_carries_what_the_device_said(book):
    heard = hear(book, *press(3, position={"lat": 60.4, "lon": 5.3, "accuracy_m": 12}, detail="long press"))
    assert (heard.id, heard.kind, heard.verified, heard.doubt, heard.retained) == ("desk-1-7-3", Kind.PANIC, True, None, False)
    assert (heard.office_id, heard.device_id, heard.heard_at, heard.battery) == (OFFICE, "desk-1", NOW, 87)
    assert heard.pressed_at == datetime(2025, 11, 21, 4, 40, tzinfo=UTC)
    assert (heard.position.lat, heard.position.accuracy_m, heard.detail) == (60.4, 12.0, "long press")


def test_what_goes_over_the_wire_comes_back_the_same(book):
    heard = hear(book, *press(3, position={"lat": 60.4, "lon": 5.3}))
    assert from_wire(json.loads(to_wire(heard))) == heard


@pytest.mark.parametrize("payload", [b'{"kind":"panic"}', b'{"kind":"panic"}\n', b'{\n  "kind": "panic"\n}\n', b' {"kind": "panic"} '])
def test_a_plain_press_by_hand_raises_unverified_and_each_is_a_press_of_its_own(book, payload):
    one, two = hear(book, TOPIC, payload), hear(book, TOPIC, payload)
    assert (one.kind, one.verified, one.doubt) == (Kind.PANIC, False, Doubt.UNSIGNED)
    assert one.id != two.id


def test_a_wrong_signature_raises_with_an_id_that_the_genuine_device_never_has(book):
    topic, payload = press(3)
    forged = hear(book, topic, payload[:-64] + b"0" * 64)
    assert (forged.kind, forged.verified, forged.doubt) == (Kind.PANIC, False, Doubt.BAD_SIGNATURE)
    genuine = hear(book, topic, payload)
    assert genuine.verified and genuine.id == "desk-1-7-3" != forged.id


@pytest.mark.parametrize("doubt, spoil", [(Doubt.UNSIGNED, lambda p: p.split(b"\n")[0]), (Doubt.BAD_SIGNATURE, lambda p: p[:-1] + b"x")])
def test_copies_of_a_doubtful_press_with_a_number_are_one_signal(book, doubt, spoil):
    topic, payload = press(3)
    ids = {hear(book, topic, spoil(payload)).id for _ in range(3)}
    assert len(ids) == 1 and ids != {"desk-1-7-3"}


def test_a_signature_made_for_another_topic_does_not_count(book):
    _, payload = press(3, device="desk-2")
    assert hear(book, TOPIC, payload).doubt == Doubt.BAD_SIGNATURE


def test_the_same_press_again_has_the_same_id_and_is_still_verified(book):
    one = hear(book, *press(3))
    hear(book, *press(4))
    assert hear(book, *press(3)) == one


def test_the_same_number_with_other_content_raises_under_another_id(book):
    hear(book, *press(3))
    other = hear(book, *press(3, kind="assist"))
    assert (other.kind, other.doubt, other.verified) == (Kind.ASSIST, Doubt.REPLAYED, False)
    assert other.id.startswith("desk-1-7-3-replayed-")


def test_an_older_boot_raises_in_doubt_and_a_newer_one_is_believed(book):
    hear(book, *press(3, boot=7))
    old = hear(book, *press(90, boot=6))
    assert (old.kind, old.doubt, old.id) == (Kind.PANIC, Doubt.REPLAYED, "desk-1-6-90")
    assert hear(book, *press(90, boot=6)).id == "desk-1-6-90"
    assert hear(book, *press(1, boot=8)).verified


def test_a_press_that_a_radio_delivers_late_is_not_a_replay(book):
    hear(book, *press(9))
    assert hear(book, *press(4)).verified


def test_an_old_heartbeat_proves_nothing_but_an_old_will_does(book):
    hear(book, *press(9))
    assert hear(book, *press(4, kind="heartbeat")).doubt == Doubt.REPLAYED
    assert hear(book, *press(2, kind="offline")).verified


def test_a_forger_cannot_make_genuine_presses_look_replayed(book):
    topic, payload = press(1, boot=10**9)
    hear(book, topic, payload[:-64] + b"0" * 64)
    assert hear(book, *press(3)).verified


def test_what_is_remembered_is_bounded(book):
    for n in range(300):
        hear(book, *press(n))
    assert len(book.memory["desk-1"].recent) == native.REMEMBERED_PER_DEVICE


@pytest.mark.parametrize("payload", [press(3)[1], b'{"kind":"panic"}', b"\xff"])
def test_a_retained_message_is_marked_and_is_the_same_one_at_each_reading(book, payload):
    one, two = hear(book, TOPIC, payload, retain=True), hear(book, TOPIC, payload, retain=True)
    assert one.retained and one == two
    assert "desk-1" not in book.memory
    assert hear(book, TOPIC, payload).id != one.id, "a stored copy has used up the id of the live press"


@pytest.mark.parametrize(
    "payload, reason",
    [
        (b"", "not JSON"),
        (b"PRESS", "not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[1]", "not a JSON object"),
        (b'{"kind":"dance"}', "no known kind"),
        (b'{"kind":["panic"]}', "no known kind"),
        (b'{"kind":null}', "no known kind"),
        (b'{"kind":"panic","battery":NaN}', "not JSON"),
        (b"[" * 4000, "not JSON"),
        (b'{"kind":"panic"' + b" " * 5000, "larger than 4096 bytes"),
        (b'{"n":' + b"9" * 4000 + b', "kind":"dance"}', "no known kind"),
    ],
)
def test_what_cannot_be_read_may_be_a_press(book, payload, reason):
    heard = hear(book, TOPIC, payload)
    assert (heard.kind, heard.verified, heard.doubt) == (Kind.PANIC, False, Doubt.UNDECODABLE)
    assert heard.detail in (reason, "not JSON") and heard.device_id == "desk-1"
    assert hear(book, TOPIC, payload).id != heard.id


@pytest.mark.parametrize("boot, n", [(None, 1), ("7", 1), (7, 1.0), (7, True), (-1, 1), (7, 2**60)])
def test_a_signed_message_with_a_bad_number_keeps_its_kind(book, boot, n):
    heard = hear(book, TOPIC, signed(TOPIC, {"v": 1, "boot": boot, "n": n, "kind": "duress"}))
    assert (heard.kind, heard.verified, heard.doubt) == (Kind.DURESS, False, Doubt.UNDECODABLE)


def test_an_unknown_version_keeps_its_kind_in_doubt(book):
    assert hear(book, *press(1, v=2)).doubt == Doubt.UNDECODABLE


@pytest.mark.parametrize("value", ["full", -1, 101, True, [], 1e400, None])
def test_a_side_fact_of_the_wrong_type_is_left_out_and_the_press_stays_what_it_is(book, value):
    line = json.dumps(
        {"kind": "duress", "battery": value, "position": value, "detail": value if value != "full" else 7, "pressed_at": str(value)}
    )
    heard = hear(book, TOPIC, line.replace("Infinity", "1e400").encode())
    assert heard.kind == Kind.DURESS
    assert (heard.battery, heard.position, heard.detail, heard.pressed_at) == (None, None, None, None)


@pytest.mark.parametrize("at, year", [(0, 1970), (-1e9, 1938), (32503680000, 3000), (1e15, None), (-1e15, None)])
def test_a_wrong_clock_is_kept_if_it_is_a_date_at_all(book, at, year):
    heard = hear(book, *press(1, pressed_at=at))
    assert heard.verified and (heard.pressed_at.year if heard.pressed_at else None) == year


def test_an_unknown_device_raises_in_its_topics_office_or_the_gateways_first(book):
    heard = hear(book, *press(3, device="stranger"))
    assert (heard.doubt, heard.office_id, heard.device_id) == (Doubt.UNKNOWN_DEVICE, OFFICE, "stranger")
    assert hear(book, "varde/nav-other/stranger/up", b'{"kind":"panic"}').office_id == "nav-other"
    assert hear(book, "varde/elsewhere/stranger/up", b'{"kind":"panic"}').office_id == OFFICE
    assert hear(book, f"varde/{OFFICE}/å {'x' * 500}/up", b'{"kind":"panic"}').device_id.startswith("odd-")


def test_a_device_is_in_the_office_it_is_registered_in_whatever_the_topic_says(book):
    topic = "varde/nav-other/desk-1/up"
    assert hear(book, topic, signed(topic, {"boot": 1, "n": 1, "kind": "panic"})).office_id == OFFICE


def test_a_device_without_a_key_is_heard_unsigned(book):
    assert hear(book, f"varde/{OFFICE}/zigbee-1/up", b'{"kind":"panic"}').doubt == Doubt.UNSIGNED


@pytest.mark.parametrize(
    "topic", [f"varde/{OFFICE}/desk-1/down", f"varde/{OFFICE}/desk-1", "varde", "", "other/x/y/up", f"varde/{OFFICE}/a/b/up"]
)
def test_our_own_answers_and_other_topics_say_nothing(book, topic):
    assert native.decode(Message(topic, b'{"kind":"panic"}', False, NOW), None, book) == ()


def test_an_answer_is_signed_for_its_topic(book):
    topic, payload = native.answer("desk-1", OFFICE, {"say": "received", "id": "desk-1-7-3"}, KEY)
    assert topic == f"varde/{OFFICE}/desk-1/down"
    line, signature = payload.split(b"\n")
    assert (
        json.loads(line)["say"] == "received"
        and payload == signed(topic, json.loads(line)).replace(b'": ', b'":').replace(b", ", b",")[:-64] + signature
    )


def test_an_answer_to_a_device_without_a_key_is_one_line(book):
    assert native.answer("zigbee-1", OFFICE, {"say": "ended"}, None)[1] == b'{"say":"ended"}'


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([kind.value for kind in Kind]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.sampled_from(["v", "device", "boot", "n", "kind", "pressed_at", "battery", "position", "detail"])
_LINES = st.dictionaries(_FIELDS, _VALUES, max_size=9).map(lambda words: json.dumps(words).encode())
_PAYLOADS = st.binary(max_size=300) | _LINES | _LINES.map(lambda line: line + b"\n" + b"0" * 64)
_TOPICS = st.sampled_from([TOPIC, f"varde/{OFFICE}/stranger/up"]) | st.text(max_size=30).map(
    lambda name: f"varde/{OFFICE}/{name.replace('/', '')}/up"
)


@settings(max_examples=1500, deadline=None)
@given(_TOPICS, _PAYLOADS, st.booleans())
def test_nothing_makes_it_throw_and_every_message_is_one_signal_that_can_be_sent_on(topic, payload, retain):
    heard = hear(new_book(), topic, payload, retain)
    assert heard.retained is retain and heard.verified is False and heard.doubt is not None
    sent = to_wire(heard)
    assert from_wire(json.loads(sent)) == heard
    assert len(sent) < 5000 and len(heard.id) < 200


@settings(max_examples=800, deadline=None)
@given(st.dictionaries(_FIELDS, _VALUES, max_size=9), st.booleans())
def test_whatever_a_device_signs_is_one_signal(words, retain):
    heard = hear(new_book(), TOPIC, signed(TOPIC, words), retain)
    assert heard.verified is (heard.doubt is None)
    to_wire(heard)
