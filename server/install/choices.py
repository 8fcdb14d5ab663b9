"""What the person who installs has chosen, and where everything goes. Kept on the machine, so that an upgrade asks for nothing again."""

from __future__ import annotations

import argparse
import ipaddress
import json
import re
import socket
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from urllib.parse import urlsplit

PARTS = ("server", "gateway", "broker", "proxy")
HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*")


class Unusable(ValueError):
    """A choice that cannot be carried out, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Each has its option of the same name. `names`: hosts and addresses under which this machine is reached, the first one best."""

    names: tuple[str, ...] = ()
    offices: str = ""
    parts: tuple[str, ...] = PARTS
    servers: int = 1
    database: str = "sqlite"  # sqlite | postgresql (on this machine) | an address
    redis: str = ""  # nothing | local (on this machine) | an address
    gateway: str = "gateway-1"
    gateway_offices: tuple[str, ...] = ()  # all that no other gateway serves, where none is named
    server_url: str = ""  # where the gateway finds the servers, when they are on other machines
    server_ca: str = ""  # what signed those servers' certificate, where browsers do not know it
    broker_address: str = "0.0.0.0"
    broker_plain: str = ""
    large: bool = False
    containers: bool = False  # each part in one of its own, found by its name: server-1, server-2, proxy, broker
    monitors: tuple[str, ...] = ()
    metrics_host: str = "127.0.0.1"
    watchdog_url: str = ""
    push_contact: str = ""  # whom push services may write to; else the address of the first name
    public_url: str = ""  # where providers of SMS and calls reach the servers, when that is another address
    https_port: int = 443
    http_port: int = 80
    broker_port: int = 8883
    local_port: int = 8080
    server_port: int = 8081
    metrics_port: int = 9481
    prefix: str = "/"
    python: str = ""

    @property
    def local_database(self) -> bool:
        return self.database == "postgresql"

    @property
    def database_url(self) -> str:
        """What the server is told; nothing for SQLite, which is its default."""
        return "" if self.database == "sqlite" else "postgresql://varde@/varde?host=/run/postgresql" if self.local_database else self.database

    @property
    def redis_url(self) -> str:
        return "redis://127.0.0.1:6379/0" if self.redis == "local" else self.redis

    @property
    def certificate_names(self) -> tuple[str, ...]:
        """Also those by which the machine calls itself, and its containers call each other."""
        return tuple(dict.fromkeys((*self.names, "localhost", "127.0.0.1", *(["broker"] if self.containers else []))))

    @property
    def inner_address(self) -> str:
        """Where servers and proxy listen for the other parts. A container's own network is as closed as a machine's loopback: what it shows to the
        world is named in docker-compose.yml."""
        return "0.0.0.0" if self.containers else "127.0.0.1"

    @property
    def metrics_address(self) -> str:
        """Where a server listens for Prometheus; who reaches that in a container is docker-compose.yml's choice too."""
        return "0.0.0.0" if self.containers else self.metrics_host

    @property
    def broker_host(self) -> str:
        """Where the gateway of this machine finds its broker."""
        return "broker" if self.containers else "localhost"

    @property
    def servers_seen_from_here(self) -> str:
        """Where the gateway of this machine finds a server."""
        host = "proxy" if self.containers else "127.0.0.1"
        return self.server_url or f"http://{host}:{self.local_port if 'proxy' in self.parts else self.server_port}"

    @property
    def servers_seen_from_proxy(self) -> tuple[str, ...]:
        """HOST:PORT of each."""
        return tuple(f"{f'server-{number}' if self.containers else '127.0.0.1'}:{port}" for number, port in enumerate(self.ports, 1))

    @property
    def ports(self) -> tuple[int, ...]:
        """The servers' ports: their names under systemd, too."""
        return tuple(range(self.server_port, self.server_port + self.servers)) if "server" in self.parts else ()

    @property
    def real(self) -> bool:
        """On the machine itself; below a prefix there are only files, and nothing of the machine is touched."""
        return self.prefix == "/"

    @property
    def url(self) -> str:
        port = "" if self.https_port == 443 else f":{self.https_port}"
        name = f"[{self.names[0]}]" if ":" in self.names[0] else self.names[0]
        return f"https://{name}{port}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is. All of it lies below `prefix`."""

    prefix: Path
    code: Path = field(init=False)
    settings: Path = field(init=False)
    data: Path = field(init=False)

    def __post_init__(self) -> None:
        for name, path in (("code", "opt/varde"), ("settings", "etc/varde"), ("data", "var/lib/varde")):
            object.__setattr__(self, name, self.prefix / path)

    @property
    def current(self) -> Path:
        return self.code / "current"

    @property
    def offices(self) -> Path:
        return self.settings / "offices"

    @property
    def tls(self) -> Path:
        return self.settings / "tls"

    @property
    def broker(self) -> Path:
        return self.settings / "broker"

    @property
    def proxy(self) -> Path:
        return self.settings / "proxy"

    @property
    def broker_data(self) -> Path:
        return self.prefix / "var/lib/varde-broker"

    @property
    def spool(self) -> Path:
        return self.prefix / "var/lib/varde-gateway"

    @property
    def backups(self) -> Path:
        return self.prefix / "var/backups/varde"

    @property
    def run(self) -> Path:
        return self.prefix / "run/varde-proxy"

    @property
    def units(self) -> Path:
        return self.prefix / "etc/systemd/system"

    @property
    def command(self) -> Path:
        return self.prefix / "usr/local/bin/varde"

    @property
    def kept_choices(self) -> Path:
        return self.settings / "install.json"


