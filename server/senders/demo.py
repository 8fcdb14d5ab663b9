"""The demo's senders: nothing leaves the machine. What would have been sent, and to whom, is written into an outbox that a page shows."""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from server.core.directory import Directory
from server.core.messages import ANSWERABLE, message
from server.core.orders import Order, Result
from server.senders.contract import Needs, Outcome, Subject
from server.senders.email import address_of
from server.senders.provider import number_of

CHANNELS = ("sms", "voice", "email", "chat", "webhook")
KEPT = 300
"""Messages that the page shows; older ones are forgotten."""
LINES_MOST = 20 * KEPT
"""Lines of the file before it is written anew: a storm pays for that once in thousands of messages."""


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
    """Kept in a file, so that a demo whose server is killed in the middle shows what it had sent. Each message and each answer is a line that is
    added; only when so many are of forgotten messages is the file written anew."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._file = file
        self._sent: deque[Sent] = deque(maxlen=KEPT)
        self._changes = self._lines = 0
        kept = file.read_bytes() if file is not None and file.exists() else b""
        for line in kept.splitlines():
            self._read(line)
        self._lines = kept.count(b"\n")
        if kept and (self._lines > LINES_MOST or not kept.endswith(b"\n")):  # else what is added next would stand on a line that was cut off
            with suppress(OSError):  # a full disk: no reason not to start
                self._write_anew()
        self._numbers = itertools.count(self._sent[-1].id + 1 if self._sent else 1)

    def add(self, **said: object) -> None:
        with self._lock:
            self._sent.append(Sent(id=next(self._numbers), **said))  # type: ignore[arg-type]
            self._changed(asdict(self._sent[-1]))

    def answered(self, id: int, key: str, reply: str, at: str) -> None:
        with self._lock:
            said = {"key": key, "reply": reply, "at": at}
            self._answer(id, said)
            self._changed({"answer_to": id, **said})

    def find(self, id: int) -> Sent | None:
        with self._lock:
            return next((one for one in self._sent if one.id == id), None)

    def all(self) -> tuple[int, list[dict[str, object]]]:
        """How often anything has changed, and everything, newest first. The tokens stay here."""
        with self._lock:
            shown = [{name: value for name, value in asdict(one).items() if name != "token"} for one in reversed(self._sent)]
            return self._changes, shown

    def _answer(self, id: int, said: dict[str, str]) -> None:
        for one in self._sent:
            if one.id == id:
                one.answers.append(said)

    def _read(self, line: bytes) -> None:
        try:
            found = json.loads(line)
            if "answer_to" in found:
                self._answer(found.pop("answer_to"), found)
            else:
                self._sent.append(Sent(**found))
        except (ValueError, TypeError):
            return  # a line that was cut off when the server was killed

    def _changed(self, line: dict[str, object]) -> None:
        self._changes += 1
        if self._file is None:
            return
        if self._lines >= LINES_MOST:
            self._write_anew()
            return
        with self._file.open("ab") as file:
            file.write(_line(line))
        self._lines += 1

    def _write_anew(self) -> None:
        assert self._file is not None
        draft = self._file.with_suffix(".new")
        draft.write_bytes(b"".join(_line(asdict(one)) for one in self._sent))
        draft.replace(self._file)
        self._lines = len(self._sent)


def _line(said: dict[str, object]) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


class Keeps(Protocol):
    """Whoever takes what would have been sent: the fields of Sent, but its number and answers."""

    def add(self, **said: object) -> None: ...


class DemoSender:
    """Takes a channel's place. Like the real one it has addresses of some and not of others, and says so."""

    def __init__(self, channel: str, needs: Needs, outbox: Keeps) -> None:
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

    def try_number(self, order_id: str, phone: str, text: str, language: str, token: str) -> str:
        """A visible test message: in the demo nobody gets it."""
        return Result.ACCEPTED.value

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
