"""The doors for visits: the same tap twice, one commit for a missed check-in and its alarm, settling, duress, the press on a visit, forgetting."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from server.core.access import Viewer
from server.core.model import State
from server.core.signals import Kind, Position
from server.core.values import replace
from server.core.visit import events as e
from server.core.visit.model import VisitState, Where
from server.core.inbound import Came
from server.core.orders import Receipt, Say, Status
from server.flow import answers, devices, pins, views, visit_time, visits
from server.flow.visits import VisitAnswer
from server.store.contract import Change, Store
from tests.core.visits import CALM
from tests.core.visits import here as with_checklist
from tests.flow.house import House
from tests.flow.people import DURESS_PIN, OFFICE, PIN

V = "v-0001"


class Out(House):
    """A house whose Kari goes on visits."""

    def __init__(self, store: Store, **other: object) -> None:
        super().__init__(store, **other)  # type: ignore[arg-type]
        self.directory = replace(self.directory, content=replace(self.directory.content, checklist=with_checklist().content.checklist))
        self.taps = 0

    def plan(self, **other: object) -> VisitAnswer:
        fields: dict[str, object] = {
            "office_id": OFFICE, "type_id": "other_outside", "people": ("kari",), "where": Where("Fjellveien 3"), "starts_at": self.clock.now,
            "ends_at": self.clock.now + timedelta(minutes=90), "contact_id": "ola", "answers": CALM, "device_id": "karis",
        }  # fmt: skip
        return visits.plan(self.context, Viewer("kari"), V, e.Plan(**(fields | other)), "plan-0001")  # type: ignore[arg-type]

    def tap(self, who: str, action: str, id: str | None = None, surface: str = "phone", **fields: object) -> VisitAnswer:
        self.taps += 1
        return visits.act(self.context, Viewer(who, surface), V, action, fields, id or f"tap-{self.taps:05}")

    def out(self) -> None:
        for answer in (self.plan(), self.tap("ola", "accept_contact"), self.tap("kari", "start")):
            assert answer.reason is None, answer

    def pass_time(self, minutes: float) -> None:
        """Minute by minute, as the ticker would."""
        for _ in range(round(minutes * 2)):
            self.clock.push(30)
            visit_time.tick_visits(self.context)
            self.tick()

    @property
    def visit(self):  # type: ignore[no-untyped-def]
        return self.store.visits([V])[V]

    def orders_about_visit(self):  # type: ignore[no-untyped-def]
        return self.store.orders(V)

    def alarms(self):  # type: ignore[no-untyped-def]
        return [a for a in self.store.alarms_of([OFFICE], self.clock.now - timedelta(days=1)) if a.open]


@pytest.fixture
def house(any_store: Store) -> Out:
    return Out(any_store)


def test_the_same_tap_twice_gets_the_same_answer(house: Out) -> None:
    first, again = house.plan(), house.plan()
    assert (first.reason, again.reason, again.repeated) == (None, None, True)
    house.tap("kari", "start")
    one = house.tap("kari", "check_in", id="tap-check-in")
    house.clock.push(60)
    two = house.tap("kari", "check_in", id="tap-check-in")
    assert (two.at, two.repeated, house.visit.version) == (one.at, True, one.after.version)  # type: ignore[union-attr]
    assert house.tap("kari", "end", id="tap-check-in").reason == "id_used"


def test_what_is_not_yours_is_unknown_or_refused(house: Out) -> None:
    house.out()
    assert house.tap("per", "check_in").reason == "unknown_visit"
    assert house.tap("ola", "check_in").reason == "not_yours"
    assert house.tap("kari", "recall").reason in ("own_visit", "not_allowed")
    assert house.tap("liv", "recall").reason is None


def test_a_missed_check_in_and_its_alarm_are_saved_together_and_once(house: Out) -> None:
    house.out()
    house.pass_time(60)
    [alarm] = house.alarms()
    assert house.visit.state is VisitState.OVERDUE
    assert (alarm.kind, alarm.situation, alarm.visit_id, alarm.place.address) == (Kind.MISSED_CHECKIN, "missed_checkin", V, "Fjellveien 3")
    assert alarm.raiser_id == "kari" and "ola" in alarm.told, "whoever watches hears of it"
    house.pass_time(10)
    assert len(house.alarms()) == 1, "and it is not raised again while it is open"


def heard(house: Out, state: str, *flags: str, device: str = "karis") -> list[tuple[str, Say]]:
    """The gateway says how a device is; gives who is told what of it."""
    before = {order.id for order in house.orders_about_visit()}
    devices.heartbeat(house.context, "g", [OFFICE], "ok", 0, [devices.Heard(device, state, house.clock.now, 90, flags)])
    return sorted((order.recipient, order.say) for order in house.orders_about_visit() if order.id not in before)


def test_an_alarm_that_is_lost_or_opened_during_a_visit_is_told_to_the_contact_person_at_once(house: Out) -> None:
    assert heard(house, "ok") == []
    house.out()
    assert heard(house, "silent") == [("ola", Say.VISIT_ALARM_LOST)]
    assert heard(house, "silent") == [], "it is said once"
    assert heard(house, "unknown") == [], "a silent gateway knows nothing of it"
    assert heard(house, "ok") == [("ola", Say.VISIT_ALARM_BACK)]
    assert heard(house, "ok", "tamper") == [("ola", Say.VISIT_ALARM_OPENED)]
    assert house.visit.state is VisitState.OUT
    house.tap("kari", "end")
    assert heard(house, "silent") == [], "the visit is over"


def test_the_loss_of_an_alarm_that_nobody_has_along_is_told_to_nobody(house: Out) -> None:
    house.out()
    assert heard(house, "silent", device="nabo") == [] and heard(house, "silent", device="knapp") == []
    house.tap("kari", "carry", device_id=None)
    assert heard(house, "silent") == [("ola", Say.VISIT_ALARM_LOST)], "the one that is hers by the configuration is along, too"


def test_a_loss_that_could_not_be_told_is_told_with_the_gateways_next_word(house: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    house.out()
    with monkeypatch.context() as patch:
        patch.setattr(visits, "commit_steps", lambda *_: (_ for _ in ()).throw(RuntimeError("the disk is full")))
        assert heard(house, "offline") == []
    assert heard(house, "offline") == [("ola", Say.VISIT_ALARM_LOST)]


@pytest.mark.parametrize("duress", [False, True])
def test_a_fall_on_a_visit_that_is_called_off_is_told_to_the_contact_person_of_the_visit(house: Out, duress: bool) -> None:
    pins.keep(house.context, "kari", PIN, DURESS_PIN)
    for answer in (house.plan(contact_id="erik"), house.tap("erik", "accept_contact"), house.tap("kari", "start")):
        assert answer.reason is None, answer
    alarm = house.press("karis", Kind.FALL)
    assert (alarm.state, alarm.contact_id) == (State.PENDING, "erik")
    assert house.act("kari", alarm, "call_off", pin=DURESS_PIN if duress else PIN, seen_signal=1).reason is None
    assert house.people_ordered(alarm, Say.CANCELLED) == (set() if duress else {"erik", "liv"})
    assert ("erik" in house.people_ordered(alarm, Say.ALARM)) is duress, "and nothing else was sent"


def test_the_contact_person_hears_in_the_first_step_also_of_a_fall_that_a_press_has_made_an_alarm(house: Out) -> None:
    for answer in (house.plan(contact_id="erik"), house.tap("erik", "accept_contact"), house.tap("kari", "start")):
        assert answer.reason is None, answer
    alarm = house.press("karis", Kind.FALL)
    house.press("karis")
    assert "erik" in house.again(alarm).told


def test_two_servers_raise_one_alarm(any_store: Store) -> None:
    one = Out(any_store)
    other = Out(any_store, clock=one.clock, name="b")
    one.out()
    one.clock.push(45 * 60)
    for house in (one, other):
        visit_time.tick_visits(house.context)
    one.clock.push(15 * 60)
    threads = [threading.Thread(target=visit_time.tick_visits, args=(house.context,)) for house in (one, other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(one.alarms()) == 1 and one.visit.state is VisitState.OVERDUE


def test_nothing_of_a_missed_check_in_is_saved_when_the_commit_fails(house: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    house.out()
    house.pass_time(44)
    commit = house.store.commit
    monkeypatch.setattr(house.store, "commit", lambda change: (_ for _ in ()).throw(OSError("disk")))
    house.clock.push(120)
    visit_time.tick_visits(house.context)
    monkeypatch.setattr(house.store, "commit", commit)
    assert house.visit.state is VisitState.GRACE and not house.alarms()
    visit_time.tick_visits(house.context)
    assert house.visit.state is VisitState.OVERDUE and len(house.alarms()) == 1


def test_ending_the_alarm_needs_to_say_where_they_are_and_settles_the_visit(house: Out) -> None:
    house.out()
    house.pass_time(46)
    [alarm] = house.alarms()
    house.act("ola", alarm, "acknowledge")
    assert house.end(alarm).reason == "say_where_they_are"
    house.clock.push(1)
    assert house.act("ola", alarm, "resolve", outcome="handled", seen_signal=1, visit_seconds=1800).reason is None
    assert (house.visit.state, house.alarm(alarm.id).state) == (VisitState.OUT, State.RESOLVED)
    house.pass_time(46)
    assert len(house.alarms()) == 1, "missed again, and raised again"
    [again] = house.alarms()
    assert house.act("ola", again, "resolve", outcome="handled", seen_signal=1, visit_home=True).reason is None
    assert house.visit.state is VisitState.HOME


def test_an_alarm_that_went_away_leaves_nobody_unwatched(house: Out) -> None:
    house.out()
    house.pass_time(46)
    [alarm] = house.alarms()
    gone = replace(house.alarm(alarm.id), state=State.CANCELLED, version=house.alarm(alarm.id).version + 1)
    house.store.commit(Change(house.clock.now, [(gone.version - 1, gone)]))
    house.pass_time(2)
    assert len(house.alarms()) == 1


def test_resolving_a_press_leaves_the_visit_running(house: Out) -> None:
    house.out()
    alarm = house.press("karis")
    assert (alarm.visit_id, alarm.place.address, alarm.place.zone_id) == (V, "Fjellveien 3", None)
    house.act("ola", alarm, "acknowledge")
    assert house.end(alarm).reason is None
    assert house.visit.state is VisitState.OUT


def test_a_check_out_under_duress_looks_like_home_and_is_an_alarm_elsewhere(house: Out) -> None:
    house.give_pins()
    house.out()
    answer = house.tap("kari", "end", pin=DURESS_PIN)
    assert answer.reason is None and answer.after is not None
    mine = visits.view(house.context, Viewer("kari"), answer.after)
    assert (mine["state"], mine["alarms"], mine["duress"]) == ("HOME", [], False)
    [alarm] = house.alarms()
    assert alarm.hidden and alarm.visit_id == V
    theirs = visits.view(house.context, Viewer("ola"), house.visit)
    assert (theirs["state"], theirs["alarms"], theirs["duress"]) == ("OVERDUE", [alarm.id], True)
    assert house.tap("kari", "check_in").reason == "ended"
    assert house.tap("kari", "debrief", how="fine").reason is None


def test_a_wrong_pin_and_no_pin_are_told_apart_only_from_each_other(house: Out) -> None:
    house.give_pins()
    house.plan(answers=tuple({**dict(CALM), "earlier_threats": True}.items()), people=("kari", "nina"))
    assert house.tap("liv", "approve", yes=True).reason is None
    house.tap("kari", "start")
    assert house.tap("kari", "end").reason == "needs_pin"
    assert house.tap("kari", "end", pin="0000").reason == "wrong_pin"
    assert house.tap("kari", "end", pin=PIN).reason is None


def test_a_position_is_sealed_until_an_alarm_opens_it(house: Out) -> None:
    assert visits.locate(house.context, Viewer("kari"), V, Position(59, 10)) == "unknown_visit"
    house.plan()
    assert visits.locate(house.context, Viewer("kari"), V, Position(59, 10)) == "not_out"
    house.tap("ola", "accept_contact")
    house.tap("kari", "start")
    assert visits.locate(house.context, Viewer("kari"), V, Position(59, 10)) is None
    assert visits.view(house.context, Viewer("liv"), house.visit)["position"] is None
    house.pass_time(46)
    assert visits.view(house.context, Viewer("liv"), house.visit)["position"] == Position(59, 10)
    assert visits.view(house.context, Viewer("kari"), house.visit)["position"] is None
    assert "position" not in visits.view(house.context, Viewer("erik"), house.visit) or visits.view(
        house.context, Viewer("erik", "desk"), house.visit
    )["position"] is None


def test_the_map_of_a_missed_visit_goes_by_the_position_and_only_for_those_who_are_shown_it(house: Out) -> None:
    office = house.directory.offices["fjordvik"]
    house.directory = replace(house.directory, offices={**house.directory.offices, "fjordvik": replace(office, position=(61.5, 3.2))})
    house.plan()
    house.tap("ola", "accept_contact")
    house.tap("kari", "start")
    assert visits.locate(house.context, Viewer("kari"), V, Position(59, 10)) is None
    house.pass_time(46)
    [alarm] = house.alarms()
    [view] = views.look_up(house.store, [alarm], house.directory)
    assert view.position(Viewer("liv")) == (59, 10)
    assert view.position(Viewer("kari")) is None and view.position(Viewer("per")) is None
    assert house.act("liv", alarm, "resolve", outcome="handled", seen_signal=1, visit_home=True).reason is None
    [view] = views.look_up(house.store, [house.again(alarm)], house.directory)
    assert view.position(Viewer("liv")) is None, "sealed again when it is over"


def test_place_and_position_are_forgotten_a_day_after_and_kept_where_there_was_an_alarm(house: Out) -> None:
    house.out()
    visits.locate(house.context, Viewer("kari"), V, Position(59, 10))
    house.tap("kari", "end")
    assert visit_time.forget(house.context) == 0
    house.clock.push(25 * 3600)
    assert visit_time.forget(house.context) == 1 == 1 + visit_time.forget(house.context)
    assert house.visit.where == Where("") and house.store.position(V) is None
    assert [entry.what for entry in house.store.log(V)][-1] == "forgotten"


def test_a_visit_that_cannot_be_decided_is_an_alarm(house: Out) -> None:
    house.out()
    broken = replace(house.visit, version=house.visit.version + 1, deadline_at=None, due_at=house.clock.now)
    house.store.commit(Change(house.clock.now, visits=[(broken.version - 1, broken)]))
    house.clock.push(1)
    visit_time.tick_visits(house.context)
    assert [a.kind for a in house.alarms()] == [Kind.MISSED_CHECKIN]


def test_the_board_says_who_is_out_and_to_colleagues_not_where(house: Out) -> None:
    house.out()
    [theirs] = visits.board(house.context, Viewer("nina"), house.clock.now)
    assert theirs["people"][0]["id"] == "kari" and "where" not in theirs and "risk" not in theirs  # type: ignore[index]
    [lead] = visits.board(house.context, Viewer("liv"), house.clock.now)
    assert lead["where"] == Where("Fjellveien 3") and "recall" in lead["can"]  # type: ignore[operator]
    assert visits.board(house.context, Viewer("per"), house.clock.now) == []


def test_messages_about_a_visit_go_out_and_those_that_are_no_longer_true_do_not(house: Out) -> None:
    house.out()
    house.deliver()
    house.clock.push(20 * 60)
    visit_time.tick_visits(house.context)
    assert ("push", "kari", "visit_notice") in house.deliver()
    house.clock.push(5 * 60)
    visit_time.tick_visits(house.context)
    house.tap("kari", "check_in")
    assert house.deliver() == [], "the notice is stale"
    house.pass_time(30)
    assert ("push", "kari", "visit_late") in house.deliver()
    assert ("sms", "kari", "visit_late") in house.deliver(11), "no receipt: the next channel"
    assert not [one for one in house.sent if one[0] == "voice" and one[1].recipient == "kari"], "nothing rings beside them"


def test_a_pin_that_is_guessed_is_slow_and_the_office_is_told_once(house: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(pins, "wait", waited.append)
    house.give_pins()
    house.out()
    house.deliver()
    answers = [house.tap("kari", "end", pin="0000").reason for _ in range(7)]
    assert answers == ["wrong_pin"] * 7, "and nothing looks different"
    assert len(waited) == 2
    told = [one for one in house.deliver() if one[2] == "visit_pin_guessed" and one[0] == "push"]
    assert sorted(who for _, who, _ in told) == ["liv", "ola"]
    assert house.tap("kari", "end", pin=PIN).reason is None


def test_a_check_in_by_sms_needs_the_pin_and_never_extends_or_ends(house: Out) -> None:
    house.give_pins()
    house.directory = replace(house.directory, people={**house.directory.people, "kari": replace(house.directory.people["kari"], phone="+47 55 55 01 77")})
    house.out()
    house.clock.push(600)
    sms = lambda text, id: answers.take_in(house.context, "sms", Came(number="+4755550177", text=text, id=id, written_at=house.clock.now))  # noqa: E731
    assert sms("OK 0000", "m-0") == "Varde: feil PIN. Send PIN igjen."
    before = house.visit
    said = sms(f" ok {PIN} ", "m-1")
    assert said.startswith("Varde: mottatt. Neste frist") and house.visit.deadline_at > before.deadline_at
    assert sms(f" ok {PIN} ", "m-1") == said, "the provider sent it twice"
    house.clock.push(60)
    forced = sms(DURESS_PIN, "m-2")
    assert forced.startswith("Varde: mottatt. Neste frist"), "and it looks the same"
    assert [a.hidden for a in house.alarms()] == [True]
    assert house.visit.ends_at == before.ends_at


def test_a_push_about_a_visit_is_receipted_by_its_token(house: Out) -> None:
    house.out()
    house.clock.push(20 * 60)
    visit_time.tick_visits(house.context)
    house.deliver()
    [order] = [one for channel, one in house.sent if channel == "push" and one.recipient == "kari"]
    token = answers.token(house.context, order, "push")
    assert answers.receipt(house.context, token, "push", Receipt.DELIVERED) is not None
    assert ("sms", "kari", "visit_notice") not in house.deliver(15), "the phone has shown it"
    other = "A" if token[-5] != "A" else "B"
    assert answers.receipt(house.context, token[:-5] + other + token[-4:], "push", Receipt.DELIVERED) is None


def test_a_key_that_is_pressed_while_a_message_about_a_visit_is_read_out_is_a_sign_that_it_was_heard(house: Out) -> None:
    house.plan()
    asked = next(order for order in house.store.orders(V) if order.recipient == "ola")
    token = answers.token(house.context, asked, "voice")
    before = house.visit
    assert answers.take_in(house.context, "voice", Came(token, text="1")) == "" == answers.take_in(house.context, "voice", Came(token, text="2"))
    [after] = [order for order in house.store.orders(V) if order.id == asked.id]
    assert after.status is Status.SEEN and house.visit == before


EVERY_TAP: dict[str, dict[str, object]] = {
    "start": {}, "check_in": {}, "extend": {"seconds": 900}, "no_coverage": {"seconds": 900}, "end": {}, "seems_home": {}, "cancel": {},
    "carry": {"device_id": None},
    "hand_over": {"to": "nina"}, "accept_contact": {}, "approve": {"yes": True}, "contact_says": {"reached": True, "home": True}, "recall": {},
}  # fmt: skip


def test_every_tap_after_a_check_out_under_duress_is_answered_as_after_an_ordinary_one(any_store: Store) -> None:
    house = Out(any_store)
    house.give_pins("kari")
    house.out()
    house.tap("kari", "end", pin=DURESS_PIN)
    forced = {action: house.tap("kari", action, **fields).reason for action, fields in EVERY_TAP.items()}
    assert house.visit.state is VisitState.OVERDUE and set(forced.values()) == {"ended"}