def kept(file: Path) -> Choices:
    """What was chosen last time; the defaults where there was none."""
    try:
        known = json.loads(file.read_text())
    except (OSError, ValueError):
        return Choices()
    names = {one.name for one in fields(Choices)}
    return Choices(**{key: tuple(value) if isinstance(value, list) else value for key, value in known.items() if key in names})


def to_text(choices: Choices) -> str:
    return json.dumps({key: value for key, value in asdict(choices).items() if key not in ("offices",)}, indent=1) + "\n"


def chosen(before: Choices, options: argparse.Namespace) -> Choices:
    """The choices of last time with the options that were given now. Raises Unusable."""
    given = {name: value for name, value in vars(options).items() if value is not None and name in {one.name for one in fields(Choices)}}
    choices = replace(before, **{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})
    if not choices.names:
        choices = replace(choices, names=_own_names())
    if choices.servers > 1 and not choices.redis and "redis" not in given:
        choices = replace(choices, redis="local")
    return checked(choices)


def checked(choices: Choices) -> Choices:
    for name in choices.names:
        if not _is_address(name) and not HOST.fullmatch(name):
            raise Unusable(f"--name {name}: that is neither a host's name nor an address.")
    if unknown := set(choices.parts) - set(PARTS):
        raise Unusable(f"--parts: there is no '{', '.join(sorted(unknown))}'. There are: {', '.join(PARTS)}.")
    if not choices.parts:
        raise Unusable(f"--parts: name at least one of {', '.join(PARTS)}.")
    if choices.servers not in range(1, 17):
        raise Unusable("--servers: from 1 to 16 on one machine.")
    if choices.servers > 1 and choices.database == "sqlite":
        raise Unusable("Several servers need PostgreSQL: add --database postgresql, or the address of one elsewhere.")
    if choices.database not in ("sqlite", "postgresql") and not choices.database.startswith("postgresql://"):
        raise Unusable("--database: sqlite, postgresql (on this machine), or an address such as postgresql://varde:PASSWORD@db.example/varde.")
    if "sslmode=verify-" in choices.database and "sslrootcert=" not in choices.database:
        raise Unusable("--database: whose signature is to be verified? Add &sslrootcert=FILE, such as /etc/varde/database-ca.pem, which all may read.")
    if choices.redis not in ("", "local") and not choices.redis.startswith(("redis://", "rediss://", "unix://")):
        raise Unusable("--redis: local (on this machine), or an address such as redis://redis.example:6379/0.")
    if "gateway" in choices.parts and "server" not in choices.parts and not choices.server_url:
        raise Unusable("A gateway without a server on this machine needs --server-url, such as https://varde.example.")
    if choices.server_url and not (choices.server_url.startswith(("https://", "http://")) and urlsplit(choices.server_url).hostname):
        raise Unusable("--server-url: an address such as https://varde.example.")
    if choices.public_url and not (choices.public_url.startswith("https://") and urlsplit(choices.public_url).hostname):
        raise Unusable("--public-url: an address such as https://varde-inn.example.")
    addresses = (choices.database, choices.redis, choices.watchdog_url, choices.server_url, choices.public_url, choices.push_contact)
    if any("'" in value or "\n" in value for value in addresses):
        raise Unusable("Addresses may hold no apostrophe and no line break: write them as %27 and %0A.")
    for network in choices.monitors:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise Unusable(f"--monitor {network}: an address or a network such as 10.1.0.0/16.") from None
    ports = [choices.https_port, choices.http_port, choices.local_port, choices.broker_port, *choices.ports]
    ports += [choices.metrics_port + number for number in range(choices.servers)]
    if len(set(ports)) != len(ports) or not all(0 < port < 65_536 for port in ports):
        raise Unusable("Two parts would have the same port, or one that there is not: see the options whose names end in -port.")
    return choices


def _own_names() -> tuple[str, ...]:
    """This machine's name, and the address by which it reaches others; no packet is sent for it."""
    names = [socket.gethostname().lower()]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            names.append(probe.getsockname()[0])
        except OSError:
            pass
    return tuple(name for name in names if _is_address(name) or HOST.fullmatch(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
        return True
    except ValueError:
        return False
