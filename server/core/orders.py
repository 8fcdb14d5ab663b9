"""An order: something that must be carried out in the world. Built only here, so that the drill fence cannot be walked round.

There is one order per person and step: it holds that person's whole ladder of channels. The websocket needs no order:
the stream is its outbox; the order waits for the screen's receipt and climbs when there is none.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from server.core.directory import Contact, Device, Directory, DeviceKind
from server.core.model import Alarm, Drill
from server.core.values import frozen, replace


class Say(StrEnum):
    """What an order tells its recipient."""

    ALARM = "alarm"
    ALL_CLEAR = "all_clear"
    MAY_BE_OVER = "may_be_over"
    CHANGED = "changed"  # the situation has changed, or duress: look again, now
    ASK = "ask"  # a question to one helper, or to the person who fell
    CANCELLED = "cancelled"  # to the contact person: called off while it was pending
    WISH_TO_TALK = "wish_to_talk"  # to those who lead: after the alarm somebody wants to talk
    STILL_ON = "still_on"  # to whoever armed the button of a drill: nobody has ended it, and it ends itself in `count` minutes
    # to devices
    RECEIVED = "received"  # no more is true than when the press was received: nobody is coming, and 112 has not been rung
    COMING = "coming"
    THERE = "there"
    POLICE = "police"
    CALLED_OFF = "called_off"
    ENDED = "ended"
    # about a visit: to the worker
    VISIT_NOTICE = "visit_notice"  # `count` minutes left
    VISIT_LATE = "visit_late"  # check in now, or extend
    VISIT_RECALL = "visit_recall"  # come home
    VISIT_DECIDED = "visit_decided"  # the leader has; `reason` is yes or no
    VISIT_NOT_STARTED = "visit_not_started"
    VISIT_PLANNED = "visit_planned"  # to a companion
    VISIT_CONTACT_SAID_NO = "visit_contact_said_no"
    # to the contact person and the leaders
    VISIT_ASKED = "visit_asked"  # will you be the contact person?
    VISIT_APPROVE = "visit_approve"
    VISIT_STARTED = "visit_started"
    VISIT_CALL = "visit_call"  # `count` minutes late: ring them
    VISIT_LEADER = "visit_leader"  # still no contact
    VISIT_HEARD = "visit_heard"  # they have been heard of: you need not look for them
    VISIT_HOME = "visit_home"
    VISIT_CANCELLED = "visit_cancelled"
    VISIT_REPORT = "visit_report"  # a report has been handed over
    VISIT_PIN_GUESSED = "visit_pin_guessed"  # somebody may be trying the worker's PIN
    VISIT_ALARM_LOST = "visit_alarm_lost"  # the portable alarm that the worker carries is not heard
    VISIT_ALARM_OPENED = "visit_alarm_opened"  # it says that somebody has opened it, or torn it off
    VISIT_ALARM_BACK = "visit_alarm_back"  # it is well again
    # about a planned drill: to its coordinators and leaders
    DRILL_APPROVE = "drill_approve"
    DRILL_DECIDED = "drill_decided"  # `reason` is yes or no
    DRILL_NOT_STARTED = "drill_not_started"
    DRILL_OVERRUN = "drill_overrun"  # still on after its end
    DRILL_REPORT = "drill_report"  # the report is not written
    DRILL_CUE = "drill_cue"  # something of the time line is to be said, phoned or played by people now
    DRILL_PLANNED = "drill_planned"  # by the yearly wheel, which has nobody who would look at it by himself
    DRILL_NOT_PLANNED = "drill_not_planned"  # a line of the wheel cannot have its drill
    DRILL_OVERDUE = "drill_overdue"  # by the wheel: `count` exercises, and `reason` says how many buttons
    # to those who take part
    DRILL_ANNOUNCED = "drill_announced"
    DRILL_CHANGED = "drill_changed"
    DRILL_CANCELLED = "drill_cancelled"
    DRILL_SOON = "drill_soon"  # in `count` seconds
    DRILL_STARTS = "drill_starts"
    DRILL_INJECT = "drill_inject"
    DRILL_STOPPED = "drill_stopped"  # `reason` says why
    DRILL_EVALUATE = "drill_evaluate"
    # to the owner of a finding
    DRILL_FINDING = "drill_finding"
    DRILL_FINDING_DUE = "drill_finding_due"  # `count` days late


ABOUT_VISITS = frozenset(say for say in Say if say.value.startswith("visit_"))
ABOUT_DRILLS = frozenset(say for say in Say if say.value.startswith("drill_"))
ABOUT_WHEEL = frozenset({Say.DRILL_NOT_PLANNED, Say.DRILL_OVERDUE})
"""Of those about drills: what is said where there is no drill, and that is what it is about."""

LIGHT = frozenset({Say.ASK, Say.RECEIVED, Say.COMING, Say.THERE, Say.POLICE})
"""What the light of whoever pressed is told. Each takes the place of the one before."""

AFTER_THE_END = frozenset({Say.ALL_CLEAR, Say.ENDED, Say.CANCELLED, Say.WISH_TO_TALK})
"""The only words that may still go out when an alarm has ended."""


WRITTEN = ("push", "sms")
"""For what may be read when there is time: nobody is called by phone for it, whatever the plan does."""


class Status(StrEnum):
    WAITING = "waiting"  # next_at says when the next rung is due
    REACHED = "reached"  # the recipient's screen or phone has shown it
    SEEN = "seen"
    FAILED = "failed"  # every rung was tried in vain
    DONE = "done"  # a device or an outside contact has taken it
    VOID = "void"  # overtaken: the alarm ended first


class Result(StrEnum):
    """What became of one try."""

    ACCEPTED = "accepted"  # handed over; only a receipt proves that it was reached
    PERMANENT = "permanent"  # this will never work: the next rung at once
    RETRY = "retry"  # busy or down: once more, soon, then the next rung
    DELIVERED = "delivered"  # the recipient's own system has said that it has it: nothing more need be tried
    NO_ADDRESS = "no_address"  # this recipient has none on this channel: not a try


class Receipt(StrEnum):
    """What comes back for one order, by its one-time token."""

    DELIVERED = "delivered"  # it is on the recipient's phone
    NOT_DELIVERED = "not_delivered"  # the vendor says that it never got there
    ANSWERED = "answered"  # a person has pressed a key, or written back


@frozen
class Try:
    """One line of an order's story: a channel, what became of it (a word of Result or Receipt), and when."""

    channel: str
    word: str
    at: datetime


