"""The doors for phones that are pushed to: signing up, renewing, the test message, receipts and answers by one-time token."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from server.core.access import Viewer
from server.core.orders import Receipt
from server.core.phones import ACCEPTED, TEST_BY_HAND_S, Phone, Pushed, health, wants_test
from server.core.push import EXTEND_S, EXTENDABLE
from server.core.push_tokens import TEST, Ticket, purpose, read
from server.core.tokens import alarm_of, order_of, token_for
from server.core.values import frozen, replace
from server.flow import actions, answers, visits
from server.flow.context import Context
from server.flow.receipts import Receipts
from server.flow.visits import VisitAnswer

RECEIPT_HOLDS = timedelta(hours=48)
"""A test message may lie at the push service for a day; a receipt that is older proves nothing of today."""

ANSWER_HOLDS = timedelta(minutes=30)
"""Who takes the phone out half an hour later opens the app: by then it knows more than a lock screen."""

LOOK_AT_MOST = 50
"""Above this many lost phones at once it is a push service that is away: every desk looks."""

journal = logging.getLogger("varde.phones")


class Push(Protocol):
    """What the channel itself offers the doors (`senders.webpush`)."""

    public_key: str

    def unusable(self, endpoint: str, p256dh: str, auth: str) -> str: ...
    def try_phone(self, phone: Phone, token: Callable[[str], str]) -> str: ...


@frozen
class Subscription:
    """What a browser gives (PushSubscription): the address to post to, and the two keys, base64url."""

    endpoint: str
    p256dh: str
    auth: str


@frozen
class About:
    """What a phone says of itself."""

    language: str
    surface: str
    label: str
    origin: str


# ---------------------------------------------------------------- signing up


def sign_up(context: Context, push: Push, person_id: str, phone_id: str, secret: str, given: Subscription, about: About) -> Phone | str:
    """This phone may be pushed to from now on, for this person. A word where its subscription cannot be used."""
    if wrong := push.unusable(given.endpoint, given.p256dh, given.auth):
        return wrong
    now = context.now()
    phone = Phone(
        phone_id, person_id, given.endpoint, given.p256dh, given.auth, about.origin, about.language, about.surface, about.label, _hashed(secret), now, now
    )  # fmt: skip
    before = context.store.phone(phone_id)
    if before is not None and before.person_id != person_id and not hmac.compare_digest(before.secret_hash, phone.secret_hash):
        return "not_this_phone"  # somebody else's id: only the phone itself knows its secret
    kept = context.store.keep_phone(phone)
    _look(context, person_id)
    return kept


def renew(context: Context, push: Push, phone_id: str, secret: str, given: Subscription) -> Phone | str:
    """The browser has changed the subscription by itself. The phone's own secret is enough: its session may be over."""
    known = context.store.phone(phone_id)
    if known is None or not hmac.compare_digest(known.secret_hash, _hashed(secret)):
        return "unknown_phone"
    if wrong := push.unusable(given.endpoint, given.p256dh, given.auth):
        return wrong
    kept = context.store.keep_phone(
        replace(
            known, endpoint=given.endpoint, p256dh=given.p256dh, auth=given.auth, renewed_at=context.now(), sent_at=None, receipt_at=None, tested_at=None,
            trouble="", gone_at=None,
        )
    )  # fmt: skip
    _look(context, known.person_id)
    return kept


def sign_off(context: Context, person_id: str, phone_id: str) -> bool:
    """This phone is no longer pushed to. Only its own person may say so; an id that is not there is no mistake."""
    known = context.store.phone(phone_id)
    if known is not None and known.person_id != person_id:
        return False
    context.store.drop_phone(phone_id)
    _look(context, person_id)
    return True


def _look(context: Context, person_id: str) -> None:
    """Desks that show who can be reached look again."""
    person = context.directory().people.get(person_id)
    context.bell.ring(*(f"now:{office}" for office in person.offices) if person else ())


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# ---------------------------------------------------------------- the test message


def test(context: Context, push: Push, phone: Phone, again_s: float = TEST_BY_HAND_S) -> str:
    """Sends a visible test message, and gives what the push service answered; `too_soon` where one was sent just now."""
    if not phone.endpoint:
        return "gone"
    if not context.store.claim_test(phone.id, context.now(), again_s):
        return "too_soon"
    return push.try_phone(phone, lambda wanted: token_for(context.store.key(answers.KEY), TEST.format(phone.person_id), wanted))


def test_those_due(context: Context, push: Push) -> int:
    """The weekly proof: every phone of somebody on duty that has shown nothing for a week. Gives how many were sent."""
    now, directory, sent = context.now(), context.directory(), 0
    for phone in context.store.phones():
        if wants_test(phone, now) and directory.on_duty_somewhere(phone.person_id):
            word = test(context, push, phone, TEST_BY_HAND_S)
            sent += word == "accepted"
            if word not in ("accepted", "too_soon"):
                journal.info("test_not_taken", extra={"phone": phone.id, "word": word})
    return sent


