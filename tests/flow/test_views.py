"""What screens are shown: everyone what is theirs, near surfaces nothing of duress, Per nothing at all."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import pytest

from server.core.access import Viewer
from server.core.model import Alarm
from server.core.orders import Say
from server.core.signals import Kind
from server.core.values import replace
from server.flow import views
from server.store.memory import MemoryStore
from server.web.alarms import LogOut
from tests.flow.house import House, nothing_more
from tests.flow.people import DURESS_PIN, PIN

KARI, OLA, LIV, PER = Viewer("kari"), Viewer("ola"), Viewer("liv"), Viewer("per")
DESK, WALL = Viewer("erik", "desk", "mottak"), Viewer("erik", "wallboard", "mottak")
NEAR = (KARI, DESK, WALL)


def frame(house: House, alarm: Alarm, viewer: Viewer) -> dict | None:
    [view] = views.look_up(house.store, [house.again(alarm)], house.directory)
    shown = view.shown(viewer)
    return orjson.loads(shown.body) if shown else None


def frames(house: House, alarm: Alarm, viewers: Iterable[Viewer]) -> list[dict | None]:
    return [frame(house, alarm, viewer) for viewer in viewers]


def test_per_sees_nothing(house: House) -> None:
    alarm = house.press()
    house.deliver()
    assert frame(house, alarm, PER) is None
    assert frame(house, alarm, OLA) is not None


def test_the_map_of_an_alarm_in_the_house_goes_by_the_office_and_not_for_whom_it_is_not(house: House) -> None:
    office = house.directory.offices["fjordvik"]
    house.directory = replace(house.directory, offices={**house.directory.offices, "fjordvik": replace(office, position=(61.5, 3.2))})
    [view] = views.look_up(house.store, [house.press()], house.directory)
    assert view.position(OLA) == view.position(KARI) == (61.5, 3.2)
    assert view.position(PER) is None


def test_each_sees_their_own_part_and_the_same_shared_part(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "acknowledge")
    ola, liv = frame(house, alarm, OLA), frame(house, alarm, LIV)
    assert ola and liv
    assert (ola["me"]["stage"], liv["me"]["stage"]) == ("coming", None)
    assert {k: v for k, v in ola.items() if k != "me"} == {k: v for k, v in liv.items() if k != "me"}


def test_the_presser_sees_who_is_reached_and_who_is_coming(house: House) -> None:
    alarm = house.press()
    house.deliver()
    house.got(alarm, "ola", "liv")
    house.act("ola", alarm, "acknowledge")
    seen = frame(house, alarm, KARI)
    assert seen and seen["me"]["near"] and seen["me"]["is_presser"]
    assert (seen["told"]["count"], seen["told"]["reached"]) == (3, 2)
    assert {one["name"]: one["status"] for one in seen["told"]["people"]} == {"Ola": "reached", "Liv": "reached", "Nina": "told"}
    assert [(one["name"], one["stage"]) for one in seen["people"]] == [("Ola", "coming")]


def test_more_people_than_fit_are_counted_and_not_named(house: House) -> None:
    alarm = house.press()
    house.edit(limits=replace(house.directory.limits, told_named_max=2))
    seen = frame(house, alarm, OLA)
    assert seen and (seen["told"]["count"], seen["told"]["people"]) == (3, [])


def test_a_duress_press_is_invisible_on_every_near_surface(house: House) -> None:
    alarm = house.press(kind=Kind.DURESS)
    assert frames(house, alarm, NEAR) == [None, None, None]
    seen = frame(house, alarm, OLA)
    assert seen and seen["duress"] and seen["ring_presser"] == "never"
    assert not [order for order in house.orders(alarm) if order.recipient.startswith("device:")], "no lamp, no light"


@pytest.mark.parametrize("kind", [Kind.PANIC, Kind.FALL])
def test_with_the_same_ids_and_clock_duress_and_the_right_pin_look_the_same_nearby(kind: Kind) -> None:
    """Frame by frame until the time of the call-off is over, and every order to near people and devices."""
    shown = []
    for pin in (PIN, DURESS_PIN):
        house = House(MemoryStore())
        house.give_pins()
        alarm = house.press(kind=kind)
        story: list[object] = [frames(house, alarm, NEAR)]
        answer = house.act("kari", alarm, "call_off", pin=pin, seen_signal=1)
        story += [(answer.reason, answer.repeated), frames(house, alarm, NEAR)]
        for _ in range(6):
            house.tick(9)
            house.deliver()
            story.append(frames(house, alarm, NEAR))
        near = {"kari", "device:karis", "device:knapp", "device:lampe-mottak"}
        story.append(sorted((o.recipient, o.say, o.made_at) for o in house.orders(alarm) if o.recipient in near))
        log = views.log_view(house.store, house.again(alarm), KARI, house.directory)["entries"]
        story.append([(row["at"], row["what"]) for row in log])  # type: ignore[index, attr-defined]
        shown.append(story)
    assert shown[0] == shown[1]


@pytest.mark.parametrize("left", [slice(0, -1), slice(0, 0), slice(1, None)])
def test_a_log_whose_end_or_beginning_is_gone_is_not_intact(house: House, monkeypatch: pytest.MonkeyPatch, left: slice) -> None:
    alarm = house.press()
    house.act("ola", alarm, "acknowledge")
    house.end(alarm)
    alarm, entries = house.again(alarm), house.store.log(alarm.id)
    monkeypatch.setattr(house.store, "log", lambda _: entries[left])
    assert views.log_view(house.store, alarm, OLA, house.directory)["intact"] is False


def test_what_was_written_after_the_alarm_was_read_does_not_break_its_log(house: House) -> None:
    before = house.press()
    house.act("ola", before, "acknowledge")
    assert views.log_view(house.store, before, OLA, house.directory)["intact"] is True


def test_the_log_says_whether_it_is_intact(house: House) -> None:
    alarm = house.press()
    log = views.log_view(house.store, alarm, OLA, house.directory)
    assert log["intact"] is True and log["drill"] is False and log.keys() == LogOut.model_fields.keys()
    assert [row["what"] for row in log["entries"]] == ["opened", "step_started"]  # type: ignore[index, attr-defined]


def test_a_log_that_was_tampered_with_is_not_intact(house: House) -> None:
    alarm = house.press()
    entries = house.store.log(alarm.id)

    class Tampered:
        def log(self, alarm_id: str) -> list[object]:
            return [entries[0], replace(entries[1], data='{"told":0}')]

    assert views.log_view(Tampered(), alarm, OLA, house.directory)["intact"] is False  # type: ignore[arg-type]


def test_the_desk_reads_nothing_of_duress_in_the_log(house: House) -> None:
    house.give_pins()
    alarm = house.press()
    house.act("kari", alarm, "call_off", pin=DURESS_PIN, seen_signal=1)
    for viewer in NEAR:
        words = [row["what"] for row in views.log_view(house.store, house.again(alarm), viewer, house.directory)["entries"]]  # type: ignore[index, attr-defined]
        assert words == ["opened", "step_started", "called_off"]
    assert "duress" in house.words(alarm)


def test_people_who_sit_in_the_zone_get_no_message_that_only_duress_brings(house: House) -> None:
    orders = []
    for pin in (PIN, DURESS_PIN):
        one = House(MemoryStore())
        one.give_pins()
        alarm = one.press()
        one.tick(30)  # the second step: Erik at the counter is told too
        one.act("kari", alarm, "call_off", pin=pin, seen_signal=1)
        one.deliver()
        orders.append(sorted((o.say, o.made_at) for o in one.orders(alarm, recipient="erik")))
    assert orders[0] == orders[1]
    assert {say for say, _ in orders[0]} == {Say.ALARM, Say.MAY_BE_OVER}
    nothing_more(one)


def test_whoever_is_alike_is_shown_the_same_of_every_alarm_and_nobody_else_is_given_it(house: House) -> None:
    twins = {f"{one.id}-2": replace(one, id=f"{one.id}-2") for one in house.directory.people.values()}
    duty = {(f"{who}-2", office): word for (who, office), word in house.directory.duty.items()}
    house.edit(people={**house.directory.people, **twins}, duty={**house.directory.duty, **duty})
    alarms = [house.press("karis"), house.press("eriks"), house.press("knapp"), house.drill("pers")]
    house.act("ola", alarms[0], "acknowledge")
    house.act("erik", alarms[1], "call_off", pin=DURESS_PIN, seen_signal=1)
    looked = views.look_up(house.store, [house.again(alarm) for alarm in alarms], house.directory)
    places = [("phone", None, False), ("phone", None, True), ("desk", "mottak", False), ("wallboard", "mottak", False)]
    viewers = [Viewer(who, *place) for who in (*house.directory.people, "nobody") for place in places]
    groups: dict[object, list[Viewer]] = {}
    for viewer in viewers:
        groups.setdefault(views.alike(viewer, looked), []).append(viewer)
    assert len(groups) < len(viewers), "some are alike"
    for group in groups.values():
        assert len({str(frames_of(house, alarms, viewer)) for viewer in group}) == 1, group


def frames_of(house: House, alarms: Iterable[Alarm], viewer: Viewer) -> list[dict | None]:
    """Each from a view that nobody else has looked at."""
    return [frame(house, alarm, viewer) for alarm in alarms]


def test_of_alarms_read_before_and_after_a_new_configuration_nobody_is_given_anothers_view(house: House) -> None:
    alarms = [house.press("karis"), house.press("knapp")]
    looked = [views.look_up(house.store, [alarm], replace(house.directory))[0] for alarm in alarms]
    assert (views.alike(OLA, looked), views.alike(LIV, looked)) == (OLA, LIV)
