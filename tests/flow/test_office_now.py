"""What the desk is told of now: who can be reached and by what, what is missing, and what is not known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.access import Viewer
from server.core.values import replace
from server.flow import devices
from tests.flow.house import House
from tests.flow.people import NEIGHBOUR, OFFICE, PEOPLE

EVERYONE = [one.id for one in PEOPLE]


def now(house: House, *online: str, viewer: str = "erik", channels: frozenset[str] = frozenset()) -> dict:
    house.edit(channels=channels)
    return devices.office_now(house.context, Viewer(viewer, "desk", "mottak"), OFFICE, online)


def test_one_open_screen_is_named_and_so_is_every_role_that_would_be_empty(house: House) -> None:
    told = now(house, "ola")["readiness"]
    assert (told["state"], told["reached"], told["sure"]) == ("gaps", 1, 1)
    assert {gap["role"]: (gap["have"], gap["need"]) for gap in told["gaps"]} == {"responder": (1, 2), "coordinator": (0, 1)}
    assert told["channels"] == [{"channel": "screen", "people": 1, "sure": 1}]


def test_enough_open_screens_are_ready(house: House) -> None:
    assert now(house, "ola", "nina", "liv")["readiness"] == {
        "state": "ready", "reached": 3, "sure": 3, "gaps": [], "channels": [{"channel": "screen", "people": 3, "sure": 3}],
    }  # fmt: skip


def test_whoever_looks_at_the_desk_is_not_among_those_who_would_come(house: House) -> None:
    assert now(house, "ola", "nina", "liv", viewer="liv")["readiness"]["state"] == "gaps"


def test_phone_numbers_count_only_where_they_can_be_rung_and_are_never_taken_for_proven(house: House) -> None:
    assert now(house)["readiness"]["state"] == "nobody"
    told = now(house, "ola", channels=frozenset({"sms"}))
    assert told["readiness"]["state"] == "unsure"
    assert told["readiness"]["channels"][0] == {"channel": "screen", "people": 1, "sure": 1}
    assert told["readiness"]["channels"][1]["channel"] == "sms" and told["readiness"]["channels"][1]["sure"] == 0
    by_id = {one["person_id"]: one for one in told["reachable"]}
    assert (by_id["ola"]["channels"], by_id["ola"]["sure"]) == (["screen", "sms"], True)
    assert (by_id["nina"]["channels"], by_id["nina"]["sure"]) == (["sms"], False)


def test_a_neighbour_whom_the_plan_tells_counts_and_is_not_shown_among_ones_own(house: House) -> None:
    told = now(house, "sara")
    assert told["readiness"]["reached"] == 1 and told["reachable"] == []
    house.edit(offices={**house.directory.offices, OFFICE: replace(house.directory.offices[OFFICE], neighbours=())})
    assert now(house, "sara")["readiness"]["state"] == "nobody"
    assert {one.id for one in PEOPLE if one.offices == (NEIGHBOUR,)} == {"sara", "nils"}


@pytest.mark.parametrize(("silent_s", "broker", "state"), [(0, "ok", "ok"), (41, "ok", "silent"), (0, "down", "silent")])
def test_a_gateway_that_is_silent_or_deaf_makes_its_devices_unknown(house: House, silent_s: int, broker: str, state: str) -> None:
    assert now(house)["gateway"] == {"state": "unknown", "heard_at": None, "spool": "ok"}, "never heard is not fine"
    devices.heartbeat(house.context, "g", [OFFICE], broker, 0, [devices.Heard("knapp", "ok", house.clock.now, 90, ())])
    heard_at = house.clock.now
    house.clock.push(silent_s)
    told = now(house, *EVERYONE)
    assert told["gateway"] == {"state": state, "heard_at": heard_at, "spool": "ok"}
    assert {one["id"]: one["state"] for one in told["devices"]}["knapp"] == ("ok" if state == "ok" else "unknown")
    assert house.clock.now - heard_at == timedelta(seconds=silent_s)


def test_a_gateway_with_a_full_disk_is_said_so_at_once_and_its_devices_stay_known(house: House) -> None:
    rung: list[frozenset[str]] = []
    house.context.bell.listen(rung.append)
    heard = [devices.Heard("knapp", "ok", house.clock.now, 90, ())]
    for spool in ("ok", "broken", "broken", "ok"):
        before = now(house, *EVERYONE)["gateway"]["spool"]
        rung.clear()
        devices.heartbeat(house.context, "g", [OFFICE], "ok", 0, heard, spool)
        told = now(house, *EVERYONE)
        assert (told["gateway"]["state"], told["gateway"]["spool"]) == ("ok", spool)
        assert {one["id"]: one["state"] for one in told["devices"]}["knapp"] == "ok"
        assert spool == before or any(f"now:{OFFICE}" in topics for topics in rung), "screens look at once"
    devices.heartbeat(house.context, "g", [OFFICE], "ok", 0, heard, "broken")
    house.clock.push(41)
    assert now(house)["gateway"]["spool"] == "ok", "of a gateway that is silent nothing is known"
