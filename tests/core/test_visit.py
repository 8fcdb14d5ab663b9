"""Visits: every pair of state and event, the chase, the deadline that follows a proof of life, duress, and random days that never leave anybody unwatched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.alarm import Refused
from server.core.directory import Duty
from server.core.access import Viewer
from server.core.signals import Kind, Position
from server.core.orders import Say
from server.core.values import replace
from server.core.visit.access import shown
from server.core.visit import events as e
from server.core.visit.draft import due_of, settings_of
from server.core.visit.model import AlarmState, Debriefed, Heard, Rung, Visit, VisitState, Why
from server.core.visit.stale import stale
from server.core.visit.rules import is_news
from server.core.visit.settings import Risk, VisitSettings
from server.core.visit.table import ACTIONS, TABLE, VisitStep, allowed, plan_visit, take_visit
from tests.core.visits import MINUTE, answers, here, out, plan, planned, refusal, step, told, until
from tests.core.world import OFFICE, PRESENT, at

OUT = out()
GRACE, _ = until(OUT, 30 * MINUTE)
OVERDUE, _ = until(OUT, 45 * MINUTE)
STATES: dict[VisitState, tuple[Visit, float]] = {
    VisitState.PLANNED: (planned().visit, 0),
    VisitState.OUT: (OUT, 60),
    VisitState.GRACE: (GRACE, 31 * MINUTE),
    VisitState.OVERDUE: (OVERDUE, 46 * MINUTE),
    VisitState.HOME: (step(OUT, e.End("kari"), 60).visit, 120),
    VisitState.CANCELLED: (step(planned(), e.Cancel("kari")).visit, 60),
}

EVENTS: dict[type, e.Event] = {
    e.Deadline: e.Deadline(True),
    e.Replan: e.Replan("kari", plan()),
    e.Approve: e.Approve("liv", True),
    e.AcceptContact: e.AcceptContact("jon"),
    e.HandOver: e.HandOver("jon", "siri"),
    e.Carry: e.Carry("kari", "karis"),
    e.Start: e.Start("kari"),
    e.CheckIn: e.CheckIn("kari"),
    e.Extend: e.Extend("kari", 15 * MINUTE),
    e.NoCoverage: e.NoCoverage("kari", at(80 * MINUTE)),
    e.End: e.End("kari"),
    e.ContactSays: e.ContactSays("jon", True, seconds=900),
    e.Recall: e.Recall("liv"),
    e.SeemsHome: e.SeemsHome("kari"),
    e.AlarmIs: e.AlarmIs(AlarmState.LOST),
    e.Cancel: e.Cancel("kari"),
    e.Debrief: e.Debrief("kari", Debriefed.FINE),
    e.Settle: e.Settle("ola", True),
}

LEGAL, NOT_OUT, ALREADY, ALARM, ENDED = None, "not_out", "already_out", "alarm_running", "ended"
CASES: dict[type, tuple[str | None, ...]] = {
    # event           PLANNED  OUT            GRACE          OVERDUE     HOME   CANCELLED
    e.Deadline:      (LEGAL,   LEGAL,         LEGAL,         LEGAL,      ENDED, ENDED),
    e.Replan:        (LEGAL,   ALREADY,       ALREADY,       ALARM,      ENDED, ENDED),
    e.Approve:       (LEGAL,   ALREADY,       ALREADY,       ALARM,      ENDED, ENDED),
    e.AcceptContact: (LEGAL,   LEGAL,         LEGAL,         ALARM,      ENDED, ENDED),
    e.HandOver:      (LEGAL,   LEGAL,         LEGAL,         ALARM,      ENDED, ENDED),
    e.Carry:         (LEGAL,   LEGAL,         LEGAL,         LEGAL,      ENDED, ENDED),
    e.Start:         (LEGAL,   ALREADY,       ALREADY,       ALARM,      ENDED, ENDED),
    e.CheckIn:       (NOT_OUT, LEGAL,         LEGAL,         LEGAL,      ENDED, ENDED),
    e.Extend:        (NOT_OUT, LEGAL,         LEGAL,         LEGAL,      ENDED, ENDED),
    e.NoCoverage:    (NOT_OUT, LEGAL,         LEGAL,         LEGAL,      ENDED, ENDED),
    e.End:           (NOT_OUT, LEGAL,         LEGAL,         LEGAL,      ENDED, ENDED),
    e.ContactSays:   (NOT_OUT, LEGAL,         LEGAL,         ALARM,      ENDED, ENDED),
    e.Recall:        (NOT_OUT, LEGAL,         LEGAL,         ALARM,      ENDED, ENDED),
    e.SeemsHome:     (NOT_OUT, LEGAL,         LEGAL,         ALARM,      ENDED, ENDED),
    e.AlarmIs:       (NOT_OUT, LEGAL,         LEGAL,         ALARM,      ENDED, ENDED),
    e.Cancel:        (LEGAL,   ALREADY,       ALREADY,       ALARM,      ENDED, ENDED),
    e.Debrief:       (NOT_OUT, "not_home",    "not_home",    "not_home", LEGAL, ENDED),
    e.Settle:        (NOT_OUT, "not_overdue", "not_overdue", LEGAL,      ENDED, ENDED),
}  # fmt: skip
PAIRS = [(state, event, reason) for event, row in CASES.items() for state, reason in zip(VisitState, row)]


def test_every_pair_of_state_and_event_is_named() -> None:
    assert set(CASES) == set(TABLE) == set(EVENTS)
    assert all(len(row) == len(VisitState) for row in (*CASES.values(), *TABLE.values()))
    assert {state: visit.state for state, (visit, _) in STATES.items()} == {state: state for state in VisitState}


@pytest.mark.parametrize(("state", "event", "reason"), PAIRS, ids=[f"{event.__name__}-{state}" for state, event, _ in PAIRS])
def test_what_may_happen_in_which_state(state: VisitState, event: type, reason: str | None) -> None:
    before, seconds = STATES[state]
    taken = take_visit(before, EVENTS[event], at(seconds), here())
    if reason is None:
        assert isinstance(taken, VisitStep)
        assert taken.visit.version == before.version + 1
    else:
        assert taken == Refused(reason), "and nothing was sent"


def test_the_buttons_are_read_from_the_same_table() -> None:
    for state, (visit, _) in STATES.items():
        column = list(VisitState).index(state)
        legal = {name for name, event in ACTIONS.items() if CASES[event][column] is None}
        assert allowed(visit, near=True) == allowed(visit, near=False) == legal | ({"debrief"} if state is VisitState.OVERDUE else set())


# ---------------------------------------------------------------- out


def test_notices_come_ahead_of_each_deadline_once_and_never_ring() -> None:
    visit, steps = until(OUT, 29 * MINUTE)
    assert [(one.visit.noticed, one.orders[0].count) for one in steps] == [(1, 10), (2, 5)]
    assert all(order.quiet and "voice" not in order.ladder for one in steps for order in one.orders)
    checked_in = step(visit, e.CheckIn("kari"), 29 * MINUTE)
    assert (checked_in.visit.deadline_at, checked_in.visit.noticed, checked_in.orders) == (at(59 * MINUTE), 0, ())


def test_the_last_deadline_is_the_planned_end() -> None:
    late = step(OUT, e.CheckIn("kari"), 29 * MINUTE)
    later = step(late, e.CheckIn("kari"), 59 * MINUTE)
    last = step(later, e.CheckIn("kari"), 70 * MINUTE)
    assert (last.visit.deadline_at, last.visit.why) == (at(90 * MINUTE), Why.END)
    again = step(last, e.CheckIn("kari"), 80 * MINUTE)
    assert (again.visit.deadline_at, again.visit.number) == (at(90 * MINUTE), last.visit.number), "the same deadline has the same number"


def test_a_sign_of_life_after_the_end_is_never_refused() -> None:
    visit = step(OUT, e.NoCoverage("kari", at(90 * MINUTE))).visit
    visit, _ = until(visit, 92 * MINUTE)
    assert visit.state is VisitState.GRACE
    alive = step(visit, e.CheckIn("kari"), 92 * MINUTE)
    assert (alive.visit.state, alive.visit.deadline_at) == (VisitState.OUT, at(107 * MINUTE))


def test_extensions_have_a_total() -> None:
    visit = step(OUT, e.Extend("kari", 60 * MINUTE), 60).visit
    assert visit.ends_at == at(150 * MINUTE)
    assert refusal(visit, e.Extend("kari", 61 * MINUTE), 60) == "extended_enough"
    assert refusal(visit, e.Extend("kari", 5), 60) == "too_short"
    assert refusal(visit, e.Extend("ola", 900), 60) == "not_yours"


def test_no_coverage_is_a_check_in_with_its_own_deadline() -> None:
    visit = step(OUT, e.NoCoverage("kari", at(75 * MINUTE)), 60).visit
    assert (visit.deadline_at, visit.why) == (at(75 * MINUTE), Why.NO_COVERAGE)
    assert step(visit, e.CheckIn("kari"), 120).visit.deadline_at == at(75 * MINUTE), "an earlier sign of life does not shorten it"
    assert refusal(OUT, e.NoCoverage("kari", at(-5)), 60) == "in_the_past"
    assert refusal(OUT, e.NoCoverage("kari", at(40 * 86_400)), 60) == "too_long"


@pytest.mark.parametrize(
    ("how", "say", "word"), [(AlarmState.LOST, Say.VISIT_ALARM_LOST, "alarm_lost"), (AlarmState.OPENED, Say.VISIT_ALARM_OPENED, "alarm_opened")]
)
def test_whoever_watches_learns_once_that_the_alarm_is_lost_or_opened_and_that_it_is_back(how: AlarmState, say: Say, word: str) -> None:
    lost = step(OUT, e.AlarmIs(how), 60)
    assert [(order.recipient, order.say, order.quiet) for order in lost.orders] == [("jon", say, False)]
    assert [said.what for said in lost.said] == [word]
    assert not is_news(lost.visit, how) and is_news(lost.visit, AlarmState.WELL)
    assert lost.visit.deadline_at == OUT.deadline_at, "nobody has been heard of, and nobody is missed sooner"
    back = step(lost, e.AlarmIs(AlarmState.WELL), 120)
    assert [(order.recipient, order.say, order.quiet) for order in back.orders] == [("jon", Say.VISIT_ALARM_BACK, True)]
    assert stale(lost.orders[0], back.visit) is (how is AlarmState.LOST), "that somebody has opened it is said also when it is closed again"
    assert not stale(back.orders[0], back.visit)


def test_the_leaders_learn_of_a_lost_alarm_where_nobody_is_sure_to_watch() -> None:
    alone = replace(OUT, contact_id=None, contact_accepted=False)
    assert {order.recipient for order in step(alone, e.AlarmIs(AlarmState.LOST), 60).orders} == {"liv"}


def test_a_lost_alarm_is_expected_where_no_coverage_was_announced_but_not_an_opened_one() -> None:
    uncovered = step(OUT, e.NoCoverage("kari", at(75 * MINUTE)), 60).visit
    assert not is_news(uncovered, AlarmState.LOST) and is_news(uncovered, AlarmState.OPENED) and is_news(OUT, AlarmState.LOST)
    assert [order.say for order in step(uncovered, e.AlarmIs(AlarmState.OPENED), 120).orders] == [Say.VISIT_ALARM_OPENED]


def test_another_alarm_taken_along_is_not_the_lost_one() -> None:
    lost = step(OUT, e.AlarmIs(AlarmState.LOST), 60)
    assert step(lost, e.Carry("kari", None), 90).visit.alarm is AlarmState.WELL


def test_only_those_who_watch_see_how_the_alarm_is() -> None:
    lost = step(OUT, e.AlarmIs(AlarmState.OPENED), 60).visit
    seen = {who: shown(lost, Viewer(who), here()).get("alarm") for who in ("jon", "liv", "kari")}
    assert seen == {"jon": AlarmState.OPENED, "liv": AlarmState.OPENED, "kari": None}


@pytest.mark.parametrize(
    ("state", "flags", "how"),
    [("ok", (), AlarmState.WELL), ("silent", (), AlarmState.LOST), ("offline", ("battery_low",), AlarmState.LOST), ("unknown", (), None),
     ("ok", ("tamper",), AlarmState.OPENED), ("silent", ("tamper",), AlarmState.OPENED)],
)  # fmt: skip
def test_how_an_alarm_is_follows_from_what_its_gateway_says(state: str, flags: tuple[str, ...], how: AlarmState | None) -> None:
    assert AlarmState.of(state, flags) is how


def test_a_tap_that_comes_late_counts_from_when_it_was_made() -> None:
    late = step(OUT, e.CheckIn("kari", age_s=10 * MINUTE), 20 * MINUTE)
    assert late.visit.deadline_at == at(40 * MINUTE)
    assert late.visit.heard is not None and late.visit.heard.at == at(10 * MINUTE)


def test_a_tap_with_a_day_old_clock_does_not_stop_the_chase() -> None:
    stale = step(GRACE, e.CheckIn("kari", age_s=86_400 * 3), 31 * MINUTE)
    assert until(stale, 45 * MINUTE)[0].state is VisitState.OVERDUE
    future = step(GRACE, e.CheckIn("kari", age_s=-86_400), 31 * MINUTE)
    assert future.visit.state is VisitState.OUT


def test_one_of_two_goes_home_and_the_other_stays_watched() -> None:
    both = out(people=("kari", "ola"))
    alone = step(both, e.End("kari", everyone=False), 60)
    assert (alone.visit.state, alone.visit.people) == (VisitState.OUT, ("ola",))
    assert refusal(alone, e.CheckIn("kari"), 90) == "not_yours"
    assert step(alone, e.End("ola", everyone=False), 90).visit.state is VisitState.HOME


def test_a_recall_shortens_the_deadline_and_does_not_ring() -> None:
    recalled = step(OUT, e.Recall("liv"), 60)
    assert told(recalled) == [("kari", "recall")] and all(order.quiet for order in recalled.orders)
    assert recalled.visit.deadline_at == at(16 * MINUTE)


# ---------------------------------------------------------------- the chase


def test_the_chase_asks_the_worker_then_the_contact_then_the_leader_and_then_raises() -> None:
    _, steps = until(OUT, 45 * MINUTE)
    chase = [(one.visit.state, told(one), [s.kind for s in one.signals]) for one in steps if one.visit.state is not VisitState.OUT]
    assert chase == [
        (VisitState.GRACE, [("kari", "late")], []),
        (VisitState.GRACE, [("jon", "call")], []),
        (VisitState.GRACE, [("jon", "leader"), ("liv", "leader")], []),
        (VisitState.OVERDUE, [], [Kind.MISSED_CHECKIN]),
    ]


def test_a_high_risk_visit_skips_the_quiet_chase() -> None:
    risky = step(planned(answers=answers("earlier_threats"), people=("kari", "ola")), e.AcceptContact("jon"))
    visit = step(step(risky, e.Approve("liv", True)), e.Start("kari")).visit
    assert visit.times.interval_s == 15 * MINUTE, "half of what its kind has"
    visit, steps = until(visit, 15 * MINUTE)
    assert told(steps[-1]) == [("kari", "late"), ("ola", "late"), ("jon", "call")]
    _, steps = until(visit, 20 * MINUTE)
    assert [s.kind for one in steps for s in one.signals] == [Kind.MISSED_CHECKIN]


def test_a_contact_who_is_off_duty_or_has_not_accepted_leaves_it_to_the_leaders_too() -> None:
    asked_only = step(planned(), e.Start("kari"))
    visit, _ = until(asked_only, 34 * MINUTE)
    _, steps = until(visit, 35 * MINUTE)
    assert told(steps) == [("jon", "call"), ("liv", "call")]


def test_nobody_left_to_ask_is_an_alarm_at_once() -> None:
    empty = replace(here(), people={"kari": here().people["kari"]}, staff={OFFICE: ("kari",)}, duty={("kari", OFFICE): Duty.PRESENT})
    visit, steps = until(replace(OUT, contact_id=None), 35 * MINUTE, world=empty)
    assert visit.state is VisitState.OVERDUE and [s.kind for one in steps for s in one.signals] == [Kind.MISSED_CHECKIN]


def test_the_contact_person_who_got_no_answer_does_not_wait_for_the_next_rung() -> None:
    asked, _ = until(OUT, 35 * MINUTE)
    not_reached = step(asked, e.ContactSays("jon", False), 36 * MINUTE)
    assert not_reached.visit.rung is Rung.LEADER and ("liv", "leader") in told(not_reached)
    assert step(not_reached, e.ContactSays("liv", False), 37 * MINUTE).visit.state is VisitState.OVERDUE


def test_the_contact_person_who_got_through_says_home_or_until_when() -> None:
    asked, _ = until(OUT, 35 * MINUTE)
    assert refusal(asked, e.ContactSays("jon", True), 36 * MINUTE) == "give_a_deadline"
    assert refusal(asked, e.ContactSays("kari", True, home=True), 36 * MINUTE) == "own_visit"
    longer = step(asked, e.ContactSays("jon", True, seconds=20 * MINUTE), 36 * MINUTE)
    assert (longer.visit.state, longer.visit.deadline_at) == (VisitState.OUT, at(56 * MINUTE))
    home = step(asked, e.ContactSays("jon", True, home=True), 36 * MINUTE).visit
    assert home.state is VisitState.HOME and home.home is not None and (home.home.how, home.home.late) == ("contact", True)


def test_a_server_that_was_away_gives_phones_a_moment_before_the_alarm() -> None:
    back_s = 5 * 3600.0
    noticed = step(OUT, e.Deadline(), back_s)
    assert noticed.visit.state is VisitState.GRACE and not noticed.signals
    assert [who for who, _ in told(noticed)] == ["jon", "liv"] or ("kari", "late") in told(noticed)
    visit, steps = until(noticed, back_s + 120)
    assert visit.state is VisitState.OVERDUE and [s.kind for one in steps for s in one.signals] == [Kind.MISSED_CHECKIN]
    assert step(noticed, e.CheckIn("kari", age_s=60), back_s + 30).visit.state is VisitState.OUT


def test_an_overdue_visit_whose_alarm_is_gone_raises_another_one() -> None:
    watched, steps = until(OVERDUE, 60 * MINUTE, alarm_open=True)
    assert watched.state is VisitState.OVERDUE and not any(one.signals for one in steps)
    raised = step(watched, e.Deadline(alarm_open=False), 61 * MINUTE)
    assert [s.id for s in raised.signals] == [f"v-1-{OVERDUE.number + 1}"]


def test_the_worker_alone_never_ends_an_alarm_about_the_visit() -> None:
    for event in (e.CheckIn("kari"), e.End("kari"), e.Extend("kari", 900), e.NoCoverage("kari", at(90 * MINUTE))):
        heard = step(OVERDUE, event, 46 * MINUTE)
        assert heard.visit.state is VisitState.OVERDUE and heard.call_off is not None and heard.call_off.by == "kari"
    assert refusal(OVERDUE, e.Settle("kari", True), 46 * MINUTE) == "own_visit"


def test_ending_the_alarm_asks_where_they_are() -> None:
    assert step(OVERDUE, e.Settle("ola", True), 50 * MINUTE).visit.state is VisitState.HOME
    assert refusal(OVERDUE, e.Settle("ola", False), 50 * MINUTE) == "give_a_deadline"
    again = step(OVERDUE, e.Settle("ola", False, 30 * MINUTE), 50 * MINUTE).visit
    assert (again.state, again.deadline_at) == (VisitState.OUT, at(80 * MINUTE))
    assert again.signal_id != OVERDUE.signal_id, "the next missed one is another signal"


# ---------------------------------------------------------------- duress


def near(step_: VisitStep) -> tuple[object, ...]:
    """What Kari's own phone is shown and sent."""
    mine = shown(step_.visit, Viewer("kari"), here(), Position(59.0, 10.0))
    return mine, tuple(order for order in step_.orders if order.recipient in step_.visit.people)


