"""A planned drill: what may happen in which state, who hears of it, and that it never outlasts those who watch over it."""

from __future__ import annotations

from datetime import UTC, date

import pytest

from server.core.access import Viewer
from server.core.drill import events as e
from server.core.drill.access import actions, may_see_drill, shown
from server.core.drill.conflicts import Around, Clash, clashes
from server.core.drill.marks import mark_of, signal_of
from server.core.drill.measure import against
from server.core.drill.model import DrillState, PlannedDrill, Press, Why
from server.core.drill.programme import Wheel
from server.core.drill.table import COLUMN, TABLE, allowed
from server.core.drill.words import SAYS, stale, title_and_body
from server.core.messages import message
from server.core.orders import ABOUT_DRILLS, Order, Say
from server.core.signals import Kind
from server.core.values import replace
from tests.core.planned import (
    DAY,
    HOUR,
    MINUTE,
    announced,
    cancelled,
    exercise,
    here,
    not_planned,
    people_told,
    plan,
    planned,
    ready,
    refusal,
    reported,
    running,
    step,
    stopped,
    told,
    until,
)
from tests.core.visits import out
from tests.core.world import NEIGHBOUR, OFFICE, PHONE, at, opened

EVERY = {
    DrillState.PLANNED: planned, DrillState.ANNOUNCED: announced, DrillState.RUNNING: running, DrillState.STOPPED: stopped, DrillState.REPORTED: reported,
    DrillState.CANCELLED: cancelled,
}  # fmt: skip
EVENTS: dict[type, e.Event] = {
    e.Deadline: e.Deadline(), e.Replan: e.Replan("sondre", plan(name="Ny")), e.Approve: e.Approve("liv", True), e.GoWithout: e.GoWithout("sondre"),
    e.Consult: e.Consult("vera", "vera"),
    e.LeaveOut: e.LeaveOut("ada", "ada"), e.Announce: e.Announce("sondre"), e.Start: e.Start("sondre"), e.Give: e.Give("sondre", "i4"),
    e.Stop: e.Stop("ola", Why.STOPPED), e.Overtaken: e.Overtaken("a-9"), e.Fail: e.Fail(), e.Cancel: e.Cancel("sondre"),
    e.Attend: e.Attend("sondre", ("ola",)), e.AddFinding: e.AddFinding("sondre", "Ny lås", "liv", date(2027, 1, 1)),
    e.CloseFinding: e.CloseFinding("liv", "f1"), e.Report: e.Report("sondre"),
}  # fmt: skip
STAFF = ["ada", "eva", "jon", "kari", "liv", "nora", "ola", "siri", "sondre", "tor", "vera"]


@pytest.mark.parametrize("state", DrillState)
@pytest.mark.parametrize("kind", TABLE)
def test_every_pair_of_state_and_event_is_decided_or_refused_with_its_reason(kind: type, state: DrillState) -> None:
    drill = EVERY[state]()
    assert drill.state is state
    rule = TABLE[kind][COLUMN[state]]
    if isinstance(rule, str) and rule:
        assert refusal(drill, EVENTS[kind], 3 * DAY) == rule
        return
    event = EVENTS[kind]
    if kind is e.Start and state is DrillState.PLANNED:
        assert refusal(ready(), event, 3 * DAY) == "not_announced"
        return
    if kind is e.GoWithout:
        assert refusal(drill, event, 2 * DAY) == ("not_approved" if state is DrillState.PLANNED else "all_approved")
        return
    if kind is e.Announce:
        drill = ready()
    if kind is e.CloseFinding:
        drill = step(stopped(), EVENTS[e.AddFinding], 4 * DAY).drill
        drill = step(drill, e.Report("sondre"), 4 * DAY).drill if state is DrillState.REPORTED else drill
    late_s = 2 * HOUR if kind is e.Replan else 3 * DAY
    after = step(drill, event, late_s)
    assert after.drill.version == drill.version + 1
    assert (after.drill.due_at is not None) or not after.drill.open, "open implies a time"


