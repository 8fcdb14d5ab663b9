"""Zigbee2MQTT beyond the captures: whose press it is, which message is a copy, what the hub says of itself, and what it is told."""

from __future__ import annotations

import json

import pytest

from server.core.signals import Doubt, Kind
from tests.device_gateway.hearers import Hearer, button, hub

IEEE = "0x00158d0001a2b3c4"
LIST = [
    {"ieee_address": IEEE, "friendly_name": "møterom 2/dør", "definition": {"model": "HS1EB"}},
    {"ieee_address": "0x1", "friendly_name": "x"},
]


def hearer(**more) -> Hearer:
    devices = [
        hub(), hub("other", address="zigbee2mqtt-annex", shared=True), button("knapp", "zigbee2mqtt", IEEE, hub="hub", **more),
        button("lampe", "zigbee2mqtt", "lampe gang", hub="hub", kind="lamp"), button("sirene", "zigbee2mqtt", "sirene", hub="hub", kind="sounder"),
    ]  # fmt: skip
    return Hearer(devices)


def test_a_device_is_known_by_its_address_under_any_name_that_the_hub_gives_it():
    one = hearer()
    assert one.presses(f"zigbee2mqtt/{IEEE.upper()}", {"action": "single"})[0].device_id == "knapp"
    assert one.presses("zigbee2mqtt/møterom 2/dør", {"action": "single"})[0].doubt is Doubt.UNKNOWN_DEVICE, (
        "the hub has not said who that is"
    )
    one.hear("zigbee2mqtt/bridge/devices", LIST, retain=True)
    (press,) = one.presses("zigbee2mqtt/møterom 2/dør", {"action": "single"})
    assert (press.device_id, press.verified, press.kind) == ("knapp", True, Kind.PANIC)
    assert one.presses("zigbee2mqtt/møterom 2/dør/action", "single")[0].device_id == "knapp", "the last level is the attribute"
    assert one.presses("zigbee2mqtt/møterom 2/dør", {"action": "off"}) == [], "the hub has told its model, on which this is the release"


def test_a_message_that_names_its_device_needs_no_list():
    (press,) = hearer().presses("zigbee2mqtt/ny knapp", {"action": "emergency", "device": {"ieeeAddr": IEEE}})
    assert press.device_id == "knapp"


def test_the_office_says_what_a_word_means_and_what_it_does_not_say_is_a_panic():
    one = hearer(gestures={"double": "assist", "hold": "nothing", "release": "duress"})
    words = ("single", "Double", "hold", "release", "emergency", "quadruple")
    kinds = [tuple(s.kind for s in one.presses(f"zigbee2mqtt/{IEEE}", {"action": word})) for word in words]
    assert kinds == [(Kind.PANIC,), (Kind.ASSIST,), (), (Kind.DURESS,), (Kind.PANIC,), (Kind.PANIC,)]


def test_a_word_that_nobody_knows_is_a_doubtful_panic_from_a_button_and_nothing_from_others():
    one = hearer()
    (press,) = one.presses(f"zigbee2mqtt/{IEEE}", {"action": "wiggled"})
    assert (press.kind, press.verified, press.doubt) == (Kind.PANIC, False, Doubt.UNDECODABLE)
    assert one.presses("zigbee2mqtt/fremmed", {"action": "wiggled"}) == one.presses("zigbee2mqtt/sirene", {"action": "single"}) == []


def test_a_stranger_on_a_hub_raises_for_the_hubs_office_but_on_a_shared_one_only_with_a_word_for_danger():
    one = hearer()
    (press,) = one.presses("zigbee2mqtt/0x99", {"action": "single"})
    assert (press.device_id, press.office_id, press.doubt, press.verified) == ("hub.0x99", "nav-fjordvik", Doubt.UNKNOWN_DEVICE, False)
    assert one.presses("zigbee2mqtt-annex/lysbryter", {"action": "single"}) == []
    assert one.presses("zigbee2mqtt-annex/lysbryter", {"action": "sos"})[0].doubt is Doubt.UNKNOWN_DEVICE
    assert one.presses("zigbee2mqtt-annex/lysbryter", {"sos": True})[0].kind is Kind.PANIC


