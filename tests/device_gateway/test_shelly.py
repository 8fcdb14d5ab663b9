"""The Shelly generations beyond the captures: numbers that come again, several inputs, buttons heard by two hubs, and relays."""

from __future__ import annotations

import json

import pytest

from device_gateway.dialects.reading import Unreadable
from device_gateway.dialects.shelly_blu import read_bthome
from server.core.signals import Doubt, Kind
from tests.device_gateway.hearers import Hearer, button, hub

ONE, TWO, MAC = "shellyix3-98CDAC", "shellyplusi4-a8032cb12ea4", "b4:35:22:fe:56:e5"


def hearer(**more) -> Hearer:
    return Hearer([
        button("rom-0", "shelly-gen1", f"{ONE}#0", **more), button("rom-1", "shelly-gen1", f"{ONE}#1"), button("lampe", "shelly-gen1", f"{ONE}#1", kind="lamp"),
        button("resten", "shelly-gen1", "shellybutton1-A4"),
        button("moterom", "shelly-gen2", f"{TWO}#0", **more), button("alle", "shelly-gen2", TWO), button("lys", "shelly-gen2", f"{TWO}#2", kind="lamp"),
        hub("plugg-1", "shelly-gen2", "shellyplug-1"), hub("plugg-2", "shelly-gen2", "shellyplug-2"), button("blu", "shelly-blu", MAC, hub="plugg-1", **more),
    ])  # fmt: skip


def event(word: str, count: object) -> dict:
    return {"event": word, "event_cnt": count}


def test_the_last_press_that_is_said_again_every_half_minute_is_no_press_also_after_a_restart_of_the_gateway():
    one = hearer()
    topic = f"shellies/{ONE}/input_event/0"
    first = one.presses(topic, event("S", 4))
    assert [s.device_id for s in first] == ["rom-0"]
    assert [one.presses(topic, event("S", 4), after_s=30) for _ in range(100)] == [[]] * 100
    again = hearer()
    again.book.past.update(json.loads(json.dumps(one.book.past)))
    assert again.presses(topic, event("S", 4)) == []
    assert len(again.presses(topic, event("S", 5))) == 1
    assert len(hearer().presses(topic, event("S", 4))) == 1, "without its memory it cannot know, and rather raises"


def test_presses_are_told_apart_by_their_number_however_close_and_numbers_that_begin_anew_are_new_presses():
    one = hearer()
    topic = f"shellies/{ONE}/input_event/0"
    counts = [7, 8, 9, 0, 1, 2, 7, 8]
    ids = [s.id for n in counts for s in one.presses(topic, event("S", n), after_s=0)]
    assert len(ids) == len(set(ids)) == len(counts)
    assert len(one.presses(topic, event("L", 8))) == 1, "the same number with another word"


def test_held_longer_than_the_device_waits_for_is_a_press_when_its_number_has_risen():
    one = hearer(gestures={"held": "assist"})
    topic = f"shellies/{ONE}/input_event/0"
    assert one.presses(topic, event("", 3)) == [], "nothing is known of earlier presses"
    assert [s.kind for s in one.presses(topic, event("", 4))] == [Kind.ASSIST]
    assert one.presses(topic, event("", 4)) == one.presses(topic, event("", 0)) == []
    assert len(one.presses(topic, event("S", 1))) == 1
    assert one.presses(topic, event("", 1)) == one.presses(topic, event("S", 1)) == [], "the word is gone, the number is the same"


def test_a_press_that_was_missed_is_found_in_the_devices_state_once():
    one = hearer()
    info = {"inputs": [{"input": 0, "event": "S", "event_cnt": 5}, {"input": 1, "event": "L", "event_cnt": 9}], "bat": {"value": 53}}
    assert one.presses(f"shellies/{ONE}/info", info) == [], "nothing is known of earlier presses"
    one.presses(f"shellies/{ONE}/input_event/0", event("S", 4))
    assert [(s.device_id, s.kind) for s in one.presses(f"shellies/{ONE}/info", info)] == [("rom-0", Kind.PANIC)]
    assert one.presses(f"shellies/{ONE}/input_event/0", event("S", 5)) == one.presses(f"shellies/{ONE}/info", info) == []


