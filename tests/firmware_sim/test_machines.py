"""The pretend devices as state machines: a press is repeated until it is answered, and the light never says better than the truth."""

from __future__ import annotations

import hashlib
import hmac
import json
import random

from firmware_sim.button import ENDED_SHOWN_S, Button, Light, Publish, Reconnect
from firmware_sim.portable import LONG_PRESS_S, STILL_AFTER_S, Portable
from firmware_sim.protocol import Identity
from firmware_sim.radio import Radio, Weather

KEY = bytes(range(32))
IDENTITY = Identity("desk-1", "nav-fjordvik", key=KEY)


def make(kind=Button) -> Button:
    return kind(IDENTITY, 7, random.Random(1))


def told(**words: object) -> tuple[str, bytes]:
    line = json.dumps(words).encode()
    return IDENTITY.down, line + b"\n" + hmac.new(KEY, IDENTITY.down.encode() + b"\n" + line, hashlib.sha256).hexdigest().encode()


def said(actions: list) -> list[dict]:
    return [json.loads(action.payload.split(b"\n")[0]) for action in actions if isinstance(action, Publish)]


def test_a_press_is_repeated_byte_for_byte_until_it_is_received_and_then_never_again():
    button = make()
    first = button.press(0.0)[-1]
    now_s = 0.0
    for _ in range(100):
        due_s = button.next_due_s()
        assert due_s > now_s
        now_s = due_s
        assert [a for a in button.tick(now_s) if isinstance(a, Publish)] == [first]
    button.hear(now_s, *told(say="received", id="desk-1-7-1", alarm="a-1"))
    assert button.next_due_s() == float("inf") and button.tick(now_s + 1000) == []


def test_repeats_come_within_half_to_one_and_a_half_seconds_and_a_dead_line_is_cut():
    button = make()
    button.press(0.0)
    gaps, now_s, cuts = [], 0.0, 0
    for _ in range(20):
        gaps.append(button.next_due_s() - now_s)
        now_s = button.next_due_s()
        cuts += sum(isinstance(action, Reconnect) for action in button.tick(now_s))
    assert 0.5 <= min(gaps) and max(gaps) <= 1.5 and len(set(gaps)) > 15 and cuts == 4


def test_the_light_goes_from_sending_to_off_by_what_it_is_told():
    button = make()
    lights = [*button.press(0.0)]
    for words in (
        {"say": "received", "id": "desk-1-7-1", "alarm": "a-1"},
        {"say": "coming", "count": 1, "alarm": "a-1"},
        {"say": "coming", "count": 2, "alarm": "a-1"},
        {"say": "received", "alarm": "a-1"},
        {"say": "there", "alarm": "a-1"},
        {"say": "ended", "alarm": "a-1"},
    ):
        lights += button.hear(1.0, *told(**words))
    lights += button.tick(1.0 + ENDED_SHOWN_S)
    shown = [light for light in lights if isinstance(light, Light)]
    assert shown == [
        Light("sending"), Light("received"), Light("coming", 1), Light("coming", 2), Light("received"), Light("there"), Light("ended"), Light("off"),
    ]  # fmt: skip


def test_words_that_are_forged_foreign_or_about_another_alarm_change_nothing():
    button = make()
    button.press(0.0)
    topic, payload = told(say="received", id="desk-1-7-1", alarm="a-1")
    assert button.hear(1, topic, payload.replace(b"a-1", b"a-2")) == []
    assert button.hear(1, topic, payload.split(b"\n")[0]) == []
    assert button.hear(1, "varde/nav-fjordvik/desk-2/down", payload) == []
    assert button.hear(1, topic, b"\xff") == [] and button.light == Light("sending")
    button.hear(1, topic, payload)
    assert button.hear(2, *told(say="coming", count=1, alarm="a-9")) == [] and button.light == Light("received")


def test_a_drill_that_has_become_real_is_the_alarm_that_the_light_speaks_of():
    button = make()
    button.press(0.0)
    button.hear(1, *told(say="received", id="desk-1-7-1", alarm="a-1"))
    assert button.hear(2, *told(say="coming", count=1, alarm="a-1", drill=True)) == [Light("coming", 1, drill=True)], "in the pattern of an exercise"
    assert button.hear(3, *told(say="alarm", alarm="a-2")) == [Light("received")], "those who came had come to an exercise"
    assert button.hear(4, *told(say="ended", alarm="a-1", drill=True)) == [], "late words about the drill"
    assert button.hear(5, *told(say="coming", count=1, alarm="a-2")) == [Light("coming", 1)]
    button.press(6.0)
    assert button.hear(7, *told(say="alarm", alarm="a-3")) == [] and button.light == Light("sending")


