"""After an alarm: everybody whom it concerned can say how they are, and those who lead see who wants to talk and who has not said."""

from __future__ import annotations

from server.core.access import Viewer, is_near
from server.core.aftermath import Aftermath, Word, concerned, is_heard, listeners, view
from server.core.model import Alarm, State
from server.core.orders import Order, Say, overtaken
from server.core.values import replace
from server.flow import aftermath
from tests.flow.house import DRILL, House

LIV, KARI, OLA, ODD = Viewer("liv"), Viewer("kari"), Viewer("ola"), Viewer("odd")


def ended(house: House) -> Alarm:
    alarm = house.press()
    house.end(alarm)
    return house.again(alarm)


def seen(house: House, viewer: Viewer, alarm: Alarm) -> dict[str, object]:
    return view(viewer, alarm, house.store.aftermath([alarm.id]), house.directory)


def test_who_was_told_says_how_they_are_and_who_leads_sees_it(house: House) -> None:
    alarm = ended(house)
    own = {"asked": True, "mine": None, "followed_up_by": None, "hears": ["Liv"], "answers": [], "waiting": []}
    assert seen(house, OLA, alarm) == own, "only those who lead see others"
    before = seen(house, LIV, alarm)["waiting"]
    assert isinstance(before, list) and len(before) == len(concerned(alarm, house.directory))
    assert aftermath.say(house.context, OLA, alarm, Word.FINE) is None
    house.clock.push(5)
    assert aftermath.say(house.context, OLA, alarm, Word.TALK) is None, "the last word counts"
    assert seen(house, OLA, alarm)["mine"] == "talk"
    [row] = seen(house, LIV, alarm)["answers"]  # type: ignore[misc]
    assert (row["person_id"], row["word"], row["at"], row["seen_by"]) == ("ola", "talk", house.clock.now, None)
    assert len(seen(house, LIV, alarm)["waiting"]) == len(before) - 1  # type: ignore[arg-type]


def test_a_wish_to_talk_waits_with_those_who_lead_until_one_of_them_follows_it_up(house: House) -> None:
    alarm = ended(house)
    aftermath.say(house.context, OLA, alarm, Word.TALK)
    [wish] = aftermath.wishes(house.context, LIV)
    assert (wish["alarm_id"], wish["person_id"]) == (alarm.id, "ola")
    assert all(aftermath.wishes(house.context, other) == [] for other in (OLA, KARI, replace(LIV, surface="wallboard")))
    assert aftermath.follow_up(house.context, OLA, alarm.id, "ola") == "not_allowed"
    assert aftermath.follow_up(house.context, LIV, alarm.id, "kari") == "nothing_said"
    for _ in range(2):
        assert aftermath.follow_up(house.context, LIV, alarm.id, "ola") is None
    assert aftermath.wishes(house.context, LIV) == []
    assert seen(house, LIV, alarm)["answers"][0]["seen_by"]  # type: ignore[index]
    aftermath.say(house.context, OLA, alarm, Word.TALK)
    assert len(aftermath.wishes(house.context, LIV)) == 1, "who says it again waits again"


def wish_orders(house: House, alarm: Alarm) -> list[Order]:
    return [order for order in house.store.orders(alarm.id) if order.say is Say.WISH_TO_TALK]


def test_those_who_lead_are_told_of_a_wish_at_once_and_again_when_it_is_said_again(house: House) -> None:
    alarm = ended(house)
    aftermath.say(house.context, OLA, alarm, Word.FINE)
    assert wish_orders(house, alarm) == []
    for _ in range(2):
        assert aftermath.say(house.context, OLA, alarm, Word.TALK) is None
    assert [order.recipient for order in wish_orders(house, alarm)] == ["liv"], "a second tap tells nobody anew"
    assert aftermath.say(house.context, KARI, alarm, Word.TALK) is None, "two in one second are both heard"
    assert [order.recipient for order in wish_orders(house, alarm)] == ["liv", "liv"]
    assert not any("ola" in order.id or "kari" in order.id for order in wish_orders(house, alarm)), "who it was is forgotten after a month"
    aftermath.follow_up(house.context, LIV, alarm.id, "ola")
    house.clock.push(60)
    aftermath.say(house.context, OLA, alarm, Word.TALK)
    assert len(wish_orders(house, alarm)) == 3 and seen(house, OLA, alarm)["followed_up_by"] is None
    assert all(not order.drill and "voice" not in order.ladder and not overtaken(order, alarm) for order in wish_orders(house, alarm))


def test_who_leads_does_not_hear_of_their_own_wish_and_says_so_where_nobody_else_leads(house: House) -> None:
    alarm = ended(house)
    only_liv = replace(house.directory, people={one: replace(person, access=frozenset({"staff"}) if one != "liv" else person.access)
                                                for one, person in house.directory.people.items()})  # fmt: skip
    assert listeners(alarm, "liv", only_liv) == () and listeners(alarm, "ola", only_liv) == ("liv",)