@frozen
class Order:
    """`recipient`: a person id, a contact as `@office/contact`, or `device:<id>`. `rung` indexes `ladder`.

    `step` counts the steps that have been started in this alarm: with the recipient and `say` it makes the id, so that the same
    decision taken twice is one order. `quiet`: no tone and no call, for people who may be inside or under cover.
    """

    id: str
    alarm_id: str
    office_id: str
    recipient: str
    say: Say
    ladder: tuple[str, ...]
    drill: bool
    step: int
    made_at: datetime
    next_at: datetime | None
    quiet: bool = False
    count: int = 0
    rung: int = 0
    status: Status = Status.WAITING
    channel: str | None = None
    """The channel that was tried last, or that reached the recipient."""
    reason: str | None = None
    tries: tuple[Try, ...] = ()
    """What was tried and what came back, oldest first."""


class Fenced(Exception):
    """An order that must not exist: a drill's words to somebody outside who has not agreed to them, or who was left out of it."""


def to_person(
    alarm: Alarm, person_id: str, say: Say, step: int, channels: tuple[str, ...], now: datetime, first_at: datetime, quiet: bool = False,
    reason: str | None = None, count: int = 0,
) -> Order:
    """An order to one of our own people. `first_at`: when the first rung after the screen is due. Raises Fenced for whoever is left out."""
    if alarm.drill is not None and person_id in alarm.drill.left_out:
        raise Fenced("somebody who is left out of this drill")
    return Order(
        f"{alarm.id}/{step}/{say}/{person_id}", alarm.id, alarm.office_id, person_id, say, _ladder(channels, quiet), alarm.drill is not None, step, now,
        first_at, quiet, count, 0, Status.WAITING, None, reason,
    )


@cache
def _ladder(channels: tuple[str, ...], quiet: bool) -> tuple[str, ...]:
    """The rungs after the screen. Quiet: a push without tone, and no SMS or call. Kept: the same for everyone in a step."""
    return tuple(c for c in channels if (c == "push" if quiet else c != "screen"))


def about_visit(
    visit_id: str, number: int, office_id: str, person_id: str, say: Say, channels: tuple[str, ...], now: datetime, quiet: bool, count: int = 0,
    reason: str | None = None,
) -> Order:
    """An order about a visit, which stands where an alarm's id else does. `quiet`: it may vibrate and be written, never ring or speak."""
    return Order(
        f"{visit_id}/{number}/{say}/{person_id}", visit_id, office_id, person_id, say, channels, False, number, now, now, quiet, count, reason=reason,
    )


def about_drill(
    drill_id: str, number: int, office_id: str, person_id: str, say: Say, channels: tuple[str, ...], now: datetime, reason: str | None = None, count: int = 0,
) -> Order:
    """An order about a planned drill, which stands where an alarm's id else does; or about the yearly wheel (`Wheel`). Marked as one, and never a call:
    nothing of it is urgent."""
    return Order(
        f"{drill_id}/{number}/{say}/{person_id}", drill_id, office_id, person_id, say, channels, True, number, now, now, True, count, reason=reason,
    )