def test_a_second_press_shows_sending_until_it_is_received_itself():
    button = make()
    button.press(0.0)
    button.hear(1, *told(say="received", id="desk-1-7-1", alarm="a-1"))
    button.press(2.0)
    assert button.hear(3, *told(say="coming", count=1, alarm="a-1")) == [] and button.light == Light("sending")
    assert button.hear(3, *told(say="received", id="desk-1-7-1", alarm="a-1")) == []
    assert button.hear(3, *told(say="received", id="desk-1-7-2", alarm="a-1")) == [Light("coming", 1)], "what was said meanwhile is true"
    button.press(4.0)
    assert button.hear(5, *told(say="received", id="desk-1-7-3", alarm="a-1")) == [Light("coming", 1)], "and so is what was said before"
    button.press(6.0)
    assert button.hear(7, *told(say="received", id="desk-1-7-4", alarm="a-2")) == [Light("received")], "of another alarm nothing is known yet"


def test_a_press_takes_called_off_from_the_light_and_a_call_off_gesture_does_not():
    button = make(Portable)
    button.press(0.0)
    button.hear(1, *told(say="received", id="desk-1-7-1", alarm="a-1"))
    button.hear(1, *told(say="called_off", alarm="a-1"))
    button.call_off(2.0)
    assert button.hear(3, *told(say="received", id="desk-1-7-2", alarm="a-1")) == [Light("called_off")]
    button.press(4.0)
    assert button.hear(5, *told(say="received", id="desk-1-7-3", alarm="a-1")) == [Light("received")]


def test_after_a_fall_the_portable_asks_until_people_are_told_also_when_the_question_came_first():
    for first in (False, True):
        portable = make(Portable)
        portable.fell(0.0)
        words = [{"say": "received", "id": "desk-1-7-1", "alarm": "a-1"}, {"say": "ask", "alarm": "a-1"}]
        for one in reversed(words) if first else words:
            portable.hear(1, *told(**one))
        assert portable.light == Light("ask")
        assert portable.hear(61, *told(say="received", alarm="a-1")) == [Light("received")]


def test_after_a_test_the_light_goes_out_by_itself():
    button = make()
    button.press(0.0)
    assert button.hear(1, *told(say="received", id="desk-1-7-1", alarm=None)) == [Light("received")]
    assert button.tick(1 + ENDED_SHOWN_S) == [Light("off")]


def test_duress_is_sent_and_repeated_and_shows_nothing():
    button = make()
    first = button.press(0.0, "duress")
    assert said(first)[0]["kind"] == "duress" and button.tick(button.next_due_s()) == first
    assert button.hear(3, *told(say="received", id="desk-1-7-1", alarm="a-1")) == []
    assert button.light == Light("off") and button.unanswered == {}


def test_numbers_grow_and_the_will_is_numbered_after_the_online_message():
    button = make()
    online, will = button.connecting()
    numbers = [said([Publish(p)])[0]["n"] for p in (online, will)]
    assert numbers == [1, 2] and said(button.press(0))[0]["n"] == 3


def test_what_was_not_answered_goes_again_as_soon_as_there_is_a_connection():
    button = make()
    press = button.press(0.0)[-1]
    assert button.connected(1.0, button.connecting()[0])[-1] == press


def test_a_portable_alarm_raises_by_long_press_fall_and_stillness_and_not_by_a_pocket():
    portable = make(Portable)
    portable.position = {"lat": 60.4, "lon": 5.3}
    portable.button_down(0)
    portable.button_up(LONG_PRESS_S / 2)
    assert said(portable.tick(10)) == []
    portable.button_down(20)
    assert portable.next_due_s() == 20 + LONG_PRESS_S
    pressed = said(portable.tick(20 + LONG_PRESS_S))
    assert [(p["kind"], p["position"]) for p in pressed] == [("panic", {"lat": 60.4, "lon": 5.3})]
    assert said(portable.fell(30))[0]["kind"] == "fall"
    portable.moved(40)
    assert "no_motion" in [s["kind"] for s in said(portable.tick(40 + STILL_AFTER_S))]
    assert said(portable.call_off(300))[0]["kind"] == "call_off"


def test_a_battery_sinks_with_time_and_is_told_at_once_when_low():
    portable = make(Portable)
    portable.tick(0)
    portable.tick(86400)
    assert 85 < portable.battery < 90
    assert portable.drained_to(0, 50) == [] and said(portable.drained_to(0, 10))[0]["kind"] == "battery"


def test_the_same_seed_gives_the_same_weather_and_a_clear_sky_changes_nothing():
    weather = Weather(lose=0.3, repeat=0.3, delay_max_s=2.0)
    one, two = ([Radio(weather, 4).carry() for _ in range(1)] for _ in range(2))
    radio, twin = Radio(weather, 4), Radio(weather, 4)
    carried = [radio.carry() for _ in range(1000)]
    assert one == two and carried == [twin.carry() for _ in range(1000)]
    assert 200 < sum(c == () for c in carried) < 400 and any(len(c) > 1 for c in carried)
    assert {Radio(Weather(), 4).carry() for _ in range(10)} == {(0.0,)}
