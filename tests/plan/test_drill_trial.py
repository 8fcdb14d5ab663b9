"""A drill's dry run says who would get what when, with the real doors, and leaves no trace."""

from __future__ import annotations

from server.core.drill.model import Press
from server.plan.drill_trial import PRESSES_MOST, dry_run
from server.store.memory import MemoryStore
from tests.flow.house import House
from tests.flow.people import OFFICE
from tests.flow.test_planned_drills import pass_time, planned, running


def test_the_dry_run_tells_who_would_get_what_when_and_sends_nothing() -> None:
    house = House(MemoryStore())
    drill = planned(house)
    found = dry_run(drill, house.directory, ["nina"], house.clock.now)
    told = {row["person_id"]: row for row in reversed(found["told"])}  # type: ignore[call-overload]
    assert told["ola"]["channels"] == [{"channel": "screen", "at_s": 0}, {"channel": "push", "at_s": 0}, {"channel": "sms", "at_s": 10},
                                       {"channel": "voice", "at_s": 20}]  # fmt: skip
    assert "nina" not in told and "kari" not in told and "erik" not in told, "left out, the presser, and an observer"
    assert {row["contact"] for row in found["would_have"] if row["contact"]} == {"@fjordvik/vekter"}  # type: ignore[attr-defined]
    assert [(one["id"], one["people"]) for one in found["injects"]] == [("i1", []), ("i2", ["Kari"])]  # type: ignore[attr-defined]
    assert house.store.alarm_ids() == [], "nothing is kept"
    assert {say for _, _, say in house.deliver()} <= {"drill_announced", "drill_decided"}, "and nothing else was sent"


def test_a_real_start_then_tells_exactly_those_at_those_times() -> None:
    house = House(MemoryStore())
    foreseen = dry_run(planned(House(MemoryStore(), house.clock)), house.directory, [], house.clock.now)
    _, [alarm] = running(house)
    for _ in range(12):
        house.deliver()
        pass_time(house, 10)
    made = {(order.recipient, (order.made_at - alarm.opened_at).total_seconds()) for order in house.store.orders(alarm.id) if order.say == "alarm"}
    first_rounds = {(row["person_id"], row["at_s"]) for row in foreseen["told"]}  # type: ignore[attr-defined]
    people = {who for who, _ in made if not who.startswith("device:")}
    assert {who for who, _ in first_rounds} == people


def test_a_large_drill_is_tried_in_its_first_offices_only_and_says_so() -> None:
    house = House(MemoryStore())
    many = tuple(Press(f"p{n}", OFFICE) for n in range(PRESSES_MOST + 5))
    found = dry_run(planned(house, presses=many), house.directory, [], house.clock.now)
    assert (found["presses"], found["tried"]) == (PRESSES_MOST + 5, PRESSES_MOST)


def test_for_whoever_does_not_coordinate_it_the_dry_run_counts_people_and_names_none() -> None:
    house = House(MemoryStore())
    drill = planned(house)
    named, counted = (dry_run(drill, house.directory, ["nina"], house.clock.now, names) for names in (True, False))
    people = [row for row in counted["told"] if not row["contact"]]  # type: ignore[attr-defined]
    assert {row["name"] for row in people} == {row["person_id"] for row in people} == {None}
    assert sum(row["people"] for row in people) == sum(not row["contact"] for row in named["told"]) > len(people)  # type: ignore[attr-defined]
    assert [(one["people"], one["count"]) for one in counted["injects"]] == [([], 0), ([], 1)]  # type: ignore[attr-defined]
    assert counted["would_have"] == named["would_have"], "whom one agrees with outside is no secret"
