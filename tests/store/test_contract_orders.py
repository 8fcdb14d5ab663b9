"""The contract of every store: orders, from the outbox to the receipt."""

from __future__ import annotations


from server.core.orders import Order, Receipt, Say, Status, Try
from server.core.projection import Told
from server.core.values import replace
from server.store.contract import Change, OrderUpdate, ReceiptOf, Store
from tests.store.values import NEIGHBOUR, OFFICE, T0, alarm, at, opening, order, put, status, together


def names(orders: list[Order]) -> list[str]:
    return [one.recipient for one in orders]


def take(store: Store, seconds: float, who: str = "worker", limit: int = 100) -> list[Order]:
    """What is due for people then, held for 15 s."""
    return store.lease(at(seconds), at(seconds + 15), who, limit)


def failed(one: Order) -> Order:
    return replace(one, status=Status.FAILED, next_at=None, reason="no receipt")


# ---------------------------------------------------------------- lease


def test_what_is_due_is_leased_soonest_first_and_what_is_not_due_waits(store: Store) -> None:
    put(store, order("ola", next_s=12), order("liv", next_s=10), order("@fjordvik/guard", next_s=11), order("siri", next_s=13))
    assert store.next_order_at() == at(10)
    assert take(store, 9.999999) == []
    leased = take(store, 12)
    assert names(leased) == ["liv", "@fjordvik/guard", "ola"]
    assert leased[2] == order("ola", next_s=12), "an order comes back as it was made"


def test_at_most_so_many_are_leased_and_the_rest_is_there_for_the_next(store: Store) -> None:
    put(store, *(order(f"p-{n:04}", next_s=n / 1000) for n in range(1200)))
    taken = [len(take(store, 10, limit=500)) for _ in range(4)]
    assert taken == [500, 500, 200, 0]


def test_what_one_worker_holds_no_other_gets_until_the_lease_has_run_out(store: Store) -> None:
    put(store, order("ola", next_s=0))
    assert names(take(store, 0, "one")) == ["ola"]
    assert take(store, 14, "two") == [] == take(store, 14, "one")
    assert names(take(store, 15.000001, "two")) == ["ola"]


def test_two_workers_at_once_never_hold_the_same_order_and_leave_none(store: Store) -> None:
    put(store, *(order(f"p-{n}", next_s=0) for n in range(200)))
    taken: dict[str, list[str]] = {"one": [], "two": [], "three": []}

    def work(who: str) -> None:
        while leased := take(store, 1, who, limit=7):
            taken[who] += names(leased)

    while len([one for some in taken.values() for one in some]) < 200:  # a row that another has in hand is passed over
        together(*(lambda who=who: work(who) for who in taken))
    everything = [one for some in taken.values() for one in some]
    assert sorted(everything) == sorted(f"p-{n}" for n in range(200))


def test_orders_for_devices_are_leased_by_their_office_and_never_with_those_for_people(store: Store) -> None:
    put(store, order("ola", next_s=0), order("device:lamp-1", next_s=1), order("device:lamp-2", next_s=0, office=NEIGHBOUR))
    assert names(store.lease(at(5), at(10), "gateway:g", 100, [OFFICE])) == ["device:lamp-1"]
    assert store.lease(at(5), at(10), "gateway:g", 100, [OFFICE]) == [], "the same gateway asks again: it has it in hand"
    assert names(store.lease(at(5), at(10), "gateway:g", 100, [NEIGHBOUR, OFFICE])) == ["device:lamp-2"]
    assert store.lease(at(5), at(10), "gateway:g", 100, []) == []
    assert names(take(store, 5)) == ["ola"]
    assert names(store.lease(at(10.000001), at(15), "gateway:h", 100, [OFFICE])) == ["device:lamp-1"]


def test_the_next_time_is_that_of_people_and_contacts_alone(store: Store) -> None:
    assert store.next_order_at() is None
    put(store, order("device:lamp-1", next_s=0))
    assert store.next_order_at() is None
    put(store, order("ola", "a-2", next_s=10), alarm_id="a-2")
    assert store.next_order_at() == at(10)


def test_a_server_that_starts_again_lets_go_of_what_it_held_and_of_nothing_else(store: Store) -> None:
    put(store, order("ola", next_s=0), order("liv", next_s=0), order("siri", next_s=0))
    for life in ("a_b:1/x", "aXb:1/y", "a_b:12/z"):
        assert len(store.lease(at(0), at(15), life, 1)) == 1
    store.let_go("a_b:1")
    assert len(store.lease(at(1), at(16), "a_b:1/new", 10)) == 1


