"""The demo's senders: nothing leaves the machine. What would have been sent, and to whom, is written into an outbox that a page shows."""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path

from server.core.directory import Directory
from server.core.messages import ANSWERABLE, message
from server.core.orders import Order, Result
from server.senders.contract import Needs, Outcome, Subject
from server.senders.email import address_of
from server.senders.provider import number_of

CHANNELS = ("sms", "voice", "email", "chat", "webhook")
KEPT = 300
"""Messages that the page shows; older ones are forgotten."""


@dataclass(slots=True)
class Sent:
    """One message as it would have left. `address` is the number, the mailbox, the room or the receiver. `keys`: it can be answered with 1 and 2."""

    id: int
    at: str
    channel: str
    recipient: str
    name: str
    address: str
    text: str
    language: str
    drill: bool
    keys: bool
    alarm_id: str
    token: str
    answers: list[dict[str, str]] = field(default_factory=list)


class Outbox:
    """Kept in a file, so that a demo whose server is killed in the middle shows what it had sent."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._file = file
        self._sent: deque[Sent] = deque(maxlen=KEPT)
        self._changes = 0
        for line in file.read_text(encoding="utf-8").splitlines()[-KEPT:] if file and file.exists() else ():
            try:
                self._sent.append(Sent(**json.loads(line)))
            except (ValueError, TypeError):
                continue  # a line that was cut off when the server was killed
        self._numbers = itertools.count(self._sent[-1].id + 1 if self._sent else 1)

    def add(self, **said: object) -> None:
        with self._lock:
            self._sent.append(Sent(id=next(self._numbers), **said))  # type: ignore[arg-type]
            self._changed()

    def answered(self, id: int, key: str, reply: str, at: str) -> None:
        with self._lock:
            for one in self._sent:
                if one.id == id:
                    one.answers.append({"key": key, "reply": reply, "at": at})
            self._changed()

    def find(self, id: int) -> Sent | None:
        with self._lock:
            return next((one for one in self._sent if one.id == id), None)

    def all(self) -> tuple[int, list[dict[str, object]]]:
        """How often anything has changed, and everything, newest first. The tokens stay here."""
        with self._lock:
            shown = [{name: value for name, value in asdict(one).items() if name != "token"} for one in reversed(self._sent)]
            return self._changes, shown

    def _changed(self) -> None:
        self._changes += 1
        if self._file is not None:
            draft = self._file.with_suffix(".new")
            draft.write_text("".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in self._sent), encoding="utf-8")
            draft.replace(self._file)


class DemoSender:
    """Takes a channel's place. Like the real one it has addresses of some and not of others, and says so."""

    def __init__(self, channel: str, needs: Needs, outbox: Outbox) -> None:
        self.channel, self._needs, self._outbox = channel, needs, outbox

    def send(self, order: Order, about: Subject) -> Outcome:
        directory = self._needs.directory()
        address = self._address(order.recipient, directory)
        if not address:
            return Outcome(Result.NO_ADDRESS)
        now = self._needs.now()
        by_phone = self.channel in ("sms", "voice")
        said = message(order, about, directory, self._needs.zone, now, answerable=by_phone)
        self._outbox.add(
            at=now.isoformat().replace("+00:00", "Z"), channel=self.channel, recipient=order.recipient, name=_name(order.recipient, directory),
            address=address, text=said.spoken if self.channel == "voice" else said.text, language=said.language, drill=order.drill,
            keys=said.keys or (self.channel == "webhook" and order.say in ANSWERABLE), alarm_id=about.id,
            token=self._needs.token(order, self.channel),
        )  # fmt: skip
        return Outcome(Result.DELIVERED if self.channel in ("chat", "webhook") else Result.ACCEPTED)

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        directory = self._needs.directory()
        return frozenset(one for one in recipients if self._address(one, directory))

    def probe(self) -> Outcome | None:
        return Outcome(Result.ACCEPTED)

    def _address(self, recipient: str, directory: Directory) -> str:
        if self.channel in ("sms", "voice"):
            return number_of(recipient, directory) or ""
        if self.channel == "email":
            return address_of(recipient, directory)
        contact = directory.contacts.get(recipient)
        return (contact.chat if self.channel == "chat" else contact.webhook) if contact else ""


def _name(recipient: str, directory: Directory) -> str:
    if recipient.startswith("@"):
        contact = directory.contacts.get(recipient)
        return contact.name if contact else recipient
    person = directory.people.get(recipient)
    return person.name if person else recipient