def test_each_message_is_a_press_of_its_own_however_soon_after_the_last_one():
    one = hearer()
    ids = [one.presses(f"zigbee2mqtt/{IEEE}", {"action": "single"}, after_s=0)[0].id for _ in range(20)]
    assert len(set(ids)) == 20


def test_a_copy_of_one_message_has_the_same_id_where_the_hub_says_when_it_was_and_another_press_has_not():
    one, two = hearer(), hearer()
    body = {"action": "single", "last_seen": "2026-11-21T14:03:20.223Z", "linkquality": 9}
    later = {**body, "last_seen": "2026-11-21T14:03:20.224Z"}
    first = one.presses(f"zigbee2mqtt/{IEEE}", body)[0]
    assert one.presses(f"zigbee2mqtt/{IEEE}", body, after_s=3600)[0].id == first.id == two.presses(f"zigbee2mqtt/{IEEE}", body)[0].id
    assert one.presses(f"zigbee2mqtt/{IEEE}", later)[0].id != first.id
    assert first.pressed_at.isoformat() == "2026-11-21T14:03:20.223000+00:00"


@pytest.mark.parametrize("seen", ["2026-11-21T14:03:20+01:00", "1970-01-01T00:00:07.123Z", 7123, "for 2 minutes siden", None, {}])
def test_a_time_that_may_come_again_makes_no_id(seen):
    one = hearer()
    body = {"action": "single", "last_seen": seen}
    assert one.presses(f"zigbee2mqtt/{IEEE}", body)[0].id != one.presses(f"zigbee2mqtt/{IEEE}", body)[0].id


def test_an_action_topic_says_the_same_again_once_the_hub_has_said_that_it_publishes_json():
    one = hearer()
    assert len(one.presses(f"zigbee2mqtt/{IEEE}/action", "single")) == 1, "nobody knows: rather twice than never"
    one.hear("zigbee2mqtt/bridge/info", {"config": {"advanced": {"output": "json"}}}, retain=True)
    assert one.presses(f"zigbee2mqtt/{IEEE}/action", "single") == []
    assert len(one.presses(f"zigbee2mqtt/{IEEE}", {"action": "single"})) == 1
    one.hear("zigbee2mqtt/bridge/info", {"config": {"advanced": {"output": "attribute"}}}, retain=True)
    assert len(one.presses(f"zigbee2mqtt/{IEEE}/action", "single")) == 1
    assert one.presses(f"zigbee2mqtt/{IEEE}/action", "") == one.presses(f"zigbee2mqtt/{IEEE}/action", "null") == []


def test_an_sos_that_stays_true_raises_when_it_turns_true_and_when_it_is_said_again_alone():
    one = hearer()
    topic = f"zigbee2mqtt/{IEEE}"
    first = {"sos": True, "battery": 90, "linkquality": 50}
    assert len(one.presses(topic, first)) == 1
    assert one.presses(topic, {**first, "battery": 89}) == [], "the hub repeats what it remembers beside a new battery level"
    assert len(one.presses(topic, {**first, "battery": 89, "linkquality": 51})) == 1, (
        "nothing else has changed: the device has said it again"
    )
    assert one.presses(topic, {"sos": False, "battery": 89}) == []
    assert len(one.presses(topic, {"sos": "TRUE", "battery": 88})) == 1
    assert one.presses(topic, {"sos": "FALSE"}) == one.presses(topic, {"sos": None}) == []


def test_what_a_hub_repeats_of_a_device_proves_no_life_unless_the_device_was_seen_since():
    one = hearer(heartbeat_s=3600)
    topic = f"zigbee2mqtt/{IEEE}"

    def alive(seen: str) -> bool:
        return any(s.kind is Kind.HEARTBEAT and s.device_id == "knapp" for s in one.hear(topic, {"battery": 90, "last_seen": seen}))

    assert not alive("2026-11-20T14:03:22.000Z"), "a day ago, and nothing was known before"
    assert alive("2026-11-21T14:03:22.000Z") and not alive("2026-11-21T14:03:22.000Z") and alive("2026-11-21T14:03:25.000Z")


