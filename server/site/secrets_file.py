"""The secrets file: each gateway's token, each device's key and each one's password at the broker. Made once, added to, never made anew over old ones."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.site.broker_topics import topics_of
from server.core.directory import Directory

FIRST_GATEWAY = "gateway-1"
ALL = "*"
"""In the place of a gateway's offices: those that it serves, and all that no other one does."""


class SecretsError(ValueError):
    """What is wrong with the file or with what was asked for, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Gateway:
    token: str = field(repr=False)
    offices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Secrets:
    """Never printed. `broker`: passwords by login name, which is the gateway's or the device's id."""

    gateways: Mapping[str, Gateway]
    device_keys: Mapping[str, str] = field(repr=False)
    broker: Mapping[str, str] = field(repr=False)


def complete(path: Path, directory: Directory, gateways: Mapping[str, Sequence[str]] | None = None) -> tuple[Secrets, list[str]]:
    """Makes what is missing, and says what was made (names only). What is there stays as it is, also for devices that have left the list: those
    are let in nowhere, and may come back. `gateways`: these are to serve these offices (none: that gateway is gone; ALL: see there); without, those
    that there are, or else one for all.

    Raises SecretsError, OSError.
    """
    known = read(path)
    if "only" in known:
        return _as_copied(path, known, directory, gateways), []
    served, keys, broker = dict(known.get("gateways") or {}), dict(known.get("device_keys") or {}), dict(known.get("broker") or {})
    made: list[str] = []
    wanted = gateways if gateways is not None else {} if "gateways" in known else {FIRST_GATEWAY: tuple(directory.offices)}
    for name, offices in sorted(wanted.items(), key=lambda one: ALL in one[1]):
        offices = _left_to(name, served, directory) if ALL in offices else offices
        _check(name, offices, directory)
        if not offices:
            broker.pop(name, None)
            made += [f"{name} gone"] if served.pop(name, None) else []
            continue
        token = (served.get(name) or {}).get("token")
        made += [] if token else [f"a token for {name}"]
        served[name] = {"token": token or secrets.token_urlsafe(32), "offices": sorted(offices)}
    for device_id, device in directory.devices.items():
        if device_id not in keys and device.bought is None:
            keys[device_id] = secrets.token_hex(32)
            made.append(f"a key for {device_id}")
    logins = {topics.login for topics in topics_of(directory).values()}
    for name in (*served, *(device_id for device_id in directory.devices if device_id in logins)):
        if name not in broker:
            broker[name] = secrets.token_urlsafe(24)
            made.append(f"a password at the broker for {name}")
    after = {**known, "gateways": served, "device_keys": keys, "broker": broker}
    if after != known:
        write(path, after)
    return Secrets({name: Gateway(one["token"], tuple(one["offices"])) for name, one in served.items()}, keys, broker), made


def _as_copied(path: Path, known: Mapping[str, Any], directory: Directory, gateways: Mapping[str, Sequence[str]] | None) -> Secrets:
    """On a gateway's own machine nothing is made: what the servers do not know is heard by nobody. Raises SecretsError where something is missing."""
    name, made_there = known["only"], f"Secrets are made on a server's machine: there, varde secrets, and varde secrets --only {known['only']} for {path}."
    gateway = {one: Gateway(it["token"], tuple(it["offices"])) for one, it in known["gateways"].items()}
    kept = Secrets(gateway, known.get("device_keys") or {}, known.get("broker") or {})
    offices = kept.gateways[name].offices
    for asked, wanted in (gateways or {}).items():
        if asked != name or (ALL not in wanted and sorted(wanted) != sorted(offices)):
            raise SecretsError(f"Here is {name}, for {', '.join(offices)}. {made_there}")
    logins = {topics.login for topics in topics_of(directory).values()}
    lacking = [
        device.id for device in directory.devices.values()
        if device.office_id in offices
        and ((device.bought is None and device.id not in kept.device_keys) or (device.id in logins and device.id not in kept.broker))
    ]  # fmt: skip
    if lacking:
        raise SecretsError(f"There is no key or password here for {', '.join(lacking)}. {made_there}")
    return kept


