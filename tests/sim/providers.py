"""The providers of SMS and calls between Varde and people's phones: they lose, double and delay, both ways; and what people answer without the app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from server.core.directory import Directory
from server.core.inbound import Came, Rejected
from server.core.messages import DRILL, message, reply
from server.core.orders import Order, Receipt
from server.core.values import replace
from server.core.visit.model import Visit
from server.flow import answers
from server.senders.contract import Subject
from tests.core.world import messages
from tests.flow.people import HOME, PEOPLE

if TYPE_CHECKING:
    from tests.sim.world import Server, World

ZONE = ZoneInfo("Europe/Oslo")
DELAYS_S = [0.5, 0.5, 2.0, 2.0, 15.0, 90.0, 700.0]
"""An SMS is fast, or it is not."""
WRITTEN = ["1"] * 6 + ["ja", "kommer", "2", "kan ikke", "hva er dette?", "1 person er skadet", ""]
KEYS = ["1"] * 6 + ["2", "5", ""]
RETRY_S = 3.0
RETRIES = 40
NAMES = re.compile(r"\b(" + "|".join(person.name for person in PEOPLE if person.name != "Per") + r")\b", re.IGNORECASE)


def with_numbers(directory: Directory) -> Directory:
    """Everybody has a number of one's own, and the content its words."""
    people = {who: replace(person, phone=f"+47 55 55 01 {n:02}") for n, (who, person) in enumerate(directory.people.items())}
    return replace(directory, people=people, content=replace(directory.content, messages=messages()))


