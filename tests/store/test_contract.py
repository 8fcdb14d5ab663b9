"""The contract of every store: alarms, their log and their streams. Orders and people have files of their own beside this one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.core.log import first_broken
from server.core.model import Alarm, Drill, Ending, Outcome, State
from server.core.values import replace
from server.store.contract import Alone, Armed, Change, Conflict, Health, Looked, News, Overlay, Session, Store
from tests.store.values import NEIGHBOUR, OFFICE, T0, action, alarm, at, ended, entries, later, opening, order, signal, together


def there() -> Alarm:
    return alarm("there", zone="desk")


def full_change() -> Change:
    """A change with one of everything, beside an alarm that is there already."""
    return Change(
        T0, [(1, later(there(), situation="weapon")), (0, alarm("a-1"))], [signal("s-1")], entries("a-1"), [order("ola"), order("device:lamp-1")],
        [action("x-1")], [(OFFICE, "a-1"), (NEIGHBOUR, "a-1")], ["button-1"],
        alone=Alone(["kari", "nora"], [(OFFICE, "desk")], ["there", "a-1"]),
    )  # fmt: skip


def prepared(store: Store) -> None:
    """What the conflicting parts of a change meet."""
    store.commit(
        Change(
            T0, [(0, there())], [signal("s-old")], entries("old", words=("opened", "joined")), [order("ola", "old")], [action("x-old")],
            [(OFFICE, "there")],
        )  # fmt: skip
    )
    store.arm(Armed("button-1", "test", "liv", at(120)))


SPOILT: dict[str, Callable[[Change], Change]] = {
    "a changed alarm": lambda c: replace(c, alarms=[*c.alarms[1:], (7, later(there()))]),
    "an alarm that is not there": lambda c: replace(c, alarms=[*c.alarms, (1, later(alarm("a-2")))]),
    "an alarm that is there already": lambda c: replace(c, alarms=[*c.alarms[1:], (0, there())]),
    "a new alarm twice": lambda c: replace(c, alarms=[*c.alarms, (0, alarm("a-1"))]),
    "a changed alarm twice": lambda c: replace(c, alarms=[*c.alarms, c.alarms[0]]),
    "a known signal": lambda c: replace(c, signals=[*c.signals, signal("s-old")]),
    "a signal twice": lambda c: replace(c, signals=[*c.signals, signal("s-1")]),
    "a known log entry": lambda c: replace(c, entries=[*c.entries, entries("old")[0]]),
    "a known order": lambda c: replace(c, orders=[*c.orders, order("ola", "old")]),
    "an order twice": lambda c: replace(c, orders=[*c.orders, order("ola")]),
    "a device that is armed no longer": lambda c: replace(c, disarmed=[*c.disarmed, "button-2"]),
    "another alarm of the presser": lambda c: replace(c, alone=Alone(["kari"], (), ["a-1"])),
    "another alarm in the zone": lambda c: replace(c, alone=Alone((), [(OFFICE, "cellar"), (OFFICE, "desk")], ["a-1"])),
    "a known action": lambda c: replace(c, actions=[*c.actions, action("x-old")]),
}


# ---------------------------------------------------------------- one commit


def test_a_change_is_kept_whole(store: Store) -> None:
    prepared(store)
    change = full_change()
    assert store.commit(change) == {OFFICE: 2, NEIGHBOUR: 1}
    assert store.alarms(["a-1", "there", "none"]) == {"a-1": change.alarms[1][1], "there": change.alarms[0][1]}
    assert store.signals(["s-1", "none"]) == {"s-1": change.signals[0]}
    assert store.log("a-1") == change.entries
    assert store.orders("a-1") == sorted(change.orders, key=lambda one: one.id)
    assert store.actions(["x-1", "none"]) == {"x-1": change.actions[0]}
    assert store.armed(["button-1"], T0) == {}
    assert store.alarm_ids() == ["a-1", "there"]


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_conflict_in_any_part_leaves_nothing_of_the_change(store: Store, spoilt: str) -> None:
    prepared(store)
    with pytest.raises(Conflict):
        store.commit(SPOILT[spoilt](full_change()))
    assert store.alarms(["a-1", "a-2", "there"]) == {"there": there()}
    assert store.signals(["s-1", "s-old"]) == {"s-old": signal("s-old")}
    assert (store.log("a-1"), len(store.log("old"))) == ([], 2)
    assert (store.orders("a-1"), store.orders("old")) == ([], [order("ola", "old")])
    assert set(store.actions(["x-1", "x-old"])) == {"x-old"}
    assert store.heads([OFFICE, NEIGHBOUR]) == {OFFICE: 1, NEIGHBOUR: 0}
    assert set(store.armed(["button-1"], T0)) == {"button-1"}
    # and the change as it should have been still goes in
    store.commit(full_change())


def test_of_two_decisions_on_one_version_the_second_is_refused_and_may_try_again(store: Store) -> None:
    store.commit(opening(alarm()))
    first, second = later(alarm(), situation="weapon"), later(alarm(), situation="threat")
    store.commit(Change(T0, [(1, first)]))
    with pytest.raises(Conflict):
        store.commit(Change(T0, [(1, second)]))
    assert store.alarms(["a-1"])["a-1"] == first
    store.commit(Change(T0, [(2, later(first, situation="threat"))]))
    assert store.alarms(["a-1"])["a-1"].version == 3


def test_many_hands_on_one_alarm_each_get_their_own_version(store: Store) -> None:
    store.commit(opening(alarm()))
    tries = []

    def raise_version() -> None:
        done = 0
        while done < 10:
            before = store.alarms(["a-1"])["a-1"]
            try:
                store.commit(Change(T0, [(before.version, later(before, notes_count=before.notes_count + 1))]))
                done += 1
            except Conflict:
                tries.append(1)

    together(raise_version, raise_version, raise_version)
    last = store.alarms(["a-1"])["a-1"]
    assert (last.version, last.notes_count) == (31, 30)


def test_an_empty_change_is_no_trouble(store: Store) -> None:
    assert store.commit(Change(T0)) == {}
    store.record([])
    store.set_devices([])
    assert store.receipts([], []) == set() and store.told({}) == {} and store.alarms([]) == {}


def test_the_log_comes_back_in_order_and_its_chain_holds(store: Store) -> None:
    first = entries(words=("opened", "step"))
    store.commit(Change(T0, [(0, alarm())], entries=first))
    store.commit(Change(T0, entries=entries(after=first, words=("joined", *("tick",) * 10))))
    log = store.log("a-1")
    assert [entry.n for entry in log] == list(range(1, 14)) and first_broken(log) is None
    assert log[0].data == '{"who":"Åse"}'


# ---------------------------------------------------------------- looking for alarms


def test_open_alarms_are_found_by_presser_and_by_zone_of_their_own_office_oldest_first(store: Store) -> None:
    for one in (
        alarm("a-3", opened_s=3, presser="kari"),
        alarm("a-1", opened_s=1, presser="nora", zone="desk"),
        alarm("a-2", opened_s=2, presser="per", zone="desk", office=NEIGHBOUR),
        alarm("a-4", opened_s=4, presser="kari", zone="desk"),
    ):
        store.commit(opening(one))
    find = lambda pressers, zones: [one.id for one in store.known(T0, pressers=pressers, zones=zones).alarms]  # noqa: E731
    assert find(["kari"], []) == ["a-3", "a-4"]
    assert find([], [(OFFICE, "desk")]) == ["a-1", "a-4"]
    assert find(iter(["kari", "per"]), iter([(OFFICE, "desk")])) == ["a-1", "a-2", "a-3", "a-4"]
    assert find([], [(OFFICE, "cellar")]) == find(["ola"], []) == find([], []) == []


def test_open_drills_are_found_and_nothing_else_oldest_first(store: Store) -> None:
    drill = Drill("d-1", "Høstøvelsen", "liv")
    old, young, over = (replace(alarm(name, opened_s=s, presser=name), drill=drill) for name, s in (("a-2", 1), ("a-3", 9), ("a-4", 0)))
    for one in (alarm("a-1"), young, old, over):
        store.commit(opening(one))
    store.commit(Change(T0, [(1, ended(over, 20))]))
    assert store.open_drills() == [old, young]
    store.commit(Change(T0, [(1, later(old, notes_count=1))]))
    assert [one.version for one in store.open_drills()] == [2, 1]


def test_open_reals_are_those_of_an_offices_stream_that_are_no_drills_and_have_not_ended(store: Store) -> None:
    drill, over = replace(alarm("a-1", presser="a-1"), drill=Drill("d-1", "Høstøvelsen", "liv")), alarm("a-2", presser="a-2")
    for one in (drill, over, alarm("a-3", opened_s=3, presser="a-3"), alarm("a-4", opened_s=4, office=NEIGHBOUR)):
        store.commit(opening(one))
    store.commit(opening(alarm("a-5", opened_s=1, presser="a-5"), streams=[OFFICE, NEIGHBOUR]))
    store.commit(Change(T0, [(1, ended(over, 20))]))
    of = lambda *offices: [one.id for one in store.open_reals(offices)]  # noqa: E731
    assert of(OFFICE) == ["a-5", "a-3"]
    assert of(NEIGHBOUR) == ["a-5", "a-4"]
    assert of(OFFICE, NEIGHBOUR) == ["a-5", "a-3", "a-4"]
    assert of("elsewhere") == of() == []


def test_only_the_ended_are_not_open(store: Store) -> None:
    for state in State:
        one = replace(alarm(f"a-{state}", due_s=None if state in (State.RESOLVED, State.CANCELLED) else 30), state=state)
        if state is State.RESOLVED:
            one = replace(one, ending=Ending(Outcome.HANDLED, T0, "ola"))
        store.commit(opening(one))
    found = {one.state for one in store.known(T0, pressers=["kari"]).alarms}
    assert found == {State.PENDING, State.RAISED, State.ACKNOWLEDGED, State.ON_SCENE}
    assert {alarm_id for _, alarm_id in store.deadlines()} == {f"a-{state}" for state in found}


def test_thousands_of_ids_at_once_are_no_trouble(store: Store) -> None:
    store.commit(opening(alarm()))
    many = [f"none-{n}" for n in range(3000)]
    assert list(store.alarms([*many, "a-1"])) == ["a-1"]
    assert list(store.signals([*many, "s-a-1"])) == ["s-a-1"]
    assert len(store.known(T0, pressers=[*many, "kari"], zones=[(OFFICE, one) for one in many]).alarms) == 1
    assert store.armed(many, T0) == {} and store.devices(many) == {}


def test_a_neighbour_sees_the_alarms_that_its_stream_has_named_and_no_others(store: Store) -> None:
    store.commit(opening(alarm("a-1", opened_s=1), streams=[OFFICE, NEIGHBOUR]))
    store.commit(opening(alarm("a-2", opened_s=2)))
    store.commit(opening(alarm("a-3", opened_s=3, office=NEIGHBOUR)))
    of = lambda *offices: [one.id for one in store.alarms_of(offices, T0)]  # noqa: E731
    assert of(NEIGHBOUR) == ["a-1", "a-3"]
    assert of(OFFICE) == ["a-1", "a-2"]
    assert of(OFFICE, NEIGHBOUR) == ["a-1", "a-2", "a-3"]
    assert of("elsewhere") == of() == []


def test_an_ended_alarm_is_shown_as_long_as_it_is_recent(store: Store) -> None:
    store.commit(opening(alarm("a-1", opened_s=-900)))
    store.commit(Change(T0, [(1, ended(alarm("a-1", opened_s=-900), 60))]))
    store.commit(opening(alarm("a-2", opened_s=-800)))
    cancelled = replace(alarm("a-3", opened_s=-700, due_s=None), state=State.CANCELLED)
    store.commit(opening(cancelled))
    of = lambda seconds: [one.id for one in store.alarms_of([OFFICE], at(seconds))]  # noqa: E731
    assert of(-700) == ["a-1", "a-2", "a-3"]
    assert of(60) == ["a-1", "a-2"]
    assert of(60.000001) == ["a-2"]


def test_deadlines_come_soonest_first_and_move_with_their_alarm(store: Store) -> None:
    for name, due_s in (("a-1", 30), ("a-2", 10), ("a-3", 20)):
        store.commit(opening(alarm(name, due_s=due_s)))
    assert store.deadlines() == [(at(10), "a-2"), (at(20), "a-3"), (at(30), "a-1")]
    assert store.deadlines(until=at(20)) == [(at(10), "a-2"), (at(20), "a-3")]
    assert store.deadlines(until=at(9.999999)) == []
    assert store.deadlines(limit=1) == [(at(10), "a-2")]
    before = alarm("a-2", due_s=10)
    store.commit(Change(T0, [(1, later(before, plan=replace(before.plan, due_at=at(40))))]))
    store.commit(Change(T0, [(1, ended(alarm("a-3"), 5))]))
    assert store.deadlines() == [(at(30), "a-1"), (at(40), "a-2")]


# ---------------------------------------------------------------- streams


def test_looking_resumes_where_one_has_looked_and_names_each_alarm_once(store: Store) -> None:
    assert store.look(OFFICE, 0) == Looked(0, ())
    store.commit(Change(T0, streams=[(OFFICE, "a-1"), (OFFICE, "a-2"), (NEIGHBOUR, "a-1")]))
    store.commit(Change(T0, streams=[(OFFICE, "a-1"), (OFFICE, "a-3")]))
    assert store.heads([OFFICE, NEIGHBOUR, "elsewhere"]) == {OFFICE: 4, NEIGHBOUR: 1, "elsewhere": 0}
    assert store.look(OFFICE, 0) == Looked(4, ("a-1", "a-2", "a-3"))
    assert store.look(OFFICE, 2) == Looked(4, ("a-1", "a-3"))
    assert store.look(OFFICE, 4) == Looked(4, ())
    assert store.look(OFFICE, 0, limit=4) == Looked(4, ("a-1", "a-2", "a-3")), "a full piece that reaches the end is no gap"


def test_news_are_what_streams_tell_of_with_those_alarms_and_how_their_telling_stands(store: Store) -> None:
    assert store.news({OFFICE: 0}, 9) == News({OFFICE: Looked(0, ())}, {}, {})
    one, many = alarm("a-1", presser="kari"), alarm("a-2", presser="per", office=NEIGHBOUR)
    store.commit(replace(opening(one), orders=[order("ola"), order("liv")], streams=[(OFFICE, "a-1"), (NEIGHBOUR, "a-1")]))
    store.commit(replace(opening(many), orders=[order("ola", "a-2")], streams=[(NEIGHBOUR, "a-2")]))
    both = store.news({OFFICE: 0, NEIGHBOUR: 1, "elsewhere": 0}, 2)
    assert both.looked == {OFFICE: Looked(1, ("a-1",)), NEIGHBOUR: Looked(2, ("a-2",)), "elsewhere": Looked(0, ())}
    assert both.alarms == {"a-1": one, "a-2": many} and both.told == store.told({"a-1": True, "a-2": True}) and both.told["a-1"].count == 2
    assert store.news({NEIGHBOUR: 1}, 1).told == store.told({"a-2": False}), "more were told than are to be named"
    assert store.news({NEIGHBOUR: 2}, 9) == News({NEIGHBOUR: Looked(2, ())}, {}, {})
    assert store.news({NEIGHBOUR: 7}, 9).looked[NEIGHBOUR].gap


def test_an_alarm_of_which_thousands_were_told_is_counted_whole(store: Store) -> None:
    store.commit(replace(opening(alarm()), orders=[order(f"p-{n}") for n in range(4500)], streams=[(OFFICE, "a-1")]))
    assert store.news({OFFICE: 0}, 60).told["a-1"].count == 4500


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=8), min_size=1, max_size=6, unique=True))
@example(["NULL", "{", "}", '"', "\\", ",", " ", "a,b", '{"x"}', "\\n", "\n", "'", "ø"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_names_may_have_any_letters(store: Store, names: list[str]) -> None:
    """They stand in lists, in the database's own words."""
    for name in names:
        store.arm(Armed(name, "test", "liv", at(60)))
    assert set(store.armed(names, T0)) == set(names)
    assert set(store.known(T0, devices=names, zones=[(one, one) for one in names]).armed) == set(names)
    assert set(store.news(dict.fromkeys(names, 0), 9).looked) == set(names)


