"""The doors for portable alarms: one is taken from the shelf, pressed once as a test, carried, and handed back."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.core.access import COORDINATING, Viewer, rights
from server.core.drills import touched
from server.core.directory import Custody, Device, DeviceKind
from server.core.portable import Seen, find, fixed_owner, heard, on_shelf, proven, why_not
from server.core.values import frozen
from server.core.visit.model import carried
from server.flow.context import TRIES, Context
from server.flow.intake import real_alarm_in
from server.store.contract import Armed, Change, Conflict

TAKE = "take"


@frozen
class Taken:
    """What became of it. `reason` is None where the alarm is this person's now; `by`: who has it instead. `real_alarm_open`: it is this person's, but a
    press is no test now."""

    device_id: str | None = None
    reason: str | None = None
    by: str | None = None


def take(context: Context, viewer: Viewer, text: str) -> Taken:
    """Takes the alarm that was scanned or typed. It is this person's from now on, and waits for its test press; the same again asks for another."""
    for _ in range(TRIES):
        directory, now = context.directory(), context.now()
        person = directory.people[viewer.person_id]
        device = find(text, person.offices, directory)
        if isinstance(device, str):
            return Taken(None, device)
        held = context.store.custody()
        fixed, held_by = fixed_owner(device, directory), held[device.id].person_id if device.id in held else None
        if reason := why_not(person.id, fixed, held_by, seen(context, device)):
            return Taken(device.id, reason, fixed or held_by)
        if fixed is None and held_by is None:
            try:
                context.store.commit(Change(now, taken=[Custody(device.id, person.id, now)]))
            except Conflict:
                continue
        real = real_alarm_in(context, device.office_id, touched)
        if not real:
            context.store.arm(Armed(device.id, "test", person.id, now + timedelta(seconds=directory.limits.armed_s)))
        _look(context, device)
        return Taken(device.id, "real_alarm_open" if real else None)
    return Taken(None, "busy")


def by_press(context: Context, viewer: Viewer, office_id: str) -> datetime | str:
    """The next alarm from this office's shelf that is pressed is this person's, and that press is its test. Gives until when; else why not.

    Only what lies on the shelf is armed: whoever carries an alarm and presses it raises one, also now.
    """
    directory, now = context.directory(), context.now()
    if not rights(viewer.person_id, office_id, directory):
        return "wrong_office"
    if real_alarm_in(context, office_id, touched):
        return "real_alarm_open"
    shelf = on_shelf(office_id, directory)
    held = context.store.custody()
    armed = context.store.armed([device.id for device in shelf], now)
    if any(one.purpose == TAKE and one.by != viewer.person_id for one in armed.values()):
        return "somebody_takes"
    free = [d for d in shelf if d.id not in held and (d.id not in armed or armed[d.id].purpose == TAKE)]
    if not free:
        return "shelf_empty"
    until = now + timedelta(seconds=directory.limits.armed_s)
    for device in free:
        context.store.arm(Armed(device.id, TAKE, viewer.person_id, until))
    return until


def hand_back(context: Context, viewer: Viewer, device_id: str) -> str | None:
    """It lies on the shelf again; None where it does, else why not. By whoever has it, the desk, or those who lead."""
    directory, now = context.directory(), context.now()
    device, held = directory.devices.get(device_id), context.store.custody().get(device_id)
    own = rights(viewer.person_id, device.office_id, directory) if device else frozenset[str]()
    if device is None or not own:
        return "unknown_device"
    if held is None:
        return "not_taken"
    if held.person_id != viewer.person_id and not own & (COORDINATING | {"desk"}):
        return "not_yours"
    if any(visit.started_at is not None and visit.feigned is None for visit in context.store.open_visits([carried(device_id)])):
        return "out_with_it"
    # the test that was waited for is not waited for on the shelf: a press there is real
    context.store.arm(Armed(device_id, "test", viewer.person_id, now - timedelta(seconds=1)))
    context.store.hand_back(device_id, now)
    _look(context, device)
    return None


def mine(context: Context, viewer: Viewer) -> list[dict[str, object]]:
    """The portable alarms that this person has, with how they are."""
    directory, now = context.directory(), context.now()
    held = context.store.custody()
    own = [d for d in directory.devices.values() if d.kind is DeviceKind.PORTABLE and viewer.person_id in (fixed_owner(d, directory), who(d, held))]
    armed = context.store.armed([d.id for d in own], now)
    return [
        {
            "id": d.id, "name": d.name, "office_id": d.office_id, "fixed": d.id not in held, "since": held[d.id].since if d.id in held else None,
            "tested": proven(held.get(d.id), how), "heard": heard(d, how, now), "heard_at": how.heard_at, "battery": how.battery,
            "armed_until": armed[d.id].until if d.id in armed else None,
        }
        for d in own for how in (seen(context, d),)
    ]  # fmt: skip


def who(device: Device, held: dict[str, Custody]) -> str | None:
    """Who has taken it, by the store rather than by a directory that may be a moment old."""
    return held[device.id].person_id if device.id in held else None


def seen(context: Context, device: Device) -> Seen:
    state = context.store.devices([device.id]).get(device.id)
    return Seen(state.state, state.heard_at, state.battery, state.tested_at) if state else Seen()


def _look(context: Context, device: Device) -> None:
    context.bell.ring("duty", f"now:{device.office_id}")
