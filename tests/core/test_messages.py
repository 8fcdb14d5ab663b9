"""What SMS and calls say: zone and office, never a name; the word for an exercise first; nothing that duress has changed beside the presser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone

import pytest

from server.core import events as e
from server.core import orders
from server.core.messages import FIRST, NEEDED, Message, language_of, message, reply
from server.core.model import Alarm
from server.core.orders import Order, Say
from server.core.signals import Kind
from server.core.values import replace, replace as copy
from tests.core.world import DRILL, WORLD, after, at, messages, opened, order_to, pressed, step

OSLO = timezone(timedelta(hours=1))
HERE = WORLD
GUARD = "@fjordvik/vekter"


def words(order: Order, alarm: Alarm, answerable: bool = True) -> Message:
    return message(order, alarm, HERE, OSLO, at(90), answerable)


def to_guard(alarm: Alarm, say: Say = Say.ALARM) -> Order:
    return orders.to_contact(replace(alarm, drill=None), HERE.contacts[GUARD], say, 1, ("sms",), at(0))


def said_of(alarm: Alarm, recipient: str = "ola", say: Say = Say.ALARM, reason: str | None = None, answerable: bool = True) -> Message:
    order = to_guard(alarm, say) if recipient == GUARD else orders.to_person(alarm, recipient, say, 1, ("sms",), at(0), at(0), False, reason)
    return words(order, alarm, answerable)


def every_alarm() -> Iterator[Alarm]:
    for situation in sorted(HERE.content.situations):
        for kind in (Kind.PANIC, Kind.ASSIST, Kind.MISSED_CHECKIN):
            yield opened(kind, situation=situation).alarm


def test_it_says_what_where_and_when_and_asks() -> None:
    said = said_of(opened(situation="desk_alarm").alarm)
    assert said.text == "ALARM Mottak, Nav Fjordvik, kl. 11:00. Ikke ring den som trykket. Svar 1: jeg kommer. 2: jeg kan ikke."
    assert said.subject == "ALARM Mottak, Nav Fjordvik, kl. 11:00." and said.keys


def test_no_message_of_any_sort_names_anybody() -> None:
    names = {part for person in HERE.people.values() for part in person.name.split() if len(part) > 2}
    for alarm in every_alarm():
        for say in (*FIRST, Say.ASK):
            for recipient in ("ola", "nora", "liv", GUARD):
                said = said_of(alarm, recipient, say, "late_ack" if say is Say.ASK else None)
                assert not [name for name in names if name in said.text + said.spoken + said.subject], said


def test_a_call_says_it_twice_with_the_keys() -> None:
    said = said_of(opened().alarm)
    assert said.spoken.startswith("Dette er Varde.") and said.spoken.count("Mottak, Nav Fjordvik") == 2 and said.spoken.count("Trykk 1") == 2


def test_everything_of_a_drill_says_so_first() -> None:
    drill = opened(drill=DRILL).alarm
    for say in FIRST:
        said = said_of(drill, say=say)
        assert all(one.startswith("ØVELSE ØVELSE: ") for one in (said.text, said.spoken, said.subject))
        assert "ØVELSE" not in said_of(opened().alarm, say=say).text
    assert reply("coming", "en", HERE, drill).startswith("EXERCISE")


REAL = {"nb": "EKTE ALARM, ikke øvelse. ", "nn": "EKTE ALARM, ikkje øving. ", "en": "REAL ALARM, not an exercise. "}


@pytest.mark.parametrize("language", REAL)
@pytest.mark.parametrize(("say", "reason"), [(Say.ALARM, "was_drill"), (Say.ALARM, "look_yourself"), (Say.CHANGED, None), (Say.CHANGED, "weapon")])
def test_what_has_ended_an_exercise_says_first_that_it_is_real(language: str, say: Say, reason: str | None) -> None:
    """Else it is the exercise's message of a minute ago without its first word."""
    here = copy(HERE, people={**HERE.people, "ola": replace(HERE.people["ola"], language=language)})
    for bare in (here, copy(here, content=copy(here.content, messages={}))):
        plain = opened().alarm
        real = replace(plain, ended_drills=("a-0",))
        order = orders.to_person(real, "ola", say, 1, ("sms",), at(0), at(0), False, reason)
        said, without = (message(order, alarm, bare, OSLO, at(0), True) for alarm in (real, plain))
        assert (said.text, said.subject) == (REAL[language] + without.text, REAL[language] + without.subject)
        assert said.spoken.startswith(REAL[language])


def test_what_comes_after_says_nothing_of_it() -> None:
    real = replace(opened().alarm, ended_drills=("a-0",))
    for say in (Say.ASK, Say.MAY_BE_OVER, Say.ALL_CLEAR, Say.CANCELLED):
        assert "EKTE" not in said_of(real, say=say, reason="late_ack").text


