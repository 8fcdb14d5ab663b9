"""Presses go first, and nothing waits for them longer than it may."""

from __future__ import annotations

from server.flow.precedence import GIVE_WAY_S, ON_ITS_WAY_S, Precedence


class Clock:
    """A clock that only sleeping moves; `pressing_until_s`: presses come all the time until then."""

    def __init__(self) -> None:
        self.now_s, self.pressing_until_s = 100.0, 0.0
        self.precedence = Precedence(lambda: self.now_s, self.sleep)

    def sleep(self, seconds: float) -> None:
        assert seconds > 0, "nobody sleeps for nothing"
        self.now_s += seconds
        if self.now_s < self.pressing_until_s:
            self.precedence.press()

    def given_way_s(self, **most: float) -> float:
        before_s = self.now_s
        self.precedence.give_way(**most)
        return self.now_s - before_s


def test_without_a_press_nothing_waits() -> None:
    assert Clock().given_way_s() == 0


def test_a_press_that_is_on_its_way_goes_first() -> None:
    clock = Clock()
    clock.precedence.press()
    assert round(clock.given_way_s(), 6) == ON_ITS_WAY_S
    assert clock.given_way_s() == 0, "it has passed"


def test_presses_without_end_hold_nothing_up_for_longer_than_it_may_wait() -> None:
    clock = Clock()
    clock.pressing_until_s = clock.now_s + 60
    clock.precedence.press()
    assert round(clock.given_way_s(), 6) == GIVE_WAY_S
    assert round(clock.given_way_s(most_s=0.005), 6) == 0.005
    assert clock.given_way_s(most_s=-1) == 0, "what is late already goes at once"