def test_under_duress_a_check_in_looks_the_same_and_is_an_alarm_elsewhere() -> None:
    for plain, forced in (
        (e.CheckIn("kari"), e.CheckIn("kari", duress=True)),
        (e.Extend("kari", 900), e.Extend("kari", 900, duress=True)),
        (e.NoCoverage("kari", at(50 * MINUTE)), e.NoCoverage("kari", at(50 * MINUTE), duress=True)),
        (e.End("kari"), e.End("kari", duress=True)),
    ):
        for visit, seconds in ((OUT, 60), (GRACE, 31 * MINUTE)):
            one, other = step(visit, plain, seconds), step(visit, forced, seconds)
            assert near(one) == near(other)
            assert [s.kind for s in other.signals] == [Kind.DURESS] and not one.signals


def test_after_a_check_out_under_duress_every_tap_is_answered_as_at_home() -> None:
    plain, forced = step(OUT, e.End("kari"), 60), step(OUT, e.End("kari", duress=True), 60)
    for kind, event in EVENTS.items():
        if kind is e.Deadline or getattr(event, "by", None) != "kari":
            continue
        one, other = (take_visit(after.visit, event, at(90), here()) for after in (plain, forced))
        assert (one if isinstance(one, Refused) else near(one)) == (other if isinstance(other, Refused) else near(other)), kind


