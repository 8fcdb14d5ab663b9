"""The doors for devices: orders to lights and sounders, and how devices and gateways are."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from server.core.access import Viewer, may_arm
from server.core.directory import Custody, DeviceKind, Directory, Duty
from server.core.local_table import Compiled, compiled, signature
from server.core.local_table import local_table as table_for
from server.core.nameless import is_nameless, office_without_names
from server.core.orders import overtaken
from server.core.phones import best
from server.core.portable import Seen, fixed_owner, proven, wanting
from server.core.readiness import readiness
from server.core.signals import Signal
from server.core.values import frozen, replace
from server.core.visit.model import AlarmState
from server.flow import proofs, visits
from server.flow.auditor import is_silent
from server.flow.context import Context
from server.flow.reach import Way, ways_to
from server.store.contract import DeviceState, GatewayState

LEASE_S = 5
BATCH = 500
HEARD_WRITTEN_S = 30


@frozen
class Heard:
    device_id: str
    state: str
    heard_at: datetime | None
    battery: int | None
    flags: tuple[str, ...]


TEXT_MOST = 200


def within(signal: Signal, offices: Sequence[str]) -> Signal:
    """A gateway's signal as it can be kept: in an office that the gateway serves, and with nothing that no database takes. A press with
    an absurd battery is a press."""
    battery = signal.battery if signal.battery is not None and 0 <= signal.battery <= 100 else None
    signal_id, office_id = keepable(signal.id) or "unnamed", signal.office_id if signal.office_id in offices or not offices else offices[0]
    device_id, person_id, zone_id, detail = keepable(signal.device_id), keepable(signal.person_id), keepable(signal.zone_id), keepable(signal.detail)
    kept = (signal_id, office_id, device_id, person_id, zone_id, detail, battery)
    if kept == (signal.id, signal.office_id, signal.device_id, signal.person_id, signal.zone_id, signal.detail, signal.battery):
        return signal  # nearly always: a press need not be made a second time
    return replace(
        signal, id=signal_id, office_id=office_id, device_id=device_id, person_id=person_id, zone_id=zone_id, detail=detail, battery=battery
    )  # fmt: skip


def keepable(text: str | None) -> str | None:
    """Without what databases refuse; a text that is too long is cut, and told from others by its fingerprint."""
    if text is None or (len(text) <= TEXT_MOST and "\0" not in text and text.isprintable()):
        return text
    clean = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f"{clean[:TEXT_MOST]}~{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:12]}"


def lease(context: Context, gateway_id: str, offices: Sequence[str]) -> list[dict[str, object]]:
    """Orders for the devices of these offices that are due; those that the alarm's end has overtaken are dropped."""
    now = context.now()
    leased = context.store.lease(now, now + timedelta(seconds=LEASE_S), f"gateway:{gateway_id}", BATCH, offices)
    if not leased:
        return []
    alarms = context.store.alarms({order.alarm_id for order in leased})
    void = {order.id: "permanent" for order in leased if overtaken(order, alarms[order.alarm_id])}
    if void:
        context.store.device_outcome(void, now)
    return [
        {"id": o.id, "device_id": o.recipient.removeprefix("device:"), "say": o.say, "count": o.count, "drill": o.drill, "alarm_id": o.alarm_id}
        for o in leased
        if o.id not in void
    ]


def local_table(context: Context, offices: Sequence[str], token: str, nonce: str) -> tuple[str, str]:
    """What a gateway of these offices lights alone, signed for it, in answer to its question `nonce`. Gives the text and its signature."""
    now, directory = context.now(), context.directory()
    armed = context.store.armed([one.id for one in directory.devices.values() if one.office_id in offices], now)
    text = table_for(_compiled(context, offices, directory), {id_: (one.purpose, one.until) for id_, one in armed.items()}, now, nonce)
    return text, signature(token, text)