def test_the_hub_lives_as_long_as_it_says_anything_and_its_will_makes_it_offline():
    one = hearer()
    facts = [[(s.device_id, s.kind) for s in one.hear(f"zigbee2mqtt/bridge/{what}", body)] for what, body in (
        ("state", {"state": "online"}), ("state", "offline"), ("health", {"mqtt": {}}), ("logging", "x"), ("state", "?"), ("state", b"\xff"),
    )]  # fmt: skip
    assert facts == [[("hub", Kind.ONLINE)], [("hub", Kind.OFFLINE)], [("hub", Kind.HEARTBEAT)], [("hub", Kind.HEARTBEAT)], [], []]
    assert one.hear("zigbee2mqtt/bridge/state", {"state": "offline"}, retain=True)[0].retained


UNREADABLE = [
    b"\xff\xfe", b"{", b"[1]", b"7", b"x" * 70_000, b"[" * 60_000, b'{"action": {"a": 1}}', b'{"action": ["single"]}', b'{"action": "' + b"y" * 500 + b'"}',
]  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_a_button_says_and_nobody_can_read_raises_and_what_others_say_does_not(body):
    one = hearer()
    (press,) = one.presses(f"zigbee2mqtt/{IEEE}", body)
    assert (press.kind, press.doubt, press.verified) == (Kind.PANIC, Doubt.UNDECODABLE, False)
    assert one.presses("zigbee2mqtt/sirene", body) == one.presses("zigbee2mqtt/fremmed", body) == []
    assert one.presses(f"zigbee2mqtt/{IEEE}/linkquality", body) == one.presses(f"zigbee2mqtt/{IEEE}/availability", body) == []
    assert one.presses(f"zigbee2mqtt/{IEEE}", b"") == [], "an empty message clears what the broker has stored"


def test_a_list_of_a_megabyte_is_read_and_a_hostile_one_is_not_believed():
    one = hearer()
    many = [
        *LIST,
        *({"ieee_address": f"0x{n:016x}", "friendly_name": f"n{n}", "definition": {"exposes": ["x" * 950]}} for n in range(1000)),
    ]
    body = json.dumps(many).encode()
    assert len(body) > 1_000_000
    one.hear("zigbee2mqtt/bridge/devices", body, retain=True)
    assert one.presses("zigbee2mqtt/møterom 2/dør", {"action": "single"})[0].device_id == "knapp"
    for odd in (b"[" * 1_000_000, b'{"a":' * 200_000, b"x" * 5_000_000, b"7", b'[{"friendly_name": {}, "ieee_address": []}, 7, null]'):
        assert one.hear("zigbee2mqtt/bridge/devices", odd, retain=True) == []


def test_our_own_orders_and_those_of_others_are_not_heard():
    one = hearer()
    for topic in ("lampe gang/set", f"{IEEE}/set", f"{IEEE}/get", "fremmed/set", "gruppe/set"):
        assert one.hear(f"zigbee2mqtt/{topic}", {"action": "emergency"}) == []


def test_lamps_and_sirens_are_switched_in_their_own_words_and_never_in_a_drill():
    one = hearer()
    lamp, siren, knapp = (one.book.devices[name] for name in ("lampe", "sirene", "knapp"))

    def tell(device, say, drill=False):
        return one.router.tell(device, {"say": say, "count": 0, "alarm": "a-1", "drill": drill}, one.book)

    assert tell(lamp, "alarm") == ("zigbee2mqtt/lampe gang/set", b'{"state":"ON"}')
    assert tell(lamp, "ended") == tell(lamp, "ended", drill=True) == ("zigbee2mqtt/lampe gang/set", b'{"state":"OFF"}')
    topic, body = tell(siren, "alarm")
    assert topic == "zigbee2mqtt/sirene/set" and json.loads(body)["warning"]["mode"] == "emergency"
    assert json.loads(tell(siren, "ended")[1])["warning"]["mode"] == "stop"
    assert tell(lamp, "coming") is tell(lamp, "alarm", drill=True) is tell(siren, "alarm", drill=True) is tell(knapp, "alarm") is None