# ---------------------------------------------------------------- record


def test_a_try_is_recorded_and_lets_the_order_go(store: Store) -> None:
    put(store, order("ola", next_s=0))
    (held,) = take(store, 0)
    after = replace(held, rung=1, next_at=at(20), channel="push", reason="retried")
    tried = Try("push", "accepted", at(0))
    store.record([OrderUpdate(after, "worker", tried)])
    assert store.orders("a-1") == [replace(after, tries=(tried,))]
    assert store.next_order_at() == at(20)
    assert take(store, 20, "other") == [replace(after, tries=(tried,))], "and nobody holds it any more"


def test_nothing_is_recorded_without_the_lease(store: Store) -> None:
    put(store, order("ola", next_s=0), order("liv", next_s=0))
    ola, liv = sorted(take(store, 0, "one"), key=lambda one: one.recipient, reverse=True)
    take(store, 16, "two")  # the first worker took too long
    store.record([OrderUpdate(failed(ola), "one"), OrderUpdate(replace(liv, rung=1), "two")])
    assert (status(store, "ola"), status(store, "liv")) == ("waiting", "waiting")
    assert {one.recipient: one.rung for one in store.orders("a-1")} == {"ola": 0, "liv": 1}
    store.record([OrderUpdate(failed(liv), "two")])
    assert status(store, "liv") == "waiting", "a lease is good for one record"


def test_a_receipt_that_came_while_the_try_was_on_its_way_is_not_written_over(store: Store) -> None:
    put(store, order("ola", next_s=0))
    (held,) = take(store, 0)
    assert store.receipts(shown(("ola", "a-1")), []) == {"a-1"}
    store.record([OrderUpdate(replace(held, rung=1, next_at=at(20), channel="sms"), "worker")])
    (after,) = store.orders("a-1")
    assert (after.status, after.channel, after.rung, after.next_at) == (Status.REACHED, "screen", 1, None)


def test_a_screen_that_has_drawn_it_does_not_stop_the_push_but_everything_after_it(store: Store) -> None:
    put(store, order("ola", next_s=0))
    for _ in range(2):
        store.receipts(shown(("ola", "a-1")), shown(("ola", "a-1")))
        assert (status(store), store.next_order_at()) == ("seen", at(0))
    (held,) = take(store, 0)
    tried = Try("push", "accepted", at(0))
    store.record([OrderUpdate(replace(held, rung=1, next_at=at(10), channel="push", status=Status.WAITING), "worker", tried)])
    (after,) = store.orders("a-1")
    assert (after.status, after.channel, after.rung, after.next_at, after.tries) == (Status.SEEN, "screen", 1, None, (tried,))
    assert store.next_order_at() is None and take(store, 999) == []


def test_a_screen_stops_a_push_that_is_tried_again(store: Store) -> None:
    put(store, order("ola", next_s=0))
    (held,) = take(store, 0)
    store.record([OrderUpdate(replace(held, next_at=at(1), channel="push"), "worker", Try("push", "retry", at(0)))])
    store.receipts(shown(("ola", "a-1")), [])
    assert store.next_order_at() is None and status(store) == "reached"


def test_a_push_that_was_shown_vouches_for_the_earlier_orders_of_that_person_and_no_later_ones(store: Store) -> None:
    put(store, order("ola", made_s=0), order("ola", step=2, made_s=30), order("ola", step=3, made_s=60), order("liv", made_s=0))
    assert store.receipts([], [], [("ola", "a-1", at(30)), ("ola", "none", at(99)), ("liv", "a-1", at(-1))]) == {"a-1"}
    told = {(one.recipient, one.step): (one.status.value, one.channel) for one in store.orders("a-1")}
    assert told == {("ola", 1): ("reached", "push"), ("ola", 2): ("reached", "push"), ("ola", 3): ("waiting", None), ("liv", 1): ("waiting", None)}
    assert store.receipts([], [], [("ola", "a-1", at(30)), ("ola", "a-1", at(0))]) == set(), "the same again is no news"


def test_what_is_made_void_stays_void(store: Store) -> None:
    put(store, order("ola", next_s=0))
    (held,) = take(store, 0)
    void = replace(held, status=Status.VOID, next_at=None, reason="overtaken")
    store.record([OrderUpdate(void, "worker")])
    assert store.receipts(shown(("ola", "a-1")), shown(("ola", "a-1"))) == set()
    assert store.orders("a-1") == [void] and store.next_order_at() is None and take(store, 999) == []