# ---------------------------------------------------------------- planning


def test_the_manager_is_asked_to_approve_and_nobody_else_hears_of_a_plan() -> None:
    made = planned()
    assert made.state is DrillState.PLANNED and made.due_at == at(3 * DAY - DAY), "a week ahead has passed; next is the day before"
    from server.core.drill.table import plan_drill

    decided = plan_drill("d-1", plan(), "sondre", (), at(0), here())
    assert told(decided) == [("liv", "approve")]  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong, reason", [
    ({"offices": ()}, "offices"),
    ({"offices": (OFFICE, OFFICE)}, "offices"),
    ({"offices": ("nowhere",)}, "unknown_office"),
    ({"name": "  "}, "name"),
    ({"presses": (Press("p1", NEIGHBOUR),)}, "presses"),
    ({"presses": (Press("p1", OFFICE), Press("p1", OFFICE))}, "presses"),
    ({"presses": (Press("p1", OFFICE, Kind.DURESS),)}, "presses"),
    ({"presses": (Press("p1", OFFICE, zone_id="loft"),)}, "unknown_zone"),
    ({"presses": (Press("p1", OFFICE, device_id="lampe-mottak"),)}, "no_such_device"),
    ({"presses": (Press("p1", OFFICE, person_id="per"),)}, "unknown_person"),
    ({"presses": (Press("p1", OFFICE, at_s=1801),)}, "ends_before_the_last_inject"),
    ({"exercise": exercise("plivo_table")}, "discussion_without_presses"),
    ({"leader_id": "nobody"}, "unknown_person"),
    ({"leader_id": "per"}, "leader_elsewhere"),
    ({"cast": (("pilot", "kari"),)}, "no_such_role"),
    ({"notice": "whispered"}, "notice"),
    ({"ends_at": at(3 * DAY)}, "ends_before_it_starts"),
    ({"starts_at": at(-HOUR)}, "in_the_past"),
    ({"starts_at": at(500 * DAY), "ends_at": at(500 * DAY + 60)}, "too_far_ahead"),
    ({"ends_at": at(3 * DAY + 9 * HOUR)}, "too_long"),
])  # fmt: skip
def test_a_plan_that_cannot_be_held_is_refused_with_its_reason(wrong: dict[str, object], reason: str) -> None:
    assert not_planned(**wrong) == reason


def test_two_drills_are_not_planned_in_one_office_at_one_time() -> None:
    first = planned()
    assert not_planned((first,), starts_at=at(3 * DAY + 10 * MINUTE), ends_at=at(3 * DAY + HOUR)) == "overlaps"
    assert planned((first,), "d-2", starts_at=at(3 * DAY + HOUR), ends_at=at(3 * DAY + 2 * HOUR))
    assert planned((replace(first, state=DrillState.CANCELLED),), "d-2")
    elsewhere = {"offices": (NEIGHBOUR,), "presses": (), "cast": (), "leader_id": "per"}
    assert planned((first,), "d-2", **elsewhere)


def test_another_plan_must_be_approved_again_and_those_who_knew_are_told() -> None:
    again = step(announced(), e.Replan("sondre", plan(name="Ny", starts_at=at(5 * DAY), ends_at=at(5 * DAY + HOUR))), HOUR)
    assert (again.drill.state, again.drill.approvals, again.drill.consulted) == (DrillState.PLANNED, (), None)
    assert people_told(again, "changed") == STAFF and people_told(again, "approve") == ["liv"]


# ---------------------------------------------------------------- before


@pytest.mark.parametrize("who", ["sondre", "liv", "Ola", "Vera Verneombud", ""])
def test_nobody_but_a_safety_representative_of_its_offices_is_consulted(who: str) -> None:
    assert refusal(planned(), e.Consult("sondre", who)) == "safety_representative"
    assert refusal(stopped(), e.Consult("sondre", who, "Greit"), 4 * DAY) == "safety_representative"


