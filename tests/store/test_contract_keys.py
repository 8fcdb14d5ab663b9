"""The contract of every store: phones' own keys, and what has been signed with them."""

from __future__ import annotations

from datetime import datetime

from server.core.device_keys import KEYS_MOST, DeviceKey
from server.core.values import replace
from server.store.contract import Session, Store
from tests.store.values import T0, at, together

OLAS = DeviceKey("key-ola", "ola", "point", "p-1", "iPhone", T0, at(1.5))


def key(name: str, who: str = "ola", seen_at: datetime = T0) -> DeviceKey:
    return DeviceKey(name, who, f"point-{name}", "", "", T0, seen_at)


def test_a_key_comes_back_as_it_was_kept(store: Store) -> None:
    assert store.key_of("key-ola") is None and store.keys_of(["ola"]) == {}
    store.keep_key(OLAS)
    assert store.key_of("key-ola") == OLAS and store.keys_of(iter(["ola", "liv"])) == {"ola": [OLAS]}
    again = replace(OLAS, label="Android", seen_at=at(9))
    store.keep_key(again)
    assert store.key_of("key-ola") == again


def test_a_phone_that_is_dropped_takes_its_sessions_with_it_and_no_others(store: Store) -> None:
    store.keep_key(OLAS)
    store.keep_key(key("key-liv", "liv"))
    store.keep_session(Session("there", "ola", at(60), "key-ola"))
    store.keep_session(Session("elsewhere", "ola", at(60)))
    store.keep_session(Session("livs", "liv", at(60), "key-liv"))
    store.drop_key("key-ola")
    store.drop_key("key-ola")
    store.drop_key("")
    assert store.key_of("key-ola") is None and store.key_of("key-liv")
    assert [bool(store.session(token, T0)) for token in ("there", "elsewhere", "livs")] == [False, True, True]


def test_beyond_the_limit_the_one_that_has_been_unseen_the_longest_makes_room(store: Store) -> None:
    for number in range(KEYS_MOST + 2):
        store.keep_key(key(f"key-{number:02}", seen_at=at(number)))
    store.keep_session(Session("old", "ola", at(60), "key-02"))
    store.keep_key(key("key-livs", "liv", at(-9)))
    store.keep_key(key("key-late", seen_at=at(-5)))
    assert [one.id for one in store.keys_of(["ola"])["ola"]] == [f"key-{number:02}" for number in range(KEYS_MOST + 1, 2, -1)] + ["key-late"]
    assert store.key_of("key-livs") and store.session("old", T0) is None


def test_when_a_phone_was_last_seen_is_kept(store: Store) -> None:
    store.keep_key(OLAS)
    store.key_seen("key-ola", at(100))
    store.key_seen("none", at(100))
    assert store.key_of("key-ola") == replace(OLAS, seen_at=at(100))


def test_a_nonce_is_good_once_for_each_key_and_forgotten_with_time(store: Store) -> None:
    assert store.claim_nonce("key-ola", "n-1", T0) and store.claim_nonce("key-liv", "n-1", T0) and store.claim_nonce("key-ola", "n-2", at(9))
    assert not store.claim_nonce("key-ola", "n-1", at(5))
    assert store.prune(at(5)) == 2
    assert store.claim_nonce("key-ola", "n-1", at(9)) and not store.claim_nonce("key-ola", "n-2", at(9))


def test_of_several_who_come_with_one_nonce_at_once_one_is_first(store: Store) -> None:
    got: list[bool] = []
    together(*(lambda: got.append(store.claim_nonce("key-ola", "n-1", T0)) for _ in range(4)))
    assert sorted(got) == [False, False, False, True]
