"""What a push says: a drill first of all, nothing personal ever, the same beside the presser under duress, and small enough for every service."""

from __future__ import annotations

import json
import re
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from server.config.loading import read
from server.core import events as e
from server.core.model import Alarm
from server.core.orders import Say, of_wish, to_person
from server.core.phones import Phone
from server.core.push import ALARM_TTL_S, END_TTL_S, PLAIN_MOST, Message, alarm_message, topic_of, try_message, wish_message
from server.core.push_words import BODIES, LANGUAGES, TITLES
from server.core.signals import Kind
from server.core.values import replace
from tests.core.world import DRILL, ROLE_CARDS, T0, WORLD, after, at, opened
from tests.stack import ROOT

OSLO = ZoneInfo("Europe/Oslo")
PHONE = Phone("7f3c2d", "ola", "https://push.example/1", "key", "auth", "https://varde.example", "nb")
SAYS = [Say.ALARM, Say.CHANGED, Say.MAY_BE_OVER, Say.ASK, Say.ALL_CLEAR, Say.CANCELLED]
LABELS = {
    "btn_going": {"nb": "Jeg kommer", "nn": "Eg kjem", "en": "I am coming"}, "btn_take": {"nb": "Jeg tar den", "nn": "Eg tek den", "en": "I have it"},
    "btn_cannot": {"nb": "Jeg kan ikke", "nn": "Eg kan ikkje", "en": "I cannot"},
}  # fmt: skip
HERE = replace(WORLD, content=replace(WORLD.content, texts={"labels": LABELS}))


def message(
    alarm: Alarm, say: Say = Say.ALARM, who: str = "ola", here=HERE, quiet: bool = False, answer: str = "answer-token", **phone: str
) -> Message:
    order = to_person(alarm, who, say, 3, ("push", "sms"), T0, 0, quiet)
    return alarm_message(order, alarm, replace(PHONE, person_id=who, **phone), here, OSLO, at(600), "receipt-token", answer)


def form(made: Message) -> dict:
    return json.loads(made.body)


def test_the_one_form_for_all_browsers_is_declarative_and_mutable() -> None:
    made = form(message(opened().alarm))
    assert (made["web_push"], made["mutable"], made["app_badge"]) == (8030, True, 1)
    notification = made["notification"]
    assert notification["title"] == "ALARM 11:00 – åpne Varde"
    assert notification["navigate"] == f"https://varde.example/i/{opened().alarm.id}"
    assert notification["data"]["rcpt"] == "receipt-token" and notification["data"]["answer"] == "answer-token"
    assert [(one["action"], one["title"]) for one in notification["actions"]] == [
        ("acknowledge", "Jeg kommer"),
        ("decline", "Jeg kan ikke"),
    ]
    assert all(one["navigate"].startswith("https://varde.example/") for one in notification["actions"])


@pytest.mark.parametrize(
    ("say", "ttl_s"), [(Say.ALARM, ALARM_TTL_S), (Say.CHANGED, ALARM_TTL_S), (Say.MAY_BE_OVER, ALARM_TTL_S), (Say.ALL_CLEAR, END_TTL_S)]
)
def test_each_has_a_time_to_live_urgency_and_the_alarms_topic(say: Say, ttl_s: int) -> None:
    made = message(opened().alarm, say)
    assert (made.ttl_s, made.urgency, made.topic) == (ttl_s, "high", topic_of(opened().alarm.id))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", made.topic) and opened().alarm.id not in made.topic
    assert form(made)["notification"]["tag"] == made.topic, "the newer one takes the older one's place, at the service and on the screen"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wish_to_talk_takes_no_alarms_place_names_nobody_and_opens_the_front_page(language: str) -> None:
    alarm = opened().alarm
    made = wish_message(of_wish(alarm, 900, "liv", ("push", "sms"), at(900)), alarm, replace(PHONE, language=language), OSLO, "receipt-token")
    said = form(made)["notification"]
    assert made.topic == said["tag"] != topic_of(alarm.id) and made.urgency == "normal" and "app_badge" not in form(made)
    assert said["navigate"] == "https://varde.example/" and said["data"] == {"v": 1, "kind": "wish_to_talk", "drill": False, "rcpt": "receipt-token"}
    assert "11:00" in said["body"] and alarm.id not in made.body.decode() and not set(re.findall(r"\w+", made.body.decode().lower())) & {"ola", "kari", "liv"}


def test_two_alarms_never_take_each_others_place() -> None:
    assert topic_of("a-1") != topic_of("a-2")


@pytest.mark.parametrize(("say", "language", "surface"), list(product(SAYS, LANGUAGES, ("phone", "desk"))))
def test_a_drill_is_marked_in_the_first_word_and_a_real_one_never_is(say: Say, language: str, surface: str) -> None:
    first = ("ØVELSE", "ØVING", "EXERCISE")
    drill, real = (
        form(message(opened(drill=mark).alarm, say, language=language, surface=surface))["notification"] for mark in (DRILL, None)
    )
    assert drill["title"].startswith(first[LANGUAGES.index(language)]) and drill["data"]["drill"] is True
    assert not real["title"].startswith(first) and real["data"]["drill"] is False
    assert drill["lang"] == real["lang"] == language


def test_a_real_alarm_that_ended_a_drill_says_so_in_its_first_words() -> None:
    real = replace(opened().alarm, ended_drills=("a-0",))
    assert form(message(real))["notification"]["title"] == "EKTE ALARM 11:00 – ikke øvelse"
    assert form(message(real, language="en"))["notification"]["title"].startswith("REAL ALARM")
    assert form(message(real, Say.ALL_CLEAR))["notification"]["title"].startswith("AVSLUTTET")