def _left_to(name: str, served: Mapping[str, Mapping[str, Any]], directory: Directory) -> list[str]:
    own = (served.get(name) or {}).get("offices", ())
    elsewhere = {office for other, one in served.items() if other != name for office in one["offices"]}
    found = [office for office in directory.offices if office in own or office not in elsewhere]
    if not found:
        raise SecretsError(f"Every office has a gateway already ({', '.join(sorted(served))}): {name} would hear none. Say which it is to hear.")
    return found


def shared_offices(kept: Secrets) -> list[tuple[str, list[str]]]:
    """Offices that several gateways are to serve, which none may: each press would be heard twice."""
    serving: dict[str, list[str]] = {}
    for name, gateway in kept.gateways.items():
        for office in gateway.offices:
            serving.setdefault(office, []).append(name)
    return [(office, names) for office, names in serving.items() if len(names) > 1]


def only_for(kept: Secrets, gateway: str, directory: Directory) -> dict[str, Any]:
    """What the machine of one gateway needs to know, in the file's own form: its token, and its devices' keys and passwords. Marked
    by `only`, so that none are made there. Raises SecretsError."""
    if gateway not in kept.gateways:
        raise SecretsError(f"There is no gateway '{gateway}'. There are: {', '.join(sorted(kept.gateways)) or 'none'}.")
    one = kept.gateways[gateway]
    devices = [device.id for device in directory.devices.values() if device.office_id in one.offices]
    return {
        "only": gateway,
        "gateways": {gateway: {"token": one.token, "offices": list(one.offices)}},
        "device_keys": {name: kept.device_keys[name] for name in devices if name in kept.device_keys},
        "broker": {name: kept.broker[name] for name in (gateway, *devices) if name in kept.broker},
    }


CHANNEL_SECRET = re.compile(r"[a-z]{1,20}\.[a-z0-9_.-]{1,40}")


def keep(path: Path, name: str, value: str) -> None:
    """One thing that a channel's provider has given us (`sms.password`). Raises SecretsError, OSError."""
    if not CHANNEL_SECRET.fullmatch(name):
        raise SecretsError(f"'{name[:60]}' cannot be a secret's name: a channel, a full stop and a word, such as sms.password.")
    if not value:
        raise SecretsError(f"Nothing was given for {name}: nothing is changed.")
    known = read(path)
    write(path, {**known, "channels": {**(known.get("channels") or {}), name: value}})


def state(path: Path) -> tuple[int, int, int] | None:
    """Another one whenever the file has been written; None where there is none. Reading it takes a while where thousands of devices have keys."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def read(path: Path) -> dict[str, Any]:
    """The file as it is; empty where there is none yet. Raises SecretsError, OSError."""
    try:
        known = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        known = None
    if not isinstance(known, dict) or not _whole(known):
        # Making new ones over it would lock out every device that was set up with the old ones.
        raise SecretsError(f"{path} is not what Varde wrote there. Mend it, or move it away: then new secrets are made.")
    return known


def _whole(known: Mapping[str, Any]) -> bool:
    """Whether the parts that are ours have their form; what others keep in the file is theirs."""

    def texts(part: object) -> bool:
        return isinstance(part, dict) and all(isinstance(value, str) and value for value in part.values())

    gateways = known.get("gateways", {})
    return (
        texts(known.get("device_keys", {}))
        and texts(known.get("channels", {}))
        and texts(known.get("broker", {}))
        and isinstance(gateways, dict)
        and all(isinstance(one, dict) and isinstance(one.get("token"), str) and one["token"] for one in gateways.values())
        and all(isinstance(one.get("offices"), list) and all(isinstance(name, str) for name in one["offices"]) for one in gateways.values())
        and ("only" not in known or (isinstance(known["only"], str) and known["only"] in gateways))
    )


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _check(name: str, offices: Sequence[str], directory: Directory) -> None:
    if not name or set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789.-"):
        raise SecretsError(f"'{name}' cannot be a gateway's name: use small letters, digits, '.' and '-', such as gateway-2.")
    if name in directory.devices:
        raise SecretsError(f"'{name}' is a device: give the gateway another name.")
    for office in offices:
        if office not in directory.offices:
            raise SecretsError(f"Gateway {name}: there is no office '{office}'. There are: {', '.join(sorted(directory.offices))}.")
