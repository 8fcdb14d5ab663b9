"""Portable alarms on the shelf: taken by scanning, by number or by a press; pressed once as a test; owned until handed back. A real press is real."""

from __future__ import annotations

import pytest

from server.core.access import Viewer
from server.core.directory import Device, DeviceKind
from server.core.signals import Kind
from server.core.values import replace
from server.flow import devices, portables
from server.flow.portables import Taken
from server.store.contract import DeviceState, GatewayState, Store
from server.flow.present import PresentDirectory
from tests.flow.house import House
from tests.flow.people import NEIGHBOUR, OFFICE

SHELF = ("fjord-7", "fjord-8")


@pytest.fixture
def house(any_store: Store) -> House:
    house = House(any_store)
    more = [Device(name, OFFICE, name.capitalize(), DeviceKind.PORTABLE, situation="portable_alarm_outside") for name in SHELF]
    more.append(Device("lille-9", NEIGHBOUR, "Lille 9", DeviceKind.PORTABLE))
    house.directory = replace(house.directory, devices={**house.directory.devices, **{d.id: d for d in more}})
    house.context.directory = PresentDirectory(house.directory, any_store, house.context.bell)
    house.store.set_devices([DeviceState(d.id, "ok", house.clock.now, 90) for d in more])
    house.store.set_gateway(GatewayState("g", house.clock.now, "ok", 0, (OFFICE,)))
    return house


def take(house: House, who: str, code: str) -> Taken:
    return portables.take(house.context, Viewer(who), code)


def mine(house: House, who: str) -> dict[str, dict[str, object]]:
    return {str(one["id"]): one for one in portables.mine(house.context, Viewer(who))}


def at_desk(house: House, device: str) -> dict[str, object]:
    now = devices.office_now(house.context, Viewer("erik", "desk"), OFFICE, [])
    return next(one for one in now["devices"] if one["id"] == device)  # type: ignore[union-attr, attr-defined]


def outcome(house: House, device: str, **fields: object) -> tuple[str, str | None]:
    [receipt] = house.take_in(house.signal(device, **fields))  # type: ignore[arg-type]
    return receipt.outcome, receipt.alarm_id


def end_all(house: House) -> None:
    for alarm in map(house.alarm, house.store.alarm_ids()):
        assert house.end(alarm, "liv").reason is None


@pytest.mark.parametrize("code", ["https://varde.example/bruk/fjord-7", "https://varde.example/bruk/fjord-7/", "FJORD-7", "7", " 007 "])
def test_it_is_taken_by_what_is_scanned_or_typed_and_its_first_press_is_the_test(house: House, code: str) -> None:
    assert take(house, "ola", code) == Taken("fjord-7")
    assert mine(house, "ola")["fjord-7"]["tested"] is False and at_desk(house, "fjord-7")["carrier"] == {"id": "ola", "name": "Ola"}
    house.clock.push(20)
    assert outcome(house, "fjord-7") == ("test", None)
    assert mine(house, "ola")["fjord-7"]["tested"] is True and at_desk(house, "fjord-7")["proven"] is True
    outcome_, alarm_id = outcome(house, "fjord-7")
    assert outcome_ == "opened" and house.alarm(alarm_id).raiser_id == "ola", "the second press is real, and is its owner's"  # type: ignore[arg-type]


def test_by_a_press_the_first_of_the_shelf_is_taken_and_no_other(house: House) -> None:
    until = portables.by_press(house.context, Viewer("ola"), OFFICE)
    assert not isinstance(until, str)
    house.clock.push(30)
    assert outcome(house, "fjord-8") == ("test", None)
    assert set(mine(house, "ola")) == {"fjord-8"} and mine(house, "ola")["fjord-8"]["tested"] is True
    assert outcome(house, "fjord-7")[0] == "opened", "the other one is armed no longer"


def test_whoever_carries_an_alarm_is_heard_while_others_take_one(house: House) -> None:
    take(house, "nina", "7")
    outcome(house, "fjord-7")
    portables.by_press(house.context, Viewer("ola"), OFFICE)
    assert outcome(house, "fjord-7")[0] == "opened" and outcome(house, "karis")[0] == "opened"


def test_a_press_two_minutes_later_is_real(house: House) -> None:
    take(house, "ola", "7")
    portables.by_press(house.context, Viewer("nina"), OFFICE)
    house.clock.push(121)
    assert outcome(house, "fjord-7")[0] == "opened" and outcome(house, "fjord-8")[0] == "opened"
    assert mine(house, "ola")["fjord-7"]["tested"] is False and not mine(house, "nina")


def test_duress_and_doubt_are_never_a_test(house: House) -> None:
    take(house, "ola", "7")
    assert outcome(house, "fjord-7", kind=Kind.DURESS)[0] == "opened"
    portables.by_press(house.context, Viewer("nina"), OFFICE)
    assert outcome(house, "fjord-8", verified=False)[0] == "opened"
    assert not mine(house, "nina")


def test_beside_a_real_alarm_an_alarm_is_taken_and_its_press_is_real(house: House) -> None:
    house.press("karis")
    assert take(house, "ola", "7") == Taken("fjord-7", "real_alarm_open") and mine(house, "ola")["fjord-7"]["armed_until"] is None
    assert portables.by_press(house.context, Viewer("nina"), OFFICE) == "real_alarm_open"
    assert outcome(house, "fjord-7")[0] == "opened" and outcome(house, "fjord-8")[0] == "opened" and not mine(house, "nina")
    end_all(house)
    assert take(house, "ola", "7") == Taken("fjord-7") and outcome(house, "fjord-7")[0] == "test"


