"""What an order says by SMS, by phone, by e-mail and in a chat room: zone and office, never a name; first whether it is an exercise, or real after one.

The words are content (`messages.yaml`); which of them are said, and in which order, is decided here. What duress has changed is not read for
those beside the presser: what reaches them must be the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from types import ModuleType

from server.core import push_words
from server.core.cards import PLACEHOLDER, Text, fill
from server.core.directory import Directory
from server.core.drill import words as drill_words
from server.core.drill.model import PlannedDrill
from server.core.drill.programme import Wheel
from server.core.escalation import open_level, ring_presser, situation_of
from server.core.model import Alarm, Level
from server.core.near import sits_near
from server.core.orders import Order, Say
from server.core.values import frozen
from server.core.visit import words as visit_words
from server.core.visit.model import Visit

LANGUAGES = ("nb", "nn", "en")
FALLBACK = "ALARM {where} {time}"
"""Where the content lacks a text: something must go out all the same. The configuration check refuses such content."""

ANSWERABLE = frozenset({Say.ALARM, Say.CHANGED, Say.ASK})
"""What one may answer with a key: the rest only informs."""


@frozen
class Message:
    """`text` is to be read, `spoken` to be heard (twice, with the keys to press); `subject` is the first sentence. `keys`: whether it asks."""

    subject: str
    text: str
    spoken: str
    language: str
    keys: bool


def message(order: Order, about: Alarm | Visit | PlannedDrill | Wheel, directory: Directory, zone: tzinfo, now: datetime, answerable: bool) -> Message:
    """The words of one order for its recipient. `answerable`: whether an answer by this channel comes back to us."""
    if isinstance(about, Alarm) and order.say is Say.WISH_TO_TALK:
        return _of_wish(order, about, directory, zone)
    if isinstance(about, Alarm) and order.say is not Say.STILL_ON:
        return _of_alarm(order, about, directory, zone, now, answerable)
    return _plain(order, visit_words if isinstance(about, Visit) else drill_words, directory, answerable)


def _plain(order: Order, words: ModuleType, directory: Directory, answerable: bool) -> Message:
    """About a visit, a drill itself or the yearly wheel: it informs, and asks for no key."""
    language = language_of(order.recipient, directory)
    title, _ = words.title_and_body(order, language)
    prefix = _prefix(directory, language) if order.drill else ""
    how = visit_words.by_sms(order, language) if answerable and words is visit_words else ""
    text = _sentences(f"{prefix}{words.one_line(order, language)}", how).translate(PLAIN)
    again = _find(directory, "voice_again", language, "")
    return Message(title, text, _sentences(text, again, text), language, False)


def _of_wish(order: Order, alarm: Alarm, directory: Directory, zone: tzinfo) -> Message:
    """As its push: neither who nor where, and it asks for no key."""
    language = language_of(order.recipient, directory)
    title, body = push_words.wish_to_talk(language, alarm.opened_at.astimezone(zone))
    text = f"{title}. {body}".translate(PLAIN)
    return Message(title, text, text, language, False)


PLAIN = str.maketrans("–—’“”…", "--'\"\".")
"""One letter that an ordinary SMS does not have makes it three."""


def _of_alarm(order: Order, alarm: Alarm, directory: Directory, zone: tzinfo, now: datetime, answerable: bool) -> Message:
    words = _Words(order, alarm, directory, zone, now)
    first = words.first()
    more = words.more()
    ask = words.ask() if order.say in ANSWERABLE else None
    mark = words.mark()
    answer = words.text(f"answer_{ask}") if ask and answerable else words.text("open_varde") if ask and not words.outside else ""
    press = words.text(f"press_{ask}") if ask and answerable else ""
    text = _sentences(first, *more, answer)
    heard = _sentences(first, *more, press)
    # the mark before both halves: whoever lifts late, and an answering machine, has the second alone
    spoken = _sentences(words.text("voice_begin"), heard, words.text("voice_again"), f"{mark}{heard}")
    return Message(f"{mark}{first}", f"{mark}{text}", f"{mark}{spoken}", words.language, bool(ask and answerable))


def reply(key: str, language: str, directory: Directory, alarm: Alarm | None = None) -> str:
    """What somebody is answered who has answered by SMS or with a key: one of the texts `reply_…`, marked as an exercise where it was one."""
    where = _where(alarm) if alarm else ""
    prefix = _prefix(directory, language) if alarm and alarm.drill else ""
    return prefix + _fill(_find(directory, f"reply_{key}", language, ""), {"where": where})


def language_of(recipient: str, directory: Directory) -> str:
    if recipient.startswith("@"):
        contact = directory.contacts.get(recipient)
        return contact.language if contact and contact.language in LANGUAGES else LANGUAGES[0]
    person = directory.people.get(recipient)
    return person.language if person and person.language in LANGUAGES else LANGUAGES[0]


class _Words:
    """The texts of one order, in the recipient's language and with this alarm's values in them."""

    def __init__(self, order: Order, alarm: Alarm, directory: Directory, zone: tzinfo, now: datetime) -> None:
        self._order, self._alarm, self._directory = order, alarm, directory
        self.outside = order.recipient.startswith("@")
        self.language = language_of(order.recipient, directory)
        self._near = not self.outside and sits_near(alarm, order.recipient, directory)
        self._values = {
            "where": _where(alarm), "address": alarm.place.address, "role": self._role(),
            "time": f"{alarm.opened_at.astimezone(zone):%H:%M}", "now": f"{now.astimezone(zone):%H:%M}",
        }  # fmt: skip

    def text(self, key: str) -> str:
        return _fill(_find(self._directory, key, self.language, FALLBACK if key in FIRST.values() else ""), self._values)

    def mark(self) -> str:
        """What stands before all of it: that it is an exercise, or that it is none where people have just been told of one."""
        if self._order.drill:
            return _prefix(self._directory, self.language)
        if self._alarm.ended_drills and self._order.say in (Say.ALARM, Say.CHANGED):
            return f"{_find(self._directory, 'real', self.language, REAL[self.language])} "
        return ""

    def first(self) -> str:
        """What it is about."""
        order, alarm = self._order, self._alarm
        if order.say is Say.CHANGED and (text := self._switch()):
            return text
        if order.say is Say.ASK:
            return self.text(f"ask_{order.reason}") or self.text("changed")
        if order.say is not Say.ALARM:
            return self.text(FIRST.get(order.say, "changed"))
        if order.reason == "look_yourself":
            return self.text("look_yourself")
        if situation_of(alarm, self._directory).go_to_scene != "pair":
            return self.text("nobody_goes")
        level = open_level(alarm, self._directory) if self._near else alarm.level
        return self.text("assist" if level is Level.ASSIST else "alarm")

    def more(self) -> list[str]:
        """What must be known before one acts."""
        order = self._order
        if order.say not in (Say.ALARM, Say.CHANGED):
            return []
        added = []
        if self.outside and self._values["address"]:
            added.append(self.text("at_address"))
        if (order.reason or "").startswith("nobody_for_role") and self._values["role"]:
            added.append(self.text("nobody_has_role"))
        if order.reason == "duress" or ring_presser(self._alarm, self._directory, near=self._near) == "never":
            added.append(self.text("do_not_ring"))
        return added

    def ask(self) -> str:
        """Which answer is asked for."""
        if self._order.say is Say.ASK:
            return "yes"
        return "coming" if situation_of(self._alarm, self._directory).go_to_scene == "pair" else "take"

    def _switch(self) -> str:
        """The content's own message for a situation that somebody has switched to: *weapon*."""
        switch = self._directory.content.switches.get(self._order.reason or "")
        text = self._directory.content.messages.get(switch.message) if switch and switch.message else None
        office = self._directory.offices.get(self._alarm.office_id)
        if text is None or office is None:
            return ""
        return fill(text, office.placeholders).get(self.language, "")

    def _role(self) -> str:
        role = (self._order.reason or "").partition("nobody_for_role:")[2]
        named = self._directory.content.roles.get(role)
        return named["name"].get(self.language, role) if named else ""


