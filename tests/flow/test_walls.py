"""A wallboard that visitors may see names nobody; one that the office has said is for staff does, and neither tells where somebody visits."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from server.core.access import Viewer, may_read_log
from server.core.directory import Directory
from server.core.values import replace
from server.flow import devices, views, visits
from tests.flow.house import House
from tests.flow.people import OFFICE
from tests.flow.test_visits import Out

WALL = Viewer("erik", "wallboard", "mottak")


def for_staff(directory: Directory) -> Directory:
    erik = directory.people["erik"]
    return replace(directory, people={**directory.people, "erik": replace(erik, wall_names=True)})


def named(body: bytes, directory: Directory) -> list[str]:
    """Whoever of the directory can be read out of it, by name or by id."""
    text = body.decode()
    return sorted({word for person in directory.people.values() for word in (person.name, person.id) if f'"{word}"' in text or f" {word}" in text})


@pytest.fixture
def story(house: House) -> Iterator[tuple[House, list[bytes]]]:
    """An alarm with all that names people, as the wall has it after each step."""
    alarm, bodies = house.press(), []

    def look() -> None:
        [view] = views.look_up(house.store, [house.again(alarm)], house.directory)
        shown = view.shown(WALL)
        assert shown is not None
        bodies.append(shown.body)

    look()
    house.deliver()
    house.got(alarm, "ola", "liv")
    for who, action, more in (
        ("ola", "acknowledge", {}), ("liv", "acknowledge", {}), ("ola", "mark", {"mark": "police_called"}), ("ola", "note", {"text": "Liv er her"}),
        ("ola", "arrive", {}), ("kari", "call_off", {"pin": "2468", "seen_signal": 1}), ("liv", "confirm", {"how": "seen", "seen_signal": 1}),
        ("liv", "resolve", {"outcome": "handled", "seen_signal": 1}),
    ):  # fmt: skip
        house.act(who, alarm, action, **more)
        look()
    yield house, bodies


def test_a_wall_shows_everything_of_an_alarm_but_who(story) -> None:
    house, bodies = story
    assert [named(body, house.directory) for body in bodies] == [[]] * len(bodies)
    second = orjson.loads(bodies[2])
    assert [one["stage"] for one in second["people"]] == ["coming", "coming"] and second["place"]["zone"]
    assert {line["role"]: line["have"] for line in second["cover"]} != {line["role"]: 0 for line in second["cover"]}


def test_a_wall_that_only_staff_see_names_who_comes(house: House) -> None:
    alarm = house.press()
    house.act("ola", alarm, "acknowledge")
    [view] = views.look_up(house.store, [house.again(alarm)], for_staff(house.directory))
    assert [one["name"] for one in orjson.loads(view.shown(WALL).body)["people"]] == ["Ola"]
    assert not may_read_log(WALL, house.again(alarm), house.directory) and may_read_log(Viewer("liv"), house.again(alarm), house.directory)


def test_delivery_and_who_can_be_reached_name_nobody_on_a_wall(house: House) -> None:
    alarm = house.press()
    house.deliver()
    [view] = views.look_up(house.store, [house.again(alarm)], house.directory)
    assert named(view.delivery(WALL, True), house.directory) == []
    assert named(view.delivery(Viewer("kari"), True), house.directory) != []
    now = views.to_json(devices.office_now(house.context, WALL, OFFICE, {"ola", "liv"}))
    assert named(now, house.directory) == [] and orjson.loads(now)["contacts"] == []
    assert len(orjson.loads(now)["reachable"]) >= 2


def test_a_wall_says_that_somebody_is_out_and_missed_and_neither_who_nor_where(house: House) -> None:
    out = Out(house.store, clock=house.clock)
    out.out()
    board = views.to_json(visits.board(out.context, WALL, out.clock.now))
    assert named(board, out.directory) == [] and b"Fjellveien" not in board
    out.pass_time(130)
    alarms = [alarm for alarm in out.store.alarms_of([OFFICE], out.clock.now) if alarm.visit_id]
    assert alarms, "the missed check-in is an alarm"
    [shown] = [view.shown(WALL) for view in views.look_up(out.store, alarms, out.directory)]
    assert named(shown.body, out.directory) == [] and b"Fjellveien" not in shown.body
    [for_us] = [view.shown(WALL) for view in views.look_up(out.store, alarms, for_staff(out.directory))]
    assert b"Fjellveien" in for_us.body
