"""The log: append-only and chained, so that tampering shows and yet a person's data can be deleted."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from server.core import events as e
from server.core.log import Entry, Said, chain, first_broken
from server.core.projection import near_log
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import T0, after, at, coming, data, opened, resolve, said, step, wait_until

salts = (f"{number:032x}" for number in count())


def written() -> list[Entry]:
    """The log of a small alarm, as a door writes it: chained decision by decision."""
    decisions = [opened()]
    for seconds, event in ((5, coming("ola")), (9, e.AddNote("ola", "Ser ham – æøå")), (12, e.Arrive("ola")), (60, resolve())):
        decisions.append(step(decisions[-1], event, seconds))
    entries: list[Entry] = []
    for seconds, decision in zip((0, 5, 9, 12, 60), decisions):
        head = entries[-1].hash if entries else ""
        entries += chain("a-1", len(entries), head, decision.said, at(seconds), salts)
    return entries


ENTRIES = written()


def test_the_chain_of_a_whole_alarm_holds_and_is_numbered_without_gaps() -> None:
    assert first_broken(ENTRIES) is None
    assert [entry.n for entry in ENTRIES] == list(range(1, len(ENTRIES) + 1))
    assert [entry.what for entry in ENTRIES] == ["opened", "step_started", "acknowledged", "note", "arrived", "resolved"]
    assert first_broken([]) is None


@pytest.mark.parametrize("field", Entry.__struct_fields__)
@pytest.mark.parametrize("index", range(len(ENTRIES)))
def test_changing_anything_of_any_entry_breaks_the_chain_at_that_link(index: int, field: str) -> None:
    value = getattr(ENTRIES[index], field)
    for changed in changes(value):
        tampered = [*ENTRIES]
        tampered[index] = replace(tampered[index], **{field: changed})
        expected = index + 1
        assert first_broken(tampered) in ((expected, changed) if field == "n" else (expected,)), f"{field}: {changed!r}"


def changes(value: object) -> list[object]:
    """Every way of changing one character or, for others, a near miss."""
    if isinstance(value, str):
        flipped = [value[:i] + chr(ord(letter) ^ 1) + value[i + 1 :] for i, letter in enumerate(value)]
        return [*flipped, value + " ", *([""] if value else [])]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if value is None:
        return ["ola"]
    return [value + timedelta(microseconds=1), value - timedelta(days=1)]


def test_taking_an_entry_out_or_swapping_two_breaks_the_chain() -> None:
    assert first_broken([*ENTRIES[:2], *ENTRIES[3:]]) == 3
    assert first_broken([ENTRIES[1], ENTRIES[0], *ENTRIES[2:]]) == 1
    assert first_broken([*ENTRIES, ENTRIES[-1]]) == len(ENTRIES) + 1


def test_a_persons_data_can_be_deleted_with_its_salt_and_the_chain_still_holds() -> None:
    deleted = [replace(entry, data="", salt="") if entry.by == "ola" else entry for entry in ENTRIES]
    assert first_broken(deleted) is None
    assert not any("Ser ham" in entry.data for entry in deleted)


def test_nothing_can_be_written_where_data_was_deleted() -> None:
    forged = [replace(entry, data='{"text":"alt i orden"}', salt="") if entry.what == "note" else entry for entry in ENTRIES]
    assert first_broken(forged) == 4


def test_the_same_words_have_different_digests() -> None:
    one, two = chain("a-1", 0, "", [Said("note", "ola", {"text": "ja"})] * 2, T0, ["salt", "pepper"])
    assert one.digest != two.digest, "or a guess at deleted data could be checked"


def test_nothing_that_was_said_is_left_out_for_want_of_a_salt() -> None:
    with pytest.raises(AssertionError):
        chain("a-1", 0, "", [Said("note")] * 2, T0, ["only one"])


def test_every_word_is_one_that_the_documents_name() -> None:
    from tests.core.world import ROLE_CARDS

    page = (ROLE_CARDS.parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    named = set(page[page.index("## Words of the log") :].replace("`", " ").split())
    alarm, decided = wait_until(after(opened(), (5, e.CallOff("kari", 1, duress=True)), (6, e.Shelter("siri")), (7, e.Decline("ola"))), 900)
    assert set(said(decided)) <= named and {entry.what for entry in ENTRIES} <= named


ACTS: list[tuple[e.Event, str]] = [
    (coming("ola"), "acknowledged"),
    (e.Arrive("ola"), "arrived"),
    (e.Confirm("ola", "seen", 1), "confirmed"),
    (e.Tick("jon", "caller_112", "call"), "tick"),
    (e.SetMark("jon", "police_called"), "mark"),
    (e.Decline("ola"), "declined"),
    (e.Shelter("ola"), "sheltered"),
    (e.AddNote("ola", "Ser ham"), "note"),
    (e.ChangeSituation("ola", "weapon"), "situation_changed"),
    (e.CallOff("kari", 1), "called_off"),
    (resolve(), "resolved"),
]


@pytest.mark.parametrize(("act", "word"), ACTS, ids=[word for _, word in ACTS])
def test_what_somebody_does_stands_once_in_the_log(act: e.Event, word: str) -> None:
    decision = step(opened(), act, 5)
    assert [(one.what, one.by) for one in decision.said if one.by] == [(word, act.by)]


def test_the_entry_of_an_act_names_the_time_stamp_that_it_set_and_only_the_first_time() -> None:
    first = step(opened(), coming("ola"), 5)
    assert data(first, "acknowledged")["mark"] == "acknowledged"
    assert "mark" not in data(step(first, coming("siri"), 6), "acknowledged"), "the first answer is the one that counts"
    called = step(first, e.Tick("jon", "caller_112", "call"), 7)
    assert data(called, "tick")["mark"] == "police_called"
    assert data(step(called, e.SetMark("ola", "police_called"), 8), "mark") == {"mark": "police_called", "again": True}
    assert data(step(called, e.SetMark("ola", "police_expected", "10:20"), 8), "mark") == {"mark": "police_expected", "value": "10:20"}


def test_a_fall_that_is_called_off_stands_once_in_the_log() -> None:
    assert said(step(opened(Kind.FALL), e.CallOff("kari", 1), 5)) == ["cancelled"]


# ---------------------------------------------------------------- near the person


def shown(*words: str) -> list[str]:
    return [word for word, seen in zip(words, near_log(words)) if seen]


def test_near_the_person_the_log_says_nothing_of_duress() -> None:
    assert shown("opened", "duress", "level_raised", "acknowledged") == ["opened", "acknowledged"]


def test_near_the_person_the_log_stands_still_after_a_call_off_until_the_end_or_a_new_press() -> None:
    normal = shown("opened", "called_off", "call_off_unconfirmed", "step_started", "resolved")
    forced = shown("opened", "called_off", "duress", "step_started", "acknowledged", "step_started", "resolved")
    assert normal == forced == ["opened", "called_off", "resolved"]
    assert shown("called_off", "step_started", "joined", "call_off_cleared", "acknowledged") == ["called_off", "joined", "call_off_cleared", "acknowledged"]


def test_near_the_person_a_fall_that_was_called_off_is_over_for_good() -> None:
    normal = shown("opened", "asked", "cancelled")
    forced = shown("opened", "asked", "cancelled", "duress", "step_started", "joined", "resolved")
    assert normal == forced
