"""The door for what comes back from the world: receipts of phones, and answers by SMS and by a key that is pressed.

Everything gets a clear answer. The same again changes nothing; what comes late is a question; what is no answer is a note in the log.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.core.access import Viewer
from server.core.inbound import Came, Rejected
from server.core.messages import language_of, reply
from server.core.model import Alarm, Stage
from server.core.numbers import CANNOT, COMING, answer_of, e164
from server.core.numbers_proven import mark_of
from server.core.orders import ABOUT_DRILLS, ABOUT_VISITS, Order, Receipt, Result
from server.core.push_tokens import TEST
from server.core.signals import Doubt
from server.core.tokens import alarm_of, order_of, token_for
from server.core.visit.model import is_away
from server.core.visit.words import check_in_reply
from server.flow import actions, visits
from server.flow.context import Context
from server.flow.intake import intake
from server.flow.presses import press

KEY = "answers"
NEWS_AFTER = timedelta(hours=1)
"""What was proven within this need not be written again: in an alarm there are thousands of reports."""
TEST_ID = TEST.partition("/")[0]
RINGING = ("sms", "voice")
ZONE = ZoneInfo("Europe/Oslo")
FRESH_S = 600
"""An answer whose age nobody tells belongs to a message that went out within this; to an older one it is a question."""
TWICE_WITHIN_S = 300
LOOK_BACK = timedelta(hours=12)
"""Somebody who answers an alarm that ended this long ago is told that it has ended; after that nothing is known of it."""
TEXT_MOST = 480

journal = logging.getLogger("varde.answers")


def token(context: Context, order: Order, purpose: str) -> str:
    """The one-time token with which whoever gets this order answers for it on this channel."""
    return token_for(context.store.key(KEY), order.id, purpose)


def receipt(context: Context, given: str, channel: str, what: Receipt) -> Order | None:
    """A phone says that it has what was sent to it. Gives the order; None where the token is not ours: nothing is looked up for it, and
    nothing changes. The same again changes nothing."""
    order_id = _order_id(context, given, channel)
    return receipt_for(context, order_id, channel, what) if order_id else None


def receipt_for(context: Context, order_id: str, channel: str, what: Receipt) -> Order | None:
    now = context.now()
    order = context.store.receipt(order_id, what, channel, now)
    if channel in RINGING and what is not Receipt.NOT_DELIVERED:
        _proven(context, order_id.split("/", 3)[3], channel, now)
    if order is not None:
        context.measures.receipt(channel, order.drill, (now - order.made_at).total_seconds())
        context.bell.ring("orders", f"delivery:{order.alarm_id}")
    return order


def _proven(context: Context, person_id: str, channel: str, now: datetime) -> None:
    """Something has come back from this person's number. An order may be to somebody outside: nothing is kept of them."""
    person = context.directory().people.get(person_id)
    if person is not None and (mark := mark_of(person.phone)):
        known = context.store.numbers_of([person_id]).get((person_id, channel))
        if known is not None and known.mark == mark and known.proven_at and now - known.proven_at < NEWS_AFTER:
            return
        context.store.prove_number(person_id, channel, mark, now)
        context.bell.ring(*(f"now:{office}" for office in person.offices))


def take_in(context: Context, channel: str, came: Came) -> str:
    """One thing that has come in by a channel. Gives what whoever sent it is answered; empty where there is nothing to say.

    Raises Rejected for a token that is not ours.
    """
    if came.receipt is not None:
        if came.token is not None and (tested := _tested(context, channel, came.token)) is not None:
            if came.receipt is Receipt.DELIVERED:
                _proven(context, tested, channel, context.now())
            return ""
        if came.token is None or receipt(context, came.token, channel, came.receipt) is None:
            raise _foreign(channel)
        return ""
    if came.token is not None:
        order = _order(context, came.token, channel)
        if order is None:
            raise _foreign(channel)
        # the token is for one answer: the same one again is the same, another one is refused
        return _answer(context, channel, order, came, f"{channel}:{order.id}")
    return _by_number(context, channel, came)


def _foreign(channel: str) -> Rejected:
    journal.warning("foreign_token", extra={"channel": channel})
    return Rejected("unknown_token")


# ---------------------------------------------------------------- whose answer it is


