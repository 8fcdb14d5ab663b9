"""What is said of open alarms and visits before a change is applied, what is refused, and what a running alarm never feels."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.apply.diff import differences
from server.apply.impact import Effect, Impact, impact
from server.apply.report import report
from server.core.model import Alarm
from server.core.signals import Kind
from server.core.values import replace
from server.core.visit.model import Visit, VisitState, Where
from server.core.visit.settings import Risk, Times
from server.flow import pins
from server.store.contract import Change
from tests.apply.conftest import BIG, OFFICE, SMALL, T0, Folder, Site

STEP_2 = ("- {tell: [{on_duty: true}], channels: [screen, push, sms], wait_s: 30}", "- {tell: [{contact: vekter}], channels: [sms], wait_s: 600}")


def felt(site: Site, folder: Folder, gateways: dict[str, tuple[str, ...]] | None = None) -> Impact:
    after = folder.loaded()
    return impact(site.store, site.loaded, after, differences(site.loaded, after), gateways or {})


def keys(found: Impact) -> list[list[str]]:
    return [[effect.key for effect in one.effects] for one in found.going]


def without_small(folder: Folder) -> Folder:
    (folder.path / SMALL).unlink()
    return folder.change(BIG, ("neighbours: [nav-lillevik]", "neighbours: []"), ("also_in: [nav-lillevik]", "also_in: []"), ("{neighbours: true}, ", ""))


def test_where_nothing_goes_on_nothing_is_felt(site: Site, folder: Folder) -> None:
    assert felt(site, folder.change(BIG, STEP_2)) == Impact()


def test_an_open_alarm_keeps_its_plan_and_that_is_said(site: Site, folder: Folder) -> None:
    site.press()
    assert keys(felt(site, folder)) == [["keeps_plan"]]
    assert keys(felt(site, folder.change(BIG, STEP_2))) == [["keeps_plan_changed"]]


def test_whoever_is_removed_while_they_have_an_alarm_is_named(site: Site, folder: Folder) -> None:
    alarm = site.press("fjordvik-skranke-2")
    site.act("ola.brekke", alarm, "acknowledge")
    site.act("tomasz.zielinski", alarm, "arrive")
    for one in ("ola.brekke", "tomasz.zielinski", "linh.nguyen"):
        folder.without(BIG, one)
    found = felt(site, folder.without(BIG, "fjordvik-skranke-2"))
    [going] = found.going
    holders = {effect.values["names"]: effect.values["stage"] for effect in going.effects if effect.key == "holder_removed"}
    assert holders == {"Ola Brekke": "coming", "Tomasz Zielinski": "there"}
    assert Effect("told_removed", {"names": "Linh Nguyen"}) in going.effects
    assert Effect("button_removed", {"devices": "fjordvik-skranke-2"}) in going.effects
    assert not found.refused


def test_whoever_pressed_and_is_removed_is_named(site: Site, folder: Folder) -> None:
    site.press("fjordvik-baerbar-2")
    folder.change(BIG, ("holder: mohammad.rahimi, ", "")).without(BIG, "mohammad.rahimi")
    assert Effect("presser_removed", {"names": "Mohammad Rahimi"}) in felt(site, folder).going[0].effects


def test_a_step_to_come_that_will_mean_nobody_is_said(site: Site, folder: Folder) -> None:
    site.press()
    folder.without(BIG, "vekter").change(BIG, ("{contact: ledervakt}, {contact: vekter}]", "{contact: ledervakt}]"))
    assert Effect("step_emptied", {"number": "3", "who": "contact vekter"}) in felt(site, folder).going[0].effects


def test_an_office_with_an_open_alarm_cannot_be_taken_away(site: Site, folder: Folder) -> None:
    site.press("lillevik-skranke-1")
    found = felt(site, without_small(folder))
    assert found.refused and "alarm_left_alone" in keys(found)[0]


def test_an_office_without_one_can(site: Site, folder: Folder) -> None:
    site.press()
    assert not felt(site, without_small(folder)).refused


def test_what_duress_opened_is_not_shown_and_not_left_alone_either(site: Site, folder: Folder) -> None:
    """Whoever applies may sit beside the one who is threatened: the same words as if nothing were open, but for a refusal that says nothing."""
    site.press("lillevik-skranke-1", Kind.DURESS)
    assert felt(site, folder.change(BIG, STEP_2)) == Impact()
    found = felt(site, without_small(folder))
    assert found.refused and found.going == () and [effect.key for effect in found.effects if effect.refuses] == ["something_open"]
    told = "\n".join(report(site.loaded, folder.loaded(), (), replace(found, effects=found.effects[:1]), (), "en"))
    assert "alarm in" not in told.lower() and "duress" not in told.lower()


def test_after_a_call_off_nothing_is_said_that_the_pin_would_change(site: Site, folder: Folder) -> None:
    """Who has been told from then on depends on which PIN was given."""
    alarm = site.press("fjordvik-baerbar-1")
    folder.without(BIG, "torill.bakke")
    assert "told_removed" in keys(felt(site, folder))[0]
    _called_off(site, alarm)
    assert keys(felt(site, folder)) == [["keeps_plan"]]


def _called_off(site: Site, alarm: Alarm) -> None:
    pins.keep(site.context, "amina.hassan", "2468", "2469")
    assert site.act("amina.hassan", alarm, "call_off", pin="2469", seen_signal=1) is None


def test_people_and_devices_that_go_are_counted_with_what_follows(site: Site, folder: Folder) -> None:
    for one in ("hamid.karimi", "marit.fjelltun"):
        folder.without(SMALL, one)
    found = felt(site, folder.without(SMALL, "lillevik-skranke-1"), {"gateway-1": (OFFICE,)})
    assert [(effect.key, dict(effect.values)) for effect in found.effects] == [
        ("people_removed", {"count": "2"}), ("on_duty_removed", {"names": "Marit Fjelltun"}), ("devices_removed", {"count": "1"}),
        ("no_gateway", {"office": "nav-lillevik"}),
    ]  # fmt: skip


def visit(*people: str, **more: object) -> Visit:
    made = Visit(
        "v-1", 1, "nav-lillevik", VisitState.OUT, "home", people, Where("Vegen 1"), T0, T0 + timedelta(hours=2), Risk.LOW, Times(), contact_id="kari.nilsen",
        deadline_at=T0 + timedelta(hours=1), due_at=T0 + timedelta(hours=1),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("removed", "file", "said"), [("hamid.karimi", SMALL, "visitor_removed"), ("aile.vuolab", BIG, "contact_removed")])
def test_whoever_is_out_or_watches_over_a_visit_and_is_removed_is_named(site: Site, folder: Folder, removed: str, file: str, said: str) -> None:
    site.store.commit(Change(T0, visits=[(0, visit("hamid.karimi", contact_id="aile.vuolab"))]))
    assert keys(felt(site, folder)) == []
    assert keys(felt(site, folder.without(file, removed))) == [[said]]


def test_an_office_with_an_open_visit_cannot_be_taken_away(site: Site, folder: Folder) -> None:
    site.store.commit(Change(T0, visits=[(0, visit("hamid.karimi"))]))
    assert felt(site, without_small(folder)).refused


def test_a_visit_that_only_seems_to_have_ended_is_not_shown(site: Site, folder: Folder) -> None:
    site.store.commit(Change(T0, visits=[(0, visit("hamid.karimi", duress=True, feigned=VisitState.HOME))]))
    assert felt(site, folder.without(SMALL, "hamid.karimi")).going == ()
    found = felt(site, without_small(folder))
    assert found.refused and found.going == ()
