"""What is written into the database comes back as it was, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core import directory, model, signals
from server.core.model import Alarm
from server.core.signals import Signal
from server.core.values import replace
from server.store.codec import dump, from_us, instant, load_alarm, load_signal, to_us
from server.store.contract import Change, SignalKept, Store
from tests.store.values import T0, alarm

zones = st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-11, minutes=-30))])
instants = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=zones)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
"""PostgreSQL's texts hold no zero character."""
numbers = st.integers(-(2**31), 2**31 - 1)


def names_of(kind: type) -> tuple[str, ...]:
    """The fields of a value; of a signal, which is a dataclass; of anything else none."""
    return tuple(getattr(kind, "__struct_fields__", None) or getattr(kind, "__dataclass_fields__", ()))


def made(kind: type, /, **fields: st.SearchStrategy) -> st.SearchStrategy:  # type: ignore[type-arg]
    """Every field of a value is drawn; one that is not named here fails the test of its name below."""
    assert fields.keys() == set(names_of(kind)), f"{kind.__name__} has other fields now: teach the codec and this test"
    return st.builds(kind, **fields)


some = partial(st.one_of, st.none())
flags = st.booleans()


def several(of: st.SearchStrategy) -> st.SearchStrategy:  # type: ignore[type-arg]
    return st.lists(of, max_size=3).map(tuple)


