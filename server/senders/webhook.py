"""Signed calls to systems outside: an alarm centre's, a guard company's, the municipality's own. By the *Standard Webhooks* specification.

Each has `webhook-id` (the order: the same one again is the same message), `webhook-timestamp` and `webhook-signature`. Whoever answers 2xx
says that it has been stored there and that somebody will act: nothing more is tried then.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.core.messages import ANSWERABLE, message
from server.core.model import Alarm
from server.core.orders import Order, Result
from server.senders.contract import Needs, Outcome, Subject
from server.senders.http import Call, Caller, outcome_of

PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Target:
    url: str
    secret: str = field(repr=False)
    """`whsec_` and base64, as the specification has it."""
    answer_url: str = field(default="", repr=False)
    """Where the receiver may answer; the order's token is added. Empty where the world does not reach this server."""


class WebhookSender:
    channel = "webhook"

    def __init__(self, targets: Mapping[str, Target], needs: Needs) -> None:
        self._targets, self._needs, self._caller = targets, needs, Caller()

    def send(self, order: Order, about: Subject) -> Outcome:
        target = self._target(order.recipient)
        if target is None or not isinstance(about, Alarm):
            return Outcome(Result.NO_ADDRESS)
        body = json.dumps(self._body(order, about, target), ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed(target.secret, webhook_id(order), self._needs.now(), body)
        answer = self._caller.call(Call("POST", target.url, {**headers, "content-type": "application/json"}, content=body))
        if isinstance(answer, Outcome):
            return answer
        said = outcome_of(answer)
        return Outcome(Result.DELIVERED) if said.result is Result.ACCEPTED else said

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        return frozenset(one for one in recipients if self._target(one) is not None)

    def probe(self) -> Outcome | None:
        return None  # there is no call that an unknown receiver must understand, but a message

    def _target(self, recipient: str) -> Target | None:
        contact = self._needs.directory().contacts.get(recipient)
        return self._targets.get(contact.webhook) if contact else None

    def _body(self, order: Order, alarm: Alarm, target: Target) -> dict[str, object]:
        directory, place = self._needs.directory(), alarm.place
        said = message(order, alarm, directory, self._needs.zone, self._needs.now(), answerable=False)
        body: dict[str, object] = {
            "type": f"varde.{order.say}", "timestamp": _instant(self._needs.now()), "drill": order.drill,
            "ended_drill": bool(alarm.ended_drills),
            "data": {
                "alarm_id": alarm.id, "level": alarm.level, "opened_at": _instant(alarm.opened_at),
                "office": {"id": alarm.office_id, "name": place.office, "address": place.address}, "zone": place.zone, "floor": place.floor,
                "text": said.text, "language": said.language,
            },
        }  # fmt: skip
        if target.answer_url and order.say in ANSWERABLE:
            body["answer_url"] = f"{target.answer_url}?t={self._needs.token(order, self.channel)}"
        return body


def webhook_id(order: Order) -> str:
    """The same for every try of one order, and nobody's name in it."""
    return "msg_" + hashlib.sha256(order.id.encode()).hexdigest()[:24]


def signed(secret: str, id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, base64, version 1."""
    timestamp = str(int(at.timestamp()))
    mac = hmac.new(key_of(secret), f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{base64.b64encode(mac).decode()}"}


def key_of(secret: str) -> bytes:
    """The key behind `whsec_…`. Raises ValueError where it is none, or too short to protect anything."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    if not 24 <= len(key) <= 64:
        raise ValueError("a webhook's secret is 24 to 64 bytes in base64, with whsec_ before it")
    return key


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def make(needs: Needs) -> WebhookSender | None:
    targets = needs.settings.get("targets")
    return WebhookSender(targets, needs) if isinstance(targets, Mapping) and targets else None
