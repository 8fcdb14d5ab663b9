"""SMS and calls by whatever provider the deployment has: its profile says how it is asked (`profile.py`), this asks it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field

from server.core.directory import Directory
from server.core.messages import Message, message
from server.core.model import Alarm
from server.core.numbers import e164
from server.core.orders import Order, Result
from server.core.tokens import GIVEN_BACK
from server.senders.contract import Needs, Outcome, Subject
from server.senders.http import Caller
from server.senders.profile import Profile, outcome, request


@dataclass(frozen=True, slots=True)
class Provider:
    """A profile with this deployment's own values. `answers`: whether what people answer comes back to us."""

    profile: Profile
    settings: dict[str, str]
    secrets: dict[str, str] = field(repr=False)
    callback: str = field(default="", repr=False)
    """The address that the provider calls, with our secret in it; the token of an order is added."""
    answers: bool = False


class ProviderSender:
    def __init__(self, provider: Provider, needs: Needs) -> None:
        self.channel = provider.profile.channel
        self._provider, self._needs, self._caller = provider, needs, Caller()

    @property
    def reports(self) -> bool:
        """Whether the provider tells us when a message is on the phone."""
        incoming = self._provider.profile.incoming
        return bool(self._provider.callback) and incoming is not None and incoming.receipts is not None

    def send(self, order: Order, about: Subject) -> Outcome:
        directory = self._needs.directory()
        number = number_of(order.recipient, directory)
        if number is None:
            return Outcome(Result.NO_ADDRESS)
        if order.quiet and (self.channel == "voice" or isinstance(about, Alarm)):
            return Outcome(Result.PERMANENT, why="quiet")  # whoever hides must not be rung; no such order is made
        said = message(order, about, directory, self._needs.zone, self._needs.now(), self._provider.answers)
        return self._ask(order, number, said)

    def try_number(self, order_id: str, phone: str, text: str, language: str, token: str) -> str:
        """A visible test message; gives a word of Result. It is no order: nothing waits for it."""
        number = e164(phone)
        if number is None:
            return Result.NO_ADDRESS.value
        said = Message(text, text, text, language, False)
        return self._asked(order_id, number, said, token).result.value

    def _ask(self, order: Order, number: str, said: Message) -> Outcome:
        return self._asked(order.id, number, said, self._needs.token(order, self.channel))

    def _asked(self, order_id: str, number: str, said: Message, token: str) -> Outcome:
        provider, profile = self._provider, self._provider.profile
        values = {
            "to": number, "to_digits": number.removeprefix("+"), "text": said.spoken if self.channel == "voice" else said.text,
            "language": profile.languages.get(said.language, said.language),  # type: ignore[call-overload]
            "token": token if len(token) <= GIVEN_BACK else "",  # without a report it is still sent; with too long a reference it may not be
            "callback": f"{provider.callback}?t={token}" if provider.callback else "",
            "id": hashlib.sha256(f"{order_id}/{self.channel}".encode()).hexdigest()[:32],
        }  # fmt: skip
        answer = self._caller.call(request(profile.send, self._own() | values))
        return answer if isinstance(answer, Outcome) else outcome(profile, answer)

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        directory = self._needs.directory()
        return frozenset(one for one in recipients if number_of(one, directory) is not None)

    def probe(self) -> Outcome | None:
        check = self._provider.profile.check
        if check is None:
            return None
        answer = self._caller.call(request(check, self._own()))
        if isinstance(answer, Outcome):
            return answer
        refused = next((rule for rule in (outcome(self._provider.profile, answer),) if rule.result is Result.PERMANENT), None)
        return refused or (Outcome(Result.ACCEPTED) if 200 <= answer.status < 300 else outcome(self._provider.profile, answer))

    def _own(self) -> dict[str, str]:
        provider = self._provider
        return {**provider.settings, **{f"secret.{name}": value for name, value in provider.secrets.items()}}


def number_of(recipient: str, directory: Directory) -> str | None:
    """The number of one of our own, or of a contact outside."""
    if recipient.startswith("@"):
        contact = directory.contacts.get(recipient)
        return e164(contact.phone) if contact else None
    person = directory.people.get(recipient)
    return e164(person.phone) if person else None