# ---------------------------------------------------------------- what comes back


def shown(context: Context, receipts: Receipts, text: str) -> bool:
    """A phone has shown a push. False where the token is not ours, or too old to prove anything. The same again changes nothing."""
    ticket = read(text)
    phone = context.store.phone(ticket.phone_id) if ticket else None
    if ticket is None or phone is None or not _fresh(context, ticket, RECEIPT_HOLDS):
        return False
    order_id = _order_of(context, ticket, phone, "push")
    if order_id is None:
        return False
    if context.store.shown(phone.id, ticket.sent_at):
        _look(context, phone.person_id)
    if order_id != TEST.format(phone.person_id):
        order = answers.receipt_for(context, order_id, "push", Receipt.DELIVERED)
        if order is not None:
            receipts.pushed(order.recipient, order.alarm_id, order.made_at)
    return True


@frozen
class Answered:
    """What became of an answer from a notification: that of the app's button, about an alarm or a visit; neither where the token is not good."""

    answer: actions.Answer | None = None
    person_id: str = ""
    visit: VisitAnswer | None = None


def answer(context: Context, receipts: Receipts, text: str, action: str, age_s: float, surface: Callable[[str], tuple[str, str | None]]) -> Answered:
    """*I am coming*, *I cannot*, or fifteen minutes more, tapped in a notification `age_s` ago: the same rules as in the app, so a late one becomes a
    question.

    One token answers once: the same again gets the same answer, another answer is refused (`id_used`).
    """
    ticket = read(text)
    phone = context.store.phone(ticket.phone_id) if ticket else None
    if ticket is None or phone is None or not _fresh(context, ticket, ANSWER_HOLDS):
        return Answered()
    order_id = _order_of(context, ticket, phone, "answer")
    about_id = alarm_of(ticket.token)
    if order_id is None or about_id is None:
        return Answered()
    viewer, action_id = Viewer(phone.person_id, *surface(phone.person_id)), f"push-{_hashed(text)[:40]}"
    if action == "extend_15":
        given = Answered(None, phone.person_id, _longer(context, viewer, order_id, age_s, action_id))
    else:
        given = Answered(actions.act(context, viewer, about_id, action, {"age_s": age_s}, action_id), phone.person_id)
    # whoever has answered has seen it, also where the receipt was lost
    context.store.shown(phone.id, ticket.sent_at)
    order = answers.receipt_for(context, order_id, "push", Receipt.DELIVERED)
    if order is not None:
        receipts.pushed(order.recipient, order.alarm_id, order.made_at)
    return given


def _longer(context: Context, viewer: Viewer, order_id: str, age_s: float, action_id: str) -> VisitAnswer | None:
    """A quarter of an hour more, tapped in a reminder. Only a reminder's token may: others were given no such button."""
    visit_id, _, say, _ = order_id.split("/", 3)
    if say not in EXTENDABLE:
        return None
    return visits.act(context, viewer, visit_id, "extend", {"seconds": EXTEND_S, "age_s": age_s}, action_id)


def _fresh(context: Context, ticket: Ticket, holds: timedelta) -> bool:
    return -timedelta(minutes=5) <= context.now() - ticket.sent_at <= holds  # servers' clocks may differ


def _order_of(context: Context, ticket: Ticket, phone: Phone, word: str) -> str | None:
    return order_of(context.store.key(answers.KEY), ticket.token, purpose(word, phone.id, ticket.sent_at), [phone.person_id])


# ---------------------------------------------------------------- what push services say


class Told:
    """What the channel tells of phones is kept, and desks look again where one may have become unreachable."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def phones_of(self, person_ids: Iterable[str]) -> dict[str, list[Phone]]:
        return self._context.store.phones_of(person_ids)

    def pushed(self, told: Sequence[Pushed]) -> None:
        self._context.store.pushed(told)
        lost = {one.phone_id for one in told if one.word != ACCEPTED}
        if len(lost) > LOOK_AT_MOST:
            self._context.bell.ring(*(f"now:{office}" for office in self._context.directory().offices))
            return
        for phone in filter(None, (self._context.store.phone(phone_id) for phone_id in lost)):
            _look(self._context, phone.person_id)


def state(phone: Phone, now: datetime) -> dict[str, object]:
    """A phone as its owner is shown it."""
    return {
        "id": phone.id, "label": phone.label, "language": phone.language, "health": health(phone, now), "trouble": phone.trouble, "added_at": phone.added_at,
        "sent_at": phone.sent_at, "shown_at": phone.receipt_at, "gone_at": phone.gone_at,
    }  # fmt: skip