def test_a_check_out_under_duress_is_watched_until_somebody_has_settled_it() -> None:
    forced = step(OUT, e.End("kari", duress=True), 60)
    assert ("jon", "home") not in told(forced)
    visit, _ = until(forced, 3600, alarm_open=True)
    assert visit.state is VisitState.OVERDUE
    again = step(visit, e.Deadline(alarm_open=False), 3700)
    assert [s.kind for s in again.signals] == [Kind.DURESS]
    assert step(again, e.Settle("ola", True), 3800).visit.state is VisitState.HOME


# ---------------------------------------------------------------- clocks


def test_a_visit_across_midnight_and_the_change_to_winter_time_lasts_as_long_as_it_says() -> None:
    oslo = ZoneInfo("Europe/Oslo")
    start = datetime(2026, 10, 25, 1, 30, tzinfo=oslo).astimezone(UTC)
    made = plan_visit("v-1", plan(starts_at=start, ends_at=start + timedelta(minutes=90)), "kari", (), start, here())
    assert isinstance(made, VisitStep)
    begun = take_visit(made.visit, e.Start("kari"), start, here())
    assert isinstance(begun, VisitStep) and begun.visit.deadline_at == start + timedelta(minutes=30)
    assert begun.visit.ends_at.astimezone(oslo).strftime("%H:%M") == "02:00", "the clock was put back in between"


