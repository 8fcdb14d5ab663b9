"""Phones of the tests of the doors: a push channel whose messages lie in the air until the test delivers, loses or repeats them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from server.core.orders import Order, Result
from server.core.phones import ACCEPTED, Phone, Pushed
from server.core.push import alarm_message, try_message, visit_message
from server.core.push_tokens import purpose, to_the_millisecond, written
from server.flow import answers, phones
from server.flow.phones import About, Subscription
from server.flow.receipts import Receipts
from server.core.values import replace
from server.core.visit.model import Visit
from server.senders.contract import Outcome, Subject
from tests.flow.house import House

LABELS = {name: {language: name for language in ("nb", "nn", "en")} for name in ("btn_going", "btn_take", "btn_cannot")}
OSLO = ZoneInfo("Europe/Oslo")
SECRET = "a secret that only the phone knows"


@dataclass
class InTheAir:
    """One push on its way to one phone."""

    phone: Phone
    order: Order | None
    sent_at: datetime
    body: dict

    @property
    def receipt(self) -> str:
        return self.body["notification"]["data"]["rcpt"]

    @property
    def answer(self) -> str:
        return self.body["notification"]["data"]["answer"]


class AirPush:
    """The channel: takes every push, and leaves it in the air."""

    channel, public_key = "push", "key"

    def __init__(self, house: House) -> None:
        self.house = house
        self.air: list[InTheAir] = []
        self.words: dict[str, str] = {}
        """What the push service answers for a phone, where it is not *accepted*."""

    def unusable(self, endpoint: str, p256dh: str, auth: str) -> str:
        return "" if endpoint.startswith("https://push.example/") else "unknown_push_service"

    def send(self, order: Order, alarm: Subject) -> Outcome:
        live = [phone for phone in self.house.store.phones_of([order.recipient]).get(order.recipient, []) if phone.endpoint]
        if not live:
            return Outcome(Result.NO_ADDRESS)
        words = [self._put(order, alarm, phone) for phone in live]
        return Outcome(Result.ACCEPTED if ACCEPTED in words else Result.PERMANENT)

    def _put(self, order: Order, alarm: Subject, phone: Phone) -> str:
        sent_at = to_the_millisecond(self.house.clock.now)
        receipt, answer = (
            written(answers.token(self.house.context, order, purpose(word, phone.id, sent_at)), phone, sent_at) for word in ("push", "answer")
        )
        if isinstance(alarm, Visit):
            message = visit_message(order, alarm, phone, sent_at, receipt, answer)
        else:
            message = alarm_message(order, alarm, phone, self.house.directory, OSLO, sent_at, receipt, answer)
        return self._took(InTheAir(phone, order, sent_at, json.loads(message.body)))

    def try_phone(self, phone: Phone, token: Callable[[str], str]) -> str:
        sent_at = to_the_millisecond(self.house.clock.now)
        message = try_message(phone, OSLO, sent_at, written(token(purpose("push", phone.id, sent_at)), phone, sent_at))
        return self._took(InTheAir(phone, None, sent_at, json.loads(message.body)))

    def _took(self, one: InTheAir) -> str:
        word = self.words.get(one.phone.id, ACCEPTED)
        self.house.store.pushed([Pushed(one.phone.id, one.phone.endpoint, word, one.sent_at)])
        if word == ACCEPTED:
            self.air.append(one)
        return word


class Phones:
    """A house whose people have phones."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.edit(content=replace(house.directory.content, texts={"labels": LABELS}))
        self.push = AirPush(house)
        house.senders["push"] = self.push  # type: ignore[assignment]
        self.receipts = Receipts(house.context)

    def sign_up(self, who: str, name: str = "", language: str = "nb") -> Phone:
        kept = self.try_to_sign_up(who, name or f"phone-{who}", language=language)
        assert isinstance(kept, Phone), kept
        return kept

    def try_to_sign_up(
        self, who: str, name: str, endpoint: str = "", secret: str = SECRET, language: str = "nb"
    ) -> Phone | str:
        given = Subscription(endpoint or f"https://push.example/{name}", "p256dh", "auth")
        return phones.sign_up(self.house.context, self.push, who, name, secret, given, About(language, "phone", "", "https://varde.example"))

    def shown(self, token: str) -> bool:
        """The phone says that it has shown it."""
        good = phones.shown(self.house.context, self.receipts, token)
        self.receipts.flush()
        return good

    def answer(self, token: str, action: str = "acknowledge", age_s: float = 0) -> phones.Answered:
        given = phones.answer(self.house.context, self.receipts, token, action, age_s, lambda who: ("phone", None))
        self.receipts.flush()
        return given

    def test(self, phone: Phone) -> str:
        return phones.test(self.house.context, self.push, phone)

    def of(self, who: str) -> Phone:
        return self.house.store.phones_of([who])[who][0]

    def in_the_air(self, who: str) -> list[InTheAir]:
        return [one for one in self.push.air if one.phone.person_id == who]