def _compiled(context: Context, offices: Sequence[str], directory: Directory) -> Compiled:
    """Made again only when the directory is another: a large house's would keep presses waiting each minute."""
    made_of, found = context.tables.get(frozenset(offices), (None, {}))
    if made_of is not directory:
        found = compiled(offices, directory)
        context.tables[frozenset(offices)] = directory, found
    return found


def heartbeat(
    context: Context, gateway_id: str, offices: Sequence[str], broker: str, spooled: int, heard: Iterable[Heard], spool: str = "ok"
) -> None:
    """What a gateway says of itself and its devices. Screens look again only where something has changed."""
    now, directory = context.now(), context.directory()
    known = {one.device_id: one for one in heard if one.device_id in directory.devices}
    before = context.store.devices(known)
    states = [DeviceState(h.device_id, h.state, h.heard_at, h.battery, h.flags, None, gateway_id) for h in known.values()]
    untold = visits.alarms_are(context, _alarms_changed(before, states))
    context.store.set_devices([one for one in states if one.device_id not in untold and _worth_writing(before.get(one.device_id), one)])
    was = next((one for one in context.store.gateways() if one.gateway_id == gateway_id), None)
    context.store.set_gateway(GatewayState(gateway_id, now, broker, spooled, tuple(offices), spool))
    if spool != (was.spool if was is not None else "ok"):
        context.bell.ring(*{f"now:{office}" for office in offices})
    if was is not None and (was.broker != broker or is_silent(was.heard_at, now)):
        context.bell.ring(*{f"now:{office}" for office in offices})
        if broker == "ok":
            proofs.came_to_life(context, offices)
    changed = {
        directory.devices[state.device_id].office_id
        for state in states
        if (old := before.get(state.device_id)) is None or (old.state, old.flags, old.battery) != (state.state, state.flags, state.battery)
    }
    if changed:
        context.bell.ring(*{f"now:{office}" for office in changed})


def _alarms_changed(before: Mapping[str, DeviceState], after: Iterable[DeviceState]) -> dict[str, AlarmState]:
    """How those devices are now that were not so when they were last heard of."""
    was = {one.device_id: AlarmState.of(one.state, one.flags) for one in before.values()}
    now = {one.device_id: AlarmState.of(one.state, one.flags) for one in after}
    return {device_id: how for device_id, how in now.items() if how is not None and how is not was.get(device_id, AlarmState.WELL)}


def _worth_writing(before: DeviceState | None, after: DeviceState) -> bool:
    """A heartbeat that says only *still here* is written now and then, not each time."""
    if before is None or (before.state, before.flags, before.battery) != (after.state, after.flags, after.battery):
        return True
    if before.heard_at is None or after.heard_at is None:
        return before.heard_at != after.heard_at
    return after.heard_at - before.heard_at >= timedelta(seconds=HEARD_WRITTEN_S)


