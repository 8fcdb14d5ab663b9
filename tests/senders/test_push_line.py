"""The line before one push service: who goes first, who is given up, and that a newer word takes an older one's place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.phones import Phone
from server.core.push import Message
from server.senders.contract import GIVE_UP_S
from server.senders.push_line import AT_ONCE, Line, Push
from tests.core.world import T0


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def push(loop: asyncio.AbstractEventLoop, phone: str = "p", about: str = "a1", after_s: float = 0, since_s: float = 0, says: str = "") -> Push:
    words = Message((says or about).encode(), 90, "high", about)

    def made(_: datetime) -> Message:
        return words

    keys = Phone(phone, phone, f"https://push.example/{phone}", "", "", "https://varde.example")
    return Push(keys, about, made, T0 + timedelta(seconds=after_s), since_s, loop.create_future())


def says(one: Push) -> str:
    return one.made(T0).body.decode()


def test_first_come_first_served_and_never_more_than_so_many_at_once(loop: asyncio.AbstractEventLoop) -> None:
    line = Line()
    for number in range(AT_ONCE + 2):
        line.stand(push(loop, f"p{number}"), real=True)
    assert [one.phone.id for one in line.next()] == [f"p{number}" for number in range(AT_ONCE)]
    assert (list(line.next()), len(line)) == ([], 2)
    line.on_their_way -= 1
    assert [one.phone.id for one in line.next()] == [f"p{AT_ONCE}"]


def test_what_is_real_goes_before_an_exercise_of_the_whole_country(loop: asyncio.AbstractEventLoop) -> None:
    line = Line()
    for number in range(3):
        line.stand(push(loop, f"p{number}", "drill"), real=False)
    line.stand(push(loop, "p2", "alarm"), real=True)
    assert [(one.phone.id, one.about) for one in line.next()] == [("p2", "alarm"), ("p0", "drill"), ("p1", "drill"), ("p2", "drill")]


def test_the_newer_word_about_the_same_is_sent_in_the_older_ones_place_and_both_have_its_reply(loop: asyncio.AbstractEventLoop) -> None:
    line = Line()
    first = line.stand(push(loop, "p1", says="alarm"), real=True)
    line.stand(push(loop, "p2"), real=True)
    assert line.stand(push(loop, "p1", after_s=30, says="changed"), real=True) is first
    assert line.stand(push(loop, "p1", after_s=1, says="an older one, tried again"), real=True) is first
    assert [(one.phone.id, says(one)) for one in line.next()] == [("p1", "changed"), ("p2", "a1")]


def test_a_drill_that_has_become_real_goes_with_what_is_real(loop: asyncio.AbstractEventLoop) -> None:
    line = Line()
    line.stand(push(loop, "p1", says="drill"), real=False)
    line.stand(push(loop, "p2", says="drill"), real=False)
    line.stand(push(loop, "p2", after_s=1, says="real"), real=True)
    assert [(one.phone.id, says(one)) for one in line.next()] == [("p2", "real"), ("p1", "drill")]


def test_a_service_that_answers_is_waited_for_and_one_that_answers_nobody_is_not(loop: asyncio.AbstractEventLoop) -> None:
    line = Line()
    line.stand(push(loop, "p1", since_s=0), real=True)
    line.stand(push(loop, "p2", since_s=0), real=False)
    line.stand(push(loop, "p3", since_s=100), real=True)
    line.answered_s = 100 - GIVE_UP_S
    assert list(line.give_up(100)) == []
    line.answered_s = 99 - GIVE_UP_S
    assert [one.phone.id for one in line.give_up(100)] == ["p1", "p2"]
    assert [one.phone.id for one in line.next()] == ["p3"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.booleans(), st.integers(0, 9)), max_size=40))
def test_whoever_stands_in_line_goes_once_with_the_newest_word(asked: list[tuple[int, int, bool, int]]) -> None:
    loop = asyncio.new_event_loop()
    line, stood, newest = Line(), [], dict[tuple[str, object], float]()
    for phone, about, real, after_s in asked:
        one = push(loop, f"p{phone}", f"a{about}", after_s)
        key = (one.phone.id, one.about)
        newest[key] = max(newest.get(key, 0), after_s)
        stood.append(line.stand(one, real))
    went = []
    while gone := list(line.next()):
        went += gone
        line.on_their_way = 0
    loop.close()
    assert sorted(newest.items(), key=str) == sorted((((one.phone.id, one.about), (one.made_at - T0).total_seconds()) for one in went), key=str)
    assert {id(one) for one in stood} == {id(one) for one in went}
