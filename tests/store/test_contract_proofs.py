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
    other = Proof("p-2", "bakken", T0)
    assert store.add_proofs([FULL]) == [FULL] and store.add_proofs([replace(FULL, office_id="lillevik"), other]) == [other]
    assert store.add_proofs([]) == []
    assert store.proofs("fjordvik", T0) == [FULL] and store.proofs("lillevik", T0) == []
    assert store.newest_proofs(["fjordvik", "lillevik"], T0) == {"fjordvik": FULL}


def test_of_several_servers_one_adds_the_days_run(store: Store) -> None:
    added: list[bool] = []
    together(*(lambda: added.append(bool(store.add_proofs([Proof("day", "fjordvik", T0)]))) for _ in range(4)))
    assert added.count(True) == 1


def test_a_run_is_changed_by_one_at_a_time_and_no_change_is_lost(store: Store) -> None:
    store.add_proofs([Proof("p-1", "fjordvik", T0)])
    together(*(lambda n=n: store.change_proofs(["p-1"], lambda one: rules.drawn(one, 1, (n,))) for n in range(6)))  # type: ignore[misc]
    [run] = store.running_proofs()
    assert run.screens == 6 and sorted(run.drawn_ms) == list(range(6))
    [(before, after)] = store.change_proofs(["p-1"], lambda one: rules.judged(one, "silent", at(99)))
    assert (before, after.broken, after.ended_at) == (run, "gateway", at(99))
    assert store.running_proofs() == [] and store.change_proofs(["none"], lambda one: one) == [] == store.change_proofs([], lambda one: one)


def test_many_runs_are_changed_at_once_each_by_itself_also_where_several_servers_change_some_of_the_same(store: Store) -> None:
    runs = [Proof(f"p-{n:03}", "fjordvik", at(n)) for n in range(600)]
    assert store.add_proofs(reversed(runs)) and store.running_proofs() == runs
    ids = [one.id for one in runs]
    together(*(lambda n=n: store.change_proofs(ids[::n], lambda one: rules.drawn(one, 1, (n,))) for n in (1, -1, 2, -3)))  # type: ignore[misc]
    drawn = {one.id: sorted(one.drawn_ms) for one in store.running_proofs()}
    assert drawn == {one: sorted(n for n in (1, -1, 2, -3) if one in ids[::n]) for one in ids}
    changed = store.change_proofs(ids, lambda one: rules.judged(one, "silent", at(9999)) if one.id < "p-300" else one)
    assert [after.id for before, after in changed if after is not before] == ids[:300]
    assert [one.id for one in store.running_proofs()] == ids[300:]


def test_runs_are_told_newest_first_from_a_time_on_and_forgotten_before_one(store: Store) -> None:
    for number in range(5):
        store.add_proofs([Proof(f"p-{number}", "fjordvik", at(number * 60), ended_at=at(number * 60 + 9))])
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
