"""The draft of a report after a visit: filled in from the log, the author's own until handed over, silent about duress, and deleted by rule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.access import Viewer
from server.core.orders import Say
from server.core.values import replace
from server.core.visit.counts import count
from server.core.visit.report import DRAFT_KEPT, HANDED_KEPT, TEXT_MOST, Kind
from server.flow import reports, visit_time, visits
from server.flow.answers import ZONE
from server.flow.reports import Given
from server.store.contract import Store
from tests.flow.people import DURESS_PIN, PIN
from tests.flow.test_visits import Out, V

KARI, LIV, OLA = Viewer("kari"), Viewer("liv"), Viewer("ola")


@pytest.fixture
def house(any_store: Store) -> Out:
    house = Out(any_store)
    house.out()
    return house


def home(house: Out, how: str = "unpleasant") -> None:
    assert house.tap("kari", "end").reason is None
    assert house.tap("kari", "debrief", how=how).reason is None


def save(house: Out, version: int, text: str = "Han ropte.", kinds: tuple[str, ...] = ("threat",), who: Viewer = KARI) -> Given:
    return reports.save(house.context, who, V, version, kinds, text, "", False, None)


def test_what_the_log_knows_is_there_and_the_address_is_not(house: Out) -> None:
    house.pass_time(10)
    house.tap("kari", "check_in")
    home(house)
    given = reports.read(house.context, KARI, V)
    assert given.report is not None and given.report.version == 0
    assert [fact.what for fact in given.facts] == ["started", "check_in", "home", "debriefed"]
    assert "Fjellveien" not in repr(given)
    assert house.store.report(V) is None, "looking begins nothing"


def test_after_a_visit_that_was_fine_there_is_no_report(house: Out) -> None:
    home(house, "fine")
    assert reports.read(house.context, KARI, V).report is None
    assert save(house, 0).reason == "unknown_report"


def test_a_draft_is_its_authors_alone_until_it_is_handed_over(house: Out) -> None:
    home(house)
    assert save(house, 0).reason is None
    for who in (LIV, OLA, Viewer("per")):
        assert reports.read(house.context, who, V).report is None and save(house, 1, who=who).reason == "unknown_report"
    assert reports.hand_over(house.context, KARI, V, 1).reason is None
    read = reports.read(house.context, LIV, V).report
    assert read is not None and (read.text, read.kinds) == ("Han ropte.", {Kind.THREAT})
    assert reports.read(house.context, OLA, V).report is None
    assert [o.recipient for o in house.store.orders(V) if o.say is Say.VISIT_REPORT] == ["liv"]
    assert [one.visit_id for one in reports.listed(house.context, LIV)] == [V] and reports.listed(house.context, OLA) == []
    assert save(house, 2).reason == "handed_over" and reports.drop(house.context, KARI, V) == "handed_over"


def with_safety(house: Out, person_id: str) -> None:
    person = house.directory.people[person_id]
    house.directory = replace(house.directory, people=house.directory.people | {person_id: replace(person, access=person.access | {"safety_representative"})})


def test_the_safety_representatives_are_told_of_what_was_handed_over_and_read_it_and_those_of_other_offices_do_not(house: Out) -> None:
    for one in ("nina", "per"):
        with_safety(house, one)
    home(house)
    assert save(house, 0).reason is None
    assert reports.read(house.context, Viewer("nina"), V).report is None and reports.listed(house.context, Viewer("nina")) == [], "not yet handed over"
    assert reports.hand_over(house.context, KARI, V, 1).reason is None
    assert sorted(o.recipient for o in house.store.orders(V) if o.say is Say.VISIT_REPORT) == ["liv", "nina"]
    assert [one.text for one in reports.listed(house.context, Viewer("nina"))] == ["Han ropte."]
    assert save(house, 2, who=Viewer("nina")).reason == "unknown_report", "reading is not writing"
    assert reports.read(house.context, Viewer("per"), V).report is None and reports.listed(house.context, Viewer("per")) == []


def test_a_safety_representative_who_was_along_does_not_read_what_the_other_one_wrote(any_store: Store) -> None:
    house = Out(any_store)
    with_safety(house, "nina")
    assert house.plan(people=("kari", "nina")).reason is None
    for who, action in (("ola", "accept_contact"), ("kari", "start")):
        assert house.tap(who, action).reason is None
    home(house)
    assert save(house, 0).reason is None and reports.hand_over(house.context, KARI, V, 1).reason is None
    assert reports.read(house.context, Viewer("nina"), V).report is None


def test_two_windows_do_not_write_over_each_other(house: Out) -> None:
    home(house)
    save(house, 0, "eldre")
    assert save(house, 0, "nyere").reason == "changed_meanwhile"
    assert save(house, 1, "nyere").reason is None
    assert reports.read(house.context, KARI, V).report.text == "nyere"  # type: ignore[union-attr]


def test_what_is_sent_again_because_its_answer_was_lost_gets_the_same_answer(house: Out) -> None:
    home(house)
    first, again = save(house, 0), save(house, 0)
    assert (first.reason, again.reason) == (None, None) and first.report == again.report
    handed = [reports.hand_over(house.context, KARI, V, 1) for _ in range(2)]
    assert [one.reason for one in handed] == [None, None] and handed[0].report == handed[1].report
    house.deliver()
    assert [order.recipient for channel, order in house.sent if channel == "push" and order.say == "visit_report"] == ["liv"], "and nobody is told twice"
    assert save(house, 1, "noe annet").reason == "handed_over"


@pytest.mark.parametrize(("kinds", "text", "reason"), [(("war",), "", "unknown_kind"), ((), "x" * (TEXT_MOST + 1), "too_long_text")])
def test_what_is_no_report_is_refused(house: Out, kinds: tuple[str, ...], text: str, reason: str) -> None:
    home(house)
    assert save(house, 0, text, kinds).reason == reason
    assert reports.hand_over(house.context, KARI, V, 0).reason == "nothing_written" and house.store.report(V) is None


def test_a_draft_goes_after_thirty_days_and_a_handed_one_after_ninety(house: Out) -> None:
    home(house)
    save(house, 0)
    house.clock.now += DRAFT_KEPT - timedelta(minutes=1)
    assert reports.forget_reports(house.context) == 0
    reports.hand_over(house.context, KARI, V, 1)
    house.clock.now += timedelta(days=2)
    assert reports.forget_reports(house.context) == 0
    house.clock.now += HANDED_KEPT
    assert reports.forget_reports(house.context) == 1 and house.store.report(V) is None


def test_a_draft_may_be_thrown_away(house: Out) -> None:
    home(house)
    save(house, 0)
    assert reports.drop(house.context, OLA, V) == "unknown_report"
    assert reports.drop(house.context, KARI, V) is None and house.store.report(V) is None


def test_under_duress_the_phone_shows_the_same_report_as_after_an_ordinary_check_out(any_store: Store) -> None:
    house = Out(any_store)
    house.give_pins("kari")
    house.out()
    house.pass_time(10)
    assert house.tap("kari", "end", pin=DURESS_PIN).reason is None
    assert house.tap("kari", "debrief", how="unpleasant").reason is None
    house.pass_time(3)
    given = reports.read(house.context, KARI, V)
    assert [fact.what for fact in given.facts] == ["started", "home", "debriefed"]
    assert "duress" not in repr(given.facts) and house.alarms()


@pytest.mark.parametrize("pin", [PIN, DURESS_PIN])
def test_after_a_check_in_with_either_pin_and_a_visit_that_was_fine_nothing_is_offered(any_store: Store, pin: str) -> None:
    house = Out(any_store)
    house.give_pins("kari")
    house.out()
    assert house.tap("kari", "check_in", pin=pin).reason is None
    home(house, "fine")
    assert bool(house.alarms()) == (pin == DURESS_PIN)
    assert not visits.view(house.context, KARI, house.visit)["may_report"] and reports.read(house.context, KARI, V).report is None


def test_after_a_missed_check_in_the_alarm_is_in_it(house: Out) -> None:
    house.pass_time(46)
    [alarm] = house.alarms()
    house.act("ola", alarm, "acknowledge")
    assert house.act("ola", alarm, "resolve", outcome="handled", seen_signal=1, visit_home=True).reason is None
    facts = [fact.what for fact in reports.read(house.context, KARI, V).facts]
    assert {"missed", "overdue", "opened", "acknowledged", "resolved"} <= set(facts)


def test_the_share_of_forgotten_check_outs_is_counted_without_names_and_without_those_under_duress(any_store: Store) -> None:
    house = Out(any_store)
    house.give_pins("kari")
    house.out()
    house.tap("kari", "end", pin=DURESS_PIN)
    rows = lambda: count(house.store.visits_of(["fjordvik"], house.clock.now - timedelta(days=99)), ZONE)  # noqa: E731
    assert rows() == [], "one who only seems to be home is not counted"
    house.pass_time(1)
    [alarm] = house.alarms()
    assert house.act("liv", alarm, "resolve", outcome="handled", seen_signal=1, visit_home=True).reason is None
    [row] = rows()
    assert (row.visits, row.in_time, row.by_alarm, row.forgotten_percent, row.month) == (1, 0, 1, 100, "2026-11")
    assert "kari" not in repr(row)


@pytest.mark.parametrize(("minutes", "how"), [(10, "in_time"), (32, "in_time"), (36, "late")])
def test_in_time_or_late_is_told_apart(house: Out, minutes: int, how: str) -> None:
    house.pass_time(minutes)
    house.tap("kari", "end")
    [row] = count(house.store.visits_of(["fjordvik"], house.clock.now - timedelta(days=1)), ZONE)
    assert getattr(row, how) == 1 and row.forgotten_percent == (0 if how == "in_time" else 100)


def test_after_a_day_the_address_is_gone_from_the_visit_and_was_never_in_the_draft(house: Out) -> None:
    home(house)
    save(house, 0)
    house.clock.now += timedelta(days=1, minutes=1)
    assert visit_time.forget(house.context) == 1
    assert house.visit.where.address == "" and house.store.position(V) is None
    assert reports.read(house.context, KARI, V).report is not None
