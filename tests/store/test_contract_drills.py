"""The contract of every store: planned drills, who took part, what people said, and the offices' own exercises."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import orjson
import pytest

from server.core.drill import events as e
from server.core.drill.model import Approval, DrillState, Evaluation, Outage, Part, PlannedDrill, TakenPart
from server.core.drill.programme import WheelLine
from server.core.model import Drill
from server.core.values import replace
from server.store.contract import Change, Conflict, OwnExercise, Store
from server.store.drill_codec import dump_drill, dump_exercise, load_drill, load_exercise
from tests.core.planned import DAY, announced, cancelled, exercise, planned, reported, running, step, stopped
from tests.core.world import NEIGHBOUR, OFFICE, at
from tests.store.values import alarm, later

FOUND = step(step(stopped(), e.AddFinding("sondre", "Ny lås", "liv", at(9 * DAY).date()), 4 * DAY), e.CloseFinding("liv", "f1", "Byttet"), 5 * DAY).drill
EVERY = [
    replace(one, id=f"d-{n}") for n, one in
    enumerate((planned(), announced(), running(), step(running(), e.Give("sondre", "i3"), 3 * DAY + 5).drill, FOUND, reported(), cancelled()))
]


def keep(store: Store, *drills: PlannedDrill, base: int = 0) -> None:
    store.commit(Change(at(0), drills=[(base, one) for one in drills]))


def test_a_drill_comes_back_as_it_was_kept_in_every_state(store: Store) -> None:
    keep(store, *EVERY)
    assert store.drills([one.id for one in EVERY]) == {one.id: one for one in EVERY}
    assert store.drills(["none"]) == {}


def test_no_field_of_a_drill_or_an_exercise_is_left_out() -> None:
    odd = replace(
        FOUND, given=EVERY[3].given, participants=("ola",), observers=("nils",), left_out=("ada",), attended=("ola",), summary="Bra",
        remark=FOUND.consulted, reported_by="liv", reported_at=at(9), reminded=2, programme_id="w-1", forgotten=True, log_count=3, log_head="x",
        outage=Outage(OFFICE, at(1), at(42)),
    )  # fmt: skip
    has_default = [one for one in msgspec.structs.fields(PlannedDrill) if one.default is not msgspec.NODEFAULT]
    same = {field.name for field in has_default if getattr(odd, field.name) == field.default}
    assert same == set(), "every field has another value than it has by default"
    assert load_drill(dump_drill(odd)) == odd
    own = replace(exercise(), office_id=OFFICE, based_on="desk_walkthrough", version=3)
    assert load_exercise(dump_exercise(own)) == own


def test_what_one_lead_had_approved_for_all_offices_before_each_was_asked_stays_approved() -> None:
    kept = orjson.loads(dump_drill(replace(FOUND, approvals=())))
    del kept["approvals"]
    kept["approval"] = {"by": "liv", "at": at(1).isoformat(), "yes": True, "reason": "Fint"}
    read = load_drill(orjson.dumps(kept).decode())
    assert read.approved and read.approvals == (Approval("liv", at(1), True, "Fint", FOUND.offices),)
    kept["approval"] = None
    assert load_drill(orjson.dumps(kept).decode()).approvals == ()


def test_a_server_of_before_reads_a_yes_only_where_every_office_has_said_it() -> None:
    def read(*approvals: Approval) -> bool | None:
        one = orjson.loads(dump_drill(replace(FOUND, offices=(OFFICE, NEIGHBOUR), approvals=approvals)))["approval"]
        return one and one["yes"]

    yes, no = Approval("liv", at(1), True, "", (OFFICE,)), Approval("guro", at(2), False, "", (NEIGHBOUR,))
    assert [read(), read(yes), read(yes, no), read(yes, replace(no, yes=True))] == [None, None, False, True]


def test_whoever_was_slower_decides_again(store: Store) -> None:
    first = planned()
    keep(store, first)
    with pytest.raises(Conflict):
        keep(store, first)
    after = step(first, e.Approve("liv", True)).drill
    keep(store, after, base=first.version)
    with pytest.raises(Conflict):
        keep(store, after, base=first.version)
    assert store.drills(["d-1"]) == {"d-1": after}


def test_drills_are_found_by_office_and_by_deadline_and_while_they_run(store: Store) -> None:
    both, elsewhere = replace(running(), id="d-a", offices=(OFFICE, NEIGHBOUR)), replace(planned(), id="d-b", offices=(NEIGHBOUR,), office_id=NEIGHBOUR)
    old = replace(cancelled(), id="d-c", starts_at=at(-400 * DAY))
    keep(store, replace(both, state=DrillState.PLANNED, version=1), elsewhere, replace(old, state=DrillState.PLANNED, version=1))
    keep(store, replace(both, version=2), replace(old, version=2), base=1)
    assert [one.id for one in store.drills_of([OFFICE], at(-300 * DAY))] == ["d-a"]
    assert [one.id for one in store.drills_of([OFFICE], at(-500 * DAY))] == ["d-c", "d-a"]
    assert [one.id for one in store.drills_of([NEIGHBOUR, OFFICE], at(0))] == ["d-a", "d-b"] and store.drills_of(["nowhere"], at(0)) == []
    assert [one.id for one in store.running_drills()] == ["d-a"]
    assert store.drill_deadlines() == sorted([(both.due_at, "d-a"), (elsewhere.due_at, "d-b")])  # type: ignore[list-item]
    assert [one for _, one in store.drill_deadlines(min(both.due_at, elsewhere.due_at), 5)] == ["d-b"]  # type: ignore[type-var]


def test_the_alarms_of_a_drill_are_found_open_or_ended_and_no_others(store: Store) -> None:
    mark = Drill("d-1", "Høst", "liv", True, (OFFICE,), left_out=("ada",))
    first, second, other, real = (
        replace(alarm(name, opened_s=s, presser=name), drill=drill) for name, s, drill in
        (("a-2", 9, mark), ("a-1", 1, mark), ("a-3", 2, replace(mark, id="d-2")), ("a-4", 3, None))
    )  # fmt: skip
    store.commit(Change(at(0), [(0, one) for one in (first, second, other, real)]))
    ended = later(first, notes_count=2)
    store.commit(Change(at(1), [(1, ended)]))
    assert store.alarms_of_drill("d-1") == [second, ended] and store.alarms_of_drill("none") == []
    assert [one.id for one in store.open_drills()] == ["a-1", "a-3", "a-2"]


def part(person_id: str, drill_id: str = "d-1", office: str = OFFICE, day: int = 0, how: Part = Part.ANSWERED) -> TakenPart:
    return TakenPart(drill_id, person_id, office, "desk_walkthrough", "responder", how, at(day * DAY))


@pytest.mark.parametrize("number", [1, 7, 39, 400, 1249])
def test_as_many_as_a_country_has_are_kept_in_one_commit_and_all_of_them_changed_in_the_next(store: Store, number: int) -> None:
    people = [f"p{n:04}" for n in range(number)]
    store.commit(Change(at(0), parts=[part(one, how=Part.TOLD) for one in people]))
    store.commit(Change(at(0), parts=[part(one) for one in people]))
    assert store.drill_parts([OFFICE], at(0)) == [part(one) for one in people]


def test_who_took_part_is_kept_once_for_each_drill_and_forgotten_by_its_age(store: Store) -> None:
    store.commit(Change(at(0), parts=[part("ola"), part("siri", how=Part.TOLD), part("per", office=NEIGHBOUR)]))
    store.commit(Change(at(0), parts=[part("siri"), part("ola", "d-2", day=3)]))
    assert store.drill_parts([OFFICE], at(0)) == [part("ola"), part("siri"), part("ola", "d-2", day=3)]
    assert store.drill_parts([OFFICE], at(DAY)) == [part("ola", "d-2", day=3)]
    assert store.drill_parts([], at(DAY), ["ola"]) == store.drill_parts([OFFICE], at(DAY), ["ola", "siri"]) == [part("ola", "d-2", day=3)]
    assert store.forget_parts(at(DAY)) == 3
    assert store.drill_parts([OFFICE, NEIGHBOUR], at(-DAY)) == [part("ola", "d-2", day=3)]


def test_an_evaluation_takes_the_place_of_the_same_persons_and_loses_its_person_in_the_end(store: Store) -> None:
    first = Evaluation("d-1", "ola", at(1), "responder", (("early", "4"), ("tone", "Rolig, \"ja\"")))
    store.keep_evaluation(first)
    store.keep_evaluation(replace(first, at=at(2), answers=(("early", "5"),)))
    store.keep_evaluation(Evaluation("d-1", "siri", at(3), None, (("exit", "yes"),)))
    store.keep_evaluation(Evaluation("d-2", "siri", at(4), None, (("exit", "no"),)))
    assert [(one.person_id, one.answers) for one in store.evaluations("d-1")] == [("ola", (("early", "5"),)), ("siri", (("exit", "yes"),))]
    store.forget_drill("d-1")
    nameless = [(one.person_id, one.role, one.answers) for one in store.evaluations("d-1")]
    assert nameless == [("?1", "responder", (("early", "5"),)), ("?2", None, (("exit", "yes"),))]
    assert [one.person_id for one in store.evaluations("d-2")] == ["siri"]


def test_whoever_asks_is_left_out_of_all_until_they_ask_to_be_in(store: Store) -> None:
    for who in ("ada", "ola", "ada"):
        store.set_left_out(who, True, at(0))
    assert store.left_out() == {"ada", "ola"}
    store.set_left_out("ada", False, at(1))
    store.set_left_out("nobody", False, at(1))
    assert store.left_out() == {"ola"}


def test_an_own_exercise_has_versions_and_two_who_edit_it_at_once_do_not_lose_one(store: Store) -> None:
    own = OwnExercise(replace(exercise(), id="own-1", office_id=OFFICE, version=1), 1, at(0), "sondre")
    store.keep_exercise(own)
    with pytest.raises(Conflict):
        store.keep_exercise(own)
    second = OwnExercise(replace(own.exercise, version=2, duration_min=9), 2, at(1), "liv", gone=True)
    store.keep_exercise(second)
    with pytest.raises(Conflict):
        store.keep_exercise(second)
    assert store.own_exercises([OFFICE, NEIGHBOUR]) == [second] and store.own_exercises([NEIGHBOUR]) == []


def test_what_must_be_forgotten_of_a_drill_is_found_once(store: Store) -> None:
    over = reported()
    keep(store, over, replace(stopped(), id="d-2"))
    assert store.forgettable_drills(over.starts_at) == []
    assert [one.id for one in store.forgettable_drills(over.starts_at + timedelta(days=1))] == ["d-1"]
    keep(store, replace(over, version=over.version + 1, forgotten=True), base=over.version)
    assert store.forgettable_drills(over.starts_at + timedelta(days=1)) == []


def test_a_drill_without_a_deadline_or_past_it_is_counted_as_ill(store: Store) -> None:
    drill = running()
    keep(store, drill)
    assert store.health(at(0), drill.due_at, at(0)).overdue == 0  # type: ignore[arg-type]
    assert store.health(at(0), drill.due_at + timedelta(seconds=1), at(0)).overdue == 1  # type: ignore[operator]
    keep(store, replace(drill, version=drill.version + 1, due_at=None), base=drill.version)
    assert store.health(at(0), at(0), at(0)).without_due == 1


def test_the_wheel_is_kept_by_office_and_a_line_takes_the_place_of_the_one_with_its_id(store: Store) -> None:
    line = WheelLine("w-2", OFFICE, "desk_walkthrough", (3, 10), 7, 9, 30, "sondre")
    for one in (line, replace(line, id="w-1", office_id=NEIGHBOUR, notice="window"), replace(line, day=8)):
        store.keep_line(one)
    assert store.wheel([OFFICE]) == [replace(line, day=8)]
    assert [one.id for one in store.wheel([OFFICE, NEIGHBOUR])] == ["w-1", "w-2"]
    store.drop_line("w-2")
    store.drop_line("none")
    assert [one.id for one in store.wheel([OFFICE, NEIGHBOUR])] == ["w-1"]
