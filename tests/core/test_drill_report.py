"""The report's numbers over a small set that anybody can reckon by hand."""

from __future__ import annotations

from collections.abc import Sequence

from server.core.drill.exercise import Question
from server.core.drill.measure import Channel, Measured, Reach
from server.core.drill.model import Evaluation
from server.core.drill.report import DrillReport, Figures, figures_of, median_of, rank, report_of, spread
from server.core.values import replace
from tests.core.planned import stopped
from tests.core.world import T0, at, opened

TEXT = {"nb": "Gikk det bra?", "nn": "Gjekk det bra?", "en": "Did it go well?"}


def reach(who: str, reached: float | None, coming: float | None = None, there: float | None = None, channels: Sequence[Channel] = ()) -> Reach:
    times = [None if seconds is None else at(seconds) for seconds in (reached, reached, coming, there)]
    return Reach("a-1", who, T0, tuple(channels), *times)


SCREEN = Channel("screen", T0, at(1), False)
DARK = Channel("screen", T0, None, False)
LOST = Channel("sms", at(10), None, True)
SILENT = Channel("push", at(0), None, False)

PEOPLE = (
    reach("ola", 1, 4, 60, [SCREEN]), reach("liv", 3, 20, None, [SCREEN]), reach("nina", 11, None, None, [SCREEN, SILENT]),
    reach("tor", None, None, None, [DARK, SILENT, LOST]), reach("per", None, None, None, [DARK, LOST]), reach("kim", None, None, None, [DARK]),
    reach("@fjordvik/vekter", 2),
)  # fmt: skip


def measured(people: Sequence[Reach] = PEOPLE, alarm_id: str = "a-1") -> Measured:
    return Measured(replace(opened().alarm, id=alarm_id), tuple(people), {}, (T0,), {}, ())


def test_shares_and_times_are_those_of_our_own_people() -> None:
    assert figures_of([measured()]) == Figures(6, 3, 1.0, None, 4.0, 60.0), "a guard is no colleague; and not all were reached"
    assert figures_of([measured(PEOPLE[:3])]) == Figures(3, 3, 1.0, 11.0, 4.0, 60.0)
    assert figures_of([]) == Figures(0, 0, None, None, None, None)


def test_of_two_alarms_the_slower_one_counts_and_one_that_nobody_answered_is_never() -> None:
    slow = measured([reach("sara", 8, 30)], "a-2")
    assert figures_of([measured(PEOPLE[:3]), slow]) == Figures(4, 4, 8.0, 11.0, 30.0, None)


def test_percentiles_are_by_nearest_rank_and_of_nothing_there_is_none() -> None:
    assert spread([5, 1, 3, 2, 4]) == spread([1, 2, 3, 4, 5])
    assert (spread([1, 2, 3, 4, 5]).median_s, spread([1, 2, 3, 4, 5]).p90_s, spread([1, 2, 3, 4]).median_s) == (3, 5, 2)
    assert spread([]).median_s is None and rank([], 0.9) is None


def test_why_somebody_was_not_reached() -> None:
    report = made()
    assert {one.person_id: (one.why, one.channels) for one in report.unreached} == {
        "tor": ("no_receipt", ("push", "sms")), "per": ("failed", ("sms",)), "kim": ("no_channel", ()),
    }  # fmt: skip
    assert {one.channel: (one.tried, one.reached, one.failed) for one in report.channels} == {"screen": (6, 3, 0), "push": (2, 0, 0), "sms": (2, 0, 2)}


def test_the_curve_climbs_by_one_person_at_a_time() -> None:
    [curve] = made().curves
    assert curve.told == 6 and curve.reached == ((1.0, 1), (3.0, 2), (11.0, 3)) and curve.answered == ((4.0, 1), (20.0, 2))


def test_fewer_than_five_other_offices_are_not_shown_since_one_could_tell_which_they_are() -> None:
    other = Figures(10, 9, 2.0, None, 5.0, 50.0)
    assert made(others=[other] * 4).others is None
    five = made(others=[other] * 3 + [replace(other, all_reached_s=30.0, reached=10), replace(other, first_reached_s=None)]).others
    assert five is not None and five[0] == 5
    assert (five[1].first_reached_s, five[1].all_reached_s, five[1].share_reached) == (2.0, None, 0.9), "what never came about is slower than all"


def test_no_office_finds_its_neighbours_own_number_in_the_median() -> None:
    odd = Figures(37, 32, 1.3, 37.2, 8.4, 131.7)
    assert median_of([odd] * 5) == Figures(1000, 850, 2.0, 40.0, 9.0, 135.0)


def test_the_median_flatters_nobody() -> None:
    never, fast = Figures(1, 0, None, None, None, None), Figures(1, 1, 1.0, 1.0, 1.0, 1.0)
    assert median_of([never, never, fast]).first_reached_s is None and median_of([never, fast, fast]).first_reached_s == 1.0


def test_answers_are_counted_and_texts_tell_by_no_order_whose_they_are() -> None:
    questions = [Question("well", "yes_no", TEXT), Question("tone", "text", TEXT), Question("asked_of_nobody", "scale_1_5", TEXT)]
    evaluations = [
        Evaluation("d-1", "ola", T0, None, (("well", "yes"), ("tone", "Zebra"))),
        Evaluation("d-1", "liv", at(5), None, (("well", "no"), ("tone", "Alt for lavt"))),
        Evaluation("d-1", "nina", at(9), None, (("well", "yes"),)),
    ]  # fmt: skip
    well, tone, nobody = made(evaluations=evaluations, questions=questions).answers
    assert dict(well.counts) == {"yes": 2, "no": 1} and tone.texts == ("Alt for lavt", "Zebra") and nobody.counts == ()


def made(**more: object) -> DrillReport:
    fields: dict[str, object] = {"evaluations": [], "questions": []}
    return report_of(stopped(), [measured()], now=T0, **(fields | more))  # type: ignore[arg-type]
