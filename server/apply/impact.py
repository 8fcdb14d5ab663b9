"""What a new configuration means for what is going on now: open alarms, open visits, people on duty, devices that hang on a wall.

Running alarms keep the plan that they were opened with; what is said here is what they feel all the same. What duress would show is not among it:
whoever applies may sit beside the one who is threatened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from server.config.loading import Loaded
from server.apply.diff import Difference
from server.core.directory import Directory, Duty, directory
from server.core.escalation import owners, resolve
from server.core.model import Alarm, Assignment
from server.core.values import replace
from server.core.visit.model import Visit
from server.store.contract import Store

LOOKED_AT = 1000
"""Open alarms and visits that are looked into: more than any site has."""


@dataclass(frozen=True, slots=True)
class Effect:
    """`key`: a phrase of `words.py`, filled with `values`. `refuses`: it must not be applied now, whoever says yes."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Going:
    """One open alarm or visit, and what it feels. `alarm` or `visit` is given."""

    effects: tuple[Effect, ...]
    alarm: Alarm | None = None
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class Impact:
    going: tuple[Going, ...] = ()
    effects: tuple[Effect, ...] = ()

    @property
    def refused(self) -> bool:
        return any(effect.refuses for effect in (*self.effects, *(effect for one in self.going for effect in one.effects)))


def impact(store: Store, before: Loaded | None, after: Loaded, found: Collection[Difference], gateways: Mapping[str, Collection[str]]) -> Impact:
    """Read from the store as it is now. `gateways`: those that there are, with their offices."""
    duty = store.duty()
    one, other = replace(before.directory if before else directory(()), duty=duty), replace(after.directory, duty={**after.directory.duty, **duty})
    gone = _Gone(one, other)
    alarms = store.alarms(id_ for _, id_ in store.deadlines(limit=LOOKED_AT)).values()
    visits = store.visits(id_ for _, id_ in store.visit_deadlines(limit=LOOKED_AT)).values()
    plans = {row.id for row in found if row.noun == "plan" and row.sign in "-~>"}
    going = [_alarm(alarm, gone, plans) for alarm in sorted(alarms, key=lambda alarm: alarm.opened_at)]
    going += [_visit(visit, gone) for visit in sorted(visits, key=lambda visit: visit.starts_at)]
    shown = [one for one in going if one.effects]
    restart = [Effect("channels_changed")] if before is not None and before.deployment.channels != after.deployment.channels else []
    effects = [*restart, *_hidden_refusals(alarms, visits, gone), *_people(gone), *_devices(gone), *_new_offices(gone, gateways)]
    return Impact(tuple(shown), tuple(effects))


class _Gone:
    """What is there before and no longer after."""

    def __init__(self, before: Directory, after: Directory) -> None:
        self.before, self.after = before, after
        self.offices = {*before.offices} - {*after.offices}
        self.people = {*before.people} - {*after.people}
        self.devices = {*before.devices} - {*after.devices}
        self.zones = {*before.zones} - {*after.zones}

    def names(self, ids: Iterable[str]) -> str:
        people = self.before.people
        return ", ".join(people[one].name if one in people else one for one in ids)

    def leaves_alone(self, alarm: Alarm) -> bool:
        """Whether the alarm's office goes, or nobody who could end it would be left to tell."""
        if alarm.office_id in self.offices:
            return True
        steps = alarm.plan.steps[-1].tell if alarm.plan.steps else ()
        told = {one for selector in steps for one in resolve(selector, alarm, self.after)} | {*owners(alarm, self.after, nobody_else=True), *alarm.told}
        return not (told & {*self.after.people} - {*alarm.raisers})


def _seen(alarm: Alarm) -> bool:
    """Whether the alarm may be spoken of on a screen that may stand anywhere."""
    return not alarm.hidden and alarm.feigned is None


# ---------------------------------------------------------------- what is open