def of_wish(alarm: Alarm, number: int, person_id: str, channels: tuple[str, ...], now: datetime) -> Order:
    """An order to one of those who lead: after this alarm somebody wants to talk. It does not say who: that is forgotten after a month."""
    say = Say.WISH_TO_TALK
    return Order(f"{alarm.id}/{number}/{say}/{person_id}", alarm.id, alarm.office_id, person_id, say, channels, False, number, now, now)


def to_contact(alarm: Alarm, contact: Contact, say: Say, step: int, channels: tuple[str, ...], now: datetime) -> Order:
    """An order to somebody outside: by those of `channels` that it has an address of, or by all that it has where none of them fits.
    Raises Fenced for a drill unless that contact has agreed to exercise messages."""
    if alarm.drill is not None and not contact.drills:
        raise Fenced(f"{contact.key} has not agreed to exercise messages: set 'drills: true' on the contact, or leave it out")
    has = contact.channels()
    ladder = tuple(channel for channel in has if channel in channels) or has
    return Order(
        f"{alarm.id}/{step}/{say}/{contact.key}", alarm.id, alarm.office_id, contact.key, say, ladder, alarm.drill is not None, step,
        now, now,
    )


def to_device(alarm: Alarm, device_id: str, say: Say, step: int, now: datetime, count: int = 0, office_id: str | None = None) -> Order:
    """An order to a light, a sounder or the button itself; the gateway of `office_id`, the device's own office, leases it when the bell rings."""
    return Order(
        f"{alarm.id}/{step}/{say}/device:{device_id}", alarm.id, office_id or alarm.office_id, f"device:{device_id}", say, ("device",),
        alarm.drill is not None, step, now, now, count=count,
    )


def as_told(say: Say, count: int) -> str:
    """What a light is told, as `Alarm.device_told` keeps it: empty for no more than *received*, which it shows from the press on."""
    return "" if say is Say.RECEIVED else f"{say} {count}"


def outputs(alarm: Alarm, directory: Directory, silent: bool, sheltering: bool) -> list[Device]:
    """Lamps and sounders of the house that may speak of this alarm."""
    fence = alarm.drill.offices if alarm.drill is not None else ()
    offices = [one for one in alarm.office_ids if not fence or one in fence]
    return may_speak(offices, alarm.place.zone_id, alarm.drill is not None, silent, sheltering, directory)


def may_speak(
    office_ids: Iterable[str], pressed_zone_id: str | None, drill: bool, silent: bool, sheltering: bool, directory: Directory
) -> list[Device]:
    """Lamps and sounders of these offices: never in rooms open to visitors when the situation is silent, and no sounder at all where
    people may be hiding. In a drill none that was bought: it knows on and off, and cannot say that it is one."""
    chosen = []
    for device in (device for office_id in office_ids for device in directory.outputs.get(office_id, ())):
        zone = directory.zone(device.office_id, device.zone_id)
        if silent and (zone is None or zone.public or zone.id == pressed_zone_id):
            continue
        if (sheltering and device.kind is DeviceKind.SOUNDER) or (drill and device.bought is not None):
            continue
        chosen.append(device)
    return chosen


def not_waited_for(order: Order, channels: Container[str], answers: bool) -> bool:
    """Whether one that has waited long enough for its turn counts as tried: behind a vendor that hangs, or where there is another channel to climb to.
    Else it would fail without a try, and be told again behind the same queue. `channels`: those that there are; `answers`: whether its present one's
    vendor does."""
    return not answers or any(channel in channels for channel in order.ladder[order.rung + 1 :])


RETRY_MAX_S = 2.0


def skipping(order: Order, channels: Container[str], now: datetime, ladder_s: tuple[int, ...]) -> Order:
    """The same order where its present rung can be tried; else at the next rung that this server has a channel for.

    With none left it has failed, but not before a screen has had its time.
    """
    rung = next((n for n in range(order.rung, len(order.ladder)) if order.ladder[n] in channels), len(order.ladder))
    if rung == order.rung < len(order.ladder):
        return order
    if rung == len(order.ladder):
        return _failed(replace(order, rung=rung), now, ladder_s)
    return replace(order, rung=rung, next_at=max(now, order.made_at + timedelta(seconds=ladder_s[min(rung, len(ladder_s) - 1)])))


