"""What `varde plan` prints: who gets what, by which channel, when; as text in the office's language, or as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from server.core.directory import Selector
from server.core.orders import Order, Result, Say
from server.plan.trial import WHAT_IF, Happened, Helper, Trial, selectors, took
from server.plan.words import PHRASES, channel, say

HERE = ZoneInfo("Europe/Oslo")
NAMES_MAX = 12
"""Of everybody on duty in a large office so many names are printed; --json has them all."""
INSIDE = " " * 8
WIDTH = 110


def report(trial: Trial, language: str, duty: str, used: Collection[str], assumed: bool, words: bool) -> Iterator[str]:
    """Lines of text. `duty`: a phrase that says where those on duty come from; `used`: the channels; `assumed`: that all have push."""
    page = _Page(trial, language)
    for line in (*page.head(duty, used, assumed), "", *page.story(), "", *page.answers(), *(["", *page.words()] if words else ())):
        yield textwrap.fill(line, WIDTH, subsequent_indent=" " * (len(line) - len(line.lstrip()) + 4), break_on_hyphens=False)


class _Page:
    def __init__(self, trial: Trial, language: str) -> None:
        self._trial, self._directory, self._language = trial, trial.directory, language

    def _say(self, key: str, **values: object) -> str:
        return say(self._language, key, **values)

    def _phrase(self, word: object) -> str:
        """A word of the log in words; as it stands where it is so rare that there are none."""
        return self._say(str(word)) if word in PHRASES else str(word)

    # ---- the beginning

    def head(self, duty: str, used: Collection[str], assumed: bool) -> Iterator[str]:
        alarm, directory = self._trial.opened, self._directory
        place = ", ".join(part for part in (alarm.place.zone, alarm.place.office) if part)
        yield self._say("pressed", what=self._pressed(), where=place, at=_clock(self._trial.press.at))
        yield self._say("frame", situation=alarm.situation, level=alarm.level.value, plan=alarm.plan.plan_id, owner=self._name(alarm.plan.owner_id))
        office_id = alarm.office_id
        there, present = directory.on_duty_in(office_id), sum(directory.present(one, office_id) for one in directory.staff[office_id])
        yield self._say("duty", on_duty=len(there), present=present, source=self._say(duty))
        named = dict.fromkeys(one for step in alarm.plan.steps for one in step.channels if one != "screen")
        missing = [one for one in named if one not in used]
        yield self._say("channels", channels=self._channels(used))
        if missing:
            yield self._say("not_set_up", channels=self._channels(missing), all=",".join(dict.fromkeys((*used, *missing))))
        if assumed and "push" in used:
            yield self._say("push_unknown")
        press = self._trial.press
        yield self._say("shown" if press.shown else "some_answer" if press.answers else "worst")

    def _pressed(self) -> str:
        press, signal = self._trial.press, self._trial.opened.signals[0]
        device = self._directory.devices.get(press.device_id or "")
        if device is not None:
            return self._say("with_device", name=device.name, id=device.id, kind=signal.kind.value)
        if press.by is not None and signal.device_id != WHAT_IF:
            return self._say("with_app", name=self._name(press.by), id=press.by, kind=signal.kind.value)
        return self._say("with_nothing", kind=signal.kind.value)

    # ---- what happens

    def story(self) -> Iterator[str]:
        trial = self._trial
        for at_s, lines in groupby(trial.log, key=lambda one: one.at_s):
            orders = [order for order in trial.orders if self._at(order.made_at) == at_s]
            here = list(lines)
            again = [one for one in here if one.what == "step_started" and one.data.get("round")]
            first = True
            for line in self._happened(again) if again else (*self._happened(here, orders), *self._told(orders)):
                yield f"{at_s:>4.0f} s  {line}" if first else f"{INSIDE}{line}"
                first = False
            if again:
                yield f"{INSIDE}{self._say('repeats', seconds=trial.repeats_s)}"
        yield from (self._say("refused", who=self._name(who), reason=reason) for who, reason in trial.refused)
        if trial.repeats_s is None:
            yield self._say("never_repeats")

    def _happened(self, here: list[Happened], orders: Collection[Order] = ()) -> Iterator[str]:
        owner_hears = any((order.reason or "").startswith("nobody_for_role") for order in orders)
        for one in here:
            data = one.data
            match one.what:
                case "step_started":
                    number = int(data["number"])
                    yield self._say("step", number=number, of=data["of"], why=self._phrase(data["why"]), wait=self._trial.alarm.plan.steps[number - 1].wait_s)
                    if not data.get("round"):
                        whom = dict.fromkeys(self._whom(selector) for selector in selectors(self._trial.alarm, number))
                        yield self._say("whom", whom=", ".join(whom))
                case "nobody_for_role":
                    nobody = self._say("nobody_for_role", whom=self._whom(Selector(str(data["selector"]), str(data["value"]))))
                    yield f"! {nobody}" if owner_hears else f"! {nobody}, {self._say('no_owner')}"
                case "unreached" if not any(other.what == "step_started" for other in here):
                    yield self._say("unreached_step", number=data["number"])
                case "asked":
                    yield self._say("asked", who=self._name(one.by or ""), question=self._phrase(data["question"]))
                case "acknowledged":
                    yield self._say("acknowledged", who=self._name(one.by or ""), role=self._role(data.get("role")))
                case "lapsed":
                    yield self._say("lapsed", who=self._name(one.by or ""))

    def _told(self, orders: list[Order]) -> Iterator[str]:
        """Those with the same ladder stand together: in a large office that is most of them."""
        ladders: dict[str, list[str]] = {}
        for order in orders:
            if not order.recipient.startswith("device:"):
                ladders.setdefault(self._ladder(order), []).append(self._name(order.recipient))
        for ladder, names in ladders.items():
            yield f"{ladder}:"
            yield f"    {_some(list(dict.fromkeys(names)))}"
        lit = [self._name(order.recipient) for order in orders if order.recipient.startswith("device:") and order.say is Say.ALARM]
        if lit:
            yield self._say("devices", names=_some(lit))

    def _ladder(self, order: Order) -> str:
        """The rungs with when each was tried, in seconds since the press; then what is particular about it."""
        rungs = [
            self._say("lacks_address", channel=channel(self._language, one.channel))
            if one.word == Result.NO_ADDRESS
            else self._say("rung", channel=channel(self._language, one.channel), at=round(self._at(one.at)))
            for one in order.tries
        ]
        if not took(order):
            screen = order.recipient in self._directory.people and self._directory.present_somewhere(order.recipient)
            rungs.append(self._say("only_screen" if screen else "no_channel"))
        reason, _, role = (order.reason or "").partition(":")
        because = {"nobody_for_role": "because_role", "duress": "because_duress", "nobody_can_end": "because_end"}.get(reason)
        if because:
            rungs.append(self._say(because, role=self._role(role)))
        return " · ".join([*rungs, *([self._say("quiet")] if order.quiet else [])])

    # ---- what an answer changes

    def answers(self) -> Iterator[str]:
        if self._trial.helpers:
            yield self._say("answers")
        before: Helper | None = None
        for number, one in enumerate(self._trial.helpers, 1):
            yield f"  {number}. {self._helper(one, before)}"
            before = one
        empty = self._trial.empty
        yield self._say("empty", roles=self._counted((role, empty.count(role)) for role in dict.fromkeys(empty))) if empty else self._say("none_empty")

    def _helper(self, helper: Helper, before: Helper | None) -> str:
        said = self._say("helper", who=self._name(helper.person_id), role=self._role(helper.role), holds=self._say("minutes", n=round(helper.holds_s / 60)))
        if helper.enough:
            return f"{said} – {self._say('enough')}"
        if before is not None and before.lacks == helper.lacks:
            return f"{said} – {self._say('as_before')}"
        return f"{said} – {self._say('still_lacks', roles=self._counted(helper.lacks)) if helper.lacks else self._say('steps_go_on')}"

    def words(self) -> Iterator[str]:
        yield f"{self._say('words')}:"
        for (name, spoken), text in sorted(self._trial.words.items()):
            yield f"  {channel(self._language, name)} ({spoken}): {text}"

    def _counted(self, roles: Iterator[tuple[str, int]] | Collection[tuple[str, int]]) -> str:
        return ", ".join(f"{count} {self._role(role)}" for role, count in roles)

    # ---- names

    def _at(self, moment: datetime) -> float:
        return (moment - self._trial.press.at).total_seconds()

    def _name(self, recipient: str) -> str:
        directory = self._directory
        known = directory.people.get(recipient) or directory.contacts.get(recipient) or directory.devices.get(recipient.removeprefix("device:"))
        return known.name if known else recipient

    def _role(self, role: object) -> str:
        named = self._directory.content.roles.get(str(role))
        return named["name"].get(self._language, str(role)) if named else str(role) if role else self._say("no_role")

    def _whom(self, selector: Selector) -> str:
        directory = self._directory
        match selector.by:
            case "role":
                whom = self._say("by_role", value=self._role(selector.value))
            case "person":
                whom = self._name(selector.value)
            case "contact":
                office_id = selector.office_id or self._trial.opened.office_id
                whom = self._name(selector.value if selector.value.startswith("@") else f"@{office_id}/{selector.value}")
            case by:
                whom = self._say(f"by_{by}") if f"by_{by}" in PHRASES else by
        office = directory.offices.get(selector.office_id)
        return self._say("at_office", whom=whom, office=office.name) if office else whom

    def _channels(self, names: Collection[str]) -> str:
        return ", ".join(channel(self._language, one) for one in names)


def as_json(trial: Trial, used: Collection[str]) -> dict[str, object]:
    """The same for machines: all times are seconds after the press. Fields as docs/configuration.md describes them."""
    at, alarm, directory = trial.press.at, trial.opened, trial.directory
    seconds = lambda moment: (moment - at).total_seconds()  # noqa: E731
    return {
        "office": alarm.office_id, "zone": alarm.place.zone_id, "device": trial.press.device_id, "by": trial.press.by, "kind": alarm.kind.value,
        "situation": alarm.situation, "level": alarm.level.value, "plan": alarm.plan.plan_id, "owner": alarm.plan.owner_id,
        "pressed_at": at.isoformat(), "channels": list(used),
        "on_duty": [one.id for one in directory.on_duty_in(alarm.office_id)],
        "present": [one for one in directory.staff[alarm.office_id] if directory.present(one, alarm.office_id)],
        "log": [{"at_s": one.at_s, "what": one.what, "by": one.by, "data": dict(one.data)} for one in trial.log],
        "messages": [
            {"to": order.recipient, "says": order.say.value, "made_at_s": seconds(order.made_at), "quiet": order.quiet, "reason": order.reason,
             "tries": [{"channel": one.channel, "at_s": seconds(one.at), "result": one.word} for one in order.tries]}
            for order in trial.orders
        ],
        "answers": [
            {"by": one.person_id, "role": one.role, "stage": one.stage, "holds_s": one.holds_s, "lacks": dict(one.lacks), "enough": one.enough}
            for one in trial.helpers
        ],
        "refused": [{"by": who, "reason": reason} for who, reason in trial.refused],
        "empty_roles": list(trial.empty), "repeats_s": trial.repeats_s,
        "words": [{"channel": name, "language": language, "text": text} for (name, language), text in sorted(trial.words.items())],
    }  # fmt: skip


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMES_MAX]) + (f" … (+{len(names) - NAMES_MAX})" if len(names) > NAMES_MAX else "")


def _clock(moment: datetime) -> str:
    return moment.astimezone(HERE).strftime("%H:%M")
