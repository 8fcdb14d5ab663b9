"""The contract's part for what people say after an alarm."""

from __future__ import annotations

import pytest

from server.core.aftermath import Aftermath, Word
from server.core.orders import Order, Say
from server.core.values import replace
from server.store.contract import Conflict, Store
from tests.store.values import at


def test_the_last_word_of_each_person_is_kept_and_wishes_are_found_until_somebody_follows_them_up(store: Store) -> None:
    ola, liv = Aftermath("a-1", "ola", Word.TALK, at(20)), Aftermath("a-1", "liv", Word.FINE, at(10))
    kari = Aftermath("a-2", "kari", Word.TALK, at(15))
    for one in (replace(ola, word=Word.FINE, at=at(5)), ola, liv, kari):
        store.keep_aftermath(one)
    assert store.aftermath(["a-1"]) == [liv, ola] and store.aftermath(iter(["a-2", "none"])) == [kari] and store.aftermath([]) == []
    assert store.wishes_to_talk() == [kari, ola]
    store.keep_aftermath(replace(kari, seen_by="liv"))
    assert store.wishes_to_talk() == [ola] and store.aftermath(["a-2"])[0].seen_by == "liv"


def test_it_is_forgotten(store: Store) -> None:
    for n in range(3):
        store.keep_aftermath(Aftermath("a-1", f"p-{n}", Word.FINE, at(n)))
    assert store.forget_aftermath(at(2)) == 2
    assert [one.person_id for one in store.aftermath(["a-1"])] == ["p-2"]


def test_the_orders_that_tell_of_it_are_kept_with_it_or_neither_is(store: Store) -> None:
    order = Order("a-1/7/wish_to_talk/liv", "a-1", "fjordvik", "liv", Say.WISH_TO_TALK, ("push",), False, 7, at(7), at(7))
    ola = Aftermath("a-1", "ola", Word.TALK, at(7))
    store.keep_aftermath(ola, [order])
    assert store.aftermath(["a-1"]) == [ola] and [one.id for one in store.orders("a-1")] == [order.id] and store.next_order_at() == at(7)
    with pytest.raises(Conflict):
        store.keep_aftermath(replace(ola, person_id="kari"), [order])
    assert store.aftermath(["a-1"]) == [ola], "neither"