def test_a_check_in_by_a_clock_that_stood_ahead_does_not_put_the_deadline_off() -> None:
    ahead = step(OUT, e.CheckIn("kari"), 25 * MINUTE).visit
    ahead = replace(ahead, heard=Heard(at(7200), "check_in", "kari"), deadline_at=at(90 * MINUTE), due_at=at(30 * MINUTE))
    looked = step(ahead, e.Deadline(), 30 * MINUTE).visit
    assert looked.heard is not None and (looked.heard.at, looked.deadline_at) == (at(30 * MINUTE), at(60 * MINUTE))


def test_an_office_may_set_every_number() -> None:
    quick = VisitSettings(by_risk={Risk.LOW: {"leader_after_s": 300, "alarm_after_s": 180}}, by_type={"other_outside": {"interval_s": 600}})
    world = replace(here(), offices={**here().offices, OFFICE: replace(here().offices[OFFICE], visits=quick)})
    visit = planned(world=world).visit
    assert (visit.times.interval_s, visit.times.alarm_after_s) == (600, 180)


# ---------------------------------------------------------------- whatever people do

people = st.sampled_from(("kari", "ola", "jon", "liv", "siri", "ghost", "", "💥"))
ages = st.sampled_from((0.0, 5.0, 600.0, 1e9, -5.0, float("nan"), float("inf"), float("-inf")))
seconds = st.sampled_from((0, 1, 60, 900, 7200, 10**6, -5))
duress = st.booleans()
ANY_EVENT = st.one_of(
    st.builds(e.Deadline, st.booleans()),
    st.builds(e.Approve, people, st.booleans(), st.sampled_from(("", "fordi")), st.sampled_from((frozenset(), frozenset({"two_employees"}), frozenset({"x"})))),
    st.builds(e.AcceptContact, people, st.booleans()),
    st.builds(e.HandOver, people, people),
    st.builds(e.Carry, people, st.sampled_from((None, "karis", "knapp", "x"))),
    st.builds(e.Start, people),
    st.builds(e.CheckIn, people, ages, duress),
    st.builds(e.Extend, people, seconds, ages, duress),
    st.builds(e.NoCoverage, people, st.integers(-3600, 20_000).map(at), ages, duress),
    st.builds(e.End, people, st.booleans(), ages, duress),
    st.builds(e.ContactSays, people, st.booleans(), st.booleans(), seconds),
    st.builds(e.Recall, people),
    st.builds(e.SeemsHome, people),
    st.builds(e.Cancel, people),
    st.builds(e.Debrief, people, st.sampled_from(Debriefed)),
    st.builds(e.Settle, people, st.booleans(), seconds),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(ANY_EVENT, st.integers(0, 1800)), max_size=40), st.booleans(), st.booleans())
