"""Pushes, sockets, receipts and answers, lost, doubled and out of order: nobody is called reached without a proof, nobody's proof is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.core.model import Stage
from server.core.orders import Order, Say, Status
from server.store.memory import MemoryStore
from tests.flow.house import House
from tests.flow.phone_world import InTheAir, Phones

PEOPLE = ("ola", "nina", "liv")
LATE_S = 60

WHO = st.sampled_from(PEOPLE)
WHICH = st.integers(0, 30)
ACTIONS = st.one_of(
    st.tuples(st.just("press")),
    st.tuples(st.just("deliver")),  # whatever happens may happen before or after the server has looked at its outbox
    st.tuples(st.just("wait"), st.sampled_from([0.1, 1, 3, 9, 31])),
    st.tuples(st.just("receipt"), WHICH),  # any push that was ever sent, in any order, any number of times
    st.tuples(st.just("drawn"), WHO),
    st.tuples(st.just("seen"), WHO),
    st.tuples(st.just("answer"), WHICH, st.sampled_from(["acknowledge", "decline"]), st.sampled_from([0.0, 5.0, 59.0, 61.0, 4000.0])),
    st.tuples(st.just("end")),
)


@dataclass
class Proof:
    """What the server has been told of one person, and when."""

    screens: list[datetime] = field(default_factory=list)
    pushes: list[tuple[datetime, datetime]] = field(default_factory=list)
    """(when the order of the shown push was made, when the receipt came)"""

    def of(self, order: Order) -> datetime | None:
        """When this order was first proven; None where it never was."""
        times = [at for at in self.screens if at >= order.made_at] + [at for made_at, at in self.pushes if made_at >= order.made_at and at >= order.made_at]
        return min(times, default=None)


class Run:
    def __init__(self) -> None:
        self.house = House(MemoryStore())
        self.world = Phones(self.house)
        for who in PEOPLE:
            self.world.sign_up(who)
        self.alarm = self.house.press()
        self.proofs = {who: Proof() for who in PEOPLE}
        self.answered: dict[str, set[str]] = {who: set() for who in PEOPLE}
        self.called: list[tuple[datetime, str, Order]] = []

    def out(self) -> None:
        start = len(self.house.sent)
        self.house.tick()
        self.house.deliver()
        self.called += [(self.house.clock.now, channel, order) for channel, order in self.house.sent[start:]]

    def wait(self, seconds: float) -> None:
        """Time passes in small steps, as the deliverer looks."""
        while seconds > 0:
            self.house.clock.push(min(1.0, seconds))
            seconds -= 1.0
            self.out()

    def push(self, which: int) -> InTheAir | None:
        return self.world.push.air[which % len(self.world.push.air)] if self.world.push.air else None

    def do(self, action: tuple) -> None:  # type: ignore[type-arg]
        self.house.clock.push(0.01)  # no two things happen at the same instant
        now = self.house.clock.now
        match action:
            case ("press",):
                self.house.press()
            case ("wait", seconds):
                self.wait(seconds)
            case ("receipt", which) if push := self.push(which):
                assert self.world.shown(push.receipt) and push.order
                self.proven_by(push, now)
            case ("drawn", who):
                self.house.store.receipts([(who, self.alarm.id, now)], [])
                self.proofs[who].screens.append(now)
            case ("seen", who):
                self.house.store.receipts([], [(who, self.alarm.id, now)])
                self.proofs[who].screens.append(now)
            case ("answer", which, word, age_s) if push := self.push(which):
                self.answer(push, word, age_s)
            case ("end",):
                self.house.end(self.alarm, "ola")
            case ("deliver",):
                self.out()

    def proven_by(self, push: InTheAir, at: datetime) -> None:
        """After the end a press opens another alarm, and what has come of that says nothing of this one."""
        assert push.order
        if push.order.alarm_id == self.alarm.id:
            self.proofs[push.phone.person_id].pushes.append((push.order.made_at, at))

    def answer(self, push: InTheAir, word: str, age_s: float) -> None:
        if "answer" not in push.body["notification"]["data"]:
            return
        before = self.house.again(self.alarm)
        given = self.world.answer(push.answer, word, age_s)
        if given.answer is None:
            return
        self.proven_by(push, self.house.clock.now)
        after, who = self.house.again(self.alarm), push.phone.person_id
        first_time = push.answer not in self.answered[who]
        self.answered[who].add(push.answer)
        if not first_time:
            assert after == before, "one token answers once"
        held, held_before = after.assignment(who), before.assignment(who)
        if word == "acknowledge" and age_s > LATE_S and held and held.stage in (Stage.COMING, Stage.TAKEN):
            assert held_before and held_before.stage is held.stage, "an old tap is no promise"


@example([("wait", 31), ("end",), ("press",), ("deliver",), ("receipt", 9)])
@given(st.lists(ACTIONS, max_size=25))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_however_pushes_sockets_and_receipts_come_everyone_is_known_to_be_told_or_not(actions: list[tuple]) -> None:  # type: ignore[type-arg]
    run = Run()
    for action in actions:
        run.do(action)
    run.wait(32)  # every ladder has been climbed
    house, ladder_s = run.house, run.house.directory.limits.ladder_s
    alarm = house.again(run.alarm)
    for order in [one for one in house.orders(alarm, Say.ALARM) if one.recipient in PEOPLE]:
        proof = run.proofs[order.recipient].of(order)
        held = alarm.assignment(order.recipient)
        reached = order.status in (Status.REACHED, Status.SEEN)
        if proof is not None:
            assert reached or order.status is Status.VOID, "a proof is never forgotten"
        elif reached:
            assert held is not None, "nobody is called reached without a proof: a receipt, a screen, or an answer"
        # the channels after the push wait for ten seconds, and go out when nothing has come by then
        later = [at for at, channel, sent in run.called if sent.id == order.id and channel != "push"]
        if proof is not None:
            assert not [at for at in later if at > proof], "who is reached is not rung"
        assert not [at for at in later if (at - order.made_at).total_seconds() < ladder_s[1]], "a phone has its ten seconds"
        waited_s = (house.clock.now - order.made_at).total_seconds()
        if proof is None and alarm.open and held is None and waited_s >= 11:
            assert later, "who was not reached got the next channel"
    pushed = {one.order.id for one in run.world.push.air if one.order}
    for order in [one for one in house.orders(alarm, Say.ALARM) if one.recipient in PEOPLE]:
        if alarm.open and alarm.assignment(order.recipient) is None:
            assert order.id in pushed, "no screen keeps a push from going out"


@given(st.lists(st.tuples(WHICH, st.booleans()), min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_and_number_of_receipts_make_no_difference(receipts: list[tuple[int, bool]], chance) -> None:  # type: ignore[no-untyped-def]
    """The same receipts once and in order, or shuffled and doubled: the same orders, and the same phones."""
    ends = []
    for shuffled in (False, True):
        run = Run()
        run.house.press()
        run.out()
        some = [*receipts, *receipts] if shuffled else sorted(set(receipts))
        if shuffled:
            chance.shuffle(some)
        for which, screen in some:
            push = run.push(which)
            assert push is not None
            if screen:
                run.house.store.receipts([(push.phone.person_id, run.alarm.id, run.house.clock.now)], [])
            else:
                run.world.shown(push.receipt)
        orders = {(o.recipient, o.step, o.say): o.status for o in run.house.orders(run.alarm) if o.recipient in PEOPLE}
        ends.append((orders, {who: run.world.of(who).receipt_at for who in PEOPLE}))
    assert ends[0] == ends[1]
