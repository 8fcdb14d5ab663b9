"""What is near somebody who checked out under duress shows the same as after an ordinary check-out: for days, and also once it has been settled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.access import Viewer
from server.core.directory import Device, DeviceKind
from server.core.inbound import Came
from server.core.signals import Position
from server.core.values import replace
from server.core.visit.access import as_seen_by
from server.core.visit.counts import count
from server.core.visit.model import Where
from server.flow import answers, portables, preflight, reports, visit_time, visits
from server.flow.answers import ZONE
from server.flow.visits import VisitAnswer
from server.store.contract import DeviceState, Store
from server.store.memory import MemoryStore
from server.flow.present import PresentDirectory
from tests.flow.people import DURESS_PIN, OFFICE, PIN
from tests.flow.test_visits import V, Out

KARI, LIV = Viewer("kari"), Viewer("liv")
NEAR = (KARI, Viewer("liv", "desk"), Viewer("kari", "desk"))
LATER = (timedelta(minutes=1), timedelta(minutes=20), timedelta(hours=9), timedelta(hours=25), timedelta(days=8))
BOARD = timedelta(hours=8)
NUMBER = "+4755550177"
ALARM = "fjord-7"


class Shelf(Out):
    """Kari has taken a portable alarm from the shelf, and can write from her own number."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        kari = replace(self.directory.people["kari"], phone=NUMBER)
        device = Device(ALARM, OFFICE, "Alarm 7", DeviceKind.PORTABLE, situation="portable_alarm_outside")
        self.directory = replace(self.directory, people={**self.directory.people, "kari": kari}, devices={**self.directory.devices, ALARM: device})
        self.context.directory = PresentDirectory(self.directory, store, self.context.bell)
        self.store.set_devices([DeviceState(ALARM, "ok", self.clock.now, 90)])
        assert portables.take(self.context, KARI, "7").device_id == ALARM
        self.give_pins("kari")

    def plan(self, **other: object) -> VisitAnswer:
        return super().plan(device_id=ALARM, **other)

    def wait(self, until: timedelta) -> None:
        """As the ticker would, but in long steps: deadlines are asked for again and again."""
        while (left := until.total_seconds()) > 0:
            self.clock.push(min(600, left))
            until -= timedelta(seconds=min(600, left))
            visit_time.tick_visits(self.context)
            self.tick()


def shown(house: Shelf) -> dict[str, object]:
    """All that those near can ask for."""
    store, context, now = house.store, house.context, house.clock.now
    given = reports.read(context, KARI, V)
    return {
        "views": [visits.view(context, viewer, house.visit) for viewer in NEAR],
        "boards": [visits.board(context, viewer, now - BOARD) for viewer in NEAR],
        "draft": (given.report, given.reason, given.facts),
        "drafts": [reports.listed(context, viewer) for viewer in NEAR],
        "counts": count(as_seen_by(KARI, store.visits_of([OFFICE], now - timedelta(days=99)), house.directory), ZONE),
        "preflight": preflight.look(context, "kari", house.visit, ()),
        "away": sorted(context.directory().away),
        "sms": answers.take_in(context, "sms", Came(number=NUMBER, text=f"ok {PIN}", id=f"m-{now}", written_at=now)),
    }


def home(pin: str, late: bool = False) -> Shelf:
    house = Shelf(MemoryStore())
    house.out()
    house.pass_time(10)
    assert visits.locate(house.context, KARI, V, Position(59, 10)) is None
    if late:
        house.pass_time(25)  # others have been asked
    assert house.tap("kari", "end", pin=pin).reason is None
    assert house.tap("kari", "debrief", how="unpleasant").reason is None
    return house


def settle(house: Shelf) -> None:
    for alarm in house.alarms():
        assert house.act("liv", alarm, "resolve", outcome="handled", seen_signal=alarm.signals_count, visit_home=True).reason is None


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("settled_before", [None, 1, 2, 4])
def test_for_days_those_near_see_no_difference(settled_before: int | None, late: bool) -> None:
    houses = free, forced = home(PIN, late), home(DURESS_PIN, late)
    assert shown(free) == shown(forced)
    assert not free.alarms() and forced.alarms()
    ended = free.clock.now
    for n, after in enumerate(LATER):
        if n == settled_before:
            settle(forced)
        for house in houses:
            house.wait(ended + after - house.clock.now)
            visit_time.forget(house.context)
        one, other = shown(free), shown(forced)
        assert {name: one[name] == other[name] for name in one} == dict.fromkeys(one, True), f"after {after}"
    assert forced.alarms() or settled_before is not None


@pytest.mark.parametrize("action", [("check_in", {}), ("extend", {"seconds": 900})])
def test_after_a_check_in_under_duress_and_an_ordinary_check_out_those_near_see_no_difference(action: tuple[str, dict[str, object]]) -> None:
    houses = []
    for pin in (PIN, DURESS_PIN):
        house = Shelf(MemoryStore())
        house.out()
        house.pass_time(10)
        assert house.tap("kari", action[0], pin=pin, **action[1]).reason is None
        house.pass_time(5)
        seen = [shown(house)["views"]]
        assert house.tap("kari", "end", pin=PIN).reason is None
        house.wait(timedelta(hours=25))
        visit_time.forget(house.context)
        houses.append((seen, shown(house)))
    assert houses[0] == houses[1]
    assert houses[1][1]["views"][0]["where"] == Where("")  # type: ignore[index]


def test_a_portable_alarm_is_handed_back_after_either_check_out() -> None:
    for pin in (PIN, DURESS_PIN):
        assert portables.hand_back(home(pin).context, KARI, ALARM) is None


def test_those_who_were_told_see_the_place_as_long_as_the_log_and_where_somebody_was_for_no_more_than_a_day() -> None:
    house = home(DURESS_PIN)
    house.wait(timedelta(hours=25))
    visit_time.forget(house.context)
    assert house.store.position(V) == Position(59, 10), "somebody is still looking for them"
    settle(house)
    visit_time.forget(house.context)
    assert house.store.position(V) is None
    assert visits.view(house.context, LIV, house.visit)["where"] == Where("Fjellveien 3")
    assert visits.view(house.context, KARI, house.visit)["where"] == Where("")
    home_ = visits.view(house.context, LIV, house.visit)["home"]
    assert home_["how"] == "alarm" and visits.view(house.context, KARI, house.visit)["home"]["how"] == "self"  # type: ignore[index]