@pytest.mark.parametrize("who", ["vera", "Vera", " vera "])
def test_a_coordinator_writes_down_what_the_safety_representative_said(who: str) -> None:
    said = step(planned(), e.Consult("sondre", who)).drill.consulted
    assert said is not None and (said.who, said.by) == ("vera", "sondre")


def test_where_no_safety_representative_is_known_it_is_a_name_and_not_ones_own() -> None:
    people = {who: one for who, one in here().people.items() if who != "vera"}
    nobody = replace(here(), people=people, staff={office: tuple(one for one in some if one != "vera") for office, some in here().staff.items()})
    for own in ("sondre", "Sondre", " SONDRE"):
        assert refusal(planned(), e.Consult("sondre", own), world=nobody) == "safety_representative"
    said = step(planned(), e.Consult("sondre", " Vera Verneombud "), world=nobody).drill.consulted
    assert said is not None and said.who == "Vera Verneombud"


def test_it_starts_only_approved_consulted_and_announced() -> None:
    assert refusal(planned(), e.Start("sondre"), 3 * DAY) == "not_approved"
    refused = step(planned(), e.Approve("liv", False, "Ikke nå")).drill
    assert refusal(refused, e.Announce("sondre")) == "not_approved"
    approved = step(planned(), e.Approve("liv", True)).drill
    assert refusal(approved, e.Announce("sondre")) == "not_consulted"
    assert refusal(ready(), e.Start("sondre"), 3 * DAY) == "not_announced"
    assert refusal(announced(), e.Start("sondre"), 3 * DAY - HOUR - 1) == "too_early", "people were told when"
    assert step(announced(), e.Start("sondre"), 3 * DAY - HOUR).drill.running


def test_everyone_who_takes_part_hears_the_announcement_and_its_eve_but_of_an_unannounced_one_nobody() -> None:
    said = step(ready(observers=("nils",)), e.Announce("sondre"))
    assert people_told(said, "announced") == sorted([*STAFF, "nils"])
    _, later = until(said, 3 * DAY)
    assert people_told(later, "soon") == sorted([*STAFF, "nils"] * 2), "a day ahead, and ten minutes ahead"
    secret = step(ready(notice="unannounced", observers=("nils",)), e.Announce("sondre"))
    assert told(secret) == [("nils", "announced")]
    _, later = until(secret, 3 * DAY)
    assert set(people_told(later, "soon")) == {"nils", "sondre"}
    week = step(ready(notice="window"), e.Announce("sondre"))
    _, later = until(week, 3 * DAY)
    assert set(people_told(later, "soon")) == {"sondre"}, "they know the week, and no more"


def test_an_unannounced_drill_starts_without_being_announced() -> None:
    assert step(ready(notice="unannounced"), e.Start("sondre"), 3 * DAY).drill.running


def test_what_is_not_started_nags_its_coordinator_and_is_off_a_day_later() -> None:
    drill, steps = until(announced(), 3 * DAY + 2 * HOUR)
    assert people_told(steps[-1], "not_started") == ["sondre"] and drill.state is DrillState.ANNOUNCED
    drill, steps = until(drill, 5 * DAY)
    assert drill.state is DrillState.CANCELLED and drill.due_at is None
    assert people_told(steps[-1], "cancelled") == STAFF


def test_reminders_that_were_missed_do_not_come_all_at_once() -> None:
    drill = announced(starts_at=at(20 * DAY), ends_at=at(20 * DAY + HOUR))
    late = step(drill, e.Deadline(), 20 * DAY - 60)
    assert people_told(late, "soon") == STAFF and late.drill.due_at == at(20 * DAY + HOUR)


# ---------------------------------------------------------------- left out in confidence


