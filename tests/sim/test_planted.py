"""The simulation must catch mistakes: each one planted here is found within 300 seeds, and by the promise that it breaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from server.core import aftermath
from server.core import drills as core_drills
from server.core import alarm as table
from server.core import escalation, messages, orders, proof, tokens
from server.core.access import Viewer
from server.core.alarm import Refused, Step
from server.core.directory import Directory
from server.core.events import Acknowledge
from server.core.model import Alarm, Drill
from server.core.orders import Result, Try, after_try
from server.core.triage import Note, meant_by_arming
from server.core.values import replace
from server.core.visit import rules
from server.core.visit.draft import Draft
from server.core.visit.events import CheckIn
from server.core.visit.model import Visit
from server.core.visit.table import VisitStep, take_visit
from server.flow import actions, answers, delivery, drills, intake, proofs, ticker, visits
from server.flow.context import Context
from server.flow.workers import Job
from server.senders.contract import Sender
from server.store.contract import Change, OrderUpdate
from tests.sim import after_commit, invariants
from tests.sim.run import run_seed
from tests.sim.store import FaultyStore

SEEDS = 300


def caught(wrap: Callable[[FaultyStore], object] | None = None) -> tuple[int, str]:
    """The first seed that notices, and what it says."""
    for seed in range(1, SEEDS + 1):
        if wrong := run_seed(seed, wrap).wrong:
            return seed, wrong
    pytest.fail(f"{SEEDS} seeds and nobody has noticed")


def holds_without_it(seed: int) -> None:
    assert run_seed(seed).wrong is None, "the seed must hold where no mistake is planted"


def silence_for(monkeypatch: pytest.MonkeyPatch, until: Callable[[datetime], datetime | None]) -> None:
    """After an acknowledgement the alarm is not looked at again before then."""

    def take(alarm: Alarm, event: object, now: datetime, directory: object) -> Step | Refused:
        step = table.take(alarm, event, now, directory)  # type: ignore[arg-type]
        if not isinstance(event, Acknowledge) or not isinstance(step, Step) or not step.alarm.active():
            return step
        after = step.alarm
        silent = replace(
            after,
            plan=replace(after.plan, due_at=until(now)),
            assignments=tuple(replace(held, lapse_at=until(now)) for held in after.assignments),
        )
        return replace(step, alarm=silent)

    monkeypatch.setattr(actions, "take", take)


def test_an_acknowledgement_that_silences_for_ever_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        silence_for(planted, lambda now: None)
        seed, wrong = caught()
    assert wrong.startswith("open_means_a_deadline"), wrong
    holds_without_it(seed)


def test_an_acknowledgement_that_silences_for_a_day_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        silence_for(planted, lambda now: now + timedelta(days=1))
        seed, wrong = caught()
    assert wrong.startswith("open_means_a_deadline"), wrong
    holds_without_it(seed)


def test_marking_before_sending_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def mark_then_send(context: Context, sender: Sender, job: Job) -> None:
        after = after_try(job.order, Result.ACCEPTED, context.now(), context.directory().limits.ladder_s)
        context.store.record([OrderUpdate(after, job.lease, Try(sender.channel, Result.ACCEPTED.value, context.now()))])
        sender.send(job.order, job.about)

    with monkeypatch.context() as planted:
        planted.setattr(delivery, "carry_out", mark_then_send)
        seed, wrong = caught()
    assert wrong.startswith("every_try_was_a_try"), wrong
    holds_without_it(seed)


def test_a_kept_back_press_taken_for_the_test_that_its_button_was_armed_for_since_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(intake, "meant_by_arming", lambda signal, *until: meant_by_arming(replace(signal, waited_s=0.0), *until))
        seed, wrong = caught()
    assert wrong.startswith(("no_press_is_lost", "nothing_joins_across_the_drill_fence")), wrong
    holds_without_it(seed)


def test_ignoring_a_press_that_comes_soon_after_another_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def debounce(origin, open_alarms, directory, armed, drill=None):  # type: ignore[no-untyped-def]
        alarms = list(open_alarms)
        for alarm in alarms:
            for before in alarm.signals:
                if before.device_id == origin.signal.device_id and abs(origin.signal.heard_at - before.heard_at) < timedelta(seconds=30):
                    return Note("bounce")
        return triage(origin, alarms, directory, armed, drill)

    triage = intake.triage
    with monkeypatch.context() as planted:
        planted.setattr(intake, "triage", debounce)
        seed, wrong = caught()
    assert wrong.startswith("no_press_is_lost"), wrong
    holds_without_it(seed)


class TwoCommits:
    """Saves the alarm first and its orders after, each in its own transaction."""

    def __init__(self, store: FaultyStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self, change: Change) -> dict[str, int]:
        seqs = self._store.commit(replace(change, orders=()))
        if change.orders:
            self._store.commit(Change(change.at, orders=change.orders))
        return seqs


def test_an_alarm_and_its_orders_in_two_commits_are_caught() -> None:
    seed, wrong = caught(TwoCommits)
    assert wrong.startswith(("the_told_have_orders", "everyone_told_was_ordered_to")), wrong
    holds_without_it(seed)


def test_orders_in_a_commit_of_their_own_are_also_missed_when_only_the_end_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it takes a kill between the two commits."""
    with monkeypatch.context() as planted:
        leave_out(
            planted, after_commit.the_told_have_orders, after_commit.the_end_tells_exactly_those_who_were_told,
            after_commit.whoever_armed_a_drill_is_reminded_once_each_time,
        )  # fmt: skip
        seed, wrong = caught(TwoCommits)
    assert wrong.startswith("everyone_told_was_ordered_to"), wrong
    holds_without_it(seed)