# ---------------------------------------------------------------- receipts


def test_a_screen_vouches_for_what_it_shows_and_not_for_what_was_ordered_after_it_was_drawn(store: Store) -> None:
    put(store, pushed(order("ola", made_s=0)), pushed(order("ola", step=2, made_s=30)), pushed(order("liv", made_s=0)))
    assert store.receipts([("ola", "a-1", at(29.999)), ("ola", "a-1", at(-5))], [("liv", "a-1", at(-1))]) == {"a-1"}
    assert {(one.recipient, one.step): one.status.value for one in store.orders("a-1")} == {("ola", 1): "reached", ("ola", 2): "waiting", ("liv", 1): "waiting"}
    assert store.receipts([("ola", "a-1", at(30))], [("ola", "a-1", at(0))]) == {"a-1"}
    assert {one.step: one.status.value for one in store.orders("a-1") if one.recipient == "ola"} == {1: "seen", 2: "reached"}


def shown(*pairs: tuple[str, str]) -> list[ReceiptOf]:
    """Receipts of screens that show the newest there is."""
    return [(*pair, at(10**6)) for pair in pairs]


def pushed(one: Order) -> Order:
    """The order after its push went out."""
    return replace(one, rung=1, channel="push")


def test_a_drawn_screen_stops_the_ladder_and_an_open_one_is_better_still(store: Store) -> None:
    put(store, pushed(order("ola")), pushed(order("ola", step=2)), order("liv"))
    assert store.receipts(shown(("ola", "a-1")), []) == {"a-1"}
    assert [(one.recipient, one.status.value, one.channel, one.next_at) for one in store.orders("a-1")] == [
        ("liv", "waiting", None, at(10)), ("ola", "reached", "screen", None), ("ola", "reached", "screen", None),
    ]  # fmt: skip
    assert names(take(store, 999)) == ["liv"]
    assert store.receipts([], shown(("ola", "a-1"))) == {"a-1"}
    assert {one.status for one in store.orders("a-1") if one.recipient == "ola"} == {Status.SEEN}


def test_the_same_receipt_again_is_no_news_and_a_lesser_one_takes_nothing_back(store: Store) -> None:
    put(store, order("ola"))
    assert store.receipts([], shown(("ola", "a-1"))) == {"a-1"}
    assert store.receipts(shown(("ola", "a-1")), []) == set()
    assert store.receipts(shown(("ola", "a-1")), shown(("ola", "a-1"))) == set()
    assert status(store) == "seen"


def test_somebody_who_could_not_be_reached_and_then_is_counts_as_reached(store: Store) -> None:
    put(store, order("ola", next_s=0), order("liv", next_s=0))
    store.record([OrderUpdate(failed(one), "worker") for one in take(store, 0)])
    assert store.receipts(shown(("ola", "a-1")), shown(("liv", "a-1"))) == {"a-1"}
    assert (status(store, "ola"), status(store, "liv")) == ("reached", "seen")


def test_receipts_touch_only_that_person_in_that_alarm(store: Store) -> None:
    put(store, order("ola"), order("per"), alarm_id="a-1")
    put(store, order("ola", "a-2"), order("liv", "a-2"), alarm_id="a-2")
    pairs = [("liv", "a-1"), ("per", "a-2"), ("kari", "a-1"), ("ola", "none")]
    assert store.receipts(shown(*pairs), shown(*pairs)) == set()
    assert store.receipts(shown(("ola", "a-1"), ("liv", "a-2")), []) == {"a-1", "a-2"}
    told = {(one.alarm_id, one.recipient): one.status.value for name in ("a-1", "a-2") for one in store.orders(name)}
    assert told == {("a-1", "ola"): "reached", ("a-1", "per"): "waiting", ("a-2", "ola"): "waiting", ("a-2", "liv"): "reached"}


def test_receipts_from_hundreds_of_screens_of_hundreds_of_alarms_are_all_written(store: Store) -> None:
    people = [f"p-{n}" for n in range(20)]
    for n in range(30):
        put(store, *(order(who, f"a-{n}") for who in people), alarm_id=f"a-{n}")
    pairs = [(who, f"a-{n}") for who in people for n in range(30) if (n + len(who)) % 3]
    assert store.receipts(shown(*pairs), []) == {alarm_id for _, alarm_id in pairs}
    reached = {(one.recipient, one.alarm_id) for n in range(30) for one in store.orders(f"a-{n}") if one.status is Status.REACHED}
    assert reached == set(pairs)