def test_whoever_is_left_out_is_told_nothing_and_named_to_nobody_but_coordinators() -> None:
    drill = step(planned(), e.LeaveOut("ada", "ada"))
    assert [(one.what, one.by, dict(one.data or {})) for one in drill.said] == [("left_out_changed", None, {})]
    drill = step(step(drill, e.Approve("liv", True)), e.Consult("vera", "vera")).drill
    said = step(drill, e.Announce("sondre"))
    assert people_told(said, "announced") == [one for one in STAFF if one != "ada"]
    now = said.drill
    assert not may_see_drill(PHONE["ada"], now, here())
    assert shown(now, Viewer("sondre"), at(0), here())["left_out"] == [{"id": "ada", "name": "Ada"}]
    assert shown(now, Viewer("vera"), at(0), here())["left_out"] is None
    assert "left_out" not in shown(now, PHONE["ola"], at(0), here())
    mark = mark_of(step(now, e.Start("sondre"), 3 * DAY).drill, OFFICE, here())
    assert not mark.lets_in("ada", (OFFICE,)) and mark.lets_in("ola", (OFFICE,)) and not mark.lets_in("per", (NEIGHBOUR,))


def test_whoever_asked_to_be_left_out_of_all_is_out_of_this_one_unless_they_have_taken_a_part() -> None:
    started = step(announced(), e.Start("sondre", left_out=("ada", "kari")), 3 * DAY)
    assert started.drill.left_out == ("ada",)
    assert refusal(announced(), e.LeaveOut("sondre", "kari")) == "has_a_part"
    assert step(step(planned(), e.LeaveOut("ada", "ada")), e.LeaveOut("ada", "ada", False)).drill.left_out == ()


# ---------------------------------------------------------------- conflicts


def test_no_drill_begins_beside_a_real_alarm_or_another_drill_and_visits_must_have_been_seen() -> None:
    drill = announced()
    real, elsewhere = opened().alarm, out()
    other = replace(running(), id="d-9")
    found = clashes(drill, Around((real,), (elsewhere,), (other,)), here())
    assert found == (Clash("other_drill", OFFICE), Clash("real_alarm", OFFICE), Clash("visit_out", OFFICE))
    for clash, accepted, reason in (
        (found[0], {"other_drill"}, "other_drill"), (found[1], {"real_alarm"}, "real_alarm"), (found[2], set(), "visit_out"),
    ):  # fmt: skip
        assert refusal(drill, e.Start("sondre", clashes=(clash,), accept=frozenset(accepted)), 3 * DAY) == reason
    assert step(drill, e.Start("sondre", clashes=(found[2],), accept=frozenset({"visit_out"})), 3 * DAY).drill.running


def test_an_alarm_that_those_near_it_may_not_know_of_stands_in_no_drills_way() -> None:
    hidden = opened(Kind.DURESS).alarm
    assert clashes(announced(), Around((hidden,)), here()) == (), "a refusal would tell what must not be told"


def test_an_office_with_nobody_on_duty_is_named() -> None:
    nobody = replace(here(), duty={})
    assert clashes(announced(), Around(), nobody) == (Clash("nobody_on_duty", OFFICE),)


# ---------------------------------------------------------------- running


def test_the_clock_presses_and_gives_each_inject_at_its_time_to_those_who_play_it() -> None:
    drill = step(announced(cast=(("alarm_raiser", "kari"), ("public_guide", "ada"))), e.Start("sondre", in_s=60), 3 * DAY).drill
    assert drill.due_at == at(3 * DAY + 60), "the countdown"
    assert refusal(drill, e.Give("sondre", "i1"), 3 * DAY + 30) == "countdown"
    first = step(drill, e.Deadline(), 3 * DAY + 60)
    assert [press.id for press in first.presses] == ["p1"] and {one.id for one in first.drill.given} == {"p1", "i1"}
    assert told(first) == [("sondre", "cue")], "what people play is no message to whom it is for: its leader sees to it"
    drill, steps = until(first, 3 * DAY + 60 + 240)
    assert people_told(steps, "inject") == ["ada"] and set(people_told(steps, "cue")) == {"sondre"}
    assert {one.id: (one.at - at(3 * DAY + 60)).total_seconds() for one in drill.given} == {"p1": 0, "i1": 0, "i2": 65, "i3": 150, "i4": 240}
    assert not any(one.presses for one in steps), "and nothing is pressed twice"