def _alarm(alarm: Alarm, gone: _Gone, plans: Collection[str]) -> Going:
    if not _seen(alarm):
        return Going(())
    effects = [Effect("keeps_plan_changed" if alarm.plan.plan_id in plans else "keeps_plan", {"plan": alarm.plan.plan_id})]
    if gone.leaves_alone(alarm):
        effects.append(Effect("alarm_left_alone", refuses=True))
    for held in alarm.assignments:
        if held.person_id in gone.people and held.answered:
            effects.append(_holder(held, gone))
    answered = {held.person_id for held in alarm.assignments if held.answered}
    # once it is called off, who was told would show what the PIN said
    if alarm.quiet_since is None and (told := [one for one in alarm.told if one in gone.people - answered]):
        effects.append(Effect("told_removed", {"names": gone.names(told)}))
    if pressed := [one for one in alarm.raisers if one in gone.people]:
        effects.append(Effect("presser_removed", {"names": gone.names(pressed)}))
    if lost := [one for one in alarm.device_ids if one in gone.devices]:
        effects.append(Effect("button_removed", {"devices": ", ".join(lost)}))
    if (alarm.office_id, alarm.place.zone_id) in gone.zones:
        effects.append(Effect("zone_removed"))
    effects += _emptied(alarm, gone)
    return Going(tuple(effects), alarm=alarm)


def _holder(held: Assignment, gone: _Gone) -> Effect:
    values = {"names": gone.names([held.person_id]), "stage": held.stage.value}
    return Effect("holder_removed", values)


def _emptied(alarm: Alarm, gone: _Gone) -> Iterator[Effect]:
    """Steps still to come that meant somebody and will mean nobody."""
    first = min(max(alarm.plan.number + 1, 0), len(alarm.plan.steps) - 1)
    for number, step in list(enumerate(alarm.plan.steps))[first:]:
        for selector in step.tell:
            if resolve(selector, alarm, gone.before) and not resolve(selector, alarm, gone.after):
                yield Effect("step_emptied", {"number": str(number + 1), "who": f"{selector.by} {selector.value}".strip()})


def _visit(visit: Visit, gone: _Gone) -> Going:
    """Only what the change does to it: a visit by itself is nobody's business here."""
    if visit.feigned is not None or visit.duress:
        return Going(())
    effects = []
    if visit.office_id in gone.offices:
        effects.append(Effect("visit_left_alone", refuses=True))
    if out := [one for one in visit.people if one in gone.people]:
        effects.append(Effect("visitor_removed", {"names": gone.names(out)}))
    if visit.contact_id in gone.people:
        effects.append(Effect("contact_removed", {"names": gone.names([visit.contact_id or ""])}))
    if visit.device_id in gone.devices:
        effects.append(Effect("visit_device_removed", {"devices": visit.device_id or ""}))
    return Going(tuple(effects), visit=visit)


def _hidden_refusals(alarms: Iterable[Alarm], visits: Iterable[Visit], gone: _Gone) -> Iterator[Effect]:
    """What must not be spoken of must not be left alone either: refused in words that fit anything."""
    unseen = any(not _seen(alarm) and gone.leaves_alone(alarm) for alarm in alarms)
    unseen |= any((visit.feigned is not None or visit.duress) and visit.office_id in gone.offices for visit in visits)
    if unseen:
        yield Effect("something_open", refuses=True)


# ---------------------------------------------------------------- what hangs and who works here


def _people(gone: _Gone) -> Iterator[Effect]:
    if gone.people:
        yield Effect("people_removed", {"count": str(len(gone.people))})
    duty = gone.before.duty
    on_duty = sorted(id_ for id_ in gone.people if any(duty.get((id_, office), Duty.OFF) is not Duty.OFF for office in gone.before.people[id_].offices))
    if on_duty:
        yield Effect("on_duty_removed", {"names": gone.names(on_duty[:10]) + (" …" if len(on_duty) > 10 else "")})


def _devices(gone: _Gone) -> Iterator[Effect]:
    if pressed := [one for one in gone.devices if gone.before.devices[one].kind in ("button", "portable")]:
        yield Effect("devices_removed", {"count": str(len(pressed))})
    if added := {*gone.after.devices} - {*gone.before.devices}:
        yield Effect("devices_added", {"count": str(len(added))})


def _new_offices(gone: _Gone, gateways: Mapping[str, Collection[str]]) -> Iterator[Effect]:
    heard = {office for offices in gateways.values() for office in offices}
    for office_id in sorted({device.office_id for device in gone.after.devices.values()} - heard):
        if gateways:  # else there are none yet, and the first one serves all
            yield Effect("no_gateway", {"office": office_id})
