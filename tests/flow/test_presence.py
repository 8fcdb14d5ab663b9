"""Who is on line: at any server, for as long as that server says so, and without Redis."""

from __future__ import annotations

from server.flow.presence import BELIEVED_S, SAID_S, Presence
from tests.flow.house import House
from tests.flow.people import OFFICE


def two(house: House) -> tuple[Presence, set[str], Presence, set[str], House]:
    other = House(house.store, house.clock, "b")
    here, there = set[str](), set[str]()
    return Presence(house.context, "a", lambda: here), here, Presence(other.context, "b", lambda: there), there, other


def test_people_at_any_server_are_on_line_at_all(house: House) -> None:
    mine, here, theirs, there, _ = two(house)
    here.add("ola")
    there.add("liv")
    assert mine.online() == {"ola"}, "one's own need not be said"
    theirs.say()
    assert mine.online() == {"ola", "liv"} and theirs.online() == {"liv"}
    mine.say()
    assert theirs.online() == {"ola", "liv"}
    there.clear()
    theirs.say()
    assert mine.online() == {"ola"}


def test_a_server_that_falls_silent_is_not_believed_for_ever(house: House) -> None:
    mine, _, theirs, there, _ = two(house)
    there.add("liv")
    theirs.say()
    house.clock.push(BELIEVED_S - 1)
    assert mine.online() == {"liv"}
    house.clock.push(2)
    assert mine.online() == frozenset()


def test_desks_look_when_somebody_has_come_or_gone_and_only_then(house: House) -> None:
    mine, here, _, _, _ = two(house)
    here.add("ola")
    house.rung.clear()
    mine.say()
    mine.say()
    assert house.rung == [f"now:{OFFICE}"]
    here.clear()
    mine.say()
    assert house.rung == [f"now:{OFFICE}"] * 2


def test_what_has_not_changed_is_said_again_now_and_then(house: House, monkeypatch) -> None:
    mine, here, _, _, _ = two(house)
    said: list[object] = []
    monkeypatch.setattr(type(house.store), "set_online", lambda *fields: said.append(fields))
    here.add("ola")
    mine.say()
    mine.say()
    assert len(said) == 1
    mine._said_s -= SAID_S
    mine.say()
    assert len(said) == 2


def test_a_server_that_stops_says_that_nobody_is_there_any_more(house: House) -> None:
    mine, here, theirs, _, _ = two(house)
    here.add("ola")
    mine.start()
    mine.stop()
    assert theirs.online() == frozenset()
    assert house.store.online(house.clock.now) == {"a": frozenset()}