def test_an_inject_by_hand_reaches_whoever_holds_its_role_and_is_given_once() -> None:
    drill = running()
    given = step(drill, e.Give("sondre", "i3", (("public_guide", "nora"), ("responder", "ola"))), 3 * DAY + 10)
    assert told(given) == [("nora", "inject")]
    assert refusal(given, e.Give("sondre", "i3"), 3 * DAY + 20) == "given"
    assert refusal(given, e.Give("sondre", "i99"), 3 * DAY + 20) == "no_such_item"


def test_whoever_gives_by_hand_what_is_to_be_said_needs_no_word_of_it() -> None:
    assert told(step(running(), e.Give("sondre", "i1"), 3 * DAY + 10)) == []


def test_how_soon_an_outage_is_shown_is_counted_from_when_the_gateway_was_last_heard() -> None:
    start = 3 * DAY
    drill = running(exercise=exercise("network_down"), cast=())
    assert drill.due_at == at(start) and [one.word for one in against(drill, (), at(start))] == ["waiting", "unknown"]
    looked = step(drill, e.Deadline(silent=((OFFICE, at(start - 3600)), ("elsewhere", at(start)))), start).drill
    assert looked.outage is None and looked.due_at == at(start + 5), "one that had long been gone, or is another office's, was not taken away for this"
    seen = step(looked, e.Deadline(silent=((OFFICE, at(start + 2)),)), start + 45)
    assert [said.what for said in seen.said if said.what == "outage_shown"] and seen.drill.due_at == at(start + 105), "it is no longer looked for"
    [shown, _] = against(seen.drill, (), at(start + 50))
    assert (shown.word, shown.seconds, shown.alarm_id) == ("met", 43.0, None)
    late = step(looked, e.Deadline(silent=((OFFICE, at(start + 2)),)), start + 90).drill
    assert against(late, (), at(start + 90))[0].word == "missed"
    over = step(drill, e.Stop("sondre"), start + 60).drill
    assert against(over, (), at(start + 60))[0].word == "unknown", "never shown, or nothing taken away: the log cannot tell which"


def test_anyone_may_stop_it_and_nobody_need_say_why() -> None:
    over = step(running(observers=("nils",)), e.Stop("ola", Why.STOPPED), 3 * DAY + 60)
    assert over.drill.state is DrillState.STOPPED and (over.drill.stopping.by, over.drill.stopping.why) == ("ola", Why.STOPPED)  # type: ignore[union-attr]
    assert people_told(over, "stopped") == ["kari", "nils", "sondre"]


def test_a_drill_that_is_still_on_nags_its_coordinator_and_ends_itself() -> None:
    drill, steps = until(running(), 3 * DAY + 44 * MINUTE)
    assert people_told(steps, "overrun") == ["sondre"] * 3 and drill.running
    drill, steps = until(drill, 3 * DAY + 45 * MINUTE)
    assert drill.stopping is not None and (drill.stopping.why, drill.stopping.by) == (Why.OVERRUN, None)


def test_a_real_alarm_ends_it_whole() -> None:
    over = step(running(), e.Overtaken("a-real"), 3 * DAY + 60)
    assert over.drill.stopping is not None and over.drill.stopping.became == "a-real"
    assert {order.reason for order in over.orders} == {"real"}
    assert all("EKTE" in title_and_body(order, "nb")[0].upper() for order in over.orders)


def test_a_press_of_the_drill_is_the_same_cry_however_often_it_is_decided_and_its_alarm_is_fenced() -> None:
    drill = running()
    press = drill.presses[0]
    assert signal_of(drill, press, at(0)).digest() == signal_of(drill, press, at(9)).digest()
    mark = mark_of(drill, OFFICE, here())
    assert (mark.id, mark.planned, mark.offices, mark.leader_id) == ("d-1", True, (OFFICE,), "sondre"), "the neighbour is not in it"
    both = replace(drill, offices=(OFFICE, NEIGHBOUR))
    assert mark_of(both, OFFICE, here()).offices == (OFFICE, NEIGHBOUR)
    named = mark_of(replace(drill, participants=("ola", "per")), OFFICE, here())
    assert named.lets_in("per", (NEIGHBOUR,)) and not named.lets_in("siri", (OFFICE,))


