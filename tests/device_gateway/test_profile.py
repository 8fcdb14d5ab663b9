"""Dialects that are data: what pointers find, what words mean, and that nothing which may be a press is dropped."""

from __future__ import annotations

import pytest

from device_gateway.dialects.profile import first, pointed, read_profile
from server.core.signals import Doubt, Kind
from tests.device_gateway.hearers import ROOT, Hearer, button, profile

MESSAGES = [
    {"topic": "a/{address}/cry", "word_at": "/w", "words": {"go": "press", "calm": "assist", "quiet": "duress", "back": "call_off", "up": "nothing"},
     "once_at": "/n", "time_at": "/t"},
    {"topic": "a/{address}/plain", "words": {"PUSH": "press", "-": "nothing"}},
    {"topic": "a/{address}/state", "words": {"1": "press", "0": "nothing"}, "changes_only": True},
    {"topic": "a/{address}/strict", "words": {"GO": "press"}, "otherwise": "nothing"},
    {"topic": "a/{address}/how", "words": {"up": "online", "gone": "offline", "open": "tamper", "shut": "tamper_over", "low": "battery_low"}},
    {"topic": "a/{address}/level", "battery_at": ""},
    {"topic": "+/{address}/radio", "word_at": "/b", "words": {"1": "press"}, "once_at": "/pid"},
]  # fmt: skip
OWN = {"id": "own", "messages": MESSAGES, "outputs": {"switch": {"topic": "a/{address}/do", "turn_on": {"lit": True}, "turn_off": "OFF"}}}


def hearer(**more) -> Hearer:
    return Hearer([button("knapp", "own", "k1", **more), button("lampe", "own", "l1", kind="lamp")], {"own": OWN})


def kinds(said) -> list:
    return [signal.kind for signal in said]


def test_a_pointer_finds_what_it_names_and_a_star_finds_all():
    whole = {"a": [{"b": 1}, {"b": 2}], "x/y": {"~": 3}, "": 4}
    assert list(pointed(whole, "/a/1/b")) == [2] and list(pointed(whole, "/a/*/b")) == [1, 2]
    assert list(pointed(whole, "/x~1y/~0")) == [3] and list(pointed(whole, "/")) == [4] and list(pointed(whole, "")) == [whole]
    assert list(pointed(whole, "/a/7/b")) == list(pointed(whole, "/a/b")) == list(pointed(7, "/a")) == list(pointed(whole, "/a/-1")) == []
    assert first(whole, "/none") is None


def test_words_mean_what_the_dialect_says_unless_the_office_says_otherwise():
    one = hearer(gestures={"go": "assist", "up": "panic"})
    said = {word: kinds(one.presses("a/k1/cry", {"w": word})) for word in ("go", "GO", "calm", "quiet", "back", "up")}
    assert said == {
        "go": [Kind.ASSIST], "GO": [Kind.ASSIST], "calm": [Kind.ASSIST], "quiet": [Kind.DURESS], "back": [Kind.CALL_OFF], "up": [Kind.PANIC],
    }  # fmt: skip
    assert kinds(hearer().presses("a/k1/cry", {"w": "go"})) == [Kind.PANIC] and hearer().presses("a/k1/cry", {"w": "up"}) == []


def test_a_word_that_is_not_listed_raises_in_doubt_where_presses_come_and_nothing_where_the_dialect_says_so():
    one = hearer()
    assert one.presses("a/k1/cry", {"w": "?"})[0].doubt is Doubt.UNDECODABLE
    assert one.presses("a/k1/strict", "?") == one.presses("a/k1/how", "?") == one.presses("a/k1/cry", {"v": "go"}) == []
    assert len(one.presses("a/k1/strict", "go")) == 1


@pytest.mark.parametrize("body", [b"\xff", b"{", b"x" * 70_000, b"[" * 50_000])
def test_what_cannot_be_read_raises_where_presses_come(body):
    one = hearer()
    for topic in ("cry", "plain", "state"):
        assert [s.doubt for s in one.presses(f"a/k1/{topic}", body)] == [Doubt.UNDECODABLE] or (topic != "cry" and len(body) < 2)
    assert one.presses("a/k1/level", body) == one.presses("a/l1/cry", body) == one.presses("a/k1/cry", b"") == []