def test_near_what_a_duress_signal_opened_nobody_hears_of_a_wish(house: House) -> None:
    alarm = replace(ended(house), hidden=True)
    near = [one for one in listeners(alarm, "eva", house.directory) if is_near(Viewer(one), alarm, house.directory)]
    assert near == [] and aftermath.wishes(house.context, LIV) == []


def test_nobody_is_asked_while_it_is_open_nor_whom_it_did_not_concern_nor_after_a_drill(house: House) -> None:
    alarm = house.press()
    assert aftermath.say(house.context, OLA, alarm, Word.FINE) == "still_open"
    house.end(alarm)
    alarm = house.again(alarm)
    assert aftermath.say(house.context, replace(OLA, by_key=True), alarm, Word.FINE) == "not_asked", "whoever holds the phone may be another"
    assert aftermath.say(house.context, Viewer("nobody"), alarm, Word.FINE) == "not_asked"
    drill = replace(alarm, drill=DRILL)
    assert concerned(drill, house.directory) == () and aftermath.say(house.context, OLA, drill, Word.FINE) == "not_asked"
    assert house.store.aftermath([alarm.id]) == []


def test_near_an_alarm_that_was_called_off_nothing_tells_duress_apart(house: House) -> None:
    """Cancelled in one world; in the other it only looks so, and more people have been told since, also near the person."""
    alarm = replace(house.press("karis"), raiser_id="kari", quiet_since=1, told=())
    cancelled = replace(alarm, state=State.CANCELLED)
    feigned = replace(alarm, feigned=State.CANCELLED, told=tuple(house.directory.people))
    assert feigned.open and not cancelled.open
    near = [replace(Viewer(one), surface="desk") for one in ("kari", "ola", "liv")]
    for said in ([], [Aftermath(alarm.id, "kari", Word.TALK, house.clock.now), Aftermath(alarm.id, "ola", Word.FINE, house.clock.now)]):
        for viewer in near:
            assert is_near(viewer, alarm, house.directory)
            shown = view(viewer, cancelled, said, house.directory)
            assert shown == view(viewer, feigned, said, house.directory) and shown["asked"]
    assert len(view(near[2], feigned, said, house.directory)["answers"]) == 2, "what was said is seen by who leads"  # type: ignore[arg-type]


def test_the_front_page_of_those_who_were_there_asks_for_a_day_or_until_they_answer_also_on_a_desk(house: House) -> None:
    at_desks = {one: replace(person, surface="desk") if one in ("kari", "erik", "tor") else person for one, person in house.directory.people.items()}
    house.edit(people=at_desks)
    alarm = house.press()
    house.tick(31)  # Erik, who sits beside her, is told at the second step
    asked = lambda viewer: [one["alarm_id"] for one in aftermath.unsettled(house.context, viewer)]  # noqa: E731
    assert asked(KARI) == [], "not while it is open"
    house.end(alarm)
    kari, erik, tor = (Viewer(one, "desk") for one in ("kari", "erik", "tor"))
    assert asked(kari) == asked(erik) == [alarm.id] and asked(tor) == asked(OLA) == asked(replace(kari, surface="wallboard")) == []
    assert aftermath.say(house.context, erik, house.again(alarm), Word.FINE) is None and asked(erik) == []
    assert aftermath.say(house.context, kari, house.again(alarm), Word.TALK) is None
    assert asked(kari) == [alarm.id], "a wish stands there until somebody follows it up"
    house.clock.push(24 * 3600)
    assert asked(kari) == [], "and no longer than a day"
    house.clock.push(-3600)
    assert aftermath.follow_up(house.context, LIV, alarm.id, "kari") is None and asked(kari) == []


def test_a_wish_is_heard_by_those_who_lead_also_after_an_alarm_in_which_people_hid(house: House) -> None:
    alarm = house.press()
    assert house.act("nina", alarm, "change_situation", switch="weapon").reason is None
    house.deliver()
    house.end(alarm)
    house.deliver()
    assert aftermath.say(house.context, OLA, house.again(alarm), Word.TALK) is None
    assert ("sms", "liv", "wish_to_talk") in [one for seconds in (0, 10, 30, 60) for one in house.deliver(seconds)]
    assert not any(order.quiet for _, order in house.sent if order.say is Say.WISH_TO_TALK)


def test_under_duress_only_who_may_be_hiding_hears_no_tone_of_a_wish(house: House) -> None:
    """Where the lead sits beside the presser the phone must sound as it would without duress."""
    alarm = replace(house.press(), situation="armed_threat", feigned=State.CANCELLED, quiet_since=1)
    assert not is_heard(alarm, "liv", house.directory) and is_heard(alarm, "erik", house.directory)
    assert is_heard(replace(alarm, state=State.CANCELLED, feigned=None), "liv", house.directory)


def test_after_a_month_it_is_forgotten(house: House) -> None:
    alarm = ended(house)
    aftermath.say(house.context, OLA, alarm, Word.TALK)
    house.clock.push(aftermath.KEPT.total_seconds())
    assert aftermath.forget(house.context) == 0
    house.clock.push(1)
    assert aftermath.forget(house.context) == 1 and house.store.aftermath([alarm.id]) == []