# ---------------------------------------------------------------- after


def test_everyone_who_was_in_it_is_asked_for_two_minutes_once_and_then_the_coordinator_for_the_report() -> None:
    over = stopped()
    asked = step(over, e.Deadline(told=("kari", "ola")), 3 * DAY + 21 * MINUTE)
    assert told(asked) == [("kari", "evaluate"), ("ola", "evaluate")]
    drill, steps = until(asked, 30 * DAY)
    assert people_told(steps, "report") == ["sondre"] * 3 and not people_told(steps, "evaluate")
    drill, _ = until(drill, 100 * DAY)
    assert drill.state is DrillState.REPORTED and drill.reported_by is None and drill.due_at is None


def test_a_finding_has_an_owner_who_is_reminded_from_its_day_until_it_is_closed() -> None:
    found = step(stopped(), e.AddFinding("sondre", "Ny lås på rom 2", "liv", at(10 * DAY).date()), 4 * DAY)
    assert told(found) == [("liv", "finding")]
    drill = step(found, e.Report("sondre", "Bra"), 5 * DAY).drill
    assert drill.due_at is not None and drill.due_at.date() == at(10 * DAY).date()
    drill, steps = until(drill, 25 * DAY)
    assert people_told(steps, "finding_due") == ["liv"] * 3
    closed = step(drill, e.CloseFinding("liv", "f1", "Byttet"), 25 * DAY).drill
    assert closed.due_at is None and closed.findings[0].outcome == "Byttet"
    assert refusal(closed, e.CloseFinding("liv", "f1"), 26 * DAY) == "closed"


@pytest.mark.parametrize("event, reason", [
    (e.AddFinding("sondre", " ", "liv", date(2027, 1, 1)), "text"),
    (e.AddFinding("sondre", "x", "nobody", date(2027, 1, 1)), "unknown_person"),
    (e.AddFinding("sondre", "x", "liv", date(2020, 1, 1)), "in_the_past"),
    (e.CloseFinding("liv", "f7"), "no_such_finding"),
    (e.Attend("sondre", ("nobody",)), "unknown_person"),
])  # fmt: skip
def test_what_cannot_be_written_after_it_is_refused_with_its_reason(event: e.Event, reason: str) -> None:
    assert refusal(stopped(), event, 4 * DAY) == reason


# ---------------------------------------------------------------- who may see and do what


def test_those_who_are_to_be_surprised_see_nothing_until_it_runs() -> None:
    ola, sondre, vera, per = (Viewer(one) for one in ("ola", "sondre", "vera", "per"))
    secret = step(ready(notice="unannounced"), e.Announce("sondre")).drill
    assert not may_see_drill(ola, secret, here()) and may_see_drill(sondre, secret, here()) and may_see_drill(vera, secret, here())
    on = step(secret, e.Start("sondre"), 3 * DAY).drill
    assert may_see_drill(ola, on, here()) and not may_see_drill(per, on, here())
    week = step(ready(notice="window"), e.Announce("sondre")).drill
    assert shown(week, ola, at(0), here())["starts_at"] is None and shown(week, ola, at(0), here())["week"] == "2026-W48"
    assert shown(week, sondre, at(0), here())["starts_at"] == at(3 * DAY)