def test_one_that_is_taken_by_a_press_is_taken_by_none_when_a_real_alarm_came_first(house: House) -> None:
    portables.by_press(house.context, Viewer("nina"), OFFICE)
    house.press("karis")
    assert outcome(house, "fjord-8")[0] == "opened" and not mine(house, "nina")


def test_two_who_reach_for_the_same_one(house: House) -> None:
    assert take(house, "ola", "7").reason is None
    assert take(house, "nina", "7") == Taken("fjord-7", "taken", "ola")
    assert take(house, "ola", "7").reason is None, "the same again only asks for another press"
    assert not isinstance(portables.by_press(house.context, Viewer("ola"), OFFICE), str)
    assert portables.by_press(house.context, Viewer("nina"), OFFICE) == "somebody_takes"
    assert take(house, "nina", "8").reason is None
    assert portables.by_press(house.context, Viewer("liv"), OFFICE) in ("shelf_empty", "somebody_takes")


@pytest.mark.parametrize(
    ("who", "code", "reason"),
    [("ola", "12345", "unknown_device"), ("ola", "", "unknown_device"), ("ola", "mottak-1", "not_portable"), ("ola", "karis", "someone_elses"),
     ("ola", "lille-9", "wrong_office"), ("per", "fjord-7", "wrong_office"), ("per", "7", "unknown_device"), ("ola", "²", "unknown_device")],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_with_a_reason(house: House, who: str, code: str, reason: str) -> None:
    button = replace(house.directory.devices["karis"], id="mottak-1", kind=DeviceKind.BUTTON, holder_id=None, zone_id="mottak")
    house.context.directory = PresentDirectory(
        replace(house.directory, devices={**house.directory.devices, "mottak-1": button}), house.store, house.context.bell
    )
    assert take(house, who, code).reason == reason
    assert not house.store.custody()


def test_one_number_on_two_labels_asks_for_the_name(house: House) -> None:
    twin = Device("annen-7", OFFICE, "Annen 7", DeviceKind.PORTABLE)
    house.context.directory = PresentDirectory(replace(house.directory, devices={**house.directory.devices, "annen-7": twin}), house.store, house.context.bell)
    assert take(house, "ola", "7").reason == "which_one"


def test_a_flat_one_stays_on_the_shelf_and_one_that_is_not_heard_must_be_pressed(house: House) -> None:
    house.store.set_devices([DeviceState("fjord-7", "ok", house.clock.now, 15), DeviceState("fjord-8", "offline", None, None)])
    assert take(house, "ola", "7").reason == "flat_battery" and not house.store.custody()
    assert "battery_flat" in at_desk(house, "fjord-7")["flags"]  # type: ignore[operator]
    assert take(house, "ola", "8").reason is None
    assert (mine(house, "ola")["fjord-8"]["heard"], mine(house, "ola")["fjord-8"]["tested"]) == (False, False)


def test_handed_back_it_is_nobodys_and_a_late_press_is_still_its_owners(house: House) -> None:
    take(house, "ola", "7")
    outcome(house, "fjord-7")
    house.clock.push(60)
    heard_at = house.clock.now
    house.clock.push(60)
    assert portables.hand_back(house.context, Viewer("nina"), "fjord-7") == "not_yours"
    assert portables.hand_back(house.context, Viewer("ola"), "fjord-7") is None
    assert portables.hand_back(house.context, Viewer("ola"), "fjord-7") == "not_taken"
    assert not mine(house, "ola") and at_desk(house, "fjord-7")["carrier"] is None
    assert house.alarm(outcome(house, "fjord-7", heard_at=heard_at)[1]).raiser_id == "ola"  # type: ignore[arg-type]
    assert house.alarm(outcome(house, "fjord-7")[1]).raiser_id is None  # type: ignore[arg-type]
    end_all(house)
    assert take(house, "nina", "7").reason is None and mine(house, "nina")["fjord-7"]["tested"] is False, "tested anew at each taking into use"


def test_one_that_is_handed_back_before_its_test_raises_when_it_is_pressed_and_may_be_taken_by_a_press(house: House) -> None:
    take(house, "ola", "7")
    assert portables.hand_back(house.context, Viewer("ola"), "fjord-7") is None
    assert outcome(house, "fjord-7")[0] == "opened", "nobody waits for its test any longer"
    end_all(house)
    house.clock.push(1)
    take(house, "ola", "7")
    assert portables.hand_back(house.context, Viewer("ola"), "fjord-7") is None
    house.clock.push(1)
    assert not isinstance(portables.by_press(house.context, Viewer("nina"), OFFICE), str)
    assert outcome(house, "fjord-7") == ("test", None) and "fjord-7" in mine(house, "nina")


def test_the_desk_may_hand_back_for_somebody_who_has_gone_home(house: House) -> None:
    take(house, "ola", "7")
    assert portables.hand_back(house.context, Viewer("erik", "desk"), "fjord-7") is None


def test_what_nobody_has_pressed_for_a_week_is_said_at_the_desk(house: House) -> None:
    take(house, "ola", "7")
    outcome(house, "fjord-7")
    assert "test_due" not in at_desk(house, "fjord-7")["flags"]  # type: ignore[operator]
    house.clock.push(7 * 86_400 + 1)
    assert "test_due" in at_desk(house, "fjord-7")["flags"]  # type: ignore[operator]
