"""The doors for devices: orders to lights and sounders, and how devices and gateways are."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from server.core.access import Viewer, may_arm
from server.core.directory import Directory, Duty
from server.core.orders import overtaken
from server.core.phones import best
from server.core.readiness import readiness
from server.core.signals import Signal
from server.core.values import frozen, replace
from server.flow.auditor import GATEWAY_SILENT_S
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
    return replace(
        signal,
        id=keepable(signal.id) or "unnamed",
        office_id=signal.office_id if signal.office_id in offices or not offices else offices[0],
        device_id=keepable(signal.device_id), person_id=keepable(signal.person_id), zone_id=keepable(signal.zone_id),
        detail=keepable(signal.detail), battery=battery,
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


def heartbeat(context: Context, gateway_id: str, offices: Sequence[str], broker: str, spooled: int, heard: Iterable[Heard]) -> None:
    """What a gateway says of itself and its devices. Screens look again only where something has changed."""
    now, directory = context.now(), context.directory()
    known = {one.device_id: one for one in heard if one.device_id in directory.devices}
    before = context.store.devices(known)
    states = [DeviceState(h.device_id, h.state, h.heard_at, h.battery, h.flags, None, gateway_id) for h in known.values()]
    context.store.set_devices([state for state in states if _worth_writing(before.get(state.device_id), state)])
    context.store.set_gateway(GatewayState(gateway_id, now, broker, spooled, tuple(offices)))
    changed = {
        directory.devices[state.device_id].office_id
        for state in states
        if (old := before.get(state.device_id)) is None or (old.state, old.flags, old.battery) != (state.state, state.flags, state.battery)
    }
    if changed:
        context.bell.ring(*{f"now:{office}" for office in changed})


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
    ways = ways_to(others, set(online), pushed, directory)
    ready = readiness(office_id, {one: any(way.sure for way in some) for one, some in ways.items()}, directory, now)
    reachable = [person for person in on_duty if person.id in ways]
    roles = {role: sum(role in person.roles for person in reachable) for person in on_duty for role in person.roles}
    gateway_state, newest = _gateway(context, office_id, now)
    ours = [device for device in directory.devices.values() if device.office_id == office_id]
    states = context.store.devices(device.id for device in ours)
    return {
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
        "gateway": {"state": gateway_state, "heard_at": newest},
        "devices": [_device(device.id, directory, states.get(device.id), gateway_state) for device in ours],
        "contacts": [{"name": c.name, "phone": c.phone} for c in directory.contacts.values() if c.office_id == office_id],
        "may_arm": [purpose for purpose in ("test", "drill") if may_arm(viewer, office_id, directory, purpose)],
    }  # fmt: skip


def _channels(ways: Iterable[Sequence[Way]]) -> list[dict[str, object]]:
    """How many people each channel reaches, the surest first."""
    every = [way for some in ways for way in some]
    counted, proven = Counter(way.channel for way in every), Counter(way.channel for way in every if way.sure)
    return [{"channel": channel, "people": counted[channel], "sure": proven[channel]} for channel in sorted(counted, key=lambda one: (-proven[one], one))]


def _gateway(context: Context, office_id: str, now: datetime) -> tuple[str, datetime | None]:
    """How the office's gateway is, and when it was last heard."""
    gateways = [gateway for gateway in context.store.gateways() if office_id in gateway.offices]
    newest = max((gateway.heard_at for gateway in gateways), default=None)
    if newest is None:
        return "unknown", None
    well = newest >= now - timedelta(seconds=GATEWAY_SILENT_S) and all(gateway.broker == "ok" for gateway in gateways)
    return ("ok" if well else "silent"), newest


def _device(device_id: str, directory: Directory, state: DeviceState | None, gateway_state: str) -> dict[str, object]:
    device = directory.devices[device_id]
    zone = directory.zone(device.office_id, device.zone_id)
    state = state or DeviceState(device_id)
    return {
        "id": device.id, "name": device.name, "zone": zone.name if zone else None, "kind": device.kind,
        "state": state.state if gateway_state == "ok" else "unknown", "heard_at": state.heard_at, "battery": state.battery,
        "flags": list(state.flags), "tested_at": state.tested_at,
    }  # fmt: skip