def test_a_number_from_the_future_a_forgotten_one_and_one_too_far_back_are_gaps(store: Store) -> None:
    for seconds in range(6):
        store.commit(Change(at(seconds), streams=[(OFFICE, f"a-{seconds}")]))
    assert store.look(OFFICE, 7) == Looked(6, (), gap=True)
    assert store.look("elsewhere", 1) == Looked(0, (), gap=True)
    assert store.look(OFFICE, 0, limit=5).gap
    store.prune(at(3))
    assert store.look(OFFICE, 2).gap
    assert store.look(OFFICE, 3) == Looked(6, ("a-3", "a-4", "a-5"))
    store.prune(at(100))
    assert store.look(OFFICE, 6) == Looked(6, ())
    assert store.look(OFFICE, 5).gap


def test_a_number_forgotten_out_of_the_middle_is_a_gap(store: Store) -> None:
    for seconds in (10, 0, 11):  # the clock stood wrong for a moment
        store.commit(Change(at(seconds), streams=[(OFFICE, f"a-{seconds}")]))
    store.prune(at(5))
    assert store.look(OFFICE, 0).gap


def test_numbers_have_no_gaps_and_what_is_looked_up_is_never_taken_back_while_many_commit_at_once(store: Store) -> None:
    given: list[dict[str, int]] = []
    passed: list[str] = []

    def write(name: str, offices: tuple[str, ...]) -> None:
        for n in range(40):
            while True:
                try:
                    given.append(store.commit(Change(T0, streams=[(office, f"{name}-{n}") for office in offices])))
                    break
                except Conflict:  # two servers open the same stream for the first time
                    continue

    def read() -> None:
        seq = 0
        while seq < 80:
            looked = store.look(OFFICE, seq)
            assert not looked.gap and len(looked.alarm_ids) == looked.seq - seq, "a number was skipped"
            passed.extend(looked.alarm_ids)
            seq = looked.seq

    together(lambda: write("x", (OFFICE, NEIGHBOUR)), lambda: write("y", (NEIGHBOUR, OFFICE)), read)
    for office in (OFFICE, NEIGHBOUR):
        assert sorted(seqs[office] for seqs in given) == list(range(1, 81))
    assert sorted(passed) == sorted(f"{name}-{n}" for name in "xy" for n in range(40))