def test_each_has_the_buttons_that_are_theirs() -> None:
    def can(who: str, drill: PlannedDrill, surface: str = "phone") -> list[str]:
        return sorted(actions(Viewer(who, surface), drill, here()))

    assert can("liv", planned()) == ["announce", "approve", "cancel", "consult", "leave_out", "replan", "start"]
    assert can("sondre", planned()) == ["announce", "cancel", "consult", "leave_out", "replan", "start"]
    assert can("vera", planned()) == ["consult", "leave_out"] and can("ola", planned()) == []
    assert can("ola", announced()) == ["leave_out"] and can("ola", running()) == ["leave_out", "stop"]
    assert can("sondre", running(), "wallboard") == [] and can("per", running()) == []
    assert "give" not in can("ola", running()) and "give" in can("sondre", running())
    assert set(can("sondre", stopped())) == {"add_finding", "attend", "close_finding", "consult", "report"} <= allowed(stopped())
    owner = step(stopped(), e.AddFinding("sondre", "x", "per", at(9 * DAY).date()), 4 * DAY).drill
    assert can("per", owner) == ["close_finding"]


def test_an_inject_is_shown_only_to_those_who_play_it_and_only_once_given() -> None:
    drill = running(cast=(("alarm_raiser", "kari"), ("public_guide", "ada")))
    seen = lambda who, one: [inject["id"] for inject in shown(one, PHONE[who], at(0), here())["my_injects"]]  # type: ignore[attr-defined]  # noqa: E731
    given = step(drill, e.Give("sondre", "i3"), 3 * DAY + 5).drill
    assert seen("ada", drill) == [] and seen("ada", given) == ["i3"] and seen("ola", given) == []
    assert "exercise" not in shown(given, PHONE["ola"], at(0), here()), "the scenario is not for those who play in it"


# ---------------------------------------------------------------- words


def test_every_message_begins_with_the_word_for_an_exercise_in_every_language() -> None:
    words = {"nb": "ØVELSE", "nn": "ØVING", "en": "EXERCISE"}
    for say in ABOUT_DRILLS:
        for language, word in words.items():
            here_too = replace(here(), people={**here().people, "ola": replace(here().people["ola"], language=language)})
            order = Order("d-1/1/x/ola", "d-1", OFFICE, "ola", say, ("sms",), True, 1, at(0), at(0))
            assert title_and_body(order, language)[0].startswith(f"{word}: ")
            assert message(order, planned(), here_too, UTC, at(0), False).text.startswith(f"{word} {word}: ")
    assert set(SAYS) == ABOUT_DRILLS | {Say.STILL_ON}


def test_a_message_that_no_longer_holds_is_not_sent() -> None:
    order = lambda say: Order("d-1/1/x/ola", "d-1", OFFICE, "ola", say, ("sms",), True, 1, at(0), at(0))  # noqa: E731
    assert stale(order(Say.DRILL_SOON), "CANCELLED", ()) and not stale(order(Say.DRILL_SOON), "ANNOUNCED", ())
    assert stale(order(Say.DRILL_ANNOUNCED), "ANNOUNCED", ("ola",)), "left out since"
    assert not stale(order(Say.DRILL_FINDING_DUE), "REPORTED", ())
    assert stale(order(Say.DRILL_PLANNED), "ANNOUNCED", ()) and not stale(order(Say.DRILL_PLANNED), "PLANNED", ("ola",))
    assert all(stale(order(Say.DRILL_NOT_PLANNED), state, ()) for state in DrillState), "it has been"


def test_what_is_overdue_is_told_in_numbers_and_of_what_there_is_none_nothing_is_said() -> None:
    order = Order("w/1/x/ola", "wheel-2026-12", OFFICE, "ola", Say.DRILL_OVERDUE, ("push",), True, 1, at(0), at(0), count=2, reason="3")
    assert title_and_body(order, "nb")[1] == "Øvelser over fristen: 2. Knapper som venter på test: 3. Se årshjulet i Varde."
    assert title_and_body(replace(order, count=0), "nn")[1] == "Knappar som ventar på test: 3. Sjå årshjulet i Varde."
    assert title_and_body(replace(order, reason=None), "en")[1] == "Exercises overdue: 2. See the yearly wheel in Varde."
    assert "2" in message(order, Wheel("wheel-2026-12"), here(), UTC, at(0), False).text