def test_whatever_people_do_nobody_is_left_unwatched(events: list[tuple[e.Event, int]], two: bool, gone: bool) -> None:
    """Open implies a due time that is not in the past after time has passed; versions have no gaps; a visit that has been started ends
    only by somebody saying home; and left alone, whoever is out is missed."""
    world = replace(here(), duty={key: duty for key, duty in PRESENT.items() if not gone or key[0] == "kari"})
    visit, now_s = planned(people=("kari", "ola") if two else ("kari",), device_id="karis").visit, 0
    for event, later in events:
        now_s += later
        taken = take_visit(visit, event, at(now_s), world)
        if isinstance(taken, Refused):
            continue
        after = taken.visit
        assert after.version == visit.version + 1
        assert (after.due_at is None) == (not after.open)
        if visit.open and visit.started_at and not after.open:
            assert after.state is VisitState.HOME and isinstance(event, (e.End, e.ContactSays, e.Settle)), "no silent end"
        assert not any(order.recipient in after.people and "voice" in order.ladder for order in taken.orders), "never rings beside them"
        if getattr(event, "duress", False):
            assert taken.signals or taken.call_off, "a call for help is never swallowed"
        visit = after
    if visit.started_at and visit.open:
        end_s = now_s + 12 * 3600
        visit, _ = until(visit, end_s, world=world)
        assert visit.state is VisitState.OVERDUE, "left alone, somebody out is missed"


def test_due_is_total() -> None:
    for state, (visit, seconds_) in STATES.items():
        assert (due_of(visit, at(seconds_), settings_of(visit, here())) is None) == (state in (VisitState.HOME, VisitState.CANCELLED))
