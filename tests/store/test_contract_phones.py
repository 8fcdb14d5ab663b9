"""The contract of every store: phones that can be pushed to."""

from __future__ import annotations

from datetime import datetime

import pytest

from server.core.phones import PHONES_MOST, Phone, Pushed
from server.core.values import replace
from server.store.contract import Store
from tests.store.values import T0, at, together

FULL = Phone(
    "p-1", "ola", "https://push.example/1", "key", "auth", "https://varde.example", "nn", "phone", "iPhone", "hash", T0, at(1), at(2), at(3), at(4),
    "refused",
)  # fmt: skip


def phone(name: str, who: str = "ola", renewed_at: datetime = T0, endpoint: str | None = None) -> Phone:
    return Phone(
        name, who, endpoint or f"https://push.example/{name}", "key", "auth", "https://varde.example", added_at=T0, renewed_at=renewed_at
    )


def test_a_phone_comes_back_as_it_was_kept(store: Store) -> None:
    assert store.phone("p-1") is None and store.phones_of(["ola"]) == {} and store.phones() == []
    assert store.keep_phone(FULL) == FULL
    assert store.phone("p-1") == FULL and store.phones_of(["ola", "liv"]) == {"ola": [FULL]} and store.phones() == [FULL]
    store.drop_phone("p-1")
    store.drop_phone("p-1")
    assert store.phones() == []


def test_what_a_phone_has_proven_is_kept_while_person_and_subscription_are_the_same(store: Store) -> None:
    store.keep_phone(FULL)
    again = phone("p-1", renewed_at=at(9), endpoint=FULL.endpoint)
    assert store.keep_phone(again) == replace(
        again, sent_at=FULL.sent_at, receipt_at=FULL.receipt_at, tested_at=FULL.tested_at, trouble="refused"
    )
    fresh = phone("p-1", renewed_at=at(10), endpoint="https://push.example/new")
    assert store.keep_phone(fresh) == fresh
    assert store.keep_phone(replace(fresh, person_id="liv")).receipt_at is None
    assert store.phones_of(["ola"]) == {}


def test_a_subscription_belongs_to_whoever_signed_up_last(store: Store) -> None:
    store.keep_phone(phone("p-1", "ola", endpoint="https://push.example/shared"))
    store.keep_phone(phone("p-2", "liv", endpoint="https://push.example/shared"))
    assert [one.id for one in store.phones()] == ["p-2"]


def test_several_phones_of_one_person_newest_first_and_no_more_than_the_limit(store: Store) -> None:
    for number in range(PHONES_MOST + 2):
        store.keep_phone(phone(f"p-{number:02}", renewed_at=at(number)))
    store.keep_phone(phone("other", "liv"))
    assert [one.id for one in store.phones_of(["ola"])["ola"]] == [f"p-{number:02}" for number in range(PHONES_MOST + 1, 1, -1)]
    assert store.phone("other")


def test_the_phone_that_signs_up_is_never_the_one_that_makes_room(store: Store) -> None:
    for number in range(PHONES_MOST):
        store.keep_phone(phone(f"p-{number:02}", renewed_at=at(number)))
    store.keep_phone(phone("late", renewed_at=at(-5)))
    assert store.phone("late") and len(store.phones_of(["ola"])["ola"]) == PHONES_MOST


def test_only_gone_takes_a_subscription_away(store: Store) -> None:
    store.keep_phone(phone("p-1"))
    store.keep_phone(phone("p-2"))
    where = "https://push.example/"
    store.pushed(
        [Pushed("p-1", where + "p-1", "gone", at(5)), Pushed("p-2", where + "p-2", "refused", at(5)), Pushed("none", "x", "gone", at(5))]
    )
    dead, troubled = store.phone("p-1"), store.phone("p-2")
    assert dead and (dead.endpoint, dead.p256dh, dead.auth, dead.gone_at) == ("", "", "", at(5))
    assert troubled and (troubled.endpoint, troubled.trouble, troubled.gone_at) == (where + "p-2", "refused", None)
    store.pushed([Pushed("p-2", where + "p-2", "accepted", at(7)), Pushed("p-2", where + "p-2", "accepted", at(6))])
    well = store.phone("p-2")
    assert well and (well.trouble, well.sent_at) == ("", at(7))


@pytest.mark.parametrize("word", ["gone", "refused", "accepted"])
def test_an_answer_about_an_older_subscription_says_nothing_of_the_new_one(store: Store, word: str) -> None:
    new = store.keep_phone(phone("p-1", endpoint="https://push.example/new"))
    store.pushed([Pushed("p-1", "https://push.example/old", word, at(5))])
    assert store.phone("p-1") == new


def test_two_dead_phones_do_not_take_each_other_for_one_subscription(store: Store) -> None:
    for name in ("p-1", "p-2"):
        store.keep_phone(phone(name))
        store.pushed([Pushed(name, f"https://push.example/{name}", "gone", at(1))])
    store.keep_phone(replace(phone("p-3"), endpoint=""))
    assert [one.id for one in store.phones()] == ["p-1", "p-2", "p-3"]


def test_a_receipt_counts_once_and_an_older_one_is_no_news(store: Store) -> None:
    store.keep_phone(phone("p-1"))
    store.pushed([Pushed("p-1", "https://push.example/p-1", "timeout", at(1))])
    assert store.shown("p-1", at(5))
    assert not store.shown("p-1", at(5)) and not store.shown("p-1", at(4)) and not store.shown("none", at(9))
    shown = store.phone("p-1")
    assert shown and (shown.receipt_at, shown.trouble) == (at(5), "")


def test_of_several_servers_one_sends_the_test_message(store: Store) -> None:
    store.keep_phone(phone("p-1"))
    claimed: list[bool] = []
    together(*(lambda: claimed.append(store.claim_test("p-1", at(100), 60)) for _ in range(4)))
    assert claimed.count(True) == 1
    assert not store.claim_test("p-1", at(159), 60) and store.claim_test("p-1", at(160), 60)
    assert not store.claim_test("none", at(0), 60)