# ---------------------------------------------------------------- how the telling stands


def mixed(store: Store, alarm_id: str = "a-1") -> None:
    """Seven who are told: two reached, one of them on the second try; one seen, one contact done, one failed, two still waiting."""
    a = lambda who, **more: order(who, alarm_id, **more)  # noqa: E731
    put(
        store, a("siri"), a("ola"), a("ola", step=2, made_s=30), a("liv"), a("nora"), a("jon", next_s=0), a("ada"), a("@fjordvik/guard", next_s=0),
        a("device:lamp-1", say=Say.ALARM), a("eva", say=Say.ALL_CLEAR), alarm_id=alarm_id,
    )  # fmt: skip
    store.receipts(shown(("ola", alarm_id), ("liv", alarm_id)), shown(("nora", alarm_id)))
    held = {one.recipient: one for one in take(store, 0)}
    store.record([OrderUpdate(failed(held["jon"]), "worker")])
    store.record([OrderUpdate(replace(held["@fjordvik/guard"], status=Status.DONE, next_at=None, channel="sms"), "worker")])


def test_telling_is_counted_by_person_alike_with_and_without_names(store: Store) -> None:
    mixed(store)
    counted, named = store.told({"a-1": False})["a-1"], store.told({"a-1": True})["a-1"]
    assert counted == Told(count=7, reached=4, seen=1, failed=1)
    assert replace(named, people=()) == counted
    assert sorted(named.people) == [
        ("@fjordvik/guard", "reached", "sms"), ("ada", "told", None), ("jon", "failed", None), ("liv", "reached", "screen"),
        ("nora", "seen", "screen"), ("ola", "reached", "screen"), ("siri", "told", None),
    ]  # fmt: skip


def test_telling_of_several_alarms_is_not_mixed_up(store: Store) -> None:
    mixed(store, "a-1")
    put(store, order("ola", "a-2"), alarm_id="a-2")
    put(store, alarm_id="a-3")
    told = store.told({"a-1": True, "a-2": False, "a-3": True, "none": False})
    assert list(told) == ["a-1", "a-2", "a-3", "none"]
    assert (told["a-1"].count, told["a-2"], told["a-3"], told["none"]) == (7, Told(count=1), Told(), Told())


def test_a_person_told_twice_counts_once_by_the_best_that_is_known(store: Store) -> None:
    put(store, order("ola", next_s=0), order("liv", next_s=0))
    store.record([OrderUpdate(replace(failed(one), channel="voice"), "worker") for one in take(store, 0)])
    store.commit(Change(T0, orders=[order("ola", step=2, made_s=30)]))
    assert store.told({"a-1": False})["a-1"] == Told(count=2, failed=1)
    assert store.told({"a-1": True})["a-1"].people == (("liv", "failed", "voice"), ("ola", "told", None))


def test_a_step_is_unreached_only_when_every_one_of_its_orders_has_failed(store: Store) -> None:
    put(
        store, order("ola", next_s=0), order("liv", next_s=0), order("siri", step=2, made_s=30, next_s=40), order("device:lamp-1"),
        order("nora", say=Say.CHANGED, next_s=999),
    )  # fmt: skip
    ola, liv = sorted(take(store, 0), key=lambda one: one.recipient, reverse=True)
    store.record([OrderUpdate(failed(ola), "worker")])
    assert not store.step_unreached("a-1", T0)
    store.record([OrderUpdate(failed(liv), "worker")])
    assert store.step_unreached("a-1", T0), "devices and other words do not count"
    assert not store.step_unreached("a-1", at(30)), "the next step has an order that waits"
    assert not store.step_unreached("a-1", at(0.000001)) and not store.step_unreached("none", T0), "no orders are not failed orders"
    store.receipts(shown(("ola", "a-1")), [])
    assert not store.step_unreached("a-1", T0)


# ---------------------------------------------------------------- what gateways report


def test_a_gateway_says_done_failed_or_once_more(store: Store) -> None:
    put(store, *(order(f"device:lamp-{n}", next_s=0) for n in (1, 2, 3)))
    leased = store.lease(at(1), at(6), "gateway:g", 100, [OFFICE])
    outcomes = ("accepted", "permanent", "retry")
    store.device_outcome({one.id: outcome for one, outcome in zip(sorted(leased, key=lambda one: one.id), outcomes)}, at(2))
    assert [(one.status.value, one.next_at) for one in store.orders("a-1")] == [("done", None), ("failed", None), ("waiting", at(3))]
    assert store.lease(at(2.999999), at(8), "gateway:g", 100, [OFFICE]) == []
    assert names(store.lease(at(3), at(8), "gateway:g", 100, [OFFICE])) == ["device:lamp-3"]