class Providers:
    """`answering` are the people who answer by SMS and with a key; what they have said, and an answer that nobody gives, is held against the rules."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.answering = {who: world.random.choice(["", "sms", "voice", "both"]) for who in HOME}
        self.by_sms: dict[str, str] = {}
        """Presses that Varde has said it has: id → whose."""
        self.under_way = 0
        """What is on its way to us."""

    # ---- out

    def carry(self, server: Server, channel: str, order: Order, about: Subject) -> None:
        """What was handed over: it comes once, twice, late or never; and so does the report of it."""
        world, random = self.world, self.world.random
        check(world, channel, order, about)
        token = answers.token(server.context, order, channel)
        for _ in range(1 + world.happens(world.odds.doubled)):
            if not world.happens(world.odds.push_lost):
                world.after(self._delay_s(), lambda: self._arrives(channel, order, token))
        word = Receipt.NOT_DELIVERED if random.random() < world.odds.push_lost else Receipt.DELIVERED
        if channel == "sms" or word is Receipt.NOT_DELIVERED:  # that somebody, or a voice mail, picked up is no receipt
            self._bring(channel, lambda at: Came(token, receipt=word))

    def _delay_s(self) -> float:
        return 0.5 if self.world.healing else self.world.random.choice(DELAYS_S)

    def _arrives(self, channel: str, order: Order, token: str) -> None:
        person = self.world.people.get(order.recipient)
        if person is None:
            return
        person.phone.message(channel, order)
        if self.world.healing or self.answering[person.id] not in (channel, "both"):
            return
        self.world.after(self.world.random.uniform(1, 40), lambda: self._answer(channel, person.id, order, token))

    def _answer(self, channel: str, who: str, order: Order, token: str) -> None:
        world, random = self.world, self.world.random
        written_at = world.now()
        if channel == "sms":
            text, id = random.choice(WRITTEN), f"SM-{next(world.ids)}"
            world.tell(f"{who} writes '{text}' about {order.alarm_id}")
            said = lambda at: Came(number=number(world, who), text=text, id=id, written_at=random.choice([None, written_at]))  # noqa: E731
        else:
            text = random.choice(KEYS)
            world.tell(f"{who} presses '{text}' about {order.alarm_id}")
            said = lambda at: Came(token, text=text)  # noqa: E731
        self._bring(channel, said)
        if random.random() < 0.1:
            self._thief(channel, token)

    def sos(self, who: str, press_id: str) -> None:
        """The app could not get its press through, and the person sends what it has written."""
        pressed_at = self.world.now()
        self.world.tell(f"{who} sends the press {press_id} by SMS")
        text = f"SOS VARDE. Jeg trenger hjelp. Kode {press_id}"
        known = reply("raised", "nb", self.world.directory)

        def heard(answer: str) -> None:
            if answer == known:
                self.by_sms[f"{who}:{press_id}"] = who

        self._bring("sms", lambda at: Came(number=number(self.world, who), text=text, id=f"SM-{press_id}", written_at=pressed_at), heard)

    # ---- in

    def _bring(self, channel: str, said: Any, heard: Any = lambda answer: None) -> None:
        """To us: lost, doubled, delayed; and again until some server has answered, as providers do."""
        world = self.world
        for _ in range(1 + world.happens(world.odds.doubled)):
            if not world.happens(world.odds.receipt_lost):
                came, self.under_way = said(world.now()), self.under_way + 1
                world.after(self._delay_s(), lambda came=came: self._knock(channel, came, heard, RETRIES))  # type: ignore[misc]

    def _knock(self, channel: str, came: Came, heard: Any, tries: int) -> None:
        server = self.world.some_server()
        try:
            answer = server.open("inbound", lambda: answers.take_in(server.context, channel, came))
        except Exception as error:
            if type(error).__name__ != "Lost":
                raise
            if tries:
                self.world.after(RETRY_S, lambda: self._knock(channel, came, heard, tries - 1))
            self.under_way -= not tries
            return
        self.under_way -= 1
        heard(answer)

    def _thief(self, channel: str, token: str) -> None:
        """Somebody has seen a token, and tries it where it is not for."""
        server = self.world.some_server()
        other = "voice" if channel == "sms" else "sms"
        flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
        for where, wrong in ((other, token), (channel, flipped)):
            try:
                server.open("inbound", lambda where=where, wrong=wrong: answers.take_in(server.context, where, Came(wrong, text="1")))  # type: ignore[misc]
            except Rejected:
                continue
            except Exception as error:
                if type(error).__name__ != "Lost":
                    raise
                return
            raise _broken(f"a_stolen_token_answers_nothing: {where} took one of {channel}")


def number(world: World, who: str) -> str:
    return world.directory.people[who].phone


def check(world: World, channel: str, order: Order, about: Subject) -> None:
    """P6, P9: what leaves the house says that it is an exercise when it is one, and never when it is not; and names nobody."""
    said = message(order, about, world.directory, ZONE, world.now(), True)
    text = said.spoken if channel == "voice" else said.text
    if not text:
        raise _broken(f"something_is_said: {channel} says nothing in {order.id}")
    marked = text.startswith(tuple(DRILL.values()))
    if marked != order.drill or any(word.split()[0] in text for word in DRILL.values()) != order.drill:
        raise _broken(f"drills_are_marked: {channel} says '{text}' with drill={order.drill}")
    if not isinstance(about, Visit) and NAMES.search(text):
        raise _broken(f"no_names_leave_the_house: {channel} says '{text}'")


def _broken(what: str) -> BaseException:
    from tests.sim.after_commit import Broken

    return Broken(what)


def broken_at_the_end(world: World) -> str | None:
    """P1: a press that Varde said by SMS that it has is in an alarm, once, also where the app sent the same."""
    entries = [entry for alarm_id in world.store.alarm_ids() for entry in world.store.log(alarm_id) if entry.what in ("opened", "joined")]
    for signal_id in world.providers.by_sms:
        found = [entry.alarm_id for entry in entries if signal_id.partition(":")[2] in entry.data]
        if len(found) != 1:
            return f"a_press_by_sms_is_one_press: {signal_id} is in {found}"
    return None


def uuid_of(world: World) -> str:
    return str(UUID(int=world.random.getrandbits(128), version=4))