places = made(model.Place, office=words, address=words, zone_id=some(words), zone=words, floor=words, detail=words, public=flags, also_in=several(words))
joined = made(
    model.Joined, id=words, kind=st.sampled_from(signals.Kind), heard_at=instants, pressed_at=some(instants), device_id=some(words),
    person_id=some(words), doubt=some(st.sampled_from(signals.Doubt)),
)  # fmt: skip
steps = made(
    directory.Step, tell=several(made(directory.Selector, by=words, value=words, office_id=words)), channels=several(words), wait_s=numbers
)  # fmt: skip
plans = made(
    model.Running, plan_id=words, owner_id=words, steps=several(steps), number=numbers, started_at=instants, due_at=some(instants), rounds=numbers
)  # fmt: skip
assignments = made(
    model.Assignment, person_id=words, role=some(words), stage=st.sampled_from(model.Stage), since=instants, lapse_at=some(instants),
    eta_at=some(instants), ask=some(st.sampled_from(model.Ask)), ticks=several(words),
)  # fmt: skip
drills = made(
    model.Drill, id=words, name=words, leader_id=some(words), planned=flags, offices=several(words), guests=several(words), left_out=several(words),
    observers=several(words), reminded=numbers,
)  # fmt: skip
alarms = made(
    Alarm, id=words, version=numbers, office_id=words, state=st.sampled_from(model.State), kind=st.sampled_from(signals.Kind),
    level=st.sampled_from(model.Level), situation=words, presser=words, place=places, opened_at=instants, signals=several(joined),
    signals_count=numbers, plan=plans, drill=some(drills),
    raiser_id=some(words), also_raised=several(words), device_ids=several(words),
    lit_ids=several(words), told=several(words), assignments=several(assignments),
    marks=several(made(model.MarkSet, mark=words, at=instants, by=words, value=some(words))),
    notes=several(made(model.Note, at=instants, by=words, text=words)), notes_count=numbers, grace_until=some(instants),
    called_off=some(made(model.CalledOff, at=instants, by=words, confirm_by=some(instants))),
    confirmed=some(made(model.Confirmed, at=instants, by=words, how=words)), duress=flags, hidden=flags,
    feigned=some(st.sampled_from(model.State)), quiet_since=some(numbers),
    ending=some(made(model.Ending, outcome=st.sampled_from(model.Outcome), at=instants, by=some(words), text=words, became=some(words))),
    ended_drills=several(words), device_told=words,
    log_count=numbers, log_head=words, visit_id=some(words), contact_id=some(words), situation_at=some(instants), changed_at=some(instants),
)  # fmt: skip
floats = st.floats(allow_nan=False, allow_infinity=False)
positions = made(signals.Position, lat=floats, lon=floats, accuracy_m=some(floats), at=some(instants))
cries = made(
    Signal, id=words, kind=st.sampled_from(signals.Kind), office_id=words, heard_at=instants, device_id=some(words), person_id=some(words),
    zone_id=some(words), pressed_at=some(instants), retained=flags, verified=flags, doubt=some(st.sampled_from(signals.Doubt)),
    battery=some(numbers), position=some(positions), detail=some(words), waited_s=st.just(0.0),  # how long it waited is asked once, and not kept
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(alarms)
def test_an_alarm_comes_back_with_every_field(one: Alarm) -> None:
    back = load_alarm(dump(one))
    assert back == one
    assert same_types(back, one)


@settings(max_examples=150, deadline=None)
@given(cries)
def test_a_signal_comes_back_with_every_field(one: Signal) -> None:
    back = load_signal(dump(one))
    assert back == one
    assert same_types(back, one)
    assert back.digest() == one.digest(), "a copy of it is still known as one"


@given(st.datetimes(timezones=zones, min_value=datetime(1900, 1, 1), max_value=datetime(9000, 1, 1)))
def test_an_instant_comes_back_to_the_microsecond_and_in_order(at: datetime) -> None:
    us = to_us(at)
    assert us is not None and from_us(us) == at and instant(us).tzinfo is UTC
    assert to_us(at + timedelta(microseconds=1)) == us + 1


def test_no_instant_is_none() -> None:
    assert to_us(None) is None and from_us(None) is None
    assert to_us(datetime(1970, 1, 1, tzinfo=UTC)) == 0 and from_us(0) == datetime(1970, 1, 1, tzinfo=UTC)


NEWER = ("also_raised", "contact_id", "situation_at", "changed_at")
"""What an alarm of an earlier version was kept without. Each has a value that says so."""


def test_an_alarm_that_an_earlier_version_kept_is_read() -> None:
    stored = orjson.loads(dump(replace(alarm(), changed_at=T0)))
    for field in NEWER:
        del stored[field]
    read = load_alarm(orjson.dumps(stored).decode())
    assert read == alarm() and read.raisers == ("kari",)


def test_an_alarm_of_a_drill_that_an_earlier_version_kept_has_had_no_reminder() -> None:
    one = replace(alarm(), drill=model.Drill("d-1", "Høst", "liv", left_out=("nina",), reminded=1))
    stored = orjson.loads(dump(one))
    del stored["drill"]["reminded"]
    assert load_alarm(orjson.dumps(stored).decode()) == replace(one, drill=replace(one.drill, reminded=0))


@pytest.mark.parametrize("field", [one for one in names_of(Alarm) if one not in NEWER])
def test_a_stored_alarm_that_lacks_a_field_is_an_error_and_never_a_guess(field: str) -> None:
    stored = orjson.loads(dump(alarm()))
    del stored[field]
    with pytest.raises(KeyError):
        load_alarm(orjson.dumps(stored).decode())


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=alarms, cry=cries)
def test_what_people_write_survives_every_store(store: Store, one: Alarm, cry: Signal) -> None:
    number = len(store.alarm_ids())
    one, cry = replace(one, id=f"{number}-{one.id}", version=1), replace(cry, id=f"{number}-{cry.id}")
    kept = SignalKept(cry, "digest", "opened", one.id, T0)
    store.commit(Change(T0, [(0, one)], [kept]))
    assert store.alarms([one.id]) == {one.id: one} and store.signals([cry.id]) == {cry.id: kept}


def same_types(one: object, other: object) -> bool:
    """Equality takes a word for its enum: this does not."""
    if type(one) is not type(other):
        return isinstance(one, datetime) and isinstance(other, datetime)
    if names := names_of(type(one)):
        return all(same_types(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, tuple):
        return all(map(same_types, one, other))  # type: ignore[arg-type]
    return True