@pytest.mark.parametrize("drill", [True, False], ids=["an exercise", "real after one"])
def test_whoever_lifts_late_or_has_an_answering_machine_hears_the_mark_before_the_second_half(drill: bool) -> None:
    alarm = opened(drill=DRILL).alarm if drill else replace(opened().alarm, ended_drills=("a-0",))
    mark = "ØVELSE ØVELSE: " if drill else REAL["nb"]
    for answerable in (True, False):
        first, second = said_of(alarm, answerable=answerable).spoken.split(" Jeg gjentar. ")
        assert first.startswith(mark) and second == mark + first.removeprefix(mark + "Dette er Varde. ")


def test_a_drill_is_marked_also_where_the_content_has_no_word_for_it() -> None:
    bare = copy(HERE, content=copy(HERE.content, texts={}, messages={}))
    drill = opened(drill=DRILL).alarm
    said = message(order_to(step(drill, e.MoreHelp("ola"), 40), "jon"), drill, bare, OSLO, at(0), True)
    assert said.text.startswith("ØVELSE") and "Mottak" in said.text, "and something goes out even so"


@pytest.mark.parametrize(("language", "word"), [("nb", "jeg kommer"), ("nn", "eg kjem"), ("en", "I am coming")])
def test_each_is_told_in_his_own_language(language: str, word: str) -> None:
    people = {**HERE.people, "ola": replace(HERE.people["ola"], language=language)}
    alarm = opened().alarm
    order = orders.to_person(alarm, "ola", Say.ALARM, 1, ("sms",), at(0), at(0))
    said = message(order, alarm, copy(HERE, people=people), OSLO, at(0), True)
    assert word in said.text and said.language == language


def test_where_nobody_goes_nobody_is_asked_to_come() -> None:
    nobody = [alarm for alarm in every_alarm() if HERE.content.situations[alarm.situation].go_to_scene != "pair"]
    assert nobody
    for alarm in nobody:
        said = said_of(alarm)
        assert "Ingen drar dit" in said.text and "jeg tar den" in said.text and "jeg kommer" not in said.text


def test_whoever_must_not_ring_is_told_so() -> None:
    for alarm in every_alarm():
        said = said_of(alarm)
        never = "never" in (HERE.content.situations[alarm.situation].ring_presser,)
        if never and alarm.level == HERE.content.situations[alarm.situation].level:
            assert "Ikke ring den som trykket." in said.text, alarm.situation


def test_coming_calmly_is_not_called_an_alarm() -> None:
    assert said_of(opened(Kind.ASSIST).alarm).text.startswith("Assistanse: kom rolig")


def test_somebody_from_outside_is_told_the_address_and_is_not_asked_to_open_anything() -> None:
    alarm = opened(situation="evacuation").alarm
    said = said_of(alarm, GUARD, answerable=False)
    assert "Adresse: Havnegata 4" in said.text and "Åpne Varde" not in said.text
    assert "Adresse" not in said_of(alarm).text


def test_where_no_answer_comes_back_nobody_is_asked_to_answer_there() -> None:
    said = said_of(opened().alarm, answerable=False)
    assert "Svar 1" not in said.text and "Trykk" not in said.spoken and "Åpne Varde og svar." in said.text and not said.keys


def test_what_only_informs_asks_nothing() -> None:
    for say in (Say.MAY_BE_OVER, Say.ALL_CLEAR, Say.CANCELLED, Say.WISH_TO_TALK):
        said = said_of(opened().alarm, say=say)
        assert not said.keys and "Svar" not in said.text and "Trykk" not in said.spoken


def test_a_wish_to_talk_says_after_which_alarm_and_neither_who_nor_where() -> None:
    said = said_of(opened().alarm, "liv", say=Say.WISH_TO_TALK)
    assert said.text == "Noen vil snakke - åpne Varde. Etter alarmen 11:00. Følg opp."


def test_weapon_has_words_of_its_own() -> None:
    alarm = after(opened(), e.ChangeSituation("ola", "weapon"))
    assert said_of(alarm, say=Say.CHANGED, reason="weapon").text.startswith("Våpen. Alle bort.")


def test_the_owner_is_told_which_role_nobody_has() -> None:
    assert "Ingen på vakt har rollen Koordinator." in said_of(opened().alarm, "liv", reason="nobody_for_role:coordinator").text


def test_beside_the_presser_duress_changes_no_word() -> None:
    """As the words of everything else near: with the same seed, ids and clock they are equal."""
    normal, forced = (after(opened(by=None, device_id="karis"), e.CallOff("kari", 1, duress=duress)) for duress in (False, True))
    for say in FIRST:
        assert said_of(normal, "nora", say) == said_of(forced, "nora", say)
    assert "Ikke ring" in said_of(forced, "ola", reason="duress").text
    again = step(forced, pressed(Kind.DURESS), 20).alarm
    assert said_of(again, "nora") == said_of(step(normal, pressed(Kind.PANIC), 20).alarm, "nora") or again.quiet_since is not None


def test_every_text_is_there_in_every_language() -> None:
    for name in NEEDED:
        assert set(messages()[name]) == {"nb", "nn", "en"}
    assert language_of("nobody", HERE) == "nb" and language_of("@x/y", HERE) == "nb"