def office_now(context: Context, viewer: Viewer, office_id: str, online: Iterable[str]) -> dict[str, object]:
    """Who can be reached now and what is missing, and how the devices are. A device whose gateway is silent is *unknown*, never fine."""
    now, directory = context.now(), context.directory()
    office = directory.offices[office_id]
    on_duty = list(directory.on_duty_in(office_id))
    neighbours = [person for one in office.neighbours for person in directory.on_duty_in(one)]
    # whoever looks is not among those who would come
    others = [one for one in (*on_duty, *neighbours) if one.id != viewer.person_id]
    phones = context.store.phones_of(one.id for one in others)
    pushed = {person_id: found for person_id, some in phones.items() if (found := best(some, now))}
    ways = ways_to(others, set(online), pushed, directory, context.store.numbers_of(one.id for one in others), now)
    ready = readiness(office_id, {one: any(way.sure for way in some) for one, some in ways.items()}, directory, now)
    reachable = [person for person in on_duty if person.id in ways]
    roles = {role: sum(role in person.roles for person in reachable) for person in on_duty for role in person.roles}
    gateway_state, newest, spool = _gateway(context, office_id, now)
    proof = proofs.standing(context, office_id)
    ours = [device for device in directory.devices.values() if device.office_id == office_id]
    states = context.store.devices(device.id for device in ours)
    held = context.store.custody()
    shown = {
        "office_id": office_id, "name": office.name, "address": office.address, "at": now, "phone": office.phone,
        "present": directory.present_count(office_id, None), "on_duty": len(on_duty),
        "readiness": {
            "state": ready.state, "reached": len(ready.reached), "sure": len(ready.sure),
            "gaps": [{"role": gap.role, "need": gap.need, "have": gap.have, "situations": gap.situations} for gap in ready.gaps],
            "channels": _channels(ways[one] for one in ready.reached),
        },
        "reachable": [
            {"person_id": p.id, "name": p.name, "roles": sorted(p.roles), "duty": directory.duty.get((p.id, office_id), Duty.OFF),
             "screen": any(way.channel == "screen" for way in ways[p.id]), "channels": [way.channel for way in ways[p.id]],
             "sure": any(way.sure for way in ways[p.id])}
            for p in reachable
        ],
        "roles": [{"role": role, "reachable": number} for role, number in sorted(roles.items())],
        "gateway": {"state": gateway_state, "heard_at": newest, "spool": spool},
        "proof": {
            "state": proof.state, "broken": proof.broken or None, "at": proof.at, "tried_at": proof.tried_at, "unproven": proof.unproven or None,
            "screens": proof.screens, "deaf": proof.deaf,
        },
        "devices": [_device(device.id, directory, states.get(device.id), gateway_state, held.get(device.id), now) for device in ours],
        "contacts": [{"name": c.name, "phone": c.phone} for c in directory.contacts.values() if c.office_id == office_id],
        "may_arm": [purpose for purpose in ("test", "drill") if may_arm(viewer, office_id, directory, purpose)],
    }  # fmt: skip
    return office_without_names(shown) if is_nameless(viewer, directory) else shown


def _channels(ways: Iterable[Sequence[Way]]) -> list[dict[str, object]]:
    """How many people each channel reaches, the surest first."""
    every = [way for some in ways for way in some]
    counted, proven = Counter(way.channel for way in every), Counter(way.channel for way in every if way.sure)
    return [{"channel": channel, "people": counted[channel], "sure": proven[channel]} for channel in sorted(counted, key=lambda one: (-proven[one], one))]


def _gateway(context: Context, office_id: str, now: datetime) -> tuple[str, datetime | None, str]:
    """How the office's gateway is, when it was last heard, and whether its disk takes what it hears. A disk that does not makes no button dead."""
    gateways = [gateway for gateway in context.store.gateways() if office_id in gateway.offices]
    newest = max((gateway.heard_at for gateway in gateways), default=None)
    if newest is None:
        return "unknown", None, "ok"
    well = not is_silent(newest, now) and all(gateway.broker == "ok" for gateway in gateways)
    spool = "broken" if any(gateway.spool != "ok" and not is_silent(gateway.heard_at, now) for gateway in gateways) else "ok"
    return ("ok" if well else "silent"), newest, spool


def _device(
    device_id: str, directory: Directory, state: DeviceState | None, gateway_state: str, custody: Custody | None, now: datetime
) -> dict[str, object]:
    device = directory.devices[device_id]
    zone = directory.zone(device.office_id, device.zone_id)
    state = state or DeviceState(device_id)
    seen = Seen(state.state, state.heard_at, state.battery, state.tested_at)
    portable = device.kind is DeviceKind.PORTABLE
    owner = custody.person_id if custody else fixed_owner(device, directory)
    flags = dict.fromkeys((*state.flags, *(wanting(seen, now) if portable else ())))
    return {
        "id": device.id, "name": device.name, "zone": zone.name if zone else None, "kind": device.kind,
        "state": state.state if gateway_state == "ok" else "unknown", "heard_at": state.heard_at, "battery": state.battery,
        "flags": list(flags), "tested_at": state.tested_at,
        "carrier": {"id": owner, "name": directory.people[owner].name} if owner in directory.people else None,
        "since": custody.since if custody else None, "proven": proven(custody, seen) if portable else None,
    }  # fmt: skip
