"""A drill that one armed button began and nobody ends: whoever armed it is reminded, in writing, before it ends itself; each time once."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from server.core import drills, messages, projection
from server.core import events as e
from server.core.access import ANSWERING, Viewer, actions
from server.core.directory import Duty
from server.core.limits import DEFAULT, Limits
from server.core.model import Alarm, Drill
from server.core.orders import Say, fenced, overtaken, to_person
from server.core.phones import Phone
from server.core.push import ALARM_TTL_S, drill_message, topic_of
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import (
    OFFICE,
    PEOPLE,
    PHONE,
    PRESENT,
    T0,
    WORLD,
    after,
    at,
    data,
    full_cover,
    nothing_else_was_sent,
    off_duty,
    opened,
    order_to,
    person,
    refusal,
    resolve,
    said,
    step,
    world,
)

MINUTE = 60
ARMED = Drill("knapp@1", "", "liv")
PLANNED = replace(ARMED, planned=True)
OSLO = ZoneInfo("Europe/Oslo")


def drill(mark: Drill | None = ARMED, **other: object) -> Alarm:
    return opened(drill=mark, **other).alarm  # type: ignore[arg-type]


def due(alarm: Alarm, seconds: float, limits: Limits = DEFAULT) -> tuple[int, int] | None:
    """Which reminder is due then, and how many minutes it says."""
    event = drills.still_on(alarm, at(seconds), limits)
    return event and (event.reminder, event.minutes)


# ---------------------------------------------------------------- when


def test_after_ten_and_fifteen_minutes_of_twenty_it_is_time_and_never_before_or_after() -> None:
    story = [due(drill(), minutes * MINUTE) for minutes in (0, 9.99, 10, 14.99, 15, 19.99, 20, 21)]
    assert story == [None, None, (1, 10), (1, 6), (2, 5), (2, 1), None, None]


def test_what_has_been_given_is_given_no_more() -> None:
    once, twice = (drill(replace(ARMED, reminded=n)) for n in (1, 2))
    assert [due(once, 11 * MINUTE), due(once, 15 * MINUTE), due(twice, 19 * MINUTE)] == [None, (2, 5), None]


def test_where_the_clock_has_passed_both_there_is_one() -> None:
    alarm = drill()
    event = drills.still_on(alarm, at(17 * MINUTE), DEFAULT)
    assert event == e.StillOn(2, 3)
    assert due(after(alarm, (17 * MINUTE, event)), 17 * MINUTE) is None


def test_a_clock_that_is_put_back_brings_none_again() -> None:
    given = after(drill(), (10 * MINUTE, e.StillOn(1, 10)))
    assert [due(given, seconds) for seconds in (-60, 60, 10 * MINUTE)] == [None, None, None]


@pytest.mark.parametrize("total_s", [1, 90, 600, 3600])
def test_however_short_or_long_it_may_be_both_come_before_its_end_and_say_at_least_a_minute(total_s: int) -> None:
    limits = replace(DEFAULT, armed_drill_s=total_s)
    assert [due(drill(), total_s * part, limits) for part in (0.49, 0.5, 0.75, 1)] == [
        None, (1, max(1, -(-total_s // 120))), (2, max(1, -(-total_s // 240))), None,
    ]  # fmt: skip


@pytest.mark.parametrize("mark", [PLANNED, None], ids=["planned", "real"])
def test_a_planned_drill_has_reminders_of_its_own_and_a_real_alarm_none(mark: Drill | None) -> None:
    alarm = drill(mark)
    assert due(alarm, 15 * MINUTE) is None and drills.ends_itself_at(alarm, DEFAULT) is None
    assert refusal(alarm, e.StillOn(1, 10), 10 * MINUTE) == ("planned" if mark else "not_a_drill")


# ---------------------------------------------------------------- who, and how


def test_whoever_armed_it_is_told_in_writing_and_nobody_else() -> None:
    decision = step(drill(), e.StillOn(1, 10), 10 * MINUTE)
    nothing_else_was_sent(decision, still_on=["liv"])
    order = order_to(decision, "liv", Say.STILL_ON)
    assert (order.ladder, order.count, order.drill, order.next_at) == (("push", "sms"), 10, True, at(10 * MINUTE))
    assert decision.alarm.drill == replace(ARMED, reminded=1) and said(decision) == ["still_on"] and data(decision, "still_on") == {"minutes": 10}
    assert decision.alarm.told == drill().told, "it is no telling of the plan"
    assert not fenced(order, WORLD, decision.alarm.drill)


def test_who_has_not_been_told_of_it_is_reminded_too() -> None:
    elsewhere = drill(replace(ARMED, leader_id="per"))
    assert "per" not in elsewhere.told
    nothing_else_was_sent(step(elsewhere, e.StillOn(1, 10), 600), still_on=["per"])


@pytest.mark.parametrize("covered", [False, True])
def test_that_somebody_has_it_is_no_reason_not_to(covered: bool) -> None:
    alarm = full_cover(drill()) if covered else after(drill(), e.CallOff("kari", 1))
    nothing_else_was_sent(step(alarm, e.StillOn(1, 10), 600), still_on=["liv"])


def test_each_reminder_is_given_once_also_where_another_server_has_thought_of_it_too() -> None:
    once = after(drill(), (600, e.StillOn(1, 10)))
    assert refusal(once, e.StillOn(1, 10), 600.1) == "known"
    twice = after(once, (900, e.StillOn(2, 5)))
    assert refusal(twice, e.StillOn(1, 4), 960) == refusal(twice, e.StillOn(2, 4), 960) == "known"


def test_whoever_has_left_is_not_reminded_and_after_the_end_nobody_is() -> None:
    assert refusal(drill(replace(ARMED, leader_id="gone")), e.StillOn(1, 10), 600) == "nobody_to_tell"
    assert refusal(drill(replace(ARMED, leader_id=None)), e.StillOn(1, 10), 600) == "nobody_to_tell"
    assert refusal(after(drill(), resolve()), e.StillOn(1, 10), 600) == "ended"
    assert refusal(drill(kind=Kind.FALL), e.StillOn(1, 10), 30) == "still_asking"


def test_a_reminder_that_has_not_gone_out_when_it_ends_or_becomes_real_is_overtaken() -> None:
    reminded = step(drill(), e.StillOn(1, 10), 600)
    order = order_to(reminded, "liv", Say.STILL_ON)
    assert not overtaken(order, reminded.alarm)
    for end in (resolve(), e.DrillOver(), e.BecameReal("ola", "a-2")):
        assert overtaken(order, after(reminded, (601, end)))


def test_whoever_may_not_be_heard_is_reminded_without_sms() -> None:
    """Beside visitors, or hiding, in what is played: as with everything else that the drill says."""
    alarm = after(drill(), e.Shelter("liv"))
    assert order_to(step(alarm, e.StillOn(1, 10), 600), "liv", Say.STILL_ON).ladder == ("push",)


def test_only_channels_that_there_are_and_never_a_call_though_the_plan_has_one() -> None:
    here = replace(world(duty=off_duty("liv")), channels=frozenset({"sms", "voice"}))
    order = order_to(step(drill(), e.StillOn(1, 10), 600, here), "liv", Say.STILL_ON)
    assert order.ladder == ("sms",)


# ---------------------------------------------------------------- what it says

WORDS = {
    "nb": ("ØVELSE: fortsatt i gang", "Den avsluttes av seg selv om 5 min. Er dere ferdige: avslutt den i Varde nå.", "ØVELSE ØVELSE: "),
    "nn": ("ØVING: framleis i gang", "Ho blir avslutta av seg sjølv om 5 min. Er de ferdige: avslutt ho i Varde no.", "ØVING ØVING: "),
    "en": ("EXERCISE: still on", "It ends by itself in 5 min. If you are done, end it in Varde now.", "EXERCISE EXERCISE: "),
}


@pytest.mark.parametrize("language", WORDS)
def test_it_says_first_that_it_is_an_exercise_and_then_in_how_many_minutes_it_ends(language: str) -> None:
    title, body, prefix = WORDS[language]
    alarm = drill()
    here = replace(WORLD, people={**WORLD.people, "liv": replace(WORLD.people["liv"], language=language)})
    order = to_person(alarm, "liv", Say.STILL_ON, 9, ("push", "sms"), T0, T0, count=5)
    for surface in ("phone", "desk"):
        pushed = drill_message(order, Phone("p", "liv", "https://push.example/1", "key", "auth", "https://varde.example", language, surface), "receipt")
        form = json.loads(pushed.body)
        shown = form["notification"]
        assert (shown["title"], shown["body"], shown["silent"], "actions" in shown, "app_badge" in form) == (title, body, True, False, False)
        assert shown["navigate"] == f"https://varde.example/i/{alarm.id}" and shown["data"]["drill"] is True
        assert (pushed.ttl_s, pushed.urgency) == (ALARM_TTL_S, "high"), "later its minutes are true no more"
        assert pushed.topic == shown["tag"] == topic_of(alarm.id), "the all-clear takes its place"
    written = messages.message(order, alarm, here, OSLO, at(900), True)
    assert written.text.startswith(prefix) and written.text.endswith(body) and not written.keys
    assert len(written.text) <= 160, "one SMS"
    assert not {"Liv", "Mottak", "Fjordvik"} & set(written.text.replace(".", " ").split())


def test_whoever_armed_it_is_shown_when_it_ends_and_nobody_else_nor_of_anything_else() -> None:
    ends = lambda alarm, who: projection.personal(alarm, PHONE[who], False, WORLD)["drill_ends_at"]  # noqa: E731
    assert ends(drill(), "liv") == at(20 * MINUTE) and ends(drill(), "siri") is None
    assert [ends(one, "liv") for one in (drill(PLANNED), drill(None), after(drill(), resolve()))] == [None, None, None]


# ---------------------------------------------------------------- who may end it


def test_whoever_armed_it_can_end_it_also_where_nobody_told_him_of_it() -> None:
    """A drill coordinator without a role is asked for nothing; he is reminded, and must be able to do what the reminder is for."""
    coordinator = person("sondre", access="worker drill_coordinator", zone="kontor")
    house = world(people=(*PEOPLE, coordinator), duty={**PRESENT, ("sondre", OFFICE): Duty.OFF})
    alarm = drill(replace(ARMED, leader_id="sondre"))
    assert "sondre" not in alarm.told
    may = actions(Viewer("sondre"), alarm, house)
    assert "resolve" in may and not may & ANSWERING, "he ends it, and is no responder for it"
    assert "resolve" not in actions(Viewer("sondre"), drill(replace(ARMED, leader_id="liv")), house)
    assert "resolve" not in actions(Viewer("sondre"), drill(replace(PLANNED, leader_id="sondre")), house), "a planned one ends whole"
