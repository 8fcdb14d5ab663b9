"""The daily proof: each link that does not hold has its word, and what is unknown is never called fine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core import proof as p
from server.core.numbers_proven import Number, mark_of, sure, wants_test
from server.core.signals import QUIET, RAISING, Kind
from server.core.values import replace

T0 = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
RUN = p.Proof("p-1", "fjordvik", T0)


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def whole(screens: int = 0, *drawn_ms: int, made_at: datetime = T0) -> p.Proof:
    run = p.came_back(p.fetched(replace(RUN, made_at=made_at), "g-1", made_at), made_at, made_at + timedelta(seconds=1))
    return p.judged(p.drawn(run, screens, drawn_ms), "ok", made_at + timedelta(seconds=20))


FINE = (1, 20)
"""One screen was there, and answered."""


def test_its_signal_raises_nothing_whatever_happens() -> None:
    assert Kind.PROOF in QUIET and Kind.PROOF not in RAISING


@pytest.mark.parametrize(
    ("fetched", "gateway", "broken"),
    [
        (False, "none", "gateway"), (False, "silent", "gateway"), (False, "ok", "gateway"), (True, "ok", "broker"), (True, "broker_down", "broker"),
        (False, "broker_down", "broker"), (True, "silent", "gateway"),
    ],
)  # fmt: skip
def test_what_did_not_come_back_says_where_it_stayed(fetched: bool, gateway: str, broken: str) -> None:
    run = p.fetched(RUN, "g-1", after(1)) if fetched else RUN
    assert p.judged(run, gateway, after(p.STORED_WITHIN_S - 1)) is run, "it may still come"
    assert p.judged(run, gateway, after(p.STORED_WITHIN_S)).broken == broken


def test_a_screen_that_was_there_and_did_not_answer_is_a_fault_also_among_others_that_did() -> None:
    assert (whole(3).broken, whole(3).deaf) == ("screens", 3)
    assert (whole(20, *[40] * 17).broken, whole(20, *[40] * 17).deaf) == ("screens", 3)
    said = p.standing([whole(20, *[40] * 17)], "ok", after(60))
    assert (said.state, said.broken, said.deaf, said.screens) == ("broken", "screens", 3, 20)
    assert whole(3, 40, 40, 40).broken == "" and whole(0).broken == "", "nobody on line is no fault"
    run = p.came_back(RUN, after(0), after(1))
    assert p.judged(run, "ok", after(3)) is run, "screens have their time"


def test_the_first_time_counts_and_nothing_is_changed_after_the_end() -> None:
    run = p.came_back(RUN, after(1), after(2))
    assert p.came_back(run, after(3), after(4)) is run and run.chain_ms == 2000
    ended = p.judged(RUN, "ok", after(60))
    for change in (lambda: p.came_back(ended, after(61), after(62)), lambda: p.drawn(ended, 1, (5,)), lambda: p.fetched(ended, "g", after(61))):
        assert change() is ended
    assert p.judged(ended, "ok", after(99)) is ended


def test_a_gateway_that_lost_the_answer_is_given_it_again() -> None:
    assert p.to_fetch(RUN, after(0))
    run = p.fetched(RUN, "g-1", after(1))
    assert not p.to_fetch(run, after(2)) and p.to_fetch(run, after(1 + p.GIVEN_AGAIN_S))
    again = p.fetched(run, "g-1", after(8))
    assert not p.to_fetch(again, after(9)) and p.to_fetch(again, after(8 + p.GIVEN_AGAIN_S)), "not at every look from then on: a storm has many a second"
    assert not p.to_fetch(p.came_back(run, after(2), after(2)), after(30))


def test_once_a_day_and_again_while_it_is_broken() -> None:
    began = after(0)
    assert p.wanted(None, began, after(1))
    yesterday = whole(made_at=after(-86_400))
    assert p.wanted(yesterday, began, after(1)) and not p.wanted(whole(), began, after(3600))
    assert not p.wanted(whole(*FINE), began, after(3600), on_line=True)
    assert not p.wanted(replace(yesterday, ended_at=None), began, after(1)), "one at a time"
    failed = p.judged(RUN, "silent", after(40))
    assert not p.wanted(failed, began, after(60)) and p.wanted(failed, began, after(40 + p.AGAIN_S))


def test_a_run_that_no_screen_was_there_for_is_tried_again_when_one_is() -> None:
    began = after(0)
    assert p.wanted(whole(), began, after(3600), on_line=True) and not p.wanted(whole(), began, after(3600), on_line=False)
    assert not p.wanted(RUN, began, after(1), on_line=True), "one at a time"


def test_a_run_without_a_screen_proves_only_the_way_to_the_server() -> None:
    now = p.standing([whole()], "ok", after(60))
    assert (now.state, now.unproven, now.at) == ("unknown", "screens", None), "never green for screens of which nothing is known"
    friday = whole(*FINE, made_at=after(-3 * 86_400))
    assert p.standing([whole(), friday], "ok", after(60)).unproven == "screens", "Monday, before anybody has come"
    yesterday = whole(*FINE, made_at=after(-86_400))
    now = p.standing([whole(), yesterday], "ok", after(60))
    assert (now.state, now.at) == ("fine", yesterday.ended_at), "when a screen last answered, not when the server was last reached"
    assert p.standing([], "ok", after(60)).unproven == "chain"


def test_a_run_of_a_clock_that_stood_ahead_tells_nothing_and_another_is_wanted() -> None:
    began = after(-60)
    for run in (whole(*FINE, made_at=after(1200)), whole(3, made_at=after(1200))):
        assert p.wanted(run, began, after(0)) and not p.wanted(replace(run, ended_at=None), began, after(0))
        assert p.standing([run, whole(*FINE)], "ok", after(60)).at == whole().ended_at
        assert p.standing([run], "ok", after(60)).state == "unknown"
    ended_ahead = replace(RUN, ended_at=after(1230), broken="gateway")
    assert p.standing([ended_ahead], "ok", after(60)).state == "unknown" and p.wanted(ended_ahead, began, after(60)), "it is tried again now, not then"
    assert p.standing([whole(3, made_at=after(1200))], "ok", after(1260)).state == "broken", "when its moment has come it counts"


def test_a_run_that_began_while_the_clock_stood_ahead_begins_anew_when_it_is_put_back() -> None:
    begun = p.came_back(p.fetched(replace(RUN, made_at=after(1200)), "g-1", after(1201)), after(1202), after(1202))
    stored_ahead = p.came_back(p.fetched(RUN, "g-1", after(1201)), after(1202), after(1202))  # begun before the clock went ahead
    for run in (replace(RUN, made_at=after(1200)), begun, stored_ahead):
        anew = p.judged(run, "ok", after(3))
        assert (anew.made_at, anew.stored_at, p.to_fetch(anew, after(3))) == (after(3), None, True)
        assert p.judged(anew, "ok", after(4)) is anew and p.judged(anew, "silent", after(3 + p.STORED_WITHIN_S)).broken == "gateway"
    assert p.judged(RUN, "ok", after(-5)) is RUN, "servers' clocks differ a little"


def test_the_standing_is_fine_only_when_it_is_proven_and_nothing_is_known_against_it() -> None:
    assert p.standing([], "ok", T0).state == "unknown"
    assert p.standing([RUN], "ok", T0).state == "unknown", "one that runs proves nothing yet"
    fine = p.standing([whole(*FINE)], "ok", after(60))
    assert (fine.state, fine.at) == ("fine", after(20))
    late = p.standing([whole(*FINE)], "ok", after(0) + p.FINE_FOR + timedelta(minutes=1))
    assert (late.state, late.unproven) == ("unknown", "chain")
    for gateway, broken in (("silent", "gateway"), ("broker_down", "broker")):
        now = p.standing([whole(*FINE)], gateway, after(60))
        assert (now.state, now.broken, now.at) == ("broken", broken, after(20)), "what is known now comes first, and when it was last whole is kept"
    failed = p.judged(replace(RUN, id="p-2", made_at=after(100)), "ok", after(140))
    assert p.standing([failed, whole(*FINE)], "ok", after(150)).broken == "gateway"


@given(st.lists(st.integers(0, 10_000), max_size=40), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values_and_so_many_do_not_exceed_it(values: list[int], of_100: int) -> None:
    found = p.percentile(values, of_100)
    assert (found is None) == (not values)
    if found is not None:
        assert found in values and sum(one <= found for one in values) * 100 >= of_100 * len(values)


def test_what_runs_come_to_counts_those_that_have_ended() -> None:
    runs = [whole(4, 10, 20, 30), whole(1, 100), whole(), p.judged(RUN, "silent", after(60)), replace(RUN, id="p-9")]
    found = p.summary(runs)
    assert (found.runs, found.held, found.share) == (4, 2, 0.5)
    assert found.to_screen == 1, "a run without a screen is counted apart from those that one has answered"
    assert (found.screens, found.screens_answered, found.screen_p50_ms, found.screen_p95_ms) == (5, 4, 20, 100)
    assert (found.chain_p50_ms, found.chain_p95_ms) == (1000, 1000)
    assert p.summary([]).share is None


# ---------------------------------------------------------------- numbers


def test_a_number_is_proven_for_a_week_and_a_new_one_is_not() -> None:
    known = Number("ola", "sms", mark_of("+47 55 55 01 02"), None, T0)
    assert sure(known, "55550102", after(86_400 * 8)) and not sure(known, "55550102", after(86_400 * 8 + 1))
    assert not sure(known, "+47 55 55 01 03", T0) and not sure(None, "55550102", T0)
    assert "5555" not in known.mark


def test_a_test_message_is_due_weekly_and_not_again_before_the_next_day() -> None:
    phone, mark = "+47 55 55 01 02", mark_of("55550102")
    assert wants_test(None, phone, T0) and not wants_test(None, "", T0) and not wants_test(None, "not a number", T0)
    assert not wants_test(Number("ola", "sms", mark, None, T0), phone, after(86_400 * 6))
    assert wants_test(Number("ola", "sms", mark, T0, T0), phone, after(86_400 * 7))
    assert not wants_test(Number("ola", "sms", mark, after(0), None), phone, after(3600))
    assert wants_test(Number("ola", "sms", "another", after(0), after(0)), phone, after(60)), "a new number has proven nothing"