def test_each_input_is_a_button_of_its_own_and_the_rest_belong_to_the_one_that_is_listed_for_all():
    one = hearer()
    assert [s.device_id for s in one.presses(f"shellies/{ONE}/input_event/1", event("S", 1))] == ["rom-1"]
    assert one.presses(f"shellies/{ONE}/input_event/2", event("S", 1)) == []
    assert [s.device_id for s in one.presses(f"{TWO}/events/rpc", notice("input:0"))] == ["moterom"]
    assert [s.device_id for s in one.presses(f"{TWO}/events/rpc", notice("input:3"))] == ["alle"]
    assert {s.device_id for s in one.hear(f"{TWO}/online", "false") if s.kind is Kind.OFFLINE} == {"moterom", "alle", "lys"}


def test_a_button_that_sleeps_is_not_offline_and_its_neighbour_is():
    one = hearer()
    assert one.hear("shellies/shellybutton1-A4/online", "false") == []
    assert {s.device_id for s in one.hear(f"shellies/{ONE}/online", "false")} == {"rom-0", "rom-1", "lampe"}


@pytest.mark.parametrize("body", [b"\xff", b"{", b"[]", b'{"event": 7}', b"x" * 70_000])
def test_what_an_input_says_and_nobody_can_read_raises_for_its_button_alone(body):
    one = hearer()
    said = one.presses(f"shellies/{ONE}/input_event/0", body)
    assert [(s.device_id, s.doubt) for s in said] == [("rom-0", Doubt.UNDECODABLE)]
    assert one.presses(f"shellies/{ONE}/relay/0", body) == one.presses(f"shellies/{ONE}/info", body) == []
    assert one.presses(f"{TWO}/status/input:0", body) == []


def notice(component: str, word: str = "single_push", ts: object = 1672130534.52, **more) -> dict:
    return {
        "src": TWO,
        "method": "NotifyEvent",
        "params": {"ts": ts, "events": [{"component": component, "event": word, "ts": ts, **more}]},
    }


def test_a_later_generations_press_has_its_time_as_its_number_everywhere_and_for_ever():
    one, two = hearer(), hearer()
    first = one.presses(f"{TWO}/events/rpc", notice("input:0"))[0]
    assert two.presses(f"{TWO}/events/rpc", notice("input:0"), after_s=9999)[0].id == first.id
    others = [notice("input:0", ts=1672130534.53), notice("input:0", "double_push"), notice("input:1")]
    assert len({first.id, *(one.presses(f"{TWO}/events/rpc", other, after_s=0)[0].id for other in others)}) == 4


@pytest.mark.parametrize("ts", [None, 12.34, "x", 1e300, -5, True])
def test_without_a_clock_each_notice_is_a_press_of_its_own(ts):
    one = hearer()
    assert (
        one.presses(f"{TWO}/events/rpc", notice("input:0", ts=ts))[0].id != one.presses(f"{TWO}/events/rpc", notice("input:0", ts=ts))[0].id
    )


def test_an_input_that_was_set_up_as_a_switch_raises_when_it_turns_true():
    one = hearer()

    def status(state: object) -> list:
        return one.presses(f"{TWO}/events/rpc", {"method": "NotifyStatus", "params": {"input:0": {"id": 0, "state": state}}})

    assert status(False) == status(None) == []
    assert [s.device_id for s in status(True)] == ["moterom"]
    assert status(True) == one.presses(f"{TWO}/status/input:0", {"state": True}) == [], "said again"
    assert status(False) == [] and len(status(True)) == 1


def test_more_events_than_anybody_presses_are_not_cut_off_but_raise_as_they_are():
    one = hearer()
    many = {"method": "NotifyEvent", "params": {"events": [{"component": "input:0", "event": "btn_down"}] * 1000}}
    assert {(s.device_id, s.doubt) for s in one.presses(f"{TWO}/events/rpc", many)} == {("moterom", Doubt.UNDECODABLE), ("alle", Doubt.UNDECODABLE)}


