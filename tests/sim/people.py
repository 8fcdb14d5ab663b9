"""People and their phones: slow, absent, wrong, under threat, double-tapping, off line. When the world has healed they answer, and end things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.core import access
from server.core.access import Viewer
from server.core.model import Alarm, Stage
from server.core.orders import Order
from server.core.signals import Kind, Signal
from server.flow import actions, pins
from server.flow.actions import Answer
from server.flow.intake import intake
from tests.flow.people import DURESS_PIN, HOME, PEOPLE, PIN
from tests.sim.providers import uuid_of

if TYPE_CHECKING:
    from tests.sim.world import World

RETRY_S = 1.0
TRIES = 200
ATTEND_S = 8.0


class Phone:
    """Shows what the stream says, when it is on line and gets to it; its receipts may be lost."""

    def __init__(self, world: World, person: Person) -> None:
        self.world, self.person = world, person
        self.online = True
        self.lag_s = world.random.choice([0.05, 0.05, 0.2, 8.0])
        self.shown: dict[str, Alarm] = {}
        self._waiting: set[str] = set()

    def look_soon(self, alarm_ids: set[str]) -> None:
        if self.online and alarm_ids:
            if not self._waiting:
                self.world.after(self.lag_s, self._look)
            self._waiting |= alarm_ids

    def _look(self) -> None:
        ids, self._waiting = sorted(self._waiting), set()
        if not self.online:
            return
        viewer = Viewer(self.person.id)
        for alarm in self.world.store.alarms(ids).values():
            if access.may_see(viewer, alarm, self.world.directory):
                self.draw(alarm)

    def draw(self, alarm: Alarm) -> None:
        world = self.world
        self.shown[alarm.id] = alarm
        if not world.happens(world.odds.receipt_lost):
            world.after(0.05, lambda: self._receipt(alarm))
        self.person.notice(alarm)
        world.aftermaths.shown(self.person.id, alarm)

    def _receipt(self, alarm: Alarm) -> None:
        server = self.world.some_server()
        try:
            server.open("receipts", lambda: server.context.store.receipts([(self.person.id, alarm.id, alarm.changed_at)], []))
        except Exception as error:
            if type(error).__name__ != "Lost":
                raise

    def message(self, channel: str, order: Order) -> None:
        """A push, an SMS or a call arrives: the person looks, if the phone is on line."""
        lag_s = self.lag_s + (0 if channel == "push" else 2)
        self.world.after(lag_s, lambda: self.look_soon({order.alarm_id}))

    def come_online(self) -> None:
        """A phone that comes back takes a snapshot."""
        self.online = True
        self.look_soon({alarm.id for alarm in self.world.open_alarms()})


class Person:
    """`temper` says what this person is like while things go wrong."""

    def __init__(self, world: World, id: str) -> None:
        self.world, self.id = world, id
        self.phone = Phone(world, self)
        self.temper = world.random.choice(["quick", "quick", "slow", "absent", "wrong"])
        self._noticed: set[str] = set()
        pins.keep(world.servers[0].context, id, PIN, DURESS_PIN)

    # ---- what they do

    def sos(self, kind: Kind = Kind.PANIC) -> None:
        """The app's own button: tried again with the same id until there is a receipt."""
        press_id = uuid_of(self.world)
        signal = Signal(f"{self.id}:{press_id}", kind, HOME[self.id], self.world.now(), person_id=self.id, detail="app")
        self.world.tell(f"{self.id} presses in the app: {signal.id}")
        self._send_sos(signal)
        if kind is Kind.PANIC and self.world.random.random() < 0.4:
            self.world.after(5.0, lambda: self.world.providers.sos(self.id, press_id))

    def _send_sos(self, signal: Signal) -> None:
        world, server = self.world, self.world.some_server()

        def send() -> None:
            try:
                if self.phone.online and not world.happens(world.odds.line_lost):
                    world.watch.heard(signal)
                    [receipt] = server.open("intake", lambda: intake(server.context, [signal]))  # type: ignore[misc]
                    if receipt.outcome != "failed" and not world.happens(world.odds.line_lost):
                        return
            except Exception as error:
                if type(error).__name__ != "Lost":
                    raise
            self._send_sos(signal)

        world.after(RETRY_S if signal.heard_at != world.now() else 0.01, send, server)

    def notice(self, alarm: Alarm) -> None:
        if self.world.healing or not alarm.open or alarm.id in self._noticed:
            return
        self._noticed.add(alarm.id)
        wait_s = {"quick": 3.0, "slow": 70.0, "absent": 900.0, "wrong": 5.0}[self.temper] * self.world.random.uniform(0.5, 2)
        self.world.after(wait_s, lambda: self.answer(alarm.id))

    def answer(self, alarm_id: str) -> None:
        if self.world.healing:
            return
        random, alarm = self.world.random, self.phone.shown[alarm_id]
        if alarm.raised_by(self.id):
            self._calm_down(alarm)
            return
        if self.temper == "wrong":
            action, fields = random.choice(WRONG)
            self.tap(alarm_id, action, **fields)
        if alarm.drill is not None and random.random() < 0.15:
            self.tap(alarm_id, "this_is_real")
            return
        action = random.choice(["acknowledge"] * 6 + ["decline", "shelter", "arrive", "more_help", "note", "change_situation"])
        self.tap(alarm_id, action, text="jeg ser det", switch="weapon")
        if action == "acknowledge" and random.random() < 0.6:  # the others promise and never come
            self.world.after(random.uniform(2, 20), lambda: self.tap(alarm_id, "swap_role", role=random.choice(["logger", "responder"])))
            self.world.after(random.uniform(5, 90), lambda: self.tap(alarm_id, "arrive"))
            self.world.after(random.uniform(60, 200), lambda: self._finish(alarm_id))

    def _calm_down(self, alarm: Alarm) -> None:
        pin = self.world.random.choice([PIN, PIN, DURESS_PIN, "0000"])
        self.tap(alarm.id, "call_off", pin=pin, seen_signal=alarm.signals_count)

    def _finish(self, alarm_id: str) -> None:
        shown = self.phone.shown[alarm_id]
        how = self.world.random.choice(["resolve", "confirm"])
        self.tap(alarm_id, how, outcome="handled", how="seen", seen_signal=shown.signals_count)

    def tap(self, alarm_id: str, action: str, **fields: object) -> None:
        """One tap: kept on the phone until it is answered. A nervous thumb sends it twice, to two servers at once."""
        tap_id = f"tap-{next(self.world.ids)}"
        self.world.tell(f"{self.id}: {action} {alarm_id}")
        for _ in range(1 + (not self.world.healing and self.world.random.random() < 0.2)):
            self._send(tap_id, alarm_id, action, fields, self.world.time_s, TRIES)

    def _send(self, tap_id: str, alarm_id: str, action: str, fields: dict[str, object], tapped_s: float, tries: int) -> None:
        world, server = self.world, self.world.some_server()

        def send() -> None:
            if not self._try(server, tap_id, alarm_id, action, fields, tapped_s) and tries:
                self._send(tap_id, alarm_id, action, fields, tapped_s, tries - 1)

        world.after(0.02 if tries == TRIES else RETRY_S, send, server)

    def _try(self, server: object, tap_id: str, alarm_id: str, action: str, fields: dict[str, object], tapped_s: float) -> bool:
        world = self.world
        if not self.phone.online or world.happens(world.odds.line_lost):
            return False
        said = {name: fields[name] for name in FIELDS.get(action, ()) if name in fields}
        if action in ("acknowledge", "arrive"):
            said["age_s"] = world.time_s - tapped_s
        try:
            viewer = Viewer(self.id)
            answer = server.open("act", lambda: actions.act(server.context, viewer, alarm_id, action, said, tap_id))  # type: ignore[attr-defined]
        except Exception as error:
            if type(error).__name__ != "Lost":
                raise
            return False
        if world.happens(world.odds.line_lost):
            return False
        world.watch.answered(tap_id, answer)
        self._heed(alarm_id, action, answer)
        return True

    def _heed(self, alarm_id: str, action: str, answer: Answer) -> None:
        if answer.alarm is not None:
            self.phone.shown[alarm_id] = answer.alarm

    # ---- when the world has healed

    def heal(self) -> None:
        self.phone.lag_s = 0.05
        self.phone.come_online()
        if self.temper == "absent":
            self.temper = "quick"
        self.world.after(self.world.random.uniform(0, ATTEND_S), self._attend)

    def _attend(self) -> None:
        """Looks at what is open and does the next sensible thing about it."""
        viewer, directory = Viewer(self.id), self.world.directory
        for alarm in self.world.open_alarms():
            self.phone.shown[alarm.id] = alarm
            held = alarm.assignment(self.id)
            if held is None or held.stage not in (Stage.COMING, Stage.TAKEN, Stage.THERE):
                action = "acknowledge"
            elif held.stage is Stage.COMING:
                action = "arrive"
            else:
                action = "resolve"
            if access.may_act(viewer, action, alarm, directory):
                self.tap(alarm.id, action, outcome="handled", seen_signal=alarm.signals_count, visit_home=True)
        self.world.after(ATTEND_S, self._attend)


FIELDS = {
    "note": ("text",), "change_situation": ("switch",), "confirm": ("how", "seen_signal"), "resolve": ("outcome", "seen_signal", "visit_home"),
    "call_off": ("pin", "seen_signal"), "swap_role": ("role",), "tick": ("role", "step"), "mark": ("mark",), "decline": (),
}  # fmt: skip

WRONG: list[tuple[str, dict[str, object]]] = [
    ("resolve", {"outcome": "handled", "seen_signal": 1}),
    ("resolve", {"outcome": "drill_done", "seen_signal": 1}),
    ("confirm", {"how": "heard", "seen_signal": 1}),
    ("swap_role", {"role": "nonsense"}),
    ("swap_role", {"role": "caller_112"}),
    ("tick", {"role": "responder", "step": "ring_112"}),
    ("mark", {"mark": "police_called"}),
    ("call_off", {"pin": PIN, "seen_signal": 1}),
]
"""What a hurried person taps that fits neither them nor the moment."""


def everyone(world: World) -> dict[str, Person]:
    return {person.id: Person(world, person.id) for person in PEOPLE}
