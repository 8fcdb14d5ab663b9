"""Which PINs are refused: those that anybody would try first, and two that one slip of the thumb would take for each other."""

from __future__ import annotations

COLUMN = "2580"
"""Straight down the keys: among the five most common everywhere."""


def refused(pin: str, duress_pin: str) -> str | None:
    """None where both may be used; else `same_pin`, `weak_pin`, `weak_duress_pin` or `like_pin`. Digits only, both of them."""
    if pin == duress_pin:
        return "same_pin"
    if weak(pin):
        return "weak_pin"
    if weak(duress_pin):
        return "weak_duress_pin"  # somebody who guesses would else raise an alarm
    return "like_pin" if one_slip_apart(pin, duress_pin) else None


def weak(pin: str) -> bool:
    """One digit only, a run, the same again (1212, 123123), a year, or the middle column of the keys."""
    steps = {int(after) - int(before) for before, after in zip(pin, pin[1:], strict=False)}
    half = len(pin) // 2
    again = len(pin) % 2 == 0 and pin[:half] == pin[half:]
    year = len(pin) == 4 and "1930" <= pin <= "2039"
    return steps in ({0}, {1}, {-1}) or again or year or pin in (COLUMN, COLUMN[::-1])


def one_slip_apart(one: str, other: str) -> bool:
    """One digit wrong, one too many, one too few, or two neighbours in the wrong order."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) == 1:
        return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
    if len(long) != len(short):
        return False
    wrong = [at for at in range(len(one)) if one[at] != other[at]]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        return one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
    return len(wrong) <= 1
