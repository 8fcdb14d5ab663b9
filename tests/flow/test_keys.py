"""The doors for phones' own keys. Ola's phone is enrolled, Liv leads the office, Odd leads another; somebody has found Ola's phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from server.core.access import Viewer
from server.core.device_keys import CLOCK_DIFFERS_S, UNSEEN_DAYS, DeviceKey, read_proof
from server.core.signals import Kind
from server.flow import actions, keys
from server.flow.keys import Request
from server.flow.presses import press
from server.store.contract import Session
from tests.flow.house import House
from tests.flow.people import DURESS_PIN, OFFICE, PIN
from tests.flow.phone_world import Phones
from tests.signing import SigningPhone, base64url

ALARMS = Request("GET", "/api/alarms")


@pytest.fixture
def phone(house: House) -> SigningPhone:
    return SigningPhone(lambda: house.clock.now.timestamp())


@pytest.fixture
def olas(house: House, phone: SigningPhone) -> Iterator[DeviceKey]:
    yield enrol(house, phone)


def enrol(house: House, phone: SigningPhone, who: str = "ola", phone_id: str = "") -> DeviceKey:
    enrolled = try_to_enrol(house, phone, who, phone_id)
    assert isinstance(enrolled, DeviceKey), enrolled
    return enrolled


def try_to_enrol(house: House, phone: SigningPhone, who: str = "ola", phone_id: str = "", header: str = "") -> DeviceKey | str:
    request = Request("PUT", "/api/keys", b"{}")
    proof = read_proof(header or phone.header("PUT", "/api/keys", b"{}"))
    return keys.enrol(house.context, who, phone.public_key, phone_id, "iPhone", proof, request)


def who(house: House, header: str, request: Request = ALARMS) -> DeviceKey | str:
    proof = read_proof(header)
    assert proof, header
    return keys.who(house.context, proof, request)


def test_a_phone_that_is_enrolled_is_known_by_what_it_signs(house: House, phone: SigningPhone, olas: DeviceKey) -> None:
    known = who(house, phone.header("GET", "/api/alarms"))
    assert isinstance(known, DeviceKey) and (known.id, known.person_id) == (phone.id, "ola")


def test_a_phone_that_is_not_enrolled_is_nobody(house: House, olas: DeviceKey) -> None:
    assert who(house, SigningPhone(lambda: house.clock.now.timestamp()).header("GET", "/api/alarms")) == "unknown_key"


@pytest.mark.parametrize(
    "other", [Request("POST", "/api/alarms"), Request("GET", "/api/alarms?x=1"), Request("GET", "/api/alarms/a-1"), Request("GET", "/api/alarms", b"{}")]
)
def test_a_signature_is_good_for_what_was_signed_and_nothing_else(house: House, phone: SigningPhone, olas: DeviceKey, other: Request) -> None:
    assert who(house, phone.header("GET", "/api/alarms"), other) == "bad_signature"


def test_another_phones_signature_under_this_phones_name_is_refused(house: House, phone: SigningPhone, olas: DeviceKey) -> None:
    name, at_ms, nonce, _ = phone.header("GET", "/api/alarms").removeprefix("Varde ").split(".")
    others = SigningPhone().header("GET", "/api/alarms", nonce=nonce, at_ms=int(at_ms)).rpartition(".")[2]
    assert who(house, f"Varde {name}.{at_ms}.{nonce}.{others}") == "bad_signature"
    assert who(house, f"Varde {name}.{at_ms}.{nonce}.{base64url(bytes(64))}") == "bad_signature"


def test_what_was_sent_once_is_refused_a_second_time_also_by_another_server(house: House, phone: SigningPhone, olas: DeviceKey) -> None:
    header = phone.header("GET", "/api/alarms")
    assert isinstance(who(house, header), DeviceKey)
    assert who(house, header) == "replayed"
    assert who(House(house.store, house.clock, "b"), header) == "replayed"


@pytest.mark.parametrize("ahead_s", [-CLOCK_DIFFERS_S - 1, CLOCK_DIFFERS_S + 1, -86_400 * 365])
def test_a_phone_with_a_wrong_clock_is_told_so_and_may_sign_again_by_ours(house: House, olas: DeviceKey, phone: SigningPhone, ahead_s: float) -> None:
    phone.ahead_s = ahead_s
    assert who(house, phone.header("GET", "/api/alarms")) == "wrong_clock"
    phone.ahead_s = CLOCK_DIFFERS_S - 1
    assert isinstance(who(house, phone.header("GET", "/api/alarms")), DeviceKey)


def test_a_nonce_outlives_the_time_in_which_it_could_be_sent_again(house: House, phone: SigningPhone, olas: DeviceKey) -> None:
    phone.ahead_s = CLOCK_DIFFERS_S
    header = phone.header("GET", "/api/alarms")
    assert isinstance(who(house, header), DeviceKey)
    house.clock.push(CLOCK_DIFFERS_S * 2)
    house.store.prune(house.clock.now - timedelta(hours=24))
    assert who(house, header) == "replayed"


def test_a_phone_that_nobody_has_used_for_ninety_days_is_no_longer_believed(house: House, phone: SigningPhone, olas: DeviceKey) -> None:
    house.clock.push(86_400 * (UNSEEN_DAYS - 1))
    assert isinstance(who(house, phone.header("GET", "/api/alarms")), DeviceKey)
    house.clock.push(86_400 * (UNSEEN_DAYS - 1))
    assert isinstance(who(house, phone.header("GET", "/api/alarms")), DeviceKey), "being used keeps it"
    house.clock.push(86_400 * UNSEEN_DAYS + 1)
    assert who(house, phone.header("GET", "/api/alarms")) == "key_expired"


def test_the_page_without_javascript_is_the_phones_own_and_nobody_elses(house: House, phone: SigningPhone, olas: DeviceKey) -> None:
    token = keys.page_token(house.context, olas)
    known = keys.who_by_page(house.context, token)
    assert known is not None and known.person_id == "ola"
    enrol(house, phone)
    assert keys.who_by_page(house.context, token) is not None, "enrolling again takes no cookie away: its answer may be lost"
    for wrong in ("", phone.id, f"{phone.id}.", token[:-1], token + "0", "x" * 300, f"{SigningPhone().id}.{token.partition('.')[2]}"):
        assert keys.who_by_page(house.context, wrong) is None
    assert keys.revoke(house.context, Viewer("ola"), olas.id)
    house.clock.push(1)
    enrol(house, phone)
    assert keys.who_by_page(house.context, token) is None
    other = keys.page_token(house.context, enrol(house, phone))
    house.clock.push(86_400 * UNSEEN_DAYS + 1)
    assert keys.who_by_page(house.context, other) is None


def test_whoever_has_left_has_no_phone_either(house: House, phone: SigningPhone, olas: DeviceKey) -> None:
    house.edit(people={name: person for name, person in house.directory.people.items() if name != "ola"})
    assert who(house, phone.header("GET", "/api/alarms")) == "unknown_key"


def test_only_the_phone_itself_enrols_its_key(house: House, phone: SigningPhone) -> None:
    other = SigningPhone(lambda: house.clock.now.timestamp())
    assert try_to_enrol(house, phone, header=other.header("PUT", "/api/keys", b"{}")) == "bad_key"
    assert try_to_enrol(house, phone, header=phone.header("PUT", "/api/keys", b"[]")) == "bad_signature"
    assert keys.enrol(house.context, "ola", base64url(bytes(65)), "", "", None, Request("PUT", "/api/keys")) == "bad_key"
    assert house.store.keys_of(["ola"]) == {}


def test_a_lost_phone_may_nothing_is_told_nothing_and_is_signed_out(house: House, phone: SigningPhone) -> None:
    pushed = Phones(house).sign_up("ola")
    key = enrol(house, phone, phone_id=pushed.id)
    page = keys.page_token(house.context, key)
    assert keys.who_by_page(house.context, page) == key
    house.store.keep_session(Session("session", "ola", house.clock.now + timedelta(days=1), key.id))
    assert keys.revoke(house.context, Viewer("liv"), key.id)
    assert who(house, phone.header("GET", "/api/alarms")) == "unknown_key"
    assert keys.who_by_page(house.context, page) is None
    assert house.store.session("session", house.clock.now) is None and house.store.phone(pushed.id) is None
    assert "revoked:ola" in house.rung


@pytest.mark.parametrize("viewer", [Viewer("odd"), Viewer("kari"), Viewer("per"), Viewer("ola", by_key=True), Viewer("liv", by_key=True)])
def test_others_and_phones_themselves_take_no_phone_away(house: House, olas: DeviceKey, viewer: Viewer) -> None:
    assert not keys.revoke(house.context, viewer, olas.id) and house.store.key_of(olas.id)


def test_who_leads_sees_the_offices_phones_and_everybody_else_their_own(house: House, phone: SigningPhone, olas: DeviceKey) -> None:
    Phones(house).sign_up("kari")
    seen = keys.enrolled(house.context, Viewer("liv"), OFFICE)
    assert seen is not None and {(row["person"]["id"], row["id"]) for row in seen} == {("ola", phone.id), ("kari", "phone-kari")}  # type: ignore[index]
    assert keys.enrolled(house.context, Viewer("ola"), None) == [row for row in seen if row["id"] == phone.id]
    assert [row["id"] for row in keys.enrolled(house.context, Viewer("kari"), OFFICE) or []] == ["phone-kari"]
    assert keys.enrolled(house.context, Viewer("odd"), OFFICE) is None


def test_the_pin_opens_the_app_again_and_too_many_guesses_ask_for_a_code(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.flow.pins.wait", lambda seconds: None)
    assert keys.open_with_pin(house.context, "kari", PIN) == "needs_code", "nobody without a PIN has one that is right"
    house.give_pins("kari")
    assert keys.open_with_pin(house.context, "kari", PIN) is None
    for _ in range(keys.PIN_TRIES):
        assert keys.open_with_pin(house.context, "kari", "0000") == "wrong_pin"
    assert keys.open_with_pin(house.context, "kari", PIN) == "needs_code"
    assert house.store.alarm_ids() == []


def test_the_duress_pin_opens_the_app_just_the_same_and_is_heard_elsewhere(house: House) -> None:
    house.give_pins("kari")
    assert keys.open_with_pin(house.context, "kari", DURESS_PIN) is None
    alarm = house.only_alarm()
    assert alarm.hidden and alarm.raiser_id == "kari"


def test_a_pin_is_changed_with_the_old_one_or_by_who_has_just_come_in_with_a_code(house: House) -> None:
    choose = lambda pin, duress, old="", fresh=False: keys.choose_pin(house.context, "kari", pin, duress, old, fresh)  # noqa: E731
    assert (choose("1111", "1111"), choose("1111", "5062"), choose("7391", "7392")) == ("same_pin", "weak_pin", "like_pin")
    assert choose("7391", "5062") is None
    assert choose("8264", "9175", "9999") == "wrong_pin" and keys.open_with_pin(house.context, "kari", "7391") is None
    assert choose("8264", "9175", "7391") is None and keys.open_with_pin(house.context, "kari", "8264") is None
    assert choose("4806", "1593", fresh=True) is None and keys.open_with_pin(house.context, "kari", "4806") is None
    assert house.store.alarm_ids() == []


def test_by_its_key_a_phone_answers_what_it_was_called_to_and_ends_nothing(house: House) -> None:
    alarm = house.press()
    by_key = lambda who, action, **fields: keys_act(house, who, alarm.id, action, **fields)  # noqa: E731
    assert by_key("ola", "acknowledge") is None
    assert by_key("ola", "arrive") is None
    assert by_key("ola", "resolve", outcome="handled", seen_signal=1) == "not_allowed"
    assert by_key("ola", "confirm", how="seen", seen_signal=1) == "not_allowed"
    assert by_key("odd", "acknowledge") == "unknown_alarm"
    assert by_key("kari", "call_off", pin="0000", seen_signal=1) == "wrong_pin"
    house.give_pins("kari")
    assert by_key("kari", "call_off", pin=PIN, seen_signal=1) is None
    assert house.again(alarm).open


def keys_act(house: House, who: str, alarm_id: str, action: str, **fields: object) -> str | None:
    return actions.act(house.context, Viewer(who, by_key=True), alarm_id, action, fields, house.context.new_id("tap")).reason


def test_a_press_by_a_phones_key_is_the_persons_own(house: House, olas: DeviceKey) -> None:
    [receipt] = house.take_in(press(house.directory, olas.person_id, "0199-press", house.clock.now, Kind.PANIC))
    assert house.alarm(receipt.alarm_id or "").raiser_id == "ola"
