"""Planned drills through the real doors: pressed by the clock, fenced, ended whole by what is real or by anyone who says so, and counted afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from server.core.access import Viewer
from server.core.drill import events as e
from server.core.drill.draft import to_be_asked
from server.core.drill.exercise import Exercise, Inject, Question
from server.core.drill.model import DrillState, Part, PlannedDrill, Press, Why
from server.core.model import Alarm, Outcome, State
from server.core.orders import ABOUT_DRILLS, Say
from server.core.signals import Kind
from server.core.values import replace
from server.flow import actions, drill_board, drills, planned_drills, views
from server.flow.planned_drills import DrillAnswer
from tests.flow.house import DRILL, House
from tests.flow.people import ELSEWHERE, NEIGHBOUR, OFFICE

HOUR = 3600
TEXT = {"nb": "Noen roper.", "nn": "Nokon ropar.", "en": "Somebody shouts."}
EXERCISE = Exercise(
    "loud", TEXT, TEXT, "game", "desk_alarm", 30, "announced", ("alarm_raiser", "responder"),
    injects=(Inject("i1", 120, "card", "responder", TEXT), Inject("i2", None, "card", "alarm_raiser", TEXT)),
    questions=(Question("early", "scale_1_5", TEXT), Question("exit", "yes_no", TEXT), Question("tone", "text", TEXT), Question("all", "measured", TEXT)),
)  # fmt: skip


def do(house: House, by: str, drill: PlannedDrill | str, action: str, id: str = "", **fields: object) -> DrillAnswer:
    drill_id = drill if isinstance(drill, str) else drill.id
    count = len(house.store.log(drill_id))
    return planned_drills.act(house.context, Viewer(by), drill_id, action, fields, id or f"{drill_id}-{by}-{action}-{count}")


def done(house: House, by: str, drill: PlannedDrill | str, action: str, **fields: object) -> PlannedDrill:
    answer = do(house, by, drill, action, **fields)
    assert answer.reason is None and answer.after is not None, answer
    return answer.after


def a_plan(house: House, **other: object) -> e.Plan:
    fields: dict[str, object] = {
        "offices": (OFFICE,), "exercise": EXERCISE, "name": "Høylytt besøk", "leader_id": "liv", "starts_at": house.clock.now,
        "ends_at": house.clock.now + timedelta(minutes=30), "notice": "announced",
        "presses": (Press("p1", OFFICE, zone_id="mottak", person_id="kari"),), "cast": (("alarm_raiser", "kari"),), "observers": ("erik",),
    }  # fmt: skip
    return e.Plan(**(fields | other))  # type: ignore[arg-type]


def planned(house: House, drill_id: str = "d-1", **other: object) -> PlannedDrill:
    """Planned, approved, consulted and announced."""
    answer = planned_drills.plan(house.context, Viewer("liv"), drill_id, a_plan(house, **other), f"plan-{drill_id}")
    assert answer.reason is None and answer.after is not None, answer
    for lead in to_be_asked(answer.after, house.directory):
        done(house, lead, drill_id, "approve", yes=True)
    done(house, "liv", drill_id, "consult", who="vera" if "vera" in house.directory.people else "Vera Verneombud", remark="Greit")
    return done(house, "liv", drill_id, "announce")


BOTH = {"offices": (OFFICE, NEIGHBOUR), "presses": (Press("p1", OFFICE), Press("p2", NEIGHBOUR))}
APART = {"offices": (OFFICE, ELSEWHERE), "presses": (Press("p1", OFFICE), Press("p2", ELSEWHERE))}


def leads_all(house: House, offices: tuple[str, ...] = (OFFICE, NEIGHBOUR, ELSEWHERE)) -> House:
    """Liv leads the other offices too."""
    liv = house.directory.people["liv"]
    house.edit(people={**house.directory.people, "liv": replace(liv, offices=offices)})
    return house


def running(house: House, left_out: Sequence[str] = (), **other: object) -> tuple[PlannedDrill, list[Alarm]]:
    """Started, and what the clock pressed at once."""
    drill = planned(house, **other)
    for one in left_out:
        drill = done(house, "liv", drill, "leave_out", person_id=one)
    done(house, "liv", drill, "start", accept=["nobody_on_duty"])
    pass_time(house)
    return now(house, drill), house.store.alarms_of_drill(drill.id)


def pass_time(house: House, seconds: float = 0) -> None:
    """What the ticker does."""
    house.clock.push(seconds)
    for _ in range(3):
        house.tick()
        planned_drills.tick_drills(house.context)
        drills.end_beside_real(house.context)


def now(house: House, drill: PlannedDrill) -> PlannedDrill:
    return house.store.drills([drill.id])[drill.id]


def test_a_coordinator_cannot_be_the_one_consulted_by_leaving_out_who_was(house: House) -> None:
    planned_drills.plan(house.context, Viewer("liv"), "d-1", a_plan(house), "plan-d-1")
    done(house, "liv", "d-1", "approve", yes=True)
    assert do(house, "liv", "d-1", "consult").reason == "safety_representative"
    assert do(house, "liv", "d-1", "announce").reason == "not_consulted"
    with_a_representative(house)
    assert do(house, "liv", "d-1", "consult", who="Nina").reason == "safety_representative"
    assert planned_drills.view(house.context, Viewer("liv"), house.store.drills(["d-1"])["d-1"])["representatives"] == [{"id": "vera", "name": "Vera"}]
    said = done(house, "vera", "d-1", "consult", remark="Greit").consulted
    assert said is not None and (said.who, said.by) == ("vera", "vera")


def with_a_representative(house: House) -> House:
    vera = replace(house.directory.people["nina"], id="vera", name="Vera", access=frozenset({"worker", "safety_representative"}))
    staff = {**house.directory.staff, OFFICE: (*house.directory.staff[OFFICE], "vera")}
    house.edit(people={**house.directory.people, "vera": vera}, staff=staff)
    return house


# ---------------------------------------------------------------- its presses


def test_the_clock_presses_and_the_alarm_is_the_drills_own_marked_and_fenced(house: House) -> None:
    drill, [alarm] = running(house)
    assert drill.running and alarm.drill is not None and (alarm.drill.id, alarm.drill.planned, alarm.drill.leader_id) == ("d-1", True, "liv")
    assert alarm.raiser_id == "kari" and alarm.place.zone_id == "mottak"
    for _ in range(5):
        pass_time(house, 31)
        house.deliver()
    told = set(house.again(alarm).told)
    assert "ola" in told and "sara" not in told and "@fjordvik/vekter" not in told, "the neighbour is not in it, and the guard has not agreed"
    assert "erik" not in told, "an observer is not called to help"
    assert {entry.what for entry in house.store.log(alarm.id)} >= {"would_have"}
    assert house.sent and all(order.drill for _, order in house.sent)
    assert {order.recipient for _, order in house.sent if order.say not in ABOUT_DRILLS} <= told


def test_a_press_of_the_drill_is_made_once_by_two_servers(house: House) -> None:
    other = House(house.store, house.clock, "b", house.directory)
    drill = planned(house)
    done(house, "liv", drill, "start")
    planned_drills.tick_drills(other.context)
    planned_drills.tick_drills(house.context)
    assert len(house.store.alarms_of_drill(drill.id)) == 1


def test_whoever_is_left_out_is_told_nothing_sees_nothing_and_is_named_nowhere(house: House) -> None:
    drill, [alarm] = running(house, left_out=["nina"])
    for _ in range(5):
        pass_time(house, 31)
        house.deliver()
    done(house, "liv", drill, "stop")
    pass_time(house, 5)
    house.deliver()
    assert "nina" not in {order.recipient for _, order in house.sent if house.store.log(drill.id)} - told_before(house, drill)
    assert planned_drills.of(house.context, Viewer("nina")) == []
    assert house.act("nina", alarm, "note", text="?").reason == "unknown_alarm"
    logs = [*house.store.log(alarm.id), *house.store.log(drill.id)]
    assert not any("nina" in f"{entry.by} {entry.data}" for entry in logs)
    assert "nina" not in {part.person_id for part in house.store.drill_parts([OFFICE], drill.starts_at)}


def told_before(house: House, drill: PlannedDrill) -> set[str]:
    """Who had heard of it before anybody was left out."""
    return {order.recipient for order in house.store.orders(drill.id) if order.say is Say.DRILL_ANNOUNCED}


def test_whoever_has_asked_to_be_left_out_of_all_is_told_nothing_of_this_one(house: House) -> None:
    planned_drills.always_left_out(house.context, Viewer("nina"), True)
    _, [alarm] = running(house)
    assert "nina" not in alarm.told and alarm.drill is not None and alarm.drill.left_out == ("nina",)


def heard(house: House, who: str, drill: PlannedDrill) -> list[Say]:
    return [order.say for order in house.store.orders(drill.id) if order.recipient == who]


def test_whoever_is_left_out_of_all_hears_nothing_of_a_plan_and_does_not_see_it(house: House) -> None:
    planned_drills.always_left_out(house.context, Viewer("nina"), True)
    planned_drills.always_left_out(house.context, Viewer("per"), True)
    drill = planned(house)
    assert drill.left_out == ("nina",), "of those for whom it is; who else has asked is no business of its coordinators"
    assert "nina" not in heard(house, "nina", drill) and planned_drills.of(house.context, Viewer("nina")) == []
    done(house, "liv", drill, "replan", plan=a_plan(house, starts_at=house.clock.now + timedelta(days=2), ends_at=house.clock.now + timedelta(days=2, hours=1)))
    for action, fields in (("approve", {"yes": True}), ("consult", {"who": "Vera"}), ("announce", {}), ("cancel", {})):
        done(house, "liv", drill, action, **fields)
    assert heard(house, "nina", drill) == [] and heard(house, "ola", drill)


def test_whoever_asks_afterwards_is_out_of_what_is_planned_and_what_waits_for_him_is_void_and_taking_part_again_he_is_in_it(house: House) -> None:
    drill = planned(house)
    assert heard(house, "nina", drill) == [Say.DRILL_ANNOUNCED] and planned_drills.of(house.context, Viewer("nina"))
    planned_drills.always_left_out(house.context, Viewer("nina"), True)
    assert now(house, drill).left_out == ("nina",) and planned_drills.of(house.context, Viewer("nina")) == []
    house.deliver()
    done(house, "liv", drill, "cancel")
    house.deliver(60)
    assert "nina" not in {order.recipient for _, order in house.sent}
    other = planned(house, "d-2")
    planned_drills.always_left_out(house.context, Viewer("nina"), False)
    assert now(house, other).left_out == () and planned_drills.of(house.context, Viewer("nina"))


@pytest.mark.parametrize("every", [False, True], ids=["of this one", "of all"])
def test_whoever_leaves_while_it_runs_is_told_nothing_more_in_the_same_moment(house: House, every: bool) -> None:
    drill, [alarm] = running(house)
    assert house.act("nina", alarm, "acknowledge", role="responder").reason is None
    house.deliver(5)
    house.sent.clear()
    if every:
        planned_drills.always_left_out(house.context, Viewer("nina"), True)
    else:
        done(house, "nina", drill, "leave_out")
    left = house.again(alarm)
    assert left.drill is not None and left.drill.left_out == now(house, drill).left_out == ("nina",) and left.assignment("nina") is None
    assert house.act("nina", alarm, "arrive").reason == "unknown_alarm"
    [view] = views.look_up(house.store, [left], house.directory)
    shown = json.loads(view.shown(Viewer("nina")).body)  # type: ignore[union-attr]
    assert (shown["state"], shown["people"], shown["told"]["count"], shown["me"]["can"]) == ("RESOLVED", [], 0, []), "it goes from her screen"
    assert view.near(Viewer("nina")) is None and json.loads(view.shown(Viewer("ola")).body)["state"] == "RAISED"  # type: ignore[union-attr]
    for _ in range(5):
        pass_time(house, 31)
        house.deliver()
    done(house, "liv", drill, "stop")
    pass_time(house, 5)
    house.deliver(60)
    assert house.sent and "nina" not in {order.recipient for _, order in house.sent}, "no message, no call and no all-clear"
    [measured] = drill_board.measured(house.context, now(house, drill))
    assert "nina" not in {one.recipient for one in measured.reaches} and "ola" in {one.recipient for one in measured.reaches}
    assert "nina" not in {part.person_id for part in house.store.drill_parts([OFFICE], drill.starts_at)}
    after = [entry for entry in house.store.log(alarm.id) if entry.n > left.log_count]
    assert after and not any("nina" in f"{entry.by} {entry.data}" for entry in after)


def test_anyone_who_sees_it_may_stop_it_and_who_is_not_in_it_does_not_see_it(house: House) -> None:
    vera = replace(house.directory.people["tor"], id="vera", access=frozenset({"worker", "safety_representative"}))
    house.edit(people={**house.directory.people, "vera": vera})
    drill, _ = running(house, participants=("ola", "kari"))
    assert do(house, "nina", drill, "stop").reason == "unknown_drill", "she says it to somebody who is"
    assert "stop" in planned_drills.view(house.context, Viewer("vera"), drill)["can"]  # type: ignore[operator]
    assert not now(house, done(house, "vera", drill, "stop")).running


def test_a_coordinator_who_takes_no_part_still_hears_what_is_his_to_do(house: House) -> None:
    planned_drills.always_left_out(house.context, Viewer("odd"), True)
    leads_all(house)
    planned_drills.plan(house.context, Viewer("liv"), "d-1", a_plan(house, offices=(ELSEWHERE,), presses=(), leader_id="liv", cast=()), "plan-d-1")
    drill = house.store.drills(["d-1"])["d-1"]
    assert drill.left_out == ("odd",) and heard(house, "odd", drill) == [Say.DRILL_APPROVE]


def test_a_button_armed_while_a_planned_drill_runs_is_part_of_it(house: House) -> None:
    drill, _ = running(house, presses=())
    actions.arm(house.context, "eriks", "drill", "liv")
    alarm = house.press("eriks")
    assert alarm.drill is not None and alarm.drill.id == drill.id and alarm.drill.planned
    assert house.press("eriks").drill is None, "and the next press is real"


def test_two_offices_are_alarmed_in_one_commit_and_the_neighbour_in_it_is_told(house: House) -> None:
    drill, alarms = running(leads_all(house), **BOTH)
    assert sorted(alarm.office_id for alarm in alarms) == [OFFICE, NEIGHBOUR]
    for _ in range(3):
        pass_time(house, 31)
    assert "sara" in house.again(next(alarm for alarm in alarms if alarm.office_id == OFFICE)).told
    assert now(house, drill).running


# ---------------------------------------------------------------- it ends


def test_anyone_may_stop_it_and_its_alarms_end_at_once_with_the_all_clear(house: House) -> None:
    drill, [alarm] = running(house)
    house.deliver()
    over = done(house, "ola", drill, "stop")
    assert over.stopping is not None and (over.stopping.by, over.stopping.why) == ("ola", Why.STOPPED)
    pass_time(house)
    ended = house.again(alarm)
    assert (ended.state, ended.ending.outcome) == (State.RESOLVED, Outcome.DRILL_DONE)  # type: ignore[union-attr]
    assert house.people_ordered(alarm, Say.ALL_CLEAR) == set(ended.told)


@pytest.mark.parametrize("stay", [False, True], ids=["while its alarm is open", "after its alarm there has ended"])
def test_a_real_alarm_ends_it_whole_and_everyone_told_in_it_hears_that_it_is_real(house: House, stay: bool) -> None:
    drill, alarms = running(leads_all(house), **APART)
    here = next(alarm for alarm in alarms if alarm.office_id == OFFICE)
    there = next(alarm for alarm in alarms if alarm.office_id == ELSEWHERE)
    if stay:
        assert house.act("ola", here, "resolve", outcome="drill_done", seen_signal=1).reason is None
    told = set(house.again(here).told)
    house.deliver()
    house.sent.clear()
    leads_all(house, (OFFICE,))  # who serves both is told, and so is the office that he serves
    real = house.press("eriks")
    pass_time(house)
    assert now(house, drill).stopping is not None and now(house, drill).stopping.why is Why.REAL  # type: ignore[union-attr]
    assert not house.again(here).open and not house.again(there).open
    real = house.again(real)
    assert told - {real.raiser_id} <= set(real.told) and real.ended_drills
    for one in told - {real.raiser_id}:
        assert house.orders(real, Say.ALARM, one) and not any(order.drill for order in house.orders(real, Say.ALARM, one)), one
    house.deliver()
    assert not any(order.drill and order.recipient in told and order.say is Say.ALARM for _, order in house.sent)
    assert house.people_ordered(there, Say.ALL_CLEAR) == set(house.again(there).told), "elsewhere it is only over"


def test_this_is_real_in_one_alarm_ends_the_whole_drill(house: House) -> None:
    drill, alarms = running(leads_all(house), **APART)
    here = next(alarm for alarm in alarms if alarm.office_id == OFFICE)
    answer = house.act("ola", here, "this_is_real")
    assert answer.reason is None and now(house, drill).state is DrillState.STOPPED, "in the same commit"
    pass_time(house)
    assert not any(alarm.open for alarm in house.store.alarms_of_drill(drill.id))
    assert len(house.store.alarm_ids()) == 3, "and one real alarm"


def test_an_alarm_that_nobody_near_may_know_of_ends_no_planned_drill(house: House) -> None:
    drill, [alarm] = running(house)
    house.press("eriks", Kind.DURESS)
    pass_time(house)
    assert now(house, drill).running and house.again(alarm).open


def test_a_drill_that_nobody_ends_ends_itself_with_its_alarms(house: House) -> None:
    drill, [alarm] = running(house)
    for _ in range(60):
        pass_time(house, 60)
    over = now(house, drill)
    assert over.stopping is not None and over.stopping.why is Why.OVERRUN and not house.again(alarm).open
    assert [order.recipient for order in house.store.orders(drill.id) if order.say is Say.DRILL_OVERRUN] == ["liv"] * 3


def test_a_drill_that_a_clock_which_stood_ahead_has_started_goes_on_by_the_right_one(house: House) -> None:
    house.clock.push(5 * HOUR)
    drill = planned(house)
    done(house, "liv", drill, "start")
    house.clock.push(-5 * HOUR)
    pass_time(house)
    [alarm] = house.store.alarms_of_drill(drill.id)
    assert now(house, drill).zero_at == house.clock.now and alarm.open
    for _ in range(60):
        pass_time(house, 60)
    assert now(house, drill).stopping is not None


def test_a_drill_that_cannot_be_decided_is_stopped_and_the_others_are_not_kept_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    drill = planned(house)
    done(house, "liv", drill, "start")

    def broken(*_: object) -> object:
        raise RuntimeError("our mistake")

    monkeypatch.setattr(planned_drills, "signal_of", broken)
    pass_time(house)
    assert now(house, drill).stopping is not None and now(house, drill).stopping.why is Why.FAILED  # type: ignore[union-attr]
    assert house.store.alarms_of_drill(drill.id) == []


# ---------------------------------------------------------------- conflicts


def test_it_does_not_start_beside_a_real_alarm_nor_beside_another_drill(house: House) -> None:
    drill = planned(house)
    real = house.press("eriks")
    assert do(house, "liv", drill, "start").reason == "real_alarm"
    assert [(one.kind, one.blocks) for one in planned_drills.check(house.context, drill)] == [("real_alarm", True)]
    house.end(real)
    house.drill("karis", replace(DRILL, id="single"))
    assert do(house, "liv", drill, "start", id="again").reason == "other_drill"


# ---------------------------------------------------------------- afterwards


def test_who_took_part_is_counted_and_everyone_is_asked_once(house: House) -> None:
    drill, [alarm] = running(house)
    house.got(alarm, "nina")
    house.act("ola", alarm, "acknowledge", role="responder")
    done(house, "liv", drill, "stop")
    pass_time(house, 5)
    parts = {one.person_id: one.part for one in house.store.drill_parts([OFFICE], drill.starts_at)}
    assert (parts["ola"], parts["nina"], parts["kari"], parts["erik"], parts["liv"]) == (Part.ANSWERED, Part.REACHED, Part.PLAYED, Part.OBSERVED, Part.TOLD)
    asked = [order.recipient for order in house.store.orders(drill.id) if order.say is Say.DRILL_EVALUATE]
    assert sorted(asked) == sorted(parts)
    pass_time(house, HOUR)
    assert len([order for order in house.store.orders(drill.id) if order.say is Say.DRILL_EVALUATE]) == len(asked)


def test_each_answers_for_himself_in_what_was_asked(house: House) -> None:
    drill, _ = running(house)
    say = lambda *answers, who="ola": planned_drills.evaluate(house.context, Viewer(who), drill.id, answers)  # noqa: E731
    assert say(("exit", "yes")) == "not_over"
    done(house, "liv", drill, "stop")
    assert say(("exit", "yes"), ("early", "4"), ("tone", "Rolig")) is None and say(("exit", "no")) is None
    assert [(one.person_id, one.answers) for one in house.store.evaluations(drill.id)] == [("ola", (("exit", "no"),))]
    for wrong in (("exit", "maybe"), ("early", "6"), ("tone", " "), ("all", "3"), ("unknown", "yes")):
        assert say(wrong) == "answers"
    assert say(("exit", "yes"), who="per") == "unknown_drill"


# ---------------------------------------------------------------- rights


def test_those_without_the_right_in_every_office_plan_nothing(house: House) -> None:
    assert planned_drills.plan(house.context, Viewer("ola"), "d-2", a_plan(house), "x-1").reason == "not_allowed"
    both = a_plan(house, offices=(OFFICE, NEIGHBOUR))
    assert planned_drills.plan(house.context, Viewer("liv"), "d-2", both, "x-2").reason == "not_allowed"
    assert house.store.drills(["d-2"]) == {}


def test_the_same_tap_is_answered_alike_and_another_under_its_id_is_refused(house: House) -> None:
    wanted = a_plan(house)
    first, again = (planned_drills.plan(house.context, Viewer("liv"), "d-2", wanted, "x-1") for _ in range(2))
    assert first.reason is None and again.repeated and again.after == first.after
    assert planned_drills.plan(house.context, Viewer("liv"), "d-2", replace(wanted, name="Annen"), "x-1").reason == "id_used"


def test_the_store_and_its_log_hold_together(house: House) -> None:
    drill, _ = running(house)
    view = planned_drills.log_view(house.context, now(house, drill))
    assert view["intact"] and [row["what"] for row in view["entries"]][:4] == ["planned", "approved", "consulted", "announced"]  # type: ignore[index, attr-defined]


def test_an_office_whose_lead_has_not_answered_keeps_the_others_from_nothing(house: House) -> None:
    """Its screens are rung too, so that the drill goes from them."""
    people = house.directory.people
    lead = next(one for one in house.directory.staff[NEIGHBOUR] if one in people and one != "liv")
    also = {lead: replace(people[lead], access=people[lead].access | {"office_lead"}), "liv": replace(people["liv"], offices=(OFFICE, NEIGHBOUR))}
    house.edit(people={**people, **also})
    drill = planned_drills.plan(house.context, Viewer("liv"), "d-1", a_plan(house, **BOTH), "plan-d-1").after
    assert drill is not None
    done(house, "liv", drill, "approve", yes=True)
    done(house, "liv", drill, "consult", who="vera" if "vera" in people else "Vera Verneombud")
    assert do(house, "liv", drill, "announce").reason == "not_approved"
    house.rung.clear()
    after = done(house, "liv", drill, "go_without")
    assert f"drills:{NEIGHBOUR}" in house.rung
    assert after.offices == (OFFICE,) and house.store.drills_of([NEIGHBOUR], house.clock.now) == []
    assert done(house, "liv", drill, "announce").state is DrillState.ANNOUNCED
