"""Which topics a device speaks and hears on, whatever its dialect: what fences it in at the broker, and lets its gateway listen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server.core.directory import LIT, Bought, Device, DeviceKind, Directory


@dataclass(frozen=True, slots=True)
class Topics:
    """`login`: whose password it connects with; None: it has no connection of its own. `says` and `hears` are filters of its login,
    `told` those that its gateway publishes to."""

    login: str | None
    says: tuple[str, ...]
    hears: tuple[str, ...]
    told: tuple[str, ...] = ()


def topics_of(directory: Directory) -> dict[str, Topics]:
    """By device id. A Shelly with several buttons is several devices, and one login: that of the first on the list."""
    first: dict[tuple[str, str], str] = {}
    found = {}
    for device in directory.devices.values():
        if device.bought is None:
            own = f"varde/{device.office_id}/{device.id}"
            found[device.id] = Topics(device.id, (f"{own}/up",), (f"{own}/down",), (f"{own}/down",))
            continue
        address = device.bought.address.partition("#")[0]
        login = first.setdefault((device.bought.dialect, address), device.id)
        topics = _bought(device, device.bought, address, directory)
        found[device.id] = topics if topics.login is None else Topics(login, topics.says, topics.hears, topics.told)
    return found


def _bought(device: Device, bought: Bought, address: str, directory: Directory) -> Topics:
    lit = device.kind in LIT
    match bought.dialect:
        case "zigbee2mqtt" if device.kind is DeviceKind.HUB:
            return Topics(device.id, (f"{address}/#",), (f"{address}/#",))
        case "zigbee2mqtt":
            hub = directory.devices.get(bought.hub_id or "")
            base = hub.bought.address if hub is not None and hub.bought is not None else ""
            return Topics(None, (), (), (f"{base}/{address}/set",) if lit and base else ())
        case "shelly-gen1":
            own = f"shellies/{address}/#"
            return Topics(device.id, (own, "shellies/announce"), (own, "shellies/command"), (f"shellies/{address}/+/+/command",) if lit else ())
        case "shelly-gen2":
            return Topics(device.id, (f"{address}/#",), (f"{address}/#",), (f"{address}/rpc",))
        case "shelly-blu":
            return Topics(None, (), ())
    return _of_data(device.id, directory.dialects.get(bought.dialect, {}), address, lit)


def _of_data(login: str, dialect: Mapping[str, Any], address: str, lit: bool) -> Topics:
    says = tuple(dict.fromkeys(one["topic"].replace("{address}", address) for one in dialect.get("messages", ())))
    hears = tuple(dict.fromkeys(one["topic"].replace("{address}", address) for one in dialect.get("outputs", {}).values()))
    return Topics(login, says, hears, hears if lit else ())


def gateways(directory: Directory, offices: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a gateway of these offices hears, and what it publishes to."""
    offices = [office for office in sorted(offices) if office in directory.offices]
    proofs = [f"varde/{office}/proof" for office in offices]  # the daily proof goes out, and must come back
    hears, tells = [*(f"varde/{office}/+/up" for office in offices), *proofs], [*(f"varde/{office}/+/down" for office in offices), *proofs]
    for device_id, topics in topics_of(directory).items():
        device = directory.devices[device_id]
        if device.bought is not None and device.office_id in offices:
            hears += topics.says
            tells += topics.told
    return tuple(dict.fromkeys(hears)), tuple(dict.fromkeys(tells))
