"""What must be there before anything is done: each thing that is missing, with its remedy; all of them at once."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from server.install.choices import Choices, Layout

DISK_FREE_BYTES = 2_000_000_000
MEMORY_BYTES = 900_000_000


def packages(choices: Choices) -> list[str]:
    """Debian's packages that these parts need."""
    found = ["openssl"]
    if not choices.python:
        found.append("python3-venv")
    found += ["mosquitto"] if "broker" in choices.parts else []
    found += ["nginx"] if "proxy" in choices.parts else []
    found += ["postgresql"] if choices.local_database else ["postgresql-client"] if choices.database_url else []
    found += ["redis-server"] if choices.redis == "local" else []
    return found


def obstacles(choices: Choices, layout: Layout, source: Path) -> Iterator[str]:
    """Sentences on what stands in the way."""
    if "server" in choices.parts and not (source / "pwa/dist/index.html").is_file():
        yield "The app is not built: run 'make build' in this folder first (as an ordinary user)."
    if not choices.offices and not layout.offices.is_dir():
        yield "No office is known yet: give --offices FOLDER with the offices' files (config/README.md says how to write them)."
    if choices.offices and not (Path(choices.offices) / "deployment.yaml").is_file():
        yield f"{choices.offices} has no deployment.yaml: is that the folder with the offices' files?"
    if not choices.real:
        return
    if os.geteuid() != 0:
        yield "This needs root: sudo config/production/install …"
    if not Path("/run/systemd/system").is_dir():
        yield "This machine was not started by systemd. Use one that was, the docker-compose.yml, or --prefix FOLDER to get the files only."
    if shutil.which("apt-get") is None:
        yield f"There is no apt-get. Install these yourself under whatever names they have here, then use --prefix FOLDER: {', '.join(packages(choices))}."
    if shutil.disk_usage("/").free < DISK_FREE_BYTES:
        yield "Less than 2 GB are free on the disk: make room first. A full disk stops alarms from being stored."
    for port in _wanted_ports(choices):
        if _taken(port):
            yield f"Port {port} is taken by another program: 'ss -ltnp sport = :{port}' says which. Stop it, or choose another port (see --help)."


def warnings(choices: Choices, source: Path) -> Iterator[str]:
    """Sentences on what will work, and may fail later."""
    if choices.offices and Path(choices.offices).resolve() == (source / "config/demo").resolve():
        yield "These are the demo's offices, with invented people whose numbers may be somebody's. Put in your own before anybody relies on it."
    if not choices.real:
        return
    if _said("timedatectl", "show", "--property=NTPSynchronized", "--value") == "no":
        yield "The clock is not kept by a time server: deadlines and logs need it. Usually: timedatectl set-ntp true"
    if _said("findmnt", "--noheadings", "--output=SOURCE", "/").startswith("/dev/mmcblk"):
        yield "The disk is a memory card: those die from being written to, without a warning. Use an SSD."
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if memory < MEMORY_BYTES:
        yield f"The machine has {memory // 1_000_000} MB of memory; one office wants 1 GB."
    if "gateway" in choices.parts and choices.large and choices.servers == 1:
        yield "A large site on one server: when it is restarted, presses wait some seconds. Two servers share PostgreSQL."


def _wanted_ports(choices: Choices) -> list[int]:
    """Those that none of our own units has now."""
    wanted = {"varde-proxy": [choices.http_port, choices.https_port, choices.local_port] if "proxy" in choices.parts else []}
    wanted["varde-broker"] = [choices.broker_port] if "broker" in choices.parts else []
    wanted.update({f"varde-server@{port}": [port, choices.metrics_port + number] for number, port in enumerate(choices.ports)})
    return [port for unit, ports in wanted.items() if _said("systemctl", "is-active", unit) != "active" for port in ports]


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
            return False
        except OSError:
            return True


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout.strip()
    except OSError:
        return ""
