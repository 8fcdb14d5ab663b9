"""Lamps and sounders: carries orders to them, and remembers for each what it is lit for, whoever has lit it: the server or this gateway."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from device_gateway.devices import OUTPUTS, Device

Words = Mapping[str, object]
ALARMS_MAX = 50  # that one lamp is lit for at once
MUTED_MAX = 500
BECAME_MAX = 10_000

LOCAL = "local:"
"""How the alarms begin that only this gateway knows of."""
_DRILL = "/drill"


class Outputs:
    """A lamp goes out when the last of its alarms has ended. One that was without power, or whose hub was down, has not heard the order that
    the broker took: when it or its hub says that it is back, it is told again. Safe from any thread.

    `lit`: device id -> the alarms that it is lit for; an empty list: it should be dark, and may not know. `muted`: alarms for which no sounder
    sounds any more. Both are kept over restarts. `publish(topic, payload, sure)`: whether the broker has it.
    """

    def __init__(
        self,
        translate: Callable[[Device, Words], tuple[str, bytes] | None],
        publish: Callable[[str, bytes, bool], bool],
        hub_is_down: Callable[[Device], bool],
        lit: dict[str, list[str]],
        muted: list[str] | None = None,
    ) -> None:
        self._translate = translate
        self._publish = publish
        self._hub_is_down = hub_is_down
        self._lock = threading.Lock()
        self._lit = lit
        self._muted = [] if muted is None else muted
        self._became: OrderedDict[str, str] = OrderedDict()  # a press that was lit for here -> the server's alarm

    def tell(self, device: Device, words: Words, sure: bool = True) -> str:
        """The outcome of one order: accepted (the broker has it), retry, or permanent (this device cannot be told that)."""
        told = self._translate(device, words)
        if told is None:
            return "permanent"
        if device.kind not in OUTPUTS or words.get("say") not in ("alarm", "ended"):
            return "accepted" if self._publish(*told, sure) else "retry"
        alarm, on = _name(words), words.get("say") == "alarm"
        with self._lock:
            # what the server says of its alarm it says of the press that became it, too
            after = [one for one in self._lit.get(device.id, []) if alarm not in (one, self._became.get(one))]
            if on:
                after = [*after, alarm][-ALARMS_MAX:]
            self._lit[device.id] = after
            shown = self._shown(device, after)
            if not on and device.kind == "sounder" and alarm in self._muted:
                self._muted.remove(alarm)
        if on and alarm not in shown:
            return "accepted"  # it has been muted for this one
        if not on and shown:
            if device.dialect is not None:
                return "accepted"  # another alarm keeps it lit
            told = self._translate(device, _words(shown[-1])) or told  # one of our own follows only what it heard last
        if not self._publish(*told, sure):
            if not on:
                with self._lock:
                    self._lit[device.id] = [alarm, *self._lit.get(device.id, [])]  # it still shows it
            return "retry"
        self._delivered(device)
        return "accepted"

    def is_back(self, device_id: str, devices: Mapping[str, Device]) -> None:
        """A device or a hub is there again. Called from the broker's thread, which cannot wait for the broker."""
        with self._lock:
            again = [
                (device, self._shown(device, alarms))
                for id_, alarms in self._lit.items()
                if (device := devices.get(id_)) and device_id in (device.id, device.hub)
            ]
        for device, shown in again:
            told = self._translate(device, _words(shown[-1]) if shown else {"say": "ended"})
            if told is not None and self._publish(*told, False):
                self._delivered(device)

    def mute(self, devices: Mapping[str, Device]) -> int:
        """Every sounder is quiet for the alarms that there are now; the next one sounds again. Gives how many were sounding."""
        with self._lock:
            sounding = [
                (device, shown)
                for id_, alarms in self._lit.items()
                if (device := devices.get(id_)) and device.kind == "sounder" and (shown := self._shown(device, alarms))
            ]
            for _, shown in sounding:
                self._muted.extend(one for one in shown if one not in self._muted)
            del self._muted[:-MUTED_MAX]
        for device, shown in sounding:
            told = self._translate(device, _words(shown[-1], "ended"))
            if told is not None:
                self._publish(*told, False)
        return len(sounding)

    def counts_as(self, local: str, alarm: str) -> None:
        """The server has made this alarm of a press: it takes the press's place wherever it is ordered, and what was muted stays muted."""
        alarm += _DRILL if local.endswith(_DRILL) else ""
        with self._lock:
            self._became[local] = alarm
            if len(self._became) > BECAME_MAX:
                self._became.popitem(last=False)
            if local in self._muted and alarm not in self._muted:
                self._muted.append(alarm)

    def let_go(self, local: str, devices: Mapping[str, Device]) -> bool:
        """From now on the server's orders alone count for this press. False: not every output could be told; ask again."""
        with self._lock:
            held = [device for id_, alarms in self._lit.items() if local in alarms and (device := devices.get(id_))]
        return "retry" not in [self.tell(device, _words(local, "ended"), sure=False) for device in held]

    def local(self) -> set[str]:
        """The presses for which something is lit that no server had ordered."""
        with self._lock:
            return {one for alarms in self._lit.values() for one in alarms if one.startswith(LOCAL)}

    def lit_for_real(self) -> bool:
        with self._lock:
            return any(not one.endswith(_DRILL) for alarms in self._lit.values() for one in alarms)

    def sounding(self, devices: Iterable[Device]) -> bool:
        """Whether there is something to mute."""
        with self._lock:
            return any(device.kind == "sounder" and self._shown(device, self._lit.get(device.id, [])) for device in devices)

    def _shown(self, device: Device, alarms: list[str]) -> list[str]:
        return [one for one in alarms if one not in self._muted] if device.kind == "sounder" else alarms

    def _delivered(self, device: Device) -> None:
        """Dark, and known to be: from now on somebody may use it for something else."""
        if self._hub_is_down(device):
            return
        with self._lock:
            if self._lit.get(device.id) == []:
                del self._lit[device.id]


def local_words(signal_id: str, drill: bool) -> Words:
    """What an output is told by the gateway alone about one press."""
    return {"say": "alarm", "count": 0, "alarm": LOCAL + signal_id, "drill": drill}


def _name(words: Words) -> str:
    """An alarm as it is remembered: with its mark, so that nothing that is said again about a drill is without."""
    return f"{words.get('alarm')}{_DRILL if words.get('drill') is True else ''}"


def _words(name: str, say: str = "alarm") -> Words:
    return {"say": say, "count": 0, "alarm": name.removesuffix(_DRILL), "drill": name.endswith(_DRILL)}