def test_unknown_words_of_an_input_raise_in_doubt_and_those_of_other_components_do_not():
    one = hearer()
    assert one.presses(f"{TWO}/events/rpc", notice("input:0", "shaken"))[0].doubt is Doubt.UNDECODABLE
    assert (
        one.presses(f"{TWO}/events/rpc", notice("input:0", "btn_down")) == one.presses(f"{TWO}/events/rpc", notice("sys", "shaken")) == []
    )


def blu_script(packet: int, button_hex: str, src: str) -> tuple[str, dict]:
    return f"{src}/events/ble", {"src": src, "srcBle": {"mac": MAC.upper()}, "payload": f"4400{packet:02x}01463a{button_hex}"}


def test_a_blu_button_that_two_hubs_hear_is_pressed_once_and_each_packet_number_is_a_press():
    one = hearer()
    first, second = one.presses(*blu_script(7, "01", "shellyplug-1"))[0], one.presses(*blu_script(7, "01", "shellyplug-2"))[0]
    assert first.device_id == second.device_id == "blu" and first.id == second.id
    assert len({s.id for n in range(20) for s in one.presses(*blu_script(n, "01", "shellyplug-1"), after_s=0)} - {first.id}) == 20


def test_a_packet_number_that_comes_again_later_is_a_new_press():
    one = hearer()
    first = one.presses(*blu_script(7, "01", "shellyplug-1"))[0]
    assert one.presses(*blu_script(7, "01", "shellyplug-1"), after_s=61)[0].id != first.id, "the battery may have been changed"
    assert len({one.presses(*blu_script(n, "01", "shellyplug-1"), after_s=0)[0].id for n in (8, 7, 8)}) == 3, "only the latest has copies"


def test_every_key_of_a_blu_remote_is_read_and_a_beacon_is_none():
    assert read_bthome("44000a015e3a003a016000") == (10, 94, [0, 1])
    one = hearer()
    two_keys = one.presses("shellyplug-1/events/ble", {"srcBle": {"mac": MAC}, "payload": "44000a015e3a013a003a04"})
    assert len(two_keys) == 2 and len({s.id for s in two_keys}) == 2
    assert one.presses(*blu_script(9, "00", "shellyplug-1")) == []


@pytest.mark.parametrize("text", ["", "44", "zz", "45000a", "24000a", "44ff", "440001ff", "44" + "00" * 200, "44003a"])
def test_bytes_that_are_no_bthome_are_refused_or_hold_no_button(text):
    try:
        assert read_bthome(text)[2] == []
    except Unreadable:
        pass


def test_an_encrypted_blu_button_raises_in_doubt_since_nobody_can_read_it_and_a_neighbours_does_not():
    one = hearer()
    body = {"srcBle": {"mac": MAC}, "payload": "45000102030405"}
    assert one.presses("shellyplug-1/events/ble", body)[0].doubt is Doubt.UNDECODABLE
    assert one.presses("shellyplug-1/events/ble", {**body, "srcBle": {"mac": "aa:bb:cc:dd:ee:ff"}}) == []


def test_nothing_is_kept_of_radios_that_are_not_ours():
    one = hearer()
    for n in range(500):
        one.hear("shellyplug-1/events/ble", {"srcBle": {"mac": f"aa:bb:cc:dd:{n // 256:02x}:{n % 256:02x}"}, "payload": "44000a01463a01"})
    assert set(one.book.past) <= set(one.book.devices)


def test_relays_and_lights_are_switched_and_inputs_are_not():
    one = hearer()
    words = {"say": "alarm", "alarm": "a-1", "drill": False, "count": 0}
    assert one.router.tell(one.book.devices["lampe"], words, one.book) == (f"shellies/{ONE}/relay/1/command", b"on")
    topic, body = one.router.tell(one.book.devices["lys"], {**words, "say": "ended"}, one.book)
    assert topic == f"{TWO}/rpc" and json.loads(body)["params"] == {"id": 2, "on": False} and json.loads(body)["method"] == "Switch.Set"
    assert (
        one.router.tell(one.book.devices["moterom"], words, one.book) is one.router.tell(one.book.devices["blu"], words, one.book) is None
    )
    assert one.hear(f"shellies/{ONE}/relay/1/command", "on") == []
