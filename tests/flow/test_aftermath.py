"""After an alarm: everybody whom it concerned can say how they are, and those who lead see who wants to talk and who has not said."""

from __future__ import annotations

from server.core.access import Viewer, is_near
from server.core.aftermath import Aftermath, Word, concerned, view
from server.core.model import Alarm, State
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
    assert seen(house, OLA, alarm) == {"asked": True, "mine": None, "answers": [], "waiting": []}, "only those who lead see others"
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
    assert aftermath.follow_up(house.context, OLA, alarm, "ola") == "not_allowed"
    assert aftermath.follow_up(house.context, LIV, alarm, "kari") == "nothing_said"
    for _ in range(2):
        assert aftermath.follow_up(house.context, LIV, alarm, "ola") is None
    assert aftermath.wishes(house.context, LIV) == []
    assert seen(house, LIV, alarm)["answers"][0]["seen_by"]  # type: ignore[index]
    aftermath.say(house.context, OLA, alarm, Word.TALK)
    assert len(aftermath.wishes(house.context, LIV)) == 1, "who says it again waits again"


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


def test_after_a_month_it_is_forgotten(house: House) -> None:
    alarm = ended(house)
    aftermath.say(house.context, OLA, alarm, Word.TALK)
    house.clock.push(aftermath.KEPT.total_seconds())
    assert aftermath.forget(house.context) == 0
    house.clock.push(1)
    assert aftermath.forget(house.context) == 1 and house.store.aftermath([alarm.id]) == []