def test_a_gateway_changes_nothing_but_device_orders_that_wait(store: Store) -> None:
    put(store, order("ola"), order("device:lamp-1", next_s=0))
    lamp = order("device:lamp-1").id
    store.device_outcome({lamp: "accepted"}, at(1))
    before = store.orders("a-1")
    store.device_outcome({lamp: "retry", order("ola").id: "permanent", "none": "accepted"}, at(2))
    assert store.orders("a-1") == before


def test_an_order_keeps_every_field(store: Store) -> None:
    one = replace(
        order("ola", next_s=10.000001, made_s=0.999999), say=Say.ASK, ladder=("push",), drill=True, quiet=True, count=3, rung=1,
        channel="push", reason="look_yourself",
    )  # fmt: skip
    bare = replace(order("liv"), ladder=())
    store.commit(opening(alarm(), one, bare))
    assert sorted(store.orders("a-1"), key=lambda o: o.recipient) == [bare, one]


# ---------------------------------------------------------------- what comes back by a token


def test_a_phones_receipt_by_its_order_stops_that_ladder_and_no_other(store: Store) -> None:
    ola, again = order("ola", next_s=0), replace(order("ola", next_s=0), id="a-1/2/changed/ola", step=2, say=Say.CHANGED)
    put(store, ola, again)
    take(store, 0)
    got = store.receipt(ola.id, Receipt.DELIVERED, "push", at(3))
    assert got is not None and (got.status, got.channel, got.next_at) == (Status.REACHED, "push", None)
    assert [one for one in store.orders("a-1") if one.id == ola.id] == [got]
    tried = Try("push", "accepted", at(4))
    store.record([OrderUpdate(replace(ola, rung=1, next_at=at(10)), "worker", tried)])
    kept = replace(got, rung=1, tries=(*got.tries, tried))
    assert [one for one in store.orders("a-1") if one.id == ola.id] == [kept], "what was on its way is told, and nothing follows"
    assert names(take(store, 20)) == ["ola"]
    [left] = [one for one in store.orders("a-1") if one.id == again.id]
    assert left.status is Status.WAITING


def test_the_same_receipt_again_is_no_news_and_one_for_no_order_is_nothing(store: Store) -> None:
    ola = order("ola", next_s=0)
    put(store, ola)
    first = store.receipt(ola.id, Receipt.DELIVERED, "sms", at(3))
    assert store.receipt(ola.id, Receipt.DELIVERED, "sms", at(9)) == first
    assert store.orders("a-1") == [first]
    assert store.receipt("a-1/1/alarm/nobody", Receipt.DELIVERED, "sms", at(3)) is None


def test_what_is_tried_and_what_comes_back_at_once_are_both_kept(store: Store) -> None:
    guard = order("@fjordvik/guard", next_s=0)
    put(store, guard)
    (held,) = take(store, 0)
    together(
        lambda: store.record([OrderUpdate(replace(held, rung=1, next_at=at(10)), "worker", Try("voice", "accepted", at(1)))]),
        lambda: store.receipt(guard.id, Receipt.DELIVERED, "sms", at(1)),
    )
    (kept,) = store.orders("a-1")
    assert sorted(one.channel for one in kept.tries) == ["sms", "voice"]


def test_a_key_is_made_once_and_is_another_for_each_name(store: Store) -> None:
    assert len(store.key("answers")) == 32
    assert store.key("answers") == store.key("answers") != store.key("others")


def test_what_a_wrong_clock_has_put_off_or_leased_for_long_is_due_and_free(store: Store) -> None:
    far, soon, leased = order("ola", next_s=5400, made_s=5390), order("siri", next_s=20), order("liv", next_s=0)
    put(store, far, soon, leased)
    store.lease(at(0), at(5400), "a server whose clock stood ahead", 10)
    assert store.free_misplaced(at(1), at(121)) == 2 and store.free_misplaced(at(1), at(121)) == 0
    free = {one.recipient: one.made_at for one in store.lease(at(1), at(16), "another", 10)}
    assert free == {"ola": at(1), "liv": at(0)}, "and what is due soon is left as it is"