def after_try(
    order: Order, result: Result, now: datetime, ladder_s: tuple[int, ...], retry_after_s: float = 0, has_screen: bool = False
) -> Order:
    """The order after its present rung was tried: when the next is due. After the last accepted one a receipt is waited for.

    Where the rung has no address for this recipient the next one follows at once; but where there may be a screen (`has_screen`: somebody
    in the house) it is given its time first.
    """
    channel = order.ladder[order.rung]
    if result is Result.NO_ADDRESS:
        screen_until = order.made_at + timedelta(seconds=ladder_s[1])
        climbed = replace(order, rung=order.rung + 1, next_at=max(now, screen_until) if has_screen else now)
        return climbed if climbed.rung < len(order.ladder) else _failed(climbed, now, ladder_s)
    if result is Result.RETRY and retry_after_s <= RETRY_MAX_S and order.channel != channel:  # once: the channel says that it was tried
        return replace(order, next_at=now + timedelta(seconds=retry_after_s or 0.5), channel=channel)
    rung = order.rung + 1
    if result is Result.DELIVERED:
        taken = Status.DONE if order.recipient.startswith("@") else Status.REACHED
        return replace(order, rung=rung, channel=channel, status=taken, next_at=None)
    if result is Result.ACCEPTED:
        patience = timedelta(seconds=ladder_s[1])
        scheduled = order.made_at + timedelta(seconds=ladder_s[min(rung, len(ladder_s) - 1)])
        return replace(order, rung=rung, channel=channel, next_at=min(scheduled, now + patience) if scheduled > now else now + patience)
    tried = replace(order, rung=rung, channel=channel, next_at=now)
    return tried if rung < len(order.ladder) else _failed(tried, now, ladder_s)


def _failed(order: Order, now: datetime, ladder_s: tuple[int, ...]) -> Order:
    screen_until = order.made_at + timedelta(seconds=ladder_s[1])
    if now < screen_until and not order.recipient.startswith("@"):
        return replace(order, next_at=screen_until)
    return replace(order, status=Status.FAILED, next_at=None)


def untried_push(order: Order) -> bool:
    """Whether its push is still to go out. A screen that has drawn the alarm does not stop it: the screen may stand open at home."""
    return order.rung == 0 and order.ladder[:1] == ("push",) and not any(one.channel == "push" for one in order.tries)


def after_receipt(order: Order, receipt: Receipt, channel: str, now: datetime) -> Order | None:
    """The order after something has come back for it; None where that is no news.

    A message on the phone of one of our own is reached, and the ladder stops. Outside the house only an answer is: a guard whose phone has
    an SMS may be asleep, and is rung all the same where there is a rung left. An answer is true also when it comes after everything.
    """
    if any((one.channel, one.word) == (channel, receipt.value) for one in order.tries):
        return None
    noted = replace(order, tries=(*order.tries, Try(channel, receipt.value, now)))
    if receipt is Receipt.ANSWERED:
        known = order.status in (Status.SEEN, Status.VOID)
        return noted if known else replace(noted, status=Status.SEEN, channel=channel, next_at=None)
    if receipt is Receipt.NOT_DELIVERED:
        # the rung after it need not wait for a receipt that will not come
        waits = order.status is Status.WAITING and order.channel == channel and order.next_at is not None
        return replace(noted, next_at=min(now, order.next_at)) if waits and order.next_at else noted
    climbs = order.recipient.startswith("@") and order.rung < len(order.ladder)
    if order.status not in (Status.WAITING, Status.FAILED) or climbs and order.status is Status.WAITING:
        return noted
    return replace(noted, status=Status.REACHED, channel=channel, next_at=None)


def fenced(order: Order, directory: Directory, mark: Drill | None = None) -> bool:
    """Whether the office has since taken back that this contact hears of drills, or has taken the contact away; or whether the drill (`mark`) is not
    for this person: looked at again when it is sent."""
    person = directory.people.get(order.recipient)
    if person is not None and mark is not None:
        return not mark.lets_in(person.id, person.offices)
    if not order.recipient.startswith("@"):
        return False
    contact = directory.contacts.get(order.recipient)
    return contact is None or (order.drill and not contact.drills)


def overtaken(order: Order, alarm: Alarm) -> bool:
    """Whether the order must no longer go out: no call after the end, no drill words in what has become real, and no word to a light that is true
    no more, however late it was leased or is leased again."""
    if not alarm.open and order.say not in AFTER_THE_END:
        return True
    if order.say in (Say.MAY_BE_OVER, Say.CALLED_OFF) and alarm.open and alarm.called_off is None:
        return True  # a new press has cleared it: nobody may slow down
    if order.recipient.startswith("device:") and order.say in LIGHT and (alarm.quiet_since is not None or as_told(order.say, order.count) != alarm.device_told):
        return True  # whoever pressed would go on seeing somebody come who comes no more
    if order.say is Say.ALARM and alarm.raised_by(order.recipient):
        return True  # told before pressing too: a phone that goes on ringing with the own cry may be heard beside the danger
    return order.drill != (alarm.drill is not None)
