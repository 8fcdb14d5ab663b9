"""The house alone, with time passed in: what is lit when, what stays dark, and how the server takes over."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from device_gateway.alone import HAND_OVER_S, Alone
from device_gateway.devices import Device
from device_gateway.local_table import NONE, TableRefused, kept_table, read_table
from device_gateway.log import ProgramLog
from device_gateway.outputs import Outputs
from server.core.local_table import signature as signature_of_the_server
from server.core.signals import Kind, Signal
from tests.device_gateway.peers import TOKEN, table_answer

OFFICE = "nav"
DEVICES = {
    device.id: device
    for device in (
        Device("knapp", OFFICE), Device("lampe", OFFICE, "lamp", key=b"k"), Device("plugg", OFFICE, "lamp", dialect="shelly-gen2"),
        Device("sirene", OFFICE, "sounder", dialect="zigbee2mqtt"),
    )
}  # fmt: skip
TABLE = {
    "wait_s": {"panic": 2, "assist": 2, "fall": 62},
    "devices": {"knapp": {"place": "Mottak", "real": ["lampe", "plugg", "sirene"], "drill": ["lampe"]}},
    "strangers": {OFFICE: ["plugg"]},
    "armed": {},
}


class House:
    def __init__(self, lit: dict[str, list[str]] | None = None, muted: list[str] | None = None, **table: object) -> None:
        self.now_s, self.answered_s, self.broker = 100.0, 0.0, True
        self.said: list[tuple[str, str, str, bool]] = []
        self.lit = {} if lit is None else lit
        self.muted = [] if muted is None else muted
        self.outputs = Outputs(self._translate, self._publish, lambda _: False, self.lit, self.muted)
        self.alone = Alone(lambda: DEVICES, self.outputs, lambda: self.answered_s, ProgramLog(lambda _: None), lambda: None, lambda: self.now_s)
        self.alone.take(read_table(table_answer({**TABLE, **table}, "n"), TOKEN, "n"), self.now_s)
        self.alone._handing = {key: self.now_s for key in self.outputs.local()}
        self.count = 0

    def _translate(self, device: Device, words) -> tuple[str, bytes]:
        return device.id, json.dumps(words).encode()

    def _publish(self, topic: str, payload: bytes, sure: bool) -> bool:
        words = json.loads(payload)
        if self.broker:
            self.said.append((topic, words["say"], str(words.get("alarm")), words.get("drill") is True))
        return self.broker

    def press(self, kind: Kind = Kind.PANIC, device: str = "knapp", **more: object) -> Signal:
        self.count += 1
        signal = Signal(f"s{self.count}", kind, OFFICE, datetime(2026, 11, 28, 12, tzinfo=UTC), device, **more)
        self.alone.hear(signal)
        return signal

    def after(self, seconds: float) -> House:
        self.now_s += seconds
        self.alone.look()
        return self

    def on(self) -> set[str]:
        """What is lit, as a device that follows the words would have it."""
        now: dict[str, bool] = {}
        for topic, say, *_ in self.said:
            now[topic] = say == "alarm"
        return {topic for topic, on in now.items() if on}

    def server(self, say: str, alarm: str, *outputs: str, drill: bool = False) -> None:
        for one in outputs:
            self.outputs.tell(DEVICES[one], {"say": say, "count": 0, "alarm": alarm, "drill": drill})


def test_a_press_that_no_server_commits_lights_after_two_seconds_and_one_that_is_committed_never():
    house = House()
    signal = house.press()
    assert house.after(1.9).on() == set()
    house.alone.received(signal, "a-1")
    assert house.after(60).on() == set() and house.alone.presses() == []
    house.press()
    assert house.after(2.1).on() == {"lampe", "plugg", "sirene"}
    count = len(house.said)
    assert len(house.after(5).said) == count, "and is told once"


@pytest.mark.parametrize("kind", [Kind.DURESS, Kind.CALL_OFF, Kind.TEST, Kind.MISSED_CHECKIN, Kind.HEARTBEAT])
def test_what_must_not_show_or_is_no_cry_lights_nothing(kind):
    house = House()
    house.press(kind)
    assert house.after(100).said == []
    assert house.alone.presses() == [] or kind is Kind.MISSED_CHECKIN


def test_a_fall_is_lit_when_the_person_would_have_been_asked_in_vain_and_a_stored_message_never():
    house = House()
    house.press(Kind.FALL)
    house.press(retained=True)
    assert house.after(61).said == []
    assert house.after(1.1).on() == {"lampe", "plugg", "sirene"}


def test_an_unlisted_device_lights_what_is_for_strangers_and_without_a_table_only_the_page_knows():
    house = House()
    house.press(device="ukjent", verified=False)
    assert house.after(2.1).on() == {"plugg"}
    blank = House()
    blank.alone.take(NONE)
    blank.press()
    assert blank.after(2.1).said == [] and [one.lit for one in blank.alone.presses()] == [()]


def test_the_server_is_asked_often_while_something_is_lit_here_also_before_it_has_the_press():
    """A question that is asked just before the press is committed is kept open for long, and the lamp would stay lit for as long."""
    house = House()
    signal = house.press()
    assert not house.alone.handing(), "nothing is lit yet"
    house.after(2.1)
    assert house.alone.handing()
    house.alone.received(signal, "a-1")
    assert house.alone.handing()
    house.answered_s = house.now_s + HAND_OVER_S + 1
    assert not house.after(0.1).alone.handing()


def test_the_servers_orders_take_over_without_a_moment_in_the_dark():
    house = House()
    signal = house.press()
    house.after(2.1)
    house.alone.received(signal, "a-1")
    house.server("alarm", "a-1", "lampe", "plugg")
    dark = len(house.said)
    house.answered_s = house.now_s + HAND_OVER_S + 1
    house.after(HAND_OVER_S + 1)
    assert [one for one in house.said[dark:] if one[1] == "ended"] == [("sirene", "ended", "local:s1", False)], "what the server wants stays lit throughout"
    assert house.on() == {"lampe", "plugg"}
    house.server("ended", "a-1", "lampe", "plugg")
    assert house.on() == set() and house.lit == {}


def test_the_end_of_the_alarm_puts_out_at_once_what_was_lit_for_its_press():
    house = House()
    signal = house.press()
    house.after(2.1)
    house.alone.received(signal, "a-1")
    house.server("ended", "a-1", "lampe", "plugg", "sirene")
    assert house.on() == set() and house.lit == {}


def test_nothing_goes_dark_before_the_server_has_been_asked_again_after_the_receipt():
    house = House()
    signal = house.press()
    house.after(2.1)
    house.alone.received(signal, "a-1")
    house.answered_s = house.now_s  # an answer that was on its way: its orders may be those of before
    assert house.after(1000).on() == {"lampe", "plugg", "sirene"}
    house.answered_s = house.now_s
    house.alone.look()
    assert house.on() == set(), "and none stays lit for ever"


def test_a_broker_that_is_away_is_tried_again_and_so_is_the_end():
    house = House()
    house.broker = False
    signal = house.press()
    assert house.after(3).on() == set()
    house.broker = True
    assert house.after(0.2).on() == {"lampe", "plugg", "sirene"}
    house.broker = False
    house.alone.received(signal, "a-1")
    house.answered_s = house.now_s + 100
    house.after(10)
    house.broker = True
    assert house.after(0.2).on() == set()


def test_two_presses_are_one_light_that_goes_out_with_the_last():
    house = House()
    first, second = house.press(), house.press()
    house.after(2.1)
    house.alone.received(first, "a-1")
    house.answered_s = house.now_s + 100
    assert house.after(10).on() == {"lampe", "plugg", "sirene"}
    house.alone.received(second, "a-1")
    house.answered_s = house.now_s + 100
    assert house.after(10).on() == set()


def test_an_armed_press_is_an_exercise_only_on_what_can_say_so_and_only_the_first_one():
    house = House(armed={"knapp": ["drill", 90.0]})
    house.press()
    assert {(*one[:2], one[3]) for one in house.after(2.1).said} == {("lampe", "alarm", True)}
    house.press()
    assert house.after(2.1).on() == {"lampe", "plugg", "sirene"}, "every other press is real"
    assert house.said[-3][3] is house.said[-1][3] is False
    assert [one.armed for one in house.alone.presses()] == ["drill", ""]


@pytest.mark.parametrize("press", [{"verified": False}, {"kind": Kind.PANIC, "late": True}, {"beside": True}])
def test_what_is_armed_too_long_ago_forged_or_beside_something_real_is_real(press):
    house = House(armed={"knapp": ["drill", 90.0]})
    if press.pop("beside", False):
        house.press(device="ukjent")
    if press.pop("late", False):
        house.now_s += 91
    house.press(**press)
    assert house.alone._waiting[f"s{house.count}"].armed == ""


def test_an_announced_test_lights_nothing_and_a_new_announcement_is_good_again():
    house = House(armed={"knapp": ["test", 90.0]})
    house.press()
    assert house.after(3).said == []
    house.now_s += 20
    house.alone.take(read_table(table_answer({**TABLE, "armed": {"knapp": ["test", 120.0]}}, "n"), TOKEN, "n"), house.now_s)
    house.press()
    assert house.after(3).said == [] and [one.armed for one in house.alone.presses()] == ["test", "test"]


def test_muting_stops_the_sound_and_nothing_else_until_the_next_press():
    house = House()
    signal = house.press()
    house.after(2.1)
    assert house.outputs.mute(DEVICES) == 1 and house.on() == {"lampe", "plugg"}
    assert house.outputs.mute(DEVICES) == 0 and not house.outputs.sounding(DEVICES.values())
    house.alone.received(signal, "a-1")
    house.server("alarm", "a-1", "lampe", "plugg", "sirene")
    assert house.on() == {"lampe", "plugg"}, "the server's name for the same press does not sound either"
    house.press()
    assert house.after(2.1).on() == {"lampe", "plugg", "sirene"}
    house.server("ended", "a-1", "lampe", "plugg", "sirene")
    assert house.on() == {"lampe", "plugg", "sirene"}, "the second press still stands"
    assert "a-1" not in house.muted


def test_after_a_restart_what_waits_is_lit_again_and_what_the_server_has_is_handed_over():
    house = House(lit={"plugg": ["local:s1", "local:gone"], "lampe": ["a-7"]})
    house.press()
    house.after(2.1)
    house.answered_s = house.now_s + 100
    house.after(10)
    assert house.lit["plugg"] == ["local:s1"] and "a-7" in house.lit["lampe"]


def test_a_native_lamp_that_starts_anew_is_told_what_it_is_lit_for():
    house = House()
    house.press()
    house.after(2.1)
    house.server("alarm", "a-2", "lampe", drill=True)
    house.server("ended", "a-2", "lampe", drill=True)
    assert house.said[-1] == ("lampe", "alarm", "local:s1", False), "it follows what it heard last"
    house.outputs.is_back("lampe", DEVICES)
    assert house.said[-1] == ("lampe", "alarm", "local:s1", False)


# ---------------------------------------------------------------- the table


def test_gateway_and_server_and_this_page_sign_alike():
    answer = json.loads(table_answer(TABLE, "n"))
    assert signature_of_the_server(TOKEN, answer["table"]) == answer["signature"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (table_answer(TABLE, "n").replace(b"plugg", b"lampe"), "wrong_signature"),
        (table_answer(TABLE, "n", token="another"), "wrong_signature"),
        (table_answer(TABLE, "yesterday"), "not_the_answer"),
        (b"", "unreadable_table"), (b"[]", "unreadable_table"), (b"{", "unreadable_table"), (b"[" * 100_000, "unreadable_table"),
        (b'{"table":1,"signature":2}', "unreadable_table"),
        ('{"table":"{}","signature":"é"}'.encode(), "wrong_signature"),
        (table_answer({"devices": 7}, "n"), "unreadable_table"),
        (table_answer({**TABLE, "v": 2}, "n"), "unreadable_table"),
        (table_answer({**TABLE, "devices": {"a": {}}}, "n"), "unreadable_table"),
    ],
)  # fmt: skip
def test_a_table_that_was_tampered_with_is_older_or_is_none_is_refused_by_name(body, reason):
    with pytest.raises(TableRefused, match=reason):
        read_table(body, TOKEN, "n")


def test_the_kept_table_is_believed_by_its_signature_and_none_is_no_fault(tmp_path):
    file = tmp_path / "local_table.json"
    assert kept_table(file, TOKEN) is None
    file.write_bytes(table_answer(TABLE, "n"))
    assert kept_table(file, TOKEN).rows["knapp"].place == "Mottak"
    file.write_bytes(table_answer(TABLE, "n")[:-9])
    with pytest.raises(TableRefused):
        kept_table(file, TOKEN)
