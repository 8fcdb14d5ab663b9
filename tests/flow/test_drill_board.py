"""What a drill measured. One drill is played second by second, and every number of its board is known beforehand."""

from __future__ import annotations

from datetime import datetime

from server.core.access import Viewer
from server.core.drill.access import sees_names
from server.core.drill.exercise import Target
from server.core.drill.model import Press
from server.core.values import replace
from server.flow import drill_board, planned_drills
from tests.flow.house import T0, House
from tests.flow.people import OFFICE
from tests.flow.test_planned_drills import EXERCISE, done, now, pass_time, running, with_a_representative

TARGETS = (
    Target(5, "alarm", metric="first_delivery"), Target(60, "alarm", metric="all_delivered"), Target(35, "alarm", mark="acknowledged"),
    Target(90, "alarm", mark="on_scene"), Target(120, "alarm", mark="police_called"), Target(600, "alarm", metric="ended"),
    Target(5, "switch", metric="switch_delivered"), Target(2, "second_alarm", metric="second_alarm_open"),
)  # fmt: skip


def seconds(at: object) -> float | None:
    return (at - T0).total_seconds() if isinstance(at, datetime) else None


def test_every_number_of_the_board_is_what_was_played(house: House) -> None:
    drill, [alarm] = running(house, exercise=replace(EXERCISE, targets=TARGETS), presses=(Press("p1", OFFICE, zone_id="mottak", person_id="kari"),))
    house.clock.push(2)
    house.store.receipts([("ola", alarm.id, house.clock.now)], [], at=house.clock.now)
    house.deliver()
    house.clock.push(3)
    house.act("ola", alarm, "acknowledge", role="responder")
    house.deliver(6)  # 11 s: whoever has no receipt gets an SMS
    house.clock.push(1)
    house.store.receipts([("nina", alarm.id, house.clock.now)], [], at=house.clock.now)
    house.clock.push(8)
    house.act("nina", alarm, "decline")
    pass_time(house, 20)  # 40 s: the next step, since its cover is not reached
    house.clock.push(60)
    house.act("ola", alarm, "arrive")
    house.act("liv", alarm, "mark", mark="police_called")
    board = drill_board.board(house.context, now(house, drill))
    people = {row["person_id"]: row for row in board["people"]}  # type: ignore[attr-defined]
    times = {
        who: {name: seconds(row[f"{name}_at"]) for name in ("told", "reached", "seen", "coming", "there", "cannot") if row[f"{name}_at"]}
        for who, row in people.items()
    }
    assert times["ola"] == {"told": 0, "reached": 2, "seen": 5, "coming": 5, "there": 100}
    assert times["nina"] == {"told": 0, "reached": 12, "seen": 20, "cannot": 20}
    assert times["liv"] == {"told": 0}, "who set a mark may have been told in the corridor: only an answer or a receipt counts"
    assert {who: row["status"] for who, row in people.items()} == {"ola": "there", "nina": "cannot", "liv": "told", "tor": "told"}
    [one] = board["alarms"]  # type: ignore[misc]
    assert {mark["mark"]: seconds(mark["at"]) for mark in one["marks"]} == {"acknowledged": 5, "on_scene": 100, "police_called": 100}
    assert one["told"] == len(people) and one["reached"] == 2 and one["there"] == 1 and one["cannot"] == 1
    targets = {row["id"]: (row["seconds"], row["word"]) for row in board["targets"]}  # type: ignore[attr-defined]
    assert targets == {
        "first_delivery/alarm": (2, "met"), "all_delivered/alarm": (None, "missed"), "acknowledged/alarm": (5, "met"), "on_scene/alarm": (100, "missed"),
        "police_called/alarm": (100, "met"), "ended/alarm": (None, "waiting"), "switch_delivered/switch": (None, "unknown"),
        "second_alarm_open/second_alarm": (None, "unknown"),
    }  # fmt: skip
    channels = {row["channel"]: (seconds(row["tried_at"]), seconds(row["reached_at"])) for row in people["nina"]["channels"]}
    assert channels == {"screen": (0, 12), "push": (2, None), "sms": (11, None)}
    done(house, "liv", drill, "stop")
    pass_time(house)
    after = drill_board.board(house.context, now(house, drill))
    assert {row["id"]: row["word"] for row in after["targets"]}["ended/alarm"] == "missed", "stopped is not ended by those in it"  # type: ignore[attr-defined]


def test_who_would_have_been_told_outside_is_shown_and_nobody_who_is_left_out(house: House) -> None:
    drill, [alarm] = running(house, left_out=["nina"])
    for _ in range(4):
        pass_time(house, 31)
        house.deliver()
    [row] = drill_board.board(house.context, now(house, drill))["would_have"]  # type: ignore[misc]
    assert [(c["name"], c["channels"]) for c in row["contacts"]] == [("Vekter", ["sms", "voice"])]
    assert (row["people"], row["offices"]) == (1, ["lillevik"]), "Sara next door; of Nina there is no trace"
    assert "nina" not in str(drill_board.board(house.context, now(house, drill)))
    assert alarm.id == row["alarm_id"]


def test_whoever_does_not_coordinate_it_gets_numbers_and_nobody_can_be_told_from_them(house: House) -> None:
    drill, [alarm] = running(with_a_representative(house), left_out=["nina"])
    house.act("ola", alarm, "acknowledge", role="responder")
    done(house, "liv", drill, "stop")
    pass_time(house, 5)
    drill = now(house, drill)
    assert sees_names("liv", drill, house.directory) and not sees_names("vera", drill, house.directory)
    named, counted = (drill_board.board(house.context, drill, sees_names(who, drill, house.directory)) for who in ("liv", "vera"))
    assert named["counts"] == counted["counts"] and named["offices"] == counted["offices"] and named["people"] and counted["people"] == []
    assert [one["presser"] for one in named["alarms"]] == ["Kari"] and [one["presser"] for one in counted["alarms"]] == [None]  # type: ignore[attr-defined]
    view = planned_drills.view(house.context, Viewer("vera"), drill)
    assert (view["left_out"], view["left_out_count"], view["attended"]) == (None, None, None), "an absence that is counted is an absence that is named"
    assert planned_drills.view(house.context, Viewer("liv"), drill)["left_out_count"] == 1