def test_every_text_is_there_in_three_languages_and_shouts_no_exclamation_marks() -> None:
    for words in (*TITLES.values(), *BODIES.values()):
        assert set(words) == set(LANGUAGES) and all(text.strip() and "!" not in text for text in words.values())


def test_a_language_that_is_not_ours_is_bokmål() -> None:
    assert form(message(opened().alarm, language="se"))["notification"]["lang"] == "nb"


def test_coming_calmly_does_not_read_as_an_alarm() -> None:
    assert form(message(opened(Kind.ASSIST).alarm))["notification"]["title"] == "ASSISTANSE 11:00 – åpne Varde"


def test_a_quiet_order_makes_no_sound() -> None:
    assert form(message(opened().alarm, quiet=True))["notification"]["silent"] is True
    assert form(message(opened().alarm))["notification"]["silent"] is False


def test_on_a_desk_that_visitors_may_see_a_silent_alarm_is_a_case_without_answers() -> None:
    assert WORLD.content.situations[opened().alarm.situation].silent
    shown = form(message(opened().alarm, who="nora", surface="desk"))["notification"]
    assert shown["title"] == "Sak 11:00 – åpne Varde" and "actions" not in shown and "answer" not in shown["data"]


@pytest.mark.parametrize(("room", "title"), [("landskap", "ALARM"), ("mottak", "Sak"), (None, "Sak"), ("nowhere", "Sak")])
def test_a_desk_in_a_room_without_visitors_is_told_whole_and_one_of_which_nothing_is_known_is_not(room: str | None, title: str) -> None:
    here = replace(WORLD, people={**WORLD.people, "nora": replace(WORLD.people["nora"], zone_id=room)})
    shown = form(message(opened().alarm, who="nora", here=here, surface="desk"))["notification"]
    assert shown["title"].split()[0] == title and "actions" not in shown
    own = form(message(replace(opened().alarm, raiser_id="nora"), who="nora", here=here, surface="desk"))["notification"]
    assert own["title"].startswith("Sak"), "the desk that pressed shows nothing to whoever stands before it"


def test_only_an_alarm_that_this_person_may_answer_has_answers() -> None:
    alarm = opened().alarm
    for say in SAYS[1:]:
        assert "actions" not in form(message(alarm, say))["notification"]
    assert "actions" not in form(message(alarm, who=str(alarm.raiser_id)))["notification"]
    assert "actions" not in form(message(alarm, answer=""))["notification"]


def test_where_nobody_is_sent_the_answer_is_not_that_i_am_coming() -> None:
    alarm = replace(opened().alarm, situation=next(s.id for s in WORLD.content.situations.values() if s.go_to_scene == "nobody"))
    assert form(message(alarm))["notification"]["actions"][0]["title"] == "Jeg tar den"


def test_beside_the_presser_the_words_are_the_same_under_duress() -> None:
    assist = opened(Kind.ASSIST).alarm
    free, forced = (after(assist, (5, e.CallOff("kari", 1, duress=duress))) for duress in (False, True))
    assert free.level is not forced.level, "elsewhere it is told"
    for say in SAYS:
        assert message(free, say, "nora") == message(forced, say, "nora")


def test_no_push_names_anybody_or_any_place() -> None:
    """P9: every word of every name, zone, office, address, number and note of the demo's site is looked for in every push of it."""
    here = read(ROOT / "config/demo", ROLE_CARDS.parent).directory
    personal = {
        word
        for text in (
            *(p.name for p in here.people.values()), *(p.id for p in here.people.values()), *(p.phone for p in here.people.values()),
            *(z.name for z in here.zones.values()), *(z.detail for z in here.zones.values()), *(o.name for o in here.offices.values()),
            *(o.id for o in here.offices.values()), *(o.address for o in here.offices.values()), *(d.name for d in here.devices.values()),
            *(c.name for c in here.contacts.values()), "Høstøvelsen",
        )
        for word in re.findall(r"[\wæøåÆØÅ]{4,}", text)
    }  # fmt: skip
    assert {"Brekke", "Fjordvik", "Mottak", "Havnegata", "Høstøvelsen"} <= personal
    alarm = replace(opened(drill=DRILL).alarm, told=tuple(here.people))
    for mark, say, who, language, surface in product(
        (DRILL, None), SAYS, ("ola.brekke", "kari.nilsen"), LANGUAGES, ("phone", "desk", "wallboard")
    ):
        made = message(replace(alarm, drill=mark), say, who, here, language=language, surface=surface)
        read_by_people = re.findall(r"[\wæøåÆØÅ]{4,}", made.body.decode())
        named = {word.lower() for word in personal} & {word.lower() for word in read_by_people}
        assert named <= {"alarm", "alarmen"}, "words of what happens, not of whom or where"
        assert len(made.body) <= 1000 < PLAIN_MOST


def test_the_test_message_is_seen_says_what_it_is_and_disturbs_no_alarm() -> None:
    for language in LANGUAGES:
        made = try_message(replace(PHONE, language=language), OSLO, T0, "receipt-token")
        assert (made.urgency, made.topic, made.ttl_s) == ("normal", "test", 86_400)
        notification = form(made)["notification"]
        assert re.match("Varde[- ]test 11:00", notification["title"]) and notification["silent"] is False
        assert (
            notification["tag"] != form(message(opened().alarm))["notification"]["tag"] and notification["data"]["rcpt"] == "receipt-token"
        )