FIRST = {
    Say.ALARM: "alarm", Say.CHANGED: "changed", Say.MAY_BE_OVER: "may_be_over", Say.ALL_CLEAR: "all_clear", Say.CANCELLED: "cancelled",
}  # fmt: skip


def _where(alarm: Alarm) -> str:
    place = alarm.place
    return ", ".join(part for part in (place.zone, place.office) if part)


def _find(directory: Directory, key: str, language: str, default: str) -> str:
    text: Text = directory.content.messages.get(key, {})
    return text.get(language) or text.get(LANGUAGES[0]) or default


def _prefix(directory: Directory, language: str) -> str:
    prefixes = directory.content.texts.get("drill_prefix")
    found = prefixes.get(language) if isinstance(prefixes, Mapping) else None
    return str(found or DRILL[language])


NEEDED = frozenset({
    "real", "alarm", "assist", "nobody_goes", "changed", "may_be_over", "all_clear", "cancelled", "look_yourself", "ask_late_ack",
    "ask_still_there", "at_address", "do_not_ring", "nobody_has_role", "answer_coming", "answer_take", "answer_yes", "open_varde",
    "voice_begin", "press_coming", "press_take", "press_yes", "voice_again", "reply_coming", "reply_taken", "reply_cannot", "reply_noted",
    "reply_late", "reply_ended", "reply_already", "reply_again", "reply_nothing_open", "reply_unknown_number", "reply_which_key",
    "reply_raised",
})  # fmt: skip
"""The texts that the content must have."""

MAY_NAME = frozenset({"where", "address", "time", "now", "role"})
"""What a text may leave open."""


DRILL = {"nb": "ØVELSE ØVELSE: ", "nn": "ØVING ØVING: ", "en": "EXERCISE EXERCISE: "}
"""A drill is marked whatever the content says."""

REAL = {"nb": "EKTE ALARM, ikke øvelse.", "nn": "EKTE ALARM, ikkje øving.", "en": "REAL ALARM, not an exercise."}
"""And so is what has ended one: content that was applied before there was such a text lacks it."""


def _fill(text: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)
