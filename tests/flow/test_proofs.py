"""The daily proof's doors: the whole way is tried, what is broken has a word within a minute, and nobody is ever told anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.directory import Duty
from server.core.numbers_proven import mark_of
from server.core.proof import DRAWN_WITHIN_S, STORED_WITHIN_S
from server.core.signals import Kind, Signal
from server.core.values import replace
from server.flow import answers, devices, numbers, proofs, ready
from server.core.access import Viewer
from server.core.inbound import Came
from server.core.orders import Receipt
from server.flow.measures import Measures
from tests.flow.house import T0, House
from tests.flow.people import ELSEWHERE, NEIGHBOUR, OFFICE

GATEWAY = "g-1"


class Counted(Measures):
    def __init__(self) -> None:
        self.runs: list[tuple[str, str]] = []

    def proved(self, office_id, broken, chain_ms, drawn_ms) -> None:  # type: ignore[no-untyped-def]
        self.runs.append((office_id, broken))


@pytest.fixture
def served(house: House) -> House:
    house.context.measures = Counted()
    beat(house)
    return house


def beat(house: House, broker: str = "ok") -> None:
    devices.heartbeat(house.context, GATEWAY, (OFFICE,), broker, 0, [])


def pressed(house: House, proof_id: str, office: str = OFFICE) -> None:
    """The gateway has heard its own press from the broker, and posts it."""
    [receipt] = house.take_in(Signal(proof_id, Kind.PROOF, office, house.clock.now))
    assert receipt.outcome == "test" and receipt.alarm_id is None


def pass_time(house: House, seconds: float, broker: str | None = "ok") -> None:
    for _ in range(round(seconds / 2)):
        house.clock.push(2)
        if broker is not None:
            beat(house, broker)
        proofs.look(house.context)


def newest(house: House):  # type: ignore[no-untyped-def]
    return house.store.newest_proofs([OFFICE], T0)[OFFICE]


def nobody_was_told(house: House) -> None:
    assert house.store.alarm_ids() == [] and house.sent == [] and house.deliver() == []


def test_the_whole_way_is_tried_once_a_day_by_the_clock_and_nobody_is_told(served: House) -> None:
    proofs.look(served.context)
    run = newest(served)
    assert run.asked_by == "" and "proofs" in served.rung
    [given] = proofs.fetch(served.context, GATEWAY, (OFFICE,))
    assert given == {"id": run.id, "office_id": OFFICE}
    assert proofs.fetch(served.context, GATEWAY, (OFFICE,)) == [], "it has it"
    served.clock.push(1)
    pressed(served, run.id)
    assert f"proof:{OFFICE}/{run.id}" in served.rung, "screens are asked"
    proofs.drawn(served.context, run.id, 2, [20, 30])
    pass_time(served, DRAWN_WITHIN_S + 4)
    run = newest(served)
    assert (run.broken, run.screens, run.drawn_ms, run.gateway_id) == ("", 2, (20, 30), GATEWAY) and run.ended_at
    assert proofs.standing(served.context, OFFICE).state == "fine"
    assert (OFFICE, "") in served.context.measures.runs  # type: ignore[attr-defined]
    pass_time(served, 3600)
    assert newest(served).id == run.id, "once a day"
    served.clock.push(86_400)
    beat(served)
    proofs.look(served.context)
    assert newest(served).id != run.id
    nobody_was_told(served)


def runs_through(house: House, screens: int = 0, *drawn_ms: int) -> None:
    """The newest run goes all the way to the server, and to as many screens."""
    run = newest(house)
    proofs.fetch(house.context, GATEWAY, (OFFICE,))
    pressed(house, run.id)
    proofs.drawn(house.context, run.id, screens, drawn_ms)
    pass_time(house, DRAWN_WITHIN_S + 4)
    assert newest(house).id == run.id and newest(house).ended_at


def test_the_days_run_comes_before_people_do_and_their_first_screen_has_it_tried_again_once(served: House) -> None:
    proofs.look(served.context)
    runs_through(served)
    standing = proofs.standing(served.context, OFFICE)
    assert (standing.state, standing.unproven) == ("unknown", "screens")
    assert (OFFICE, "") in served.context.measures.runs  # type: ignore[attr-defined]
    pass_time(served, 3600)
    first, other = newest(served), House(served.store, served.clock, "b", served.directory)
    for server in (other, served):
        proofs.look(server.context)
    assert newest(served).id == first.id, "nobody has come yet"
    for server in (other, served):
        proofs.look(server.context, {OFFICE, NEIGHBOUR})
    assert newest(served).id != first.id and len([one for one in served.store.running_proofs() if one.office_id == OFFICE]) == 1
    runs_through(served, 1, 20)
    assert proofs.standing(served.context, OFFICE).state == "fine"
    again = newest(served)
    served.clock.push(60)
    beat(served)
    proofs.look(served.context, {OFFICE})
    assert newest(served).id == again.id, "that is enough for today"
    nobody_was_told(served)


def test_screens_that_come_and_go_have_no_more_than_one_run_a_minute(served: House) -> None:
    proofs.look(served.context)
    runs_through(served)
    before = len(served.store.proofs(OFFICE, T0))
    for _ in range(60):
        served.clock.push(5)
        beat(served)
        proofs.look(served.context, {OFFICE})
        if newest(served).stored_at is None:
            proofs.fetch(served.context, GATEWAY, (OFFICE,))
            pressed(served, newest(served).id)
    assert before < len(served.store.proofs(OFFICE, T0)) <= before + 6


def test_a_long_fault_leaves_no_year_of_which_only_the_end_is_counted(served: House) -> None:
    some = replace(newest_of_the_day(served), ended_at=T0, broken="gateway")
    served.store.add_proofs(replace(some, id=f"x-{n}", made_at=T0 - timedelta(minutes=15 * n)) for n in range(6000))
    found, summed, since = proofs.over_time(served.context, OFFICE, 90)
    assert summed.runs == len(found) - 1 == 6000 and since == served.clock.now - timedelta(days=90)
    served.store.add_proofs(replace(some, id=f"y-{n}", made_at=T0 - timedelta(seconds=n)) for n in range(300))
    found, _, since = proofs.over_time(served.context, OFFICE, 1)
    assert since == found[-1].made_at > served.clock.now - timedelta(days=1), "where there are too many, it says from when they are counted"


def newest_of_the_day(house: House):  # type: ignore[no-untyped-def]
    proofs.look(house.context)
    return newest(house)


def test_a_gateway_heard_by_a_clock_that_stood_ahead_is_not_there_for_as_long_as_that(served: House) -> None:
    served.clock.push(1200)
    beat(served)
    served.clock.push(-1200)
    assert proofs.standing(served.context, OFFICE).broken == "gateway", "what it said then says nothing of now"
    beat(served)
    assert proofs.standing(served.context, OFFICE).state == "unknown", "it is there, and nothing has been proven"


@pytest.mark.parametrize(
    ("broker", "fetches", "broken"), [("down", False, "broker"), ("ok", True, "broker"), ("ok", False, "gateway"), (None, False, "gateway")]
)
def test_what_is_broken_is_said_within_a_minute_and_tried_again_until_it_is_whole(
    served: House, broker: str | None, fetches: bool, broken: str
) -> None:
    proofs.look(served.context)
    if fetches:
        proofs.fetch(served.context, GATEWAY, (OFFICE,))
    pass_time(served, STORED_WITHIN_S + 12, broker)
    standing = proofs.standing(served.context, OFFICE)
    assert (standing.state, standing.broken, standing.at) == ("broken", broken, None)
    shown = devices.office_now(served.context, Viewer("liv"), OFFICE, ())
    assert shown["proof"]["broken"] == broken  # type: ignore[index]
    first = newest(served).id
    pass_time(served, 70 if broker == "ok" else 2)
    assert newest(served).id != first, "a minute later it is tried again, and at once where gateway or broker has come back"
    proofs.fetch(served.context, GATEWAY, (OFFICE,))
    pressed(served, newest(served).id)
    proofs.drawn(served.context, newest(served).id, 1, [20])
    pass_time(served, DRAWN_WITHIN_S + 4)
    assert proofs.standing(served.context, OFFICE).state == "fine", "and the words go with the fault"
    nobody_was_told(served)


def test_a_broker_that_goes_down_is_on_the_desk_at_the_next_heartbeat_whatever_the_last_proof_said(served: House) -> None:
    test_the_whole_way_is_tried_once_a_day_by_the_clock_and_nobody_is_told(served)
    served.rung.clear()
    beat(served, "down")
    assert f"now:{OFFICE}" in served.rung
    assert proofs.standing(served.context, OFFICE).broken == "broker"
    served.rung.clear()
    beat(served, "down")
    assert f"now:{OFFICE}" not in served.rung, "the same again is no news"


def test_a_gateway_that_comes_back_is_tried_at_once_and_what_stays_broken_ever_more_seldom(served: House) -> None:
    pass_time(served, 7200, "down")
    runs = served.store.proofs(OFFICE, T0)
    assert 15 < len(runs) < 30 and runs[0].failures == len(runs) - 1 and {one.broken for one in runs if one.ended_at} == {"broker"}
    while newest(served).ended_at is None:
        pass_time(served, 2, "down")
    before = newest(served).id
    beat(served, "ok")
    assert newest(served).id != before, "not a quarter of an hour later"
    nobody_was_told(served)


def test_on_demand_there_is_one_run_at_a_time(served: House) -> None:
    first = proofs.ask(served.context, OFFICE, "liv")
    assert proofs.ask(served.context, OFFICE, "tor").id == first.id and newest(served).asked_by == "liv"
    assert proofs.ask(served.context, ELSEWHERE, "odd").id != first.id


def test_several_servers_begin_one_run(served: House) -> None:
    other = House(served.store, served.clock, "b", served.directory)
    proofs.look(served.context)
    proofs.look(other.context)
    assert len([one for one in served.store.running_proofs() if one.office_id == OFFICE]) == 1


def test_an_office_without_a_button_has_no_chain_and_nothing_is_said_of_it(served: House) -> None:
    proofs.look(served.context)
    assert {one.office_id for one in served.store.running_proofs()} == {OFFICE, ELSEWHERE}
    assert proofs.standing(served.context, NEIGHBOUR).state == "none"


def test_what_is_no_run_of_ours_or_of_another_office_is_nothing(served: House) -> None:
    proofs.look(served.context)
    run = newest(served)
    pressed(served, "made-up")
    pressed(served, run.id, ELSEWHERE)
    assert newest(served).stored_at is None
    nobody_was_told(served)


def test_a_run_beside_a_real_alarm_changes_nothing_of_it(served: House) -> None:
    alarm = served.press()
    orders, words = len(served.orders(alarm)), served.words(alarm)
    proofs.look(served.context)
    pressed(served, newest(served).id)
    assert served.again(alarm) == alarm and len(served.orders(alarm)) == orders and served.words(alarm) == words


def test_a_run_that_is_said_to_come_from_a_device_or_a_person_raises_nothing_either(served: House) -> None:
    for number, more in enumerate(({"device_id": "knapp"}, {"person_id": "kari"}, {"retained": True}, {"verified": False})):
        served.take_in(Signal(f"x-{number}", Kind.PROOF, OFFICE, served.clock.now, **more))  # type: ignore[arg-type]
    nobody_was_told(served)


# ---------------------------------------------------------------- numbers, and the lead's page


class Sms:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, str]] = []

    def try_number(self, order_id: str, phone: str, text: str, language: str, token: str) -> str:
        self.sent.append((order_id, phone, text, token))
        return "accepted"


@pytest.fixture
def numbered(served: House) -> House:
    people = {who: replace(one, phone=f"+47 55 55 01 {n:02}") for n, (who, one) in enumerate(served.directory.people.items())}
    off = {one.id: replace(one, sms_test=one.id == OFFICE) for one in served.directory.offices.values()}
    served.edit(people=people, offices=off, reported=frozenset({"sms"}))
    return served


def test_those_on_duty_get_a_visible_sms_a_week_unless_the_office_has_switched_it_off_and_the_report_proves_the_number(numbered: House) -> None:
    sms = Sms()
    numbered.edit(duty={**numbered.directory.duty, ("nina", OFFICE): Duty.OFF})
    assert numbers.test_those_due(numbered.context, sms) == 5
    assert {order_id.split("/")[3] for order_id, *_ in sms.sent} == {"kari", "ola", "liv", "erik", "tor"}, "not of other offices, and nobody off duty"
    assert all("ingen alarm" in text for _, _, text, _ in sms.sent)
    assert numbers.test_those_due(numbered.context, sms) == 0
    token = next(token for order_id, _, _, token in sms.sent if order_id.endswith("/ola"))
    assert answers.take_in(numbered.context, "sms", Came(token, receipt=Receipt.DELIVERED)) == ""
    assert numbered.store.numbers_of(["ola"])["ola", "sms"].proven_at == numbered.clock.now
    way = lambda: next(row for row in page(numbered)["people"] if row["person_id"] == "ola")["ways"]  # type: ignore[index, union-attr]  # noqa: E731
    assert {one["channel"]: bool(one["proven_at"]) for one in way()} == {"sms": True, "voice": False}
    numbered.clock.push(2 * 86_400)
    assert numbers.test_those_due(numbered.context, sms) == 0, "it may still lie with the operator, and each costs"
    numbered.clock.push(86_400)
    assert {order_id.split("/")[3] for order_id, *_ in sms.sent[numbers.test_those_due(numbered.context, sms) * -1 :]} == {"kari", "liv", "erik", "tor"}
    nobody_was_told(numbered)


def test_without_a_report_nothing_is_sent_for_it_would_prove_nothing(numbered: House) -> None:
    assert page(numbered)["sms_test"]
    numbered.edit(reported=frozenset())
    sms = Sms()
    assert numbers.test_those_due(numbered.context, sms) == 0 and sms.sent == [] and not page(numbered)["sms_test"]


def page(house: House) -> dict[str, object]:
    return ready.office_ready(house.context, OFFICE, ("tor",))


def test_a_report_that_says_no_and_a_token_of_another_prove_nothing(numbered: House) -> None:
    sms = Sms()
    numbers.test_those_due(numbered.context, sms)
    _, _, _, token = sms.sent[0]
    answers.take_in(numbered.context, "sms", Came(token, receipt=Receipt.NOT_DELIVERED))
    with pytest.raises(Exception, match="unknown_token"):
        answers.take_in(numbered.context, "voice", Came(token, receipt=Receipt.DELIVERED))
    with pytest.raises(Exception, match="unknown_token"):
        answers.take_in(numbered.context, "sms", Came(token[:-1] + ("A" if token[-1] != "A" else "B"), receipt=Receipt.DELIVERED))
    assert not [one for one in numbered.store.numbers_of(numbered.directory.people).values() if one.proven_at]


def test_an_alarms_own_report_proves_a_number_too_and_a_week_later_it_is_not_proven_any_more(numbered: House) -> None:
    alarm = numbered.press()
    for _ in range(12):
        numbered.deliver(1)
    order = next(order for used, order in numbered.sent if (used, order.recipient) == ("sms", "ola"))
    answers.take_in(numbered.context, "sms", Came(answers.token(numbered.context, order, "sms"), receipt=Receipt.DELIVERED))
    assert numbered.store.numbers_of(["ola"])["ola", "sms"].mark == mark_of(numbered.directory.people["ola"].phone)
    sure = lambda: {row["person_id"]: row["sure"] for row in devices.office_now(numbered.context, Viewer("tor"), OFFICE, ())["reachable"]}["ola"]  # type: ignore[attr-defined]  # noqa: E731
    assert sure()
    numbered.clock.now += timedelta(days=9)
    assert not sure()
    assert numbered.again(alarm)


def test_the_page_names_everybody_on_duty_and_what_each_lacks(numbered: House) -> None:
    people = {**numbered.directory.people, "ola": replace(numbered.directory.people["ola"], phone="")}
    numbered.edit(people=people)
    found = page(numbered)
    rows = {row["person_id"]: row for row in found["people"]}  # type: ignore[attr-defined]
    assert rows["ola"]["lacks"] == ["push_never", "number", "everything"] and rows["ola"]["ways"] == []
    assert rows["tor"]["sure"] and rows["tor"]["ways"][0] == {"channel": "screen", "proven_at": None}, "whoever looks is counted too"
    assert found["people"][0]["person_id"] == "ola", "whoever cannot be reached stands first"  # type: ignore[index]
    responders = next(row for row in found["roles"] if row["role"] == "responder")  # type: ignore[attr-defined]
    assert (responders["on_duty"], responders["reachable"], responders["sure"]) == (3, 2, 0)
    channels = {row["channel"]: (row["people"], row["proven"]) for row in found["channels"]}  # type: ignore[attr-defined]
    assert channels == {"screen": (1, 0), "push": (0, 0), "sms": (5, 0), "voice": (5, 0)}