def _order_id(context: Context, given: str, channel: str) -> str | None:
    alarm_id = alarm_of(given)
    alarm = context.store.alarms([alarm_id]).get(alarm_id) if alarm_id else None
    if alarm is None:  # a visit, a planned drill, or the yearly wheel, of which there is nothing but its orders
        told = [order.recipient for order in context.store.orders(alarm_id)] if alarm_id else []
        return order_of(context.store.key(KEY), given, channel, told)
    return order_of(context.store.key(KEY), given, channel, _recipients(context, alarm))


def _tested(context: Context, channel: str, given: str) -> str | None:
    """Whose test message this token is of; None where it is of none."""
    if alarm_of(given) != TEST_ID:
        return None
    order_id = order_of(context.store.key(KEY), given, channel, context.directory().people)
    return order_id.split("/", 3)[3] if order_id else None


def _recipients(context: Context, alarm: Alarm) -> list[str]:
    """Those told first: they are the likely ones. Then everybody, for an owner or a presser is not among the told."""
    directory = context.directory()
    return list(dict.fromkeys((*alarm.told, *directory.people, *directory.contacts)))


def _order(context: Context, given: str, channel: str) -> Order | None:
    order_id = _order_id(context, given, channel)
    if order_id is None:
        return None
    return next((order for order in context.store.orders(order_id.split("/", 1)[0]) if order.id == order_id), None)


def _by_number(context: Context, channel: str, came: Came) -> str:
    """An SMS: it belongs to the newest message that went to this number, of an alarm that is open where there is one."""
    directory = context.directory()
    number = e164(came.number or "")
    known = [
        *(person.id for person in directory.people.values() if number and e164(person.phone) == number),
        *(key for key, contact in directory.contacts.items() if number and e164(contact.phone) == number),
    ]
    if not known:
        journal.warning("unknown_number", extra={"channel": channel})
        return reply("unknown_number", "nb", directory)
    if (raised := _sos(context, known, came)) is not None:
        return raised
    if (checked_in := _check_in(context, known, came)) is not None:
        return checked_in
    order = _last_told(context, known)
    if order is None:
        journal.warning("answer_to_nothing", extra={"channel": channel, "person": known[0]})
        return reply("nothing_open", language_of(known[0], directory), directory)
    said = came.id or f"{order.id}|{came.text}|{came.written_at or _about(context)}"
    return _answer(context, channel, order, came, f"{channel}:{hashlib.sha256(said.encode()).hexdigest()[:32]}")