def test_the_epoch_stays(store: Store) -> None:
    assert store.epoch() and store.epoch() == store.epoch()


# ---------------------------------------------------------------- watching itself


def test_health_counts_what_is_open_overdue_and_stale(store: Store) -> None:
    store.commit(opening(alarm("a-1", due_s=10), order("ola", next_s=5), order("device:lamp-1", next_s=6), order("liv", next_s=60)))
    store.commit(opening(alarm("a-2", due_s=30)))
    assert store.health(T0, at(0), at(0)) == Health(open=2)
    assert store.health(at(20), at(11), at(5.5)) == Health(open=2, overdue=1, stale_orders=1)
    assert store.health(at(20), at(31), at(61)) == Health(open=2, overdue=2, stale_orders=3)


def test_an_open_alarm_without_a_deadline_is_counted(store: Store) -> None:
    store.commit(opening(alarm(due_s=None)))
    assert store.health(T0, at(0), at(0)) == Health(open=0, without_due=1)


def test_forgetting_takes_old_streams_and_sessions_and_nothing_else(store: Store) -> None:
    store.commit(opening(alarm("a-1", opened_s=0), order("ola")))
    store.commit(Change(at(1), [(1, ended(alarm("a-1", opened_s=0), 1))]))
    store.commit(opening(alarm("a-2", opened_s=10)))
    store.keep_session(Session("old", "ola", at(1)))
    store.keep_session(Session("new", "ola", at(20)))
    store.add_invitation("old", "liv", at(1))
    store.add_invitation("new", "liv", at(20))
    assert store.prune(at(5)) == 3
    assert store.prune(at(5)) == 0
    assert store.look(OFFICE, 1) == Looked(2, ("a-2",))
    assert store.session("old", T0) is None and store.session("new", T0) is not None
    assert (store.use_invitation("old", T0, "mine", 600), store.use_invitation("new", T0, "mine", 600)) == (None, "liv")
    assert store.alarm_ids() == ["a-1", "a-2"] and store.log("a-1") and store.orders("a-1") and store.signals(["s-a-1"])
    assert [one.id for one in store.alarms_of([OFFICE], T0)] == ["a-1", "a-2"]


