"""The yearly wheel through its doors: drills are planned once, pages tell what the store holds, and single people are forgotten by rule."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from server.core.access import Viewer
from server.core.drill.exercise import Catalogue
from server.core.drill.model import DrillState, Press, Why
from server.core.drill.programme import WheelLine, drill_id
from server.core.inbound import Came
from server.core.orders import Order, Receipt, Say, Status
from server.core.values import replace
from server.store.contract import OwnExercise
from server.flow import actions, answers, planned_drills, programme
from server.web.drill_report import _file as in_a_file
from server.wiring_jobs import fixed_jobs
from tests.flow.house import House
from tests.flow.people import ELSEWHERE, NEIGHBOUR, OFFICE
from tests.flow.test_planned_drills import BOTH, EXERCISE, do, done, leads_all, now, pass_time, planned, running

OSLO = ZoneInfo("Europe/Oslo")
LIV = Viewer("liv")
LINE = WheelLine("w-1", OFFICE, "loud", (12,), 15, 9, 0, "liv")


def with_catalogue(house: House) -> House:
    house.edit(content=replace(house.directory.content, catalogue=Catalogue({"loud": replace(EXERCISE, per_year={"under_15": 2})})))
    return house


def test_what_the_wheel_asks_for_is_planned_once_and_waits_for_approval(house: House) -> None:
    with_catalogue(house)
    assert programme.keep_line(house.context, LIV, LINE) is None
    assert programme.plan_what_is_coming(house.context, OSLO) == 1, "mid-December is within five weeks of late November"
    assert programme.plan_what_is_coming(house.context, OSLO) == 0
    [drill] = house.store.drills_of([OFFICE], house.clock.now)
    assert (drill.state, drill.programme_id, drill.leader_id, len(drill.presses)) == (DrillState.PLANNED, "w-1", "liv", 1)
    done(house, "liv", drill, "cancel")
    assert programme.plan_what_is_coming(house.context, OSLO) == 0, "what was called off is not planned again behind their backs"


def test_every_fixed_job_does_its_work_and_one_of_them_turns_the_wheel(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with_catalogue(house)
    programme.keep_line(house.context, LIV, LINE)
    jobs = fixed_jobs(house.context, SimpleNamespace(problems=lambda: [], failing=set()), "", lambda: ())  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR, "varde"):
        for job in jobs.get_jobs():
            job.func()
    assert [record.message for record in caplog.records] == []
    assert len(house.store.drills_of([OFFICE], house.clock.now)) == 1


def test_a_line_is_only_for_those_who_plan_there_and_names_what_there_is(house: House) -> None:
    with_catalogue(house)
    keep = lambda line, who="liv": programme.keep_line(house.context, Viewer(who), line)  # noqa: E731
    assert keep(LINE, "ola") == "not_allowed" and keep(replace(LINE, office_id=NEIGHBOUR)) == "not_allowed"
    assert keep(replace(LINE, exercise_id="none")) == "unknown_exercise" and keep(replace(LINE, owner_id="none")) == "unknown_person"
    assert keep(LINE) is None and keep(replace(LINE, day=3)) is None
    assert [line.day for line in house.store.wheel([OFFICE])] == [3]
    assert programme.drop_line(house.context, LIV, OFFICE, "w-9") == "unknown_line"
    assert programme.drop_line(house.context, LIV, OFFICE, "w-1") is None and house.store.wheel([OFFICE]) == []


def problems(house: House) -> dict[str, object]:
    lines = programme.overview(house.context, OFFICE)["lines"]
    return {line["id"]: line["problem"] and (line["problem"]["why"], str(line["problem"]["on"])) for line in lines}  # type: ignore[attr-defined]


def test_a_line_whose_drill_cannot_be_planned_says_why_until_it_can(house: House) -> None:
    with_catalogue(house)
    lines = [LINE, replace(LINE, id="w-2", minute=15), replace(LINE, id="w-3", months=(11,), day=25), replace(LINE, id="w-4", months=(6,), owner_id="erik")]
    for line in lines:
        assert programme.keep_line(house.context, LIV, line) is None
    own = replace(EXERCISE, id="own", based_on="loud", office_id=OFFICE, version=1)
    house.store.keep_exercise(OwnExercise(own, 1, house.clock.now, "liv", gone=False))
    programme.keep_line(house.context, LIV, replace(LINE, id="w-5", exercise_id="own", months=(7,)))
    assert programme.plan_what_is_coming(house.context, OSLO) == 1
    close = ("too_near", "2026-11-25")
    assert problems(house) == {"w-1": None, "w-2": ("overlaps", "2026-12-15"), "w-3": close, "w-4": None, "w-5": None}
    house.edit(people={one: person for one, person in house.directory.people.items() if one != "erik"})
    house.edit(staff={**house.directory.staff, OFFICE: tuple(one for one in house.directory.staff[OFFICE] if one != "erik")})
    house.store.keep_exercise(OwnExercise(replace(own, version=2), 2, house.clock.now, "liv", gone=True))
    found = problems(house)
    assert (found["w-4"], found["w-5"]) == (("unknown_person", "None"), ("unknown_exercise", "None")), "half a year ahead, not on the day"
    [drill] = house.store.drills_of([OFFICE], house.clock.now)
    done(house, "liv", drill, "cancel")
    assert programme.plan_what_is_coming(house.context, OSLO) == 1 and problems(house)["w-2"] is None, "it is tried again"


def test_a_drill_of_the_wheel_has_its_name_in_the_language_of_whoever_leads_it(house: House) -> None:
    titled = replace(EXERCISE, title={"nb": "Høylytt besøk i skranken", "nn": "Høglydt besøk i skranken", "en": "Loud visitor"})
    house.edit(content=replace(house.directory.content, catalogue=Catalogue({"loud": titled})))
    house.edit(people={**house.directory.people, "liv": replace(house.directory.people["liv"], language="nn")})
    programme.keep_line(house.context, LIV, LINE)
    programme.plan_what_is_coming(house.context, OSLO)
    [drill] = house.store.drills_of([OFFICE], house.clock.now)
    assert drill.name == "Høglydt besøk i skranken"


def two_in_each_others_way(house: House) -> None:
    """Of two lines at the same time one is planned, and the other cannot be; what the first has told has gone out."""
    with_catalogue(house)
    for line in (LINE, replace(LINE, id="w-2", minute=15)):
        assert programme.keep_line(house.context, LIV, line) is None
    assert programme.plan_what_is_coming(house.context, OSLO) == 1
    assert ("push", "liv", "drill_planned") in house.deliver()
    house.deliver(600)


def another(house: House) -> House:
    """A second server, or the same one after a restart."""
    return House(house.store, house.clock, "b", house.directory)


def test_who_leads_a_drill_of_the_wheel_hears_of_it_at_once_and_nobody_at_night(house: House) -> None:
    with_catalogue(house)
    programme.keep_line(house.context, LIV, LINE)
    house.clock.now = datetime(2026, 11, 22, 5, 59, tzinfo=UTC)
    assert programme.plan_what_is_coming(house.context, OSLO) == 0
    house.clock.now = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    assert programme.plan_what_is_coming(house.context, OSLO) == 1 and programme.plan_what_is_coming(another(house).context, OSLO) == 0
    assert [told for told in house.deliver() if told[2] == "drill_planned"] == [("push", "liv", "drill_planned")]
    [drill] = house.store.drills_of([OFFICE], house.clock.now)
    assert [order.drill for order in house.store.orders(drill.id) if order.say is Say.DRILL_PLANNED] == [True]


def test_the_owner_of_a_line_is_told_that_its_drill_cannot_be_planned_once_a_week_by_one_of_all_servers(house: House) -> None:
    two_in_each_others_way(house)
    assert programme.remind(house.context, OSLO) == 1 and "orders" in house.rung
    assert programme.remind(house.context, OSLO) == programme.remind(another(house).context, OSLO) == 0
    assert house.deliver() == [("push", "liv", "drill_not_planned")]
    assert house.deliver(600) == [("sms", "liv", "drill_not_planned")]
    [order] = house.store.orders(drill_id("w-2", 2026, 12))
    came = Came(answers.token(house.context, order, "sms"), receipt=Receipt.DELIVERED)
    assert answers.take_in(house.context, "sms", came) == "" and house.store.orders(order.alarm_id)[0].status is Status.REACHED
    house.clock.push(6 * 86_400)
    assert programme.remind(house.context, OSLO) == 0
    house.clock.push(86_400)
    assert programme.remind(another(house).context, OSLO) == 1 and programme.remind(house.context, OSLO) == 0
    assert {order.step for order in house.store.orders(drill_id("w-2", 2026, 12))} == {1, 2}
    house.clock.now = datetime(2026, 12, 16, 10, 0, tzinfo=UTC)
    assert programme.remind(house.context, OSLO) == 0, "its day has passed"


def test_two_servers_that_reckon_at_once_tell_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    two_in_each_others_way(house)
    house.clock.now = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    monkeypatch.setattr(house.store, "orders", lambda _: [])  # neither sees yet what the other has saved
    assert programme.remind(house.context, OSLO) == 4 and programme.remind(another(house).context, OSLO) == 0


def test_what_can_be_planned_after_all_is_told_no_more_also_where_the_message_was_on_its_way(house: House) -> None:
    two_in_each_others_way(house)
    assert programme.remind(house.context, OSLO) == 1
    done(house, "liv", drill_id("w-1", 2026, 12), "cancel")
    assert programme.plan_what_is_coming(house.context, OSLO) == 1
    assert [told for told in house.deliver() if told[2] == "drill_not_planned"] == []
    [order] = [one for one in house.store.orders(drill_id("w-2", 2026, 12)) if one.say is Say.DRILL_NOT_PLANNED]
    assert (order.status, order.reason) == (Status.VOID, "overtaken")
    house.clock.push(8 * 86_400)
    assert programme.remind(house.context, OSLO) == 0


def test_where_the_owner_has_left_those_who_plan_there_are_told_half_a_year_ahead_and_never_at_night(house: House) -> None:
    with_catalogue(house)
    programme.keep_line(house.context, LIV, replace(LINE, months=(6,), owner_id="erik"))
    assert programme.remind(house.context, OSLO) == 0, "until then it can be"
    house.edit(people={one: person for one, person in house.directory.people.items() if one != "erik"})
    house.edit(staff={**house.directory.staff, OFFICE: tuple(one for one in house.directory.staff[OFFICE] if one != "erik")})
    for hour, told in ((19, 0), (23, 0), (30, 1)):
        house.clock.now = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(hours=hour)
        assert programme.remind(house.context, OSLO) == told
    [order] = house.store.orders(drill_id("w-1", 2027, 6))
    assert (order.recipient, order.reason, order.office_id) == ("liv", "unknown_person", OFFICE)


def monthly(house: House) -> dict[str, Order]:
    return {order.recipient: order for order in house.store.orders(f"wheel-{house.clock.now:%Y-%m}")}


def test_on_the_first_working_day_of_a_month_each_who_coordinates_is_told_once_what_is_overdue(house: House) -> None:
    with_catalogue(house)
    for at, told in (("2026-11-30T10:00", 0), ("2026-12-01T06:30", 0), ("2026-12-01T07:10", 3), ("2026-12-01T08:10", 0), ("2026-12-02T08:10", 0)):
        house.clock.now = datetime.fromisoformat(at).replace(tzinfo=UTC)
        assert programme.remind(house.context, OSLO) == told, at
        assert programme.remind(another(house).context, OSLO) == 0, at
    found = monthly(house)
    assert {who: (order.count, order.reason, order.office_id) for who, order in found.items()} == {
        "liv": (1, "3", OFFICE), "nils": (1, None, NEIGHBOUR), "odd": (1, "1", ELSEWHERE),
    }, "those who lead; administrators are told where nobody does"  # fmt: skip
    assert all(order.drill and order.say is Say.DRILL_OVERDUE for order in found.values())
    assert {told for told in house.deliver()} == {("push", who, "drill_overdue") for who in found}, "it goes out, though there is no drill that it is about"


@pytest.mark.parametrize(
    ("email", "channels", "ladder"),
    [
        ("liv@example.org", None, ("push", "email")), ("", None, ("push", "sms")),
        ("liv@example.org", frozenset({"push", "sms"}), ("push", "sms")), ("liv@example.org", frozenset({"email"}), ("email",)),
    ],
)  # fmt: skip
def test_what_is_overdue_comes_by_sms_only_where_no_mail_does(house: House, email, channels, ladder) -> None:
    with_catalogue(house)
    house.edit(people={**house.directory.people, "liv": replace(house.directory.people["liv"], email=email)}, channels=channels)
    house.clock.now = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    programme.remind(house.context, OSLO)
    assert monthly(house)["liv"].ladder == ladder


def test_where_nothing_is_overdue_the_month_begins_in_silence(house: House) -> None:
    drill_id = a_drill_held(house)
    house.store.set_tested(["knapp", "karis", "eriks"], house.clock.now)
    house.clock.now = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    programme.remind(house.context, OSLO)
    assert set(monthly(house)) == {"nils", "odd"} and house.store.drills([drill_id])
    house.clock.now = datetime(2027, 1, 1, 9, 0, tzinfo=UTC)
    programme.remind(house.context, OSLO)
    assert {who: (order.count, order.reason) for who, order in monthly(house).items()}["liv"] == (0, "3"), "the buttons wait again"


def a_drill_held(house: House) -> str:
    """Nina is left out; Ola comes; a finding with a name in it; reported."""
    drill, [alarm] = running(with_catalogue(house), left_out=["nina"])
    house.act("ola", alarm, "acknowledge", role="responder")
    done(house, "liv", drill, "stop")
    pass_time(house, 5)
    planned_drills.evaluate(house.context, Viewer("ola"), drill.id, [("exit", "yes")])
    done(house, "liv", drill, "consult", who="vera", remark="Kari sto alene.")
    due_on = (house.clock.now + timedelta(days=20)).date()
    done(house, "liv", drill, "add_finding", text="Ola hørte ingenting på rom 2", owner_id="liv", due_on=due_on)
    done(house, "liv", drill, "report", summary="Kari trykket, Ola kom.")
    return drill.id


def test_the_wheel_shows_what_was_held_who_was_in_it_and_what_is_open(house: House) -> None:
    a_drill_held(house)
    house.store.set_tested(["knapp"], house.clock.now)
    found = programme.overview(house.context, OFFICE)
    assert [(row["exercise_id"], row["word"], len(row["held"])) for row in found["duties"]] == [("loud", "fine", 1)]  # type: ignore[attr-defined]
    assert (found["buttons"]["tested"], found["buttons"]["of"]) == (1, 3)  # type: ignore[index]
    everyone = found["trained"][0]  # type: ignore[index]
    assert everyone["trained"] == 2 and {"ola", "kari"}.isdisjoint(one["id"] for one in everyone["missing"])
    assert [row["owner"]["id"] for row in found["findings"]] == ["liv"]  # type: ignore[attr-defined]


def test_the_page_for_the_committee_has_goals_targets_and_findings_and_names_nobody(house: House) -> None:
    a_drill_held(house)
    page = programme.committee_page(house.context, OFFICE)
    [drill] = page["drills"]  # type: ignore[misc]
    assert drill["findings"][0]["owner"] == "office_lead" and drill["findings"][0]["text"] == "– hørte ingenting på rom 2"
    assert drill["remark"] == "– sto alene." and drill["summary"] == "– trykket, – kom."
    people = house.directory.people.values()
    assert not [one.name for one in people if one.name in str(page)] and not [one.id for one in people if f"'{one.id}'" in str(page)]


def test_the_page_for_the_committee_takes_names_out_of_what_the_office_has_called_its_exercise(house: House) -> None:
    with_catalogue(house)
    named = {"nb": "Når Ola er alene"}
    drill, _ = running(house, exercise=replace(EXERCISE, id="own", office_id=OFFICE, title=named, goal={"nb": "Karis vakt"}))
    done(house, "liv", drill, "stop")
    pass_time(house, 5)
    [shown] = programme.committee_page(house.context, OFFICE)["drills"]  # type: ignore[misc]
    assert shown["title"] == {"nb": "Når – er alene"} and shown["goal"] == {"nb": "– vakt"}
    assert programme.training_proof(house.context, OFFICE)["drills"][0]["title"] == named, "the inspectorate's page has names"  # type: ignore[index]


def test_what_was_never_exercised_is_on_no_page_and_stays_overdue(house: House) -> None:
    with_catalogue(house)
    counting = planned(house)
    done(house, "liv", counting, "start", in_s=600)
    done(house, "liv", counting, "stop", why="done")
    pass_time(house, 5)
    overtaken, _ = running(house, drill_id="d-2")
    house.press("eriks")
    pass_time(house, 5)
    assert now(house, overtaken).stopping.why is Why.REAL  # type: ignore[union-attr]
    found, proof = programme.overview(house.context, OFFICE), programme.training_proof(house.context, OFFICE)
    assert [(row["exercise_id"], row["word"], row["held"]) for row in found["duties"]] == [("loud", "overdue", [])]  # type: ignore[attr-defined]
    assert proof["drills"] == [] and programme.committee_page(house.context, OFFICE)["drills"] == []
    assert {row["id"]: row["last_at"] for row in proof["people"]}["ola"] is None, "he was told, and nobody asked him twice"  # type: ignore[attr-defined]


def test_a_drill_whose_alarm_was_raised_by_an_armed_button_is_held(house: House) -> None:
    with_catalogue(house)
    drill, _ = running(house, presses=(Press("p1", OFFICE, at_s=None),))
    assert not programme.overview(house.context, OFFICE)["duties"][0]["held"]  # type: ignore[index]
    actions.arm(house.context, "knapp", "drill", "liv")
    house.press("knapp")
    assert len(house.store.alarms_of_drill(drill.id)) == 1
    done(house, "liv", drill, "stop", why="done")
    pass_time(house, 5)
    assert programme.overview(house.context, OFFICE)["duties"][0]["word"] == "fine"  # type: ignore[index]


def test_the_page_for_the_inspectorate_tells_when_each_was_last_in_an_exercise(house: House) -> None:
    a_drill_held(house)
    page = programme.training_proof(house.context, OFFICE)
    last = {row["id"]: row["last_at"] for row in page["people"]}  # type: ignore[attr-defined]
    assert last["ola"] is not None and last["kari"] is not None and last["nina"] is None
    assert page["drills"][0]["took_part"] == 2, "whoever was only told has not taken part"  # type: ignore[index]
    assert page["drills"][0]["consulted"] and page["drills"][0]["approved_by"]["id"] == "liv"  # type: ignore[index]


def test_whoever_is_ticked_off_days_later_was_in_it_on_the_day_that_it_was_held(house: House) -> None:
    drill, _ = running(with_catalogue(house))
    done(house, "liv", drill, "stop", why="done")
    pass_time(house, 5)
    house.clock.push(10 * 86_400)
    done(house, "liv", drill, "attend", people=["tor"])
    last = {row["id"]: row["last_at"] for row in programme.training_proof(house.context, OFFICE)["people"]}  # type: ignore[attr-defined]
    assert last["tor"] == last["kari"] == drill.zero_at


def test_whoever_serves_two_offices_is_trained_in_both_and_whoever_moves_takes_it_along(house: House) -> None:
    ola = house.directory.people["ola"]
    serves = lambda *offices: house.edit(  # noqa: E731
        people={**house.directory.people, "ola": replace(ola, offices=offices)},
        staff={**house.directory.staff, **{one: tuple(dict.fromkeys((*house.directory.staff.get(one, ()), "ola"))) for one in offices}},
    )  # fmt: skip
    serves(OFFICE, NEIGHBOUR)
    leads_all(house)
    drill, alarms = running(with_catalogue(house), **BOTH)
    house.act("ola", alarms[0], "acknowledge", role="responder")
    done(house, "liv", drill, "stop", why="done")
    pass_time(house, 5)
    serves(ELSEWHERE)
    for office_id in (OFFICE, NEIGHBOUR, ELSEWHERE):
        page = programme.training_proof(house.context, office_id)
        assert {row["id"]: row["last_at"] for row in page["people"]}["ola"] is not None, office_id  # type: ignore[attr-defined]
        assert page["roles"][0]["trained"] >= 1, office_id  # type: ignore[index]
        assert [row["took_part"] >= 1 for row in page["drills"]] == ([True] if office_id != ELSEWHERE else []), office_id  # type: ignore[attr-defined]


def test_a_drill_just_after_midnight_was_held_on_the_day_that_people_here_had(house: House) -> None:
    """23:30 UTC on Sunday the 22nd is half past midnight in Norway: Monday the 23rd, in a new week."""
    with_catalogue(house)
    house.clock.now = house.clock.now.replace(day=22, hour=23, minute=30)
    drill, _ = running(house)
    assert planned_drills.view(house.context, LIV, drill)["week"] == "2026-W48"
    done(house, "liv", drill, "stop", why="done")
    pass_time(house, 5)
    today = date(2026, 11, 23)
    assert do(house, "liv", drill, "add_finding", text="Lyden", owner_id="liv", due_on=date(2026, 11, 22)).reason == "in_the_past"
    done(house, "liv", drill, "add_finding", text="Lyden", owner_id="liv", due_on=today)
    assert "varde-ovelse-2026-11-23.pdf" in in_a_file(b"", "application/pdf", drill, "pdf").headers["Content-Disposition"]
    for page in (programme.training_proof(house.context, OFFICE), programme.committee_page(house.context, OFFICE)):
        assert page["drills"][0]["on"] == today and page["to"] == today  # type: ignore[index]
    assert [one["late"] for one in programme.overview(house.context, OFFICE)["findings"]] == [False]  # type: ignore[attr-defined]
    house.clock.push(86_400)
    assert [one["late"] for one in programme.overview(house.context, OFFICE)["findings"]] == [True]  # type: ignore[attr-defined]


def test_single_people_are_forgotten_after_their_time_and_the_numbers_stay(house: House) -> None:
    drill_id = a_drill_held(house)
    [alarm] = house.store.alarms_of_drill(drill_id)
    assert alarm.drill is not None and alarm.drill.left_out == ("nina",)
    assert programme.forget(house.context) == 0
    house.clock.push(61 * 86_400)
    assert programme.forget(house.context) == 1 and programme.forget(house.context) == 0
    drill = house.store.drills([drill_id])[drill_id]
    assert (drill.left_out, drill.cast, drill.forgotten) == ((), (), True)
    [alarm] = house.store.alarms_of_drill(drill_id)
    assert alarm.drill is not None and alarm.drill.left_out == (), "nor does the alarm keep who sat it out"
    assert [(one.person_id, one.answers) for one in house.store.evaluations(drill_id)] == [("?1", (("exit", "yes"),))]
    assert house.store.drill_parts([OFFICE], drill.starts_at), "the training must still be proven"
    assert planned_drills.log_view(house.context, now(house, drill))["intact"]
    house.clock.push(400 * 86_400)
    programme.forget(house.context)
    assert house.store.drill_parts([OFFICE], drill.starts_at) == []


def test_who_was_left_out_of_a_drill_that_a_button_began_is_forgotten_too(house: House) -> None:
    planned_drills.always_left_out(house.context, Viewer("nina"), True)
    actions.arm(house.context, "knapp", "drill", "liv")
    alarm = house.press("knapp")
    house.act("ola", alarm, "resolve", outcome="drill_done", seen_signal=1)
    house.clock.push(59 * 86_400)
    programme.forget(house.context)
    assert house.again(alarm).drill.left_out == ("nina",)  # type: ignore[union-attr]
    house.clock.push(2 * 86_400)
    programme.forget(house.context)
    assert house.again(alarm).drill.left_out == ()  # type: ignore[union-attr]
