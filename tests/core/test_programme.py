"""The yearly wheel: drills come when their line says, what was never held is overdue, a press ticks a button off, and nobody is named who must not be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.core.directory import Directory
from server.core.drill import events as e
from server.core.drill.model import DrillState, Part, PlannedDrill, TakenPart, Why, was_held
from server.core.drill.part import parts_of
from server.core.drill.programme import WheelLine, buttons, coming, drill_id, duties, last_training, presses_for, trained, working_day
from server.core.drill.reminding import FAR, Problem, Standing, by_day, month_of, of_overdue, of_problem, standing, to_remind, who_coordinates
from server.core.drill.table import DrillStep, plan_drill
from server.core.orders import Order, Say
from server.core.values import replace
from tests.core.planned import DAY, MINUTE, exercise, here, plan, planned, running, step, until
from tests.core.world import NEIGHBOUR, OFFICE, at, person

OSLO = ZoneInfo("Europe/Oslo")
LINE = WheelLine("w-1", OFFICE, "desk_walkthrough", (3, 10), 7, 9, 30, "sondre")


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("today, expected", [
    ("2026-09-01T08:00", []),
    ("2026-09-03T08:00", [(2026, 10, "2026-10-07T07:30:00+00:00")]),
    ("2026-09-30T07:00", [(2026, 10, "2026-10-07T07:30:00+00:00")]),
    ("2026-10-06T08:00", [(2026, 10, "2026-10-07T07:30:00+00:00")]),
    ("2026-10-07T08:00", []),
    ("2027-02-10T08:00", [(2027, 3, "2027-03-08T08:30:00+00:00")]),
])  # fmt: skip
def test_a_line_asks_for_its_drill_five_weeks_ahead_by_local_time_and_never_in_a_weekend(today: str, expected: list[tuple[int, int, str]]) -> None:
    found = [(one.drill_id, one.starts_at.isoformat()) for one in coming(LINE, day(today), OSLO)]
    assert found == [(drill_id("w-1", year, month), at) for year, month, at in expected]


def test_in_december_it_looks_into_the_next_year() -> None:
    january = replace(LINE, months=(1,), day=12)
    assert [one.drill_id for one in coming(january, day("2026-12-20T08:00"), OSLO)] == [drill_id("w-1", 2027, 1)]


def test_around_a_table_nothing_is_pressed() -> None:
    assert presses_for(exercise("plivo_table"), OFFICE) == () and len(presses_for(exercise(), OFFICE)) == 1


def held(**other: object) -> PlannedDrill:
    """Pressed by the clock, ended as planned, reported."""
    drill, _ = until(running(**other), 3 * DAY + 10 * MINUTE)
    return step(step(drill, e.Stop("sondre", Why.DONE), 3 * DAY + 20 * MINUTE), e.Report("sondre", "Det gikk bra."), 4 * DAY).drill


def test_what_was_never_held_is_overdue_and_the_offices_own_wheel_beats_the_advice() -> None:
    every = [exercise(), exercise("small_office_alone"), exercise("button_test")]
    done = held()
    found = {one.exercise_id: (one.word, one.per_year) for one in duties(OFFICE, 40, every, [done], [], at(40 * DAY))}
    assert found == {"desk_walkthrough": ("fine", 2), "small_office_alone": ("overdue", 1), "button_test": ("overdue", 12)}
    later = {one.exercise_id: one for one in duties(OFFICE, 40, every, [done, replace(planned(), id="d-2")], [], at(200 * DAY))}
    assert (later["desk_walkthrough"].word, later["desk_walkthrough"].planned_id) == ("overdue", "d-2")
    own = duties(OFFICE, 40, every, [done], [replace(LINE, months=(5,))], at(200 * DAY))
    assert next(one for one in own if one.exercise_id == "desk_walkthrough").word == "fine", "once a year is what this office holds"
    assert next(one for one in duties(OFFICE, 90, every, [], [], at(0)) if one.exercise_id == "small_office_alone").word == "not_needed"


def test_an_offices_own_copy_is_the_exercise_that_it_was_copied_from_and_is_owed_once() -> None:
    shipped = exercise()
    own = replace(shipped, id="own-1", based_on=shipped.id, office_id=OFFICE, version=1, title={"nb": "Vår runde"})
    done, line = held(exercise=own), replace(LINE, exercise_id="own-1", months=(4, 9, 11))
    [duty] = duties(OFFICE, 40, [shipped, own], [done], [], at(40 * DAY))
    assert (duty.exercise_id, duty.word, len(duty.held)) == (shipped.id, "fine", 1)
    [duty] = duties(OFFICE, 40, [shipped, own], [done, replace(planned(), id="d-2")], [line, LINE], at(40 * DAY))
    assert (duty.per_year, duty.planned_id) == (5, "d-2"), "lines with either count together"
    for often, per_year in ((0, 2), (6, 6)):
        [duty] = duties(OFFICE, 40, [shipped, replace(own, per_year={"from_15_to_60": often})], [done], [], at(40 * DAY))
        assert duty.per_year == per_year, "a copy may ask for more, and never for less"
    [alone] = duties(OFFICE, 40, [own], [done], [], at(40 * DAY))
    assert (alone.exercise_id, alone.word) == ("own-1", "fine"), "also where what it was copied from ships no more"


def test_a_drill_that_was_called_off_counts_for_nothing() -> None:
    off = replace(held(), state=DrillState.CANCELLED)
    assert duties(OFFICE, 40, [exercise()], [off], [], at(40 * DAY))[0].word == "overdue"


TABLE = {"exercise": exercise("plivo_table"), "presses": (), "cast": (), "ends_at": at(3 * DAY + 180 * MINUTE)}


@pytest.mark.parametrize("drill, why, counts", [
    (lambda: until(running(), 3 * DAY + 60)[0], Why.DONE, True),
    (lambda: until(running(), 3 * DAY + 60)[0], Why.STOPPED, True),
    (lambda: until(running(), 3 * DAY + 60)[0], Why.OVERRUN, True),
    (lambda: until(running(), 3 * DAY + 60)[0], Why.REAL, False),
    (lambda: until(running(), 3 * DAY + 60)[0], Why.FAILED, False),
    (lambda: running(), Why.DONE, False),
    (lambda: running(), Why.STOPPED, False),
    (lambda: running(**TABLE), Why.DONE, True),
    (lambda: running(**TABLE), Why.OVERRUN, False),
    (lambda: running(**TABLE), Why.STOPPED, False),
])  # fmt: skip
def test_only_what_was_exercised_counts_as_held(drill: Callable[[], PlannedDrill], why: Why, counts: bool) -> None:
    over = step(drill(), e.Stop("sondre", why), 3 * DAY + 120).drill
    [duty] = duties(OFFICE, 40, [replace(over.exercise, per_year={"from_15_to_60": 1})], [over], [], at(40 * DAY))
    assert (len(duty.held), duty.word) == ((1, "fine") if counts else (0, "overdue"))


def test_a_drill_that_was_stopped_while_it_counted_down_was_not_held_and_nobody_took_part() -> None:
    for given in (running(), running(**TABLE)):
        over = step(replace(given, zero_at=at(3 * DAY + 600)), e.Stop("sondre", Why.DONE), 3 * DAY + 1).drill
        assert not over.begun and not was_held(over, raised=True)
        assert duties(OFFICE, 40, [exercise(over.exercise.id)], [over], [], at(4 * DAY))[0].held == ()
        assert parts_of(over, [], {}, here()) == ()


def test_the_cast_of_a_drill_that_was_cut_short_has_not_played() -> None:
    began, _ = until(running(), 3 * DAY + 60)
    over = step(began, e.Overtaken("a-9"), 3 * DAY + 61).drill
    done = step(began, e.Stop("sondre", Why.DONE), 3 * DAY + 61).drill
    assert parts_of(over, [], {}, here()) == ()
    assert [(one.person_id, one.part) for one in parts_of(done, [], {}, here())] == [("kari", Part.PLAYED)]


def test_a_drill_whose_alarm_came_from_an_armed_button_was_held() -> None:
    over = step(running(), e.Stop("sondre", Why.DONE), 3 * DAY + 120).drill
    assert duties(OFFICE, 40, [exercise()], [over], [], at(4 * DAY), raised={over.id})[0].word == "fine"


def test_buttons_are_ticked_off_by_their_press_and_the_longest_waiting_come_first() -> None:
    tested = {"knapp": at(-40 * DAY), "karis": at(-DAY), "adas": None}
    assert [(one.device_id, one.word) for one in buttons(OFFICE, tested, at(0), here())] == [("adas", "never"), ("knapp", "due"), ("karis", "tested")]


def part(person_id: str, how: Part = Part.ANSWERED, days: int = 0) -> TakenPart:
    return TakenPart("d-1", person_id, OFFICE, "desk_walkthrough", None, how, at(days * DAY))


def test_who_has_been_in_an_exercise_within_a_year_is_counted_by_role_and_being_told_does_not_count() -> None:
    parts = [part("ola"), part("siri", Part.TOLD), part("kari", Part.PRESSED), part("liv", days=-400)]
    found = {one.role: (one.people, one.trained) for one in trained(OFFICE, parts, at(0), here())}
    assert found[None] == (11, 2) and found["responder"] == (4, 2) and found["leader"] == (2, 0)
    everyone = next(one for one in trained(OFFICE, parts, at(0), here()) if one.role is None)
    assert "siri" in everyone.missing and "ola" not in everyone.missing
    assert dict(last_training(OFFICE, parts, here()))["liv"] == at(0) - timedelta(days=400) and dict(last_training(OFFICE, parts, here()))["siri"] is None


# ---------------------------------------------------------------- whom it reminds


def told_by(programme_id: str | None, by: str, leader_id: str) -> set[tuple[str, Say]]:
    made = plan_drill("d-1", plan(leader_id=leader_id, programme_id=programme_id), by, (), at(0), here())
    assert isinstance(made, DrillStep)
    return {(order.recipient, order.say) for order in made.orders}


def test_whoever_leads_a_drill_of_the_wheel_is_told_of_it_also_where_nobody_else_approves_it() -> None:
    assert ("sondre", Say.DRILL_PLANNED) in told_by("w-1", "sondre", "sondre")
    assert ("liv", Say.DRILL_PLANNED) in told_by("w-1", "liv", "liv"), "she leads the office alone"
    assert Say.DRILL_PLANNED not in {say for _, say in told_by(None, "sondre", "sondre")}, "whoever planned it by hand knows"


def a_problem(line: WheelLine = LINE) -> Problem:
    [asked] = coming(line, day("2026-09-10T08:00"), OSLO)
    return Problem(asked, "overlaps", asked.starts_at.date())


def people(orders: list[Order]) -> list[str]:
    return [one.recipient for one in orders]


def test_the_owner_hears_at_once_of_a_drill_that_cannot_be_planned_and_then_weekly() -> None:
    told: list[Order] = []
    rounds = []
    for hours in range(0, 15 * 24, 5):
        now = day("2026-09-10T08:00") + timedelta(hours=hours)
        if found := of_problem(a_problem(), told, now, here()):
            assert found == of_problem(a_problem(), told, now, here()), "two servers reckon the same orders"
            rounds.append((people(found), hours))
            told += found
    assert rounds == [(["sondre"], 0), (["sondre"], 170), (["sondre"], 340)], "a week is 168 hours, and it is looked at every five"
    assert len({one.id for one in told}) == 3 and {one.alarm_id for one in told} == {drill_id("w-1", 2026, 10)}
    assert all(one.drill and one.quiet and one.ladder == ("push", "sms") and one.reason == "overlaps" for one in told)


def test_other_messages_about_that_drill_do_not_count_as_having_been_told() -> None:
    [found] = of_problem(a_problem(), [], at(0), here())
    assert of_problem(a_problem(), [replace(found, say=Say.DRILL_PLANNED)], at(0), here())


def test_where_the_owner_is_gone_or_may_not_change_the_wheel_those_who_coordinate_there_are_told() -> None:
    for owner_id in ("nobody", "ola", "nils"):
        assert people(of_problem(a_problem(replace(LINE, owner_id=owner_id)), [], at(0), here())) == ["liv", "sondre"], owner_id
    lone = replace(here(), staff={**here().staff, OFFICE: ("ola", "tor")})
    assert people(of_problem(a_problem(replace(LINE, owner_id="nobody")), [], at(0), lone)) == ["tor"]


def test_administrators_coordinate_only_where_nobody_does_and_a_wallboard_never() -> None:
    assert who_coordinates(OFFICE, here()) == ("liv", "sondre") and who_coordinates(NEIGHBOUR, here()) == ()
    wall = replace(here(), people={**here().people, "sondre": replace(here().people["sondre"], surface="wallboard")})
    assert who_coordinates(OFFICE, wall) == ("liv",)
    both = replace(here(), people={**here().people, "liv": replace(here().people["liv"], access=frozenset({"administrator", "office_lead"}))})
    assert who_coordinates(OFFICE, both) == ("liv", "sondre"), "who leads, and administers too, still leads"


@pytest.mark.parametrize("now, expected", [
    ("2026-11-21T05:59", False), ("2026-11-21T06:00", True), ("2026-11-21T18:59", True), ("2026-11-21T19:00", False), ("2026-11-21T23:30", False),
    ("2026-07-01T04:59", False), ("2026-07-01T05:00", True), ("2026-07-01T18:00", False),
    ("2026-03-28T06:00", True), ("2026-03-29T05:00", True), ("2026-10-24T05:00", True), ("2026-10-25T05:30", False),
])  # fmt: skip
def test_nothing_of_the_wheel_is_said_at_night_by_the_clock_on_the_wall(now: str, expected: bool) -> None:
    assert by_day(day(now), OSLO) is expected


@pytest.mark.parametrize("month, expected", [
    ("2026-08", "2026-08-03"),  # begins on a Saturday
    ("2026-11", "2026-11-02"),  # on a Sunday
    ("2027-01", "2027-01-01"),  # New Year's Day, a Friday: public holidays are days like others
    ("2028-01", "2028-01-03"),
    ("2026-09", "2026-09-01"),
])  # fmt: skip
def test_the_first_working_day_of_a_month_is_from_monday_to_friday(month: str, expected: str) -> None:
    assert working_day(date.fromisoformat(f"{month}-01")).isoformat() == expected


@pytest.mark.parametrize("now, expected", [
    ("2026-08-01T08:00", None), ("2026-08-03T05:59", None), ("2026-08-03T06:00", "wheel-2026-08"), ("2026-08-03T17:59", "wheel-2026-08"),
    ("2026-08-03T18:00", None), ("2026-08-04T08:00", None),
    ("2026-12-01T06:59", None), ("2026-12-01T07:00", "wheel-2026-12"),
    ("2026-08-31T22:30", None), ("2026-09-01T06:00", "wheel-2026-09"),
])  # fmt: skip
def test_what_is_overdue_is_told_by_day_on_the_first_working_day_of_a_month(now: str, expected: str | None) -> None:
    assert month_of(day(now), OSLO) == expected


def test_what_stands_overdue_is_what_nobody_has_planned_and_buttons_that_wait() -> None:
    every = [exercise(), exercise("small_office_alone"), exercise("button_test")]
    owed = duties(OFFICE, 40, every, [planned()], [], at(0))
    round_ = buttons(OFFICE, {"knapp": at(-40 * DAY), "karis": at(-DAY), "adas": None}, at(0), here())
    assert standing(owed, round_) == Standing(2, 2), "the walk past the desk is planned"


def overdue(person_id: str, offices: list[str], world: Directory | None = None, **found: Standing) -> Order | None:
    return of_overdue("wheel-2026-08", person_id, offices, {OFFICE: Standing(0, 0), NEIGHBOUR: Standing(0, 0), **found}, at(0), world or here())


def test_whoever_coordinates_in_many_offices_is_told_once_a_month_of_all_of_them() -> None:
    lead = replace(person("berit", access="worker office_lead", offices=(OFFICE, NEIGHBOUR)), email="berit@example.org")
    world = replace(here(), people={**here().people, "berit": lead}, staff={**here().staff, OFFICE: ("liv", "berit"), NEIGHBOUR: ("berit",)})
    assert to_remind((), world) == {"liv": [OFFICE], "berit": [OFFICE, NEIGHBOUR]}
    assert to_remind(["berit"], world) == {"liv": [OFFICE]}
    made = overdue("berit", [OFFICE, NEIGHBOUR], world, **{OFFICE: Standing(2, 0), NEIGHBOUR: Standing(1, 3)})
    assert made is not None and (made.count, made.reason, made.office_id, made.ladder) == (3, "3", OFFICE, ("push", "email"))
    only = overdue("berit", [OFFICE, NEIGHBOUR], world, **{NEIGHBOUR: Standing(0, 3)})
    assert only is not None and only.office_id == NEIGHBOUR, "it opens the wheel where there is something"
    assert only.id == made.id == "wheel-2026-08/1/drill_overdue/berit"


def test_where_nothing_is_overdue_nobody_is_told() -> None:
    assert overdue("liv", [OFFICE]) is None


def test_a_line_with_one_month_always_has_a_next_drill_that_a_message_can_stand_under() -> None:
    for month in range(1, 13):
        line = replace(LINE, months=(month,), day=28)
        for days in range(0, 800, 3):
            assert coming(line, day("2027-12-01T08:00") + timedelta(days=days), OSLO, FAR)