def test_an_open_alarm_is_found_by_a_neighbour_however_old_it_is(store: Store) -> None:
    store.commit(opening(alarm("a-1", opened_s=0), streams=(OFFICE, NEIGHBOUR)))
    assert store.prune(at(100_000)) == 0
    assert [one.id for one in store.alarms_of([NEIGHBOUR], at(99_000))] == ["a-1"]


# ---------------------------------------------------------------- the middle of a batch


def test_a_batch_sees_what_it_has_decided_so_far_and_keeps_the_version_it_began_with() -> None:
    overlay = Overlay()
    overlay.load([alarm("a-1"), alarm("a-2")])
    overlay.decide(later(alarm("a-1")), 1)
    overlay.decide(later(later(alarm("a-1"))), 2)
    overlay.decide(alarm("a-3"), 0)
    in_a_room = alarm("a-4")
    in_a_room = replace(in_a_room, presser="odd", place=replace(in_a_room.place, zone_id="room"))
    overlay.decide(in_a_room, 0)
    assert [(one.id, one.version) for one in overlay.of(alarm("a-1").presser, OFFICE, None)] == [("a-1", 3), ("a-2", 1), ("a-3", 1)]
    assert [one.id for one in overlay.of(alarm("a-1").presser, OFFICE, "room")] == ["a-1", "a-2", "a-3", "a-4"]
    assert overlay.of("liv", OFFICE, "room") == [in_a_room] == overlay.of("odd", NEIGHBOUR, "room")
    assert overlay.of("liv", OFFICE, None) == overlay.of("liv", NEIGHBOUR, "room") == []
    assert [(base, one.id) for base, one in overlay.decided.values()] == [(1, "a-1"), (0, "a-3"), (0, "a-4")]