def leave_out(monkeypatch: pytest.MonkeyPatch, *promises: object) -> None:
    monkeypatch.setattr(invariants, "AFTER_COMMIT", [one for one in after_commit.AFTER_COMMIT if one not in promises])


def test_an_order_of_a_drill_without_the_mark_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    build = orders.to_person
    with monkeypatch.context() as planted:
        planted.setattr(orders, "to_person", lambda *args, **named: replace(build(*args, **named), drill=False))
        seed, wrong = caught()
    assert wrong.startswith("drills_are_marked"), wrong
    holds_without_it(seed)


def test_a_planned_drill_that_reaches_those_who_are_not_in_it_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who are left out cannot be ordered to at all; the neighbours could."""
    with monkeypatch.context() as planted:
        planted.setattr(escalation, "_let_in", lambda draft, recipients: recipients)
        planted.setattr(Drill, "lets_in", lambda mark, person_id, offices: person_id not in mark.left_out)
        seed, wrong = caught()
    assert wrong.startswith("drills_are_fenced"), wrong
    holds_without_it(seed)


def test_a_planned_drill_that_goes_on_beside_a_real_alarm_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(drills, "_overtake", lambda *_: False)
        seed, wrong = caught()
    assert wrong.startswith("a_real_alarm_ends_the_drills_that_it_touches"), wrong
    holds_without_it(seed)


def test_a_missed_check_in_that_raises_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(visits, "with_signals", lambda context, change, signals, own_alarm=False: change)
        seed, wrong = caught()
    assert wrong.startswith(("whoever_is_lost_is_missed", "visits_end")), wrong
    holds_without_it(seed)


def test_a_sign_of_life_that_silences_for_ever_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(visit: Visit, event: object, now: datetime, directory: object, others: tuple[Visit, ...] = ()) -> object:
        step = take_visit(visit, event, now, directory, others)  # type: ignore[arg-type]
        if isinstance(event, CheckIn) and isinstance(step, VisitStep):
            return replace(step, visit=replace(step.visit, due_at=None))
        return step

    with monkeypatch.context() as planted:
        planted.setattr(visits, "take_visit", take)
        seed, wrong = caught()
    assert wrong.startswith("open_means_a_deadline"), wrong
    holds_without_it(seed)


def test_a_check_out_under_duress_that_shows_nearby_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_duress(draft: Draft, by: str) -> None:
        real(draft, by)
        draft.change(feigned=None, believed=None)

    real = rules.raise_duress
    with monkeypatch.context() as planted:
        planted.setattr(rules, "raise_duress", raise_duress)
        seed, wrong = caught()
    assert wrong.startswith("nobody_near_sees_duress"), wrong
    holds_without_it(seed)


def test_an_exercise_that_is_not_said_by_sms_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(messages, "_prefix", lambda directory, language: "")
        seed, wrong = caught()
    assert wrong.startswith("drills_are_marked"), wrong
    holds_without_it(seed)


def test_a_token_that_is_good_on_any_channel_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    proof = tokens._proof
    with monkeypatch.context() as planted:
        planted.setattr(tokens, "_proof", lambda key, order_id, purpose: proof(key, order_id, "sms"))
        seed, wrong = caught()
    assert wrong.startswith("a_stolen_token_answers_nothing"), wrong
    holds_without_it(seed)


def test_an_sms_whose_press_gets_an_id_of_its_own_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = answers.press
    with monkeypatch.context() as planted:
        planted.setattr(answers, "press", lambda directory, who, press_id, *rest, **more: real(directory, who, f"sms-{press_id}", *rest, **more))
        seed, wrong = caught()
    assert wrong.startswith("a_press_by_sms_is_one_press"), wrong
    holds_without_it(seed)


def test_a_name_in_an_sms_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    where = messages._where
    with monkeypatch.context() as planted:
        planted.setattr(messages, "_where", lambda alarm: f"{where(alarm)} ({alarm.told[0] if alarm.told else ''})")
        seed, wrong = caught()
    assert wrong.startswith("no_names_leave_the_house"), wrong
    holds_without_it(seed)


def test_a_deadline_that_a_wrong_clock_has_set_and_nobody_puts_right_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(ticker, "put_right", lambda context: 0)
        seed, wrong = caught()
    seen_by = ("no_deadline_is_further_away_than_any_may_be", "nothing_is_left_in_the_outbox", "open_means_a_deadline", "a_press_is_made_once")
    assert wrong.startswith(seen_by), wrong
    holds_without_it(seed)


def test_a_green_light_that_means_unknown_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = proof.standing
    with monkeypatch.context() as planted:
        planted.setattr(proof, "standing", lambda *given: replace(found, state="fine") if (found := real(*given)).state == "unknown" else found)
        seed, wrong = caught()
    assert wrong.startswith("never_green_without_a_proof"), wrong
    holds_without_it(seed)


def test_a_gateway_that_is_believed_to_be_there_for_minutes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(proofs, "is_silent", lambda heard_at, now: heard_at < now - timedelta(seconds=300))
        seed, wrong = caught()
    assert wrong.startswith("a_broken_chain_is_shown"), wrong
    holds_without_it(seed)


def test_a_wish_to_talk_that_tells_nobody_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(aftermath, "wish", lambda *asked: [])
        seed, wrong = caught()
    assert wrong.startswith("a_wish_to_talk_is_heard"), wrong
    holds_without_it(seed)


def test_asking_near_a_call_off_only_whom_it_concerned_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under duress more are told afterwards."""

    def refusal(viewer: Viewer, alarm: Alarm, directory: Directory) -> str | None:
        return None if viewer.person_id in aftermath.concerned(alarm, directory) else "not_asked"

    with monkeypatch.context() as planted:
        planted.setattr(aftermath, "refusal", refusal)
        seed, wrong = caught()
    assert wrong.startswith("near_surfaces_are_asked_alike"), wrong
    holds_without_it(seed)


def test_a_drill_of_one_armed_button_that_never_ends_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(core_drills, "has_run_out", lambda *asked: False)
        seed, wrong = caught()
    assert wrong.startswith("no_drill_is_open_longer_than_it_may_be"), wrong
    holds_without_it(seed)


def test_a_drill_of_one_armed_button_that_reminds_nobody_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(core_drills, "still_on", lambda *asked: None)
        seed, wrong = caught()
    assert wrong.startswith("whoever_armed_a_drill_hears_that_it_is_still_on"), wrong
    holds_without_it(seed)


def test_a_real_alarm_that_only_asks_its_neighbours_whether_they_are_in_a_drill_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(core_drills, "concerned", core_drills.touched)
        seed, wrong = caught()
    assert wrong.startswith("a_real_alarm_ends_the_drills_that_it_touches"), wrong
    holds_without_it(seed)
