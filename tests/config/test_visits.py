"""An office's own numbers for visits: read in minutes, and refused where the ladder would stand on its head."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.config.loading import ConfigError
from server.core.values import replace
from server.core.visit.settings import DEFAULTS, Risk
from tests.config.test_reach import Row, read_with


def test_an_office_without_its_own_numbers_has_the_defaults(tmp_path: Path) -> None:
    office = read_with(tmp_path, lambda _: None).directory.offices["nav-vik"]
    times = office.visits.times(Risk.HIGH, "home_visit", 1800, 7200, True)
    assert times == replace(DEFAULTS[Risk.HIGH], interval_s=900)


def test_an_office_sets_its_numbers_in_minutes_and_the_kind_of_visit_wins(tmp_path: Path) -> None:
    def own(file: Row) -> None:
        file["visits"] = {
            "by_level": {"low": {"contact_after_min": 2, "pin_at_end": True}},
            "by_type": {"home_visit": {"contact_after_min": 1, "interval_min": 20}},
        }

    visits = read_with(tmp_path, own).directory.offices["nav-vik"].visits
    low, home = (visits.times(Risk.LOW, kind, 1800, 7200, False) for kind in ("other_outside", "home_visit"))
    assert (low.contact_after_s, low.pin_at_end, low.interval_s) == (120, True, 1800)
    assert (home.contact_after_s, home.pin_at_end, home.interval_s) == (60, True, 1200)


def test_no_kind_of_visit_makes_a_dangerous_one_less_watched(tmp_path: Path) -> None:
    def own(file: Row) -> None:
        file["visits"] = {"by_type": {"home_visit": {"contact_after_min": 5, "leader_after_min": 8, "alarm_after_min": 12, "interval_min": 20}}}

    visits = read_with(tmp_path, own).directory.offices["nav-vik"].visits
    stop = visits.times(Risk.STOP, "home_visit", 1800, 7200, True)
    assert (stop.contact_after_s, stop.leader_after_s, stop.alarm_after_s, stop.interval_s) == (0, 0, 120, 600)


def test_reminders_and_what_holds_for_all_visits_are_the_offices_own_too(tmp_path: Path) -> None:
    def own(file: Row) -> None:
        file["visits"] = {"by_level": {"low": {"notices_min": [2, 8]}}, "late_start_min": 5, "not_started_min": 10, "heard_late_min": 20}

    visits = read_with(tmp_path, own).directory.offices["nav-vik"].visits
    assert visits.times(Risk.LOW, "other_outside", 1800, 7200, False).notices_s == (480, 120)
    assert (visits.late_start_s, visits.not_started_s, visits.heard_late_s) == (300, 600, 1200)


@pytest.mark.parametrize(
    ("visits", "says"),
    [
        ({"late_start_min": 30, "not_started_min": 10}, "late_start_min must be less than not_started_min"),
        ({"by_level": {"low": {"notices_min": [0]}}}, "notices_min"),
        ({"by_type": {"party": {"interval_min": 20}}}, "'party' is no kind of visit: write one of home_visit"),
        ({"by_level": {"low": {"alarm_after_min": 1}}}, "the contact person, the leader and the alarm must come in that order"),
        ({"by_level": {"low": {"interval_min": 0}}}, "interval_min"),
        ({"by_level": {"deadly": {}}}, "deadly"),
        ({"by_level": {"low": {"intervall_min": 20}}}, "interval_min"),
        ({"by_level": {"low": {"interval_min": "20"}}}, "interval_min"),
        ({"by_level": {"low": {"interval_min": 240, "longest_min": 15}}}, "a check-in each 240 minutes in a visit of at most 15"),
        ({"by_type": {"home_visit": {"notices_min": [120], "longest_min": 15}}}, "120 minutes before the time is up is before the visit has begun"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_with_file_line_and_remedy(tmp_path: Path, visits: Row, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_with(tmp_path, lambda file: file.update(visits=visits))
    assert says in str(refused.value) and "nav-vik.yaml:" in str(refused.value)
