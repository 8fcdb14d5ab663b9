"""Through the real doors: whoever's press joins an alarm that is open is one who cries, at the button, on the phone and at the desk."""

from __future__ import annotations

from server.core.access import Viewer
from server.core.directory import Person
from server.core.model import Alarm, State
from server.core.orders import Say, Status
from server.core.values import replace
from server.flow import views
from server.flow.context import streams_of
from server.flow.presses import press
from tests.flow.house import House
from tests.flow.people import DURESS_PIN, OFFICE, PIN, PRESENT, the_directory

KARIS_DESK = {"surface": "desk"}


def with_anne(house: House) -> House:
    """Anne sits at the counter too, and has no rights but a worker's. Kari may sign in at the desk."""
    anne = Person("anne", "Anne", (OFFICE,), access=frozenset({"worker"}), phone="+47 9", zone_id="mottak")
    built = the_directory()
    kari = replace(built.people["kari"], access=frozenset({"worker", "desk"}))
    house.directory = replace(
        built, people=built.people | {"anne": anne, "kari": kari}, staff=built.staff | {OFFICE: (*built.staff[OFFICE], "anne")},
        duty=PRESENT | {("anne", OFFICE): PRESENT["kari", OFFICE]},
    )  # fmt: skip
    house.give_pins("kari")
    house.give_pins("anne")
    return house


def cries(house: House, who: str, number: int = 1) -> Alarm:
    """The app's own button; the first is joined by whoever's follows it."""
    [receipt] = house.take_in(press(house.directory, who, f"{who}-{number}", house.clock.now))
    return house.alarm(receipt.alarm_id or "")


def test_after_a_colleagues_hand_is_up_whoever_presses_too_sees_the_own_cry_to_the_end(house: House) -> None:
    with_anne(house)
    first = house.press("karis")
    for one in ("ola", "nina", "liv"):
        house.act(one, first, "acknowledge")
    alarm = cries(house, "anne")
    assert alarm.id == first.id and "anne" not in alarm.told
    for ended in (False, True):
        [view] = views.look_up(house.store, [house.again(alarm)], house.directory)
        shown = view.shown(Viewer("anne"))
        assert shown is not None and shown.near and b'"is_presser":true' in shown.body
        assert not ended and house.again(alarm).open or b'"state":"RESOLVED"' in shown.body
        house.end(alarm)


def test_the_phone_of_whoever_presses_does_not_ring_with_the_own_press(house: House) -> None:
    with_anne(house)
    alarm = house.press("knapp")
    assert "kari" in alarm.told, "she responds, and the button is anybody's"
    cries(house, "kari")
    sent = [*house.deliver(), *house.deliver(11), *house.deliver(11), *house.deliver(31)]
    assert "kari" not in {who for _, who, _ in sent} and {"ola", "nina"} <= {who for _, who, _ in sent}
    own = [order for order in house.orders(alarm) if order.recipient == "kari"]
    assert own and all(order.status is Status.VOID for order in own), "and nothing else was sent"


def test_a_desk_that_has_pressed_neither_ends_the_alarm_nor_calls_it_off_without_a_pin(house: House) -> None:
    with_anne(house)
    house.press("knapp")
    alarm = cries(house, "kari")
    assert house.act("kari", alarm, "resolve", **KARIS_DESK, outcome="false_alarm", seen_signal=2).reason == "own_alarm"
    assert house.act("kari", alarm, "confirm", **KARIS_DESK, how="seen", seen_signal=2).reason == "own_alarm"
    assert house.act("kari", alarm, "call_off", **KARIS_DESK, seen_signal=2).reason == "wrong_pin"
    assert house.act("kari", alarm, "call_off", **KARIS_DESK, seen_signal=2, pin=PIN).reason is None
    after = house.again(alarm)
    assert after.state is State.RAISED and after.called_off is not None, "a flag: somebody else must see her"


def test_the_duress_pin_of_whoever_pressed_second_is_heard(house: House) -> None:
    with_anne(house)
    house.press("karis")
    alarm = cries(house, "anne")
    house.got(alarm, "ola")
    assert house.act("anne", alarm, "call_off", pin="0000", seen_signal=2).reason == "wrong_pin"
    assert house.act("anne", alarm, "call_off", pin=DURESS_PIN, seen_signal=2).reason is None
    after = house.again(alarm)
    assert after.duress and after.called_off is None, "kari's press stands"
    assert house.people_ordered(alarm, Say.CHANGED) == {"ola", "nina", "liv", "sara", "tor"}, "not erik beside her, and nothing else was sent"


def test_the_office_of_whoever_pressed_too_looks_at_the_alarm(house: House) -> None:
    with_anne(house)
    alarm = replace(house.press("karis"), also_raised=("sara",), told=())
    assert [office for office, _ in streams_of(alarm, house.directory)] == [OFFICE, "lillevik"]
