"""Chat rooms (Teams, Slack and the rest) through Apprise. A room is a contact: a message there has been posted, and nobody in particular was told."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from apprise import AppriseAsset, NotifyBase, NotifyFormat, NotifyType
from apprise import Apprise

from server.core.messages import message
from server.core.orders import Order, Result
from server.senders.contract import TIMEOUT_S, Needs, Outcome, Subject

logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it writes addresses, which hold secrets, and texts


class ChatSender:
    channel = "chat"

    def __init__(self, rooms: Mapping[str, NotifyBase], needs: Needs) -> None:
        self._rooms, self._needs = rooms, needs

    def send(self, order: Order, about: Subject) -> Outcome:
        room = self._room(order.recipient)
        if room is None:
            return Outcome(Result.NO_ADDRESS)
        said = message(order, about, self._needs.directory(), self._needs.zone, self._needs.now(), answerable=False)
        posted = room.notify(body=said.text, title=said.subject, notify_type=NotifyType.WARNING, body_format=NotifyFormat.TEXT)
        return Outcome(Result.DELIVERED) if posted else Outcome(Result.RETRY, why="not_posted")  # Apprise says no more than yes or no

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        return frozenset(one for one in recipients if self._room(one) is not None)

    def probe(self) -> Outcome | None:
        return None  # there is no way to ask a room without writing in it

    def _room(self, recipient: str) -> NotifyBase | None:
        contact = self._needs.directory().contacts.get(recipient)
        return self._rooms.get(contact.chat) if contact else None


def room(url: str) -> NotifyBase | None:
    """A room by its Apprise address; None where Apprise does not understand it."""
    asset = AppriseAsset(app_id="Varde", app_desc="Varde", app_url="", http_redirects=False, storage_mode="memory")
    found = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if found is None:
        return None
    found.request_rate_per_sec = 0  # an alarm does not wait its turn
    found.socket_connect_timeout = found.socket_read_timeout = TIMEOUT_S
    return found


def make(needs: Needs) -> ChatSender | None:
    rooms = needs.settings.get("rooms")
    return ChatSender(rooms, needs) if isinstance(rooms, Mapping) and rooms else None
