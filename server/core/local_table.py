"""The table by which a gateway warns its house alone, when no server commits a press: which outputs speak for which device, by kind and drill.

It is compiled by the rules of the alarm itself (place, situation, what may speak), with one more: never in the pressed zone, since nobody
is there to judge. What nobody has decided is left dark: duress, a missed check-in, a drill on something that cannot say that it is one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from server.core.cards import Situation
from server.core.directory import Device, DeviceKind, Directory
from server.core.escalation import situation_named
from server.core.model import Place
from server.core.orders import may_speak
from server.core.signals import ASKS_FIRST, Kind, Signal
from server.core.triage import Origin, origin_of, place_of, situation_at
from server.core.values import to_json

PRESSED = frozenset({DeviceKind.BUTTON, DeviceKind.PORTABLE})
NOW = datetime(1970, 1, 1, tzinfo=UTC)  # of a press that nobody has made: nothing here depends on it

Armed = Mapping[str, tuple[str, datetime]]
"""Device id → what its next press is (test or drill), and until when. The gateway is told how long that is: its clock may be another."""


Compiled = Mapping[str, object]
"""What of a table depends on offices and directory alone: `wait_s`, `devices` and `strangers`. For a large house it takes a second to make."""


def compiled(offices: Iterable[str], directory: Directory) -> Compiled:
    """`wait_s`: seconds without a commit after which a kind lights; a kind that is not there never does. `place` is a zone's name, or empty.
    `strangers`: what a device that is not listed lights, by the office that it is heard in.
    """
    own = frozenset(offices)
    rows = {
        device.id: _row(device, own, directory)
        for device in directory.devices.values()
        if device.office_id in own and device.kind in PRESSED
    }
    limits = directory.limits
    wait_s = {
        str(kind): limits.alone_s + (limits.pending_grace_s if kind in ASKS_FIRST else 0)
        for kind in (Kind.PANIC, Kind.ASSIST, *sorted(ASKS_FIRST))
    }
    return {"wait_s": wait_s, "devices": rows, "strangers": {office_id: _for_strangers(office_id, directory) for office_id in sorted(own)}}


def local_table(of: Compiled, armed: Armed, made_at: datetime, nonce: str) -> str:
    """The table in answer to the question `nonce`, as the text that is signed:

    `{"v":1,"nonce","made_at","wait_s":{"panic":2,…},"devices":{"<id>":{"place":"…","real":["<output>"],"drill":[…]}},`
    `"strangers":{"<office>":["<lamp>"]},"armed":{"<id>":["drill",97.5]}}`
    """
    left = {device_id: [purpose, (until - made_at).total_seconds()] for device_id, (purpose, until) in armed.items()}
    return to_json({"v": 1, "nonce": nonce, "made_at": made_at.isoformat(), **of, "armed": left}).decode()


def signature(token: str, text: str) -> str:
    """HMAC-SHA256 in hex, under a key that only this gateway and the server can make: it comes from the gateway's own token."""
    key = hmac.digest(token.encode(), b"varde local table", hashlib.sha256)
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()


def _row(device: Device, own: frozenset[str], directory: Directory) -> dict[str, object]:
    origin = origin_of(Signal(device.id, Kind.PANIC, device.office_id, NOW, device.id), directory)
    place, situation = place_of(origin, directory), situation_named(situation_at(origin, directory), directory)
    real, drill = (_lit(origin, place, situation, drill, own, directory) for drill in (False, True))
    return {"place": place.zone or "", "real": real, "drill": drill}


def _lit(origin: Origin, place: Place, situation: Situation, drill: bool, own: frozenset[str], directory: Directory) -> list[str]:
    """Outputs of this gateway's offices that the alarm would light, outside the pressed zone."""
    offices = (origin.office_id, *place.also_in)
    may = may_speak(offices, place.zone_id, drill, situation.silent, situation.go_to_scene == "sheltered", directory)
    pressed = (origin.office_id, place.zone_id)
    return [one.id for one in may if one.office_id in own and (place.zone_id is None or (one.office_id, one.zone_id) != pressed)]


def _for_strangers(office_id: str, directory: Directory) -> list[str]:
    """Nobody knows where it was pressed: lamps only, and none where visitors are."""
    return [one.id for one in may_speak((office_id,), None, False, True, True, directory)]