def test_a_state_raises_when_it_changes_also_across_a_restart():
    one = hearer()
    assert [len(one.presses("a/k1/state", word)) for word in "1101001"] == [1, 0, 0, 1, 0, 0, 1]
    two = hearer()
    two.book.past.update(one.book.past)
    assert two.presses("a/k1/state", "1") == []
    assert two.presses("a/k1/state", "0", retain=True) == two.presses("a/k1/state", "1") == [], "what is stored is not a change either"


def test_copies_by_number_are_one_press_whichever_hub_heard_them_and_without_a_number_each_is_one():
    one = hearer()
    heard = [
        one.presses(topic, {"b": 1, "pid": pid}, after_s=0)[0].id
        for topic, pid in (("h1/k1/radio", 5), ("h2/k1/radio", 5), ("h1/k1/radio", 6))
    ]
    assert heard[0] == heard[1] != heard[2]
    assert one.presses("h1/k1/radio", {"b": 1, "pid": 6}, after_s=61)[0].id != heard[2], (
        "the number of a device that starts with it each time"
    )
    assert len({one.presses("h1/k1/radio", {"b": 1}, after_s=0)[0].id for _ in range(5)}) == 5


def test_presence_tamper_battery_and_life_are_facts_about_the_device():
    one = hearer()
    facts = {word: [(s.kind, s.detail) for s in one.hear("a/k1/how", word)] for word in ("up", "gone", "open", "shut", "low")}
    assert facts["gone"] == [(Kind.OFFLINE, None)], "its will is no sign of life"
    assert (
        facts["open"][0] == (Kind.TAMPER, "open")
        and facts["shut"][0] == (Kind.TAMPER, "closed")
        and facts["low"][0] == (Kind.BATTERY, "low")
    )
    assert [(s.kind, s.battery) for s in one.hear("a/k1/level", "87.4")] == [(Kind.BATTERY, 87), (Kind.HEARTBEAT, None)]
    assert [s.kind for s in one.hear("a/k1/level", "nan")] == []


def test_outputs_are_switched_as_the_dialect_says():
    one = hearer()
    lamp = one.book.devices["lampe"]
    assert one.router.tell(lamp, {"say": "alarm"}, one.book) == ("a/l1/do", b'{"lit":true}')
    assert one.router.tell(lamp, {"say": "ended"}, one.book) == ("a/l1/do", b"OFF")
    assert one.router.tell(one.book.devices["knapp"], {"say": "alarm"}, one.book) is None


@pytest.mark.parametrize(
    "row", [{}, {"id": "x"}, {"id": "x", "messages": [7]}, {"id": "x", "messages": [{"words": {}}]}, {"id": "x", "messages": None}]
)
def test_a_compiled_dialect_that_makes_no_sense_is_left_out_and_hides_no_other(row):
    assert read_profile(row) is None
    one = Hearer([button("knapp", "own", "k1"), button("b", "x", "b")], {"x": row, "own": OWN})
    assert len(one.presses("a/k1/plain", "PUSH")) == 1


def test_a_pattern_that_a_broker_would_refuse_is_not_subscribed_to():
    odd = {
        "id": "odd",
        "messages": [
            {"topic": topic, "words": {"x": "press"}} for topic in ("#/{address}", "a+/{address}", "{address}\0", "fine/{address}")
        ],
    }
    assert [one for one in Hearer([button("b", "odd", "k")], {"odd": odd}).router.filters if not one.startswith("varde")] == ["fine/k"]


@pytest.mark.parametrize("path", sorted((ROOT / "config/content").glob("dialect_*.yaml")), ids=lambda path: path.stem)
def test_each_dialect_that_ships_raises_for_each_of_its_presses_and_can_switch_a_lamp(path):
    own = profile(path)
    one = Hearer([button("knapp", own["id"], "k1"), button("lampe", own["id"], "l1", kind="lamp")], {own["id"]: own})
    assert read_profile(own) is not None
    heard = 0
    for message in own["messages"]:
        topic, pointer = message["topic"].replace("{address}", "k1"), message.get("word_at")
        for word, meaning in message.get("words", {}).items():
            body: object = word
            for key in reversed((pointer or "").split("/")[1:]):
                body = {key.replace("*", "any"): body}
            said = one.presses(topic, body)
            assert len(said) == (meaning == "press"), (topic, word)
            heard += meaning == "press"
    assert heard and one.router.tell(one.book.devices["lampe"], {"say": "alarm"}, one.book)