def _about(context: Context) -> int:
    """Stands for when a message was written, where neither that nor an id has come with it: one that comes twice does so within minutes."""
    return int(context.now().timestamp() // TWICE_WITHIN_S)


SOS = re.compile(r"\s*SOS VARDE\b.*?(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE | re.DOTALL)
"""What the app puts into a message when its alarm does not get through (`truth.sms_body`): the id is that of the press."""


def _sos(context: Context, known: Iterable[str], came: Came) -> str | None:
    """An alarm by SMS, from somebody's own number. The same press that gets through later, or has already, is not a second one. None where it is none.

    A sender's number can be forged: it raises all the same, marked as unverified.
    """
    said, directory = SOS.match(came.text or ""), context.directory()
    person_id = next((one for one in known if one in directory.people), None)
    if said is None or person_id is None:
        return None
    now = context.now()
    age_s = max(0.0, (now - came.written_at).total_seconds()) if came.written_at else 0.0
    [receipt] = intake(context, [press(directory, person_id, said["id"].lower(), now, age_s=age_s, doubt=Doubt.UNSIGNED)])
    return reply("again" if receipt.outcome == "failed" else "raised", language_of(person_id, directory), directory)


PIN_ONLY = re.compile(r"\s*(?:ok|pin|sjekk inn|check in)?\s*([0-9]{4,8})\s*\Z", re.IGNORECASE)


def _check_in(context: Context, known: Iterable[str], came: Came) -> str | None:
    """A check-in by SMS: the PIN, from the worker's own number. It never extends or ends a visit. Under the duress PIN the answer is the same.
    None where the message is something else."""
    pin = PIN_ONLY.match(came.text or "")
    people = [one for one in known if one in context.directory().people]
    out = [visit for visit in context.store.open_visits(people) if is_away(visit)] if pin else []
    if not pin or not out:
        return None
    visit, now = out[0], context.now()
    person_id = next(one for one in people if one in visit.people)
    age_s = max(0.0, (now - came.written_at).total_seconds()) if came.written_at else 0.0
    said = came.id or f"{visit.id}|{person_id}|{came.text}|{came.written_at or _about(context)}"
    action_id = f"sms:{hashlib.sha256(said.encode()).hexdigest()[:32]}"
    answer = visits.act(context, Viewer(person_id), visit.id, "check_in", {"pin": pin[1], "age_s": age_s}, action_id)
    language = language_of(person_id, context.directory())
    deadline_at = answer.after.deadline_at if answer.after else None
    return check_in_reply(answer.reason, deadline_at if deadline_at and deadline_at > now else None, language, ZONE)


def _last_told(context: Context, known: Iterable[str]) -> Order | None:
    directory, now = context.directory(), context.now()
    found: list[tuple[bool, object, Order]] = []
    for recipient in known:
        offices = (recipient[1:].split("/", 1)[0],) if recipient.startswith("@") else directory.people[recipient].offices
        for alarm in context.store.alarms_of(offices, now - LOOK_BACK):
            orders = [order for order in context.store.orders(alarm.id) if order.recipient == recipient]
            found += [(alarm.open, sent_at, order) for order in orders if (sent_at := _sent_at(order, ("sms", "voice"))) is not None]
    return max(found, key=lambda one: one[:2])[2] if found else None


def _sent_at(order: Order, channels: Iterable[str]):  # type: ignore[no-untyped-def]
    """When this order was last handed over on one of these channels."""
    return max((one.at for one in order.tries if one.channel in channels and one.word == Result.ACCEPTED.value), default=None)


# ---------------------------------------------------------------- what it does


def _answer(context: Context, channel: str, order: Order, came: Came, action_id: str) -> str:
    directory = context.directory()
    if order.say in ABOUT_VISITS | ABOUT_DRILLS:  # these only inform; but whoever has pressed a key has heard it
        receipt_for(context, order.id, channel, Receipt.ANSWERED)
        return ""
    alarm = context.store.alarms([order.alarm_id])[order.alarm_id]
    language = language_of(order.recipient, directory)
    say = lambda key: reply(key, language, directory, alarm)  # noqa: E731
    text = (came.text or "").strip()
    key = answer_of(text)
    if key is None and (channel != "sms" or not text):
        return say("which_key")
    receipt_for(context, order.id, channel, Receipt.ANSWERED)
    viewer = Viewer(order.recipient)
    if key is None:
        answer = actions.act(context, viewer, alarm.id, "note", {"text": text[:TEXT_MOST]}, action_id)
    elif key == CANNOT:
        # only where it is known when it was written: one that is thought to be older than it is would leave a promise standing that is no longer meant
        fields = {"age_s": _age_s(context, order, channel, came)} if came.written_at is not None else {}
        answer = actions.act(context, viewer, alarm.id, "decline", fields, action_id)
    else:
        fields = {"age_s": _age_s(context, order, channel, came), "via": "voice" if channel == "voice" else "sms"}
        answer = actions.act(context, viewer, alarm.id, "acknowledge", fields, action_id)
    if answer.reason == "answered_since":
        key = COMING
    if answer.reason in (None, "answered_since"):
        held = answer.alarm.assignment(order.recipient) if answer.alarm else None
        taken = held is not None and held.stage is Stage.TAKEN
        return say({CANNOT: "cannot", COMING: "taken" if taken else "coming"}.get(key or "", "noted"))
    if answer.reason == "too_old":
        return ""  # the question goes out as a message of its own, which can be answered
    journal.warning("answer_refused", extra={"channel": channel, "alarm": alarm.id, "person": order.recipient, "reason": answer.reason})
    return say({"ended": "ended", "id_used": "already", "unknown_alarm": "nothing_open"}.get(answer.reason, "again"))


def _age_s(context: Context, order: Order, channel: str, came: Came) -> float:
    """How old an answer is when it comes: as the provider says; else by how long ago the message went out that it answers."""
    now, sent_at = context.now(), _sent_at(order, (channel,))
    if came.written_at is not None:
        return max(0.0, (now - came.written_at).total_seconds())
    waited_s = (now - sent_at).total_seconds() if sent_at is not None else 0.0
    return waited_s if waited_s > FRESH_S else 0.0
