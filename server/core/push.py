"""What a push says: one payload form for all browsers (Declarative Web Push), and how the push service is to handle it. Nothing personal.

Safari shows the form by itself where the service worker fails; the others hand the same JSON to the worker. Sources: RFC 8030 (TTL, Urgency,
Topic), the Push API's declarative messages (`web_push`, `mutable`, `navigate`), WebKit's notes on them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, tzinfo

from server.core.access import Viewer, may_act
from server.core.directory import Directory
from server.core.drill import words as drill_words
from server.core.escalation import open_level, situation_of, sits_near
from server.core.model import Alarm, Level
from server.core.orders import Order, Say
from server.core.phones import Phone
from server.core.push_words import BODIES, BUTTONS, TITLES, language_of, wish_to_talk
from server.core.values import frozen
from server.core.visit.model import Visit
from server.core.visit.words import title_and_body

PLAIN_MOST = 3993
"""Bytes. Push services take 4,096, and encryption adds 103 (RFC 8188 header, tag and delimiter)."""

ALARM_TTL_S = 90
"""A phone that has been off longer has had SMS and a call since: a late alarm sends people to where nothing is any more."""
END_TTL_S = 3600
DAY_TTL_S = 86_400
URGENT = frozenset({
    Say.VISIT_NOTICE, Say.VISIT_LATE, Say.VISIT_CALL, Say.VISIT_LEADER, Say.VISIT_RECALL, Say.VISIT_PIN_GUESSED, Say.VISIT_ALARM_LOST,
    Say.VISIT_ALARM_OPENED,
})  # fmt: skip
"""Of what is said about visits: it wakes a phone that saves its battery."""
EXTENDABLE = frozenset({Say.VISIT_NOTICE, Say.VISIT_LATE})
"""What a tap in the notification may answer with a quarter of an hour more. Never with *home*: that is said in the app."""
EXTEND_S = 15 * 60
VISIT_TTL_S = 15 * 60
"""Longer than the whole chase: what comes later is no longer true."""


@frozen
class Message:
    """`body` is the payload in plain text, to be encrypted. `topic`: a newer message of the same topic replaces one that waits."""

    body: bytes
    ttl_s: int
    urgency: str
    topic: str


def alarm_message(
    order: Order, alarm: Alarm, phone: Phone, directory: Directory, zone: tzinfo, now: datetime, receipt: str, answer: str
) -> Message:
    """One order for one phone. `receipt` and `answer`: the one-time tokens by which this phone says that it has shown it, and answers."""
    near = sits_near(alarm, order.recipient, directory)
    title, body = _words(order, alarm, phone, near, directory)
    language = language_of(phone.language)
    times = {"time": f"{alarm.opened_at.astimezone(zone):%H:%M}", "now": f"{now.astimezone(zone):%H:%M}"}
    path = f"{phone.origin}/i/{alarm.id}"
    actions = _actions(order, alarm, phone, directory) if answer else []
    data = {"v": 1, "kind": str(order.say), "inc": alarm.id, "drill": order.drill, "rcpt": receipt}
    notification = {
        "title": TITLES[title][language].format(**times),
        "body": BODIES[body][language],
        "navigate": path,
        "lang": language,
        "dir": "ltr",
        "tag": topic_of(subject_of(order)),
        "silent": order.quiet,
        "data": {**data, "answer": answer} if actions else data,
    }
    if actions:
        notification["actions"] = [{"action": name, "title": words[language], "navigate": path} for name, words in actions]
    badge = {"app_badge": 1} if order.say is not Say.ALL_CLEAR else {}
    ttl_s = END_TTL_S if order.say in (Say.ALL_CLEAR, Say.CANCELLED) else ALARM_TTL_S
    return Message(_form(notification, badge), ttl_s, "high", topic_of(subject_of(order)))


def wish_message(order: Order, alarm: Alarm, phone: Phone, zone: tzinfo, receipt: str) -> Message:
    """To those who lead: after this alarm somebody wants to talk. It takes the place of no alarm, and opens the front page, where the wish stands."""
    language, tag = language_of(phone.language), topic_of(subject_of(order))
    title, body = wish_to_talk(language, alarm.opened_at.astimezone(zone))
    notification = {
        "title": title,
        "body": body,
        "navigate": f"{phone.origin}/",
        "lang": language,
        "dir": "ltr",
        "tag": tag,
        "silent": order.quiet,
        "data": {"v": 1, "kind": str(order.say), "drill": False, "rcpt": receipt},
    }
    return Message(_form(notification, {}), DAY_TTL_S, "normal", tag)


def visit_message(order: Order, visit: Visit, phone: Phone, sent_at: datetime, receipt: str, answer: str) -> Message:
    """One order about a visit for one phone. To whoever is out it is silent: somebody may be sitting beside.

    A reminder has two buttons: a quarter of an hour more, which the phone can answer shut; and out of the visit, which only opens the app.
    """
    language = language_of(phone.language)
    title, body = title_and_body(order, language)
    page = "rapport" if order.say is Say.VISIT_REPORT else "besok"
    tag, path = topic_of(subject_of(order)), f"{phone.origin}/{page}/{order.alarm_id}"
    actions = [{"action": name, "title": words[language], "navigate": path} for name, words in _visit_actions(order, visit, phone)]
    data = {"v": 1, "kind": str(order.say), "inc": order.alarm_id, "drill": False, "rcpt": receipt}
    notification: dict[str, object] = {
        "title": title,
        "body": body,
        "navigate": path,
        "lang": language,
        "dir": "ltr",
        "tag": tag,
        "silent": order.quiet,
        "data": {**data, "answer": answer} if actions else data,
    }
    if actions:
        notification["actions"] = actions
    urgent = order.say in URGENT
    return Message(_form(notification, {}), VISIT_TTL_S, "high" if urgent else "normal", tag)


def _visit_actions(order: Order, visit: Visit, phone: Phone) -> list[tuple[str, Mapping[str, str]]]:
    if order.say not in EXTENDABLE or phone.surface != "phone":
        return []
    more = [("extend_15", BUTTONS["extend_15"])] if visit.extended_s + EXTEND_S <= visit.times.extend_max_s else []
    return [*more, ("open", BUTTONS["check_out"])]


def drill_message(order: Order, phone: Phone, receipt: str) -> Message:
    """One order about a drill itself or the yearly wheel for one phone. Never loud: it is about an exercise, and an alarm in it has pushes of its own.

    That an armed button's drill is still on stands in its alarm's place until something newer does.
    """
    language = language_of(phone.language)
    title, body = drill_words.title_and_body(order, language)
    tag = topic_of(subject_of(order))
    notification = {
        "title": title,
        "body": body,
        "navigate": f"{phone.origin}/{drill_words.page(order)}",
        "lang": language,
        "dir": "ltr",
        "tag": tag,
        "silent": True,
        "data": {"v": 1, "kind": str(order.say), "inc": order.alarm_id, "drill": True, "rcpt": receipt},
    }
    soon = order.say in (Say.DRILL_INJECT, Say.DRILL_CUE, Say.DRILL_STOPPED, Say.DRILL_OVERRUN, Say.STILL_ON)
    ttl_s = ALARM_TTL_S if order.say is Say.STILL_ON else VISIT_TTL_S if soon else DAY_TTL_S  # its minutes are true for no longer
    return Message(_form(notification, {}), ttl_s, "high" if soon else "normal", tag)


def try_message(phone: Phone, zone: tzinfo, now: datetime, receipt: str) -> Message:
    """The visible test message. Never a silent one: iPhones take the subscription away for those."""
    language = language_of(phone.language)
    notification = {
        "title": TITLES["test"][language].format(now=f"{now.astimezone(zone):%H:%M}"),
        "body": BODIES["test"][language],
        "navigate": f"{phone.origin}/",
        "lang": language,
        "dir": "ltr",
        "tag": "test",
        "silent": False,
        "data": {"v": 1, "kind": "test", "drill": False, "rcpt": receipt},
    }
    return Message(_form(notification, {}), DAY_TTL_S, "normal", "test")


def subject_of(order: Order) -> str:
    """What it is about: of two orders about the same only the newer need be shown."""
    return f"{order.alarm_id} {order.say}" if order.say is Say.WISH_TO_TALK else order.alarm_id


def topic_of(subject: str) -> str:
    """At most 32 characters of base64url, as RFC 8030 wants, and the subject (an alarm's id) cannot be read from it: push services see the topic."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"topic {subject}".encode()).digest()[:18]).decode()


def _form(notification: dict[str, object], more: dict[str, object]) -> bytes:
    return json.dumps(
        {"web_push": 8030, "mutable": True, **more, "notification": notification}, ensure_ascii=False, separators=(",", ":")
    ).encode()


def _words(order: Order, alarm: Alarm, phone: Phone, near: bool, directory: Directory) -> tuple[str, str]:
    """The keys of title and body. What duress has changed is not read here: beside the presser the words must be the same."""
    if situation_of(alarm, directory).silent and _others_read_along(order.recipient, phone, alarm, directory):
        return "discreet_drill" if order.drill else "discreet", "discreet"
    if order.say is Say.ALL_CLEAR:
        return "all_clear_drill" if order.drill else "all_clear", "all_clear"
    level = open_level(alarm, directory) if near else alarm.level
    title = "drill" if order.drill else "real" if alarm.ended_drills else "assist" if level is Level.ASSIST else "emergency"
    return title, BODY_OF.get(order.say, "alarm")


def _others_read_along(person_id: str, phone: Phone, alarm: Alarm, directory: Directory) -> bool:
    """Where a silent alarm is a line and no more: as the screen itself shows it (`mustBeDiscreet` in the app). Colleagues' phones show it whole."""
    desk = directory.people.get(person_id)
    if phone.surface == "phone":
        return False
    return desk is None or alarm.raised_by(person_id) or directory.visitors_at(desk.offices, desk.zone_id) is not False


BODY_OF = {Say.CHANGED: "changed", Say.MAY_BE_OVER: "may_be_over", Say.ASK: "ask", Say.CANCELLED: "cancelled"}


def _actions(order: Order, alarm: Alarm, phone: Phone, directory: Directory) -> list[tuple[str, dict[str, str]]]:
    """The two answers, in the words of the buttons in the app, where this person may give them from the lock screen."""
    if order.say is not Say.ALARM or phone.surface != "phone" or not may_act(Viewer(order.recipient), "acknowledge", alarm, directory):
        return []
    labels = directory.content.texts.get("labels", {})
    going = "btn_going" if situation_of(alarm, directory).go_to_scene == "pair" else "btn_take"
    named = [("acknowledge", labels.get(going)), ("decline", labels.get("btn_cannot"))]
    return [(name, words) for name, words in named if words]
