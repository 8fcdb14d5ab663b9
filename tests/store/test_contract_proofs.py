"""The contract of every store: runs of the daily proof, and what is proven of phone numbers."""

from __future__ import annotations

from server.core import proof as rules
from server.core.numbers_proven import Number
from server.core.proof import Proof
from server.core.values import replace
from server.store.contract import Store
from tests.store.values import T0, at, together

FULL = Proof("p-1", "fjordvik", T0, "liv", "g-1", at(1), at(2), at(3), 4, (12, 340), at(9), "screens")


def test_a_run_comes_back_as_it_was_kept_and_an_id_is_used_once(store: Store) -> None:
    assert store.running_proofs() == [] and store.proofs("fjordvik", T0) == [] and store.newest_proofs(["fjordvik"], T0) == {}
    assert store.add_proof(FULL) and not store.add_proof(replace(FULL, office_id="lillevik"))
    assert store.proofs("fjordvik", T0) == [FULL] and store.proofs("lillevik", T0) == []
    assert store.newest_proofs(["fjordvik", "lillevik"], T0) == {"fjordvik": FULL}


def test_of_several_servers_one_adds_the_days_run(store: Store) -> None:
    added: list[bool] = []
    together(*(lambda: added.append(store.add_proof(Proof("day", "fjordvik", T0))) for _ in range(4)))
    assert added.count(True) == 1


def test_a_run_is_changed_by_one_at_a_time_and_no_change_is_lost(store: Store) -> None:
    store.add_proof(Proof("p-1", "fjordvik", T0))
    together(*(lambda n=n: store.change_proof("p-1", lambda one: rules.drawn(one, 1, (n,))) for n in range(6)))  # type: ignore[misc]
    [run] = store.running_proofs()
    assert run.screens == 6 and sorted(run.drawn_ms) == list(range(6))
    changed = store.change_proof("p-1", lambda one: rules.judged(one, "silent", at(99)))
    assert changed and (changed[0], changed[1].broken, changed[1].ended_at) == (run, "gateway", at(99))
    assert store.running_proofs() == [] and store.change_proof("none", lambda one: one) is None


def test_runs_are_told_newest_first_from_a_time_on_and_forgotten_before_one(store: Store) -> None:
    for number in range(5):
        store.add_proof(Proof(f"p-{number}", "fjordvik", at(number * 60), ended_at=at(number * 60 + 9)))
    assert [one.id for one in store.proofs("fjordvik", at(60), limit=3)] == ["p-4", "p-3", "p-2"]
    assert [one.id for one in store.proofs("fjordvik", at(200))] == ["p-4"]
    assert store.newest_proofs(["fjordvik"], T0)["fjordvik"].id == "p-4"
    assert store.newest_proofs(["fjordvik"], at(241)) == {}
    assert store.forget_proofs(at(120)) == 2 and [one.id for one in store.proofs("fjordvik", T0)] == ["p-4", "p-3", "p-2"]


def test_what_a_number_has_proven_is_kept_until_it_is_another_number(store: Store) -> None:
    assert store.numbers_of(["ola"]) == {}
    store.prove_number("ola", "sms", "m1", at(5))
    store.prove_number("ola", "sms", "m1", at(3))
    store.prove_number("ola", "voice", "m1", at(4))
    assert store.numbers_of(["ola", "liv"]) == {
        ("ola", "sms"): Number("ola", "sms", "m1", None, at(5)), ("ola", "voice"): Number("ola", "voice", "m1", None, at(4)),
    }  # fmt: skip
    assert store.claim_number_test("ola", "sms", "m1", at(10), 60)
    assert store.numbers_of(["ola"])["ola", "sms"] == Number("ola", "sms", "m1", at(10), at(5))
    store.prove_number("ola", "sms", "m2", at(2))
    assert store.numbers_of(["ola"])["ola", "sms"] == Number("ola", "sms", "m2", None, at(2))
    assert store.claim_number_test("ola", "sms", "m3", at(11), 60)
    assert store.numbers_of(["ola"])["ola", "sms"] == Number("ola", "sms", "m3", at(11), None)


def test_of_several_servers_one_sends_the_test_sms(store: Store) -> None:
    claimed: list[bool] = []
    together(*(lambda: claimed.append(store.claim_number_test("ola", "sms", "m", at(100), 60)) for _ in range(4)))
    assert claimed.count(True) == 1
    assert not store.claim_number_test("ola", "sms", "m", at(159), 60) and store.claim_number_test("ola", "sms", "m", at(160), 60)
