"""Phone numbers as people and providers write them, and what people answer by SMS and with a key."""

from __future__ import annotations

import re

HOME = "+47"
"""A number of eight digits without anything before it is Norwegian."""

MOST = 15
"""Digits of the longest international number (E.164)."""


def e164(text: str) -> str | None:
    """`+4755550101` from what people and providers write: with spaces, with 00 or nothing in front. None where it is no phone number."""
    kept = re.sub(r"[\s().-]", "", text)
    if kept.startswith("00"):
        kept = "+" + kept[2:]
    digits = kept.removeprefix("+")
    if not digits.isascii() or not digits.isdigit() or len(digits) > MOST:
        return None
    if kept.startswith("+"):
        return kept if len(digits) >= 5 else None
    if len(digits) == 8:
        return HOME + digits
    if len(digits) == 10 and digits.startswith(HOME[1:]):
        return "+" + digits
    return "+" + digits if len(digits) > 8 else None


COMING, CANNOT = "1", "2"
WORDS = {
    COMING: ("1", "en", "ein", "ja", "yes", "ok", "kommer", "kjem", "coming", "tar", "tek"),
    CANNOT: ("2", "to", "nei", "no", "ikke", "ikkje", "kan ikke", "kan ikkje", "cannot", "kommer ikke", "kjem ikkje",
             "not coming", "nei kan ikke", "nei kan ikkje", "no cannot"),
}  # fmt: skip
SMALL = frozenset({"jeg", "eg", "i", "am", "den", "it", "will", "take", "svar", "trykk", "takk"})
"""Words that change nothing."""


def answer_of(text: str) -> str | None:
    """`1` (coming) or `2` (cannot) from an SMS or a key; None where it says something else, which then is a note.

    Only what is plainly an answer is one: *kommer ikke* has both words, *1 person er skadet* says more than a number.
    """
    words = [word for word in re.findall(r"\w+", text.casefold()) if word not in SMALL]
    said = " ".join(words)
    if not words:
        return None
    if said in WORDS[CANNOT]:
        return CANNOT
    found = {key for word in words for key, known in WORDS.items() if word in known}
    if len(words) <= 2 and len(found) == 1 and all(any(word in known for known in WORDS.values()) for word in words):
        return found.pop()
    return None
