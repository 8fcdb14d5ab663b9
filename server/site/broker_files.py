"""Mosquitto's files, made from the device list: who may connect, and what each may say and hear. Nobody else gets in.

Each device has a login of its own and may publish only its own topics, bought ones and hubs too; a gateway hears and answers the devices of
its offices. What is removed from the list is let in no more. The files are made anew each time, and a file whose content stays the same is
not touched.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.site import broker_topics
from server.core.directory import Directory
from server.site.secrets_file import Secrets

from device_gateway.broker import keeping

ITERATIONS = 101
"""Mosquitto's own number. More would protect guessable passwords; these are 24 random bytes."""
SALT_BYTES = 12

CONFIGURATION = """\
# Made by `varde broker-files`. Your own changes are lost at the next run.
per_listener_settings false
{listeners}
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/topics
# A login is its client id: nobody can take over somebody else's session by its name.
use_username_as_clientid true
{keeping}
"""

TLS_LISTENER = """\
listener {port} {address}
cafile {certificates}/ca.pem
certfile {certificates}/broker.pem
keyfile {certificates}/broker.key
tls_version tlsv1.2"""

PLAIN_LISTENER = """\
# Without TLS: only for a network of its own, with nothing on it but devices that know no TLS.
listener {port} {address}"""


@dataclass(frozen=True, slots=True)
class Login:
    """One user of the broker, with the topic filters that it may publish to and hear."""

    name: str
    password: str = field(repr=False)
    writes: tuple[str, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listeners:
    """Where the broker listens: with TLS always; without, as (address, port), only where it was asked for."""

    certificates: Path
    address: str = "0.0.0.0"
    port: int = 8883
    plain: tuple[str, int] | None = None


def logins(directory: Directory, kept: Secrets) -> list[Login]:
    """Who may connect, sorted by name: gateways and devices on the list that have a password."""
    found = []
    for name, gateway in kept.gateways.items():
        reads, writes = broker_topics.gateways(directory, gateway.offices)
        found.append(Login(name, kept.broker[name], writes, reads))
    for device_id, topics in broker_topics.topics_of(directory).items():
        if topics.login == device_id and device_id in kept.broker:  # a gateway's own machine knows those of its offices
            found.append(Login(device_id, kept.broker[device_id], topics.says, topics.hears))
    return sorted(found, key=lambda login: login.name)


def write(folder: Path, data: Path, users: Iterable[Login], listeners: Listeners, save_every_change: bool = True) -> list[str]:
    """Writes `mosquitto.conf`, `passwords` and `topics` into the folder; gives the names of those that changed. `data`: where the broker keeps
    what waits. Raises OSError.

    A changed `mosquitto.conf` needs a restart of the broker; the other two only a reload (SIGHUP), at which connections stay.
    """
    users = list(users)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = {
        "passwords": _passwords(users, _known(folder / "passwords")),
        "topics": _topics(users),
        "mosquitto.conf": _configuration(folder, data, listeners, save_every_change),
    }
    return [name for name, content in files.items() if _replace(folder / name, content)]


def _configuration(folder: Path, data: Path, listeners: Listeners, save_every_change: bool) -> str:
    lines = [TLS_LISTENER.format(port=listeners.port, address=listeners.address, certificates=listeners.certificates)]
    if listeners.plain is not None:
        address, port = listeners.plain
        lines.append(PLAIN_LISTENER.format(address=address, port=port))
    return CONFIGURATION.format(listeners="\n".join(lines), folder=folder, keeping=keeping(data, save_every_change))


def _topics(users: Iterable[Login]) -> str:
    blocks = []
    for user in users:
        rules = [f"topic write {topic}" for topic in user.writes] + [f"topic read {topic}" for topic in user.reads]
        blocks.append("\n".join([f"user {user.name}", *rules]))
    return "# Made by `varde broker-files` from the device list.\n\n" + "\n\n".join(blocks) + "\n"


def _passwords(users: Iterable[Login], known: Mapping[str, str]) -> str:
    """Salted hashes; a line that still holds stays as it is, so that nothing changes where nothing has changed."""
    return "".join(f"{u.name}:{known[u.name] if matches(known.get(u.name, ''), u.password) else hashed(u.password)}\n" for u in users)


def hashed(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """As mosquitto_passwd writes it: `$7$iterations$salt$hash`, PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def matches(line: str, password: str) -> bool:
    found = re.fullmatch(r"\$7\$(\d{1,7})\$([A-Za-z0-9+/=]+)\$[A-Za-z0-9+/=]+", line)
    if found is None:
        return False
    try:
        return hmac.compare_digest(line, hashed(password, base64.b64decode(found[2]), int(found[1])))
    except ValueError:
        return False


def _known(file: Path) -> dict[str, str]:
    try:
        lines = (line.partition(":") for line in file.read_text().splitlines())
    except FileNotFoundError:
        return {}
    return {name: value for name, _, value in lines}


def _replace(file: Path, content: str) -> bool:
    """Whole or not at all. For this user only; in a folder with the set-group-id bit also for that group, which is the broker's."""
    mode = 0o640 if file.parent.stat().st_mode & stat.S_ISGID else 0o600
    if file.exists() and file.read_text() == content and file.stat().st_mode & 0o777 == mode:
        return False
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(content)
        out.flush()
        os.fchmod(out.fileno(), mode)
        os.fsync(out.fileno())
    draft.replace(file)
    return True
