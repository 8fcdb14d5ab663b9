"""The contract of every store: visits, and where they were last."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from server.core.signals import Position
from server.core.values import replace
from server.core.visit import events as e
from server.core.visit.model import AlarmState, Debriefed, Visit, carried
from server.store.contract import Change, Conflict, Store
from server.store.visit_codec import dump_visit, load_visit
from tests.core.visits import answers, out, planned, step, until
from tests.core.world import at

OUT = out(people=("kari", "ola"))


def keep(store: Store, *visits: tuple[int, Visit]) -> None:
    store.commit(Change(at(0), visits=visits))


def test_a_visit_comes_back_as_it_was_kept_in_every_state(store: Store) -> None:
    approved = step(planned(answers=answers("earlier_threats"), people=("kari", "ola")), e.Approve("liv", True, "Ja", frozenset({"portable_alarm"})))
    grace, overdue = until(OUT, 36 * 60)[0], until(OUT, 50 * 60)[0]
    home = step(step(OUT, e.End("kari"), 60), e.Debrief("kari", Debriefed.INCIDENT), 70).visit
    forced = step(OUT, e.End("kari", duress=True), 60).visit
    kept = [replace(visit, id=f"v-{n}") for n, visit in enumerate((approved.visit, OUT, grace, overdue, home, forced))]
    keep(store, *((0, visit) for visit in kept))
    assert store.visits([visit.id for visit in kept]) == {visit.id: visit for visit in kept}
    assert store.visits(["none"]) == {}


def test_no_field_of_a_visit_is_left_out() -> None:
    """Every field is given another value than it has by default, and comes back."""
    visit = step(OUT, e.End("kari", duress=True), 60).visit
    flags = frozenset({"felt_unsafe"})
    odd = replace(visit, missed=True, seems_home=True, debriefed=Debriefed.FINE, log_count=3, log_head="x", noticed=1, extended_s=60, flags=flags)
    odd = replace(odd, unseen=2, forgotten=True, alarm=AlarmState.LOST)
    fresh = msgspec.structs.fields(Visit)
    same_as_default = [f.name for f in fresh if f.default is not msgspec.NODEFAULT and getattr(odd, f.name) == f.default]
    assert set(same_as_default) <= {"approval", "home", "rung", "grace_since", "why"}
    assert load_visit(dump_visit(odd)) == odd


def test_whoever_was_slower_decides_again(store: Store) -> None:
    keep(store, (0, OUT))
    with pytest.raises(Conflict):
        keep(store, (0, OUT))
    later = step(OUT, e.CheckIn("kari"), 600).visit
    keep(store, (OUT.version, later))
    with pytest.raises(Conflict):
        keep(store, (OUT.version, later))
    assert store.visits(["v-1"]) == {"v-1": later}


def test_open_visits_are_found_by_person_and_by_deadline(store: Store) -> None:
    planned_one = replace(planned().visit, id="v-2", people=("siri",))
    keep(store, (0, OUT), (0, planned_one))
    assert [v.id for v in store.open_visits(["ola", "siri", "nobody"])] == ["v-1", "v-2"]
    assert [v.id for v in store.open_visits([carried("karis"), carried("adas"), carried(None)])] == ["v-1", "v-2"]
    assert store.visit_deadlines() == sorted([(OUT.due_at, "v-1"), (planned_one.due_at, "v-2")])  # type: ignore[list-item]
    assert store.visit_deadlines(OUT.due_at, 1) == min([(OUT.due_at, "v-1")], [(planned_one.due_at, "v-2")])
    alone = step(OUT, e.End("kari", everyone=False), 60).visit
    keep(store, (OUT.version, alone))
    assert [v.id for v in store.open_visits(["kari"])] == []
    home = step(alone, e.End("ola"), 120).visit
    keep(store, (alone.version, home))
    assert store.open_visits(["kari", "ola"]) == [] and [one for _, one in store.visit_deadlines()] == ["v-2"]


def test_people_are_away_from_start_to_home_or_what_looks_like_it(store: Store) -> None:
    keep(store, (0, planned().visit))
    assert store.away() == frozenset()
    keep(store, (1, replace(OUT, version=2)))
    assert store.away() == {"kari", "ola"}
    forced = replace(step(OUT, e.End("kari", duress=True), 60).visit, version=3)
    keep(store, (2, forced))
    assert store.away() == frozenset()


def test_an_office_has_its_open_visits_and_those_that_ended_lately(store: Store) -> None:
    home = step(OUT, e.End("kari"), 60).visit
    keep(store, (0, home))
    assert [v.id for v in store.visits_of([OUT.office_id], at(0))] == ["v-1"]
    assert store.visits_of([OUT.office_id], at(120)) == [] == store.visits_of(["elsewhere"], at(0))


def test_only_the_latest_position_is_kept_and_it_can_be_deleted(store: Store) -> None:
    assert store.position("v-1") is None
    store.set_position("v-1", Position(59.1, 10.2, 12.5, at(0)))
    store.set_position("v-1", Position(59.3, 10.4, None, at(60)))
    assert store.position("v-1") == Position(59.3, 10.4, None, at(60))
    store.set_position("v-1", None)
    store.set_position("v-1", None)
    assert store.position("v-1") is None


def test_what_must_be_forgotten_is_found_and_what_an_alarm_needs_is_not(store: Store) -> None:
    home = step(OUT, e.End("kari"), 60).visit
    alarmed = replace(step(until(OUT, 50 * 60)[0], e.Settle("siri", True), 3600).visit, id="v-2")
    assert alarmed.alarmed
    keep(store, (0, home), (0, alarmed))
    assert store.forgettable(at(30)) == []
    assert [v.id for v in store.forgettable(at(0) + timedelta(days=2))] == ["v-1"]
    keep(store, (home.version, replace(home, version=home.version + 1, where=replace(home.where, address=""))))
    assert store.forgettable(at(0) + timedelta(days=2)) == []


def test_under_duress_it_is_found_as_if_it_had_ended_and_once(store: Store) -> None:
    forced = step(OUT, e.End("kari", duress=True), 60).visit
    keep(store, (0, forced))
    assert store.forgettable(at(30)) == []
    assert [v.id for v in store.forgettable(at(0) + timedelta(days=2))] == ["v-1"]
    assert [v.id for v in store.visits_of([OUT.office_id], at(120))] == ["v-1"], "elsewhere it is open"
    keep(store, (forced.version, replace(forced, version=forced.version + 1, forgotten=True)))
    assert store.forgettable(at(0) + timedelta(days=2)) == []


def test_where_people_were_is_dropped_once_their_visit_is_over_and_never_before(store: Store) -> None:
    home = step(OUT, e.End("kari"), 60).visit
    alarmed = replace(step(until(OUT, 50 * 60)[0], e.Settle("siri", True), 3600).visit, id="v-2")
    forced, running = replace(step(OUT, e.End("kari", duress=True), 60).visit, id="v-3"), replace(OUT, id="v-4")
    kept = (home, alarmed, forced, running)
    keep(store, *((0, visit) for visit in kept))
    for visit in kept:
        store.set_position(visit.id, Position(59.1, 10.2, None, at(0)))
    assert store.drop_positions(at(30)) == 0
    assert store.drop_positions(at(0) + timedelta(days=2)) == 2 == 2 + store.drop_positions(at(0) + timedelta(days=2))
    assert [visit.id for visit in kept if store.position(visit.id)] == ["v-3", "v-4"], "somebody may be looking for these"


def test_what_was_decided_at_a_time_that_has_not_come_is_found_and_only_that(store: Store) -> None:
    planned_one, home = replace(planned().visit, id="v-2", people=("siri",)), replace(step(OUT, e.End("kari"), 60).visit, id="v-3", version=1)
    store.commit(Change(at(7200), visits=[(0, OUT), (0, planned_one), (0, home)]))
    assert store.misplaced_visits(at(7199)) == ["v-1"], "nobody waits for a visit that has not begun, or is over"
    assert store.misplaced_visits(at(7200)) == []
    store.commit(Change(at(0), visits=[(OUT.version, replace(OUT, version=OUT.version + 1))]))
    assert store.misplaced_visits(at(5)) == []


def test_a_visit_without_a_deadline_or_past_it_is_counted_as_ill(store: Store) -> None:
    keep(store, (0, OUT))
    assert store.health(at(0), at(0), at(0)).overdue == 0
    assert store.health(at(7200), at(7200), at(0)).overdue == 1
    keep(store, (OUT.version, replace(OUT, version=OUT.version + 1, due_at=None)))
    assert store.health(at(0), at(0), at(0)).without_due == 1
