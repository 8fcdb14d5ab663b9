"""After an alarm people say how they are, and those who lead follow up. In every third world, with chance of its own where it can."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from server.core import aftermath as rules
from server.core.access import Viewer, is_near, may_see
from server.core.aftermath import Word
from server.core.model import Alarm, State
from server.core.orders import Say
from server.core.signals import Kind
from server.core.values import replace
from server.flow import aftermath
from server.flow.context import Context
from tests.flow.people import DURESS_PIN, PIN
from tests.sim.taps import until_answered

if TYPE_CHECKING:
    from tests.sim.people import Person
    from tests.sim.world import World


class Aftermaths:
    def __init__(self, world: World) -> None:
        self.world, self.random = world, random.Random(f"{world.seed} aftermath")
        self.lived = world.seed % 3 == 0
        self.said: dict[tuple[str, str], Word] = {}
        """What each has said last, and the server has taken."""
        self.at_call_off: dict[str, Alarm] = {}
        """Alarms as they were in the moment in which they seemed to be called off."""
        self._asked: set[tuple[str, str]] = set()
        for at_s in (self.random.uniform(1, 40), self.random.uniform(40, 90)) if self.lived else ():
            world.after(at_s, self._fall)

    def _fall(self) -> None:
        """Somebody falls, is asked first, and calls it off, most of them under duress: without this it hardly ever happens."""
        if self.world.healing:
            return
        person = self.world.people[self.random.choice(sorted(self.world.people))]
        person.sos(Kind.FALL)
        pin = self.random.choice([PIN, DURESS_PIN, DURESS_PIN])
        self.world.after(self.random.uniform(2, 8), lambda: self._call_off(person, pin))

    def _call_off(self, person: Person, pin: str) -> None:
        for alarm in self.world.open_alarms():
            if alarm.raiser_id == person.id and alarm.state is State.PENDING:
                person.tap(alarm.id, "call_off", pin=pin, seen_signal=alarm.signals_count)

    def shown(self, person_id: str, alarm: Alarm) -> None:
        """A phone shows an alarm: where that seems to be over its owner says how they are, some of them twice."""
        viewer = Viewer(person_id)
        over = not alarm.open or alarm.feigned and is_near(viewer, alarm, self.world.directory)
        if self.lived and over and (alarm.id, person_id) not in self._asked and may_see(viewer, alarm, self.world.directory):
            self._asked.add((alarm.id, person_id))
            self._say_soon(viewer, alarm.id, self.random.choice([1, 1, 2]))

    def _say_soon(self, viewer: Viewer, alarm_id: str, times: int) -> None:
        word = self.random.choice([Word.FINE, Word.TALK])

        def say(context: Context) -> None:
            [alarm] = context.store.alarms([alarm_id]).values()
            if aftermath.say(context, viewer, alarm, word) is None:
                self.said[alarm_id, viewer.person_id] = word

        def then() -> None:
            if times > 1:
                self._say_soon(viewer, alarm_id, times - 1)
            elif word is Word.TALK and self.random.random() < 0.5:
                self.world.after(self.random.uniform(1, 20), lambda: self._follow_up(alarm_id, viewer.person_id))

        self.world.after(self.random.uniform(1, 15), lambda: until_answered(self.world, "aftermath", say, then))

    def _follow_up(self, alarm_id: str, person_id: str) -> None:
        alarm = self.world.store.alarms([alarm_id])[alarm_id]
        if leads := rules.listeners(alarm, person_id, self.world.directory):
            until_answered(self.world, "aftermath", lambda context: aftermath.follow_up(context, Viewer(leads[0]), alarm_id, person_id))

    def called_off(self, before: Alarm | None, after: Alarm) -> str | None:
        """P7. What near surfaces are asked after a call-off is what they would have been without duress, whatever has happened since."""
        if after.feigned and not (before and before.feigned):
            self.at_call_off[after.id] = after
        if not after.feigned:
            return None
        directory = self.world.directory
        twin = replace(self.at_call_off[after.id], state=after.feigned, feigned=None, duress=False)
        said = self.world.store.aftermath([after.id])
        mine, now = {one.person_id: one for one in said}, after.opened_at
        for viewer in (Viewer(one, surface) for one in directory.people for surface in ("phone", "desk")):
            shown, without = (
                (rules.view(viewer, one, said, directory), rules.unsettled(viewer, one, mine.get(viewer.person_id), now, directory)) for one in (after, twin)
            )
            if is_near(viewer, after, directory) and shown != without:
                return f"near_surfaces_are_asked_alike: {viewer.person_id} ({viewer.surface}) is asked about {after.id} as nobody is without duress"
        return None

    def broken_at_the_end(self) -> str | None:
        store, directory = self.world.store, self.world.directory
        for (alarm_id, person_id), word in self.said.items():
            kept = next((one for one in store.aftermath([alarm_id]) if one.person_id == person_id), None)
            if kept is None or kept.word is not word:
                return f"the_last_word_counts: {person_id} said {word} after {alarm_id}, kept is {kept}"
            [alarm] = store.alarms([alarm_id]).values()
            told = {order.recipient for order in store.orders(alarm_id) if order.say is Say.WISH_TO_TALK}
            if word is Word.TALK and not set(rules.listeners(alarm, person_id, directory)) <= told:
                return f"a_wish_to_talk_is_heard: {person_id} after {alarm_id}, only {sorted(told)} were told"
        return None
