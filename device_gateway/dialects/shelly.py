"""What the Shelly generations share: one device may have several inputs, each with a button of its own on the list."""

from __future__ import annotations

from collections.abc import Iterable

from device_gateway.devices import PRESSABLE, Device


def group(devices: Iterable[Device]) -> dict[str, tuple[Device, ...]]:
    """The listed devices by the id in their address: `<id>` stands for all inputs, `<id>#1` for the second alone."""
    groups: dict[str, tuple[Device, ...]] = {}
    for device in devices:
        id_ = device.address.partition("#")[0]
        groups[id_] = (*groups.get(id_, ()), device)
    return groups


def input_number(text: str) -> str:
    """The number of an input as it stands in topics; one word for all that is none, so that nobody can fill our memory with them."""
    return text if text.isascii() and text.isdecimal() and len(text) <= 2 else "x"


def of_input(ours: Iterable[Device], place: str) -> tuple[Device, ...]:
    """The button that hangs on this input: the one listed for it, else the one listed for all."""
    buttons = [device for device in ours if device.kind in PRESSABLE]
    exact = tuple(device for device in buttons if device.address.partition("#")[2] == place)
    return exact or tuple(device for device in buttons if "#" not in device.address)
